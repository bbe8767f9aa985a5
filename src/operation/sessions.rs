//! Keeps the list of a token's living sessions, at a key of the parent token.

use serde::Serialize;

use super::context::Context;
use super::write_batch::WriteBatch;
use crate::codec::decode::{decode, decode_members};
use crate::codec::json::json;
use crate::codec::sort::sorted_by;
use crate::input::{ErrorCode, Refusal};
use crate::model::token::Token;
use crate::storage::keys;
use crate::storage::plan::{Suspend, Write};
use crate::value::credential::TokenId;
use crate::value::time::Instant;

/// A living session in the list of its parent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Living {
    id: TokenId,
    expires_at: Instant,
}

decode_members!(Living {
    required id: "id",
    required expires_at: "expiresAt",
});

/// The ids of a token's living sessions, newest first. The stored list is in commit order. Pages
/// end at an id, so the result is sorted by id.
pub(super) fn sessions_of(context: &Context, parent: &TokenId) -> Result<Vec<TokenId>, Suspend> {
    let [stored] = context.reads.get([&keys::sessions(parent)])?;
    let living = sorted_by(living(context, stored), |one, other| other.id.cmp(&one.id));
    Ok(living.into_iter().map(|session| session.id).collect())
}

/// Adds a session with an end to the list of its parent.
///
/// # Errors
/// `too_many_sessions` if the parent has the maximum of living sessions.
pub(super) fn join(
    context: &Context,
    session: &Token,
    ends: Option<Instant>,
    changes: &mut WriteBatch,
) -> Result<(), Suspend> {
    let (Some(parent), Some(expires_at)) = (session.parents.first(), ends) else {
        return Ok(());
    };
    let key = keys::sessions(parent);
    let [stored] = context.reads.get([&key])?;
    let mut living = living(context, stored);
    let most = most_sessions(context, session);
    if living.len() >= most {
        return Err(Refusal::new(
            ErrorCode::TooManySessions,
            format!("the token has {most} living sessions, the most that its kind allows; end some of them"),
        )
        .into());
    }
    living.push(Living {
        id: session.id,
        expires_at,
    });
    changes.write(listed(key, stored, &living));
    Ok(())
}

/// Writes the list. The store may drop it once all of its sessions have ended.
fn listed(key: String, stored: Option<&str>, living: &[Living]) -> Write {
    Write {
        expires_at: living.iter().map(|session| session.expires_at).max(),
        ..Write::replace(key, stored, json(&living))
    }
}

/// The maximum number of living sessions of one parent, from the kind of the session.
fn most_sessions(context: &Context, session: &Token) -> usize {
    let kind = context.deployment.catalog().kind(&session.kind);
    kind.map_or(1, |kind| kind.sessions() as usize)
}

/// The sessions that have not ended. A clock that jumped ahead must not make room for more of them.
/// A damaged list counts as empty, because each session also has a record.
fn living(context: &Context, stored: Option<&str>) -> Vec<Living> {
    let all: Vec<Living> = stored.and_then(|text| decode(text).ok()).unwrap_or_default();
    all.into_iter()
        .filter(|session| context.time.earliest() < session.expires_at)
        .collect()
}

/// Removes an ended session from the list of its parent.
pub(super) fn leave(context: &Context, session: &Token, changes: &mut WriteBatch) -> Result<(), Suspend> {
    let Some(parent) = session.parents.first() else {
        return Ok(());
    };
    let key = keys::sessions(parent);
    let [stored] = context.reads.get([&key])?;
    let mut left = living(context, stored);
    left.retain(|living| living.id != session.id);
    if left.is_empty() {
        changes.write(Write {
            expect: Some(stored.map(str::to_owned)),
            ..Write::delete(key)
        });
    } else {
        changes.write(listed(key, stored, &left));
    }
    Ok(())
}
