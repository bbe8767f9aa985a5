//! The stored forms of the audit trail: entries, their hashes, and the head of a chain.

use std::error::Error;
use std::fmt;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::Difference;
use super::difference::with_long_members_hashed;
use crate::codec::decode::{DecodeError, decode, decode_by_parsing, decode_members, placeholder_inside};
use crate::codec::json::{MAX_SAFE_INTEGER, Value, json};
use crate::storage::bounds;
use crate::value::credential::{Digest, TokenId, hex};
use crate::value::name::{Identity, Reason};
use crate::value::resource::Resource;
use crate::value::time::Instant;

/// The version of the stored forms.
const FORM: u8 = 1;

/// A change by an operation, for the trail of one owner.
#[derive(Clone, Debug)]
pub struct Change {
    /// The actor.
    pub actor: Identity,
    /// The name of the operation.
    pub operation: &'static str,
    /// The changed token.
    pub token: Option<TokenId>,
    /// The changed account.
    pub account: Option<Resource>,
    /// The actor's reason.
    pub reason: Option<Reason>,
    /// The members that changed.
    pub difference: Difference,
}

/// An entry of the trail, as it is stored and shown. It contains no secret and no digest.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    #[serde(rename = "v")]
    form: u8,
    /// The owner of the trail. It is part of the hash, so a chain cannot pass as another owner's.
    pub owner: Resource,
    /// Its number in the trail.
    pub seq: u64,
    /// The time of the change.
    pub at: Instant,
    /// The actor.
    pub actor: Identity,
    /// The name of the operation.
    pub operation: String,
    /// The changed token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenId>,
    /// The changed account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Resource>,
    /// The actor's reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The members with their old values.
    pub before: Value,
    /// The members with their new values.
    pub after: Value,
    /// The hash of the entry before. `None`: a chain begins here.
    pub previous: Option<Hash>,
}

impl Entry {
    /// The entry of a change.
    pub(super) fn new(
        owner: &Resource,
        seq: u64,
        at: Instant,
        change: Change,
        previous: Option<Hash>,
    ) -> Entry {
        Entry {
            form: FORM,
            owner: owner.clone(),
            seq,
            at,
            actor: change.actor,
            operation: change.operation.to_owned(),
            token: change.token,
            account: change.account,
            reason: change.reason,
            before: change.difference.before,
            after: change.difference.after,
            previous,
        }
    }

    /// The entry, limited to the size of a stored value. Each long member is replaced by its hash
    /// and length.
    pub(super) fn bounded(self) -> Entry {
        if self.to_text().len() <= bounds::VALUE {
            return self;
        }
        Entry {
            before: with_long_members_hashed(self.before),
            after: with_long_members_hashed(self.after),
            ..self
        }
    }

    /// Parses the stored text of an entry.
    ///
    /// # Errors
    /// When the text is not an entry.
    pub fn parse(text: &str) -> Result<Entry, DecodeError> {
        let entry: Entry = decode(text)?;
        (entry.form == FORM).then_some(entry).ok_or(DecodeError)
    }

    /// The stored text, which is the input of the hash.
    #[must_use]
    pub fn to_text(&self) -> String {
        json(self)
    }
}

decode_members!(Entry {
    required form: "v",
    required owner: "owner",
    required seq: "seq",
    required at: "at",
    required actor: "actor",
    required operation: "operation",
    optional token: "token",
    optional account: "account",
    optional reason: "reason",
    required before: "before",
    required after: "after",
    nullable previous: "previous",
});

/// The SHA-256 of an entry's stored text, 64 lower-case hexadecimal characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hash(String);

impl Hash {
    /// The hash of an entry's stored text.
    #[must_use]
    pub fn of(text: &str) -> Hash {
        Hash(hex(&Sha256::digest(text)))
    }

    /// Parses a hash that a host kept or passed on.
    ///
    /// # Errors
    /// When the text is not 64 lower-case hexadecimal characters.
    pub fn parse(text: &str) -> Result<Hash, HashError> {
        match Digest::from_hex(text) {
            Some(_) => Ok(Hash(text.to_owned())),
            None => Err(HashError),
        }
    }
}

/// A text is no hash of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashError;

impl fmt::Display for HashError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("expected the hash of an audit entry: 64 hexadecimal characters")
    }
}

impl Error for HashError {}

decode_by_parsing!(Hash);
placeholder_inside!(Hash);

/// A position in a chain: an entry, and the hash that covers it and everything before it. A host
/// can keep a position elsewhere, and follow the chain from it later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Position {
    /// The number of the entry.
    pub seq: u64,
    /// The hash of its text.
    pub hash: Hash,
}

/// The value of `audit-head/<owner>`: `{"v":1,"seq":7,"hash":"<64 hex>"}`.
#[derive(Serialize)]
struct Head {
    v: u8,
    seq: u64,
    hash: Hash,
}

decode_members!(Head {
    required v: "v",
    required seq: "seq",
    required hash: "hash",
});

impl Position {
    /// The position that a stored head names.
    ///
    /// # Errors
    /// When the text is not a head.
    pub fn of_head(text: &str) -> Result<Position, DecodeError> {
        let head: Head = decode(text)?;
        let sound = head.v == FORM && (1..=MAX_SAFE_INTEGER).contains(&head.seq) && json(&head) == text;
        sound
            .then_some(Position {
                seq: head.seq,
                hash: head.hash,
            })
            .ok_or(DecodeError)
    }

    /// The stored text of the head at this position.
    pub(super) fn to_head(&self) -> String {
        json(&Head {
            v: FORM,
            seq: self.seq,
            hash: self.hash.clone(),
        })
    }
}
