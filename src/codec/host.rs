//! Functions that a JavaScript host provides: Unicode normal forms, lower case, and decimal
//! numbers. Their tables and code would be a third of a small module.
//!
//! With the feature `js-host`, a binding package defines these functions by the names below, and
//! the linker resolves them. Without it, the crate uses its own. Both return the same results.

#[cfg(feature = "js-host")]
#[allow(unsafe_code)] // A declaration: what is called is safe Rust, of the same compiler.
mod linked {
    unsafe extern "Rust" {
        #[link_name = "leastkey_host_nfc"]
        pub(crate) safe fn nfc(text: &str) -> String;
        #[cfg(feature = "manage")]
        #[link_name = "leastkey_host_nfkc"]
        pub(crate) safe fn nfkc(text: &str) -> String;
        #[cfg(feature = "manage")]
        #[link_name = "leastkey_host_lower_case"]
        pub(crate) safe fn lower_case(text: &str) -> String;
        #[link_name = "leastkey_host_parse_decimal"]
        pub(crate) safe fn parse_decimal(text: &str) -> f64;
        #[link_name = "leastkey_host_write_decimal"]
        pub(crate) safe fn write_decimal(number: f64, to: &mut Vec<u8>);
    }
}
#[cfg(feature = "js-host")]
pub(crate) use linked::*;

#[cfg(not(feature = "js-host"))]
mod own {
    #[cfg(feature = "manage")]
    use unicode_normalization::UnicodeNormalization as _;
    use unicode_normalization::char::{canonical_combining_class, compose, decompose_canonical};

    use crate::codec::sort::sorted_by_count;

    /// The text in normal form NFC (UAX #15), by the tables of single characters: the library's
    /// function for texts links the tables of NFKC too, which are half of all of them.
    pub(crate) fn nfc(text: &str) -> String {
        if text.is_ascii() {
            return text.to_owned();
        }
        let mut decomposed = Vec::new();
        text.chars()
            .for_each(|written| decompose_canonical(written, |part| decomposed.push(part)));
        composed(in_canonical_order(decomposed))
    }

    /// The characters with their combining classes. Between two of class 0, they are sorted by
    /// their class.
    fn in_canonical_order(characters: Vec<char>) -> Vec<(u8, char)> {
        let mut run = 0;
        let ranked = characters.into_iter().map(|character| {
            let class = canonical_combining_class(character);
            run += usize::from(class == 0);
            (run * 256 + usize::from(class), (class, character))
        });
        let sorted = sorted_by_count(ranked.collect(), |(rank, _)| *rank);
        sorted.into_iter().map(|(_, classed)| classed).collect()
    }

    /// Composes each character with the last one of class 0 before it, unless one between the two
    /// prevents it.
    fn composed(characters: Vec<(u8, char)>) -> String {
        let mut text: Vec<char> = Vec::with_capacity(characters.len());
        let mut starter = None;
        let mut class_before = None;
        for (class, character) in characters {
            let first = starter.and_then(|at: usize| text.get_mut(at));
            if let Some(first) = first
                && class_before.is_none_or(|before| before < class)
                && let Some(both) = compose(*first, character)
            {
                *first = both;
                continue;
            }
            class_before = Some(class);
            if class == 0 {
                starter = Some(text.len());
                class_before = None;
            }
            text.push(character);
        }
        text.into_iter().collect()
    }

    /// The text in normal form NFKC.
    #[cfg(feature = "manage")]
    pub(crate) fn nfkc(text: &str) -> String {
        text.nfkc().collect()
    }

    /// The text in lower case, for searches.
    #[cfg(feature = "manage")]
    pub(crate) fn lower_case(text: &str) -> String {
        text.to_lowercase()
    }

    /// The double that is nearest to a JSON number.
    pub(crate) fn parse_decimal(text: &str) -> f64 {
        text.parse().unwrap_or(f64::NAN)
    }

    /// Writes a number as JavaScript does (ECMA-262, Number::toString).
    pub(crate) fn write_decimal(number: f64, to: &mut Vec<u8>) {
        to.extend_from_slice(ryu_js::Buffer::new().format(number).as_bytes());
    }
}
#[cfg(not(feature = "js-host"))]
pub(crate) use own::*;

#[cfg(all(test, not(feature = "js-host")))]
mod tests {
    use unicode_normalization::UnicodeNormalization as _;

    use super::nfc;

    /// Characters that compose, are reordered, or prevent either.
    const PARTS: [char; 18] = [
        'e', 'a', 'q', '\u{301}', '\u{300}', '\u{327}', '\u{31b}', '\u{323}', '\u{308}', '\u{345}',
        '\u{1100}', '\u{1161}', '\u{11a8}', '\u{ac00}', '\u{9c7}', '\u{9be}', '\u{344}', '\u{958}',
    ];

    fn is_as_of_the_library(text: &str) {
        assert_eq!(
            nfc(text),
            text.nfc().collect::<String>(),
            "{}",
            text.escape_unicode()
        );
    }

    #[test]
    fn every_character_has_the_normal_form_of_the_library() {
        let mut changed = 0;
        for character in '\0'..=char::MAX {
            for text in [
                format!("{character}"),
                format!("e{character}\u{301}"),
                format!("{character}\u{327}"),
            ] {
                is_as_of_the_library(&text);
                changed += usize::from(nfc(&text) != text);
            }
        }
        assert!(changed > 3_000, "{changed}");
    }

    #[test]
    fn combinations_have_the_normal_form_of_the_library() {
        let count = PARTS.len();
        for number in 0..count.pow(4) {
            let places = [0, 1, 2, 3].map(|place| number / count.pow(place) % count);
            let text: String = places.iter().filter_map(|place| PARTS.get(*place)).collect();
            is_as_of_the_library(&text);
        }
    }
}
