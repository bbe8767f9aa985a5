//! The boundary of the verify module: texts in linear memory, numbers in and out, without
//! wasm-bindgen.
//!
//! The host passes the texts of a call one by one: it writes each to `input` and ends it with
//! `give`. Numbers are arguments. If a call answers with a text, the text is at `output` until
//! the next call.

#![allow(unsafe_code)] // `no_mangle` is unsafe: exported names can collide.

use std::cell::RefCell;
use std::rc::Rc;

// Replaces the allocator.
use leastkey_heap as _;
use zeroize::Zeroizing;

use leastkey::catalog::{Matched, RouteNumber};
use leastkey::codec::json::{ObjectText, Value, parse_json, texts};
use leastkey::codec::sorted_map::SortedMap;
use leastkey::deployment::VerifierConfig;
use leastkey::deployment::verifier::VerifierDeployment;
use leastkey::input::{ErrorCode, Refusal};
use leastkey::model::question::{Question, read_requirement};
use leastkey::model::record_text::VIEW;
use leastkey::model::requirement::Requirement;
use leastkey::storage::plan::Reads;
use leastkey::value::credential::{Credential, CredentialForm, ENTROPY, SCHEME, TagKey, TokenId};
use leastkey::value::permission::Permission;
use leastkey::value::resource::Resource;
use leastkey::value::time::Instant;
use leastkey::verify::batch_buffers::BatchBuffers;
use leastkey::verify::cache::{Cache, Disclosed, Hit};
use leastkey::verify::code::Code;
use leastkey::verify::decision::{Process, Settled};
use leastkey::verify::known_store::KnownStore;
use leastkey::verify::packed::{InternedRequirements, MISS, PackedLookups, pack};
use leastkey::verify::verdict::Lacking;
use leastkey::verify::verification::{Decided, LacksKey, Verification, digest_keys, id_of_digest};
use leastkey::verify::verify::{self, lookup_renewed};

/// The size of the buffer at [`given_text`], in bytes: nearly all texts fit.
const TEXT_BYTES: usize = 8_192;

/// In place of a cost: no use is counted.
const NO_COST: i32 = -1;

/// In place of a generation: none.
const NO_GENERATION: u32 = u32::MAX;

/// In place of the number of a route: no route matches.
const NO_ROUTE: i32 = -1;

/// In place of the number of a route: several.
const OTHER_ROUTES: i32 = -2;

/// Beside the number of a route, of which a catalog has at most 100,000: it is about a resource.
const ON_RESOURCE: i32 = 1 << 20;

/// The state between two calls.
struct State {
    edge: VerifierDeployment,
    interned: InternedRequirements,
    cache: Cache,
    /// The verification that began last, until it is decided.
    verification: Option<Verification>,
    /// The decision that waits for the counters of these tokens.
    counting: Option<(Decided, Vec<TokenId>)>,
    /// Where the parts of the record that was read last are; then the number of its list of
    /// permissions.
    view: [[u32; 2]; VIEW.len() + 1],
}

thread_local! {
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
    static BUFFERS: RefCell<BatchBuffers> = RefCell::default();
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static TEXT: RefCell<Vec<u8>> = RefCell::new(vec![0; TEXT_BYTES]);
    static GIVEN: RefCell<Vec<Option<String>>> = const { RefCell::new(Vec::new()) };
    static OUTPUT: RefCell<String> = const { RefCell::new(String::new()) };
}

mod host {
    #[link(wasm_import_module = "host")]
    unsafe extern "C" {
        /// Writes a text in Unicode's normal form NFC to the input.
        pub(super) fn normalize(text: *const u8, length: usize);
        /// The double that is nearest to a JSON number.
        pub(super) fn parse_decimal(text: *const u8, length: usize) -> f64;
        /// Writes a number to the input, as JSON.
        pub(super) fn write_decimal(number: f64);
    }
}

/// The address at which to write a text of at most `length` bytes.
#[unsafe(no_mangle)]
extern "C" fn input(length: usize) -> *const u8 {
    INPUT.with_borrow_mut(|input| {
        input.clear();
        input.resize(length, 0);
        input.as_ptr()
    })
}

/// Ends a text of the next call, of `length` bytes; 2^32 - 1: passes `null` instead of a text.
#[unsafe(no_mangle)]
extern "C" fn give(length: usize) {
    let text = (length != usize::MAX).then(|| {
        INPUT.with_borrow_mut(|input| input.truncate(length));
        written()
    });
    GIVEN.with_borrow_mut(|given| given.push(text));
}

/// The address of a buffer of 8,192 bytes for the texts of [`give_text`].
#[unsafe(no_mangle)]
extern "C" fn given_text() -> *const u8 {
    TEXT.with_borrow(|text| text.as_ptr())
}

/// As [`give`], for a text in the first `length` bytes of the buffer at [`given_text`].
#[unsafe(no_mangle)]
extern "C" fn give_text(length: usize) {
    let text = TEXT.with_borrow(|text| {
        let text = text.get(..length).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default().to_owned()
    });
    GIVEN.with_borrow_mut(|given| given.push(Some(text)));
}

/// The address of the text that a call has answered.
#[unsafe(no_mangle)]
extern "C" fn output() -> *const u8 {
    OUTPUT.with_borrow(|output| output.as_ptr())
}

/// The length of that text in bytes; 0: no text.
#[unsafe(no_mangle)]
extern "C" fn output_length() -> usize {
    OUTPUT.with_borrow(String::len)
}

/// The address at which to write credentials: a buffer of 6,144 bytes.
#[unsafe(no_mangle)]
extern "C" fn text_buffer() -> *const u8 {
    BUFFERS.with_borrow(BatchBuffers::text)
}

/// The address at which to write requirement ids for [`lookup_batch`], and to read its packed
/// verdicts: a buffer of 64 32-bit integers.
#[unsafe(no_mangle)]
extern "C" fn number_buffer() -> *const i32 {
    BUFFERS.with_borrow(BatchBuffers::numbers)
}

/// Configures the module. Texts: a configuration and a catalog. The answer has the verdict codes by
/// their numbers, and the form of credentials.
#[unsafe(no_mangle)]
extern "C" fn configure() {
    answer(|given| {
        let [config, catalog] = given.as_slice() else {
            return Err(unreadable());
        };
        let edge = VerifierDeployment::configure(&read(config)?, &read(catalog)?)?;
        let configured = ObjectText::default()
            .raw("codes", Some(&codes()))
            .raw("form", edge.form().map(form_text).as_deref())
            .text("scheme", Some(SCHEME))
            .texts("view", VIEW.map(|(name, _)| name))
            .text("start", Some(&edge.prefix().start()))
            .finish();
        STATE.set(Some(State {
            edge,
            interned: Vec::new(),
            cache: Cache::default(),
            verification: None,
            counting: None,
            view: [[0; 2]; VIEW.len() + 1],
        }));
        Ok(Some(configured))
    });
}

/// The verdict codes, by their numbers.
fn codes() -> String {
    let rows: Vec<String> = Code::all().map(code_text).collect();
    ["[", &rows.join(","), "]"].concat()
}

fn code_text(code: Code) -> String {
    let (status, error) = code.on_the_wire();
    ObjectText::default()
        .text("code", Some(code.name()))
        .whole("status", Some(status.into()))
        .text("error", error)
        .finish()
}

fn form_text(CredentialForm { start, length }: CredentialForm) -> String {
    ObjectText::default()
        .text("start", Some(&start))
        .whole("length", u64::try_from(length).ok())
        .finish()
}

/// Replaces the cache by an empty one with room for `capacity` tokens. Unless `revalidates` is 0,
/// it also takes tokens before the first read of the feed, and the host uses none without having
/// read the same values again.
#[unsafe(no_mangle)]
extern "C" fn reset_cache(capacity: u32, revalidates: u32) {
    STATE.with_borrow_mut(|state| {
        if let Some(state) = state {
            state.cache = Cache::new(capacity);
            if revalidates != 0 {
                state.cache.revalidate();
            }
        }
    });
}

/// Takes the key of the tags from the first 32 bytes of the text buffer, in which the host has
/// written random bytes. Without one, or with a broken generator's zeros, the cache compares
/// digests.
#[unsafe(no_mangle)]
extern "C" fn set_tag_key() {
    let key = with_credential(32, |random| random.as_array().and_then(TagKey::new)).flatten();
    STATE.with_borrow_mut(|state| {
        if let (Some(state), Some(key)) = (state, key) {
            state.cache.set_tag_key(key);
        }
    });
}

/// Looks at the credential in the first `length` bytes of the text buffer, before anything is read,
/// and at what is asked. Text: the question, if `requirement` is 2^32 - 1 in place of an interned
/// one.
///
/// Returns 0 for a credential of this deployment, whose id is at its place; -2 - code for a text
/// that is no credential. 1: it may be a key that another system issued, and the text answer names
/// the keys of the store, one a line, one of which may have the id of its token. -1: the text
/// answer refuses the question.
#[unsafe(no_mangle)]
extern "C" fn classify(length: u32, requirement: u32) -> i32 {
    settle(|state, given| {
        Asked::read(state, requirement, given)?.question(NO_COST, f64::NAN)?;
        let keys = with_credential(length, |credential| digest_keys(&state.edge, text_of(credential)));
        Ok(match keys.unwrap_or(Err(Code::Malformed)) {
            Ok(keys) => (i32::from(!keys.is_empty()), keys.join("\n")),
            Err(code) => (refused(code), String::new()),
        })
    })
}

/// Reads the id of a token from the value of a digest's key. Texts: key and value. The text answer
/// is the id; none if the value is no id.
#[unsafe(no_mangle)]
extern "C" fn read_id() {
    let given = GIVEN.take();
    let id = STATE.with_borrow(|state| match (state, given.as_slice()) {
        (Some(state), [Some(key), Some(value)]) => id_of_digest(state.edge.seal(), key, value),
        _ => None,
    });
    OUTPUT.set(id.map_or(String::new(), |id| id.to_string()));
}

/// Begins to verify the credential in the first `length` bytes of the text buffer. Texts: the value
/// of the token's key, that of `meta/deployment`, and, of a key that another system issued, the id
/// of its token, which the digest at `digest` named.
///
/// Returns -2 - code if that decides. Else which dependencies are read besides those in the record,
/// as bits: 1 the account of the subject, 2 the usage of the token; 4: nothing at all. Bit 8: the
/// text answer are, one a line, the keys of vocabularies for [`learn`]. The places of the record's
/// parts are at [`view`].
#[unsafe(no_mangle)]
extern "C" fn begin(length: u32, digest: usize, now: f64, generation: u32) -> i32 {
    settle(|state, given| {
        let [stored, meta, id] = [(); 3].map(|()| given.next().flatten());
        let imported = id.and_then(|id| Some((digest, TokenId::parse(&id).ok()?)));
        let (now, generation) = (clock(now)?, known(generation));
        let State { edge, cache, .. } = state;
        let begun = with_credential(length, |credential| {
            let values = [stored.as_deref(), meta.as_deref()];
            Verification::begin(
                edge,
                edge.seal(),
                text_of(credential),
                imported,
                values,
                cache.store(),
            )
        });
        let verification = match begun {
            Some(Ok(verification)) => verification,
            Some(Err(decided)) => {
                let settled = decided.learned(cache, generation);
                return Ok((refused(settled.code), String::new()));
            }
            None => return Ok((refused(Code::Malformed), String::new())),
        };
        let shift = verification.shift();
        let places = verification.record().view().map(|span| match span {
            [0, 0] => span,
            [start, end] => [start + shift, end + shift],
        });
        let list = [cache.known_store().list_number(), 0];
        for (to, place) in state.view.iter_mut().zip(places.into_iter().chain([list])) {
            *to = place;
        }
        let is_unread = !verification.needs_dependencies(cache.is_current(generation), now);
        let bits = i32::from(verification.has_subject_account())
            | i32::from(verification.has_idle_time()) << 1
            | i32::from(is_unread) << 2;
        let missing = verification.missing_vocabularies(&[], cache.known_store());
        let bits = bits | i32::from(!missing.is_empty()) << 3;
        state.verification = Some(verification);
        Ok((bits, missing.join("\n")))
    })
}

/// The address of the places of the parts in the record that [`begin`] read: where each begins and
/// ends, in UTF-16 code units, in the order of the names that [`configure`] answers. 0 and 0: the
/// part is absent. After them comes the number of the record's list of permissions, which no other
/// list has in this instance; 0 for a list without one.
#[unsafe(no_mangle)]
extern "C" fn view() -> *const [u32; 2] {
    STATE.with_borrow(|state| {
        state
            .as_ref()
            .map_or(std::ptr::null(), |state| state.view.as_ptr())
    })
}

/// Decides the verification that began last. Texts: the whole question, if `requirement` is
/// 2^32 - 1 in place of an interned one; then the values of the dependencies, in the order of
/// [`Verification::decide`]. With an interned requirement, `consume` is the cost of a use, or -1.
///
/// Returns -1 if something has to be read first: then the text answer are, one a line, the keys of
/// vocabularies for [`learn`], after which the call is repeated, or the ids of the tokens whose
/// counters are read to count the use. -2 - code: refused without a token. Else `code + 128 ·
/// successor + 256 · (slot + 1)`: of a token that was not inserted, the last part is 0. With
/// `rotated_out`, the middle part says whether the verdict names the rotation. A text answer has
/// what the record does not say: the effective grant, where accounts or parents bound it, and the
/// details of a refusal for lack of permission.
#[unsafe(no_mangle)]
extern "C" fn decide(requirement: u32, consume: i32, counted_at: f64, now: f64, generation: u32) -> i32 {
    settle_question(requirement, consume, counted_at, |state, question, values| {
        let generation = known(generation);
        let State { edge, cache, .. } = state;
        let verification = state.verification.take().ok_or_else(unreadable)?;
        let missing = verification.missing_vocabularies(values, cache.known_store());
        if !missing.is_empty() {
            state.verification = Some(verification);
            return Ok((MISS, missing.join("\n")));
        }
        let process = Process {
            caches: cache.is_current(generation),
            last_use: &|of| cache.last_use(of),
        };
        let decided = verification.decide(edge, values, question, clock(now)?, process, cache.known_store());
        let limited = decided.limited(question);
        if limited.is_empty() {
            let settled = decided.learned(cache, generation);
            return Ok((
                packed(&settled),
                details(&settled, question, edge, cache.known_store()),
            ));
        }
        let ids: Vec<&str> = limited.iter().map(TokenId::as_str).collect();
        let ids = ids.join("\n");
        state.counting = Some((decided, limited));
        Ok((MISS, ids))
    })
}

/// Takes a vocabulary for the verification that began last. Texts: its key, which [`begin`] or
/// [`decide`] named, and the value.
///
/// Returns 1 if the value is the vocabulary of the key, else 0.
#[unsafe(no_mangle)]
extern "C" fn learn() -> i32 {
    let given = GIVEN.take();
    let learned = with_state(|state| {
        let State {
            edge,
            cache,
            verification,
            ..
        } = state;
        let verification = verification.as_mut().ok_or_else(unreadable)?;
        let [Some(key), value] = given.as_slice() else {
            return Err(unreadable());
        };
        Ok(verification.learn_vocabulary(edge, key, value.as_deref(), cache.store()))
    });
    i32::from(learned.unwrap_or_default())
}

/// Drops the vocabularies. A verification that has begun has to begin again.
#[unsafe(no_mangle)]
extern "C" fn forget() {
    let forgotten = with_state(|state| {
        state.verification = None;
        state.cache.store().forget_vocabularies();
        Ok(())
    });
    forgotten.unwrap_or_default();
}

/// Counts the use of the decision that asked for it. Texts: as [`decide`], with the counters in
/// place of the dependencies.
///
/// Returns as [`decide`] does. The text answer has what is left too, and the new counters.
#[unsafe(no_mangle)]
extern "C" fn count(requirement: u32, consume: i32, counted_at: f64, now: f64, generation: u32) -> i32 {
    settle_question(requirement, consume, counted_at, |state, question, values| {
        let generation = known(generation);
        let State { edge, cache, .. } = state;
        let (decided, limited) = state.counting.take().ok_or_else(unreadable)?;
        let counted = decided.count(edge, &limited, values, question, clock(now)?);
        let counted = counted.map_err(|LacksKey| Refusal::new(ErrorCode::StoreUnavailable, ""))?;
        let settled = counted.learned(cache, generation);
        Ok((
            packed(&settled),
            details(&settled, question, edge, cache.known_store()),
        ))
    })
}

/// The texts that the host passed, which are read one after the other.
type Given = std::vec::IntoIter<Option<String>>;

/// Runs a step of a verification. Its number is returned, its text is the answer. -1: the text
/// refuses the call, or asks for counters.
fn settle(step: impl FnOnce(&mut State, &mut Given) -> Result<(i32, String), Refusal>) -> i32 {
    let mut given = GIVEN.take().into_iter();
    let (number, text) =
        with_state(|state| step(state, &mut given)).unwrap_or_else(|refusal| (MISS, refusal_text(&refusal)));
    OUTPUT.set(text);
    number
}

/// Runs a step of a verification ([`settle`]) with its question and the values that were passed.
fn settle_question(
    requirement: u32,
    consume: i32,
    counted_at: f64,
    step: impl FnOnce(&mut State, &Question, &[Option<&str>]) -> Result<(i32, String), Refusal>,
) -> i32 {
    settle(|state, given| {
        let asked = Asked::read(state, requirement, given)?;
        let question = asked.question(consume, counted_at)?;
        let values: Vec<Option<String>> = given.collect();
        let values: Vec<Option<&str>> = values.iter().map(Option::as_deref).collect();
        step(state, &question, &values)
    })
}

/// The generation of the cache before the reads began, if the host knows it.
fn known(generation: u32) -> Option<u32> {
    (generation != NO_GENERATION).then_some(generation)
}

/// What is asked of a verification.
struct Asked {
    requirement: Rc<Requirement>,
    /// The question, if it is not an interned requirement alone.
    question: Option<Value>,
}

impl Asked {
    fn read(state: &State, requirement: u32, given: &mut Given) -> Result<Asked, Refusal> {
        if let Some(interned) = state.interned.get(requirement as usize) {
            return Ok(Asked {
                requirement: Rc::clone(interned),
                question: None,
            });
        }
        let question = read(&given.next().flatten())?;
        Ok(Asked {
            requirement: Rc::new(read_requirement(state.edge.permissions(), &question)?),
            question: Some(question),
        })
    }

    fn question(&self, consume: i32, counted_at: f64) -> Result<Question<'_>, Refusal> {
        match &self.question {
            Some(question) => Question::read(&self.requirement, question),
            None => Ok(Question {
                consume: u32::try_from(consume).ok(),
                counted_at: Instant::from_millis(counted_at).ok(),
                ..Question::of(&self.requirement)
            }),
        }
    }
}

/// The details of a verdict, as JSON; empty if the record says it all.
fn details(settled: &Settled, question: &Question, edge: &VerifierDeployment, known: &KnownStore) -> String {
    let catalog = edge.permissions();
    let grant = settled.token.as_ref().map(|token| &*token.grant);
    let reduced = settled
        .token
        .as_ref()
        .filter(|token| token.is_reduced(catalog, known))
        .map(|token| &*token.grant);
    let lacking = settled.code.is_of_scope().then_some(grant).flatten();
    let spent = &settled.spent;
    let is_spent = spent.remaining.is_some() || spent.refused.is_some() || !spent.texts.is_empty();
    if reduced.is_none() && lacking.is_none() && !is_spent {
        return String::new();
    }
    let lacking = lacking.map(|grant| Lacking::of(settled.code, question.requirement, grant, catalog));
    let permissions =
        reduced.map(|grant| texts(catalog.members(grant.permissions()).map(Permission::as_str)));
    let resources = reduced.map(|grant| resources_text(&grant.resources(catalog)));
    with_lacking(&lacking.unwrap_or_default())
        .raw("permissions", permissions.as_deref())
        .raw("resources", resources.as_deref().filter(|text| *text != "{}"))
        .whole("retryAfter", spent.retry_after)
        .whole("remaining", spent.remaining.map(u64::from))
        .texts("counters", spent.texts.iter().map(String::as_str))
        .finish()
}

fn resources_text(resources: &SortedMap<Permission, Vec<Resource>>) -> String {
    let object = resources
        .iter()
        .fold(ObjectText::default(), |object, (permission, places)| {
            let places = texts(places.iter().map(Resource::as_str));
            object.raw(permission.as_str(), Some(&places))
        });
    object.finish()
}

fn with_lacking(Lacking { missing, scope }: &Lacking) -> ObjectText {
    ObjectText::default()
        .texts("missing", missing.iter().map(Permission::as_str))
        .text("scope", scope.as_deref())
}

/// The number of a decision.
fn packed(settled: &Settled) -> i32 {
    let mark = match &settled.token {
        Some(token) if settled.code == Code::RotatedOut => token.disclosed == Disclosed::All,
        Some(token) => token.successor,
        // A wrong secret may have left an entry in a slot.
        None if settled.code == Code::BadSecret => false,
        None => return refused(settled.code),
    };
    let slot = settled.slot.and_then(|slot| i32::try_from(slot + 1).ok());
    slot.unwrap_or_default() << 8 | i32::from(mark) << 7 | i32::from(settled.code.number())
}

fn refused(code: Code) -> i32 {
    MISS - 1 - i32::from(code.number())
}

fn text_of(credential: &[u8]) -> &str {
    std::str::from_utf8(credential).unwrap_or_default()
}

/// Interns a requirement, and returns its id for [`lookup_packed`]. Text: the question. There is a
/// text answer only for a refusal.
#[unsafe(no_mangle)]
extern "C" fn intern() -> usize {
    let mut number = 0;
    answer(|given| {
        let question = read(&given.into_iter().next().flatten())?;
        with_state(|State { edge, interned, .. }| {
            interned.push(Rc::new(read_requirement(edge.permissions(), &question)?));
            number = interned.len() - 1;
            Ok(None)
        })
    });
    number
}

/// The cached verdict on the credential in the first `length` bytes of the text buffer.
///
/// The result is `code + 128 · successor + 256 · slot`; -1 on a miss: read the store; -2 - code if
/// no token was needed to refuse.
#[unsafe(no_mangle)]
extern "C" fn lookup_packed(length: u32, requirement: u32, now: f64) -> i32 {
    with_lookups(now, |buffers, lookups, cache| {
        buffers.lookup_packed(lookups, cache, requirement, length)
    })
    .unwrap_or(MISS)
}

/// As [`lookup_packed`], for an interned requirement of one permission, on a resource. The resource
/// is in the `resource_length` bytes from byte 256 of the text buffer on.
#[unsafe(no_mangle)]
extern "C" fn lookup_on(length: u32, resource_length: u32, requirement: u32, now: f64) -> i32 {
    with_lookups(now, |buffers, lookups, cache| {
        buffers.lookup_on(lookups, cache, requirement, length, resource_length)
    })
    .unwrap_or(MISS)
}

/// As [`lookup_packed`], for `count` credentials, at most 64, of `length` bytes each. The
/// credentials are concatenated in the text buffer, and the requirement ids are at
/// [`number_buffer`]. The verdicts replace the ids.
#[unsafe(no_mangle)]
extern "C" fn lookup_batch(length: u32, count: u32, now: f64) {
    with_lookups(now, |buffers, lookups, cache| {
        buffers.lookup_batch(lookups, cache, length, count);
    });
}

/// As [`lookup_packed`], for any question. Text: the question. The text answer has the missing
/// permissions of a refusal, or a refusal of the question.
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
            Ok(grant
                .map(|grant| with_lacking(&Lacking::of(code, &requirement, &grant, permissions)).finish()))
        })
    });
    hit
}

/// Mints a credential. The text buffer begins with 40 random bytes, and, if `has_id` is not 0, the
/// id of an existing token. They are replaced by the id of the credential (16 bytes), its digest in
/// hexadecimal (64 bytes) and its text, which the host has to wipe.
///
/// Returns the length of all three; 0 if the id is none.
#[unsafe(no_mangle)]
extern "C" fn mint(has_id: u32, now: f64) -> usize {
    let minted = with_buffers(|buffers, State { edge, .. }| {
        let text = buffers.text_mut();
        let (random, after) = text.split_first_chunk_mut::<ENTROPY>()?;
        let entropy = Zeroizing::new(std::mem::replace(random, [0; ENTROPY]));
        let credential = if has_id == 0 {
            Credential::mint(edge.prefix(), Instant::from_millis(now).ok()?, &entropy)
        } else {
            let id = std::str::from_utf8(after.first_chunk::<16>()?).ok()?;
            Credential::mint_for(edge.prefix(), TokenId::parse(id).ok()?, &entropy)
        };
        let digest = credential.digest().to_hex();
        let parts = [
            credential.id().bytes(),
            digest.as_bytes(),
            credential.reveal().as_bytes(),
        ];
        let mut rest = text;
        for part in parts {
            let (to, after) = rest.split_at_mut_checked(part.len())?;
            to.copy_from_slice(part);
            rest = after;
        }
        Some(parts.iter().map(|part| part.len()).sum())
    });
    minted.flatten().unwrap_or(0)
}

/// Notes a use, at an instant, of the token with the id in the first `length` bytes of the text
/// buffer.
///
/// Returns 1 if the token or one of its parents has an idle time, 0 if none has, -1 if the token is
/// not cached and was not read recently.
#[unsafe(no_mangle)]
extern "C" fn note_use(length: u32, at: f64) -> i32 {
    let noted = with_buffers(|buffers, State { cache, .. }| {
        let id = buffers.with_text(length, |id| TokenId::parse(std::str::from_utf8(id).ok()?).ok())??;
        cache.note_use(&id, Instant::from_millis(at).ok()?)
    });
    noted.flatten().map_or(MISS, i32::from)
}

/// The generation of the cache.
#[unsafe(no_mangle)]
extern "C" fn generation() -> u32 {
    STATE.with_borrow(|state| state.as_ref().map_or(0, |state| state.cache.generation()))
}

/// Applies a read of all heads of the change feed and of `meta/deployment` that began at `read_at`,
/// and returns the shard count. Texts: keys and values. There is a text answer only for a refusal.
#[unsafe(no_mangle)]
extern "C" fn apply_feed(read_at: f64) -> u32 {
    let mut shards = 0;
    answer(|given| {
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

/// The number of the route of a request whose path is in the first `length` bytes of the text
/// buffer, where it needs one permission; [`NO_ROUTE`], or [`OTHER_ROUTES`] where [`route`] tells.
/// [`ON_RESOURCE`] is added where the permission is needed on a resource, which is the text answer.
/// The method is its index among GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS.
#[unsafe(no_mangle)]
extern "C" fn route_number(method: u32, length: u32) -> i32 {
    BUFFERS
        .with_borrow_mut(|buffers| {
            let path = buffers.text_mut().get(..length as usize)?;
            STATE.with_borrow(
                |state| match state.as_ref()?.edge.route_number(method as usize, path) {
                    RouteNumber::One(number, None) => i32::try_from(number).ok(),
                    RouteNumber::One(number, Some(resource)) => {
                        OUTPUT.set(resource.as_str().to_owned());
                        Some(ON_RESOURCE | i32::try_from(number).ok()?)
                    }
                    RouteNumber::None => Some(NO_ROUTE),
                    RouteNumber::Other => None,
                },
            )
        })
        .unwrap_or(OTHER_ROUTES)
}

/// The requirement of a request. Texts: its method and path.
#[unsafe(no_mangle)]
extern "C" fn route() {
    answer(|given| {
        let [Some(method), Some(path)] = given.as_slice() else {
            return Err(unreadable());
        };
        with_state(|State { edge, .. }| {
            let needs = edge.route(method, path).unwrap_or_default();
            let mut texts: Vec<String> = needs.iter().map(needed).collect();
            Ok(Some(match texts.len() {
                0 => "null".to_owned(),
                1 => texts.pop().unwrap_or_default(),
                _ => ObjectText::default()
                    .raw("all", Some(&["[", &texts.join(","), "]"].concat()))
                    .finish(),
            }))
        })
    });
}

fn needed(Matched { permission, resource }: &Matched) -> String {
    ObjectText::default()
        .text("permission", Some(permission.as_str()))
        .text("resource", resource.as_ref().map(Resource::as_str))
        .finish()
}

/// Runs a call with the texts that the host passed, and writes its answer to the output: a step, as
/// JSON.
fn answer(call: impl FnOnce(Vec<Option<String>>) -> Result<Option<String>, Refusal>) {
    let step = match call(GIVEN.take()) {
        Ok(Some(answer)) => ObjectText::default().raw("answer", Some(&answer)).finish(),
        Ok(None) => String::new(),
        Err(refusal) => refusal_text(&refusal),
    };
    OUTPUT.set(step);
}

/// The step of a refusal. The module has no messages.
fn refusal_text(refusal: &Refusal) -> String {
    let reasons = ObjectText::default()
        .text("code", Some(refusal.code.name()))
        .text("message", Some(""))
        .finish();
    ObjectText::default().raw("refuse", Some(&reasons)).finish()
}

fn with_state<T>(call: impl FnOnce(&mut State) -> Result<T, Refusal>) -> Result<T, Refusal> {
    STATE.with_borrow_mut(|state| call(state.as_mut().ok_or_else(unreadable)?))
}

fn with_buffers<T>(call: impl FnOnce(&mut BatchBuffers, &mut State) -> T) -> Option<T> {
    BUFFERS.with_borrow_mut(|buffers| {
        STATE.with_borrow_mut(|state| state.as_mut().map(|state| call(buffers, state)))
    })
}

fn with_lookups<T>(
    now: f64,
    call: impl FnOnce(&mut BatchBuffers, &PackedLookups<VerifierDeployment>, &mut Cache) -> T,
) -> Option<T> {
    with_buffers(
        |buffers,
         State {
             edge,
             interned,
             cache,
             ..
         }| {
            let lookups = PackedLookups {
                deployment: edge,
                interned,
                now,
            };
            call(buffers, &lookups, cache)
        },
    )
}

/// Runs a call with the credential in the text buffer, then wipes the buffer.
fn with_credential<T>(length: u32, run: impl FnOnce(&[u8]) -> T) -> Option<T> {
    BUFFERS.with_borrow_mut(|buffers| buffers.with_text(length, run))
}

/// The text that the host wrote to the input.
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

// The functions that JavaScript provides to the core (src/codec/host.rs).

#[unsafe(no_mangle)]
fn leastkey_host_nfc(text: &str) -> String {
    // SAFETY: the host reads the text and writes to the input, which has no borrow meanwhile.
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
    // SAFETY: the host writes to the input, which has no borrow meanwhile.
    unsafe { host::write_decimal(number) };
    to.extend(INPUT.take());
}
