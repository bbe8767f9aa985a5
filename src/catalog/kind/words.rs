//! The words that a kind is described with.

use serde::Serialize;

use crate::input::quote;

/// Who manages the tokens of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Managers {
    /// The owner itself, and admins of it or of what stands above.
    Owner,
    /// Only admins of the owner or of what stands above.
    Admin,
}

impl Managers {
    pub(super) const NAMES: [(&'static str, Managers); 2] =
        [("owner", Managers::Owner), ("admin", Managers::Admin)];
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
    pub(super) const NAMES: [(&'static str, Editable); 7] = [
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
    pub(super) const NAMES: [(&'static str, Action); 5] = [
        ("disable", Action::Disable),
        ("revoke", Action::Revoke),
        ("delete", Action::Delete),
        ("rotate", Action::Rotate),
        ("exchange", Action::Exchange),
    ];
    /// Words can also be given to what takes back a disabling.
    pub(super) const LABELED: [&'static str; 6] =
        ["disable", "enable", "revoke", "delete", "rotate", "exchange"];

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
    pub(super) const NAMES: [(&'static str, Reuse); 3] = [
        ("alert", Reuse::Alert),
        ("disable", Reuse::Disable),
        ("revoke", Reuse::Revoke),
    ];
}

fn name_of<T: PartialEq>(names: &[(&'static str, T)], wanted: T) -> &'static str {
    names
        .iter()
        .find(|(_, value)| *value == wanted)
        .map_or("", |(name, _)| name)
}

pub(super) fn parse_of<T: Copy>(names: &[(&'static str, T)], text: &str) -> Result<T, String> {
    let known = names.iter().map(|(name, _)| *name);
    let all = known.clone().collect::<Vec<_>>().join(", ");
    names
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, value)| *value)
        .ok_or_else(|| format!("is {}; expected one of {all}", quote(text)))
}
