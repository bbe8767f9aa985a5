//! The answer of `describe`.

use serde::Serialize;

use crate::catalog::Kind;
use crate::value::permission::Permission;
use crate::value::resource::Resource;

/// The data that a screen needs before it offers choices. The services and their permissions are in
/// the tree of a preview.
#[derive(Debug, Serialize)]
pub struct Description {
    /// The version of the catalog.
    pub(in crate::operation) version: String,
    /// The prefix of credentials.
    pub(in crate::operation) prefix: String,
    /// The owner to which `manage` and `ceiling` apply.
    pub(in crate::operation) owner: Resource,
    pub(in crate::operation) templates: Vec<TemplateDescription>,
    pub(in crate::operation) roles: Vec<RoleDescription>,
    pub(in crate::operation) kinds: Vec<KindDescription>,
    /// The permissions that the actor can give at the owner.
    pub(in crate::operation) ceiling: Vec<Permission>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TemplateDescription {
    pub(in crate::operation) id: String,
    pub(in crate::operation) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) description: Option<String>,
    pub(in crate::operation) version: u32,
    pub(in crate::operation) recommended: bool,
    /// How many permissions the template gives, with the implied ones.
    pub(in crate::operation) permissions: usize,
}

#[derive(Debug, Serialize)]
pub(crate) struct RoleDescription {
    pub(in crate::operation) id: String,
    pub(in crate::operation) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) description: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct KindDescription {
    #[serde(flatten)]
    pub(in crate::operation) kind: Kind,
    /// Whether the actor manages tokens of this kind for the owner.
    pub(in crate::operation) manage: bool,
}
