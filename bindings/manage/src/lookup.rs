//! Verification from what is remembered, and what keeps that fresh.

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use super::{Core, push, value};
use leastkey::codec::json::Value;
use leastkey::input::Refusal;
use leastkey::model::grant::Grant;
use leastkey::model::question::Question;
use leastkey::storage::plan::{Plan, Reads};
use leastkey::storage::shard_count::ShardCount;
use leastkey::value::credential::TokenId;
use leastkey::verify::batch_buffers::{MISS, pack};
use leastkey::verify::cache::Cache;
use leastkey::verify::verdict::{Code, Lacking};
use leastkey::verify::verify::{apply_feed, lookup_renewed, verify_and_remember};

#[wasm_bindgen]
impl Core {
    /// Begins to remember tokens anew, at most `capacity`.
    #[wasm_bindgen(js_name = resetCache)]
    pub fn reset_cache(&mut self, capacity: u32) {
        *self.cache.get_mut() = Cache::new(capacity);
    }

    /// Where to write credentials for [`Core::lookup_packed`] and [`Core::lookup_batch`]: 6,144 bytes from this address.
    #[wasm_bindgen(js_name = textBuffer)]
    pub fn text_buffer(&self) -> *const u8 {
        self.buffers.borrow().text()
    }

    /// Where to write the numbers of requirements for [`Core::lookup_batch`], and to read its verdicts: 64 whole numbers of four bytes.
    #[wasm_bindgen(js_name = numberBuffer)]
    pub fn number_buffer(&self) -> *const i32 {
        self.buffers.borrow().numbers()
    }

    /// Where to write the reads of [`Core::verify`]: so many bytes from this address.
    #[wasm_bindgen(js_name = readsBuffer)]
    pub fn reads_buffer(&self, length: u32) -> *const u8 {
        let mut reads = self.reads.borrow_mut();
        if reads.len() < length as usize {
            reads.resize(length as usize, 0);
        }
        reads.as_ptr()
    }

    /// The number of a requirement for [`Core::lookup_packed`], of a text that was compiled once; `out[0]` only if it refuses.
    pub fn intern(&self, question: JsValue, out: &Array) -> u32 {
        let interned = value(question, "the question").and_then(|question| self.requirement(&question));
        match interned {
            Ok(requirement) => {
                let mut interned = self.interned.borrow_mut();
                let known = interned.iter().position(|known| Rc::ptr_eq(known, &requirement));
                let at = known.unwrap_or_else(|| {
                    interned.push(requirement);
                    interned.len() - 1
                });
                u32::try_from(at).unwrap_or(u32::MAX)
            }
            Err(refusal) => {
                push(out, &Plan::<()>::Refuse(refusal));
                u32::MAX
            }
        }
    }

    /// The verdict on the credential whose bytes stand in the scratch buffer, from what is remembered.
    ///
    /// `code + 128 · successor + 256 · slot`; −1: ask the store; −2 − code: refused without a look at any token.
    #[wasm_bindgen(js_name = lookupPacked)]
    pub fn lookup_packed(&self, length: u32, requirement: u32, now: f64) -> i32 {
        let Ok(deployment) = self.deployment() else {
            return MISS;
        };
        let interned = self.interned.borrow();
        let requirement = interned.get(requirement as usize);
        let (mut buffers, mut cache) = (self.buffers.borrow_mut(), self.cache.borrow_mut());
        buffers.lookup_packed(deployment, &mut cache, requirement, length, now)
    }

    /// The verdicts on at most 64 credentials of one length, as [`Core::lookup_packed`] answers each. They stand in the scratch buffer one after the
    /// other, the numbers of their requirements in the other one; there the verdicts take their places.
    #[wasm_bindgen(js_name = lookupBatch)]
    pub fn lookup_batch(&self, length: u32, count: u32, now: f64) {
        let Ok(deployment) = self.deployment() else { return };
        let (mut buffers, mut cache) = (self.buffers.borrow_mut(), self.cache.borrow_mut());
        buffers.lookup_batch(
            deployment,
            &mut cache,
            &self.interned.borrow(),
            length,
            count,
            now,
        );
    }

    /// As [`Core::lookup_packed`], for any question, and with the uses counted that [`Core::note_use`] has noted. `out[0]` is a step: what a refusal lacked, or why the question cannot be read.
    pub fn lookup(&self, credential: String, question: JsValue, now: f64, out: &Array) -> i32 {
        let credential = Zeroizing::new(credential);
        let asked = || -> Result<i32, Refusal> {
            let question = value(question, "the question")?;
            let requirement = self.requirement(&question)?;
            let question = Question::read(&requirement, &question)?;
            let cache = &mut self.cache.borrow_mut();
            let now = super::clock(now)?;
            let hit = pack(lookup_renewed(
                self.deployment()?,
                credential.as_bytes(),
                &question,
                now,
                cache,
            ));
            if let Some(grant) = refused(cache, hit) {
                let catalog = self.deployment()?.catalog();
                push(out, &Plan::Answer(Lacking::of(&requirement, &grant, catalog)));
            }
            Ok(hit)
        };
        asked().unwrap_or_else(|refusal| {
            push(out, &Plan::<()>::Refuse(refusal));
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
    pub fn generation(&self) -> u32 {
        self.cache.borrow().generation()
    }

    /// Verifies a credential with everything read so far. `out[0]` is a step whose answer is a verdict. The token is remembered if `round` is
    /// what [`Core::round`] still says; without a round the cache only learns what has ended. Answers the slot where the token stands now, or
    /// −1. The reads stand at [`Core::reads_buffer`], so many bytes of UTF-8, as [`Reads::from_text`] takes them. A question that is no more than a requirement in text, or none, comes as
    /// that, and is itself undefined: values cross slowly.
    #[allow(clippy::too_many_arguments)] // Each crosses as a value of its own.
    pub fn verify(
        &self,
        credential: String,
        requirement: Option<String>,
        question: JsValue,
        reads: u32,
        now: f64,
        generation: Option<u32>,
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
                generation,
            ))
        };
        let (step, slot) = asked().unwrap_or_else(|refusal| (Plan::Refuse(refusal), None));
        push(out, &step);
        slot.and_then(|slot| i32::try_from(slot).ok()).unwrap_or(MISS)
    }

    /// Takes in a read of all heads of the change feed, and of `meta/deployment`, that began at `read_at`. Answers how many shards there are.
    /// `out[0]` only if it cannot be taken in: then the answer is 0.
    #[wasm_bindgen(js_name = applyFeed)]
    pub fn apply_feed(&self, heads: &str, read_at: f64, out: &Array) -> u8 {
        let taken = || -> Result<u8, Refusal> {
            let (deployment, read_at) = (self.deployment()?, super::clock(read_at)?);
            let cache = &mut self.cache.borrow_mut();
            apply_feed(deployment, &Reads::from_text(heads), read_at, cache)
                .map(ShardCount::get)
                .map_err(|not_ours| not_ours.refusal(deployment.prefix()))
        };
        taken().unwrap_or_else(|refusal| {
            push(out, &Plan::<()>::Refuse(refusal));
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
