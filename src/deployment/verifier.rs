//! Compiles the part of a deployment that the verify module needs: enough to verify, and nothing
//! that token creation needs.

use super::{CredentialConfig, VerifierConfig};
use crate::catalog::{Matched, Permissions, RouteNumber, Routes, compile_permissions};
use crate::codec::json::Value;
use crate::input::{Problems, Refusal};

/// A deployment that only verifies.
#[derive(Debug)]
pub struct VerifierDeployment {
    credentials: CredentialConfig,
    permissions: Permissions,
    routes: Routes,
}

impl VerifierDeployment {
    /// Compiles `{ prefix, imported?, recordKeys? }` and the permissions and routes of a catalog.
    /// Templates, roles and kinds are not read.
    ///
    /// # Errors
    /// When one of the two cannot be read.
    pub fn configure(config: &Value, catalog: &Value) -> Result<VerifierDeployment, Refusal> {
        let mut problems = Problems::default();
        let credentials = CredentialConfig::read(config, &mut problems);
        let (permissions, routes) = compile_permissions(catalog, &mut problems);
        match credentials {
            Some(credentials) if problems.is_empty() => Ok(VerifierDeployment {
                credentials,
                permissions,
                routes,
            }),
            _ => Err(problems.into()),
        }
    }

    /// What a request needs, by its method and path: each permission, on its resource. `None` if no
    /// route matches: refuse the request.
    #[must_use]
    pub fn route(&self, method: &str, path: &str) -> Option<Vec<Matched>> {
        self.routes.needs(method, path)
    }

    /// As [`VerifierDeployment::route`] for nearly all requests, in a fraction of the time. The
    /// method is its index among GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS.
    #[must_use]
    pub fn route_number(&self, method: usize, path: &[u8]) -> RouteNumber {
        self.routes.number(method, path)
    }
}

impl VerifierConfig for VerifierDeployment {
    fn credentials(&self) -> &CredentialConfig {
        &self.credentials
    }

    fn permissions(&self) -> &Permissions {
        &self.permissions
    }
}
