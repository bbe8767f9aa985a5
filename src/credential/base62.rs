//! Base62 in fixed widths, `0-9A-Za-z`: text order is numeric order.

use zeroize::Zeroize;

/// Whether every byte is a digit of base62. All are looked at: without an early end the compiler takes sixteen at a time.
pub(super) fn is_base62(text: &[u8]) -> bool {
    text.iter()
        .fold(true, |all, byte| all & byte.is_ascii_alphanumeric())
}

/// Writes the low digits of a big-endian number into `out`; the number is consumed (zeroed).
///
/// The digits are uniform to within 62^digits / 256^bytes: 2^-77 for 30 digits of 32 bytes.
pub(super) fn encode(number: &mut [u8], out: &mut [u8]) {
    for digit in out.iter_mut().rev() {
        let mut remainder = 0u16;
        for byte in number.iter_mut() {
            let value = remainder << 8 | u16::from(*byte);
            // The quotient of a number below 62 · 256 by 62 fits a byte.
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            remainder = value % 62;
        }
        *digit = symbol(remainder);
    }
    number.zeroize();
}

/// The digit of a value below 62, found without a branch or a table look-up that depends on a secret.
fn symbol(value: u16) -> u8 {
    let value = u8::try_from(value).unwrap_or(0);
    let upper = u8::from(value >= 10) * (b'A' - b'0' - 10);
    let lower = u8::from(value >= 36) * (b'a' - b'A' - 26);
    b'0' + value + upper + lower
}

/// The number that digits stand for; of more than ten digits only the low ones fit.
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

/// The digit with which each one is replaced to turn the order round: newest first by ascending key.
pub(super) fn mirror(digit: u8) -> u8 {
    symbol(u16::from(61u8.saturating_sub(value(digit))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    #[test]
    fn symbols_are_the_alphabet() {
        for (number, digit) in ALPHABET.iter().enumerate() {
            assert_eq!(symbol(u16::try_from(number).unwrap()), *digit);
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
    fn the_number_is_wiped() {
        let mut number = [0xa5; 32];
        encode(&mut number, &mut [0; 30]);
        assert_eq!(number, [0; 32]);
    }
}
