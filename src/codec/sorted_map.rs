//! A map as a list sorted by key. Each instance of a tree adds some 5 kB to the module. The maps
//! here have few entries, which mostly arrive in order.

use std::borrow::Borrow;

use serde::{Serialize, Serializer};

use super::decode::{Decode, DecodeError, DecodeText, Placeholder};
use super::json::Reader;

/// A map as a list sorted by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortedMap<K, V>(Vec<(K, V)>);

/// The entries of a map, ascending by key.
pub type Entries<'m, K, V> = std::iter::Map<std::slice::Iter<'m, (K, V)>, fn(&'m (K, V)) -> (&'m K, &'m V)>;

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> SortedMap<K, V> {
        SortedMap(Vec::new())
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    /// Inserts a value and returns the previous value of the key.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.place(&key) {
            Ok(at) => self.0.get_mut(at).map(|(_, old)| std::mem::replace(old, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let at = self.place(key).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// Whether the map has a key.
    #[must_use]
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.place(key).is_ok()
    }

    /// The index of a key (`Ok`), or the index at which to insert it (`Err`).
    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        match self.0.last() {
            Some((last, _)) if last.borrow() < key => Err(self.0.len()),
            _ => self.0.binary_search_by(|(known, _)| known.borrow().cmp(key)),
        }
    }
}

impl<K, V> SortedMap<K, V> {
    /// Whether the map is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Keys and values, ascending by key.
    pub fn iter(&self) -> Entries<'_, K, V> {
        self.into_iter()
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Keeps only the entries for which `wanted` returns `true`.
    pub fn retain(&mut self, mut wanted: impl FnMut(&K, &V) -> bool) {
        self.0.retain(|(key, value)| wanted(key, value));
    }
}

/// The last value of a repeated key wins.
impl<K: Ord, V> FromIterator<(K, V)> for SortedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> SortedMap<K, V> {
        let mut map = SortedMap::default();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

impl<K, V> IntoIterator for SortedMap<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'m, K, V> IntoIterator for &'m SortedMap<K, V> {
    type Item = (&'m K, &'m V);
    type IntoIter = Entries<'m, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(key, value)| (key, value))
    }
}

impl<K: Serialize, V: Serialize> Serialize for SortedMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<K, V> Placeholder for SortedMap<K, V> {
    fn placeholder() -> SortedMap<K, V> {
        SortedMap(Vec::new())
    }
}

/// A repeated key is an error, like a repeated member of an object.
impl<K: DecodeText + Ord, V: Decode> Decode for SortedMap<K, V> {
    fn decode(reader: &mut Reader) -> Result<SortedMap<K, V>, DecodeError> {
        let mut map = SortedMap::default();
        let read = reader.map(&mut |reader, name| {
            let earlier = map.insert(K::decode_text(name).ok()?, V::decode(reader).ok()?);
            earlier.is_none().then_some(())
        });
        read.map(|()| map).ok_or(DecodeError)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::SortedMap;

    proptest! {
        #[test]
        fn it_holds_what_a_tree_holds(entries: Vec<(u8, u16)>, asked: u8, kept: u8) {
            let mut tree = BTreeMap::new();
            let mut map = SortedMap::default();
            for (key, value) in entries {
                prop_assert_eq!(map.insert(key, value), tree.insert(key, value));
            }
            prop_assert_eq!(map.get(&asked), tree.get(&asked));
            prop_assert_eq!(map.contains_key(&asked), tree.contains_key(&asked));
            map.retain(|key, _| *key < kept);
            tree.retain(|key, _| *key < kept);
            prop_assert_eq!((map.len(), map.is_empty()), (tree.len(), tree.is_empty()));
            prop_assert!(map.iter().eq(tree.iter()));
            prop_assert!(map.into_iter().eq(tree));
        }
    }
}
