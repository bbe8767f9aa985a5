//! The stored half of a token. JSON text that people can read; what cannot be parsed is refused, never guessed.

use serde::Serialize;

use crate::credential::{Digest, TokenId};
use crate::input::Reader;
use crate::json::json;
use crate::name::Identity;
use crate::resource::Resource;
use crate::skeleton::NameHash;
use crate::stored::{Blank, Restore, restore, restore_members, restore_named};
use crate::time::Instant;
use crate::token::{BoundsHeldAt, Rotation, Token};

/// The version of the stored form.
const FORM: u8 = 1;

/// How many ended secrets a record remembers, to know them again.
const REMEMBERED: usize = 3;

/// What `token/<id>` holds.
#[derive(Clone, Debug)]
pub enum Stored {
    /// A token and the digest of its secret.
    Record(Box<Record>),
    /// What is left of a deleted token, so that its id never comes back.
    Tombstone,
}

/// The record of a token.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    #[serde(rename = "v")]
    form: u8,
    /// What was hashed.
    #[serde(skip_serializing_if = "Scheme::is_native")]
    scheme: Scheme,
    digest: Digest,
    /// The digest of the new secret, as long as the token has a rotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    successor: Option<Digest>,
    /// The digests of the last secrets that were rotated out, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    retired: Vec<Digest>,
    /// The digest by which a key that another system issued is still found, once it was rotated out.
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<Digest>,
    /// The last rotation that left the new secret alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed: Option<Confirmed>,
    /// Where the token holds a unique name: what stands for it in the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    name_hash: Option<NameHash>,
    token: Token,
}

/// A rotation that has ended with its new secret: enough to judge a use of the old one that is told of later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Confirmed {
    revision: u64,
    grace_ends_at: Instant,
}

/// What a digest is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// SHA-256 of version, id and secret of a credential, and of what stands for its prefix.
    #[default]
    Native,
    /// SHA-256 of the text of a key that another system issued.
    Sha256,
}

/// The digests of a token's secrets.
#[derive(Debug)]
pub struct Secrets {
    scheme: Scheme,
    digest: Digest,
    rotated: Option<Box<Rotated>>,
}

/// What only a token has that was rotated.
#[derive(Debug)]
struct Rotated {
    successor: Option<Digest>,
    grace_ends_at: Option<Instant>,
    retired: Vec<Digest>,
}

impl Secrets {
    /// What the digest of the present secret is of.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Which of the secrets was presented. All are compared, each in constant time.
    #[must_use]
    pub fn which(&self, scheme: Scheme, presented: &Digest, now: Instant) -> Secret {
        let current = self.digest.matches(presented) && self.scheme == scheme;
        let Some(rotated) = self.rotated.as_deref() else {
            return if current { Secret::Current } else { Secret::Wrong };
        };
        // A successor is always a credential of ours, whatever it follows.
        let matches = |digest: &Digest| digest.matches(presented);
        let successor = rotated.successor.as_ref().is_some_and(matches) && scheme == Scheme::Native;
        let retired = rotated
            .retired
            .iter()
            .fold(false, |known, digest| known | digest.matches(presented));
        let over = rotated.grace_ends_at.is_some_and(|end| now >= end);
        match (current, successor, retired) {
            (true, ..) if over => Secret::GraceOver,
            (_, true, _) if !over => Secret::Successor,
            (true, ..) | (_, true, _) => Secret::Current,
            (_, _, true) => Secret::RotatedOut,
            _ => Secret::Wrong,
        }
    }
}

impl Scheme {
    #[allow(clippy::trivially_copy_pass_by_ref)] // The signature that serde asks for.
    fn is_native(&self) -> bool {
        *self == Scheme::Native
    }
}

/// Which secret of a token was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    /// The secret of the token.
    Current,
    /// The new secret of a rotation that is not over.
    Successor,
    /// The old secret of a rotation whose grace is over by the clock that it was looked at with.
    GraceOver,
    /// One that was rotated out.
    RotatedOut,
    /// None of them.
    Wrong,
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

    /// The token, for whoever needs nothing else of the record.
    #[must_use]
    pub fn into_token(self) -> Token {
        self.token
    }

    /// The record of a token whose key another system issued and hashed.
    #[must_use]
    pub fn imported(digest: Digest, token: Token) -> Record {
        Record {
            scheme: Scheme::Sha256,
            ..Record::new(digest, token)
        }
    }

    /// The record of a new token that a technical user backs, and as whom it acts.
    #[must_use]
    pub(crate) fn backed_by(mut self, technical_user: Resource, subject: Identity) -> Record {
        self.token.technical_user = Some(technical_user);
        self.token.subject = Some(subject);
        self
    }

    /// The digest by which a key that another system issued is found, though it may have been rotated out.
    #[must_use]
    pub fn imported_digest(&self) -> Option<&Digest> {
        match self.scheme {
            Scheme::Sha256 => Some(&self.digest),
            Scheme::Native => self.issued.as_ref(),
        }
    }

    /// This record of a token that holds a unique name, or none.
    #[must_use]
    pub(crate) fn named(mut self, name_hash: Option<NameHash>) -> Record {
        self.name_hash = name_hash;
        self
    }

    /// What stands for its name in the key where it holds that, if it holds one. Earlier versions did not note it.
    #[must_use]
    pub fn name_hash(&self) -> NameHash {
        let noted = self.name_hash.clone();
        noted.unwrap_or_else(|| NameHash::as_typed(&self.token.name))
    }

    /// What the digest is of.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The digest of its secret.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The digest of the new secret of a rotation that is not over.
    #[must_use]
    pub fn successor(&self) -> Option<&Digest> {
        self.successor.as_ref()
    }

    /// Whether a digest is of a secret that was rotated out, as far as they are remembered.
    #[must_use]
    pub fn has_retired(&self, digest: &Digest) -> bool {
        let retired = self.retired.iter();
        retired.fold(false, |known, retired| known | retired.matches(digest))
    }

    /// The digests of the token's secrets.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        let rotation = self.token.rotation.as_ref();
        let rotated = Rotated {
            successor: self.successor.clone(),
            grace_ends_at: rotation.map(|rotation| rotation.grace_ends_at),
            retired: self.retired.clone(),
        };
        let is_rotated = rotated.successor.is_some() || !rotated.retired.is_empty();
        Secrets {
            scheme: self.scheme,
            digest: self.digest.clone(),
            rotated: is_rotated.then(|| Box::new(rotated)),
        }
    }

    /// The digests of the token's secrets, and the token.
    #[must_use]
    pub(crate) fn into_parts(self) -> (Secrets, Token) {
        (self.secrets(), self.token)
    }

    fn grace_is_over(&self, now: Instant) -> bool {
        let rotation = self.token.rotation.as_ref();
        rotation.is_some_and(|rotation| now >= rotation.grace_ends_at)
    }

    /// This record with another end.
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

    /// This record with the new secret alone, if there is one.
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
            next.retired.truncate(REMEMBERED);
        }
        next
    }

    /// This record with the old secret alone. The new one is remembered as rotated out: it was handed to somebody.
    #[must_use]
    pub fn aborted(&self) -> Record {
        let mut next = self.with(|token| {
            let rotation = token.rotation.take();
            let previous = rotation.and_then(|rotation| rotation.previous_expires_at);
            token.expires_at = previous.or(token.expires_at);
        });
        if let Some(successor) = next.successor.take() {
            next.retired.insert(0, successor);
            next.retired.truncate(REMEMBERED);
        }
        next
    }

    /// When the grace of a rotation ends or ended, by its revision: of the one under way, and of the last that left its new secret alone.
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

    /// This record as it is once a grace that is over is taken into account.
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

    /// The stored text of the tombstone that takes its place.
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

/// What is stored cannot be read: damaged, swapped, or written by a later version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged;

impl Stored {
    /// Parses what was stored under a token's id.
    ///
    /// # Errors
    /// When the text is neither a record nor a tombstone of just this token.
    pub fn parse(id: &TokenId, text: &str) -> Result<Stored, Damaged> {
        let Ok(record) = restore::<Record>(text) else {
            let tombstone: Tombstone = restore(text)?;
            let sound = tombstone.form == FORM && tombstone.id == *id;
            return sound.then_some(Stored::Tombstone).ok_or(Damaged);
        };
        let sound = record.form == FORM
            && record.token.id == *id
            && record.successor.is_some() == record.token.rotation.is_some();
        sound.then(|| Stored::Record(Box::new(record))).ok_or(Damaged)
    }
}

restore_members!(Record {
    required form: "v",
    optional scheme: "scheme",
    required digest: "digest",
    optional successor: "successor",
    optional retired: "retired",
    optional issued: "issued",
    optional confirmed: "confirmed",
    optional name_hash: "nameHash",
    required token: "token",
});

restore_members!(Confirmed {
    revision revision: "revision",
    required grace_ends_at: "graceEndsAt",
});

restore_members!(Tombstone {
    required form: "v",
    required id: "id",
    required deleted_at: "deletedAt",
    required deleted_by: "deletedBy",
    revision revision: "revision",
});

impl Blank for Scheme {
    fn blank() -> Scheme {
        Scheme::Native
    }
}

impl Restore for Scheme {
    fn restore(reader: &mut Reader) -> Result<Scheme, Damaged> {
        restore_named(reader, &[("native", Scheme::Native), ("sha256", Scheme::Sha256)])
    }
}
