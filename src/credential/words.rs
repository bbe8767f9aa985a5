//! Four words of 32 bits at a time: as one of 128 where the artefact is built for `simd128`, as an array elsewhere.

pub(super) use of_target::{Words, add, choice, majority, of, rotated, rotated_or_shifted, splat, to_array};

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod of_target {
    use std::arch::wasm32::{
        u32x4, u32x4_add, u32x4_extract_lane, u32x4_shl, u32x4_shr, u32x4_splat, v128, v128_and,
        v128_bitselect, v128_or, v128_xor,
    };

    pub(in crate::credential) type Words = v128;

    pub(in crate::credential) fn of([a, b, c, d]: [u32; 4]) -> Words {
        u32x4(a, b, c, d)
    }

    pub(in crate::credential) fn splat(word: u32) -> Words {
        u32x4_splat(word)
    }

    pub(in crate::credential) fn to_array(words: Words) -> [u32; 4] {
        [
            u32x4_extract_lane::<0>(words),
            u32x4_extract_lane::<1>(words),
            u32x4_extract_lane::<2>(words),
            u32x4_extract_lane::<3>(words),
        ]
    }

    #[inline(always)]
    pub(in crate::credential) fn add(one: Words, other: Words) -> Words {
        u32x4_add(one, other)
    }

    /// FIPS 180-4, 4.2: of each bit of `by`, that of `one` or of `other`.
    #[inline(always)]
    pub(in crate::credential) fn choice(by: Words, one: Words, other: Words) -> Words {
        v128_bitselect(one, other, by)
    }

    /// FIPS 180-4, 4.3.
    #[inline(always)]
    pub(in crate::credential) fn majority(a: Words, b: Words, c: Words) -> Words {
        v128_bitselect(b, v128_and(a, c), v128_xor(a, c))
    }

    /// FIPS 180-4, 4.4 and 4.5.
    #[inline(always)]
    pub(in crate::credential) fn rotated<const A: u32, const B: u32, const C: u32>(words: Words) -> Words {
        v128_xor(v128_xor(right::<A>(words), right::<B>(words)), right::<C>(words))
    }

    /// FIPS 180-4, 4.6 and 4.7.
    #[inline(always)]
    pub(in crate::credential) fn rotated_or_shifted<const A: u32, const B: u32, const C: u32>(
        words: Words,
    ) -> Words {
        v128_xor(
            v128_xor(right::<A>(words), right::<B>(words)),
            u32x4_shr(words, C),
        )
    }

    #[inline(always)]
    fn right<const BY: u32>(words: Words) -> Words {
        v128_or(u32x4_shr(words, BY), u32x4_shl(words, 32 - BY))
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod of_target {
    pub(in crate::credential) type Words = [u32; 4];

    pub(in crate::credential) fn of(words: [u32; 4]) -> Words {
        words
    }

    pub(in crate::credential) fn splat(word: u32) -> Words {
        [word; 4]
    }

    pub(in crate::credential) fn to_array(words: Words) -> [u32; 4] {
        words
    }

    #[inline(always)]
    pub(in crate::credential) fn add([a, b, c, d]: Words, [e, f, g, h]: Words) -> Words {
        [
            a.wrapping_add(e),
            b.wrapping_add(f),
            c.wrapping_add(g),
            d.wrapping_add(h),
        ]
    }

    /// FIPS 180-4, 4.2: of each bit of `by`, that of `one` or of `other`.
    #[inline(always)]
    pub(in crate::credential) fn choice(by: Words, one: Words, other: Words) -> Words {
        each(by, one, other, |by, one, other| (by & one) ^ (!by & other))
    }

    /// FIPS 180-4, 4.3.
    #[inline(always)]
    pub(in crate::credential) fn majority(a: Words, b: Words, c: Words) -> Words {
        each(a, b, c, |a, b, c| (a & b) ^ (a & c) ^ (b & c))
    }

    /// FIPS 180-4, 4.4 and 4.5.
    #[inline(always)]
    pub(in crate::credential) fn rotated<const A: u32, const B: u32, const C: u32>(words: Words) -> Words {
        words.map(|word| word.rotate_right(A) ^ word.rotate_right(B) ^ word.rotate_right(C))
    }

    /// FIPS 180-4, 4.6 and 4.7.
    #[inline(always)]
    pub(in crate::credential) fn rotated_or_shifted<const A: u32, const B: u32, const C: u32>(
        words: Words,
    ) -> Words {
        words.map(|word| word.rotate_right(A) ^ word.rotate_right(B) ^ (word >> C))
    }

    #[inline(always)]
    fn each(
        [a, b, c, d]: Words,
        [e, f, g, h]: Words,
        [i, j, k, l]: Words,
        of: impl Fn(u32, u32, u32) -> u32,
    ) -> Words {
        [of(a, e, i), of(b, f, j), of(c, g, k), of(d, h, l)]
    }
}
