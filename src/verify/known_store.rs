//! The store description that was read last. It is read with every record, and hardly ever changes.

use crate::storage::store_meta;
use crate::storage::store_meta::NotOurs;
use crate::value::credential::Prefix;

/// The store description that was found to name this deployment.
#[derive(Debug, Default)]
pub struct KnownStore {
    ours: Option<String>,
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
}
