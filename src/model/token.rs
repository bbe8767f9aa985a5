//! A token: the issued authorisation, as its managers see it. It has no secret and no digest.

use std::sync::Arc;

use serde::Serialize;

use super::coded_list::FindVocabulary;
use super::id_list::IdList;
use super::record_text::{Part, RecordText};
use crate::catalog::TemplateUse;
use crate::codec::decode::{DecodeError, decode_parts};
use crate::codec::sorted_map::SortedMap;
use crate::value::condition::Conditions;
use crate::value::credential::TokenId;
use crate::value::limit::Limits;
use crate::value::metadata::Metadata;
use crate::value::name::{Description, Identity, Name, Reason, Tag};
use crate::value::permission::{Permission, Vocabulary};
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
    pub permissions: IdList<Permission>,
    /// The permissions that are held on some resources only, within the boundary.
    #[serde(skip_serializing_if = "SortedMap::is_empty")]
    pub resources: SortedMap<Permission, Vec<Resource>>,
    /// The templates from which the grant was resolved, as they were then.
    pub templates: Vec<TemplateUse>,
    /// The permissions added by hand.
    pub added: IdList<String>,
    /// The permissions removed by hand.
    pub removed: IdList<String>,
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

    /// The vocabularies to which its record refers.
    pub fn vocabularies(&self) -> impl Iterator<Item = &Arc<Vocabulary>> {
        let choices = self.added.vocabularies().chain(self.removed.vocabularies());
        self.permissions.vocabularies().chain(choices)
    }

    /// The token with every id of its lists, as an answer shows it.
    #[must_use]
    pub fn written_out(&self) -> Token {
        Token {
            permissions: self.permissions.written_out(),
            added: self.added.written_out(),
            removed: self.removed.written_out(),
            ..self.clone()
        }
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
    pub(crate) fn of_record(
        record: &RecordText,
        vocabularies: &dyn FindVocabulary,
    ) -> Result<Token, DecodeError> {
        let status = record.text(Part::Status).and_then(|name| Status::named(&name));
        let rotation = match record.has(Part::RotationRevision) {
            true => Some(Rotation::of_record(record)?),
            false => None,
        };
        let imported = match record.has(Part::ImportedAt) {
            true => Some(Imported::of_record(record)?),
            false => None,
        };
        decode_parts!(record, Token {
            required id: Part::Id,
            required kind: Part::Kind,
            required name: Part::Name,
            optional description: Part::Description,
            optional tags: Part::Tags,
            optional metadata: Part::Metadata,
            required owner: Part::Owner,
            optional technical_user: Part::TechnicalUser,
            optional parents: Part::Parents,
            optional subject: Part::Subject,
            required resource: Part::Resource,
            optional role: Part::Role,
            optional resources: Part::Resources,
            required templates: Part::Templates,
            optional held_at: Part::HeldAt,
            optional reason: Part::Reason,
            optional status_changed_at: Part::StatusChangedAt,
            optional status_changed_by: Part::StatusChangedBy,
            optional enabled_at: Part::EnabledAt,
            required created_at: Part::CreatedAt,
            required created_by: Part::CreatedBy,
            optional not_before: Part::NotBefore,
            optional expires_at: Part::ExpiresAt,
            optional idle_after: Part::IdleAfter,
            optional conditions: Part::Conditions,
            optional limits: Part::Limits,
            required revision: Part::Revision,
        } with {
            permissions: record.list(Part::Permissions, vocabularies)?,
            added: record.list(Part::Added, vocabularies)?,
            removed: record.list(Part::Removed, vocabularies)?,
            status: status.ok_or(DecodeError)?,
            bounds_held_at: BoundsHeldAt::of_record(record)?,
            rotation: rotation,
            imported: imported,
        })
    }
}

impl BoundsHeldAt {
    fn of_record(record: &RecordText) -> Result<BoundsHeldAt, DecodeError> {
        decode_parts!(record, BoundsHeldAt {
            optional conditions: Part::ConditionsHeldAt,
            optional limits: Part::LimitsHeldAt,
            optional expires_at: Part::ExpiresAtHeldAt,
        } with {})
    }
}

impl Rotation {
    fn of_record(record: &RecordText) -> Result<Rotation, DecodeError> {
        decode_parts!(record, Rotation {
            required revision: Part::RotationRevision,
            required started_at: Part::RotationStartedAt,
            required started_by: Part::RotationStartedBy,
            required grace_ends_at: Part::GraceEndsAt,
            optional previous_expires_at: Part::PreviousExpiresAt,
            optional end_old_at_first_use: Part::EndOldAtFirstUse,
        } with {})
    }
}

impl Imported {
    fn of_record(record: &RecordText) -> Result<Imported, DecodeError> {
        decode_parts!(record, Imported {
            required at: Part::ImportedAt,
            optional hint: Part::ImportedHint,
        } with {})
    }
}
