//! Resources: paths such as `org:acme/group:eng/device:7`, compared segment by segment. A grant
//! reaches a resource and all resources below it.

use std::error::Error;
use std::fmt;

use serde::Serialize;

use crate::codec::decode::{decode_by_parsing, placeholder_inside};
use crate::input::write_help;

const MAX_SEGMENTS: usize = 8;
const MAX_LENGTH: usize = 256;

/// A resource, or the boundary of a grant. The root, above all others, is the empty text.
///
/// Paths are case-sensitive and never have patterns in them.
///
/// ```
/// use leastkey::value::resource::Resource;
/// let organization = Resource::parse("org:acme").unwrap();
/// assert!(organization.covers(&Resource::parse("org:acme/group:eng").unwrap()));
/// assert!(!organization.covers(&Resource::parse("org:acme2").unwrap()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Resource(String);

impl Resource {
    /// Parses a path of at most 8 segments and 256 characters; a segment has letters, digits and
    /// `._~@+=,:-`.
    ///
    /// # Errors
    /// If the text is no such path.
    pub fn parse(text: &str) -> Result<Resource, ResourceError> {
        Resource::check(text).map(|()| Resource(text.to_owned()))
    }

    /// Whether a text is a resource.
    pub(crate) fn is(text: &str) -> bool {
        Resource::check(text).is_ok()
    }

    fn check(text: &str) -> Result<(), ResourceError> {
        if text.is_empty() {
            return Ok(());
        }
        if text.len() > MAX_LENGTH {
            return Err(ResourceError::TooLong);
        }
        let mut segments = 0;
        for segment in text.split('/') {
            segments += 1;
            if segment.is_empty() {
                return Err(ResourceError::EmptySegment);
            }
            if segment == "." || segment == ".." {
                return Err(ResourceError::DotSegment);
            }
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._~@+=,:-".contains(&byte);
            if !segment.bytes().all(allowed)
                && let Some(refused) = segment.chars().find(|c| !u8::try_from(*c).is_ok_and(allowed))
            {
                return Err(ResourceError::Character(refused));
            }
        }
        if segments > MAX_SEGMENTS {
            return Err(ResourceError::TooDeep { segments });
        }
        Ok(())
    }

    /// The root, which is above all other resources.
    #[must_use]
    pub fn root() -> Resource {
        Resource(String::new())
    }

    /// Whether this is `other` or an ancestor of it.
    #[must_use]
    pub fn covers(&self, other: &Resource) -> bool {
        self.0.is_empty()
            || other
                .0
                .strip_prefix(&self.0)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The ancestors, nearest first, without the root: `org:acme/group:eng`, then `org:acme`, for
    /// `org:acme/group:eng/device:7`.
    pub fn above(&self) -> impl Iterator<Item = Resource> + use<'_> {
        let ends = self.0.rmatch_indices('/').map(|(at, _)| at);
        ends.filter_map(|end| self.0.get(..end))
            .map(|text| Resource(text.to_owned()))
    }

    /// The intersection of two resources: the deeper one if one covers the other, otherwise `None`.
    #[must_use]
    pub fn meet(&self, other: &Resource) -> Option<Resource> {
        if self.covers(other) {
            Some(other.clone())
        } else {
            other.covers(self).then(|| self.clone())
        }
    }

    /// The resource `segment` below this one: `group:eng` below `org:acme` is `org:acme/group:eng`.
    ///
    /// # Errors
    /// If the result is longer or deeper than a resource may be.
    pub fn below(&self, segment: &str) -> Result<Resource, ResourceError> {
        let separator = if self.0.is_empty() { "" } else { "/" };
        Resource::parse(&format!("{}{separator}{segment}", self.0))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no [`Resource`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceError {
    /// It has more than 256 characters.
    TooLong,
    /// It has nothing between two separators, or before or after one.
    EmptySegment,
    /// It has a segment `.` or `..`.
    DotSegment,
    /// It has a character that a segment may not have.
    Character(char),
    /// It has too many segments.
    TooDeep {
        /// The number of its segments.
        segments: usize,
    },
}

impl ResourceError {
    /// What would be right, where the message says more than the bound.
    #[must_use]
    pub fn help(self) -> Option<&'static str> {
        match self {
            ResourceError::EmptySegment => Some("segments are separated by one \"/\""),
            ResourceError::DotSegment => Some("a resource is not a file path"),
            ResourceError::Character(_) => Some("segments have letters, digits and . _ ~ @ + = , : -"),
            ResourceError::TooLong | ResourceError::TooDeep { .. } => None,
        }
    }
}

impl fmt::Display for ResourceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResourceError::TooLong => write!(formatter, "is longer than {MAX_LENGTH} characters"),
            ResourceError::EmptySegment => formatter.write_str("has an empty segment"),
            ResourceError::DotSegment => formatter.write_str("has a segment \".\" or \"..\""),
            ResourceError::Character(refused) => write!(formatter, "has the character {refused:?}"),
            ResourceError::TooDeep { segments } => write!(
                formatter,
                "has {segments} segments; at most {MAX_SEGMENTS} are allowed"
            ),
        }?;
        write_help(formatter, self.help())
    }
}

impl Error for ResourceError {}

impl fmt::Display for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

decode_by_parsing!(Resource);
placeholder_inside!(Resource);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverage_agrees_with_lists_of_segments() {
        let segments = ["a", "ab", "b", "a:b"];
        let mut paths: Vec<Vec<&str>> = vec![vec![]];
        for depth in 0..3 {
            let longer: Vec<_> = paths.iter().filter(|path| path.len() == depth).cloned().collect();
            for path in longer {
                for segment in segments {
                    paths.push([path.as_slice(), &[segment]].concat());
                }
            }
        }
        for above in &paths {
            for below in &paths {
                let (a, b) = (
                    Resource::parse(&above.join("/")).unwrap(),
                    Resource::parse(&below.join("/")).unwrap(),
                );
                assert_eq!(a.covers(&b), below.starts_with(above), "{a} covers {b}");
            }
        }
    }

    #[test]
    fn what_is_no_resource() {
        for text in [
            "/",
            "/a",
            "a/",
            "a//b",
            ".",
            "a/../b",
            "a b",
            "a%2Fb",
            "a*",
            "é",
            "a\\b",
            "a?b",
            "1/2/3/4/5/6/7/8/9",
        ] {
            assert!(Resource::parse(text).is_err(), "{text}");
        }
        assert!(Resource::parse(&"x".repeat(257)).is_err());
    }
}
