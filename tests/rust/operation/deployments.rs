//! Several deployments side by side: a credential of one is invalid in another, even on the same
//! store.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

use leastkey::Deployment;
use leastkey::input::{ErrorCode, Refusal};
use leastkey::operation::plan;
use leastkey::storage::plan::{Plan, ReadRequest, Reads, Write};
use leastkey::storage::shard_count::ShardCount;
use leastkey::storage::store_meta::NotOurs;
use leastkey::verify::cache::Cache;
use leastkey::verify::verify::apply_feed;
use serde_json::{Value as Json, json};
use support::{Host, admin, instant, sender, text, value};

const META: &str = "meta/deployment";

fn deployment(prefix: &str) -> Deployment {
    configured(json!({ "prefix": prefix }))
}

fn configured(config: Json) -> Deployment {
    Deployment::configure(&value(config), &value(support::catalog())).unwrap()
}

fn with_prefix(credential: &str, from: &str, to: &str) -> String {
    format!("{to}{}", credential.strip_prefix(from).unwrap())
}

#[test]
fn a_credential_with_another_prefix_is_none_of_that_deployment() {
    let mut host = Host::new();
    let (credential, _) = sender(&mut host);
    let swapped = with_prefix(&credential, "acme_live", "acme_test");
    assert_eq!(host.code(&swapped), "malformed");
    host.deployment = deployment("acme_test");
    assert_eq!(host.code(&swapped), "store_unavailable");
    // It is also invalid in a store that belongs to that deployment.
    host.store.insert(META.into(), meta("acme_test", 16));
    assert_eq!(host.code(&swapped), "bad_secret");
    assert_eq!(host.code(&credential), "malformed");
}

/// The answer of `mint`, without the credential.
fn minted(host: &Host) -> Json {
    let minted = host
        .entropy()
        .mint(host.deployment.prefix(), support::instant(host.now));
    json!({ "id": minted.id(), "digest": minted.digest(), "scheme": "credential-2" })
}

fn paths(refused: &Refusal) -> Vec<&str> {
    refused
        .problems
        .iter()
        .map(|problem| problem.path.as_str())
        .collect()
}

#[test]
fn a_digest_of_a_client_names_its_scheme() {
    let mut host = Host::new();
    let whole = minted(&host);
    let input = |secret: &Json| {
        let mut input =
            json!({ "kind": "permission-set", "name": "Own", "owner": "org:acme", "templates": ["sender"] });
        let members = secret.as_object().unwrap().clone();
        input.as_object_mut().unwrap().extend(members);
        input
    };
    let without = |name: &str| {
        let mut secret = whole.clone();
        secret.as_object_mut().unwrap().remove(name);
        secret
    };
    for (secret, path) in [
        (without("scheme"), "scheme"),
        (without("digest"), "digest"),
        (without("id"), "id"),
        (json!({ "scheme": "credential-2" }), "digest"),
    ] {
        let refused = host.create(input(&secret), admin()).unwrap_err();
        assert_eq!(refused.code, ErrorCode::InvalidInput);
        assert!(paths(&refused).contains(&path), "{secret}: {:?}", paths(&refused));
    }
    for scheme in ["credential-1", "", "sha256"] {
        let mut secret = whole.clone();
        secret["scheme"] = json!(scheme);
        let refused = host.create(input(&secret), admin()).unwrap_err();
        assert_eq!(paths(&refused), ["scheme"], "{scheme}");
        assert!(refused.message.contains("credential-2"), "{}", refused.message);
    }
    let made = host.create(input(&whole), admin()).unwrap();
    assert_eq!(made["record"]["id"], whole["id"]);

    let id = text(&whole["id"]);
    let rotate = |options: Json| json!({ "op": "rotate", "id": id, "options": options, "actor": admin() });
    let digest = "5e".repeat(32);
    for (options, path) in [
        (json!({ "digest": digest }), "scheme"),
        (json!({ "digest": digest, "scheme": "credential-1" }), "scheme"),
        (json!({ "scheme": "credential-2" }), "digest"),
    ] {
        assert_eq!(paths(&host.call(rotate(options)).unwrap_err()), [path]);
    }
    let rotated = host.call(rotate(json!({ "digest": digest, "scheme": "credential-2" })));
    assert_eq!(rotated.unwrap()["token"], Json::Null);
}

fn meta(prefix: &str, shards: u64) -> String {
    format!(r#"{{"prefix":"{prefix}","shards":{shards},"form":1}}"#)
}

/// One call of every operation; some take this token.
fn every_call(id: &str) -> Vec<Json> {
    let one = |op: &str| json!({ "op": op, "id": id, "actor": admin() });
    let account = |op: &str| json!({ "op": op, "id": "org:acme", "actor": admin() });
    let input =
        json!({ "kind": "permission-set", "name": "New", "owner": "org:acme", "templates": ["sender"] });
    let key = json!({
        "digest": "5e".repeat(32), "encoding": "hex", "kind": "permission-set", "name": "Old", "owner": "org:acme",
        "templates": ["sender"],
    });
    let with = |op: &str, members: Json| {
        let mut call = json!({ "op": op, "actor": admin() });
        let members = members.as_object().unwrap().clone();
        call.as_object_mut().unwrap().extend(members);
        call
    };
    vec![
        with("create", json!({ "input": input })),
        with("importKey", json!({ "input": key })),
        with(
            "putAccount",
            json!({ "input": { "id": "org:acme", "roles": {} } }),
        ),
        one("get"),
        one("disable"),
        one("enable"),
        one("delete"),
        one("confirmRotation"),
        one("abortRotation"),
        with("edit", json!({ "id": id, "change": { "name": "Other" } })),
        with("revoke", json!({ "id": id, "options": {} })),
        with("rotate", json!({ "id": id, "options": {} })),
        account("getAccount"),
        account("disableAccount"),
        account("enableAccount"),
        account("deleteAccount"),
        with("list", json!({ "query": { "owner": "org:acme" } })),
        with("drift", json!({ "query": { "owner": "org:acme" } })),
        with("audit", json!({ "query": { "owner": "org:acme" } })),
        with("describe", json!({ "query": { "owner": "org:acme" } })),
        with("verifyAudit", json!({ "query": { "owner": "org:acme" } })),
        with(
            "revokeAll",
            json!({ "query": { "owner": "org:acme" }, "options": {} }),
        ),
        json!({ "op": "purge", "query": { "overFor": "30d" } }),
        json!({ "op": "flush", "uses": [{ "id": id, "at": support::NOW, "uses": 1 }] }),
    ]
}

/// Asserts that every operation is refused with `store_unavailable` and a message that has all of
/// these words, and that nothing changes.
fn refuses_everything(host: &mut Host, credential: &str, id: &str, words: &[&str]) {
    let before = host.store.clone();
    let assert_refusal = |refused: &Refusal, call: &str| {
        assert_eq!(refused.code, ErrorCode::StoreUnavailable, "{call}: {refused}");
        for word in words {
            assert!(refused.message.contains(word), "{call}: {refused}");
        }
    };
    for call in every_call(id) {
        assert_refusal(&host.call(call.clone()).unwrap_err(), &call.to_string());
    }
    let refused = host.exchange(credential, json!({ "kind": "session" }));
    assert_refusal(&refused.unwrap_err(), "exchange");
    assert_eq!(host.store, before);
}

#[test]
fn every_operation_is_tried() {
    let mut host = Host::new();
    let (_, id) = sender(&mut host);
    let listed = every_call(&id);
    // No call is refused for its name, so each one has reached its operation.
    for call in &listed {
        if let Err(refused) = host.call(call.clone()) {
            assert_ne!(refused.code, ErrorCode::StoreUnavailable, "{call}: {refused}");
            assert_ne!(refused.code, ErrorCode::InvalidInput, "{call}: {refused}");
        }
    }
    assert_eq!(listed.len(), 24);
}

#[test]
fn the_first_change_of_a_store_says_whose_it_is_and_no_other_does() {
    let mut host = Host::new();
    let (_, id) = sender(&mut host);
    let first: Vec<&Write> = host.written.iter().filter(|write| write.key == META).collect();
    let [write] = first.as_slice() else {
        panic!("{first:?}")
    };
    assert_eq!(write.expect, Some(None), "nobody else was first");
    assert_eq!(write.value, Some(Some(meta("acme_live", 16))));
    assert_eq!(write.expires_at, None);
    for call in [
        json!({ "op": "revoke", "id": id, "options": {}, "actor": admin() }),
        json!({ "op": "putAccount", "input": { "id": "org:acme", "roles": {} }, "actor": { "id": "user:0", "roles": { "": "admin" } } }),
    ] {
        host.call(call).unwrap();
        assert!(
            host.written.iter().all(|write| write.key != META),
            "not even asserted"
        );
    }
}

#[test]
fn an_empty_store_is_read_and_stays_empty() {
    let mut host = Host::new();
    let answer = host.list(json!({ "owner": "org:acme" }), admin()).unwrap();
    assert_eq!(answer["items"], json!([]));
    let check = json!({ "op": "verifyAudit", "query": { "owner": "org:acme" } });
    assert_eq!(host.call(check).unwrap()["intact"], true);
    let none = format!(
        "acme_live_{}",
        sender(&mut Host::new()).0.split_once("live_").unwrap().1
    );
    assert_eq!(host.code(&none), "unknown");
    let mut cache = Cache::default();
    assert_eq!(followed(&host, &mut cache), Ok(ShardCount::default()));
    assert!(host.store.is_empty());
}

#[test]
fn a_store_of_another_deployment_is_refused_with_both_prefixes() {
    let mut host = Host::new();
    let (credential, id) = sender(&mut host);
    let swapped = with_prefix(&credential, "acme_live", "acme_test");
    host.deployment = deployment("acme_test");
    refuses_everything(&mut host, &swapped, &id, &["\"acme_live\"", "\"acme_test\""]);
    for credential in [
        &swapped,
        &with_prefix(&sender(&mut Host::new()).0, "acme_live", "acme_test"),
    ] {
        assert_eq!(host.code(credential), "store_unavailable");
        assert_eq!(host.explain(credential, json!({}))["code"], "store_unavailable");
    }
    let foreign = followed(&host, &mut Cache::default()).unwrap_err();
    assert!(matches!(&foreign, NotOurs::Foreign(theirs) if theirs.as_str() == "acme_live"));
}

#[test]
fn a_store_with_tokens_that_does_not_say_whose_is_of_an_older_version() {
    let mut host = Host::new();
    let (credential, id) = sender(&mut host);
    host.store.remove(META);
    refuses_everything(&mut host, &credential, &id, &["older version", META]);
    assert_eq!(host.code(&credential), "store_unavailable");
    // A head of the feed is enough to detect it.
    let revoked = json!({ "op": "revoke", "id": id, "options": {}, "actor": admin() });
    host.store.insert(META.into(), meta("acme_live", 16));
    host.call(revoked).unwrap();
    host.store.remove(META);
    assert_eq!(followed(&host, &mut Cache::default()), Err(NotOurs::Older));
}

#[test]
fn a_store_that_says_something_else_is_refused() {
    let mut host = Host::new();
    let (credential, id) = sender(&mut host);
    for (stored, words) in [
        ("{", "damaged"),
        ("{}", "damaged"),
        ("null", "damaged"),
        (r#"{"prefix":"acme_live","form":1}"#, "damaged"),
        (r#"{"prefix":"acme_live","shards":16}"#, "damaged"),
        (r#"{"prefix":"acme_live","shards":null,"form":1}"#, "damaged"),
        (
            r#"{"prefix":"acme_live","shards":16,"form":1,"form":1}"#,
            "damaged",
        ),
        (r#"{"prefix":"acme_live","shards":48,"form":1}"#, "damaged"),
        (r#"{"prefix":"not a prefix","shards":16,"form":1}"#, "damaged"),
        (
            r#"{"prefix":"acme_live","shards":16,"form":2,"moved":{}}"#,
            "newer version",
        ),
    ] {
        host.store.insert(META.into(), stored.to_owned());
        refuses_everything(&mut host, &credential, &id, &[words, META]);
        assert_eq!(host.code(&credential), "store_unavailable", "{stored}");
        assert!(followed(&host, &mut Cache::default()).is_err(), "{stored}");
    }
    // Members that a later release may add are accepted.
    let more = r#"{"since":[1,{"a":null}],"prefix":"acme_live","shards":16,"form":1,"note":"x"}"#;
    host.store.insert(META.into(), more.to_owned());
    assert_eq!(host.code(&credential), "valid");
    host.one("revoke", &id, admin()).unwrap();
    assert_eq!(host.store[META], more);
}

#[test]
fn a_first_change_of_another_process_is_no_older_version() {
    let mut host = Host::new();
    let call = value(every_call("0TZ3abcd00000000")[0].clone());
    let entropy = host.entropy();
    let planned = |host: &Host, reads: &Reads| plan(&host.deployment, &call, reads, host.time(), &entropy);
    // The process has read a store without an owner. Then another process creates the first token,
    // with more shards.
    let mut reads = Reads::default();
    let mut asked = Vec::new();
    let step = loop {
        match planned(&host, &reads) {
            Plan::Need(need) => {
                let lists = need.list.is_some();
                if lists && asked.iter().all(|need: &ReadRequest| need.list.is_none()) {
                    host.deployment = configured(json!({ "prefix": "acme_live", "shards": 64 }));
                    host.calls = 7;
                    sender(&mut host);
                    host.deployment = deployment("acme_live");
                }
                host.fetch(&mut reads, need.clone());
                asked.push(need);
            }
            step => break step,
        }
    };
    let Plan::Commit { writes, .. } = step else {
        panic!("{step:?}")
    };
    assert!(writes.iter().all(|write| write.key != META));
    assert_eq!(host.store[META], meta("acme_live", 64));
}

#[test]
fn of_two_first_changes_one_wins() {
    let mut host = Host::new();
    let writes = host.planned(every_call("0TZ3abcd00000000")[0].clone());
    let mut other = deployment("acme_test");
    std::mem::swap(&mut other, &mut host.deployment);
    sender(&mut host);
    assert!(!host.commit(&writes), "it has expected an empty store");
    assert_eq!(host.store[META], meta("acme_test", 16));
}

/// Reads the change feed as a verifier does.
fn followed(host: &Host, cache: &mut Cache) -> Result<ShardCount, NotOurs> {
    let heads = host.feed(cache.shards());
    apply_feed(&host.deployment, &heads, instant(host.now), cache)
}
