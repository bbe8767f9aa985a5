//! The random bytes of a call.

use zeroize::Zeroizing;

use crate::value::credential::{self, Credential, Prefix, TokenId};
use crate::value::time::Instant;

/// How many random bytes an operation takes, 64: a credential's, and 24 for the id of the operation.
pub const ENTROPY: usize = credential::ENTROPY + 24;

/// The random bytes of one call: drawn once, the same at each plan of it, wiped at the end.
pub struct Entropy(Zeroizing<[u8; ENTROPY]>);

impl Entropy {
    /// Takes the bytes over.
    #[must_use]
    pub fn new(bytes: Zeroizing<[u8; ENTROPY]>) -> Entropy {
        Entropy(bytes)
    }

    /// The credential of a client that keeps its secret to itself.
    #[must_use]
    pub fn mint(&self, prefix: &Prefix, now: Instant) -> Credential {
        Credential::mint(prefix, now, &self.credential())
    }

    /// As [`Entropy::mint`], for the rotation of a token that exists.
    #[must_use]
    pub fn mint_for(&self, prefix: &Prefix, id: TokenId) -> Credential {
        Credential::mint_for(prefix, id, &self.credential())
    }

    pub(super) fn credential(&self) -> Zeroizing<[u8; credential::ENTROPY]> {
        let mut part = Zeroizing::new([0; credential::ENTROPY]);
        part.iter_mut()
            .zip(self.0.iter())
            .for_each(|(to, from)| *to = *from);
        part
    }

    pub(super) fn operation_id(&self) -> &[u8] {
        self.0.get(credential::ENTROPY..).unwrap_or_default()
    }
}
