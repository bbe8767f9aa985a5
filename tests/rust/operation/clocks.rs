//! Expiries are computed from the host's own clock reading. The highest instant seen can only
//! refuse.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

use serde_json::{Value as Json, json};
use support::{Host, NOW, admin, sender, text};

const MINUTE: u64 = 60_000;
const YEAR: u64 = 365 * 24 * 60 * MINUTE;

fn session(host: &mut Host, credential: &str) -> Result<Json, leastkey::input::Refusal> {
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
    let (_, disabled) = sender(&mut host);
    host.one("disable", &disabled, admin()).unwrap();
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
        json!({ "op": "enable", "id": disabled, "actor": admin() }),
        json!({ "op": "purge", "query": { "overFor": "1s" } }),
    ];
    // A highest instant that is ahead of the reading, and one that a jump of the clock has left
    // behind.
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
    for op in ["disable", "revoke", "delete"] {
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
    // Beyond that it is the caller's request, not clock skew.
    let refused = create(json!({ "expiresAt": longest + 5 * MINUTE + 1 })).unwrap_err();
    assert!(
        refused.message.contains("is beyond the longest lifetime"),
        "{refused}"
    );
    // A lifetime does not depend on a client's clock.
    assert!(create(json!({ "expiresIn": format!("{}ms", YEAR + 1) })).is_err());
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
    // Within a minute of skew both clocks count as correct; an expiry by either one counts.
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
    // A jump of the host's own clock has no effect either: it is not trusted, and the writes have
    // no future time.
    (host.now, host.highest) = (NOW + YEAR, Some(NOW + 2 * MINUTE));
    flush(&mut host, used.clone());
    flush(&mut host, json!({ "id": id, "at": NOW + YEAR, "uses": 1 }));
    let record = host.one("get", &id, admin()).unwrap();
    assert_eq!(
        (&record["status"], &record["lastUsedAt"]),
        (&json!("active"), &json!(NOW + 2 * MINUTE))
    );
    (host.now, host.highest) = (NOW + 60 * MINUTE, None);
    flush(&mut host, used.clone());
    assert_eq!(host.one("get", &id, admin()).unwrap()["status"], "revoked");
}

#[test]
fn the_name_of_a_living_token_is_taken_by_no_clock_that_is_ahead() {
    let mut host = Host::new();
    let mut catalog = support::catalog();
    catalog["kinds"]["unique"] = json!({ "title": "Unique", "uniqueNames": true, "editable": ["name"] });
    let prefix = support::value(json!({ "prefix": "acme_live" }));
    host.deployment = leastkey::Deployment::configure(&prefix, &support::value(catalog)).unwrap();
    let make = |host: &mut Host, name: &str, lifetime: &str| {
        let input = json!({ "kind": "unique", "name": name, "owner": "org:acme", "templates": ["sender"],
            "expiresIn": lifetime });
        host.create(input, admin())
            .map(|made| text(&made["record"]["id"]))
    };
    let short = make(&mut host, "Nightly", "1h").unwrap();
    let other = make(&mut host, "Other", "1d").unwrap();
    (host.now, host.highest) = (NOW + YEAR, Some(NOW + MINUTE));
    let edit = json!({ "op": "edit", "id": other, "change": { "name": "Nightly" }, "actor": admin() });
    let refused = host.call(edit.clone()).unwrap_err();
    assert_eq!(serde_json::to_value(refused.code).unwrap(), "name_taken");
    // Two processes a minute apart: in one the token has expired and its name is free; the other
    // still renews it.
    (host.now, host.highest) = (NOW + 60 * MINUTE, None);
    host.call(edit).unwrap();
    host.now -= 50_000;
    let rotate = json!({ "op": "rotate", "id": short, "options": { "expiresIn": "1d" }, "actor": admin() });
    let refused = host.call(rotate).unwrap_err();
    assert_eq!(serde_json::to_value(refused.code).unwrap(), "name_taken");
    let rotate = json!({ "op": "rotate", "id": other, "options": { "expiresIn": "1d" }, "actor": admin() });
    host.call(rotate).unwrap();
}

fn code(refused: Result<Json, leastkey::input::Refusal>) -> Json {
    serde_json::to_value(refused.unwrap_err().code).unwrap()
}

#[test]
fn what_had_gone_idle_is_not_revived_by_a_clock_that_was_set_back_when_it_was_disabled() {
    let mut host = Host::new();
    let input = json!({ "kind": "permission-set", "name": "Nightly", "owner": "org:acme", "templates": ["sender"],
        "idleAfter": "1h" });
    let made = host.create(input, admin()).unwrap();
    let (credential, id) = (text(&made["token"]), text(&made["record"]["id"]));
    (host.now, host.highest) = (NOW, Some(NOW + 60 * MINUTE));
    host.one("disable", &id, admin()).unwrap();
    (host.now, host.highest) = (NOW + 60 * MINUTE, None);
    assert_eq!(code(host.one("enable", &id, admin())), "terminal");
    assert_eq!(host.code(&credential), "disabled");
}

#[test]
fn what_was_in_use_is_not_lost_by_a_clock_that_was_ahead_when_it_was_disabled() {
    let mut host = Host::new();
    let input = json!({ "kind": "permission-set", "name": "Nightly", "owner": "org:acme", "templates": ["sender"],
        "idleAfter": "1h" });
    let made = host.create(input, admin()).unwrap();
    let (credential, id) = (text(&made["token"]), text(&made["record"]["id"]));
    (host.now, host.highest) = (NOW + YEAR, Some(NOW + MINUTE));
    host.one("disable", &id, admin()).unwrap();
    (host.now, host.highest) = (NOW + 2 * MINUTE, None);
    host.one("enable", &id, admin()).unwrap();
    assert_eq!(host.code(&credential), "valid");
}

#[test]
fn no_clock_that_was_set_back_brings_back_a_secret_whose_grace_is_over() {
    let mut host = Host::new();
    let (old, id) = sender(&mut host);
    let rotate = json!({ "op": "rotate", "id": id, "options": { "grace": "1h" }, "actor": admin() });
    let new = text(&host.call(rotate).unwrap()["token"]);
    (host.now, host.highest) = (NOW, Some(NOW + 60 * MINUTE));
    assert_eq!(code(host.one("abortRotation", &id, admin())), "conflict");
    (host.now, host.highest) = (NOW + 60 * MINUTE, None);
    assert_eq!(
        (host.code(&old), host.code(&new)),
        ("rotated_out".into(), "valid".into())
    );
}

#[test]
fn no_clock_that_is_ahead_makes_room_for_more_sessions() {
    let mut host = Host::new();
    let mut catalog = support::catalog();
    catalog["kinds"]["session"] = json!({ "sessions": 2 });
    let prefix = support::value(json!({ "prefix": "acme_live" }));
    host.deployment = leastkey::Deployment::configure(&prefix, &support::value(catalog)).unwrap();
    let (credential, _) = sender(&mut host);
    session(&mut host, &credential).unwrap();
    let ended = session(&mut host, &credential).unwrap();
    (host.now, host.highest) = (NOW + YEAR, Some(NOW + MINUTE));
    host.one("revoke", &text(&ended["record"]["id"]), admin())
        .unwrap();
    (host.now, host.highest) = (NOW + MINUTE, None);
    session(&mut host, &credential).unwrap();
    assert_eq!(code(session(&mut host, &credential)), "too_many_sessions");
}

#[test]
fn the_use_of_a_new_secret_ends_the_old_one_where_an_older_one_was_shown_too() {
    let mut host = Host::new();
    let (_, id) = sender(&mut host);
    let rotate = |host: &mut Host, options: Json| {
        host.call(json!({ "op": "rotate", "id": id, "options": options, "actor": admin() }))
            .unwrap()
    };
    rotate(&mut host, json!({ "grace": 0 }));
    let made = rotate(&mut host, json!({ "endOldAtFirstUse": true }));
    let revision = made["record"]["rotation"]["revision"].clone();
    flush(
        &mut host,
        json!({ "id": id, "at": NOW, "uses": 1, "successor": revision, "reused": true }),
    );
    let record = host.one("get", &id, admin()).unwrap();
    assert_eq!(
        (&record["status"], record.get("rotation")),
        (&json!("active"), None)
    );
    assert_eq!(host.code(&text(&made["token"])), "valid");
    let query = json!({ "owner": "org:acme", "token": id });
    let trail = host
        .call(json!({ "op": "audit", "query": query, "actor": admin() }))
        .unwrap();
    let flushed: Vec<bool> = trail["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["operation"] == "flush")
        .map(|entry| entry["before"] == entry["after"])
        .collect();
    assert_eq!(flushed.len(), 2, "{trail}");
    assert!(
        flushed.contains(&true) && flushed.contains(&false),
        "the end, and the reuse beside it: {trail}"
    );
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

#[test]
fn a_use_after_a_grace_is_told_though_the_rotation_has_ended_before_the_flush() {
    let rotate =
        |id: &str| json!({ "op": "rotate", "id": id, "options": { "grace": "1h" }, "actor": admin() });
    for (ends_by, status) in [
        ("confirmRotation", "revoked"),
        ("rotate", "revoked"),
        ("edit", "revoked"),
        ("abortRotation", "active"),
    ] {
        let mut host = Host::new();
        let mut catalog = support::catalog();
        catalog["kinds"]["watched"] = json!({ "title": "Watched", "rotation": { "reuse": "revoke" } });
        let prefix = support::value(json!({ "prefix": "acme_live" }));
        host.deployment = leastkey::Deployment::configure(&prefix, &support::value(catalog)).unwrap();
        let made =
            json!({ "kind": "watched", "name": "Nightly", "owner": "org:acme", "templates": ["sender"] });
        let made = host.create(made, admin()).unwrap();
        let (old, id) = (text(&made["token"]), text(&made["record"]["id"]));
        let rotation = host.call(rotate(&id)).unwrap()["record"]["rotation"].clone();
        // A rotation can only be aborted within its grace period.
        host.now = NOW
            + if ends_by == "abortRotation" {
                MINUTE
            } else {
                61 * MINUTE
            };
        let used = json!({ "id": id, "at": host.now, "uses": 0, "graceOver": rotation["revision"] });
        match ends_by {
            "rotate" => host.call(rotate(&id)).unwrap(),
            "edit" => host
                .call(json!({ "op": "edit", "id": id, "change": { "name": "Other" }, "actor": admin() }))
                .unwrap(),
            _ => host.one(ends_by, &id, admin()).unwrap(),
        };
        host.now = NOW + 70 * MINUTE;
        assert_eq!(host.code(&old) == "valid", status == "active", "{ends_by}");
        flush(&mut host, used);
        let after = host.one("get", &id, admin()).unwrap();
        assert_eq!(after["status"], status, "{ends_by}");
    }
}
