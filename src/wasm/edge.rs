//! The boundary of the edge module: texts as UTF-8 in linear memory, numbers in and out, and nothing of wasm-bindgen.

#![allow(unsafe_code)]

use std::cell::RefCell;
use std::rc::Rc;

use zeroize::Zeroize;

use crate::Deployment;
use crate::cache::{Cache, Hit};
use crate::input::Value;
use crate::json::json;
use crate::refusal::Refusal;
use crate::requirement::Requirement;
use crate::step::{Reads, Step};
use crate::time::Instant;
use crate::verdict::Code;
use crate::verify::{Question, read_requirement, recall, verify_and_remember};

const MISS: i32 = -1;

#[derive(Default)]
struct Edge {
    deployment: Option<Deployment>,
    numbered: Vec<Rc<Requirement>>,
    cache: Cache,
}

thread_local! {
    static EDGE: RefCell<Option<Edge>> = const { RefCell::new(None) };
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static OUTPUT: RefCell<String> = const { RefCell::new(String::new()) };
    static SCRATCH: RefCell<[u8; 256]> = const { RefCell::new([0; 256]) };
}

#[unsafe(no_mangle)]
extern "C" fn input(length: usize) -> *const u8 {
    INPUT.with_borrow_mut(|input| {
        input.clear();
        input.resize(length, 0);
        input.as_ptr()
    })
}

#[unsafe(no_mangle)]
extern "C" fn scratch() -> *const u8 {
    SCRATCH.with_borrow(|scratch| scratch.as_ptr())
}

#[unsafe(no_mangle)]
extern "C" fn output() -> *const u8 {
    OUTPUT.with_borrow(|output| output.as_ptr())
}

#[unsafe(no_mangle)]
extern "C" fn output_length() -> usize {
    OUTPUT.with_borrow(|output| output.len())
}

fn put<A: serde::Serialize>(step: &Step<A>) {
    OUTPUT.with_borrow_mut(|output| *output = json(step));
}

fn args<const N: usize>() -> Option<[Value; N]> {
    let value = INPUT.with_borrow(|input| serde_json::from_slice(input).ok())?;
    let Value::List(items) = value else { return None };
    items.try_into().ok()
}

fn edge<T>(run: impl FnOnce(&mut Edge) -> T) -> T {
    EDGE.with_borrow_mut(|edge| run(edge.get_or_insert_default()))
}

fn credential<T>(length: usize, run: impl FnOnce(&str) -> T) -> Option<T> {
    SCRATCH.with_borrow_mut(|scratch| {
        let bytes = scratch.get_mut(..length)?;
        let answer = std::str::from_utf8(bytes).ok().map(run);
        bytes.zeroize();
        answer
    })
}

#[unsafe(no_mangle)]
extern "C" fn configure() {
    edge(|edge| {
        let Some([config, catalog]) = args() else { return };
        match Deployment::configure(&config, &catalog) {
            Ok(deployment) => {
                put(&Step::Answer(""));
                edge.deployment = Some(deployment);
            }
            Err(refusal) => put(&Step::<()>::Refuse(refusal)),
        }
    });
}

fn question<'r>(
    requirement: &'r mut Requirement,
    deployment: &Deployment,
    question: &Value,
) -> Result<Question<'r>, Refusal> {
    *requirement = read_requirement(deployment.catalog(), question)?;
    Question::read(requirement, question)
}

#[unsafe(no_mangle)]
extern "C" fn verify(length: usize, now: f64, round: u32) -> i32 {
    edge(|edge| {
        let slot = credential(length, |credential| {
            let [asked, reads] = args()?;
            let deployment = edge.deployment.as_ref()?;
            let now = Instant::from_millis(now).ok()?;
            let reads = Reads::from_value(reads).ok()?;
            let mut requirement = Requirement::default();
            match question(&mut requirement, deployment, &asked) {
                Ok(question) => {
                    let (step, slot) = verify_and_remember(
                        deployment,
                        credential,
                        &question,
                        &reads,
                        now,
                        &mut edge.cache,
                        round,
                    );
                    put(&step);
                    slot
                }
                Err(refusal) => {
                    put(&Step::<()>::Refuse(refusal));
                    None
                }
            }
        });
        slot.flatten().map_or(MISS, |slot| slot as i32)
    })
}

#[unsafe(no_mangle)]
extern "C" fn number() -> usize {
    edge(|edge| {
        let (Some([question]), Some(deployment)) = (args::<1>(), &edge.deployment) else {
            return 0;
        };
        match read_requirement(deployment.catalog(), &question) {
            Ok(requirement) => edge.numbered.push(Rc::new(requirement)),
            Err(refusal) => put(&Step::<()>::Refuse(refusal)),
        }
        edge.numbered.len().wrapping_sub(1)
    })
}

#[unsafe(no_mangle)]
extern "C" fn hit(length: usize, requirement: usize, now: f64) -> i32 {
    edge(|edge| {
        let hit = credential(length, |credential| {
            let now = Instant::from_millis(now).ok()?;
            let requirement = edge.numbered.get(requirement)?;
            let deployment = edge.deployment.as_ref()?;
            Some(hit_of(recall(
                deployment,
                credential,
                &Question::of(requirement),
                now,
                &mut edge.cache,
            )))
        });
        hit.flatten().unwrap_or(MISS)
    })
}

fn hit_of(recalled: Result<Option<Hit>, Code>) -> i32 {
    match recalled {
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

#[unsafe(no_mangle)]
extern "C" fn round() -> u32 {
    edge(|edge| edge.cache.round())
}

#[unsafe(no_mangle)]
extern "C" fn take_in(read_at: f64) {
    edge(|edge| {
        let mut taken = || {
            let [heads] = args()?;
            let read_at = Instant::from_millis(read_at).ok()?;
            let heads = edge
                .deployment
                .as_ref()?
                .seal()
                .opened(&Reads::from_value(heads).ok()?);
            edge.cache.take_in(&heads, read_at);
            Some(())
        };
        taken();
    });
}

#[unsafe(no_mangle)]
extern "C" fn route() {
    edge(|edge| {
        if let (Some([Value::Text(method), Value::Text(path)]), Some(deployment)) = (args(), &edge.deployment)
        {
            put(&Step::Answer(deployment.catalog().route(&method, &path)));
        }
    });
}

pub(crate) fn normalize(text: &str) -> String {
    text.to_owned()
}
pub(crate) fn lower_case(text: &str) -> String {
    text.to_owned()
}
