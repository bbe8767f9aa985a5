//! Adjusts the counters of a token when its limits are set. Credits that were spent stay spent,
//! unless a manager sets how many remain.

use super::context::Context;
use super::write_batch::WriteBatch;
use crate::model::token::Token;
use crate::storage::keys;
use crate::storage::plan::{Suspend, Write};
use crate::value::limit::Limits;

/// The planned change of the counters.
pub(super) struct Recount {
    write: Option<Write>,
    /// The remaining credits before the change, if they were limited and can be decoded.
    before: Option<u32>,
    /// The remaining credits after the change, if a manager set them.
    remaining: Option<u32>,
    /// Whether the manager's value is higher than the balance without it.
    raises: bool,
}

impl Recount {
    /// For a new token whose remaining credits a manager sets. `None` if no counters have to be
    /// written.
    pub(super) fn of_new(context: &Context, token: &Token, remaining: Option<u32>) -> Option<Recount> {
        let text = token
            .limits
            .as_ref()?
            .go_on(None, Some(remaining?), context.time.now);
        Some(Recount {
            write: Some(Write::create(keys::limit(&token.id), text.ok()??)),
            before: None,
            remaining,
            raises: false,
        })
    }

    /// For an edit. `None` if neither the limits nor the remaining credits change.
    pub(super) fn of_edit(
        context: &Context,
        token: &Token,
        limits: Option<&Limits>,
        remaining: Option<u32>,
    ) -> Result<Option<Recount>, Suspend> {
        if limits == token.limits.as_ref() && remaining.is_none() {
            return Ok(None);
        }
        // A clock that jumped ahead must not refill credits.
        let (key, now) = (keys::limit(&token.id), context.time.earliest());
        // The calls that spend credits queue for this key. Without a place in the queue, an
        // edit of a busy token would lose every commit.
        if token.limits.is_some() {
            context
                .reads
                .get_queued(std::slice::from_ref(&key), &key, false)?;
        }
        let [stored] = context.reads.get([&key])?;
        let before = token.limits.as_ref();
        let before = before.and_then(|limits| limits.left(stored, now).ok().flatten());
        let write = match limits.map(|limits| limits.go_on(stored, remaining, now)) {
            Some(Ok(Some(text))) => Some(Write::replace(key, stored, text)),
            None if stored.is_some() => Some(Write {
                expect: Some(stored.map(str::to_owned)),
                ..Write::delete(key)
            }),
            // Damaged counters deny every use until a manager sets the remaining credits.
            Some(Err(_) | Ok(None)) | None => None,
        };
        // A balance can be negative. Setting 0 remaining credits then forgives a debt, so it raises
        // the balance.
        let otherwise = limits.and_then(|limits| limits.signed_balance(stored, now).ok().flatten());
        Ok(Some(Recount {
            write,
            before,
            remaining,
            raises: remaining
                .is_some_and(|remaining| otherwise.is_none_or(|balance| i64::from(remaining) > balance)),
        }))
    }

    /// Whether the manager's value is higher than the balance without it.
    pub(super) fn raises(&self) -> bool {
        self.raises
    }

    /// Whether a manager sets the remaining credits.
    pub(super) fn sets(&self) -> bool {
        self.remaining.is_some()
    }

    /// Adds the counters and their audit entry to the batch.
    pub(super) fn write(self, changes: &mut WriteBatch) {
        if let Some(write) = self.write {
            changes.write(write);
        }
        if let Some(remaining) = self.remaining {
            changes.tell_remaining(self.before, remaining);
        }
    }
}
