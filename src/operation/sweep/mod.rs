//! `revokeAll`: revokes many tokens, a page at a time.
//!
//! A sweep has passes. The first one lists every token that matches. Each later one looks at the
//! tokens that may have been made since the pass before began, as the audit trails of the owners
//! tell. The sweep ends with a pass that revokes nothing. So every matching token that existed when
//! the last pass began is revoked.
//!
//! Between two pages the sweep follows makers: it revokes the tokens that the revoked ones had
//! made, of any owner. A revoked maker makes no more tokens, so its list is complete by then.
//!
//! A page commits what fits into one commit, and returns a cursor for the next one. Committed pages
//! stay committed, so an interrupted sweep can be started again, and two concurrent ones do no
//! harm.

mod cursor;
mod makers;
mod passes;

use super::answer::Sweep;
use super::authority::Authority;
use super::idempotency::IdempotencyRecord;
use super::load::{Found, may_manage};
use super::status::with_status;
use super::write_batch::WriteBatch;
use super::{Context, Operation};
use crate::model::record::Stored;
use crate::model::token::{Status, Token};
use crate::storage::audit::Position;
use crate::storage::keys;
use crate::storage::plan::{Suspend, Write};
use crate::value::credential::TokenId;
use crate::value::name::{Identity, Reason, Tag};
use crate::value::resource::Resource;
pub(super) use cursor::Cursor;
use makers::may_have_made;

/// How many tokens one page looks at.
const MAX_SCANNED: usize = 100;

/// With less room than this in a commit, nothing more is read.
const FEW: usize = 3;

/// The tokens that a sweep matches.
pub(super) struct Meant {
    pub(super) owner: Resource,
    pub(super) tag: Option<Tag>,
    pub(super) subject: Option<Identity>,
}

impl Meant {
    fn includes(&self, token: &Token) -> bool {
        let tagged = self.tag.as_ref().is_none_or(|tag| token.tags.contains(tag));
        let of_subject = self
            .subject
            .as_ref()
            .is_none_or(|subject| token.subject.as_ref() == Some(subject));
        tagged && of_subject && self.owner.covers(&token.owner)
    }
}

/// How a sweep treats a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Judgement {
    /// It is revoked already.
    Already,
    /// It is the token that runs the sweep, or one that it came from. It is revoked last.
    Own,
    /// It is revoked now.
    Take,
    /// The actor may not change it.
    NotAllowed,
}

/// Whether the page continues.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// The page continues.
    On,
    /// The page ends: the commit is full, or must be applied before the next step.
    Ends,
}

/// One page of a sweep.
pub(super) struct Page<'p, 'c> {
    context: &'c Context<'c>,
    authority: &'p Authority<'c>,
    meant: &'p Meant,
    reason: Option<Reason>,
    pub(super) dry_run: bool,
    cursor: Cursor,
    changes: WriteBatch<'c>,
    /// The number of further writes that the caller adds to the commit.
    pub(super) others: usize,
    report: Sweep,
    /// How many tokens the page revokes, by owner as a part of keys.
    ended: Vec<(String, u64)>,
    /// How many tokens the page looked at, in any list.
    looked_at: usize,
}

impl<'p, 'c> Page<'p, 'c> {
    /// Makes the page that begins at `cursor`.
    pub(super) fn new(
        context: &'c Context<'c>,
        authority: &'p Authority<'c>,
        meant: &'p Meant,
        reason: Option<&Reason>,
        cursor: Cursor,
    ) -> Page<'p, 'c> {
        let changes = WriteBatch::new(context, Operation::RevokeAll, authority.id());
        Page {
            context,
            authority,
            meant,
            reason: reason.cloned(),
            dry_run: false,
            cursor,
            changes: changes.because(reason.cloned()),
            others: 0,
            report: Sweep::default(),
            ended: Vec::new(),
            looked_at: 0,
        }
    }
}

/// The result of a page.
pub(super) struct Done {
    /// Empty if the page changes nothing.
    pub(super) writes: Vec<Write>,
    pub(super) report: Sweep,
    /// The cursor of the next page; `None` if the sweep is complete.
    pub(super) next: Option<Cursor>,
}

impl<'c> Page<'_, 'c> {
    /// Revokes the tokens that fit into the commit. With `others`, it commits even if it revokes
    /// none.
    pub(super) fn run(mut self, mark: IdempotencyRecord) -> Result<Done, Suspend> {
        let has_next = self.fill()?;
        let mut writes = Vec::new();
        if !self.changes.is_empty() || self.others > 0 {
            writes = self.changes.finish(mark, Some(self.authority))?;
        }
        for (owner, count) in &self.ended {
            let seq = trail(self.context, owner)?;
            self.cursor.extend_trail(owner, seq, *count);
        }
        Ok(Done {
            writes,
            report: self.report,
            next: has_next.then_some(self.cursor),
        })
    }

    /// Fills the page. Returns whether another page may follow.
    fn fill(&mut self) -> Result<bool, Suspend> {
        loop {
            if self.follow_makers()? == Flow::Ends {
                return Ok(true);
            }
            if !self.cursor.over {
                let first = self.cursor.pass == 1;
                let flow = if first { self.list()? } else { self.look_again()? };
                // A maker is followed only after the commit that revokes it.
                if flow == Flow::Ends || !self.changes.is_empty() {
                    return Ok(true);
                }
                continue;
            }
            if self.dry_run || !(self.cursor.found || self.cursor.own.is_some()) {
                return Ok(false);
            }
            if !self.changes.is_empty() {
                return Ok(true);
            }
            if !self.cursor.found {
                return self.end_itself();
            }
            self.cursor.begin_again(self.context.time.started);
        }
    }

    /// Revokes the token that runs the sweep, after all others.
    fn end_itself(&mut self) -> Result<bool, Suspend> {
        // A cursor comes from outside, so it must not name any other token than the actor's own or
        // one that this came from.
        let mut own = self.authority.chain().map(|token| token.id);
        let Some(own) = own.find(|id| self.cursor.own == Some(*id)) else {
            return Ok(false);
        };
        // Once in a pass, the sweep follows the tokens that this one made since it was met, from
        // the first on. If they are more than a page looks at, the next page continues.
        if !self.cursor.own_followed {
            self.cursor.own_followed = true;
            self.cursor.makers.push(own);
        }
        if self.follow_makers()? == Flow::Ends || !self.changes.is_empty() {
            return Ok(true);
        }
        let [stored] = self.context.reads.get([&keys::token(&own)])?;
        if let Some(Ok(Stored::Record(record))) =
            stored.map(|text| Stored::parse(&own, text, self.context.vocabularies))
            && let Some(text) = stored
            && record.token().status != Status::Revoked
        {
            let record = *record;
            self.take(&own, &Found { record, text });
        }
        Ok(false)
    }

    /// Looks at one entry of an owner's list.
    fn look_at(&mut self, key: &str) -> Result<Flow, Suspend> {
        let Some(id) = keys::entry_id(key) else {
            return Ok(Flow::On);
        };
        let [stored] = self.context.reads.get([&keys::token(&id)])?;
        let Some(text) = stored else { return Ok(Flow::On) };
        let first = self.cursor.pass == 1;
        let record = match Stored::parse(&id, text, self.context.vocabularies) {
            Ok(Stored::Record(record)) if self.meant.owner.covers(&record.token().owner) => *record,
            Ok(_) => return Ok(Flow::On),
            Err(_) => {
                self.looked_at += 1;
                self.report.scanned += usize::from(first);
                self.report.unreadable.push(id);
                return Ok(Flow::On);
            }
        };
        let token = record.token();
        let judgement = self.meant.includes(token).then(|| self.judge(token));
        let takes = judgement == Some(Judgement::Take);
        if takes && !self.has_room(&token.owner) {
            return Ok(Flow::Ends);
        }
        self.looked_at += 1;
        self.report.scanned += usize::from(first || takes);
        let makes = may_have_made(token);
        match judgement {
            None => return Ok(Flow::On),
            Some(Judgement::NotAllowed) => {
                self.report.not_allowed.push(id);
                return Ok(Flow::On);
            }
            Some(Judgement::Already) => {
                // Only the first pass counts the tokens that were revoked before.
                self.report.already += usize::from(!self.cursor.was_unanswered(&id) && first);
            }
            Some(Judgement::Own) => self.cursor.own = Some(id),
            Some(Judgement::Take) => self.take(&id, &Found { record, text }),
        }
        if makes {
            self.cursor.makers.push(id);
        }
        Ok(Flow::On)
    }

    fn judge(&self, token: &Token) -> Judgement {
        if token.status == Status::Revoked {
            Judgement::Already
        } else if may_manage(self.context, token, self.authority).is_err() {
            Judgement::NotAllowed
        } else if !self.dry_run && self.authority.chain().any(|own| own.id == token.id) {
            Judgement::Own
        } else {
            Judgement::Take
        }
    }

    fn take(&mut self, id: &TokenId, found: &Found<'c>) {
        self.report.ids.push(*id);
        self.cursor.found = true;
        if self.dry_run {
            return;
        }
        let owner = keys::owner_part(&found.record.token().owner);
        let reason = self.reason.clone();
        let changed = with_status(
            self.context,
            &found.record,
            self.authority,
            Status::Revoked,
            reason,
        );
        self.changes.replace_token(found, &changed);
        match self.ended.iter_mut().find(|(known, _)| *known == owner) {
            Some((_, count)) => *count += 1,
            None => self.ended.push((owner, 1)),
        }
    }

    /// Whether another token of an owner fits into the commit. The first one always does.
    fn has_room(&self, owner: &Resource) -> bool {
        let room = || {
            self.changes
                .room_to_change(self.authority, self.others, Some(owner))
        };
        self.dry_run || self.changes.is_empty() || room() > 0
    }

    /// How many entries to list next: as many as fit into the commit, or more while no token
    /// matches. `None` if the page is full.
    fn window(&self) -> Option<u32> {
        let left = MAX_SCANNED.saturating_sub(self.looked_at);
        let room = self.changes.room_to_change(self.authority, self.others, None);
        let window = if self.dry_run {
            left
        } else if self.changes.is_empty() {
            // None of the tokens so far was taken, so more are read at once.
            left.min(room.max(self.looked_at).max(1))
        } else if room < FEW {
            0
        } else {
            left.min(room)
        };
        u32::try_from(window).ok().filter(|window| *window > 0)
    }

    fn read_records(&self, ids: impl Iterator<Item = TokenId>) -> Result<(), Suspend> {
        let keys: Vec<String> = ids.map(|id| keys::token(&id)).collect();
        self.context.reads.get_all(&keys).map(drop)
    }
}

/// The number of the last entry in an owner's audit trail; `None` if the head is damaged.
fn trail(context: &Context, owner: &str) -> Result<Option<u64>, Suspend> {
    let [head] = context.reads.get([&keys::audit_head_of(owner)])?;
    Ok(match head {
        None => Some(0),
        Some(text) => Position::of_head(text).ok().map(|head| head.seq),
    })
}
