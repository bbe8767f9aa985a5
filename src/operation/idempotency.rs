//! Makes a retried call take effect once.
//!
//! Every commit writes an idempotency record that is kept for a day. If a plan reads the record of
//! its own call, the commit was applied although its answer was lost. The plan then answers from
//! the store and does not repeat the operation.

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

/// The value at the key `op/<id>`.
#[derive(Debug, Serialize)]
struct Marker {
    operation: Operation,
    /// The tokens that the operation created or changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tokens: Vec<TokenId>,
    /// Of a flush: the tokens whose values were damaged. The commit may have replaced them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<TokenId>,
    /// The hash of the arguments, for a call with an idempotency key.
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
}

decode_members!(Marker {
    required operation: "operation",
    optional tokens: "tokens",
    optional unreadable: "unreadable",
    optional fingerprint: "fingerprint",
});

/// What a flush has committed.
pub(super) struct CommittedFlush {
    pub(super) tokens: Vec<TokenId>,
    /// The tokens whose values were damaged.
    pub(super) unreadable: Vec<TokenId>,
}

/// The idempotency record of one call: its key, and its content after the commit.
pub(super) struct IdempotencyRecord {
    key: String,
    operation: Operation,
    unreadable: Vec<TokenId>,
    fingerprint: Option<String>,
}

impl IdempotencyRecord {
    /// The record of a call by its operation id. Only retries within the same call find it.
    pub(super) fn of_call(context: &Context, operation: Operation) -> IdempotencyRecord {
        IdempotencyRecord {
            key: keys::operation(context.entropy.operation_id()),
            operation,
            unreadable: Vec::new(),
            fingerprint: None,
        }
    }

    /// The record of a call by the idempotency key of its actor. Any retry finds it.
    pub(super) fn of_idempotency_key(
        operation: Operation,
        actor: &Actor,
        idempotency_key: &str,
        arguments: &Value,
    ) -> IdempotencyRecord {
        // Each part is hashed by itself, so that no two pairs of actor and key give the same text.
        let parts = [actor.id().as_str(), idempotency_key].map(Sha256::digest);
        let key = Sha256::digest(parts.concat());
        let fingerprint = Sha256::digest(json(&arguments.canonical()));
        IdempotencyRecord {
            key: keys::operation(&key),
            operation,
            unreadable: Vec::new(),
            fingerprint: Some(hex(&fingerprint)),
        }
    }

    /// The record of a flush that found damaged values.
    pub(super) fn with_unreadable(self, unreadable: Vec<TokenId>) -> IdempotencyRecord {
        IdempotencyRecord { unreadable, ..self }
    }

    /// The store key of the record.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The tokens that this call created or changed, if its record was read.
    ///
    /// # Errors
    /// `store_unavailable` if the record is damaged; `conflict` if it belongs to another operation
    /// or to other arguments.
    pub(super) fn found(&self, stored: Option<&str>) -> Result<Option<Vec<TokenId>>, Suspend> {
        Ok(self.read(stored)?.map(|marker| marker.tokens))
    }

    /// What this call, a flush, has committed, if its record was read.
    ///
    /// # Errors
    /// As [`IdempotencyRecord::found`].
    pub(super) fn found_flush(&self, stored: Option<&str>) -> Result<Option<CommittedFlush>, Suspend> {
        Ok(self.read(stored)?.map(|marker| CommittedFlush {
            tokens: marker.tokens,
            unreadable: marker.unreadable,
        }))
    }

    fn read(&self, stored: Option<&str>) -> Result<Option<Marker>, Suspend> {
        let Some(text) = stored else { return Ok(None) };
        let marker = decode::<Marker>(text).map_err(|_| {
            Refusal::new(
                ErrorCode::StoreUnavailable,
                "the idempotency record of this operation cannot be read: it is damaged",
            )
        })?;
        if marker.operation != self.operation || marker.fingerprint != self.fingerprint {
            return Err(Refusal::new(
                ErrorCode::Conflict,
                "this idempotency key was used for a call with other arguments; use a new key for a new call",
            )
            .into());
        }
        Ok(Some(marker))
    }

    /// Whether this call was already committed for exactly this token.
    pub(super) fn found_for(&self, stored: Option<&str>, token: &TokenId) -> Result<bool, Suspend> {
        match self.found(stored)?.as_deref() {
            None => Ok(false),
            Some([found]) if found == token => Ok(true),
            Some(_) => Err(Refusal::new(
                ErrorCode::Conflict,
                "the idempotency record of this operation names another token",
            )
            .into()),
        }
    }

    /// The write that stores the record.
    pub(super) fn write(self, context: &Context, tokens: Vec<TokenId>) -> Write {
        let marker = Marker {
            operation: self.operation,
            tokens,
            unreadable: self.unreadable,
            fingerprint: self.fingerprint,
        };
        let expires_at = context.time.now.after(Lifetime::DAY).ok();
        Write {
            expires_at,
            ..Write::create(self.key, json(&marker))
        }
    }
}
