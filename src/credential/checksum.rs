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
    }
}
