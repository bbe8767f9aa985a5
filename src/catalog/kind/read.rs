//! Reads the kinds of a catalog document on top of the built-in kinds.

use std::fmt;

use super::{Action, Editable, ExpiryRule, Kind, Managers, Reuse, RotationRule};
use crate::catalog::invalid_id::check_id;
use crate::catalog::not_in_catalog::{Named, NotInCatalog};
use crate::catalog::owners::OwnerPattern;
use crate::codec::json::Value;
use crate::codec::sorted_map::SortedMap;
use crate::input::{Members, Path, Problems, one_of};
use crate::value::time::{Lifetime, TimeMembers as _};

/// The most items of a list of a kind: owner patterns, editable fields or actions.
const MAX_OWNERS: usize = 20;

/// The default for the most live sessions of one parent token.
const SESSIONS: u32 = 100;

/// The highest value of `sessions`. The store keeps the sessions of one parent in one value.
const MAX_SESSIONS: u32 = 1_000;

const MEMBERS: [&str; 13] = [
    "title",
    "description",
    "lifetime",
    "uniqueNames",
    "technicalUser",
    "manage",
    "owners",
    "editable",
    "actions",
    "labels",
    "role",
    "rotation",
    "sessions",
];

/// The built-in kinds, as changed by the document, followed by the kinds that the document adds.
pub(in crate::catalog) fn compile(document: &Members, problems: &mut Problems) -> Vec<Kind> {
    let mut kinds = built_in();
    let Some(value) = document.value("kinds") else {
        return kinds;
    };
    let Some(entries) = Members::open_any(value, &document.path("kinds"), problems) else {
        return kinds;
    };
    for (id, value, path) in entries.each() {
        if problems.keep(&path, check_id(id)).is_none() {
            continue;
        }
        let Some(members) = Members::open(value, &path, &MEMBERS, problems) else {
            continue;
        };
        let at = kinds.iter().position(|kind| kind.id == id).unwrap_or_else(|| {
            kinds.push(kind(id, ExpiryRule::default()));
            kinds.len() - 1
        });
        if let Some(kind) = kinds.get_mut(at) {
            kind.adjust(&members, problems);
        }
    }
    kinds
}

impl Kind {
    /// Applies the members that a document has for this kind. Absent members leave the rule as it
    /// is.
    fn adjust(&mut self, members: &Members, problems: &mut Problems) {
        let text = |name, problems: &mut Problems| members.text(name, problems).map(str::to_owned);
        self.title = text("title", problems).or(self.title.take());
        self.description = text("description", problems).or(self.description.take());
        for (name, flag) in [
            ("uniqueNames", &mut self.unique_names),
            ("technicalUser", &mut self.technical_user),
        ] {
            if members.value(name).is_some() {
                *flag = members.flag(name, problems);
            }
        }
        if let Some(manage) = members.parsed("manage", problems, |text| one_of(&Managers::NAMES, text)) {
            self.manage = manage;
        }
        if members.value("owners").is_some() {
            self.owners = list(members, "owners", problems, OwnerPattern::parse);
            if self.owners.is_empty() {
                problems.add(
                    &members.path("owners"),
                    "has no owner; leave it out for a kind that any owner can have",
                );
            }
        }
        if members.value("editable").is_some() {
            self.editable = list(members, "editable", problems, |text| {
                one_of(&Editable::NAMES, text)
            });
        }
        if members.value("actions").is_some() {
            self.actions = list(members, "actions", problems, |text| one_of(&Action::NAMES, text));
        }
        if let Some(value) = members.value("labels")
            && let Some(labels) = Members::open(value, &members.path("labels"), &Action::LABELED, problems)
        {
            for name in Action::LABELED {
                if let Some(label) = labels.text(name, problems) {
                    self.labels.insert(name, label.to_owned());
                }
            }
        }
        // `settle_role` checks that the role exists, once the roles are compiled.
        self.role = text("role", problems).or(self.role.take());
        if let Some(sessions) = members.whole("sessions", 1..=MAX_SESSIONS, problems) {
            self.sessions = sessions;
        }
        if let Some(value) = members.value("lifetime") {
            self.expiry.adjust(value, &members.path("lifetime"), problems);
        }
        if let Some(value) = members.value("rotation") {
            self.rotation.adjust(value, &members.path("rotation"), problems);
        }
    }

    /// Checks that the catalog defines the default role. `written` tells whether the document names
    /// the role. A built-in default role that the catalog does not define is dropped.
    pub(in crate::catalog) fn settle_role(
        &mut self,
        known: &[&str],
        written: bool,
    ) -> Result<(), NotInCatalog> {
        match &self.role {
            Some(role) if known.contains(&role.as_str()) => Ok(()),
            Some(role) if written => Err(NotInCatalog::new(Named::Role, role, known.iter().copied())),
            _ => {
                self.role = None;
                Ok(())
            }
        }
    }
}

/// Parses each text of a list. Texts that do not parse are added to `problems` and left out.
fn list<T, E: fmt::Display>(
    members: &Members,
    name: &str,
    problems: &mut Problems,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Vec<T> {
    let texts = members.texts(name, MAX_OWNERS, problems);
    texts
        .into_iter()
        .filter_map(|(text, path)| problems.keep(&path, parse(text)))
        .collect()
}

impl ExpiryRule {
    fn adjust(&mut self, value: &Value, path: &Path, problems: &mut Problems) {
        let known = ["default", "longest", "required", "idle"];
        let Some(members) = Members::open(value, path, &known, problems) else {
            return;
        };
        if members.value("required").is_some() {
            self.required = members.flag("required", problems);
        }
        self.default = members.lifetime("default", problems).or(self.default);
        self.longest = members.lifetime("longest", problems).or(self.longest);
        // A longest lifetime implies that tokens expire.
        self.required |= self.longest.is_some();
        self.idle = members.lifetime("idle", problems).or(self.idle);
        if let (Some(default), Some(longest)) = (self.default, self.longest)
            && default > longest
        {
            problems.add(
                path,
                format!("the default lifetime of {default} is longer than the longest, {longest}"),
            );
        }
    }
}

impl RotationRule {
    fn adjust(&mut self, value: &Value, path: &Path, problems: &mut Problems) {
        let Some(members) = Members::open(value, path, &["grace", "longestGrace", "reuse"], problems) else {
            return;
        };
        let longest = members.lifetime("longestGrace", problems);
        self.longest_grace = longest.unwrap_or(self.longest_grace);
        // The default grace period is shortened to the longest one; a written one is a problem
        // instead.
        let grace = members.lifetime("grace", problems);
        self.grace = grace.unwrap_or(self.grace.min(self.longest_grace));
        if let Some(reuse) = members.parsed("reuse", problems, |text| one_of(&Reuse::NAMES, text)) {
            self.reuse = reuse;
        }
        if self.grace > self.longest_grace {
            let (grace, longest) = (self.grace, self.longest_grace);
            problems.add(
                path,
                format!("the grace of {grace} is longer than the longest, {longest}"),
            );
        }
    }
}

fn built_in() -> Vec<Kind> {
    let required = ExpiryRule {
        required: true,
        ..ExpiryRule::default()
    };
    let of = |lifetime| ExpiryRule {
        default: Some(lifetime),
        required: true,
        ..ExpiryRule::default()
    };
    let all_but_permissions = Editable::NAMES
        .into_iter()
        .map(|(_, what)| what)
        .filter(|what| *what != Editable::Permissions);
    let backed = |id, owners: &str| Kind {
        technical_user: true,
        manage: Managers::Admin,
        owners: OwnerPattern::parse(owners).into_iter().collect(),
        actions: vec![Action::Disable, Action::Delete, Action::Rotate, Action::Exchange],
        labels: SortedMap::from_iter([
            ("disable", "Revoke".to_owned()),
            ("enable", "Reinstate".to_owned()),
        ]),
        role: Some("user".to_owned()),
        ..kind(id, required)
    };
    vec![
        Kind {
            editable: all_but_permissions.collect(),
            ..kind("permission-set", ExpiryRule::default())
        },
        backed("organization", "*"),
        backed("group", "*/*/**"),
        Kind {
            unique_names: true,
            editable: vec![Editable::Permissions],
            ..kind("personal", of(Lifetime::days(90)))
        },
        Kind {
            exchanged: true,
            editable: Vec::new(),
            actions: vec![Action::Revoke, Action::Delete, Action::Exchange],
            ..kind("session", of(Lifetime::hours(1)))
        },
    ]
}

fn kind(id: &str, expiry: ExpiryRule) -> Kind {
    Kind {
        id: id.to_owned(),
        title: None,
        description: None,
        expiry,
        unique_names: false,
        exchanged: false,
        technical_user: false,
        manage: Managers::Owner,
        owners: Vec::new(),
        editable: Editable::NAMES.into_iter().map(|(_, what)| what).collect(),
        actions: Action::NAMES.into_iter().map(|(_, action)| action).collect(),
        labels: SortedMap::default(),
        role: None,
        rotation: RotationRule {
            grace: Lifetime::DAY,
            longest_grace: Lifetime::days(7),
            reuse: Reuse::Alert,
        },
        sessions: SESSIONS,
    }
}
