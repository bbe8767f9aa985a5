//! Hashes credentials with SHA-256, one block each (FIPS 180-4 §6.2), four at a time in the lanes
//! of `simd128`.
//!
//! The `sha2` crate computes all other hashes. The scalar form here serves tests only: they compare
//! it with `sha2`.

use std::hint::black_box;

use super::HASHED;
use super::digest::INITIAL;
use super::prefix::BlockEnding;
use super::sha256_word::Word;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use super::sha256_word::{of, to_array};

/// The digest of one credential with its block ending.
#[cfg(test)]
pub(super) fn sha256(message: &[u8; HASHED], ending: &BlockEnding) -> [u8; 32] {
    let mut digest = [0; 32];
    let (places, _) = digest.as_chunks_mut::<4>();
    let mut words = block(message, ending);
    places
        .iter_mut()
        .zip(hashed(&mut words))
        .for_each(|(to, word)| *to = word.to_be_bytes());
    wipe(&mut words);
    digest
}

/// The digests of four messages, side by side.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(super) fn sha256_of_four(messages: [(&[u8; HASHED], &BlockEnding); 4]) -> [[u8; 32]; 4] {
    let mut blocks = messages.map(|(message, ending)| block(message, ending));
    let mut words = [Word::splat(0); 16];
    let [a, b, c, d] = &blocks;
    let rows = a.iter().zip(b).zip(c).zip(d);
    for (to, (((a, b), c), d)) in words.iter_mut().zip(rows) {
        *to = of([*a, *b, *c, *d]);
    }
    blocks.iter_mut().for_each(wipe);
    let mut digests = [[0; 32]; 4];
    for (at, words) in hashed(&mut words).into_iter().enumerate() {
        for (digest, word) in digests.iter_mut().zip(to_array(words)) {
            let (places, _) = digest.as_chunks_mut::<4>();
            if let Some(place) = places.get_mut(at) {
                *place = word.to_be_bytes();
            }
        }
    }
    digests
}

/// The words of one block: the message and its ending.
fn block(message: &[u8; HASHED], ending: &BlockEnding) -> [u32; 16] {
    let mut words = [0; 16];
    let (whole, rest) = message.as_chunks::<4>();
    let shared = rest
        .iter()
        .chain([&ending.first])
        .fold(0, |word, byte| word << 8 | u32::from(*byte));
    let all = whole.iter().map(|word| u32::from_be_bytes(*word));
    words
        .iter_mut()
        .zip(all.chain([shared]).chain(ending.words))
        .for_each(|(to, word)| *to = word);
    words
}

/// Zeroes words that held a secret. `black_box` stops the compiler from removing the store.
fn wipe(words: &mut [u32; 16]) {
    *words = [0; 16];
    black_box(words);
}

/// The hash of a block (§6.2.2), with the state in variables. Each round would shift the eight
/// words by one place, and after sixteen rounds they are back at their places. So the macro calls
/// rotate the names of the variables instead.
#[inline(always)]
fn hashed<W: Word>(words: &mut [W; 16]) -> [W; 8] {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = INITIAL.map(W::splat);
    for (sixteen, constants) in CONSTANTS.iter().enumerate() {
        macro_rules! extend {
            ($($at:literal $next:literal $ninth:literal $fourteenth:literal),*) => {$(
                let (first, second) = (words[$next], words[$fourteenth]);
                words[$at] = words[$at]
                    .add(first.rotated_or_shifted::<7, 18, 3>())
                    .add(words[$ninth].add(second.rotated_or_shifted::<17, 19, 10>()));
            )*};
        }
        macro_rules! round {
            ($a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident, $at:literal) => {
                let input = words[$at].add(W::splat(constants[$at]));
                let first = $h
                    .add($e.rotated::<6, 11, 25>())
                    .add($e.choice($f, $g).add(input));
                $d = $d.add(first);
                $h = first.add($a.rotated::<2, 13, 22>().add($a.majority($b, $c)));
            };
        }
        if sixteen > 0 {
            extend!(
                0 1 9 14, 1 2 10 15, 2 3 11 0, 3 4 12 1, 4 5 13 2, 5 6 14 3, 6 7 15 4, 7 8 0 5,
                8 9 1 6, 9 10 2 7, 10 11 3 8, 11 12 4 9, 12 13 5 10, 13 14 6 11, 14 15 7 12, 15 0 8 13
            );
        }
        round!(a b c d e f g h, 0);
        round!(h a b c d e f g, 1);
        round!(g h a b c d e f, 2);
        round!(f g h a b c d e, 3);
        round!(e f g h a b c d, 4);
        round!(d e f g h a b c, 5);
        round!(c d e f g h a b, 6);
        round!(b c d e f g h a, 7);
        round!(a b c d e f g h, 8);
        round!(h a b c d e f g, 9);
        round!(g h a b c d e f, 10);
        round!(f g h a b c d e, 11);
        round!(e f g h a b c d, 12);
        round!(d e f g h a b c, 13);
        round!(c d e f g h a b, 14);
        round!(b c d e f g h a, 15);
    }
    let mut state = [a, b, c, d, e, f, g, h];
    state
        .iter_mut()
        .zip(INITIAL)
        .for_each(|(word, initial)| *word = word.add(W::splat(initial)));
    state
}

/// The round constants (§4.2.2).
const CONSTANTS: [[u32; 16]; 4] = [
    [
        0x428a_2f98,
        0x7137_4491,
        0xb5c0_fbcf,
        0xe9b5_dba5,
        0x3956_c25b,
        0x59f1_11f1,
        0x923f_82a4,
        0xab1c_5ed5,
        0xd807_aa98,
        0x1283_5b01,
        0x2431_85be,
        0x550c_7dc3,
        0x72be_5d74,
        0x80de_b1fe,
        0x9bdc_06a7,
        0xc19b_f174,
    ],
    [
        0xe49b_69c1,
        0xefbe_4786,
        0x0fc1_9dc6,
        0x240c_a1cc,
        0x2de9_2c6f,
        0x4a74_84aa,
        0x5cb0_a9dc,
        0x76f9_88da,
        0x983e_5152,
        0xa831_c66d,
        0xb003_27c8,
        0xbf59_7fc7,
        0xc6e0_0bf3,
        0xd5a7_9147,
        0x06ca_6351,
        0x1429_2967,
    ],
    [
        0x27b7_0a85,
        0x2e1b_2138,
        0x4d2c_6dfc,
        0x5338_0d13,
        0x650a_7354,
        0x766a_0abb,
        0x81c2_c92e,
        0x9272_2c85,
        0xa2bf_e8a1,
        0xa81a_664b,
        0xc24b_8b70,
        0xc76c_51a3,
        0xd192_e819,
        0xd699_0624,
        0xf40e_3585,
        0x106a_a070,
    ],
    [
        0x19a4_c116,
        0x1e37_6c08,
        0x2748_774c,
        0x34b0_bcb5,
        0x391c_0cb3,
        0x4ed8_aa4a,
        0x5b9c_ca4f,
        0x682e_6ff3,
        0x748f_82ee,
        0x78a5_636f,
        0x84c8_7814,
        0x8cc7_0208,
        0x90be_fffa,
        0xa450_6ceb,
        0xbef9_a3f7,
        0xc671_78f2,
    ],
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::value::credential::Prefix;

    proptest! {
        #[test]
        fn a_digest_is_of_the_message_and_eight_bytes_of_the_hash_of_the_prefix(
            message: [u8; HASHED],
            prefix in "[0-9A-Za-z]{1,32}",
        ) {
            let expected = Sha256::new()
                .chain_update(message)
                .chain_update(&Sha256::digest(&prefix)[..8])
                .finalize();
            let prefix = Prefix::parse(&prefix).unwrap();
            prop_assert_eq!(sha256(&message, prefix.ending()), <[u8; 32]>::from(expected));
        }
    }
}
