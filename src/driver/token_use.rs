//! The uses of one token: while they are collected, and as a verifier hands them on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::error::Error;
use crate::catalog::Permissions;
use crate::codec::json::Value;
use crate::input::Problems;
use crate::model::question::Question;
use crate::model::requirement::Requirement;
use crate::value::credential::TokenId;
use crate::value::permission::{Permission, PermissionSet};
use crate::value::time::Instant;
use crate::verify::code::Code;
use crate::verify::verdict::VerifiedToken;

/// The most requirements of one token in a flush.
const MAX_ASKED: usize = 100;

/// The most addresses of one token in a flush.
const MAX_ADDRESSES: usize = 5;

/// The uses of one token, as `flush` takes them and a verifier hands them on.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TokenUse {
    id: String,
    at: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_at: Option<u64>,
    uses: u32,
    /// The revision of the rotation whose new secret was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    successor: Option<u64>,
    /// Whether a secret was used that an earlier rotation had ended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    reused: bool,
    /// The revision of the rotation whose old secret was used after its grace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grace_over: Option<u64>,
    /// The permissions that were asked for, or expressions over them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    asked: Vec<String>,
    /// Whether some uses had no requirement, or one that is not in `asked`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    untold: bool,
    /// The last use from each of the last few addresses, if the host records them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    from: BTreeMap<String, u64>,
}

/// The uses of one token, while they are collected.
#[derive(Debug)]
pub(super) struct Use {
    id: TokenId,
    first_at: Instant,
    at: Instant,
    uses: u32,
    successor: Option<u64>,
    reused: bool,
    grace_over: Option<u64>,
    asked: PermissionSet,
    untold: bool,
    from: BTreeMap<String, u64>,
}

impl Use {
    pub(super) fn new(id: TokenId, at: Instant, permissions: &Permissions) -> Use {
        Use {
            id,
            first_at: at,
            at,
            uses: 0,
            successor: None,
            reused: false,
            grace_over: None,
            asked: permissions.nothing(),
            untold: false,
            from: BTreeMap::new(),
        }
    }

    /// Notes what a verdict tells: a use with its requirement, or that of a rotated-out secret.
    pub(super) fn note(&mut self, code: Code, token: &VerifiedToken, question: &Question<'_>, at: Instant) {
        if code == Code::RotatedOut {
            match token.rotation {
                Some(rotation) => self.grace_over = self.grace_over.max(Some(rotation)),
                None => self.reused = true,
            }
            return;
        }
        self.add(1, at, at);
        if token.successor {
            self.successor = self.successor.max(token.rotation);
        }
        if !question.requirement.add_named(&mut self.asked) {
            self.untold = true;
        }
    }

    /// Adds uses. A rotated-out secret is none, and its time does not count.
    fn add(&mut self, uses: u32, first_at: Instant, at: Instant) {
        if uses == 0 {
            return;
        }
        if self.uses == 0 {
            (self.first_at, self.at) = (first_at, at);
        } else {
            self.first_at = self.first_at.min(first_at);
            self.at = self.at.max(at);
        }
        self.uses = self.uses.saturating_add(uses);
    }

    pub(super) fn merge(&mut self, other: Use) {
        self.add(other.uses, other.first_at, other.at);
        self.successor = self.successor.max(other.successor);
        self.grace_over = self.grace_over.max(other.grace_over);
        self.reused |= other.reused;
        self.untold |= other.untold;
        self.asked.union(&other.asked);
        for (address, at) in other.from {
            self.note_address(address, at);
        }
    }

    /// Notes a use from an address, at milliseconds. The last few addresses are kept.
    pub(super) fn note_address(&mut self, address: String, at: u64) {
        let known = self.from.entry(address).or_insert(at);
        *known = at.max(*known);
        while self.from.len() > MAX_ADDRESSES {
            let oldest = self.from.iter().min_by_key(|(_, at)| **at);
            let Some(oldest) = oldest.map(|(address, _)| address.clone()) else {
                break;
            };
            self.from.remove(&oldest);
        }
    }

    fn to_token_use(&self, permissions: &Permissions) -> TokenUse {
        let asked = self.asked.iter();
        let asked = asked.filter_map(|index| permissions.permission(index).map(Permission::to_string));
        TokenUse {
            id: self.id.to_string(),
            at: self.at.millis(),
            first_at: (self.first_at < self.at).then(|| self.first_at.millis()),
            uses: self.uses,
            successor: self.successor,
            reused: self.reused,
            grace_over: self.grace_over,
            asked: asked.take(MAX_ASKED).collect(),
            untold: self.untold || self.asked.len() > MAX_ASKED,
            from: self.from.clone(),
        }
    }

    /// The reverse of [`Use::to_json`].
    pub(super) fn read(handed: Json, permissions: &Permissions) -> Option<Use> {
        let handed: TokenUse = serde_json::from_value(handed).ok()?;
        let instant = |millis: u64| {
            let whole = Json::from(millis).as_f64()?;
            Instant::from_millis(whole).ok()
        };
        let at = instant(handed.at)?;
        let mut read = Use::new(TokenId::parse(&handed.id).ok()?, at, permissions);
        read.first_at = handed.first_at.map_or(Some(at), instant)?.min(at);
        read.uses = handed.uses;
        read.successor = handed.successor;
        read.reused = handed.reused;
        read.grace_over = handed.grace_over;
        read.untold = handed.untold || handed.asked.is_empty();
        read.from = handed.from;
        for text in handed.asked {
            let text = Value::Text(text);
            // As the flush does: of a requirement that this catalog cannot read, nothing is known.
            match Requirement::read(Some(&text), permissions, &mut Problems::default()) {
                Some(requirement) => drop(requirement.add_named(&mut read.asked)),
                None => read.untold = true,
            }
        }
        Some(read)
    }

    pub(super) fn to_json(&self, permissions: &Permissions) -> Result<Json, Error> {
        serde_json::to_value(self.to_token_use(permissions))
            .map_err(|error| Error::internal(format!("a use cannot be written: {error}")))
    }

    pub(super) fn id(&self) -> &TokenId {
        &self.id
    }

    pub(super) fn first_at(&self) -> Instant {
        self.first_at
    }

    /// How many.
    pub(super) fn count(&self) -> u64 {
        self.uses.into()
    }
}
