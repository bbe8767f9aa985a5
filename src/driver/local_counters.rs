//! Counters of limits in the memory of a process, for approximate limits.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::store::{AsyncStore, Entry, StoreError};
use crate::storage::plan::{Range, Write};

/// The prefix of the counters of limited tokens (docs/storage.md).
const COUNTERS: &str = "limit/";

/// The most counters in memory.
const MAX_COUNTERS: usize = 10_000;

/// The counters of a verifier.
#[derive(Debug, Default)]
pub(super) struct Counters(Mutex<Written>);

#[derive(Debug, Default)]
struct Written {
    /// The value of each key, and when it was written.
    by_key: HashMap<String, (String, u64)>,
    /// The keys by when they were written.
    order: BTreeMap<u64, String>,
    count: u64,
}

/// A store for verifications whose counters of limits are kept in this process's memory, and
/// everything else in `store`.
///
/// A counter starts with the value that the store holds when it is first used here. With N
/// processes a token can be used up to N times as often as its limits say. Of more than 10,000
/// limited tokens, the least recently used one is evicted and starts with the store's value again.
#[derive(Clone, Copy, Debug)]
pub(super) struct LocalCounters<'c, S> {
    pub(super) store: &'c S,
    pub(super) counters: &'c Counters,
}

impl Counters {
    fn lock(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Written {
    fn get(&self, key: &str) -> Option<&String> {
        self.by_key.get(key).map(|(value, _)| value)
    }

    fn put(&mut self, key: &str, value: Option<&String>) {
        if let Some((_, at)) = self.by_key.remove(key) {
            self.order.remove(&at);
        }
        let Some(value) = value else { return };
        self.count += 1;
        self.by_key.insert(key.to_owned(), (value.clone(), self.count));
        self.order.insert(self.count, key.to_owned());
        if self.by_key.len() > MAX_COUNTERS
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.by_key.remove(&oldest);
        }
    }

    /// Whether a counter is as it was read. One that is not here yet was read from the store, and
    /// no use here has changed it.
    fn is_as_read(&self, write: &Write) -> bool {
        match (&write.expect, self.get(&write.key)) {
            (Some(expect), Some(known)) => expect.as_ref() == Some(known),
            _ => true,
        }
    }
}

impl<S: AsyncStore> AsyncStore for LocalCounters<'_, S> {
    async fn get(&self, keys: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        let (known, stored): (Vec<_>, Vec<_>) = {
            let written = self.counters.lock();
            let find = |key: &String| (key.clone(), written.get(key).cloned());
            keys.iter().map(find).partition(|(_, value)| value.is_some())
        };
        if known.is_empty() {
            return self.store.get(keys).await;
        }
        let stored: Vec<String> = stored.into_iter().map(|(key, _)| key).collect();
        let answer = match stored.is_empty() {
            true => Vec::new(),
            false => self.store.get(&stored).await?,
        };
        // The reader of the whole answer reports a store that breaks the contract.
        if answer.len() != stored.len() {
            return Ok(answer);
        }
        let mut values: HashMap<String, Option<String>> = stored.into_iter().zip(answer).collect();
        values.extend(known);
        Ok(keys
            .iter()
            .map(|key| values.get(key).cloned().flatten())
            .collect())
    }

    fn list(&self, range: &Range) -> impl Future<Output = Result<Vec<Entry>, StoreError>> + Send {
        self.store.list(range)
    }

    /// The writes of a verification: counters. That the record is unchanged need not be checked
    /// here.
    async fn commit(&self, writes: &[Write]) -> Result<bool, StoreError> {
        let mut written = self.counters.lock();
        let counters = writes.iter().filter(|write| write.key.starts_with(COUNTERS));
        if !counters.clone().all(|write| written.is_as_read(write)) {
            return Ok(false);
        }
        for Write { key, value, .. } in counters {
            if let Some(value) = value {
                written.put(key, value.as_ref());
            }
        }
        Ok(true)
    }

    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send {
        self.store.sleep(time)
    }
}
