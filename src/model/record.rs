//! The stored record of a token, as readable JSON. A text that cannot be parsed is refused, never
//! guessed.

use crate::codec::decode::{DecodeError, decode_parts};
use crate::value::credential::Scheme;
use serde::Serialize;

use super::coded_list::FindVocabulary;
use super::record_text::{Part, RecordText, StoredText};
use super::token::{BoundsHeldAt, Rotation, Token};
use crate::codec::json::json;
use crate::value::credential::{Digest, TokenId};
use crate::value::name::Identity;
use crate::value::name_hash::NameHash;
use crate::value::resource::Resource;
use crate::value::time::Instant;

/// The version of the stored form.
const FORM: u8 = 1;

/// The most rotated-out secrets whose digests a record keeps, to recognise them.
const MAX_RETIRED: usize = 3;

/// The value of `token/<id>`.
#[derive(Clone, Debug)]
pub enum Stored {
    /// A token and the digest of its secret.
    Record(Box<Record>),
    /// The tombstone of a deleted token, so that its id is never used again.
    Tombstone,
}

/// The record of a token.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    #[serde(rename = "v")]
    form: u8,
    /// The scheme of the digest: what was hashed.
    #[serde(skip_serializing_if = "Scheme::is_native")]
    scheme: Scheme,
    digest: Digest,
    /// The digest of the new secret, during a rotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    successor: Option<Digest>,
    /// The digests of the last secrets that were rotated out, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    retired: Vec<Digest>,
    /// The digest by which an imported key is still found after it was rotated out.
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<Digest>,
    /// The last confirmed rotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed: Option<Confirmed>,
    /// Of a token with a unique name: the hash that identifies the name in its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    name_hash: Option<NameHash>,
    token: Token,
}

/// A confirmed rotation. A use of the old secret that is reported later is judged by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Confirmed {
    revision: u64,
    grace_ends_at: Instant,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tombstone {
    #[serde(rename = "v")]
    form: u8,
    id: TokenId,
    deleted_at: Instant,
    deleted_by: Identity,
    revision: u64,
}

impl Record {
    /// The record of a new token.
    #[must_use]
    pub fn new(digest: Digest, token: Token) -> Record {
        Record {
            form: FORM,
            scheme: Scheme::Native,
            digest,
            successor: None,
            retired: Vec::new(),
            issued: None,
            confirmed: None,
            name_hash: None,
            token,
        }
    }

    /// The token.
    #[must_use]
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// The token, without the rest of the record.
    #[must_use]
    pub fn into_token(self) -> Token {
        self.token
    }

    /// The record of an imported key, which another system issued and hashed.
    #[must_use]
    pub fn imported(digest: Digest, token: Token) -> Record {
        Record {
            scheme: Scheme::Sha256,
            ..Record::new(digest, token)
        }
    }

    /// The record of a new token with the technical user that backs it and the subject that it acts
    /// as.
    #[must_use]
    pub(crate) fn backed_by(mut self, technical_user: Resource, subject: Identity) -> Record {
        self.token.technical_user = Some(technical_user);
        self.token.subject = Some(subject);
        self
    }

    /// The digest by which an imported key is found, even after it was rotated out.
    #[must_use]
    pub fn imported_digest(&self) -> Option<&Digest> {
        match self.scheme {
            Scheme::Sha256 => Some(&self.digest),
            Scheme::Native => self.issued.as_ref(),
        }
    }

    /// This record with the hash of its unique name, or without one.
    #[must_use]
    pub(crate) fn named(mut self, name_hash: Option<NameHash>) -> Record {
        self.name_hash = name_hash;
        self
    }

    /// The hash of its name in the key of a unique name. Earlier versions did not store it; then it
    /// is derived from the name as typed.
    #[must_use]
    pub fn name_hash(&self) -> NameHash {
        let noted = self.name_hash.clone();
        noted.unwrap_or_else(|| NameHash::as_typed(&self.token.name))
    }

    /// The scheme of the digest.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The digest of its secret.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The digest of the new secret of a pending rotation.
    #[must_use]
    pub fn successor(&self) -> Option<&Digest> {
        self.successor.as_ref()
    }

    /// Whether a digest is that of a rotated-out secret that the record still keeps.
    #[must_use]
    pub fn has_retired(&self, digest: &Digest) -> bool {
        let retired = self.retired.iter();
        retired.fold(false, |known, retired| known | retired.matches(digest))
    }

    fn grace_is_over(&self, now: Instant) -> bool {
        let rotation = self.token.rotation.as_ref();
        rotation.is_some_and(|rotation| now >= rotation.grace_ends_at)
    }

    /// This record with another expiry. The revision does not change.
    #[must_use]
    pub(crate) fn renewed(&self, expires_at: Option<Instant>, held_at: BoundsHeldAt) -> Record {
        let mut next = self.clone();
        next.token.expires_at = expires_at;
        next.token.bounds_held_at = held_at;
        next
    }

    /// This record with a new secret beside the old one.
    #[must_use]
    pub fn rotating(&self, successor: Digest, rotation: Rotation) -> Record {
        let mut next = self.with(|token| token.rotation = Some(rotation));
        next.successor = Some(successor);
        next
    }

    /// This record with only the new secret, if there is one.
    #[must_use]
    pub fn confirmed(&self) -> Record {
        let mut next = self.with(|token| token.rotation = None);
        if let Some(rotation) = &self.token.rotation {
            next.confirmed = Some(Confirmed {
                revision: rotation.revision,
                grace_ends_at: rotation.grace_ends_at,
            });
        }
        if let Some(successor) = next.successor.take() {
            next.issued = self.imported_digest().cloned();
            next.scheme = Scheme::Native;
            next.retired
                .insert(0, std::mem::replace(&mut next.digest, successor));
            next.retired.truncate(MAX_RETIRED);
        }
        next
    }

    /// This record with only the old secret. The new one is kept as rotated out, because it was
    /// given to a caller.
    #[must_use]
    pub fn aborted(&self) -> Record {
        let mut next = self.with(|token| {
            let rotation = token.rotation.take();
            let previous = rotation.and_then(|rotation| rotation.previous_expires_at);
            token.expires_at = previous.or(token.expires_at);
        });
        if let Some(successor) = next.successor.take() {
            next.retired.insert(0, successor);
            next.retired.truncate(MAX_RETIRED);
        }
        next
    }

    /// When the grace period of a rotation ends or ended. `rotation` is the revision of the pending
    /// rotation or of the last confirmed one.
    #[must_use]
    pub(crate) fn grace_end_of(&self, rotation: u64) -> Option<Instant> {
        let under_way = self.token.rotation.as_ref();
        let under_way = under_way.map(|rotation| (rotation.revision, rotation.grace_ends_at));
        let confirmed = self.confirmed.map(|ended| (ended.revision, ended.grace_ends_at));
        let known = under_way.into_iter().chain(confirmed);
        known
            .filter(|(revision, _)| *revision == rotation)
            .map(|(_, ends)| ends)
            .next()
    }

    /// This record with its rotation confirmed, if the grace period has ended. The revision does
    /// not change.
    #[must_use]
    pub fn settled(&self, now: Instant) -> Record {
        if !self.grace_is_over(now) {
            return self.clone();
        }
        let mut settled = self.confirmed();
        settled.token.revision = self.token.revision;
        settled
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

    /// The stored text of the tombstone that replaces the record.
    #[must_use]
    pub fn tombstone(&self, deleted_at: Instant, deleted_by: Identity) -> String {
        json(&Tombstone {
            form: FORM,
            id: self.token.id,
            deleted_at,
            deleted_by,
            revision: self.token.revision.saturating_add(1),
        })
    }
}

impl Stored {
    /// Parses the stored value of a token id.
    ///
    /// # Errors
    /// When the text is neither a record nor a tombstone of this token.
    pub fn parse(id: &TokenId, text: &str, vocabularies: &dyn FindVocabulary) -> Result<Stored, DecodeError> {
        Ok(match StoredText::read(id, text.to_owned())? {
            StoredText::Record(record) => Stored::Record(Box::new(Record::of_text(&record, vocabularies)?)),
            StoredText::Tombstone => Stored::Tombstone,
        })
    }
}

impl Record {
    /// The record of a stored text.
    ///
    /// # Errors
    /// If a part is missing or not of its type, which its schema excludes.
    pub(crate) fn of_text(
        text: &RecordText,
        vocabularies: &dyn FindVocabulary,
    ) -> Result<Record, DecodeError> {
        let confirmed = match text.has(Part::ConfirmedRevision) {
            true => Some(Confirmed::of_text(text)?),
            false => None,
        };
        decode_parts!(text, Record {
            optional scheme: Part::Scheme,
            required digest: Part::Digest,
            optional successor: Part::Successor,
            optional retired: Part::Retired,
            optional issued: Part::Issued,
            optional name_hash: Part::NameHash,
        } with {
            form: FORM,
            confirmed: confirmed,
            token: Token::of_record(text, vocabularies)?,
        })
    }
}

impl Confirmed {
    fn of_text(text: &RecordText) -> Result<Confirmed, DecodeError> {
        decode_parts!(text, Confirmed {
            required revision: Part::ConfirmedRevision,
            required grace_ends_at: Part::ConfirmedGraceEndsAt,
        } with {})
    }
}
