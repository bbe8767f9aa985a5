//! The counters of a token whose limits are set: what was used of its credits stays used, unless a manager says how many are left.

use super::context::Context;
use super::write_batch::WriteBatch;
use crate::model::token::Token;
use crate::storage::keys;
use crate::storage::plan::{Suspend, Write};
use crate::value::limit::Limits;

/// What becomes of the counters.
pub(super) struct Recount {
    write: Option<Write>,
    /// The credits that were left, if that was limited and can be read.
    before: Option<u32>,
    /// How many are left from now on, if a manager said so.
    remaining: Option<u32>,
    /// Whether that is more than there would be otherwise.
    raises: bool,
}

impl Recount {
    /// Of a new token, whose credits may begin with less than their amount.
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

    /// Of an edit; nothing where it leaves the limits and what is left of them alone.
    pub(super) fn of_edit(
        context: &Context,
        token: &Token,
        limits: Option<&Limits>,
        remaining: Option<u32>,
    ) -> Result<Option<Recount>, Suspend> {
        if limits == token.limits.as_ref() && remaining.is_none() {
            return Ok(None);
        }
        // No jump of the clock brings a refill.
        let (key, now) = (keys::limit(&token.id), context.time.earliest());
        // All that spend it queue for it: without a turn among them an edit of a busy token would lose every commit.
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
            // What is damaged refuses until a manager says how many are left.
            Some(Err(_) | Ok(None)) | None => None,
        };
        // None left is more than some owed: whoever sets it forgives a debt.
        let otherwise = limits.and_then(|limits| limits.signed_balance(stored, now).ok().flatten());
        Ok(Some(Recount {
            write,
            before,
            remaining,
            raises: remaining
                .is_some_and(|remaining| otherwise.is_none_or(|balance| i64::from(remaining) > balance)),
        }))
    }

    /// Whether a manager gives more than there would be otherwise.
    pub(super) fn raises(&self) -> bool {
        self.raises
    }

    /// Whether a manager says how many are left.
    pub(super) fn sets(&self) -> bool {
        self.remaining.is_some()
    }

    /// Writes it down, and tells it to the trail.
    pub(super) fn write(self, changes: &mut WriteBatch) {
        if let Some(write) = self.write {
            changes.write(write);
        }
        if let Some(remaining) = self.remaining {
            changes.tell_remaining(self.before, remaining);
        }
    }
}
