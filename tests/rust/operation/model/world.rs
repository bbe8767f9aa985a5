//! A host of the core: a map as the store, a clock that is set by hand, and entropy by number.
//! Plans advance one read at a time, so that others can commit between two reads, or between the
//! last read and the commit.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::LazyLock;

use leastkey::Deployment;
use leastkey::codec::json::Value;
use leastkey::model::question::{Question, read_requirement};
use leastkey::model::requirement::Requirement;
use leastkey::operation::{Answer, ENTROPY, Entropy, Time, plan, plan_exchange};
use leastkey::storage::plan::{ListRead, Plan, ReadRequest, Reads, Write};
use leastkey::storage::shard_count::ShardCount;
use leastkey::value::credential::{Credential, Prefix};
use leastkey::value::resource::Resource;
use leastkey::verify::batch_buffers::InternedRequirements;
use leastkey::verify::cache::Cache;
use leastkey::verify::code::Code;
use leastkey::verify::verdict::Verdict;
use leastkey::verify::verify::verify_and_cache;
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use super::bounds::{COMMIT, KEY, VALUE};
use super::call::Minted;
use super::catalog::document;
use super::place::{ADDRESS, Permission, Place};
use super::reader::Reader;
use super::restores::Lost;
use super::state::State;
use crate::support::{NOW, instant, value};

const PREFIX: &str = "model";

static DEPLOYMENT: LazyLock<Deployment> =
    LazyLock::new(|| Deployment::configure(&value(json!({ "prefix": PREFIX })), &value(document())).unwrap());

/// The result of a plan.
#[derive(Debug)]
pub enum Planned {
    Commit(Vec<Write>, Json),
    Answer(Json),
    Refused(String, String),
}

/// The changes of a commit: the values before and after, by key.
pub type Changed = BTreeMap<String, (Option<String>, Option<String>)>;

/// A required permission, and the place where it is required, if there is one.
pub type Needs = Option<(Permission, Option<Place>)>;

/// The requirement of a verification, and the credits that it consumes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    pub needs: Needs,
    pub consume: Option<u32>,
}

/// A parsed requirement, interned under an id.
struct Interned {
    id: u32,
    question: Question<'static>,
}

thread_local! {
    /// The parsed requirements. There are few, and they are used very often.
    static QUESTIONS: RefCell<BTreeMap<Needs, &'static Interned>> = const { RefCell::new(BTreeMap::new()) };
    static REQUIREMENTS: RefCell<InternedRequirements> = const { RefCell::new(Vec::new()) };
}

impl Asked {
    fn question(self) -> Question<'static> {
        let read = &self.interned().question;
        Question {
            request: read.request.clone(),
            consume: self.consume,
            ..Question::of(read.requirement)
        }
    }

    fn interned(self) -> &'static Interned {
        QUESTIONS.with_borrow_mut(|read| *read.entry(self.needs).or_insert_with(|| self.read()))
    }

    fn read(self) -> &'static Interned {
        let mut question = json!({ "context": { "ip": ADDRESS } });
        if let Some((permission, place)) = self.needs {
            question["requirement"] = match place {
                Some(place) => json!({ "permission": permission, "resource": place }),
                None => json!(permission),
            };
        }
        let question = value(question);
        let requirement = read_requirement(DEPLOYMENT.catalog(), &question).unwrap();
        let requirement: &'static Rc<Requirement> = Box::leak(Box::new(Rc::new(requirement)));
        let id = REQUIREMENTS.with_borrow_mut(|all| {
            all.push(Rc::clone(requirement));
            u32::try_from(all.len() - 1).unwrap()
        });
        let question = Question::read(requirement, &question).unwrap();
        Box::leak(Box::new(Interned { id, question }))
    }
}

pub struct World {
    pub store: BTreeMap<String, String>,
    /// The number of changes of the store.
    version: u64,
    /// The reading of the clock.
    pub now: u64,
    /// The highest instant that the host has accepted.
    pub highest: u64,
    draws: u64,
    reader: RefCell<Reader>,
    /// Whether the caching verifier is paused: it is not asked and does not read the feed.
    pub reader_rests: bool,
    /// The entries that it may still have from before a restore.
    pub lost: Lost,
}

/// A call in progress.
pub struct Attempt {
    call: Json,
    /// The same, in the form that the core takes.
    value: Value,
    draw: u64,
    started: u64,
    reads: Reads,
}

impl World {
    pub fn new() -> World {
        World {
            store: BTreeMap::new(),
            version: 0,
            now: NOW,
            highest: NOW,
            draws: 0,
            reader: RefCell::default(),
            reader_rests: false,
            lost: Lost::default(),
        }
    }

    /// Restores an earlier store.
    pub fn restore(&mut self, state: &State, store: BTreeMap<String, String>) {
        self.lost.restore(state, &self.store, &store);
        self.store = store;
        self.version += 1;
    }

    /// The count of each head of the change feed.
    pub fn feed_counts(&self) -> BTreeMap<String, u64> {
        let heads = ShardCount::default().feed_keys();
        let count = |head: &str| {
            let head: Json = serde_json::from_str(head).unwrap();
            head["seq"].as_u64()
        };
        heads
            .filter_map(|key| Some((key.clone(), count(self.store.get(&key)?)?)))
            .collect()
    }

    /// The head that publishes the changes of an owner.
    pub fn head_of(owner: Place) -> String {
        ShardCount::default().head_key_of(&Resource::parse(owner).unwrap())
    }

    /// The time by which tokens are refused.
    fn latest(&self) -> u64 {
        self.now.max(self.highest)
    }

    /// Starts a call with its own entropy.
    pub fn attempt(&mut self, call: Json) -> Attempt {
        self.draws += 1;
        Attempt {
            value: value(call.clone()),
            call,
            draw: self.draws,
            started: self.now,
            reads: Reads::default(),
        }
    }

    /// A credential that a client mints.
    pub fn mint(&mut self) -> Minted {
        self.draws += 1;
        let mut entropy = [0; 40];
        entropy.copy_from_slice(&bytes(self.draws)[..40]);
        let minted = Credential::mint(&Prefix::parse(PREFIX).unwrap(), instant(self.now), &entropy);
        Minted {
            id: minted.id().to_string(),
            digest: minted.digest().to_hex(),
            credential: minted.reveal().to_owned(),
            at: self.now,
        }
    }

    /// The verdict from the cache of a verifier that has read the feed since the last change.
    pub fn lookup(&self, credential: &str, needs: Needs) -> Option<Code> {
        let asked = Asked { needs, consume: None };
        if self.reader_rests {
            return None;
        }
        let mut reader = self.reader.borrow_mut();
        reader.follow(&DEPLOYMENT, &self.store, self.version);
        let Interned { id, question } = asked.interned();
        REQUIREMENTS.with_borrow(|interned| {
            reader.check_packed(&DEPLOYMENT, credential, (interned, *id), self.latest());
        });
        reader.lookup(&DEPLOYMENT, credential, question, self.latest())
    }

    /// The verdict on a credential, without counting; the token is inserted into the cache. `reads`
    /// holds reads of the current store and is extended.
    pub fn verify(&self, credential: &str, asked: Asked, reads: &mut Reads) -> Verdict {
        let (writes, verdict) = self.decide(credential, asked, reads);
        assert!(writes.is_empty(), "{writes:?}");
        verdict
    }

    /// The verdict on a credential, with counting.
    pub fn spend(&mut self, credential: &str, cost: u32) -> Result<Verdict, String> {
        let asked = Asked {
            consume: Some(cost),
            ..Asked::default()
        };
        let (writes, verdict) = self.decide(credential, asked, &mut Reads::default());
        self.commit(&writes).ok_or("nobody was before the use")?;
        Ok(verdict)
    }

    fn decide(&self, credential: &str, asked: Asked, reads: &mut Reads) -> (Vec<Write>, Verdict) {
        let question = asked.question();
        let mut reader = self.reader.borrow_mut();
        let mut forgetful = Cache::default();
        let cache = if self.reader_rests {
            &mut forgetful
        } else {
            reader.follow(&DEPLOYMENT, &self.store, self.version);
            &mut reader.cache
        };
        let (generation, now) = (Some(cache.generation()), instant(self.latest()));
        for _ in 0..4 {
            let (step, _) =
                verify_and_cache(&*DEPLOYMENT, credential, &question, reads, now, cache, generation);
            let (writes, verdict) = match step {
                Plan::Need(need) => {
                    self.fetch(reads, need);
                    continue;
                }
                Plan::Answer(verdict) => (Vec::new(), verdict),
                Plan::Commit { writes, answer } => (writes, answer),
                other @ (Plan::Prepare { .. } | Plan::Refuse(_)) => panic!("{other:?}"),
            };
            return (writes, verdict);
        }
        panic!("a question reads at most three times");
    }

    fn fetch(&self, reads: &mut Reads, need: ReadRequest) {
        for key in need.keys {
            let stored = self.store.get(&key).cloned();
            reads.insert(key, stored);
        }
        if let Some(range) = need.list {
            let entries = self
                .store
                .range(range.after.clone().unwrap_or(range.prefix.clone())..)
                .filter(|(key, _)| Some(*key) != range.after.as_ref())
                .take_while(|(key, _)| key.starts_with(&range.prefix))
                .take(range.limit as usize)
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            reads.insert_list(ListRead { range, entries });
        }
    }

    /// Commits all writes or none; `None` if another commit came first.
    pub fn commit(&mut self, writes: &[Write]) -> Option<Changed> {
        let keys: std::collections::BTreeSet<&str> = writes.iter().map(|write| write.key.as_str()).collect();
        assert_eq!(keys.len(), writes.len(), "the keys of a commit are distinct");
        assert!(
            writes.len() <= 32,
            "a commit has at most 32 writes, not {}",
            writes.len()
        );
        let holds = |write: &Write| {
            write
                .expect
                .as_ref()
                .is_none_or(|expected| self.store.get(&write.key) == expected.as_ref())
        };
        if !writes.iter().all(holds) {
            return None;
        }
        self.version += 1;
        let size = |write: &Write| {
            let of = |text: &Option<Option<String>>| text.iter().flatten().map(String::len).sum::<usize>();
            assert!(write.key.len() <= KEY, "the key {}", write.key);
            assert!(of(&write.value) <= VALUE, "the value of {}", write.key);
            write.key.len() + of(&write.expect) + of(&write.value)
        };
        let size: usize = writes.iter().map(size).sum();
        assert!(size <= COMMIT, "a commit of {size} bytes");
        let mut changed = Changed::new();
        for Write { key, value, .. } in writes {
            let Some(value) = value else { continue };
            let before = match value {
                Some(value) => self.store.insert(key.clone(), value.clone()),
                None => self.store.remove(key),
            };
            if before != *value {
                changed.insert(key.clone(), (before, value.clone()));
            }
        }
        self.lost.commit(&changed);
        Some(changed)
    }
}

impl Attempt {
    /// The same call from the start, with the same entropy, after stale reads or a lost answer.
    pub fn again(&self) -> Attempt {
        Attempt {
            call: self.call.clone(),
            value: self.value.clone(),
            reads: Reads::default(),
            ..*self
        }
    }

    /// The same call, continued from the `next` of the page before.
    pub fn page_after(&self, world: &mut World, next: &Json) -> Attempt {
        let mut call = self.call.clone();
        call["query"]["after"] = next.clone();
        world.attempt(call)
    }

    /// Plans, and fetches one read request; `None` until the plan is complete.
    pub fn advance(&mut self, world: &World) -> Option<Planned> {
        let time = Time {
            started: instant(self.started),
            now: instant(world.now),
            highest: instant(world.highest),
        };
        let entropy = Entropy::new(Zeroizing::new(bytes(self.draw)));
        let step = match self.call["credential"].as_str() {
            Some(credential) => {
                let input = value(self.call["input"].clone());
                plan_exchange(&DEPLOYMENT, credential, &input, &self.reads, time, &entropy)
            }
            None => plan(&DEPLOYMENT, &self.value, &self.reads, time, &entropy),
        };
        match step {
            Plan::Need(need) => {
                world.fetch(&mut self.reads, need);
                None
            }
            Plan::Prepare { .. } => panic!("no list of this catalog is long"),
            Plan::Commit { writes, answer } => Some(Planned::Commit(writes, handed_over(&answer))),
            Plan::Answer(answer) => Some(Planned::Answer(handed_over(&answer))),
            Plan::Refuse(refusal) => {
                let code = serde_json::to_value(refusal.code).unwrap();
                Some(Planned::Refused(
                    code.as_str().unwrap().to_owned(),
                    refusal.message.clone(),
                ))
            }
        }
    }

    /// Plans to the end on the current store.
    pub fn plan(&mut self, world: &World) -> Planned {
        (0..100)
            .find_map(|_| self.advance(world))
            .expect("an operation that never ends")
    }
}

/// The answer as the wrapper returns it, with its credential.
fn handed_over(answer: &Answer) -> Json {
    let mut json = serde_json::to_value(answer).unwrap();
    if let Some(credential) = answer.credential() {
        json["token"] = json!(credential.reveal());
    }
    json
}

/// Bytes that differ from draw to draw: SplitMix64.
fn bytes(draw: u64) -> [u8; ENTROPY] {
    let mut state = draw.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut bytes = [0; ENTROPY];
    for chunk in bytes.chunks_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        chunk.copy_from_slice(&(mixed ^ (mixed >> 31)).to_be_bytes());
    }
    bytes
}
