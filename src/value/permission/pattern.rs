use std::fmt;

use super::{MAX_SEGMENTS, parse_segment_of, parse_segments};

/// A pattern over permissions, as templates, roles and selections have them: `*` is any run of characters inside a segment,
/// possibly none; `**` a whole segment that stands for zero or more.
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

/// A whole segment that stands for zero or more.
const ANY_SEGMENTS: &str = "**";

impl Pattern {
    /// Parses a pattern. An exact permission is a pattern too.
    ///
    /// # Errors
    /// When what stands between the stars is no permission, or `**` is only a part of a segment.
    pub fn parse(text: &str) -> Result<Pattern, String> {
        parse_segments(text, |segment| {
            let doubled = segment.as_bytes().windows(2).any(|pair| pair == b"**");
            if doubled && segment != ANY_SEGMENTS {
                let message =
                    "has \"**\" inside a segment; it stands for whole segments, \"*\" for a part of one";
                return Err(message.to_owned());
            }
            parse_segment_of(segment, |byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'*')
            })
        })?;
        Ok(Pattern(text.to_owned()))
    }

    /// The exact text that every match starts with.
    pub(crate) fn literal_prefix(&self) -> &str {
        let literal = self.0.split('*').next().unwrap_or_default();
        // Two stars stand for no segment too, and then there is no separator before them.
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

    /// Whether the only star stands at the very end, as people write most patterns: then a match is the literal prefix and the rest of one
    /// segment.
    pub(crate) fn only_ends_open(&self) -> bool {
        self.0.find('*') == Some(self.0.len() - 1)
    }

    /// How many segments it has.
    pub(crate) fn segments(&self) -> usize {
        self.0.split(':').count()
    }

    /// Whether this has no star, so that it is the one permission that it names.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }

    /// Whether a permission is meant.
    #[must_use]
    pub fn matches(&self, permission: &str) -> bool {
        self.matcher().matches(permission)
    }

    /// The pattern taken apart once, to be held against many permissions.
    pub(crate) fn matcher(&self) -> Matcher<'_> {
        if self.0.contains(ANY_SEGMENTS) {
            Matcher::Segments(Segments::of(&self.0))
        } else {
            Matcher::Text(self.0.as_bytes())
        }
    }

    /// The text.
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

/// A pattern taken apart.
pub(crate) enum Matcher<'p> {
    /// Without `**` no star crosses a separator, so the texts are compared as they are.
    Text(&'p [u8]),
    /// With `**`, segment by segment.
    Segments(Segments<'p>),
}

impl Matcher<'_> {
    /// Whether a permission is meant.
    pub(crate) fn matches(&self, permission: &str) -> bool {
        match self {
            Matcher::Text(pattern) => wildcard(pattern, permission.as_bytes()),
            Matcher::Segments(pattern) => walk(pattern, &Segments::of(permission)),
        }
    }
}

/// The classic greedy walk: on a mismatch the last `**` takes one segment more.
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

/// The same walk over characters: on a mismatch the last `*` takes one character more, but never a separator. Stars of earlier segments need
/// not be tried again, because what they stand for ends with their segment.
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

/// The segments of a path: at most eight, found without an allocation.
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
