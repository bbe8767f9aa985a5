//! Patterns over permissions, and their matching.

use std::fmt;

use super::{MAX_SEGMENTS, PermissionError, SegmentError, parse_segment_of, parse_segments};

/// A pattern over permissions, in templates, roles and selections. `*` matches any run of
/// characters within a segment, also an empty one. `**` as a whole segment matches zero or more
/// segments.
///
/// ```
/// use leastkey::value::permission::Pattern;
/// let pattern = Pattern::parse("messages:*:read").unwrap();
/// assert!(pattern.matches("messages:templates:read"));
/// assert!(!pattern.matches("messages:read"));
/// assert!(Pattern::parse("**:read").unwrap().matches("messages:templates:read"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

/// The segment that matches zero or more segments.
const ANY_SEGMENTS: &str = "**";

impl Pattern {
    /// Parses a pattern. An exact permission is a pattern too.
    ///
    /// # Errors
    /// If the text without its stars is no permission, or if `**` is only part of a segment.
    pub fn parse(text: &str) -> Result<Pattern, PermissionError> {
        parse_segments(text, |segment| {
            let doubled = segment.as_bytes().windows(2).any(|pair| pair == b"**");
            if doubled && segment != ANY_SEGMENTS {
                return Err(SegmentError::DoubleStar);
            }
            parse_segment_of(segment, |byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'*')
            })
        })?;
        Ok(Pattern(text.to_owned()))
    }

    /// The literal text that every match starts with.
    pub(crate) fn literal_prefix(&self) -> &str {
        let literal = self.0.split('*').next().unwrap_or_default();
        // `**` can match no segment, and then there is no separator before it.
        let whole_segments = self
            .0
            .get(literal.len()..)
            .is_some_and(|rest| rest.starts_with(ANY_SEGMENTS));
        if whole_segments {
            literal.trim_end_matches(':')
        } else {
            literal
        }
    }

    /// Whether the only star is at the very end, as in most patterns. A match is then the literal
    /// prefix and the rest of one segment.
    pub(crate) fn only_ends_open(&self) -> bool {
        self.0.find('*') == Some(self.0.len() - 1)
    }

    /// The number of segments.
    pub(crate) fn segments(&self) -> usize {
        self.0.split(':').count()
    }

    /// Whether the pattern has no star, so that it matches only the permission with its text.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }

    /// Whether a permission matches.
    #[must_use]
    pub fn matches(&self, permission: &str) -> bool {
        self.matcher().matches(permission)
    }

    /// The pattern, split once to match it against many permissions.
    pub(crate) fn matcher(&self) -> Matcher<'_> {
        if self.0.contains(ANY_SEGMENTS) {
            Matcher::Segments(Segments::of(&self.0))
        } else {
            Matcher::Text(self.0.as_bytes())
        }
    }

    /// The pattern as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A pattern prepared for matching.
pub(crate) enum Matcher<'p> {
    /// A pattern without `**`. No star crosses a separator, so whole texts are compared.
    Text(&'p [u8]),
    /// A pattern with `**`, compared segment by segment.
    Segments(Segments<'p>),
}

impl Matcher<'_> {
    /// Whether a permission matches.
    pub(crate) fn matches(&self, permission: &str) -> bool {
        match self {
            Matcher::Text(pattern) => wildcard(pattern, permission.as_bytes()),
            Matcher::Segments(pattern) => walk(pattern, &Segments::of(permission)),
        }
    }
}

/// Greedy matching with one backtracking point: on a mismatch, the last `**` takes one more
/// segment.
fn walk(pattern: &Segments, target: &Segments) -> bool {
    let (mut at, mut next, mut retry) = (0, 0, None);
    while let Some(segment) = target.get(at) {
        match pattern.get(next) {
            Some(ANY_SEGMENTS) => {
                retry = Some((next, at));
                next += 1;
            }
            Some(part) if wildcard(part.as_bytes(), segment.as_bytes()) => {
                at += 1;
                next += 1;
            }
            _ => {
                let Some((star, taken)) = retry else {
                    return false;
                };
                retry = Some((star, taken + 1));
                at = taken + 1;
                next = star + 1;
            }
        }
    }
    (next..)
        .map_while(|rest| pattern.get(rest))
        .all(|rest| rest == ANY_SEGMENTS)
}

/// The same over characters: on a mismatch, the last `*` takes one more character, but never a
/// separator. Earlier segments need no backtracking, because each match of a star ends with its
/// segment.
fn wildcard(pattern: &[u8], target: &[u8]) -> bool {
    let (mut at, mut next, mut retry) = (0, 0, None);
    while let Some(byte) = target.get(at) {
        match pattern.get(next) {
            Some(b'*') => {
                retry = Some((next, at));
                next += 1;
            }
            Some(expected) if expected == byte => {
                at += 1;
                next += 1;
            }
            _ => match retry {
                Some((star, taken)) if target.get(taken) != Some(&b':') => {
                    retry = Some((star, taken + 1));
                    at = taken + 1;
                    next = star + 1;
                }
                _ => return false,
            },
        }
    }
    pattern
        .get(next..)
        .is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

/// The segments of a path, at most twelve, split without an allocation.
pub(crate) struct Segments<'t> {
    all: [&'t str; MAX_SEGMENTS],
    count: usize,
}

impl<'t> Segments<'t> {
    fn of(text: &'t str) -> Segments<'t> {
        let mut segments = Segments {
            all: [""; MAX_SEGMENTS],
            count: 0,
        };
        for (slot, segment) in segments.all.iter_mut().zip(text.split(':')) {
            *slot = segment;
            segments.count += 1;
        }
        segments
    }

    fn get(&self, at: usize) -> Option<&'t str> {
        self.all.get(at).copied().filter(|_| at < self.count)
    }
}
