//! Which ids of a vocabulary a list holds, as text: one bit an id, the lowest first, six bits a
//! character in the alphabet of RFC 4648 section 5, without padding. Unused bits of the last
//! character are 0, so equal sets have equal text.

use super::PermissionSet;

/// The bits in one character.
const BITS: usize = 6;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The text of a set over `size` ids.
pub(crate) fn write(set: &PermissionSet, size: usize) -> String {
    let characters = (0..size).step_by(BITS).map(|from| {
        let bits = usize::try_from(set.bits(from, BITS.min(size - from))).unwrap_or_default();
        char::from(ALPHABET.get(bits).copied().unwrap_or_default())
    });
    characters.collect()
}

/// The set over `size` ids of a text; `None` if the text is not of that size.
pub(crate) fn read(text: &str, size: usize) -> Option<PermissionSet> {
    if text.len() != size.div_ceil(BITS) {
        return None;
    }
    let mut set = PermissionSet::empty(size);
    for (at, character) in text.bytes().enumerate() {
        let (from, bits) = (at * BITS, bits_of(character)?);
        if size - from < BITS && bits >> (size - from) != 0 {
            return None;
        }
        set.insert_bits(from, bits);
    }
    Some(set)
}

/// Whether a text has only characters of the alphabet, and at least one.
pub(crate) fn is(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|character| bits_of(character).is_some())
}

fn bits_of(character: u8) -> Option<u64> {
    let bits = match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    };
    Some(bits.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_set_is_read_as_it_was_written(size in 1_usize..300, members in proptest::collection::vec(0_usize..300, 0..300)) {
            let mut set = PermissionSet::empty(size);
            members.into_iter().filter(|index| *index < size).for_each(|index| { set.insert(index); });
            let text = write(&set, size);
            prop_assert!(is(&text));
            prop_assert_eq!(read(&text, size), Some(set));
        }

        #[test]
        fn what_is_read_is_written_alike(size in 1_usize..40, text in "[A-Za-z0-9_-]{0,8}|[AB\\+=]{1,7}") {
            if let Some(set) = read(&text, size) {
                prop_assert_eq!(write(&set, size), text);
            }
        }
    }
}
