//! Changes of a token's status: disable and enable are each other's inverse, revoke is terminal (P2).

use super::lookup::{Found, find};
use super::marker::Mark;
use super::{Answer, Context, Operation, Outcome, refuse_credential};
use crate::actor::Actor;
use crate::credential::TokenId;
use crate::feed::Head;
use crate::input::{Members, Path, Problems, Value};
use crate::keys;
use crate::name::Reason;
use crate::record::{Status, Token};
use crate::refusal::{ErrorCode, Refusal};
use crate::step::{Halt, Write};

/// `disable(id, actor)`
pub(super) fn disable(context: &Context, id: &TokenId, actor: &Actor) -> Result<Outcome, Halt> {
    set_status(context, id, actor, Operation::Disable, Status::Disabled, None)
}

/// `enable(id, actor)`
pub(super) fn enable(context: &Context, id: &TokenId, actor: &Actor) -> Result<Outcome, Halt> {
    set_status(context, id, actor, Operation::Enable, Status::Active, None)
}

/// `revoke(id, { reason? }, actor)`
pub(super) fn revoke(
    context: &Context,
    id: &TokenId,
    reason: Option<Reason>,
    actor: &Actor,
) -> Result<Outcome, Halt> {
    set_status(context, id, actor, Operation::Revoke, Status::Revoked, reason)
}

/// Reads `{ reason? }`.
pub(super) fn read_reason(
    context: &Context,
    options: &Value,
    path: &Path,
    problems: &mut Problems,
) -> Option<Reason> {
    if *options == Value::Null {
        return None;
    }
    let members = Members::open(options, path, &["reason"], problems)?;
    refuse_credential(context, &members, "reason", problems);
    members.parsed("reason", problems, Reason::parse)
}

fn set_status(
    context: &Context,
    id: &TokenId,
    actor: &Actor,
    operation: Operation,
    status: Status,
    reason: Option<Reason>,
) -> Result<Outcome, Halt> {
    let mark = Mark::of_call(context, operation);
    let [marked, _] = context.reads.get([mark.key(), &keys::token(id)])?;
    let found = find(context, id, actor)?;
    let token = found.record.token();
    // Already so, by an earlier call or by this one whose answer was lost: nothing is written, and the first reason stays.
    if token.status == status || mark.found_for(marked, id)? {
        return Ok(Outcome::Answer(Answer::Token(Box::new(token.clone()))));
    }
    if token.status == Status::Revoked {
        return Err(Refusal::new(
            ErrorCode::Terminal,
            "the token is revoked, which cannot be undone",
        )
        .into());
    }
    let changed = found.record.with(|token: &mut Token| {
        token.status = status;
        token.reason = reason;
        token.status_changed_at = Some(context.time.now);
        token.status_changed_by = Some(actor.id().clone());
    });
    let mut writes = announced(context, &found, changed.to_text())?;
    writes.push(mark.write(context, id));
    Ok(Outcome::Commit(
        writes,
        Answer::Token(Box::new(changed.token().clone())),
    ))
}

/// The writes that put a new text in the place of a record and tell the change feed.
pub(super) fn announced(context: &Context, found: &Found, text: String) -> Result<Vec<Write>, Halt> {
    let token = found.record.token();
    let feed_key = keys::feed(&token.owner);
    let head = context.reads.get_queued(&feed_key)?;
    let key = keys::token(&token.id);
    Ok(vec![
        Write::replace(key.clone(), Some(found.text), text),
        Head::advance(
            feed_key,
            head,
            (key, token.revision.saturating_add(1)),
            context.time.now,
        ),
    ])
}
