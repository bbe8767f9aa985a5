//! A verifier that answers with whole verdicts from its cache: they are those of the store.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use leastkey::Deployment;
use leastkey::input::ErrorCode;
use leastkey::model::question::{Question, read_requirement};
use leastkey::storage::plan::{Plan, Reads};
use leastkey::storage::shard_count::ShardCount;
use leastkey::verify::cached_verifier::CachedVerifier;
use serde_json::{Value as Json, json};
use support::{Host, admin, deployment, instant, sender, text, value};

const FRESHNESS: u64 = 5_000;

/// A verifier with its store.
struct Edge {
    verifier: CachedVerifier<Deployment>,
}

impl Edge {
    fn new() -> Edge {
        Edge {
            verifier: CachedVerifier::new(deployment(), 100),
        }
    }

    fn refresh(&mut self, host: &Host) {
        let mut reads = Reads::default();
        for _ in 0..3 {
            match self.verifier.apply_feed(&reads, instant(host.now)) {
                Plan::Need(need) => host.fetch(&mut reads, need),
                Plan::Answer(_) => return,
                other => panic!("{other:?}"),
            }
        }
        panic!("the feed is read twice at most");
    }

    /// The verdict from the cache.
    fn lookup(&mut self, host: &Host, credential: &str, question: &Json, freshness: u64) -> Option<Json> {
        let question = value(question.clone());
        let requirement = read_requirement(host.deployment.catalog(), &question).unwrap();
        let question = Question::read(&requirement, &question).unwrap();
        let found = self
            .verifier
            .lookup_within(credential, &question, instant(host.now), freshness);
        found.map(|verdict| serde_json::to_value(verdict).unwrap())
    }

    /// The verdict from the store, which enters the cache.
    fn verify(&mut self, host: &Host, credential: &str, question: &Json) -> Json {
        let question = value(question.clone());
        let requirement = read_requirement(host.deployment.catalog(), &question).unwrap();
        let question = Question::read(&requirement, &question).unwrap();
        let generation = Some(self.verifier.generation());
        let mut reads = Reads::default();
        for _ in 0..6 {
            let now = instant(host.now);
            match self
                .verifier
                .verify(credential, &question, &reads, generation, now)
            {
                Plan::Need(need) => host.fetch(&mut reads, need),
                Plan::Answer(verdict) => return serde_json::to_value(verdict).unwrap(),
                other => panic!("{other:?}"),
            }
        }
        panic!("a verification reads a few times");
    }
}

fn without_as_of(mut verdict: Json) -> Json {
    verdict.as_object_mut().unwrap().remove("asOf");
    verdict
}

fn questions() -> Vec<Json> {
    vec![
        json!({}),
        json!({ "requirement": "messages:send" }),
        json!({ "requirement": "messages:send AND policy:write" }),
        json!({ "requirement": { "permission": "messages:send", "resource": "org:other" } }),
        json!({ "requirement": { "permission": "messages:send", "resource": "org:acme" } }),
    ]
}

#[test]
fn a_cached_verdict_is_that_of_the_store_after_every_change() {
    let mut host = Host::new();
    let mut edge = Edge::new();
    let (first, id) = sender(&mut host);
    let mut credentials = vec![first, "acme_live_2".to_owned(), "nothing".to_owned()];
    credentials.push(sender(&mut host).0);
    let mut hits = BTreeMap::new();
    let changes = [
        ("rotate", json!({ "options": { "grace": "1h" } })),
        ("abortRotation", json!({})),
        ("disable", json!({})),
        ("enable", json!({})),
        ("rotate", json!({ "options": { "grace": "1s" } })),
        ("confirmRotation", json!({})),
        // Now there is a secret of an earlier rotation, and one whose grace is over.
        ("rotate", json!({ "options": { "grace": "1s" } })),
        ("revoke", json!({ "options": {} })),
        ("delete", json!({})),
    ];
    for (op, arguments) in changes {
        let mut call = json!({ "op": op, "id": id, "actor": admin() });
        for (name, argument) in arguments.as_object().unwrap() {
            call[name] = argument.clone();
        }
        let changed = host.call(call).unwrap();
        credentials.extend(changed["token"].as_str().map(str::to_owned));
        host.now += 2_000;
        edge.refresh(&host);
        // The second round is answered from what the first one has cached.
        for credential in credentials.iter().chain(&credentials) {
            for question in questions() {
                let expected = without_as_of(host.verify(credential, question.clone()).unwrap());
                if let Some(found) = edge.lookup(&host, credential, &question, FRESHNESS) {
                    let code = text(&found["code"]);
                    *hits.entry(code).or_insert(0) += 1;
                    assert_eq!(without_as_of(found), expected, "{op} {question}");
                }
                let read = edge.verify(&host, credential, &question);
                assert_eq!(without_as_of(read), expected, "{op} {question}");
            }
        }
    }
    for code in [
        "valid",
        "malformed",
        "disabled",
        "revoked",
        "rotated_out",
        "unknown",
        "insufficient_permission",
        "outside_resource",
    ] {
        assert!(hits.contains_key(code), "no hit was {code}: {hits:?}");
    }
}

#[test]
fn a_change_goes_unnoticed_for_the_window_at_most() {
    let mut host = Host::new();
    let mut edge = Edge::new();
    let (credential, id) = sender(&mut host);
    let question = json!({});
    assert!(
        edge.lookup(&host, &credential, &question, FRESHNESS).is_none(),
        "no feed was read"
    );
    edge.refresh(&host);
    assert_eq!(edge.verify(&host, &credential, &question)["code"], "valid");
    host.one("revoke", &id, admin()).unwrap();
    let code = |edge: &mut Edge, host: &Host| {
        let found = edge.lookup(host, &credential, &question, FRESHNESS);
        found.map(|verdict| text(&verdict["code"]))
    };
    let read_at = host.now;
    host.now = read_at + FRESHNESS - 1;
    assert_eq!(code(&mut edge, &host), Some("valid".to_owned()));
    host.now = read_at + FRESHNESS;
    assert_eq!(code(&mut edge, &host), None);
    // A clock that went back says nothing about the age.
    host.now = read_at - 1;
    assert_eq!(code(&mut edge, &host), None);
    host.now = read_at + FRESHNESS;
    assert!(edge.lookup(&host, &credential, &question, 0).is_none());
    edge.refresh(&host);
    assert_eq!(code(&mut edge, &host), None, "evicted");
    assert_eq!(edge.verify(&host, &credential, &question)["code"], "revoked");
    assert_eq!(code(&mut edge, &host), Some("revoked".to_owned()));
}

#[test]
fn a_token_that_was_read_before_the_feed_does_not_enter_the_cache() {
    let mut host = Host::new();
    let mut edge = Edge::new();
    let (credential, _) = sender(&mut host);
    edge.refresh(&host);
    let question = value(json!({}));
    let requirement = read_requirement(host.deployment.catalog(), &question).unwrap();
    let question = Question::read(&requirement, &question).unwrap();
    let generation = Some(edge.verifier.generation());
    let mut reads = Reads::default();
    let now = instant(host.now);
    while let Plan::Need(need) = edge
        .verifier
        .verify(&credential, &question, &reads, generation, now)
    {
        host.fetch(&mut reads, need);
        edge.refresh(&host);
    }
    assert!(edge.lookup(&host, &credential, &json!({}), FRESHNESS).is_none());
    edge.verify(&host, &credential, &json!({}));
    assert!(edge.lookup(&host, &credential, &json!({}), FRESHNESS).is_some());
}

#[test]
fn the_feed_of_a_store_with_more_shards_is_read_whole() {
    let mut host = Host::new();
    let config = value(json!({ "prefix": "acme_live", "shards": 64 }));
    host.deployment = Deployment::configure(&config, &value(support::catalog())).unwrap();
    let (credential, id) = sender(&mut host);
    let mut edge = Edge::new();
    edge.refresh(&host);
    assert_eq!(edge.verify(&host, &credential, &json!({}))["code"], "valid");
    assert!(edge.lookup(&host, &credential, &json!({}), FRESHNESS).is_some());
    host.one("revoke", &id, admin()).unwrap();
    edge.refresh(&host);
    assert!(edge.lookup(&host, &credential, &json!({}), FRESHNESS).is_none());
    match edge.verifier.apply_feed(&Reads::default(), instant(host.now)) {
        Plan::Need(need) => assert_eq!(need.keys.len(), 65),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_feed_of_another_deployment_is_refused() {
    let host = {
        let mut host = Host::new();
        let config = value(json!({ "prefix": "other_test" }));
        host.deployment = Deployment::configure(&config, &value(support::catalog())).unwrap();
        sender(&mut host);
        host
    };
    let mut edge = Edge::new();
    match edge
        .verifier
        .apply_feed(&host.feed(ShardCount::default()), instant(host.now))
    {
        Plan::Refuse(refusal) => {
            assert_eq!(refusal.code, ErrorCode::StoreUnavailable);
            assert!(refusal.message.contains("another deployment"), "{refusal}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(edge.verifier.generation(), 0);
}
