//! The token cache: lookups of many tokens at a time, and of absent tokens.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

#[path = "../support/mod.rs"]
mod support;

use std::rc::Rc;

use leastkey::model::question::{Question, read_requirement};
use leastkey::model::requirement::Requirement;
use leastkey::model::usage::Usage;
use leastkey::storage::plan::{Plan, Reads};
use leastkey::value::credential::{Credential, ENTROPY, TokenId};
use leastkey::verify::cache::Cache;
use leastkey::verify::code::Code;
use leastkey::verify::packed::{MISS, PackedLookups, pack};
use leastkey::verify::verify::{apply_feed, lookup, lookup_renewed};
use proptest::prelude::*;
use serde_json::json;

use support::{Host, admin, instant, tagging_cache, text, value};

fn follow(host: &Host, cache: &mut Cache) {
    let heads = host.feed(cache.shards());
    apply_feed(&host.deployment, &heads, instant(host.now), cache).unwrap();
}

fn requirement(host: &Host, permission: &str) -> Requirement {
    let question = value(json!({ "requirement": permission }));
    read_requirement(host.deployment.catalog(), &question).unwrap()
}

/// Verifies from the store and inserts the token into the cache. The reads began in `generation`.
fn verify(host: &Host, cache: &mut Cache, credential: &str, generation: impl Into<Option<u32>>) -> Code {
    let generation = generation.into();
    let needs = requirement(host, "messages:send");
    host.fill(cache, credential, &Question::of(&needs), generation).0
}

fn recalled(host: &Host, cache: &mut Cache, credential: &str) -> Result<Option<Code>, Code> {
    let needs = requirement(host, "messages:send");
    let now = instant(host.now);
    let hit = lookup(
        &host.deployment,
        credential.as_bytes(),
        &Question::of(&needs),
        now,
        cache,
    );
    hit.map(|hit| hit.map(|hit| hit.code))
}

/// A permission that the tokens have, and one that they lack.
const NEEDS: [&str; 2] = ["messages:send", "policy:write"];

/// The requirement of a permission on a resource, as a caller writes it.
fn requirement_on(host: &Host, permission: &str, resource: &str) -> Option<Requirement> {
    let question = json!({ "requirement": { "permission": permission, "resource": resource } });
    read_requirement(host.deployment.catalog(), &value(question)).ok()
}

fn sender(host: &mut Host, name: &str) -> (String, String) {
    let made = host
        .create(
            json!({ "kind": "permission-set", "name": name, "owner": "org:acme", "templates": ["sender"] }),
            admin(),
        )
        .unwrap();
    (text(&made["token"]), text(&made["record"]["id"]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whether a credential was recognised, how often the question was asked before and how many
    /// are asked at once makes no difference: the answer is that of a cache without tags.
    #[test]
    fn packed_lookups_answer_as_the_rules_of_a_cache_without_tags(
        rounds in prop::collection::vec(prop::collection::vec((0..11_usize, 0..3_u32), 0..14), 1..5),
        steps in prop::collection::vec(0..40_u64, 5),
    ) {
        let (mut host, mut cache, mut plain) = (Host::new(), tagging_cache(), Cache::default());
        let mut texts: Vec<String> = Vec::new();
        let mut ids: Vec<String> = Vec::new();
        for name in ["a", "b", "c"] {
            let (text, id) = sender(&mut host, name);
            texts.push(text);
            ids.push(id);
        }
        for (name, more) in [
            ("expires", json!({ "expiresIn": "1h" })),
            ("starts", json!({ "notBefore": host.now + 30 * 60_000 })),
            ("conditions", json!({ "conditions": { "ips": ["10.0.0.0/8"] } })),
        ] {
            let mut input = json!({ "kind": "permission-set", "name": name, "owner": "org:acme", "templates": ["sender"] });
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            texts.push(text(&host.create(input, admin()).unwrap()["token"]));
        }
        let (revoked, id) = sender(&mut host, "e");
        host.call(json!({ "op": "revoke", "id": id, "options": { "reason": "x" }, "actor": admin() })).unwrap();
        let (unknown, gone) = sender(&mut host, "f");
        host.store.remove(&format!("token/{gone}"));
        let (not_read, _) = sender(&mut host, "g");
        texts.extend([revoked, unknown]);
        for cache in [&mut cache, &mut plain] {
            follow(&host, cache);
            let generation = cache.generation();
            for text in &texts {
                verify(&host, cache, text, generation);
            }
        }
        let mut mistyped = texts[0].clone();
        mistyped.replace_range(20..21, if mistyped.as_bytes()[20] == b'0' { "1" } else { "0" });
        texts.extend([not_read, mistyped, wrong_secret_of(&host, &ids[1])]);
        let needs = NEEDS.map(|permission| Rc::new(requirement(&host, permission)));
        let (length, interned) = (texts[0].len(), needs.into());
        for (asked, step) in rounds.iter().zip(steps) {
            host.now += step * 60_000;
            let lookups = PackedLookups { deployment: &host.deployment, interned: &interned, now: host.now as f64 };
            let together: String = asked.iter().map(|(text, _)| texts[*text].as_str()).collect();
            let mut numbers: Vec<i32> = asked.iter().map(|(_, needed)| i32::try_from(*needed).unwrap()).collect();
            lookups.batch(together.as_bytes(), length, &mut numbers, &mut cache);
            for ((text, needed), packed) in asked.iter().zip(numbers) {
                let text = texts[*text].as_bytes();
                let Some(needed_of) = interned.get(*needed as usize) else {
                    prop_assert_eq!(packed, MISS);
                    continue;
                };
                let question = Question::of(needed_of);
                let by_rules = lookup(&host.deployment, text, &question, instant(host.now), &mut plain);
                prop_assert_eq!(packed, pack(by_rules));
                prop_assert_eq!(lookups.one(text, *needed, &mut cache), packed);
                for on in ["", "org:acme", "org:acme/group:eng", "org:acme2", "org:acme//x"] {
                    let expected = requirement_on(&host, NEEDS[*needed as usize], on).map_or(MISS, |needed| {
                        let question = Question::of(&needed);
                        pack(lookup(&host.deployment, text, &question, instant(host.now), &mut plain))
                    });
                    prop_assert_eq!(lookups.one_on(text, *needed, on.as_bytes(), &mut cache), expected, "{}", on);
                    prop_assert_eq!(lookups.one(text, *needed, &mut cache), packed, "after {}", on);
                }
            }
        }
    }
}

/// A credential with the id of a token and another secret.
fn wrong_secret_of(host: &Host, id: &str) -> String {
    let id = TokenId::parse(id).unwrap();
    Credential::mint_for(host.deployment.prefix(), id, &[9; ENTROPY])
        .reveal()
        .to_owned()
}

#[test]
fn wrong_secrets_of_several_ids_take_the_place_of_one_another_in_a_full_cache() {
    let (mut host, mut cache) = (Host::new(), Cache::new(20));
    let good: Vec<String> = (0..20)
        .map(|at| sender(&mut host, &format!("good {at}")).0)
        .collect();
    let attacked: Vec<String> = (0..5)
        .map(|at| sender(&mut host, &format!("attacked {at}")).1)
        .collect();
    follow(&host, &mut cache);
    let generation = cache.generation();
    for text in &good {
        assert_eq!(verify(&host, &mut cache, text, generation), Code::Valid);
    }
    for _ in 0..10 {
        for id in &attacked {
            let wrong = wrong_secret_of(&host, id);
            assert_eq!(verify(&host, &mut cache, &wrong, generation), Code::BadSecret);
            assert_eq!(recalled(&host, &mut cache, &wrong), Ok(Some(Code::BadSecret)));
        }
    }
    let kept = good
        .iter()
        .filter(|text| recalled(&host, &mut cache, text) == Ok(Some(Code::Valid)));
    assert_eq!(kept.count(), 19, "one made room for all of them");
}

#[test]
fn a_use_counts_at_once_whether_its_token_is_remembered_or_not() {
    for (capacity, generation) in [(1, Some(())), (1, None), (10, None)] {
        let (mut host, mut cache) = (Host::new(), Cache::new(capacity));
        follow(&host, &mut cache);
        let generation = generation.map(|()| cache.generation());
        let tokens: Vec<(String, TokenId)> = (0..3)
            .map(|at| {
                let made = json!({ "kind": "permission-set", "name": format!("idle {at}"), "owner": "org:acme",
                    "templates": ["sender"], "idleAfter": "1h" });
                let made = host.create(made, admin()).unwrap();
                let id = TokenId::parse(&text(&made["record"]["id"])).unwrap();
                (text(&made["token"]), id)
            })
            .collect();
        let (lasting, lasting_id) = sender(&mut host, "lasting");
        for _ in 0..4 {
            for (token, _) in &tokens {
                assert_eq!(verify(&host, &mut cache, token, generation), Code::Valid);
            }
            for (_, id) in &tokens {
                assert_eq!(
                    cache.note_use(id, instant(host.now)),
                    Some(true),
                    "{capacity} {generation:?}"
                );
            }
            verify(&host, &mut cache, &lasting, generation);
            host.now += 50 * 60_000;
        }
        assert_ne!(
            cache.note_use(&TokenId::parse(&lasting_id).unwrap(), instant(host.now)),
            Some(true)
        );
        host.now += 11 * 60_000;
        for (token, _) in &tokens {
            assert_eq!(verify(&host, &mut cache, token, generation), Code::IdleExpired);
        }
    }
}

#[test]
fn a_cache_that_is_revalidated_takes_valid_tokens_without_the_feed_and_drops_them_at_its_first_read() {
    let mut host = Host::new();
    let (credential, id) = sender(&mut host, "Nightly");
    let wrong = wrong_secret_of(&host, &id);
    for revalidates in [false, true] {
        let mut cache = tagging_cache();
        if revalidates {
            cache.revalidate();
        }
        let generation = cache.generation();
        assert_eq!(verify(&host, &mut cache, &wrong, generation), Code::BadSecret);
        assert_eq!(recalled(&host, &mut cache, &credential), Ok(None));
        assert_eq!(verify(&host, &mut cache, &credential, None), Code::Valid);
        assert_eq!(recalled(&host, &mut cache, &credential), Ok(None));
        assert_eq!(verify(&host, &mut cache, &credential, generation), Code::Valid);
        let expected = revalidates.then_some(Code::Valid);
        assert_eq!(recalled(&host, &mut cache, &credential), Ok(expected));
        follow(&host, &mut cache);
        assert_eq!(recalled(&host, &mut cache, &credential), Ok(None));
        assert_eq!(verify(&host, &mut cache, &credential, generation), Code::Valid);
        assert_eq!(
            recalled(&host, &mut cache, &credential),
            Ok(None),
            "read before the feed"
        );
        let generation = cache.generation();
        assert_eq!(verify(&host, &mut cache, &credential, generation), Code::Valid);
        assert_eq!(recalled(&host, &mut cache, &credential), Ok(Some(Code::Valid)));
    }
}

#[test]
fn an_id_that_is_not_there_is_asked_for_once_in_a_window() {
    let (mut host, mut cache) = (Host::new(), Cache::default());
    let (credential, id) = sender(&mut host, "a");
    let key = format!("token/{id}");
    let record = host.store.remove(&key).unwrap();
    let read = |host: &Host, cache: &mut Cache| {
        let generation = cache.generation();
        verify(host, cache, &credential, generation)
    };

    assert_eq!(read(&host, &mut cache), Code::Unknown);
    assert_eq!(
        recalled(&host, &mut cache, &credential),
        Ok(None),
        "no read of the feed has bounded it"
    );

    follow(&host, &mut cache);
    assert_eq!(recalled(&host, &mut cache, &credential), Ok(None));
    assert_eq!(read(&host, &mut cache), Code::Unknown);
    assert_eq!(recalled(&host, &mut cache, &credential), Err(Code::Unknown));

    host.store.insert(key.clone(), record);
    follow(&host, &mut cache);
    assert_eq!(
        recalled(&host, &mut cache, &credential),
        Ok(None),
        "forgotten with the next read of the feed"
    );
    assert_eq!(read(&host, &mut cache), Code::Valid);
    assert_eq!(recalled(&host, &mut cache, &credential), Ok(Some(Code::Valid)));

    host.store.remove(&key);
    let before = cache.generation();
    follow(&host, &mut cache);
    let (other, gone) = sender(&mut host, "b");
    host.store.remove(&format!("token/{gone}"));
    assert_eq!(verify(&host, &mut cache, &other, before), Code::Unknown);
    assert_eq!(
        recalled(&host, &mut cache, &other),
        Ok(None),
        "read before the last read of the feed had ended"
    );
}

#[test]
fn as_many_are_remembered_as_there_is_room_for_and_long_records_count_as_several() {
    let (mut host, mut cache) = (Host::new(), Cache::new(8));
    let mut made = |name: &str, metadata: usize| {
        let input = json!({
            "kind": "permission-set", "name": name, "owner": "org:acme", "templates": ["sender"],
            "metadata": { "note": "x".repeat(metadata) },
        });
        text(&host.create(input, admin()).unwrap()["token"])
    };
    let light: Vec<String> = (0..20).map(|at| made(&format!("light {at}"), 0)).collect();
    let heavy: Vec<String> = (0..20).map(|at| made(&format!("heavy {at}"), 3_000)).collect();
    follow(&host, &mut cache);
    let generation = cache.generation();
    let known = |cache: &mut Cache, of: &[String]| {
        let hits = of
            .iter()
            .filter(|credential| recalled(&host, cache, credential) == Ok(Some(Code::Valid)));
        hits.count()
    };
    for credential in &light {
        verify(&host, &mut cache, credential, generation);
    }
    assert_eq!((cache.len(), known(&mut cache, &light)), (8, 8));
    // Each entry takes the space of two.
    for (turn, credential) in heavy.iter().enumerate() {
        verify(&host, &mut cache, credential, generation);
        let (heavy, light) = (known(&mut cache, &heavy), known(&mut cache, &light));
        assert!(2 * heavy + light <= 8 && heavy + light == cache.len(), "{turn}");
        assert!(recalled(&host, &mut cache, credential).unwrap().is_some());
    }
    assert_eq!(cache.len(), 4);
    for credential in &light {
        verify(&host, &mut cache, credential, generation);
    }
    assert!(cache.len() <= 8 && known(&mut cache, &light) >= 6);

    // An entry larger than the whole cache is never inserted, so it is read each time.
    let mut small = Cache::new(1);
    follow(&host, &mut small);
    let generation = small.generation();
    assert_eq!(verify(&host, &mut small, &heavy[0], generation), Code::Valid);
    assert!(small.is_empty());
    verify(&host, &mut small, &light[0], generation);
    assert_eq!(small.len(), 1);
}

#[test]
fn a_revocation_after_a_restore_counts_whatever_was_lost_and_however_much_has_changed_since() {
    for (lost, since) in [
        (3, 1),
        (3, 2),
        (3, 3),
        (3, 4),
        (3, 9),
        (1, 80),
        (80, 1),
        (0, 1),
        (1, 1),
    ] {
        let (mut host, mut cache) = (Host::new(), Cache::default());
        let (credential, id) = sender(&mut host, "a");
        let (_, other) = sender(&mut host, "b");
        let toggle = |host: &mut Host, times: u64| {
            for time in 0..times {
                let op = if time % 2 == 0 { "disable" } else { "enable" };
                host.one(op, &other, admin()).unwrap();
            }
        };
        toggle(&mut host, 2);
        let backup = host.store.clone();
        toggle(&mut host, lost);
        follow(&host, &mut cache);
        let generation = cache.generation();
        assert_eq!(verify(&host, &mut cache, &credential, generation), Code::Valid);
        host.store.clone_from(&backup);
        toggle(&mut host, since - 1);
        let revoke = json!({ "op": "revoke", "id": id, "options": { "reason": "x" }, "actor": admin() });
        host.call(revoke).unwrap();
        follow(&host, &mut cache);
        assert_eq!(
            recalled(&host, &mut cache, &credential),
            Ok(None),
            "{lost} changes lost, {since} since"
        );
    }
}

#[test]
fn a_change_after_a_restore_counts_for_a_token_that_was_read_at_a_later_revision() {
    let (mut host, mut cache) = (Host::new(), Cache::default());
    let (credential, id) = sender(&mut host, "a");
    host.one("disable", &id, admin()).unwrap();
    let backup = host.store.clone();
    follow(&host, &mut cache);
    // The restore loses these changes before the feed is read, so no head reports them.
    for op in ["enable", "disable", "enable"] {
        host.one(op, &id, admin()).unwrap();
    }
    let generation = cache.generation();
    assert_eq!(verify(&host, &mut cache, &credential, generation), Code::Valid);
    host.store.clone_from(&backup);
    let revoke = json!({ "op": "revoke", "id": id, "options": { "reason": "x" }, "actor": admin() });
    host.call(revoke).unwrap();
    follow(&host, &mut cache);
    assert_eq!(recalled(&host, &mut cache, &credential), Ok(None));
}

#[test]
fn a_wrong_secret_is_refused_from_memory_and_takes_nothing_away() {
    let (mut host, mut cache) = (Host::new(), Cache::default());
    let (credential, id) = sender(&mut host, "a");
    let [first, second] = [1, 2].map(|seed| {
        let id = TokenId::parse(&id).unwrap();
        let other = Credential::mint_for(host.deployment.prefix(), id, &[seed; ENTROPY]);
        other.reveal().to_owned()
    });
    follow(&host, &mut cache);

    // On a miss, only the record is read.
    let needs = requirement(&host, "messages:send");
    let (mut reads, mut read) = (Reads::default(), Vec::new());
    let verdict = loop {
        let now = instant(host.now);
        let question = Question::of(&needs);
        match leastkey::verify::verify::verify(&host.deployment, &first, &question, &reads, now) {
            Plan::Need(need) => {
                read.extend(need.keys.clone());
                host.fetch(&mut reads, need);
            }
            Plan::Answer(verdict) => break verdict,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((verdict.code, verdict.token.is_none()), (Code::BadSecret, true));
    assert!(read.contains(&format!("token/{id}")) && !read.iter().any(|key| key.starts_with("account/")));

    let generation = cache.generation();
    assert_eq!(recalled(&host, &mut cache, &first), Ok(None));
    assert_eq!(verify(&host, &mut cache, &first, generation), Code::BadSecret);
    for wrong in [&first, &second] {
        assert_eq!(recalled(&host, &mut cache, wrong), Ok(Some(Code::BadSecret)));
    }
    assert_eq!(recalled(&host, &mut cache, &credential), Ok(Some(Code::Valid)));

    let slot = |cache: &mut Cache| {
        let question = Question::of(&needs);
        let now = instant(host.now);
        lookup(&host.deployment, credential.as_bytes(), &question, now, cache)
            .unwrap()
            .unwrap()
            .slot
    };
    assert_eq!(verify(&host, &mut cache, &credential, generation), Code::Valid);
    let before = slot(&mut cache);
    assert_eq!(verify(&host, &mut cache, &second, generation), Code::BadSecret);
    assert_eq!(slot(&mut cache), before);
    assert_eq!(cache.len(), 1);
}

#[test]
fn a_use_that_is_noted_lengthens_life_at_once_whatever_is_read_later() {
    let (mut host, mut cache) = (Host::new(), Cache::default());
    let input = json!({ "kind": "permission-set", "name": "a", "owner": "org:acme", "templates": ["sender"], "idleAfter": "1h" });
    let made = host.create(input, admin()).unwrap();
    let (credential, id) = (text(&made["token"]), text(&made["record"]["id"]));
    let id = TokenId::parse(&id).unwrap();
    let minute = 60_000;
    follow(&host, &mut cache);
    assert_eq!(cache.note_use(&id, instant(host.now)), None, "not remembered");
    let generation = cache.generation();
    assert_eq!(verify(&host, &mut cache, &credential, generation), Code::Valid);
    host.now += 50 * minute;
    assert_eq!(cache.note_use(&id, instant(host.now)), Some(true));
    host.now += 50 * minute;
    let by_use = |host: &Host, cache: &mut Cache| {
        let needs = requirement(host, "messages:send");
        let now = instant(host.now);
        lookup_renewed(
            &host.deployment,
            credential.as_bytes(),
            &Question::of(&needs),
            now,
            cache,
        )
        .unwrap()
        .map(|hit| hit.code)
    };
    assert_eq!(by_use(&host, &mut cache), Some(Code::Valid));
    // The store does not have the use yet.
    assert_eq!(verify(&host, &mut cache, &credential, generation), Code::Valid);
    let mut other = Cache::default();
    follow(&host, &mut other);
    let other_round = other.generation();
    assert_eq!(
        verify(&host, &mut other, &credential, other_round),
        Code::IdleExpired
    );
    assert_eq!(by_use(&host, &mut other), Some(Code::IdleExpired));

    // A use that another verifier reads counts there too, whatever the feed has reported in
    // between.
    let key = format!("usage/{}", id.as_str());
    let used = Usage::new(instant(host.now - 50 * minute), std::num::NonZeroU32::MIN);
    host.store.insert(key, used.to_text());
    follow(&host, &mut other);
    assert_eq!(verify(&host, &mut other, &credential, other_round), Code::Valid);
    assert_eq!(by_use(&host, &mut other), Some(Code::Valid));
    host.now += 10 * minute;
    for cache in [&mut cache, &mut other] {
        assert_eq!(by_use(&host, cache), Some(Code::IdleExpired));
    }
}
