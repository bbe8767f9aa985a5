//! The vectors of tests/vectors: what every implementation of Leastkey answers.
//!
//! `LEASTKEY_WRITE_VECTORS=1 cargo test --test vectors` writes them (node scripts/vectors.mjs).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![allow(unreachable_pub)]

#[path = "vectors/inputs.rs"]
mod inputs;
#[path = "vectors/run.rs"]
mod run;

use std::fs;
use std::path::PathBuf;

use serde_json::{Value as Json, json};

/// The version of the form of the files. It rises when an older reader would misread them.
const FORM: u64 = 1;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors")
        .join(format!("{name}.json"))
}

fn read(name: &str) -> Json {
    serde_json::from_str(&fs::read_to_string(file(name)).unwrap()).unwrap()
}

#[test]
fn the_crate_gives_every_expected_answer() {
    let deployments = read("deployments");
    let mut checked = 0;
    for name in inputs::FILES {
        let vectors = read(name);
        assert_eq!(vectors["form"], FORM, "{name}");
        let worlds = run::Worlds::new(&deployments["deployments"], &vectors["stores"]);
        for case in vectors["cases"].as_array().unwrap() {
            let answered = worlds.answer(name, case);
            for (member, expected) in answered.as_object().unwrap() {
                assert_eq!(&case[member], expected, "{name}: {} ({member})", case["name"]);
            }
            checked += 1;
        }
    }
    assert!(checked > 150, "only {checked} cases");
}

/// The inputs of the files are those of this test, and the answers those of the crate.
#[test]
fn the_files_are_as_they_are_generated() {
    let writes = std::env::var_os("LEASTKEY_WRITE_VECTORS").is_some();
    let deployments = json!({ "form": FORM, "deployments": inputs::deployments() });
    let mut files = vec![("deployments", deployments.clone())];
    for name in inputs::FILES {
        let (stores, cases) = inputs::cases(name, &deployments["deployments"]);
        let worlds = run::Worlds::new(&deployments["deployments"], &stores);
        let cases: Vec<Json> = cases
            .into_iter()
            .map(|mut case| {
                let Json::Object(answered) = worlds.answer(name, &case) else {
                    panic!("{case}")
                };
                case.as_object_mut().unwrap().extend(answered);
                case
            })
            .collect();
        files.push((name, json!({ "form": FORM, "stores": stores, "cases": cases })));
    }
    for (name, vectors) in files {
        let text = format!("{}\n", serde_json::to_string_pretty(&vectors).unwrap());
        if writes {
            fs::write(file(name), &text).unwrap();
        }
        let written = fs::read_to_string(file(name)).unwrap();
        assert!(
            written == text,
            "{name}.json is of other inputs: node scripts/vectors.mjs"
        );
    }
}

/// A changed answer is noticed, whichever file it is in.
#[test]
fn a_wrong_answer_is_seen() {
    let deployments = read("deployments");
    for name in inputs::FILES {
        let vectors = read(name);
        let worlds = run::Worlds::new(&deployments["deployments"], &vectors["stores"]);
        let case = &vectors["cases"][0];
        for (member, answered) in worlds.answer(name, case).as_object().unwrap() {
            assert_ne!(answered, &json!("another answer"), "{name}: {member}");
            assert_eq!(answered, &case[member], "{name}: {member}");
        }
    }
}
