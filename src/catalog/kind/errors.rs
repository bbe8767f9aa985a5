//! The errors of a token that its kind does not allow.

use std::error::Error;
use std::fmt;

use crate::input::Detail;
use crate::value::time::{InstantError, Lifetime};

/// An owner that matches none of the owner patterns of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongOwner {
    pub(super) kind: String,
    pub(super) patterns: Vec<String>,
    pub(super) owner: Detail,
}

impl fmt::Display for WrongOwner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let WrongOwner {
            kind,
            patterns,
            owner,
        } = self;
        let patterns = patterns.join(" or ");
        write!(
            formatter,
            "tokens of kind \"{kind}\" belong to owners of the form {patterns}, not to {owner}"
        )
    }
}

impl Error for WrongOwner {}

/// Why a token of a kind cannot have an expiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpiryError {
    /// The kind requires an expiry, and the token has none.
    Required {
        /// The id of the kind.
        kind: String,
        /// The longest lifetime of the kind.
        longest: Option<Lifetime>,
    },
    /// The expiry is beyond the longest lifetime of the kind.
    TooFar {
        /// The id of the kind.
        kind: String,
        /// The longest lifetime of the kind.
        longest: Lifetime,
    },
    /// The expiry is beyond the last instant.
    Instant(InstantError),
}

impl From<InstantError> for ExpiryError {
    fn from(error: InstantError) -> ExpiryError {
        ExpiryError::Instant(error)
    }
}

impl fmt::Display for ExpiryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExpiryError::Required { kind, longest } => {
                write!(formatter, "is required for a token of kind \"{kind}\"")?;
                match longest {
                    Some(longest) => write!(formatter, ", at most {longest}"),
                    None => Ok(()),
                }
            }
            ExpiryError::TooFar { kind, longest } => write!(
                formatter,
                "is beyond the longest lifetime of a token of kind \"{kind}\", {longest}"
            ),
            ExpiryError::Instant(error) => error.fmt(formatter),
        }
    }
}

impl Error for ExpiryError {}
