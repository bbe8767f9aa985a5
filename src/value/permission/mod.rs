//! Permissions, patterns over permissions, and sets of permissions.

mod pattern;
mod set;

use std::fmt;

use serde::Serialize;

pub use pattern::Pattern;
pub use set::{Indices, PermissionSet};

use crate::codec::decode::decode_by_parsing;
use crate::input::{message, quote};

const MAX_SEGMENTS: usize = 8;
const MAX_SEGMENT_LENGTH: usize = 64;

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
    /// Parses at most 8 segments of 1 to 64 letters, digits and `._-`.
    ///
    /// # Errors
    /// If the text is no such path.
    pub fn parse(text: &str) -> Result<Permission, String> {
        parse_segments(text, parse_segment)?;
        Ok(Permission(text.to_owned()))
    }

    /// The permission `above` with one more segment.
    ///
    /// # Errors
    /// If `segment` is invalid, or if there are too many segments.
    pub(crate) fn below(above: &str, segment: &str) -> Result<Permission, String> {
        parse_segment(segment)?;
        if above.split(':').count() >= MAX_SEGMENTS {
            return Err(message!("has more than {MAX_SEGMENTS} segments above and in it"));
        }
        Ok(Permission([above, segment].join(":")))
    }

    /// The permission as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

decode_by_parsing!(Permission);

/// Checks one segment of a permission, such as the id of a service.
///
/// # Errors
/// If it is empty, too long, or has a character other than letters, digits and `._-`.
pub fn parse_segment(segment: &str) -> Result<(), String> {
    parse_segment_of(segment, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
    })
}

fn parse_segment_of(segment: &str, allowed: impl Fn(u8) -> bool) -> Result<(), String> {
    if segment.is_empty() {
        return Err(message!("has an empty segment"));
    }
    if segment.len() > MAX_SEGMENT_LENGTH {
        return Err(message!(
            "has a segment of more than {MAX_SEGMENT_LENGTH} characters"
        ));
    }
    if segment.bytes().all(&allowed) {
        return Ok(());
    }
    match segment.chars().find(|c| !u8::try_from(*c).is_ok_and(&allowed)) {
        Some('*') => Err(message!("has a pattern where an exact permission is needed")),
        refused => Err(message!(
            "has the character {:?}; segments have letters, digits and . _ -",
            refused.unwrap_or_default()
        )),
    }
}

fn parse_segments<'t>(
    text: &'t str,
    mut each: impl FnMut(&'t str) -> Result<(), String>,
) -> Result<(), String> {
    let of = |problem: String| message!("{} {problem}", quote(text));
    let mut segments = 0;
    for segment in text.split(':') {
        segments += 1;
        if segments > MAX_SEGMENTS {
            return Err(of(message!("has more than {MAX_SEGMENTS} segments")));
        }
        each(segment).map_err(of)?;
    }
    Ok(())
}
