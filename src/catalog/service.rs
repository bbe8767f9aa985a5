use super::graph::dependencies_first;
use crate::input::{Members, Path, Problems, Value, quote, suggestion};
use crate::permission::{Permission, parse_segment};

/// The most permissions of a catalog.
const MOST_PERMISSIONS: usize = 100_000;
const MOST_IMPLIED: usize = 1_000;

/// The permissions of all services, sorted by id, and what each implies directly.
#[derive(Default)]
pub(super) struct Services {
    pub(super) permissions: Vec<Permission>,
    pub(super) implies: Vec<Vec<usize>>,
}

/// A permission as its document has it.
struct Entry<'d> {
    id: Permission,
    implies: Vec<(&'d str, Path)>,
}

pub(super) fn compile(document: &Members, problems: &mut Problems) -> Services {
    let mut entries = Vec::new();
    if let Some(value) = document.value("services")
        && let Some(services) = Members::open_any(value, &document.path("services"), problems)
    {
        for (id, value, path) in services.each() {
            if let Err(message) = parse_segment(id) {
                problems.add(&path, format!("the id {} {message}", quote(id)));
            } else if let Some(service) =
                Members::open(value, &path, &["title", "description", "permissions"], problems)
            {
                service.required_text("title", problems);
                service.text("description", problems);
                if service.value("permissions").is_none() {
                    problems.add(
                        &service.path("permissions"),
                        "is required: the permissions of the service",
                    );
                }
                collect(id, &service, &mut entries, problems);
            }
        }
    }
    if entries.len() > MOST_PERMISSIONS {
        problems.add(
            &document.path("services"),
            format!("has more than {MOST_PERMISSIONS} permissions"),
        );
    }
    entries.sort_by(|a, b| a.id.cmp(&b.id));
    link(entries, problems)
}

/// Adds the permissions under a node, at any depth.
fn collect<'d>(above: &str, node: &Members<'d>, entries: &mut Vec<Entry<'d>>, problems: &mut Problems) {
    let Some(value) = node.value("permissions") else {
        return;
    };
    let Some(children) = Members::open_any(value, &node.path("permissions"), problems) else {
        return;
    };
    for (segment, value, path) in children.each() {
        let id = match parse_segment(segment).and_then(|()| Permission::parse(&format!("{above}:{segment}")))
        {
            Ok(id) => id,
            Err(message) => {
                problems.add(&path, format!("the id {} {message}", quote(segment)));
                continue;
            }
        };
        if let Value::Text(_) = value {
            entries.push(Entry {
                id,
                implies: Vec::new(),
            });
            continue;
        }
        let known = [
            "title",
            "description",
            "implies",
            "grantable",
            "permissions",
            "routes",
            "deprecated",
        ];
        let Some(permission) = Members::open(value, &path, &known, problems) else {
            continue;
        };
        permission.required_text("title", problems);
        permission.text("description", problems);
        let inner = permission.value("permissions").is_some();
        let implies = permission.texts("implies", MOST_IMPLIED, problems);
        collect(id.as_str(), &permission, entries, problems);
        if permission.flag("grantable", problems) || !inner {
            entries.push(Entry { id, implies });
        } else if !implies.is_empty() {
            problems.add(
                &permission.path("implies"),
                "an inner node implies something only if it is \"grantable\"",
            );
        }
    }
}

/// Turns the ids in `implies` into indices.
fn link(entries: Vec<Entry>, problems: &mut Problems) -> Services {
    let ids: Vec<Permission> = entries.iter().map(|entry| entry.id.clone()).collect();
    let mut implies = Vec::with_capacity(ids.len());
    for entry in &entries {
        let mut targets = Vec::with_capacity(entry.implies.len());
        for (id, path) in &entry.implies {
            match ids.binary_search_by(|known| known.as_str().cmp(id)) {
                Ok(index) => targets.push(index),
                Err(_) => {
                    let hint = suggestion(id, ids.iter().map(Permission::as_str));
                    problems.add(path, format!("there is no permission {}{hint}", quote(id)));
                }
            }
        }
        implies.push(targets);
    }
    if let Err(cycle) = dependencies_first(&implies) {
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
    Services {
        permissions: ids,
        implies,
    }
}
