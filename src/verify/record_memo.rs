//! Keeps the record that was parsed last. A verification from the store suspends for the
//! dependencies of a token after it has parsed the token's record, and then receives the same text
//! again. The owner of the store is checked each time too.

use super::named_token::NamedToken;
use crate::codec::decode::DecodeError;
use crate::storage::store_meta;
use crate::storage::store_meta::NotOurs;
use crate::value::credential::{Prefix, TokenId};

/// A record that was read and a checked store description, each with its text. They depend on the
/// text only, so they cannot be stale.
#[derive(Debug, Default)]
pub(crate) struct RecordMemo {
    record: Option<Box<NamedToken>>,
    /// The store description that was found to name this deployment.
    ours: Option<String>,
}

impl RecordMemo {
    /// Reads the text stored under an id, or takes the memo if the text is the same. `None` for the
    /// tombstone of a deleted token.
    ///
    /// # Errors
    /// When the text is neither a record nor a tombstone of this token.
    pub(crate) fn take(&mut self, id: &TokenId, text: &str) -> Result<Option<Box<NamedToken>>, DecodeError> {
        match self.record.take() {
            Some(named) if named.token.id == *id && named.record.as_str() == text => Ok(Some(named)),
            _ => NamedToken::read(id, text.to_owned()),
        }
    }

    /// Keeps a record until the next one is read.
    pub(crate) fn keep(&mut self, named: Box<NamedToken>) {
        self.record = Some(named);
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
