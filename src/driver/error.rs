//! The error of a call.

use std::error::Error as StdError;
use std::fmt;

use super::store::StoreError;
use crate::input::{ErrorCode, Problem, Refusal};

/// Why a call has no answer: a refusal of the core, or a failure on the way.
///
/// The message never contains a secret. What a database said is the [source](StdError::source), for
/// the log of the host only.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    code: &'static str,
    message: String,
    refusal: Option<Refusal>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// The code, for callers to branch on: those of [`ErrorCode`], and
    ///
    /// | code | means |
    /// |---|---|
    /// | `conflict` | also: other writers won every commit; nothing was changed |
    /// | `deadline_exceeded` | the change was not committed in time; nothing was changed |
    /// | `outcome_unknown` | the store did not answer the commit: read before you repeat the call |
    /// | `internal` | a fault of this process, such as a failed random number generator |
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The message, without the code.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The path of the first invalid argument.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.0.refusal.as_ref()?.path.as_deref()
    }

    /// Every problem of the arguments.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        self.0
            .refusal
            .as_ref()
            .map(|refusal| refusal.problems.as_slice())
            .unwrap_or_default()
    }

    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            code,
            message: message.into(),
            refusal: None,
            source: None,
        }))
    }

    pub(super) fn internal(message: impl Into<String>) -> Error {
        Error::new("internal", message)
    }

    pub(super) fn clock(message: impl Into<String>) -> Error {
        Error::new(ErrorCode::ClockUnreliable.name(), message)
    }

    pub(super) fn invalid(path: &str, message: &str) -> Error {
        Error::new(ErrorCode::InvalidInput.name(), format!("{path}: {message}"))
    }

    /// The same, because of an error of the store.
    pub(super) fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        self.0.source = Some(source.into());
        self
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error(Box::new(Inner {
            code: refusal.code.name(),
            message: refusal.message.clone(),
            refusal: Some(refusal),
            source: None,
        }))
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Error {
        let message = match &error {
            StoreError::Refused { message, .. } => message.clone(),
            StoreError::Failed(_) => "the store could not be read; the source says why".to_owned(),
        };
        Error::new(ErrorCode::StoreUnavailable.name(), message).because(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.0.code, self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
