//! Answers a vector with the crate: everything that another implementation has to do.

use std::collections::BTreeMap;

use leastkey::Deployment;
use leastkey::catalog::Selection;
use leastkey::codec::json::Value;
use leastkey::input::{Members, Path, Problems, Refusal};
use leastkey::model::question::{Question, read_requirement};
use leastkey::operation::{ENTROPY, Entropy, Time, plan, plan_exchange};
use leastkey::storage::plan::{ListRead, Plan, ReadRequest, Reads, Write};
use leastkey::value::credential::Presented;
use leastkey::value::time::Instant;
use leastkey::verify::verification::digest_keys;
use leastkey::verify::verify::verify;
use serde::Serialize;
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

pub type Store = BTreeMap<String, String>;

/// The most steps of one call.
const MAX_STEPS: usize = 100;

/// The deployments and the stores that the cases of a file name.
pub struct Worlds {
    deployments: BTreeMap<String, Deployment>,
    stores: BTreeMap<String, Store>,
}

pub fn value(json: &Json) -> Value {
    serde_json::from_value(json.clone()).unwrap()
}

pub fn store(entries: &Json) -> Store {
    serde_json::from_value::<Vec<(String, String)>>(entries.clone())
        .unwrap()
        .into_iter()
        .collect()
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap()
}

fn instant(json: &Json) -> Instant {
    Instant::from_millis(json.as_f64().unwrap()).unwrap()
}

impl Worlds {
    pub fn new(deployments: &Json, stores: &Json) -> Worlds {
        let compile = |(name, parts): (&String, &Json)| {
            let compiled = Deployment::configure(&value(&parts["config"]), &value(&parts["catalog"]));
            (name.clone(), compiled.unwrap())
        };
        let stores = stores.as_object().unwrap();
        Worlds {
            deployments: deployments.as_object().unwrap().iter().map(compile).collect(),
            stores: stores
                .iter()
                .map(|(name, entries)| (name.clone(), store(entries)))
                .collect(),
        }
    }

    /// The members of a case that an implementation has to give.
    pub fn answer(&self, file: &str, case: &Json) -> Json {
        let deployment = &self.deployments[text(&case["deployment"])];
        match file {
            "digests" => digests(deployment, text(&case["text"])),
            "selections" => resolve(deployment, &case["selection"]),
            "requirements" | "verdicts" => {
                let store = &self.stores[text(&case["store"])];
                json!({ "steps": ask(deployment, store, case) })
            }
            "records" | "audit" => {
                let mut store = self.stores[text(&case["store"])].clone();
                for (key, value) in case["with"].as_object().into_iter().flatten() {
                    match value.as_str() {
                        Some(value) => drop(store.insert(key.clone(), value.to_owned())),
                        None => drop(store.remove(key)),
                    }
                }
                json!({ "steps": call(deployment, &mut store, case).0 })
            }
            "plans" => {
                let mut store = self.stores[text(&case["store"])].clone();
                let calls = case["calls"].as_array().unwrap().iter();
                let calls: Vec<Json> = calls
                    .map(|of| {
                        let (steps, credential) = call(deployment, &mut store, of);
                        let mut done = of.clone();
                        done["steps"] = steps;
                        done["credential"] = json!(credential);
                        done
                    })
                    .collect();
                json!({ "calls": calls, "after": store.iter().collect::<Vec<_>>() })
            }
            other => panic!("no such file: {other}"),
        }
    }
}

/// Of a credential its id and its digest; of a key of another system the keys of its digests.
fn digests(deployment: &Deployment, credential: &str) -> Json {
    if let Ok(presented) = Presented::parse(deployment.prefix(), credential) {
        return json!({ "id": presented.id().as_str(), "digest": presented.digest().to_hex(), "keys": [] });
    }
    match digest_keys(deployment, credential) {
        Ok(keys) => json!({ "id": null, "digest": null, "keys": keys }),
        Err(code) => json!({ "code": code.name() }),
    }
}

fn resolve(deployment: &Deployment, selection: &Json) -> Json {
    let selection = value(selection);
    let mut problems = Problems::default();
    let members = Members::open(&selection, &Path::call(), &Selection::MEMBERS, &mut problems);
    let preview = members.and_then(|members| {
        let selection = Selection::read(&members, &mut problems);
        deployment.catalog().preview(&selection, None, &mut problems)
    });
    match preview.filter(|_| problems.is_empty()) {
        Some(preview) => json!({ "preview": preview }),
        None => json!({ "refuse": Refusal::from(problems) }),
    }
}

/// The steps of a verification.
fn ask(deployment: &Deployment, store: &Store, case: &Json) -> Json {
    let asked = value(&case["question"]);
    let requirement = match read_requirement(deployment.catalog(), &asked) {
        Ok(requirement) => requirement,
        Err(refusal) => return json!([{ "refuse": refusal }]),
    };
    let question = match Question::read(&requirement, &asked) {
        Ok(question) => question,
        Err(refusal) => return json!([{ "refuse": refusal }]),
    };
    let (credential, now) = (text(&case["credential"]), instant(&case["now"]));
    steps(&mut store.clone(), |reads| {
        verify(deployment, credential, &question, reads, now)
    })
    .0
}

/// The steps of an operation, and its new credential. A commit is applied to the store.
pub fn call(deployment: &Deployment, store: &mut Store, case: &Json) -> (Json, Option<String>) {
    let now = instant(&case["now"]);
    let time = Time {
        started: now,
        now,
        highest: now,
    };
    let entropy = entropy(text(&case["entropy"]));
    match &case["exchange"] {
        Json::Object(exchange) => {
            let input = value(&exchange["input"]);
            let credential = text(&exchange["credential"]);
            steps(store, |reads| {
                plan_exchange(deployment, credential, &input, reads, time, &entropy)
            })
        }
        _ => {
            let call = value(&case["call"]);
            steps(store, |reads| plan(deployment, &call, reads, time, &entropy))
        }
    }
}

pub fn entropy(hex: &str) -> Entropy {
    let mut bytes = Zeroizing::new([0; ENTROPY]);
    assert_eq!(hex.len(), 2 * ENTROPY);
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
    }
    Entropy::new(bytes)
}

/// An answer that may have a credential beside it.
trait Answered: Serialize {
    fn credential(&self) -> Option<String> {
        None
    }
}

impl Answered for leastkey::operation::Answer {
    fn credential(&self) -> Option<String> {
        self.credential().map(|credential| credential.reveal().to_owned())
    }
}

impl Answered for leastkey::verify::verdict::Verdict {}

/// Plans until the last step. Returns all steps, and the new credential.
fn steps<A: Answered>(store: &mut Store, plan: impl Fn(&Reads) -> Plan<A>) -> (Json, Option<String>) {
    let mut reads = Reads::default();
    let mut steps = Vec::new();
    for _ in 0..MAX_STEPS {
        let step = plan(&reads);
        steps.push(serde_json::to_value(&step).unwrap());
        match step {
            Plan::Need(need) => fetch(store, &mut reads, need),
            Plan::Prepare { writes } => {
                commit(store, &writes);
                for Write { key, .. } in writes {
                    let stored = store.get(&key).cloned();
                    reads.insert(key, stored);
                }
            }
            Plan::Commit { writes, answer } => {
                commit(store, &writes);
                return (json!(steps), answer.credential());
            }
            Plan::Answer(answer) => return (json!(steps), answer.credential()),
            Plan::Refuse(_) => return (json!(steps), None),
        }
    }
    panic!("a call that never ends");
}

fn fetch(store: &Store, reads: &mut Reads, need: ReadRequest) {
    for key in need.keys {
        let stored = store.get(&key).cloned();
        reads.insert(key, stored);
    }
    if let Some(range) = need.list {
        let after = |key: &String| range.after.as_ref().is_none_or(|after| key > after);
        let entries = store
            .range(range.prefix.clone()..)
            .take_while(|(key, _)| key.starts_with(&range.prefix))
            .filter(|(key, _)| after(key))
            .take(range.limit as usize)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        reads.insert_list(ListRead { range, entries });
    }
}

fn commit(store: &mut Store, writes: &[Write]) {
    for Write {
        key, expect, value, ..
    } in writes
    {
        if let Some(expect) = expect {
            assert_eq!(store.get(key), expect.as_ref(), "{key}");
        }
        match value {
            None => {}
            Some(None) => drop(store.remove(key)),
            Some(Some(value)) => drop(store.insert(key.clone(), value.clone())),
        }
    }
}
