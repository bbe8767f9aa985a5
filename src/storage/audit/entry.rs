use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::Difference;
use crate::codec::decode::{DecodeError, decode, decode_by_parsing, decode_members, placeholder_inside};
use crate::codec::json::{MAX_SAFE_INTEGER, Value, json};
use crate::storage::bounds;
use crate::value::credential::{Digest, TokenId, hex};
use crate::value::name::{Identity, Reason};
use crate::value::resource::Resource;
use crate::value::time::Instant;

/// The version of the stored forms.
const FORM: u8 = 1;

/// The longest text of a member that stands in an entry as it is, if not all of them can.
const LONG: usize = 2_000;

/// What an operation did, to be told in the trail of one owner.
#[derive(Clone, Debug)]
pub struct Change {
    /// Who did it.
    pub actor: Identity,
    /// What it was: the name of the operation.
    pub operation: &'static str,
    /// The token it was done to.
    pub token: Option<TokenId>,
    /// The account it was done to.
    pub account: Option<Resource>,
    /// Why, in the actor's words.
    pub reason: Option<Reason>,
    /// What is different since.
    pub difference: Difference,
}

/// An entry of the trail, as it is stored and shown. It has no secret and no digest.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    #[serde(rename = "v")]
    form: u8,
    /// In whose trail it stands: a chain does not pass for another owner's.
    pub owner: Resource,
    /// Its number in the trail.
    pub seq: u64,
    /// When it was done.
    pub at: Instant,
    /// Who did it.
    pub actor: Identity,
    /// What it was: the name of the operation.
    pub operation: String,
    /// The token it was done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenId>,
    /// The account it was done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Resource>,
    /// Why, in the actor's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What was there before and is not so any more.
    pub before: Value,
    /// What is there since.
    pub after: Value,
    /// The hash of the entry before. None: a chain begins here.
    pub previous: Option<Hash>,
}

impl Entry {
    /// The entry that tells a change.
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

    /// The entry, with no more in it than a store keeps: of what is too long for that, its hash and its length.
    pub(super) fn bounded(self) -> Entry {
        if self.to_text().len() <= bounds::VALUE {
            return self;
        }
        Entry {
            before: hashed(self.before),
            after: hashed(self.after),
            ..self
        }
    }

    /// Parses what is stored under an entry's key.
    ///
    /// # Errors
    /// When it is not the text of an entry.
    pub fn parse(text: &str) -> Result<Entry, DecodeError> {
        let entry: Entry = decode(text)?;
        (entry.form == FORM).then_some(entry).ok_or(DecodeError)
    }

    /// The stored text, which is what is hashed.
    #[must_use]
    pub fn to_text(&self) -> String {
        json(self)
    }
}

/// The members of a state, long ones as `{ sha256, bytes }` of their text.
fn hashed(state: Value) -> Value {
    let Value::Map(members) = state else { return state };
    let short = members.into_iter().map(|(name, value)| {
        let text = json(&value);
        if text.len() <= LONG {
            return (name, value);
        }
        #[allow(clippy::cast_precision_loss)] // Far below 2^53.
        let bytes = Value::Number(text.len() as f64);
        let hash = Value::Text(hex(&Sha256::digest(&text)));
        (
            name,
            Value::Map(vec![("sha256".to_owned(), hash), ("bytes".to_owned(), bytes)]),
        )
    });
    Value::Map(short.collect())
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

    /// Parses a hash that was told or kept.
    ///
    /// # Errors
    /// When it is not 64 lower-case hexadecimal characters.
    pub fn parse(text: &str) -> Result<Hash, String> {
        match Digest::from_hex(text) {
            Some(_) => Ok(Hash(text.to_owned())),
            None => Err("expected the hash of an audit entry: 64 hexadecimal characters".to_owned()),
        }
    }
}

decode_by_parsing!(Hash);
placeholder_inside!(Hash);

/// A place in a chain: an entry and the hash that stands for it and everything before it. A host can keep one, and follow the chain from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Position {
    /// The number of the entry.
    pub seq: u64,
    /// The hash of its text.
    pub hash: Hash,
}

/// What `audit-head/<owner>` holds.
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
    /// When it is not the text of a head.
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
