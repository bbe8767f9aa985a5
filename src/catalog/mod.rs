//! Compiles catalogs: services with their permissions and routes, templates, roles, and kinds of
//! token.
//!
//! A catalog is a JSON document, compiled once. A compilation reports all problems of the document
//! at once, each with its JSON path.

mod compile_permissions;
mod invalid_id;
mod kind;
mod not_in_catalog;
mod owners;
mod past_ids;
mod path_form;
mod pattern_error;
mod permission_index;
mod permission_template;
mod request_path;
mod role;
mod route;
mod route_error;
mod route_warnings;
mod router;
mod selection;
mod selection_warning;
mod service;
mod suggest;
mod topological_sort;
mod tree;
mod vocabularies;

use std::ops::{Deref, Range};
use std::sync::OnceLock;

pub use compile_permissions::compile_permissions;
pub use kind::{Action, Editable, ExpiryError, ExpiryRule, Kind, Managers, Reuse, RotationRule, WrongOwner};
pub use not_in_catalog::NotInCatalog;
pub use pattern_error::PatternError;
pub use permission_index::Permissions;
pub use permission_template::Template;
pub use role::Role;
pub use route::{Matched, RouteNumber, Routes};
pub(crate) use selection::Kept;
pub use selection::{Preview, Resolution, Selection, TemplateUse};
pub use selection_warning::Warning;
pub use suggest::{Offer, Suggestion};
pub use tree::{Branch, Source, State, TreePart};

use not_in_catalog::Named;
use past_ids::PastIds;

use crate::codec::json::Value;
use crate::input::{Members, Path, Problem, Problems, quote};
use crate::value::permission::{Pattern, PermissionSet};

/// The most permissions that a suggestion can be asked for. The search is quadratic in their
/// number.
const MAX_WANTED: usize = 1_000;

/// A compiled catalog.
///
/// ```
/// use leastkey::catalog::Catalog;
/// let document = serde_json::from_str(r#"{
///     "services": {
///         "messages": { "title": "Messages", "permissions": { "send": "Send", "read": "Read" } }
///     },
///     "templates": { "sender": { "title": "Sender", "permissions": ["messages:send"] } }
/// }"#).unwrap();
/// let catalog = Catalog::compile(&document).unwrap();
/// assert_eq!(catalog.permissions().count(), 2);
/// ```
#[derive(Debug)]
pub struct Catalog {
    version: String,
    permissions: Permissions,
    /// The other members of each permission, by its index.
    details: Vec<service::Details>,
    /// The services, in the order of the document.
    trees: Vec<service::Node>,
    routes: route::Routes,
    /// What a person should know about it that is no error.
    warnings: Vec<Problem>,
    templates: Vec<Template>,
    roles: Vec<Role>,
    kinds: Vec<Kind>,
    vocabularies: OnceLock<Vec<vocabularies::Part>>,
}

impl Catalog {
    /// Compiles a document.
    ///
    /// # Errors
    /// All problems of the document.
    pub fn compile(document: &Value) -> Result<Catalog, Vec<Problem>> {
        let mut problems = Problems::of_document();
        let known = [
            "$schema",
            "version",
            "services",
            "templates",
            "roles",
            "kinds",
            "retired",
        ];
        let elsewhere = [("default", "give the \"default\" of the module that was imported")];
        let opened = Members::open_with(document, &Path::document(), &known, &elsewhere, &mut problems);
        let Some(members) = opened else {
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
        let past = PastIds::compile(&members, services.old_ids, &services.permissions, &mut problems);
        let mut catalog = Catalog {
            version,
            permissions: Permissions::new(services.permissions, past),
            details: services.details,
            trees: services.trees,
            routes: route::Routes::compile(&services.routes, &mut problems),
            warnings: Vec::new(),
            templates: Vec::new(),
            roles: Vec::new(),
            kinds: kind::compile(&members, &mut problems),
            vocabularies: OnceLock::new(),
        };
        catalog.templates = permission_template::compile_templates(&catalog, &members, &mut problems);
        catalog.roles = role::compile_roles(&catalog, &members, &mut problems);
        catalog.settle_roles(&members, &mut problems);
        for kind in catalog
            .kinds
            .iter()
            .filter(|kind| catalog.past.has_kind(kind.id()))
        {
            let path = members.path("kinds").member(kind.id());
            problems.add(&path, "is retired; a retired kind cannot be defined again");
        }
        let mut warnings = Problems::of_document();
        route_warnings::warn(&catalog.routes, &services.routes, &mut warnings);
        catalog.warnings = warnings.into_vec();
        if problems.is_empty() {
            Ok(catalog)
        } else {
            Err(problems.into_vec())
        }
    }

    /// Checks that the catalog defines the default role of each kind.
    fn settle_roles(&mut self, document: &Members, problems: &mut Problems) {
        let roles: Vec<&str> = self.roles.iter().map(|role| role.id.as_str()).collect();
        let entries = document.value("kinds").and_then(|kinds| match kinds {
            Value::Map(entries) => Some(entries),
            _ => None,
        });
        for kind in &mut self.kinds {
            let written = entries.is_some_and(|entries| {
                entries.iter().any(|(id, value)| {
                    *id == kind.id
                        && matches!(value, Value::Map(members) if members.iter().any(|(name, _)| name == "role"))
                })
            });
            let path = document.path("kinds").member(&kind.id).member("role");
            problems.keep(&path, kind.settle_role(&roles, written));
        }
    }

    /// What a person should know that is no error, each with its JSON path: routes that one request
    /// can match.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// The member `version` of the document; empty if it is absent.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// All templates, in the order of the document.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.templates.iter()
    }

    /// The template with this id.
    #[must_use]
    pub fn template(&self, id: &str) -> Option<&Template> {
        self.templates.iter().find(|template| template.id == id)
    }

    /// All roles: the built-in `admin`, then those of the document.
    pub fn roles(&self) -> impl Iterator<Item = &Role> {
        self.roles.iter()
    }

    /// The role with this id. `admin` always exists.
    #[must_use]
    pub fn role(&self, id: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == id)
    }

    /// All kinds: the built-in kinds, then those that the document adds.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.iter()
    }

    /// The kind with this id.
    ///
    /// # Errors
    /// If there is none; with the most similar id, or with all ids if none is similar.
    pub fn kind(&self, id: &str) -> Result<&Kind, NotInCatalog> {
        let known = self.kinds.iter().map(|kind| kind.id.as_str());
        let found = self.kinds.iter().find(|kind| kind.id == id);
        found.ok_or_else(|| NotInCatalog::of_few(Named::Kind, id, known))
    }

    /// The id of a kind whose tokens there may be: one of the catalog, or a retired one.
    ///
    /// # Errors
    /// As [`Catalog::kind`].
    pub fn past_or_present_kind(&self, id: &str) -> Result<String, NotInCatalog> {
        match self.past.has_kind(id) {
            true => Ok(id.to_owned()),
            false => self.kind(id).map(|kind| kind.id().to_owned()),
        }
    }

    /// The set of the permissions that a pattern matches, for example `messages:*`.
    ///
    /// # Errors
    /// If the pattern is malformed, or matches no permission.
    pub fn matching(&self, pattern: &str) -> Result<PermissionSet, PatternError> {
        let mut set = self.nothing();
        for index in self.runs(pattern)?.into_iter().flatten() {
            set.insert(index);
        }
        Ok(set)
    }

    /// The permissions that a pattern matches, as ascending ranges of indices. Most patterns match
    /// a single range.
    ///
    /// # Errors
    /// See [`Catalog::matching`].
    pub fn runs(&self, pattern: &str) -> Result<Vec<Range<usize>>, PatternError> {
        let parsed = Pattern::parse(pattern)?;
        if parsed.is_exact() {
            let index = self.known(pattern)?;
            return Ok(std::iter::once(index..index + 1).collect());
        }
        let prefix = parsed.literal_prefix();
        let first = self
            .permissions
            .all
            .partition_point(|known| known.as_str() < prefix);
        let rest = self.permissions.all.get(first..).unwrap_or_default();
        let count = rest.partition_point(|known| known.as_str().starts_with(prefix));
        // If only the end of the pattern is open, a neighbour matches if it has as many segments.
        let segments = parsed.only_ends_open().then(|| parsed.segments());
        let matcher = parsed.matcher();
        let mut runs: Vec<Range<usize>> = Vec::new();
        let candidates = (first..).zip(rest.iter().zip(self.details.get(first..).unwrap_or_default()));
        for (index, (permission, details)) in candidates.take(count) {
            let meant = match segments {
                Some(segments) => details.segments == segments,
                None => matcher.matches(permission.as_str()),
            };
            if meant {
                match runs.last_mut() {
                    Some(run) if run.end == index => run.end += 1,
                    _ => runs.push(index..index + 1),
                }
            }
        }
        if runs.is_empty() {
            Err(self.unmatched(pattern).into())
        } else {
            Ok(runs)
        }
    }

    /// The error of a pattern that matches nothing. If its last segment is a `*` and all
    /// permissions are deeper, the help is the pattern with `**`.
    fn unmatched(&self, pattern: &str) -> NotInCatalog {
        let deeper = pattern.strip_suffix(":*").map(|above| format!("{above}:**"));
        match deeper.filter(|deeper| self.runs(deeper).is_ok()) {
            Some(deeper) => NotInCatalog::with_help(Named::Matching, pattern, || {
                format!(
                    "; \"*\" matches one segment, write {} for any number",
                    quote(&deeper)
                )
            }),
            None => self.unknown(Named::Matching, pattern),
        }
    }

    /// Reads a list of exact permission ids. It needs at least one.
    pub fn read_set(&self, value: &Value, path: &Path, problems: &mut Problems) -> Option<PermissionSet> {
        let before = problems.len();
        let mut set = self.nothing();
        for (id, path) in crate::input::object::text_list(value, path, MAX_WANTED, problems) {
            if problems.are_enough() {
                break;
            }
            if let Some(index) = problems.keep(&path, self.known(id)) {
                set.insert(index);
            }
        }
        if problems.len() == before && set.is_empty() {
            problems.add(path, "is empty; name at least one permission");
        }
        (problems.len() == before).then_some(set)
    }

    /// What a request needs: each permission, on its resource. `None` if no route matches; the
    /// caller must then refuse the request.
    ///
    /// `path` is the path of the request line: percent-encoded, without a query. A path that
    /// servers read in different ways matches no route (see the guide to the catalog).
    #[must_use]
    pub fn route(&self, method: &str, path: &str) -> Option<Vec<Matched>> {
        self.routes.needs(method, path)
    }

    /// The permissions that a permission implies directly.
    fn implies(&self, index: usize) -> &[usize] {
        self.details
            .get(index)
            .map(|details| details.implies.as_slice())
            .unwrap_or_default()
    }

    /// The permissions that imply a permission directly.
    fn implying(&self, index: usize) -> impl Iterator<Item = usize> {
        self.details
            .get(index)
            .into_iter()
            .flat_map(|details| details.implied_by.iter().copied())
    }

    /// Adds all permissions that the members of `set` imply, directly or through others.
    pub(crate) fn close(&self, set: &mut PermissionSet) {
        let mut open: Vec<usize> = set.iter().collect();
        while let Some(index) = open.pop() {
            for implied in self.implies(index) {
                if set.insert(*implied) {
                    open.push(*implied);
                }
            }
        }
    }

    /// A copy of `set` with all permissions that its members imply.
    pub(crate) fn closed(&self, set: &PermissionSet) -> PermissionSet {
        let mut closed = set.clone();
        self.close(&mut closed);
        closed
    }
}

impl Deref for Catalog {
    type Target = Permissions;

    fn deref(&self) -> &Permissions {
        &self.permissions
    }
}
