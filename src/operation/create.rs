//! `create(input, actor)`: resolves a selection to a frozen grant, and returns a credential once.

use super::answer::Answer;
use super::arguments::{read_digest, read_idempotency_key};
use super::authority::{Authority, forbidden, refuse_more_than_account};
use super::context::{Context, Outcome};
use super::create_request::CreateRequest;
use super::delegation::hold_bounds;
use super::idempotency::IdempotencyRecord;
use super::limit_counters::Recount;
use super::load::find;
use super::operation_name::Operation;
use super::power::Power;
use super::technical_user;
use super::unique_name::{keys_of, take_name};
use super::write_batch::WriteBatch;
use crate::catalog::{Managers, Selection};
use crate::codec::json::{Value, json};
use crate::input::{ErrorCode, Members, Path, Problems, Refusal, quote};
use crate::model::account::Account;
use crate::model::actor::Actor;
use crate::model::grant::Grant;
use crate::model::id_list::IdList;
use crate::model::record::{Record, Stored};
use crate::model::token::{BoundsHeldAt, Imported, Status, Token};
use crate::storage::keys;
use crate::storage::plan::{Suspend, Write};
use crate::value::credential::{Credential, Digest, TokenId};
use crate::value::name::{Identity, Name};
use crate::value::resource::Resource;
use crate::value::time::{Instant, Lifetime};

/// The maximum difference between now and the time in an id that a client minted.
pub(super) const SKEW: Lifetime = Lifetime::minutes(10);

/// The secret of a new token.
enum Secret {
    /// This call mints it.
    Minted(Credential),
    /// A client minted it, and sent the id and the digest.
    Elsewhere(TokenId, Digest),
}

impl Secret {
    fn id(&self) -> &TokenId {
        match self {
            Secret::Minted(credential) => credential.id(),
            Secret::Elsewhere(id, _) => id,
        }
    }

    fn digest(&self) -> &Digest {
        match self {
            Secret::Minted(credential) => credential.digest(),
            Secret::Elsewhere(_, digest) => digest,
        }
    }

    /// Refuses an id that a client minted too long ago, or with a wrong clock. A retry finds its
    /// token before this check.
    fn is_fresh(&self, now: Instant) -> Result<(), Refusal> {
        match self {
            Secret::Elsewhere(id, _) if id.minted_at().abs_diff(now.millis()) > SKEW.millis() => {
                Err(Refusal::argument(
                    "id",
                    &format_args!(
                        "was not minted within {SKEW} of now; mint a new credential, and check both clocks"
                    ),
                ))
            }
            _ => Ok(()),
        }
    }

    fn reveal(self) -> Option<Credential> {
        match self {
            Secret::Minted(credential) => Some(credential),
            Secret::Elsewhere(..) => None,
        }
    }
}

pub(super) fn plan(
    context: &Context,
    input: &Value,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Suspend> {
    let own = ["idempotencyKey", "id", "digest", "scheme"];
    let known = [CreateRequest::MEMBERS.as_slice(), &Selection::MEMBERS, &own].concat();
    let elsewhere = [(
        "token",
        "of what mint returned, give id, digest and scheme; its client keeps the token",
    )];
    let members = Members::open_with(input, &Path::call(), &known, &elsewhere, &mut problems);
    let Some(members) = members else {
        return Err(Refusal::from(problems).into());
    };
    let mark = match read_idempotency_key(context, &members, &mut problems) {
        Some(key) => IdempotencyRecord::of_idempotency_key(Operation::Create, actor, key.as_str(), input),
        None => IdempotencyRecord::of_call(context, Operation::Create),
    };
    let secret = read_secret(context, &members, &mut problems);
    // The answer of an earlier call is returned even if an end that it asked for has passed since.
    if problems.is_empty() {
        context
            .reads
            .get_all(&ahead(context, &mark, &members, actor, secret.as_ref()))?;
        let [marked] = context.reads.get([mark.key()])?;
        if let Some([made]) = mark.found(marked)?.as_deref() {
            let authority = Authority::read(context, actor)?;
            return committed_answer(context, &authority, secret, made);
        }
    }
    context.time.reliable()?;
    let wanted = CreateRequest::read(context, &members, actor, &mut problems);
    let (Some(wanted), Some(secret), true) = (wanted, secret, problems.is_empty()) else {
        return Err(Refusal::from(problems).into());
    };
    let mut authority = Authority::read(context, actor)?;
    authorize(&wanted, &authority)?;
    let placed = place(context, &wanted, &mut authority)?;

    let id = *secret.id();
    let token = issue(context, &wanted, &placed, &authority, id);
    placed.may_be_given(context, Operation::Create, &token, &authority)?;
    let token_key = keys::token(&id);
    let [taken] = context.reads.get([&token_key])?;
    if let Some(text) = taken {
        return in_use(context, &authority, &secret, text);
    }
    secret.is_fresh(context.time.now)?;
    let record = Record::new(secret.digest().clone(), token);
    let mut changes = WriteBatch::new(context, Operation::Create, authority.id());
    let record = add(context, &wanted, &placed, &authority, record, &mut changes)?;
    Ok(Outcome::Commit(
        changes.finish(mark, Some(&authority))?,
        Answer::Created {
            token: secret.reveal(),
            record: Box::new(record.token().clone()),
        },
    ))
}

/// The keys that every plan of this call needs, for a single read.
///
/// The name is read together with the idempotency record. If it were read later, a call with the
/// same idempotency key could take the name in between, and this one would be refused.
fn ahead(
    context: &Context,
    mark: &IdempotencyRecord,
    members: &Members,
    actor: &Actor,
    secret: Option<&Secret>,
) -> Vec<String> {
    let owner = match members.value("owner") {
        // The store must not see a credential in a key. A later check refuses it.
        Some(Value::Text(text)) if context.deployment.prefix().appears_in(text) => None,
        Some(Value::Text(text)) => Resource::parse(text).ok(),
        _ => actor.own_resource().cloned(),
    };
    let accounts = actor.own_resource().into_iter().chain(&owner).map(keys::account);
    let above = owner
        .iter()
        .flat_map(Resource::above)
        .map(|id| keys::account(&id));
    let token = secret.map(|secret| keys::token(secret.id()));
    let mut ahead = vec![mark.key().to_owned()];
    let name = owner
        .iter()
        .filter_map(|owner| name_keys(context, members, owner));
    for key in accounts.chain(above).chain(token).chain(name.flatten()) {
        if !ahead.contains(&key) {
            ahead.push(key);
        }
    }
    ahead
}

/// The keys under which the name of the new token may be held, if it has to be unique.
fn name_keys(context: &Context, members: &Members, owner: &Resource) -> Option<[String; 2]> {
    let (Some(Value::Text(kind)), Some(Value::Text(name))) = (members.value("kind"), members.value("name"))
    else {
        return None;
    };
    let kind = context.deployment.catalog().kind(kind).ok()?;
    // A later check refuses a credential.
    if !kind.unique_names() || context.deployment.prefix().appears_in(name) {
        return None;
    }
    keys_of(owner, kind.id(), &Name::parse(name).ok()?).ok()
}

/// Reads `{ id, digest, scheme }` of a credential that a client minted. Without them, this call
/// mints one.
fn read_secret(context: &Context, members: &Members, problems: &mut Problems) -> Option<Secret> {
    let (id, digest) = (members.value("id"), members.value("digest"));
    if id.is_none() && digest.is_none() && members.value("scheme").is_none() {
        return Some(Secret::Minted(Credential::mint(
            context.deployment.prefix(),
            context.time.started,
            &context.entropy.credential(),
        )));
    }
    let missing = [
        ("id", id.is_none()),
        ("digest", digest.is_none() && members.value("scheme").is_none()),
    ];
    for (name, _) in missing.into_iter().filter(|(_, missing)| *missing) {
        problems.add(
            &members.path(name),
            "is required: a client that mints a credential gives its id, its digest and the digest's scheme",
        );
    }
    let id = members.parsed("id", problems, TokenId::parse);
    let digest = read_digest(members, problems);
    Some(Secret::Elsewhere(id?, digest?))
}

/// Checks whether the actor may create tokens of the kind for the owner.
pub(super) fn authorize(wanted: &CreateRequest, authority: &Authority) -> Result<(), Refusal> {
    if !authority.manages_kind(&wanted.owner, wanted.kind.managers()) {
        let owner = quote(wanted.owner.as_str());
        let who = match wanted.kind.managers() {
            Managers::Owner => format!("neither {owner} nor an admin of it"),
            Managers::Admin => format!("no admin of {owner}"),
        };
        return Err(forbidden(format!(
            "the actor is {who}, so it cannot create tokens of kind \"{}\" for it; an admin has roles: {{ {owner}: \"admin\" }}",
            wanted.kind.id()
        )));
    }
    Ok(())
}

/// The grant of a new token with its boundary, and the existing technical user that is to back it.
pub(super) struct Placed<'r> {
    grant: Grant,
    backed_by: Option<(Account, &'r str)>,
}

impl Placed<'_> {
    /// Checks whether the actor may give the new token.
    pub(super) fn may_be_given(
        &self,
        context: &Context,
        operation: Operation,
        token: &Token,
        authority: &Authority,
    ) -> Result<(), Refusal> {
        let power = Power::of_token(token, self.grant.clone());
        authority.may_give(context, operation, &power, None)
    }
}

/// Finds the boundary of a new token, and checks its grant against the ceilings of the owner's
/// account, of the accounts above it, and of the technical user.
pub(super) fn place<'r>(
    context: &Context<'r>,
    wanted: &CreateRequest,
    authority: &mut Authority,
) -> Result<Placed<'r>, Suspend> {
    let catalog = context.deployment.catalog();
    let accounts = authority.read_owner(context, &wanted.owner)?;
    let own_account = accounts.iter().find(|account| account.id == wanted.owner);
    let grant = match (&wanted.resource, own_account) {
        (Some(resource), _) => Grant::of_selection(&wanted.resolution, resource, catalog),
        // Without a `resource`, a token of a person can reach what the person's account can reach.
        (None, Some(account)) if !wanted.kind.technical_user() => {
            let grant = Grant::of_selection(&wanted.resolution, &reach(account, &wanted.owner), catalog);
            let within = grant.under_account(&account.compiled_ceilings(catalog), catalog);
            if within.permissions() == grant.permissions() {
                within
            } else {
                grant
            }
        }
        _ => Grant::of_selection(&wanted.resolution, &wanted.owner, catalog),
    };
    let mut narrowed = wanted.resolution.resources.iter().flat_map(|(_, places)| places);
    if let Some(outside) = narrowed.find(|place| !grant.boundary().covers(place)) {
        let outside = quote(outside.as_str());
        let error = format_args!("{outside} is outside the boundary of the token");
        return Err(Refusal::argument("resources", &error).into());
    }
    for account in &accounts {
        refuse_more_than_account(catalog, &grant, None, account)?;
    }
    let backed_by = match &wanted.technical_user {
        Some(id) => {
            let found = technical_user::find(context, id, &wanted.owner)?;
            refuse_more_than_account(catalog, &grant, None, &found.0)?;
            Some(found)
        }
        None => None,
    };
    Ok(Placed { grant, backed_by })
}

/// The deepest resource that covers all ceilings of an account.
fn reach(account: &Account, owner: &Resource) -> Resource {
    let mut places = account
        .ceilings
        .iter()
        .filter(|ceiling| !ceiling.permissions.is_empty())
        .map(|ceiling| &ceiling.resource);
    let Some(first) = places.next() else {
        return owner.clone();
    };
    places.fold(first.clone(), |common, place| {
        let mut above = std::iter::once(common.clone())
            .chain(common.above())
            .collect::<Vec<_>>()
            .into_iter();
        above
            .find(|candidate| candidate.covers(place))
            .unwrap_or_else(Resource::root)
    })
}

/// Builds the new token.
pub(super) fn issue(
    context: &Context,
    wanted: &CreateRequest,
    placed: &Placed,
    authority: &Authority,
    id: TokenId,
) -> Token {
    let catalog = context.deployment.catalog();
    let (resolution, grant) = (&wanted.resolution, &placed.grant);
    let mut token = Token {
        id,
        kind: wanted.kind.id().to_owned(),
        name: wanted.name.clone(),
        description: wanted.details.description.clone(),
        tags: wanted.details.tags.clone(),
        metadata: wanted.details.metadata.clone(),
        owner: wanted.owner.clone(),
        technical_user: None,
        parents: Vec::new(),
        subject: wanted.subject.clone(),
        resource: grant.boundary().clone(),
        role: resolution.role.clone(),
        permissions: IdList::of(grant.permissions(), catalog),
        resources: grant.resources(catalog),
        templates: resolution.templates.clone(),
        added: IdList::of_choices(resolution.added.clone(), catalog),
        removed: IdList::of_choices(resolution.removed.clone(), catalog),
        status: Status::Active,
        held_at: None,
        reason: None,
        status_changed_at: None,
        status_changed_by: None,
        enabled_at: None,
        created_at: context.time.now,
        created_by: authority.id().clone(),
        not_before: wanted.not_before,
        expires_at: wanted.expires_at,
        idle_after: wanted.idle_after,
        conditions: wanted.conditions.clone(),
        limits: wanted.limits.as_ref().map(|asked| asked.limits.clone()),
        bounds_held_at: BoundsHeldAt::default(),
        rotation: None,
        imported: None::<Imported>,
        revision: 1,
    };
    hold_bounds(&mut token, None, false, authority);
    token
}

/// Adds the writes of a new token: its record, name, counters and technical user.
pub(super) fn add(
    context: &Context,
    wanted: &CreateRequest,
    placed: &Placed,
    authority: &Authority,
    record: Record,
    changes: &mut WriteBatch,
) -> Result<Record, Suspend> {
    let name_hash = match wanted.kind.unique_names() {
        true => Some(take_name(context, record.token(), changes)?),
        false => None,
    };
    let record = record.named(name_hash);
    let token = record.token();
    let remaining = wanted.limits.as_ref().and_then(|asked| asked.remaining);
    if let Some(recount) = Recount::of_new(context, token, remaining) {
        recount.write(changes);
    }
    // A sweep that ends a token also ends the tokens that it made. Sessions have no role, so they
    // make none.
    if let Some(maker) = authority.chain().next() {
        changes.write(Write::create(keys::made(&maker.id, &token.id), json(&token.id)));
    }
    if !wanted.kind.technical_user() {
        changes.create_token(&record);
        return Ok(record);
    }
    let backed_by = match &placed.backed_by {
        Some((account, text)) => {
            let next = technical_user::with_token(account, &token.id);
            changes.put_account(Some((account, text)), &next);
            next
        }
        None => {
            let id = Account::technical_user_id(&token.owner, &token.id).map_err(|error| {
                Refusal::argument("owner", &format_args!("with its technical user below it {error}"))
            })?;
            let account = technical_user::of_first(context, token, id, authority);
            changes.put_account(None, &account);
            account
        }
    };
    let subject = Identity::of_resource(&backed_by.id).map_err(|error| Refusal::argument("owner", &error))?;
    let record = record.backed_by(backed_by.id, subject);
    changes.create_token(&record);
    Ok(record)
}

/// The answer for an id that is in use. The client that minted the id and lost the answer gets its
/// token. Any other caller gets a conflict without details.
fn in_use(context: &Context, authority: &Authority, secret: &Secret, text: &str) -> Result<Outcome, Suspend> {
    if let (Secret::Elsewhere(id, digest), Ok(Stored::Record(record))) =
        (secret, Stored::parse(secret.id(), text, context.vocabularies))
        && record.digest().matches(digest)
        && record.token().created_by == *authority.id()
        && record.token().id == *id
    {
        return Ok(Outcome::Answer(Answer::Created {
            token: None,
            record: Box::new(record.token().clone()),
        }));
    }
    Err(Refusal::new(
        ErrorCode::Conflict,
        "the new token's id is in use; call again with a new one",
    )
    .into())
}

/// The answer of a call whose token was already created. It contains the credential only for a
/// retry within the same call, which still has the entropy.
fn committed_answer(
    context: &Context,
    authority: &Authority,
    secret: Option<Secret>,
    made: &TokenId,
) -> Result<Outcome, Suspend> {
    let found = find(context, made, authority).map_err(|suspend| match suspend {
        Suspend::Refuse(refusal) if refusal.code == ErrorCode::NotFound => Refusal::new(
            ErrorCode::Conflict,
            "the token that this call created was deleted, or the actor no longer manages it",
        )
        .into(),
        suspend => suspend,
    })?;
    let record = found.record;
    let credential = secret
        .and_then(Secret::reveal)
        .filter(|credential| record.digest().matches(credential.digest()));
    Ok(Outcome::Answer(Answer::Created {
        token: credential,
        record: Box::new(record.token().clone()),
    }))
}
