//! What `describe` answers.

use serde::Serialize;

use crate::catalog::Kind;
use crate::value::permission::Permission;
use crate::value::resource::Resource;

/// What a screen has to know before it offers anything. The services with their permissions are in the tree of a preview.
#[derive(Debug, Serialize)]
pub struct Description {
    /// The catalog's own version.
    pub(in crate::operation) version: String,
    /// How credentials begin.
    pub(in crate::operation) prefix: String,
    /// The owner that `manage` and `ceiling` are about.
    pub(in crate::operation) owner: Resource,
    pub(in crate::operation) templates: Vec<TemplateDescription>,
    pub(in crate::operation) roles: Vec<RoleDescription>,
    pub(in crate::operation) kinds: Vec<KindDescription>,
    /// The permissions that this actor can give at the owner.
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
    /// How many permissions it gives, with what they imply.
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
    /// Whether this actor manages tokens of this kind for the owner.
    pub(in crate::operation) manage: bool,
}
