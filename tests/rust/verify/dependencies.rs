//! The dependencies of a token: a session ends with every token that it came from, and no operation
//! revives an ended token.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

use leastkey::input::ErrorCode;
use serde_json::{Value as Json, json};
use support::{Host, NOW, admin, sender, text};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Creates a token of `org:acme` that goes idle after an hour. Returns its credential and its id.
fn idle(host: &mut Host) -> (String, String) {
    let made = host
        .create(
            json!({ "kind": "permission-set", "name": "Idle", "owner": "org:acme", "templates": ["sender"],
                "idleAfter": "1h" }),
            admin(),
        )
        .unwrap();
    (text(&made["token"]), text(&made["record"]["id"]))
}

/// Creates a session of a credential with the longest lifetime. Returns its credential and its id.
fn session(host: &mut Host, credential: &str) -> (String, String) {
    let made = host.exchange(credential, json!({ "expiresIn": "20d" })).unwrap();
    (text(&made["token"]), text(&made["record"]["id"]))
}

/// A host whose sessions have a long lifetime.
fn host() -> Host {
    let mut host = Host::new();
    let mut catalog = support::catalog();
    catalog["kinds"]["session"] = json!({
        "lifetime": { "default": "1d", "longest": "30d" },
        "editable": ["conditions", "limits"],
        "actions": ["revoke", "delete", "exchange", "rotate"],
    });
    host.deployment = leastkey::Deployment::configure(
        &support::value(json!({ "prefix": "acme_live" })),
        &support::value(catalog),
    )
    .unwrap();
    host
}

/// Flushes uses. Those without a time were made now.
fn flush(host: &mut Host, mut uses: Json) {
    for used in uses.as_array_mut().unwrap() {
        if used["at"].is_null() {
            used["at"] = json!(host.now);
        }
    }
    host.call(json!({ "op": "flush", "uses": uses })).unwrap();
}

fn record(host: &mut Host, id: &str) -> Json {
    host.one("get", id, admin()).unwrap()
}

#[test]
fn a_session_goes_idle_with_every_token_that_it_came_from() {
    let mut host = host();
    let (parent, parent_id) = idle(&mut host);
    let (child, _) = session(&mut host, &parent);
    let (grandchild, _) = session(&mut host, &child);
    let sibling = host
        .exchange(&child, json!({ "sibling": true, "expiresIn": "20d" }))
        .unwrap();
    let sessions = [child, grandchild, text(&sibling["token"])];

    host.now = NOW + HOUR - 1;
    for credential in &sessions {
        assert_eq!(host.code(credential), "valid");
    }
    flush(&mut host, json!([{ "id": parent_id, "uses": 1 }]));
    host.now = NOW + 2 * HOUR - 2;
    for credential in &sessions {
        assert_eq!(host.code(credential), "valid", "the parent was used");
    }
    host.now += 1;
    for credential in &sessions {
        assert_eq!(host.code(credential), "idle_expired");
        let refused = host.exchange(credential, json!({})).unwrap_err();
        assert_eq!(refused.code, ErrorCode::InvalidToken);
        assert!(refused.message.contains("idle_expired"), "{}", refused.message);
    }
}

#[test]
fn damaged_use_of_a_parent_with_an_idle_time_is_no_yes() {
    let mut host = host();
    let (parent, parent_id) = idle(&mut host);
    let (child, _) = session(&mut host, &parent);
    host.store.insert(format!("usage/{parent_id}"), "{}".to_owned());
    assert_eq!(host.code(&child), "store_unavailable");
}

#[test]
fn a_flush_revives_nothing_that_was_idle_when_it_was_used() {
    let mut host = host();
    let (parent, parent_id) = idle(&mut host);
    let (child, child_id) = session(&mut host, &parent);
    // 19 days later, a verifier that ignores parents reports a use of the session, and one of the
    // parent itself.
    host.now = NOW + 19 * DAY;
    for id in [&child_id, &parent_id] {
        flush(&mut host, json!([{ "id": id, "uses": 3 }]));
        assert_eq!(record(&mut host, &parent_id)["lastUsedAt"], Json::Null);
        for credential in [&parent, &child] {
            assert_eq!(host.code(credential), "idle_expired");
        }
    }
    // The first of several uses decides: the later ones were only possible because of it.
    flush(
        &mut host,
        json!([{ "id": parent_id, "firstAt": NOW + HOUR, "uses": 3 }]),
    );
    assert_eq!(host.code(&parent), "idle_expired");
    flush(
        &mut host,
        json!([{ "id": parent_id, "firstAt": NOW + HOUR - 1, "uses": 3 }]),
    );
    assert_eq!(host.code(&parent), "valid");
    assert_eq!(record(&mut host, &parent_id)["uses"], 3);
}

#[test]
fn a_use_that_was_made_in_time_counts_however_late_it_is_told() {
    let mut host = host();
    let (parent, _) = idle(&mut host);
    let (child, child_id) = session(&mut host, &parent);
    host.now = NOW + HOUR + HOUR / 2;
    assert_eq!(host.code(&parent), "idle_expired", "no use was flushed yet");
    flush(
        &mut host,
        json!([{ "id": child_id, "at": NOW + HOUR - 1, "uses": 1 }]),
    );
    for credential in [&parent, &child] {
        assert_eq!(host.code(credential), "valid");
    }
    // Two sessions in one flush: the use of the first keeps the parent live for that of the second.
    let (other, other_id) = session(&mut host, &parent);
    host.now = NOW + 4 * HOUR;
    flush(
        &mut host,
        json!([{ "id": child_id, "at": NOW + 2 * HOUR + 50 * MINUTE, "firstAt": NOW + HOUR + 40 * MINUTE, "uses": 2 },
            { "id": other_id, "at": NOW + 3 * HOUR + 30 * MINUTE, "uses": 1 }]),
    );
    assert_eq!(host.code(&other), "valid");
}

#[test]
fn enabling_revives_nothing_that_had_gone_idle() {
    let mut host = host();
    let (credential, id) = idle(&mut host);
    host.now = NOW + HOUR;
    host.one("disable", &id, admin()).unwrap();
    let refused = host.one("enable", &id, admin()).unwrap_err();
    assert_eq!(refused.code, ErrorCode::Terminal);
    assert!(refused.message.contains("went idle"), "{}", refused.message);
    assert_eq!(host.code(&credential), "disabled");
    // A use made in time but reported late shows that the token had not gone idle.
    flush(&mut host, json!([{ "id": id, "at": NOW + HOUR - 1, "uses": 1 }]));
    host.one("enable", &id, admin()).unwrap();
    assert_eq!(host.code(&credential), "valid");
}

#[test]
fn the_time_for_which_a_token_is_disabled_is_not_counted() {
    let mut host = host();
    let (credential, id) = idle(&mut host);
    let root = json!({ "id": "root", "roles": { "": "admin" } });
    host.now = NOW + HOUR - 1;
    host.one("disable", &id, admin()).unwrap();
    // Held from above much later: it counts as disabled since the first time.
    host.now = NOW + 5 * DAY;
    let held = host.one("disable", &id, root.clone()).unwrap();
    assert_eq!(
        (&held["heldAt"], &held["statusChangedAt"]),
        (&json!(""), &json!(NOW + HOUR - 1))
    );
    let enabled = host.one("enable", &id, root.clone()).unwrap();
    assert_eq!(enabled["enabledAt"], host.now);
    assert_eq!(host.code(&credential), "valid");
    // Twice in a row, without a use in between: the idle time restarts each time.
    host.now += HOUR - 1;
    host.one("disable", &id, admin()).unwrap();
    host.now += DAY;
    host.one("enable", &id, admin()).unwrap();
    host.now += HOUR - 1;
    assert_eq!(host.code(&credential), "valid");
    host.now += 1;
    assert_eq!(host.code(&credential), "idle_expired");
}

#[test]
fn a_token_that_is_over_gets_no_new_secret() {
    let mut host = host();
    let rotate = |id: &str| json!({ "op": "rotate", "id": id, "options": {}, "actor": admin() });
    let (_, idle_id) = idle(&mut host);
    let (_, expiring) = sender(&mut host);
    host.now = NOW + HOUR;
    assert_eq!(host.call(rotate(&idle_id)).unwrap_err().code, ErrorCode::Terminal);
    host.now = NOW + 30 * DAY;
    let refused = host.call(rotate(&expiring)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::Conflict);
    assert!(refused.message.contains("expired"), "{}", refused.message);
}

#[test]
fn a_session_of_a_token_that_is_over_gets_no_new_secret() {
    let mut host = host();
    let (parent, _) = idle(&mut host);
    let (child, child_id) = session(&mut host, &parent);
    let rotate = json!({ "op": "rotate", "id": child_id, "options": { "grace": 0 }, "actor": admin() });
    host.call(rotate.clone()).unwrap();
    assert_eq!(host.code(&child), "rotated_out");
    host.now = NOW + HOUR;
    let refused = host.call(rotate).unwrap_err();
    assert_eq!(refused.code, ErrorCode::Terminal);
    assert!(refused.message.contains("idle_expired"), "{}", refused.message);
}

#[test]
fn a_sibling_escapes_no_bounds_of_the_session_that_was_presented() {
    let mut host = host();
    let (parent, parent_id) = sender(&mut host);
    let (child, child_id) = session(&mut host, &parent);
    let sibling = |host: &mut Host| {
        let made = host
            .exchange(
                &child,
                json!({ "sibling": true, "context": { "ip": "10.0.0.1" } }),
            )
            .unwrap();
        made["record"]["parents"].clone()
    };
    assert_eq!(sibling(&mut host), json!([parent_id]));
    for change in [
        json!({ "conditions": { "ips": ["10.0.0.0/8"] } }),
        json!({ "conditions": null, "limits": { "credits": { "amount": 1 } } }),
    ] {
        host.call(json!({ "op": "edit", "id": child_id, "change": change, "actor": admin() }))
            .unwrap();
        assert_eq!(sibling(&mut host), json!([child_id, parent_id]));
    }
}

#[test]
fn a_use_confirms_the_rotation_whose_secret_was_used() {
    let mut host = host();
    let (old, id) = sender(&mut host);
    let rotate = |host: &mut Host| {
        let options = json!({ "endOldAtFirstUse": true });
        host.call(json!({ "op": "rotate", "id": id, "options": options, "actor": admin() }))
            .unwrap()
    };
    let first = rotate(&mut host);
    let verdict = host.verify(first["token"].as_str().unwrap(), json!({})).unwrap();
    let used = verdict["token"]["rotation"].clone();
    assert_eq!(
        (&verdict["token"]["successor"], &used),
        (&json!(true), &first["record"]["rotation"]["revision"])
    );
    host.one("abortRotation", &id, admin()).unwrap();
    // At the same instant, so that no time distinguishes the two.
    let second = rotate(&mut host);
    assert_eq!(
        first["record"]["rotation"]["startedAt"],
        second["record"]["rotation"]["startedAt"]
    );
    flush(&mut host, json!([{ "id": id, "uses": 1, "successor": used }]));
    assert_eq!(host.code(&old), "valid", "nobody has used the second secret");
    // An edit during the rotation does not change its identity either.
    host.call(json!({ "op": "edit", "id": id, "change": { "name": "Renamed" }, "actor": admin() }))
        .unwrap();
    let verdict = host.verify(second["token"].as_str().unwrap(), json!({})).unwrap();
    flush(
        &mut host,
        json!([{ "id": id, "uses": 1, "successor": verdict["token"]["rotation"] }]),
    );
    assert_eq!(host.code(&old), "rotated_out");
}
