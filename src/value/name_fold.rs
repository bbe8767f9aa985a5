//! Hashes the skeletons of names, by which unique names are compared: names that read the same are
//! the same, however they were typed.
//!
//! A skeleton is a name in NFKC, in simple case folding, without default ignorable characters (UAX
//! #31 and UTS #39 begin the same way). Lookalikes stay different: `prod-l` is not `prod-1`.
//!
//! All tables have the same version of Unicode. A code point that this version does not assign is
//! refused: a later version could give it another skeleton. The normal forms and case foldings of
//! assigned code points never change (the stability policies of Unicode), whichever version the
//! host has.

use std::error::Error;
use std::fmt;

use sha2::{Digest as _, Sha256};

use super::credential::hex;
use super::name::Name;
use super::name_hash::NameHash;
use super::unicode::{ASSIGNED, FOLDS, VERSION, is_ignorable};
use crate::codec::host::nfkc;

impl NameHash {
    /// The hash of the skeleton of a name.
    ///
    /// # Errors
    /// If the name has an unassigned character, or only ignorable ones.
    pub fn of(name: &Name) -> Result<NameHash, SkeletonError> {
        if let Some(unassigned) = name.as_str().chars().find(|c| !is_assigned(*c)) {
            return Err(SkeletonError::Unassigned(unassigned));
        }
        let skeleton = skeleton(name.as_str());
        if skeleton.is_empty() {
            return Err(SkeletonError::Invisible);
        }
        Ok(NameHash(hex(&Sha256::digest(skeleton))))
    }
}

/// Why a name cannot be compared with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkeletonError {
    /// It has a character that Unicode does not assign.
    Unassigned(char),
    /// It has only ignorable characters.
    Invisible,
}

impl fmt::Display for SkeletonError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SkeletonError::Unassigned(unassigned) => write!(
                formatter,
                "has the character U+{:04X}, which Unicode {VERSION} does not assign; unique names are compared by that version",
                u32::from(*unassigned)
            ),
            SkeletonError::Invisible => formatter.write_str("has no visible character"),
        }
    }
}

impl Error for SkeletonError {}

fn skeleton(text: &str) -> String {
    let mut skeleton = nfkc(text);
    // Folding and dropping can produce a text outside NFKC, and normalising it one that is not
    // folded. Repeat until nothing changes.
    loop {
        let shown = skeleton.chars().filter(|c| !is_ignorable(*c));
        let next = nfkc(&shown.map(fold).collect::<String>());
        if next == skeleton {
            return skeleton;
        }
        skeleton = next;
    }
}

/// The simple case folding of a character.
fn fold(c: char) -> char {
    let code = u32::from(c);
    let mut numbers = Numbers(FOLDS);
    let mut last = 0;
    while let (Some(gap), Some(shape), Some(distance)) = (numbers.next(), numbers.next(), numbers.next()) {
        let (count, step) = (shape / 2, shape % 2 + 1);
        let first = last + gap;
        last = first + count.saturating_sub(1) * step;
        if code < first {
            return c;
        }
        if code <= last {
            if (code - first) % step != 0 {
                return c;
            }
            let half = distance.div_ceil(2);
            let folded = if distance % 2 == 0 {
                code.checked_add(half)
            } else {
                code.checked_sub(half)
            };
            return folded.and_then(char::from_u32).unwrap_or(c);
        }
    }
    c
}

fn is_assigned(c: char) -> bool {
    let (mut end, mut assigned) = (0, true);
    for run in Numbers(ASSIGNED) {
        end += run;
        if u32::from(c) < end {
            return assigned;
        }
        assigned = !assigned;
    }
    false
}

/// Decodes numbers in LEB128.
struct Numbers(&'static [u8]);

impl Iterator for Numbers {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u32::from(byte & 127) << shift;
            shift += 7;
            if byte & 128 == 0 {
                return Some(number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Result<NameHash, SkeletonError> {
        NameHash::of(&Name::parse(text).unwrap())
    }

    /// The character that a case mapping results in, if it is a single one.
    fn only(mut cased: impl Iterator<Item = char>) -> Option<char> {
        let first = cased.next();
        first.filter(|_| cased.next().is_none())
    }

    #[test]
    fn names_that_are_read_alike_are_one() {
        for (one, other) in [
            ("Laptop", "LAPTOP"),
            ("Laptop", "lap\u{200d}top"),
            ("Laptop", "Lap\u{fe0f}top"),
            ("Laptop", "Ｌａｐｔｏｐ"),
            ("Café", "CAFE\u{301}"),
            ("ﬁle", "FILE"),
            ("STRASSE ẞ", "strasse ß"),
            ("ΟΔΟΣ", "οδος"),
            ("ПРОД", "прод"),
            ("a\u{a0}b", "a b"),
            ("㎏", "KG"),
            ("Ⓐ", "a"),
            ("ᾈ", "ᾀ"),
            ("𐐀", "𐐨"),
            ("𞤀", "𞤢"),
        ] {
            assert_eq!(of(one).unwrap(), of(other).unwrap(), "{one:?} and {other:?}");
        }
    }

    #[test]
    fn names_that_only_look_alike_are_two() {
        for (one, other) in [
            ("prod-l", "prod-1"),
            ("prod-O", "prod-0"),
            ("admin", "аdmin"),
            ("Straße", "Strasse"),
            ("I", "ı"),
            ("a b", "ab"),
            ("a-b", "a\u{2010}b"),
        ] {
            assert_ne!(of(one).unwrap(), of(other).unwrap(), "{one:?} and {other:?}");
        }
    }

    #[test]
    fn what_is_assigned_to_nothing_is_refused() {
        for (text, code) in [
            ("new \u{1fae9}", "U+1FAE9"),
            ("\u{378}", "U+0378"),
            ("x\u{fdd0}", "U+FDD0"),
        ] {
            let message = of(text).unwrap_err().to_string();
            assert!(
                message.contains(code) && message.contains("Unicode 15.0"),
                "{message}"
            );
        }
        // The last code point that this version assigns.
        assert!(of("\u{1fae8}").is_ok());
        assert_eq!(of("\u{200d}"), Err(SkeletonError::Invisible));
    }

    #[test]
    fn what_is_assigned_has_a_case_and_a_normal_form_that_later_versions_have_too() {
        let mut assigned: Vec<char> = Vec::new();
        let mut end = 0;
        for (turn, run) in Numbers(ASSIGNED).enumerate() {
            if turn % 2 == 0 {
                assigned.extend((end..end + run).filter_map(char::from_u32));
            }
            end += run;
        }
        // The total in DerivedAge.txt of this version, without surrogates (2,048) and noncharacters
        // (66).
        assert_eq!(assigned.len(), 288_833 - 2_048 - 66);
        let is_known = |c: char| assigned.binary_search(&c).is_ok();
        for c in assigned.iter().copied() {
            let folded = fold(c);
            assert_eq!(fold(folded), folded, "{c:?}");
            // The standard library has a later version, and case mappings but no folding. The two
            // agree if the mapping is a single character.
            let (upper, lower) = (only(c.to_uppercase()), only(c.to_lowercase()));
            // The Turkish letters have a case mapping of their own, which folding ignores.
            if !matches!(c, 'ı' | 'İ') {
                for cased in [upper, lower].into_iter().flatten().filter(|c| is_known(*c)) {
                    assert_eq!(fold(cased), folded, "{c:?} and {cased:?}");
                }
            }
            let skeleton = skeleton(c.encode_utf8(&mut [0; 4]));
            assert!(skeleton.chars().all(|c| is_known(c) && !is_ignorable(c)), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn a_skeleton_is_its_own(text in "\\PC{0,40}") {
            let once = skeleton(&text);
            prop_assert_eq!(&skeleton(&once), &once);
        }
    }
}
