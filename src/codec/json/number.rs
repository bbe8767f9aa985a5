//! Whole numbers as text, and as JavaScript holds them.

/// The largest whole number that JavaScript holds exactly, 2^53 − 1.
pub(crate) const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// A whole number as everybody writes it: digits alone, and no zero in front of others.
pub(crate) fn plain_whole(digits: &str) -> Option<u64> {
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    digits.bytes().try_fold(0u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// Writes a whole number. The standard library's way comes with all of its formatting.
pub(crate) fn write_whole(mut number: u64, to: &mut Vec<u8>) {
    let start = to.len();
    loop {
        // One digit: the cast is exact.
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

/// A whole number that a double holds exactly.
pub(crate) fn whole_exact(number: f64) -> Option<u64> {
    // Both ends are exact in a double, and NaN is in no range.
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
