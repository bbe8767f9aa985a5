//! The word operations of BLAKE3 (§2.2), on one word or on the four lanes of `simd128`.

/// A 32-bit word, or one word each of several messages.
pub(super) trait Word: Copy {
    /// The same word in each lane.
    fn splat(word: u32) -> Self;
    fn add(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn rotate_right<const BY: u32>(self) -> Self;
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
    fn xor(self, other: u32) -> u32 {
        self ^ other
    }

    #[inline(always)]
    fn rotate_right<const BY: u32>(self) -> u32 {
        self.rotate_right(BY)
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(super) use four::{of, to_array};

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod four {
    use std::arch::wasm32::{
        i8x16_shuffle, u32x4, u32x4_add, u32x4_extract_lane, u32x4_shl, u32x4_shr, u32x4_splat, v128,
        v128_or, v128_xor,
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
        fn xor(self, other: v128) -> v128 {
            v128_xor(self, other)
        }

        #[inline(always)]
        fn rotate_right<const BY: u32>(self) -> v128 {
            // Whole bytes are moved in one instruction.
            match BY {
                8 => i8x16_shuffle::<1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12>(self, self),
                16 => i8x16_shuffle::<2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13>(self, self),
                _ => v128_or(u32x4_shr(self, BY), u32x4_shl(self, 32 - BY)),
            }
        }
    }
}
