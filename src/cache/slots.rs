//! The places in which tokens stand, each with a number, and where the token of an id stands.

use hashbrown::HashTable;

use super::entry::Entry;
use super::{Told, key};

/// How many places are made at once. A list that is copied to twice its room, as it grows, takes more than twice what stands in it.
const CHUNK: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Slots {
    /// All full but the last.
    chunks: Vec<Vec<Slot>>,
    /// The places of all entries: the ids stand there already.
    by_id: HashTable<u32>,
    free: Vec<u32>,
}

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) entry: Option<Entry>,
    /// Whether it was used since somebody last looked for one to forget.
    pub(super) used: bool,
    /// How much of it the host was told.
    pub(super) told: Told,
}

impl Slots {
    /// How many tokens there are.
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// How many places there are, empty ones too.
    pub(super) fn places(&self) -> u32 {
        u32::try_from(self.by_id.len() + self.free.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn find(&self, id: &[u8; 16]) -> Option<u32> {
        let is_of = |at: &u32| self.entry(*at).is_some_and(|entry| key(&entry.id) == key(id));
        self.by_id.find(spread(id), is_of).copied()
    }

    pub(super) fn get_mut(&mut self, at: u32) -> Option<&mut Slot> {
        let at = at as usize;
        self.chunks.get_mut(at / CHUNK)?.get_mut(at % CHUNK)
    }

    pub(super) fn entry(&self, at: u32) -> Option<&Entry> {
        entry(&self.chunks, at)
    }

    /// Puts in a token that is not there, where one was or in a new place.
    pub(super) fn insert(&mut self, new: Entry) -> u32 {
        let at = self.free.pop().unwrap_or_else(|| self.places());
        let hash = spread(&new.id);
        let filled = Slot {
            entry: Some(new),
            used: true,
            told: Told::All,
        };
        match self.get_mut(at) {
            Some(place) => *place = filled,
            None => self.push(filled),
        }
        let chunks = &self.chunks;
        self.by_id.insert_unique(hash, at, |at| {
            entry(chunks, *at).map_or(0, |entry| spread(&entry.id))
        });
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

    /// Takes out what stands in a place.
    pub(super) fn remove(&mut self, at: u32) -> Option<Entry> {
        let entry = self.get_mut(at)?.entry.take()?;
        if let Ok(place) = self.by_id.find_entry(spread(&entry.id), |known| *known == at) {
            place.remove();
        }
        self.free.push(at);
        Some(entry)
    }
}

fn entry(chunks: &[Vec<Slot>], at: u32) -> Option<&Entry> {
    let at = at as usize;
    chunks.get(at / CHUNK)?.get(at % CHUNK)?.entry.as_ref()
}

/// The last eight characters of an id are random, so that one multiplication spreads them. Nobody can choose the id of a token that is
/// remembered, for only tokens that the store has are.
pub(super) fn spread(id: &[u8; 16]) -> u64 {
    let random = (key(id) >> 64) as u64;
    let spread = random.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    // The table looks at the low bits, which only the low digits have reached.
    spread ^ (spread >> 32)
}
