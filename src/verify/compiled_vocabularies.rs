//! Vocabularies as runs of a catalog's indices, so that a grant over one is copied by words.

use std::cell::RefCell;

use crate::catalog::Permissions;
use crate::codec::decode::{DecodeError, decode};
use crate::codec::same_bytes::are_same;
use crate::codec::sort::sorted_by;
use crate::model::coded_list::read_held;
use crate::model::coded_list::{CodedText, Vocabularies};
use crate::value::permission::{Permission, PermissionSet, vocabulary};

/// How many vocabularies are kept. A grant has far fewer.
const MAX: usize = 256;

/// How many lists are kept with their sets, and the longest that is kept, in bytes.
const MAX_SETS: usize = 64;
const MAX_LIST: usize = 32_768;

/// The vocabularies to which the records refer that were read. Each is named by the hash of its
/// text, so it cannot be stale.
#[derive(Debug, Default)]
pub(super) struct CompiledVocabularies {
    all: Vec<Compiled>,
    /// The lists that were read last, with the sets that they mean by the catalog, the last used
    /// first.
    sets: RefCell<Vec<(String, PermissionSet)>>,
}

#[derive(Debug)]
struct Compiled {
    name: String,
    size: usize,
    runs: Vec<Run>,
    /// The ids that are no longer in the catalog, by their places.
    past: Vec<(usize, Permission)>,
}

/// Ids that follow each other in the vocabulary and in the catalog.
#[derive(Debug)]
struct Run {
    /// The place of the first in the vocabulary.
    from: usize,
    /// Its index in the catalog.
    to: usize,
    count: usize,
}

impl CompiledVocabularies {
    /// Whether a vocabulary is kept.
    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Compiles the stored text of a vocabulary.
    ///
    /// # Errors
    /// When the text does not have the name, or is no vocabulary.
    pub(super) fn compile(
        &mut self,
        name: &str,
        text: &str,
        catalog: &Permissions,
    ) -> Result<(), DecodeError> {
        let ids = vocabulary::read(name, text)?;
        if self.has(name) {
            return Ok(());
        }
        let (mut runs, mut past): (Vec<Run>, Vec<_>) = Default::default();
        for (from, id) in ids.iter().enumerate() {
            let Some(to) = catalog.index(id) else {
                past.push((from, Permission::parse(id).map_err(|_| DecodeError)?));
                continue;
            };
            match runs.last_mut() {
                Some(run) if from == run.from + run.count && to == run.to + run.count => run.count += 1,
                _ => runs.push(Run { from, to, count: 1 }),
            }
        }
        self.all.push(Compiled {
            name: name.to_owned(),
            size: ids.len(),
            runs,
            past,
        });
        Ok(())
    }

    /// The ids of a stored list, also those that are no longer in the catalog.
    ///
    /// # Errors
    /// If the text is no list, or a vocabulary is not at hand.
    pub(super) fn ids(&self, list: &str, catalog: &Permissions) -> Result<Vec<Permission>, DecodeError> {
        let Some(coded) = CodedText::read(list) else {
            return decode(list);
        };
        let mut ids = Vec::new();
        for (name, held) in coded.parts() {
            let compiled = self.find(name).ok_or(DecodeError)?;
            let held = read_held(held, compiled.size).ok_or(DecodeError)?;
            let mut known = catalog.nothing();
            compiled.copy(&held, &mut known);
            ids.extend(catalog.ids(&known));
            ids.extend(compiled.past(&held));
        }
        Ok(sorted_by(ids, Permission::cmp))
    }

    /// Whether the set of a coded list is kept: then its vocabularies are not needed.
    pub(super) fn has_set(&self, list: &str) -> bool {
        self.sets
            .borrow()
            .iter()
            .any(|(kept, _)| are_same(kept.as_bytes(), list.as_bytes()))
    }

    /// Drops all.
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.sets.get_mut().clear();
    }

    /// Drops all if there are too many.
    pub(super) fn trim(&mut self) {
        if self.all.len() > MAX {
            self.clear();
        }
    }

    fn find(&self, name: &str) -> Option<&Compiled> {
        self.all.iter().find(|known| known.name == name)
    }
}

impl Vocabularies for CompiledVocabularies {
    fn add_held(
        &self,
        name: &str,
        held: Option<&str>,
        _: &Permissions,
        to: &mut PermissionSet,
        past: &mut Vec<Permission>,
    ) -> Option<()> {
        let compiled = self.find(name)?;
        let held = read_held(held, compiled.size)?;
        compiled.copy(&held, to);
        past.extend(compiled.past(&held));
        Some(())
    }

    fn kept_set(&self, list: &str) -> Option<PermissionSet> {
        let mut sets = self.sets.borrow_mut();
        let is_list = |(kept, _): &(String, _)| are_same(kept.as_bytes(), list.as_bytes());
        let at = sets.iter().position(is_list)?;
        sets.get_mut(..=at)?.rotate_right(1);
        sets.first().map(|(_, set)| set.clone())
    }

    fn keep_set(&self, list: &str, set: &PermissionSet) {
        if list.len() > MAX_LIST {
            return;
        }
        let mut sets = self.sets.borrow_mut();
        sets.truncate(MAX_SETS - 1);
        sets.insert(0, (list.to_owned(), set.clone()));
    }
}

impl Compiled {
    /// What is held and no longer in the catalog.
    fn past(&self, held: &PermissionSet) -> impl Iterator<Item = Permission> {
        let past = self.past.iter().filter(|(at, _)| held.contains(*at));
        past.map(|(_, id)| id.clone())
    }

    /// Adds what is held to a set over the catalog.
    fn copy(&self, held: &PermissionSet, to: &mut PermissionSet) {
        for run in &self.runs {
            to.insert_run(run.to, held, run.from..run.from + run.count);
        }
    }
}
