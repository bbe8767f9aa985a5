//! The answer to a presented credential, with its code.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::credential::{TokenId, Unreadable};
use crate::name::{Identity, Name};
use crate::permission::Permission;
use crate::record::Token;
use crate::resource::Resource;
use crate::time::Instant;

/// The codes of a verdict. Stable: callers branch on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
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
    /// The grant lacks a permission.
    InsufficientPermission,
    /// The grant does not reach the resource.
    OutsideResource,
    /// The store answered with something that cannot be read.
    StoreUnavailable,
}

impl Code {
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
            | Code::NotYetValid => (401, Some("invalid_token")),
            Code::InsufficientPermission | Code::OutsideResource => (403, Some("insufficient_scope")),
            Code::StoreUnavailable => (503, None),
        }
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
    /// The instant of which this verdict speaks: the start of the read that it rests on.
    pub as_of: Instant,
}

/// What a request handler may know of the token that was presented.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedToken {
    id: TokenId,
    name: Name,
    kind: String,
    owner: Resource,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    resource: Resource,
    permissions: Vec<Permission>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    resources: BTreeMap<Permission, Vec<Resource>>,
    created_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Instant>,
}

impl From<&Token> for VerifiedToken {
    fn from(token: &Token) -> VerifiedToken {
        VerifiedToken {
            id: token.id.clone(),
            name: token.name.clone(),
            kind: token.kind.clone(),
            owner: token.owner.clone(),
            subject: token.subject.clone(),
            role: token.role.clone(),
            resource: token.resource.clone(),
            permissions: token.permissions.clone(),
            resources: token.resources.clone(),
            created_at: token.created_at,
            expires_at: token.expires_at,
        }
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
            as_of,
        }
    }

    /// The answer for a token whose secret has matched.
    #[must_use]
    pub fn of(token: &Token, code: Code, missing: Vec<Permission>, as_of: Instant) -> Verdict {
        Verdict {
            token: Some(token.into()),
            missing,
            ..Verdict::refused(code, as_of)
        }
    }
}
