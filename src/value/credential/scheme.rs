//! The scheme of a stored digest.

use serde::Serialize;

use crate::codec::canonical::Cursor;
use crate::codec::decode::{Decode, DecodeError, Placeholder, decode_named};

/// The input of a digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// SHA-256 of the version, id and secret of a credential, and of 8 bytes of the hash of its
    /// prefix.
    #[default]
    Native,
    /// SHA-256 of a key that another system issued, or of its part after the prefix.
    Sha256,
}

impl Scheme {
    #[allow(clippy::trivially_copy_pass_by_ref)] // The signature that serde asks for.
    pub(crate) fn is_native(&self) -> bool {
        *self == Scheme::Native
    }
}

impl Placeholder for Scheme {
    fn placeholder() -> Scheme {
        Scheme::Native
    }
}

/// The native scheme is left out when it is written.
impl Decode for Scheme {
    fn decode(cursor: &mut Cursor) -> Result<Scheme, DecodeError> {
        decode_named(cursor, &[("sha256", Scheme::Sha256)])
    }
}
