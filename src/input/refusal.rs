//! Why an operation was not done.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::Serialize;

use super::{Problem, Problems};

/// The codes of management errors. Stable: callers branch on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// There is no such token, or it is not the actor's to see.
    NotFound,
    /// The actor may not do this.
    Forbidden,
    /// Somebody else was first, or an idempotency key was used for something else.
    Conflict,
    /// The owner has a token of this name already, and the kind wants names to be unique.
    NameTaken,
    /// More permission or reach than the actor has.
    ExceedsCeiling,
    /// An argument is wrong; `problems` has all of them.
    InvalidInput,
    /// The token is revoked, which cannot be undone.
    Terminal,
    /// The token has as many living sessions as its kind allows.
    TooManySessions,
    /// The credential that was presented may not be used.
    InvalidToken,
    /// The store answered with something that cannot be read.
    StoreUnavailable,
    /// The host's clock cannot be read, or is not to be believed: nothing that ends by it is made.
    ClockUnreliable,
}

/// A refusal: what was wrong, where, what would be right. Never with a secret in it.
///
/// A pointer, because every function that may refuse has it in its result, and every `?` moves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Refusal(Box<Reasons>);

/// What a refusal says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reasons {
    /// What callers branch on.
    pub code: ErrorCode,
    /// What people read.
    pub message: String,
    /// The first argument that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Every argument that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

impl Refusal {
    /// A refusal that concerns no single argument.
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal::of(code, message.into(), None, Vec::new())
    }

    /// A refusal that concerns one argument.
    pub fn at(path: &str, code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal::of(code, message.into(), Some(path), Vec::new())
    }

    /// A refusal with everything that it can say.
    #[inline(never)]
    pub(crate) fn of(
        code: ErrorCode,
        message: Cow<'static, str>,
        path: Option<&str>,
        problems: Vec<Problem>,
    ) -> Refusal {
        Refusal(Box::new(Reasons {
            code,
            message: message.into_owned(),
            path: path.map(str::to_owned),
            problems,
        }))
    }

    /// The one answer for a token that does not exist and for one that is not the actor's.
    #[must_use]
    pub fn not_found() -> Refusal {
        Refusal::new(ErrorCode::NotFound, "there is no such token")
    }

    /// The refusal of arguments or a document, with every problem in its message.
    #[must_use]
    pub fn invalid(problems: Vec<Problem>) -> Refusal {
        if cfg!(not(feature = "manage")) {
            return Refusal::new(ErrorCode::InvalidInput, "");
        }
        let lines: Vec<String> = problems
            .iter()
            .map(|Problem { path, message }| {
                if path.is_empty() {
                    message.clone()
                } else {
                    format!("{path}: {message}")
                }
            })
            .collect();
        let path = problems.first().map(|problem| problem.path.clone());
        let message = lines.join("\n").into();
        Refusal::of(ErrorCode::InvalidInput, message, path.as_deref(), problems)
    }
}

impl Deref for Refusal {
    type Target = Reasons;

    fn deref(&self) -> &Reasons {
        &self.0
    }
}

impl From<Problems> for Refusal {
    fn from(problems: Problems) -> Refusal {
        Refusal::invalid(problems.into_vec())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}
