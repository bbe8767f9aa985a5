//! What a person ticked, and what it comes to: selection + catalog → grant.

use serde::{Deserialize, Serialize};

use super::Catalog;
use crate::input::{Members, Path, Problems, quote, suggestion};
use crate::permission::PermissionSet;

const MOST_TEMPLATES: usize = 100;
const MOST_TWEAKS: usize = 1_000;

/// A selection: templates, tweaks to them, a role. The members `templates`, `add`, `remove` and `role` of a call.
#[derive(Debug)]
pub struct Selection<'v> {
    templates: Vec<(&'v str, Path)>,
    add: Vec<(&'v str, Path)>,
    remove: Vec<(&'v str, Path)>,
    role: Option<(&'v str, Path)>,
    /// Where to say that a selection is empty.
    path: Path,
}

/// A template that a grant was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateUse {
    /// Its id.
    pub id: String,
    /// Its version when the grant was made.
    pub version: u32,
}

/// A selection resolved against a catalog.
#[derive(Debug)]
pub struct Resolution {
    /// The closure over `implies` of templates, additions and role, less what was removed.
    pub permissions: PermissionSet,
    /// The templates, with their versions.
    pub templates: Vec<TemplateUse>,
    /// The additions as written.
    pub added: Vec<String>,
    /// The removals as written.
    pub removed: Vec<String>,
    /// The role.
    pub role: Option<String>,
}

impl<'v> Selection<'v> {
    /// The members of a selection.
    pub const MEMBERS: [&'static str; 4] = ["templates", "add", "remove", "role"];

    /// Reads the selection out of the members of a call.
    pub fn read(members: &Members<'v>, problems: &mut Problems) -> Selection<'v> {
        Selection {
            templates: members.texts("templates", MOST_TEMPLATES, problems),
            add: members.texts("add", MOST_TWEAKS, problems),
            remove: members.texts("remove", MOST_TWEAKS, problems),
            role: members
                .text("role", problems)
                .map(|role| (role, members.path("role"))),
            path: members.path("templates"),
        }
    }
}

impl Catalog {
    /// Resolves a selection. What gives no permission is a problem: empty is never a token that can do everything, nor one
    /// that can do nothing unnoticed.
    pub fn resolve(&self, selection: &Selection, problems: &mut Problems) -> Option<Resolution> {
        let before = problems.len();
        let mut set = self.nothing();
        let mut templates = Vec::with_capacity(selection.templates.len());
        for (id, path) in &selection.templates {
            let Some(template) = self.template(id) else {
                let hint = suggestion(id, self.templates.iter().map(|template| template.id.as_str()));
                problems.add(path, format!("there is no template {}{hint}", quote(id)));
                continue;
            };
            if templates.iter().any(|chosen: &TemplateUse| chosen.id == *id) {
                problems.add(path, format!("the template {} is chosen twice", quote(id)));
            }
            set.union(&template.permissions);
            templates.push(TemplateUse {
                id: template.id.clone(),
                version: template.version,
            });
        }
        if let Some((id, path)) = &selection.role {
            match self.role(id) {
                Some(role) => set.union(&role.permissions),
                None => {
                    let hint = suggestion(id, self.roles.iter().map(|role| role.id.as_str()));
                    problems.add(path, format!("there is no role {}{hint}", quote(id)));
                }
            }
        }
        set.union(&self.union_of(&selection.add, problems));
        self.close(&mut set);
        set.subtract(&self.union_of(&selection.remove, problems));
        if problems.len() > before {
            return None;
        }
        if set.is_empty() {
            problems.add(
                &selection.path,
                "the selection gives no permission: choose a template, or \"add\" permissions",
            );
            return None;
        }
        let texts = |list: &[(&str, Path)]| list.iter().map(|(text, _)| (*text).to_owned()).collect();
        Some(Resolution {
            permissions: set,
            templates,
            added: texts(&selection.add),
            removed: texts(&selection.remove),
            role: selection.role.as_ref().map(|(role, _)| (*role).to_owned()),
        })
    }

    fn union_of(&self, patterns: &[(&str, Path)], problems: &mut Problems) -> PermissionSet {
        let mut set = self.nothing();
        for (pattern, path) in patterns {
            if let Some(matched) = problems.keep(path, self.matching(pattern)) {
                set.union(&matched);
            }
        }
        set
    }
}
