//! Exports for verification: lookups in the token cache, verification from the store, and the
//! change feed.

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
use leastkey::verify::cache::Cache;
use leastkey::verify::packed::{MISS, pack};
use leastkey::verify::verdict::{Code, Lacking};
use leastkey::verify::verify::{apply_feed, lookup_renewed, verify_and_cache};

#[wasm_bindgen]
impl Core {
    /// Replaces the cache by an empty one with room for `capacity` tokens.
    #[wasm_bindgen(js_name = resetCache)]
    pub fn reset_cache(&mut self, capacity: u32) {
        *self.cache.get_mut() = Cache::new(capacity);
    }

    /// The address at which to write credentials for [`Core::lookup_packed`] and
    /// [`Core::lookup_batch`]: a buffer of 6,144 bytes.
    #[wasm_bindgen(js_name = textBuffer)]
    pub fn text_buffer(&self) -> *const u8 {
        self.buffers.borrow().text()
    }

    /// The address at which to write requirement ids for [`Core::lookup_batch`], and to read its
    /// packed verdicts: a buffer of 64 32-bit integers.
    #[wasm_bindgen(js_name = numberBuffer)]
    pub fn number_buffer(&self) -> *const i32 {
        self.buffers.borrow().numbers()
    }

    /// The address at which to write the reads for [`Core::verify`]: a buffer of at least `length`
    /// bytes.
    #[wasm_bindgen(js_name = readsBuffer)]
    pub fn reads_buffer(&self, length: u32) -> *const u8 {
        let mut reads = self.reads.borrow_mut();
        if reads.len() < length as usize {
            reads.resize(length as usize, 0);
        }
        reads.as_ptr()
    }

    /// Interns a requirement, and returns its id for [`Core::lookup_packed`]. A requirement in text
    /// is compiled once. `out[0]` is set only if the requirement is refused.
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

    /// The cached verdict on the credential in the first `length` bytes of the text buffer.
    ///
    /// The result is `code + 128 · successor + 256 · slot`; −1 on a miss: read the store; −2 − code
    /// if no token was needed to refuse.
    #[wasm_bindgen(js_name = lookupPacked)]
    pub fn lookup_packed(&self, length: u32, requirement: u32, now: f64) -> i32 {
        let Ok(deployment) = self.deployment() else {
            return MISS;
        };
        let interned = self.interned.borrow();
        let (mut buffers, mut cache) = (self.buffers.borrow_mut(), self.cache.borrow_mut());
        buffers.lookup_packed(deployment, &mut cache, &interned, requirement, length, now)
    }

    /// As [`Core::lookup_packed`], for `count` credentials, at most 64, of `length` bytes each. The
    /// credentials are concatenated in the text buffer, and the requirement ids are in the number
    /// buffer. The verdicts replace the ids.
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

    /// As [`Core::lookup_packed`], for any question. The uses that [`Core::note_use`] noted are
    /// applied. `out[0]` is a step, with the missing permissions of a refusal or with the reason
    /// why the question cannot be read.
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

    /// Notes a use of the token with an id, at an instant. Returns 1 if the token or one of its
    /// parents has an idle time, 0 if none has, −1 if the token is not cached and was not read
    /// recently.
    #[wasm_bindgen(js_name = noteUse)]
    pub fn note_use(&self, id: &str, at: f64) -> i32 {
        let (Ok(id), Ok(at)) = (TokenId::parse(id), super::clock(at)) else {
            return MISS;
        };
        let noted = self.cache.borrow_mut().note_use(&id, at);
        noted.map_or(MISS, i32::from)
    }

    /// The generation of the cache. Take it before the reads of a token that is to be cached.
    pub fn generation(&self) -> u32 {
        self.cache.borrow().generation()
    }

    /// Verifies a credential with everything read so far, and returns the slot of the token in the
    /// cache, or −1. `out[0]` is a step whose answer is a verdict.
    ///
    /// - `requirement`, `question`: a question that is only a requirement in text, or none, comes
    ///   as `requirement`, with `question` undefined, because values cross the boundary slowly.
    /// - `reads`: the length in bytes of the UTF-8 text at [`Core::reads_buffer`], in the form of
    ///   [`Reads::from_text`].
    /// - `generation`: the value of [`Core::generation`] before the reads. The token is inserted if
    ///   it is still the same. Without it, the cache learns only which tokens have ended.
    #[allow(clippy::too_many_arguments)] // Each argument crosses as a value of its own.
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
            // Text that is not UTF-8 counts as no reads, so the step requests them again.
            let written = self.reads.borrow();
            let reads = written.get(..reads as usize).unwrap_or_default();
            let reads = std::str::from_utf8(reads).unwrap_or_default();
            Ok(verify_and_cache(
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

    /// Applies a read of all heads of the change feed and of `meta/deployment` that began at
    /// `read_at`, and returns the shard count. If the read is refused, the result is 0, and only
    /// then `out[0]` is set.
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

/// The grant of a token that was refused for lack of permission.
fn refused(cache: &Cache, hit: i32) -> Option<Grant> {
    let code = Code::all().nth(usize::try_from(hit & 0x7f).ok()?)?;
    let slot = u32::try_from(hit >> 8).ok()?;
    (hit >= 0 && code.is_of_scope())
        .then(|| cache.grant(slot))
        .flatten()
}
