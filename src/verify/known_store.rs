//! What was read of the store last, and is much the same in the next read.

use super::compiled_vocabularies::CompiledVocabularies;
use crate::catalog::Permissions;
use crate::codec::canonical::KnownValues;
use crate::codec::decode::DecodeError;
use crate::model::record_text::{Part, RecordText};
use crate::storage::store_meta;
use crate::storage::store_meta::NotOurs;
use crate::value::credential::Prefix;
use crate::value::permission::Permission;

/// Texts that were found sound. Whether they are depends on the text only, so they cannot be stale.
#[derive(Debug, Default)]
pub struct KnownStore {
    /// The store description that was found to name this deployment.
    ours: Option<String>,
    /// Lists in records.
    lists: KnownValues,
    vocabularies: CompiledVocabularies,
}

impl KnownStore {
    /// Whether `meta/deployment` names the deployment with this prefix, which is the same in all
    /// calls. `false` without the key: the store was never used.
    ///
    /// # Errors
    /// When the store belongs to another deployment.
    pub(super) fn is_ours(&mut self, meta: Option<&str>, prefix: &Prefix) -> Result<bool, NotOurs> {
        if meta.is_some() && meta == self.ours.as_deref() {
            return Ok(true);
        }
        let is_ours = store_meta::read(meta, prefix)?.is_some();
        self.ours = meta.map(str::to_owned);
        Ok(is_ours)
    }

    /// The ids of a record's permissions.
    ///
    /// # Errors
    /// If a vocabulary of the record is not at hand.
    pub(super) fn ids(
        &self,
        record: &RecordText,
        catalog: &Permissions,
    ) -> Result<Vec<Permission>, DecodeError> {
        let list = record.raw(Part::Permissions).ok_or(DecodeError)?;
        self.vocabularies.ids(list, catalog)
    }

    /// The vocabularies that were read.
    pub(super) fn vocabularies(&self) -> &CompiledVocabularies {
        &self.vocabularies
    }

    /// The same, to compile more.
    pub(super) fn vocabularies_mut(&mut self) -> &mut CompiledVocabularies {
        &mut self.vocabularies
    }

    /// Drops the vocabularies. A verification that has begun then lacks those that it had.
    pub fn forget_vocabularies(&mut self) {
        self.vocabularies.clear();
    }

    /// The number of the list of permissions in the record that was read last; 0: it has none. No
    /// other list ever has it.
    #[must_use]
    pub fn list_number(&self) -> u32 {
        self.lists.last()
    }

    /// The lists in records.
    pub(super) fn lists(&mut self) -> &mut KnownValues {
        &mut self.lists
    }
}
