//! Checks the ids that a catalog document gives to services, permissions, templates, roles and
//! kinds.

use std::error::Error;
use std::fmt;

use crate::input::Detail;
use crate::value::permission::{PermissionError, parse_segment};

/// An id of a catalog document that is no segment of a permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InvalidId {
    id: Detail,
    error: PermissionError,
}

impl InvalidId {
    pub(super) fn new(id: &str, error: PermissionError) -> InvalidId {
        InvalidId {
            id: Detail::quoted(id),
            error,
        }
    }
}

/// Checks an id.
pub(super) fn check_id(id: &str) -> Result<(), InvalidId> {
    parse_segment(id).map_err(|error| InvalidId::new(id, PermissionError::Segment(error)))
}

impl fmt::Display for InvalidId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the id ")?;
        self.id.fmt(formatter)?;
        write!(formatter, " {}", self.error)
    }
}

impl Error for InvalidId {}
