//! The response to a refused request.

use axum_core::response::IntoResponse;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use leastkey::driver::Verdict;
use serde_json::json;

/// `Retry-After`, in seconds, when the store did not answer.
const UNAVAILABLE_FOR: u64 = 1;

/// A refused request: its status, challenge and body never depend on the token, or on whether it
/// exists.
#[derive(Clone, Debug)]
pub struct Refusal {
    status: StatusCode,
    challenge: Option<String>,
    retry_after: Option<u64>,
}

impl Refusal {
    /// The refusal of a verdict that is not valid.
    #[must_use]
    pub fn of(verdict: &Verdict) -> Refusal {
        let status = StatusCode::from_u16(verdict.status).unwrap_or(StatusCode::FORBIDDEN);
        let retry_after = match status {
            StatusCode::SERVICE_UNAVAILABLE => Some(UNAVAILABLE_FOR),
            StatusCode::TOO_MANY_REQUESTS => verdict.retry_after,
            _ => None,
        };
        Refusal {
            status,
            challenge: verdict.challenge(),
            retry_after,
        }
    }

    /// No credential was sent (RFC 6750 §3.1: without an error).
    pub(crate) fn missing() -> Refusal {
        Refusal::with(StatusCode::UNAUTHORIZED, "Bearer")
    }

    /// The credential was not sent in the one way that is read.
    pub(crate) fn bad_request() -> Refusal {
        Refusal::with(StatusCode::BAD_REQUEST, "Bearer error=\"invalid_request\"")
    }

    /// No route of the catalog matches the request.
    pub(crate) fn no_route() -> Refusal {
        Refusal::with(StatusCode::FORBIDDEN, "Bearer error=\"insufficient_scope\"")
    }

    fn with(status: StatusCode, challenge: &str) -> Refusal {
        Refusal {
            status,
            challenge: Some(challenge.to_owned()),
            retry_after: None,
        }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The response, with problem details (RFC 9457).
    #[must_use]
    pub fn response<B: From<String>>(&self) -> Response<B> {
        let (title, detail) = match self.status {
            StatusCode::BAD_REQUEST => (
                "Bad Request",
                "The credential is to be sent once, as \"Authorization: Bearer …\".",
            ),
            StatusCode::UNAUTHORIZED => ("Unauthorized", "This needs a valid credential."),
            StatusCode::TOO_MANY_REQUESTS => ("Too Many Requests", "The credential was used too often."),
            StatusCode::SERVICE_UNAVAILABLE => (
                "Service Unavailable",
                "The credential could not be verified just now.",
            ),
            _ => ("Forbidden", "The credential does not permit this."),
        };
        let status = self.status.as_u16();
        let body = json!({ "type": "about:blank", "status": status, "title": title, "detail": detail });
        let mut response = Response::new(B::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let challenge = self.challenge.as_deref().filter(|_| status < 429);
        if let Some(challenge) = challenge.and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> axum_core::response::Response {
        self.response()
    }
}
