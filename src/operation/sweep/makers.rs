//! Revokes the tokens that revoked tokens had made. A revoked maker makes no more tokens, so its
//! list is complete.

use super::{Flow, Judgement, MAX_SCANNED, Page};
use crate::catalog::Role;
use crate::model::record::Stored;
use crate::model::token::{Status, Token};
use crate::operation::load::Found;
use crate::storage::keys;
use crate::storage::plan::{Range, Suspend};
use crate::value::credential::TokenId;

/// How many looked-at tokens the descent to another maker counts as: its list is read, and later
/// the rest of the list above it.
const GOING_DOWN: usize = MAX_SCANNED / 20;

impl Page<'_, '_> {
    /// Revokes the tokens that queued makers made, the tokens that those made, and so on.
    pub(super) fn follow_makers(&mut self) -> Result<Flow, Suspend> {
        while let Some(maker) = self.cursor.maker() {
            let Some(limit) = self.window() else {
                return Ok(Flow::Ends);
            };
            let range = Range {
                prefix: keys::made_prefix(&maker.id),
                after: maker.passed(),
                limit,
            };
            let entries = self.context.reads.list(&range)?;
            self.read_records(entries.iter().filter_map(|(key, _)| keys::made_id(key)))?;
            let is_rest = entries.len() < limit as usize;
            let mut went_down = false;
            for (at, (key, _)) in entries.iter().enumerate() {
                let Some(id) = keys::made_id(key) else {
                    self.looked_at += 1;
                    self.cursor.pass_by(key);
                    continue;
                };
                let (flow, makes) = self.follow(&maker.id, &id)?;
                if flow == Flow::Ends {
                    return Ok(Flow::Ends);
                }
                self.cursor.pass_by(key);
                if makes {
                    // No entry follows, so the new maker replaces its own maker on the path.
                    if is_rest && at + 1 == entries.len() {
                        self.cursor.path.pop();
                    }
                    self.cursor.descend(id);
                    self.looked_at += GOING_DOWN;
                    went_down = true;
                    break;
                }
            }
            if went_down && !self.changes.is_empty() {
                return Ok(Flow::Ends);
            }
            if is_rest && !went_down {
                self.cursor.path.pop();
            }
        }
        Ok(Flow::On)
    }

    /// Looks at one token that a maker made. Returns whether the page continues, and whether the
    /// token may have made others.
    fn follow(&mut self, maker: &TokenId, id: &TokenId) -> Result<(Flow, bool), Suspend> {
        // Every entry counts, whatever its record is, so that a page over deleted tokens ends like
        // any other.
        self.looked_at += 1;
        let [stored] = self.context.reads.get([&keys::token(id)])?;
        let Some(text) = stored else {
            return Ok((Flow::On, false));
        };
        let record = match Stored::parse(id, text, self.context.vocabularies) {
            Ok(Stored::Record(record)) => *record,
            // The record is gone, but the tokens that it made may still exist.
            Ok(Stored::Tombstone) => return Ok((Flow::On, true)),
            Err(_) => {
                if self.may_know(maker)? {
                    self.report.unreadable.push(*id);
                }
                return Ok((Flow::On, true));
            }
        };
        let token = record.token();
        let is_meant = self.meant.includes(token);
        // The list of owners still reaches this matching token. It is revoked and counted there.
        if is_meant && (self.dry_run || self.is_ahead(token)) {
            return Ok((Flow::On, false));
        }
        match self.judge(token) {
            Judgement::Already => {
                let was_unanswered = self.cursor.was_unanswered(id);
                self.report.scanned += usize::from(was_unanswered);
                // A matching token was followed where it is listed, unless a page whose answer was
                // lost revoked it here.
                let follows = was_unanswered || !is_meant || self.cursor.again;
                Ok((Flow::On, may_have_made(token) && follows))
            }
            // It was reported where it is listed.
            Judgement::NotAllowed if is_meant => Ok((Flow::On, false)),
            Judgement::Own => {
                self.cursor.own = Some(*id);
                Ok((Flow::On, true))
            }
            Judgement::NotAllowed => {
                if self.may_know(maker)? {
                    self.report.not_allowed.push(*id);
                }
                Ok((Flow::On, false))
            }
            Judgement::Take => {
                if !self.has_room(&token.owner) {
                    return Ok((Flow::Ends, false));
                }
                self.report.scanned += 1;
                let makes = may_have_made(token);
                self.take(id, &Found { record, text });
                Ok((Flow::On, makes))
            }
        }
    }

    /// Whether the first pass still reaches a token in the list of its owner. Sessions are in no
    /// such list.
    fn is_ahead(&self, token: &Token) -> bool {
        let cursor = &self.cursor;
        if cursor.pass > 1 || cursor.over || !token.parents.is_empty() {
            return false;
        }
        let Some(at) = &cursor.at else { return true };
        // Entries below the owner are listed first.
        let [_, own] = keys::owner_ranges(&self.meant.owner);
        let is_root = self.meant.owner.as_str().is_empty();
        let in_own = |key: &str| !is_root && key.starts_with(&own);
        let entry = keys::owner_entry(&token.owner, &token.id);
        (in_own(at), at) < (in_own(&entry), &entry)
    }

    /// Whether the actor may learn about a token of another owner: if it manages the maker. A
    /// cursor comes from outside and may name any maker.
    fn may_know(&self, maker: &TokenId) -> Result<bool, Suspend> {
        let [stored] = self.context.reads.get([&keys::token(maker)])?;
        let record = stored.and_then(|text| Stored::parse(maker, text, self.context.vocabularies).ok());
        Ok(matches!(
            record,
            Some(Stored::Record(record)) if self.authority.manages(&record.token().owner)
        ))
    }
}

/// Whether a token can have made others: it is an admin, or may have been one before its record was
/// changed.
pub(super) fn may_have_made(token: &Token) -> bool {
    let changes = token
        .revision
        .saturating_sub(1 + u64::from(token.status == Status::Revoked));
    token.role.as_deref() == Some(Role::ADMIN) || changes > 0
}
