//! Ids that the store was seen not to have.

/// How many sets of eight. With their ids they take 64 KiB, once there is one.
const SETS: usize = 512;

/// Of each set the last eight: somebody who makes ids up takes the place of others like him, and nothing else.
#[derive(Debug, Default)]
pub(super) struct Absent(Vec<[[u8; 16]; 8]>);

impl Absent {
    pub(super) fn has(&self, id: &[u8; 16]) -> bool {
        let set = self.0.get(place(id));
        set.is_some_and(|set| set.contains(id))
    }

    pub(super) fn add(&mut self, id: &[u8; 16]) {
        if self.0.is_empty() {
            self.0.resize(SETS, [[0; 16]; 8]);
        }
        if let Some(set) = self.0.get_mut(place(id)) {
            set.rotate_right(1);
            set[0] = *id;
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

fn place(id: &[u8; 16]) -> usize {
    let hash = id.iter().fold(0_usize, |hash, digit| {
        hash.wrapping_mul(31).wrapping_add(usize::from(*digit))
    });
    hash % SETS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ids_are_known_until_all_are_forgotten() {
        let id = |number: usize| *format!("{number:016}").as_bytes().as_array().unwrap();
        let mut absent = Absent::default();
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
