//! Buffers in which a host writes credentials and reads verdicts: bytes in, numbers out. No value
//! crosses the boundary that has to be allocated, parsed or collected.

use std::rc::Rc;

use super::cache::{Cache, Hit};
use super::verdict::Code;
use super::verify::{lookup, lookup_many};
use crate::deployment::VerifierConfig;
use crate::model::question::Question;
use crate::model::requirement::Requirement;
use crate::value::time::Instant;

/// The packed answer on a miss: the store has to be read.
pub const MISS: i32 = -1;

/// The most credentials in one batch.
const MAX: usize = 64;

/// The size of the credential buffer in bytes. A credential of a deployment is shorter than 96
/// bytes; a single other text has at most 256.
const TEXT: usize = 96 * MAX;

/// The buffers of a core. A host finds them by their addresses, which never change.
pub struct BatchBuffers {
    /// Credentials, concatenated. Wiped after each call.
    text: Box<[u8; TEXT]>,
    /// Before a call the id of each credential's requirement, after it the packed verdict.
    numbers: Box<[i32; MAX]>,
}

/// The interned requirements, by their id.
pub type InternedRequirements = Vec<Rc<Requirement>>;

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

    /// Calls `run` with the first `length` bytes, then wipes them. `None` if the buffer is shorter.
    pub fn with_text<T>(&mut self, length: u32, run: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let answer = run(self.text.get(..length as usize)?);
        self.wipe(length as usize);
        Some(answer)
    }

    /// The verdict on the credential in the first `length` bytes, as [`pack`] encodes it.
    pub fn lookup_packed<D: VerifierConfig>(
        &mut self,
        deployment: &D,
        cache: &mut Cache,
        requirement: Option<&Rc<Requirement>>,
        length: u32,
        now: f64,
    ) -> i32 {
        let (Some(requirement), Ok(now)) = (requirement, Instant::from_millis(now)) else {
            return MISS;
        };
        let question = Question::of(requirement);
        let answer = self.with_text(length, |text| lookup(deployment, text, &question, now, cache));
        answer.map_or(MISS, pack)
    }

    /// Replaces the first `count` requirement ids by the verdicts on as many credentials of
    /// `length` bytes each.
    pub fn lookup_batch<D: VerifierConfig>(
        &mut self,
        deployment: &D,
        cache: &mut Cache,
        interned: &InternedRequirements,
        length: u32,
        count: u32,
        now: f64,
    ) {
        let (length, count) = (length as usize, count as usize);
        let all = length.saturating_mul(count);
        let Some(text) = self.text.get(..all) else {
            return self.numbers.fill(MISS);
        };
        let mut answers = [MISS; MAX];
        if let (Ok(now), 1..) = (Instant::from_millis(now), length) {
            let questions = self.numbers.iter().map(|number| {
                let requirement = usize::try_from(*number).ok().and_then(|at| interned.get(at));
                requirement.map(|requirement| Question::of(requirement))
            });
            let asked = text.chunks_exact(length).zip(questions);
            lookup_many(deployment, asked, now, cache, |at, answer| {
                if let Some(to) = answers.get_mut(at) {
                    *to = pack(answer);
                }
            });
        }
        self.wipe(all);
        *self.numbers = answers;
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

/// Encodes a lookup as a number.
///
/// - Hit: `code + 128 · successor + 256 · slot`. A valid credential in slot 3 is 768.
/// - Miss, read the store: −1.
/// - Refused without a token: −2 − `code`.
pub fn pack(answer: Result<Option<Hit>, Code>) -> i32 {
    match answer {
        Ok(Some(hit)) => i32::try_from(hit.slot).map_or(MISS, |slot| {
            slot << 8 | i32::from(hit.successor) << 7 | i32::from(hit.code.number())
        }),
        Ok(None) => MISS,
        Err(code) => MISS - 1 - i32::from(code.number()),
    }
}
