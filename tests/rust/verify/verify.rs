//! Verdicts through the public API.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use support::{Host, NOW, admin, sender, text};

fn made(host: &mut Host, changes: Json) -> (String, String) {
    let mut input =
        json!({ "kind": "permission-set", "name": "n", "owner": "org:acme", "templates": ["sender"] });
    for (name, value) in changes.as_object().unwrap() {
        input[name] = value.clone();
    }
    let made = host.create(input, admin()).unwrap();
    (text(&made["token"]), text(&made["record"]["id"]))
}

#[test]
fn a_token_is_valid_only_while_now_is_before_its_end() {
    let mut host = Host::new();
    let (credential, _) = made(
        &mut host,
        json!({ "notBefore": NOW + 1000, "expiresAt": NOW + 5000 }),
    );
    for (at, code) in [
        (0, "not_yet_valid"),
        (999, "not_yet_valid"),
        (1000, "valid"),
        (4999, "valid"),
        (5000, "expired"),
        (9_999_999, "expired"),
    ] {
        host.now = NOW + at;
        assert_eq!(host.code(&credential), code, "after {at} ms");
    }
}

#[test]
fn permissions_and_resources() {
    let mut host = Host::new();
    let (credential, _) = made(&mut host, json!({ "resource": "org:acme/group:eng" }));
    for (requirement, code) in [
        (json!("messages:send"), "valid"),
        (json!(["messages:send", "messages:status"]), "valid"),
        (json!("messages:send OR policy:write"), "valid"),
        (json!("messages:send AND policy:write"), "insufficient_permission"),
        (
            json!({ "permission": "messages:send", "resource": "org:acme/group:eng" }),
            "valid",
        ),
        (
            json!({ "permission": "messages:send", "resource": "org:acme/group:eng/device:7" }),
            "valid",
        ),
        (
            json!({ "permission": "messages:send", "resource": "org:acme/group:eng2" }),
            "outside_resource",
        ),
        (
            json!({ "permission": "messages:send", "resource": "org:acme" }),
            "outside_resource",
        ),
        (
            json!({ "permission": "messages:send", "resource": "" }),
            "outside_resource",
        ),
        (
            json!({ "permission": "policy:write", "resource": "org:acme" }),
            "insufficient_permission",
        ),
    ] {
        let verdict = host
            .verify(&credential, json!({ "requirement": requirement }))
            .unwrap();
        assert_eq!(verdict["code"], code, "{requirement}");
        assert_eq!(verdict["valid"], code == "valid");
        assert_eq!(verdict["status"], if code == "valid" { 200 } else { 403 });
    }
    for question in [
        json!({ "requirement": "messages:sned" }),
        json!({ "requirement": null }),
        json!({ "requirment": "x" }),
        json!([]),
    ] {
        assert!(
            host.verify(&credential, question).is_err(),
            "a programming error is never a silent yes or no"
        );
    }
}

#[test]
fn nothing_is_told_of_a_token_before_its_secret_has_matched() {
    let mut host = Host::new();
    let (one, one_id) = sender(&mut host);
    let (other, _) = sender(&mut host);
    // The second secret with the first id and a valid checksum, as for a swapped record in the
    // store.
    let record = host.store[&format!("token/{}", one_id)].clone();
    let other_id = &other[11..27];
    let swapped = record.replace(&one_id, other_id);
    host.store.insert(format!("token/{other_id}"), swapped);
    let verdict = host.verify(&other, json!({})).unwrap();
    assert_eq!(
        verdict,
        json!({ "valid": false, "code": "bad_secret", "status": 401, "error": "invalid_token", "asOf": NOW })
    );
    host.one("revoke", &one_id, admin()).unwrap();
    assert!(host.verify(&one, json!({})).unwrap()["token"].is_object());
}

#[test]
fn a_record_that_cannot_be_read_is_refused() {
    let mut host = Host::new();
    let (credential, id) = made(&mut host, json!({ "expiresAt": NOW + 5000 }));
    let key = format!("token/{id}");
    let sound: Json = serde_json::from_str(&host.store[&key]).unwrap();
    let damages: Vec<(&str, Json)> = vec![
        ("/token/expiresAt", Json::Null),
        ("/token/expiresAt", json!("never")),
        ("/token/expiresAt", json!(-1)),
        ("/token/expiresAt", json!(1e300)),
        ("/token/expiresAt", json!(9_007_199_254_740_992u64)),
        ("/token/status", json!("Active")),
        ("/token/status", Json::Null),
        ("/token/id", json!("0000000000000000")),
        ("/token/permissions", json!(["**"])),
        ("/token/permissions", json!("messages:send")),
        ("/token/resource", json!("org:*")),
        ("/token/name", json!("")),
        ("/token/more", json!(1)),
        ("/digest", json!("")),
        ("/digest", Json::Null),
        ("/v", json!(2)),
    ];
    for (pointer, with) in damages {
        let mut damaged = sound.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        damaged.pointer_mut(parent).unwrap()[name] = with.clone();
        host.store.insert(key.clone(), damaged.to_string());
        let verdict = host.verify(&credential, json!({})).unwrap();
        assert_eq!(verdict["code"], "store_unavailable", "{pointer} = {with}");
        assert_eq!(verdict["status"], 503);
        assert!(host.one("get", &id, admin()).is_err());
        let page = host.list(json!({ "owner": "org:acme" }), admin()).unwrap();
        assert_eq!(page["unreadable"], json!([id]), "a list does not hide it");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// P7: whatever the store contains, the answer is a refusal or a typed error.
    #[test]
    fn no_stored_text_opens_access(text in ".{0,80}", cut in 0usize..600, flip in 0usize..600) {
        let mut host = Host::new();
        let (credential, id) = sender(&mut host);
        let key = format!("token/{id}");
        let sound = host.store[&key].clone();
        let mut flipped = sound.clone().into_bytes();
        let at = flip % flipped.len();
        flipped[at] ^= 1;
        for damaged in [text, sound[..cut % sound.len()].to_owned(), String::from_utf8_lossy(&flipped).into_owned()] {
            host.store.insert(key.clone(), damaged.clone());
            let verdict = host.verify(&credential, json!({ "requirement": "policy:write" })).unwrap();
            prop_assert_eq!(&verdict["valid"], false, "{}", damaged);
            let _ = host.one("revoke", &id, admin());
            let _ = host.list(json!({ "owner": "org:acme" }), admin());
        }
    }
}
