//! What one round of the cache was told of tokens that it does not remember.

/// How many tokens are noted. With more, the round is over.
const MAX: usize = 64;

/// Tokens with the least revision that may still be remembered of them.
#[derive(Debug, Default)]
pub(super) struct RevisionFloors(Vec<([u8; 16], u64)>);

impl RevisionFloors {
    /// Notes a token; `false` where there is no room for it.
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

    /// Whether something newer was found of a token than a revision.
    pub(super) fn is_newer(&self, id: &[u8; 16], revision: u64) -> bool {
        self.0
            .iter()
            .any(|(known, least)| known == id && revision < *least)
    }
}
