//! Collects the writes of one operation into one commit.
//!
//! The commit contains the changed records, an audit entry for each change in the trail of its
//! owner, an entry in the change feed for each change of a value that verifiers cache, the
//! idempotency record, and an assertion for each key on which the actor's authority depends.

use std::sync::Arc;

use super::authority::Authority;
use super::call_time::Time;
use super::context::Context;
use super::idempotency::IdempotencyRecord;
use super::load::Found;
use super::operation_name::Operation;
use super::power::Power;
use crate::codec::json::json;
use crate::input::{ErrorCode, Refusal};
use crate::model::account::{Account, AccountType};
use crate::model::grant::Grant;
use crate::model::record::Record;
use crate::model::token::{Status, Token};
use crate::storage::audit::{Change, account_difference, token_difference};
use crate::storage::feed::Head;
use crate::storage::plan::{Suspend, Write};
use crate::storage::vocabularies::require_stored;
use crate::storage::{audit, bounds, keys};
use crate::value::credential::TokenId;
use crate::value::name::{Identity, Reason};
use crate::value::permission::Vocabulary;
use crate::value::resource::Resource;

/// The maximum number of writes in one commit.
pub(super) const MAX_WRITES: usize = 32;

/// The maximum number of writes for one changed or deleted token, with those of its owner's audit
/// trail and of the change feed. With the idempotency record and the deepest authority they are
/// fewer than [`MAX_WRITES`], so one token always fits.
const MAX_PER_TOKEN: usize = 13;

/// The changes of one operation, up to its commit.
pub(super) struct WriteBatch<'o> {
    context: &'o Context<'o>,
    operation: Operation,
    actor: Identity,
    reason: Option<Reason>,
    writes: Vec<Write>,
    tokens: Vec<TokenId>,
    /// The changed keys and their revisions, by the feed head of their shard.
    announced: Vec<(String, Vec<(String, u64)>)>,
    /// The audit entries, by owner.
    audited: Vec<(Resource, Vec<Change>)>,
    /// The remaining credits of the next changed token, before and after. They are not in its
    /// record.
    remaining: Option<(Option<u32>, u32)>,
    /// Whether the operation ends something. Then it overtakes others in each queue.
    urgent: bool,
    /// The first reason why the batch cannot be committed.
    refused: Option<Refusal>,
    /// The vocabularies to which the written lists refer, and no list before the change did.
    vocabularies: Vec<Arc<Vocabulary>>,
}

impl<'o> WriteBatch<'o> {
    /// Makes an empty batch.
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
            vocabularies: Vec::new(),
        }
    }

    /// Whether the operation changes nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.audited.is_empty()
    }

    /// Whether another token fits into the commit, beside the idempotency record, the assertions of
    /// `authority`, and `others` further writes of `bytes` bytes.
    pub(super) fn has_room(&self, authority: &Authority, others: usize, bytes: usize) -> bool {
        let entries = self.audited.iter().map(|(_, changes)| changes.len() + 1);
        let so_far = self.writes.len() + entries.sum::<usize>() + self.announced.len();
        so_far + others + MAX_PER_TOKEN + 1 + authority.weight() <= MAX_WRITES
            && self.has_bytes(authority, bytes)
    }

    /// Whether another token of the maximum size fits, beside `others` further bytes.
    fn has_bytes(&self, authority: &Authority, others: usize) -> bool {
        // An audit entry contains no more than the written and the previous values.
        let written = 2 * self.writes.iter().map(bounds::weight).sum::<usize>();
        let asserted = authority.size(self.context.reads);
        written + others + asserted + bounds::MAX_PER_TOKEN <= bounds::COMMIT
    }

    /// Keeps the first refusal.
    fn refuse(&mut self, checked: Result<(), Refusal>) {
        if self.refused.is_none() {
            self.refused = checked.err();
        }
    }

    /// Refuses a record that leaves too little room for later changes of it. Changes that take
    /// power away are not measured.
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

    /// How many more tokens fit into the commit if each is changed and keeps everything else: each
    /// takes its record and an entry of its owner's audit trail. The count leaves room for the
    /// idempotency record, the assertions of `authority`, and `others` further writes. `owner` is
    /// the owner of these tokens; `None` if it is not known yet.
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

    /// Adds a token to the idempotency record, even if the operation does not change it.
    pub(super) fn mention(&mut self, id: &TokenId) {
        if !self.tokens.contains(id) {
            self.tokens.push(*id);
        }
    }

    /// Sets the reason that the audit entries give.
    pub(super) fn because(mut self, reason: Option<Reason>) -> WriteBatch<'o> {
        self.reason = reason;
        self
    }

    /// Sets the remaining credits, before and after, for the audit entry of the next changed token.
    pub(super) fn tell_remaining(&mut self, before: Option<u32>, after: u32) {
        self.remaining = Some((before, after));
    }

    /// Adds a write that gets no audit or feed entry of its own.
    pub(super) fn write(&mut self, write: Write) {
        self.writes.push(write);
    }

    /// Adds a write, unless the batch already writes to its key.
    pub(super) fn write_once(&mut self, once: Write) {
        if !self.writes_key(&once.key) {
            self.writes.push(once);
        }
    }

    /// Whether the batch writes to a key.
    pub(super) fn writes_key(&self, key: &str) -> bool {
        self.writes.iter().any(|write| write.key == key)
    }

    /// Adds a new token.
    pub(super) fn create_token(&mut self, record: &Record) {
        let token = record.token();
        let forgotten_at = token.forgotten_at();
        let text = record.to_text();
        self.measure_record(record, None);
        self.refer_to(token.vocabularies(), std::iter::empty());
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

    /// Adds a changed token.
    pub(super) fn replace_token(&mut self, found: &Found, changed: &Record) {
        let token = changed.token();
        let text = changed.to_text();
        self.refer_to(token.vocabularies(), found.record.token().vocabularies());
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

    /// Whether a change takes power away and gives none, for example by ending an old secret,
    /// removing a permission, or restricting addresses.
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

    /// Adds the deletion of a token. Its tombstone stays; all other values under its id are
    /// deleted. The tombstone of a session expires with the session's lifetime, as its record does:
    /// a record restored after that would be of an expired session.
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

    /// Adds a new or changed account. A new account is published to the feed too, because until now
    /// no account bound its tokens. A change of the status is not measured, so that the largest
    /// account can be disabled.
    pub(super) fn put_account(&mut self, before: Option<(&Account, &str)>, after: &Account) {
        let key = keys::account(&after.id);
        let stored = before.map(|(_, text)| text);
        let text = after.to_text();
        let referred = before.into_iter().flat_map(|(account, _)| account.vocabularies());
        self.refer_to(after.vocabularies(), referred);
        let sets_status = matches!(
            self.operation,
            Operation::DisableAccount | Operation::EnableAccount
        );
        if !sets_status {
            let instead = "give it fewer roles, or roles with fewer permissions";
            let before = stored.map(str::len);
            let checked = bounds::refuse_growth("the account", text.len(), before, bounds::ACCOUNT, instead);
            self.refuse(checked);
        }
        self.writes.push(Write::replace(key.clone(), stored, text));
        self.announce(&after.id, key, after.revision);
        if self.operation == Operation::PutAccount {
            self.urgent |= self.binds(before.map(|(account, _)| account), after);
        }
        self.audit_account(before.map(|(account, _)| account), Some(after));
    }

    /// Whether an account that is put takes power away and gives none. A new account only binds
    /// tokens that no account bound before.
    fn binds(&self, before: Option<&Account>, after: &Account) -> bool {
        let catalog = self.context.deployment.catalog();
        let has = Power::of_account(after, catalog);
        before
            .map(|account| Power::of_account(account, catalog))
            .is_none_or(|had| has.is_within(&had) && !had.is_within(&has))
    }

    /// Adds the deletion of an account.
    pub(super) fn delete_account(&mut self, before: &Account, text: &str) {
        let key = keys::account(&before.id);
        let tombstone = before.tombstone(self.context.time.now, self.actor.clone());
        self.writes
            .push(Write::replace(key.clone(), Some(text), tombstone));
        self.announce(&before.id, key, before.revision.saturating_add(1));
        self.audit_account(Some(before), None);
    }

    /// Notes the vocabularies that the store must have before the commit.
    fn refer_to<'v>(
        &mut self,
        after: impl Iterator<Item = &'v Arc<Vocabulary>>,
        before: impl Iterator<Item = &'v Arc<Vocabulary>>,
    ) {
        let before: Vec<&str> = before.map(|vocabulary| vocabulary.name()).collect();
        let added = after.filter(|vocabulary| !before.contains(&vocabulary.name()));
        self.vocabularies.extend(added.cloned());
    }

    /// Adds an audit entry for an event that does not change the token.
    pub(super) fn note_token(&mut self, token: &Token) {
        self.audit_token(Some(token), Some(token));
    }

    fn announce(&mut self, owner: &Resource, key: String, revision: u64) {
        let head = self.context.shards.head_key_of(owner);
        push_to(&mut self.announced, head, (key, revision));
    }

    fn audit_token(&mut self, before: Option<&Token>, after: Option<&Token>) {
        let Some(token) = after.or(before) else { return };
        let mut difference = token_difference(before, after);
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
        // The changes of a technical user belong to the audit trail of the owner whose tokens it
        // backs.
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
            difference: account_difference(before, after),
        };
        push_to(
            &mut self.audited,
            owner.unwrap_or_else(|| account.id.clone()),
            change,
        );
    }

    /// Returns all writes of the commit. Asserts the keys of `authority`, if it is given.
    ///
    /// # Errors
    /// [`Suspend::Need`] for the heads of the audit trails and of the change feed.
    /// [`Suspend::Refuse`] if the batch is too large to be stored, or the clock is unreliable.
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
        require_stored(&self.vocabularies, reads)?;
        let Time { started, now, .. } = self.context.time;
        let operation = self.context.entropy.operation_id();
        let trails: Vec<String> = self
            .audited
            .iter()
            .map(|(owner, _)| keys::audit_head(owner))
            .collect();
        // The writers of one process queue by owner for the whole operation. Many owners share a
        // shard of the feed, so they queue for it only between the read of its head and the commit.
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
            let write = Head::advance(feed_key.clone(), head, changed, now, operation);
            let prefix = self.context.deployment.prefix();
            self.writes.push(write.map_err(|moved| moved.refusal(prefix))?);
        }
        if let Some(authority) = authority {
            for assertion in authority.assertions(reads)? {
                // A key that is written already has its own expectation.
                if self.writes.iter().all(|write| write.key != assertion.key) {
                    self.writes.push(assertion);
                }
            }
        }
        self.writes.push(mark.write(self.context, self.tokens));
        let size: usize = self.writes.iter().map(bounds::weight).sum();
        // An operation that ends something is left to the limits of the store.
        let gives = !self.urgent && self.operation != Operation::Purge;
        if gives && size > bounds::COMMIT {
            let message = format!(
                "the change with all its assertions would have {size} bytes; a commit has at most {}; the accounts at and above the owner \
                 are large: give them fewer roles",
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
