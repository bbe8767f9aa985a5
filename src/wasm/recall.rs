//! The fast path of a verification: bytes in, one number out. Nothing crosses that has to be made, parsed or collected.

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use zeroize::{Zeroize, Zeroizing};

use super::{Core, push, value};
use crate::cache::{Cache, Hit};
use crate::grant::Grant;
use crate::permission::Permission;
use crate::refusal::Refusal;
use crate::requirement::Requirement;
use crate::step::{Reads, Step};
use crate::time::Instant;
use crate::verdict::Code;
use crate::verify::{Question, recall, verify_and_remember};

/// The store has to be asked.
const MISS: i32 = -1;

/// The longest credential that is read from the scratch buffer.
const SCRATCH: usize = 256;

/// Where a host writes credentials. Wiped after each.
pub(super) struct Scratch(Box<[u8; SCRATCH]>);

impl Default for Scratch {
    fn default() -> Scratch {
        Scratch(Box::new([0; SCRATCH]))
    }
}

#[wasm_bindgen]
impl Core {
    /// Begins to remember tokens, at most `capacity`.
    pub fn remember(&mut self, capacity: u32) {
        *self.cache.get_mut() = Cache::new(capacity as usize);
    }

    /// Where to write a credential for [`Core::hit`]: 256 bytes from this address.
    pub fn scratch(&self) -> *const u8 {
        self.scratch.borrow().0.as_ptr()
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
        let mut scratch = self.scratch.borrow_mut();
        let bytes = scratch.0.get_mut(..length as usize);
        let Some(bytes) = bytes else { return MISS };
        let numbered = self.numbered.borrow();
        let answer = match (
            std::str::from_utf8(bytes),
            numbered.get(requirement as usize),
            Instant::from_millis(now),
        ) {
            (Ok(credential), Some(requirement), Ok(now)) => {
                self.recalled(credential, &Question::of(requirement), now)
            }
            _ => MISS,
        };
        bytes.zeroize();
        answer
    }

    /// As [`Core::hit`], for any question. `out[0]` is a step: what a refusal lacked, or why the question cannot be read.
    pub fn recall(&self, credential: String, question: JsValue, now: f64, out: &Array) -> i32 {
        let credential = Zeroizing::new(credential);
        let asked = || -> Result<i32, Refusal> {
            let question = value(question, "the question")?;
            let requirement = self.requirement(&question)?;
            let question = Question::read(&requirement, &question)?;
            let hit = self.recalled(&credential, &question, super::clock(now)?);
            if let Some(grant) = self.refused(hit) {
                let catalog = self.deployment()?.catalog();
                let missing = requirement.missing(&grant).into_iter();
                let lacking = Lacking {
                    missing: missing.filter_map(|index| catalog.permission(index)).collect(),
                    scope: Some(requirement.scope(catalog)).filter(|scope| !scope.is_empty()),
                };
                push(out, &Step::Answer(lacking));
            }
            Ok(hit)
        };
        asked().unwrap_or_else(|refusal| {
            push(out, &Step::<()>::Refuse(refusal));
            MISS
        })
    }

    /// How many reads of the feed were taken in: to be asked before a token is read that is to be remembered.
    pub fn round(&self) -> u32 {
        self.cache.borrow().round()
    }

    /// As [`Core::verify`]; the token is remembered if the round is still the same. Answers the slot where it stands now, or −1.
    #[wasm_bindgen(js_name = verifyAndRemember)]
    pub fn verify_and_remember(
        &self,
        credential: String,
        question: JsValue,
        reads: JsValue,
        now: f64,
        round: u32,
        out: &Array,
    ) -> i32 {
        let credential = Zeroizing::new(credential);
        let asked = || {
            let now = super::clock(now)?;
            let question = value(question, "the question")?;
            let requirement = self.requirement(&question)?;
            let question = Question::read(&requirement, &question)?;
            let reads = Reads::from_value(value(reads, "the reads")?)?;
            let cache = &mut self.cache.borrow_mut();
            Ok(verify_and_remember(
                self.deployment()?,
                &credential,
                &question,
                &reads,
                now,
                cache,
                round,
            ))
        };
        let (step, slot) = asked().unwrap_or_else(|refusal| (Step::Refuse(refusal), None));
        push(out, &step);
        slot.and_then(|slot| i32::try_from(slot).ok()).unwrap_or(MISS)
    }

    /// Takes in a read of all heads of the change feed that began at `read_at`. `out[0]` only if it cannot be read.
    #[wasm_bindgen(js_name = takeIn)]
    pub fn take_in(&self, heads: JsValue, read_at: f64, out: &Array) {
        let taken = || -> Result<(), Refusal> {
            let heads = Reads::from_value(value(heads, "the heads")?)?;
            let read_at = super::clock(read_at)?;
            let opened = self.deployment()?.seal().opened(&heads);
            self.cache.borrow_mut().take_in(&opened, read_at);
            Ok(())
        };
        if let Err(refusal) = taken() {
            push(out, &Step::<()>::Refuse(refusal));
        }
    }
}

impl Core {
    /// The grant of a token that was refused for want of permission.
    fn refused(&self, hit: i32) -> Option<Grant> {
        let code = u8::try_from(hit & 0x7f).ok()?;
        let lacking = [
            Code::InsufficientPermission,
            Code::OutsideResource,
            Code::ConditionFailed,
        ]
        .map(Code::number);
        let slot = u32::try_from(hit >> 8).ok()?;
        (hit >= 0 && lacking.contains(&code))
            .then(|| self.cache.borrow().grant(slot))
            .flatten()
    }

    fn recalled(&self, credential: &str, question: &Question, now: Instant) -> i32 {
        let Ok(deployment) = self.deployment() else {
            return MISS;
        };
        let cache = &mut self.cache.borrow_mut();
        match recall(deployment, credential.as_bytes(), question, now, cache) {
            Ok(Some(Hit {
                slot,
                code,
                successor,
            })) => i32::try_from(slot).map_or(MISS, |slot| {
                slot << 8 | i32::from(successor) << 7 | i32::from(code.number())
            }),
            Ok(None) => MISS,
            Err(code) => MISS - 1 - i32::from(code.number()),
        }
    }
}

/// What a refusal for want of permission tells besides its code.
#[derive(serde::Serialize)]
struct Lacking<'c> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<&'c Permission>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

/// For [`Code::number`], so that a host reads numbers by the same table.
#[derive(serde::Serialize)]
pub(super) struct CodeRow {
    code: Code,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

pub(super) fn code_rows() -> Vec<CodeRow> {
    let row = |code: Code| {
        let (status, error) = code.on_the_wire();
        CodeRow { code, status, error }
    };
    Code::all().map(row).collect()
}

/// The requirements that have a number.
pub(super) type Numbered = Vec<Rc<Requirement>>;
