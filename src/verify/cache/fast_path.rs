//! What the fast path needs of a cached token.
//!
//! A credential that was verified before is recognised by its tag, so it is not hashed again. Of a
//! *plain* token, one that nothing but its end can refuse, the decision is then read from the
//! [table](super::decisions). Everything else takes the slow path.

use crate::value::credential::CredentialTag;

/// The data of the fast path, in the first half of the slot's cache line.
#[derive(Debug)]
pub(super) struct FastPath {
    /// The tag of the credential, if it was verified with this entry and the token has one secret.
    pub(super) tag: Option<CredentialTag>,
    /// The token is plain before this instant, in milliseconds; negative infinity: never.
    pub(super) plain_until: f64,
    /// The number of its grant, if it is plain.
    pub(super) grant: Option<u8>,
}

impl Default for FastPath {
    fn default() -> FastPath {
        FastPath {
            tag: None,
            plain_until: f64::NEG_INFINITY,
            grant: None,
        }
    }
}
