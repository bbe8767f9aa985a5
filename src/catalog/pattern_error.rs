//! The error of a pattern over the permissions of a catalog.

use std::error::Error;
use std::fmt;

use super::NotInCatalog;
use crate::value::permission::PermissionError;

/// Why a pattern gives no set of permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// It is no pattern.
    Malformed(PermissionError),
    /// No permission of the catalog matches it.
    Unmatched(NotInCatalog),
}

impl From<PermissionError> for PatternError {
    fn from(error: PermissionError) -> PatternError {
        PatternError::Malformed(error)
    }
}

impl From<NotInCatalog> for PatternError {
    fn from(error: NotInCatalog) -> PatternError {
        PatternError::Unmatched(error)
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PatternError::Malformed(error) => error.fmt(formatter),
            PatternError::Unmatched(error) => error.fmt(formatter),
        }
    }
}

impl Error for PatternError {}
