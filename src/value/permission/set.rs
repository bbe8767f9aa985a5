//! Sets of permissions as bit sets.

use std::ops::Range;

/// A set of permissions of one catalog: one bit per index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PermissionSet(Vec<u64>);

impl PermissionSet {
    /// An empty set over a catalog of `size` permissions.
    pub(crate) fn empty(size: usize) -> PermissionSet {
        PermissionSet(vec![0; size.div_ceil(64)])
    }

    /// The set of all permissions of a catalog of `size`.
    pub(crate) fn full(size: usize) -> PermissionSet {
        let mut set = PermissionSet(vec![u64::MAX; size.div_ceil(64)]);
        if let (Some(last), 1..) = (set.0.last_mut(), size % 64) {
            *last = (1 << (size % 64)) - 1;
        }
        set
    }

    /// The set of these indices, with the capacity that they need.
    pub(crate) fn of(indices: Vec<usize>) -> PermissionSet {
        let mut set = PermissionSet::empty(indices.iter().max().map_or(0, |last| last + 1));
        for index in indices {
            set.insert(index);
        }
        set
    }

    /// Adds an index; `true` if it was absent. An index outside the catalog is ignored.
    pub(crate) fn insert(&mut self, index: usize) -> bool {
        let bit = 1u64 << (index % 64);
        let Some(word) = self.0.get_mut(index / 64) else {
            return false;
        };
        let added = *word & bit == 0;
        *word |= bit;
        added
    }

    /// Removes an index.
    pub(crate) fn remove(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word &= !(1 << (index % 64));
        }
    }

    /// Whether the set contains an index.
    #[must_use]
    pub fn contains(&self, index: usize) -> bool {
        self.0
            .get(index / 64)
            .is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// `count` indices from `from` on as bits, the lowest first; at most 64.
    pub(super) fn bits(&self, from: usize, count: usize) -> u64 {
        let word = |at: usize| self.0.get(at).copied().unwrap_or_default();
        let (at, shift) = (from / 64, from % 64);
        let high = if shift == 0 {
            0
        } else {
            word(at + 1) << (64 - shift)
        };
        let bits = word(at) >> shift | high;
        if count < 64 {
            bits & ((1 << count) - 1)
        } else {
            bits
        }
    }

    /// Adds the indices of bits from `from` on. Bits outside the catalog are ignored.
    pub(super) fn insert_bits(&mut self, from: usize, bits: u64) {
        let (at, shift) = (from / 64, from % 64);
        let mut add = |at: usize, bits: u64| {
            if let Some(word) = self.0.get_mut(at) {
                *word |= bits;
            }
        };
        add(at, bits << shift);
        if shift > 0 {
            add(at + 1, bits >> (64 - shift));
        }
    }

    /// Adds the indices that another set has in `run`, moved to begin at `at`.
    pub(crate) fn insert_run(&mut self, at: usize, other: &PermissionSet, run: Range<usize>) {
        for done in (0..run.len()).step_by(64) {
            let bits = other.bits(run.start + done, run.len() - done);
            self.insert_bits(at + done, bits);
        }
    }

    /// Adds all indices of another set.
    pub(crate) fn union(&mut self, other: &PermissionSet) {
        self.0
            .iter_mut()
            .zip(&other.0)
            .for_each(|(word, more)| *word |= more);
    }

    /// Removes all indices of another set.
    pub(crate) fn subtract(&mut self, other: &PermissionSet) {
        self.0
            .iter_mut()
            .zip(&other.0)
            .for_each(|(word, less)| *word &= !less);
    }

    /// The number of indices in both sets.
    pub(crate) fn overlap(&self, other: &PermissionSet) -> usize {
        self.0
            .iter()
            .zip(&other.0)
            .map(|(word, other)| (word & other).count_ones() as usize)
            .sum()
    }

    /// Removes all indices that are not in another set.
    pub(crate) fn intersect(&mut self, other: &PermissionSet) {
        self.0
            .iter_mut()
            .zip(&other.0)
            .for_each(|(word, kept)| *word &= kept);
    }

    /// Whether another set contains all indices of this one. Their capacities may differ.
    #[must_use]
    pub fn is_subset(&self, other: &PermissionSet) -> bool {
        let (common, rest) = self.0.split_at_checked(other.0.len()).unwrap_or((&self.0, &[]));
        common.iter().zip(&other.0).all(|(word, more)| word & !more == 0)
            && rest.iter().all(|word| *word == 0)
    }

    /// The number of indices in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The indices of this set that are not in another.
    #[must_use]
    pub fn without(&self, other: &PermissionSet) -> PermissionSet {
        let mut rest = self.clone();
        rest.subtract(other);
        rest
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The indices, ascending.
    #[must_use]
    pub fn iter(&self) -> Indices<'_> {
        Indices {
            words: self.0.iter(),
            next: 0,
            left: 0,
        }
    }
}

/// The indices of a set, ascending.
#[derive(Debug)]
pub struct Indices<'s> {
    words: std::slice::Iter<'s, u64>,
    /// The index of the first bit of the next word.
    next: usize,
    /// The remaining bits of the current word.
    left: u64,
}

impl Iterator for Indices<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.left == 0 {
            self.left = *self.words.next()?;
            self.next += 64;
        }
        let bit = self.left.trailing_zeros() as usize;
        self.left &= self.left - 1;
        Some(self.next - 64 + bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_the_set_of_its_indices() {
        let mut set = PermissionSet::empty(130);
        for index in [0, 63, 64, 129, 129] {
            set.insert(index);
        }
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 63, 64, 129]);
        assert!(!set.insert(192), "outside the catalog");
        let mut others = PermissionSet::full(130);
        others.subtract(&set);
        assert_eq!(others.iter().count(), 126);
        others.union(&set);
        assert_eq!(others, PermissionSet::full(130));
        let some = PermissionSet::of(vec![64, 0]);
        assert!(some.is_subset(&set) && !set.is_subset(&some));
        assert!(!PermissionSet::of(vec![500]).is_subset(&set) && PermissionSet::of(vec![]).is_subset(&set));
        assert!(!set.contains(1) && set.contains(64) && !set.contains(4096));
        assert_eq!(PermissionSet::full(128).iter().count(), 128);
    }

    #[test]
    fn a_run_of_a_set_moves_to_another_place() {
        let mut from = PermissionSet::empty(300);
        let members: Vec<usize> = (0..300)
            .filter(|index| index % 3 == 0 || index % 7 == 2)
            .collect();
        members.iter().for_each(|index| {
            from.insert(*index);
        });
        for (start, end, at) in [
            (0, 300, 0),
            (1, 65, 64),
            (63, 64, 5),
            (10, 299, 3),
            (7, 7, 9),
            (64, 192, 300),
        ] {
            let mut to = PermissionSet::empty(500);
            to.insert_run(at, &from, start..end);
            let moved: Vec<usize> = members
                .iter()
                .filter(|index| (start..end).contains(*index))
                .map(|index| index - start + at)
                .collect();
            assert_eq!(to.iter().collect::<Vec<_>>(), moved, "{start}..{end} to {at}");
        }
    }
}
