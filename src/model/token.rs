//! A token: the issued authorisation, as its managers see it. It has no secret and no digest.

use serde::Serialize;

use super::record_text::{Part, RecordText};
use crate::catalog::TemplateUse;
use crate::codec::decode::DecodeError;
use crate::codec::sorted_map::SortedMap;
use crate::value::condition::Conditions;
use crate::value::credential::TokenId;
use crate::value::limit::Limits;
use crate::value::metadata::Metadata;
use crate::value::name::{Description, Identity, Name, Reason, Tag};
use crate::value::permission::Permission;
use crate::value::resource::Resource;
use crate::value::time::{Instant, Lifetime};

/// Whether a token may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The token may be used.
    Active,
    /// The token is blocked, and can be enabled again.
    Disabled,
    /// The token has ended, which is final.
    Revoked,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// Its id in the store and in logs.
    pub id: TokenId,
    /// Its kind.
    pub kind: String,
    /// The display name.
    pub name: Name,
    /// Its purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Tags by which its managers sort it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// A JSON object of the host, which the core only keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// The owner.
    pub owner: Resource,
    /// The technical user that backs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub technical_user: Option<Resource>,
    /// Of a session: the tokens that it was exchanged from, nearest first. It ends with any of
    /// them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<TokenId>,
    /// The identity that it acts as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Identity>,
    /// The boundary of its grant.
    pub resource: Resource,
    /// The chosen role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Its frozen grant, exact and sorted.
    pub permissions: Vec<Permission>,
    /// The permissions that are held on some resources only, within the boundary.
    #[serde(skip_serializing_if = "SortedMap::is_empty")]
    pub resources: SortedMap<Permission, Vec<Resource>>,
    /// The templates from which the grant was resolved, as they were then.
    pub templates: Vec<TemplateUse>,
    /// The permissions added by hand.
    pub added: Vec<String>,
    /// The permissions removed by hand.
    pub removed: Vec<String>,
    /// Whether it may be used.
    pub status: Status,
    /// Of a disabled token: the resource of the authority that disabled it. A lower authority
    /// cannot enable it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_at: Option<Resource>,
    /// The reason of its revocation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When its status last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_changed_at: Option<Instant>,
    /// The actor that changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_changed_by: Option<Identity>,
    /// When it was last enabled. Its idle time restarts then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled_at: Option<Instant>,
    /// When it was created.
    pub created_at: Instant,
    /// The actor that created it.
    pub created_by: Identity,
    /// From when it may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Instant>,
    /// From when it may no longer be used. Absent: it never expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
    /// The longest time without use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_after: Option<Lifetime>,
    /// The conditions that a request must meet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
    /// How often it may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// The resources of the authorities above its owner that set its bounds. Only they can loosen
    /// these bounds.
    #[serde(skip_serializing_if = "BoundsHeldAt::is_empty")]
    pub bounds_held_at: BoundsHeldAt,
    /// A rotation that is neither confirmed nor aborted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
    /// Of an imported key: its origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    /// Increases with every change, so no two versions of the record have equal text.
    pub revision: u64,
}

impl Token {
    /// The account that the token acts as, if its subject can be one that is neither its owner nor
    /// its technical user.
    #[must_use]
    pub fn subject_account(&self) -> Option<Resource> {
        let subject = Resource::parse(self.subject.as_ref()?.as_str()).ok()?;
        (subject != self.owner && Some(&subject) != self.technical_user.as_ref()).then_some(subject)
    }

    /// From when a store may drop the record: a day after the expiry of a session, because nothing
    /// refers to it then. `None` for any other token.
    #[must_use]
    pub fn forgotten_at(&self) -> Option<Instant> {
        if self.parents.is_empty() {
            return None;
        }
        self.expires_at?.after(Lifetime::DAY).ok()
    }
}

/// For each bound that was set from above the owner: the resource of the authority that set it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BoundsHeldAt {
    /// For the conditions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Resource>,
    /// For the limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Resource>,
    /// For the expiry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Resource>,
}

impl BoundsHeldAt {
    fn is_empty(&self) -> bool {
        *self == BoundsHeldAt::default()
    }
}

/// A pending rotation: a new secret is valid beside the old one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rotation {
    /// The revision of the token with which it began. No other rotation of the token has it, so a
    /// use of the new secret refers to the rotation by it.
    pub revision: u64,
    /// When it began.
    pub started_at: Instant,
    /// The actor that began it.
    pub started_by: Identity,
    /// When the old secret ends, whether the rotation is confirmed or not.
    pub grace_ends_at: Instant,
    /// Of a rotation that renewed the token: its expiry before, which an abort restores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_expires_at: Option<Instant>,
    /// Whether the old secret ends at the first use of the new one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub end_old_at_first_use: bool,
}

/// The origin of a key that another system issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// When it was imported.
    pub at: Instant,
    /// The first characters of the key, by which people recognise it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<Name>,
}

impl Status {
    /// The status with a stored name.
    pub(crate) fn named(name: &str) -> Option<Status> {
        match name {
            "active" => Some(Status::Active),
            "disabled" => Some(Status::Disabled),
            "revoked" => Some(Status::Revoked),
            _ => None,
        }
    }
}

impl Token {
    /// The token of a stored record.
    ///
    /// # Errors
    /// If a part is missing or not of its type, which its schema excludes.
    pub(crate) fn of_record(record: &RecordText) -> Result<Token, DecodeError> {
        let rotation = match record.whole(Part::RotationRevision) {
            Some(revision) => Some(Rotation {
                revision,
                started_at: record.decoded(Part::RotationStartedAt)?,
                started_by: record.decoded(Part::RotationStartedBy)?,
                grace_ends_at: record.decoded(Part::GraceEndsAt)?,
                previous_expires_at: record.or_default(Part::PreviousExpiresAt)?,
                end_old_at_first_use: record.has(Part::EndOldAtFirstUse),
            }),
            None => None,
        };
        let imported = match record.instant(Part::ImportedAt) {
            Some(at) => Some(Imported {
                at,
                hint: record.or_default(Part::ImportedHint)?,
            }),
            None => None,
        };
        let status = record.text(Part::Status).and_then(|name| Status::named(&name));
        Ok(Token {
            id: record.decoded(Part::Id)?,
            kind: record.decoded(Part::Kind)?,
            name: record.decoded(Part::Name)?,
            description: record.or_default(Part::Description)?,
            tags: record.or_default(Part::Tags)?,
            metadata: record.or_default(Part::Metadata)?,
            owner: record.decoded(Part::Owner)?,
            technical_user: record.or_default(Part::TechnicalUser)?,
            parents: record.or_default(Part::Parents)?,
            subject: record.or_default(Part::Subject)?,
            resource: record.decoded(Part::Resource)?,
            role: record.or_default(Part::Role)?,
            permissions: record.decoded(Part::Permissions)?,
            resources: record.or_default(Part::Resources)?,
            templates: record.decoded(Part::Templates)?,
            added: record.decoded(Part::Added)?,
            removed: record.decoded(Part::Removed)?,
            status: status.ok_or(DecodeError)?,
            held_at: record.or_default(Part::HeldAt)?,
            reason: record.or_default(Part::Reason)?,
            status_changed_at: record.or_default(Part::StatusChangedAt)?,
            status_changed_by: record.or_default(Part::StatusChangedBy)?,
            enabled_at: record.or_default(Part::EnabledAt)?,
            created_at: record.decoded(Part::CreatedAt)?,
            created_by: record.decoded(Part::CreatedBy)?,
            not_before: record.or_default(Part::NotBefore)?,
            expires_at: record.or_default(Part::ExpiresAt)?,
            idle_after: record.or_default(Part::IdleAfter)?,
            conditions: record.or_default(Part::Conditions)?,
            limits: record.or_default(Part::Limits)?,
            bounds_held_at: BoundsHeldAt {
                conditions: record.or_default(Part::ConditionsHeldAt)?,
                limits: record.or_default(Part::LimitsHeldAt)?,
                expires_at: record.or_default(Part::ExpiresAtHeldAt)?,
            },
            rotation,
            imported,
            revision: record.decoded(Part::Revision)?,
        })
    }
}
