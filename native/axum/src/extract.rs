//! What a handler asks for.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum_core::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use http::StatusCode;
use http::request::Parts;
use leastkey::verify::verdict::VerifiedToken;
use serde_json::json;

use crate::guard::Guard;
use crate::refusal::Refusal;

/// The token of a request that a [`GuardLayer`](crate::GuardLayer) has admitted.
#[derive(Clone, Debug)]
pub struct Token(pub(crate) Arc<VerifiedToken>);

impl Deref for Token {
    type Target = VerifiedToken;

    fn deref(&self) -> &VerifiedToken {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for Token {
    type Rejection = (StatusCode, &'static str);

    /// A handler without a guard before it is a mistake of the program, and answers 500.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Token, Self::Rejection> {
        let token = parts.extensions.get::<Token>().cloned();
        token.ok_or((StatusCode::INTERNAL_SERVER_ERROR, "no guard is before this route"))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Token {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Token>, Self::Rejection> {
        Ok(parts.extensions.get::<Token>().cloned())
    }
}

/// A permission, as a type.
pub trait Needs {
    /// The id of the permission.
    const PERMISSION: &'static str;
}

/// Admits a request to a handler that needs a permission. The state of the router has the
/// [`Guard`].
///
/// A permission that the catalog does not have answers 500: compile it at the start, by
/// [`Guard::requirement`].
pub struct Allowed<N> {
    token: Token,
    needs: PhantomData<N>,
}

impl<N> Allowed<N> {
    /// The token.
    #[must_use]
    pub fn token(&self) -> &VerifiedToken {
        &self.token
    }
}

impl<N> fmt::Debug for Allowed<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Allowed").field(&self.token).finish()
    }
}

/// Why a handler is not called.
#[derive(Debug)]
pub enum NotAllowed {
    /// The request is refused.
    Refused(Refusal),
    /// The catalog does not have the permission.
    UnknownPermission,
}

impl axum_core::response::IntoResponse for NotAllowed {
    fn into_response(self) -> axum_core::response::Response {
        match self {
            NotAllowed::Refused(refusal) => refusal.into_response(),
            NotAllowed::UnknownPermission => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

impl<N, S> FromRequestParts<S> for Allowed<N>
where
    N: Needs,
    S: Send + Sync,
    Guard: FromRef<S>,
{
    type Rejection = NotAllowed;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Allowed<N>, NotAllowed> {
        let guard = Guard::from_ref(state);
        let requirement = guard.requirement(json!(N::PERMISSION));
        let requirement = requirement.map_err(|_| NotAllowed::UnknownPermission)?;
        let token = guard
            .admit(parts, &requirement)
            .await
            .map_err(NotAllowed::Refused)?;
        Ok(Allowed {
            token,
            needs: PhantomData,
        })
    }
}
