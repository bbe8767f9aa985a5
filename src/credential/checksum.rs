//! The six last characters of a credential: a CRC-32 in base62, as npm and GitHub write it. It is no secret and no
//! signature; it lets a typing error or a made-up text be refused before a store is asked.

use crc::{CRC_32_ISO_HDLC, Crc, Table};

use super::base62;

/// One table of 1 KiB: the artefact is shipped to browsers.
static CRC_32: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISO_HDLC);

/// Length of a checksum.
pub(super) const LENGTH: usize = 6;

/// The checksum of a body.
pub(super) fn of(body: &[u8]) -> [u8; LENGTH] {
    let mut digits = [0; LENGTH];
    base62::encode(&mut CRC_32.checksum(body).to_be_bytes(), &mut digits);
    digits
}

/// Whether digits are the checksum of a body. A number has one text, so the numbers are compared.
pub(super) fn is_of(body: &[u8], digits: &[u8; LENGTH]) -> bool {
    base62::decode(digits) == u64::from(CRC_32.checksum(body))
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
        let (body, checksum) = body.split_at(body.len() - LENGTH);
        assert_eq!(of(body.as_bytes()), checksum.as_bytes());
        assert!(is_of(body.as_bytes(), checksum.as_bytes().as_array().unwrap()));
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
        // As a number of 32 bits it would be the checksum of nothing.
        assert!(!is_of(b"", b"4gfFC4"));
    }
}
