//! Resolves selections: selection + catalog → permissions and narrowings of a grant.

use std::ops::Range;

use serde::Serialize;

use super::not_in_catalog::{Named, NotInCatalog};
use super::selection_warning::Warning;
use super::tree::{Branch, Source, TreePart};
use super::{Catalog, Role, Template};
use crate::codec::canonical::{Shape, required};
use crate::codec::decode::decode_members;
use crate::codec::json::Value;
use crate::codec::sorted_map::SortedMap;
use crate::input::object::text_list;
use crate::input::{Members, Path, Problems, quote};
use crate::value::permission::{Permission, PermissionSet};
use crate::value::resource::Resource;

const MAX_TEMPLATES: usize = 100;
const MAX_TWEAKS: usize = 20_000;
const MAX_PATTERNS: usize = 100;
const MAX_NARROWED: usize = 1_000;
const MAX_RESOURCES: usize = 100;
/// How many of the chosen patterns the tree lists as sources of one permission.
const MAX_SOURCES: usize = 16;

/// A selection, read from the members of a call: templates, single additions and removals, a role,
/// and the resources that single permissions are narrowed to.
#[derive(Debug)]
pub struct Selection<'v> {
    templates: Vec<(&'v str, Path)>,
    add: Vec<(&'v str, Path)>,
    remove: Vec<(&'v str, Path)>,
    role: Option<(&'v str, Path)>,
    resources: Vec<(&'v str, Path, Vec<Resource>)>,
    /// In a change of a token: permissions whose narrowing is removed (`resources: { id: null }`).
    lifted: Vec<(&'v str, Path)>,
    /// In a change of a token: the grant before the change. Narrowings that the change does not
    /// name stay.
    kept: Option<Kept>,
    /// The path for the problem that a selection is empty.
    path: Path,
}

/// The grant before a change, and the selection that it was made from.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// The permissions of the grant.
    pub permissions: PermissionSet,
    /// The narrowed permissions, each with its resources.
    pub resources: SortedMap<Permission, Vec<Resource>>,
    /// The templates of the selection.
    pub templates: Vec<TemplateUse>,
    /// The additions of the selection, as written.
    pub added: Vec<String>,
    /// The role of the selection.
    pub role: Option<String>,
}

/// A template that a grant was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TemplateUse {
    /// The id of the template.
    pub id: String,
    /// The version of the template when the grant was made.
    pub version: u32,
}

impl TemplateUse {
    /// The stored form.
    pub(crate) const SHAPE: Shape = Shape::Object(&[
        required("id", Shape::Text(|_| true)),
        required("version", Shape::Whole(0, u32::MAX as u64)),
    ]);
}

decode_members!(TemplateUse {
    required id: "id",
    required version: "version",
});

/// A selection resolved against a catalog.
#[derive(Debug)]
pub struct Resolution<'c> {
    /// The templates, additions and role, closed over `implies`, minus the removals.
    pub permissions: PermissionSet,
    /// The templates, with their versions.
    pub templates: Vec<TemplateUse>,
    /// The additions, as written.
    pub added: Vec<String>,
    /// The removals, as written.
    pub removed: Vec<String>,
    /// The role.
    pub role: Option<String>,
    /// The narrowed permissions, each with its resources.
    pub resources: SortedMap<Permission, Vec<Resource>>,
    pub(super) parts: Parts<'c>,
}

/// The entries of `add` or `remove`. A set of bits for each of thousands of entries would take the
/// square of their number.
#[derive(Debug)]
pub(super) struct Entries {
    /// As written, each once.
    texts: Vec<String>,
    /// The permissions of those with a star, as ascending ranges of indices.
    patterns: Vec<(String, Vec<Range<usize>>)>,
    /// The permissions of the others.
    exact: PermissionSet,
}

impl Entries {
    /// The indices of their permissions.
    fn indices(&self) -> impl Iterator<Item = usize> {
        let patterns = self
            .patterns
            .iter()
            .flat_map(|(_, runs)| runs.iter().cloned().flatten());
        self.exact.iter().chain(patterns)
    }

    /// The entries that mean a permission, at most as many as are shown.
    fn meaning<'e>(
        &'e self,
        index: usize,
        permission: Option<&'e Permission>,
    ) -> impl Iterator<Item = String> + use<'e> {
        let exact = permission.filter(|_| self.exact.contains(index));
        let patterns = self.patterns.iter();
        let patterns = patterns.filter(move |(_, runs)| runs.iter().any(|run| run.contains(&index)));
        let texts = exact
            .map(Permission::as_str)
            .into_iter()
            .chain(patterns.map(|(text, _)| text.as_str()));
        texts.take(MAX_SOURCES).map(str::to_owned)
    }
}

/// The parts of a resolution, for the tree and the warnings.
#[derive(Debug)]
pub(super) struct Parts<'c> {
    pub(super) templates: Vec<&'c Template>,
    pub(super) role: Option<&'c Role>,
    pub(super) add: Entries,
    pub(super) remove: Entries,
    /// The permissions before the removals.
    pub(super) closed: PermissionSet,
}

/// A selection as a portal shows it before a token is created from it.
#[derive(Debug, Serialize)]
pub struct Preview<'c> {
    /// The permissions that a token of this selection would have.
    pub permissions: Vec<&'c Permission>,
    /// The permissions that it would have on some resources only, each with its resources.
    #[serde(skip_serializing_if = "SortedMap::is_empty")]
    pub resources: SortedMap<Permission, Vec<Resource>>,
    /// The services, with the state of every node. `None` if the caller did not ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<Vec<Branch<'c>>>,
    /// Warnings to show before the selection is saved.
    pub warnings: Vec<Warning>,
}

impl<'v> Selection<'v> {
    /// The names of a selection's members in a call.
    pub const MEMBERS: [&'static str; 5] = ["templates", "add", "remove", "role", "resources"];

    /// Reads a selection from the members of a call. Problems are added to `problems`.
    pub fn read(members: &Members<'v>, problems: &mut Problems) -> Selection<'v> {
        Selection::read_with(members, None, problems)
    }

    /// Reads a selection that changes an existing grant, otherwise like [`Selection::read`].
    /// `resources: { id: null }` removes a narrowing. Narrowings that the change does not name stay
    /// with their permissions.
    pub(crate) fn read_change(members: &Members<'v>, kept: Kept, problems: &mut Problems) -> Selection<'v> {
        Selection::read_with(members, Some(kept), problems)
    }

    fn read_with(members: &Members<'v>, kept: Option<Kept>, problems: &mut Problems) -> Selection<'v> {
        let mut lifted = Vec::new();
        let may_lift = kept.is_some().then_some(&mut lifted);
        let resources = read_resources(members, problems, may_lift);
        Selection {
            templates: members.texts("templates", MAX_TEMPLATES, problems),
            add: members.texts("add", MAX_TWEAKS, problems),
            remove: members.texts("remove", MAX_TWEAKS, problems),
            role: members
                .text("role", problems)
                .map(|role| (role, members.path("role"))),
            resources,
            lifted,
            kept,
            path: members.path("templates"),
        }
    }

    /// Whether the members of a change choose permissions, and not only the resources that they are
    /// narrowed to.
    pub(crate) fn chooses(members: &Members) -> bool {
        let mut names = Selection::MEMBERS.iter().filter(|name| **name != "resources");
        names.any(|name| members.value(name).is_some())
    }

    fn names(&self, permission: &Permission) -> bool {
        let id = permission.as_str();
        self.resources.iter().any(|(named, ..)| *named == id)
            || self.lifted.iter().any(|(named, _)| *named == id)
    }

    /// Uses `role` if the selection has no template, no addition and no role.
    pub fn default_to_role(&mut self, role: &'v str) {
        if self.templates.is_empty() && self.add.is_empty() && self.role.is_none() {
            self.role = Some((role, self.path.clone()));
        }
    }

    /// Whether the members of a call contain any member of a selection.
    #[must_use]
    pub fn is_in(members: &Members) -> bool {
        Selection::MEMBERS
            .iter()
            .any(|name| members.value(name).is_some())
    }
}

/// Reads `resources`, for example `{ 'policy:read': ['org:acme/group:eng'] }`.
fn read_resources<'v>(
    members: &Members<'v>,
    problems: &mut Problems,
    mut lifted: Option<&mut Vec<(&'v str, Path)>>,
) -> Vec<(&'v str, Path, Vec<Resource>)> {
    let Some(value) = members.value("resources") else {
        return Vec::new();
    };
    let Some(entries) = Members::open_any(value, &members.path("resources"), problems) else {
        return Vec::new();
    };
    let mut narrowed = Vec::new();
    for (permission, value, path) in entries.each() {
        if narrowed.len() >= MAX_NARROWED || problems.are_enough() {
            problems.add(
                &path,
                format!("is one permission too many: at most {MAX_NARROWED} can be narrowed"),
            );
            break;
        }
        if let (Some(lifted), Value::Null) = (&mut lifted, value) {
            lifted.push((permission, path));
            continue;
        }
        let texts = text_list(value, &path, MAX_RESOURCES, problems);
        if texts.is_empty() {
            problems.add(&path, "names no resource; remove the permission instead");
        }
        let parse = |(text, path): &(&str, Path), problems: &mut Problems| {
            problems.keep(
                path,
                Resource::parse(text).map_err(|error| format!("the resource {error}")),
            )
        };
        let resources = texts.iter().filter_map(|text| parse(text, problems)).collect();
        narrowed.push((permission, path, resources));
    }
    narrowed
}

impl Catalog {
    /// Resolves a selection for a token. A selection without permissions is a problem: an empty
    /// selection must neither become a token with all permissions nor silently one with none.
    ///
    /// `boundary` is the resource that all narrowings must be within.
    pub fn resolve<'c>(
        &'c self,
        selection: &Selection,
        boundary: Option<&Resource>,
        problems: &mut Problems,
    ) -> Option<Resolution<'c>> {
        let resolution = self.resolve_any(selection, boundary, problems)?;
        if resolution.permissions.is_empty() {
            let message = "the selection gives no permission: choose a template, or \"add\" permissions";
            problems.add(&selection.path, message);
            return None;
        }
        Some(resolution)
    }

    /// Resolves a selection for a screen, where it may still be empty. Pure and total: the same
    /// selection gives the same preview, and the preview shows the permissions that
    /// [`Catalog::resolve`] stores.
    pub fn preview(
        &self,
        selection: &Selection,
        tree: Option<TreePart>,
        problems: &mut Problems,
    ) -> Option<Preview<'_>> {
        let resolution = self.resolve_any(selection, None, problems)?;
        let tree = match tree {
            None => None,
            Some(part) => {
                let none =
                    || NotInCatalog::with_help(Named::Node, part.below.unwrap_or_default(), String::new);
                let found = self.tree(&resolution, part).ok_or_else(none);
                Some(problems.keep(&Path::call().member("below"), found)?)
            }
        };
        Some(Preview {
            permissions: self.members(&resolution.permissions).collect(),
            resources: resolution.resources.clone(),
            tree,
            warnings: self.selection_warnings(&resolution),
        })
    }

    fn resolve_any<'c>(
        &'c self,
        selection: &Selection,
        boundary: Option<&Resource>,
        problems: &mut Problems,
    ) -> Option<Resolution<'c>> {
        let templates = self.chosen_templates(selection, problems);
        let role = selection
            .role
            .as_ref()
            .and_then(|(id, path)| problems.keep(path, self.known_role(id)));
        let add = self.matched(&selection.add, problems);
        let remove = self.matched(&selection.remove, problems);

        let mut chosen = self.nothing();
        templates
            .iter()
            .for_each(|template| chosen.union(&template.permissions));
        role.into_iter().for_each(|role| chosen.union(&role.permissions));
        for index in add.indices() {
            chosen.insert(index);
        }
        let closed = self.closed(&chosen);
        let mut permissions = closed.clone();
        for index in remove.indices() {
            permissions.remove(index);
        }

        let mut resources = self.narrowed(selection, &permissions, boundary, problems);
        self.keep_narrowings(selection, &chosen, &closed, &mut resources, problems);
        self.narrow_implied(&chosen, &closed, &permissions, &mut resources);
        if !problems.is_empty() {
            return None;
        }
        Some(Resolution {
            permissions,
            templates: templates.iter().map(|template| template.as_used()).collect(),
            added: add.texts.clone(),
            removed: remove.texts.clone(),
            role: role.map(|role| role.id.clone()),
            resources,
            parts: Parts {
                templates,
                role,
                add,
                remove,
                closed,
            },
        })
    }

    fn chosen_templates(&self, selection: &Selection, problems: &mut Problems) -> Vec<&Template> {
        let mut templates: Vec<&Template> = Vec::with_capacity(selection.templates.len());
        for (id, path) in &selection.templates {
            let Some(template) = problems.keep(path, self.known_template(id)) else {
                continue;
            };
            if templates.iter().any(|chosen| chosen.id == *id) {
                problems.add(path, format!("the template {} is chosen twice", quote(id)));
            }
            templates.push(template);
        }
        templates
    }

    /// The template with this id, which must exist.
    ///
    /// # Errors
    /// If there is none; with the most similar id.
    pub fn known_template(&self, id: &str) -> Result<&Template, NotInCatalog> {
        let known = self.templates.iter().map(|template| template.id.as_str());
        self.template(id)
            .ok_or_else(|| NotInCatalog::new(Named::Template, id, known))
    }

    /// The role with this id, which must exist.
    ///
    /// # Errors
    /// If there is none; with the most similar id.
    pub fn known_role(&self, id: &str) -> Result<&Role, NotInCatalog> {
        let known = self.roles.iter().map(|role| role.id.as_str());
        self.role(id)
            .ok_or_else(|| NotInCatalog::new(Named::Role, id, known))
    }

    fn matched(&self, written: &[(&str, Path)], problems: &mut Problems) -> Entries {
        let mut entries = Entries {
            texts: Vec::new(),
            patterns: Vec::new(),
            exact: self.nothing(),
        };
        // Patterns are limited, because each is compared with every permission that could match.
        let with_stars = written.iter().filter(|(pattern, _)| pattern.contains('*'));
        if let Some((_, path)) = with_stars.clone().nth(MAX_PATTERNS) {
            problems.add(
                path,
                format!("is one pattern too many: at most {MAX_PATTERNS} may have a \"*\""),
            );
            return entries;
        }
        for (pattern, path) in written {
            if problems.are_enough() {
                break;
            }
            let Some(runs) = problems.keep(path, self.runs(pattern)) else {
                continue;
            };
            // A repeated pattern counts once.
            let has_star = pattern.contains('*');
            let is_new = match has_star {
                true => !entries.patterns.iter().any(|(known, _)| known == pattern),
                false => runs.first().is_some_and(|run| entries.exact.insert(run.start)),
            };
            if is_new {
                entries.texts.push((*pattern).to_owned());
            }
            if is_new && has_star {
                entries.patterns.push(((*pattern).to_owned(), runs));
            }
        }
        entries
    }

    fn narrowed(
        &self,
        selection: &Selection,
        permissions: &PermissionSet,
        boundary: Option<&Resource>,
        problems: &mut Problems,
    ) -> SortedMap<Permission, Vec<Resource>> {
        let mut narrowed = SortedMap::default();
        for (id, path, resources) in &selection.resources {
            let Some(index) = problems.keep(path, self.known(id)) else {
                continue;
            };
            if !permissions.contains(index) {
                problems.add(
                    path,
                    format!(
                        "the selection does not give {}, so there is nothing to narrow",
                        quote(id)
                    ),
                );
            }
            for resource in resources {
                if boundary.is_some_and(|boundary| !boundary.covers(resource)) {
                    problems.add(
                        path,
                        format!(
                            "{} is outside the boundary of the token",
                            quote(resource.as_str())
                        ),
                    );
                }
            }
            if let Some(permission) = self.permission(index) {
                narrowed.insert(permission.clone(), resources.clone());
            }
        }
        narrowed
    }

    /// The narrowings after a change that names `resources` only. The frozen permissions stay as
    /// they are.
    pub(crate) fn narrow_again(
        &self,
        members: &Members,
        boundary: &Resource,
        kept: Kept,
        problems: &mut Problems,
    ) -> Option<SortedMap<Permission, Vec<Resource>>> {
        let permissions = kept.permissions.clone();
        let chosen = self.chosen_for(&kept).unwrap_or_else(|| permissions.clone());
        let selection = Selection::read_change(members, kept, problems);
        let mut resources = self.narrowed(&selection, &permissions, Some(boundary), problems);
        self.keep_narrowings(&selection, &chosen, &permissions, &mut resources, problems);
        self.narrow_implied(&chosen, &permissions, &permissions, &mut resources);
        problems.is_empty().then_some(resources)
    }

    /// The permissions that the stored selection chose itself, without implied ones. `None` if the
    /// catalog no longer has all of them.
    fn chosen_for(&self, kept: &Kept) -> Option<PermissionSet> {
        let mut chosen = self.nothing();
        for template in &kept.templates {
            chosen.union(&self.template(&template.id)?.permissions);
        }
        if let Some(role) = &kept.role {
            chosen.union(&self.role(role)?.permissions);
        }
        for pattern in &kept.added {
            chosen.union(&self.matching(pattern).ok()?);
        }
        Some(chosen)
    }

    /// Keeps each narrowing that the change does not name. A narrowing that only followed from
    /// narrowings that the change names is dropped here; `narrow_implied` derives it again.
    fn keep_narrowings(
        &self,
        selection: &Selection,
        chosen: &PermissionSet,
        closed: &PermissionSet,
        narrowed: &mut SortedMap<Permission, Vec<Resource>>,
        problems: &mut Problems,
    ) {
        for (id, path) in &selection.lifted {
            problems.keep(path, self.known(id));
        }
        let Some(kept) = &selection.kept else { return };
        let mut rederived = self.nothing();
        let mut spreading = true;
        while spreading {
            spreading = false;
            for (permission, places) in kept.resources.iter() {
                let Some(index) = self.index(permission.as_str()) else {
                    continue;
                };
                if rederived.contains(index) {
                    continue;
                }
                let is_rederived = |implying: usize| {
                    let named = self.permission(implying).is_some_and(|id| selection.names(id));
                    closed.contains(implying) && (named || rederived.contains(implying))
                };
                let follows = !chosen.contains(index)
                    && self.implying(index).any(is_rederived)
                    && self.followed(kept, index, places);
                if selection.names(permission) || follows {
                    rederived.insert(index);
                    spreading = true;
                }
            }
        }
        for (permission, places) in kept.resources.iter() {
            if let Some(index) = self.index(permission.as_str())
                && !rederived.contains(index)
            {
                narrowed.insert(permission.clone(), places.clone());
            }
        }
    }

    /// Whether the narrowing of a permission equals that of the permissions that imply it: each
    /// covers the other.
    fn followed(&self, kept: &Kept, index: usize, places: &[Resource]) -> bool {
        let implying = self.implying(index);
        let held = implying.filter(|implying| kept.permissions.contains(*implying));
        let of_each: Option<Vec<&Vec<Resource>>> = held
            .map(|implying| kept.resources.get(self.permission(implying)?))
            .collect();
        of_each.is_some_and(|of_each| {
            let implied: Vec<&Resource> = of_each.into_iter().flatten().collect();
            let covered = |place: &Resource| implied.iter().any(|other| other.covers(place));
            places.iter().all(covered)
                && implied
                    .iter()
                    .all(|place| places.iter().any(|other| other.covers(place)))
        })
    }

    /// Narrows implied permissions to the resources of the narrowed permissions that imply them.
    /// They were not chosen anywhere else.
    fn narrow_implied(
        &self,
        chosen: &PermissionSet,
        closed: &PermissionSet,
        kept: &PermissionSet,
        narrowed: &mut SortedMap<Permission, Vec<Resource>>,
    ) {
        let implied = closed.without(chosen);
        let mut spreading = !narrowed.is_empty();
        while spreading {
            spreading = false;
            for permission in self.members(&implied) {
                if narrowed.contains_key(permission) {
                    continue;
                }
                let index = self.index(permission.as_str()).unwrap_or_default();
                let implying = self.implying(index).filter(|implying| closed.contains(*implying));
                let of_each: Option<Vec<&Vec<Resource>>> = implying
                    .map(|implying| narrowed.get(self.permission(implying)?))
                    .collect();
                if let Some(of_each) = of_each {
                    let mut union: Vec<Resource> = Vec::new();
                    for resource in of_each.into_iter().flatten() {
                        if !union.contains(resource) {
                            union.push(resource.clone());
                        }
                    }
                    narrowed.insert(permission.clone(), union);
                    spreading = true;
                }
            }
        }
        narrowed.retain(|permission, _| {
            self.index(permission.as_str())
                .is_some_and(|index| kept.contains(index))
        });
    }

    /// The sources of a permission in a resolution.
    pub(super) fn sources(&self, resolution: &Resolution, index: usize) -> Vec<Source> {
        let Parts {
            templates,
            role,
            add,
            remove,
            closed,
            ..
        } = &resolution.parts;
        let mut sources = Vec::new();
        let from = templates
            .iter()
            .filter(|template| template.permissions.contains(index));
        sources.extend(from.map(|template| Source::Template(template.id.clone())));
        let by_role = role.filter(|role| role.permissions.contains(index));
        sources.extend(by_role.map(|role| Source::Role(role.id.clone())));
        let permission = self.permission(index);
        sources.extend(add.meaning(index, permission).map(Source::Added));
        let implying = self.implying(index).filter(|implying| closed.contains(*implying));
        sources.extend(
            implying
                .filter_map(|implying| self.permission(implying).cloned())
                .map(Source::ImpliedBy),
        );
        sources.extend(remove.meaning(index, permission).map(Source::Removed));
        sources
    }
}
