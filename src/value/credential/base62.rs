//! Encodes and decodes base62 with fixed widths, `0-9A-Za-z`: text order is numeric order. Written
//! here so that the digits of a secret are found without branches, and buffers are zeroed.

use zeroize::Zeroize;

/// Whether every byte is a base62 digit. It checks eight at once: one by one takes a third of the
/// time of the hash.
pub(super) fn is_base62(text: &[u8]) -> bool {
    let (eights, rest) = text.as_chunks::<8>();
    eights.iter().all(|eight| are_digits(u64::from_le_bytes(*eight)))
        && rest.iter().all(u8::is_ascii_alphanumeric)
}

/// For each byte below 128, adding `0x80 - first` sets the highest bit if the byte is at least
/// `first`. A byte of 128 or more is never a digit, so its carry into the next byte does not
/// matter.
fn are_digits(bytes: u64) -> bool {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let from = |bytes: u64, first: u8| bytes.wrapping_add(EACH * u64::from(0x80 - first));
    let lower = bytes | (EACH * 0x20);
    let digit = from(bytes, b'0') & !from(bytes, b'9' + 1);
    let letter = from(lower, b'a') & !from(lower, b'z' + 1);
    (digit | letter) & !bytes & (EACH * 0x80) == EACH * 0x80
}

/// Writes the low digits of a big-endian number to `out`. The number has a multiple of four bytes,
/// and is consumed (zeroed).
///
/// The digits are uniform to within 62^digits / 256^bytes: 2^-77 for 30 digits of 32 bytes.
pub(super) fn encode(number: &mut [u8], out: &mut [u8]) {
    let (words, _) = number.as_chunks_mut::<4>();
    for (divisions, digits) in out.rchunks_mut(DIGITS).enumerate() {
        let mut remainder = 0;
        // Each division has taken more than 29 bits off the number, so its first words are zero.
        for word in words.iter_mut().skip(29 * divisions / 32) {
            let value = remainder << 32 | u64::from(u32::from_be_bytes(*word));
            // The quotient of a number below DIVISOR · 2^32 by DIVISOR fits four bytes.
            *word = u32::try_from(value / DIVISOR).unwrap_or(u32::MAX).to_be_bytes();
            remainder = value % DIVISOR;
        }
        let mut rest = u32::try_from(remainder).unwrap_or(u32::MAX);
        for digit in digits.iter_mut().rev() {
            *digit = symbol(rest % 62);
            rest /= 62;
        }
    }
    number.zeroize();
}

/// How many digits one division of the number gives.
const DIGITS: usize = 5;

/// The number of values of so many digits: between 2^29 and 2^30.
const DIVISOR: u64 = 62u64.pow(5);

/// The digit of a value below 62, without a branch or a table lookup that depends on a secret.
fn symbol(value: u32) -> u8 {
    let value = u8::try_from(value).unwrap_or(0);
    let upper = u8::from(value >= 10) * (b'A' - b'0' - 10);
    let lower = u8::from(value >= 36) * (b'a' - b'A' - 26);
    b'0' + value + upper + lower
}

/// The number that the digits represent. With more than ten digits, the high ones overflow.
pub(super) fn decode(digits: &[u8]) -> u64 {
    digits.iter().fold(0u64, |number, digit| {
        number.wrapping_mul(62).wrapping_add(u64::from(value(*digit)))
    })
}

/// The value of a digit.
fn value(digit: u8) -> u8 {
    match digit {
        b'a'.. => digit.wrapping_sub(b'a' - 36),
        b'A'.. => digit.wrapping_sub(b'A' - 10),
        _ => digit.wrapping_sub(b'0'),
    }
}

/// The digit with the complementary value. Replacing each digit reverses the order of texts, so
/// that ascending keys list the newest first.
pub(super) fn mirror(digit: u8) -> u8 {
    symbol(u32::from(61u8.saturating_sub(value(digit))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    #[test]
    fn symbols_are_the_alphabet() {
        for (number, digit) in ALPHABET.iter().enumerate() {
            assert_eq!(symbol(u32::try_from(number).unwrap()), *digit);
            assert_eq!(usize::from(value(*digit)), number);
            assert_eq!(mirror(*digit), ALPHABET[61 - number]);
        }
        assert!(ALPHABET.is_sorted());
    }

    #[test]
    fn every_byte_is_a_digit_or_not() {
        for byte in 0..=u8::MAX {
            for at in 0..20 {
                let mut text = [b'a'; 20];
                text[at] = byte;
                assert_eq!(is_base62(&text), ALPHABET.contains(&byte));
            }
        }
    }

    #[test]
    fn digits_of_known_numbers() {
        for (number, digits) in [
            (0u64, "000000"),
            (61, "00000z"),
            (62, "000010"),
            (u64::from(u32::MAX), "4gfFC3"),
        ] {
            let mut out = [0; 6];
            encode(&mut number.to_be_bytes(), &mut out);
            assert_eq!(out, digits.as_bytes());
            assert_eq!(decode(&out), number);
        }
    }

    #[test]
    fn digits_of_large_numbers_are_those_of_long_division() {
        let mut seed = 1u64;
        for round in 0..2_000 {
            let mut bytes = [0; 32];
            for byte in &mut bytes {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                // The largest numbers have all their words until the last division.
                *byte = if round % 4 == 0 { 0xff } else { (seed >> 56) as u8 };
            }
            let mut rest = bytes;
            let mut expected = [0; 30];
            for digit in expected.iter_mut().rev() {
                let mut remainder = 0;
                for byte in &mut rest {
                    let value = remainder << 8 | u32::from(*byte);
                    *byte = u8::try_from(value / 62).unwrap();
                    remainder = value % 62;
                }
                *digit = ALPHABET[remainder as usize];
            }
            let mut out = [0; 30];
            encode(&mut bytes, &mut out);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn the_number_is_wiped() {
        let mut number = [0xa5; 32];
        encode(&mut number, &mut [0; 30]);
        assert_eq!(number, [0; 32]);
    }
}
