//! Manages accounts: `accounts.put`, `get`, `disable`, `enable`, `delete`.
//!
//! Only an admin of a place above an account changes it. So an actor can neither give rights to its
//! own account nor undo a change that was made to it from above.

use super::answer::Answer;
use super::arguments::refuse_credential;
use super::authority::{Authority, damaged_account, forbidden};
use super::context::{Context, Outcome};
use super::idempotency::IdempotencyRecord;
use super::operation_name::Operation;
use super::power::Power;
use super::shared_members::{expect_revision, parse_owner, read_revision};
use super::write_batch::WriteBatch;
use crate::catalog::Catalog;
use crate::codec::json::Value;
use crate::codec::sorted_map::SortedMap;
use crate::input::object::text_list;
use crate::input::{ErrorCode, Members, Path, Problems, Refusal};
use crate::model::account::{Account, AccountStatus, AccountType, StoredAccount};
use crate::model::actor::Actor;
use crate::model::ceiling::Ceiling;
use crate::model::id_list::IdList;
use crate::storage::keys;
use crate::storage::plan::Suspend;
use crate::value::name::Name;
use crate::value::permission::PermissionSet;
use crate::value::resource::Resource;

/// The maximum number of resources at which an account has ceilings.
const MAX_CEILINGS: usize = 100;

/// The maximum number of patterns at one resource.
const MAX_PATTERNS: usize = 20_000;

/// `accounts.put({ id, title?, roles?, permissions?, revision? }, actor)`
pub(super) fn put(
    context: &Context,
    input: &Value,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Suspend> {
    let catalog = context.deployment.catalog();
    let known = ["id", "title", "roles", "permissions", "revision"];
    let Some(members) = Members::open(input, &Path::call(), &known, &mut problems) else {
        return Err(Refusal::from(problems).into());
    };
    members.required_text("id", &mut problems);
    for text in ["id", "title"] {
        refuse_credential(context, &members, text, &mut problems);
    }
    let id = members.parsed("id", &mut problems, parse_owner);
    let title = members.parsed("title", &mut problems, Name::parse);
    let roles = read_roles(&members, catalog, &mut problems);
    let ceilings = read_ceilings(&members, catalog, &roles, &mut problems);
    if members.value("roles").is_none() && members.value("permissions").is_none() {
        let message =
            "is required: the roles of the account, such as { \"org:acme\": \"user\" }; {} for none";
        problems.add(&members.path("roles"), message);
    }
    let seen = read_revision(&members, &mut problems);
    let (Some(id), true) = (id, problems.is_empty()) else {
        return Err(Refusal::from(problems).into());
    };
    let mark = IdempotencyRecord::of_call(context, Operation::PutAccount);
    if let Some(done) = committed_answer(context, &mark, Operation::PutAccount, &id)? {
        return Ok(done);
    }
    let authority = Authority::read(context, actor)?;
    manages_from_above(&id, &authority)?;
    let before = find(context, &id)?;
    if before.is_none() && Account::is_technical_user_id(&id) {
        let message = "a technical user is created with its first token, and cannot be put";
        return Err(Refusal::at("id", ErrorCode::InvalidInput, message).into());
    }
    // An account that does not exist has revision 0.
    expect_revision(seen, before.as_ref().map_or(0, |(account, _)| account.revision))?;
    let mut next = match &before {
        Some((account, _)) => account.clone(),
        None => new_account(context, id, &authority),
    };
    next.title = title.or(next.title);
    next.roles = roles;
    next.ceilings = ceilings;
    let had = before
        .as_ref()
        .map(|(account, _)| Power::of_account(account, catalog));
    let power = Power::of_account(&next, catalog);
    authority.may_give(context, Operation::PutAccount, &power, had.as_ref())?;
    if let Some((account, _)) = &before {
        if *account == next {
            return Ok(Outcome::Answer(Answer::Account(Box::new(next))));
        }
        next.revision = account.revision.saturating_add(1);
    }
    let mut changes = WriteBatch::new(context, Operation::PutAccount, authority.id());
    changes.put_account(before.as_ref().map(|(account, text)| (account, *text)), &next);
    Ok(Outcome::Commit(
        changes.finish(mark, Some(&authority))?,
        Answer::Account(Box::new(next)),
    ))
}

fn new_account(context: &Context, id: Resource, authority: &Authority) -> Account {
    Account {
        id,
        account_type: AccountType::Owner,
        title: None,
        roles: SortedMap::default(),
        ceilings: Vec::new(),
        status: AccountStatus::Active,
        held_at: None,
        tokens: Vec::new(),
        status_changed_at: None,
        status_changed_by: None,
        created_at: context.time.now,
        created_by: authority.id().clone(),
        revision: 1,
    }
}

/// Reads roles by resource, for example `{ 'org:acme': 'user' }`.
fn read_roles(members: &Members, catalog: &Catalog, problems: &mut Problems) -> SortedMap<Resource, String> {
    let mut roles = SortedMap::default();
    let Some(value) = members.value("roles") else {
        return roles;
    };
    let Some(entries) = Members::open_any(value, &members.path("roles"), problems) else {
        return roles;
    };
    for (resource, role, path) in entries.each().take(MAX_CEILINGS + 1) {
        let resource = problems.keep(&path, Resource::parse(resource));
        let Value::Text(role) = role else {
            problems.add(&path, format!("expected the name of a role, got {}", role.kind()));
            continue;
        };
        if problems.keep(&path, catalog.known_role(role)).is_some()
            && let Some(resource) = resource
        {
            roles.insert(resource, role.clone());
        }
    }
    too_many(&entries, problems);
    roles
}

fn too_many(entries: &Members, problems: &mut Problems) {
    if entries.each().count() > MAX_CEILINGS {
        problems.add(entries.place(), format!("has more than {MAX_CEILINGS} resources"));
    }
}

/// Resolves roles, and permissions such as `{ 'org:acme': ['policy:*'] }`, to frozen ceilings.
fn read_ceilings(
    members: &Members,
    catalog: &Catalog,
    roles: &SortedMap<Resource, String>,
    problems: &mut Problems,
) -> Vec<Ceiling> {
    let mut sets: SortedMap<Resource, PermissionSet> = SortedMap::default();
    for (resource, role) in roles.iter() {
        if let Some(role) = catalog.role(role) {
            sets.insert(resource.clone(), catalog.closed(role.permissions()));
        }
    }
    if let Some(value) = members.value("permissions")
        && let Some(entries) = Members::open_any(value, &members.path("permissions"), problems)
    {
        for (resource, patterns, path) in entries.each().take(MAX_CEILINGS + 1) {
            let resource = problems.keep(&path, Resource::parse(resource));
            let mut set = catalog.nothing();
            for (pattern, path) in text_list(patterns, &path, MAX_PATTERNS, problems) {
                if let Some(meant) = problems.keep(&path, catalog.matching(pattern)) {
                    set.union(&meant);
                }
            }
            if let Some(resource) = resource {
                let mut all = catalog.closed(&set);
                if let Some(more) = sets.get(&resource) {
                    all.union(more);
                }
                sets.insert(resource, all);
            }
        }
        too_many(&entries, problems);
    }
    sets.into_iter()
        .map(|(resource, set)| Ceiling {
            resource,
            permissions: IdList::of(&set, catalog),
        })
        .collect()
}

/// `accounts.get`, `disable`, `enable`, `delete`
pub(super) fn one(
    context: &Context,
    operation: Operation,
    members: &Members,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Suspend> {
    members.required_text("id", &mut problems);
    refuse_credential(context, members, "id", &mut problems);
    let id = members.parsed("id", &mut problems, parse_owner);
    let (Some(id), true) = (id, problems.is_empty()) else {
        return Err(Refusal::from(problems).into());
    };
    let mark = IdempotencyRecord::of_call(context, operation);
    if let Some(done) = committed_answer(context, &mark, operation, &id)? {
        return Ok(done);
    }
    let authority = Authority::read(context, actor)?;
    if !authority.manages(&id) {
        return Err(missing().into());
    }
    let found = find(context, &id)?;
    if operation == Operation::GetAccount {
        let (account, _) = found.ok_or_else(missing)?;
        return Ok(Outcome::Answer(Answer::Account(Box::new(account))));
    }
    let (account, text) = found.ok_or_else(missing)?;
    manages_from_above(&id, &authority)?;
    let mut changes = WriteBatch::new(context, operation, authority.id());
    if operation == Operation::DeleteAccount {
        changes.delete_account(&account, text);
        return Ok(Outcome::Commit(
            changes.finish(mark, Some(&authority))?,
            Answer::DeletedAccount { id },
        ));
    }
    let status = if operation == Operation::DisableAccount {
        AccountStatus::Disabled
    } else {
        AccountStatus::Active
    };
    // An actor at a higher place that disables a disabled account raises the place at which it is
    // held.
    let place = authority.place_above(&id);
    let raised = |held: &Resource| status == AccountStatus::Disabled && *held != place && place.covers(held);
    let raises = account.held_at.as_ref().is_some_and(raised);
    if account.status == status && !raises {
        return Ok(Outcome::Answer(Answer::Account(Box::new(account))));
    }
    let held_above = account
        .held_at
        .as_ref()
        .is_some_and(|place| !authority.is_admin_of(place));
    if status == AccountStatus::Active && held_above {
        let message = "the account was disabled by an authority above; only that authority, or one above it, can enable it";
        return Err(forbidden(message).into());
    }
    if status == AccountStatus::Active {
        let power = Power::of_account(&account, context.deployment.catalog());
        authority.may_give(context, operation, &power, None)?;
    }
    let mut next = account.clone();
    next.status = status;
    next.held_at = (status == AccountStatus::Disabled).then(|| authority.place_above(&id));
    next.status_changed_at = Some(context.time.now);
    next.status_changed_by = Some(authority.id().clone());
    next.revision = account.revision.saturating_add(1);
    changes.put_account(Some((&account, text)), &next);
    Ok(Outcome::Commit(
        changes.finish(mark, Some(&authority))?,
        Answer::Account(Box::new(next)),
    ))
}

/// The answer of an earlier attempt of this call that was committed, if there is one. Authority is
/// not checked again: the operation may have ended the actor's own.
fn committed_answer(
    context: &Context,
    mark: &IdempotencyRecord,
    operation: Operation,
    id: &Resource,
) -> Result<Option<Outcome>, Suspend> {
    let [marked, _] = context.reads.get([mark.key(), &keys::account(id)])?;
    if mark.found(marked)?.is_none() {
        return Ok(None);
    }
    let answer = match operation {
        Operation::DeleteAccount => Answer::DeletedAccount { id: id.clone() },
        _ => Answer::Account(Box::new(find(context, id)?.ok_or_else(missing)?.0)),
    };
    Ok(Some(Outcome::Answer(answer)))
}

fn missing() -> Refusal {
    Refusal::new(ErrorCode::NotFound, "there is no such account")
}

fn manages_from_above(id: &Resource, authority: &Authority) -> Result<(), Refusal> {
    let above = id.above().next().unwrap_or_else(Resource::root);
    if authority.is_admin_of(&above) {
        return Ok(());
    }
    let place = if above.as_str().is_empty() {
        "the root".to_owned()
    } else {
        above.to_string()
    };
    Err(forbidden(format!(
        "the account is managed from above, by an admin of {place}"
    )))
}

/// Reads an account and its stored text; `None` if there is none.
///
/// # Errors
/// `not_found` if the account was deleted; `store_unavailable` if it is damaged.
fn find<'r>(context: &Context<'r>, id: &Resource) -> Result<Option<(Account, &'r str)>, Suspend> {
    let [stored] = context.reads.get([&keys::account(id)])?;
    let Some(text) = stored else { return Ok(None) };
    match StoredAccount::parse(id, text, context.vocabularies) {
        Ok(StoredAccount::Account(account)) => Ok(Some((*account, text))),
        Ok(StoredAccount::Tombstone) => Err(Refusal::new(
            ErrorCode::NotFound,
            "the account was deleted, which cannot be undone",
        )
        .into()),
        Err(_) => Err(damaged_account(id).into()),
    }
}
