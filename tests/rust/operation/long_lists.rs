//! Tokens and accounts with thousands of permissions: every operation works on them, their records
//! stay small, and their grants stay what they were made as.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use leastkey::Deployment;
use serde_json::{Map, Value as Json, json};
use support::{Host, admin, text, value};

const SERVICES: usize = 440;
const ACTIONS: usize = 50;

/// The most bytes that the record of 20,000 permissions of 22,000 has.
const RECORD: usize = 16_000;

fn id(service: usize, action: usize) -> String {
    format!("service-{service:03}:perform-some-action-{action:02}")
}

/// A catalog of services, each with so many actions.
fn catalog(services: impl Iterator<Item = (usize, usize)>) -> Json {
    let services: Map<String, Json> = services
        .map(|(service, actions)| {
            let permissions: Map<String, Json> = (0..actions)
                .map(|action| (format!("perform-some-action-{action:02}"), json!("Action")))
                .collect();
            (
                format!("service-{service:03}"),
                json!({ "title": "Service", "permissions": permissions }),
            )
        })
        .collect();
    json!({
        "services": services,
        "templates": { "all": { "title": "All", "permissions": ["**"] } },
        "roles": { "user": { "title": "User", "permissions": ["**"] } },
    })
}

fn host() -> Host {
    let mut host = Host::new();
    host.deployment = deployment((0..SERVICES).map(|service| (service, ACTIONS)));
    host
}

fn deployment(services: impl Iterator<Item = (usize, usize)>) -> Deployment {
    let config = value(json!({ "prefix": "acme_live" }));
    Deployment::configure(&config, &value(catalog(services))).unwrap()
}

/// Every eleventh permission, which the token does not get: 2,000 of 22,000.
fn left_out() -> Vec<String> {
    let all = (0..SERVICES).flat_map(|service| (0..ACTIONS).map(move |action| (service, action)));
    let chosen = all.filter(|(service, action)| (service * ACTIONS + action) % 11 == 3);
    chosen.map(|(service, action)| id(service, action)).collect()
}

fn input() -> Json {
    json!({
        "kind": "permission-set", "name": "Everything", "owner": "org:acme",
        "templates": ["all"], "remove": left_out(), "expiresIn": "9d",
    })
}

fn all() -> BTreeSet<String> {
    (0..SERVICES)
        .flat_map(|service| (0..ACTIONS).map(move |action| id(service, action)))
        .collect()
}

fn held() -> BTreeSet<String> {
    let out: BTreeSet<String> = left_out().into_iter().collect();
    all().difference(&out).cloned().collect()
}

fn ids(list: &Json) -> Vec<String> {
    list.as_array().unwrap().iter().map(text).collect()
}

fn record_of<'h>(host: &'h Host, id: &str) -> &'h str {
    &host.store[&format!("token/{id}")]
}

fn code(host: &Host, credential: &str, permission: &str) -> String {
    text(
        &host
            .verify(credential, json!({ "requirement": permission }))
            .unwrap()["code"],
    )
}

#[test]
fn a_record_with_most_of_a_large_catalog_is_small() {
    let mut host = host();
    let made = host.create(input(), admin()).unwrap();
    let token = text(&made["record"]["id"]);
    let record = record_of(&host, &token);
    assert!(record.len() < RECORD, "{} bytes", record.len());
    let expected: Vec<String> = held().into_iter().collect();
    assert_eq!(expected.len(), 20_000);
    assert_eq!(ids(&made["record"]["permissions"]), expected);
    let got = host.one("get", &token, admin()).unwrap();
    assert_eq!(ids(&got["permissions"]), expected);
    assert_eq!(ids(&got["removed"]).len(), 2_000);
    for (key, value) in &host.store {
        assert!(value.len() < 64_000, "{key} has {} bytes", value.len());
    }
}

#[test]
fn a_list_has_the_number_of_permissions_instead() {
    let mut host = host();
    host.create(input(), admin()).unwrap();
    let small = json!({
        "kind": "permission-set", "name": "Few", "owner": "org:acme", "add": [id(1, 1)], "expiresIn": "9d",
    });
    host.create(small, admin()).unwrap();
    let page = host.list(json!({ "owner": "org:acme" }), admin()).unwrap();
    let named = |name: &str| {
        let mut items = page["items"].as_array().unwrap().iter();
        items.find(|item| item["name"] == name).unwrap()
    };
    let [few, everything] = [named("Few"), named("Everything")];
    assert_eq!(
        (&few["permissionCount"], &few["permissions"]),
        (&json!(1), &json!([id(1, 1)]))
    );
    assert_eq!(everything["permissionCount"], 20_000);
    assert!(everything.get("permissions").is_none() && everything.get("removed").is_none());
    assert_eq!(everything["templates"][0]["id"], "all");
}

#[test]
fn a_verification_decides_by_the_exact_permissions() {
    let mut host = host();
    let made = host.create(input(), admin()).unwrap();
    let credential = text(&made["token"]);
    let [out, held] = [left_out(), held().into_iter().collect()].map(|ids: Vec<String>| ids[777].clone());
    assert_eq!(code(&host, &credential, &held), "valid");
    assert_eq!(code(&host, &credential, &out), "insufficient_permission");
    let verdict = host.verify(&credential, json!({})).unwrap();
    assert_eq!(verdict["token"]["permissions"], made["record"]["permissions"]);
    let explained = host.explain(&credential, json!({ "requirement": out }));
    assert_eq!(explained["add"], json!([out]));
}

#[test]
fn an_edit_changes_what_it_names_and_the_trail_tells_it() {
    let mut host = host();
    let owner = json!({ "id": "user:1", "roles": { "user:1": "admin" } });
    let mut personal = input();
    (personal["kind"], personal["owner"]) = (json!("personal"), json!("user:1"));
    let made = host.create(personal, owner.clone()).unwrap();
    let (token, credential) = (text(&made["record"]["id"]), text(&made["token"]));
    let mut removed = left_out();
    let back = removed.remove(5);
    removed.push(id(0, 0));
    let change = json!({ "templates": ["all"], "remove": removed });
    let edited = host
        .call(json!({ "op": "edit", "id": token, "change": change, "actor": owner.clone() }))
        .unwrap();
    assert_eq!(edited["permissions"].as_array().unwrap().len(), 20_000);
    assert_eq!(code(&host, &credential, &back), "valid");
    assert_eq!(code(&host, &credential, &id(0, 0)), "insufficient_permission");
    let trail = host
        .call(json!({ "op": "audit", "query": { "owner": "user:1" }, "actor": owner.clone() }))
        .unwrap();
    let entries = trail["items"].as_array().unwrap();
    let edit = entries.iter().find(|entry| entry["operation"] == "edit").unwrap();
    let permissions = &edit["after"]["permissions"];
    assert_eq!(
        (
            &permissions["count"],
            &permissions["added"],
            &permissions["removed"]
        ),
        (&json!(20_000), &json!([back]), &json!([id(0, 0)]))
    );
    let create = entries
        .iter()
        .find(|entry| entry["operation"] == "create")
        .unwrap();
    assert_eq!(create["after"]["permissions"]["count"], 20_000);
    assert!(create["after"]["permissions"].get("added").is_none());
    for entry in entries {
        assert!(entry.to_string().len() < 8_000, "{entry}");
    }
}

#[test]
fn it_is_ended_renewed_and_exchanged_like_any_other() {
    let mut host = host();
    let made = host.create(input(), admin()).unwrap();
    let (token, credential) = (text(&made["record"]["id"]), text(&made["token"]));
    let session = host.exchange(&credential, json!({})).unwrap();
    let own = text(&session["token"]);
    assert_eq!(session["record"]["permissions"], made["record"]["permissions"]);
    assert!(record_of(&host, &text(&session["record"]["id"])).len() < RECORD);
    assert_eq!(code(&host, &own, &id(9, 9)), "valid");
    assert_eq!(code(&host, &own, &left_out()[0]), "insufficient_permission");
    let rotated = host
        .call(json!({ "op": "rotate", "id": token, "options": {}, "actor": admin() }))
        .unwrap();
    assert_eq!(code(&host, &text(&rotated["token"]), &id(9, 9)), "valid");
    for op in ["disable", "enable"] {
        host.one(op, &token, admin()).unwrap();
    }
    host.call(json!({ "op": "revoke", "id": token, "options": {}, "actor": admin() }))
        .unwrap();
    assert_eq!(code(&host, &own, &id(9, 9)), "revoked");
    host.one("delete", &token, admin()).unwrap();
}

#[test]
fn an_account_has_ceilings_of_any_number() {
    let mut host = host();
    let root = json!({ "id": "root", "roles": { "": "admin" } });
    let account = json!({ "id": "user:7", "roles": { "org:acme": "user" } });
    let put = host
        .call(json!({ "op": "putAccount", "input": account, "actor": root }))
        .unwrap();
    assert_eq!(ids(&put["ceilings"][0]["permissions"]).len(), 22_000);
    assert!(host.store["account/user:7"].len() < RECORD);
    let organization = json!({
        "kind": "organization", "name": "Robot", "owner": "org:acme", "templates": ["all"],
        "remove": left_out(), "expiresIn": "9d",
    });
    let made = host.create(organization, admin()).unwrap();
    let credential = text(&made["token"]);
    assert!(made["record"].get("technicalUser").is_some());
    assert_eq!(code(&host, &credential, &id(9, 9)), "valid");
    assert_eq!(
        code(&host, &credential, &left_out()[0]),
        "insufficient_permission"
    );
    // The ceilings of the technical user take nothing away: the record's list is the answer.
    let verdict = host.verify(&credential, json!({})).unwrap();
    assert_eq!(verdict["token"]["permissions"], made["record"]["permissions"]);
}

#[test]
fn a_later_catalog_changes_nothing_of_it() {
    let mut host = host();
    let made = host.create(input(), admin()).unwrap();
    let (token, credential) = (text(&made["record"]["id"]), text(&made["token"]));
    // Without the service 7, with more in the service 9, and with a service before all others.
    let changed = (0..SERVICES).filter(|service| *service != 7).map(|service| {
        let more = if service == 9 { 3 } else { 0 };
        (service, ACTIONS + more)
    });
    host.deployment = deployment(changed.chain([(500, 2)]));
    let got = host.one("get", &token, admin()).unwrap();
    assert_eq!(got["permissions"], made["record"]["permissions"]);
    let verdict = host.verify(&credential, json!({})).unwrap();
    assert_eq!(verdict["token"]["permissions"], made["record"]["permissions"]);
    assert_eq!(code(&host, &credential, &id(9, 0)), "valid");
    assert_eq!(code(&host, &credential, &id(9, 51)), "insufficient_permission");
    assert_eq!(code(&host, &credential, &id(500, 0)), "insufficient_permission");
    let drift = host
        .call(json!({ "op": "drift", "query": { "owner": "org:acme" }, "actor": admin() }))
        .unwrap();
    assert_eq!(drift["items"][0]["adds"].as_array().unwrap().len(), 5);
    // A change of something else leaves the list as it is stored.
    let stored = |host: &Host| {
        let record: Json = serde_json::from_str(record_of(host, &token)).unwrap();
        record["token"]["permissions"].clone()
    };
    let before = stored(&host);
    host.call(json!({ "op": "edit", "id": token, "change": { "name": "New" }, "actor": admin() }))
        .unwrap();
    assert_eq!(stored(&host), before);
}

#[test]
fn a_vocabulary_is_stored_once() {
    let mut host = host();
    host.create(input(), admin()).unwrap();
    let vocabularies = |host: &Host| {
        let stored = host.store.iter().filter(|(key, _)| key.starts_with("vocab/"));
        stored
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect::<Vec<_>>()
    };
    let before = vocabularies(&host);
    assert!((8..40).contains(&before.len()), "{}", before.len());
    host.create(input(), admin()).unwrap();
    let changed = (0..SERVICES).map(|service| (service, ACTIONS + usize::from(service == 9)));
    host.deployment = deployment(changed);
    host.create(input(), admin()).unwrap();
    let after = vocabularies(&host);
    assert!(before.iter().all(|entry| after.contains(entry)));
    assert!(
        after.len() <= before.len() + 3,
        "{} of {}",
        after.len(),
        before.len()
    );
}

#[test]
fn without_an_undamaged_vocabulary_nothing_is_guessed() {
    for damage in [
        "",
        "{}",
        r#"{"v":1,"ids":["service-000:perform-some-action-00"]}"#,
    ] {
        let mut host = host();
        let made = host.create(input(), admin()).unwrap();
        let (token, credential) = (text(&made["record"]["id"]), text(&made["token"]));
        let key = host
            .store
            .keys()
            .find(|key| key.starts_with("vocab/"))
            .unwrap()
            .clone();
        if damage.is_empty() {
            host.store.remove(&key);
        } else {
            host.store.insert(key.clone(), damage.to_owned());
        }
        assert_eq!(code(&host, &credential, &id(9, 9)), "store_unavailable");
        // A management operation knows the vocabularies of its own catalog.
        host.one("get", &token, admin()).unwrap();
        host.deployment = deployment((0..SERVICES).map(|service| (service, ACTIONS + 1)));
        let refused = host.one("get", &token, admin()).map(drop).unwrap_err();
        assert_eq!(serde_json::to_value(refused.code).unwrap(), "store_unavailable");
        if !damage.is_empty() {
            host.deployment = deployment((0..SERVICES).map(|service| (service, ACTIONS)));
            let refused = host.create(input(), admin()).unwrap_err();
            assert!(refused.message.contains(&key), "{refused:?}");
        }
    }
}
