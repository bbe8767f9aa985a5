//! The vocabularies that the stored lists of a plan refer to: those of the catalog, which need no
//! read, and those of earlier catalogs.

use std::sync::Arc;

use super::keys;
use super::plan::{ReadRequest, Reads, Suspend, Write};
use crate::catalog::{Catalog, Permissions};
use crate::input::{ErrorCode, Refusal};
use crate::model::coded_list::Vocabularies;
use crate::model::coded_list::{FindVocabulary, read_held};
use crate::value::permission::vocabulary::named_in;
use crate::value::permission::{Permission, PermissionSet, Vocabulary};

/// The most bytes of one commit of vocabularies.
const MAX_COMMIT: usize = 1_000_000;

/// The most writes of one.
const MAX_WRITES: usize = 16;

/// The vocabularies of a catalog, and those that were read.
#[derive(Debug)]
pub struct StoredVocabularies<'c> {
    catalog: &'c Catalog,
    read: Vec<Arc<Vocabulary>>,
}

impl<'c> StoredVocabularies<'c> {
    /// The vocabularies to which the texts refer that were read.
    ///
    /// A vocabulary that is absent or damaged is not at hand, so a list that refers to it is
    /// damaged too.
    ///
    /// # Errors
    /// [`Suspend::Need`] for those that have not been read.
    pub fn of(catalog: &'c Catalog, reads: &Reads) -> Result<StoredVocabularies<'c>, Suspend> {
        let mut read: Vec<Arc<Vocabulary>> = Vec::new();
        let mut missing: Vec<String> = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        for name in reads.all_texts().flat_map(named_in) {
            if seen.contains(&name) || catalog.vocabulary(name).is_some() {
                continue;
            }
            seen.push(name);
            let key = keys::vocabulary(name);
            match reads.get([&key]) {
                Ok([text]) => {
                    let vocabulary = text.and_then(|text| Vocabulary::parse(name, text).ok());
                    read.extend(vocabulary.map(Arc::new));
                }
                Err(_) => missing.push(key),
            }
        }
        if missing.is_empty() {
            return Ok(StoredVocabularies { catalog, read });
        }
        Err(Suspend::Need(Box::new(ReadRequest {
            keys: missing,
            ..ReadRequest::default()
        })))
    }
}

impl FindVocabulary for StoredVocabularies<'_> {
    fn find(&self, name: &str) -> Option<Arc<Vocabulary>> {
        let mut read = self.read.iter();
        let found = read.find(|vocabulary| vocabulary.name() == name);
        found.or_else(|| self.catalog.vocabulary(name)).cloned()
    }
}

impl Vocabularies for StoredVocabularies<'_> {
    fn add_held(
        &self,
        name: &str,
        held: Option<&str>,
        catalog: &Permissions,
        to: &mut PermissionSet,
        past: &mut Vec<Permission>,
    ) -> Option<()> {
        let vocabulary = self.find(name)?;
        let ids = vocabulary.ids();
        let held = read_held(held, ids.len())?;
        for id in held.iter().filter_map(|at| ids.get(at)) {
            match catalog.index(id.as_str()) {
                Some(index) => drop(to.insert(index)),
                None => past.push(id.clone()),
            }
        }
        Some(())
    }
}

fn damaged(key: &str) -> Refusal {
    let message = format!("the value of {key} in the store is damaged; restore it from a backup");
    Refusal::new(ErrorCode::StoreUnavailable, message)
}

/// Requires that the store has the vocabularies to which lists will refer.
///
/// They are committed before the lists are: an immutable value is right at any time, and all of
/// them may not fit into one commit.
///
/// # Errors
/// [`Suspend::Need`] to see which the store has; [`Suspend::Prepare`] for those that it lacks.
/// [`Suspend::Refuse`] if a stored one is damaged.
pub(crate) fn require_stored(vocabularies: &[Arc<Vocabulary>], reads: &Reads) -> Result<(), Suspend> {
    let mut wanted: Vec<(String, &Vocabulary)> = Vec::new();
    for vocabulary in vocabularies {
        let key = keys::vocabulary(vocabulary.name());
        if wanted.iter().all(|(known, _)| *known != key) {
            wanted.push((key, vocabulary));
        }
    }
    let names: Vec<String> = wanted.iter().map(|(key, _)| key.clone()).collect();
    let stored = reads.get_all(&names)?;
    let (mut writes, mut size) = (Vec::new(), 0);
    for ((key, vocabulary), stored) in wanted.into_iter().zip(stored) {
        match stored {
            Some(text) if text == vocabulary.to_text() => {}
            Some(_) => return Err(damaged(&key).into()),
            None => {
                let text = vocabulary.to_text();
                size += key.len() + text.len();
                if size > MAX_COMMIT || writes.len() >= MAX_WRITES {
                    break;
                }
                writes.push(Write::create(key, text));
            }
        }
    }
    if writes.is_empty() {
        return Ok(());
    }
    Err(Suspend::Prepare(writes))
}
