use super::{Answer, Context, Outcome};
use crate::actor::Actor;
use crate::credential::TokenId;
use crate::keys;
use crate::record::{Record, Stored};
use crate::refusal::{ErrorCode, Refusal};
use crate::step::Halt;

/// A record that the actor may manage, as it was read.
pub(super) struct Found<'r> {
    pub(super) record: Record,
    pub(super) text: &'r str,
}

/// Finds a record. One that is not the actor's to manage is not found, just as one that does not exist.
pub(super) fn find<'r>(context: &Context<'r>, id: &TokenId, actor: &Actor) -> Result<Found<'r>, Halt> {
    let [stored] = context.reads.get([&keys::token(id)])?;
    let text = stored.ok_or_else(Refusal::not_found)?;
    match Stored::parse(id, text) {
        Ok(Stored::Record(record)) if actor.manages(&record.token().owner) => Ok(Found {
            record: *record,
            text,
        }),
        Ok(_) => Err(Refusal::not_found().into()),
        Err(_) => Err(Refusal::new(
            ErrorCode::StoreUnavailable,
            format!("the record of token {id} cannot be read: it is damaged, or a later version wrote it"),
        )
        .into()),
    }
}

/// `get(id, actor)`
pub(super) fn get(context: &Context, id: &TokenId, actor: &Actor) -> Result<Outcome, Halt> {
    let found = find(context, id, actor)?;
    Ok(Outcome::Answer(Answer::Token(Box::new(
        found.record.token().clone(),
    ))))
}
