//! Kinds of token and their rules: expiry, rotation, owners, allowed edits and actions.

mod errors;
mod read;
mod words;

use serde::Serialize;

pub use errors::{ExpiryError, WrongOwner};
pub(super) use read::compile;
pub use words::{Action, Editable, Managers, Reuse};

use super::owners::OwnerPattern;
use crate::codec::sorted_map::SortedMap;
use crate::input::Detail;
use crate::value::resource::Resource;
use crate::value::time::{Instant, Lifetime};

/// How far a client's clock may be ahead of the server's.
const CLIENT_SKEW: Lifetime = Lifetime::minutes(5);

/// A kind of token and its rules. The kinds `permission-set`, `organization`, `group`, `personal`
/// and `session` are built in; a catalog can change them and add others.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kind {
    pub(in crate::catalog) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(rename = "lifetime")]
    expiry: ExpiryRule,
    unique_names: bool,
    exchanged: bool,
    technical_user: bool,
    /// Not serialized, like `owners`: a client gets the result of these rules for its own actor
    /// instead.
    #[serde(skip)]
    manage: Managers,
    #[serde(skip)]
    owners: Vec<OwnerPattern>,
    editable: Vec<Editable>,
    actions: Vec<Action>,
    /// The labels of the kind's actions, by the name of the action.
    labels: SortedMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    rotation: RotationRule,
    sessions: u32,
}

/// The rotation rules of a kind.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RotationRule {
    /// How long the old secret stays valid after a rotation, unless the caller chooses.
    pub grace: Lifetime,
    /// The longest grace period that a caller can choose.
    pub longest_grace: Lifetime,
    /// The reaction to the use of a secret that was rotated out.
    pub reuse: Reuse,
}

/// The expiry rules of a kind.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpiryRule {
    /// The lifetime of a token if the caller asks for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Lifetime>,
    /// The longest lifetime that a caller can ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest: Option<Lifetime>,
    /// Whether a token must expire. Always `true` if there is a longest lifetime.
    pub required: bool,
    /// How long a token stays valid without use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle: Option<Lifetime>,
}

impl Kind {
    /// The id of the kind, for example `personal`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the names of an owner's tokens of this kind must be unique.
    #[must_use]
    pub fn unique_names(&self) -> bool {
        self.unique_names
    }

    /// Whether tokens of this kind are created by an exchange only.
    #[must_use]
    pub fn exchanged(&self) -> bool {
        self.exchanged
    }

    /// Whether a technical user backs each token of this kind.
    #[must_use]
    pub fn technical_user(&self) -> bool {
        self.technical_user
    }

    /// The actors that manage tokens of this kind.
    #[must_use]
    pub fn managers(&self) -> Managers {
        self.manage
    }

    /// Whether `what` can be edited in tokens of this kind.
    #[must_use]
    pub fn can_edit(&self, what: Editable) -> bool {
        self.editable.contains(&what)
    }

    /// The fields that can be edited in tokens of this kind.
    #[must_use]
    pub fn editable(&self) -> &[Editable] {
        &self.editable
    }

    /// Whether the kind offers an action. An action that is not offered is refused, except
    /// [`Action::Revoke`], which is always allowed.
    #[must_use]
    pub fn allows(&self, action: Action) -> bool {
        self.actions.contains(&action)
    }

    /// The default role of a token of this kind.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }

    /// The rotation rules of this kind.
    #[must_use]
    pub fn rotation(&self) -> RotationRule {
        self.rotation
    }

    /// The most live sessions of one parent token of this kind.
    #[must_use]
    pub fn sessions(&self) -> u32 {
        self.sessions
    }

    /// How long a token of this kind stays valid without use.
    #[must_use]
    pub fn idle(&self) -> Option<Lifetime> {
        self.expiry.idle
    }

    /// Checks whether `owner` can own tokens of this kind.
    ///
    /// # Errors
    /// If it matches none of the owner patterns of the kind.
    pub fn may_belong_to(&self, owner: &Resource) -> Result<(), WrongOwner> {
        if self.owners.is_empty() || self.owners.iter().any(|pattern| pattern.matches(owner)) {
            return Ok(());
        }
        let patterns = self.owners.iter().map(|pattern| pattern.as_str().to_owned());
        Err(WrongOwner {
            kind: self.id.clone(),
            patterns: patterns.collect(),
            owner: Detail::quoted(owner.as_str()),
        })
    }

    /// The expiry `asked`, which a client computed by its own clock, trimmed to the longest
    /// lifetime if it exceeds it by at most 5 minutes: the client's clock may be ahead by so much.
    /// A later expiry is returned unchanged, and [`Kind::expiry`] refuses it.
    #[must_use]
    pub fn trimmed(&self, now: Instant, asked: Instant) -> Instant {
        let longest = self.expiry.longest.and_then(|longest| now.after(longest).ok());
        longest
            .filter(|longest| {
                (1..=CLIENT_SKEW.millis()).contains(&asked.millis().saturating_sub(longest.millis()))
            })
            .unwrap_or(asked)
    }

    /// The expiry of a token that is created at `now`: `asked`, or else the default lifetime.
    /// `Ok(None)` is a token that never expires.
    ///
    /// # Errors
    /// If an expiry is required and there is none, or if it is beyond the longest lifetime.
    pub fn expiry(&self, now: Instant, asked: Option<Instant>) -> Result<Option<Instant>, ExpiryError> {
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
            (None, longest) if required || longest.is_some() => Err(ExpiryError::Required {
                kind: self.id.clone(),
                longest,
            }),
            (Some(ends), Some(longest)) if ends > now.after(longest)? => Err(ExpiryError::TooFar {
                kind: self.id.clone(),
                longest,
            }),
            _ => Ok(ends),
        }
    }
}
