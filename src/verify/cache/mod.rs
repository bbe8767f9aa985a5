//! The token cache of a verifier, with a stated bound on how long a change may go unnoticed.
//!
//! The cache holds validity rules, never verdicts and never secrets. An entry may be used as long
//! as the last read of the change feed *began* within the freshness window. That read evicts every
//! token that changed since the read before. If a shard has more changes than its log holds, all
//! entries of that shard are evicted.
//!
//! An entry must come from reads of the store that began after the last read of the feed had
//! *ended*. The feed publishes a change once, so an entry read before that change would stay.
//!
//! Where each verification reads the store anyway, a host may revalidate entries instead: it keeps
//! the values that an entry was made of, and uses the entry only if the store still has the same.

mod decisions;
mod entry;
mod fast_path;
mod feed_heads;
mod idle_uses;
mod negative_cache;
mod rests_on;
mod revision_floors;
mod slots;

use crate::codec::shared::Shared;

use decisions::Decisions;
pub use entry::Entry;
use fast_path::FastPath;
use feed_heads::Shards;
use idle_uses::Used;
use negative_cache::NegativeCache;
use rests_on::KnownOwners;
pub(super) use rests_on::RestsOn;
use revision_floors::RevisionFloors;
use slots::Slots;

use super::code::Code;
use super::known_store::KnownStore;
use super::validity_rules::ValidityRules;
use crate::model::grant::Grant;
use crate::model::question::Question;
use crate::model::secrets::Secret;
use crate::model::verifiable_token::VerifiableToken;
use crate::storage::plan::Reads;
use crate::storage::shard_count::ShardCount;
use crate::value::credential::{Body, Presented, TagKey, TokenId};
use crate::value::time::Instant;

/// Takes the place of a revision: the token has ended for good.
pub const ENDED: u64 = u64::MAX;

/// The default capacity, in tokens.
pub const CAPACITY: u32 = 10_000;

/// Tokens by id, bounded in number.
#[derive(Debug)]
pub struct Cache {
    capacity: u32,
    /// The sum of the weights of all entries.
    weight: u32,
    slots: Slots,
    /// The slot at which the next search for an entry to evict starts (the CLOCK hand).
    hand: u32,
    shards: Shards,
    /// When the last applied read of the feed began. Every entry includes the changes up to it.
    as_of: Option<Instant>,
    /// Whether the host compares what an entry was made of with what it reads, before each use.
    revalidates: bool,
    /// Counts the reads of the feed that were applied, and the overflows of `seen`.
    generation: u32,
    /// Negative cache. Creation is not published to the feed, so it is cleared on every refresh.
    absent: NegativeCache,
    /// The revisions found in this generation for tokens that are not cached.
    seen: RevisionFloors,
    /// Grants and dependencies that many tokens share.
    grants: Interned<Grant>,
    rests_on: Interned<RestsOn>,
    owners: KnownOwners,
    store: KnownStore,
    /// The uses that this process noted.
    used: Used,
    /// The key of the tags. Without one, no credential is recognised by its tag.
    tag_key: Option<TagKey>,
    decisions: Decisions,
}

/// How much of a token the host received when the token was cached, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disclosed {
    /// Nothing: none of its secrets was presented.
    Nothing,
    /// All but the pending rotation, to which the presented old secret does not belong.
    WithoutRotation,
    /// All of it.
    All,
}

/// The result of a search by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The token is cached in this slot.
    At(u32),
    /// The store had no token with this id.
    Absent,
    /// The id is in neither cache: read the store.
    Nowhere,
}

/// A cache hit for a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The slot of the token. A host keeps its own data of the token under this number until the
    /// next insert into the slot.
    pub slot: u32,
    /// The code of the verdict.
    pub code: Code,
    /// Whether the new secret of a rotation was presented. With [`Code::RotatedOut`]: whether only
    /// the end of the grace period rotated the secret out.
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

impl Cache {
    /// A cache with room for `capacity` tokens. A token with a long record counts as several, so
    /// that the bytes are bounded too.
    #[must_use]
    pub fn new(capacity: u32) -> Cache {
        Cache {
            capacity: capacity.max(1),
            weight: 0,
            slots: Slots::default(),
            hand: 0,
            shards: Shards::default(),
            as_of: None,
            revalidates: false,
            generation: 0,
            absent: NegativeCache::default(),
            seen: RevisionFloors::default(),
            grants: Interned::default(),
            rests_on: Interned::default(),
            owners: KnownOwners::default(),
            store: KnownStore::default(),
            used: Used::default(),
            tag_key: None,
            decisions: Decisions::default(),
        }
    }

    /// What was read of the store and is the same for many tokens.
    #[must_use]
    pub fn known_store(&self) -> &KnownStore {
        &self.store
    }

    /// The same, to read more.
    pub fn store(&mut self) -> &mut KnownStore {
        &mut self.store
    }

    /// When this process last noted a use of the token.
    #[must_use]
    pub fn last_use(&self, of: &TokenId) -> Option<Instant> {
        self.used.last(of)
    }

    /// Lets the cache take valid tokens also before the first read of the feed. Then the host may
    /// use an entry only after it has read all values that the entry was made of, and they were the
    /// same.
    pub fn revalidate(&mut self) {
        self.revalidates = true;
    }

    /// Sets the key of the tags, which must be random and is used by this cache alone.
    pub fn set_tag_key(&mut self, key: TagKey) {
        self.tag_key = Some(key);
    }

    /// Whether credentials are recognised by their tags.
    #[must_use]
    pub fn has_tag_key(&self) -> bool {
        self.tag_key.is_some()
    }

    /// The number of cached tokens.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether no token is cached.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.len() == 0
    }

    /// When the read of the feed began that was applied last; `None` before the first.
    #[must_use]
    pub fn as_of(&self) -> Option<Instant> {
        self.as_of
    }

    /// The current generation. Take it before the reads of a token begin and pass it to
    /// [`Cache::insert`].
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Finds a token by its id, before the secret is hashed.
    #[must_use]
    pub fn find(&self, id: &TokenId) -> Found {
        match self.slots.find(id.bytes()) {
            Some(slot) => Found::At(slot),
            None if self.absent.has(id.bytes()) => Found::Absent,
            None => Found::Nowhere,
        }
    }

    /// The slot of the token of a credential that was verified before. It is found by the tag of
    /// the credential, so that it does not have to be checked and hashed again.
    // One copy of the tag is enough: it has 800 operations.
    #[inline(never)]
    pub(crate) fn recognize(&self, body: Body) -> Option<u32> {
        let at = self.slots.find(body.id()?)?;
        let known = self.slots.get(at)?.fast.tag?;
        self.tag_key.as_ref()?.tag(body).is(&known).then_some(at)
    }

    /// As [`Cache::recognize`], for four credentials, whose tags are computed together.
    pub(crate) fn recognize_four(&self, bodies: [Body; 4]) -> [Option<u32>; 4] {
        let Some(key) = &self.tag_key else {
            return [None; 4];
        };
        let tags = key.tag_four(bodies);
        let mut found = [None; 4];
        for ((to, body), tag) in found.iter_mut().zip(bodies).zip(tags) {
            let at = body.id().and_then(|id| self.slots.find(id));
            *to = at.filter(|at| {
                let known = self.slots.get(*at).and_then(|slot| slot.fast.tag);
                known.is_some_and(|known| tag.is(&known))
            });
        }
        found
    }

    /// The number of the code that was decided for a requirement and the token in a slot, if the
    /// token is plain at `now`, in milliseconds.
    #[inline(always)]
    pub(crate) fn decided(&mut self, at: u32, requirement: u32, now: f64) -> Option<u8> {
        let slot = self.slots.get_mut(at)?;
        // False for an instant that is no number.
        if now < slot.fast.plain_until {
            let code = self.decisions.get(requirement, slot.fast.grant?)?;
            slot.used = true;
            return Some(code);
        }
        None
    }

    /// Records that a credential was verified with the entry in a slot, so that it is recognised
    /// from now on. With several secrets, which of them is valid depends on the time: then it is
    /// not.
    pub(crate) fn prove(&mut self, at: u32, body: Body) {
        let (Some(key), Some(slot)) = (&self.tag_key, self.slots.get_mut(at)) else {
            return;
        };
        let Some(entry) = &slot.entry else { return };
        if slot.fast.tag.is_some() || !entry.has_one_native_secret() {
            return;
        }
        slot.fast.tag = Some(key.tag(body));
        if let Some(until) = entry.rules.plain_until() {
            slot.fast.grant = self.decisions.acquire(entry.rules.shared_grant());
            slot.fast.plain_until = until;
        }
    }

    /// Records the decision on a requirement without a resource for the token in a slot.
    pub(crate) fn note_decision(&mut self, at: u32, requirement: u32, code: Code, now: f64) {
        let fast = self.slots.get(at).map(|slot| &slot.fast);
        if let Some(FastPath {
            grant: Some(grant),
            plain_until,
            ..
        }) = fast
            && now < *plain_until
        {
            self.decisions.set(requirement, *grant, code);
        }
    }

    /// Decides a question from the token in a slot, whose secret was presented. `None` where the
    /// uses of the token are counted.
    pub(crate) fn decide(&mut self, slot: u32, question: &Question, now: Instant) -> Option<Hit> {
        let of = self.slots.get_mut(slot)?;
        let entry = of.entry.as_ref()?;
        if question.consume.is_some() && entry.rules.are_limited() {
            return None;
        }
        of.used = true;
        Some(Hit {
            slot,
            code: entry.rules.decide(question, now),
            successor: false,
        })
    }

    /// Decides a question from the token in a slot, for the presented credential.
    ///
    /// Returns `None` where the store has to be read: the slot is empty, the token's uses are
    /// counted, or it is a key that another system issued. Of a hit with [`Code::BadSecret`],
    /// disclose only the code.
    pub fn lookup(
        &mut self,
        slot: u32,
        presented: &Presented,
        question: &Question,
        now: Instant,
    ) -> Option<Hit> {
        let entry = self.slots.entry(slot)?;
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
        // An imported key is found by its digest, not by an id in its text. A cached entry of one
        // can only show that a native secret does not match.
        if !entry.is_native() {
            return None;
        }
        let hit = self.decide(slot, question, now)?;
        Some(Hit { successor, ..hit })
    }

    /// Adds an id to the negative cache, if the reads that found no token began in this generation.
    pub fn insert_absent(&mut self, id: &TokenId, generation: Option<u32>) {
        if self.is_current(generation) {
            self.absent.add(id.bytes());
        }
    }

    /// What a token rests on besides its own record.
    pub(super) fn rests_on(&mut self, token: &VerifiableToken) -> Shared<RestsOn> {
        self.owners.rests_on(token, self.shards.count())
    }

    /// Inserts a token that was read from the store, and returns its slot.
    ///
    /// `generation` is the value of [`Cache::generation`] before the reads began; `None` if it is
    /// unknown. If the feed was applied since, the reads may have missed a change that the feed has
    /// already published, and the token is not inserted. An older revision never replaces, or
    /// coexists with, a newer one.
    pub fn insert(&mut self, mut entry: Entry, generation: Option<u32>) -> Option<u32> {
        let in_time = self.is_current(generation) || self.is_revalidated(generation);
        if entry.rules.have_ended() {
            self.observe_revision(&entry.id, ENDED);
        } else if in_time && self.seen.is_newer(&entry.id, entry.revision) {
            return None;
        }
        if !in_time {
            self.evict_older(&entry.id, entry.revision);
            // A use is not published to the feed and never undone: it counts whenever it was read.
            if let Some(known) = self.known(&entry) {
                known.rules.take_uses(&entry.rules);
            }
            return None;
        }
        entry.rules.share(self.grants.intern(entry.rules.shared_grant()));
        entry.rests_on = self.rests_on.intern(&entry.rests_on);
        if let Some(at) = self.slots.find(&entry.id) {
            let known = self.slots.entry(at);
            if known.is_some_and(|known| known.revision > entry.revision) {
                return None;
            }
            self.evict(at);
        }
        self.make_room(entry.weight)?;
        let weight = entry.weight;
        self.weight += weight;
        Some(self.slots.insert(entry))
    }

    /// As [`Cache::insert`], for a token whose secret was not presented. `disclosed` is how much of
    /// the token the host received.
    ///
    /// If the same revision with the same view is cached, the slot and the data of the host stay,
    /// and the slot is returned only if `disclosed` is more than the host has. So knowing the id of
    /// a token is not enough to evict it.
    pub fn insert_unproven(
        &mut self,
        entry: Entry,
        disclosed: Disclosed,
        generation: Option<u32>,
    ) -> Option<u32> {
        if self.is_revalidated(generation) {
            return None;
        }
        if self.is_current(generation)
            && !entry.rules.have_ended()
            && let Some(at) = self.slots.find(&entry.id)
            && let Some(slot) = self.slots.get_mut(at)
            && let Some(known) = &mut slot.entry
            && known.revision == entry.revision
            && known.tells_as(&entry)
        {
            known.replace(entry);
            let fast = std::mem::take(&mut slot.fast);
            fast.grant
                .into_iter()
                .for_each(|grant| self.decisions.release(grant));
            let is_more = disclosed > slot.disclosed;
            slot.disclosed = disclosed.max(slot.disclosed);
            return is_more.then_some(at);
        }
        let at = self.insert(entry, generation)?;
        let slot = self.slots.get_mut(at)?;
        slot.disclosed = disclosed;
        // The next insert of this kind evicts this entry first. Such entries thrash among
        // themselves only.
        slot.used = false;
        self.hand = at;
        Some(at)
    }

    /// The cached entry of the same token at the same revision.
    fn known(&mut self, entry: &Entry) -> Option<&mut Entry> {
        let at = self.slots.find(&entry.id)?;
        let known = self.slots.get_mut(at)?.entry.as_mut()?;
        (known.revision == entry.revision).then_some(known)
    }

    /// Notes a use of a token that was found valid, which is also a use of each of its parents.
    ///
    /// Returns whether any of them has an idle time; `None` if the token is not cached and was not
    /// read recently.
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

    /// Notes which tokens a use of this token keeps alive, whether the token is cached or not: the
    /// use is reported later.
    pub(crate) fn note_terms(&mut self, id: &TokenId, rules: &ValidityRules) {
        let idle = rules.idle();
        if !idle.is_empty() {
            self.used.note_kept(id, idle.iter().map(|idle| *idle.of_token()));
        }
    }

    /// Applies the noted uses of the token in a slot and of its parents. Returns whether one of
    /// them lives longer as a result.
    pub fn renew(&mut self, slot: u32) -> bool {
        let used = &self.used;
        let entry = self.slots.get_mut(slot).and_then(|of| of.entry.as_mut());
        entry.is_some_and(|entry| entry.rules.note_uses(|of| used.last(of)))
    }

    /// The shard count of the change feed when it was last applied.
    #[must_use]
    pub fn shards(&self) -> ShardCount {
        self.shards.count()
    }

    /// Applies a read of all heads of the change feed, which has `shards` shards, and evicts the
    /// tokens that changed. `read_at` orders the reads by when they began: an instant, or any
    /// increasing number.
    pub fn apply_feed(&mut self, heads: &Reads, shards: ShardCount, read_at: Instant) {
        // Two reads crossed: the one that began later has already covered this one.
        if self.as_of.is_some_and(|as_of| read_at < as_of) {
            return;
        }
        // The first read finds every shard lost, so it evicts what was only to be revalidated.
        let changes = self.shards.apply_feed(heads, shards);
        self.absent.clear();
        self.as_of = Some(read_at);
        self.next_generation();
        if changes.is_empty() {
            return;
        }
        // Regardless of the revision: after a restore from a backup, the store reaches the same
        // revisions again with other content. The cost is one more read of an entry that was read
        // after the change.
        for id in &changes.tokens {
            self.evict_older(id, ENDED);
        }
        for at in 0..self.slots.places() {
            let touched = self.slots.entry(at);
            if touched.is_some_and(|entry| changes.touch(&entry.rests_on)) {
                self.evict(at);
            }
        }
    }

    /// Whether reads that began in `generation` include everything that the feed has published.
    /// Only then a token that they found is inserted.
    #[must_use]
    pub fn is_current(&self, generation: Option<u32>) -> bool {
        self.as_of.is_some() && generation == Some(self.generation)
    }

    /// Whether a valid token that was read in `generation` is inserted without the feed, because
    /// the host revalidates it at each use.
    pub(crate) fn is_revalidated(&self, generation: Option<u32>) -> bool {
        self.revalidates && self.as_of.is_none() && generation == Some(self.generation)
    }

    /// Records that a read found a token at revision `least`, or [`ENDED`]. An older entry is
    /// evicted, and reads in flight that found an older revision are not inserted. So a final
    /// refusal stays a refusal.
    pub fn observe_revision(&mut self, id: &[u8; 16], least: u64) {
        self.evict_older(id, least);
        // Before the first read of the feed, nothing is inserted in any case.
        if self.as_of.is_some() && !self.seen.note(id, least) {
            self.next_generation();
        }
    }

    /// Starts a generation: no read that is in flight can be inserted.
    fn next_generation(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.seen = RevisionFloors::default();
    }

    /// The grant of the token in a slot.
    #[must_use]
    pub fn grant(&self, slot: u32) -> Option<Grant> {
        Some(self.slots.entry(slot)?.rules.grant().clone())
    }

    /// Evicts the entry of a token, if it is older than `revision`.
    fn evict_older(&mut self, id: &[u8; 16], revision: u64) {
        let older = self.slots.find(id).filter(|at| {
            let entry = self.slots.entry(*at);
            entry.is_some_and(|entry| entry.revision < revision)
        });
        if let Some(at) = older {
            self.evict(at);
        }
    }

    fn evict(&mut self, at: u32) {
        if let Some((entry, fast)) = self.slots.remove(at) {
            self.weight = self.weight.saturating_sub(entry.weight);
            fast.grant
                .into_iter()
                .for_each(|grant| self.decisions.release(grant));
        }
    }

    /// Evicts entries until one of `weight` fits; `None` if it exceeds the capacity alone.
    fn make_room(&mut self, weight: u32) -> Option<()> {
        let left = self.capacity.checked_sub(weight)?;
        while self.weight > left && !self.is_empty() {
            self.evict_one();
        }
        Some(())
    }

    /// Evicts an entry that has not been used for roughly the longest time (CLOCK).
    fn evict_one(&mut self) {
        let places = self.slots.places();
        // Two rounds always find one: the first clears every `used` bit.
        for _ in 0..2 * places {
            let at = self.hand;
            self.hand = (at + 1) % places;
            let Some(slot) = self.slots.get_mut(at) else {
                return;
            };
            if slot.entry.is_some() && !std::mem::replace(&mut slot.used, false) {
                self.evict(at);
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

/// One instance of each distinct value.
#[derive(Debug)]
struct Interned<T>(Vec<Shared<T>>);

/// The most distinct values that are interned. Further values are not shared.
const MAX_INTERNED: usize = 256;

impl<T> Default for Interned<T> {
    fn default() -> Interned<T> {
        Interned(Vec::new())
    }
}

impl<T: PartialEq> Interned<T> {
    fn intern(&mut self, value: &Shared<T>) -> Shared<T> {
        let is_known = |known: &&Shared<T>| Shared::ptr_eq(known, value) || *known == value;
        if let Some(known) = self.0.iter().find(is_known) {
            return Shared::clone(known);
        }
        if self.0.len() >= MAX_INTERNED {
            self.0.retain(|known| Shared::strong_count(known) > 1);
        }
        if self.0.len() < MAX_INTERNED {
            self.0.push(Shared::clone(value));
        }
        Shared::clone(value)
    }
}

/// An id as one number, which is hashed and compared in one operation.
type Key = u128;

#[inline(always)]
fn key(id: &[u8; 16]) -> Key {
    u128::from_le_bytes(*id)
}
