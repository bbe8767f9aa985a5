//! A map in the order of its keys, as a sorted list (`litemap`). A tree takes some 5 kB of the
//! module for each pair of types; these maps have few entries, which mostly come in order.

use std::ops::{Deref, DerefMut};

use litemap::LiteMap;
use litemap::store::StoreIterable;
use serde::{Serialize, Serializer};

use super::decode::{Decode, DecodeError, DecodeText, Placeholder};
use crate::codec::canonical::Cursor;

/// A map in the order of its keys, with the methods of [`LiteMap`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortedMap<K, V>(LiteMap<K, V>);

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> SortedMap<K, V> {
        SortedMap(LiteMap::new_vec())
    }
}

impl<K, V> SortedMap<K, V> {
    /// Whether the map has no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K, V> Deref for SortedMap<K, V> {
    type Target = LiteMap<K, V>;

    fn deref(&self) -> &LiteMap<K, V> {
        &self.0
    }
}

impl<K, V> DerefMut for SortedMap<K, V> {
    fn deref_mut(&mut self) -> &mut LiteMap<K, V> {
        &mut self.0
    }
}

/// The last value of a repeated key counts.
impl<K: Ord, V> FromIterator<(K, V)> for SortedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> SortedMap<K, V> {
        SortedMap(entries.into_iter().collect())
    }
}

impl<K, V> IntoIterator for SortedMap<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_tuple_vec().into_iter()
    }
}

impl<'m, K, V> IntoIterator for &'m SortedMap<K, V> {
    type Item = (&'m K, &'m V);
    type IntoIter = <Vec<(K, V)> as StoreIterable<'m, K, V>>::KeyValueIter;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<K: Serialize, V: Serialize> Serialize for SortedMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

impl<K, V> Placeholder for SortedMap<K, V> {
    fn placeholder() -> SortedMap<K, V> {
        SortedMap::default()
    }
}

/// A repeated key is damage, as in every stored object.
impl<K: DecodeText + Ord, V: Decode> Decode for SortedMap<K, V> {
    fn decode(cursor: &mut Cursor) -> Result<SortedMap<K, V>, DecodeError> {
        let mut map = SortedMap::default();
        let read = cursor.map(&mut |cursor, name| {
            let earlier = map.insert(K::decode_text(name).ok()?, V::decode(cursor).ok()?);
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
