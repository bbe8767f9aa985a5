use std::fmt;

use super::{MOST_SEGMENTS, parse_segment, parse_segments};

/// A pattern over permissions, as templates, roles and selections have them: `*` is any run of characters inside a segment,
/// possibly none; `**` a whole segment that stands for zero or more.
///
/// ```
/// use leastkey::permission::Pattern;
/// let pattern = Pattern::parse("messages:*:read").unwrap();
/// assert!(pattern.matches("messages:templates:read"));
/// assert!(!pattern.matches("messages:read"));
/// assert!(Pattern::parse("**:read").unwrap().matches("messages:templates:read"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// `**`
    AnySegments,
    /// The texts between the stars of one segment: `Get*` is `["Get", ""]`, an exact segment has one.
    Glob(Vec<String>),
}

impl Pattern {
    /// Parses a pattern. An exact permission is a pattern too.
    ///
    /// # Errors
    /// When what stands between the stars is no permission, or `**` is only a part of a segment.
    pub fn parse(text: &str) -> Result<Pattern, String> {
        let mut segments = Vec::new();
        parse_segments(text, |segment| {
            if segment == "**" {
                segments.push(Segment::AnySegments);
                return Ok(());
            }
            if segment.contains("**") {
                return Err(
                    "has \"**\" inside a segment; it stands for whole segments, \"*\" for a part of one"
                        .to_owned(),
                );
            }
            // What is left without its stars must be able to stand in a permission.
            let literal = segment.replace('*', "");
            if !literal.is_empty() || segment.is_empty() {
                parse_segment(&literal)?;
            }
            segments.push(Segment::Glob(segment.split('*').map(str::to_owned).collect()));
            Ok(())
        })?;
        Ok(Pattern {
            text: text.to_owned(),
            segments,
        })
    }

    /// The exact text that every match starts with.
    pub(crate) fn literal_prefix(&self) -> &str {
        self.text
            .split('*')
            .next()
            .unwrap_or_default()
            .trim_end_matches(':')
    }

    /// Whether this has no star, so that it is the one permission that it names.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self.text.contains('*')
    }

    /// Whether a permission is meant.
    #[must_use]
    pub fn matches(&self, permission: &str) -> bool {
        // The pattern that people write most, one star at the very end, needs no walk.
        if let Some(literal) = self
            .text
            .strip_suffix('*')
            .filter(|literal| !literal.contains('*'))
        {
            return permission
                .strip_prefix(literal)
                .is_some_and(|rest| !rest.contains(':'));
        }
        let mut target = [""; MOST_SEGMENTS];
        let mut length = 0;
        for (slot, segment) in target.iter_mut().zip(permission.split(':')) {
            *slot = segment;
            length += 1;
        }
        // The classic greedy walk: on a mismatch the last `**` takes one segment more.
        let (mut at, mut next, mut retry) = (0, 0, None);
        while let Some(segment) = target.get(at).filter(|_| at < length) {
            match self.segments.get(next) {
                Some(Segment::AnySegments) => {
                    retry = Some((next, at));
                    next += 1;
                }
                Some(Segment::Glob(parts)) if glob(parts, segment) => {
                    at += 1;
                    next += 1;
                }
                _ => {
                    let Some((star, taken)) = retry else { return false };
                    retry = Some((star, taken + 1));
                    at = taken + 1;
                    next = star + 1;
                }
            }
        }
        self.segments
            .iter()
            .skip(next)
            .all(|rest| *rest == Segment::AnySegments)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Whether a segment starts with the first part, ends with the last, and has the others between them in order.
fn glob(parts: &[String], segment: &str) -> bool {
    let [first, middle @ .., last] = parts else {
        return matches!(parts, [only] if only == segment);
    };
    let Some(mut rest) = segment
        .strip_prefix(first.as_str())
        .and_then(|rest| rest.strip_suffix(last.as_str()))
    else {
        return false;
    };
    for part in middle {
        let Some((_, after)) = rest.split_once(part.as_str()) else {
            return false;
        };
        rest = after;
    }
    true
}
