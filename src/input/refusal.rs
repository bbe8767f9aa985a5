//! Refusals: why an operation was not carried out.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::{Serialize, Serializer};

use super::{Problem, Problems};

/// The codes of management errors. Stable: callers branch on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// The token does not exist, or the actor may not see it.
    NotFound,
    /// The actor may not do this.
    Forbidden,
    /// A concurrent change came first, or the idempotency key was used for another call.
    Conflict,
    /// The owner already has a token with this name, and the kind requires unique names.
    NameTaken,
    /// The call asks for more permissions or resources than the actor has.
    ExceedsCeiling,
    /// An argument is invalid; `problems` lists all invalid ones.
    InvalidInput,
    /// The token is revoked, which is final.
    Terminal,
    /// The token has as many live sessions as its kind allows.
    TooManySessions,
    /// The presented credential may not be used.
    InvalidToken,
    /// The store returned a value that cannot be decoded.
    StoreUnavailable,
    /// The host's clock cannot be read or is implausible; nothing that expires by it is created.
    ClockUnreliable,
}

impl ErrorCode {
    /// The name, as it is serialised.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ErrorCode::NotFound => "not_found",
            ErrorCode::Forbidden => "forbidden",
            ErrorCode::Conflict => "conflict",
            ErrorCode::NameTaken => "name_taken",
            ErrorCode::ExceedsCeiling => "exceeds_ceiling",
            ErrorCode::InvalidInput => "invalid_input",
            ErrorCode::Terminal => "terminal",
            ErrorCode::TooManySessions => "too_many_sessions",
            ErrorCode::InvalidToken => "invalid_token",
            ErrorCode::StoreUnavailable => "store_unavailable",
            ErrorCode::ClockUnreliable => "clock_unreliable",
        }
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A refusal: what is wrong, where, and what is expected. It never contains a secret.
///
/// Boxed, because it is in the result of every function that may refuse, and every `?` moves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Refusal(Box<Reasons>);

/// The content of a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reasons {
    /// The code, for callers to branch on.
    pub code: ErrorCode,
    /// The message, for people.
    pub message: String,
    /// The path of the first invalid argument.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// All invalid arguments.
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

    /// The refusal of one invalid argument, with its path in the message.
    #[must_use]
    pub fn argument(path: &str, error: &dyn fmt::Display) -> Refusal {
        Refusal::at(path, ErrorCode::InvalidInput, format!("{path}: {error}"))
    }

    /// A refusal with all its members.
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

    /// The refusal for a token that does not exist and for one that the actor may not see. They are
    /// the same, so that a refusal does not reveal which tokens exist.
    #[must_use]
    pub fn not_found() -> Refusal {
        Refusal::new(ErrorCode::NotFound, "there is no such token")
    }

    /// The refusal of invalid arguments or of an invalid document, with every problem in its
    /// message.
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
