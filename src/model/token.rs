//! A token: the issued authorisation, as its managers see it. It has no secret and no digest.

use serde::Serialize;

use crate::catalog::TemplateUse;
use crate::codec::decode::{Decode, DecodeError, Placeholder, decode_members, decode_named};
use crate::codec::json::Reader;
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
    /// It may.
    Active,
    /// Not for now. Can be taken back.
    Disabled,
    /// Never again. Cannot be taken back.
    Revoked,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// Its name in the store and in logs.
    pub id: TokenId,
    /// Its kind.
    pub kind: String,
    /// What people call it.
    pub name: Name,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Words that its managers sort it by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// What its host wants to know with it: a JSON object that the core only keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Whose it is.
    pub owner: Resource,
    /// The technical user that backs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub technical_user: Option<Resource>,
    /// Of a session: the tokens that it was exchanged from, nearest first. It ends with any of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<TokenId>,
    /// As whom it acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Identity>,
    /// The boundary of its grant.
    pub resource: Resource,
    /// The role that was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Its frozen grant, exact and sorted.
    pub permissions: Vec<Permission>,
    /// The permissions that are held on some resources only, within the boundary.
    #[serde(skip_serializing_if = "SortedMap::is_empty")]
    pub resources: SortedMap<Permission, Vec<Resource>>,
    /// The templates that the grant was made from, as they were then.
    pub templates: Vec<TemplateUse>,
    /// What was added by hand.
    pub added: Vec<String>,
    /// What was removed by hand.
    pub removed: Vec<String>,
    /// Whether it may be used.
    pub status: Status,
    /// Of a disabled token: the place of the authority that disabled it. Less does not enable it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_at: Option<Resource>,
    /// Why it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When its status last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_changed_at: Option<Instant>,
    /// Who changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_changed_by: Option<Identity>,
    /// When it was last enabled: its idle time begins anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled_at: Option<Instant>,
    /// When it was made.
    pub created_at: Instant,
    /// Who made it.
    pub created_by: Identity,
    /// From when on it may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Instant>,
    /// From when on it may not. NegativeCache: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
    /// The longest time without use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_after: Option<Lifetime>,
    /// What must be true of a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
    /// How often it may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// Where those stand who set bounds of it from above its owner. Only they loosen them.
    #[serde(skip_serializing_if = "BoundsHeldAt::is_empty")]
    pub bounds_held_at: BoundsHeldAt,
    /// A rotation that is neither confirmed nor aborted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
    /// Of a token that another system issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    /// Rises with every change, so equal text is the same version.
    pub revision: u64,
}

impl Token {
    /// The account that the token acts as, if its subject can be one that is neither its owner nor its technical user.
    #[must_use]
    pub fn subject_account(&self) -> Option<Resource> {
        let subject = Resource::parse(self.subject.as_ref()?.as_str()).ok()?;
        (subject != self.owner && Some(&subject) != self.technical_user.as_ref()).then_some(subject)
    }

    /// From when on a store may forget the record: a session leaves nothing behind that anybody would look for.
    #[must_use]
    pub fn forgotten_at(&self) -> Option<Instant> {
        if self.parents.is_empty() {
            return None;
        }
        self.expires_at?.after(Lifetime::DAY).ok()
    }
}

/// For each bound that was set from above the owner: the place of the authority that set it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BoundsHeldAt {
    /// Of the conditions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Resource>,
    /// Of the limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Resource>,
    /// Of the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Resource>,
}

impl BoundsHeldAt {
    fn is_empty(&self) -> bool {
        *self == BoundsHeldAt::default()
    }
}

/// A new secret that stands beside the old one for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rotation {
    /// The revision of the token with which it began: no other rotation of the token has it, so a use of the new secret names it by this.
    pub revision: u64,
    /// When it began.
    pub started_at: Instant,
    /// Who began it.
    pub started_by: Identity,
    /// When the old secret ends, confirmed or not.
    pub grace_ends_at: Instant,
    /// Of a rotation that renewed the token: its end before, to which an abort goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_expires_at: Option<Instant>,
    /// Whether the old secret ends as soon as the new one is seen in use.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub end_old_at_first_use: bool,
}

/// What is known of a key that another system issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// When it was taken over.
    pub at: Instant,
    /// The first characters of the key, for people to know it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<Name>,
}

impl Decode for Status {
    fn decode(reader: &mut Reader) -> Result<Status, DecodeError> {
        let names = [
            ("active", Status::Active),
            ("disabled", Status::Disabled),
            ("revoked", Status::Revoked),
        ];
        decode_named(reader, &names)
    }
}

decode_members!(Token {
    required id: "id",
    required kind: "kind",
    required name: "name",
    optional description: "description",
    optional tags: "tags",
    optional metadata: "metadata",
    required owner: "owner",
    optional technical_user: "technicalUser",
    optional parents: "parents",
    optional subject: "subject",
    required resource: "resource",
    optional role: "role",
    required permissions: "permissions",
    optional resources: "resources",
    required templates: "templates",
    required added: "added",
    required removed: "removed",
    required status: "status",
    optional held_at: "heldAt",
    optional reason: "reason",
    optional status_changed_at: "statusChangedAt",
    optional status_changed_by: "statusChangedBy",
    optional enabled_at: "enabledAt",
    required created_at: "createdAt",
    required created_by: "createdBy",
    optional not_before: "notBefore",
    optional expires_at: "expiresAt",
    optional idle_after: "idleAfter",
    optional conditions: "conditions",
    optional limits: "limits",
    optional bounds_held_at: "boundsHeldAt",
    optional rotation: "rotation",
    optional imported: "imported",
    revision revision: "revision",
});

decode_members!(Rotation {
    revision revision: "revision",
    required started_at: "startedAt",
    required started_by: "startedBy",
    required grace_ends_at: "graceEndsAt",
    optional previous_expires_at: "previousExpiresAt",
    optional end_old_at_first_use: "endOldAtFirstUse",
});

decode_members!(BoundsHeldAt {
    optional conditions: "conditions",
    optional limits: "limits",
    optional expires_at: "expiresAt",
});

decode_members!(Imported {
    required at: "at",
    optional hint: "hint",
});

impl Placeholder for Status {
    fn placeholder() -> Status {
        Status::Revoked
    }
}
