//! Compares long texts.

/// Whether two texts are equal, compared eight bytes at a time. In WebAssembly the comparison of
/// the standard library takes single bytes.
pub(crate) fn are_same(one: &[u8], other: &[u8]) -> bool {
    let (words, tail) = one.as_chunks::<8>();
    let (others, other_tail) = other.as_chunks::<8>();
    let mut pairs = words.iter().zip(others);
    one.len() == other.len()
        && pairs.all(|(one, other)| u64::from_le_bytes(*one) == u64::from_le_bytes(*other))
        && tail == other_tail
}
