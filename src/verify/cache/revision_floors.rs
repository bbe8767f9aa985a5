//! Records the lowest revision that may be inserted of tokens that are not in the cache. It covers
//! one generation of the cache.

/// The most tokens that are noted. One more ends the generation.
const MAX: usize = 64;

/// Tokens, each with the lowest revision that may still be inserted.
#[derive(Debug, Default)]
pub(super) struct RevisionFloors(Vec<([u8; 16], u64)>);

impl RevisionFloors {
    /// Notes a token; `false` if there is no room for it.
    pub(super) fn note(&mut self, id: &[u8; 16], least: u64) -> bool {
        if let Some((_, known)) = self.0.iter_mut().find(|(known, _)| known == id) {
            *known = least.max(*known);
            return true;
        }
        if self.0.len() < MAX {
            self.0.push((*id, least));
            return true;
        }
        false
    }

    /// Whether a revision of the token newer than `revision` was found.
    pub(super) fn is_newer(&self, id: &[u8; 16], revision: u64) -> bool {
        self.0
            .iter()
            .any(|(known, least)| known == id && revision < *least)
    }
}
