//! The ceilings of an account in the form that a verifier uses: bits over the catalog.

use crate::catalog::Permissions;
use crate::value::permission::PermissionSet;
use crate::value::resource::Resource;

/// The most that an account can do, by resource.
#[derive(Clone, Debug)]
pub struct Ceilings(Vec<(Resource, PermissionSet)>);

impl Ceilings {
    /// Ceilings at these resources and below.
    pub(crate) fn new(ceilings: Vec<(Resource, PermissionSet)>) -> Ceilings {
        Ceilings(ceilings)
    }

    /// The permissions that the account can have on a whole resource.
    #[must_use]
    pub fn at(&self, resource: &Resource, catalog: &Permissions) -> PermissionSet {
        let mut most = catalog.nothing();
        let above = self.0.iter().filter(|(place, _)| place.covers(resource));
        above.for_each(|(_, set)| most.union(set));
        most
    }

    /// The permissions that the account can have on any resource.
    #[must_use]
    pub fn anywhere(&self, catalog: &Permissions) -> PermissionSet {
        let mut most = catalog.nothing();
        self.0.iter().for_each(|(_, set)| most.union(set));
        most
    }

    /// The resources on which the account can have a permission.
    #[must_use]
    pub fn places(&self, permission: usize) -> Vec<&Resource> {
        let holding = self.0.iter().filter(|(_, set)| set.contains(permission));
        holding.map(|(place, _)| place).collect()
    }
}
