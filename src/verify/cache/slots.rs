//! The slots of the cache, each with a number, and an index of them by token id.

use hashbrown::HashTable;

use super::entry::Entry;
use super::fast_path::FastPath;
use super::{Disclosed, key};

/// How many slots are allocated at once. One list that doubles as it grows would take more than
/// twice the memory of its content.
const CHUNK: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Slots {
    /// All are full except the last.
    chunks: Vec<Vec<Slot>>,
    /// The slot numbers of all entries. The ids are not repeated here: the slots hold them.
    by_id: HashTable<u32>,
    free: Vec<u32>,
}

/// What a lookup on the fast path reads comes first: it is in one cache line.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Slot {
    /// The id of the token, also of one that was evicted.
    pub(super) id: [u8; 16],
    pub(super) fast: FastPath,
    /// Whether the entry was used since the CLOCK hand last passed.
    pub(super) used: bool,
    /// How much of the token the host received.
    pub(super) disclosed: Disclosed,
    pub(super) entry: Option<Entry>,
}

impl Slots {
    /// The number of tokens.
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// The number of slots, including the empty ones.
    pub(super) fn places(&self) -> u32 {
        u32::try_from(self.by_id.len() + self.free.len()).unwrap_or(u32::MAX)
    }

    #[inline(always)]
    pub(super) fn find(&self, id: &[u8; 16]) -> Option<u32> {
        let is_of = |at: &u32| self.get(*at).is_some_and(|slot| key(&slot.id) == key(id));
        self.by_id.find(spread(id), is_of).copied()
    }

    #[inline(always)]
    pub(super) fn get(&self, at: u32) -> Option<&Slot> {
        get(&self.chunks, at)
    }

    #[inline(always)]
    pub(super) fn get_mut(&mut self, at: u32) -> Option<&mut Slot> {
        let at = at as usize;
        self.chunks.get_mut(at / CHUNK)?.get_mut(at % CHUNK)
    }

    pub(super) fn entry(&self, at: u32) -> Option<&Entry> {
        self.get(at)?.entry.as_ref()
    }

    /// Inserts a token that is not in the table, into a free slot or a new one.
    pub(super) fn insert(&mut self, new: Entry) -> u32 {
        let at = self.free.pop().unwrap_or_else(|| self.places());
        let hash = spread(&new.id);
        let filled = Slot {
            id: new.id,
            fast: FastPath::default(),
            used: true,
            disclosed: Disclosed::All,
            entry: Some(new),
        };
        match self.get_mut(at) {
            Some(place) => *place = filled,
            None => self.push(filled),
        }
        let chunks = &self.chunks;
        self.by_id
            .insert_unique(hash, at, |at| get(chunks, *at).map_or(0, |slot| spread(&slot.id)));
        at
    }

    fn push(&mut self, slot: Slot) {
        match self.chunks.last_mut() {
            Some(last) if last.len() < CHUNK => last.push(slot),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(slot);
                self.chunks.push(chunk);
            }
        }
    }

    /// Empties a slot.
    pub(super) fn remove(&mut self, at: u32) -> Option<(Entry, FastPath)> {
        let slot = self.get_mut(at)?;
        let entry = slot.entry.take()?;
        let fast = std::mem::take(&mut slot.fast);
        if let Ok(place) = self.by_id.find_entry(spread(&entry.id), |known| *known == at) {
            place.remove();
        }
        self.free.push(at);
        Some((entry, fast))
    }
}

#[inline(always)]
fn get(chunks: &[Vec<Slot>], at: u32) -> Option<&Slot> {
    let at = at as usize;
    chunks.get(at / CHUNK)?.get(at % CHUNK)
}

/// Hashes an id. Its last eight characters are random, so one multiplication spreads them. An
/// attacker cannot choose the ids in the table: only tokens from the store are cached.
#[inline(always)]
pub(super) fn spread(id: &[u8; 16]) -> u64 {
    let random = (key(id) >> 64) as u64;
    let spread = random.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    // The table uses the low bits, which only the low digits have affected.
    spread ^ (spread >> 32)
}
