//! The passes of a sweep over the lists of owners. The first covers all entries, a later one those
//! that may have been made since.

use super::{Flow, Page, trail};
use crate::operation::create::SKEW;
use crate::storage::keys;
use crate::storage::plan::{Range, Suspend};
use crate::value::time::Instant;

/// By how many milliseconds the time in a token's id may precede its creation: the tolerance for a
/// client's clock, and the same for the clocks of two hosts.
const LATE: u64 = 2 * SKEW.millis();

/// How many owners a later pass looks at in one page. They are read one after the other.
const MAX_OWNERS: usize = 20;

impl Page<'_, '_> {
    /// The first pass: every entry of the owner and of the owners below it. In key order, the
    /// entries below an owner precede those of the owner.
    pub(super) fn list(&mut self) -> Result<Flow, Suspend> {
        let [below, own] = keys::owner_ranges(&self.meant.owner);
        let is_root = self.meant.owner.as_str().is_empty();
        loop {
            let at = self.cursor.at.clone();
            let in_own = !is_root && at.as_ref().is_some_and(|at| at.starts_with(&own));
            let prefix = if in_own { &own } else { &below };
            let after = at.filter(|at| at.starts_with(prefix));
            let inside = after.as_deref().and_then(keys::listed_owner).map(str::to_owned);
            // The position of the trail is read before the tokens: a token that is made later
            // advances it.
            if let Some(owner) = &inside
                && after.as_ref() == Some(&keys::owner_bounds(owner)[0])
                && self.cursor.wants_trail(owner)
            {
                let seq = self.queue_at(owner)?;
                self.cursor.note_trail(owner, seq);
            }
            let Some(limit) = self.window() else {
                return Ok(Flow::Ends);
            };
            let range = Range {
                prefix: prefix.clone(),
                after: after.filter(|after| after.len() > prefix.len()),
                limit,
            };
            let entries = self.context.reads.list(&range)?;
            let begins = |(key, _): &(String, String)| {
                keys::listed_owner(key)
                    .is_some_and(|owner| inside.as_deref() != Some(owner) && self.cursor.wants_trail(owner))
            };
            let begun = entries.iter().position(begins);
            let here = entries.split_at(begun.unwrap_or(entries.len())).0;
            self.read_records(here.iter().filter_map(|(key, _)| keys::entry_id(key)))?;
            for (key, _) in here {
                if self.look_at(key)? == Flow::Ends {
                    return Ok(Flow::Ends);
                }
                self.cursor.at = Some(key.clone());
            }
            if let Some((key, _)) = begun.and_then(|begun| entries.get(begun)) {
                self.cursor.at = keys::listed_owner(key).map(|owner| keys::owner_bounds(owner)[0].clone());
            } else if entries.len() >= limit as usize {
                // The list may have more entries.
            } else if in_own || is_root {
                self.cursor.over = true;
                return Ok(Flow::On);
            } else {
                self.cursor.at = Some(own.clone());
            }
            // A commit adds to the trail of one owner only, as long as trails are remembered. A
            // maker is followed only after the commit that revokes it.
            if !self.cursor.makers.is_empty() || (begun.is_some() && !self.changes.is_empty()) {
                return Ok(Flow::On);
            }
        }
    }

    /// A later pass: owner by owner, the tokens that may have been made since the pass before
    /// began. There are none if only the sweep has added to the owner's audit trail since before
    /// its tokens were listed.
    pub(super) fn look_again(&mut self) -> Result<Flow, Suspend> {
        let [below, own] = keys::owner_ranges(&self.meant.owner);
        let is_root = self.meant.owner.as_str().is_empty();
        let mut owners = 0;
        // A cursor comes from outside, so it must not name a place outside of the sweep's owner.
        let is_meant = |at: &String| at.starts_with(&below) || at.starts_with(&own);
        loop {
            let at = self.cursor.at.clone().filter(is_meant);
            let inside = at
                .as_deref()
                .and_then(keys::listed_owner)
                .map(|owner| (owner.to_owned(), keys::owner_bounds(owner)))
                .filter(|(_, [_, end])| at.as_ref() != Some(end));
            if let Some((owner, [begin, end])) = inside {
                if self.look_at_young(&owner, &begin, &end)? == Flow::Ends {
                    return Ok(Flow::Ends);
                }
            } else {
                let after = at.filter(|at| at.starts_with(&below));
                let range = Range {
                    prefix: below.clone(),
                    after,
                    limit: 1,
                };
                let in_own = !is_root && self.cursor.at.as_ref().is_some_and(|at| at.starts_with(&own));
                let entry = if in_own {
                    None
                } else {
                    self.context.reads.list(&range)?.first()
                };
                let next = match entry {
                    Some((key, _)) => keys::listed_owner(key).map(str::to_owned),
                    None if in_own || is_root => None,
                    None => keys::listed_owner(&own).map(str::to_owned),
                };
                let Some(next) = next else {
                    self.cursor.over = true;
                    return Ok(Flow::On);
                };
                let [begin, end] = keys::owner_bounds(&next);
                if self.cursor.is_unmoved(&next, trail(self.context, &next)?) {
                    self.cursor.at = Some(end);
                } else {
                    // The next page queues for this owner before it reads the owner's tokens.
                    self.cursor.at = Some(begin);
                    return Ok(Flow::Ends);
                }
            }
            if !self.cursor.makers.is_empty() {
                return Ok(Flow::On);
            }
            owners += 1;
            if owners >= MAX_OWNERS {
                return Ok(Flow::Ends);
            }
        }
    }

    /// Looks at the youngest tokens of one owner.
    fn look_at_young(&mut self, owner: &str, begin: &str, end: &str) -> Result<Flow, Suspend> {
        let at = self.cursor.at.clone().filter(|at| at != begin);
        let seq = self.queue_at(owner)?;
        if at.is_none() {
            self.cursor.note_trail(owner, seq);
        }
        let Some(limit) = self.window() else {
            return Ok(Flow::Ends);
        };
        let range = Range {
            prefix: begin.to_owned(),
            after: at,
            limit,
        };
        let entries = self.context.reads.list(&range)?;
        let since = self.cursor.since.map_or(0, Instant::millis);
        let is_young = |(key, _): &(String, String)| {
            keys::entry_id(key).is_none_or(|id| id.minted_at().saturating_add(LATE) >= since)
        };
        let old = entries.iter().position(|entry| !is_young(entry));
        let young = entries.split_at(old.unwrap_or(entries.len())).0;
        self.read_records(young.iter().filter_map(|(key, _)| keys::entry_id(key)))?;
        for (key, _) in young {
            if self.look_at(key)? == Flow::Ends {
                return Ok(Flow::Ends);
            }
            self.cursor.at = Some(key.clone());
        }
        if old.is_some() || entries.len() < limit as usize {
            self.cursor.at = Some(end.to_owned());
        }
        Ok(Flow::On)
    }

    /// Queues for the audit trail of an owner, and returns its position.
    fn queue_at(&self, owner: &str) -> Result<Option<u64>, Suspend> {
        let head = keys::audit_head_of(owner);
        self.context
            .reads
            .get_queued(std::slice::from_ref(&head), &head, true)?;
        trail(self.context, owner)
    }
}
