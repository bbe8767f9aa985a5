//! A verifier with a cache that follows the change feed. Each cache hit must agree with the model.

use std::collections::BTreeMap;

use leastkey::Deployment;
use leastkey::model::question::Question;
use leastkey::storage::plan::Reads;
use leastkey::verify::batch_buffers::InternedRequirements;
use leastkey::verify::cache::Cache;
use leastkey::verify::code::Code;
use leastkey::verify::packed::{PackedLookups, pack};
use leastkey::verify::verify::{apply_feed, lookup};

use crate::support::{instant, tagging_cache};

/// A cache, and the version of the store up to which it has read the feed.
pub struct Reader {
    pub cache: Cache,
    read: Option<u64>,
}

impl Default for Reader {
    fn default() -> Reader {
        Reader {
            cache: tagging_cache(),
            read: None,
        }
    }
}

impl Reader {
    /// Reads the heads of the feed, unless the store is unchanged.
    pub fn follow(&mut self, deployment: &Deployment, store: &BTreeMap<String, String>, version: u64) {
        if self.read == Some(version) {
            return;
        }
        let mut heads = Reads::default();
        for key in self.cache.shards().feed_keys() {
            let stored = store.get(&key).cloned();
            heads.insert(key, stored);
        }
        apply_feed(deployment, &heads, instant(version), &mut self.cache).unwrap();
        self.read = Some(version);
    }

    /// Looks a credential up in the cache. The verdict that a token is idle is checked in the store
    /// instead, because the cache only knows the uses that it has read.
    pub fn lookup(
        &mut self,
        deployment: &Deployment,
        credential: &str,
        question: &Question,
        now: u64,
    ) -> Option<Code> {
        let found = lookup(
            deployment,
            credential.as_bytes(),
            question,
            instant(now),
            &mut self.cache,
        );
        let code = found.map_or_else(Some, |hit| hit.map(|hit| hit.code));
        code.filter(|code| *code != Code::IdleExpired)
    }

    /// A lookup on the fast path has the same answer as one by the rules. It gives no context, so
    /// it may find a condition unmet.
    pub fn check_packed(
        &mut self,
        deployment: &Deployment,
        credential: &str,
        (interned, id): (&InternedRequirements, u32),
        now: u64,
    ) {
        let lookups = PackedLookups {
            deployment,
            interned,
            now: now as f64,
        };
        let packed = lookups.one(credential.as_bytes(), id, &mut self.cache);
        let question = Question::of(&interned[id as usize]);
        let found = lookup(
            deployment,
            credential.as_bytes(),
            &question,
            instant(now),
            &mut self.cache,
        );
        assert_eq!(packed, pack(found));
    }
}
