//! Hashes names for the keys of the store that keep them unique.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::credential::{Digest, hex};
use super::name::Name;
use crate::codec::decode::{DecodeError, decode_by_parsing, placeholder_inside};

/// The hash of a name in a store key: SHA-256 as 64 lower-case hexadecimal characters. Keys have a
/// hash because names are long and not ASCII.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NameHash(pub(super) String);

impl NameHash {
    /// The hash by which earlier versions compared names: of the name as typed.
    #[must_use]
    pub fn as_typed(name: &Name) -> NameHash {
        NameHash(hex(&Sha256::digest(name.as_str())))
    }

    /// The hash as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses a stored hash.
    fn parse(text: &str) -> Result<NameHash, DecodeError> {
        match Digest::from_hex(text) {
            Some(_) => Ok(NameHash(text.to_owned())),
            None => Err(DecodeError),
        }
    }
}

decode_by_parsing!(NameHash);
placeholder_inside!(NameHash);
