//! The heads of the change feed as a reader follows them: what changed between two reads.

use super::entry::RestsOn;
use crate::feed::{Change, Head, Position};
use crate::step::Reads;

/// The keys of all heads.
pub const SHARDS: [&str; 16] = [
    "feed/0", "feed/1", "feed/2", "feed/3", "feed/4", "feed/5", "feed/6", "feed/7", "feed/8", "feed/9",
    "feed/a", "feed/b", "feed/c", "feed/d", "feed/e", "feed/f",
];

/// The number of a head.
pub(super) fn shard(feed_key: &str) -> Option<usize> {
    SHARDS.iter().position(|key| *key == feed_key)
}

/// How far each head was read.
#[derive(Debug, Default)]
pub(super) struct Shards([Seen; 16]);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Seen {
    /// Never, or not in a form that can be followed.
    #[default]
    Unknown,
    /// There was none.
    Nothing,
    /// Up to a position.
    Upto(Position),
}

/// What changed between two reads of the feed.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// The shards of which more changed than their heads remember, or that cannot be followed, as bits.
    lost: u16,
    /// Of the others: the tokens that changed,
    pub(super) tokens: Vec<[u8; 16]>,
    /// their fingerprints, for what came from them,
    parents: Vec<u64>,
    /// and the fingerprints of accounts.
    accounts: Vec<u64>,
}

impl Shards {
    /// Goes on to what the heads say now.
    pub(super) fn take_in(&mut self, heads: &Reads) -> Changes {
        let mut changes = Changes::default();
        for (at, (key, seen)) in SHARDS.iter().zip(&mut self.0).enumerate() {
            let stored = heads.get([*key]).ok().map(|[stored]| stored);
            let head = match stored {
                Some(None) => Ok(None),
                Some(Some(text)) => Head::parse(text).map(Some),
                None => Err(crate::record::Damaged),
            };
            let followed = match (*seen, &head) {
                (Seen::Nothing, Ok(None)) => Some([].as_slice()),
                (Seen::Upto(position), Ok(Some(head))) => head.since(position),
                _ => None,
            };
            match followed {
                Some(since) => since.iter().for_each(|change| changes.add(change)),
                None => changes.lost |= 1 << at,
            }
            *seen = match head {
                Ok(None) => Seen::Nothing,
                Ok(Some(head)) => head.position().map_or(Seen::Unknown, Seen::Upto),
                Err(_) => Seen::Unknown,
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

    /// Whether something that a token rests on has changed, besides its own record.
    pub(super) fn touch(&self, rests_on: &RestsOn) -> bool {
        let any = |keys: &[u64], changed: &[u64]| keys.iter().any(|key| changed.contains(key));
        self.lost & rests_on.shards != 0
            || any(&rests_on.accounts, &self.accounts)
            || any(&rests_on.parents, &self.parents)
    }
}

/// FNV-1a of a key. Two keys with one fingerprint cost a read too many, never one too few.
pub(super) fn fingerprint(key: &str) -> u64 {
    key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
