//! What can be granted: services with their permissions, templates and roles over them, and the kinds of token.
//!
//! A catalog is a document (JSON), compiled once. Everything that is wrong with it is told at once, each with its JSON path.

mod bundle;
mod graph;
mod kind;
mod selection;
mod service;

pub use bundle::{Role, Template};
pub use kind::{ExpiryRule, Kind};
pub use selection::{Resolution, Selection, TemplateUse};

use crate::input::{Members, Path, Problem, Problems, Value, quote, suggestion};
use crate::permission::{Pattern, Permission, PermissionSet};

/// A compiled catalog.
///
/// ```
/// use leastkey::catalog::Catalog;
/// let document = serde_json::from_str(r#"{
///     "services": { "messages": { "title": "Messages", "permissions": { "send": "Send", "read": "Read" } } },
///     "templates": { "sender": { "title": "Sender", "permissions": ["messages:send"] } }
/// }"#).unwrap();
/// let catalog = Catalog::compile(&document).unwrap();
/// assert_eq!(catalog.permissions().count(), 2);
/// ```
#[derive(Debug)]
pub struct Catalog {
    version: String,
    /// Sorted by id: the index of a permission is its rank.
    permissions: Vec<Permission>,
    /// What each permission implies directly.
    implies: Vec<Vec<usize>>,
    templates: Vec<Template>,
    roles: Vec<Role>,
    kinds: Vec<Kind>,
}

impl Catalog {
    /// Compiles a document.
    ///
    /// # Errors
    /// Every problem of the document.
    pub fn compile(document: &Value) -> Result<Catalog, Vec<Problem>> {
        let mut problems = Problems::default();
        let known = ["$schema", "version", "services", "templates", "roles", "kinds"];
        let Some(members) = Members::open(document, &Path::document(), &known, &mut problems) else {
            return Err(problems.into_vec());
        };
        members.text("$schema", &mut problems);
        let version = members
            .text("version", &mut problems)
            .unwrap_or_default()
            .to_owned();
        if members.value("services").is_none() {
            problems.add(
                &members.path("services"),
                "is required: the services and their permissions",
            );
        }
        let services = service::compile(&members, &mut problems);
        let mut catalog = Catalog {
            version,
            permissions: services.permissions,
            implies: services.implies,
            templates: Vec::new(),
            roles: Vec::new(),
            kinds: kind::compile(&members, &mut problems),
        };
        catalog.templates = bundle::compile_templates(&catalog, &members, &mut problems);
        catalog.roles = bundle::compile_roles(&catalog, &members, &mut problems);
        if problems.is_empty() {
            Ok(catalog)
        } else {
            Err(problems.into_vec())
        }
    }

    /// What the document calls its version; empty if it does not say.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// All permissions, by id.
    pub fn permissions(&self) -> impl Iterator<Item = &Permission> {
        self.permissions.iter()
    }

    /// The index of a permission.
    #[must_use]
    pub fn index(&self, id: &str) -> Option<usize> {
        self.permissions
            .binary_search_by(|known| known.as_str().cmp(id))
            .ok()
    }

    /// A template by its id.
    #[must_use]
    pub fn template(&self, id: &str) -> Option<&Template> {
        self.templates.iter().find(|template| template.id == id)
    }

    /// A role by its id. `admin` always exists.
    #[must_use]
    pub fn role(&self, id: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == id)
    }

    /// A kind by its id.
    ///
    /// # Errors
    /// A message with the nearest right name.
    pub fn kind(&self, id: &str) -> Result<&Kind, String> {
        self.kinds.iter().find(|kind| kind.id == id).ok_or_else(|| {
            let known = self.kinds.iter().map(|kind| kind.id.as_str());
            let all = known.clone().collect::<Vec<_>>().join(", ");
            let hint = suggestion(id, known);
            if hint.is_empty() {
                format!("there is no kind {}; there are {all}", quote(id))
            } else {
                format!("there is no kind {}{hint}", quote(id))
            }
        })
    }

    /// The index of a permission that must exist.
    ///
    /// # Errors
    /// A message with the nearest right name: an unknown permission is a programming error, never a silent yes or no.
    pub fn known(&self, id: &str) -> Result<usize, String> {
        self.index(id).ok_or_else(|| self.unknown("permission", id))
    }

    /// The permissions that a pattern means.
    ///
    /// # Errors
    /// When the text is no pattern, or matches nothing.
    pub fn matching(&self, pattern: &str) -> Result<PermissionSet, String> {
        let parsed = Pattern::parse(pattern)?;
        let mut set = PermissionSet::empty(self.permissions.len());
        if parsed.is_exact() {
            set.insert(self.known(pattern)?);
            return Ok(set);
        }
        let prefix = parsed.literal_prefix();
        let first = self.permissions.partition_point(|known| known.as_str() < prefix);
        let candidates = self.permissions.iter().enumerate().skip(first);
        let mut found = false;
        for (index, permission) in candidates.take_while(|(_, known)| known.as_str().starts_with(prefix)) {
            if parsed.matches(permission.as_str()) {
                found = set.insert(index) || found;
            }
        }
        if found {
            Ok(set)
        } else {
            Err(self.unknown("permission matching", pattern))
        }
    }

    /// The ids of a set, ascending.
    #[must_use]
    pub fn ids(&self, set: &PermissionSet) -> Vec<Permission> {
        set.iter()
            .filter_map(|index| self.permissions.get(index).cloned())
            .collect()
    }

    /// A set without members.
    pub(crate) fn nothing(&self) -> PermissionSet {
        PermissionSet::empty(self.permissions.len())
    }

    /// Adds everything that the members of a set imply, at any distance.
    pub(crate) fn close(&self, set: &mut PermissionSet) {
        let mut open: Vec<usize> = set.iter().collect();
        while let Some(index) = open.pop() {
            for implied in self.implies.get(index).into_iter().flatten() {
                if set.insert(*implied) {
                    open.push(*implied);
                }
            }
        }
    }

    fn unknown(&self, what: &str, id: &str) -> String {
        let hint = suggestion(id, self.permissions.iter().map(Permission::as_str));
        format!("the catalog has no {what} {}{hint}", quote(id))
    }
}
