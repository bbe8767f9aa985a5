//! Times the verifier's component in wasmtime, for `npm run bench:component`:
//! `measure <verifier.wasm> <facts.json>` prints JSON, times in milliseconds and microseconds.

use std::collections::BTreeMap;
use std::time::Instant;

use exports::leastkey::tokens::types::{Needed, Question, Read};
use exports::leastkey::tokens::verification::{FeedStep, Guest, VerifyStep};
use serde_json::{Value, json};
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store};

wasmtime::component::bindgen!({ path: "../../../wit", world: "verifier" });

type Failure = Box<dyn std::error::Error>;

/// The rounds, of which the median counts, and those before them.
const ROUNDS: usize = 11;
const WARMING: usize = 5;

/// The freshness window, in milliseconds.
const WINDOW: u64 = 5_000;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (Some(component), Some(facts)) = (arguments.next(), arguments.next()) else {
        return Err("give the component and the facts".into());
    };
    let facts: Value = serde_json::from_str(&std::fs::read_to_string(facts)?)?;
    let text = |name: &str| facts[name].as_str().unwrap_or_default().to_owned();
    let stored: Vec<(String, String)> = serde_json::from_value(facts["entries"].clone())?;
    let stored: BTreeMap<String, String> = stored.into_iter().collect();
    let read = |keys: Vec<String>| -> Vec<Read> {
        let value = |key: String| Read {
            value: stored.get(&key).cloned(),
            key,
        };
        keys.into_iter().map(value).collect()
    };
    let now = facts["now"].as_u64().unwrap_or_default();
    let (config, catalog) = (
        format!(r#"{{ "prefix": "{}" }}"#, text("prefix")),
        text("catalog"),
    );
    let credential = text("credential");

    let began = Instant::now();
    let engine = Engine::default();
    let component = Component::from_file(&engine, component)?;
    let compiled = Instant::now();
    let mut store = Store::new(&engine, ());
    let verifier = Verifier::instantiate(&mut store, &component, &Linker::new(&engine))?;
    let instantiated = Instant::now();
    let guest: &Guest = verifier.leastkey_tokens_verification();
    guest
        .call_configure(&mut store, &config, &catalog, 100)?
        .map_err(|refusal| refusal.message)?;
    let configured = Instant::now();

    let question = Question {
        requirement: vec![Needed {
            permission: text("requirement"),
            resource: None,
        }],
        authenticate_only: false,
        ip: None,
        origin: None,
        audience: None,
        consume: None,
        counted_at: None,
    };
    let FeedStep::Need(heads) = guest.call_apply_feed(&mut store, &[], now)? else {
        return Err("the feed needs its heads".into());
    };
    guest.call_apply_feed(&mut store, &read(heads.keys), now)?;
    let mut verify = || -> Result<(), Failure> {
        let generation = Some(guest.call_generation(&mut store)?);
        let mut reads = Vec::new();
        loop {
            match guest.call_verify(&mut store, &credential, &question, &reads, generation, now)? {
                VerifyStep::Need(request) => reads.extend(read(request.keys)),
                VerifyStep::Answer(verdict) if verdict.valid => return Ok(()),
                other => return Err(format!("{other:?}").into()),
            }
        }
    };
    verify()?;
    let verified = micros(300, &mut verify)?;
    let looked_up = micros(1_000, &mut || {
        let found = guest.call_lookup_verdict(&mut store, &credential, &question, now, WINDOW)?;
        match found.is_some_and(|verdict| verdict.valid) {
            true => Ok(()),
            false => Err("a miss".into()),
        }
    })?;
    let millis = |from: Instant, to: Instant| (to - from).as_secs_f64() * 1e3;
    let times = json!({
        "compile": millis(began, compiled),
        "instantiate": millis(compiled, instantiated),
        "configure": millis(instantiated, configured),
        "verify": verified,
        "lookup": looked_up,
    });
    println!("{times}");
    Ok(())
}

/// The microseconds of a call: the median of the rounds.
fn micros(count: u32, call: &mut dyn FnMut() -> Result<(), Failure>) -> Result<f64, Failure> {
    let mut times = Vec::new();
    for round in 0..ROUNDS + WARMING {
        let began = Instant::now();
        for _ in 0..count {
            call()?;
        }
        if round >= WARMING {
            times.push(began.elapsed().as_secs_f64() * 1e6 / f64::from(count));
        }
    }
    times.sort_by(f64::total_cmp);
    Ok(times[ROUNDS / 2])
}
