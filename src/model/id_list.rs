//! A list of permissions, or of the choices of a selection. A long one is stored by vocabularies
//! (`model/coded_list.rs`), so a grant of any number of permissions has a few kilobytes.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::coded_list::{CodedText, FindVocabulary, read_held};
use crate::catalog::Catalog;
use crate::codec::decode::{Decode, DecodeError, decode};
use crate::value::permission::{Permission, PermissionSet, Vocabulary, held};

/// A list with at least so many ids is stored by vocabularies.
pub const LONG: usize = 200;

/// A list of permissions, or of the choices of a selection.
#[derive(Clone, Debug)]
pub struct IdList<T> {
    listed: Vec<T>,
    coded: Vec<Coded>,
}

/// What a list has of one vocabulary; at least one id.
#[derive(Clone, Debug)]
struct Coded {
    vocabulary: Arc<Vocabulary>,
    held: PermissionSet,
}

impl IdList<Permission> {
    /// The list of a set of permissions of a catalog.
    #[must_use]
    pub fn of(set: &PermissionSet, catalog: &Catalog) -> IdList<Permission> {
        if set.len() < LONG {
            return IdList::listed(catalog.ids(set));
        }
        IdList {
            listed: Vec::new(),
            coded: coded(set, catalog),
        }
    }
}

impl IdList<String> {
    /// The list of the choices of a selection: permissions of a catalog, and patterns. Of a long
    /// list the patterns come first.
    #[must_use]
    pub fn of_choices(choices: Vec<String>, catalog: &Catalog) -> IdList<String> {
        if choices.len() < LONG {
            return IdList::listed(choices);
        }
        let mut set = catalog.nothing();
        let mut listed = Vec::new();
        for choice in choices {
            match catalog.index(&choice) {
                Some(index) => {
                    set.insert(index);
                }
                None => listed.push(choice),
            }
        }
        IdList {
            listed,
            coded: coded(&set, catalog),
        }
    }
}

/// What a set has of each vocabulary of its catalog.
fn coded(set: &PermissionSet, catalog: &Catalog) -> Vec<Coded> {
    let parts = catalog.vocabularies().iter().map(|part| {
        let size = part.vocabulary.ids().len();
        let mut held = PermissionSet::empty(size);
        held.insert_run(0, set, part.first..part.first + size);
        Coded {
            vocabulary: Arc::clone(&part.vocabulary),
            held,
        }
    });
    parts.filter(|part| !part.held.is_empty()).collect()
}

impl<T: AsRef<str>> IdList<T> {
    /// A list that is stored as it is.
    #[must_use]
    pub fn listed(ids: Vec<T>) -> IdList<T> {
        IdList {
            listed: ids,
            coded: Vec::new(),
        }
    }

    /// The ids: of permissions ascending.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let coded = self.coded.iter().flat_map(Coded::ids).map(Permission::as_str);
        self.listed.iter().map(AsRef::as_ref).chain(coded)
    }

    /// The number of ids.
    #[must_use]
    pub fn len(&self) -> usize {
        let coded = self.coded.iter().map(|part| part.held.len());
        self.listed.len() + coded.sum::<usize>()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty() && self.coded.is_empty()
    }

    /// Whether a permission is one of them. The list is one of permissions, which ascend.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        let listed = self.listed.binary_search_by(|known| known.as_ref().cmp(id));
        listed.is_ok() || self.coded.iter().any(|part| part.contains(id))
    }

    /// The vocabularies that the stored list names.
    pub fn vocabularies(&self) -> impl Iterator<Item = &Arc<Vocabulary>> {
        self.coded.iter().map(|part| &part.vocabulary)
    }
}

impl<T: AsRef<str> + From<Permission> + Clone> IdList<T> {
    /// All ids.
    #[must_use]
    pub fn to_vec(&self) -> Vec<T> {
        let coded = self.coded.iter().flat_map(Coded::ids).cloned().map(T::from);
        self.listed.iter().cloned().chain(coded).collect()
    }

    /// The same list, with every id in its text.
    #[must_use]
    pub fn written_out(&self) -> IdList<T> {
        IdList::listed(self.to_vec())
    }
}

#[allow(private_bounds)] // Callers outside read whole records.
impl<T: Decode> IdList<T> {
    /// Reads the stored text of a list.
    ///
    /// # Errors
    /// If it is none, or names a vocabulary that is not at hand.
    pub(crate) fn of_text(text: &str, vocabularies: &dyn FindVocabulary) -> Result<IdList<T>, DecodeError> {
        let Some(text) = CodedText::read(text) else {
            return Ok(IdList {
                listed: decode(text)?,
                coded: Vec::new(),
            });
        };
        let coded = text.parts().map(|(name, held)| {
            let vocabulary = vocabularies.find(name)?;
            let held = read_held(held, vocabulary.ids().len())?;
            Some(Coded { vocabulary, held })
        });
        let coded = coded.collect::<Option<Vec<_>>>();
        Ok(IdList {
            listed: text.listed.map_or(Ok(Vec::new()), decode)?,
            coded: coded.ok_or(DecodeError)?,
        })
    }
}

impl Coded {
    fn ids(&self) -> impl Iterator<Item = &Permission> {
        let ids = self.vocabulary.ids();
        self.held.iter().filter_map(|at| ids.get(at))
    }

    fn contains(&self, id: &str) -> bool {
        let ids = self.vocabulary.ids();
        let at = ids.binary_search_by(|known| known.as_str().cmp(id));
        at.is_ok_and(|at| self.held.contains(at))
    }
}

/// Whether the ids are the same, however they are stored.
impl<T: AsRef<str>> PartialEq for IdList<T> {
    fn eq(&self, other: &IdList<T>) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: AsRef<str>> Eq for IdList<T> {}

/// The stored form.
impl<T: Serialize> Serialize for IdList<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.coded.is_empty() {
            return self.listed.serialize(serializer);
        }
        Stored {
            listed: &self.listed,
            coded: &self.coded,
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct Stored<'l, T> {
    #[serde(skip_serializing_if = "<[T]>::is_empty")]
    listed: &'l [T],
    coded: &'l [Coded],
}

impl Serialize for Coded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let size = self.vocabulary.ids().len();
        StoredPart {
            vocabulary: self.vocabulary.name(),
            held: (self.held.len() < size).then(|| held::write(&self.held, size)),
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct StoredPart<'l> {
    vocabulary: &'l str,
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<String>,
}
