//! The prefix of a deployment's credentials.

use std::error::Error;
use std::fmt;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{BODY, HASHED, VERSION, base62};

const MAX_PREFIX_LENGTH: usize = 32;

/// How many bytes of the prefix's hash are hashed with each credential.
const BOUND: usize = 8;

/// The prefix of a deployment's credentials, for example `acme_live`: letters and digits in groups
/// joined by `_`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix {
    text: String,
    ending: BlockEnding,
}

/// The end of the SHA-256 block of a credential. It has the first 8 bytes of the hash of the
/// prefix, so that a credential of one deployment is none of another, and the padding (FIPS 180-4
/// §5.1.1). It is computed once, because every verification needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BlockEnding {
    /// The byte that shares a word with the last three bytes before it.
    pub(super) first: u8,
    pub(super) words: [u32; 4],
}

impl BlockEnding {
    fn of(prefix: &str) -> BlockEnding {
        const { assert!(HASHED % 4 == 3 && HASHED + BOUND == 55) };
        let hash = <[u8; 32]>::from(Sha256::digest(prefix));
        let [first, a, b, c, d, e, f, g, ..] = hash;
        let words = [
            u32::from_be_bytes([a, b, c, d]),
            u32::from_be_bytes([e, f, g, 0x80]),
            0,
            (HASHED + BOUND) as u32 * 8,
        ];
        BlockEnding { first, words }
    }
}

impl Prefix {
    /// Parses a prefix of at most 32 characters.
    ///
    /// # Errors
    /// If the text is no such prefix.
    pub fn parse(text: &str) -> Result<Prefix, PrefixError> {
        let plain = text
            .split('_')
            .all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        if plain && text.len() <= MAX_PREFIX_LENGTH {
            return Ok(Prefix {
                text: text.to_owned(),
                ending: BlockEnding::of(text),
            });
        }
        Err(PrefixError)
    }

    /// The prefix as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn ending(&self) -> &BlockEnding {
        &self.ending
    }

    /// Whether a text contains a substring with the form of this deployment's credentials.
    #[must_use]
    pub fn appears_in(&self, text: &str) -> bool {
        let start = self.start();
        text.match_indices(&start).any(|(at, _)| {
            let end = at + start.len() + BODY - 1;
            text.get(at + start.len()..end)
                .is_some_and(|body| base62::is_base62(body.as_bytes()))
        })
    }

    /// The start and length of this deployment's credentials, by which a host recognizes them.
    #[must_use]
    pub fn form(&self) -> CredentialForm {
        CredentialForm {
            start: self.start(),
            length: self.text.len() + 1 + BODY,
        }
    }

    /// A regular expression for secret scanners, for example `acme_live_2[0-9A-Za-z]{52}`.
    #[must_use]
    pub fn pattern(&self) -> String {
        format!("{}[0-9A-Za-z]{{{}}}", self.start(), BODY - 1)
    }

    /// The prefix, the separator and the version, after which the id of a credential comes.
    #[must_use]
    pub fn start(&self) -> String {
        format!("{}_{}", self.text, char::from(VERSION))
    }
}

/// A text is no [`Prefix`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixError;

impl fmt::Display for PrefixError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "expected letters and digits in groups joined by \"_\", at most {MAX_PREFIX_LENGTH} characters, such as \"acme_live\""
        )
    }
}

impl Error for PrefixError {}

/// The start and the length, in characters, of every credential of a deployment.
#[derive(Debug, Serialize)]
pub struct CredentialForm {
    /// What each begins with: the prefix, the separator and the version.
    pub start: String,
    /// Its characters.
    pub length: usize,
}
