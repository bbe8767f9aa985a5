//! Paths and problems as the module of an edge has them: it counts what is wrong, and tells nothing of it.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

/// Where something stands: not told.
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

    /// A member of what stands here.
    #[must_use]
    pub fn member(&self, _: &str) -> Path {
        Path
    }

    /// An item of the list that stands here.
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

/// One thing that is wrong: there is none that is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where.
    pub path: String,
    /// What.
    pub message: String,
}

/// How much is wrong.
#[derive(Debug, Default)]
pub struct Problems(usize);

/// So many are counted before a list is read no further.
const ENOUGH: usize = 20;

impl Problems {
    /// Adds one.
    pub fn add(&mut self, _: &Path, _: impl Into<Cow<'static, str>>) {
        self.0 += 1;
    }

    /// The value, or nothing with a problem more.
    pub fn keep<T>(&mut self, _: &Path, parsed: Result<T, String>) -> Option<T> {
        self.0 += usize::from(parsed.is_err());
        parsed.ok()
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// The problems of a document.
    #[must_use]
    pub fn of_document() -> Problems {
        Problems::default()
    }

    /// Whether enough is wrong, so that a list is read no further.
    #[must_use]
    pub fn are_enough(&self) -> bool {
        self.0 >= ENOUGH
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0
    }

    /// The list of what is told: nothing.
    #[must_use]
    pub fn into_vec(self) -> Vec<Problem> {
        Vec::new()
    }
}
