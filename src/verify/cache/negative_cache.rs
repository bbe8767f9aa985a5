//! The negative cache: ids that the store was seen not to have.

use super::{Key, key};

/// The number of sets, of eight ids each. Together they take 64 KiB, allocated with the first id.
const SETS: usize = 512;

/// The last eight ids of each set. Invented ids evict other invented ids, and no tokens.
#[derive(Debug, Default)]
pub(super) struct NegativeCache(Vec<[Key; 8]>);

impl NegativeCache {
    pub(super) fn has(&self, id: &[u8; 16]) -> bool {
        let id = key(id);
        let set = self.0.get(place(id));
        set.is_some_and(|set| set.contains(&id))
    }

    pub(super) fn add(&mut self, id: &[u8; 16]) {
        if self.0.is_empty() {
            self.0.resize(SETS, [0; 8]);
        }
        let id = key(id);
        if let Some(set) = self.0.get_mut(place(id)) {
            set.rotate_right(1);
            set[0] = id;
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// The set of an id. It depends on all digits, because an attacker chooses invented ids.
fn place(id: Key) -> usize {
    let [low, high] = [id, id >> 64].map(|half| half as u64);
    let spread = (low.wrapping_mul(31) ^ high).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (spread >> 55) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ids_are_known_until_all_are_forgotten() {
        let id = |number: usize| *format!("{number:016}").as_bytes().as_array().unwrap();
        let mut absent = NegativeCache::default();
        assert!(!absent.has(&id(0)));
        for number in 0..100_000 {
            absent.add(&id(number));
            assert!(absent.has(&id(number)));
        }
        let known = (0..100_000).filter(|number| absent.has(&id(*number))).count();
        assert!(known <= 8 * SETS && known > SETS, "{known}");
        absent.clear();
        assert!(!(0..100_000).any(|number| absent.has(&id(number))));
    }
}
