//! The storage contract: an ordered map from text keys to text values, in three calls.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use crate::storage::plan::{Range, Write};

/// A key and its value.
pub type Entry = (String, String);

/// A store whose calls block until they are answered.
///
/// Keys are printable ASCII of 1 to 512 bytes, values are JSON text. The JavaScript package has the
/// same contract, so processes of both can share a store:
///
/// - Reads are linearizable with commits: a read that starts after a commit was answered sees it. A
///   replica or a cache in front of the database cannot promise that.
/// - A commit is applied whole or not at all.
/// - The values of one `get` of at most 128 keys are of one moment.
///
/// ```
/// use leastkey::driver::{MemoryStore, Store};
/// use leastkey::storage::plan::Write;
///
/// let store = MemoryStore::default();
/// assert!(store.commit(&[Write::create("a/1".into(), "{}".into())]).unwrap());
/// // The key exists now, so a commit that expects none changes nothing.
/// assert!(!store.commit(&[Write::create("a/1".into(), "[]".into())]).unwrap());
/// assert_eq!(store.get(&["a/1".into(), "a/2".into()]).unwrap(), [Some("{}".into()), None]);
/// ```
pub trait Store: Send + Sync {
    /// The value of each key, in the order of `keys`.
    ///
    /// # Errors
    /// When the store could not be read.
    fn get(&self, keys: &[String]) -> Result<Vec<Option<String>>, StoreError>;

    /// The entries of a range, in ascending byte order of their keys.
    ///
    /// # Errors
    /// When the store could not be read.
    fn list(&self, range: &Range) -> Result<Vec<Entry>, StoreError>;

    /// Applies all writes (1 to 32, distinct keys) or none. `false`: an `expect` did not match.
    ///
    /// # Errors
    /// [`StoreError::Refused`] only if it is certain that nothing was applied. After
    /// [`StoreError::Failed`] the outcome is unknown, and the caller finds out by reading.
    fn commit(&self, writes: &[Write]) -> Result<bool, StoreError>;
}

/// A store whose calls are futures. The contract is that of [`Store`].
pub trait AsyncStore: Send + Sync {
    /// The value of each key, in the order of `keys`.
    fn get(&self, keys: &[String]) -> impl Future<Output = Result<Vec<Option<String>>, StoreError>> + Send;

    /// The entries of a range, in ascending byte order of their keys.
    fn list(&self, range: &Range) -> impl Future<Output = Result<Vec<Entry>, StoreError>> + Send;

    /// Applies all writes (1 to 32, distinct keys) or none. `false`: an `expect` did not match.
    fn commit(&self, writes: &[Write]) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Waits, by the timer of the runtime that the store runs on. Deadlines and pauses before a
    /// retry use it.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// Why a store did not answer.
#[derive(Debug)]
pub enum StoreError {
    /// It is certain that nothing was applied, and another attempt would be refused too. The
    /// message may reach a client, so it must not name hosts, paths or passwords.
    Refused {
        /// What is wrong, and what to do.
        message: String,
        /// The error of the database, for the log.
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// Anything else, such as a lost connection. The outcome of a commit is unknown.
    Failed(Box<dyn Error + Send + Sync>),
}

impl StoreError {
    /// A refusal with a message.
    #[must_use]
    pub fn refused(message: impl Into<String>) -> StoreError {
        StoreError::Refused {
            message: message.into(),
            source: None,
        }
    }

    /// A failure with an unknown outcome.
    #[must_use]
    pub fn failed(source: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
        StoreError::Failed(source.into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Refused { message, .. } => formatter.write_str(message),
            // The words of a database may quote values and name hosts: they are the source.
            StoreError::Failed(_) => formatter.write_str("the store did not answer"),
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            StoreError::Refused { source, .. } => source.as_deref().map(|source| source as _),
            StoreError::Failed(source) => Some(&**source),
        }
    }
}

/// The longest key, in bytes.
const MAX_KEY: usize = 512;

/// The most writes of a commit.
const MAX_WRITES: usize = 32;

/// The most entries of a list.
const MAX_ENTRIES: u32 = 1_000;

/// Refuses keys outside the storage contract. A store calls it first.
///
/// # Errors
/// For a key that is no printable ASCII of 1 to 512 bytes.
pub fn check_keys(keys: &[String]) -> Result<(), StoreError> {
    keys.iter().try_for_each(|key| check_key(key, 1))
}

/// Refuses a range outside the storage contract.
///
/// # Errors
/// For a prefix or a start that is no printable ASCII, and for a limit that is not 1 to 1,000.
pub fn check_range(range: &Range) -> Result<(), StoreError> {
    check_key(&range.prefix, 0)?;
    range.after.as_ref().map_or(Ok(()), |after| check_key(after, 1))?;
    if (1..=MAX_ENTRIES).contains(&range.limit) {
        return Ok(());
    }
    Err(StoreError::refused(format!(
        "limit: expected a whole number from 1 to {MAX_ENTRIES}"
    )))
}

/// Refuses writes outside the storage contract, before anything is applied.
///
/// # Errors
/// For no or more than 32 writes, a repeated or unreadable key, U+0000 in a value, and an expiry
/// without a value.
pub fn check_writes(writes: &[Write]) -> Result<(), StoreError> {
    if writes.is_empty() || writes.len() > MAX_WRITES {
        return Err(StoreError::refused(format!(
            "writes: expected 1 to {MAX_WRITES} writes"
        )));
    }
    for (at, write) in writes.iter().enumerate() {
        check_key(&write.key, 1)?;
        if writes.iter().take(at).any(|before| before.key == write.key) {
            return Err(StoreError::refused(format!(
                "writes[{at}].key: an earlier write has the same key"
            )));
        }
        let texts = [&write.expect, &write.value].into_iter().flatten().flatten();
        if texts.into_iter().any(|text| text.contains('\0')) {
            return Err(StoreError::refused(format!(
                "writes[{at}]: a value has U+0000, which databases do not keep"
            )));
        }
        if write.expires_at.is_some() && !matches!(write.value, Some(Some(_))) {
            return Err(StoreError::refused(format!(
                "writes[{at}].expiresAt: only allowed with a value"
            )));
        }
    }
    Ok(())
}

/// The keys of a range: from the first text, before the second. Keys are printable ASCII, so 0x01
/// comes before every character of one, and 0x7f after.
#[must_use]
pub fn range_bounds(range: &Range) -> (String, String) {
    let Range { prefix, after, .. } = range;
    let from = match after {
        Some(after) if after >= prefix => format!("{after}\u{1}"),
        _ => prefix.clone(),
    };
    (from, format!("{prefix}\u{7f}"))
}

fn check_key(key: &str, shortest: usize) -> Result<(), StoreError> {
    if (shortest..=MAX_KEY).contains(&key.len()) && key.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
        return Ok(());
    }
    Err(StoreError::refused(format!(
        "key: expected printable ASCII of {shortest} to {MAX_KEY} bytes"
    )))
}
