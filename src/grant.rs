//! A frozen grant as a verifier uses it: bits over the catalog, so that a check costs the same however much is granted.

use crate::catalog::Catalog;
use crate::permission::PermissionSet;
use crate::record::Token;
use crate::resource::Resource;

/// What a token may do, and where.
#[derive(Debug)]
pub struct Grant {
    permissions: PermissionSet,
    boundary: Resource,
    /// The permissions that are held on some resources only, by index.
    narrowed: Vec<(usize, Vec<Resource>)>,
}

impl Grant {
    /// A grant that holds its permissions at its whole boundary.
    #[must_use]
    pub fn new(permissions: PermissionSet, boundary: Resource) -> Grant {
        Grant {
            permissions,
            boundary,
            narrowed: Vec::new(),
        }
    }

    /// Compiles the grant of a token. What the catalog has no more can be required by nobody, so it is left out.
    #[must_use]
    pub fn of(token: &Token, catalog: &Catalog) -> Grant {
        let mut permissions = catalog.nothing();
        for index in token
            .permissions
            .iter()
            .filter_map(|id| catalog.index(id.as_str()))
        {
            permissions.insert(index);
        }
        let narrowed = token.resources.iter();
        let narrowed =
            narrowed.filter_map(|(id, resources)| Some((catalog.index(id.as_str())?, resources.clone())));
        // The index of a permission is its rank, and the map is sorted by id: so is this.
        Grant {
            permissions,
            boundary: token.resource.clone(),
            narrowed: narrowed.collect(),
        }
    }

    /// Whether a permission is granted at all.
    #[must_use]
    pub fn has(&self, permission: usize) -> bool {
        self.permissions.contains(permission)
    }

    /// Whether a permission is held on a resource; without one, at the whole boundary.
    #[must_use]
    pub fn holds(&self, permission: usize, resource: Option<&Resource>) -> bool {
        if !self.has(permission) {
            return false;
        }
        let narrowed = self
            .narrowed
            .binary_search_by_key(&permission, |(index, _)| *index)
            .ok();
        match (narrowed.and_then(|at| self.narrowed.get(at)), resource) {
            (None, None) => true,
            (None, Some(resource)) => self.boundary.covers(resource),
            (Some((_, resources)), Some(resource)) => {
                self.boundary.covers(resource) && resources.iter().any(|narrow| narrow.covers(resource))
            }
            (Some((_, resources)), None) => resources.iter().any(|narrow| narrow.covers(&self.boundary)),
        }
    }

    /// This grant with other permissions.
    pub(crate) fn with(&self, permissions: PermissionSet) -> Grant {
        Grant {
            permissions,
            boundary: self.boundary.clone(),
            narrowed: self.narrowed.clone(),
        }
    }

    /// Everything that is granted, anywhere.
    #[must_use]
    pub fn permissions(&self) -> &PermissionSet {
        &self.permissions
    }
}
