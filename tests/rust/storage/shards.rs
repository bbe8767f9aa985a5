//! The number of shards of a change feed: the first commit to a store fixes it, and every reader
//! uses it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use leastkey::Deployment;
use leastkey::input::ErrorCode;
use leastkey::model::question::{Question, read_requirement};
use leastkey::storage::shard_count::ShardCount;
use leastkey::verify::cache::Cache;
use leastkey::verify::code::Code;
use leastkey::verify::verify::{apply_feed, lookup};
use serde_json::{Value as Json, json};
use support::{Host, instant, text, value};

fn configured(shards: Option<u64>) -> Deployment {
    let mut config = json!({ "prefix": "acme_live" });
    if let Some(shards) = shards {
        config["shards"] = json!(shards);
    }
    Deployment::configure(&value(config), &value(support::catalog())).unwrap()
}

fn root() -> Json {
    json!({ "id": "user:0", "roles": { "": "admin" } })
}

/// A host whose store has so many shards, with one token for each of so many owners. Also their
/// credentials and ids.
fn host_of(shards: u64, owners: usize) -> (Host, Vec<(String, String)>) {
    let mut host = Host::new();
    host.deployment = configured(Some(shards));
    let made = (0..owners).map(|owner| {
        let input = json!({
            "kind": "permission-set", "name": "Sender", "owner": format!("org:{owner}"), "templates": ["sender"],
        });
        let made = host.create(input, root()).unwrap();
        (text(&made["token"]), text(&made["record"]["id"]))
    });
    let made = made.collect();
    (host, made)
}

fn heads(host: &Host) -> BTreeSet<&str> {
    let keys = host.store.keys().map(String::as_str);
    keys.filter(|key| key.starts_with("feed/")).collect()
}

fn follow(host: &Host, cache: &mut Cache) -> u8 {
    let read = host.feed(cache.shards());
    apply_feed(&host.deployment, &read, instant(host.now), cache)
        .unwrap()
        .get()
}

/// Verifies from the store and inserts the token into the cache.
fn read(host: &Host, cache: &mut Cache, credential: &str) -> Code {
    let requirement = read_requirement(host.deployment.catalog(), &value(json!({}))).unwrap();
    let generation = Some(cache.generation());
    host.fill(cache, credential, &Question::of(&requirement), generation)
        .0
}

fn is_cached(host: &Host, cache: &mut Cache, credential: &str) -> bool {
    let requirement = read_requirement(host.deployment.catalog(), &value(json!({}))).unwrap();
    let question = Question::of(&requirement);
    let found = lookup(
        &host.deployment,
        credential.as_bytes(),
        &question,
        instant(host.now),
        cache,
    );
    found.unwrap().is_some()
}

#[test]
fn the_first_change_fixes_the_number_of_shards() {
    for (shards, digits) in [(16, 1), (32, 2), (64, 2)] {
        let (mut host, made) = host_of(shards, 100);
        for (_, id) in &made {
            host.one("disable", id, root()).unwrap();
        }
        let keys = heads(&host);
        assert!(
            keys.iter().all(|key| key.len() == "feed/".len() + digits),
            "{keys:?}"
        );
        assert!(keys.len() > shards as usize / 2, "{keys:?}");
        // Without the option, the number in the store is used.
        let before: BTreeSet<String> = keys.into_iter().map(str::to_owned).collect();
        host.deployment = configured(None);
        for (_, id) in &made {
            host.one("enable", id, root()).unwrap();
        }
        assert!(heads(&host).into_iter().eq(before.iter()));
    }
}

#[test]
fn another_number_is_refused_later_and_verification_goes_on() {
    for (first, other) in [(16, 64), (64, 16), (64, 32)] {
        let (mut host, made) = host_of(first, 1);
        let (credential, id) = &made[0];
        host.deployment = configured(Some(other));
        let before = host.store.clone();
        for refused in [
            host.one("revoke", id, root()),
            host.one("get", id, root()),
            host.list(json!({ "owner": "org:0" }), root()),
        ] {
            let refused = refused.unwrap_err();
            assert_eq!(refused.code, ErrorCode::StoreUnavailable);
            for words in [format!("has {first} shards"), format!("says {other}")] {
                assert!(refused.message.contains(&words), "{refused}");
            }
        }
        assert_eq!(host.store, before);
        assert_eq!(host.code(credential), "valid");
        assert_eq!(u64::from(follow(&host, &mut Cache::default())), first);
    }
}

#[test]
fn only_16_32_and_64_are_numbers_of_shards() {
    for wrong in [
        json!(0),
        json!(1),
        json!(15),
        json!(48),
        json!(128),
        json!("16"),
        json!(16.5),
        json!(null),
    ] {
        let config = value(json!({ "prefix": "acme_live", "shards": wrong }));
        let refused = Deployment::configure(&config, &value(support::catalog())).unwrap_err();
        assert_eq!(refused.path.as_deref(), Some("shards"), "{wrong}");
    }
}

#[test]
fn a_reader_learns_the_number_and_misses_no_change() {
    let (mut host, made) = host_of(64, 40);
    // Gives every shard a head: a reader evicts a shard when its head first appears.
    for (_, id) in &made {
        host.one("disable", id, root()).unwrap();
        host.one("enable", id, root()).unwrap();
    }
    let mut cache = Cache::default();
    // The reader has assumed 16 shards and learns that there are 64. Its entries are as new as its
    // reads from here on.
    assert_eq!(cache.shards(), ShardCount::default());
    assert_eq!(follow(&host, &mut cache), 64);
    for (credential, _) in &made {
        assert_eq!(read(&host, &mut cache, credential), Code::Valid);
        assert!(is_cached(&host, &mut cache, credential));
    }
    // It cannot follow changes of heads that it has not read, so no entry survives the next read of
    // the feed.
    host.one("revoke", &made[0].1, root()).unwrap();
    assert_eq!(follow(&host, &mut cache), 64);
    assert_eq!(cache.len(), 0);
    // From then on it follows each head.
    for (credential, _) in &made[1..] {
        assert_eq!(read(&host, &mut cache, credential), Code::Valid);
    }
    for at in 1..made.len() {
        host.one("revoke", &made[at].1, root()).unwrap();
        follow(&host, &mut cache);
        assert!(!is_cached(&host, &mut cache, &made[at].0), "{at}");
        assert_eq!(cache.len(), made.len() - 1 - at, "the others stay");
    }
}

#[test]
fn a_store_with_another_number_evicts_everything() {
    let (host, made) = host_of(16, 3);
    let mut cache = Cache::default();
    for _ in 0..2 {
        assert_eq!(follow(&host, &mut cache), 16);
        for (credential, _) in &made {
            read(&host, &mut cache, credential);
        }
        assert_eq!(cache.len(), 3);
    }
    let (other, _) = host_of(32, 3);
    assert_eq!(follow(&other, &mut cache), 32);
    assert_eq!(cache.len(), 0);
}
