//! The writes of one operation: what it changes, and whom it tells. Every change stands in the audit trail of its owner, in the same commit;
//! every change of what a verifier may have cached stands in the change feed; and what authority rested on is asserted.

use super::authority::Authority;
use super::call_time::Time;
use super::context::Context;
use super::idempotency::IdempotencyRecord;
use super::load::Found;
use super::operation_name::Operation;
use crate::codec::json::json;
use crate::input::{ErrorCode, Refusal};
use crate::model::account::{Account, AccountType};
use crate::model::grant::Grant;
use crate::model::record::Record;
use crate::model::token::{Status, Token};
use crate::storage::audit::{Change, difference};
use crate::storage::feed::Head;
use crate::storage::plan::{Suspend, Write};
use crate::storage::{audit, bounds, keys};
use crate::value::credential::TokenId;
use crate::value::name::{Identity, Reason};
use crate::value::resource::Resource;

/// What one commit of a store takes.
pub(super) const MAX_WRITES: usize = 32;

/// The most writes that one changed or deleted token takes, with those of its owner's trail and of the change feed. With the marker and the
/// deepest authority that is less than a commit, so one token always fits.
const MAX_PER_TOKEN: usize = 13;

/// The changes of one operation, gathered until its commit.
pub(super) struct WriteBatch<'o> {
    context: &'o Context<'o>,
    operation: Operation,
    actor: Identity,
    reason: Option<Reason>,
    writes: Vec<Write>,
    tokens: Vec<TokenId>,
    /// By head of the change feed: keys and revisions.
    announced: Vec<(String, Vec<(String, u64)>)>,
    /// By owner.
    audited: Vec<(Resource, Vec<Change>)>,
    /// The credits of the one changed token that were left, and that are left since: no member of its record.
    remaining: Option<(Option<u32>, u32)>,
    /// Whether it ends something, and so overtakes the others in each queue.
    urgent: bool,
    /// Why one of them cannot be kept.
    refused: Option<Refusal>,
}

impl<'o> WriteBatch<'o> {
    /// Nothing yet.
    pub(super) fn new(context: &'o Context<'o>, operation: Operation, actor: &Identity) -> WriteBatch<'o> {
        WriteBatch {
            context,
            operation,
            actor: actor.clone(),
            reason: None,
            writes: Vec::new(),
            tokens: Vec::new(),
            announced: Vec::new(),
            audited: Vec::new(),
            remaining: None,
            urgent: operation.ends(),
            refused: None,
        }
    }

    /// Whether nothing is to be written.
    pub(super) fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.audited.is_empty()
    }

    /// Whether one token more fits into the commit, beside the marker, what this authority asserts, and so many other writes of so many bytes.
    pub(super) fn has_room(&self, authority: &Authority, others: usize, bytes: usize) -> bool {
        let entries = self.audited.iter().map(|(_, changes)| changes.len() + 1);
        let so_far = self.writes.len() + entries.sum::<usize>() + self.announced.len();
        so_far + others + MAX_PER_TOKEN + 1 + authority.weight() <= MAX_WRITES
            && self.has_bytes(authority, bytes)
    }

    /// Whether one token more fits by its size, the largest that there is, beside so many other bytes.
    fn has_bytes(&self, authority: &Authority, others: usize) -> bool {
        // The audit tells no more of a change than what is written and what was there.
        let written = 2 * self.writes.iter().map(bounds::weight).sum::<usize>();
        let asserted = authority.size(self.context.reads);
        written + others + asserted + bounds::MAX_PER_TOKEN <= bounds::COMMIT
    }

    /// Keeps the first reason why this cannot be committed.
    fn refuse(&mut self, checked: Result<(), Refusal>) {
        if self.refused.is_none() {
            self.refused = checked.err();
        }
    }

    /// A record leaves room for whatever is done to it later. What takes power away is not measured.
    fn measure_record(&mut self, record: &Record, before: Option<&Record>) {
        let instead = "take fewer permissions, or narrow fewer of them to fewer resources";
        let rest = |record: &Record| {
            let whole = record.to_text().len();
            (
                whole.saturating_sub(json(&record.token().permissions).len()),
                whole,
            )
        };
        let ((size, whole), before) = (rest(record), before.map(rest).unzip());
        let what = "the record of the token, beside its list of permissions,";
        let checked = bounds::refuse_growth(what, size, before.0, bounds::RECORD, instead);
        self.refuse(checked);
        let what = "the record of the token";
        let checked = bounds::refuse_growth(what, whole, before.1, bounds::RECORD_WITH_GRANT, instead);
        self.refuse(checked);
    }

    /// How many tokens more fit into the commit that change and keep all else: each takes its record and an entry of its owner's trail. The
    /// marker, what this authority asserts and so many other writes are counted in; `owner` is theirs, absent where it is not known yet.
    pub(super) fn room_to_change(
        &self,
        authority: &Authority,
        others: usize,
        owner: Option<&Resource>,
    ) -> usize {
        if !self.has_bytes(authority, 0) {
            return 0;
        }
        let entries = self.audited.iter().map(|(_, changes)| changes.len() + 1);
        let so_far = self.writes.len() + entries.sum::<usize>() + self.announced.len();
        let left = MAX_WRITES.saturating_sub(so_far + others + 1 + authority.weight());
        let has_head = match owner {
            Some(owner) => self.audited.iter().any(|(known, _)| known == owner),
            None => !self.audited.is_empty(),
        };
        let has_shard = match owner {
            Some(owner) => {
                let shard = self.context.shards.head_key_of(owner);
                self.announced.iter().any(|(known, _)| *known == shard)
            }
            None => !self.announced.is_empty(),
        };
        left.saturating_sub(usize::from(!has_head) + usize::from(!has_shard)) / 2
    }

    /// A token that the operation is about, though it may change nothing of it.
    pub(super) fn mention(&mut self, id: &TokenId) {
        if !self.tokens.contains(id) {
            self.tokens.push(*id);
        }
    }

    /// Why all this is done.
    pub(super) fn because(mut self, reason: Option<Reason>) -> WriteBatch<'o> {
        self.reason = reason;
        self
    }

    /// Tells the trail how many credits of the token that is changed next are left, and were before.
    pub(super) fn tell_remaining(&mut self, before: Option<u32>, after: u32) {
        self.remaining = Some((before, after));
    }

    /// A write that concerns nobody else.
    pub(super) fn write(&mut self, write: Write) {
        self.writes.push(write);
    }

    /// A write that another part of the commit may have made already.
    pub(super) fn write_once(&mut self, once: Write) {
        if !self.writes_key(&once.key) {
            self.writes.push(once);
        }
    }

    /// Whether something is written to a key already.
    pub(super) fn writes_key(&self, key: &str) -> bool {
        self.writes.iter().any(|write| write.key == key)
    }

    /// A new token.
    pub(super) fn create_token(&mut self, record: &Record) {
        let token = record.token();
        let forgotten_at = token.forgotten_at();
        let text = record.to_text();
        self.measure_record(record, None);
        self.writes.push(Write {
            expires_at: forgotten_at,
            ..Write::create(keys::token(&token.id), text)
        });
        if token.parents.is_empty() {
            let entry = keys::owner_entry(&token.owner, &token.id);
            self.writes.push(Write::create(entry, json(&token.id)));
        }
        self.mention(&token.id);
        self.audit_token(None, Some(token));
    }

    /// A changed token.
    pub(super) fn replace_token(&mut self, found: &Found, changed: &Record) {
        let token = changed.token();
        let text = changed.to_text();
        if self.operation == Operation::Edit {
            self.measure_record(changed, Some(&found.record));
        }
        let write = Write::replace(keys::token(&token.id), Some(found.text), text);
        self.writes.push(Write {
            expires_at: token.forgotten_at(),
            ..write
        });
        self.announce(&token.owner, keys::token(&token.id), token.revision);
        self.mention(&token.id);
        self.urgent |= self.narrows(found.record.token(), token);
        self.audit_token(Some(found.record.token()), Some(token));
    }

    /// Whether a change takes power away and gives none: the old secret's, a permission's, an address's.
    fn narrows(&self, before: &Token, after: &Token) -> bool {
        if self.operation == Operation::Rotate {
            return after.rotation.is_none();
        }
        if after.status != before.status {
            return after.status != Status::Active;
        }
        let catalog = self.context.deployment.catalog();
        let (had, has) = (Grant::of(before, catalog), Grant::of(after, catalog));
        let bound = (&before.conditions, &before.limits) != (&after.conditions, &after.limits);
        let bound = bound && (after.conditions.is_some() || after.limits.is_some());
        has.is_within(&had) && (bound || !had.is_within(&has))
    }

    /// A deleted token: its tombstone stays, everything else that stands under its id goes. The tombstone of a session goes with its
    /// lifetime, like its record: what would come back then has ended.
    pub(super) fn delete_token(&mut self, found: &Found) {
        let token = found.record.token();
        let tombstone = found.record.tombstone(self.context.time.now, self.actor.clone());
        self.writes.push(Write {
            expires_at: token.forgotten_at(),
            ..Write::replace(keys::token(&token.id), Some(found.text), tombstone)
        });
        if token.parents.is_empty() {
            self.writes
                .push(Write::delete(keys::owner_entry(&token.owner, &token.id)));
        }
        for key in [keys::limit, keys::sessions, keys::usage] {
            self.writes.push(Write::delete(key(&token.id)));
        }
        if let Some(digest) = found.record.imported_digest() {
            self.writes.push(Write::delete(keys::digest(digest)));
        }
        self.announce(
            &token.owner,
            keys::token(&token.id),
            token.revision.saturating_add(1),
        );
        self.mention(&token.id);
        self.audit_token(Some(token), None);
    }

    /// A new or changed account. A new one is announced too: until now nothing bound its tokens.
    pub(super) fn put_account(&mut self, before: Option<(&Account, &str)>, after: &Account) {
        let key = keys::account(&after.id);
        let stored = before.map(|(_, text)| text);
        let text = after.to_text();
        let instead = "give it fewer roles, or roles with fewer permissions";
        let checked = bounds::refuse_growth(
            "the account",
            text.len(),
            stored.map(str::len),
            bounds::ACCOUNT,
            instead,
        );
        self.refuse(checked);
        self.writes.push(Write::replace(key.clone(), stored, text));
        self.announce(&after.id, key, after.revision);
        self.audit_account(before.map(|(account, _)| account), Some(after));
    }

    /// A deleted account.
    pub(super) fn delete_account(&mut self, before: &Account, text: &str) {
        let key = keys::account(&before.id);
        let tombstone = before.tombstone(self.context.time.now, self.actor.clone());
        self.writes
            .push(Write::replace(key.clone(), Some(text), tombstone));
        self.announce(&before.id, key, before.revision.saturating_add(1));
        self.audit_account(Some(before), None);
    }

    /// Something that happened to a token without changing it.
    pub(super) fn note_token(&mut self, token: &Token) {
        self.audit_token(Some(token), Some(token));
    }

    fn announce(&mut self, owner: &Resource, key: String, revision: u64) {
        let head = self.context.shards.head_key_of(owner);
        push_to(&mut self.announced, head, (key, revision));
    }

    fn audit_token(&mut self, before: Option<&Token>, after: Option<&Token>) {
        let Some(token) = after.or(before) else { return };
        let mut difference = difference(before, after);
        if let Some((before, after)) = self.remaining.take() {
            difference.tell("remaining", before, Some(after));
        }
        let change = Change {
            actor: self.actor.clone(),
            operation: self.operation.name(),
            token: Some(token.id),
            account: None,
            reason: self.reason.clone(),
            difference,
        };
        push_to(&mut self.audited, token.owner.clone(), change);
    }

    fn audit_account(&mut self, before: Option<&Account>, after: Option<&Account>) {
        let Some(account) = after.or(before) else { return };
        // A technical user stands in the trail of the owner whose tokens it backs.
        let owner = match account.account_type {
            AccountType::TechnicalUser => account.id.above().next(),
            AccountType::Owner => None,
        };
        let change = Change {
            actor: self.actor.clone(),
            operation: self.operation.name(),
            token: None,
            account: Some(account.id.clone()),
            reason: self.reason.clone(),
            difference: difference(before, after),
        };
        push_to(
            &mut self.audited,
            owner.unwrap_or_else(|| account.id.clone()),
            change,
        );
    }

    /// All writes of the commit.
    ///
    /// # Errors
    /// [`Suspend::Need`] for the heads of the audit trails and of the change feed.
    pub(super) fn finish(
        mut self,
        mark: IdempotencyRecord,
        authority: Option<&Authority>,
    ) -> Result<Vec<Write>, Suspend> {
        if let Some(refused) = self.refused {
            return Err(refused.into());
        }
        if self.operation.rests_on_time() {
            self.context.time.reliable()?;
        }
        let reads = self.context.reads;
        let Time { started, now, .. } = self.context.time;
        let operation = self.context.entropy.operation_id();
        let trails: Vec<String> = self
            .audited
            .iter()
            .map(|(owner, _)| keys::audit_head(owner))
            .collect();
        // The writers of one process queue by owner until they are done; for a shard of the feed, which many owners share, only between
        // the read of its head and the commit.
        if let Some(trail) = trails.first() {
            reads.get_queued(&trails, trail, self.urgent)?;
        }
        let mut missing: Vec<String> = Vec::new();
        for (owner, changes) in self.audited {
            match audit::append(reads, &owner, started, now, changes) {
                Ok(writes) => self.writes.extend(writes),
                Err(Suspend::Need(need)) => missing.extend(need.keys),
                Err(refused) => return Err(refused),
            }
        }
        if let Some((shard, _)) = self.announced.first() {
            let heads = self.announced.iter().map(|(key, _)| key.clone());
            missing.extend(heads);
            reads.get_queued(&missing, shard, self.urgent)?;
        }
        reads.get_all(&missing)?;
        for (feed_key, changed) in self.announced {
            let [head] = reads.get([&feed_key])?;
            self.writes
                .push(Head::advance(feed_key.clone(), head, changed, now, operation));
        }
        if let Some(authority) = authority {
            for assertion in authority.assertions(reads)? {
                // What is written is compared with what was read as it is.
                if self.writes.iter().all(|write| write.key != assertion.key) {
                    self.writes.push(assertion);
                }
            }
        }
        self.writes.push(mark.write(self.context, self.tokens));
        let size: usize = self.writes.iter().map(bounds::weight).sum();
        // What ends something is left to the store.
        let gives = !self.urgent && self.operation != Operation::Purge;
        if gives && size > bounds::COMMIT {
            let message = format!(
                "the change would have {size} bytes with all that it rests on, and at most {} go into one commit; the accounts at and above the \
                 owner are large: give them fewer roles",
                bounds::COMMIT
            );
            return Err(Refusal::new(ErrorCode::InvalidInput, message).into());
        }
        Ok(self.writes)
    }
}

fn push_to<K: PartialEq, V>(groups: &mut Vec<(K, Vec<V>)>, key: K, value: V) {
    match groups.iter_mut().find(|(known, _)| *known == key) {
        Some((_, values)) => values.push(value),
        None => groups.push((key, vec![value])),
    }
}
