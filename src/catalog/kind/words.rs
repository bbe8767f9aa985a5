//! The enums of a kind and their names in a catalog document.

use serde::Serialize;

/// The actors that manage the tokens of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Managers {
    /// The owner, and admins of the owner or of a resource above it.
    Owner,
    /// Only admins of the owner or of a resource above it.
    Admin,
}

impl Managers {
    pub(super) const NAMES: [(&'static str, Managers); 2] =
        [("owner", Managers::Owner), ("admin", Managers::Admin)];
}

/// A field of a token that can be edited.
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

    /// The name in a catalog document, for example `permissions`.
    #[must_use]
    pub fn name(self) -> &'static str {
        name_of(&Editable::NAMES, self)
    }
}

/// An action on a token other than an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Disable the token for a time, and enable it again.
    Disable,
    /// Revoke the token for good and keep its record. Always allowed: the list of a kind decides
    /// only whether it is offered.
    Revoke,
    /// Delete the token.
    Delete,
    /// Rotate the token: give it a new secret.
    Rotate,
    /// Exchange the token for sessions.
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
    /// The actions that a kind can label. `enable` reverts `disable` and has a label of its own.
    pub(super) const LABELED: [&'static str; 6] =
        ["disable", "enable", "revoke", "delete", "rotate", "exchange"];

    /// The name in a catalog document, for example `disable`.
    #[must_use]
    pub fn name(self) -> &'static str {
        name_of(&Action::NAMES, self)
    }
}

/// The reaction to the use of a secret that was rotated out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reuse {
    /// Record it in the audit trail.
    Alert,
    /// Disable the token.
    Disable,
    /// Revoke the token.
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
