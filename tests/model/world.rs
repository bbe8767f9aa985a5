//! A host for the core: a map for a store, a clock that is set by hand, entropy by number. Plans advance a read at a time, so that others can
//! commit between two reads, or between the last read and the commit.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use leastkey::Deployment;
use leastkey::model::question::{Question, read_requirement};
use leastkey::operation::{Answer, ENTROPY, Entropy, Time, plan, plan_exchange};
use leastkey::storage::plan::{ListRead, Need, Reads, Step, Write};
use leastkey::value::credential::{Credential, Prefix};
use leastkey::verify::verify::verify;
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use super::call::Minted;
use super::catalog::document;
use crate::support::{NOW, instant, value};

const PREFIX: &str = "model";

static DEPLOYMENT: LazyLock<Deployment> =
    LazyLock::new(|| Deployment::configure(&value(json!({ "prefix": PREFIX })), &value(document())).unwrap());

/// What a plan comes to.
#[derive(Debug)]
pub enum Planned {
    Commit(Vec<Write>, Json),
    Answer(Json),
    Refused(String, String),
}

/// What a commit changed: by key, what was there before and what is there after.
pub type Changed = BTreeMap<String, (Option<String>, Option<String>)>;

#[derive(Clone)]
pub struct World {
    pub store: BTreeMap<String, String>,
    pub now: u64,
    draws: u64,
}

/// One call on its way.
pub struct Attempt {
    call: Json,
    draw: u64,
    started: u64,
    reads: Reads,
}

impl World {
    pub fn new() -> World {
        World {
            store: BTreeMap::new(),
            now: NOW,
            draws: 0,
        }
    }

    /// A call with entropy of its own.
    pub fn attempt(&mut self, call: Json) -> Attempt {
        self.draws += 1;
        Attempt {
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

    /// The verdict on a credential, which writes nothing.
    pub fn verify(&self, credential: &str, question: &Json) -> Json {
        let (writes, verdict) = self.decide(credential, question);
        assert!(writes.is_empty(), "{writes:?}");
        verdict
    }

    /// The verdict on a credential that is counted.
    pub fn spend(&mut self, credential: &str, question: &Json) -> Result<Json, String> {
        let (writes, verdict) = self.decide(credential, question);
        self.commit(&writes).ok_or("nobody was before the use")?;
        Ok(verdict)
    }

    fn decide(&self, credential: &str, question: &Json) -> (Vec<Write>, Json) {
        let question = value(question.clone());
        let requirement = read_requirement(DEPLOYMENT.catalog(), &question).unwrap();
        let question = Question::read(&requirement, &question).unwrap();
        let mut reads = Reads::default();
        for _ in 0..4 {
            let (writes, verdict) =
                match verify(&*DEPLOYMENT, credential, &question, &reads, instant(self.now)) {
                    Step::Need(need) => {
                        self.fetch(&mut reads, need);
                        continue;
                    }
                    Step::Answer(verdict) => (Vec::new(), verdict),
                    Step::Commit { writes, answer } => (writes, answer),
                    other @ Step::Refuse(_) => panic!("{other:?}"),
                };
            return (writes, serde_json::to_value(verdict).unwrap());
        }
        panic!("a question reads at most three times");
    }

    fn fetch(&self, reads: &mut Reads, need: Need) {
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

    /// All or nothing; nothing if somebody else was first.
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
        Some(changed)
    }
}

impl Attempt {
    /// The same call from its beginning, with the same entropy: its reads are stale, or its answer was lost.
    pub fn again(&self) -> Attempt {
        Attempt {
            call: self.call.clone(),
            reads: Reads::default(),
            ..*self
        }
    }

    /// The same call, with what a page before this one said to go on from.
    pub fn page_after(&self, world: &mut World, next: &Json) -> Attempt {
        let mut call = self.call.clone();
        call["query"]["after"] = next.clone();
        world.attempt(call)
    }

    /// Plans, and reads what is needed; nothing until no more is.
    pub fn advance(&mut self, world: &World) -> Option<Planned> {
        let time = Time {
            started: instant(self.started),
            now: instant(world.now),
            highest: instant(world.now),
        };
        let entropy = Entropy::new(Zeroizing::new(bytes(self.draw)));
        let step = match self.call["credential"].as_str() {
            Some(credential) => {
                let input = value(self.call["input"].clone());
                plan_exchange(&DEPLOYMENT, credential, &input, &self.reads, time, &entropy)
            }
            None => plan(
                &DEPLOYMENT,
                &value(self.call.clone()),
                &self.reads,
                time,
                &entropy,
            ),
        };
        match step {
            Step::Need(need) => {
                world.fetch(&mut self.reads, need);
                None
            }
            Step::Commit { writes, answer } => Some(Planned::Commit(writes, handed_over(&answer))),
            Step::Answer(answer) => Some(Planned::Answer(handed_over(&answer))),
            Step::Refuse(refusal) => {
                let code = serde_json::to_value(refusal.code).unwrap();
                Some(Planned::Refused(
                    code.as_str().unwrap().to_owned(),
                    refusal.message.clone(),
                ))
            }
        }
    }

    /// Plans to the end on the store as it is.
    pub fn plan(&mut self, world: &World) -> Planned {
        (0..100)
            .find_map(|_| self.advance(world))
            .expect("an operation that never ends")
    }
}

/// An answer as the wrapper hands it on: with its credential.
fn handed_over(answer: &Answer) -> Json {
    let mut json = serde_json::to_value(answer).unwrap();
    if let Some(credential) = answer.credential() {
        json["token"] = json!(credential.reveal());
    }
    json
}

/// Any bytes that differ from draw to draw: SplitMix64.
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
