//! Adds up the uses of tokens for one commit: a token's own uses and those of its sessions.

use std::num::NonZeroU32;

use super::context::Context;
use super::load::Found;
use super::write_batch::WriteBatch;
use crate::model::record::Stored;
use crate::model::usage::Usage;
use crate::model::verifiable_token::VerifiableToken;
use crate::storage::keys;
use crate::storage::plan::{Suspend, Write};
use crate::value::condition::Address;
use crate::value::credential::TokenId;
use crate::value::time::Instant;
use crate::verify::validity_rules::Idle;

/// The record of a token, if it exists and is not damaged.
pub(super) fn stored<'c>(context: &Context<'c>, id: &TokenId) -> Result<Option<Found<'c>>, Suspend> {
    let [stored] = context.reads.get([&keys::token(id)])?;
    Ok(
        stored.and_then(|text| match Stored::parse(id, text, context.vocabularies) {
            Ok(Stored::Record(record)) => Some(Found {
                record: *record,
                text,
            }),
            _ => None,
        }),
    )
}

/// The uses of one token since the last flush.
pub(super) struct Use {
    pub(super) id: TokenId,
    /// When the first and the last of these uses were.
    pub(super) first: Instant,
    pub(super) at: Instant,
    /// The number of uses; `None` if only a rotated-out secret was presented.
    pub(super) uses: Option<NonZeroU32>,
    /// The rotation whose new secret was used, by its revision.
    pub(super) successor: Option<u64>,
    pub(super) reused: bool,
    /// The rotation whose old secret was used after its grace, by its revision. The verifier's
    /// clock decided that the grace was over.
    pub(super) grace_over: Option<u64>,
    /// The permissions of the requirements, by catalog index.
    pub(super) asked: Vec<usize>,
    /// Whether the purpose of some uses is unknown.
    pub(super) untold: bool,
    /// The last uses by address, if the verifier recorded addresses.
    pub(super) from: Vec<(Address, Instant)>,
}

/// The total of the uses by token. Several sessions may share a parent.
#[derive(Default)]
pub(super) struct UsageTotals<'c>(Vec<Line<'c>>);

struct Line<'c> {
    found: Found<'c>,
    /// The usage as stored.
    before: Option<&'c str>,
    usage: Option<Usage>,
    /// Whether uses were ignored because the token had gone idle by the usage as stored.
    ignored: bool,
    /// Whether the commit changes the token's record too.
    changed: bool,
}

impl<'c> UsageTotals<'c> {
    /// The maximum number of writes for one token.
    pub(super) const MAX_PER_TOKEN: usize = 2;

    /// Adds the uses of a token, or of a session that came from it, if the token exists.
    pub(super) fn enter(&mut self, context: &Context<'c>, id: &TokenId, used: &Use) -> Result<(), Suspend> {
        let known = self.0.iter().position(|line| line.found.record.token().id == *id);
        if known.is_none() {
            let Some(found) = stored(context, id)? else {
                return Ok(());
            };
            let [before] = context.reads.get([&keys::usage(id)])?;
            self.0.push(Line {
                found,
                before,
                // Damaged usage is replaced: it is an observation, not authority.
                usage: before.and_then(|text| Usage::parse(text).ok()),
                ignored: false,
                changed: false,
            });
        }
        let line = match known {
            Some(at) => self.0.get_mut(at),
            None => self.0.last_mut(),
        };
        if let (Some(line), Some(count)) = (line, used.uses) {
            let token = line.found.record.token();
            // If the first of these uses came after the token had gone idle, all of them are
            // ignored, so that they do not revive it. Uses after a valid first one count.
            let last_used_at = line.usage.as_ref().map(Usage::last_used_at);
            let idle = Idle::of(&VerifiableToken::of(token), last_used_at);
            if idle.is_some_and(|idle| idle.is_over(used.first)) {
                line.ignored = true;
                return Ok(());
            }
            let granted = &token.permissions;
            let asked = used
                .asked
                .iter()
                .filter_map(|index| context.deployment.catalog().permission(*index));
            let asked = asked
                .filter(|permission| granted.contains(permission.as_str()))
                .cloned();
            let seen = Usage::new(used.at, count)
                .asking(asked, used.untold)
                .coming_from(used.from.iter().copied());
            line.usage = Some(
                line.usage
                    .as_ref()
                    .map_or(seen.clone(), |known| known.merge(&seen)),
            );
        }
        Ok(())
    }

    /// Notes that the commit changes this record and has its own expectation for it.
    pub(super) fn leave_record(&mut self, id: &TokenId) {
        for line in &mut self.0 {
            line.changed |= line.found.record.token().id == *id;
        }
    }

    /// The maximum number of writes for all tokens.
    pub(super) fn weight(&self) -> usize {
        UsageTotals::MAX_PER_TOKEN * self.0.len()
    }

    /// The maximum size of these writes in bytes.
    pub(super) fn size(&self) -> usize {
        let line = |line: &Line| {
            let usage = line.usage.as_ref().map_or(0, |usage| usage.to_text().len());
            line.found.text.len() + line.before.map_or(0, str::len) + usage
        };
        self.0.iter().map(line).sum()
    }

    /// Adds the writes to the batch.
    pub(super) fn write(self, changes: &mut WriteBatch) {
        for line in self.0 {
            let token = line.found.record.token();
            let usage = line.usage.map(|usage| usage.to_text());
            let key = keys::usage(&token.id);
            if let Some(text) = usage.filter(|text| line.before != Some(text)) {
                changes.write(Write {
                    expires_at: token.forgotten_at(),
                    ..Write::replace(key, line.before, text)
                });
            } else if line.ignored {
                // Earlier uses that another flush stores now would keep the token from going idle.
                changes.write(Write::assert(key, line.before));
            }
            if !line.changed {
                // A token that was deleted since keeps no usage, and a token that was rotated since
                // is checked again.
                changes.write(Write::assert(keys::token(&token.id), Some(line.found.text)));
            }
        }
    }
}
