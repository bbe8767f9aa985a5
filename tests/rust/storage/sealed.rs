//! A store with sealed values, through the public API: a writer of the store can neither edit nor
//! move a value (P7).
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

use std::borrow::Cow;

use leastkey::Deployment;
use leastkey::input::ErrorCode;
use leastkey::storage::plan::Reads;
use leastkey::storage::seal::open_unsealed;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use support::{Host, admin, sender, text, value};

/// 32 bytes in hexadecimal.
fn key(digit: char) -> String {
    digit.to_string().repeat(64)
}

fn deployment(keys: &[String]) -> Deployment {
    let config = json!({ "prefix": "acme_live", "recordKeys": keys });
    Deployment::configure(&value(config), &value(support::catalog())).unwrap()
}

fn sealed() -> Host {
    Host {
        deployment: deployment(&[key('a')]),
        ..Host::new()
    }
}

/// Whether every value of a store is sealed.
fn all_sealed(host: &Host) -> bool {
    host.store.values().all(|stored| {
        let json: Json = serde_json::from_str(stored).unwrap();
        json["mac"].as_str().is_some_and(|mac| mac.len() == 64) && open_unsealed(stored) != stored
    })
}

fn record_of(id: &str) -> String {
    format!("token/{id}")
}

#[test]
fn every_write_is_sealed_and_the_life_of_a_token_is_as_without() {
    let mut host = sealed();
    let made = host
        .create(
            json!({ "kind": "personal", "name": "Laptop", "owner": "org:acme", "templates": ["sender"] }),
            admin(),
        )
        .unwrap();
    let (credential, id) = (text(&made["token"]), text(&made["record"]["id"]));
    let written = host.written.iter().filter(|write| write.value.is_some());
    assert_eq!(
        written.count(),
        7,
        "record, index, name, audit entry and head, marker, whose the store is"
    );
    assert!(all_sealed(&host));
    assert_eq!(host.code(&credential), "valid");
    assert_eq!(host.explain(&credential, json!({}))["code"], "valid");
    for (op, code) in [
        ("disable", "disabled"),
        ("enable", "valid"),
        ("revoke", "revoked"),
        ("delete", "unknown"),
    ] {
        host.one(op, &id, admin()).unwrap();
        assert!(all_sealed(&host), "{op}");
        assert_eq!(host.code(&credential), code);
    }
    assert_eq!(
        host.one("get", &id, admin()).unwrap_err().code,
        ErrorCode::NotFound
    );
    // The index entry and the name are gone, so the name is free.
    assert_eq!(
        host.list(json!({ "owner": "org:acme" }), admin()).unwrap()["items"],
        json!([])
    );
    let again = json!({ "kind": "personal", "name": "Laptop", "owner": "org:acme", "templates": ["sender"] });
    assert!(host.create(again.clone(), admin()).is_ok());
    assert_eq!(
        host.create(again, admin()).unwrap_err().code,
        ErrorCode::NameTaken
    );
}

#[test]
fn a_commit_expects_the_very_texts_that_were_read() {
    let mut host = sealed();
    let (_, id) = sender(&mut host);
    host.one("disable", &id, admin()).unwrap();
    let late = host.planned(json!({ "op": "enable", "id": id, "actor": admin() }));
    for write in &late {
        if let Some(Some(expected)) = &write.expect {
            assert_eq!(host.store.get(&write.key), Some(expected), "{}", write.key);
        }
    }
    let expected: Vec<&str> = late
        .iter()
        .filter(|write| matches!(write.expect, Some(Some(_))))
        .map(|write| write.key.as_str())
        .collect();
    assert_eq!(
        expected.len(),
        3,
        "the record and the heads of audit and feed: {expected:?}"
    );
    host.one("revoke", &id, admin()).unwrap();
    assert!(!host.commit(&late), "somebody was first");
    assert_eq!(host.one("get", &id, admin()).unwrap()["status"], "revoked");
}

#[test]
fn a_call_finds_its_own_marker_and_no_edited_one() {
    let mut host = sealed();
    let call = json!({ "op": "create", "actor": admin(), "input": {
        "kind": "permission-set", "name": "Nightly", "owner": "org:acme", "templates": ["sender"], "idempotencyKey": "one" } });
    let made = host.call(call.clone()).unwrap();
    assert_eq!(host.call(call.clone()).unwrap()["record"], made["record"]);
    let (_, other) = sender(&mut host);
    let marker = host
        .store
        .keys()
        .find(|key| key.starts_with("op/") && host.store[*key].contains("fingerprint"))
        .unwrap()
        .clone();
    let edited = host.store[&marker].replace(made["record"]["id"].as_str().unwrap(), &other);
    host.store.insert(marker, edited);
    assert_eq!(host.call(call).unwrap_err().code, ErrorCode::StoreUnavailable);
}

/// Each way in which a stored record can differ from what was sealed is damage, and never a valid
/// or an unknown token.
#[test]
fn a_record_that_is_not_as_it_was_sealed_is_refused() {
    let mut host = sealed();
    let (credential, id) = sender(&mut host);
    let (other_credential, other) = sender(&mut host);
    let sound = host.store[&record_of(&id)].clone();
    let of_other = host.store[&record_of(&other)].clone();
    let mut of_stranger = Host {
        deployment: deployment(&[key('b')]),
        ..Host::new()
    };
    let (_, stranger) = sender(&mut of_stranger);
    assert_eq!(stranger, id, "the same entropy makes the same token");
    let (body, mac) = (open_unsealed(&sound), &sound[sound.len() - 66..]);
    for (what, text) in [
        (
            "more permissions",
            sound.replace("messages:status", "messages:status\",\"policy:write"),
        ),
        ("another digit", sound.replacen("17", "18", 1)),
        ("white space", sound.replacen(':', ": ", 1)),
        ("another's record", of_other.clone()),
        ("another's record under this id", of_other.replace(&other, &id)),
        ("no seal", body.to_owned()),
        ("another key", of_stranger.store[&record_of(&id)].clone()),
        ("an empty mac", format!(r#"{{"value":{body},"mac":""}}"#)),
        (
            "the mac of another",
            format!(r#"{{"value":{body},"mac":"{}"#, &of_other[of_other.len() - 66..]),
        ),
        (
            "the mac in capitals",
            format!(r#"{{"value":{body},"mac":"{}"}}"#, mac[..64].to_uppercase()),
        ),
        (
            "the index entry's seal",
            host.store
                .values()
                .find(|text| *text != &sound && text.contains(&id))
                .unwrap()
                .clone(),
        ),
        ("nothing", String::new()),
    ] {
        assert_ne!(text, sound, "{what}");
        host.store.insert(record_of(&id), text);
        assert_eq!(host.code(&credential), "store_unavailable", "{what}");
        for op in ["get", "disable", "enable", "revoke", "delete"] {
            assert_eq!(
                host.one(op, &id, admin()).unwrap_err().code,
                ErrorCode::StoreUnavailable,
                "{op} with {what}"
            );
        }
        let page = host.list(json!({ "owner": "org:acme" }), admin()).unwrap();
        assert_eq!(page["unreadable"], json!([id]), "{what}");
        assert_eq!(host.code(&other_credential), "valid");
    }
    host.store.insert(record_of(&id), sound);
    assert_eq!(host.code(&credential), "valid");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_edit_of_a_record_is_ever_accepted(at in any::<prop::sample::Index>(), to in 0x20..0x7f_u8) {
        let mut host = sealed();
        let (credential, id) = sender(&mut host);
        let sound = host.store[&record_of(&id)].clone();
        let mut bytes = sound.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = to;
        let edited = String::from_utf8(bytes).unwrap();
        prop_assume!(edited != sound);
        host.store.insert(record_of(&id), edited);
        prop_assert_eq!(host.code(&credential), "store_unavailable");
    }
}

#[test]
fn what_is_not_sealed_is_opened_without_a_copy() {
    let (plain, sealed) = (Host::new(), sealed());
    let read = |text: &str| {
        let mut reads = Reads::default();
        reads.insert("token/x".to_owned(), Some(text.to_owned()));
        reads.insert("account/x".to_owned(), None);
        reads
    };
    let stored = read("{}");
    assert!(matches!(
        plain.deployment.seal().opened(&stored),
        Cow::Borrowed(_)
    ));
    let stored = read(&format!(r#"{{"value":{{}},"mac":"{}"}}"#, key('0')));
    for (host, body) in [(&plain, "{}"), (&sealed, "")] {
        let opened = host.deployment.seal().opened(&stored);
        assert_eq!(opened.get(["token/x", "account/x"]).unwrap(), [Some(body), None]);
    }
}

#[test]
fn a_damaged_feed_head_is_replaced_by_a_sealed_one() {
    let mut host = sealed();
    let (credential, id) = sender(&mut host);
    host.one("disable", &id, admin()).unwrap();
    let feed = host
        .store
        .keys()
        .find(|key| key.starts_with("feed/"))
        .unwrap()
        .clone();
    let edited = host.store[&feed].replace("\"recent\":[", "\"recent\":[[\"token/x\",1],");
    host.store.insert(feed, edited);
    host.one("enable", &id, admin()).unwrap();
    assert!(all_sealed(&host));
    assert_eq!(host.code(&credential), "valid");
}

#[test]
fn the_key_before_still_opens_and_the_new_one_seals() {
    let mut host = sealed();
    let (credential, id) = sender(&mut host);
    host.deployment = deployment(&[key('b'), key('a')]);
    assert_eq!(host.code(&credential), "valid");
    host.one("disable", &id, admin()).unwrap();
    host.one("enable", &id, admin()).unwrap();
    host.deployment = deployment(&[key('b')]);
    assert_eq!(
        host.code(&credential),
        "valid",
        "what was written since is sealed by the new key"
    );
    host.deployment = deployment(&[key('c')]);
    assert_eq!(host.code(&credential), "store_unavailable");
}

#[test]
fn without_a_key_sealed_values_are_read_and_nothing_is_written() {
    let mut host = sealed();
    let (credential, id) = sender(&mut host);
    host.one("disable", &id, admin()).unwrap();
    host.one("enable", &id, admin()).unwrap();
    let before = host.store.clone();
    host.deployment = support::deployment();
    assert_eq!(host.code(&credential), "valid");
    assert_eq!(host.one("get", &id, admin()).unwrap()["status"], "active");
    for op in ["disable", "revoke", "delete", "rotate"] {
        let refusal = host.one(op, &id, admin()).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::StoreUnavailable, "{op}");
        assert!(refusal.message.contains("recordKey"), "{op}: {}", refusal.message);
    }
    // For the new owner, the only stored value that is read is the metadata of the store.
    for owner in ["org:acme", "org:acme/group:new"] {
        let input = json!({ "kind": "personal", "name": "Laptop", "owner": owner, "templates": ["sender"] });
        let refusal = host.create(input, admin()).unwrap_err();
        assert!(
            refusal.message.contains("recordKey"),
            "{owner}: {}",
            refusal.message
        );
    }
    let uses = json!([{ "id": id, "at": 1_795_480_000_000_u64, "uses": 1 }]);
    let refusal = host.call(json!({ "op": "flush", "uses": uses })).unwrap_err();
    assert_eq!(refusal.code, ErrorCode::StoreUnavailable);
    assert_eq!(host.store, before, "not one value was written");
    host.deployment = deployment(&[key('a')]);
    host.one("revoke", &id, admin()).unwrap();
    assert_eq!(host.code(&credential), "revoked");
}

#[test]
fn without_a_key_a_chain_of_sealed_entries_can_be_followed() {
    let mut host = sealed();
    sender(&mut host);
    host.deployment = support::deployment();
    let check = host.call(json!({ "op": "verifyAudit", "query": { "owner": "org:acme" } }));
    assert_eq!(check.unwrap()["intact"], true);
}

#[test]
fn with_a_key_no_plain_values_are_read() {
    let mut host = Host::new();
    let (credential, _) = sender(&mut host);
    host.deployment = deployment(&[key('a')]);
    assert_eq!(host.code(&credential), "store_unavailable");
}

/// Two deployments with the same record key: a value sealed in one is damaged in the other.
#[test]
fn a_sealed_record_copied_into_another_deployment_does_not_open() {
    let mut live = sealed();
    let (credential, id) = sender(&mut live);
    let config = json!({ "prefix": "acme_test", "recordKeys": [key('a')] });
    let mut test = Host {
        deployment: Deployment::configure(&value(config), &value(support::catalog())).unwrap(),
        calls: 7,
        ..Host::new()
    };
    let (_, own) = sender(&mut test);
    test.store
        .insert(record_of(&id), live.store[&record_of(&id)].clone());
    let swapped = credential.replace("acme_live", "acme_test");
    assert_eq!(test.code(&swapped), "store_unavailable");
    assert!(test.one("get", &own, admin()).is_ok());
    assert!(test.one("get", &id, admin()).is_err());
}

#[test]
fn record_keys_that_cannot_be_read_configure_nothing() {
    for keys in [
        json!(null),
        json!([]),
        json!(["ab"]),
        json!([key('a'), key('a')]),
        json!([key('a'), key('b'), key('c')]),
    ] {
        let config = json!({ "prefix": "acme_live", "recordKeys": keys });
        let refusal = Deployment::configure(&value(config), &value(support::catalog())).unwrap_err();
        assert!(refusal.path.as_deref().unwrap().starts_with("recordKeys"));
        assert!(!refusal.message.contains("aaaa"), "no key in a message");
    }
}
