//! Keeps the record that was parsed last. A verification from the store suspends for the
//! dependencies of a token after it has parsed the token's record, and then receives the same text
//! again. The owner of the store is checked each time too.

use crate::codec::decode::DecodeError;
use crate::model::record::{Secrets, Stored};
use crate::model::token::Token;
use crate::storage::store_meta;
use crate::storage::store_meta::NotOurs;
use crate::value::credential::{Prefix, TokenId};

/// A parsed record and a checked store description, each with its text. They depend on the text
/// only, so they cannot be stale.
#[derive(Debug, Default)]
pub(crate) struct RecordMemo {
    record: Option<(String, Box<(Secrets, Token)>)>,
    /// The store description that was found to name this deployment.
    ours: Option<String>,
}

/// The stored value of a token id.
#[derive(Debug)]
pub(crate) enum Read {
    /// A token with the digests of its secrets.
    Token(Box<(Secrets, Token)>),
    /// The tombstone of a deleted token.
    Tombstone,
}

impl RecordMemo {
    /// Parses the text stored under an id, or takes the memo if the text is the same.
    pub(crate) fn take(&mut self, id: &TokenId, text: &str) -> Result<Read, DecodeError> {
        match self.record.take() {
            Some((known, read)) if known == text && read.1.id == *id => Ok(Read::Token(read)),
            _ => Ok(match Stored::parse(id, text)? {
                Stored::Record(record) => Read::Token(Box::new(record.into_parts())),
                Stored::Tombstone => Read::Tombstone,
            }),
        }
    }

    /// Keeps a parsed record until the next one is read.
    pub(crate) fn keep(&mut self, text: &str, secrets: Secrets, token: Token) {
        self.record = Some((text.to_owned(), Box::new((secrets, token))));
    }

    /// Whether `meta/deployment` names the deployment with this prefix, which is the same in all
    /// calls. `false` without the key: the store was never used.
    ///
    /// # Errors
    /// When the store belongs to another deployment.
    pub(crate) fn is_ours(&mut self, meta: Option<&str>, prefix: &Prefix) -> Result<bool, NotOurs> {
        if meta.is_some() && meta == self.ours.as_deref() {
            return Ok(true);
        }
        let is_ours = store_meta::read(meta, prefix)?.is_some();
        self.ours = meta.map(str::to_owned);
        Ok(is_ours)
    }
}
