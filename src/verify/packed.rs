//! Cache lookups with interned requirements. Their answers are packed into numbers.

use std::rc::Rc;

use super::cache::{Cache, Hit};
use super::code::Code;
use super::verify::{lookup, lookup_by_digest};
use crate::deployment::VerifierConfig;
use crate::model::question::Question;
use crate::model::requirement::Requirement;
use crate::value::credential::Body;
use crate::value::resource::Resource;
use crate::value::time::Instant;

/// The packed answer on a miss: the store has to be read.
pub const MISS: i32 = -1;

/// The interned requirements, by their id.
pub type InternedRequirements = Vec<Rc<Requirement>>;

/// What all lookups of one call share.
pub struct PackedLookups<'l, D> {
    /// The deployment.
    pub deployment: &'l D,
    /// The requirements, by their ids.
    pub interned: &'l InternedRequirements,
    /// In milliseconds since the epoch.
    pub now: f64,
}

impl<D: VerifierConfig> PackedLookups<'_, D> {
    /// The packed verdict on one credential, as [`pack`] encodes it.
    #[must_use]
    #[inline(always)]
    pub fn one(&self, text: &[u8], requirement: u32, cache: &mut Cache) -> i32 {
        let slot = self.body(text).and_then(|body| cache.recognize(body));
        self.decide(text, slot, requirement, cache)
    }

    /// As [`PackedLookups::one`], for a requirement of one permission, on a resource. A miss if the
    /// text is no resource, or if the requirement is another one.
    #[must_use]
    pub fn one_on(&self, text: &[u8], requirement: u32, resource: &[u8], cache: &mut Cache) -> i32 {
        let resource = str::from_utf8(resource).ok().map(Resource::parse);
        let interned = self.interned.get(requirement as usize);
        let (Some(Ok(resource)), Some(interned), Ok(now)) =
            (resource, interned, Instant::from_millis(self.now))
        else {
            return MISS;
        };
        let Some(requirement) = interned.on(resource) else {
            return MISS;
        };
        pack(lookup(
            self.deployment,
            text,
            &Question::of(&requirement),
            now,
            cache,
        ))
    }

    /// The packed verdicts on credentials of `length` bytes each, concatenated in `texts`. They
    /// replace the ids of the requirements in `numbers`.
    pub fn batch(&self, texts: &[u8], length: usize, numbers: &mut [i32], cache: &mut Cache) {
        if length == 0 {
            return numbers.fill(MISS);
        }
        for (texts, numbers) in texts.chunks(4 * length).zip(numbers.chunks_mut(4)) {
            self.four(texts, length, numbers, cache);
        }
    }

    /// The packed verdicts on at most four credentials of `length` bytes each.
    fn four(&self, texts: &[u8], length: usize, numbers: &mut [i32], cache: &mut Cache) {
        let mut bodies = texts.chunks_exact(length).map(|text| self.body(text));
        let slots = match [(); 4].map(|()| bodies.next().flatten()) {
            [Some(a), Some(b), Some(c), Some(d)] => cache.recognize_four([a, b, c, d]),
            bodies => bodies.map(|body| cache.recognize(body?)),
        };
        let asked = texts.chunks_exact(length).zip(slots);
        for (number, (text, slot)) in numbers.iter_mut().zip(asked) {
            // An id of no requirement stays one: interned ids are small.
            *number = self.decide(text, slot, number.cast_unsigned(), cache);
        }
    }

    #[inline(always)]
    fn body<'t>(&self, text: &'t [u8]) -> Option<Body<'t>> {
        Body::of(self.deployment.prefix(), text)
    }

    /// The verdict on a credential. `slot`: that of its token, if it was recognised.
    #[inline(always)]
    fn decide(&self, text: &[u8], slot: Option<u32>, requirement: u32, cache: &mut Cache) -> i32 {
        if let Some(slot) = slot
            && let Some(code) = cache.decided(slot, requirement, self.now)
        {
            return packed(slot, false, code);
        }
        self.decide_by_rules(text, slot, requirement, cache)
    }

    #[cold]
    fn decide_by_rules(&self, text: &[u8], slot: Option<u32>, requirement: u32, cache: &mut Cache) -> i32 {
        let interned = self.interned.get(requirement as usize);
        let (Some(of), Ok(now)) = (interned, Instant::from_millis(self.now)) else {
            return MISS;
        };
        let question = Question::of(of);
        let Some(slot) = slot else {
            return pack(lookup_by_digest(self.deployment, text, &question, now, cache));
        };
        let hit = cache.decide(slot, &question, now);
        if let Some(hit) = hit.filter(|_| !of.has_resource()) {
            cache.note_decision(slot, requirement, hit.code, self.now);
        }
        pack(Ok(hit))
    }
}

/// Encodes a lookup as a number.
///
/// - Hit: `code + 128 · successor + 256 · slot`. A valid credential in slot 3 is 768.
/// - Miss, read the store: −1.
/// - Refused without a token: −2 − `code`.
pub fn pack(answer: Result<Option<Hit>, Code>) -> i32 {
    match answer {
        Ok(Some(hit)) => packed(hit.slot, hit.successor, hit.code.number()),
        Ok(None) => MISS,
        Err(code) => MISS - 1 - i32::from(code.number()),
    }
}

fn packed(slot: u32, successor: bool, code: u8) -> i32 {
    i32::try_from(slot).map_or(MISS, |slot| {
        slot << 8 | i32::from(successor) << 7 | i32::from(code)
    })
}
