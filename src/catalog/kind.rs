use serde::Serialize;

use super::owners::OwnerPattern;
use crate::input::{Members, Path, Problems, Value, quote};
use crate::permission::parse_segment;
use crate::resource::Resource;
use crate::sorted_map::SortedMap;
use crate::time::{Instant, Lifetime};

/// The most owner patterns of a kind.
const MOST_OWNERS: usize = 20;

/// The most living sessions of one parent, unless the kind says otherwise.
const SESSIONS: u32 = 100;

/// The most that a kind can say: they are kept in one value.
const MOST_SESSIONS: u32 = 1_000;

/// A configured sort of token and its rules. The kinds of the four systems exist without being written down.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kind {
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(rename = "lifetime")]
    expiry: ExpiryRule,
    unique_names: bool,
    exchanged: bool,
    technical_user: bool,
    /// Whoever is told of a kind is told what that means for themselves.
    #[serde(skip)]
    manage: Managers,
    #[serde(skip)]
    owners: Vec<OwnerPattern>,
    editable: Vec<Editable>,
    actions: Vec<Action>,
    /// The kind's own words for its actions.
    labels: SortedMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    rotation: RotationRule,
    sessions: u32,
}

/// Who manages the tokens of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Managers {
    /// The owner itself, and admins of it or of what stands above.
    Owner,
    /// Only admins of the owner or of what stands above.
    Admin,
}

impl Managers {
    const NAMES: [(&'static str, Managers); 2] = [("owner", Managers::Owner), ("admin", Managers::Admin)];
}

/// What can be edited in a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Editable {
    /// The selection: templates, tweaks, role, resources.
    Permissions,
    /// The name.
    Name,
    /// The description.
    Description,
    /// The tags.
    Tags,
    /// The metadata.
    Metadata,
    /// The conditions.
    Conditions,
    /// The limits.
    Limits,
}

impl Editable {
    const NAMES: [(&'static str, Editable); 7] = [
        ("permissions", Editable::Permissions),
        ("name", Editable::Name),
        ("description", Editable::Description),
        ("tags", Editable::Tags),
        ("metadata", Editable::Metadata),
        ("conditions", Editable::Conditions),
        ("limits", Editable::Limits),
    ];

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        name_of(&Editable::NAMES, self)
    }
}

/// What can be done to a token besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Disable it for a time, and enable it again.
    Disable,
    /// End it for ever and keep its record. Always allowed: the list only says whether it is offered.
    Revoke,
    /// Remove it.
    Delete,
    /// Give it a new secret.
    Rotate,
    /// Derive sessions from it.
    Exchange,
}

impl Action {
    const NAMES: [(&'static str, Action); 5] = [
        ("disable", Action::Disable),
        ("revoke", Action::Revoke),
        ("delete", Action::Delete),
        ("rotate", Action::Rotate),
        ("exchange", Action::Exchange),
    ];
    /// Words can also be given to what takes back a disabling.
    const LABELED: [&'static str; 6] = ["disable", "enable", "revoke", "delete", "rotate", "exchange"];

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        name_of(&Action::NAMES, self)
    }
}

/// What happens when a secret is presented that was rotated out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reuse {
    /// It stands in the audit trail.
    Alert,
    /// The token is disabled.
    Disable,
    /// The token is revoked.
    Revoke,
}

impl Reuse {
    const NAMES: [(&'static str, Reuse); 3] = [
        ("alert", Reuse::Alert),
        ("disable", Reuse::Disable),
        ("revoke", Reuse::Revoke),
    ];
}

/// How tokens of a kind are rotated.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RotationRule {
    /// How long the old secret goes on, if the caller does not say.
    pub grace: Lifetime,
    /// How long it may at most.
    pub longest_grace: Lifetime,
    /// What happens when a secret is presented that was rotated out.
    pub reuse: Reuse,
}

fn name_of<T: PartialEq>(names: &[(&'static str, T)], wanted: T) -> &'static str {
    names
        .iter()
        .find(|(_, value)| *value == wanted)
        .map_or("", |(name, _)| name)
}

fn parse_of<T: Copy>(names: &[(&'static str, T)], text: &str) -> Result<T, String> {
    let known = names.iter().map(|(name, _)| *name);
    let all = known.clone().collect::<Vec<_>>().join(", ");
    names
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, value)| *value)
        .ok_or_else(|| format!("is {}; expected one of {all}", quote(text)))
}

/// How long tokens of a kind may live.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpiryRule {
    /// The lifetime of a token that does not ask for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Lifetime>,
    /// The longest lifetime.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest: Option<Lifetime>,
    /// Whether a token must end. Always so where there is a longest lifetime.
    pub required: bool,
    /// The longest time without use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle: Option<Lifetime>,
}

impl Kind {
    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether no two tokens of an owner may have the same name.
    #[must_use]
    pub fn unique_names(&self) -> bool {
        self.unique_names
    }

    /// Whether tokens of this kind come from an exchange only.
    #[must_use]
    pub fn exchanged(&self) -> bool {
        self.exchanged
    }

    /// Whether its tokens are backed by a technical user.
    #[must_use]
    pub fn technical_user(&self) -> bool {
        self.technical_user
    }

    /// Who manages its tokens.
    #[must_use]
    pub fn managers(&self) -> Managers {
        self.manage
    }

    /// Whether something of its tokens can be edited.
    #[must_use]
    pub fn can_edit(&self, what: Editable) -> bool {
        self.editable.contains(&what)
    }

    /// What can be edited in its tokens.
    #[must_use]
    pub fn editable(&self) -> &[Editable] {
        &self.editable
    }

    /// Whether an action is offered; but for revoking, also whether it is allowed.
    #[must_use]
    pub fn allows(&self, action: Action) -> bool {
        self.actions.contains(&action)
    }

    /// The role of a token that names none.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }

    /// How its tokens are rotated.
    #[must_use]
    pub fn rotation(&self) -> RotationRule {
        self.rotation
    }

    /// The most living sessions of one of its tokens.
    #[must_use]
    pub fn sessions(&self) -> u32 {
        self.sessions
    }

    /// The longest time without use.
    #[must_use]
    pub fn idle(&self) -> Option<Lifetime> {
        self.expiry.idle
    }

    /// Whether tokens of this kind can belong to an owner.
    ///
    /// # Errors
    /// A message that says to whom they can.
    pub fn may_belong_to(&self, owner: &Resource) -> Result<(), String> {
        if self.owners.is_empty() || self.owners.iter().any(|pattern| pattern.matches(owner)) {
            return Ok(());
        }
        let all: Vec<&str> = self.owners.iter().map(OwnerPattern::as_str).collect();
        Err(format!(
            "tokens of kind \"{}\" belong to owners of the form {}, not to {}",
            self.id,
            all.join(" or "),
            quote(owner.as_str())
        ))
    }

    /// When a token that starts now ends: `asked` within what the kind allows. `Ok(None)` is a token that never expires.
    ///
    /// # Errors
    /// A message, when an expiry is required or too far away.
    pub fn expiry(&self, now: Instant, asked: Option<Instant>) -> Result<Option<Instant>, String> {
        let ExpiryRule {
            default,
            longest,
            required,
            ..
        } = self.expiry;
        let ends = match (asked, default) {
            (Some(instant), _) => Some(instant),
            (None, Some(lifetime)) => Some(now.after(lifetime)?),
            (None, None) => None,
        };
        match (ends, longest) {
            (None, Some(longest)) => Err(format!(
                "is required for a token of kind \"{}\", at most {}",
                self.id, longest
            )),
            (None, None) if required => Err(format!("is required for a token of kind \"{}\"", self.id)),
            (Some(ends), Some(longest)) if ends > now.after(longest)? => Err(format!(
                "is further away than a token of kind \"{}\" may live, which is {}",
                self.id, longest
            )),
            _ => Ok(ends),
        }
    }
}

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

/// The kinds of the document, and those that exist without it.
pub(super) fn compile(document: &Members, problems: &mut Problems) -> Vec<Kind> {
    let mut kinds = built_in();
    let Some(value) = document.value("kinds") else {
        return kinds;
    };
    let Some(entries) = Members::open_any(value, &document.path("kinds"), problems) else {
        return kinds;
    };
    for (id, value, path) in entries.each() {
        if let Err(message) = parse_segment(id) {
            problems.add(&path, format!("the id {} {message}", quote(id)));
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
    /// Takes over what a document says of this kind.
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
        if let Some(manage) = members.parsed("manage", problems, |text| parse_of(&Managers::NAMES, text)) {
            self.manage = manage;
        }
        if members.value("owners").is_some() {
            self.owners = list(members, "owners", problems, OwnerPattern::parse);
            if self.owners.is_empty() {
                problems.add(
                    &members.path("owners"),
                    "names no owner; leave it out for a kind that anybody can own",
                );
            }
        }
        if members.value("editable").is_some() {
            self.editable = list(members, "editable", problems, |text| {
                parse_of(&Editable::NAMES, text)
            });
        }
        if members.value("actions").is_some() {
            self.actions = list(members, "actions", problems, |text| {
                parse_of(&Action::NAMES, text)
            });
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
        // Whether the catalog has the role is looked at once its roles are compiled.
        self.role = text("role", problems).or(self.role.take());
        if let Some(sessions) = members.whole("sessions", 1..=MOST_SESSIONS, problems) {
            self.sessions = sessions;
        }
        if let Some(value) = members.value("lifetime") {
            self.expiry.adjust(value, &members.path("lifetime"), problems);
        }
        if let Some(value) = members.value("rotation") {
            self.rotation.adjust(value, &members.path("rotation"), problems);
        }
    }

    /// Looks whether the catalog has the default role. A built-in kind goes without one that the catalog does not define.
    pub(super) fn settle_role(&mut self, known: &dyn Fn(&str) -> bool, written: bool) -> Result<(), String> {
        match &self.role {
            Some(role) if !known(role) && written => Err(format!("there is no role {}", quote(role))),
            Some(role) if !known(role) => {
                self.role = None;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// A list of texts, each parsed.
fn list<T>(
    members: &Members,
    name: &str,
    problems: &mut Problems,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Vec<T> {
    let texts = members.texts(name, MOST_OWNERS, problems);
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
        // What may live so long at most has to end.
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
        // A shorter longest grace shortens the one that nobody chose.
        let grace = members.lifetime("grace", problems);
        self.grace = grace.unwrap_or(self.grace.min(self.longest_grace));
        if let Some(reuse) = members.parsed("reuse", problems, |text| parse_of(&Reuse::NAMES, text)) {
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
