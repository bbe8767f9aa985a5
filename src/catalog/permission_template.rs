//! Compiles templates: named sets of permissions, written as patterns that are resolved once, with
//! the catalog.

use super::invalid_id::check_id;
use super::not_in_catalog::{Named, NotInCatalog};
use super::topological_sort::dependencies_first;
use super::{Catalog, TemplateUse};
use crate::input::object::object_like;
use crate::input::{Members, Problems};
use crate::value::permission::PermissionSet;

const MAX_PATTERNS: usize = 20_000;
const MAX_EXTENDED: usize = 100;
const HIGHEST_VERSION: u32 = 1_000_000;

/// A template (permission set), from which a person chooses when a token is created.
#[derive(Debug)]
pub struct Template {
    pub(super) id: String,
    title: String,
    description: Option<String>,
    pub(super) version: u32,
    pub(super) recommended: bool,
    pub(super) permissions: PermissionSet,
}

impl Template {
    /// The permissions of the template and of the templates that it extends, not closed over
    /// `implies`.
    #[must_use]
    pub fn permissions(&self) -> &PermissionSet {
        &self.permissions
    }

    /// The id of the template.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The title for people.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The purpose of the template, for people.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The version of the template, 1 or more.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Whether the catalog recommends it as the usual choice.
    #[must_use]
    pub fn recommended(&self) -> bool {
        self.recommended
    }

    pub(super) fn as_used(&self) -> TemplateUse {
        TemplateUse {
            id: self.id.clone(),
            version: self.version,
        }
    }
}

pub(super) fn compile_templates(
    catalog: &Catalog,
    document: &Members,
    problems: &mut Problems,
) -> Vec<Template> {
    let Some(value) = document.value("templates") else {
        return Vec::new();
    };
    let Some(entries) = Members::open_any(value, &document.path("templates"), problems) else {
        return Vec::new();
    };
    let ids: Vec<&str> = entries.each().map(|(id, ..)| id).collect();
    let mut templates = Vec::with_capacity(ids.len());
    let mut extends = Vec::with_capacity(ids.len());
    for (id, value, path) in entries.each() {
        problems.keep(&path, check_id(id));
        let known = [
            "title",
            "description",
            "version",
            "extends",
            "permissions",
            "recommended",
        ];
        let mut template = Template {
            id: id.to_owned(),
            title: String::new(),
            description: None,
            version: 1,
            recommended: false,
            permissions: catalog.nothing(),
        };
        let mut parents = Vec::new();
        let example = "{ \"title\": \"…\", \"permissions\": [\"…\"] }";
        if let Some(members) = object_like(value, &path, example, problems)
            .and_then(|value| Members::open(value, &path, &known, problems))
        {
            template.title = text_of(members.required_text("title", problems)).unwrap_or_default();
            template.description = text_of(members.text("description", problems));
            template.recommended = members.flag("recommended", problems);
            template.version = members
                .whole("version", 1..=HIGHEST_VERSION, problems)
                .unwrap_or(1);
            for (parent, path) in members.texts("extends", MAX_EXTENDED, problems) {
                let index = ids.iter().position(|known| *known == parent);
                let unknown = || NotInCatalog::new(Named::Template, parent, ids.iter().copied());
                parents.extend(problems.keep(&path, index.ok_or_else(unknown)));
            }
            if members.value("permissions").is_none() && members.value("extends").is_none() {
                problems.add(
                    &path,
                    "a template needs \"permissions\", or \"extends\" with templates that have some",
                );
            }
            template.permissions = patterns(catalog, &members, problems);
        }
        templates.push(template);
        extends.push(parents);
    }
    match dependencies_first(&extends) {
        Ok(order) => inherit(&mut templates, &extends, order),
        Err(cycle) => {
            let names: Vec<&str> = cycle
                .iter()
                .filter_map(|index| ids.get(*index).copied())
                .collect();
            let first = names.first().copied().unwrap_or_default();
            let path = entries.path(first).member("extends");
            problems.add(
                &path,
                format!(
                    "templates extend each other in a circle: {} → {first}",
                    names.join(" → ")
                ),
            );
        }
    }
    for (template, (.., path)) in templates.iter().zip(entries.each()) {
        if problems.is_empty() && template.permissions.is_empty() {
            problems.add(&path, "gives no permission");
        }
    }
    templates
}

/// Adds to each template the permissions of the templates that it extends. `order` has each
/// template after those that it extends.
fn inherit(templates: &mut [Template], extends: &[Vec<usize>], order: Vec<usize>) {
    for index in order {
        let inherited: Vec<PermissionSet> = extends
            .get(index)
            .into_iter()
            .flatten()
            .filter_map(|parent| templates.get(*parent))
            .map(|parent| parent.permissions.clone())
            .collect();
        if let Some(template) = templates.get_mut(index) {
            inherited.iter().for_each(|set| template.permissions.union(set));
        }
    }
}

/// The permissions that the patterns of a template or role match.
pub(super) fn patterns(catalog: &Catalog, members: &Members, problems: &mut Problems) -> PermissionSet {
    let mut set = catalog.nothing();
    for (pattern, path) in members.texts("permissions", MAX_PATTERNS, problems) {
        if problems.are_enough() {
            break;
        }
        let runs = problems.keep(&path, catalog.runs(pattern));
        for index in runs.into_iter().flatten().flatten() {
            set.insert(index);
        }
    }
    set
}

pub(super) fn text_of(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}
