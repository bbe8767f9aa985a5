//! Finds keys that another system issued. They contain no id, so they are found by their digest.

use crate::codec::decode::decode;
use crate::storage::keys;
use crate::storage::plan::{Reads, Suspend};
use crate::value::credential::{ImportedKeys, Presented, TokenId};

/// A presented key of the token with an id, whose digest was found in the store.
pub(super) fn presented(imported: &ImportedKeys, text: &str, id: TokenId, at: usize) -> Option<Presented> {
    let digest = imported.digests(text).into_iter().nth(at)?;
    Some(Presented::imported(id, digest))
}

/// The token of a presented key, if one of its digests is stored.
pub(super) fn find(imported: &ImportedKeys, text: &str, reads: &Reads) -> Result<Option<Presented>, Suspend> {
    let digests = imported.digests(text);
    let found = reads.get_all(&digests.iter().map(keys::digest).collect::<Vec<_>>())?;
    for (digest, stored) in digests.into_iter().zip(found) {
        if let Some(id) = stored.and_then(|text| decode::<TokenId>(text).ok()) {
            return Ok(Some(Presented::imported(id, digest)));
        }
    }
    Ok(None)
}
