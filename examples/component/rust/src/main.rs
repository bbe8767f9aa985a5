//! Verifies a credential with the verifier's component in wasmtime:
//! `leastkey-component-host <verifier.wasm> <facts.json>`, where the facts have a configuration, a
//! catalog, the entries of a store, a credential, a permission and the time.

use std::collections::BTreeMap;

use exports::leastkey::tokens::types::{Needed, Question, Read};
use exports::leastkey::tokens::verification::VerifyStep;
use serde_json::Value;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store};

wasmtime::component::bindgen!({ path: "../../../wit", world: "verifier" });

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (Some(component), Some(facts)) = (arguments.next(), arguments.next()) else {
        return Err("give the component and the facts".into());
    };
    let facts: Value = serde_json::from_str(&std::fs::read_to_string(facts)?)?;
    let text = |name: &str| facts[name].as_str().unwrap_or_default().to_owned();
    let stored: Vec<(String, String)> = serde_json::from_value(facts["entries"].clone())?;
    let stored: BTreeMap<String, String> = stored.into_iter().collect();
    let now = facts["now"].as_u64().unwrap_or_default();

    let engine = Engine::default();
    let component = Component::from_file(&engine, component)?;
    let mut store = Store::new(&engine, ());
    // The component imports nothing, so nothing is linked.
    let verifier = Verifier::instantiate(&mut store, &component, &Linker::new(&engine))?;
    let verification = verifier.leastkey_tokens_verification();
    let config = format!(r#"{{ "prefix": "{}" }}"#, text("prefix"));
    let configured = verification.call_configure(&mut store, &config, &text("catalog"), 100)?;
    configured.map_err(|refusal| refusal.message)?;

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
    let generation = Some(verification.call_generation(&mut store)?);
    let mut reads: Vec<Read> = Vec::new();
    // The driver loop.
    loop {
        let step = verification.call_verify(
            &mut store,
            &text("credential"),
            &question,
            &reads,
            generation,
            now,
        )?;
        match step {
            VerifyStep::Need(request) => reads.extend(request.keys.into_iter().map(|key| Read {
                value: stored.get(&key).cloned(),
                key,
            })),
            VerifyStep::Answer(verdict) => {
                println!("{}", verdict.code);
                return Ok(());
            }
            VerifyStep::Commit(_) => return Err("this store cannot be written".into()),
            VerifyStep::Refuse(refusal) => return Err(refusal.message.into()),
        }
    }
}
