use std::fmt;

use serde::Serialize;

use super::base62;
use crate::stored::restore_by_parsing;
use crate::time::Instant;

/// The name of a token: 16 characters of base62, 8 of the time in milliseconds and 8 random ones. Ids sort by time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct TokenId(String);

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
        TokenId(digits.iter().map(|digit| char::from(*digit)).collect())
    }

    /// Parses an id.
    ///
    /// # Errors
    /// When the text is not 16 letters and digits. The message does not repeat the text: people paste a credential where its id belongs.
    pub fn parse(text: &str) -> Result<TokenId, String> {
        if text.len() == TokenId::LENGTH && base62::is_base62(text.as_bytes()) {
            return Ok(TokenId(text.to_owned()));
        }
        Err("expected a token id: 16 letters and digits".to_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id with its order turned round, so that ascending keys list the newest first. Its own inverse.
    /// The characters.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 16] {
        self.0.as_bytes().as_array().unwrap_or(&[0; 16])
    }

    /// When it was minted, in milliseconds since the epoch: its first eight digits.
    #[must_use]
    pub fn minted_at(&self) -> u64 {
        base62::decode(self.0.as_bytes().get(..8).unwrap_or_default())
    }

    pub(crate) fn mirrored(&self) -> String {
        self.0
            .bytes()
            .map(|digit| char::from(base62::mirror(digit)))
            .collect()
    }

    /// The id whose [`TokenId::mirrored`] this is.
    pub(crate) fn from_mirrored(text: &str) -> Option<TokenId> {
        TokenId::parse(text)
            .ok()
            .and_then(|id| TokenId::parse(&id.mirrored()).ok())
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

restore_by_parsing!(TokenId);
