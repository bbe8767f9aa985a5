//! A host of the core for tests: a map as the store, a counter as the source of entropy, and a
//! clock that is set by hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![allow(dead_code, unreachable_pub)]

pub mod trail;

use std::collections::BTreeMap;

use leastkey::Deployment;
use leastkey::codec::json::Value;
use leastkey::input::Refusal;
use leastkey::model::question::{Question, read_requirement};
use leastkey::operation::{
    Answer, DelegationChecks, ENTROPY, Entropy, Time, plan, plan_by, plan_exchange_by,
};
use leastkey::storage::plan::{ListRead, Plan, ReadRequest, Reads, Write};
use leastkey::storage::shard_count::ShardCount;
use leastkey::storage::store_meta::first_write;
use leastkey::value::credential::TagKey;
use leastkey::value::time::Instant;
use leastkey::verify::cache::Cache;
use leastkey::verify::code::Code;
use leastkey::verify::explain::explain;
use leastkey::verify::verify::{verify, verify_and_cache};
use serde::Serialize;
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

/// 2026-11-23T00:00:00Z
pub const NOW: u64 = 1_795_392_000_000;

pub fn value(json: Json) -> Value {
    serde_json::from_value(json).unwrap()
}

pub fn instant(millis: u64) -> Instant {
    Instant::from_millis(millis as f64).unwrap()
}

/// A catalog that uses every feature.
/// A cache that recognises credentials by their tags.
pub fn tagging_cache() -> Cache {
    let mut cache = Cache::default();
    cache.set_tag_key(TagKey::new(&[7; 32]).unwrap());
    cache
}

pub fn catalog() -> Json {
    json!({
        "version": "test",
        "services": {
            "messages": { "title": "Messages", "permissions": {
                "send": { "title": "Send", "implies": ["messages:status"] },
                "status": "Status",
                "templates": { "title": "Templates", "permissions": { "read": "Read", "write": "Write" } },
            } },
            "policy": { "title": "Policy", "permissions": { "read": "Read", "write": "Write" } },
        },
        "templates": {
            "sender": { "title": "Sender", "permissions": ["messages:send"] },
            "everything": { "title": "Everything", "version": 3, "extends": ["sender"], "permissions": ["**"] },
            "policy-reader": { "title": "Policy", "permissions": ["policy:read"] },
        },
        "roles": { "user": { "title": "User", "permissions": ["**:read", "messages:status"] } },
        "kinds": { "permission-set": { "lifetime": { "longest": "365d", "default": "30d" } } },
    })
}

pub fn deployment() -> Deployment {
    Deployment::configure(&value(json!({ "prefix": "acme_live" })), &value(catalog())).unwrap()
}

pub fn admin() -> Json {
    json!({ "id": "user:1", "roles": { "org:acme": "admin" } })
}

/// The answer as the wrapper returns it, with its credential.
fn handed_over(answer: &Answer) -> Json {
    let mut json = serde_json::to_value(answer).unwrap();
    if let Some(credential) = answer.credential() {
        json["token"] = json!(credential.reveal());
    }
    json
}

pub struct Host {
    pub deployment: Deployment,
    /// The table of the authority checks: operation × aspect.
    pub checks: DelegationChecks,
    pub store: BTreeMap<String, String>,
    pub now: u64,
    /// The highest instant that the host has seen; `None` if it is `now`.
    pub highest: Option<u64>,
    pub calls: u64,
    /// The writes of the last commit.
    pub written: Vec<Write>,
    /// The total time that calls have waited for the store, in milliseconds.
    pub waited: u64,
}

impl Host {
    pub fn new() -> Host {
        Host {
            deployment: deployment(),
            checks: DelegationChecks::default(),
            store: BTreeMap::new(),
            now: NOW,
            highest: None,
            calls: 0,
            written: Vec::new(),
            waited: 0,
        }
    }

    pub fn entropy(&self) -> Entropy {
        // Bytes that differ from call to call: SplitMix64.
        let mut state = self.calls.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut bytes = Zeroizing::new([0u8; ENTROPY]);
        for chunk in bytes.chunks_mut(8) {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(mixed ^ (mixed >> 31)).to_be_bytes());
        }
        Entropy::new(bytes)
    }

    /// Verifies from the store, by reads that began in `generation`, and inserts the token into the
    /// cache. Answers the code, and the slot if the token was inserted.
    pub fn fill(
        &self,
        cache: &mut Cache,
        credential: &str,
        question: &Question,
        generation: Option<u32>,
    ) -> (Code, Option<u32>) {
        let mut reads = Reads::default();
        loop {
            let (deployment, now) = (&self.deployment, instant(self.now));
            match verify_and_cache(deployment, credential, question, &reads, now, cache, generation) {
                (Plan::Need(need), _) => self.fetch(&mut reads, need),
                (Plan::Answer(verdict), slot) => return (verdict.code, slot),
                other => panic!("{other:?}"),
            }
        }
    }

    pub fn time(&self) -> Time {
        Time {
            started: instant(self.now),
            now: instant(self.now + self.waited),
            highest: instant(self.highest.unwrap_or(self.now + self.waited)),
        }
    }

    pub fn fetch(&self, reads: &mut Reads, need: ReadRequest) {
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

    /// Writes the deployment's metadata to the store, as its first commit does.
    pub fn claim(&mut self) {
        let write = first_write(self.deployment.prefix(), ShardCount::default());
        assert!(self.commit(&[write]));
    }

    /// The reads of a verifier that follows the change feed.
    pub fn feed(&self, shards: ShardCount) -> Reads {
        let mut heads = Reads::default();
        for key in shards.feed_keys() {
            let stored = self.store.get(&key).cloned();
            heads.insert(key, stored);
        }
        heads
    }

    /// Commits all writes or none.
    pub fn commit(&mut self, writes: &[Write]) -> bool {
        let mut keys: Vec<&str> = writes.iter().map(|write| write.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), writes.len(), "the keys of a commit are distinct");
        assert!(writes.len() <= 32, "a commit has at most 32 writes");
        let holds = writes.iter().all(|write| match &write.expect {
            None => true,
            Some(expected) => self.store.get(&write.key) == expected.as_ref(),
        });
        if holds {
            self.written = writes.to_vec();
            for write in writes {
                match &write.value {
                    None => {}
                    Some(None) => drop(self.store.remove(&write.key)),
                    Some(Some(value)) => drop(self.store.insert(write.key.clone(), value.clone())),
                }
            }
        }
        holds
    }

    /// Runs one call to its end.
    pub fn call(&mut self, call: Json) -> Result<Json, Refusal> {
        self.calls += 1;
        self.retry(&call)
    }

    /// Repeats the last call with the same entropy, as after a lost answer.
    pub fn retry(&mut self, call: &Json) -> Result<Json, Refusal> {
        let call = value(call.clone());
        self.finish(|host, reads| {
            plan_by(
                host.checks,
                &host.deployment,
                &call,
                reads,
                host.time(),
                &host.entropy(),
            )
        })
    }

    /// Exchanges a credential for that of a session.
    pub fn exchange(&mut self, credential: &str, input: Json) -> Result<Json, Refusal> {
        self.calls += 1;
        let input = value(input);
        self.finish(|host, reads| {
            let (time, entropy) = (host.time(), host.entropy());
            plan_exchange_by(
                host.checks,
                &host.deployment,
                credential,
                &input,
                reads,
                time,
                &entropy,
            )
        })
    }

    fn finish(&mut self, step: impl Fn(&Host, &Reads) -> Plan<Answer>) -> Result<Json, Refusal> {
        // The keys that a call reads do not depend on how much time the reads take.
        self.decided(&step, 1_000);
        match self.decided(&step, 0) {
            Plan::Commit { writes, answer } => {
                assert!(self.commit(&writes), "nobody else is here");
                self.assert_that_it_is_done(&step);
                Ok(handed_over(&answer))
            }
            Plan::Answer(answer) => Ok(handed_over(&answer)),
            Plan::Refuse(refusal) => Err(refusal),
            needing @ (Plan::Need(_) | Plan::Prepare { .. }) => panic!("{needing:?}"),
        }
    }

    /// The last plan of a call after all its reads, each of which takes `each` milliseconds.
    fn decided(&mut self, step: impl Fn(&Host, &Reads) -> Plan<Answer>, each: u64) -> Plan<Answer> {
        let mut reads = Reads::default();
        for answers in 0..100 {
            self.waited = answers * each;
            let decided = step(self, &reads);
            self.waited = 0;
            match decided {
                Plan::Need(need) => self.fetch(&mut reads, need),
                Plan::Prepare { writes } => {
                    assert!(self.commit(&writes), "nobody else is here");
                    for Write { key, .. } in writes {
                        let stored = self.store.get(&key).cloned();
                        reads.insert(key, stored);
                    }
                }
                decided => return decided,
            }
        }
        panic!("an operation that never ends");
    }

    /// Asserts that a retry after a lost answer writes nothing.
    fn assert_that_it_is_done(&mut self, step: impl Fn(&Host, &Reads) -> Plan<Answer>) {
        if let Plan::Commit { writes, .. } = self.decided(step, 0) {
            let changed = writes.iter().any(|write| write.value.is_some());
            assert!(!changed, "it was done before: {writes:?}");
        }
    }

    /// The writes that a call would commit to the store as it is.
    pub fn planned(&mut self, call: Json) -> Vec<Write> {
        self.calls += 1;
        let call = value(call);
        let plan =
            |host: &Host, reads: &Reads| plan(&host.deployment, &call, reads, host.time(), &host.entropy());
        match self.decided(plan, 0) {
            Plan::Commit { writes, .. } => writes,
            other => panic!("{other:?}"),
        }
    }

    pub fn create(&mut self, input: Json, actor: Json) -> Result<Json, Refusal> {
        self.call(json!({ "op": "create", "input": input, "actor": actor }))
    }

    pub fn one(&mut self, op: &str, id: &str, actor: Json) -> Result<Json, Refusal> {
        self.call(json!({ "op": op, "id": id, "actor": actor }))
    }

    pub fn list(&mut self, query: Json, actor: Json) -> Result<Json, Refusal> {
        self.call(json!({ "op": "list", "query": query, "actor": actor }))
    }

    /// The verdict on a credential.
    pub fn verify(&self, credential: &str, question: Json) -> Result<Json, Refusal> {
        self.ask(verify, credential, question)
    }

    /// The explanation of the verdict on a credential.
    pub fn explain(&self, credential: &str, question: Json) -> Json {
        self.ask(explain, credential, question).unwrap()
    }

    fn ask<A: Serialize>(
        &self,
        answer: fn(&Deployment, &str, &Question, &Reads, Instant) -> Plan<A>,
        credential: &str,
        question: Json,
    ) -> Result<Json, Refusal> {
        let question = value(question);
        let requirement = read_requirement(self.deployment.catalog(), &question)?;
        let question = Question::read(&requirement, &question)?;
        let mut reads = Reads::default();
        for _ in 0..4 {
            match answer(&self.deployment, credential, &question, &reads, instant(self.now)) {
                Plan::Need(need) => self.fetch(&mut reads, need),
                Plan::Answer(answer) => return Ok(serde_json::to_value(answer).unwrap()),
                Plan::Refuse(refusal) => return Err(refusal),
                Plan::Commit { .. } | Plan::Prepare { .. } => panic!("a question never writes"),
            }
        }
        panic!("a question reads at most three times");
    }

    pub fn code(&self, credential: &str) -> String {
        self.verify(credential, json!({})).unwrap()["code"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

/// Creates a token of `org:acme` that can send. Returns its credential and its id.
pub fn sender(host: &mut Host) -> (String, String) {
    let made = host
        .create(
            json!({ "kind": "permission-set", "name": "Nightly", "owner": "org:acme", "templates": ["sender"] }),
            admin(),
        )
        .unwrap();
    (text(&made["token"]), text(&made["record"]["id"]))
}

pub fn text(json: &Json) -> String {
    json.as_str().unwrap().to_owned()
}
