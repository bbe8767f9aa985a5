//! The boundary in a JavaScript engine: values that cross, refusals, and that no input traps.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use js_sys::{Array, JSON, Object, Reflect, Uint8Array};
use leastkey_manage::{Core, fill_entropy};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

const CATALOG: &str = r#"{
    "version": "7",
    "services": { "messages": { "title": "Messages", "permissions": { "send": "Send", "read": "Read" } } },
    "templates": { "sender": { "title": "Sender", "permissions": ["messages:send"] } }
}"#;
const NOW: f64 = 1_795_392_000_000.0;
const CREATE: &str = r#"{
    "op": "create",
    "input": { "kind": "permission-set", "name": "Nightly", "owner": "org:acme", "templates": ["sender"] },
    "actor": { "id": "user:1", "roles": { "org:acme": "admin" } }
}"#;

fn js(json: &str) -> JsValue {
    JSON::parse(json).unwrap()
}

fn text(value: &JsValue) -> String {
    JSON::stringify(value).unwrap().into()
}

fn at(value: &JsValue, path: &str) -> JsValue {
    path.split('.').fold(value.clone(), |inside, name| {
        Reflect::get(&inside, &name.into()).unwrap()
    })
}

fn core() -> Core {
    let (mut core, out) = (Core::new(), Array::new());
    core.configure(js(r#"{"prefix": "acme_live"}"#), CATALOG.as_bytes(), &out);
    let answer = handed_over(&out, 0);
    for (path, expected) in [
        ("answer.pattern", r#""acme_live_2[0-9A-Za-z]{52}""#),
        ("answer.version", r#""7""#),
    ] {
        assert_eq!(text(&at(&answer, path)), expected, "{path}");
    }
    core
}

fn entropy() -> Uint8Array {
    let bytes = Uint8Array::new_with_length(64);
    assert!(fill_entropy(&bytes));
    bytes
}

fn plan(core: &Core, call: JsValue, reads: &str, entropy: &Uint8Array) -> JsValue {
    let out = Array::new();
    core.plan(call, js(reads), NOW, NOW, NOW, entropy, &out);
    let step = handed_over(&out, 0);
    assert_eq!(
        out.length() == 2,
        !at(&step, "commit").is_undefined(),
        "a credential comes with a commit"
    );
    step
}

/// A step from the `out` array.
fn handed_over(out: &Array, index: u32) -> JsValue {
    js(&out.get(index).as_string().unwrap())
}

/// The keys that a step needs.
fn needed(step: &JsValue) -> Vec<String> {
    let keys = Array::from(&at(step, "need.keys"));
    keys.iter().map(|key| key.as_string().unwrap()).collect()
}

/// Reads in which the keys in `values` have a value, as JSON text, and the ranges in `empty` have
/// no entries.
fn reads(values: &[(String, String)], empty: &[String]) -> String {
    let values = values
        .iter()
        .map(|(key, value)| format!(r#"["{key}", {value}]"#))
        .collect::<Vec<_>>();
    let lists = empty
        .iter()
        .map(|range| format!(r#"{{"range": {range}, "entries": []}}"#))
        .collect::<Vec<_>>();
    let (values, lists) = (values.join(","), lists.join(","));
    format!(r#"{{"values": [{values}], "lists": [{lists}]}}"#)
}

/// The reads of a call, repeated until its step needs nothing more. Keys that are not in `values`
/// do not exist.
fn asked(mut values: Vec<(String, String)>, ask: impl Fn(&str) -> JsValue) -> String {
    let mut empty = Vec::new();
    loop {
        let all = reads(&values, &empty);
        let step = ask(&all);
        if at(&step, "need").is_undefined() {
            return all;
        }
        // A record is requested again together with its dependencies.
        let mut new = needed(&step);
        new.retain(|key| values.iter().all(|(known, _)| known != key));
        values.extend(new.into_iter().map(|key| (key, "null".to_owned())));
        let list = at(&step, "need.list");
        if !list.is_undefined() {
            empty.push(text(&list));
        }
    }
}

/// The reads of a call on an empty store.
fn absent(core: &Core, call: &JsValue, entropy: &Uint8Array) -> String {
    asked(Vec::new(), |reads| plan(core, call.clone(), reads, entropy))
}

const NOTHING: &str = r#"{"values": [], "lists": []}"#;

/// A core with record keys.
fn sealing(keys: &Array) -> Core {
    let (mut core, out, config) = (Core::new(), Array::new(), Object::new());
    Reflect::set(&config, &"prefix".into(), &"acme_live".into()).unwrap();
    Reflect::set(&config, &"recordKeys".into(), keys).unwrap();
    core.configure(config.into(), CATALOG.as_bytes(), &out);
    assert!(!at(&handed_over(&out, 0), "answer").is_undefined());
    core
}

#[wasm_bindgen_test]
fn record_keys_cross_as_bytes_and_as_text() {
    let entropy = entropy();
    let bytes = Uint8Array::new_with_length(32);
    bytes.fill(0xab, 0, 32);
    let committed = [bytes.into(), JsValue::from("ab".repeat(32))].map(|key: JsValue| {
        let core = sealing(&Array::of1(&key));
        let reads = absent(&core, &js(CREATE), &entropy);
        text(&at(&plan(&core, js(CREATE), &reads, &entropy), "commit.writes"))
    });
    assert_eq!(committed[0], committed[1]);
    assert!(committed[0].contains("mac"));
}

#[wasm_bindgen_test]
fn a_token_is_made_and_explained() {
    let (core, entropy) = (core(), entropy());
    let reads = absent(&core, &js(CREATE), &entropy);
    let step = plan(&core, js(CREATE), &reads, &entropy);
    assert!(at(&step, "commit.answer.token").is_null());
    let out = Array::new();
    core.plan(js(CREATE), js(&reads), NOW, NOW, NOW, &entropy, &out);
    let credential = out.get(1).as_string().unwrap();
    assert!(credential.starts_with("acme_live_2"));
    assert_eq!(
        text(&at(&step, "commit.answer.record.permissions")),
        r#"["messages:send"]"#
    );
    let again = plan(&core, js(CREATE), &reads, &entropy);
    assert_eq!(text(&again), text(&step), "the same arguments give the same step");

    let writes: Vec<JsValue> = Array::from(&at(&step, "commit.writes")).iter().collect();
    assert!(
        writes.iter().all(|write| at(write, "expect").is_null()),
        "each key must not exist"
    );
    let written = |write: &JsValue| {
        (
            at(write, "key").as_string().unwrap(),
            at(write, "value").as_string().unwrap(),
        )
    };
    let (key, value) = written(&writes[0]);
    let (meta, whose) = written(writes.last().unwrap());
    let secret = &credential[27..57];
    assert!(!text(&at(&step, "commit.writes")).contains(secret));
    assert!(!text(&at(&step, "commit.answer.record")).contains(secret));

    let explain = |question: &str, reads: &str| {
        let out = Array::new();
        core.explain(credential.clone(), js(question), js(reads), NOW, &out);
        handed_over(&out, 0)
    };
    assert_eq!(needed(&explain("{}", NOTHING)), [key.as_str(), "meta/deployment"]);
    let stored = vec![(key, text(&value.into())), (meta, text(&whose.into()))];
    let stored = asked(stored, |reads| explain("{}", reads));
    let valid = explain(r#"{"requirement": "messages:send"}"#, &stored);
    assert_eq!(at(&valid, "answer.code"), "valid");
    let refused = explain(r#"{"requirement": "messages:read"}"#, &stored);
    assert_eq!(text(&at(&refused, "answer.missing")), r#"["messages:read"]"#);
    assert_eq!(at(&refused, "answer.status").as_f64(), Some(403.0));
    let unknown = explain("{}", &asked(Vec::new(), |reads| explain("{}", reads)));
    assert_eq!(at(&unknown, "answer.code"), "unknown");
}

#[wasm_bindgen_test]
fn a_question_is_refused_with_what_is_wrong() {
    let core = core();
    let refusal = |question: &str, now: f64| {
        let out = Array::new();
        core.check_question(js(question), now, &out);
        (out.length() > 0).then(|| at(&handed_over(&out, 0), "refuse"))
    };
    for question in [
        "{}",
        r#"{"requirement": "messages:send"}"#,
        r#"{"requirement": ["messages:send"], "context": {"ip": "192.0.2.1"}, "consume": 1}"#,
    ] {
        assert!(refusal(question, NOW).is_none(), "{question}");
    }
    let misspelt = refusal(r#"{"requirement": "messages:sned"}"#, NOW).unwrap();
    assert_eq!(at(&misspelt, "path"), "requirement");
    let message = at(&misspelt, "message").as_string().unwrap();
    assert!(message.contains("messages:send"), "{message}");
    let context = refusal(r#"{"context": {"ip": 7}}"#, NOW).unwrap();
    assert_eq!(at(&context, "code"), "invalid_input");
    let clock = refusal("{}", f64::NAN).unwrap();
    assert_eq!(at(&clock, "code"), "clock_unreliable");
}

#[wasm_bindgen_test]
fn numbers_that_cannot_be_an_instant_are_refused() {
    let (core, entropy) = (core(), entropy());
    for number in [f64::NAN, f64::INFINITY, -1.0, 0.5, 9_007_199_254_740_992.0] {
        let call = js(CREATE);
        Reflect::set(&at(&call, "input"), &"expiresAt".into(), &number.into()).unwrap();
        let step = plan(&core, call.clone(), &absent(&core, &call, &entropy), &entropy);
        assert_eq!(at(&step, "refuse.path"), "expiresAt", "{number}");
        let out = Array::new();
        core.plan(js(CREATE), js(NOTHING), number, NOW, NOW, &entropy, &out);
        core.plan(js(CREATE), js(NOTHING), NOW, number, NOW, &entropy, &out);
        core.explain("x".to_owned(), js("{}"), js(NOTHING), number, &out);
        for index in 0..out.length() {
            assert_eq!(
                at(&handed_over(&out, index), "refuse.code"),
                "clock_unreliable",
                "{number}"
            );
        }
    }
}

#[wasm_bindgen_test]
fn values_that_are_no_json_are_refused() {
    let (core, entropy) = (core(), entropy());
    let nested = (0..10_000).fold(JsValue::NULL, |inside, _| Array::of1(&inside).into());
    let circle = Object::new();
    Reflect::set(&circle, &"self".into(), &circle).unwrap();
    let function = js_sys::Function::new_no_args("return 1");
    for value in [
        nested,
        circle.into(),
        function.into(),
        JsValue::symbol(None),
        JsValue::bigint_from_str("99999999999999999999"),
    ] {
        let call = js(CREATE);
        Reflect::set(&at(&call, "input"), &"name".into(), &value).unwrap();
        assert_eq!(
            at(&plan(&core, call, NOTHING, &entropy), "refuse.code"),
            "invalid_input"
        );
        assert_eq!(
            at(&plan(&core, value, NOTHING, &entropy), "refuse.code"),
            "invalid_input"
        );
    }
    for reads in [
        "null",
        "[]",
        r#"{"values": [["a", 7]], "lists": []}"#,
        r#"{"values": {}, "lists": []}"#,
    ] {
        assert_eq!(
            at(&plan(&core, js(CREATE), reads, &entropy), "refuse.code"),
            "invalid_input"
        );
    }
    let short = Uint8Array::new_with_length(8);
    assert_eq!(
        at(&plan(&core, js(CREATE), NOTHING, &short), "refuse.code"),
        "invalid_input"
    );
}

#[wasm_bindgen_test]
fn a_wrong_catalog_lists_every_problem() {
    let (mut core, out) = (Core::new(), Array::new());
    core.configure(
        js(r#"{"prefix": "a b"}"#),
        r#"{"services": {"s": {"permissions": {"a": 7}}}, "templtes": {}}"#.as_bytes(),
        &out,
    );
    let paths: Vec<String> = Array::from(&at(&handed_over(&out, 0), "refuse.problems"))
        .iter()
        .map(|problem| at(&problem, "path").as_string().unwrap())
        .collect();
    assert_eq!(
        paths,
        [
            "prefix",
            "$.templtes",
            "$.services.s.title",
            "$.services.s.permissions.a"
        ]
    );
    core.configure(js(r#"{"prefix": "a"}"#), b"{", &out);
    assert_eq!(at(&handed_over(&out, 1), "refuse.code"), "invalid_input");
    assert_eq!(
        at(&plan(&core, js(CREATE), NOTHING, &entropy()), "refuse.code"),
        "invalid_input",
        "nothing is configured"
    );
}

#[wasm_bindgen_test]
fn names_are_normalised_by_the_host() {
    let (core, entropy) = (core(), entropy());
    let call = js(&CREATE.replace("Nightly", "Cafe\u{301}"));
    let reads = absent(&core, &call, &entropy);
    let step = plan(&core, call, &reads, &entropy);
    assert_eq!(at(&step, "commit.answer.record.name"), "Café");
}

#[wasm_bindgen_test]
fn entropy_differs_from_call_to_call() {
    assert_ne!(entropy().to_vec(), entropy().to_vec());
    assert_ne!(entropy().to_vec(), vec![0; 64]);
}
