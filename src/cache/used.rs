//! When tokens that end without use were last used here. A flush writes it into the store some time later, and no change feed tells of it: what
//! is read from the store meanwhile does not know. And which tokens a use keeps alive, for a use is told of after its token was read, when that
//! may not be remembered.

use std::rc::Rc;

use hashbrown::HashTable;

use super::slots::spread;
use super::{Key, key};
use crate::credential::TokenId;
use crate::time::Instant;

/// How many tokens one generation has.
const MOST: usize = 5_000;

/// The last uses.
#[derive(Debug, Default)]
pub(super) struct Used {
    last: Lately<Instant>,
    keeps: Lately<Rc<[TokenId]>>,
}

impl Used {
    pub(super) fn note(&mut self, of: &TokenId, at: Instant) {
        let at = self.last(of).map_or(at, |last| at.max(last));
        self.last.set(of, at);
    }

    pub(super) fn last(&self, of: &TokenId) -> Option<Instant> {
        self.last.get(of).copied()
    }

    /// Takes note of the tokens that a use of a token keeps alive.
    pub(super) fn note_kept(&mut self, by: &TokenId, kept: impl Iterator<Item = TokenId>) {
        self.keeps.set(by, kept.collect());
    }

    pub(super) fn kept(&self, by: &TokenId) -> Option<Rc<[TokenId]>> {
        self.keeps.get(by).cloned()
    }
}

/// What was noted of tokens. Of more than there is room for, those are forgotten of which nothing was noted for longest.
#[derive(Debug)]
struct Lately<V> {
    young: HashTable<(Key, V)>,
    old: HashTable<(Key, V)>,
}

impl<V> Default for Lately<V> {
    fn default() -> Lately<V> {
        Lately {
            young: HashTable::new(),
            old: HashTable::new(),
        }
    }
}

impl<V> Lately<V> {
    fn set(&mut self, of: &TokenId, value: V) {
        let (id, hash) = (key(of.bytes()), spread(of.bytes()));
        if let Some((_, known)) = self.young.find_mut(hash, |(known, _)| *known == id) {
            *known = value;
            return;
        }
        if self.young.len() >= MOST {
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
        for number in 1..=MOST {
            used.note(&id(number), at(20));
        }
        used.note(&id(0), at(8));
        assert_eq!(used.last(&id(0)), Some(at(9)), "taken over from before");
        for number in 0..20 * MOST {
            used.note(&id(number), at(30));
        }
        let known = (0..20 * MOST).filter(|number| used.last(&id(*number)).is_some());
        assert!((MOST..=2 * MOST).contains(&known.count()));
    }
}
