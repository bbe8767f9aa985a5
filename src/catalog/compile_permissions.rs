//! Compiles the part of a catalog document that a verifier needs.

use super::past_ids::{OldId, PastIds, read_old_ids};
use super::permission_index::Permissions;
use super::route;
use super::route::{RouteEntry, Routes};
use super::service::MAX_PERMISSIONS;
use crate::codec::json::Value;
use crate::codec::sort::sorted_by;
use crate::input::{Members, Path, Problems, message};
use crate::value::permission::{Permission, parse_segment};

/// Reads the ids of the permissions and the routes from a catalog document. A verification needs
/// nothing else. Titles, templates, roles and kinds serve the management of tokens; they are
/// neither read nor checked here.
pub fn compile_permissions(document: &Value, problems: &mut Problems) -> (Permissions, Routes) {
    let mut compiler = Compiler {
        ids: Vec::new(),
        routes: Vec::new(),
        old_ids: Vec::new(),
        problems,
    };
    let members = Members::open_any(document, &Path::document(), compiler.problems);
    let services = members
        .as_ref()
        .and_then(|members| open(members, "services", compiler.problems));
    match services {
        Some(services) => services
            .each()
            .for_each(|(id, value, path)| compiler.service(id, value, &path)),
        None => compiler.problems.add(&Path::document(), "needs services"),
    }
    let Compiler {
        ids, routes, old_ids, ..
    } = compiler;
    if ids.len() > MAX_PERMISSIONS {
        problems.add(
            &Path::document(),
            message!("has more than {MAX_PERMISSIONS} permissions"),
        );
    }
    let ids = sorted_by(ids, Permission::cmp);
    let past = members.map(|members| PastIds::compile(&members, old_ids, &ids, problems));
    let permissions = Permissions::new(ids, past.unwrap_or_default());
    (permissions, Routes::compile(&routes, problems))
}

struct Compiler<'d, 'p> {
    ids: Vec<Permission>,
    routes: Vec<RouteEntry<'d>>,
    old_ids: Vec<OldId<'d>>,
    problems: &'p mut Problems,
}

impl<'d> Compiler<'d, '_> {
    fn service(&mut self, id: &str, value: &'d Value, path: &Path) {
        self.problems.keep(path, parse_segment(id));
        if let Some(members) = Members::open_any(value, path, self.problems) {
            self.below(id, &members);
        }
    }

    fn below(&mut self, above: &str, members: &Members<'d>) {
        let Some(nodes) = open(members, "permissions", self.problems) else {
            return;
        };
        for (segment, value, path) in nodes.each() {
            if let Some(id) = self.problems.keep(&path, Permission::below(above, segment)) {
                self.node(id, value, &path);
            }
        }
    }

    /// Adds a permission or a group of permissions. A group is a permission itself only if it is
    /// `grantable`.
    fn node(&mut self, id: Permission, value: &'d Value, path: &Path) {
        if matches!(value, Value::Text(_)) {
            return self.ids.push(id);
        }
        let Some(members) = Members::open_any(value, path, self.problems) else {
            return;
        };
        self.below(id.as_str(), &members);
        if members.value("permissions").is_none() || members.flag("grantable", self.problems) {
            self.routes.extend(route::read(&id, &members, self.problems));
            self.old_ids.extend(read_old_ids(&id, &members, self.problems));
            self.ids.push(id);
        }
    }
}

/// The member `name` as an object; `None` if it is absent or no object.
fn open<'d>(members: &Members<'d>, name: &str, problems: &mut Problems) -> Option<Members<'d>> {
    Members::open_any(members.value(name)?, &members.path(name), problems)
}
