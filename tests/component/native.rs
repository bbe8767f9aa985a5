//! Decides natively what `parity.test.mjs` decides by WebAssembly: lines of JSON in, lines out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufWriter, Write as _};

use leastkey::Deployment;
use leastkey::codec::json::Value;
use leastkey::model::question::{Question, read_requirement};
use leastkey::storage::plan::{Plan, Reads};
use leastkey::value::time::Instant;
use leastkey::verify::verify::verify;
use serde_json::{Value as Json, json};

/// The most steps of one decision.
const MAX_STEPS: usize = 20;

fn value(json: &Json) -> Value {
    serde_json::from_value(json.clone()).unwrap()
}

/// `{ world: { config, catalog } }` begins with an empty store, `{ store: [[key, value | null]] }`
/// changes it, and `{ ask: { credential, question, now } }` is answered by the last step.
fn main() {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut deployment: Option<Deployment> = None;
    let mut store: BTreeMap<String, String> = BTreeMap::new();
    for line in std::io::stdin().lock().lines() {
        let line: Json = serde_json::from_str(&line.unwrap()).unwrap();
        if let Some(world) = line.get("world") {
            let made = Deployment::configure(&value(&world["config"]), &value(&world["catalog"]));
            deployment = Some(made.unwrap());
            store.clear();
        } else if let Some(changes) = line.get("store") {
            for change in changes.as_array().unwrap() {
                let key = change[0].as_str().unwrap().to_owned();
                match change[1].as_str() {
                    Some(value) => drop(store.insert(key, value.to_owned())),
                    None => drop(store.remove(&key)),
                }
            }
        } else {
            let step = decide(deployment.as_ref().unwrap(), &store, &line["ask"]);
            writeln!(out, "{step}").unwrap();
        }
    }
}

/// The last step of a decision.
fn decide(deployment: &Deployment, store: &BTreeMap<String, String>, ask: &Json) -> Json {
    let asked = value(&ask["question"]);
    let now = Instant::from_millis(ask["now"].as_f64().unwrap()).unwrap();
    let requirement = match read_requirement(deployment.catalog(), &asked) {
        Ok(requirement) => requirement,
        Err(refusal) => return json!({ "refuse": refusal }),
    };
    let question = match Question::read(&requirement, &asked) {
        Ok(question) => question,
        Err(refusal) => return json!({ "refuse": refusal }),
    };
    let credential = ask["credential"].as_str().unwrap();
    let mut reads = Reads::default();
    for _ in 0..MAX_STEPS {
        match verify(deployment, credential, &question, &reads, now) {
            Plan::Need(need) => {
                for key in need.keys {
                    let stored = store.get(&key).cloned();
                    reads.insert(key, stored);
                }
            }
            last => return serde_json::to_value(last).unwrap(),
        }
    }
    panic!("a decision that never ends");
}
