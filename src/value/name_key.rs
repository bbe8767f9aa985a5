//! What a unique name is stored by.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::credential::{Digest, hex};
use super::name::Name;
use crate::codec::decode::{decode_by_parsing, placeholder_inside};
use crate::input::message;

/// What stands for a name in the keys of the store: a SHA-256 in 64 lower-case hexadecimal characters. Names are long, and not ASCII.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NameHash(pub(super) String);

impl NameHash {
    /// What earlier versions compared names by: the name as it was typed.
    #[must_use]
    pub fn as_typed(name: &Name) -> NameHash {
        NameHash(hex(&Sha256::digest(name.as_str())))
    }

    /// The text of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses what is stored of one.
    fn parse(text: &str) -> Result<NameHash, String> {
        match Digest::from_hex(text) {
            Some(_) => Ok(NameHash(text.to_owned())),
            None => Err(message!("expected 64 hexadecimal characters")),
        }
    }
}

decode_by_parsing!(NameHash);
placeholder_inside!(NameHash);
