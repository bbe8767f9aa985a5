//! A guard before a service.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use leastkey::driver::Error;
use leastkey::model::requirement::Requirement;
use serde_json::Value as Json;
use tower_layer::Layer;
use tower_service::Service;

use crate::guard::Guard;

/// Guards every request to a service. An admitted one has a [`Token`](crate::Token) among its
/// extensions.
#[derive(Clone, Debug)]
pub struct GuardLayer {
    guard: Guard,
    /// `None`: the routes of the catalog say what a request needs.
    requirement: Option<Arc<Requirement>>,
}

impl GuardLayer {
    /// The routes of the catalog say what each request needs. A request that matches none is
    /// refused with 403.
    #[must_use]
    pub fn by_routes(guard: Guard) -> GuardLayer {
        GuardLayer {
            guard,
            requirement: None,
        }
    }

    /// Every request needs the same: `json!("mail:send")`; `null`: any valid token.
    ///
    /// # Errors
    /// `invalid_input` for an unknown permission.
    pub fn requiring(guard: Guard, requirement: Json) -> Result<GuardLayer, Error> {
        let requirement = Some(guard.requirement(requirement)?);
        Ok(GuardLayer { guard, requirement })
    }
}

impl<I> Layer<I> for GuardLayer {
    type Service = GuardService<I>;

    fn layer(&self, inner: I) -> GuardService<I> {
        GuardService {
            inner,
            layer: self.clone(),
        }
    }
}

/// A service with a guard before it.
#[derive(Clone, Debug)]
pub struct GuardService<I> {
    inner: I,
    layer: GuardLayer,
}

impl<I, B, R> Service<Request<B>> for GuardService<I>
where
    I: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    I::Future: Send,
    B: Send + 'static,
    R: From<String> + Send + 'static,
{
    type Response = Response<R>;
    type Error = I::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, I::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), I::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that was found ready is the one that is called.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let layer = self.layer.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let admitted = match &layer.requirement {
                Some(requirement) => layer.guard.admit(&parts, requirement).await,
                None => layer.guard.admit_by_route(&parts).await,
            };
            match admitted {
                Ok(token) => {
                    parts.extensions.insert(token);
                    inner.call(Request::from_parts(parts, body)).await
                }
                Err(refusal) => Ok(refusal.response()),
            }
        })
    }
}
