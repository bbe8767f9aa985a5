//! The names of tokens, and other short texts that are shown on a screen or in a log.

use crate::codec::host::nfc;
use std::error::Error;
use std::fmt;

use serde::Serialize;

use super::credential::TokenId;
use super::resource::Resource;
use crate::codec::decode::{decode_by_parsing, placeholder_inside};

/// The most characters (Unicode scalar values) of a name.
const MAX_NAME_LENGTH: usize = 100;

/// The most characters of the id of an actor or subject.
const MAX_IDENTITY_LENGTH: usize = 200;

/// The most characters of a tag.
const MAX_TAG_LENGTH: usize = 50;

/// The most characters of a reason or description.
const MAX_REASON_LENGTH: usize = 500;

/// The name of a token: 1 to 100 characters in NFC, on one line, without characters that hide or
/// reorder others.
///
/// ```
/// use leastkey::value::name::Name;
/// assert_eq!(Name::parse("Cafe\u{301}").unwrap().as_str(), "Café");
/// assert!(Name::parse("pay\u{202e}load").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Name(String);

impl Name {
    /// Whether a text is one, in its stored form.
    pub(crate) fn is(text: &str) -> bool {
        is_stored_line(text, MAX_NAME_LENGTH)
    }

    /// Parses a name and normalises it to NFC.
    ///
    /// # Errors
    /// If it is empty or too long, starts or ends with white space, or has a character that a name
    /// may not have.
    pub fn parse(text: &str) -> Result<Name, TextError> {
        line(text, MAX_NAME_LENGTH).map(Name)
    }

    /// The name in NFC.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The host's id of an actor or subject. Opaque text of 1 to 200 characters, compared exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity(String);

impl Identity {
    /// Whether a text is one, in its stored form.
    pub(crate) fn is(text: &str) -> bool {
        is_stored_line(text, MAX_IDENTITY_LENGTH)
    }

    /// The actor of the host's own maintenance.
    pub(crate) fn maintenance() -> Identity {
        Identity("leastkey".to_owned())
    }

    /// A token as an actor.
    pub(crate) fn of_token(id: &TokenId) -> Identity {
        Identity(format!("token:{id}"))
    }

    /// A technical user or an owner as an actor, for a token that acts on its behalf.
    ///
    /// # Errors
    /// If the resource is longer than an identity may be.
    pub(crate) fn of_resource(resource: &Resource) -> Result<Identity, TextError> {
        Identity::parse(resource.as_str())
    }

    /// Parses an id that the host passed.
    ///
    /// # Errors
    /// As [`Name::parse`], with 200 characters. Also if the text is not in NFC: an id is compared
    /// exactly and must not be changed.
    pub fn parse(text: &str) -> Result<Identity, TextError> {
        let normal = line(text, MAX_IDENTITY_LENGTH)?;
        if normal != text {
            return Err(TextError::NotNormal);
        }
        Ok(Identity(normal))
    }

    /// The id as the host passed it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The reason of a revocation: 1 to 500 characters, on one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason(String);

impl Reason {
    /// Whether a text is one, in its stored form.
    pub(crate) fn is(text: &str) -> bool {
        is_stored_line(text, MAX_REASON_LENGTH)
    }

    /// Parses a reason and normalises it to NFC.
    ///
    /// # Errors
    /// As [`Name::parse`], with 500 characters.
    pub fn parse(text: &str) -> Result<Reason, TextError> {
        line(text, MAX_REASON_LENGTH).map(Reason)
    }
}

/// The purpose of a token, on one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Description(String);

impl Description {
    /// Whether a text is one, in its stored form.
    pub(crate) fn is(text: &str) -> bool {
        is_stored_line(text, MAX_REASON_LENGTH)
    }

    /// Parses a description: 1 to 500 characters, otherwise like a [`Name`].
    ///
    /// # Errors
    /// As [`Name::parse`], with 500 characters.
    pub fn parse(text: &str) -> Result<Description, TextError> {
        line(text, MAX_REASON_LENGTH).map(Description)
    }
}

/// A tag, by which managers group tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tag(String);

impl Tag {
    /// Whether a text is one, in its stored form.
    pub(crate) fn is(text: &str) -> bool {
        is_stored_line(text, MAX_TAG_LENGTH)
    }

    /// Parses a tag: 1 to 50 characters, otherwise like a [`Name`].
    ///
    /// # Errors
    /// As [`Name::parse`], with 50 characters.
    pub fn parse(text: &str) -> Result<Tag, TextError> {
        line(text, MAX_TAG_LENGTH).map(Tag)
    }
}

decode_by_parsing!(Identity);
decode_by_parsing!(normal Name, Reason, Description, Tag);
placeholder_inside!(Name, Identity);

macro_rules! display_as_written {
    ($($kind:ty),*) => {$(
        impl fmt::Display for $kind {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    )*};
}
display_as_written!(Name, Identity, Reason, Description, Tag);

/// Why a text is no [`Name`], [`Identity`], [`Reason`], [`Description`] or [`Tag`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextError {
    /// It is empty.
    Empty,
    /// It has more than the most characters.
    TooLong {
        /// Its characters in NFC.
        length: usize,
        /// The most characters.
        longest: usize,
    },
    /// It is so much too long that its characters were not counted.
    FarTooLong {
        /// The most characters.
        longest: usize,
    },
    /// It has a control character, or one that hides or reorders others.
    Character(char),
    /// It starts or ends with white space.
    OuterSpace,
    /// It is an [`Identity`] and not in NFC.
    NotNormal,
}

impl fmt::Display for TextError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TextError::Empty => formatter.write_str("is empty"),
            TextError::TooLong { length, longest } => write!(
                formatter,
                "has {length} characters; at most {longest} are allowed"
            ),
            TextError::FarTooLong { longest } => write!(formatter, "is longer than {longest} characters"),
            TextError::Character(refused) => write!(
                formatter,
                "has the character U+{:04X}, which is not allowed",
                u32::from(*refused)
            ),
            TextError::OuterSpace => formatter.write_str("starts or ends with white space"),
            TextError::NotNormal => formatter.write_str("must be in Unicode's normal form NFC"),
        }
    }
}

impl Error for TextError {}

/// Whether a text is stored as it is: [`line`] would not change it.
fn is_stored_line(text: &str, longest: usize) -> bool {
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain {
        let has_outer_space = text.starts_with(' ') || text.ends_with(' ');
        return (1..=longest).contains(&text.len()) && !has_outer_space;
    }
    line(text, longest).is_ok_and(|normal| normal == text)
}

/// Normalises one line of plain text to NFC and checks it.
fn line(text: &str, longest: usize) -> Result<String, TextError> {
    // A text that is far too long is not normalised. NFC can lengthen a text at most threefold (UAX
    // #15).
    if text.len() > longest * 12 {
        return Err(TextError::FarTooLong { longest });
    }
    // All characters below U+0300 are in NFC, and those from U+0300 on begin with a byte of 0xcc or
    // more.
    let text = if text.bytes().all(|byte| byte < 0xcc) {
        text.to_owned()
    } else {
        nfc(text)
    };
    let length = text.chars().count();
    if length == 0 {
        return Err(TextError::Empty);
    }
    if length > longest {
        return Err(TextError::TooLong { length, longest });
    }
    if let Some(refused) = text.chars().find(|c| hides(*c)) {
        return Err(TextError::Character(refused));
    }
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Err(TextError::OuterSpace);
    }
    Ok(text)
}

/// Whether a name may not have the character: control characters, line separators, invisible
/// characters, characters that reorder text (Unicode TR36 §2.10, Trojan Source), and the
/// replacement character U+FFFD.
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{2800}' | '\u{3164}' | '\u{FFA0}'
            | '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{FFFD}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_people_use() {
        for name in [
            "Nightly sender",
            "夜間バッチ",
            "مرسل ليلي",
            "👩‍💻 laptop",
            "<b>bold</b>",
            "a",
            "O'Brien & Söhne",
            "__proto__",
        ] {
            assert_eq!(Name::parse(name).unwrap().as_str(), name);
        }
        assert!(Name::parse(&"é".repeat(100)).is_ok());
    }

    #[test]
    fn names_that_hide_something() {
        for name in [
            "",
            " ",
            " lead",
            "trail ",
            "two\nlines",
            "nul\0",
            "\u{7f}",
            "\u{85}",
            "left\u{202e}right",
            "\u{2066}x",
            "zero\u{200b}width",
            "\u{feff}bom",
            "\u{fffd}",
            "tag\u{e0041}",
        ] {
            assert!(Name::parse(name).is_err(), "{name:?}");
        }
        assert!(Name::parse(&"é".repeat(101)).is_err());
        assert!(Name::parse(&"x".repeat(10_000_000)).is_err());
    }

    #[test]
    fn an_identity_is_never_changed() {
        assert!(Identity::parse("user:Café").is_ok());
        assert!(Identity::parse("user:Cafe\u{301}").is_err());
    }
}
