//! The random bytes of a call.

use zeroize::Zeroizing;

use crate::value::credential::{self, Credential, Prefix, TokenId};
use crate::value::time::Instant;

/// The number of random bytes that an operation takes, 64: those of a credential, and 24 bytes for
/// the operation id.
pub const ENTROPY: usize = credential::ENTROPY + 24;

/// The random bytes of one call. They are drawn once, are equal in each plan of the call, and are
/// wiped when dropped.
pub struct Entropy(Zeroizing<[u8; ENTROPY]>);

impl Entropy {
    /// Takes ownership of the bytes.
    #[must_use]
    pub fn new(bytes: Zeroizing<[u8; ENTROPY]>) -> Entropy {
        Entropy(bytes)
    }

    /// Mints a credential with a new token id, for a client that keeps the secret to itself. `now`
    /// is the time in the id.
    ///
    /// ```
    /// use leastkey::operation::{ENTROPY, Entropy};
    /// use leastkey::value::credential::Prefix;
    /// use leastkey::value::time::Instant;
    ///
    /// // A client draws these bytes from its cryptographic generator.
    /// let entropy = Entropy::new(zeroize::Zeroizing::new([7; ENTROPY]));
    /// let now = Instant::from_millis(1_800_000_000_000.0).unwrap();
    /// let credential = entropy.mint(&Prefix::parse("acme_test").unwrap(), now);
    /// assert!(credential.reveal().starts_with("acme_test_"));
    /// ```
    #[must_use]
    pub fn mint(&self, prefix: &Prefix, now: Instant) -> Credential {
        Credential::mint(prefix, now, &self.credential())
    }

    /// As [`Entropy::mint`], for the rotation of the existing token `id`.
    #[must_use]
    pub fn mint_for(&self, prefix: &Prefix, id: TokenId) -> Credential {
        Credential::mint_for(prefix, id, &self.credential())
    }

    /// The bytes for a credential.
    pub(super) fn credential(&self) -> Zeroizing<[u8; credential::ENTROPY]> {
        let mut part = Zeroizing::new([0; credential::ENTROPY]);
        part.iter_mut()
            .zip(self.0.iter())
            .for_each(|(to, from)| *to = *from);
        part
    }

    /// The 24 bytes of the operation id.
    pub(super) fn operation_id(&self) -> &[u8] {
        self.0.get(credential::ENTROPY..).unwrap_or_default()
    }
}
