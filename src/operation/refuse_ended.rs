//! Refuses expired and idle tokens. An operation that hands out a secret or enables a token never
//! revives one.

use super::context::Context;
use crate::codec::decode::DecodeError;
use crate::input::{ErrorCode, Refusal};
use crate::model::token::{Status, Token};
use crate::model::usage::Usage;
use crate::model::verifiable_token::VerifiableToken;
use crate::storage::keys;
use crate::storage::plan::Suspend;
use crate::verify::code::Code;
use crate::verify::dependencies::ResolvedToken;
use crate::verify::validity_rules::Idle;

/// Refuses a token that has expired or gone idle, and a session whose parent is over.
///
/// # Errors
/// `conflict` for an expired token, which a rotation with `expiresIn` renews; `terminal` for the
/// others.
pub(super) fn refuse_over(context: &Context, token: &Token) -> Result<(), Suspend> {
    if let Some(ends) = token.expires_at.filter(|ends| context.time.latest() >= *ends) {
        let message = format!(
            "the token expired at {ends}; rotate it with expiresIn, which renews it, or create another"
        );
        return Err(Refusal::new(ErrorCode::Conflict, message).into());
    }
    refuse_gone_idle(context, token)?;
    if !token.parents.is_empty() {
        let catalog = context.deployment.catalog();
        let resolved = ResolvedToken::read(token, catalog, context.reads, context.vocabularies)?;
        let refusal = resolved.rules.refusal(context.time.latest());
        if let Some(code @ (Code::Revoked | Code::Expired | Code::IdleExpired)) = refusal {
            let message = format!(
                "a token that the session came from is no longer valid: {}",
                code.name()
            );
            return Err(Refusal::new(ErrorCode::Terminal, message).into());
        }
    }
    Ok(())
}

/// Refuses a token that has gone idle. The time since it was disabled does not count, because a
/// disabled token cannot be used.
pub(super) fn refuse_gone_idle(context: &Context, token: &Token) -> Result<(), Suspend> {
    if token.idle_after.is_none() {
        return Ok(());
    }
    let [stored] = context.reads.get([&keys::usage(&token.id)])?;
    let usage = stored
        .map(Usage::parse)
        .transpose()
        .map_err(|DecodeError| damaged(token))?;
    let disabled_at = token
        .status_changed_at
        .filter(|_| token.status == Status::Disabled);
    let idle = Idle::of(
        &VerifiableToken::of(token),
        usage.map(|usage| usage.last_used_at()),
    );
    if idle.is_some_and(|idle| idle.is_over(disabled_at.unwrap_or(context.time.latest()))) {
        let message = "the token went idle: it was not used for too long, which cannot be undone";
        return Err(Refusal::new(ErrorCode::Terminal, message).into());
    }
    Ok(())
}

fn damaged(token: &Token) -> Refusal {
    let id = token.id;
    Refusal::new(
        ErrorCode::StoreUnavailable,
        format!("the use of token {id} cannot be read: it is damaged, or a later version wrote it"),
    )
}
