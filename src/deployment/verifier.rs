//! What an edge has of a deployment: enough to verify, and nothing of what tokens are made of.

use super::{Gate, Verifying};
use crate::catalog::{Matched, Permissions, Routes, outline};
use crate::codec::json::Value;
use crate::input::{Problems, Refusal};

/// A deployment that only verifies.
#[derive(Debug)]
pub struct Edge {
    gate: Gate,
    permissions: Permissions,
    routes: Routes,
}

impl Edge {
    /// Compiles `{ prefix, imported?, recordKeys? }` and the permissions and routes of a catalog. Its templates, roles and kinds are not
    /// looked at.
    ///
    /// # Errors
    /// When one of the two cannot be read.
    pub fn configure(config: &Value, catalog: &Value) -> Result<Edge, Refusal> {
        let mut problems = Problems::default();
        let gate = Gate::read(config, &mut problems);
        let (permissions, routes) = outline(catalog, &mut problems);
        match gate {
            Some(gate) if problems.is_empty() => Ok(Edge {
                gate,
                permissions,
                routes,
            }),
            _ => Err(problems.into()),
        }
    }

    /// What a request needs, by its method and path; nothing if no route matches, which is to be refused.
    #[must_use]
    pub fn route(&self, method: &str, path: &str) -> Option<Matched> {
        self.routes.find(method, path)
    }
}

impl Verifying for Edge {
    fn gate(&self) -> &Gate {
        &self.gate
    }

    fn permissions(&self) -> &Permissions {
        &self.permissions
    }
}
