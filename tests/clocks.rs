//! What is made ends by the host's own reading; the highest instant that it has seen only refuses.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use serde_json::{Value as Json, json};
use support::{Host, NOW, admin, sender, text};

const MINUTE: u64 = 60_000;
const YEAR: u64 = 365 * 24 * 60 * MINUTE;

fn session(host: &mut Host, credential: &str) -> Result<Json, leastkey::refusal::Refusal> {
    host.exchange(credential, json!({ "expiresIn": "15m" }))
}

fn flush(host: &mut Host, used: Json) -> Json {
    host.call(json!({ "op": "flush", "uses": [used] })).unwrap()
}

#[test]
fn a_session_ends_by_the_hosts_own_reading_and_none_is_made_above_a_minute_of_skew() {
    let mut host = Host::new();
    let (credential, _) = sender(&mut host);
    for ahead in [0, 1, MINUTE] {
        host.highest = Some(NOW + ahead);
        let made = session(&mut host, &credential).unwrap();
        assert_eq!(made["record"]["expiresAt"], NOW + 15 * MINUTE, "{ahead}");
        assert_eq!(made["record"]["createdAt"], NOW, "{ahead}");
    }
    host.highest = Some(NOW + MINUTE + 1);
    let refused = session(&mut host, &credential).unwrap_err();
    assert_eq!(serde_json::to_value(refused.code).unwrap(), "clock_unreliable");
    assert!(
        refused.message.contains("Until both agree within 1m"),
        "{refused}"
    );
}

#[test]
fn nothing_that_ends_by_an_unreliable_clock_is_made_and_what_ends_something_goes_on() {
    let mut host = Host::new();
    let (_, id) = sender(&mut host);
    let (_, over) = sender(&mut host);
    host.one("revoke", &over, admin()).unwrap();
    let digest = "0".repeat(64);
    let input =
        json!({ "kind": "permission-set", "name": "Nightly", "owner": "org:acme", "templates": ["sender"] });
    let mut row = input.clone();
    row["digest"] = json!(digest);
    row["encoding"] = json!("hex");
    let made_by_time = [
        json!({ "op": "create", "input": input, "actor": admin() }),
        json!({ "op": "importKey", "input": row, "actor": admin() }),
        json!({ "op": "rotate", "id": id, "options": {}, "actor": admin() }),
        json!({ "op": "purge", "query": { "overFor": "1s" } }),
    ];
    // A mark that is ahead, and one that the reading has left behind by a jump.
    for (now, highest) in [(NOW + MINUTE, NOW + YEAR), (NOW + YEAR, NOW + MINUTE)] {
        (host.now, host.highest) = (now, Some(highest));
        let before = host.store.clone();
        for call in &made_by_time {
            let refused = host.call(call.clone()).unwrap_err();
            let code = serde_json::to_value(refused.code).unwrap();
            assert_eq!(code, "clock_unreliable", "{call}: {refused}");
        }
        assert_eq!(host.store, before);
    }
    (host.now, host.highest) = (NOW + MINUTE, Some(NOW + YEAR));
    for op in ["disable", "enable", "revoke", "delete"] {
        host.one(op, &id, admin()).unwrap();
    }
}

#[test]
fn an_end_by_a_clients_clock_is_trimmed_to_the_longest_lifetime() {
    let mut host = Host::new();
    let longest = NOW + YEAR;
    let mut create = |wanted: Json| {
        let mut input = json!({ "kind": "permission-set", "name": "Nightly", "owner": "org:acme", "templates": ["sender"] });
        input
            .as_object_mut()
            .unwrap()
            .extend(wanted.as_object().unwrap().clone());
        host.create(input, admin())
            .map(|made| made["record"]["expiresAt"].clone())
    };
    for (asked, ends) in [(0, 0), (1, 0), (5_000, 0), (5 * MINUTE, 0)] {
        assert_eq!(
            create(json!({ "expiresAt": longest + asked })).unwrap(),
            longest + ends,
            "{asked}"
        );
    }
    assert_eq!(create(json!({ "expiresAt": longest - 1 })).unwrap(), longest - 1);
    // Further away is what somebody asked for, and no clock.
    let refused = create(json!({ "expiresAt": longest + 5 * MINUTE + 1 })).unwrap_err();
    assert!(refused.message.contains("is further away than"), "{refused}");
    // A lifetime is counted by no clock of a client's.
    assert!(create(json!({ "expiresIn": YEAR + 1 })).is_err());
}

#[test]
fn the_mark_still_refuses() {
    let mut host = Host::new();
    let (credential, id) = sender(&mut host);
    host.call(json!({ "op": "edit", "id": id, "change": { "tags": ["a"] }, "actor": admin() }))
        .unwrap();
    let made = session(&mut host, &credential).unwrap();
    let short = text(&made["token"]);
    host.now = NOW + 14 * MINUTE + 30_000;
    host.highest = Some(NOW + 15 * MINUTE);
    // Within a minute of skew both are taken for right, and what is over by either is over.
    let refused = session(&mut host, &short).unwrap_err();
    assert_eq!(serde_json::to_value(refused.code).unwrap(), "invalid_token");
}

#[test]
fn a_grace_is_over_by_the_time_of_the_flush_and_not_by_the_verifiers() {
    let mut host = Host::new();
    let mut catalog = support::catalog();
    catalog["kinds"]["watched"] = json!({ "title": "Watched", "rotation": { "reuse": "revoke" } });
    let prefix = support::value(json!({ "prefix": "acme_live" }));
    host.deployment = leastkey::Deployment::configure(&prefix, &support::value(catalog)).unwrap();
    let made = host
        .create(
            json!({ "kind": "watched", "name": "Nightly", "owner": "org:acme", "templates": ["sender"] }),
            admin(),
        )
        .unwrap();
    let (old, id) = (text(&made["token"]), text(&made["record"]["id"]));
    let rotate = json!({ "op": "rotate", "id": id, "options": { "grace": "1h" }, "actor": admin() });
    let rotation = host.call(rotate).unwrap()["record"]["rotation"].clone();
    // A verifier whose clock is a year ahead.
    host.now = NOW + YEAR;
    let verdict = host.verify(&old, json!({})).unwrap();
    assert_eq!(verdict["code"], "rotated_out");
    assert_eq!(verdict["token"]["rotation"], rotation["revision"]);
    let used = json!({ "id": id, "at": host.now, "uses": 0, "graceOver": rotation["revision"] });
    host.now = NOW + MINUTE;
    flush(&mut host, used.clone());
    assert_eq!(host.one("get", &id, admin()).unwrap()["status"], "active");
    assert_eq!(host.code(&old), "valid");
    host.now = NOW + 60 * MINUTE;
    flush(&mut host, used.clone());
    assert_eq!(host.one("get", &id, admin()).unwrap()["status"], "revoked");
}

#[test]
fn a_secret_that_was_rotated_out_for_good_is_told_without_a_rotation() {
    let mut host = Host::new();
    let (old, id) = sender(&mut host);
    let rotate = json!({ "op": "rotate", "id": id, "options": { "grace": 0 }, "actor": admin() });
    host.call(rotate).unwrap();
    let rotate = json!({ "op": "rotate", "id": id, "options": { "grace": "1h" }, "actor": admin() });
    host.call(rotate).unwrap();
    let verdict = host.verify(&old, json!({})).unwrap();
    assert_eq!(verdict["code"], "rotated_out");
    assert_eq!(verdict["token"].get("rotation"), None);
}
