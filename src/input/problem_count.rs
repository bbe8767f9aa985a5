//! Paths and problems in the verify module, which only counts problems and has no texts for them.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

/// A path in a document or call, without its steps.
#[derive(Clone, Debug)]
pub struct Path;

impl Path {
    /// The root of a document.
    #[must_use]
    pub fn document() -> Path {
        Path
    }

    /// The root of a call's arguments.
    #[must_use]
    pub fn call() -> Path {
        Path
    }

    /// The path of a member.
    #[must_use]
    pub fn member(&self, _: &str) -> Path {
        Path
    }

    /// The path of a list item.
    #[must_use]
    pub fn item(&self, _: usize) -> Path {
        Path
    }
}

impl fmt::Display for Path {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

/// A problem of an input. The verify module creates none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The path.
    pub path: String,
    /// The fault, and what is expected.
    pub message: String,
}

/// The number of problems of an input.
#[derive(Debug, Default)]
pub struct Problems(usize);

/// The number of problems after which lists are read no further.
const ENOUGH: usize = 20;

impl Problems {
    /// Counts a problem.
    pub fn add(&mut self, _: &Path, _: impl Into<Cow<'static, str>>) {
        self.0 += 1;
    }

    /// The value; on an error `None`, and a problem is counted.
    pub fn keep<T>(&mut self, _: &Path, parsed: Result<T, impl fmt::Display>) -> Option<T> {
        self.0 += usize::from(parsed.is_err());
        parsed.ok()
    }

    /// No text.
    #[must_use]
    pub fn quoted(&self, _: &str) -> String {
        String::new()
    }

    /// Whether there are no problems.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// No problems, of a document.
    #[must_use]
    pub fn of_document() -> Problems {
        Problems::default()
    }

    /// Whether there are so many problems that lists are read no further.
    #[must_use]
    pub fn are_enough(&self) -> bool {
        self.0 >= ENOUGH
    }

    /// The number of problems.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0
    }

    /// An empty list: there are no texts.
    #[must_use]
    pub fn into_vec(self) -> Vec<Problem> {
        Vec::new()
    }
}
