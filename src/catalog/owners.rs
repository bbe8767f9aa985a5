//! Patterns of the owners that a kind allows: `org:*` for organisations, `org:*/group:*` for their
//! groups.

use std::error::Error;
use std::fmt;

use crate::value::resource::{Resource, ResourceError};

/// A pattern over the segments of an owner. `*` at the end of a segment matches any non-empty rest
/// of that segment; `**` as the last segment matches any number of segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OwnerPattern(String);

const ANY_SEGMENTS: &str = "**";

impl OwnerPattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// If the text without its stars is empty or no resource.
    pub(super) fn parse(text: &str) -> Result<OwnerPattern, OwnerPatternError> {
        let bare: Vec<&str> = text
            .strip_suffix("/**")
            .unwrap_or(text)
            .split('/')
            .map(|segment| match segment.strip_suffix('*') {
                // A stand-in for the star: a resource has no empty segments.
                Some("") => "x",
                Some(start) => start,
                None => segment,
            })
            .collect();
        match Resource::parse(&bare.join("/")) {
            Ok(resource) if !resource.as_str().is_empty() => Ok(OwnerPattern(text.to_owned())),
            Ok(_) => Err(OwnerPatternError::Empty),
            Err(error) => Err(OwnerPatternError::NoResource(error)),
        }
    }

    /// Whether the pattern matches `owner`.
    #[must_use]
    pub(super) fn matches(&self, owner: &Resource) -> bool {
        let mut segments = owner.as_str().split('/');
        for pattern in self.0.split('/') {
            if pattern == ANY_SEGMENTS {
                return true;
            }
            let fits = segments
                .next()
                .is_some_and(|segment| match pattern.strip_suffix('*') {
                    Some(start) => segment.starts_with(start) && segment.len() > start.len(),
                    None => segment == pattern,
                });
            if !fits {
                return false;
            }
        }
        segments.next().is_none()
    }

    /// The pattern as written.
    #[must_use]
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no [`OwnerPattern`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OwnerPatternError {
    /// It is empty.
    Empty,
    /// Without its stars it is no resource.
    NoResource(ResourceError),
}

impl fmt::Display for OwnerPatternError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OwnerPatternError::Empty => formatter.write_str("is empty"),
            OwnerPatternError::NoResource(error) => error.fmt(formatter),
        }?;
        formatter.write_str("; write a pattern such as \"org:*\", \"org:*/group:*\" or \"org:*/**\"")
    }
}

impl Error for OwnerPatternError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_patterns_mean() {
        for (pattern, meant, not_meant) in [
            ("*", "org:acme user:7", "org:acme/group:eng"),
            ("org:*", "org:acme", "org: orga user:7 org:acme/group:eng"),
            ("org:acme", "org:acme", "org:acme2 org:acme/x"),
            (
                "org:*/group:*",
                "org:acme/group:eng",
                "org:acme org:acme/team:x org:acme/group:eng/x",
            ),
            ("*/*/**", "org:acme/group:eng a/b/c/d", "org:acme"),
            ("org:*/**", "org:acme org:acme/a/b", "user:7"),
        ] {
            let parsed = OwnerPattern::parse(pattern).unwrap();
            for (owners, expected) in [(meant, true), (not_meant, false)] {
                for owner in owners.split(' ') {
                    assert_eq!(
                        parsed.matches(&Resource::parse(owner).unwrap()),
                        expected,
                        "{pattern} {owner}"
                    );
                }
            }
        }
        for broken in ["", "/", "org:*x", "a//b", "**/a", "***", "a b"] {
            assert!(OwnerPattern::parse(broken).is_err(), "{broken}");
        }
    }
}
