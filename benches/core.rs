//! The core on this machine's own processor, without a host around it.
//!
//! Without arguments, times each operation and prints nanoseconds. `core count <calls> [<name>
//! ...]` runs those of these names, or all, this many times each in a function named `measured`,
//! for callgrind to count, and prints their names in the order in which it runs them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../tests/rust/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::rc::Rc;
use std::time::{Duration, Instant as Clock};

use leastkey::Deployment;
use leastkey::codec::json::Value;
use leastkey::model::coded_list::NoVocabularies;
use leastkey::model::grant::Grant;
use leastkey::model::question::{Question, read_requirement};
use leastkey::model::record::Stored;
use leastkey::model::record_text::StoredText;
use leastkey::model::requirement::Requirement;
use leastkey::model::verifiable_token::VerifiableToken;
use leastkey::storage::keys;
use leastkey::storage::plan::{Plan, Reads};
use leastkey::value::credential::{Credential, Presented, TokenId};
use leastkey::verify::cache::Cache;
use leastkey::verify::code::Code;
use leastkey::verify::decision::Process;
use leastkey::verify::dependencies::dependencies;
use leastkey::verify::packed::PackedLookups;
use leastkey::verify::verification::Verification;
use leastkey::verify::verify::{apply_feed, lookup, verify_and_cache};
use serde_json::{Value as Json, json};
use support::{Host, NOW, instant, tagging_cache, text, value};

/// As many tokens, each with 20 permissions.
const TOKENS: usize = 200;

/// How long one thing is timed.
const LONG_ENOUGH: Duration = Duration::from_millis(300);

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    match arguments.as_slice() {
        [] => all(|name, run| println!("{name}\t{:.0}", nanoseconds(run))),
        [command, calls, wanted @ ..] if command == "count" => {
            let calls = calls.parse().expect("the number of calls");
            all(|name, run| {
                if wanted.is_empty() || wanted.iter().any(|one| one == name) {
                    println!("{name}");
                    measured(calls, run);
                }
            });
        }
        _ => panic!("core [count <calls> [<name> ...]]"),
    }
}

#[inline(never)]
fn measured(calls: usize, run: &mut dyn FnMut()) {
    for _ in 0..calls {
        run();
    }
}

/// Of one call, at its quickest.
fn nanoseconds(run: &mut dyn FnMut()) -> f64 {
    let mut calls = 1;
    let mut best = f64::INFINITY;
    let end = Clock::now() + LONG_ENOUGH;
    while Clock::now() < end {
        let start = Clock::now();
        measured(calls, run);
        let elapsed = start.elapsed();
        best = best.min(elapsed.as_nanos() as f64 / calls as f64);
        if elapsed < LONG_ENOUGH / 30 {
            calls *= 2;
        }
    }
    best
}

/// Every thing by its name.
fn all(mut with: impl FnMut(&str, &mut dyn FnMut())) {
    let host = Populated::new();
    let mut cache = host.cached();
    let requirement = host.requirement(json!({ "requirement": "messages:action-19" }));
    let question = Question::of(&requirement);
    let now = instant(NOW);

    let mut next = turns(&host.credentials);
    let interned = vec![Rc::new(
        host.requirement(json!({ "requirement": "messages:action-19" })),
    )];
    let lookups = PackedLookups {
        deployment: host.deployment(),
        interned: &interned,
        now: NOW as f64,
    };
    // The first lookup compares the digest, the second asks the rules.
    for credential in host.credentials.iter().chain(&host.credentials) {
        black_box(lookups.one(credential.as_bytes(), 0, &mut cache));
    }
    with("verify, cached", &mut || {
        let packed = lookups.one(black_box(next()).as_bytes(), 0, &mut cache);
        assert!(packed >= 0 && packed & 0xff == i32::from(Code::Valid.number()));
    });

    let mut next = turns(&host.credentials);
    with("verify, cached, by the rules", &mut || {
        let text = black_box(next()).as_bytes();
        let hit = lookup(host.deployment(), text, &question, now, &mut cache);
        assert!(hit.is_ok_and(|hit| hit.is_some_and(|hit| hit.code == Code::Valid)));
    });

    // As a host does that reads the store by itself.
    let stored = host.stored_texts();
    let mut next = stored.iter().cycle();
    with("verify, read and cached", &mut || {
        let texts = black_box(next.next().unwrap());
        assert!(host.settle(texts, &question, &mut cache).is_some());
    });

    // One record in three forms: stored and checked; text that is only parsed; and the lower bound
    // of a binary form: length-prefixed leaves, copied without a check.
    let records = host.records();
    let mut next = records.iter().cycle();
    with("read a record", &mut || {
        let (id, record) = black_box(next.next().unwrap());
        assert!(StoredText::read(id, record.clone()).is_ok());
    });
    let mut next = records.iter().cycle();
    with("read a record, every part decoded", &mut || {
        let (id, record) = black_box(next.next().unwrap());
        assert!(Stored::parse(id, record, &NoVocabularies).is_ok());
    });
    let mut next = records.iter().cycle();
    with("read a record, parsed by serde_json", &mut || {
        let (_, record) = black_box(next.next().unwrap());
        black_box(serde_json::from_str::<Json>(record).unwrap());
    });
    let leaves: Vec<Vec<u8>> = records.iter().map(|(_, record)| leaves(record)).collect();
    let mut next = leaves.iter().cycle();
    with("read a record, leaves of a binary form", &mut || {
        black_box(copied(black_box(next.next().unwrap())));
    });

    let corrupted: Vec<String> = host
        .credentials
        .iter()
        .map(|credential| corrupt(credential))
        .collect();
    let mut next = turns(&corrupted);
    with("refuse, corrupted tail", &mut || {
        let hit = lookup(
            host.deployment(),
            black_box(next()).as_bytes(),
            &question,
            now,
            &mut cache,
        );
        assert!(hit.is_err());
    });

    let many = Populated::with_many();
    let all_of = json!(
        (0..50)
            .map(|at| format!("messages:action-{}", at * 20))
            .collect::<Vec<_>>()
    );
    let fifty = many.requirement(json!({ "requirement": all_of }));
    let grant = many.grant();
    with("check 50 permissions of 1,000", &mut || {
        assert!(black_box(&fifty).is_met(black_box(&grant)));
    });

    let mut bytes = [7_u8; 40];
    with("mint", &mut || {
        bytes[0] = bytes[0].wrapping_add(1);
        black_box(Credential::mint(
            host.deployment().prefix(),
            now,
            black_box(&bytes),
        ));
    });

    let config = value(json!({ "prefix": "acme" }));
    let document = catalog(1_000);
    with("compile a catalog of 1,000", &mut || {
        black_box(Deployment::configure(&config, black_box(&document)).unwrap());
    });
}

/// The items one after the other, for ever.
fn turns<'t>(items: &'t [String]) -> impl FnMut() -> &'t str {
    let mut all = items.iter().cycle();
    move || all.next().unwrap()
}

/// With another last character.
fn corrupt(credential: &str) -> String {
    let (head, tail) = credential.split_at(credential.len() - 1);
    format!("{head}{}", if tail == "0" { '1' } else { '0' })
}

/// All texts, numbers and flags of a document as texts, each after its length in two bytes.
fn leaves(document: &str) -> Vec<u8> {
    fn add(value: &Json, bytes: &mut Vec<u8>) {
        let leaf = match value {
            Json::Array(items) => return items.iter().for_each(|item| add(item, bytes)),
            Json::Object(members) => return members.values().for_each(|member| add(member, bytes)),
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        bytes.extend(u16::try_from(leaf.len()).unwrap().to_be_bytes());
        bytes.extend(leaf.as_bytes());
    }
    let mut bytes = Vec::new();
    add(&serde_json::from_str(document).unwrap(), &mut bytes);
    bytes
}

/// Each leaf as a text of its own.
fn copied(mut bytes: &[u8]) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let (text, after) = rest.split_at(usize::from(u16::from_be_bytes(*length)));
        texts.push(std::str::from_utf8(text).unwrap().to_owned());
        bytes = after;
    }
    texts
}

/// A catalog of so many permissions.
fn catalog(permissions: usize) -> Value {
    let actions: serde_json::Map<String, Json> = (0..permissions)
        .map(|at| (format!("action-{at}"), json!("Action")))
        .collect();
    value(json!({
        "services": { "messages": { "title": "Messages", "permissions": actions } },
        "templates": { "all": { "title": "All", "permissions": ["**"] } },
    }))
}

/// What a verification of one token reads.
struct StoredTexts {
    credential: String,
    record: String,
    meta: String,
    dependencies: Vec<Option<String>>,
}

/// A store with tokens, and their credentials.
struct Populated {
    host: Host,
    credentials: Vec<String>,
}

impl Populated {
    fn new() -> Populated {
        let mut populated = Populated::empty(40);
        for at in 0..TOKENS {
            let held: Vec<String> = (at % 20..at % 20 + 20)
                .map(|at| format!("messages:action-{at}"))
                .collect();
            populated.create(
                &json!({ "name": format!("Key {at}"), "owner": format!("org:{}", at % 100), "add": held }),
            );
        }
        populated
    }

    /// One token with very many permissions.
    fn with_many() -> Populated {
        let mut populated = Populated::empty(1_000);
        populated.create(&json!({ "name": "Many", "owner": "org:acme", "templates": ["all"] }));
        populated
    }

    fn empty(permissions: usize) -> Populated {
        let mut host = Host::new();
        let config = value(json!({ "prefix": "acme" }));
        host.deployment = Deployment::configure(&config, &catalog(permissions)).unwrap();
        Populated {
            host,
            credentials: Vec::new(),
        }
    }

    fn create(&mut self, input: &Json) {
        let mut input = input.clone();
        input["kind"] = json!("permission-set");
        input["expiresIn"] = json!("90d");
        let root = json!({ "id": "root", "roles": { "": "admin" } });
        let made = self.host.create(input, root).unwrap();
        self.credentials.push(text(&made["token"]));
    }

    fn deployment(&self) -> &Deployment {
        &self.host.deployment
    }

    fn requirement(&self, question: Json) -> Requirement {
        read_requirement(self.deployment().catalog(), &value(question)).unwrap()
    }

    /// The record of every token, with its id.
    fn records(&self) -> Vec<(TokenId, String)> {
        let stored = self.host.store.iter();
        let records = stored.filter_map(|(key, text)| Some((key.strip_prefix("token/")?, text)));
        records
            .map(|(id, text)| (TokenId::parse(id).unwrap(), text.clone()))
            .collect()
    }

    /// A cache with every token.
    fn cached(&self) -> Cache {
        let mut cache = tagging_cache();
        let heads = self.host.feed(cache.shards());
        apply_feed(self.deployment(), &heads, instant(NOW), &mut cache).unwrap();
        let nothing = self.requirement(json!({}));
        for credential in &self.credentials {
            self.read(credential, &Question::of(&nothing), &mut cache)
                .unwrap();
        }
        cache
    }

    /// Verifies from the store, and inserts into the cache.
    fn read(&self, credential: &str, question: &Question, cache: &mut Cache) -> Option<u32> {
        let (mut reads, generation) = (Reads::default(), cache.generation());
        loop {
            let (step, slot) = verify_and_cache(
                self.deployment(),
                credential,
                question,
                &reads,
                instant(NOW),
                cache,
                Some(generation),
            );
            match step {
                Plan::Need(need) => self.host.fetch(&mut reads, need),
                _ => return slot,
            }
        }
    }

    /// What a verification of each token reads.
    fn stored_texts(&self) -> Vec<StoredTexts> {
        let value = |key: &str| self.host.store.get(key).cloned();
        let texts = self.credentials.iter().map(|credential| {
            let presented = Presented::parse(self.deployment().prefix(), credential).unwrap();
            let record = value(&keys::token(presented.id())).unwrap();
            let Ok(Stored::Record(read)) = Stored::parse(presented.id(), &record, &NoVocabularies) else {
                panic!("{record}");
            };
            let keys = dependencies(&VerifiableToken::of(read.token()));
            StoredTexts {
                credential: credential.clone(),
                record,
                meta: value(keys::DEPLOYMENT).unwrap(),
                dependencies: keys.iter().map(|key| value(key)).collect(),
            }
        });
        texts.collect()
    }

    /// Verifies from what was read, and inserts into the cache.
    fn settle(&self, texts: &StoredTexts, question: &Question, cache: &mut Cache) -> Option<u32> {
        let (deployment, now) = (self.deployment(), instant(NOW));
        let generation = Some(cache.generation());
        let values = [texts.record.as_str(), texts.meta.as_str()].map(Some);
        let begun = Verification::begin(
            deployment,
            deployment.seal(),
            &texts.credential,
            None,
            values,
            cache.store(),
        );
        let values: Vec<Option<&str>> = texts.dependencies.iter().map(Option::as_deref).collect();
        let process = Process {
            caches: true,
            last_use: &|of: &TokenId| cache.last_use(of),
        };
        let decided = begun
            .unwrap()
            .decide(deployment, &values, question, now, process, cache.known_store());
        decided.learned(cache, generation).slot
    }

    /// The cached grant of the first token.
    fn grant(&self) -> Grant {
        let mut cache = self.cached();
        let nothing = self.requirement(json!({}));
        let hit = lookup(
            self.deployment(),
            self.credentials[0].as_bytes(),
            &Question::of(&nothing),
            instant(NOW),
            &mut cache,
        );
        cache.grant(hit.unwrap().unwrap().slot).unwrap()
    }
}
