//! The answer to a presented credential.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::model::requirement::MAX_SCOPE_LENGTH;
use crate::value::permission::Permission;
use crate::value::time::Instant;
use crate::verify::code::Code;
use crate::verify::verdict::{VerifiedToken, challenge};

/// The answer to a presented credential, with its code.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether to accept the request.
    pub valid: bool,
    /// The reason.
    pub code: Code,
    /// The HTTP status of the code.
    pub status: u16,
    /// The RFC 6750 error of the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    /// The token, only after its secret has matched. Verdicts from the cache share it.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "unshared")]
    pub token: Option<Arc<VerifiedToken>>,
    /// The permissions that are missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Permission>,
    /// At a reached limit: seconds until a request may pass again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// With a counted limit: how many uses are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u32>,
    /// With the error `insufficient_scope`: the scope that the request needs, for the challenge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The instant for which this verdict holds: every change before it is in it.
    pub as_of: Instant,
}

impl Verdict {
    /// A verdict that names no token.
    pub(super) fn refused(code: Code, as_of: Instant) -> Verdict {
        let (status, error) = code.on_the_wire();
        Verdict {
            valid: code == Code::Valid,
            code,
            status,
            error,
            token: None,
            missing: Vec::new(),
            retry_after: None,
            remaining: None,
            scope: None,
            as_of,
        }
    }

    /// The value of `WWW-Authenticate` for a refusal with status 401 or 403 (RFC 6750 §3); `None`
    /// for any other verdict. It never depends on the token, or on whether it exists.
    #[must_use]
    pub fn challenge(&self) -> Option<String> {
        let error = self.error?;
        let scope = self
            .scope
            .as_deref()
            .filter(|scope| scope.len() <= MAX_SCOPE_LENGTH);
        Some(challenge(error, scope))
    }
}

fn unshared<S: Serializer>(token: &Option<Arc<VerifiedToken>>, serializer: S) -> Result<S::Ok, S::Error> {
    token.as_deref().serialize(serializer)
}
