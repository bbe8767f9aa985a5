//! The use of tokens, added up for one commit: a token has uses of its own and those of its sessions.

use std::num::NonZeroU32;

use super::context::Context;
use super::load::Found;
use super::write_batch::WriteBatch;
use crate::model::record::Stored;
use crate::model::usage::Usage;
use crate::storage::keys;
use crate::storage::plan::{Suspend, Write};
use crate::value::condition::Address;
use crate::value::credential::TokenId;
use crate::value::time::Instant;
use crate::verify::rules::Idle;

/// The record of a token that is there and can be read.
pub(super) fn stored<'c>(context: &Context<'c>, id: &TokenId) -> Result<Option<Found<'c>>, Suspend> {
    let [stored] = context.reads.get([&keys::token(id)])?;
    Ok(stored.and_then(|text| match Stored::parse(id, text) {
        Ok(Stored::Record(record)) => Some(Found {
            record: *record,
            text,
        }),
        _ => None,
    }))
}

/// What was seen of one token since the last flush.
pub(super) struct Use {
    pub(super) id: TokenId,
    /// The first of these uses, and the last.
    pub(super) first: Instant,
    pub(super) at: Instant,
    /// How often it was used; not at all if only a rotated-out secret was presented.
    pub(super) uses: Option<NonZeroU32>,
    /// The rotation whose new secret was used, by its revision.
    pub(super) successor: Option<u64>,
    pub(super) reused: bool,
    /// The rotation whose old secret was used after its grace, by its revision, as the verifier's clock had it.
    pub(super) grace_over: Option<u64>,
    /// The permissions that were asked for, by index.
    pub(super) asked: Vec<usize>,
    /// Whether some uses did not tell what for.
    pub(super) untold: bool,
    /// From where, as far as that was told.
    pub(super) from: Vec<(Address, Instant)>,
}

/// The use of each token, added up: several sessions may have come from one.
#[derive(Default)]
pub(super) struct UsageTotals<'c>(Vec<Line<'c>>);

struct Line<'c> {
    found: Found<'c>,
    /// As it is stored.
    before: Option<&'c str>,
    usage: Option<Usage>,
    /// Whether the commit changes the record too.
    changed: bool,
}

impl<'c> UsageTotals<'c> {
    /// The most writes that one token takes here.
    pub(super) const MAX_PER_TOKEN: usize = 2;

    /// Enters uses of a token, or of a session that came from it, if it is there.
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
                // What cannot be read is begun anew: it is an observation, not authority.
                usage: before.and_then(|text| Usage::parse(text).ok()),
                changed: false,
            });
        }
        let line = match known {
            Some(at) => self.0.get_mut(at),
            None => self.0.last_mut(),
        };
        if let (Some(line), Some(count)) = (line, used.uses) {
            let token = line.found.record.token();
            // What was used first after it had gone idle was not used at all: that revives nothing. The uses after a good one stand by it.
            let last_used_at = line.usage.as_ref().map(Usage::last_used_at);
            if Idle::of(token, last_used_at).is_some_and(|idle| idle.is_over(used.first)) {
                return Ok(());
            }
            let granted = &token.permissions;
            let asked = used
                .asked
                .iter()
                .filter_map(|index| context.deployment.catalog().permission(*index));
            let asked = asked
                .filter(|permission| granted.binary_search(permission).is_ok())
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

    /// The commit changes this record too, and expects it to be as it was read.
    pub(super) fn leave_record(&mut self, id: &TokenId) {
        for line in &mut self.0 {
            line.changed |= line.found.record.token().id == *id;
        }
    }

    /// The most writes that this comes to.
    pub(super) fn weight(&self) -> usize {
        UsageTotals::MAX_PER_TOKEN * self.0.len()
    }

    /// The most bytes that this comes to.
    pub(super) fn size(&self) -> usize {
        let line = |line: &Line| {
            let usage = line.usage.as_ref().map_or(0, |usage| usage.to_text().len());
            line.found.text.len() + line.before.map_or(0, str::len) + usage
        };
        self.0.iter().map(line).sum()
    }

    /// Writes down what was entered.
    pub(super) fn write(self, changes: &mut WriteBatch) {
        for line in self.0 {
            let token = line.found.record.token();
            let usage = line.usage.map(|usage| usage.to_text());
            if let Some(text) = usage.filter(|text| line.before != Some(text)) {
                changes.write(Write {
                    expires_at: token.forgotten_at(),
                    ..Write::replace(keys::usage(&token.id), line.before, text)
                });
            }
            if !line.changed {
                // What is deleted meanwhile leaves no trace of its use, and what is rotated meanwhile is looked at again.
                changes.write(Write::assert(keys::token(&token.id), Some(line.found.text)));
            }
        }
    }
}
