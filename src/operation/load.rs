//! Loads token records for an actor, and plans `get`.

use super::answer::Answer;
use super::authority::Authority;
use super::context::{Context, Outcome};
use super::idempotency::IdempotencyRecord;
use super::operation_name::Operation;
use super::token_view::TokenView;
use crate::codec::decode::DecodeError;
use crate::input::{ErrorCode, Refusal};
use crate::model::record::{Record, Stored};
use crate::model::token::Token;
use crate::storage::keys;
use crate::storage::plan::Suspend;
use crate::value::credential::TokenId;
use crate::value::resource::Resource;

/// A record as it was read: decoded, and as the stored text.
pub(super) struct Found<'r> {
    pub(super) record: Record,
    pub(super) text: &'r str,
}

/// Finds a record that the actor may see.
///
/// # Errors
/// `not_found` for a token that does not exist and for one that the actor does not manage: they are
/// indistinguishable. `store_unavailable` for a damaged record, if the actor may know of it.
pub(super) fn find<'r>(
    context: &Context<'r>,
    id: &TokenId,
    authority: &Authority,
) -> Result<Found<'r>, Suspend> {
    match stored(context, id)? {
        Some(Ok(found)) if authority.manages(&found.record.token().owner) => Ok(found),
        Some(Err(DecodeError)) if knows(context, id, authority)? => Err(damaged(id).into()),
        _ => Err(Refusal::not_found().into()),
    }
}

/// Finds a record without a check of authority: for a token that acts on itself, and for the answer
/// of a committed call.
pub(super) fn find_own<'r>(context: &Context<'r>, id: &TokenId) -> Result<Found<'r>, Suspend> {
    match stored(context, id)? {
        Some(Ok(found)) => Ok(found),
        Some(Err(DecodeError)) => Err(damaged(id).into()),
        None => Err(Refusal::not_found().into()),
    }
}

/// The decoded record of a token, or its decode error; `None` if there is no record, or only a
/// tombstone.
fn stored<'r>(
    context: &Context<'r>,
    id: &TokenId,
) -> Result<Option<Result<Found<'r>, DecodeError>>, Suspend> {
    let [stored] = context.reads.get([&keys::token(id)])?;
    Ok(
        stored.and_then(|text| match Stored::parse(id, text, context.vocabularies) {
            Ok(Stored::Record(record)) => Some(Ok(Found {
                record: *record,
                text,
            })),
            Ok(Stored::Tombstone) => None,
            Err(damaged) => Some(Err(damaged)),
        }),
    )
}

/// Whether the actor may learn that a record is damaged, although the record does not tell its
/// owner. It may if the owner list of a place that it manages contains the token, or if it manages
/// the root.
fn knows(context: &Context, id: &TokenId, authority: &Authority) -> Result<bool, Suspend> {
    let places = authority.places();
    let entries: Vec<String> = places.map(|place| keys::owner_entry(place, id)).collect();
    let listed = context.reads.get_all(&entries)?;
    Ok(authority.manages(&Resource::root()) || listed.iter().any(Option::is_some))
}

fn damaged(id: &TokenId) -> Refusal {
    Refusal::new(
        ErrorCode::StoreUnavailable,
        format!("the record of token {id} cannot be read: it is damaged, or a later version wrote it"),
    )
}

/// The answer of an earlier attempt of this call that was committed, if there is one. Only the same
/// call finds its idempotency record. Authority is not checked again: the operation may have ended
/// the actor's own.
pub(super) fn done_before(
    context: &Context,
    operation: Operation,
    id: &TokenId,
) -> Result<Option<Outcome>, Suspend> {
    let mark = IdempotencyRecord::of_call(context, operation);
    let [marked, _] = context.reads.get([mark.key(), &keys::token(id)])?;
    if !mark.found_for(marked, id)? {
        return Ok(None);
    }
    let answer = match operation {
        Operation::Delete => Answer::Deleted { id: *id },
        _ => Answer::Token(Box::new(find_own(context, id)?.record.token().clone())),
    };
    Ok(Some(Outcome::Answer(answer)))
}

/// Finds a record that the actor may change. Some kinds are managed by admins only.
pub(super) fn find_to_change<'r>(
    context: &Context<'r>,
    id: &TokenId,
    authority: &Authority,
) -> Result<Found<'r>, Suspend> {
    let found = find(context, id, authority)?;
    let token = found.record.token();
    may_manage(context, token, authority)?;
    Ok(found)
}

/// Checks whether the actor may change a token. Only admins manage a kind that is no longer in the
/// catalog.
pub(super) fn may_manage(context: &Context, token: &Token, authority: &Authority) -> Result<(), Refusal> {
    let managers = context
        .deployment
        .catalog()
        .kind(&token.kind)
        .map_or(crate::catalog::Managers::Admin, |kind| kind.managers());
    if authority.manages_kind(&token.owner, managers) {
        return Ok(());
    }
    Err(super::authority::forbidden(format!(
        "tokens of kind \"{}\" are managed by admins of their owner",
        token.kind
    )))
}

/// `get(id, actor)`
pub(super) fn get(context: &Context, id: &TokenId, authority: &Authority) -> Result<Outcome, Suspend> {
    let found = find(context, id, authority)?;
    let usage_key = keys::usage(id);
    let [usage] = context.reads.get([&usage_key])?;
    let used = TokenView::new(found.record.token(), usage);
    Ok(Outcome::Answer(Answer::Used(Box::new(used))))
}
