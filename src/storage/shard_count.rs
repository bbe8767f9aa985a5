//! The shard count of a store's change feed, and the assignment of owners to shards.
//!
//! The count is 16, 32 or 64: a power of two, so that the last bits of a hash spread the owners
//! evenly. Fewer than 16 would save nothing, because all heads are read with one `get`. More than
//! 64 would not fit: the heads and `meta/deployment` have to be one snapshot, and a store promises
//! snapshots of 128 keys.

use sha2::{Digest as _, Sha256};

use super::keys;
use crate::value::resource::Resource;

/// The number of shards, which is fixed when a store is first used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardCount(u8);

impl ShardCount {
    /// The allowed counts, for messages.
    pub const EXPECTED: &'static str = "16, 32 or 64";

    /// A shard count; `None` if `count` is not allowed.
    #[must_use]
    pub fn new(count: u64) -> Option<ShardCount> {
        match count {
            16 | 32 | 64 => u8::try_from(count).ok().map(ShardCount),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    /// The shard that publishes the changes of an owner, counted from 0.
    #[must_use]
    pub fn shard_of(self, owner: &Resource) -> u8 {
        let digest = Sha256::digest(owner.as_str());
        digest.first().map_or(0, |byte| byte & (self.0 - 1))
    }

    /// The key of the head of a shard: `feed/<0–f>` of 16, `feed/<00–3f>` of more.
    #[must_use]
    pub fn head_key(self, shard: u8) -> String {
        let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or('0');
        let mut key = String::from("feed/");
        if self.0 > 16 {
            key.push(digit(shard >> 4));
        }
        key.push(digit(shard & 15));
        key
    }

    /// The key of the head that publishes the changes of an owner.
    #[must_use]
    pub fn head_key_of(self, owner: &Resource) -> String {
        self.head_key(self.shard_of(owner))
    }

    /// The keys that a reader of the feed reads with one `get`: all heads, and the store
    /// description.
    pub fn feed_keys(self) -> impl Iterator<Item = String> {
        let heads = (0..self.0).map(move |shard| self.head_key(shard));
        heads.chain([keys::DEPLOYMENT.to_owned()])
    }
}

impl Default for ShardCount {
    fn default() -> ShardCount {
        ShardCount(16)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_shard_has_owners_and_every_head_a_key_of_its_own() {
        for count in [16, 32, 64] {
            let shards = ShardCount::new(count).unwrap();
            let keys: Vec<String> = shards.feed_keys().collect();
            assert_eq!(keys.len() as u64, count + 1);
            let mut owners = BTreeMap::<String, u64>::new();
            for owner in 0..200 * count {
                let owner = Resource::parse(&format!("org:{owner}")).unwrap();
                *owners
                    .entry(shards.head_key(shards.shard_of(&owner)))
                    .or_default() += 1;
            }
            assert_eq!(owners.len() as u64, count, "{owners:?}");
            for (key, owners) in &owners {
                assert!(keys.contains(key), "{key}");
                assert!((120..280).contains(owners), "{key}: {owners} of 200");
            }
        }
        for count in [0, 1, 8, 15, 17, 48, 63, 65, 128, 256] {
            assert_eq!(ShardCount::new(count), None, "{count}");
        }
    }

    #[test]
    fn sixteen_shards_have_one_digit() {
        let key = |count, shard| ShardCount::new(count).unwrap().head_key(shard);
        assert_eq!((key(16, 0), key(16, 15)), ("feed/0".into(), "feed/f".into()));
        assert_eq!((key(64, 0), key(64, 63)), ("feed/00".into(), "feed/3f".into()));
    }
}
