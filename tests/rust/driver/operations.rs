//! Calls over many tokens or rows, and limits that are counted in the process.

use std::sync::atomic::Ordering;

use leastkey::driver::blocking::Tokens;
use leastkey::driver::{BulkReport, Options};
use leastkey::model::question::Question;
use leastkey::verify::code::Code;
use serde_json::{Value as Json, json};

use super::{Shared, admin, code, create, input, options, tokens};

#[test]
fn the_progress_of_a_long_call_is_told_page_by_page() {
    let store = Shared::default();
    let tokens = tokens(&store, options());
    for at in 0..120 {
        create(&tokens, input(&at.to_string()));
    }
    let query = json!({ "owner": "org:acme" });
    let mut pages: Vec<BulkReport> = Vec::new();
    let report = tokens
        .revoke_all_with_progress(query, json!({}), &admin(), |page| pages.push(page.clone()))
        .unwrap();
    assert_eq!((report.ids.len(), &report.next), (120, &None));
    assert!(pages.len() > 2, "{} pages", pages.len());
    assert!(pages.windows(2).all(|two| two[0].scanned <= two[1].scanned));
    assert!(pages.iter().rev().skip(1).all(|page| page.next.is_some()));
    assert_eq!(pages.last().unwrap().ids, report.ids);

    // From where a call has stopped, another one goes on.
    let again = json!({ "owner": "org:acme", "after": pages[0].next });
    let rest = tokens.revoke_all(again, json!({}), &admin()).unwrap();
    assert_eq!(rest.ids.len(), 0);
    assert!(rest.already < 120, "{}", rest.already);
    let mut count = 0;
    let purged = json!({ "owner": "org:acme" });
    tokens
        .purge_with_progress(purged, &admin(), |_| count += 1)
        .unwrap();
    assert!(count > 0);
}

fn with_imported() -> Options {
    options().imported(json!([{ "prefix": "old_", "digestOf": "whole" }]))
}

/// A key of another system with its digest: SHA-256 of `old_one`, `old_two`.
const DIGESTS: [(&str, &str); 2] = [
    (
        "old_one",
        "86f7845084fd03c1ca47538704164e77aa1c438054672548d8b8a088a06ff317",
    ),
    (
        "old_two",
        "8a86796a1806f48a6ca1cce20974726a8b958aa75c06be5ac1d023ae874be425",
    ),
];

fn row(at: usize) -> Json {
    let (key, digest) = DIGESTS[at];
    json!({
        "kind": "key", "name": key, "owner": "org:acme", "add": ["mail:send"],
        "digest": digest, "encoding": "hex",
    })
}

#[test]
fn keys_are_imported_row_by_row() {
    let store = Shared::default();
    let tokens: Tokens<Shared> = tokens(&store, with_imported());
    let mut wrong = row(1);
    wrong["add"] = json!(["mail:sned"]);
    let rows = || [row(0), wrong.clone(), row(1)];
    let import = |options: Json| tokens.import_keys(rows(), options, &admin(), |_| {}).unwrap();

    let would = serde_json::to_value(import(json!({ "dryRun": true }))).unwrap();
    assert_eq!((&would["imported"], &would["failed"]), (&json!(2), &json!(1)));
    assert_eq!(
        code(tokens.verifier(), "old_one"),
        Code::Malformed,
        "nothing was changed"
    );

    let mut seen = Vec::new();
    let report = tokens
        .import_keys(rows(), json!({}), &admin(), |row| seen.push(row.row))
        .unwrap();
    assert_eq!(seen, [0, 1, 2]);
    let report = serde_json::to_value(report).unwrap();
    assert_eq!(
        (&report["imported"], &report["exists"], &report["failed"]),
        (&json!(2), &json!(0), &json!(1))
    );
    let failed = &report["outcomes"][1];
    assert_eq!(
        (&failed["row"], &failed["outcome"], &failed["code"]),
        (&json!(1), &json!("failed"), &json!("invalid_input"))
    );
    assert!(
        failed["message"].as_str().unwrap().contains("mail:send"),
        "{failed}"
    );
    assert_eq!(code(tokens.verifier(), "old_one"), Code::Valid);
    assert_eq!(code(tokens.verifier(), "old_two"), Code::Valid);

    let again = serde_json::to_value(import(json!({}))).unwrap();
    assert_eq!(again["exists"], 2);
    assert_eq!(again["outcomes"][0]["id"], report["outcomes"][0]["id"]);

    let error = tokens
        .import_keys(rows(), json!({ "dry": true }), &admin(), |_| {})
        .unwrap_err();
    assert!(
        error.to_string().starts_with("invalid_input: dry: is no option"),
        "{error}"
    );
    let without = super::tokens(&store, options());
    let error = without
        .import_keys(rows(), json!({}), &admin(), |_| {})
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("invalid_input: imported: is needed"),
        "{error}"
    );
}

#[test]
fn an_import_stops_where_the_store_fails() {
    let store = Shared::default();
    let tokens = tokens(&store, with_imported());
    let rows = (0..2).map(|at| {
        if at == 1 {
            store.fail(&[super::Fault::Refusal]);
        }
        row(at)
    });
    let mut seen = 0;
    let error = tokens
        .import_keys(rows, json!({}), &admin(), |_| seen += 1)
        .unwrap_err();
    assert_eq!((error.code(), seen), ("store_unavailable", 1));
}

#[test]
fn approximate_limits_are_counted_here_from_the_value_in_the_store() {
    let store = Shared::default();
    let exact = tokens(&store, options());
    let mut limited = input("Limited");
    limited["limits"] = json!({ "credits": { "amount": 5 } });
    let (credential, _) = create(&exact, limited);
    let send = exact.requirement(json!("mail:send")).unwrap();
    let count = |tokens: &Tokens<Shared>| {
        let question = Question {
            consume: Some(1),
            ..Question::of(&send)
        };
        let verdict = tokens.verify(&credential, &question);
        (verdict.code, verdict.remaining)
    };
    assert_eq!(count(&exact), (Code::Valid, Some(4)));
    let here = || tokens(&store, options().approximate_limits());
    let (one, other) = (here(), here());
    let commits = store.0.commits.load(Ordering::SeqCst);
    for left in (0..4).rev() {
        assert_eq!(count(&one), (Code::Valid, Some(left)));
        assert_eq!(count(&other), (Code::Valid, Some(left)), "of its own");
    }
    assert_eq!(count(&one).0, Code::UsageExceeded);
    assert_eq!(
        store.0.commits.load(Ordering::SeqCst),
        commits,
        "nothing is written"
    );
    assert_eq!(count(&exact), (Code::Valid, Some(3)));
}
