//! Permissions, patterns over permissions, and sets of permissions.

pub(crate) mod held;
mod pattern;
mod set;
pub(crate) mod vocabulary;

use std::error::Error;
use std::fmt;

use serde::Serialize;

pub use pattern::Pattern;
pub use set::{Indices, PermissionSet};
pub use vocabulary::Vocabulary;

use crate::codec::decode::decode_by_parsing;
use crate::input::{Detail, write_help};

const MAX_SEGMENTS: usize = 12;
const MAX_SEGMENT_LENGTH: usize = 128;

/// A permission: segments joined by `:`, such as `messages:send`. Exact and case-sensitive.
///
/// ```
/// use leastkey::value::permission::Permission;
/// assert!(Permission::parse("messages:send").is_ok());
/// assert!(Permission::parse("messages:*").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Permission(String);

impl Permission {
    /// Parses at most 12 segments of 1 to 128 letters, digits and `._-`.
    ///
    /// # Errors
    /// If the text is no such path.
    pub fn parse(text: &str) -> Result<Permission, PermissionError> {
        if !Permission::is(text) {
            parse_segments(text, parse_segment)?;
        }
        Ok(Permission(text.to_owned()))
    }

    /// Whether a text is a permission. Of stored texts, most bytes are in one.
    pub(crate) fn is(text: &str) -> bool {
        let (mut segments, mut length) = (1, 0);
        for byte in text.bytes() {
            if byte == b':' {
                segments += 1;
                if length == 0 {
                    return false;
                }
                length = 0;
            } else if is_segment_byte(byte) && length < MAX_SEGMENT_LENGTH {
                length += 1;
            } else {
                return false;
            }
        }
        length > 0 && segments <= MAX_SEGMENTS
    }

    /// The permission `above` with one more segment.
    ///
    /// # Errors
    /// If `segment` is invalid, or if there are too many segments.
    pub(crate) fn below(above: &str, segment: &str) -> Result<Permission, PermissionError> {
        parse_segment(segment).map_err(PermissionError::Segment)?;
        if above.split(':').count() >= MAX_SEGMENTS {
            return Err(PermissionError::TooDeep);
        }
        Ok(Permission([above, segment].join(":")))
    }

    /// The permission as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Permission> for String {
    fn from(permission: Permission) -> String {
        permission.0
    }
}

impl AsRef<str> for Permission {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

decode_by_parsing!(Permission);

/// Why a text is no [`Permission`] or [`Pattern`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PermissionError {
    /// A segment of the text is invalid.
    InText(Detail, SegmentError),
    /// The text has more than 12 segments.
    TooManySegments(Detail),
    /// The new segment below another permission is invalid.
    Segment(SegmentError),
    /// The new segment and those above it are more than 12.
    TooDeep,
}

impl fmt::Display for PermissionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PermissionError::InText(text, error) => {
                text.fmt(formatter)?;
                write!(formatter, " {error}")
            }
            PermissionError::TooManySegments(text) => {
                text.fmt(formatter)?;
                write!(formatter, " has more than {MAX_SEGMENTS} segments")
            }
            PermissionError::Segment(error) => error.fmt(formatter),
            PermissionError::TooDeep => {
                write!(formatter, "has more than {MAX_SEGMENTS} segments above and in it")
            }
        }
    }
}

impl Error for PermissionError {}

/// Why a text is no segment of a [`Permission`] or [`Pattern`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentError {
    /// It is empty.
    Empty,
    /// It has more than 128 characters.
    TooLong,
    /// It has a `*` and must be exact.
    Star,
    /// It has a `**` and is longer than that.
    DoubleStar,
    /// It has a character that a segment may not have.
    Character(char),
}

impl SegmentError {
    /// What would be right, where the message does not say it.
    #[must_use]
    pub fn help(self) -> Option<&'static str> {
        match self {
            SegmentError::DoubleStar => Some("write \"**\" for whole segments, \"*\" for part of one"),
            SegmentError::Character(_) => Some("segments have letters, digits and . _ -"),
            SegmentError::Empty | SegmentError::TooLong | SegmentError::Star => None,
        }
    }
}

impl fmt::Display for SegmentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SegmentError::Empty => formatter.write_str("has an empty segment"),
            SegmentError::TooLong => write!(
                formatter,
                "has a segment of more than {MAX_SEGMENT_LENGTH} characters"
            ),
            SegmentError::Star => formatter.write_str("has a pattern where an exact permission is needed"),
            SegmentError::DoubleStar => formatter.write_str("has \"**\" inside a segment"),
            SegmentError::Character(refused) => write!(formatter, "has the character {refused:?}"),
        }?;
        write_help(formatter, self.help())
    }
}

impl Error for SegmentError {}

/// Checks one segment of a permission, such as the id of a service.
///
/// # Errors
/// If it is empty, too long, or has a character other than letters, digits and `._-`.
pub fn parse_segment(segment: &str) -> Result<(), SegmentError> {
    parse_segment_of(segment, is_segment_byte)
}

/// Whether a segment may have the byte.
fn is_segment_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

fn parse_segment_of(segment: &str, allowed: impl Fn(u8) -> bool) -> Result<(), SegmentError> {
    if segment.is_empty() {
        return Err(SegmentError::Empty);
    }
    if segment.len() > MAX_SEGMENT_LENGTH {
        return Err(SegmentError::TooLong);
    }
    if segment.bytes().all(&allowed) {
        return Ok(());
    }
    match segment.chars().find(|c| !u8::try_from(*c).is_ok_and(&allowed)) {
        Some('*') => Err(SegmentError::Star),
        refused => Err(SegmentError::Character(refused.unwrap_or_default())),
    }
}

fn parse_segments<'t>(
    text: &'t str,
    mut each: impl FnMut(&'t str) -> Result<(), SegmentError>,
) -> Result<(), PermissionError> {
    let mut segments = 0;
    for segment in text.split(':') {
        segments += 1;
        if segments > MAX_SEGMENTS {
            return Err(PermissionError::TooManySegments(Detail::quoted(text)));
        }
        each(segment).map_err(|error| PermissionError::InText(Detail::quoted(text), error))?;
    }
    Ok(())
}
