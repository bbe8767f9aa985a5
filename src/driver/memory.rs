//! A store in the memory of a process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::clock::{Clock, SystemClock, Times};
use super::store::{Entry, Store, StoreError, check_keys, check_range, check_writes, range_bounds};
use crate::storage::plan::{Range, Write};
use crate::value::time::Instant;

/// The most expired keys that one commit deletes.
const SWEEP: usize = 64;

/// A store in the memory of this process, for tests and trials. Its content is lost when the
/// process ends.
#[derive(Debug)]
pub struct MemoryStore {
    values: Mutex<BTreeMap<String, Value>>,
    times: Times,
}

#[derive(Debug)]
struct Value {
    text: String,
    expires_at: Option<Instant>,
}

impl MemoryStore {
    /// A store that drops expired keys by this clock. Give it the clock of the options.
    #[must_use]
    pub fn with_clock(clock: Arc<dyn Clock>) -> MemoryStore {
        MemoryStore {
            values: Mutex::default(),
            times: Times::new(clock),
        }
    }

    fn values(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        // No change is left half done: each key is written by one call.
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> MemoryStore {
        MemoryStore::with_clock(Arc::new(SystemClock::default()))
    }
}

impl Store for MemoryStore {
    fn get(&self, keys: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        check_keys(keys)?;
        let values = self.values();
        let text = |key| values.get(key).map(|value: &Value| value.text.clone());
        Ok(keys.iter().map(text).collect())
    }

    fn list(&self, range: &Range) -> Result<Vec<Entry>, StoreError> {
        check_range(range)?;
        let (from, before) = range_bounds(range);
        let values = self.values();
        let limit = usize::try_from(range.limit).unwrap_or(usize::MAX);
        let entries = values.range(from..before).take(limit);
        Ok(entries
            .map(|(key, value)| (key.clone(), value.text.clone()))
            .collect())
    }

    fn commit(&self, writes: &[Write]) -> Result<bool, StoreError> {
        check_writes(writes)?;
        let now = self.times.moment().map(|moment| moment.highest);
        let mut values = self.values();
        let holds = |write: &Write| {
            let Some(expect) = &write.expect else { return true };
            values.get(&write.key).map(|value| &value.text) == expect.as_ref()
        };
        if !writes.iter().all(holds) {
            return Ok(false);
        }
        for write in writes {
            match &write.value {
                None => {}
                Some(None) => drop(values.remove(&write.key)),
                Some(Some(text)) => {
                    let value = Value {
                        text: text.clone(),
                        expires_at: write.expires_at,
                    };
                    values.insert(write.key.clone(), value);
                }
            }
        }
        if let Ok(now) = now {
            let is_due = |value: &Value| value.expires_at.is_some_and(|at| at <= now);
            let due = values.iter().filter(|(_, value)| is_due(value)).take(SWEEP);
            let due: Vec<String> = due.map(|(key, _)| key.clone()).collect();
            due.iter().for_each(|key| drop(values.remove(key)));
        }
        Ok(true)
    }
}
