//! The ids of tokens.

use std::error::Error;
use std::fmt;

use serde::{Serialize, Serializer};

use super::base62;
use crate::codec::decode::{decode_by_parsing, placeholder_inside};
use crate::value::time::Instant;

/// The id of a token: 16 base62 characters, 8 of the time in milliseconds and 8 random ones. Ids
/// sort by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId([u8; TokenId::LENGTH]);

impl TokenId {
    pub(super) const LENGTH: usize = 16;
    pub(super) const ENTROPY: usize = 8;

    /// The id of a token issued at `now`.
    pub(super) fn mint(now: Instant, entropy: &[u8]) -> TokenId {
        let mut digits = [0; TokenId::LENGTH];
        let (time, random) = digits.split_at_mut(8);
        base62::encode(&mut now.millis().to_be_bytes(), time);
        let mut number = [0; TokenId::ENTROPY];
        number.iter_mut().zip(entropy).for_each(|(to, from)| *to = *from);
        base62::encode(&mut number, random);
        TokenId(digits)
    }

    /// Parses an id.
    ///
    /// # Errors
    /// If the text is not 16 letters and digits. The message does not repeat the text: people paste
    /// a credential in place of its id.
    pub fn parse(text: &str) -> Result<TokenId, TokenIdError> {
        match text.as_bytes().as_array() {
            Some(digits) if base62::is_base62(digits) => Ok(TokenId(*digits)),
            _ => Err(TokenIdError),
        }
    }

    /// Whether a text is an id.
    pub(crate) fn is(text: &str) -> bool {
        TokenId::parse(text).is_ok()
    }

    /// An id from characters that are known to be letters and digits.
    pub(super) fn of_digits(digits: [u8; TokenId::LENGTH]) -> TokenId {
        TokenId(digits)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Letters and digits are valid UTF-8.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The characters of the id.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The time of the id's creation, in milliseconds since the epoch, from its first eight digits.
    #[must_use]
    pub fn minted_at(&self) -> u64 {
        base62::decode(self.0.first_chunk::<8>().map_or(&[][..], |digits| digits))
    }

    /// The id in reversed order, so that ascending keys list the newest first. Its own inverse.
    pub(crate) fn mirrored(&self) -> TokenId {
        TokenId(self.0.map(base62::mirror))
    }

    /// The id whose [`TokenId::mirrored`] is `text`.
    pub(crate) fn from_mirrored(text: &str) -> Option<TokenId> {
        TokenId::parse(text).ok().map(|id| id.mirrored())
    }
}

/// A text is no [`TokenId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenIdError;

impl fmt::Display for TokenIdError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("expected a token id: 16 letters and digits; in a credential they follow the prefix and the version")
    }
}

impl Error for TokenIdError {}

impl fmt::Display for TokenId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for TokenId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

decode_by_parsing!(TokenId);
placeholder_inside!(TokenId);
