//! Follows the heads of the change feed: computes the changes between two reads.

use super::rests_on::RestsOn;
use crate::storage::feed::{Change, Head, Position};
use crate::storage::plan::Reads;
use crate::storage::shard_count::ShardCount;

/// How far each head was read.
#[derive(Debug, Default)]
pub(super) struct Shards {
    count: ShardCount,
    seen: Vec<Progress>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Progress {
    /// Never read, or not in a form that can be followed.
    #[default]
    Unknown,
    /// The shard had no head.
    Nothing,
    /// Read up to a position.
    Upto(Position),
}

/// The changes between two reads of the feed.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// The shards with more changes than their log holds, or that cannot be followed, as a bit set.
    lost: u64,
    /// The tokens that changed in the other shards.
    pub(super) tokens: Vec<[u8; 16]>,
    /// The fingerprints of their keys, to find the tokens derived from them.
    parents: Vec<u64>,
    /// The fingerprints of the accounts that changed.
    accounts: Vec<u64>,
}

impl Shards {
    /// The number of shards.
    pub(super) fn count(&self) -> ShardCount {
        self.count
    }

    /// Advances to the heads in `heads`, and returns the changes since the last call.
    ///
    /// A head that was not read marks its shard as lost: a reader assumes 16 shards until it has
    /// read the shard count. If the count changes, all shards are lost, because each owner may be
    /// in another one.
    pub(super) fn apply_feed(&mut self, heads: &Reads, count: ShardCount) -> Changes {
        let mut changes = Changes::default();
        if self.seen.len() != usize::from(count.get()) {
            self.seen = vec![Progress::Unknown; count.get().into()];
            self.count = count;
            changes.lost = u64::MAX;
        }
        for (shard, seen) in (0..).zip(&mut self.seen) {
            let stored = heads.get([&count.head_key(shard)]).ok().map(|[stored]| stored);
            let head = match stored {
                Some(None) => Ok(None),
                Some(Some(text)) => Head::parse(text).map(Some),
                None => Err(crate::codec::decode::DecodeError),
            };
            let followed = match (*seen, &head) {
                (Progress::Nothing, Ok(None)) => Some([].as_slice()),
                (Progress::Upto(position), Ok(Some(head))) => head.since(position),
                _ => None,
            };
            match followed {
                Some(since) => since.iter().for_each(|change| changes.add(change)),
                None => changes.lost |= 1 << shard,
            }
            *seen = match head {
                Ok(None) => Progress::Nothing,
                Ok(Some(head)) => head.position().map_or(Progress::Unknown, Progress::Upto),
                Err(_) => Progress::Unknown,
            };
        }
        changes
    }
}

impl Changes {
    fn add(&mut self, Change(key, ..): &Change) {
        let id = key.strip_prefix("token/").map(str::as_bytes);
        match id.and_then(|id| <[u8; 16]>::try_from(id).ok()) {
            Some(id) => {
                self.tokens.push(id);
                self.parents.push(fingerprint(key));
            }
            None => self.accounts.push(fingerprint(key)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lost == 0 && self.tokens.is_empty() && self.accounts.is_empty()
    }

    /// Whether a dependency of a token has changed, besides its own record.
    pub(super) fn touch(&self, rests_on: &RestsOn) -> bool {
        let any = |keys: &[u64], changed: &[u64]| keys.iter().any(|key| changed.contains(key));
        self.lost & rests_on.shards != 0
            || any(&rests_on.accounts, &self.accounts)
            || any(&rests_on.parents, &self.parents)
    }
}

/// FNV-1a of a key. A collision costs one read too many and never hides a change.
pub(super) fn fingerprint(key: &str) -> u64 {
    key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
