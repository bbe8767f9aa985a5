//! Changes a token's status. `disable` and `enable` are inverse to each other; `revoke` is terminal
//! (P2).

use super::answer::Answer;
use super::arguments::refuse_credential;
use super::authority::{Authority, forbidden};
use super::context::{Context, Outcome};
use super::idempotency::IdempotencyRecord;
use super::load::{find_own, find_to_change};
use super::operation_name::Operation;
use super::power::Power;
use super::refuse_ended::refuse_gone_idle;
use super::sessions::leave;
use super::write_batch::WriteBatch;
use crate::catalog::Action;
use crate::codec::json::Value;
use crate::input::{ErrorCode, Members, Path, Problems, Refusal};
use crate::model::record::Record;
use crate::model::token::{Status, Token};
use crate::storage::plan::Suspend;
use crate::value::credential::TokenId;
use crate::value::name::Reason;
use crate::value::resource::Resource;

/// `disable(id, actor)`
pub(super) fn disable(context: &Context, id: &TokenId, authority: &Authority) -> Result<Outcome, Suspend> {
    set_status(context, id, authority, Operation::Disable, Status::Disabled, None)
}

/// `enable(id, actor)`
pub(super) fn enable(context: &Context, id: &TokenId, authority: &mut Authority) -> Result<Outcome, Suspend> {
    may_revive(context, id, authority)?;
    set_status(context, id, authority, Operation::Enable, Status::Active, None)
}

/// `revoke(id, { reason? }, actor)`
pub(super) fn revoke(
    context: &Context,
    id: &TokenId,
    reason: Option<Reason>,
    authority: &Authority,
) -> Result<Outcome, Suspend> {
    set_status(context, id, authority, Operation::Revoke, Status::Revoked, reason)
}

/// Reads `{ reason? }`.
pub(super) fn read_options(
    context: &Context,
    options: &Value,
    path: &Path,
    problems: &mut Problems,
) -> Option<Reason> {
    if *options == Value::Null {
        return None;
    }
    let members = Members::open(options, path, &["reason"], problems)?;
    read_reason(context, &members, problems)
}

/// Reads the member `reason`.
pub(super) fn read_reason(context: &Context, members: &Members, problems: &mut Problems) -> Option<Reason> {
    refuse_credential(context, members, "reason", problems);
    members.parsed("reason", problems, Reason::parse)
}

/// Checks whether the actor may give the token's power. Enabling a disabled token gives it back, so
/// the check is the same as at its creation.
fn may_revive(context: &Context, id: &TokenId, authority: &mut Authority) -> Result<(), Suspend> {
    let found = find_to_change(context, id, authority)?;
    let token = found.record.token();
    if token.status == Status::Disabled {
        let power = Power::of_living(context, token, authority)?;
        authority.may_give(context, Operation::Enable, &power, None)?;
    }
    Ok(())
}

fn set_status(
    context: &Context,
    id: &TokenId,
    authority: &Authority,
    operation: Operation,
    status: Status,
    reason: Option<Reason>,
) -> Result<Outcome, Suspend> {
    let mark = IdempotencyRecord::of_call(context, operation);
    // A token may always revoke itself.
    let found = if operation == Operation::Revoke && authority.is_token(id) {
        find_own(context, id)?
    } else {
        find_to_change(context, id, authority)?
    };
    let token = found.record.token();
    // An actor at a higher place that disables a disabled token raises the place at which it is
    // held. Otherwise nothing is written, and the first reason stays.
    let place = authority.place_above(&token.owner);
    let raised = |held: &Resource| status == Status::Disabled && *held != place && place.covers(held);
    let raises = token.held_at.as_ref().is_some_and(raised);
    if token.status == status && !raises {
        return Ok(Outcome::Answer(Answer::Token(Box::new(token.clone()))));
    }
    if token.status == Status::Revoked {
        return Err(terminal().into());
    }
    // Every actor that manages the token may revoke it, whatever actions its kind has.
    if status != Status::Revoked {
        allows(context, token, Action::Disable)?;
    }
    if status == Status::Active
        && let Some(place) = &token.held_at
        && !authority.manages(place)
    {
        return Err(forbidden("the token was disabled by an authority above; only that authority, or one above it, can enable it").into());
    }
    if status == Status::Active {
        refuse_gone_idle(context, token)?;
    }
    let changed = with_status(context, &found.record, authority, status, reason.clone());
    let mut changes = WriteBatch::new(context, operation, authority.id()).because(reason);
    changes.replace_token(&found, &changed);
    if status == Status::Revoked {
        leave(context, token, &mut changes)?;
    }
    Ok(Outcome::Commit(
        changes.finish(mark, Some(authority))?,
        Answer::Token(Box::new(changed.token().clone())),
    ))
}

/// The record with another status.
pub(super) fn with_status(
    context: &Context,
    record: &Record,
    authority: &Authority,
    status: Status,
    reason: Option<Reason>,
) -> Record {
    record.with(|token: &mut Token| {
        // Raising the place of a disabled token must not change the time of its status: that time
        // decides whether it had gone idle.
        if token.status != status {
            // The idle check of a disabled token uses this time. With a clock that was set back, it
            // would revive an idle token; with one that jumped ahead, it would end a token in use.
            token.status_changed_at = Some(if status == Status::Disabled {
                context.time.highest
            } else {
                context.time.now
            });
            token.status_changed_by = Some(authority.id().clone());
        }
        token.status = status;
        token.reason = reason;
        token.held_at = (status == Status::Disabled).then(|| authority.place_above(&token.owner));
        if status == Status::Active {
            token.enabled_at = Some(context.time.now);
        }
    })
}

/// The refusal of a change to a revoked token.
pub(super) fn terminal() -> Refusal {
    Refusal::new(
        ErrorCode::Terminal,
        "the token is revoked, which cannot be undone",
    )
}

/// Says why a token cannot be changed whose kind is no longer in the catalog.
pub(super) fn of_no_kind(token: &Token) -> String {
    format!(
        "the kind \"{}\" is no longer in the catalog: its tokens can be read, listed, disabled, revoked and deleted",
        token.kind
    )
}

/// Refuses an action that the token's kind does not have. A token of a kind that is no longer in
/// the catalog can only be disabled or deleted.
pub(super) fn allows(context: &Context, token: &Token, action: Action) -> Result<(), Refusal> {
    let allowed = match context.deployment.catalog().kind(&token.kind) {
        Ok(kind) => kind.allows(action),
        Err(_) if matches!(action, Action::Delete | Action::Disable) => true,
        Err(_) => return Err(forbidden(of_no_kind(token))),
    };
    if allowed {
        return Ok(());
    }
    Err(forbidden(format!(
        "tokens of kind \"{}\" do not have the action {}; the catalog says which they have",
        token.kind,
        action.name()
    )))
}
