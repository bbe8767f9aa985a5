//! Parses and writes whole numbers, within the range that JavaScript holds exactly.

use crate::codec::host::write_decimal;

/// The largest whole number that JavaScript holds exactly (`Number.MAX_SAFE_INTEGER`), 2^53 − 1.
pub(crate) const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Parses a whole number in its usual form: only digits, without a leading zero.
pub(crate) fn plain_whole(digits: &str) -> Option<u64> {
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    digits.bytes().try_fold(0u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// Writes a whole number. `Display` of the standard library would add all of its formatting code to
/// the module.
pub(crate) fn write_whole(mut number: u64, to: &mut Vec<u8>) {
    let start = to.len();
    loop {
        // A single digit: the cast is exact.
        #[allow(clippy::cast_possible_truncation)]
        to.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    if let Some(digits) = to.get_mut(start..) {
        digits.reverse();
    }
}

/// Writes a finite number in the form of RFC 8785 (section 3.2.2.3), which is that of JavaScript.
pub(crate) fn write_number(number: f64, to: &mut Vec<u8>) {
    match whole_exact(number.abs()) {
        Some(whole) => {
            if number < 0.0 {
                to.push(b'-');
            }
            write_whole(whole, to);
        }
        None => write_decimal(number, to),
    }
}

/// The whole number in a double, from 0 to 2^53 − 1; `None` for any other number.
pub(crate) fn whole_exact(number: f64) -> Option<u64> {
    // Both ends of the range are exact in a double, and no range contains NaN.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )]
    ((0.0..=MAX_SAFE_INTEGER as f64).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_written_and_read_as_the_standard_library_does(number: u64, text in "[0-9+-]{0,3}|[0-9]{18,21}") {
            let mut written = Vec::new();
            write_whole(number, &mut written);
            prop_assert_eq!(&String::from_utf8(written).unwrap(), &number.to_string());
            let plain = text.parse::<u64>().ok().filter(|number| number.to_string() == text);
            prop_assert_eq!(plain_whole(&text), plain);
        }
    }
}
