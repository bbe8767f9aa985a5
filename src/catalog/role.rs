//! Compiles roles: named sets of permissions. Each assignment binds a role to a level of the
//! resource hierarchy.

use super::Catalog;
use super::invalid_id::check_id;
use super::permission_template::{patterns, text_of};
use crate::input::object::object_like;
use crate::input::{Members, Problems};
use crate::value::permission::PermissionSet;

/// A role: a named set of permissions, bound to a level when it is assigned.
#[derive(Debug)]
pub struct Role {
    pub(super) id: String,
    title: String,
    description: Option<String>,
    pub(super) permissions: PermissionSet,
}

impl Role {
    /// The id of the built-in role that has all permissions.
    pub const ADMIN: &str = "admin";

    /// The id of the role.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The title for people.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The purpose of the role, for people.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The permissions of the role, closed over `implies`.
    #[must_use]
    pub fn permissions(&self) -> &PermissionSet {
        &self.permissions
    }
}

pub(super) fn compile_roles(catalog: &Catalog, document: &Members, problems: &mut Problems) -> Vec<Role> {
    let all = PermissionSet::full(catalog.count());
    let mut roles = vec![Role {
        id: Role::ADMIN.to_owned(),
        title: "Admin".to_owned(),
        description: None,
        permissions: all,
    }];
    let Some(value) = document.value("roles") else {
        return roles;
    };
    let path = document.path("roles");
    let example = "{ \"user\": { \"title\": \"User\", \"permissions\": [\"…\"] } }";
    let Some(entries) = object_like(value, &path, example, problems)
        .and_then(|value| Members::open_any(value, &path, problems))
    else {
        return roles;
    };
    for (id, value, path) in entries.each() {
        if id == Role::ADMIN {
            problems.add(
                &path,
                "the role \"admin\" is built in and gives everything; choose another name",
            );
            continue;
        }
        problems.keep(&path, check_id(id));
        if let Some(members) = Members::open(value, &path, &["title", "description", "permissions"], problems)
        {
            let title = text_of(members.required_text("title", problems)).unwrap_or_default();
            let description = text_of(members.text("description", problems));
            let mut permissions = patterns(catalog, &members, problems);
            catalog.close(&mut permissions);
            roles.push(Role {
                id: id.to_owned(),
                title,
                description,
                permissions,
            });
        }
    }
    roles
}
