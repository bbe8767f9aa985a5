//! The marker that every commit leaves for a day. A plan that reads its own marker knows that its commit went through though the answer was
//! lost, and answers from what is stored instead of doing it twice.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::context::Context;
use super::operation_name::Operation;
use crate::codec::decode::{decode, decode_members};
use crate::codec::json::{Value, json};
use crate::input::{ErrorCode, Refusal};
use crate::model::actor::Actor;
use crate::storage::keys;
use crate::storage::plan::{Suspend, Write};
use crate::value::credential::{TokenId, hex};
use crate::value::time::Lifetime;

/// What `op/<id>` holds.
#[derive(Debug, Serialize)]
struct Marker {
    operation: Operation,
    /// The tokens that the operation made or changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tokens: Vec<TokenId>,
    /// Of a call with an idempotency key: the hash of its arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
}

decode_members!(Marker {
    required operation: "operation",
    optional tokens: "tokens",
    optional fingerprint: "fingerprint",
});

/// The marker of one call: where it stands, and what it says once the call is done.
pub(super) struct IdempotencyRecord {
    key: String,
    operation: Operation,
    fingerprint: Option<String>,
}

impl IdempotencyRecord {
    /// The marker of a call that is known by its operation id: only this call can find it.
    pub(super) fn of_call(context: &Context, operation: Operation) -> IdempotencyRecord {
        IdempotencyRecord {
            key: keys::operation(context.entropy.operation_id()),
            operation,
            fingerprint: None,
        }
    }

    /// The marker of a call that is known by its actor's idempotency key: any retry finds it.
    pub(super) fn of_idempotency_key(
        operation: Operation,
        actor: &Actor,
        idempotency_key: &str,
        arguments: &Value,
    ) -> IdempotencyRecord {
        // The parts are hashed one by one, so that no two pairs of actor and key are one text.
        let parts = [actor.id().as_str(), idempotency_key].map(Sha256::digest);
        let key = Sha256::digest(parts.concat());
        let fingerprint = Sha256::digest(json(&arguments.canonical()));
        IdempotencyRecord {
            key: keys::operation(&key),
            operation,
            fingerprint: Some(hex(&fingerprint)),
        }
    }

    /// The key of the marker.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The tokens that this very call made or changed before, if its marker was read.
    pub(super) fn found(&self, stored: Option<&str>) -> Result<Option<Vec<TokenId>>, Suspend> {
        let Some(text) = stored else { return Ok(None) };
        let marker = decode::<Marker>(text).map_err(|_| {
            Refusal::new(
                ErrorCode::StoreUnavailable,
                "the marker of this operation cannot be read: it is damaged",
            )
        })?;
        if marker.operation != self.operation || marker.fingerprint != self.fingerprint {
            return Err(Refusal::new(
                ErrorCode::Conflict,
                "this idempotency key was used for a call with other arguments; use a new key for a new call",
            )
            .into());
        }
        Ok(Some(marker.tokens))
    }

    /// Whether this very call was done before, to just this token.
    pub(super) fn found_for(&self, stored: Option<&str>, token: &TokenId) -> Result<bool, Suspend> {
        match self.found(stored)?.as_deref() {
            None => Ok(false),
            Some([found]) if found == token => Ok(true),
            Some(_) => Err(Refusal::new(
                ErrorCode::Conflict,
                "the marker of this operation is of another token",
            )
            .into()),
        }
    }

    /// The write that leaves the marker.
    pub(super) fn write(self, context: &Context, tokens: Vec<TokenId>) -> Write {
        let marker = Marker {
            operation: self.operation,
            tokens,
            fingerprint: self.fingerprint,
        };
        let expires_at = context.time.now.after(Lifetime::DAY).ok();
        Write {
            expires_at,
            ..Write::create(self.key, json(&marker))
        }
    }
}
