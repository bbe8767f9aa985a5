//! The stored half of a token. JSON text that people can read; what cannot be parsed is refused, never guessed.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::catalog::TemplateUse;
use crate::credential::{Digest, TokenId};
use crate::feed::json;
use crate::name::{Identity, Name, Reason};
use crate::permission::Permission;
use crate::resource::Resource;
use crate::time::{Instant, LARGEST_EXACT};

/// The version of the stored form.
const FORM: u8 = 1;

/// Whether a token may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It may.
    Active,
    /// Not for now. Can be taken back.
    Disabled,
    /// Never again. Cannot be taken back.
    Revoked,
}

/// A token: the issued authorisation. What its managers see; it has no secret and no digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Token {
    /// Its name in the store and in logs.
    pub id: TokenId,
    /// Its kind.
    pub kind: String,
    /// What people call it.
    pub name: Name,
    /// Whose it is.
    pub owner: Resource,
    /// As whom it acts.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub subject: Option<Identity>,
    /// The boundary of its grant.
    pub resource: Resource,
    /// The role that was chosen.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub role: Option<String>,
    /// Its frozen grant, exact and sorted.
    pub permissions: Vec<Permission>,
    /// The permissions that are held on some resources only, within the boundary.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<Permission, Vec<Resource>>,
    /// The templates that the grant was made from, as they were then.
    pub templates: Vec<TemplateUse>,
    /// What was added by hand.
    pub added: Vec<String>,
    /// What was removed by hand.
    pub removed: Vec<String>,
    /// Whether it may be used.
    pub status: Status,
    /// Why it was revoked.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub reason: Option<Reason>,
    /// When its status last changed.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub status_changed_at: Option<Instant>,
    /// Who changed it.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub status_changed_by: Option<Identity>,
    /// When it was made.
    pub created_at: Instant,
    /// Who made it.
    pub created_by: Identity,
    /// From when on it may be used.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub not_before: Option<Instant>,
    /// From when on it may not. Absent: never.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub expires_at: Option<Instant>,
    /// Rises with every change, so equal text is the same version.
    #[serde(deserialize_with = "exact")]
    pub revision: u64,
}

/// A member that may be absent, but not null: an expiry that somebody blanked out is damage, not "never".
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A count that JavaScript holds exactly, and that can still rise.
fn exact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let count = u64::deserialize(deserializer)?;
    if count < LARGEST_EXACT {
        Ok(count)
    } else {
        Err(serde::de::Error::custom("count beyond 2^53 − 2"))
    }
}

/// What `token/<id>` holds.
#[derive(Clone, Debug)]
pub enum Stored {
    /// A token and the digest of its secret.
    Record(Box<Record>),
    /// What is left of a deleted token, so that its id never comes back.
    Tombstone,
}

/// The record of a token.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    #[serde(rename = "v")]
    form: u8,
    digest: Digest,
    token: Token,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Tombstone {
    #[serde(rename = "v")]
    form: u8,
    id: TokenId,
    deleted_at: Instant,
    deleted_by: Identity,
    #[serde(deserialize_with = "exact")]
    revision: u64,
}

impl Record {
    /// The record of a new token.
    #[must_use]
    pub fn new(digest: Digest, token: Token) -> Record {
        Record {
            form: FORM,
            digest,
            token,
        }
    }

    /// The token.
    #[must_use]
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// The digest of its secret.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The same record with a changed token, one revision later.
    #[must_use]
    pub fn with(&self, change: impl FnOnce(&mut Token)) -> Record {
        let mut next = self.clone();
        change(&mut next.token);
        next.token.revision = self.token.revision.saturating_add(1);
        next
    }

    /// The stored text.
    #[must_use]
    pub fn to_text(&self) -> String {
        json(self)
    }

    /// The stored text of the tombstone that takes its place.
    #[must_use]
    pub fn tombstone(&self, deleted_at: Instant, deleted_by: Identity) -> String {
        json(&Tombstone {
            form: FORM,
            id: self.token.id.clone(),
            deleted_at,
            deleted_by,
            revision: self.token.revision.saturating_add(1),
        })
    }
}

/// What is stored cannot be read: damaged, swapped, or written by a later version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged;

impl Stored {
    /// Parses what was stored under a token's id.
    ///
    /// # Errors
    /// When the text is neither a record nor a tombstone of just this token.
    pub fn parse(id: &TokenId, text: &str) -> Result<Stored, Damaged> {
        if let Ok(record) = serde_json::from_str::<Record>(text) {
            let sound = record.form == FORM && record.token.id == *id;
            return if sound {
                Ok(Stored::Record(Box::new(record)))
            } else {
                Err(Damaged)
            };
        }
        match serde_json::from_str::<Tombstone>(text) {
            Ok(tombstone) if tombstone.form == FORM && tombstone.id == *id => Ok(Stored::Tombstone),
            _ => Err(Damaged),
        }
    }
}
