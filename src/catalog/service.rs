//! Compiles services: the permission tree of each, and the flat sorted list of all permissions.

use super::invalid_id::{InvalidId, check_id};
use super::not_in_catalog::{Named, NotInCatalog};
use super::past_ids::{OldId, read_old_ids};
use super::permission_index::near;
use super::route::RouteEntry;
use super::topological_sort::dependencies_first;
use crate::codec::json::Value;
use crate::codec::sort::sorted_by;
use crate::input::object::object_like;
use crate::input::{Members, Path, Problems};
use crate::value::permission::Permission;

/// The most permissions of a catalog.
pub(super) const MAX_PERMISSIONS: usize = 100_000;
const MAX_IMPLIED: usize = 1_000;

/// The services of a document: their trees, and their permissions sorted by id.
#[derive(Default)]
pub(super) struct Services<'d> {
    pub(super) trees: Vec<Node>,
    pub(super) permissions: Vec<Permission>,
    pub(super) details: Vec<Details>,
    pub(super) routes: Vec<RouteEntry<'d>>,
    pub(super) old_ids: Vec<OldId<'d>>,
}

/// A service, a group of permissions, or a permission, as a portal shows it.
#[derive(Debug)]
pub(super) struct Node {
    /// The id of a service or group. Empty for a permission: `Permissions` has its id.
    pub(super) id: String,
    pub(super) title: String,
    pub(super) description: Option<String>,
    /// The index of the permission that this node is; its ordinal while the document is read.
    /// `None` for a service, and for a group that is not grantable.
    pub(super) permission: Option<usize>,
    pub(super) children: Vec<Node>,
}

/// The other members of a permission.
#[derive(Debug, Default)]
pub(super) struct Details {
    /// The permissions that it implies directly.
    pub(super) implies: Vec<usize>,
    /// The permissions that imply it directly.
    pub(super) implied_by: Vec<usize>,
    pub(super) deprecated: Option<Deprecation>,
    /// The number of segments of its id.
    pub(super) segments: usize,
}

/// A permission that should no longer be granted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deprecation {
    pub(super) replacement: Option<usize>,
}

/// A permission as the document has it: its references are ids, not indices.
struct Entry<'d> {
    id: Permission,
    /// Its position among the permissions of the document.
    ordinal: usize,
    implies: Vec<(&'d str, Path)>,
    deprecated: Option<Option<(&'d str, Path)>>,
}

pub(super) fn compile<'d>(document: &Members<'d>, problems: &mut Problems) -> Services<'d> {
    let mut reader = Reader {
        entries: Vec::new(),
        routes: Vec::new(),
        old_ids: Vec::new(),
        problems,
    };
    let mut trees = Vec::new();
    if let Some(value) = document.value("services")
        && let Some(services) = Members::open_any(value, &document.path("services"), reader.problems)
    {
        for (id, value, path) in services.each() {
            if reader.problems.keep(&path, check_id(id)).is_none() {
                continue;
            }
            let known = ["title", "description", "permissions"];
            let Some(service) = Members::open(value, &path, &known, reader.problems) else {
                continue;
            };
            if service.value("permissions").is_none() {
                reader.problems.add(
                    &service.path("permissions"),
                    "is required: the permissions of the service",
                );
            }
            trees.push(reader.node(id, None, &service));
        }
    }
    let Reader {
        entries,
        routes,
        old_ids,
        ..
    } = reader;
    if entries.len() > MAX_PERMISSIONS {
        problems.add(
            &document.path("services"),
            format!("has more than {MAX_PERMISSIONS} permissions"),
        );
    }
    let entries = sorted_by(entries, |one, other| one.id.cmp(&other.id));
    let mut ranks = vec![0; entries.len()];
    for (rank, entry) in entries.iter().enumerate() {
        if let Some(slot) = ranks.get_mut(entry.ordinal) {
            *slot = rank;
        }
    }
    trees.iter_mut().for_each(|tree| number(tree, &ranks));
    let (permissions, details) = link(entries, problems);
    Services {
        trees,
        permissions,
        details,
        routes,
        old_ids,
    }
}

struct Reader<'d, 'p> {
    entries: Vec<Entry<'d>>,
    routes: Vec<RouteEntry<'d>>,
    old_ids: Vec<OldId<'d>>,
    problems: &'p mut Problems,
}

impl<'d> Reader<'d, '_> {
    /// Reads a node and its subtree.
    fn node(&mut self, id: &str, permission: Option<usize>, members: &Members<'d>) -> Node {
        let title = members
            .required_text("title", self.problems)
            .unwrap_or_default()
            .to_owned();
        let description = members.text("description", self.problems).map(str::to_owned);
        let children = self.children(id, members);
        let id = if permission.is_none() {
            id.to_owned()
        } else {
            String::new()
        };
        Node {
            id,
            title,
            description,
            permission,
            children,
        }
    }

    fn children(&mut self, above: &str, members: &Members<'d>) -> Vec<Node> {
        let Some(value) = members.value("permissions") else {
            return Vec::new();
        };
        let path = members.path("permissions");
        let Some(entries) = object_like(value, &path, "{ \"send\": \"Send\" }", self.problems)
            .and_then(|value| Members::open_any(value, &path, self.problems))
        else {
            return Vec::new();
        };
        entries
            .each()
            .filter_map(|(segment, value, path)| self.permission(above, segment, value, &path))
            .collect()
    }

    fn permission(&mut self, above: &str, segment: &str, value: &'d Value, path: &Path) -> Option<Node> {
        let parsed = Permission::below(above, segment).map_err(|error| InvalidId::new(segment, error));
        let id = self.problems.keep(path, parsed)?;
        if let Value::Text(title) = value {
            let permission = Some(self.add(id, Vec::new(), None));
            let (id, title) = (String::new(), title.clone());
            return Some(Node {
                id,
                title,
                description: None,
                permission,
                children: Vec::new(),
            });
        }
        let known = [
            "title",
            "description",
            "implies",
            "grantable",
            "permissions",
            "routes",
            "deprecated",
            "was",
        ];
        let members = Members::open(value, path, &known, self.problems)?;
        let inner = members.value("permissions").is_some();
        let grantable = members.flag("grantable", self.problems);
        let mut permission = None;
        if inner && !grantable {
            for only in ["implies", "routes", "deprecated", "was"] {
                if members.value(only).is_some() {
                    let message =
                        "is not allowed on a group; a group is a permission only if it is \"grantable\"";
                    self.problems.add(&members.path(only), message);
                }
            }
        } else {
            let implies = members.texts("implies", MAX_IMPLIED, self.problems);
            let deprecated = self.deprecated(&members);
            self.routes
                .extend(super::route::read(&id, &members, self.problems));
            self.old_ids.extend(read_old_ids(&id, &members, self.problems));
            permission = Some(self.add(id.clone(), implies, deprecated));
        }
        Some(self.node(id.as_str(), permission, &members))
    }

    /// Adds a permission and returns its ordinal.
    fn add(
        &mut self,
        id: Permission,
        implies: Vec<(&'d str, Path)>,
        deprecated: Option<Option<(&'d str, Path)>>,
    ) -> usize {
        let ordinal = self.entries.len();
        self.entries.push(Entry {
            id,
            ordinal,
            implies,
            deprecated,
        });
        ordinal
    }

    /// Reads `deprecated`: `true`, or `{ replacement? }`.
    fn deprecated(&mut self, members: &Members<'d>) -> Option<Option<(&'d str, Path)>> {
        match members.value("deprecated")? {
            Value::Flag(flag) => flag.then_some(None),
            value => {
                let path = members.path("deprecated");
                let about = Members::open(value, &path, &["replacement"], self.problems)?;
                Some(
                    about
                        .text("replacement", self.problems)
                        .map(|id| (id, about.path("replacement"))),
                )
            }
        }
    }
}

/// Resolves the ids that permissions refer to into indices. Unknown ids and cycles are problems.
fn link(entries: Vec<Entry>, problems: &mut Problems) -> (Vec<Permission>, Vec<Details>) {
    let (ids, references): (Vec<Permission>, Vec<_>) = entries
        .into_iter()
        .map(|entry| (entry.id, (entry.implies, entry.deprecated)))
        .unzip();
    let mut index = |id: &str, path: &Path| {
        // Each unknown id is compared with all known ones.
        if problems.are_enough() {
            return None;
        }
        let found = ids.binary_search_by(|known| known.as_str().cmp(id));
        let known = near(&ids, id).iter().map(Permission::as_str);
        let found = found.map_err(|_| NotInCatalog::new(Named::Permission, id, known));
        problems.keep(path, found)
    };
    let mut details: Vec<Details> = ids
        .iter()
        .zip(&references)
        .map(|(id, (implies, deprecated))| Details {
            implies: implies.iter().filter_map(|(id, path)| index(id, path)).collect(),
            implied_by: Vec::new(),
            deprecated: deprecated.as_ref().map(|replacement| Deprecation {
                replacement: replacement.as_ref().and_then(|(id, path)| index(id, path)),
            }),
            segments: id.as_str().split(':').count(),
        })
        .collect();
    let edges: Vec<Vec<usize>> = details.iter().map(|details| details.implies.clone()).collect();
    if let Err(cycle) = dependencies_first(&edges) {
        let names: Vec<&str> = cycle
            .iter()
            .filter_map(|index| ids.get(*index))
            .map(Permission::as_str)
            .collect();
        let first = names.first().copied().unwrap_or_default();
        let path = Path::document().member("services");
        problems.add(
            &path,
            format!(
                "permissions imply each other in a circle: {} → {first}",
                names.join(" → ")
            ),
        );
    }
    for (from, targets) in edges.iter().enumerate() {
        for target in targets {
            if let Some(details) = details.get_mut(*target) {
                details.implied_by.push(from);
            }
        }
    }
    (ids, details)
}

/// Replaces the ordinals in a tree by indices.
fn number(node: &mut Node, ranks: &[usize]) {
    node.permission = node.permission.and_then(|ordinal| ranks.get(ordinal).copied());
    node.children.iter_mut().for_each(|child| number(child, ranks));
}
