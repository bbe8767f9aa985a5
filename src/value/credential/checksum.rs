//! Computes the checksum of a credential, its last six characters: a CRC-32 in base62, as npm and
//! GitHub write it.
//!
//! It is neither secret nor a signature. It allows a mistyped or invented text to be refused
//! without a read of the store.

use std::hint::black_box;
use std::sync::LazyLock;

use crc::{Algorithm, CRC_32_ISO_HDLC, Crc, Table};

use super::base62;

/// CRC-32 with an initial value of 0, so that leading zeros do not change the result. [`sum`]
/// applies the initial value to the text instead.
static FROM_ZERO: Algorithm<u32> = Algorithm {
    init: 0,
    ..CRC_32_ISO_HDLC
};

/// The tables for sixteen bytes per step, which takes a quarter of the time of single bytes.
/// Computed on first use: 16 KiB that do not compress are faster to compute than to download.
static CRC_32: LazyLock<Box<Crc<u32, Table<16>>>> =
    LazyLock::new(|| Box::new(Crc::<u32, Table<16>>::new(&FROM_ZERO)));

/// The length of a checksum.
pub(super) const LENGTH: usize = 6;

/// The longest body: three steps of sixteen bytes.
const MAX_LENGTH: usize = 48;

/// The checksum of a body.
pub(super) fn of<const N: usize>(body: &[u8; N]) -> [u8; LENGTH] {
    let mut digits = [0; LENGTH];
    base62::encode(&mut sum(body).to_be_bytes(), &mut digits);
    digits
}

/// Whether `digits` are the checksum of `body`. Each number has one text, so the numbers are
/// compared.
pub(super) fn is_of<const N: usize>(body: &[u8; N], digits: &[u8; LENGTH]) -> bool {
    base62::decode(digits) == u64::from(sum(body))
}

/// The CRC-32 of four bytes or more.
fn sum<const N: usize>(body: &[u8; N]) -> u32 {
    const { assert!(4 <= N && N <= MAX_LENGTH) };
    let mut padded = [0; MAX_LENGTH];
    if let Some((to, _)) = padded.last_chunk_mut::<N>().and_then(|end| {
        *end = *body;
        end.split_first_chunk_mut::<4>()
    }) {
        *to = to.map(|byte| !byte);
    }
    let sum = CRC_32.checksum(&padded);
    // The buffer has held a secret. `black_box` stops the compiler from removing this store.
    padded = [0; MAX_LENGTH];
    black_box(&padded);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dummy token that npm published with its token format.
    #[test]
    fn npm_public_dummy() {
        let body = "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"
            .strip_prefix("npm_")
            .unwrap();
        let (body, checksum) = body.as_bytes().split_first_chunk::<30>().unwrap();
        assert_eq!(of(body), checksum);
        assert!(is_of(body, checksum.as_array().unwrap()));
    }

    #[test]
    fn no_other_digits_are_the_checksum() {
        let right = of(b"body");
        for at in 0..LENGTH {
            for digit in (0..=u8::MAX).filter(u8::is_ascii_alphanumeric) {
                let mut digits = right;
                digits[at] = digit;
                assert_eq!(is_of(b"body", &digits), digits == right);
            }
        }
        // `4gfFC4` is 2^32: a decoder that saturates at 32 bits would accept it.
        assert_eq!(of(b"\xff\xff\xff\xff"), *b"4gfFC3");
        assert!(!is_of(b"\xff\xff\xff\xff", b"4gfFC4"));
    }
}
