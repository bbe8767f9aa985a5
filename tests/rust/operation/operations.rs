//! The management operations on a map, through the public API.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

use leastkey::input::ErrorCode;
use leastkey::operation::plan;
use leastkey::storage::plan::{Plan, Reads, Write};
use serde_json::{Value as Json, json};
use support::{Host, NOW, admin, sender, text};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

fn wanted(changes: Json) -> Json {
    let mut input =
        json!({ "kind": "permission-set", "name": "Nightly", "owner": "org:acme", "templates": ["sender"] });
    for (name, value) in changes.as_object().unwrap() {
        input[name] = value.clone();
    }
    input
}

#[test]
fn the_life_of_a_token() {
    let mut host = Host::new();
    let (credential, id) = sender(&mut host);
    let verdict = host
        .verify(&credential, json!({ "requirement": "messages:send" }))
        .unwrap();
    assert_eq!(verdict["valid"], true);
    assert_eq!(
        verdict["token"]["permissions"],
        json!(["messages:send", "messages:status"])
    );
    assert_eq!(verdict["asOf"], NOW);

    assert_eq!(host.one("disable", &id, admin()).unwrap()["status"], "disabled");
    assert_eq!(host.code(&credential), "disabled");
    assert_eq!(host.one("enable", &id, admin()).unwrap()["status"], "active");
    assert_eq!(host.code(&credential), "valid");

    let revoked = host
        .call(json!({ "op": "revoke", "id": id, "options": { "reason": "leaked" }, "actor": admin() }))
        .unwrap();
    assert_eq!(
        (revoked["status"].as_str(), revoked["reason"].as_str()),
        (Some("revoked"), Some("leaked"))
    );
    assert_eq!(revoked["revision"], 4);
    assert_eq!(host.code(&credential), "revoked");
    for op in ["enable", "disable"] {
        assert_eq!(host.one(op, &id, admin()).unwrap_err().code, ErrorCode::Terminal);
    }
    assert_eq!(
        host.one("revoke", &id, admin()).unwrap()["reason"],
        "leaked",
        "the first reason stays"
    );

    assert_eq!(host.one("delete", &id, admin()).unwrap(), json!({ "id": id }));
    assert_eq!(host.code(&credential), "unknown");
    for op in ["get", "enable", "disable", "revoke", "delete"] {
        assert_eq!(
            host.one(op, &id, admin()).unwrap_err().code,
            ErrorCode::NotFound,
            "{op}"
        );
    }
    assert!(
        host.store.contains_key(&format!("token/{id}")),
        "a tombstone stays"
    );
    assert_eq!(
        host.list(json!({ "owner": "org:acme" }), admin()).unwrap()["items"],
        json!([])
    );
}

#[test]
fn a_frozen_grant_does_not_follow_its_template() {
    let mut host = Host::new();
    let (credential, _) = sender(&mut host);
    let mut later = support::catalog();
    later["templates"]["sender"]["permissions"] = json!(["**"]);
    host.deployment = leastkey::Deployment::configure(
        &support::value(json!({ "prefix": "acme_live" })),
        &support::value(later),
    )
    .unwrap();
    let verdict = host
        .verify(&credential, json!({ "requirement": "policy:write" }))
        .unwrap();
    assert_eq!(
        (verdict["code"].as_str(), verdict["missing"].clone()),
        (Some("insufficient_permission"), json!(["policy:write"]))
    );
}

#[test]
fn inputs_that_are_refused() {
    let mut host = Host::new();
    for (changes, path, says) in [
        (
            json!({ "templtes": [] }),
            "templtes",
            "did you mean \"templates\"",
        ),
        (json!({ "kind": "persnal" }), "kind", "did you mean \"personal\""),
        (json!({ "kind": null }), "kind", "expected a string, got null"),
        (json!({ "kind": "session" }), "kind", "come from an exchange"),
        (json!({ "name": "" }), "name", "is empty"),
        (json!({ "name": "x".repeat(101) }), "name", "101 characters"),
        (json!({ "name": "a\u{202e}b" }), "name", "U+202E"),
        (json!({ "name": 7 }), "name", "expected a string, got a number"),
        (json!({ "owner": "" }), "owner", "is empty"),
        (json!({ "owner": "org:acme/" }), "owner", "empty segment"),
        (json!({ "owner": "org:*" }), "owner", "character '*'"),
        (json!({ "resource": "a//b" }), "resource", "empty segment"),
        (json!({ "templates": [] }), "templates", "gives no permission"),
        (json!({ "templates": ["nope"] }), "templates[0]", "no template"),
        (
            json!({ "expiresIn": "soon" }),
            "expiresIn",
            "cannot read the lifetime",
        ),
        (json!({ "expiresIn": 0 }), "expiresIn", "is zero"),
        (json!({ "expiresIn": -5 }), "expiresIn", "such as \"90d\""),
        (json!({ "expiresIn": 3_600 }), "expiresIn", "write \"1h\""),
        (json!({ "expiresIn": null }), "expiresIn", "got null"),
        (
            json!({ "expiresIn": "366d" }),
            "expiresIn",
            "beyond the longest lifetime",
        ),
        (json!({ "expiresAt": NOW }), "expiresAt", "is in the past"),
        (json!({ "expiresAt": 1e300 }), "expiresAt", "2^53"),
        (
            json!({ "expiresAt": NOW / 1_000 }),
            "expiresAt",
            "looks like seconds",
        ),
        (
            json!({ "notBefore": NOW / 1_000 }),
            "notBefore",
            "looks like seconds",
        ),
        (
            json!({ "expiresAt": "2027-01-01T12:00" }),
            "expiresAt",
            "2027-01-31T12:00:00Z",
        ),
        (
            json!({ "expiresAt": NOW + 1, "expiresIn": "1d" }),
            "expiresAt",
            "one of the two",
        ),
        (
            json!({ "expiresIn": "1d", "notBefore": NOW + DAY }),
            "expiresIn",
            "not after notBefore",
        ),
        (json!({ "notBefore": 0.5 }), "notBefore", "whole number"),
        (json!({ "kind": "organization" }), "expiresIn", "is required"),
        (json!({ "idempotencyKey": "" }), "idempotencyKey", "is empty"),
        (json!({ "actor": { "id": "user:1" } }), "actor", "unknown member"),
    ] {
        let refusal = host.create(wanted(changes.clone()), admin()).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::InvalidInput, "{changes}");
        let hit = refusal
            .problems
            .iter()
            .any(|problem| problem.path == path && problem.message.contains(says));
        assert!(hit, "{changes}: expected {path}: …{says}…, got {refusal:#?}");
    }
    assert!(host.store.is_empty(), "nothing is written by what is refused");
}

#[test]
fn actors_that_are_refused() {
    let mut host = Host::new();
    let owner = "org:acme";
    for (actor, code) in [
        (json!(null), ErrorCode::InvalidInput),
        (json!({}), ErrorCode::InvalidInput),
        (json!({ "id": "" }), ErrorCode::InvalidInput),
        (
            json!({ "id": "user:1", "role": "admin" }),
            ErrorCode::InvalidInput,
        ),
        (
            json!({ "id": "user:1", "roles": { "org:acme": true } }),
            ErrorCode::InvalidInput,
        ),
        (
            json!({ "id": "user:1", "permissions": ["messages:*"] }),
            ErrorCode::InvalidInput,
        ),
        (json!({ "id": "user:1" }), ErrorCode::Forbidden),
        (json!({ "id": "user:1", "roles": {} }), ErrorCode::Forbidden),
        (
            json!({ "id": "user:1", "roles": { "org:acme": "user" } }),
            ErrorCode::Forbidden,
        ),
        (
            json!({ "id": "user:1", "roles": { "org:acme2": "admin" } }),
            ErrorCode::Forbidden,
        ),
        (
            json!({ "id": "user:1", "roles": { "org:acm": "admin" } }),
            ErrorCode::Forbidden,
        ),
        (
            json!({ "id": "user:1", "roles": { "org:acme/group:eng": "admin" } }),
            ErrorCode::Forbidden,
        ),
        (
            json!({ "id": "user:1", "permissions": ["messages:send", "messages:status"] }),
            ErrorCode::Forbidden,
        ),
        (json!({ "id": "org:acme" }), ErrorCode::ExceedsCeiling),
        (
            json!({ "id": "org:acme", "permissions": ["messages:send"] }),
            ErrorCode::ExceedsCeiling,
        ),
    ] {
        assert_eq!(
            host.create(wanted(json!({ "owner": owner })), actor.clone())
                .unwrap_err()
                .code,
            code,
            "{actor}"
        );
    }
    let refusal = host
        .create(wanted(json!({})), json!({ "id": "user:1" }))
        .unwrap_err();
    let help = "an admin has roles: { \"org:acme\": \"admin\" }";
    assert!(refusal.message.ends_with(help), "{refusal}");
    let allowed = json!({ "id": "org:acme", "permissions": ["messages:send", "messages:status"] });
    assert!(host.create(wanted(json!({})), allowed).is_ok());
    let above = json!({ "id": "user:9", "roles": { "": "admin" } });
    assert!(host.create(wanted(json!({})), above).is_ok());
}

#[test]
fn nobody_gives_more_than_they_have() {
    let mut host = Host::new();
    // A user of acme with a personal token: it gets what the role gives there, and no more.
    let user = json!({ "id": "user:7", "roles": { "org:acme": "user" } });
    let personal = |changes: Json| {
        let mut input =
            json!({ "kind": "personal", "name": "Laptop", "resource": "org:acme", "add": ["policy:read"] });
        for (name, value) in changes.as_object().unwrap() {
            input[name] = value.clone();
        }
        input
    };
    let made = host.create(personal(json!({})), user.clone()).unwrap();
    assert_eq!(made["record"]["owner"], "user:7");
    assert_eq!(made["record"]["expiresAt"], NOW + 90 * DAY);
    for (changes, says) in [
        (
            json!({ "name": "b", "add": ["policy:write"] }),
            "at \"org:acme\", so it cannot give: policy:write",
        ),
        (
            json!({ "name": "b", "resource": "org:other" }),
            "at \"org:other\", so it cannot give: policy:read",
        ),
        (
            json!({ "name": "b", "resource": "" }),
            "at the root, so it cannot give: policy:read",
        ),
        (
            json!({ "name": "b", "role": "admin" }),
            "cannot give: messages:send",
        ),
    ] {
        let refusal = host.create(personal(changes.clone()), user.clone()).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::ExceedsCeiling, "{changes}");
        assert!(refusal.message.contains(says), "{}", refusal.message);
    }
}

#[test]
fn as_whom_a_token_acts_is_authority_too() {
    let mut host = Host::new();
    let user = json!({ "id": "user:7", "roles": { "org:acme": "user" } });
    let personal = |subject: &str| json!({ "kind": "personal", "name": format!("as {subject}"), "resource": "org:acme", "add": ["policy:read"], "subject": subject });
    let refusal = host.create(personal("user:1"), user.clone()).unwrap_err();
    assert_eq!(
        (refusal.code, refusal.path.as_deref()),
        (ErrorCode::Forbidden, Some("subject"))
    );
    assert!(host.create(personal("user:7"), user).is_ok());
    assert!(
        host.create(wanted(json!({ "subject": "profile:42" })), admin())
            .is_ok(),
        "an admin gives identities"
    );
}

#[test]
fn what_a_host_vouches_for_reaches_as_far_as_the_actor() {
    let mut host = Host::new();
    let personal = |resource: &str| json!({ "kind": "personal", "name": format!("for {resource}"), "resource": resource, "add": ["policy:read"] });
    let vouched = |roles: Json| json!({ "id": "user:7", "roles": roles, "permissions": ["policy:read"] });
    for (roles, resource, allowed) in [
        (json!({}), "user:7", true),
        (json!({}), "user:7/laptop:1", true),
        (json!({}), "org:acme", false),
        (json!({}), "", false),
        (json!({ "org:acme": "user" }), "org:acme/group:eng", true),
        (json!({ "org:acme/group:eng": "user" }), "org:acme", false),
        (json!({ "org:acme": "suspended" }), "org:acme", false),
    ] {
        let made = host.create(personal(resource), vouched(roles.clone()));
        assert_eq!(made.is_ok(), allowed, "{roles} at {resource:?}: {made:?}");
    }
}

/// The keys that the commit of each operation asserts. They are what prevents lost updates.
#[test]
fn commits_assert_what_they_rest_on() {
    let mut host = Host::new();
    let user = json!({ "id": "user:7", "permissions": ["policy:read"] });
    let made = host
        .create(
            json!({ "kind": "personal", "name": "n", "templates": ["policy-reader"] }),
            user.clone(),
        )
        .unwrap();
    let id = text(&made["record"]["id"]);
    let kinds: Vec<&str> = host
        .written
        .iter()
        .map(|write| write.key.split('/').next().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "name",
            "token",
            "owner",
            "audit",
            "audit-head",
            "account",
            "op",
            "meta"
        ],
        "the first change says whose the store is"
    );
    assert!(
        host.written.iter().all(|write| write.expect == Some(None)),
        "nothing of it was there"
    );
    let is_marker = |write: &&Write| write.key.starts_with("op/");
    let marker = host.written.iter().find(is_marker).unwrap();
    assert_eq!(marker.expires_at.unwrap().millis(), NOW + DAY);

    let token_key = format!("token/{id}");
    let mut marks = std::collections::HashSet::new();
    for (op, revision) in [("disable", 2u64), ("enable", 3), ("revoke", 4), ("delete", 5)] {
        host.now += 1;
        let before = host.store.clone();
        host.one(op, &id, user.clone()).unwrap();
        let write = |key: &str| {
            host.written
                .iter()
                .find(|write| write.key.starts_with(key))
                .unwrap()
        };
        assert_eq!(
            write("token/").expect,
            Some(before.get(&token_key).cloned()),
            "{op}"
        );
        let feed = write("feed/");
        assert_eq!(feed.expect, Some(before.get(&feed.key).cloned()), "{op}");
        let head: Json = serde_json::from_str(feed.value.as_ref().unwrap().as_ref().unwrap()).unwrap();
        let last = head["recent"].as_array().unwrap().last().unwrap();
        assert_eq!(
            last.as_array().unwrap()[..2],
            [json!(token_key), json!(revision)],
            "{op}"
        );
        assert!(
            marks.insert(text(&last[2])),
            "{op}: a mark that an earlier change has"
        );
        let stored: Json =
            serde_json::from_str(write("token/").value.as_ref().unwrap().as_ref().unwrap()).unwrap();
        if op == "delete" {
            assert_eq!(
                (&stored["revision"], &stored["deletedBy"]),
                (&json!(revision), &json!("user:7"))
            );
            assert_eq!(
                (&write("owner/").value, &write("name/").value),
                (&Some(None), &Some(None))
            );
            assert_eq!(write("name/").expect, Some(Some(format!("\"{id}\""))));
        } else {
            assert_eq!(stored["token"]["revision"], revision);
            assert_eq!(stored["token"]["statusChangedBy"], "user:7");
            assert_eq!(stored["token"]["statusChangedAt"], host.now);
        }
        assert_eq!(write("op/").expect, Some(None), "{op}");
    }
}

/// Two callers plan on the same store; the second commit must fail.
#[test]
fn of_two_that_planned_at_once_one_commits() {
    let user = json!({ "id": "user:7", "permissions": ["policy:read"] });
    let create = json!({ "op": "create", "input": { "kind": "personal", "name": "n", "templates": ["policy-reader"] }, "actor": user });
    let mut host = Host::new();
    let (one, other) = (host.planned(create.clone()), host.planned(create.clone()));
    assert!(
        host.commit(&one) && !host.commit(&other),
        "one of two tokens of a unique name"
    );
    let id = text(&serde_json::from_str(one[2].value.as_ref().unwrap().as_ref().unwrap()).unwrap());
    let call = |op: &str| json!({ "op": op, "id": id, "actor": user });
    for (first, second) in [
        ("disable", "revoke"),
        ("revoke", "enable"),
        ("revoke", "disable"),
        ("delete", "revoke"),
        ("revoke", "delete"),
    ] {
        let mut race = Host {
            store: host.store.clone(),
            ..Host::new()
        };
        race.calls = 100;
        if second == "enable" {
            race.one("disable", &id, user.clone()).unwrap();
        }
        let (one, other) = (race.planned(call(first)), race.planned(call(second)));
        assert!(
            race.commit(&one) && !race.commit(&other),
            "{second} after {first}"
        );
        assert!(!race.commit(&one), "{first} twice");
    }
}

#[test]
fn an_edit_that_changes_nothing_is_answered_though_the_owner_is_disabled() {
    let mut host = Host::new();
    let input =
        json!({ "kind": "personal", "name": "n", "owner": "org:acme/user:8", "templates": ["sender"] });
    let made = host.create(input, admin()).unwrap();
    let id = made["record"]["id"].clone();
    let account = json!({ "id": "org:acme/user:8", "roles": { "org:acme": "admin" } });
    host.call(json!({ "op": "putAccount", "input": account, "actor": admin() }))
        .unwrap();
    host.one("disableAccount", "org:acme/user:8", admin()).unwrap();
    let edit = |change: Json| json!({ "op": "edit", "id": id, "change": change, "actor": admin() });
    let store = host.store.clone();
    let same = host.call(edit(json!({ "templates": ["sender"] }))).unwrap();
    assert_eq!(same, made["record"]);
    assert!(host.store == store, "nothing is written");
    let refused = host
        .call(edit(json!({ "templates": ["policy-reader"] })))
        .unwrap_err();
    assert_eq!(refused.code, ErrorCode::Forbidden);
}

/// Two verifiers flush at once. The first uses keep the token live for the second ones.
#[test]
fn uses_are_dropped_as_too_late_only_if_none_that_would_keep_them_came_between() {
    let mut host = Host::new();
    let made = host
        .create(wanted(json!({ "idleAfter": "1h" })), admin())
        .unwrap();
    let (token, id) = (text(&made["token"]), text(&made["record"]["id"]));
    let session = |host: &mut Host| {
        let made = host.exchange(&token, json!({ "expiresIn": "1d" })).unwrap();
        text(&made["record"]["id"])
    };
    let sessions = [session(&mut host), session(&mut host)];
    let used = |id: &str, at: u64| json!({ "op": "flush", "uses": [{ "id": id, "at": at }] });
    host.now = NOW + 9 * HOUR;
    let mut last = NOW;
    for [first, second] in [[&id, &id], [&sessions[0], &sessions[1]]] {
        let first = host.planned(used(first, last + 45 * MINUTE));
        last += 90 * MINUTE;
        let late = host.planned(used(second, last));
        assert!(host.commit(&first));
        assert!(!host.commit(&late), "it rests on the last use as it was");
        host.call(used(second, last)).unwrap();
        let record = host.one("get", &id, admin()).unwrap();
        assert_eq!(record["lastUsedAt"], last);
    }
    // Nothing came between.
    host.call(used(&id, last + HOUR)).unwrap();
    assert_eq!(host.one("get", &id, admin()).unwrap()["lastUsedAt"], last);
}

#[test]
fn what_looks_like_a_credential_is_neither_stored_nor_told() {
    let mut host = Host::new();
    let (credential, id) = sender(&mut host);
    let secret = &credential[27..57];
    for member in [
        "name",
        "subject",
        "owner",
        "resource",
        "idempotencyKey",
        "kind",
        "role",
        "expiresIn",
    ] {
        let refusal = host
            .create(wanted(json!({ member: credential })), admin())
            .unwrap_err();
        assert!(!format!("{refusal:?}").contains(secret), "{member}: {refusal:?}");
    }
    let named = host
        .create(wanted(json!({ "name": format!("my {credential}!") })), admin())
        .unwrap_err();
    assert_eq!(named.path.as_deref(), Some("name"));
    let call = json!({ "op": "revoke", "id": id, "options": { "reason": format!("leaked: {credential}") }, "actor": admin() });
    assert_eq!(
        host.call(call).unwrap_err().path.as_deref(),
        Some("options.reason")
    );
    for op in ["list", "drift", "describe", "audit", "verifyAudit"] {
        let call = json!({ "op": op, "query": { "owner": credential }, "actor": admin() });
        assert!(
            !format!("{:?}", host.call(call).unwrap_err()).contains(secret),
            "{op}"
        );
    }
    assert!(host.store.values().all(|value| !value.contains(secret)));
}

#[test]
fn an_idempotency_key_does_not_mind_the_order_of_members() {
    let mut host = Host::new();
    let mut call = |input: &str| {
        let input: Json = serde_json::from_str(input).unwrap();
        host.create(input, admin()).unwrap()["record"]["id"].clone()
    };
    // `serde_json` sorts the members of a map, but the core gets them in the host's order. So the
    // order is written by hand below.
    let first = call(
        r#"{"kind":"permission-set","name":"n","owner":"org:acme","templates":["sender"],"idempotencyKey":"k"}"#,
    );
    let value: leastkey::codec::json::Value = serde_json::from_str(r#"{"b":1,"a":{"d":2,"c":3}}"#).unwrap();
    let sorted: leastkey::codec::json::Value = serde_json::from_str(r#"{"a":{"c":3,"d":2},"b":1}"#).unwrap();
    assert_eq!(value.canonical(), sorted.canonical());
    assert_eq!(
        call(
            r#"{"idempotencyKey":"k","templates":["sender"],"owner":"org:acme","name":"n","kind":"permission-set"}"#
        ),
        first
    );
}

#[test]
fn a_foreign_token_is_not_found() {
    let mut host = Host::new();
    let (credential, id) = sender(&mut host);
    let before = host.store.clone();
    let stranger = json!({ "id": "user:2", "roles": { "org:other": "admin" } });
    for op in ["get", "disable", "enable", "revoke", "delete"] {
        let foreign = host.one(op, &id, stranger.clone()).unwrap_err();
        let absent = host.one(op, "0000000000000000", stranger.clone()).unwrap_err();
        assert_eq!(foreign, absent, "{op}: a foreign id answers as an absent one");
        assert_eq!(foreign.code, ErrorCode::NotFound);
    }
    assert_eq!(
        host.list(json!({ "owner": "org:acme" }), stranger)
            .unwrap_err()
            .code,
        ErrorCode::Forbidden
    );
    assert_eq!(host.store, before);
    assert_eq!(host.code(&credential), "valid");
}

#[test]
fn names_are_unique_where_the_kind_says_so() {
    let mut host = Host::new();
    let user = json!({ "id": "user:7", "permissions": ["policy:read"] });
    let input = |name: &str| json!({ "kind": "personal", "name": name, "templates": ["policy-reader"] });
    let first = host.create(input("Caf\u{e9}"), user.clone()).unwrap();
    let refusal = host.create(input("Cafe\u{301}"), user.clone()).unwrap_err();
    assert_eq!(
        (refusal.code, refusal.path.as_deref()),
        (ErrorCode::NameTaken, Some("name"))
    );
    let refusal = host.create(input("CAFÉ"), user.clone()).unwrap_err();
    assert_eq!(refusal.code, ErrorCode::NameTaken, "case does not count");
    let other = json!({ "id": "user:8", "permissions": ["policy:read"] });
    assert!(
        host.create(input("Café"), other).is_ok(),
        "each owner has names of its own"
    );

    let id = text(&first["record"]["id"]);
    host.one("revoke", &id, user.clone()).unwrap();
    let second = host.create(input("Café"), user.clone()).unwrap();
    host.one("delete", &id, user.clone()).unwrap();
    let refusal = host.create(input("Café"), user.clone()).unwrap_err();
    assert_eq!(
        refusal.code,
        ErrorCode::NameTaken,
        "what lost the name frees it no more"
    );
    let id = text(&second["record"]["id"]);
    host.one("delete", &id, user.clone()).unwrap();
    assert!(
        host.create(input("Café"), user).is_ok(),
        "a deleted token's name is free"
    );

    sender(&mut host);
    sender(&mut host);
}

#[test]
fn lists_are_newest_first_and_paged() {
    let mut host = Host::new();
    let mut ids: Vec<String> = (0..23)
        .map(|_| {
            host.now += 1;
            sender(&mut host).1
        })
        .collect();
    ids.reverse();
    for limit in [1, 2, 7, 22, 23, 24, 200] {
        let (mut seen, mut pages, mut after) = (Vec::new(), 0, Json::Null);
        loop {
            let mut query = json!({ "owner": "org:acme", "limit": limit });
            if after != Json::Null {
                query["after"] = after;
            }
            let page = host.list(query, admin()).unwrap();
            seen.extend(
                page["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|item| text(&item["id"])),
            );
            pages += 1;
            after = page["next"].clone();
            if after == Json::Null {
                break;
            }
        }
        assert_eq!(seen, ids, "limit {limit}");
        assert_eq!(pages, 23usize.div_ceil(limit), "limit {limit}");
    }
    for id in &ids[..5] {
        host.one("revoke", id, admin()).unwrap();
    }
    let revoked = host
        .list(
            json!({ "owner": "org:acme", "status": "revoked", "limit": 2 }),
            admin(),
        )
        .unwrap();
    assert_eq!(revoked["items"].as_array().unwrap().len(), 2);
    assert_eq!(
        host.list(json!({ "owner": "org:acme", "kind": "personal" }), admin())
            .unwrap()["items"],
        json!([])
    );
    for (query, path) in [
        (json!({ "owner": "org:acme", "limit": 0 }), "limit"),
        (json!({ "owner": "org:acme", "limit": 201 }), "limit"),
        (json!({ "owner": "org:acme", "after": "x" }), "after"),
        (json!({ "owner": "org:acme", "status": "gone" }), "status"),
        (json!({ "ower": "org:acme" }), "ower"),
    ] {
        assert_eq!(host.list(query, admin()).unwrap_err().path.as_deref(), Some(path));
    }
}

#[test]
fn a_filter_that_little_passes_has_a_bound_and_goes_on() {
    let mut host = Host::new();
    let ids: Vec<String> = (0..1100)
        .map(|_| {
            host.now += 1;
            sender(&mut host).1
        })
        .collect();
    host.one("disable", &ids[0], admin()).unwrap();
    let mut query = json!({ "owner": "org:acme", "status": "disabled", "limit": 10 });
    let first = host.list(query.clone(), admin()).unwrap();
    assert_eq!(first["items"], json!([]));
    query["after"] = first["next"].clone();
    let second = host.list(query, admin()).unwrap();
    assert_eq!(
        (&second["items"][0]["id"], &second["next"]),
        (&json!(ids[0]), &Json::Null)
    );
}

#[test]
fn a_lost_answer_never_makes_a_second_token() {
    let mut host = Host::new();
    let call = json!({ "op": "create", "input": wanted(json!({})), "actor": admin() });
    let first = host.call(call.clone()).unwrap();
    let after_first = host.store.clone();
    let again = host.retry(&call).unwrap();
    assert_eq!(first, again, "the very call still has its secret");
    assert_eq!(host.store, after_first);

    for op in ["disable", "enable", "revoke", "delete"] {
        let call = json!({ "op": op, "id": first["record"]["id"], "actor": admin() });
        let first = host.call(call.clone()).unwrap();
        let after = host.store.clone();
        assert_eq!(host.retry(&call).unwrap(), first, "{op}");
        assert_eq!(host.store, after, "{op}");
    }
}

/// Two calls with the same idempotency key at the same time: the second has made so many reads when
/// the first commits.
#[test]
fn calls_at_the_same_time_with_one_idempotency_key_make_one_token() {
    let mut catalog = support::catalog();
    catalog["kinds"]["named"] = json!({ "uniqueNames": true });
    let config = support::value(json!({ "prefix": "acme_live" }));
    let catalog = support::value(catalog);
    for before in 0..5 {
        let mut host = Host {
            deployment: leastkey::Deployment::configure(&config, &catalog).unwrap(),
            ..Host::new()
        };
        let input = wanted(json!({ "kind": "named", "idempotencyKey": "job-1" }));
        let call = json!({ "op": "create", "input": input, "actor": admin() });
        host.calls = 2;
        let (value, entropy) = (support::value(call.clone()), host.entropy());
        let mut reads = Reads::default();
        let mut made = None;
        let told = (0..20).find_map(|turn| {
            if turn == before {
                host.calls = 0;
                made = Some(host.call(call.clone()).unwrap()["record"].clone());
            }
            match plan(&host.deployment, &value, &reads, host.time(), &entropy) {
                Plan::Need(need) => host.fetch(&mut reads, need),
                Plan::Commit { writes, .. } if turn >= before => {
                    assert!(!host.commit(&writes), "the first call was before");
                    reads = Reads::default();
                }
                Plan::Commit { .. } => {}
                Plan::Answer(answer) => return Some(serde_json::to_value(&answer).unwrap()),
                other @ (Plan::Prepare { .. } | Plan::Refuse(_)) => panic!("after {before} reads: {other:?}"),
            }
            None
        });
        assert_eq!(told.unwrap()["record"], made.unwrap(), "after {before} reads");
    }
}

#[test]
fn an_idempotency_key_makes_one_token() {
    let mut host = Host::new();
    let input = wanted(json!({ "idempotencyKey": "job-1" }));
    let first = host.create(input.clone(), admin()).unwrap();
    let after = host.store.clone();
    let again = host.create(input.clone(), admin()).unwrap();
    assert_eq!(
        again,
        json!({ "token": null, "record": first["record"] }),
        "the record, not the secret"
    );
    assert_eq!(host.store, after);

    let other = wanted(json!({ "idempotencyKey": "job-1", "name": "Other" }));
    assert_eq!(host.create(other, admin()).unwrap_err().code, ErrorCode::Conflict);
    let somebody = json!({ "id": "user:2", "roles": { "org:acme": "admin" } });
    let theirs = host.create(input.clone(), somebody).unwrap();
    assert_ne!(
        theirs["record"]["id"], first["record"]["id"],
        "a key is its actor's own"
    );

    host.one("delete", first["record"]["id"].as_str().unwrap(), admin())
        .unwrap();
    assert_eq!(host.create(input, admin()).unwrap_err().code, ErrorCode::Conflict);
}

#[test]
fn the_clock_of_the_host_is_refused_when_it_cannot_be_read() {
    use leastkey::operation::Time;
    for clock in [f64::NAN, f64::INFINITY, -1.0, 1.5, 1e300] {
        assert!(
            Time::read(clock, 0.0, 0.0).is_err()
                && Time::read(0.0, clock, 0.0).is_err()
                && Time::read(0.0, 0.0, clock).is_err()
        );
    }
}

#[test]
fn of_a_damaged_record_only_those_learn_who_manage_its_owner() {
    let mut host = Host::new();
    let (_, id) = sender(&mut host);
    host.store.insert(format!("token/{id}"), "{".to_owned());
    let roles = |place: &str, role: &str| json!({ "id": "user:1", "roles": { place: role } });
    let owner = json!({ "id": "org:acme" });
    for (actor, code) in [
        (admin(), ErrorCode::StoreUnavailable),
        (owner, ErrorCode::StoreUnavailable),
        (roles("", "admin"), ErrorCode::StoreUnavailable),
        (roles("org:acme", "user"), ErrorCode::NotFound),
        (roles("org:acme2", "admin"), ErrorCode::NotFound),
        (roles("org:acme/group:eng", "admin"), ErrorCode::NotFound),
        (json!({ "id": "user:2" }), ErrorCode::NotFound),
    ] {
        for op in [
            "get",
            "disable",
            "enable",
            "revoke",
            "delete",
            "rotate",
            "confirmRotation",
        ] {
            let refused = host.one(op, &id, actor.clone()).unwrap_err();
            let unknown = host.one(op, "0000000000000000", actor.clone()).unwrap_err();
            assert_eq!(refused.code, code, "{op} by {actor}");
            assert_eq!(unknown.code, ErrorCode::NotFound, "{op} by {actor}");
            if code == ErrorCode::NotFound {
                assert_eq!(refused.message, unknown.message, "{op} by {actor}");
            }
        }
    }
}
