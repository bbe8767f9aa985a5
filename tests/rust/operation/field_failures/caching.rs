//! The cache of a verifier: it has tokens, never verdicts, and nothing older than the change feed.

use std::collections::BTreeMap;

use leastkey::model::question::{Question, read_requirement};
use leastkey::verify::cache::Cache;
use leastkey::verify::verify::{apply_feed, lookup};
use serde_json::{Value as Json, json};

use crate::support::{Host, NOW, admin, instant, sender, value};
use crate::{Finding, holds};

/// Reads the change feed now.
fn follow(host: &Host, cache: &mut Cache) {
    let heads = host.feed(cache.shards());
    apply_feed(&host.deployment, &heads, instant(host.now), cache).unwrap();
}

/// Verifies from a store, by reads that began in a round of the cache, and caches. Answers
/// whether it was cached.
fn fill(host: &Host, cache: &mut Cache, credential: &str, generation: u32) -> bool {
    let question = value(json!({}));
    let requirement = read_requirement(host.deployment.catalog(), &question).unwrap();
    let question = Question::of(&requirement);
    host.fill(cache, credential, &question, Some(generation))
        .1
        .is_some()
}

/// The code of what is cached.
fn hit(host: &Host, cache: &mut Cache, credential: &str, question: &Json) -> Option<&'static str> {
    let question = value(question.clone());
    let requirement = read_requirement(host.deployment.catalog(), &question).unwrap();
    let question = Question::read(&requirement, &question).unwrap();
    let found = lookup(
        &host.deployment,
        credential.as_bytes(),
        &question,
        instant(host.now),
        cache,
    );
    found.unwrap().map(|hit| hit.code.name())
}

/// The verdict from the store and the one from what is cached are the same.
fn agree(host: &Host, cache: &mut Cache, credential: &str, question: &Json) -> Finding {
    let miss = host.verify(credential, question.clone()).unwrap();
    let hit = hit(host, cache, credential, question);
    holds(
        hit.is_some() && hit == miss["code"].as_str(),
        format!("{question}: {hit:?} where the store says {}", miss["code"]),
    )
}

/// CVE-2021-32701: the verdict on one request was the answer to the next.
pub(crate) fn a_hit_answers_each_question_anew() -> Finding {
    let (mut host, mut cache) = (Host::new(), Cache::default());
    let (credential, _) = sender(&mut host);
    follow(&host, &mut cache);
    let generation = cache.generation();
    assert!(fill(&host, &mut cache, &credential, generation));
    for days in [0, 29, 30, 31] {
        host.now = NOW + days * 86_400_000;
        for question in [
            json!({}),
            json!({ "requirement": "messages:send" }),
            json!({ "requirement": "policy:write" }),
            json!({ "requirement": { "permission": "messages:send", "resource": "org:acme/group:eng" } }),
            json!({ "requirement": { "permission": "messages:send", "resource": "org:other" } }),
        ] {
            agree(&host, &mut cache, &credential, &question)?;
        }
    }
    Ok(())
}

/// Keypal accepted a disabled key once it was in its cache.
pub(crate) fn a_hit_decides_as_a_miss_does() -> Finding {
    for op in ["get", "disable", "revoke"] {
        let (mut host, mut cache) = (Host::new(), Cache::default());
        let (credential, id) = sender(&mut host);
        host.one(op, &id, admin()).unwrap();
        follow(&host, &mut cache);
        let generation = cache.generation();
        assert!(fill(&host, &mut cache, &credential, generation));
        agree(&host, &mut cache, &credential, &json!({}))?;
    }
    Ok(())
}

/// A read that began before the revocation, and comes back after the feed has published it.
pub(crate) fn a_late_fill_loses_to_the_feed() -> Finding {
    let (mut host, mut cache) = (Host::new(), Cache::default());
    let (credential, id) = sender(&mut host);
    follow(&host, &mut cache);
    let generation = cache.generation();
    let before: BTreeMap<String, String> = host.store.clone();
    host.now = NOW + 2;
    host.one("revoke", &id, admin()).unwrap();
    host.now = NOW + 3;
    follow(&host, &mut cache);
    let revoked = std::mem::replace(&mut host.store, before);
    let cached = fill(&host, &mut cache, &credential, generation);
    host.store = revoked;
    let code = hit(&host, &mut cache, &credential, &json!({}));
    holds(
        !cached && code.is_none(),
        format!("what was read before is cached: {code:?}"),
    )
}
