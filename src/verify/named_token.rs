//! A token that a credential names.

use crate::codec::canonical::KnownValues;
use crate::codec::decode::DecodeError;
use crate::model::record_text::{Part, RecordText, StoredText};
use crate::model::secrets::Secrets;
use crate::model::verifiable_token::VerifiableToken;
use crate::value::credential::TokenId;

/// A token that a credential names. The secret has not been compared yet.
#[derive(Debug)]
pub(crate) struct NamedToken {
    pub(super) record: RecordText,
    pub(crate) token: VerifiableToken,
    pub(super) secrets: Secrets,
}

impl NamedToken {
    /// Reads the text under the key of a token; `None` for the tombstone of a deleted one.
    ///
    /// # Errors
    /// When the text is neither a record nor a tombstone of this token.
    pub(crate) fn read(
        id: &TokenId,
        text: String,
        known: &mut KnownValues,
    ) -> Result<Option<Box<NamedToken>>, DecodeError> {
        let StoredText::Record(record) = StoredText::read_with(id, text, known)? else {
            return Ok(None);
        };
        Ok(Some(Box::new(NamedToken {
            token: VerifiableToken::of_record(&record)?,
            secrets: Secrets::of_record(&record)?,
            record: *record,
        })))
    }

    /// Whether a rotation is neither confirmed nor aborted.
    pub(super) fn is_rotating(&self) -> bool {
        self.record.has(Part::RotationRevision)
    }
}
