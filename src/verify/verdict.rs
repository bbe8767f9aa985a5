//! The answer to a presented credential, with its code.

use serde::{Serialize, Serializer};

use super::cache::Disclosed;
use super::code::Code;
use super::decision::{DisclosedToken, Settled};
use super::known_store::KnownStore;
use crate::catalog::Permissions;
use crate::codec::decode::DecodeError;
use crate::codec::shared::Shared;
use crate::codec::sorted_map::SortedMap;
use crate::model::grant::Grant;
use crate::model::record_text::Part;
use crate::model::requirement::Requirement;
use crate::value::credential::TokenId;
use crate::value::metadata::Metadata;
use crate::value::name::{Description, Identity, Name, Tag};
use crate::value::permission::Permission;
use crate::value::resource::Resource;
use crate::value::time::Instant;

/// The details of a refusal for lack of permission.
#[derive(Debug, Default)]
pub struct Lacking {
    /// The missing permissions.
    pub missing: Vec<Permission>,
    /// The scope that the request needs.
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

/// The answer to a presented credential.
#[derive(Clone, Debug, Serialize)]
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
    /// The token, only after its secret has matched. Verdicts from a cache share it.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "unshared")]
    pub token: Option<Shared<VerifiedToken>>,
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
    /// The instant for which this verdict holds: every change before it is in it.
    pub as_of: Instant,
}

/// The view of the presented token for a request handler.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedToken {
    /// The id.
    pub id: TokenId,
    /// The name.
    pub name: Name,
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// The tags, in the order written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// What the deployment stored with the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// The id of the kind.
    pub kind: String,
    /// The owner.
    pub owner: Resource,
    /// The technical user that backs the token: its bearer is a machine, not a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub technical_user: Option<Resource>,
    /// Of a session: the token that it was exchanged from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<TokenId>,
    /// The identity that the token acts as, if it is not the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Identity>,
    /// The id of the role that was selected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The boundary: the resource at and below which the grant holds.
    pub resource: Resource,
    /// The permissions of the effective grant, ascending.
    pub permissions: Vec<Permission>,
    /// The permissions that hold on some resources only, with these.
    #[serde(skip_serializing_if = "SortedMap::is_empty")]
    pub resources: SortedMap<Permission, Vec<Resource>>,
    /// When the token was created.
    pub created_at: Instant,
    /// When the token ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
    /// With a pending rotation: its revision. A use of the new secret, or of the old one after the
    /// grace period, refers to the rotation by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<u64>,
    /// Whether the new secret of an unconfirmed rotation was presented.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub successor: bool,
}

impl VerifiedToken {
    /// The view for the other secret of a rotation.
    #[must_use]
    pub fn with_successor(&self, successor: bool) -> VerifiedToken {
        VerifiedToken {
            successor,
            ..self.clone()
        }
    }

    /// The view for an old secret that was rotated out before the pending rotation.
    #[must_use]
    pub fn without_rotation(&self) -> VerifiedToken {
        VerifiedToken {
            rotation: None,
            successor: false,
            ..self.clone()
        }
    }

    /// The view of a disclosed token. Its permissions are those of its effective grant.
    fn of(
        token: &DisclosedToken,
        catalog: &Permissions,
        known: &KnownStore,
    ) -> Result<VerifiedToken, DecodeError> {
        let DisclosedToken { record, grant, .. } = token;
        let (permissions, resources) = if token.is_reduced(catalog, known) {
            (catalog.ids(grant.permissions()), grant.resources(catalog))
        } else {
            (known.ids(record, catalog)?, record.or_default(Part::Resources)?)
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
            rotation: match token.disclosed {
                Disclosed::All => record.or_default(Part::RotationRevision)?,
                Disclosed::WithoutRotation | Disclosed::Nothing => None,
            },
            successor: token.successor,
        })
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

    /// The verdict of a decision.
    #[must_use]
    pub fn of(
        settled: &Settled,
        requirement: &Requirement,
        catalog: &Permissions,
        known: &KnownStore,
        as_of: Instant,
    ) -> Verdict {
        let mut verdict = Verdict::refused(settled.code, as_of);
        let Some(token) = &settled.token else {
            return verdict;
        };
        match VerifiedToken::of(token, catalog, known) {
            Ok(view) => verdict.token = Some(Shared::new(view)),
            Err(DecodeError) => return Verdict::refused(Code::StoreUnavailable, as_of),
        }
        let Lacking { missing, scope } = Lacking::of(settled.code, requirement, &token.grant, catalog);
        Verdict {
            missing,
            scope,
            remaining: settled.spent.remaining,
            retry_after: settled.spent.retry_after,
            ..verdict
        }
    }

    /// The value of `WWW-Authenticate` for a refusal with status 401 or 403 (RFC 6750 §3), as
    /// `Bearer error="insufficient_scope", scope="messages:send"`; `None` for any other verdict. It
    /// never depends on the token, or on whether it exists.
    #[must_use]
    pub fn challenge(&self) -> Option<String> {
        let error = self.error?;
        Some(match &self.scope {
            Some(scope) => format!("Bearer error=\"{error}\", scope=\"{scope}\""),
            None => format!("Bearer error=\"{error}\""),
        })
    }
}

fn unshared<S: Serializer>(token: &Option<Shared<VerifiedToken>>, serializer: S) -> Result<S::Ok, S::Error> {
    token.as_deref().serialize(serializer)
}
