//! The stored form of a long list of permissions: for each vocabulary that it has some of, which.
//!
//! ```json
//! {"coded":[{"vocabulary":"<name>","held":"gH_…"},{"vocabulary":"<name>"}]}
//! ```
//! `held` has one bit for each id ([`held`](crate::value::permission)); without it all are held.
//! `listed` has what is in no vocabulary, such as the patterns of a selection.

use std::sync::Arc;

use crate::catalog::Permissions;
use crate::codec::canonical::{Items, Schema, Shape, Spans, optional, required};
use crate::codec::decode::DecodeError;
use crate::value::permission::vocabulary::is_name;
use crate::value::permission::{Permission, PermissionSet, Vocabulary, held};

/// The places of the members.
const LISTED: usize = 0;
const CODED: usize = 1;
const VOCABULARY: usize = 0;
const HELD: usize = 1;

const PART: &Schema = &[
    required("vocabulary", Shape::Text(is_name)).noted(VOCABULARY),
    optional("held", Shape::Text(held::is)).noted(HELD),
];

const PARTS: Shape = Shape::List(&Shape::Value(|text| Spans::<2>::read(text, PART).is_ok()));

const SCHEMA: &Schema = &[
    optional("listed", Shape::List(&Shape::Text(|_| true))).noted(LISTED),
    required("coded", PARTS).noted(CODED),
];

/// A coded list of permissions, in place of the list itself.
pub(crate) const CODED_PERMISSIONS: Shape =
    Shape::Value(|text| CodedText::read(text).is_some_and(|coded| coded.listed.is_none()));

/// A coded list of the choices of a selection.
pub(crate) const CODED_CHOICES: Shape = Shape::Value(|text| CodedText::read(text).is_some());

/// The vocabularies that are at hand.
pub trait Vocabularies {
    /// Adds to a set what a list holds of a vocabulary: all, if `held` is absent; and to `past` the
    /// ids that are no longer in the catalog. `None` if the vocabulary is not at hand, or `held` is
    /// not of its size.
    fn add_held(
        &self,
        name: &str,
        held: Option<&str>,
        catalog: &Permissions,
        to: &mut PermissionSet,
        past: &mut Vec<Permission>,
    ) -> Option<()>;

    /// The set of a list, if [`keep_set`](Vocabularies::keep_set) had it.
    fn kept_set(&self, _list: &str) -> Option<PermissionSet> {
        None
    }

    /// Takes the set of a list, which it may keep.
    fn keep_set(&self, _list: &str, _set: &PermissionSet) {}
}

/// The vocabularies of a plan, with their ids.
pub trait FindVocabulary {
    /// The vocabulary with a name, if it is at hand.
    fn find(&self, name: &str) -> Option<Arc<Vocabulary>>;
}

/// No vocabularies.
#[derive(Clone, Copy, Debug)]
pub struct NoVocabularies;

impl FindVocabulary for NoVocabularies {
    fn find(&self, _: &str) -> Option<Arc<Vocabulary>> {
        None
    }
}

impl Vocabularies for NoVocabularies {
    fn add_held(
        &self,
        _: &str,
        _: Option<&str>,
        _: &Permissions,
        _: &mut PermissionSet,
        _: &mut Vec<Permission>,
    ) -> Option<()> {
        None
    }
}

/// The text of a coded list, and where its members are.
pub(crate) struct CodedText<'t> {
    pub(crate) listed: Option<&'t str>,
    parts: &'t str,
}

impl<'t> CodedText<'t> {
    /// Reads the text of a list; `None` if the list is not coded, or not well-formed.
    pub(crate) fn read(text: &'t str) -> Option<CodedText<'t>> {
        if !text.starts_with('{') {
            return None;
        }
        let spans = Spans::<2>::read(text, SCHEMA).ok()?;
        Some(CodedText {
            listed: spans.raw(text, LISTED),
            parts: spans.raw(text, CODED)?,
        })
    }

    /// The vocabularies, each with what is held of it.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&'t str, Option<&'t str>)> {
        Items::of(self.parts).filter_map(|part| {
            let spans = Spans::<2>::read(part, PART).ok()?;
            Some((
                unquoted(spans.raw(part, VOCABULARY)?)?,
                spans.raw(part, HELD).and_then(unquoted),
            ))
        })
    }
}

/// What a list holds of a vocabulary with `size` ids; all, if the text is absent. `None` if the
/// text is not of that size, or says what its absence would.
pub(crate) fn read_held(text: Option<&str>, size: usize) -> Option<PermissionSet> {
    let Some(text) = text else {
        return Some(PermissionSet::full(size));
    };
    let held = held::read(text, size)?;
    (1..size).contains(&held.len()).then_some(held)
}

/// The set of a stored list of permissions, as [`Permissions::set_of`] has it.
///
/// # Errors
/// If a vocabulary is not at hand, or less was stored of it.
pub(crate) fn set_of_list(
    text: &str,
    catalog: &Permissions,
    vocabularies: &dyn Vocabularies,
) -> Result<PermissionSet, DecodeError> {
    if let Some(kept) = vocabularies.kept_set(text) {
        return Ok(kept);
    }
    let Some(coded) = CodedText::read(text) else {
        let set = catalog.set_of(Items::of(text).texts());
        vocabularies.keep_set(text, &set);
        return Ok(set);
    };
    let (mut set, mut past) = (catalog.nothing(), Vec::new());
    for (name, held) in coded.parts() {
        vocabularies
            .add_held(name, held, catalog, &mut set, &mut past)
            .ok_or(DecodeError)?;
    }
    catalog.insert_renamed(&mut set, &past);
    vocabularies.keep_set(text, &set);
    Ok(set)
}

/// A string without escapes.
fn unquoted(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.strip_suffix('"')
}
