//! A vocabulary: a part of a catalog's permissions, which the store has once and many long lists
//! refer to. Its name is the hash of its text, so it never changes.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::Permission;
use crate::codec::canonical::{Schema, Shape, Spans, required};
use crate::codec::decode::DecodeError;
use crate::codec::json::{ObjectText, texts};
use crate::value::credential::{Digest as Hexadecimal, hex};

/// The value of `vocab/<name>`: `{"v":1,"ids":["messages:read","messages:send"]}`.
const SCHEMA: &Schema = &[
    required("v", Shape::Whole(1, 1)),
    required("ids", Shape::List(&Shape::Text(Permission::is))).noted(0),
];

/// Where a stored list refers to a vocabulary.
const REFERENCE: &str = "\"vocabulary\":\"";

/// The length of a name.
const NAME: usize = 64;

/// Some permissions in ascending order, by the name that stored lists have for them.
///
/// They are exact ids: a list over a vocabulary means the same whatever becomes of the catalog.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    name: String,
    ids: Vec<Permission>,
}

impl Vocabulary {
    /// The vocabulary of permissions, which ascend.
    #[must_use]
    pub fn new(ids: Vec<Permission>) -> Vocabulary {
        Vocabulary {
            name: name_of(&text_of(&ids)),
            ids,
        }
    }

    /// Reads the stored text of the vocabulary with a name.
    ///
    /// # Errors
    /// When the text does not have the name, or is no vocabulary.
    pub fn parse(name: &str, text: &str) -> Result<Vocabulary, DecodeError> {
        let ids = read(name, text)?
            .iter()
            .map(|id| Permission::parse(id).map_err(|_| DecodeError))
            .collect::<Result<_, _>>()?;
        Ok(Vocabulary {
            name: name.to_owned(),
            ids,
        })
    }

    /// The name: SHA-256 of the stored text, as 64 lower-case hexadecimal characters.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The permissions, ascending.
    #[must_use]
    pub fn ids(&self) -> &[Permission] {
        &self.ids
    }

    /// The stored text.
    #[must_use]
    pub fn to_text(&self) -> String {
        text_of(&self.ids)
    }
}

/// The ids in the stored text of the vocabulary with a name.
///
/// # Errors
/// When the text does not have the name, or its ids are none or do not ascend.
pub(crate) fn read<'t>(name: &str, text: &'t str) -> Result<Vec<Cow<'t, str>>, DecodeError> {
    if name_of(text) != name {
        return Err(DecodeError);
    }
    let spans = Spans::<1>::read(text, SCHEMA)?;
    let ids: Vec<Cow<str>> = spans.items(text, 0).texts().collect();
    let ascend = ids.is_sorted_by(|one, next| one < next);
    (ascend && !ids.is_empty()).then_some(ids).ok_or(DecodeError)
}

/// Whether a text has the form of a name.
pub(crate) fn is_name(text: &str) -> bool {
    Hexadecimal::is_hex(text)
}

/// The names of vocabularies that a stored text may refer to. A text of a host that looks like a
/// reference is named too.
pub(crate) fn named_in(text: &str) -> impl Iterator<Item = &str> {
    let after = text.split(REFERENCE).skip(1);
    after.filter_map(|after| after.get(..NAME).filter(|name| is_name(name)))
}

fn name_of(text: &str) -> String {
    hex(&Sha256::digest(text))
}

fn text_of(ids: &[Permission]) -> String {
    let ids = texts(ids.iter().map(Permission::as_str));
    ObjectText::default()
        .whole("v", Some(1))
        .raw("ids", Some(&ids))
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(texts: &[&str]) -> Vec<Permission> {
        texts.iter().map(|id| Permission::parse(id).unwrap()).collect()
    }

    #[test]
    fn a_vocabulary_is_read_under_its_own_name_only() {
        let vocabulary = Vocabulary::new(ids(&["a:read", "a:write", "b:read"]));
        let text = vocabulary.to_text();
        assert_eq!(text, r#"{"v":1,"ids":["a:read","a:write","b:read"]}"#);
        let read = Vocabulary::parse(vocabulary.name(), &text).unwrap();
        assert_eq!(read.ids(), vocabulary.ids());
        let other = Vocabulary::new(ids(&["a:read"]));
        assert!(Vocabulary::parse(other.name(), &text).is_err());
    }

    #[test]
    fn what_is_no_vocabulary_is_refused_under_its_hash() {
        for text in [
            r#"{"v":1,"ids":[]}"#,
            r#"{"v":1,"ids":["b","a"]}"#,
            r#"{"v":1,"ids":["a","a"]}"#,
            r#"{"v":1,"ids":["a:*"]}"#,
            r#"{"v":2,"ids":["a"]}"#,
            r#"{"v":1, "ids":["a"]}"#,
            "",
        ] {
            assert!(Vocabulary::parse(&name_of(text), text).is_err(), "{text}");
        }
    }

    #[test]
    fn references_are_found_in_a_text() {
        let name = "ab".repeat(32);
        let text = format!(r#"{{"coded":[{{"vocabulary":"{name}"}},{{"vocabulary":"short"}}],"é":1}}"#);
        assert_eq!(named_in(&text).collect::<Vec<_>>(), [name]);
        assert_eq!(named_in("").count(), 0);
    }
}
