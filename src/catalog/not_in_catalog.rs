//! The error of an id or pattern that a catalog does not have.

use std::error::Error;
use std::fmt;

use crate::input::{Detail, suggestion};

/// An id or pattern that the catalog does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotInCatalog {
    what: Named,
    id: Detail,
    help: Detail,
}

/// What an id or pattern names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Kind,
    /// A service, group or permission.
    Node,
    Permission,
    /// One or more permissions, by a pattern.
    Matching,
    Role,
    Template,
}

impl NotInCatalog {
    /// The error, with the most similar id as help.
    pub(super) fn new<'k>(what: Named, id: &str, known: impl IntoIterator<Item = &'k str>) -> NotInCatalog {
        NotInCatalog::with_help(what, id, || suggestion(id, known))
    }

    /// The error where few ids are known: if none is similar, all of them are the help.
    pub(super) fn of_few<'k>(
        what: Named,
        id: &str,
        known: impl Iterator<Item = &'k str> + Clone,
    ) -> NotInCatalog {
        NotInCatalog::with_help(what, id, || match suggestion(id, known.clone()) {
            none if none.is_empty() => format!("; there are {}", known.collect::<Vec<_>>().join(", ")),
            similar => similar,
        })
    }

    /// The error with other help. It begins with a semicolon, or is empty.
    pub(super) fn with_help(what: Named, id: &str, help: impl FnOnce() -> String) -> NotInCatalog {
        NotInCatalog {
            what,
            id: Detail::quoted(id),
            help: Detail::of(help),
        }
    }
}

impl fmt::Display for NotInCatalog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            Named::Kind => "kind",
            Named::Node => "service, group or permission",
            Named::Permission => "permission",
            Named::Matching => "permission matching",
            Named::Role => "role",
            Named::Template => "template",
        };
        write!(formatter, "the catalog has no {what} ")?;
        self.id.fmt(formatter)?;
        self.help.fmt(formatter)
    }
}

impl Error for NotInCatalog {}
