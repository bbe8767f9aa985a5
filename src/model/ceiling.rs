//! A ceiling of an account, as its managers see it.

use serde::Serialize;

use super::id_list::IdList;
use crate::value::permission::Permission;
use crate::value::resource::Resource;

/// The most that an account can do at a resource and below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ceiling {
    /// The resource.
    pub resource: Resource,
    /// The permissions, exact and sorted.
    pub permissions: IdList<Permission>,
}
