//! The tag of a credential: a keyed hash by which the token cache recognises a text that it has
//! verified before. It costs a quarter of the digest.
//!
//! It is BLAKE3 in keyed mode (<https://github.com/BLAKE3-team/BLAKE3-specs>, §2), of one block,
//! cut to 128 bits. The key is random and never leaves its instance. Equal tags mean equal texts,
//! except with a probability of 2^-128 per attempt. The memory of an instance tells no more about a
//! secret than its digest does.
//!
//! Written here and not taken from the `blake3` crate, whose code for inputs of any length does not
//! fit the small module. The tests compare both.

use std::fmt;
use std::hint::black_box;

use super::digest::INITIAL;
use super::word::Word;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use super::word::{of, to_array};
use super::{BODY, Body};

/// The key of the tags of one instance.
#[derive(Clone)]
pub struct TagKey([u32; 8]);

/// The first 128 bits of a keyed hash.
#[derive(Clone, Copy, Default)]
pub(crate) struct CredentialTag([u32; 4]);

impl TagKey {
    /// A key from the host's random number generator. `None` if all bytes are zero: only a broken
    /// generator gives them.
    #[must_use]
    pub fn new(random: &[u8; 32]) -> Option<TagKey> {
        let (words, _) = random.as_chunks::<4>();
        let mut key = [0; 8];
        key.iter_mut()
            .zip(words)
            .for_each(|(to, word)| *to = u32::from_le_bytes(*word));
        (key != [0; 8]).then_some(TagKey(key))
    }

    /// The tag of a credential.
    #[inline(always)]
    pub(crate) fn tag(&self, body: Body) -> CredentialTag {
        CredentialTag(compress(&self.0, block(|at| word(body, at))))
    }

    /// The tags of four credentials. With four-lane SIMD this is faster than one by one.
    #[inline(always)]
    pub(crate) fn tag_four(&self, [a, b, c, d]: [Body; 4]) -> [CredentialTag; 4] {
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        {
            let lanes = block(|at| of([word(a, at), word(b, at), word(c, at), word(d, at)]));
            let [
                [a0, b0, c0, d0],
                [a1, b1, c1, d1],
                [a2, b2, c2, d2],
                [a3, b3, c3, d3],
            ] = compress(&self.0, lanes).map(to_array);
            [
                [a0, a1, a2, a3],
                [b0, b1, b2, b3],
                [c0, c1, c2, c3],
                [d0, d1, d2, d3],
            ]
            .map(CredentialTag)
        }
        #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
        [a, b, c, d].map(|body| self.tag(body))
    }
}

impl CredentialTag {
    /// Compares two tags in constant time: the differences are collected and tested once.
    #[inline(always)]
    pub(crate) fn is(&self, other: &CredentialTag) -> bool {
        let differing = self.0.iter().zip(other.0);
        black_box(differing.fold(0, |differing, (one, other)| differing | (one ^ other))) == 0
    }
}

/// The key is a secret of its instance.
impl fmt::Debug for TagKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TagKey(…)")
    }
}

impl fmt::Debug for CredentialTag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CredentialTag(…)")
    }
}

/// A word of a body; zeros follow its end.
#[inline(always)]
fn word(Body(body): Body, at: usize) -> u32 {
    const { assert!(BODY == 13 * 4 + 1) };
    let (words, rest) = body.as_chunks::<4>();
    match (words.get(at), at) {
        (Some(word), _) => u32::from_le_bytes(*word),
        (None, 13) => rest.first().map_or(0, |byte| u32::from(*byte)),
        _ => 0,
    }
}

/// The words of a block. Each is named, so that all are in registers: in an array in memory they
/// would have to be wiped.
#[inline(always)]
fn block<W>(word: impl Fn(usize) -> W) -> [W; 16] {
    [
        word(0),
        word(1),
        word(2),
        word(3),
        word(4),
        word(5),
        word(6),
        word(7),
        word(8),
        word(9),
        word(10),
        word(11),
        word(12),
        word(13),
        word(14),
        word(15),
    ]
}

/// The flags of a block that is the first, the last and the root, in keyed mode (§2.2, table 3).
const FLAGS: u32 = 1 | 2 | 8 | 16;

/// Compresses a block with a key (§2.2), and returns the first four words of the output.
#[inline(always)]
#[expect(
    unused_assignments,
    reason = "the last round computes words that are not part of the tag"
)]
fn compress<W: Word>(key: &[u32; 8], words: [W; 16]) -> [W; 4] {
    // Each by itself: `map` would copy the key through memory.
    let [k0, k1, k2, k3, k4, k5, k6, k7] = *key;
    let (mut a0, mut a1, mut a2, mut a3) = (W::splat(k0), W::splat(k1), W::splat(k2), W::splat(k3));
    let (mut b0, mut b1, mut b2, mut b3) = (W::splat(k4), W::splat(k5), W::splat(k6), W::splat(k7));
    // The initial state is that of SHA-256.
    let [mut c0, mut c1, mut c2, mut c3, ..] = INITIAL.map(W::splat);
    let [mut d0, mut d1] = [W::splat(0); 2];
    let (mut d2, mut d3) = (W::splat(BODY as u32), W::splat(FLAGS));
    macro_rules! mix {
        ($a:ident $b:ident $c:ident $d:ident, $one:literal $other:literal) => {
            $a = $a.add($b).add(words[$one]);
            $d = $d.xor($a).rotate_right::<16>();
            $c = $c.add($d);
            $b = $b.xor($c).rotate_right::<12>();
            $a = $a.add($b).add(words[$other]);
            $d = $d.xor($a).rotate_right::<8>();
            $c = $c.add($d);
            $b = $b.xor($c).rotate_right::<7>();
        };
    }
    // The columns, then the diagonals. The numbers are the order of the words in each round.
    macro_rules! round {
        (
            $i0:literal $i1:literal $i2:literal $i3:literal $i4:literal $i5:literal $i6:literal $i7:literal
            $i8:literal $i9:literal $ia:literal $ib:literal $ic:literal $id:literal $ie:literal $if:literal
        ) => {
            mix!(a0 b0 c0 d0, $i0 $i1);
            mix!(a1 b1 c1 d1, $i2 $i3);
            mix!(a2 b2 c2 d2, $i4 $i5);
            mix!(a3 b3 c3 d3, $i6 $i7);
            mix!(a0 b1 c2 d3, $i8 $i9);
            mix!(a1 b2 c3 d0, $ia $ib);
            mix!(a2 b3 c0 d1, $ic $id);
            mix!(a3 b0 c1 d2, $ie $if);
        };
    }
    round!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    round!(2 6 3 10 7 0 4 13 1 11 12 5 9 14 15 8);
    round!(3 4 10 12 13 2 7 14 6 5 9 0 11 15 8 1);
    round!(10 7 12 9 14 3 13 15 4 0 11 2 5 8 1 6);
    round!(12 13 9 11 15 10 14 8 7 2 5 3 0 1 6 4);
    round!(9 14 11 5 8 12 15 1 13 3 0 10 2 6 4 7);
    round!(11 15 5 0 1 9 8 6 14 10 2 12 3 4 7 13);
    [a0.xor(c0), a1.xor(c1), a2.xor(c2), a3.xor(c3)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(CredentialTag(words): CredentialTag) -> Vec<u8> {
        words.into_iter().flat_map(u32::to_le_bytes).collect()
    }

    proptest! {
        #[test]
        fn a_tag_is_the_start_of_the_keyed_hash(key: [u8; 32], bodies: [[u8; BODY]; 4]) {
            prop_assume!(key != [0; 32]);
            let tag_key = TagKey::new(&key).unwrap();
            let four = tag_key.tag_four(bodies.each_ref().map(Body));
            for (body, tag) in bodies.iter().zip(four) {
                let expected = blake3::keyed_hash(&key, body);
                prop_assert_eq!(bytes(tag), &expected.as_bytes()[..16]);
                prop_assert!(tag_key.tag(Body(body)).is(&tag));
            }
        }
    }

    #[test]
    fn every_bit_of_a_tag_counts() {
        let tag = CredentialTag([0x5a5a_5a5a; 4]);
        assert!(tag.is(&tag));
        for bit in 0..128 {
            let mut other = tag;
            other.0[bit / 32] ^= 1 << (bit % 32);
            assert!(!tag.is(&other));
        }
    }

    #[test]
    fn a_broken_generator_gives_no_key() {
        assert!(TagKey::new(&[0; 32]).is_none());
        assert!(TagKey::new(&[1; 32]).is_some());
    }
}
