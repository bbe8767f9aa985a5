//! The sorts of token and their rules.

mod read;
mod words;

use serde::Serialize;

pub(super) use read::compile;
pub use words::{Action, Editable, Managers, Reuse};

use super::owners::OwnerPattern;
use crate::codec::sorted_map::SortedMap;
use crate::input::quote;
use crate::value::resource::Resource;
use crate::value::time::{Instant, Lifetime};

/// How far a client's clock may be ahead.
const CLIENT_SKEW: Lifetime = Lifetime::minutes(5);

/// A configured sort of token and its rules. The kinds of the four systems exist without being written down.
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

    /// An end that a client reckoned by its own clock. As much beyond the longest as such a clock may be ahead is trimmed.
    #[must_use]
    pub fn trimmed(&self, now: Instant, asked: Instant) -> Instant {
        let longest = self.expiry.longest.and_then(|longest| now.after(longest).ok());
        longest
            .filter(|longest| {
                (1..=CLIENT_SKEW.millis()).contains(&asked.millis().saturating_sub(longest.millis()))
            })
            .unwrap_or(asked)
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
