//! Verification from what is remembered, and what keeps that fresh.

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use super::scratch::{MISS, number};
use super::{Core, push, value};
use crate::cache::Cache;
use crate::credential::TokenId;
use crate::grant::Grant;
use crate::input::Value;
use crate::refusal::Refusal;
use crate::shard_count::ShardCount;
use crate::step::{Reads, Step};
use crate::verdict::{Code, Lacking};
use crate::verify::{Question, recall_renewed, take_in, verify_and_remember};

#[wasm_bindgen]
impl Core {
    /// Begins to remember tokens anew, at most `capacity`.
    pub fn remember(&mut self, capacity: u32) {
        *self.cache.get_mut() = Cache::new(capacity);
    }

    /// Where to write credentials for [`Core::hit`] and [`Core::hits`]: 6,144 bytes from this address.
    pub fn scratch(&self) -> *const u8 {
        self.scratch.borrow().text()
    }

    /// Where to write the numbers of requirements for [`Core::hits`], and to read its verdicts: 64 whole numbers of four bytes.
    pub fn numbers(&self) -> *const i32 {
        self.scratch.borrow().numbers()
    }

    /// Where to write the reads of [`Core::verify`]: so many bytes from this address.
    pub fn reads(&self, length: u32) -> *const u8 {
        let mut reads = self.reads.borrow_mut();
        if reads.len() < length as usize {
            reads.resize(length as usize, 0);
        }
        reads.as_ptr()
    }

    /// The number of a requirement for [`Core::hit`], of a text that was compiled once; `out[0]` only if it refuses.
    pub fn number(&self, question: JsValue, out: &Array) -> u32 {
        let numbered = value(question, "the question").and_then(|question| self.requirement(&question));
        match numbered {
            Ok(requirement) => {
                let mut numbered = self.numbered.borrow_mut();
                let known = numbered.iter().position(|known| Rc::ptr_eq(known, &requirement));
                let at = known.unwrap_or_else(|| {
                    numbered.push(requirement);
                    numbered.len() - 1
                });
                u32::try_from(at).unwrap_or(u32::MAX)
            }
            Err(refusal) => {
                push(out, &Step::<()>::Refuse(refusal));
                u32::MAX
            }
        }
    }

    /// The verdict on the credential whose bytes stand in the scratch buffer, from what is remembered.
    ///
    /// `code + 128 · successor + 256 · slot`; −1: ask the store; −2 − code: refused without a look at any token.
    pub fn hit(&self, length: u32, requirement: u32, now: f64) -> i32 {
        let Ok(deployment) = self.deployment() else {
            return MISS;
        };
        let numbered = self.numbered.borrow();
        let requirement = numbered.get(requirement as usize);
        let (mut scratch, mut cache) = (self.scratch.borrow_mut(), self.cache.borrow_mut());
        scratch.hit(deployment, &mut cache, requirement, length, now)
    }

    /// The verdicts on at most 64 credentials of one length, as [`Core::hit`] answers each. They stand in the scratch buffer one after the
    /// other, the numbers of their requirements in the other one; there the verdicts take their places.
    pub fn hits(&self, length: u32, count: u32, now: f64) {
        let Ok(deployment) = self.deployment() else { return };
        let (mut scratch, mut cache) = (self.scratch.borrow_mut(), self.cache.borrow_mut());
        scratch.hits(
            deployment,
            &mut cache,
            &self.numbered.borrow(),
            length,
            count,
            now,
        );
    }

    /// As [`Core::hit`], for any question, and with the uses counted that [`Core::note_use`] has noted. `out[0]` is a step: what a refusal lacked, or why the question cannot be read.
    pub fn recall(&self, credential: String, question: JsValue, now: f64, out: &Array) -> i32 {
        let credential = Zeroizing::new(credential);
        let asked = || -> Result<i32, Refusal> {
            let question = value(question, "the question")?;
            let requirement = self.requirement(&question)?;
            let question = Question::read(&requirement, &question)?;
            let cache = &mut self.cache.borrow_mut();
            let now = super::clock(now)?;
            let hit = number(recall_renewed(
                self.deployment()?,
                credential.as_bytes(),
                &question,
                now,
                cache,
            ));
            if let Some(grant) = refused(cache, hit) {
                let catalog = self.deployment()?.catalog();
                push(out, &Step::Answer(Lacking::of(&requirement, &grant, catalog)));
            }
            Ok(hit)
        };
        asked().unwrap_or_else(|refusal| {
            push(out, &Step::<()>::Refuse(refusal));
            MISS
        })
    }

    /// Takes note of a use of the token with an id, at an instant. 1: it ends without use, or one that it came from does; 0: none does; −1: it
    /// is not remembered, and was not read lately.
    #[wasm_bindgen(js_name = noteUse)]
    pub fn note_use(&self, id: &str, at: f64) -> i32 {
        let (Ok(id), Ok(at)) = (TokenId::parse(id), super::clock(at)) else {
            return MISS;
        };
        let noted = self.cache.borrow_mut().note_use(&id, at);
        noted.map_or(MISS, i32::from)
    }

    /// How many reads of the feed were taken in: to be asked before a token is read that is to be remembered.
    pub fn round(&self) -> u32 {
        self.cache.borrow().round()
    }

    /// Verifies a credential with everything read so far. `out[0]` is a step whose answer is a verdict. The token is remembered if `round` is
    /// what [`Core::round`] still says; without a round the cache only learns what has ended. Answers the slot where the token stands now, or
    /// −1. The reads stand at [`Core::reads`], so many bytes of UTF-8, as [`Reads::from_text`] takes them. A question that is no more than a requirement in text, or none, comes as
    /// that, and is itself undefined: values cross slowly.
    #[allow(clippy::too_many_arguments)] // Each crosses as a value of its own.
    pub fn verify(
        &self,
        credential: String,
        requirement: Option<String>,
        question: JsValue,
        reads: u32,
        now: f64,
        round: Option<u32>,
        out: &Array,
    ) -> i32 {
        let credential = Zeroizing::new(credential);
        let asked = || {
            let now = super::clock(now)?;
            let question = if question.is_undefined() {
                let requirement = requirement.map(|text| ("requirement".to_owned(), Value::Text(text)));
                Value::Map(requirement.into_iter().collect())
            } else {
                value(question, "the question")?
            };
            let requirement = self.requirement(&question)?;
            let question = Question::read(&requirement, &question)?;
            let cache = &mut self.cache.borrow_mut();
            // What is no UTF-8 has nothing in it, so what is needed is asked for once more.
            let written = self.reads.borrow();
            let reads = written.get(..reads as usize).unwrap_or_default();
            let reads = std::str::from_utf8(reads).unwrap_or_default();
            Ok(verify_and_remember(
                self.deployment()?,
                &credential,
                &question,
                &Reads::from_text(reads),
                now,
                cache,
                round,
            ))
        };
        let (step, slot) = asked().unwrap_or_else(|refusal| (Step::Refuse(refusal), None));
        push(out, &step);
        slot.and_then(|slot| i32::try_from(slot).ok()).unwrap_or(MISS)
    }

    /// Takes in a read of all heads of the change feed, and of `meta/deployment`, that began at `read_at`. Answers how many shards there are.
    /// `out[0]` only if it cannot be taken in: then the answer is 0.
    #[wasm_bindgen(js_name = takeIn)]
    pub fn take_in(&self, heads: &str, read_at: f64, out: &Array) -> u8 {
        let taken = || -> Result<u8, Refusal> {
            let (deployment, read_at) = (self.deployment()?, super::clock(read_at)?);
            let cache = &mut self.cache.borrow_mut();
            take_in(deployment, &Reads::from_text(heads), read_at, cache)
                .map(ShardCount::get)
                .map_err(|not_ours| not_ours.refusal(deployment.prefix()))
        };
        taken().unwrap_or_else(|refusal| {
            push(out, &Step::<()>::Refuse(refusal));
            0
        })
    }
}

/// The grant of a token that was refused for want of permission.
fn refused(cache: &Cache, hit: i32) -> Option<Grant> {
    let code = Code::all().nth(usize::try_from(hit & 0x7f).ok()?)?;
    let slot = u32::try_from(hit >> 8).ok()?;
    (hit >= 0 && code.is_of_scope())
        .then(|| cache.grant(slot))
        .flatten()
}
