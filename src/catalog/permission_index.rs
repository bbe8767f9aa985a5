//! The permissions of a catalog and their indices.

use super::not_in_catalog::{Named, NotInCatalog};
use super::past_ids::PastIds;
use crate::value::permission::{Permission, PermissionSet};

/// The permissions of a catalog, each with an index. With the routes, a verification needs no more
/// of a catalog.
///
/// They are sorted by id: the index of a permission is its rank.
#[derive(Debug, Default)]
pub struct Permissions {
    pub(super) all: Vec<Permission>,
    /// The ids that the catalog had earlier.
    pub(super) past: PastIds,
}

impl Permissions {
    pub(super) fn new(all: Vec<Permission>, past: PastIds) -> Permissions {
        Permissions { all, past }
    }

    /// All permissions, ascending by id.
    pub fn permissions(&self) -> impl Iterator<Item = &Permission> {
        self.all.iter()
    }

    /// The number of permissions.
    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// The permission at an index; behind the last one, a retired permission that a requirement
    /// names.
    #[must_use]
    pub fn permission(&self, index: usize) -> Option<&Permission> {
        let retired = || self.past.retired_at(index - self.all.len());
        self.all.get(index).or_else(retired)
    }

    /// The index of the permission with this id.
    #[must_use]
    pub fn index(&self, id: &str) -> Option<usize> {
        self.all.binary_search_by(|known| known.as_str().cmp(id)).ok()
    }

    /// The index of the permission with this id, which must exist.
    ///
    /// # Errors
    /// If there is none; with the most similar id. An unknown permission is a programming error;
    /// it must not become a silent yes or no.
    pub fn known(&self, id: &str) -> Result<usize, NotInCatalog> {
        self.index(id).ok_or_else(|| self.unknown(Named::Permission, id))
    }

    /// The members of a set, ascending by id.
    pub fn members(&self, set: &PermissionSet) -> impl Iterator<Item = &Permission> {
        set.iter().filter_map(|index| self.all.get(index))
    }

    /// The members of a set, cloned.
    #[must_use]
    pub fn ids(&self, set: &PermissionSet) -> Vec<Permission> {
        self.members(set).cloned().collect()
    }

    /// The set of a stored list of permissions, each of which is there once. A renamed permission
    /// is in it if all of its old ids are. Permissions that are no longer in the catalog are
    /// dropped.
    #[must_use]
    pub fn set_of(&self, permissions: impl Iterator<Item: AsRef<str>>) -> PermissionSet {
        let mut set = self.nothing();
        let mut renamed = Vec::new();
        let mut next = 0;
        for id in permissions {
            // Grants are sorted as the catalog is: most permissions directly follow the one before.
            let id = id.as_ref();
            let index = match self.all.get(next) {
                Some(neighbor) if neighbor.as_str() == id => Some(next),
                _ => self.index(id),
            };
            match index {
                Some(index) => {
                    set.insert(index);
                    next = index + 1;
                }
                None => renamed.extend(self.past.successor(id)),
            }
        }
        for index in self.past.complete(renamed) {
            set.insert(index);
        }
        set
    }

    /// Adds the renamed permissions of which a list has all old ids. `past` are the ids of the list
    /// that are no longer in the catalog.
    pub(crate) fn insert_renamed(&self, set: &mut PermissionSet, past: &[Permission]) {
        let renamed = past.iter().filter_map(|id| self.past.successor(id.as_str()));
        for index in self.past.complete(renamed.collect()) {
            set.insert(index);
        }
    }

    /// An empty set with the capacity of the catalog.
    pub(crate) fn nothing(&self) -> PermissionSet {
        PermissionSet::empty(self.all.len())
    }

    pub(super) fn unknown(&self, what: Named, id: &str) -> NotInCatalog {
        NotInCatalog::new(what, id, near(&self.all, id).iter().map(Permission::as_str))
    }
}

/// How many permissions an unknown id is compared with. One comparison takes about a microsecond.
const MAX_COMPARED: usize = 5_000;

/// The sorted permissions that an unknown id is compared with: all, or of a large catalog those
/// around its place, which are those of its service.
pub(super) fn near<'p>(permissions: &'p [Permission], id: &str) -> &'p [Permission] {
    if permissions.len() <= MAX_COMPARED {
        return permissions;
    }
    let place = permissions.partition_point(|known| known.as_str() < id);
    let first = place.saturating_sub(MAX_COMPARED / 2);
    let first = first.min(permissions.len() - MAX_COMPARED);
    permissions.get(first..first + MAX_COMPARED).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{MAX_COMPARED, near};
    use crate::value::permission::Permission;

    #[test]
    fn an_unknown_id_is_compared_with_a_bounded_number_around_its_place() {
        let mut all: Vec<Permission> = (0..4 * MAX_COMPARED)
            .map(|at| Permission::parse(&format!("service-{:02}:action-{at}", at % 40)).unwrap())
            .collect();
        all.sort();
        for id in ["", "a:b", "service-07:acton-7", "service-20:x", "z:z"] {
            assert_eq!(near(&all, id).len(), MAX_COMPARED, "{id}");
        }
        for (id, of) in [
            ("service-07:acton-7", "service-07:action-7"),
            ("z", "service-39:action-39"),
        ] {
            assert!(near(&all, id).iter().any(|known| known.as_str() == of), "{id}");
        }
        assert_eq!(near(&all[..10], "z:z").len(), 10);
    }
}
