//! The answer to a presented credential, with its code.

use serde::{Serialize, Serializer};

use crate::catalog::Permissions;
use crate::codec::sorted_map::SortedMap;
use crate::model::grant::Grant;
use crate::model::requirement::Requirement;
use crate::model::token::Token;
use crate::value::credential::{TokenId, Unreadable};
use crate::value::metadata::Metadata;
use crate::value::name::{Description, Identity, Name, Tag};
use crate::value::permission::Permission;
use crate::value::resource::Resource;
use crate::value::time::Instant;

/// The codes of a verdict. Stable: callers branch on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Yes.
    Valid,
    /// The text is no credential of this deployment. On the wire no different from an unknown one: a malformed *header* is the
    /// wrapper's to tell, as 400 (RFC 6750 §3.1).
    Malformed,
    /// Mistyped, cut or made up.
    BadChecksum,
    /// No such token, or it was deleted.
    Unknown,
    /// The id is known, the secret is another.
    BadSecret,
    /// Disabled for now.
    Disabled,
    /// Revoked for ever.
    Revoked,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It went without use for too long.
    IdleExpired,
    /// The secret was rotated out.
    RotatedOut,
    /// The owner, or another account that the token rests on, is disabled or deleted.
    OwnerInactive,
    /// A condition of the token is not met, or what it is about is not known.
    ConditionFailed,
    /// Too many requests for now.
    RateLimited,
    /// The credits are used up.
    UsageExceeded,
    /// The grant lacks a permission.
    InsufficientPermission,
    /// The grant does not reach the resource.
    OutsideResource,
    /// The store answered with something that cannot be read.
    StoreUnavailable,
}

impl Code {
    /// All codes with their names. The place of a code here is its number.
    const NAMES: &'static [(Code, &'static str)] = &[
        (Code::Valid, "valid"),
        (Code::Malformed, "malformed"),
        (Code::BadChecksum, "bad_checksum"),
        (Code::Unknown, "unknown"),
        (Code::BadSecret, "bad_secret"),
        (Code::Disabled, "disabled"),
        (Code::Revoked, "revoked"),
        (Code::Expired, "expired"),
        (Code::NotYetValid, "not_yet_valid"),
        (Code::IdleExpired, "idle_expired"),
        (Code::RotatedOut, "rotated_out"),
        (Code::OwnerInactive, "owner_inactive"),
        (Code::ConditionFailed, "condition_failed"),
        (Code::RateLimited, "rate_limited"),
        (Code::UsageExceeded, "usage_exceeded"),
        (Code::InsufficientPermission, "insufficient_permission"),
        (Code::OutsideResource, "outside_resource"),
        (Code::StoreUnavailable, "store_unavailable"),
    ];

    /// The name, as it is serialised.
    #[must_use]
    pub fn name(self) -> &'static str {
        let row = Code::NAMES.get(usize::from(self.number()));
        row.map_or("", |(_, name)| name)
    }

    /// The number by which a code crosses to a host; it may change from version to version.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// All codes, by their numbers.
    pub fn all() -> impl Iterator<Item = Code> {
        Code::NAMES.iter().map(|(code, _)| *code)
    }

    /// The HTTP status and the RFC 6750 §3.1 error of this code: the one table of them.
    #[must_use]
    pub fn on_the_wire(self) -> (u16, Option<&'static str>) {
        match self {
            Code::Valid => (200, None),
            Code::Malformed
            | Code::BadChecksum
            | Code::Unknown
            | Code::BadSecret
            | Code::Disabled
            | Code::Revoked
            | Code::Expired
            | Code::NotYetValid
            | Code::IdleExpired
            | Code::RotatedOut
            | Code::OwnerInactive => (401, Some("invalid_token")),
            Code::InsufficientPermission | Code::OutsideResource | Code::ConditionFailed => {
                (403, Some("insufficient_scope"))
            }
            Code::RateLimited | Code::UsageExceeded => (429, None),
            Code::StoreUnavailable => (503, None),
        }
    }
}

impl Code {
    /// Whether it is a refusal for want of permission, which tells what was needed.
    #[must_use]
    pub fn is_of_scope(self) -> bool {
        self.on_the_wire().1 == Some("insufficient_scope")
    }
}

/// A code with its status and error, for [`Code::number`]: so a host reads numbers by the same table.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CodeRow {
    code: Code,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

impl CodeRow {
    /// The row of a code.
    #[must_use]
    pub fn of(code: Code) -> CodeRow {
        let (status, error) = code.on_the_wire();
        CodeRow { code, status, error }
    }
}

/// What a refusal for want of permission tells besides its code.
#[derive(Debug, Serialize)]
pub struct Lacking {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<Permission>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

impl Lacking {
    /// What a grant lacks for a requirement.
    #[must_use]
    pub fn of(requirement: &Requirement, grant: &Grant, permissions: &Permissions) -> Lacking {
        let missing = requirement.missing(grant).into_iter();
        Lacking {
            missing: missing
                .filter_map(|index| permissions.permission(index).cloned())
                .collect(),
            scope: requirement.scope(permissions),
        }
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl From<Unreadable> for Code {
    fn from(unreadable: Unreadable) -> Code {
        match unreadable {
            Unreadable::Malformed => Code::Malformed,
            Unreadable::BadChecksum => Code::BadChecksum,
        }
    }
}

/// The answer to a presented credential.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether the request may go on.
    pub valid: bool,
    /// Why, or why not.
    pub code: Code,
    /// The HTTP status that goes with the code.
    pub status: u16,
    /// The RFC 6750 error that goes with the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    /// The token, once its secret has matched; never before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<VerifiedToken>,
    /// The permissions that were missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Permission>,
    /// With a limit that was reached: in how many seconds a request may pass again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// With a limit that was counted: how much is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u32>,
    /// With the error `insufficient_scope`: what the request needs, for the challenge. It never depends on what the token has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The instant of which this verdict speaks: the start of the read that it rests on.
    pub as_of: Instant,
}

/// What a request handler may know of the token that was presented.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedToken {
    id: TokenId,
    name: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Description>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
    kind: String,
    owner: Resource,
    /// The technical user that backs it: whoever presents it is no person.
    #[serde(skip_serializing_if = "Option::is_none")]
    technical_user: Option<Resource>,
    /// Of a session: the token that it was exchanged from.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<TokenId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    resource: Resource,
    permissions: Vec<Permission>,
    #[serde(skip_serializing_if = "SortedMap::is_empty")]
    resources: SortedMap<Permission, Vec<Resource>>,
    created_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Instant>,
    /// With a rotation that is under way: its revision, by which a use of its new secret, or of the old one after the grace, names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation: Option<u64>,
    /// Whether the new secret of a rotation was presented that is not confirmed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    successor: bool,
}

impl VerifiedToken {
    /// What is told of a token. Its permissions are those that are left of its grant now.
    #[must_use]
    pub fn of(token: &Token, grant: &Grant, successor: bool, catalog: &Permissions) -> VerifiedToken {
        let (permissions, resources) = if grant.is_bounded() {
            (catalog.ids(grant.permissions()), grant.resources(catalog))
        } else {
            (token.permissions.clone(), token.resources.clone())
        };
        VerifiedToken {
            id: token.id,
            name: token.name.clone(),
            description: token.description.clone(),
            tags: token.tags.clone(),
            metadata: token.metadata.clone(),
            kind: token.kind.clone(),
            owner: token.owner.clone(),
            technical_user: token.technical_user.clone(),
            parent: token.parents.first().cloned(),
            subject: token.subject.clone(),
            role: token.role.clone(),
            resource: token.resource.clone(),
            permissions,
            resources,
            created_at: token.created_at,
            expires_at: token.expires_at,
            rotation: token.rotation.as_ref().map(|rotation| rotation.revision),
            successor,
        }
    }

    /// What was presented is of none that is under way.
    pub(crate) fn forget_rotation(&mut self) {
        self.rotation = None;
    }
}

impl Verdict {
    /// A refusal of a credential whose secret has not matched: it names no token.
    #[must_use]
    pub fn refused(code: Code, as_of: Instant) -> Verdict {
        let (status, error) = code.on_the_wire();
        Verdict {
            valid: code == Code::Valid,
            code,
            status,
            error,
            token: None,
            missing: Vec::new(),
            retry_after: None,
            remaining: None,
            scope: None,
            as_of,
        }
    }

    /// Makes a refusal of a yes.
    pub(crate) fn refuse(&mut self, code: Code) {
        let (status, error) = code.on_the_wire();
        self.valid = false;
        self.code = code;
        self.status = status;
        self.error = error;
        self.remaining = None;
    }

    /// The answer for a token whose secret has matched.
    #[must_use]
    pub fn of(token: VerifiedToken, code: Code, missing: Vec<Permission>, as_of: Instant) -> Verdict {
        Verdict {
            token: Some(token),
            missing,
            ..Verdict::refused(code, as_of)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_at_its_number() {
        for (at, code) in Code::all().enumerate() {
            assert_eq!(usize::from(code.number()), at, "{}", code.name());
        }
        assert_eq!(Code::StoreUnavailable.name(), "store_unavailable");
    }
}
