//! What was read last, as what it says. A verification from the store asks for what a token rests on once it has read its record, and is then
//! given the same text again; and whose the store is, it is told each time.

use crate::codec::decode::DecodeError;
use crate::model::record::{Secrets, Stored};
use crate::model::token::Token;
use crate::storage::store_meta;
use crate::storage::store_meta::NotOurs;
use crate::value::credential::{Prefix, TokenId};

/// A record and the description of the store by their texts: nothing but functions of those, so they cannot be out of date.
#[derive(Debug, Default)]
pub(crate) struct RecordMemo {
    record: Option<(String, Box<(Secrets, Token)>)>,
    /// What said that the store is that of this deployment.
    ours: Option<String>,
}

/// What is stored under the id of a token.
#[derive(Debug)]
pub(crate) enum Read {
    /// A token with the digests of its secrets.
    Token(Box<(Secrets, Token)>),
    /// What is left of a deleted token.
    Tombstone,
}

impl RecordMemo {
    /// What a text says that is stored under an id: taken from here, if it is the same text as before.
    pub(crate) fn take(&mut self, id: &TokenId, text: &str) -> Result<Read, DecodeError> {
        match self.record.take() {
            Some((known, read)) if known == text && read.1.id == *id => Ok(Read::Token(read)),
            _ => Ok(match Stored::parse(id, text)? {
                Stored::Record(record) => Read::Token(Box::new(record.into_parts())),
                Stored::Tombstone => Read::Tombstone,
            }),
        }
    }

    /// Keeps what a text says until the next is read.
    pub(crate) fn keep(&mut self, text: &str, secrets: Secrets, token: Token) {
        self.record = Some((text.to_owned(), Box::new((secrets, token))));
    }

    /// Whether a store says by `meta/deployment` that it is that of the deployment with a prefix, which is always the same one here; if it says
    /// nothing, it was never used.
    ///
    /// # Errors
    /// When it is another's.
    pub(crate) fn is_ours(&mut self, meta: Option<&str>, prefix: &Prefix) -> Result<bool, NotOurs> {
        if meta.is_some() && meta == self.ours.as_deref() {
            return Ok(true);
        }
        let is_ours = store_meta::read(meta, prefix)?.is_some();
        self.ours = meta.map(str::to_owned);
        Ok(is_ours)
    }
}
