//! Where a host writes credentials and reads verdicts: bytes in, numbers out. Nothing crosses that has to be made, parsed or collected.

use std::rc::Rc;

use super::cache::{Cache, Hit};
use super::verdict::Code;
use super::verify::{lookup, lookup_many};
use crate::deployment::VerifierConfig;
use crate::model::question::Question;
use crate::model::requirement::Requirement;
use crate::value::time::Instant;

/// The store has to be asked.
pub const MISS: i32 = -1;

/// How many credentials are looked up in one call.
const MAX: usize = 64;

/// Bytes for credentials: each deployment's are shorter than 96, and one text alone is at most 256.
const TEXT: usize = 96 * MAX;

/// The buffers of a core. A host finds them by their addresses, which never change.
pub struct BatchBuffers {
    /// Credentials, one after the other. Wiped after each call.
    text: Box<[u8; TEXT]>,
    /// The number of each one's requirement; after the call, its verdict.
    numbers: Box<[i32; MAX]>,
}

/// The requirements that have a number, by it.
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
    /// The address of the buffer for credentials.
    #[must_use]
    pub fn text(&self) -> *const u8 {
        self.text.as_ptr()
    }

    /// The address of the buffer for numbers: of requirements before a call, of verdicts after it.
    #[must_use]
    pub fn numbers(&self) -> *const i32 {
        self.numbers.as_ptr()
    }

    /// Runs something with the first `length` bytes, and wipes them.
    pub fn with_text<T>(&mut self, length: u32, run: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let answer = run(self.text.get(..length as usize)?);
        self.wipe(length as usize);
        Some(answer)
    }

    /// The verdict on the first `length` bytes, as [`pack`] tells it.
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

    /// The verdicts on the first `count` credentials of `length` bytes each.
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

    /// Wipes the first `length` bytes, and what is left of the last 64. Others read this memory later: the compiler cannot take it for dead.
    fn wipe(&mut self, length: usize) {
        let (lines, _) = self.text.as_chunks_mut::<64>();
        // Of a size that is known, so that it is a few stores and no call.
        for line in lines.iter_mut().take(length.div_ceil(64)) {
            *line = [0; 64];
        }
    }
}

/// `code + 128 · successor + 256 · slot`; −1: ask the store; −2 − code: refused without a look at any token.
pub fn pack(answer: Result<Option<Hit>, Code>) -> i32 {
    match answer {
        Ok(Some(hit)) => i32::try_from(hit.slot).map_or(MISS, |slot| {
            slot << 8 | i32::from(hit.successor) << 7 | i32::from(hit.code.number())
        }),
        Ok(None) => MISS,
        Err(code) => MISS - 1 - i32::from(code.number()),
    }
}
