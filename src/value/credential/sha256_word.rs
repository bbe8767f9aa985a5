//! The word operations of SHA-256 (FIPS 180-4 §4.1.2), on one word or on the four lanes of
//! `simd128`.

/// A 32-bit word, or one word each of several messages.
pub(super) trait Word: Copy {
    /// The same word in each lane.
    fn splat(word: u32) -> Self;
    fn add(self, other: Self) -> Self;
    /// Takes each bit from `one` where `self` has a 1, from `other` where it has a 0.
    fn choice(self, one: Self, other: Self) -> Self;
    fn majority(self, one: Self, other: Self) -> Self;
    fn rotated<const A: u32, const B: u32, const C: u32>(self) -> Self;
    fn rotated_or_shifted<const A: u32, const B: u32, const C: u32>(self) -> Self;
}

impl Word for u32 {
    #[inline(always)]
    fn splat(word: u32) -> u32 {
        word
    }

    #[inline(always)]
    fn add(self, other: u32) -> u32 {
        self.wrapping_add(other)
    }

    #[inline(always)]
    fn choice(self, one: u32, other: u32) -> u32 {
        other ^ (self & (one ^ other))
    }

    #[inline(always)]
    fn majority(self, one: u32, other: u32) -> u32 {
        (self & one) | (other & (self | one))
    }

    #[inline(always)]
    fn rotated<const A: u32, const B: u32, const C: u32>(self) -> u32 {
        self.rotate_right(A) ^ self.rotate_right(B) ^ self.rotate_right(C)
    }

    #[inline(always)]
    fn rotated_or_shifted<const A: u32, const B: u32, const C: u32>(self) -> u32 {
        self.rotate_right(A) ^ self.rotate_right(B) ^ (self >> C)
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(super) use four::{of, to_array};

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod four {
    use std::arch::wasm32::{
        u32x4, u32x4_add, u32x4_extract_lane, u32x4_shl, u32x4_shr, u32x4_splat, v128, v128_and,
        v128_bitselect, v128_or, v128_xor,
    };

    use super::Word;

    pub(in crate::value::credential) fn of([a, b, c, d]: [u32; 4]) -> v128 {
        u32x4(a, b, c, d)
    }

    pub(in crate::value::credential) fn to_array(words: v128) -> [u32; 4] {
        [
            u32x4_extract_lane::<0>(words),
            u32x4_extract_lane::<1>(words),
            u32x4_extract_lane::<2>(words),
            u32x4_extract_lane::<3>(words),
        ]
    }

    impl Word for v128 {
        #[inline(always)]
        fn splat(word: u32) -> v128 {
            u32x4_splat(word)
        }

        #[inline(always)]
        fn add(self, other: v128) -> v128 {
            u32x4_add(self, other)
        }

        #[inline(always)]
        fn choice(self, one: v128, other: v128) -> v128 {
            v128_bitselect(one, other, self)
        }

        #[inline(always)]
        fn majority(self, one: v128, other: v128) -> v128 {
            v128_bitselect(one, v128_and(self, other), v128_xor(self, other))
        }

        #[inline(always)]
        fn rotated<const A: u32, const B: u32, const C: u32>(self) -> v128 {
            v128_xor(v128_xor(right::<A>(self), right::<B>(self)), right::<C>(self))
        }

        #[inline(always)]
        fn rotated_or_shifted<const A: u32, const B: u32, const C: u32>(self) -> v128 {
            v128_xor(v128_xor(right::<A>(self), right::<B>(self)), u32x4_shr(self, C))
        }
    }

    #[inline(always)]
    fn right<const BY: u32>(words: v128) -> v128 {
        v128_or(u32x4_shr(words, BY), u32x4_shl(words, 32 - BY))
    }
}
