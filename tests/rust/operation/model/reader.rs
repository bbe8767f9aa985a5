//! A verifier that remembers and follows the change feed. Each answer that it remembers has to be the model's too.

use std::collections::BTreeMap;

use leastkey::Deployment;
use leastkey::model::question::Question;
use leastkey::storage::plan::Reads;
use leastkey::verify::cache::Cache;
use leastkey::verify::verdict::Code;
use leastkey::verify::verify::{apply_feed, lookup};

use crate::support::instant;

/// A cache, and how far it has read the feed of a store that is counted by its versions.
#[derive(Default)]
pub struct Reader {
    pub cache: Cache,
    read: Option<u64>,
}

impl Reader {
    /// Reads the heads of the feed, unless the store is as it was.
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

    /// What it remembers. Of time without use it knows only what it has read: that is asked for again.
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
}
