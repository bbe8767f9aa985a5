//! When tokens with an idle time were last used in this process, and which tokens a use keeps
//! alive.
//!
//! A flush writes the uses to the store some time later, and the change feed does not publish them.
//! So a read of the store in between does not include them. A use is also reported after its token
//! was read, when the token may no longer be cached.

use crate::codec::shared::Shared;

use hashbrown::HashTable;

use super::slots::spread;
use super::{Key, key};
use crate::value::credential::TokenId;
use crate::value::time::Instant;

/// The most tokens in one of the two tables.
const MAX: usize = 5_000;

/// The last uses.
#[derive(Debug, Default)]
pub(super) struct Used {
    last: RecentMap<Instant>,
    keeps: RecentMap<Shared<[TokenId]>>,
}

impl Used {
    pub(super) fn note(&mut self, of: &TokenId, at: Instant) {
        let at = self.last(of).map_or(at, |last| at.max(last));
        self.last.set(of, at);
    }

    pub(super) fn last(&self, of: &TokenId) -> Option<Instant> {
        self.last.get(of).copied()
    }

    /// Notes the tokens that a use of the token `by` keeps alive.
    pub(super) fn note_kept(&mut self, by: &TokenId, kept: impl Iterator<Item = TokenId>) {
        self.keeps.set(by, kept.collect());
    }

    pub(super) fn kept(&self, by: &TokenId) -> Option<Shared<[TokenId]>> {
        self.keeps.get(by).cloned()
    }
}

/// Notes by token. When the young table is full, it becomes the old one, and the entries of the old
/// one, noted longest ago, are evicted.
#[derive(Debug)]
struct RecentMap<V> {
    young: HashTable<(Key, V)>,
    old: HashTable<(Key, V)>,
}

impl<V> Default for RecentMap<V> {
    fn default() -> RecentMap<V> {
        RecentMap {
            young: HashTable::new(),
            old: HashTable::new(),
        }
    }
}

impl<V> RecentMap<V> {
    fn set(&mut self, of: &TokenId, value: V) {
        let (id, hash) = (key(of.bytes()), spread(of.bytes()));
        if let Some((_, known)) = self.young.find_mut(hash, |(known, _)| *known == id) {
            *known = value;
            return;
        }
        if self.young.len() >= MAX {
            self.old = std::mem::take(&mut self.young);
        }
        let hash_of = |(known, _): &(Key, V)| spread(&known.to_le_bytes());
        self.young.insert_unique(hash, (id, value), hash_of);
    }

    fn get(&self, of: &TokenId) -> Option<&V> {
        let (id, hash) = (key(of.bytes()), spread(of.bytes()));
        let find = |among| HashTable::find(among, hash, |(known, _)| *known == id);
        let found = find(&self.young).or_else(|| find(&self.old));
        found.map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_use_counts_and_the_last_noted_are_known() {
        let id = |number: usize| TokenId::parse(&format!("{number:016}")).unwrap();
        let at = |millis: u64| Instant::from_millis(millis as f64).unwrap();
        let mut used = Used::default();
        assert_eq!(used.last(&id(0)), None);
        for time in [5, 9, 7] {
            used.note(&id(0), at(time));
        }
        assert_eq!(used.last(&id(0)), Some(at(9)));
        for number in 1..=MAX {
            used.note(&id(number), at(20));
        }
        used.note(&id(0), at(8));
        assert_eq!(used.last(&id(0)), Some(at(9)), "taken over from before");
        for number in 0..20 * MAX {
            used.note(&id(number), at(30));
        }
        let known = (0..20 * MAX).filter(|number| used.last(&id(*number)).is_some());
        assert!((MAX..=2 * MAX).contains(&known.count()));
    }
}
