//! `revokeAll`, jobs and `purge` in hard cases: many tokens made by one, makers that are gone, tags
//! that are set late, and clocks.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

use leastkey::Deployment;
use serde_json::{Value as Json, json};
use support::{Host, catalog, text, value};

const HOUR: u64 = 3_600_000;

fn root() -> Json {
    json!({ "id": "user:0", "roles": { "": "admin" } })
}

fn create(host: &mut Host, owner: &str, more: Json, actor: &Json) -> String {
    let mut input = json!({
        "kind": "permission-set", "name": "T", "owner": owner, "templates": ["sender"], "expiresIn": "9d",
    });
    input
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    text(&host.create(input, actor.clone()).unwrap()["record"]["id"])
}

/// A token that manages everything, and the actor that it is.
fn manager(host: &mut Host, owner: &str, more: Json, actor: &Json) -> (String, Json) {
    let mut wanted = json!({ "resource": "", "role": "admin" });
    wanted
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let id = create(host, owner, wanted, actor);
    (id.clone(), json!({ "token": id }))
}

/// Runs all pages of a call: the ids it took, the number of scanned tokens, and the number of
/// pages.
fn pages(host: &mut Host, op: &str, mut query: Json, actor: &Json) -> (Vec<String>, u64, usize) {
    let (mut ids, mut scanned) = (Vec::new(), 0);
    for page in 1..100 {
        let call = json!({ "op": op, "query": query, "actor": actor });
        let done = host.call(call).unwrap();
        ids.extend(done["ids"].as_array().unwrap().iter().map(text));
        scanned += done["scanned"].as_u64().unwrap();
        match done.get("next") {
            None => return (ids, scanned, page),
            Some(next) => query["after"] = next.clone(),
        }
    }
    panic!("{op} never ends");
}

fn sweep(host: &mut Host, query: Json, actor: &Json) -> (Vec<String>, u64, usize) {
    pages(host, "revokeAll", query, actor)
}

fn status(host: &mut Host, id: &str) -> Json {
    let call = json!({ "op": "get", "id": id, "actor": root() });
    host.call(call).unwrap()["status"].clone()
}

#[test]
fn a_token_that_sweeps_and_made_more_than_a_page_looks_at_ends_itself() {
    let mut host = Host::new();
    let (own, actor) = manager(&mut host, "org:acme", json!({}), &root());
    let made = (0..230).map(|_| create(&mut host, "org:acme", json!({}), &actor));
    let mut expected: Vec<String> = made.collect();
    let (ids, ..) = sweep(&mut host, json!({ "owner": "org:acme" }), &actor);
    assert_eq!(ids.last(), Some(&own));
    expected.push(own);
    let mut ids = ids;
    ids.sort();
    expected.sort();
    assert_eq!(ids, expected);
}

#[test]
fn what_a_maker_made_that_is_gone_fills_a_page_like_anything_else() {
    let mut host = Host::new();
    let (leaked, actor) = manager(&mut host, "org:acme", json!({ "tags": ["leak"] }), &root());
    for at in 0..250 {
        let id = create(&mut host, "org:other", json!({}), &actor);
        if at % 2 == 0 {
            host.one("delete", &id, root()).unwrap();
        } else {
            host.store.remove(&format!("token/{id}"));
        }
    }
    let last = create(&mut host, "org:other", json!({}), &actor);
    let (ids, _, pages) = sweep(&mut host, json!({ "owner": "org:acme", "tag": "leak" }), &root());
    assert_eq!(ids, [leaked, last]);
    assert!((4..15).contains(&pages), "{pages}");
}

#[test]
fn what_a_deleted_or_damaged_token_made_ends_with_its_maker() {
    for damaged in [false, true] {
        let mut host = Host::new();
        let (leaked, first) = manager(&mut host, "org:acme", json!({ "tags": ["leak"] }), &root());
        let (middle, second) = manager(&mut host, "org:acme", json!({ "expiresIn": "8d" }), &first);
        let more = json!({ "expiresIn": "7d" });
        let (last, third) = manager(&mut host, "org:acme", more, &second);
        if damaged {
            host.store.insert(format!("token/{middle}"), "{}".to_owned());
        } else {
            host.one("delete", &middle, third).unwrap();
        }
        let (ids, ..) = sweep(&mut host, json!({ "owner": "org:acme", "tag": "leak" }), &root());
        assert_eq!(ids, [leaked, last]);
    }
}

#[test]
fn what_gets_the_tag_of_a_sweep_meanwhile_ends_with_its_maker() {
    let mut catalog = catalog();
    catalog["kinds"]["permission-set"]["editable"] = json!(["tags"]);
    let config = value(json!({ "prefix": "acme_live" }));
    let mut host = Host {
        deployment: Deployment::configure(&config, &value(catalog)).unwrap(),
        ..Host::new()
    };
    let (leaked, actor) = manager(&mut host, "org:acme", json!({ "tags": ["leak"] }), &root());
    let (made, _) = manager(&mut host, "org:acme", json!({ "expiresIn": "8d" }), &actor);
    // Long before the sweep, so that no later pass treats it as a young token.
    host.now += HOUR;
    let query = json!({ "owner": "org:acme", "tag": "leak" });
    let call = json!({ "op": "revokeAll", "query": query, "actor": root() });
    let page = host.call(call).unwrap();
    assert_eq!(page["ids"], json!([leaked]));
    let change = json!({ "tags": ["leak"] });
    let edit = json!({ "op": "edit", "id": made, "change": change, "actor": root() });
    host.call(edit).unwrap();
    let query = json!({ "owner": "org:acme", "tag": "leak", "after": page["next"] });
    let (ids, scanned, _) = sweep(&mut host, query, &root());
    assert_eq!((ids, scanned), (vec![made], 1));
}

#[test]
fn what_is_meant_and_was_made_by_what_is_meant_is_counted_once() {
    let mut host = Host::new();
    let (_, actor) = manager(&mut host, "org:acme", json!({}), &root());
    for owner in ["org:acme", "org:acme/team:a", "org:acme/team:b"] {
        for _ in 0..30 {
            create(&mut host, owner, json!({}), &actor);
        }
    }
    let dry = json!({
        "op": "revokeAll", "query": { "owner": "org:acme" }, "options": { "dryRun": true }, "actor": root(),
    });
    assert_eq!(host.call(dry).unwrap()["ids"].as_array().unwrap().len(), 91);
    let (ids, scanned, _) = sweep(&mut host, json!({ "owner": "org:acme" }), &root());
    assert_eq!((ids.len(), scanned), (91, 91));
}

#[test]
fn a_purge_takes_all_tokens_of_one_technical_user() {
    let mut catalog = catalog();
    catalog["kinds"]["service"] = json!({ "technicalUser": true });
    let config = value(json!({ "prefix": "acme_live" }));
    let mut host = Host {
        deployment: Deployment::configure(&config, &value(catalog)).unwrap(),
        ..Host::new()
    };
    let of_kind = json!({ "kind": "service", "expiresIn": "1d" });
    let first = create(&mut host, "org:acme", of_kind, &root());
    let get = json!({ "op": "get", "id": first, "actor": root() });
    let user = host.call(get).unwrap()["technicalUser"].clone();
    for _ in 0..4 {
        let more = json!({ "kind": "service", "expiresIn": "1d", "technicalUser": user });
        create(&mut host, "org:acme", more, &root());
    }
    host.now += 48 * HOUR;
    let query = json!({ "owner": "org:acme", "overFor": format!("{HOUR}ms") });
    let (ids, scanned, _) = pages(&mut host, "purge", query, &root());
    assert_eq!((ids.len(), scanned), (5, 5));
}

#[test]
fn a_job_goes_on_after_a_page_of_a_clock_that_was_ahead() {
    let mut host = Host::new();
    let id = create(&mut host, "org:acme", json!({}), &root());
    host.now += 2 * HOUR;
    let start = json!({ "op": "startJob", "query": { "owner": "org:acme" }, "actor": root() });
    let job = host.call(start).unwrap()["job"]["id"].clone();
    host.now -= 2 * HOUR;
    let advance = json!({ "op": "advanceJob", "id": job, "actor": root() });
    assert_eq!(host.call(advance).unwrap()["advanced"], true);
    assert_eq!(status(&mut host, &id), "revoked");
}

#[test]
fn a_job_that_is_not_there_is_told_as_that() {
    let mut host = Host::new();
    let get = json!({ "op": "getJob", "id": "0".repeat(24), "actor": root() });
    let refusal = serde_json::to_value(host.call(get).unwrap_err()).unwrap();
    assert_eq!(refusal["message"], "there is no such job");
}

#[test]
fn an_entry_with_a_damaged_value_hides_no_token_and_holds_up_no_sweep() {
    let mut host = Host::new();
    let (leaked, actor) = manager(&mut host, "org:acme", json!({ "tags": ["leak"] }), &root());
    let made = (0..230).map(|_| create(&mut host, "org:other", json!({}), &actor));
    let mut expected: Vec<String> = made.collect();
    expected.push(leaked);
    for (key, value) in &mut host.store {
        if key.starts_with("made/") || key.starts_with("owner/") {
            *value = "damaged".to_owned();
        }
    }
    let (mut ids, ..) = sweep(&mut host, json!({ "owner": "org:acme", "tag": "leak" }), &root());
    ids.sort();
    expected.sort();
    assert_eq!(ids, expected);
}

#[test]
fn many_makers_at_the_end_of_a_long_line_of_makers_all_end() {
    let mut host = Host::new();
    let mut seconds = 700_000;
    let mut shorter = move || {
        seconds -= 1;
        json!({ "expiresIn": format!("{seconds}s") })
    };
    let (leaked, mut actor) = manager(&mut host, "org:acme", json!({ "tags": ["leak"] }), &root());
    let mut expected = vec![leaked];
    let mut more = |host: &mut Host, actor: &Json| {
        let (id, own) = manager(host, "org:acme", shorter(), actor);
        expected.push(id);
        own
    };
    for _ in 0..1_100 {
        // A token that made two others stays on the stack until the second is processed.
        let next = more(&mut host, &actor);
        more(&mut host, &actor);
        actor = next;
    }
    for _ in 0..60 {
        let own = more(&mut host, &actor);
        more(&mut host, &own);
    }
    let query = json!({ "owner": "org:acme", "tag": "leak" });
    let mut longest = 0;
    let mut ids = Vec::new();
    let mut after = None;
    loop {
        let mut query = query.clone();
        if let Some(after) = after {
            query["after"] = after;
        }
        let done = host
            .call(json!({ "op": "revokeAll", "query": query, "actor": root() }))
            .unwrap();
        ids.extend(done["ids"].as_array().unwrap().iter().map(text));
        after = done.get("next").cloned();
        let Some(next) = &after else { break };
        let cursor: Json = serde_json::from_str(next.as_str().unwrap()).unwrap();
        longest = longest.max(cursor["makers"].as_array().map_or(0, Vec::len));
    }
    assert!(longest <= 4, "{longest} makers wait");
    ids.sort();
    expected.sort();
    assert_eq!(ids, expected);
}

#[test]
fn a_forged_cursor_names_no_key_that_a_store_refuses() {
    let mut host = Host::new();
    let id = create(&mut host, "org:acme", json!({}), &root());
    let whole = |more: Json| {
        let mut cursor = json!({ "pass": 1, "began": 0 });
        cursor
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        cursor.to_string()
    };
    for after in [
        "owner/\u{e9}/".to_owned(),
        format!("owner/{}", "a".repeat(507)),
        whole(json!({ "at": "owner/\u{0}/" })),
        whole(json!({ "pass": 2, "at": format!("owner/{}/", "a".repeat(505)) })),
        whole(json!({ "trails": [{ "of": "a".repeat(512) }] })),
        whole(json!({ "makers": vec![&id; 4_001] })),
        whole(json!({ "told": vec![&id; 4_001] })),
        whole(json!({ "path": vec![json!({ "id": id }); 1_001] })),
    ] {
        let query = json!({ "owner": "org:acme", "after": after });
        let call = json!({ "op": "revokeAll", "query": query, "actor": root() });
        let refusal = serde_json::to_value(host.call(call).unwrap_err()).unwrap();
        assert_eq!(refusal["code"], "invalid_input", "{after:.80}");
    }
}
