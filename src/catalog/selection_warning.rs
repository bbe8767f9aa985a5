//! Warnings about a selection, to show before it is saved. None is an error.

use serde::Serialize;

use super::{Catalog, Resolution, Role};
use crate::value::permission::{Permission, PermissionSet};

/// A warning. Its `code` is stable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Warning {
    /// The selection gives no permission. No token can be created from it.
    Empty,
    /// A removed permission is implied by a permission that is still given. A holder of the latter
    /// expects the former.
    ImpliedRemoved {
        /// The removed permission.
        permission: Permission,
        /// The given permissions that imply it.
        #[serde(rename = "impliedBy")]
        implied_by: Vec<Permission>,
    },
    /// A given permission is deprecated.
    Deprecated {
        /// The deprecated permission.
        permission: Permission,
        /// The permission to grant instead.
        #[serde(skip_serializing_if = "Option::is_none")]
        replacement: Option<Permission>,
    },
    /// The selection gives all permissions of a recommended template, and more.
    WiderThanRecommended {
        /// The id of the template.
        template: String,
        /// The permissions beyond the template.
        extra: Vec<Permission>,
    },
    /// The selection has the admin role: the token has all permissions of the catalog.
    AdminRole,
}

impl Catalog {
    pub(super) fn selection_warnings(&self, resolution: &Resolution) -> Vec<Warning> {
        let given = &resolution.permissions;
        let mut warnings = Vec::new();
        if given.is_empty() {
            warnings.push(Warning::Empty);
        }
        for index in self.closed(given).without(given).iter() {
            let implied_by = self.kept_implying(given, index);
            if let Some(permission) = self.permission(index).cloned() {
                warnings.push(Warning::ImpliedRemoved {
                    permission,
                    implied_by,
                });
            }
        }
        for index in given.iter() {
            let deprecated = self.details.get(index).and_then(|details| details.deprecated);
            if let (Some(permission), Some(deprecated)) = (self.permission(index).cloned(), deprecated) {
                let replacement = deprecated
                    .replacement
                    .and_then(|index| self.permission(index).cloned());
                warnings.push(Warning::Deprecated {
                    permission,
                    replacement,
                });
            }
        }
        warnings.extend(self.wider_than_recommended(given));
        if resolution.role.as_deref() == Some(Role::ADMIN) {
            warnings.push(Warning::AdminRole);
        }
        warnings
    }

    /// The given permissions that imply a permission, directly or through permissions that are not
    /// given.
    fn kept_implying(&self, given: &PermissionSet, index: usize) -> Vec<Permission> {
        let (mut found, mut seen) = (self.nothing(), self.nothing());
        let mut open = vec![index];
        while let Some(index) = open.pop() {
            for implying in self.implying(index) {
                if given.contains(implying) {
                    found.insert(implying);
                } else if seen.insert(implying) {
                    open.push(implying);
                }
            }
        }
        self.ids(&found)
    }

    /// Compares with the recommended template that leaves the fewest extra permissions.
    fn wider_than_recommended(&self, given: &PermissionSet) -> Option<Warning> {
        let recommended = self.templates.iter().filter(|template| template.recommended);
        let (template, extra) = recommended
            .map(|template| (template, self.closed(&template.permissions)))
            .filter(|(_, set)| set.is_subset(given))
            .map(|(template, set)| (template, given.without(&set)))
            .min_by_key(|(_, extra)| extra.len())?;
        let template = template.id.clone();
        (!extra.is_empty()).then(|| Warning::WiderThanRecommended {
            template,
            extra: self.ids(&extra),
        })
    }
}
