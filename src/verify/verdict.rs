//! The answer to a presented credential, with its code.

use serde::{Serialize, Serializer};

use crate::catalog::Permissions;
use crate::codec::decode::DecodeError;
use crate::codec::sorted_map::SortedMap;
use crate::model::grant::Grant;
use crate::model::record_text::{Part, RecordText};
use crate::model::requirement::Requirement;
use crate::value::credential::{TokenId, Unreadable};
use crate::value::metadata::Metadata;
use crate::value::name::{Description, Identity, Name, Tag};
use crate::value::permission::Permission;
use crate::value::resource::Resource;
use crate::value::time::Instant;

/// The codes of a verdict. They are stable: callers branch on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The credential is valid.
    Valid,
    /// The text is not a credential of this deployment. On the wire it equals an unknown one. The
    /// wrapper reports a malformed *header*, as 400 (RFC 6750 §3.1).
    Malformed,
    /// The checksum does not match: the text was mistyped, cut or invented.
    BadChecksum,
    /// There is no such token, or it was deleted.
    Unknown,
    /// The id is known, but the secret does not match.
    BadSecret,
    /// The token is disabled, and can be enabled again.
    Disabled,
    /// The token is revoked, which is final.
    Revoked,
    /// The token's expiry has passed.
    Expired,
    /// The token's start is in the future.
    NotYetValid,
    /// The token was not used within its idle time.
    IdleExpired,
    /// The secret was rotated out.
    RotatedOut,
    /// The owner, or another account that the token depends on, is disabled or deleted.
    OwnerInactive,
    /// A condition of the token is not met, or the request does not give the value that it tests.
    ConditionFailed,
    /// Too many requests in the current interval.
    RateLimited,
    /// The credits are used up.
    UsageExceeded,
    /// The grant lacks a permission.
    InsufficientPermission,
    /// The grant does not cover the resource.
    OutsideResource,
    /// The store returned a value that cannot be read.
    StoreUnavailable,
}

impl Code {
    /// All codes with their names. The index of a code is its number.
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

    /// The number of the code at the boundary to a host. It may change between versions.
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
    /// Whether the code is a refusal for lack of permission, whose verdict names the required
    /// scope.
    #[must_use]
    pub fn is_of_scope(self) -> bool {
        self.on_the_wire().1 == Some("insufficient_scope")
    }
}

/// A code with its status and error, indexed by [`Code::number`]. A host decodes numbers by this
/// table.
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

/// The details of a refusal for lack of permission.
#[derive(Debug, Default, Serialize)]
pub struct Lacking {
    /// The missing permissions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Permission>,
    /// The scope that the request needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

impl Lacking {
    /// The permissions that `grant` lacks for `requirement`, and the scope of the requirement, as
    /// far as a refusal with the code has them.
    #[must_use]
    pub fn of(code: Code, requirement: &Requirement, grant: &Grant, permissions: &Permissions) -> Lacking {
        if !code.is_of_scope() {
            return Lacking::default();
        }
        let missing = match code {
            Code::InsufficientPermission => requirement.missing(grant),
            _ => Vec::new(),
        };
        let missing = missing.into_iter();
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
    /// Whether to accept the request.
    pub valid: bool,
    /// The reason.
    pub code: Code,
    /// The HTTP status of the code.
    pub status: u16,
    /// The RFC 6750 error of the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    /// The token, only after its secret has matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<VerifiedToken>,
    /// The permissions that are missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Permission>,
    /// At a reached limit: seconds until a request may pass again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// With a counted limit: how many uses are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u32>,
    /// With the error `insufficient_scope`: the scope that the request needs, for the challenge. It
    /// never depends on the token's grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The instant for which this verdict holds: the start of the read that it is based on.
    pub as_of: Instant,
}

/// The view of the presented token for a request handler.
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
    /// The technical user that backs the token: its bearer is a machine, not a person.
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
    /// With a pending rotation: its revision. A use of the new secret, or of the old one after the
    /// grace period, refers to the rotation by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation: Option<u64>,
    /// Whether the new secret of an unconfirmed rotation was presented.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    successor: bool,
}

impl VerifiedToken {
    /// The view of a stored token. Its permissions are those of the effective `grant`.
    ///
    /// # Errors
    /// If a part is missing or not of its type, which the schema of a record excludes.
    pub(crate) fn of(
        record: &RecordText,
        grant: &Grant,
        successor: bool,
        catalog: &Permissions,
    ) -> Result<VerifiedToken, DecodeError> {
        let (permissions, resources) = if grant.is_bounded() {
            (catalog.ids(grant.permissions()), grant.resources(catalog))
        } else {
            (
                record.decoded(Part::Permissions)?,
                record.or_default(Part::Resources)?,
            )
        };
        let parents: Vec<TokenId> = record.or_default(Part::Parents)?;
        Ok(VerifiedToken {
            id: record.decoded(Part::Id)?,
            name: record.decoded(Part::Name)?,
            description: record.or_default(Part::Description)?,
            tags: record.or_default(Part::Tags)?,
            metadata: record.or_default(Part::Metadata)?,
            kind: record.decoded(Part::Kind)?,
            owner: record.decoded(Part::Owner)?,
            technical_user: record.or_default(Part::TechnicalUser)?,
            parent: parents.first().copied(),
            subject: record.or_default(Part::Subject)?,
            role: record.or_default(Part::Role)?,
            resource: record.decoded(Part::Resource)?,
            permissions,
            resources,
            created_at: record.decoded(Part::CreatedAt)?,
            expires_at: record.or_default(Part::ExpiresAt)?,
            rotation: record.or_default(Part::RotationRevision)?,
            successor,
        })
    }

    /// Removes the pending rotation: the presented secret does not belong to it.
    pub(crate) fn forget_rotation(&mut self) {
        self.rotation = None;
    }
}

impl Verdict {
    /// A verdict on a credential whose secret has not matched. It names no token.
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
