//! Buffers in which a host writes credentials and reads verdicts: bytes in, numbers out. No value
//! crosses the boundary that has to be allocated, parsed or collected.

use super::cache::Cache;
pub use super::packed::InternedRequirements;
use super::packed::{MISS, PackedLookups};
use crate::deployment::VerifierConfig;

/// The most credentials in one batch.
const MAX: usize = 64;

/// The size of the credential buffer in bytes. A credential of a deployment is shorter than 96
/// bytes; a single other text has at most 256.
const TEXT: usize = 96 * MAX;

/// Where a second text begins in the credential buffer. A single credential is before it.
const SECOND_TEXT: usize = 256;

/// The buffers of a core. A host finds them by their addresses, which never change.
pub struct BatchBuffers {
    /// Credentials, concatenated. Wiped after each call.
    text: Box<[u8; TEXT]>,
    /// Before a call the id of each credential's requirement, after it the packed verdict.
    numbers: Box<[i32; MAX]>,
}

impl Default for BatchBuffers {
    fn default() -> BatchBuffers {
        BatchBuffers {
            text: Box::new([0; TEXT]),
            numbers: Box::new([0; MAX]),
        }
    }
}

impl BatchBuffers {
    /// The address of the credential buffer.
    #[must_use]
    pub fn text(&self) -> *const u8 {
        self.text.as_ptr()
    }

    /// The address of the number buffer: requirement ids before a call, packed verdicts after it.
    #[must_use]
    pub fn numbers(&self) -> *const i32 {
        self.numbers.as_ptr()
    }

    /// The credential buffer, for what is neither a credential nor wiped after the call.
    pub fn text_mut(&mut self) -> &mut [u8] {
        self.text.as_mut_slice()
    }

    /// Calls `run` with the first `length` bytes, then wipes them. `None` if the buffer is shorter.
    pub fn with_text<T>(&mut self, length: u32, run: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let answer = run(self.text.get(..length as usize)?);
        self.wipe(length as usize);
        Some(answer)
    }

    /// The verdict on the credential in the first `length` bytes, as `pack` encodes it.
    pub fn lookup_packed<D: VerifierConfig>(
        &mut self,
        lookups: &PackedLookups<D>,
        cache: &mut Cache,
        requirement: u32,
        length: u32,
    ) -> i32 {
        let answer = self.with_text(length, |text| lookups.one(text, requirement, cache));
        answer.unwrap_or(MISS)
    }

    /// As [`BatchBuffers::lookup_packed`], for one permission on a resource, which is in the
    /// `resource_length` bytes from byte 256 on.
    pub fn lookup_on<D: VerifierConfig>(
        &mut self,
        lookups: &PackedLookups<D>,
        cache: &mut Cache,
        requirement: u32,
        length: u32,
        resource_length: u32,
    ) -> i32 {
        let (first, second) = self.text.split_at(SECOND_TEXT);
        let texts = first
            .get(..length as usize)
            .zip(second.get(..resource_length as usize));
        let answer = texts.map_or(MISS, |(text, resource)| {
            lookups.one_on(text, requirement, resource, cache)
        });
        self.wipe(SECOND_TEXT);
        answer
    }

    /// Replaces the first `count` requirement ids by the verdicts on as many credentials of
    /// `length` bytes each.
    pub fn lookup_batch<D: VerifierConfig>(
        &mut self,
        lookups: &PackedLookups<D>,
        cache: &mut Cache,
        length: u32,
        count: u32,
    ) {
        let (length, count) = (length as usize, count as usize);
        let all = length.saturating_mul(count);
        let Some(text) = self.text.get(..all) else {
            return self.numbers.fill(MISS);
        };
        lookups.batch(text, length, self.numbers.as_mut_slice(), cache);
        self.wipe(all);
    }

    /// Wipes the first `length` bytes, rounded up to blocks of 64. The compiler cannot remove these
    /// stores, because the buffer is read later.
    fn wipe(&mut self, length: usize) {
        let (lines, _) = self.text.as_chunks_mut::<64>();
        // A constant size compiles to a few stores instead of a call.
        for line in lines.iter_mut().take(length.div_ceil(64)) {
            *line = [0; 64];
        }
    }
}
