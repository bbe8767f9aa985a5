//! The digest of a credential, which is stored in place of the secret.

use std::error::Error;
use std::fmt;
use std::hint::black_box;

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding as _};
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use super::HASHED;
use super::prefix::BlockEnding;
use crate::codec::canonical::Cursor;
use crate::codec::decode::{Decode, DecodeError, Placeholder};
use crate::input::Detail;

/// The digest of a credential: SHA-256 of its version, id and secret, and of the first 8 bytes of
/// the SHA-256 of its prefix. These 55 bytes fit one block. The store keeps it in place of the
/// secret.
///
/// A fast hash is right here. The secret has 178 bits, so it cannot be guessed, and a slow hash
/// would protect nothing.
#[derive(Clone)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of a secret of any length.
    pub(super) fn of(hashed: &[u8]) -> Digest {
        let digest = sha256(hashed);
        wipe_stack();
        Digest(digest)
    }

    /// The digest of a credential.
    pub(super) fn of_credential(hashed: &[u8; HASHED], ending: &BlockEnding) -> Digest {
        Digest(sha256_of_block(hashed, ending))
    }

    /// Compares two digests in constant time (GHSA-95c6-p277-p87g).
    #[must_use]
    pub fn matches(&self, other: &Digest) -> bool {
        // The differences are collected per word and tested once: an eighth of the time of 32
        // comparisons.
        let (one, _) = self.0.as_chunks();
        let (another, _) = other.0.as_chunks();
        let differing = one.iter().zip(another).fold(0, |differing, (one, another)| {
            differing | (u64::from_ne_bytes(*one) ^ u64::from_ne_bytes(*another))
        });
        differing.ct_eq(&0).into()
    }

    /// The digest as 64 lower-case hexadecimal characters.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }

    /// Whether a text is a digest in lower-case hexadecimal.
    pub(crate) fn is_hex(text: &str) -> bool {
        let is_digit = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
        text.len() == 64 && text.bytes().all(is_digit)
    }

    /// Parses 64 lower-case hexadecimal characters.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Digest> {
        let nibble = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
            return None;
        };
        let mut bytes = [0; 32];
        if pairs.len() != bytes.len() {
            return None;
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = nibble(*high)? << 4 | nibble(*low)?;
        }
        Some(Digest(bytes))
    }

    /// Parses a digest that another system wrote, in hexadecimal of either case, or in base64 with
    /// or without padding.
    ///
    /// # Errors
    /// If `encoding` is not `hex`, `base64` or `base64url`, or if `text` is no digest in it.
    pub fn from_encoded(encoding: &str, text: &str) -> Result<Digest, DigestError> {
        let mut bytes = [0; 32];
        let none = || DigestError::NoDigest(Detail::of(|| encoding.to_owned()));
        let read = match encoding {
            "hex" => return Digest::from_hex(&text.to_ascii_lowercase()).ok_or_else(none),
            "base64" => Base64Unpadded::decode(text.trim_end_matches('='), &mut bytes),
            "base64url" => Base64UrlUnpadded::decode(text.trim_end_matches('='), &mut bytes),
            _ => return Err(DigestError::Encoding),
        };
        match read {
            Ok(read) if read.len() == 32 => Ok(Digest(bytes)),
            _ => Err(none()),
        }
    }
}

/// Why a text is no [`Digest`] of another system. The message does not repeat the text, which may
/// be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DigestError {
    /// The encoding is unknown.
    Encoding,
    /// The text is no digest in this encoding.
    NoDigest(Detail),
}

impl fmt::Display for DigestError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DigestError::Encoding => formatter.write_str("the encoding is one of hex, base64 and base64url"),
            DigestError::NoDigest(encoding) => write!(formatter, "is no SHA-256 digest in {encoding}"),
        }
    }
}

impl Error for DigestError {}

/// The initial state of SHA-256 (FIPS 180-4 §5.3.3).
pub(super) const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// Compresses one block. Not inlined: its copies of the message are below the stack frame of the
/// caller, where [`wipe_stack`] overwrites them.
#[inline(never)]
fn compress(state: &mut [u32; 8], blocks: &[[u8; 64]; 1]) {
    sha2::block_api::compress256(state, blocks);
}

/// Hashes a text of any length. Not inlined, as [`compress`]. The one hasher is wiped: a hasher
/// that is moved leaves its buffer, with the secret, at the old place.
#[inline(never)]
fn sha256(hashed: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    let mut hasher = Sha256::new();
    hasher.update(hashed);
    hasher.finalize_into_reset((&mut digest).into());
    digest
}

/// Overwrites what an earlier call has left on the stack. `sha2` does not wipe the words of a
/// message: a later reader of this memory would find the secret.
#[inline(never)]
fn wipe_stack() {
    let frame = [0_u8; 512];
    // The compiler cannot remove the writes.
    black_box(&frame);
}

/// Hashes a single block. The block is assembled in one buffer, which is wiped.
fn sha256_of_block(hashed: &[u8; HASHED], ending: &BlockEnding) -> [u8; 32] {
    // Already in the form that `compress256` takes: a copy would not be wiped.
    let mut blocks = [[0; 64]];
    let [block] = &mut blocks;
    if let Some((to, end)) = block.split_first_chunk_mut::<HASHED>()
        && let Some((first, words)) = end.split_first_mut()
    {
        *to = *hashed;
        *first = ending.first;
        let (places, _) = words.as_chunks_mut();
        places
            .iter_mut()
            .zip(ending.words)
            .for_each(|(to, word)| *to = word.to_be_bytes());
    }
    let mut state = INITIAL;
    compress(&mut state, &blocks);
    wipe_stack();
    // `black_box` stops the compiler from removing this store.
    blocks = [[0; 64]];
    black_box(&blocks);
    let mut digest = [0; 32];
    let (places, _) = digest.as_chunks_mut();
    places
        .iter_mut()
        .zip(state)
        .for_each(|(to, word)| *to = word.to_be_bytes());
    digest
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| {
        if nibble < 10 {
            b'0' + nibble
        } else {
            b'a' - 10 + nibble
        }
    };
    // As bytes: text that grows by characters takes four times as long.
    let mut digits = vec![0; 2 * bytes.len()];
    let (pairs, _) = digits.as_chunks_mut();
    for (pair, byte) in pairs.iter_mut().zip(bytes) {
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
    String::from_utf8(digits).unwrap_or_default()
}

/// A digest is not secret, but it does not belong in a log.
impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Digest(…)")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_hex())
    }
}

impl Placeholder for Digest {
    fn placeholder() -> Digest {
        Digest([0; 32])
    }
}

impl Decode for Digest {
    fn decode(cursor: &mut Cursor) -> Result<Digest, DecodeError> {
        cursor
            .text()
            .and_then(|text| Digest::from_hex(&text))
            .ok_or(DecodeError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_round_trips_and_nothing_else_is_read() {
        let digest = Digest::of(b"abc");
        let text = digest.to_hex();
        assert_eq!(
            text,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(Digest::from_hex(&text).unwrap().matches(&digest));
        for broken in [
            "",
            "ba",
            &text[1..],
            &text.to_uppercase(),
            &text.replace('b', "g"),
            &format!("{text}00"),
        ] {
            assert!(Digest::from_hex(broken).is_none(), "{broken}");
        }
    }

    #[test]
    fn every_bit_counts() {
        let digest = Digest([0x5a; 32]);
        for bit in 0..256 {
            let mut other = digest.0;
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!digest.matches(&Digest(other)));
        }
    }
}
