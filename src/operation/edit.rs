//! `edit(id, change, actor)`: changes the members of a token that its kind makes editable. A null
//! member clears the value.

use super::answer::Answer;
use super::arguments::refuse_credential;
use super::authority::{Authority, forbidden, refuse_more_than_account};
use super::context::{Context, Outcome};
use super::delegation::hold_bounds;
use super::idempotency::IdempotencyRecord;
use super::limit_counters::Recount;
use super::load::{Found, done_before, find_to_change};
use super::operation_name::Operation;
use super::power::Power;
use super::shared_members::{
    clears, expect_revision, read_conditions, read_limits, read_metadata, read_revision, read_tags,
};
use super::status::{of_no_kind, terminal};
use super::unique_name::{free_name, take_name};
use super::write_batch::WriteBatch;
use crate::catalog::{Editable, Kept, Selection};
use crate::codec::json::Value;
use crate::input::{ErrorCode, Members, Path, Problems, Refusal};
use crate::model::account::StoredAccount;
use crate::model::actor::Actor;
use crate::model::grant::Grant;
use crate::model::id_list::IdList;
use crate::model::token::{Status, Token};
use crate::storage::keys;
use crate::storage::plan::Suspend;
use crate::value::condition::Conditions;
use crate::value::credential::TokenId;
use crate::value::limit::Asked;
use crate::value::metadata::Metadata;
use crate::value::name::{Description, Name, Tag};
use crate::value::name_hash::NameHash;

/// The requested changes. The outer `None` keeps a value, the inner `None` clears it.
struct Edit {
    name: Option<Name>,
    description: Option<Option<Description>>,
    tags: Option<Vec<Tag>>,
    metadata: Option<Option<Metadata>>,
    conditions: Option<Option<Conditions>>,
    limits: Option<Option<Asked>>,
    /// Whether the selection is replaced.
    permissions: bool,
    /// The revision that the caller has read.
    revision: Option<u64>,
}

/// What other operations change.
const ELSEWHERE: [(&str, &str); 5] = [
    (
        "expiresIn",
        "to renew a token call rotate(id, { expiresIn: \"90d\" }, actor)",
    ),
    (
        "expiresAt",
        "to renew a token call rotate(id, { expiresIn: \"90d\" }, actor)",
    ),
    ("enabled", "call disable(id, actor) or enable(id, actor)"),
    ("disabled", "call disable(id, actor) or enable(id, actor)"),
    (
        "status",
        "call disable(id, actor), enable(id, actor) or revoke(id, {}, actor)",
    ),
];

pub(super) fn plan(
    context: &Context,
    id: Option<TokenId>,
    change: &Value,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Suspend> {
    let path = Path::call();
    let own = [
        "name",
        "description",
        "tags",
        "metadata",
        "conditions",
        "limits",
        "revision",
    ];
    let known = [own.as_slice(), &Selection::MEMBERS].concat();
    let members = Members::open_with(change, &path, &known, &ELSEWHERE, &mut problems);
    let edit = members
        .as_ref()
        .map(|members| Edit::read(context, members, &mut problems));
    let (Some(id), Some(edit), Some(members), true) = (id, edit, members, problems.is_empty()) else {
        return Err(Refusal::from(problems).into());
    };
    let mark = IdempotencyRecord::of_call(context, Operation::Edit);
    let token_key = keys::token(&id);
    context
        .reads
        .get_all(&[mark.key().to_owned(), token_key.clone()])?;
    if let Some(done) = done_before(context, Operation::Edit, &id)? {
        return Ok(done);
    }
    let mut authority = Authority::read(context, actor)?;
    let found = find_to_change(context, &id, &authority)?;
    let token = found.record.token();
    edit.authorize(context, token)?;
    let mut next = token.clone();
    let reselects = edit.permissions;
    if reselects {
        reselect(context, &members, &mut next)?;
    }
    let remaining = edit.remaining();
    edit.apply(&mut next);
    if next == *token && remaining.is_none() {
        return Ok(Outcome::Answer(Answer::Token(Box::new(next))));
    }
    let recount = Recount::of_edit(context, token, next.limits.as_ref(), remaining)?;
    may_change(context, token, &next, recount.as_ref(), &mut authority)?;
    if reselects {
        refuse_more_than_owner(context, token, &next, &mut authority)?;
    }
    let sets_remaining = recount.as_ref().is_some_and(Recount::sets);
    hold_bounds(&mut next, Some(token), sets_remaining, &authority);
    let mut changes = WriteBatch::new(context, Operation::Edit, authority.id());
    let mut record = found.record.clone();
    if next.name != token.name {
        record = record.named(rename(context, &found, &next, &mut changes)?);
    }
    if let Some(recount) = recount {
        recount.write(&mut changes);
    }
    let changed = record.with(|token| *token = next);
    changes.replace_token(&found, &changed);
    Ok(Outcome::Commit(
        changes.finish(mark, Some(&authority))?,
        Answer::Token(Box::new(changed.token().clone())),
    ))
}

impl Edit {
    fn read(context: &Context, members: &Members, problems: &mut Problems) -> Edit {
        for text in ["name", "description"] {
            refuse_credential(context, members, text, problems);
        }
        let given = |name: &str| members.value(name).is_some();
        let cleared = |name: &str| clears(members, name);
        let mut optional = Edit {
            name: members.parsed("name", problems, Name::parse),
            description: given("description").then_some(None),
            tags: given("tags").then(Vec::new),
            metadata: given("metadata").then_some(None),
            conditions: given("conditions").then_some(None),
            limits: given("limits").then_some(None),
            permissions: Selection::is_in(members),
            revision: read_revision(members, problems),
        };
        if given("description") && !cleared("description") {
            optional.description = Some(members.parsed("description", problems, Description::parse));
        }
        if given("tags") && !cleared("tags") {
            optional.tags = Some(read_tags(context, members, problems));
        }
        if given("metadata") && !cleared("metadata") {
            optional.metadata = Some(read_metadata(context, members, problems));
        }
        if given("conditions") && !cleared("conditions") {
            optional.conditions = Some(read_conditions(members, problems));
        }
        if given("limits") && !cleared("limits") {
            optional.limits = Some(read_limits(members, problems));
        }
        optional
    }

    /// Refuses members that the token's kind does not make editable, a revoked token, and a token
    /// that is not at the revision that the caller has read.
    fn authorize(&self, context: &Context, token: &Token) -> Result<(), Refusal> {
        if token.status == Status::Revoked {
            return Err(terminal());
        }
        expect_revision(self.revision, token.revision)?;
        let wanted = [
            (self.permissions, Editable::Permissions),
            (self.name.is_some(), Editable::Name),
            (self.description.is_some(), Editable::Description),
            (self.tags.is_some(), Editable::Tags),
            (self.metadata.is_some(), Editable::Metadata),
            (self.conditions.is_some(), Editable::Conditions),
            (self.limits.is_some(), Editable::Limits),
        ];
        let kind = context.deployment.catalog().kind(&token.kind);
        if kind.is_err() && wanted.iter().any(|(wanted, _)| *wanted) {
            return Err(forbidden(of_no_kind(token)));
        }
        for (wanted, what) in wanted {
            if wanted && !kind.as_ref().is_ok_and(|kind| kind.can_edit(what)) {
                let editable = kind.as_ref().map(|kind| kind.editable()).unwrap_or_default();
                let names: Vec<&str> = editable.iter().map(|what| what.name()).collect();
                let can = if names.is_empty() {
                    "nothing".to_owned()
                } else {
                    names.join(", ")
                };
                let message = format!(
                    "the {} of a token of kind \"{}\" cannot be edited; editable: {can}",
                    what.name(),
                    token.kind
                );
                return Err(Refusal::at(what.name(), ErrorCode::Forbidden, message));
            }
        }
        Ok(())
    }

    /// The remaining credits to set, if the edit sets them.
    fn remaining(&self) -> Option<u32> {
        self.limits.as_ref()?.as_ref()?.remaining
    }

    fn apply(self, token: &mut Token) {
        if let Some(name) = self.name {
            token.name = name;
        }
        if let Some(description) = self.description {
            token.description = description;
        }
        if let Some(tags) = self.tags {
            token.tags = tags;
        }
        if let Some(metadata) = self.metadata {
            token.metadata = metadata;
        }
        if let Some(conditions) = self.conditions {
            token.conditions = conditions;
        }
        if let Some(limits) = self.limits {
            token.limits = limits.map(|asked| asked.limits);
        }
    }
}

/// Replaces the selection. Permissions keep their narrowing to resources until the change names
/// them.
fn reselect(context: &Context, members: &Members, token: &mut Token) -> Result<(), Suspend> {
    let catalog = context.deployment.catalog();
    let mut problems = Problems::default();
    let kept = Kept {
        permissions: catalog.set_of(token.permissions.iter()),
        resources: token.resources.clone(),
        templates: token.templates.clone(),
        added: token.added.to_vec(),
        role: token.role.clone(),
    };
    if !Selection::chooses(members) {
        let narrowed = catalog.narrow_again(members, &token.resource, kept, &mut problems);
        let (Some(narrowed), true) = (narrowed, problems.is_empty()) else {
            return Err(Refusal::from(problems).into());
        };
        token.resources = narrowed;
        return Ok(());
    }
    let selection = Selection::read_change(members, kept, &mut problems);
    let resolution = catalog.resolve(&selection, Some(&token.resource), &mut problems);
    let (Some(resolution), true) = (resolution, problems.is_empty()) else {
        return Err(Refusal::from(problems).into());
    };
    token.permissions = IdList::of(&resolution.permissions, catalog);
    token.resources = resolution.resources;
    token.templates = resolution.templates;
    token.added = IdList::of_choices(resolution.added, catalog);
    token.removed = IdList::of_choices(resolution.removed, catalog);
    token.role = resolution.role;
    Ok(())
}

/// Checks whether the actor may make the change. The token keeps the permissions that it has, even
/// if the actor does not have them: ceilings bound only what is given.
fn may_change(
    context: &Context,
    token: &Token,
    next: &Token,
    recount: Option<&Recount>,
    authority: &mut Authority,
) -> Result<(), Suspend> {
    let catalog = context.deployment.catalog();
    let (before, after) = (Grant::of(token, catalog), Grant::of(next, catalog));
    let had = Power::of_token(token, before.clone());
    let tops_up = recount.is_some_and(Recount::raises);
    let mut power = Power::of_token(next, after.clone()).topped_up(tops_up);
    if !power.is_bound_as(&had) {
        // A bound became looser, so the actor gives all of the token's power again, together with
        // the added permissions.
        authority.covers(catalog, &after, Some(&before))?;
        power = Power::of_living(context, next, authority)?.topped_up(tops_up);
    }
    authority.may_give(context, Operation::Edit, &power, Some(&had))?;
    Ok(())
}

/// Refuses a new selection with permissions that the accounts behind the token do not have, except
/// for those that the token had before.
fn refuse_more_than_owner(
    context: &Context,
    token: &Token,
    next: &Token,
    authority: &mut Authority,
) -> Result<(), Suspend> {
    let catalog = context.deployment.catalog();
    let (before, after) = (Grant::of(token, catalog), Grant::of(next, catalog));
    for account in authority.read_owner(context, &token.owner)? {
        refuse_more_than_account(catalog, &after, Some(&before), &account)?;
    }
    if let Some(id) = &token.technical_user {
        let key = keys::account(id);
        let [stored] = context.reads.get([&key])?;
        if let Some(Ok(StoredAccount::Account(account))) =
            stored.map(|text| StoredAccount::parse(id, text, context.vocabularies))
        {
            refuse_more_than_account(catalog, &after, Some(&before), &account)?;
        }
        authority.rest_on([key]);
    }
    Ok(())
}

/// Moves the unique name of a token. Returns its new hash, or `None` if the kind does not require
/// unique names.
fn rename(
    context: &Context,
    found: &Found,
    next: &Token,
    changes: &mut WriteBatch,
) -> Result<Option<NameHash>, Suspend> {
    let catalog = context.deployment.catalog();
    let unique = catalog.kind(&next.kind).is_ok_and(|kind| kind.unique_names());
    let taken = match unique {
        true => Some(take_name(context, next, changes)?),
        false => None,
    };
    if taken.as_ref() != Some(&found.record.name_hash()) {
        free_name(context, &found.record, changes)?;
    }
    Ok(taken)
}
