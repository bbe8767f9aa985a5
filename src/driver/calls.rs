//! Calls of a store: each with a time limit, a checked answer, and retries for reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::store::{AsyncStore, Entry, StoreError};
use super::wait::{Deadline, back_off, within};
use crate::storage::plan::{ListRead, Range, ReadRequest, Reads, Write};

/// The most keys of one consistent read.
pub(super) const MAX_KEYS: usize = 128;

/// How often a failing read is attempted.
const MAX_ATTEMPTS: u32 = 6;

/// Far above every bound of the core, which writes no longer value. In UTF-16 code units, as the
/// JavaScript package counts.
const MAX_VALUE: usize = 1_000_000;

/// What was read for a call so far.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    /// For the core.
    pub(super) reads: Reads,
    /// Every key that was read, so that the next attempt reads all of them in one `get`.
    pub(super) keys: BTreeSet<String>,
    /// Values that are too long for the core, which gets an empty text: damage like any other that
    /// is not JSON.
    too_long: BTreeMap<String, String>,
    pub(super) has_lists: bool,
}

/// Why a call of the store has no answer.
#[derive(Debug)]
pub(super) enum CallError {
    /// The store's own error.
    Store(StoreError),
    /// It did not answer in time.
    Late,
    /// The answer breaks the storage contract.
    Broken(&'static str),
}

impl CallError {
    /// As an error of the store.
    pub(super) fn into_store(self) -> StoreError {
        match self {
            CallError::Store(error) => error,
            other => StoreError::failed(other.to_string()),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Store(error) => error.fmt(formatter),
            CallError::Late => formatter.write_str("the store did not answer in time"),
            CallError::Broken(message) => formatter.write_str(message),
        }
    }
}

impl Fetched {
    /// Forgets what was read, but not which keys.
    pub(super) fn clear(&mut self) {
        self.reads = Reads::default();
        self.has_lists = false;
    }

    /// Reads what the core needs. `afresh`: everything else again, in the same `get`.
    pub(super) async fn fetch<S: AsyncStore>(
        &mut self,
        store: &S,
        need: ReadRequest,
        afresh: bool,
        deadline: &Deadline,
    ) -> Result<(), CallError> {
        self.keys.extend(need.keys.iter().cloned());
        let all = afresh && !self.has_lists && self.keys.len() <= MAX_KEYS;
        let keys = if all {
            self.clear();
            self.keys.iter().cloned().collect()
        } else {
            need.keys
        };
        if !keys.is_empty() {
            let values = read_keys(store, &keys, deadline).await?;
            for (key, value) in keys.into_iter().zip(values) {
                self.insert(key, value);
            }
        }
        if let Some(range) = need.list {
            let entries = read_list(store, &range, deadline).await?;
            let entries = entries
                .into_iter()
                .map(|(key, value)| (key, bounded(&value).unwrap_or(value)));
            self.has_lists = true;
            self.reads.insert_list(ListRead {
                entries: entries.collect(),
                range,
            });
        }
        Ok(())
    }

    /// Adds the value of a key.
    pub(super) fn insert(&mut self, key: String, value: Option<String>) {
        let short = value.as_deref().and_then(bounded);
        if let (Some(_), Some(value)) = (&short, &value) {
            self.too_long.insert(key.clone(), value.clone());
        }
        self.reads.insert(key, short.or(value));
    }

    /// Writes that were planned on these reads, with the stored values as their expectations.
    pub(super) fn restore(&self, mut writes: Vec<Write>) -> Vec<Write> {
        for write in &mut writes {
            if let Some(Some(expect)) = &mut write.expect
                && expect.is_empty()
                && let Some(stored) = self.too_long.get(&write.key)
            {
                expect.clone_from(stored);
            }
        }
        writes
    }
}

/// The empty text in place of a value that is too long.
fn bounded(value: &str) -> Option<String> {
    let is_long = value.len() > MAX_VALUE && value.encode_utf16().count() > MAX_VALUE;
    is_long.then(String::new)
}

/// The values of keys.
pub(super) async fn read_keys<S: AsyncStore>(
    store: &S,
    keys: &[String],
    deadline: &Deadline,
) -> Result<Vec<Option<String>>, CallError> {
    let mut failures = Failures::default();
    loop {
        match call(store, deadline, store.get(keys)).await {
            Ok(values) if values.len() == keys.len() => return Ok(values),
            Ok(_) => {
                let message = "get must answer as many values as it was asked for keys";
                return Err(CallError::Broken(message));
            }
            Err(error) => failures.retry(store, error, deadline).await?,
        }
    }
}

async fn read_list<S: AsyncStore>(
    store: &S,
    range: &Range,
    deadline: &Deadline,
) -> Result<Vec<Entry>, CallError> {
    let mut failures = Failures::default();
    loop {
        match call(store, deadline, store.list(range)).await {
            Ok(entries) => return checked(range, entries),
            Err(error) => failures.retry(store, error, deadline).await?,
        }
    }
}

/// The entries of a range, if they are what it asks for.
fn checked(range: &Range, entries: Vec<Entry>) -> Result<Vec<Entry>, CallError> {
    let mut last = range.after.as_deref().unwrap_or_default();
    for (key, _) in &entries {
        if !key.starts_with(&range.prefix) || key.as_str() <= last {
            return Err(CallError::Broken(
                "list must answer keys with the prefix, after `after`, in ascending byte order",
            ));
        }
        last = key;
    }
    if entries.len() > usize::try_from(range.limit).unwrap_or(usize::MAX) {
        return Err(CallError::Broken("list must answer at most `limit` entries"));
    }
    Ok(entries)
}

/// Whether the writes were applied.
pub(super) async fn commit<S: AsyncStore>(
    store: &S,
    writes: &[Write],
    deadline: &Deadline,
) -> Result<bool, CallError> {
    call(store, deadline, store.commit(writes)).await
}

async fn call<S: AsyncStore, T>(
    store: &S,
    deadline: &Deadline,
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, CallError> {
    if deadline.left().is_zero() {
        return Err(CallError::Late);
    }
    match within(store, deadline.of_a_call(), answer).await {
        Some(answer) => answer.map_err(CallError::Store),
        None => Err(CallError::Late),
    }
}

/// How often a read has failed.
#[derive(Debug, Default)]
struct Failures(u32);

impl Failures {
    /// Waits before the read is repeated.
    ///
    /// # Errors
    /// The same error, if the store refused the read, was late or broke the contract, or after too
    /// many attempts.
    async fn retry<S: AsyncStore>(
        &mut self,
        store: &S,
        error: CallError,
        deadline: &Deadline,
    ) -> Result<(), CallError> {
        self.0 += 1;
        let is_transient = matches!(error, CallError::Store(StoreError::Failed(_)));
        if is_transient && self.0 < MAX_ATTEMPTS && back_off(store, self.0, deadline).await {
            return Ok(());
        }
        Err(error)
    }
}
