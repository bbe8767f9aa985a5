//! What a verifier remembers of tokens, with a written bound on how long a change may go unnoticed.
//!
//! Remembered are rules, never verdicts and never secrets. They may be used as long as the last read of the change feed *began* within the
//! freshness window; that read drops everything that changed since the one before, and a whole shard of it if more changed than a head
//! remembers. What is put in must have been read from the store by reads that began after the last read of the feed had *ended*: a change
//! that the feed has told already is never told again, so what was read before it would stay.

mod entry;
mod negative_cache;
mod noted_uses;
mod revision_floors;
mod shards;
mod slots;

use std::rc::Rc;

pub use entry::Entry;
use entry::RestsOn;
use negative_cache::NegativeCache;
use noted_uses::Used;
use revision_floors::RevisionFloors;
use shards::Shards;
use slots::Slots;

use super::record_memo::RecordMemo;
use super::rules::ValidityRules;
use super::verdict::Code;
use crate::model::grant::Grant;
use crate::model::question::Question;
use crate::model::record::Secret;
use crate::storage::plan::Reads;
use crate::storage::shard_count::ShardCount;
use crate::value::credential::{Presented, TokenId};
use crate::value::time::Instant;

/// In the place of a revision: the token has ended for good.
pub const ENDED: u64 = u64::MAX;

/// How many tokens are remembered, unless the host says otherwise.
pub const CAPACITY: u32 = 10_000;

/// Tokens by id, bounded in number.
#[derive(Debug)]
pub struct Cache {
    capacity: u32,
    /// How much of the capacity is taken.
    weight: u32,
    slots: Slots,
    /// Where the search for somebody to forget goes on.
    hand: u32,
    shards: Shards,
    /// When the read of the feed began that everything here has outlived.
    as_of: Option<Instant>,
    /// How many reads of the feed were taken in.
    generation: u32,
    /// Ids that were not there. Making a token tells nobody, so all of them are forgotten with every read of the feed.
    absent: NegativeCache,
    /// What this round has been told of tokens that are not remembered.
    seen: RevisionFloors,
    /// Grants and dependencies that many tokens share.
    grants: Shared<Grant>,
    rests_on: Shared<RestsOn>,
    recent: RecordMemo,
    /// Uses that were noted here.
    used: Used,
}

/// How much of a token the host was told when it was remembered, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// Nothing: no secret of it was presented.
    Nothing,
    /// All but the rotation under way, which an older secret is none of.
    WithoutRotation,
    /// All.
    All,
}

/// What an id was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// That of the token in a slot.
    At(u32),
    /// One that the store did not have.
    NegativeCache,
    /// Not known: the store has to be asked.
    Nowhere,
}

/// What was found for a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Where its token stands: what a host remembers with a token, it remembers under this number until it is filled anew.
    pub slot: u32,
    /// The verdict.
    pub code: Code,
    /// Whether the new secret of a rotation was presented; of one that was rotated out, whether nothing but the end of its grace says so.
    pub successor: bool,
}

impl Hit {
    fn refused(slot: u32, code: Code) -> Hit {
        Hit {
            slot,
            code,
            successor: false,
        }
    }
}

/// What a verification from the store takes from a cache.
pub(crate) struct Memory<'c> {
    /// The record that was read last.
    pub(crate) recent: &'c mut RecordMemo,
    /// Whether a token is remembered whose secret was not presented: then all of it is read.
    pub(crate) remembers: bool,
    used: Option<&'c Used>,
}

impl<'c> Memory<'c> {
    /// Of nothing.
    pub(crate) fn none(recent: &'c mut RecordMemo) -> Memory<'c> {
        Memory {
            recent,
            remembers: false,
            used: None,
        }
    }

    /// When a token was last used here.
    pub(crate) fn last_use(&self, of: &TokenId) -> Option<Instant> {
        self.used.and_then(|used| used.last(of))
    }
}

impl Cache {
    /// A cache of at most so many tokens. One with a long record counts as several, so that the bytes are bounded too.
    #[must_use]
    pub fn new(capacity: u32) -> Cache {
        Cache {
            capacity: capacity.max(1),
            weight: 0,
            slots: Slots::default(),
            hand: 0,
            shards: Shards::default(),
            as_of: None,
            generation: 0,
            absent: NegativeCache::default(),
            seen: RevisionFloors::default(),
            grants: Shared::default(),
            rests_on: Shared::default(),
            recent: RecordMemo::default(),
            used: Used::default(),
        }
    }

    /// What a verification from the store takes from here. `round`: see [`Cache::insert`].
    pub(crate) fn memory(&mut self, generation: Option<u32>) -> Memory<'_> {
        Memory {
            remembers: self.is_in_time(generation),
            recent: &mut self.recent,
            used: Some(&self.used),
        }
    }

    /// How many tokens are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.len() == 0
    }

    /// When the read of the feed began on which this rests.
    #[must_use]
    pub fn as_of(&self) -> Option<Instant> {
        self.as_of
    }

    /// What [`Cache::insert`] wants to know of the moment before a token was read.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Where a token is remembered, before anything is hashed.
    #[must_use]
    pub fn find(&self, id: &TokenId) -> Found {
        match self.slots.find(id.bytes()) {
            Some(slot) => Found::At(slot),
            None if self.absent.has(id.bytes()) => Found::NegativeCache,
            None => Found::Nowhere,
        }
    }

    /// What is remembered of the token in a slot, for the credential that was presented. Nothing, where the store has to be asked: the token's
    /// uses are counted, or it is a key that another system issued. Of a hit whose code is [`Code::BadSecret`] nothing may be told but that.
    pub fn look_up(
        &mut self,
        slot: u32,
        presented: &Presented,
        question: &Question,
        now: Instant,
    ) -> Option<Hit> {
        let of = self.slots.get_mut(slot)?;
        let entry = of.entry.as_ref()?;
        let successor = match entry.secret(presented, now) {
            Secret::Current => false,
            Secret::Successor => true,
            Secret::GraceOver => {
                return Some(Hit {
                    successor: true,
                    ..Hit::refused(slot, Code::RotatedOut)
                });
            }
            Secret::RotatedOut => return Some(Hit::refused(slot, Code::RotatedOut)),
            Secret::Wrong => return Some(Hit::refused(slot, Code::BadSecret)),
        };
        // Of a key that another system issued only what is no secret of it is known here: it is not found by its own text.
        if !entry.is_native() || question.consume.is_some() && entry.rules.are_limited() {
            return None;
        }
        of.used = true;
        let code = entry.rules.decide(question, now);
        Some(Hit {
            slot,
            code,
            successor,
        })
    }

    /// Remembers that there is no token with an id, if the reads that said so began in this round.
    pub fn insert_absent(&mut self, id: &TokenId, generation: Option<u32>) {
        if self.is_in_time(generation) {
            self.absent.add(id.bytes());
        }
    }

    /// Remembers a token that was read from the store; answers its slot. `generation` is what [`Cache::generation`] said before the reads began: if the
    /// feed was taken in since, they may have missed what it has told already, and the token is not remembered. `None`: they began who knows
    /// when. Nothing older ever takes the place of something newer, and nothing older stays beside it.
    pub fn insert(&mut self, mut entry: Entry, generation: Option<u32>) -> Option<u32> {
        let in_time = self.is_in_time(generation);
        if entry.rules.have_ended() {
            self.observe_revision(&entry.id, ENDED);
        } else if in_time && self.seen.is_newer(&entry.id, entry.revision) {
            return None;
        }
        if !in_time {
            self.forget_older(&entry.id, entry.revision);
            // No feed tells of a use, and none is taken back: whenever it was read, it counts.
            if let Some(known) = self.known(&entry) {
                known.rules.take_uses(&entry.rules);
            }
            return None;
        }
        entry.rules.share(self.grants.one(entry.rules.shared_grant()));
        entry.rests_on = self.rests_on.one(&entry.rests_on);
        if let Some(at) = self.slots.find(&entry.id) {
            let known = self.slots.entry(at);
            if known.is_some_and(|known| known.revision > entry.revision) {
                return None;
            }
            self.forget(at);
        }
        self.make_room(entry.weight)?;
        let weight = entry.weight;
        self.weight += weight;
        Some(self.slots.insert(entry))
    }

    /// As [`Cache::insert`], of a token whose secret was not presented, and of which the host was told so much: what it remembers with the token
    /// stands, unless it is of something else than this, or less. So nobody drives a token out by knowing its id.
    pub fn fill_unproven(&mut self, entry: Entry, told: Told, generation: Option<u32>) -> Option<u32> {
        if self.is_in_time(generation)
            && !entry.rules.have_ended()
            && let Some(at) = self.slots.find(&entry.id)
            && let Some(slot) = self.slots.get_mut(at)
            && let Some(known) = &mut slot.entry
            && known.revision == entry.revision
            && known.tells_as(&entry)
        {
            known.replace(entry);
            let is_more = told > slot.told;
            slot.told = told.max(slot.told);
            return is_more.then_some(at);
        }
        let at = self.insert(entry, generation)?;
        let slot = self.slots.get_mut(at)?;
        slot.told = told;
        // The first to be forgotten, by the next that comes so: among themselves they may thrash.
        slot.used = false;
        self.hand = at;
        Some(at)
    }

    /// What is remembered of a token at the same revision.
    fn known(&mut self, entry: &Entry) -> Option<&mut Entry> {
        let at = self.slots.find(&entry.id)?;
        let known = self.slots.get_mut(at)?.entry.as_mut()?;
        (known.revision == entry.revision).then_some(known)
    }

    /// Takes note of a use of a token that was found valid: it is one of each token that it came from, too. Answers whether any of them ends
    /// without use, as far as the token is remembered or was read lately; nothing: neither.
    pub fn note_use(&mut self, id: &TokenId, at: Instant) -> Option<bool> {
        let Some(slot) = self.slots.find(id.bytes()) else {
            let kept = self.used.kept(id)?;
            kept.iter().for_each(|of| self.used.note(of, at));
            return Some(true);
        };
        let idle = self.slots.entry(slot)?.rules.idle();
        for idle in idle {
            self.used.note(idle.of_token(), at);
        }
        Some(!idle.is_empty())
    }

    /// Takes note of the terms of a token that was read, whether it is remembered or not: its use is told of later.
    pub(crate) fn note_terms(&mut self, id: &TokenId, rules: &ValidityRules) {
        let idle = rules.idle();
        if !idle.is_empty() {
            self.used.note_kept(id, idle.iter().map(|idle| *idle.of_token()));
        }
    }

    /// Counts the uses that were noted here of the token in a slot, and of those that it came from. Answers whether it lives longer for them.
    pub fn renew(&mut self, slot: u32) -> bool {
        let used = &self.used;
        let entry = self.slots.get_mut(slot).and_then(|of| of.entry.as_mut());
        entry.is_some_and(|entry| entry.rules.note_uses(|of| used.last(of)))
    }

    /// How many shards the change feed had when it was taken in last.
    #[must_use]
    pub fn shards(&self) -> ShardCount {
        self.shards.count()
    }

    /// Takes in a read of all heads of the change feed, which has so many shards, and forgets what changed. `read_at` orders the reads by when
    /// they began: an instant, or any number that grows.
    pub fn apply_feed(&mut self, heads: &Reads, shards: ShardCount, read_at: Instant) {
        // Two reads that cross: the later one has told everything that the earlier one knows.
        if self.as_of.is_some_and(|as_of| read_at < as_of) {
            return;
        }
        let changes = self.shards.apply_feed(heads, shards);
        self.absent.clear();
        self.as_of = Some(read_at);
        self.next_round();
        if changes.is_empty() {
            return;
        }
        // Whatever its revision: after a restore from a backup the store counts to the same revisions again, with other content. An entry
        // that was read after the change is read once more.
        for id in &changes.tokens {
            self.forget_older(id, ENDED);
        }
        for at in 0..self.slots.places() {
            let touched = self.slots.entry(at);
            if touched.is_some_and(|entry| changes.touch(&entry.rests_on)) {
                self.forget(at);
            }
        }
    }

    /// Whether reads that began in a round have seen all that the feed has told.
    fn is_in_time(&self, generation: Option<u32>) -> bool {
        self.as_of.is_some() && generation == Some(self.generation)
    }

    /// Takes note that a read has found a token at a revision, or [`ENDED`]: what is older is forgotten, and of the reads that are under way
    /// those that found less are not remembered. So a refusal that nothing takes back stays one.
    pub fn observe_revision(&mut self, id: &[u8; 16], least: u64) {
        self.forget_older(id, least);
        // Before the feed was read no read counts anyway.
        if self.as_of.is_some() && !self.seen.note(id, least) {
            self.next_round();
        }
    }

    /// From here on no read counts that is under way.
    fn next_round(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.seen = RevisionFloors::default();
    }

    /// The grant of the token in a slot.
    #[must_use]
    pub fn grant(&self, slot: u32) -> Option<Grant> {
        Some(self.slots.entry(slot)?.rules.grant().clone())
    }

    /// Forgets what is remembered of a token, if it is from before a revision.
    fn forget_older(&mut self, id: &[u8; 16], revision: u64) {
        let older = self.slots.find(id).filter(|at| {
            let entry = self.slots.entry(*at);
            entry.is_some_and(|entry| entry.revision < revision)
        });
        if let Some(at) = older {
            self.forget(at);
        }
    }

    fn forget(&mut self, at: u32) {
        if let Some(entry) = self.slots.remove(at) {
            self.weight = self.weight.saturating_sub(entry.weight);
        }
    }

    /// Makes room for a token of a weight. Nothing, if it alone were too much.
    fn make_room(&mut self, weight: u32) -> Option<()> {
        let left = self.capacity.checked_sub(weight)?;
        while self.weight > left && !self.is_empty() {
            self.forget_one();
        }
        Some(())
    }

    /// Forgets somebody who was not used for longest, roughly (CLOCK).
    fn forget_one(&mut self) {
        let places = self.slots.places();
        // Twice round finds one: the first time round takes every mark away.
        for _ in 0..2 * places {
            let at = self.hand;
            self.hand = (at + 1) % places;
            let Some(slot) = self.slots.get_mut(at) else {
                return;
            };
            if slot.entry.is_some() && !std::mem::replace(&mut slot.used, false) {
                self.forget(at);
                return;
            }
        }
    }
}

impl Default for Cache {
    fn default() -> Cache {
        Cache::new(CAPACITY)
    }
}

/// One of each of values that are equal.
#[derive(Debug)]
struct Shared<T>(Vec<Rc<T>>);

/// How many different values are shared; beyond that, each has its own.
const MAX_SHARED: usize = 256;

impl<T> Default for Shared<T> {
    fn default() -> Shared<T> {
        Shared(Vec::new())
    }
}

impl<T: PartialEq> Shared<T> {
    fn one(&mut self, value: &Rc<T>) -> Rc<T> {
        if let Some(known) = self.0.iter().find(|known| known == &value) {
            return Rc::clone(known);
        }
        if self.0.len() >= MAX_SHARED {
            self.0.retain(|known| Rc::strong_count(known) > 1);
        }
        if self.0.len() < MAX_SHARED {
            self.0.push(Rc::clone(value));
        }
        Rc::clone(value)
    }
}

/// An id as one number, which is found and compared at once.
type Key = u128;

fn key(id: &[u8; 16]) -> Key {
    u128::from_le_bytes(*id)
}
