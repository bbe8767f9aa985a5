//! A frozen grant in the form that a verifier uses: bits over the catalog, so that a check costs
//! the same for any number of permissions.

use super::ceilings::Ceilings;
use super::coded_list::{Vocabularies, set_of_list};
use super::record_text::{Part, RecordText};
use super::token::Token;
use crate::catalog::{Permissions, Resolution};
use crate::codec::canonical::Items;
use crate::codec::decode::DecodeError;
use crate::codec::sort::sorted_by_count;
use crate::codec::sorted_map::SortedMap;
use crate::value::permission::{Permission, PermissionSet};
use crate::value::resource::Resource;

/// The permissions of a token, with the resources on which it holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    permissions: PermissionSet,
    boundary: Resource,
    /// The permissions that are held on some resources only, by index.
    narrowed: Vec<(usize, Vec<Resource>)>,
    /// The upper bound from account ceilings and parent grants, over all resources; `None` if none
    /// of them was applied.
    most: Option<PermissionSet>,
}

impl Grant {
    /// A grant that holds its permissions on its whole boundary.
    #[must_use]
    pub fn new(permissions: PermissionSet, boundary: Resource) -> Grant {
        Grant {
            permissions,
            boundary,
            narrowed: Vec::new(),
            most: None,
        }
    }

    /// The grant of a selection.
    #[must_use]
    pub fn of_selection(resolution: &Resolution, boundary: &Resource, catalog: &Permissions) -> Grant {
        let narrowed = resolution.resources.iter();
        let narrowed =
            narrowed.filter_map(|(id, resources)| Some((catalog.index(id.as_str())?, resources.clone())));
        Grant {
            narrowed: narrowed.collect(),
            ..Grant::new(resolution.permissions.clone(), boundary.clone())
        }
    }

    /// The ceilings of an account, as a grant at the root.
    #[must_use]
    pub fn of_ceilings(ceilings: &Ceilings, catalog: &Permissions) -> Grant {
        let permissions = ceilings.anywhere(catalog);
        let places = |index: usize| (index, ceilings.places(index).into_iter().cloned().collect());
        Grant {
            narrowed: permissions.iter().map(places).collect(),
            ..Grant::new(permissions, Resource::root())
        }
    }

    /// This grant, reduced to a boundary below its own.
    #[must_use]
    pub fn at(&self, boundary: &Resource) -> Grant {
        let mut left = Grant {
            permissions: self.permissions.clone(),
            boundary: boundary.clone(),
            narrowed: Vec::new(),
            most: self.most.clone(),
        };
        for (index, resources) in &self.narrowed {
            let meets: Vec<Resource> = resources
                .iter()
                .filter_map(|place| place.meet(boundary))
                .collect();
            if meets.is_empty() {
                left.permissions.remove(*index);
            } else if !meets.contains(boundary) {
                left.narrowed.push((*index, meets));
            }
        }
        left
    }

    /// This grant, reduced to these permissions.
    #[must_use]
    pub fn only(&self, permissions: &PermissionSet) -> Grant {
        let mut left = self.clone();
        left.permissions.intersect(permissions);
        left.narrowed.retain(|(index, _)| permissions.contains(*index));
        left
    }

    /// Compiles the grant of a token. Permissions no longer in the catalog are dropped; nothing can
    /// require them.
    #[must_use]
    pub fn of(token: &Token, catalog: &Permissions) -> Grant {
        let narrowed = token.resources.iter();
        Grant {
            permissions: catalog.set_of(token.permissions.iter()),
            boundary: token.resource.clone(),
            narrowed: narrowed_of(
                narrowed.map(|(id, resources)| (id.as_str(), resources.clone())),
                catalog,
            ),
            most: None,
        }
    }

    /// Compiles the grant of a stored token, as [`Grant::of`] does.
    ///
    /// # Errors
    /// If the record names a vocabulary that is not at hand.
    pub(crate) fn of_record(
        record: &RecordText,
        boundary: Resource,
        catalog: &Permissions,
        vocabularies: &dyn Vocabularies,
    ) -> Result<Grant, DecodeError> {
        let narrowed = record.entries(Part::Resources).map(|(id, resources)| {
            let resources = Items::of(resources).texts();
            let resources = resources.filter_map(|text| Resource::parse(&text).ok());
            (id, resources.collect())
        });
        let permissions = record.raw(Part::Permissions).ok_or(DecodeError)?;
        Ok(Grant {
            permissions: set_of_list(permissions, catalog, vocabularies)?,
            boundary,
            narrowed: narrowed_of(narrowed, catalog),
            most: None,
        })
    }

    /// Whether a permission is held on any resource.
    #[must_use]
    pub fn has(&self, permission: usize) -> bool {
        self.permissions.contains(permission)
    }

    /// Whether a permission is held on `resource`; with `None`, on the whole boundary.
    #[must_use]
    pub fn holds(&self, permission: usize, resource: Option<&Resource>) -> bool {
        if !self.has(permission) {
            return false;
        }
        match (self.narrowing(permission), resource) {
            (None, None) => true,
            (None, Some(resource)) => self.boundary.covers(resource),
            (Some(resources), Some(resource)) => {
                self.boundary.covers(resource) && resources.iter().any(|narrow| narrow.covers(resource))
            }
            (Some(resources), None) => resources.iter().any(|narrow| narrow.covers(&self.boundary)),
        }
    }

    /// Whether the grants decide alike on every requirement without a resource. The boundary counts
    /// only for narrowed permissions.
    #[must_use]
    pub(crate) fn decides_as(&self, other: &Grant) -> bool {
        self.permissions == other.permissions
            && self.narrowed == other.narrowed
            && (self.narrowed.is_empty() || self.boundary == other.boundary)
    }

    /// Whether all `permissions` are held on a resource. `None` if this grant has narrowed
    /// permissions: check each one then.
    #[must_use]
    pub fn holds_all(&self, permissions: &PermissionSet, resource: Option<&Resource>) -> Option<bool> {
        self.narrowed.is_empty().then(|| {
            permissions.is_subset(&self.permissions)
                && resource.is_none_or(|resource| self.boundary.covers(resource))
        })
    }

    /// This grant, reduced to the ceilings of an account.
    #[must_use]
    pub fn under_account(&self, ceilings: &Ceilings, catalog: &Permissions) -> Grant {
        let whole = ceilings.at(&self.boundary, catalog);
        self.under(whole, ceilings.anywhere(catalog), &|permission| {
            ceilings.places(permission)
        })
    }

    /// This grant, reduced to the grant of a parent.
    #[must_use]
    pub fn under_parent(&self, parent: &Grant) -> Grant {
        let mut whole = parent.permissions.clone();
        if parent.boundary.covers(&self.boundary) {
            parent.narrowed.iter().for_each(|(index, _)| whole.remove(*index));
        } else {
            whole = whole.without(&parent.permissions);
        }
        self.under(whole, parent.permissions.clone(), &|permission| {
            parent.places(permission)
        })
    }

    /// `whole` are the permissions allowed on the whole boundary, `most` those allowed on any
    /// resource, and `places` are the resources on which a permission is allowed.
    fn under<'p>(
        &self,
        whole: PermissionSet,
        mut most: PermissionSet,
        places: &dyn Fn(usize) -> Vec<&'p Resource>,
    ) -> Grant {
        let mut left = Grant {
            permissions: self.permissions.clone(),
            boundary: self.boundary.clone(),
            narrowed: Vec::new(),
            most: None,
        };
        for permission in self.permissions.iter() {
            let own = self.places(permission);
            if whole.contains(permission) {
                if self.narrowing(permission).is_some() {
                    left.narrowed
                        .push((permission, own.into_iter().cloned().collect()));
                }
                continue;
            }
            let mut shared: Vec<Resource> = Vec::new();
            for place in own {
                let meets = places(permission)
                    .into_iter()
                    .filter_map(|other| place.meet(other));
                for meet in meets {
                    if !shared.contains(&meet) {
                        shared.push(meet);
                    }
                }
            }
            if shared.is_empty() {
                left.permissions.remove(permission);
            } else {
                left.narrowed.push((permission, shared));
            }
        }
        if let Some(before) = &self.most {
            most.intersect(before);
        }
        left.most = Some(most);
        left
    }

    /// The resources on which a permission is held; empty if it is not held.
    fn places(&self, permission: usize) -> Vec<&Resource> {
        match self.narrowing(permission) {
            Some(resources) => resources.iter().collect(),
            None if self.has(permission) => vec![&self.boundary],
            None => Vec::new(),
        }
    }

    /// The resources to which a permission is narrowed, if it is.
    fn narrowing(&self, permission: usize) -> Option<&[Resource]> {
        let at = self
            .narrowed
            .binary_search_by_key(&permission, |(index, _)| *index);
        let (_, resources) = self.narrowed.get(at.ok()?)?;
        Some(resources)
    }

    /// Each permission with all resources on which it is held.
    pub(crate) fn held(&self) -> impl Iterator<Item = (usize, Vec<&Resource>)> {
        self.permissions.iter().map(|index| (index, self.places(index)))
    }

    /// Whether `other` holds each permission on every resource on which this grant holds it.
    pub(crate) fn is_within(&self, other: &Grant) -> bool {
        self.held()
            .all(|(index, places)| places.into_iter().all(|place| other.holds(index, Some(place))))
    }

    /// Whether an account or a parent bounds this grant.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.most.is_some()
    }

    /// The permissions that are held on some resources only, with these resources.
    #[must_use]
    pub fn resources(&self, catalog: &Permissions) -> SortedMap<Permission, Vec<Resource>> {
        let named = self.narrowed.iter();
        named
            .filter_map(|(index, resources)| Some((catalog.permission(*index)?.clone(), resources.clone())))
            .collect()
    }

    /// The resource that bounds the whole grant.
    #[must_use]
    pub fn boundary(&self) -> &Resource {
        &self.boundary
    }

    /// This grant with other permissions, within its upper bound.
    pub(crate) fn with(&self, mut permissions: PermissionSet) -> Grant {
        if let Some(most) = &self.most {
            permissions.intersect(most);
        }
        Grant {
            permissions,
            ..self.clone()
        }
    }

    /// All permissions that are held on any resource.
    #[must_use]
    pub fn permissions(&self) -> &PermissionSet {
        &self.permissions
    }
}

/// The narrowed permissions of a stored grant by index, ascending. A renamed permission is narrowed
/// to what all of its old ids have in common.
fn narrowed_of<I: AsRef<str>>(
    stored: impl Iterator<Item = (I, Vec<Resource>)>,
    catalog: &Permissions,
) -> Vec<(usize, Vec<Resource>)> {
    let (mut narrowed, mut renamed): (Vec<(usize, Vec<Resource>)>, Vec<_>) = (Vec::new(), Vec::new());
    for (id, resources) in stored {
        // The index of a permission is its rank by id, and the stored ids are sorted.
        match catalog.index(id.as_ref()) {
            Some(index) => narrowed.push((index, resources)),
            None => renamed.extend(catalog.successor(id.as_ref()).map(|index| (index, resources))),
        }
    }
    if renamed.is_empty() {
        return narrowed;
    }
    for (index, resources) in renamed {
        match narrowed.iter_mut().find(|(known, _)| *known == index) {
            Some((_, known)) => {
                let pairs = known
                    .iter()
                    .flat_map(|place| resources.iter().map(|other| place.meet(other)));
                *known = pairs.flatten().collect();
            }
            None => narrowed.push((index, resources)),
        }
    }
    sorted_by_count(narrowed, |(index, _)| *index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrowed_grants_decide_alike_only_within_one_boundary() {
        let at = |boundary: &str| Resource::parse(boundary).unwrap();
        let whole = |boundary| Grant::new(PermissionSet::of(vec![3]), at(boundary));
        let narrowed = |boundary| Grant {
            narrowed: vec![(3, vec![at("org:acme/project:a")])],
            ..whole(boundary)
        };
        assert!(whole("org:acme").decides_as(&whole("org:other")));
        assert!(narrowed("org:acme").decides_as(&narrowed("org:acme")));
        // Within project a, the permission is held on the whole boundary.
        assert!(!narrowed("org:acme").decides_as(&narrowed("org:acme/project:a")));
        assert!(!narrowed("org:acme").decides_as(&whole("org:acme")));
    }
}
