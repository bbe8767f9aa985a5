//! The catalog of the model, once as the document that the core compiles and once as plain tables;
//! and the resolution of selections.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::place::{Permission, Place, Reach, covers, reach};
use super::state::Status;

pub const MINUTE: u64 = 60_000;
pub const HOUR: u64 = 60 * MINUTE;
pub const DAY: u64 = 24 * HOUR;

/// So long that an account with many permissions is as large as an account may be.
const RUNS: Permission = concat!(
    "runs------------------------------------------------:",
    "batch-----------------------------------------------:",
    "start---------------------------------------------------",
);
pub const PERMISSIONS: [Permission; 5] = ["mail:send", "mail:status", "policy:read", "policy:write", RUNS];
const IMPLIES: [(Permission, Permission); 3] = [
    ("mail:send", "mail:status"),
    ("policy:write", "policy:read"),
    (RUNS, "policy:write"),
];
/// The most live sessions of one token.
pub const MAX_SESSIONS: usize = 2;
/// The longest chain of tokens that a session comes from.
pub const MAX_CHAIN_LENGTH: usize = 4;

pub const TEMPLATES: [&str; 3] = ["sender", "policies", "everything"];
pub const ROLES: [&str; 3] = ["admin", "user", "keeper"];
pub const PATTERNS: [&str; 7] = [
    "mail:send",
    "mail:status",
    "policy:read",
    "policy:write",
    RUNS,
    "policy:*",
    "**",
];

pub fn document() -> Json {
    let [runs, batch, start] = RUNS.split(':').collect::<Vec<_>>()[..] else {
        unreachable!("three segments");
    };
    json!({
        "version": "model",
        "services": {
            "mail": { "title": "Mail", "permissions": {
                "send": { "title": "Send", "implies": ["mail:status"] }, "status": "Status" } },
            "policy": { "title": "Policy", "permissions": {
                "read": "Read", "write": { "title": "Write", "implies": ["policy:read"] } } },
            runs: { "title": "Runs", "permissions": {
                batch: { "title": "Batch", "permissions": {
                    start: { "title": "Start", "implies": ["policy:write"] } } } } },
        },
        "templates": {
            "sender": { "title": "Sender", "permissions": ["mail:send"] },
            "policies": { "title": "Policies", "permissions": ["policy:*"] },
            "everything": { "title": "Everything", "permissions": ["**"] },
        },
        "roles": {
            "user": { "title": "User", "permissions": ["policy:read", "mail:status"] },
            "keeper": { "title": "Keeper", "permissions": ["policy:write"] },
        },
        "kinds": {
            "permission-set": { "lifetime": { "default": "30d", "longest": "365d" } },
            "personal": { "rotation": { "grace": "1h", "longestGrace": "2d" } },
            "service": {
                "uniqueNames": true, "owners": ["org:*", "org:*/**"],
                "lifetime": { "idle": "20d" }, "rotation": { "reuse": "revoke" },
            },
            "session": { "sessions": 2 },
            "robot": {
                "technicalUser": true, "manage": "admin", "role": "keeper",
                "editable": ["permissions", "tags"], "actions": ["disable", "revoke", "delete", "rotate"], "rotation": { "reuse": "disable" },
            },
        },
    })
}

/// A kind of token and its rules.
pub struct Kind {
    pub id: &'static str,
    pub backed: bool,
    pub by_admins: bool,
    pub unique_names: bool,
    pub must_end: bool,
    pub lifetime: Option<u64>,
    pub longest: Option<u64>,
    pub idle: Option<u64>,
    pub role: Option<&'static str>,
    pub editable: &'static [&'static str],
    pub actions: &'static [&'static str],
    pub grace: u64,
    pub longest_grace: u64,
    /// The status of a token after a use of a rotated-out secret.
    pub reuse: Option<Status>,
    owners: fn(&str) -> bool,
}

const ALL: &[&str] = &["disable", "revoke", "delete", "rotate", "exchange"];

const KIND: Kind = Kind {
    id: "",
    backed: false,
    by_admins: false,
    unique_names: false,
    must_end: false,
    lifetime: None,
    longest: None,
    idle: None,
    role: None,
    editable: &["permissions", "name", "tags", "conditions", "limits"],
    actions: ALL,
    grace: DAY,
    longest_grace: 7 * DAY,
    reuse: None,
    owners: |_| true,
};

const BACKED: Kind = Kind {
    backed: true,
    by_admins: true,
    must_end: true,
    role: Some("user"),
    actions: &["disable", "delete", "rotate", "exchange"],
    ..KIND
};

pub static KINDS: [Kind; 7] = [
    Kind {
        id: "permission-set",
        lifetime: Some(30 * DAY),
        longest: Some(365 * DAY),
        editable: &["name", "tags", "conditions", "limits"],
        ..KIND
    },
    Kind {
        id: "organization",
        owners: |owner| !owner.contains('/'),
        ..BACKED
    },
    Kind {
        id: "group",
        owners: |owner| owner.contains('/'),
        ..BACKED
    },
    Kind {
        id: "personal",
        unique_names: true,
        must_end: true,
        lifetime: Some(90 * DAY),
        editable: &["permissions"],
        grace: HOUR,
        longest_grace: 2 * DAY,
        ..KIND
    },
    Kind {
        id: "service",
        unique_names: true,
        idle: Some(20 * DAY),
        reuse: Some(Status::Revoked),
        owners: |owner| owner.starts_with("org:"),
        ..KIND
    },
    Kind {
        id: "robot",
        must_end: false,
        role: Some("keeper"),
        editable: &["permissions", "tags"],
        actions: &["disable", "revoke", "delete", "rotate"],
        reuse: Some(Status::Disabled),
        ..BACKED
    },
    SESSION,
];

pub const SESSION: Kind = Kind {
    id: "session",
    must_end: true,
    lifetime: Some(HOUR),
    editable: &[],
    actions: &["revoke", "delete", "exchange"],
    ..KIND
};

impl std::fmt::Debug for Kind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.id)
    }
}

impl Kind {
    pub fn named(id: &str) -> &'static Kind {
        KINDS.iter().find(|kind| kind.id == id).unwrap()
    }

    pub fn may_belong_to(&self, owner: &str) -> bool {
        (self.owners)(owner)
    }

    pub fn allows(&self, action: &str) -> bool {
        self.actions.contains(&action)
    }
}

/// The permissions that a pattern matches.
pub fn meant(pattern: &str) -> BTreeSet<Permission> {
    let means = |permission: &&Permission| match pattern {
        "**" => true,
        "policy:*" => permission.starts_with("policy:"),
        exact => **permission == exact,
    };
    PERMISSIONS.iter().filter(means).copied().collect()
}

/// The permissions of a role, with all implied ones.
pub fn of_role(role: &str) -> BTreeSet<Permission> {
    match role {
        "admin" => PERMISSIONS.into(),
        "user" => ["policy:read", "mail:status"].into(),
        "keeper" => ["policy:write", "policy:read"].into(),
        _ => BTreeSet::new(),
    }
}

fn of_template(template: &str) -> BTreeSet<Permission> {
    match template {
        "sender" => ["mail:send"].into(),
        "policies" => ["policy:read", "policy:write"].into(),
        "everything" => PERMISSIONS.into(),
        _ => BTreeSet::new(),
    }
}

/// A selection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    pub templates: Vec<&'static str>,
    pub add: Vec<&'static str>,
    pub remove: Vec<&'static str>,
    pub role: Option<&'static str>,
    /// A permission that is narrowed to one place.
    pub narrowed: Option<(Permission, Place)>,
}

impl Selection {
    pub fn json(&self) -> serde_json::Map<String, Json> {
        let mut json = serde_json::Map::new();
        for (name, list) in [
            ("templates", &self.templates),
            ("add", &self.add),
            ("remove", &self.remove),
        ] {
            if !list.is_empty() {
                json.insert(name.into(), json!(list));
            }
        }
        if let Some(role) = self.role {
            json.insert("role".into(), json!(role));
        }
        if let Some((permission, place)) = self.narrowed {
            json.insert("resources".into(), json!({ permission: [place] }));
        }
        json
    }

    /// The selection with the kind's default role, if it chooses no permission.
    pub fn or_role(mut self, role: Option<&'static str>) -> Selection {
        if self.templates.is_empty() && self.add.is_empty() && self.role.is_none() {
            self.role = role;
        }
        self
    }

    /// The resolved permissions, and their reach within a boundary; `None` if the selection is
    /// refused.
    pub fn resolve(&self, boundary: Place) -> Option<(BTreeSet<Permission>, Reach)> {
        self.resolve_over(boundary, &Reach::new(), None)
    }

    /// Whether the selection only narrows a permission.
    pub fn only_narrows(&self) -> bool {
        self.narrowed.is_some()
            && *self
                == (Selection {
                    narrowed: self.narrowed,
                    ..Selection::default()
                })
    }

    /// Resolves the selection of a change, otherwise like [`Selection::resolve`]. Narrowings in
    /// `before` stay, unless the change names them or they follow from a named one. `frozen`
    /// replaces the resolved permissions.
    pub fn resolve_over(
        &self,
        boundary: Place,
        before: &Reach,
        frozen: Option<&BTreeSet<Permission>>,
    ) -> Option<(BTreeSet<Permission>, Reach)> {
        let mut chosen: BTreeSet<Permission> = BTreeSet::new();
        self.templates
            .iter()
            .for_each(|template| chosen.extend(of_template(template)));
        self.add.iter().for_each(|pattern| chosen.extend(meant(pattern)));
        self.role.iter().for_each(|role| chosen.extend(of_role(role)));
        let mut closed = chosen.clone();
        for _ in PERMISSIONS {
            for (permission, implied) in IMPLIES {
                if closed.contains(permission) {
                    closed.insert(implied);
                }
            }
        }
        let mut kept = closed.clone();
        for pattern in &self.remove {
            meant(pattern)
                .iter()
                .for_each(|permission| _ = kept.remove(permission));
        }
        if let Some(frozen) = frozen {
            closed.clone_from(frozen);
            kept.clone_from(frozen);
        }
        if let Some((permission, at)) = self.narrowed
            && !(kept.contains(permission) && covers(boundary, at))
        {
            return None;
        }
        let was = |permission: Permission| -> BTreeSet<Place> {
            let held = before.iter().filter(|(held, _)| *held == permission);
            held.map(|(_, place)| *place).collect()
        };
        let was_narrowed =
            |permission: Permission| !was(permission).is_empty() && !was(permission).contains(boundary);
        let implying = |permission: Permission| {
            let implying = IMPLIES.iter().filter(move |(_, implied)| *implied == permission);
            implying.map(|(implying, _)| *implying)
        };
        let named = |permission: Permission| self.narrowed.is_some_and(|(named, _)| named == permission);
        let mut anew: BTreeSet<Permission> = BTreeSet::new();
        for _ in PERMISSIONS {
            for permission in closed
                .iter()
                .copied()
                .filter(|permission| was_narrowed(permission))
            {
                let held = || implying(permission).filter(|id| !was(id).is_empty());
                let followed = held().all(was_narrowed)
                    && held().flat_map(was).collect::<BTreeSet<Place>>() == was(permission);
                let from_anew =
                    implying(permission).any(|id| closed.contains(id) && (named(id) || anew.contains(id)));
                if named(permission) || (!chosen.contains(permission) && from_anew && followed) {
                    anew.insert(permission);
                }
            }
        }
        // A permission that only narrowed permissions imply reaches as far as they do.
        let mut held: BTreeMap<Permission, Reach> = BTreeMap::new();
        for _ in PERMISSIONS {
            for permission in &closed {
                let reaches = match self.narrowed {
                    Some((narrowed, at)) if narrowed == *permission => reach([*permission], at),
                    _ if was_narrowed(permission) && !anew.contains(permission) => was(permission)
                        .into_iter()
                        .map(|place| (*permission, place))
                        .collect(),
                    _ if chosen.contains(permission) => reach([*permission], boundary),
                    _ => IMPLIES
                        .iter()
                        .filter(|(implying, implied)| implied == permission && closed.contains(implying))
                        .flat_map(|(implying, _)| held.get(implying).into_iter().flatten())
                        .map(|(_, place)| (*permission, *place))
                        .collect(),
                };
                held.insert(permission, reaches);
            }
        }
        let reach = kept
            .iter()
            .flat_map(|permission| held[permission].clone())
            .collect();
        (!kept.is_empty()).then_some((kept, reach))
    }
}
