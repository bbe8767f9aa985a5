//! The boundary of the edge module: texts in linear memory, numbers in and out, and nothing of wasm-bindgen.
//!
//! The host gives a call its texts one by one, each written to [`input`] and ended by [`give`], and its numbers as arguments. What a call
//! answers in words stands at [`output`] until the next one.

#![allow(unsafe_code)] // What C calls by its name cannot be told from what Rust does.

use std::cell::RefCell;
use std::rc::Rc;

use serde::Serialize;

use leastkey::codec::json::{Value, json, parse_json};
use leastkey::deployment::VerifierConfig;
use leastkey::deployment::verifier::VerifierDeployment;
use leastkey::input::{ErrorCode, Refusal};
use leastkey::model::question::{Question, read_requirement};
use leastkey::storage::plan::{Plan, Reads};
use leastkey::value::credential::CredentialForm;
use leastkey::value::time::Instant;
use leastkey::verify::batch_buffers::{BatchBuffers, InternedRequirements, MISS, pack};
use leastkey::verify::cache::{Cache, Hit};
use leastkey::verify::verdict::{Code, CodeRow, Lacking};
use leastkey::verify::verify;
use leastkey::verify::verify::{lookup_renewed, verify_and_remember};

/// Instead of a round.
const NO_ROUND: u32 = u32::MAX;

/// Everything that stays between two calls.
struct State {
    edge: VerifierDeployment,
    interned: InternedRequirements,
    cache: Cache,
}

thread_local! {
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
    static BUFFERS: RefCell<BatchBuffers> = RefCell::default();
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static GIVEN: RefCell<Vec<Option<String>>> = const { RefCell::new(Vec::new()) };
    static OUTPUT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What `configure` answers.
#[derive(Serialize)]
struct Configured {
    codes: Vec<CodeRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    form: Option<CredentialForm>,
}

mod host {
    #[link(wasm_import_module = "host")]
    unsafe extern "C" {
        /// Writes a text in Unicode's normal form NFC to the input.
        pub(super) fn normalize(text: *const u8, length: usize);
        /// The double that is nearest to a number of JSON.
        pub(super) fn parse_decimal(text: *const u8, length: usize) -> f64;
        /// Writes a number to the input, as JSON.
        pub(super) fn write_decimal(number: f64);
    }
}

/// Where to write a text of at most so many bytes.
#[unsafe(no_mangle)]
extern "C" fn input(length: usize) -> *const u8 {
    INPUT.with_borrow_mut(|input| {
        input.clear();
        input.resize(length, 0);
        input.as_ptr()
    })
}

/// Ends a text of the next call, of so many bytes; 2^32 - 1: `null` instead of one.
#[unsafe(no_mangle)]
extern "C" fn give(length: usize) {
    let text = (length != usize::MAX).then(|| {
        INPUT.with_borrow_mut(|input| input.truncate(length));
        written()
    });
    GIVEN.with_borrow_mut(|given| given.push(text));
}

/// What a call has answered in words: where it stands.
#[unsafe(no_mangle)]
extern "C" fn output() -> *const u8 {
    OUTPUT.with_borrow(|output| output.as_ptr())
}

/// How long that is; 0: nothing.
#[unsafe(no_mangle)]
extern "C" fn output_length() -> usize {
    OUTPUT.with_borrow(String::len)
}

/// Where to write credentials: 6,144 bytes from this address.
#[unsafe(no_mangle)]
extern "C" fn text_buffer() -> *const u8 {
    BUFFERS.with_borrow(BatchBuffers::text)
}

/// Where to write the numbers of requirements for [`lookup_batch`], and to read its verdicts: 64 whole numbers of four bytes.
#[unsafe(no_mangle)]
extern "C" fn number_buffer() -> *const i32 {
    BUFFERS.with_borrow(BatchBuffers::numbers)
}

/// Starts with a configuration and a catalog. Answers the verdict codes by their numbers, and the form of credentials.
#[unsafe(no_mangle)]
extern "C" fn configure() {
    answer(|given| {
        let [config, catalog] = given.as_slice() else {
            return Err(unreadable());
        };
        let edge = VerifierDeployment::configure(&read(config)?, &read(catalog)?)?;
        let configured = Configured {
            codes: Code::all().map(CodeRow::of).collect(),
            form: edge.form(),
        };
        STATE.set(Some(State {
            edge,
            interned: Vec::new(),
            cache: Cache::default(),
        }));
        Ok(Some(Plan::Answer(configured)))
    });
}

/// Begins to remember tokens anew, at most `capacity`.
#[unsafe(no_mangle)]
extern "C" fn reset_cache(capacity: u32) {
    STATE.with_borrow_mut(|state| {
        if let Some(state) = state {
            state.cache = Cache::new(capacity);
        }
    });
}

/// Verifies the credential at the scratch. Given are the question, then keys and values. Answers the slot where the token is remembered if
/// the round is still the same, or -1, and in words the step. Without a generation, 2^32 - 1, the cache only learns what has ended.
#[unsafe(no_mangle)]
extern "C" fn verify(length: u32, now: f64, generation: u32) -> i32 {
    let mut slot = None;
    let generation = (generation != NO_ROUND).then_some(generation);
    answer(|given| {
        let mut given = given.into_iter();
        let question = read(&given.next().flatten())?;
        let reads = reads(given);
        with_state(|State { edge, cache, .. }| {
            let requirement = read_requirement(edge.permissions(), &question)?;
            let question = Question::read(&requirement, &question)?;
            let now = clock(now)?;
            let step = with_credential(length, |credential| {
                let credential = std::str::from_utf8(credential).unwrap_or_default();
                let (step, at) =
                    verify_and_remember(edge, credential, &question, &reads, now, cache, generation);
                slot = at;
                step
            });
            Ok(step)
        })
    });
    slot.and_then(|slot| i32::try_from(slot).ok()).unwrap_or(MISS)
}

/// The number of a requirement for [`lookup_packed`]. Given is the question; in words only a refusal.
#[unsafe(no_mangle)]
extern "C" fn intern() -> usize {
    let mut number = 0;
    answer::<()>(|given| {
        let question = read(&given.into_iter().next().flatten())?;
        with_state(|State { edge, interned, .. }| {
            interned.push(Rc::new(read_requirement(edge.permissions(), &question)?));
            number = interned.len() - 1;
            Ok(None)
        })
    });
    number
}

/// The verdict on the credential at the scratch, from what is remembered.
///
/// `code + 128 · successor + 256 · slot`; -1: ask the store; -2 - code: refused without a look at any token.
#[unsafe(no_mangle)]
extern "C" fn lookup_packed(length: u32, requirement: usize, now: f64) -> i32 {
    with_buffers(
        |buffers,
         State {
             edge,
             interned,
             cache,
         }| { buffers.lookup_packed(edge, cache, interned.get(requirement), length, now) },
    )
    .unwrap_or(MISS)
}

/// The verdicts on at most 64 credentials of one length, as [`lookup_packed`] answers each. They stand at the scratch one after the other, the numbers
/// of their requirements at [`number_buffer`]; there the verdicts take their places.
#[unsafe(no_mangle)]
extern "C" fn lookup_batch(length: u32, count: u32, now: f64) {
    with_buffers(
        |buffers,
         State {
             edge,
             interned,
             cache,
         }| {
            buffers.lookup_batch(edge, cache, interned, length, count, now);
        },
    );
}

/// As [`lookup_packed`], for any question, which is given; in words what a refusal lacked, or a refusal of the question.
#[unsafe(no_mangle)]
extern "C" fn lookup(length: u32, now: f64) -> i32 {
    let mut hit = MISS;
    answer(|given| {
        let question = read(&given.into_iter().next().flatten())?;
        with_state(|State { edge, cache, .. }| {
            let permissions = edge.permissions();
            let requirement = read_requirement(permissions, &question)?;
            let question = Question::read(&requirement, &question)?;
            let now = clock(now)?;
            let found = with_credential(length, |credential| {
                lookup_renewed(edge, credential, &question, now, cache)
            });
            hit = found.map_or(MISS, pack);
            let Some(Ok(Some(Hit { slot, code, .. }))) = found else {
                return Ok(None);
            };
            let grant = code.is_of_scope().then(|| cache.grant(slot)).flatten();
            Ok(grant.map(|grant| Plan::Answer(Lacking::of(&requirement, &grant, permissions))))
        })
    });
    hit
}

/// How many reads of the feed were taken in.
#[unsafe(no_mangle)]
extern "C" fn generation() -> u32 {
    STATE.with_borrow(|state| state.as_ref().map_or(0, |state| state.cache.generation()))
}

/// Takes in a read of all heads of the change feed, and of `meta/deployment`, that began at `read_at`: keys and values, which are given.
/// Answers how many shards there are; in words only a refusal.
#[unsafe(no_mangle)]
extern "C" fn apply_feed(read_at: f64) -> u32 {
    let mut shards = 0;
    answer::<()>(|given| {
        let heads = reads(given.into_iter());
        with_state(|State { edge, cache, .. }| {
            let taken = verify::apply_feed(edge, &heads, clock(read_at)?, cache);
            shards = taken
                .map_err(|_| Refusal::new(ErrorCode::StoreUnavailable, ""))?
                .get()
                .into();
            Ok(None)
        })
    });
    shards
}

/// What a request needs, by its method and path, which are given.
#[unsafe(no_mangle)]
extern "C" fn route() {
    answer(|given| {
        let [Some(method), Some(path)] = given.as_slice() else {
            return Err(unreadable());
        };
        with_state(|State { edge, .. }| Ok(Some(Plan::Answer(edge.route(method, path)))))
    });
}

/// Runs a call with the texts that it was given, and puts what it answers where the host reads it.
fn answer<A: Serialize>(call: impl FnOnce(Vec<Option<String>>) -> Result<Option<Plan<A>>, Refusal>) {
    let step = match call(GIVEN.take()) {
        Ok(Some(step)) => json(&step),
        Ok(None) => String::new(),
        Err(refusal) => json(&Plan::<()>::Refuse(refusal)),
    };
    OUTPUT.set(step);
}

fn with_state<T>(call: impl FnOnce(&mut State) -> Result<T, Refusal>) -> Result<T, Refusal> {
    STATE.with_borrow_mut(|state| call(state.as_mut().ok_or_else(unreadable)?))
}

fn with_buffers<T>(call: impl FnOnce(&mut BatchBuffers, &mut State) -> T) -> Option<T> {
    BUFFERS.with_borrow_mut(|buffers| {
        STATE.with_borrow_mut(|state| state.as_mut().map(|state| call(buffers, state)))
    })
}

/// Runs something with the credential at the scratch, and wipes it.
fn with_credential<T>(length: u32, run: impl FnOnce(&[u8]) -> T) -> Option<T> {
    BUFFERS.with_borrow_mut(|buffers| buffers.with_text(length, run))
}

/// What the host has written.
fn written() -> String {
    String::from_utf8(INPUT.take()).unwrap_or_default()
}

fn read(text: &Option<String>) -> Result<Value, Refusal> {
    let value = text.as_deref().and_then(parse_json);
    value.ok_or_else(unreadable)
}

fn reads(mut given: impl Iterator<Item = Option<String>>) -> Reads {
    let mut reads = Reads::default();
    while let (Some(Some(key)), Some(value)) = (given.next(), given.next()) {
        reads.insert(key, value);
    }
    reads
}

fn clock(now: f64) -> Result<Instant, Refusal> {
    Instant::from_millis(now).map_err(|_| Refusal::new(ErrorCode::ClockUnreliable, ""))
}

fn unreadable() -> Refusal {
    Refusal::new(ErrorCode::InvalidInput, "")
}

// What JavaScript does for the core (src/codec/host.rs).

#[unsafe(no_mangle)]
fn leastkey_host_nfc(text: &str) -> String {
    // SAFETY: the host reads the text and writes to the input, which nobody looks at meanwhile.
    unsafe { host::normalize(text.as_ptr(), text.len()) };
    written()
}

#[unsafe(no_mangle)]
fn leastkey_host_parse_decimal(text: &str) -> f64 {
    // SAFETY: the host reads the text.
    unsafe { host::parse_decimal(text.as_ptr(), text.len()) }
}

#[unsafe(no_mangle)]
fn leastkey_host_write_decimal(number: f64, to: &mut Vec<u8>) {
    // SAFETY: the host writes to the input, which nobody looks at meanwhile.
    unsafe { host::write_decimal(number) };
    to.extend(INPUT.take());
}
