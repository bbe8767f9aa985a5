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

/// A record that the actor may manage, as it was read.
pub(super) struct Found<'r> {
    pub(super) record: Record,
    pub(super) text: &'r str,
}

/// Finds a record. One that is not the actor's to see is not found, just as one that does not exist.
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

/// Finds the record of a token that acts on itself.
pub(super) fn find_own<'r>(context: &Context<'r>, id: &TokenId) -> Result<Found<'r>, Suspend> {
    match stored(context, id)? {
        Some(Ok(found)) => Ok(found),
        Some(Err(DecodeError)) => Err(damaged(id).into()),
        None => Err(Refusal::not_found().into()),
    }
}

/// What is stored of a token; nothing where there is none, or none any more.
fn stored<'r>(
    context: &Context<'r>,
    id: &TokenId,
) -> Result<Option<Result<Found<'r>, DecodeError>>, Suspend> {
    let [stored] = context.reads.get([&keys::token(id)])?;
    Ok(stored.and_then(|text| match Stored::parse(id, text) {
        Ok(Stored::Record(record)) => Some(Ok(Found {
            record: *record,
            text,
        })),
        Ok(Stored::Tombstone) => None,
        Err(damaged) => Some(Err(damaged)),
    }))
}

/// Whether the actor may know that there is a token whose record is damaged, and does not say whose it is: it stands in the list of an owner
/// that the actor manages. Who manages everything may know in any case.
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

/// The answer of a call to one token that went through though its answer was lost. Only this very call finds its marker, so nothing else is
/// asked of its actor, whose authority it may have ended.
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

/// Finds a record that the actor may also change: some kinds are managed by admins only.
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

/// Whether the actor may change a token. A kind that the catalog has no more is managed by admins only.
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
