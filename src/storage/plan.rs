//! The sans-I/O protocol between the core and its host: the core returns a plan to read, to commit,
//! or to return an answer.
//!
//! The host plans an operation repeatedly, with everything read so far, until no read is missing. A
//! plan never waits. So any runtime can run it, and so can a scheduler with a seed, or a test with
//! a map.

use serde::Serialize;

use crate::codec::json::Value;
use crate::codec::sorted_map::SortedMap;
use crate::input::{ErrorCode, Refusal};

/// The next step of an operation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan<A> {
    /// Read these keys or this range, then plan again.
    Need(ReadRequest),
    /// Commit these immutable values, then plan again. Another call may have written the same: a
    /// conflict is no failure.
    Prepare {
        /// The writes.
        writes: Vec<Write>,
    },
    /// Commit all writes or none. On success the answer is valid.
    Commit {
        /// The writes.
        writes: Vec<Write>,
        /// The answer of the operation after the commit.
        answer: A,
    },
    /// Done; there is nothing to write.
    Answer(A),
    /// The operation is refused.
    Refuse(Refusal),
}

/// The reads that the operation needs before it can continue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReadRequest {
    /// Keys for one `get`. The new values replace the values of these keys that were read before,
    /// which are stale.
    pub keys: Vec<String>,
    /// A range for one `list`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<Range>,
    /// A hot key, which many writers change. The writers of one process queue for it before they
    /// read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Whether the operation ends something, as a revocation does. It overtakes the others in each
    /// queue.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub urgent: bool,
}

/// A range of keys, ascending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Range {
    /// The prefix of every key.
    pub prefix: String,
    /// Only keys after this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The most entries.
    pub limit: u32,
}

/// One write of a commit. In `expect` and `value`, the outer `None` is *absent*, the inner one
/// *null*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Write {
    /// The key.
    pub key: String,
    /// The exact value that the key must have; null: the key must not exist; absent: any value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect: Option<Option<String>>,
    /// The new value; null: delete the key; absent: only assert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Option<String>>,
    /// From when the store may drop the key, in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<crate::value::time::Instant>,
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

    /// Writes nothing, and fails unless a key still has the value that was read.
    #[must_use]
    pub fn assert(key: String, read: Option<&str>) -> Write {
        Write {
            key,
            expect: Some(read.map(str::to_owned)),
            value: None,
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
#[derive(Clone, Debug, Default)]
pub struct Reads {
    values: SortedMap<String, Option<String>>,
    lists: Vec<ListRead>,
}

/// A range and its entries.
#[derive(Clone, Debug)]
pub struct ListRead {
    /// The requested range.
    pub range: Range,
    /// Keys and values, ascending.
    pub entries: Vec<(String, String)>,
}

impl Reads {
    /// Reads `{ values: [[key, value | null]], lists: [{ range, entries: [[key, value]] }] }` from
    /// the host.
    ///
    /// # Errors
    /// When the value has another shape: the host has broken the protocol.
    pub fn from_value(value: Value) -> Result<Reads, Refusal> {
        let read = || {
            let [values, lists] = members(value, ["values", "lists"])?;
            let mut reads = Reads::default();
            for pair in list(values?)? {
                let [key, value] = <[Value; 2]>::try_from(list(pair)?).ok()?;
                let value = if value == Value::Null {
                    None
                } else {
                    Some(text(value)?)
                };
                reads.insert(text(key)?, value);
            }
            for read in list(lists?)? {
                let [range, entries] = members(read, ["range", "entries"])?;
                let [prefix, after, limit] = members(range?, ["prefix", "after", "limit"])?;
                let Value::Number(limit) = limit? else { return None };
                // The limit is compared with that of the requested range, which is exact. Any other
                // number is another range.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let limit = limit as u32;
                let after = after.map(|after| text(after).ok_or(())).transpose().ok()?;
                let range = Range {
                    prefix: text(prefix?)?,
                    after,
                    limit,
                };
                let mut pairs = Vec::new();
                for pair in list(entries?)? {
                    let [key, value] = <[Value; 2]>::try_from(list(pair)?).ok()?;
                    pairs.push((text(key)?, text(value)?));
                }
                reads.insert_list(ListRead {
                    range,
                    entries: pairs,
                });
            }
            Some(reads)
        };
        read().ok_or_else(|| Refusal::new(ErrorCode::InvalidInput, "the reads are not of the agreed shape"))
    }

    /// Adds the value of a key.
    pub fn insert(&mut self, key: String, value: Option<String>) {
        self.values.insert(key, value);
    }

    /// Adds the entries of a range.
    pub fn insert_list(&mut self, read: ListRead) {
        self.lists.push(read);
    }

    /// The values of keys, or the need to read the missing ones.
    ///
    /// # Errors
    /// [`Suspend::Need`].
    pub fn get<const N: usize>(&self, keys: [&str; N]) -> Result<[Option<&str>; N], Suspend> {
        self.require(keys.iter().copied(), None)?;
        Ok(keys.map(|key| self.values.get(key).and_then(Option::as_deref)))
    }

    /// Requires hot keys, for which the writers of one process queue under a common name. An urgent
    /// operation overtakes the others.
    ///
    /// # Errors
    /// [`Suspend::Need`].
    pub fn get_queued(&self, keys: &[String], queue: &str, urgent: bool) -> Result<(), Suspend> {
        let read = self.require(keys.iter().map(String::as_str), Some(queue));
        read.map_err(|suspend| suspend.with(|need| need.urgent = urgent))
    }

    /// The values of many keys.
    ///
    /// # Errors
    /// [`Suspend::Need`].
    pub fn get_all(&self, keys: &[String]) -> Result<Vec<Option<&str>>, Suspend> {
        self.require(keys.iter().map(String::as_str), None)?;
        Ok(keys
            .iter()
            .map(|key| self.values.get(key).and_then(Option::as_deref))
            .collect())
    }

    /// Requires a snapshot of keys: if one of them was not read, all are read, with one `get`.
    ///
    /// # Errors
    /// [`Suspend::Need`].
    pub fn require_together(&self, keys: Vec<String>) -> Result<(), Suspend> {
        if keys.iter().all(|key| self.values.contains_key(key)) {
            return Ok(());
        }
        Err(Suspend::Need(Box::new(ReadRequest {
            keys,
            ..ReadRequest::default()
        })))
    }

    /// The entries of a range.
    ///
    /// # Errors
    /// [`Suspend::Need`].
    pub fn list(&self, range: &Range) -> Result<&[(String, String)], Suspend> {
        self.lists
            .iter()
            .find(|read| read.range == *range)
            .map(|read| read.entries.as_slice())
            .ok_or_else(|| {
                Suspend::Need(Box::new(ReadRequest {
                    list: Some(range.clone()),
                    ..ReadRequest::default()
                }))
            })
    }

    /// Whether none of the keys that were read has a value.
    pub(crate) fn are_all_absent(&self) -> bool {
        self.values.iter().all(|(_, value)| value.is_none())
    }

    /// The same reads with each text replaced by `change(key, text)`.
    pub(crate) fn map_texts(&self, change: &dyn Fn(&str, &str) -> String) -> Reads {
        let mut changed = Reads::default();
        // Inserted one by one: to collect a map would sort it first, which adds some kB to the
        // module.
        for (key, text) in self.values.iter() {
            changed.insert(key.clone(), text.as_ref().map(|text| change(key, text)));
        }
        for ListRead { range, entries } in &self.lists {
            let entries = entries.iter().map(|(key, text)| (key.clone(), change(key, text)));
            changed.insert_list(ListRead {
                range: range.clone(),
                entries: entries.collect(),
            });
        }
        changed
    }

    /// Every text that was read for a key.
    pub(crate) fn texts(&self, key: &str) -> impl Iterator<Item = &str> {
        let value = self.values.get(key).and_then(Option::as_deref);
        let entries = self.lists.iter().flat_map(|read| &read.entries);
        let listed = entries
            .filter(move |(listed, _)| listed == key)
            .map(|(_, text)| text.as_str());
        value.into_iter().chain(listed)
    }

    /// Every text that was read.
    pub(crate) fn all_texts(&self) -> impl Iterator<Item = &str> {
        let values = self.values.iter().filter_map(|(_, text)| text.as_deref());
        let entries = self.lists.iter().flat_map(|read| &read.entries);
        values.chain(entries.map(|(_, text)| text.as_str()))
    }

    fn require<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k str>,
        queue: Option<&str>,
    ) -> Result<(), Suspend> {
        let unread = keys.into_iter().filter(|key| !self.values.contains_key(*key));
        let keys: Vec<String> = unread.map(str::to_owned).collect();
        if keys.is_empty() {
            return Ok(());
        }
        Err(Suspend::Need(Box::new(ReadRequest {
            keys,
            list: None,
            queue: queue.map(str::to_owned),
            urgent: false,
        })))
    }
}

fn text(value: Value) -> Option<String> {
    if let Value::Text(text) = value {
        Some(text)
    } else {
        None
    }
}

fn list(value: Value) -> Option<Vec<Value>> {
    if let Value::List(items) = value {
        Some(items)
    } else {
        None
    }
}

/// The members of an object by name.
fn members<const N: usize>(value: Value, names: [&str; N]) -> Option<[Option<Value>; N]> {
    let Value::Map(entries) = value else { return None };
    let mut found = [const { None }; N];
    for (name, value) in entries {
        let at = names.iter().position(|known| *known == name)?;
        *found.get_mut(at)? = Some(value);
    }
    Some(found)
}

/// The reason why a plan stopped before its answer. Through `?` an operation reads as if every
/// value were available.
#[derive(Debug)]
pub enum Suspend {
    /// A key or range has not been read.
    Need(Box<ReadRequest>),
    /// Immutable values have to be in the store first.
    Prepare(Vec<Write>),
    /// The operation is refused.
    Refuse(Refusal),
}

impl Suspend {
    /// The same, with its request changed.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut ReadRequest)) -> Suspend {
        if let Suspend::Need(need) = &mut self {
            change(need);
        }
        self
    }
}

impl From<Refusal> for Suspend {
    fn from(refusal: Refusal) -> Suspend {
        Suspend::Refuse(refusal)
    }
}

impl<A> From<Suspend> for Plan<A> {
    fn from(suspend: Suspend) -> Plan<A> {
        match suspend {
            Suspend::Need(need) => Plan::Need(*need),
            Suspend::Prepare(writes) => Plan::Prepare { writes },
            Suspend::Refuse(refusal) => Plan::Refuse(refusal),
        }
    }
}
