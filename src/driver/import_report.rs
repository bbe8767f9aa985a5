//! What an import of keys has done.

use serde::Serialize;
use serde_json::Value as Json;

use super::error::Error;
use crate::input::{ErrorCode, Problem};

/// Codes that are not the fault of a row: further rows would fail too.
const FATAL: [&str; 6] = [
    "store_unavailable",
    "clock_unreliable",
    "deadline_exceeded",
    "outcome_unknown",
    "rng_failed",
    "internal",
];

/// The outcome of one row.
#[derive(Clone, Debug, Serialize)]
pub struct RowOutcome {
    /// The number of the row, from 0.
    pub row: usize,
    /// What happened.
    #[serde(flatten)]
    pub outcome: Imported,
}

/// What happened to a row.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub enum Imported {
    /// The key was imported.
    Imported {
        /// The id of its token.
        id: String,
    },
    /// The key was there already, and was left as it is.
    Exists {
        /// The id of its token.
        id: String,
    },
    /// The row was refused.
    Failed {
        /// The code of the error.
        code: &'static str,
        /// The message.
        message: String,
        /// Every problem of the row.
        problems: Vec<Problem>,
    },
}

/// What an import has done.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ImportReport {
    /// How many keys were imported.
    pub imported: usize,
    /// How many were there already.
    pub exists: usize,
    /// How many rows were refused.
    pub failed: usize,
    /// The outcome of each row.
    pub outcomes: Vec<RowOutcome>,
}

impl RowOutcome {
    /// The outcome of a row, by the answer of its call.
    ///
    /// # Errors
    /// The error of the call, if it is not the fault of the row.
    pub(super) fn of(row: usize, answer: Result<Json, Error>) -> Result<RowOutcome, Error> {
        let outcome = match answer {
            Ok(answer) => {
                let id = answer.pointer("/record/id").and_then(Json::as_str);
                let id = id.unwrap_or_default().to_owned();
                match answer.get("imported").and_then(Json::as_bool) {
                    Some(true) => Imported::Imported { id },
                    _ => Imported::Exists { id },
                }
            }
            Err(error) if FATAL.contains(&error.code()) => return Err(error),
            Err(error) => Imported::Failed {
                code: error.code(),
                message: error.message().to_owned(),
                problems: error.problems().to_vec(),
            },
        };
        Ok(RowOutcome { row, outcome })
    }
}

impl ImportReport {
    pub(super) fn count(&mut self, row: &RowOutcome) {
        *match row.outcome {
            Imported::Imported { .. } => &mut self.imported,
            Imported::Exists { .. } => &mut self.exists,
            Imported::Failed { .. } => &mut self.failed,
        } += 1;
    }
}

/// Reads `{ dryRun? }`.
///
/// # Errors
/// `invalid_input` for any other member or value.
pub(super) fn read_dry_run(options: &Json) -> Result<bool, Error> {
    let wrong = |path: &str, message: &str| {
        let code = ErrorCode::InvalidInput.name();
        Err(Error::new(code, format!("{path}: {message}")))
    };
    let Json::Object(members) = options else {
        return wrong("options", "expected an object: { dryRun? }");
    };
    if let Some(unknown) = members.keys().find(|name| *name != "dryRun") {
        return wrong(unknown, "is no option of import_keys: expected { dryRun? }");
    }
    match members.get("dryRun") {
        None | Some(Json::Null) => Ok(false),
        Some(Json::Bool(dry_run)) => Ok(*dry_run),
        Some(_) => wrong("dryRun", "expected true or false"),
    }
}
