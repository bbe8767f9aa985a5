//! The six last characters of a credential: a CRC-32 in base62, as npm and GitHub write it. It is no secret and no
//! signature; it lets a typing error or a made-up text be refused before a store is asked.

use std::hint::black_box;
use std::sync::LazyLock;

use crc::{Algorithm, CRC_32_ISO_HDLC, Crc, Table};

use super::base62;

/// CRC-32 without its initial value, which [`sum`] puts into the text: so zeros before the text change nothing.
static FROM_ZERO: Algorithm<u32> = Algorithm {
    init: 0,
    ..CRC_32_ISO_HDLC
};

/// Sixteen bytes at a time, a quarter of the time of one after the other. A constant that is worked out when it is first needed, because
/// 16 KiB that do not compress are quicker made than downloaded.
static CRC_32: LazyLock<Box<Crc<u32, Table<16>>>> =
    LazyLock::new(|| Box::new(Crc::<u32, Table<16>>::new(&FROM_ZERO)));

/// Length of a checksum.
pub(super) const LENGTH: usize = 6;

/// The longest body: three steps of sixteen bytes.
const MAX_LENGTH: usize = 48;

/// The checksum of a body.
pub(super) fn of<const N: usize>(body: &[u8; N]) -> [u8; LENGTH] {
    let mut digits = [0; LENGTH];
    base62::encode(&mut sum(body).to_be_bytes(), &mut digits);
    digits
}

/// Whether digits are the checksum of a body. A number has one text, so the numbers are compared.
pub(super) fn is_of<const N: usize>(body: &[u8; N], digits: &[u8; LENGTH]) -> bool {
    base62::decode(digits) == u64::from(sum(body))
}

/// CRC-32 of four bytes or more.
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
    // It has a secret in it, and the compiler cannot take this for dead.
    padded = [0; MAX_LENGTH];
    black_box(&padded);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dummy that npm published with its token format.
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
        // As a number of 32 bits it would be the checksum of this.
        assert_eq!(of(b"\xff\xff\xff\xff"), *b"4gfFC3");
        assert!(!is_of(b"\xff\xff\xff\xff", b"4gfFC4"));
    }
}
