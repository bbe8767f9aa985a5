//! What the core asks of its host: to read, to commit, or to hand on an answer.
//!
//! An operation is planned again and again with everything read so far, until it needs nothing more. It never waits, so it can be driven
//! by any runtime, by a scheduler with a seed, or by a test with a map.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// The next step of an operation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step<A> {
    /// Read this, then plan again.
    Need(Need),
    /// Commit all of this or nothing; if it held, the answer stands.
    Commit {
        /// The writes, all or none.
        writes: Vec<Write>,
        /// The answer of the operation, once they are committed.
        answer: A,
    },
    /// Done, nothing to write.
    Answer(A),
    /// Not done.
    Refuse(Refusal),
}

/// What must be read before the operation can go on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Need {
    /// Keys for one `get`.
    pub keys: Vec<String>,
    /// A range for one `list`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<Range>,
    /// A key that many writers change: those of one process queue for it before they read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
}

/// A range of keys, ascending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// What every key starts with.
    pub prefix: String,
    /// Only keys after this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The most entries.
    pub limit: u32,
}

/// One write of a commit. The outer `None` of `expect` and `value` is *absent*, the inner one *null*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Write {
    /// The key.
    pub key: String,
    /// The exact value that must be there; null: none may be; absent: do not care.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect: Option<Option<String>>,
    /// The new value; null deletes; absent only asserts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Option<String>>,
    /// From when on the store may forget it, in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<crate::time::Instant>,
}

impl Write {
    /// Writes a key that must not exist.
    #[must_use]
    pub fn create(key: String, value: String) -> Write {
        Write {
            key,
            expect: Some(None),
            value: Some(Some(value)),
            expires_at: None,
        }
    }

    /// Writes a key that must have the value that was read.
    #[must_use]
    pub fn replace(key: String, read: Option<&str>, value: String) -> Write {
        Write {
            key,
            expect: Some(read.map(str::to_owned)),
            value: Some(Some(value)),
            expires_at: None,
        }
    }

    /// Deletes a key.
    #[must_use]
    pub fn delete(key: String) -> Write {
        Write {
            key,
            expect: None,
            value: Some(None),
            expires_at: None,
        }
    }
}

/// Everything that was read for an operation so far.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Reads {
    #[serde(deserialize_with = "last_of_each")]
    values: BTreeMap<String, Option<String>>,
    lists: Vec<ListRead>,
}

/// A range and what it held.
#[derive(Clone, Debug, Deserialize)]
pub struct ListRead {
    /// The range that was asked for.
    pub range: Range,
    /// Keys and values, ascending.
    pub entries: Vec<(String, String)>,
}

impl Reads {
    /// Adds the value of a key.
    pub fn insert(&mut self, key: String, value: Option<String>) {
        self.values.insert(key, value);
    }

    /// Adds what a range held.
    pub fn insert_list(&mut self, read: ListRead) {
        self.lists.push(read);
    }

    /// The values of keys, or the need to read those that were not read.
    ///
    /// # Errors
    /// [`Halt::Need`].
    pub fn get<const N: usize>(&self, keys: [&str; N]) -> Result<[Option<&str>; N], Halt> {
        self.require(keys.iter().copied(), None)?;
        Ok(keys.map(|key| self.values.get(key).and_then(Option::as_deref)))
    }

    /// The value of a hot key, for which the writers of one process queue.
    ///
    /// # Errors
    /// [`Halt::Need`].
    pub fn get_queued(&self, key: &str) -> Result<Option<&str>, Halt> {
        self.require([key], Some(key))?;
        Ok(self.values.get(key).and_then(Option::as_deref))
    }

    /// The values of many keys.
    ///
    /// # Errors
    /// [`Halt::Need`].
    pub fn get_all(&self, keys: &[String]) -> Result<Vec<Option<&str>>, Halt> {
        self.require(keys.iter().map(String::as_str), None)?;
        Ok(keys
            .iter()
            .map(|key| self.values.get(key).and_then(Option::as_deref))
            .collect())
    }

    /// What a range holds.
    ///
    /// # Errors
    /// [`Halt::Need`].
    pub fn list(&self, range: &Range) -> Result<&[(String, String)], Halt> {
        self.lists
            .iter()
            .find(|read| read.range == *range)
            .map(|read| read.entries.as_slice())
            .ok_or_else(|| {
                Halt::Need(Need {
                    list: Some(range.clone()),
                    ..Need::default()
                })
            })
    }

    fn require<'k>(&self, keys: impl IntoIterator<Item = &'k str>, queue: Option<&str>) -> Result<(), Halt> {
        let unread = keys.into_iter().filter(|key| !self.values.contains_key(*key));
        let keys: Vec<String> = unread.map(str::to_owned).collect();
        if keys.is_empty() {
            return Ok(());
        }
        Err(Halt::Need(Need {
            keys,
            list: None,
            queue: queue.map(str::to_owned),
        }))
    }
}

/// The reads of one attempt are of one moment each; the host adds, and never repeats, a key.
fn last_of_each<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Option<String>>, D::Error> {
    Ok(Vec::<(String, Option<String>)>::deserialize(deserializer)?
        .into_iter()
        .collect())
}

/// Why a plan stopped before its answer. With it, `?` lets an operation read as if everything were at hand.
#[derive(Debug)]
pub enum Halt {
    /// Something has not been read.
    Need(Need),
    /// The operation is refused.
    Refuse(Refusal),
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Halt {
        Halt::Refuse(refusal)
    }
}

impl<A> From<Halt> for Step<A> {
    fn from(halt: Halt) -> Step<A> {
        match halt {
            Halt::Need(need) => Step::Need(need),
            Halt::Refuse(refusal) => Step::Refuse(refusal),
        }
    }
}
