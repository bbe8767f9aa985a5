//! `audit` and `verifyAudit`: visibility of a trail, paging, following, and an entry for every
//! change.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

use leastkey::Deployment;
use leastkey::input::ErrorCode;
use leastkey::operation::plan;
use leastkey::storage::audit::Hash;
use leastkey::storage::keys;
use leastkey::storage::plan::{Plan, Reads};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use support::trail::{ID, appended, change, owner, renames, trail};
use support::{Host, NOW, admin, sender, value};

fn audit(host: &mut Host, mut query: Json) -> Json {
    query["owner"] = json!("org:acme");
    host.call(json!({ "op": "audit", "query": query, "actor": admin() }))
        .unwrap()
}

fn seqs(items: &Json) -> Vec<u64> {
    let items = items.as_array().unwrap().iter();
    items
        .map(|item| {
            let seq = item.get("seq").unwrap_or(item);
            seq.as_u64().unwrap()
        })
        .collect()
}

/// All pages of a query: the numbers of the items, and of the unreadable entries.
fn all_pages(host: &mut Host, mut query: Json) -> (Vec<u64>, Vec<u64>) {
    let (mut items, mut unreadable) = (Vec::new(), Vec::new());
    loop {
        let page = audit(host, query.clone());
        items.extend(seqs(&page["items"]));
        unreadable.extend(seqs(page.get("unreadable").unwrap_or(&json!([]))));
        let Some(next) = page.get("next") else {
            return (items, unreadable);
        };
        assert_ne!(query["after"], *next, "a page goes on");
        query["after"] = next.clone();
    }
}

fn verify(host: &mut Host, after: Option<&Json>) -> Json {
    let mut query = json!({ "owner": "org:acme" });
    if let Some(after) = after {
        query["after"] = after.clone();
    }
    host.call(json!({ "op": "verifyAudit", "query": query })).unwrap()
}

/// Adds so many entries, in commits as large as possible.
fn grow(host: &mut Host, count: usize) {
    for begun in (0..count).step_by(31) {
        appended(host, &owner(), &renames(31.min(count - begun)));
    }
}

fn key(seq: u64) -> String {
    keys::audit_entry(&owner(), seq)
}

fn position(host: &Host, seq: u64) -> Json {
    json!({ "seq": seq, "hash": Hash::of(&host.store[&key(seq)]) })
}

#[test]
fn a_trail_is_told_newest_first_or_oldest_first() {
    let mut host = Host::new();
    let (_, id) = sender(&mut host);
    host.now += 5;
    let reason = json!({ "reason": "laptop stolen" });
    host.call(json!({ "op": "revoke", "id": id, "options": reason, "actor": admin() }))
        .unwrap();
    let page = audit(&mut host, json!({}));
    assert_eq!(seqs(&page["items"]), [2, 1]);
    assert_eq!(page.get("next"), None);
    let revoked = &page["items"][0];
    assert_eq!(
        *revoked,
        json!({
            "v": 1, "owner": "org:acme", "seq": 2, "at": NOW + 5, "actor": "user:1", "operation": "revoke", "token": id,
            "reason": "laptop stolen",
            "before": { "status": "active", "revision": 1 },
            "after": {
                "status": "revoked", "revision": 2, "reason": "laptop stolen",
                "statusChangedAt": NOW + 5, "statusChangedBy": "user:1",
            },
            "previous": Hash::of(&host.store[&key(1)]),
        })
    );
    assert_eq!(page["items"][1]["operation"], "create");
    assert_eq!(page["items"][1]["before"], json!({}));
    let oldest = audit(&mut host, json!({ "order": "oldest" }));
    assert_eq!(seqs(&oldest["items"]), [1, 2]);
}

#[test]
fn a_filter_finds_a_token_or_an_account() {
    let mut host = Host::new();
    host.claim();
    grow(&mut host, 1_050);
    let other = leastkey::storage::audit::Change {
        token: None,
        account: Some(owner()),
        ..change("putAccount", "x")
    };
    appended(&mut host, &owner(), &[other]);
    grow(&mut host, 1_100);
    for order in ["newest", "oldest"] {
        let query = json!({ "order": order, "account": "org:acme" });
        let first = audit(&mut host, query.clone());
        assert_eq!(first["items"], json!([]), "a call has a bound");
        assert!(first["next"].is_u64());
        assert_eq!(all_pages(&mut host, query), (vec![1_051], vec![]));
        let (of_token, _) = all_pages(&mut host, json!({ "order": order, "token": ID, "limit": 200 }));
        assert_eq!(of_token.len(), 2_150);
        let (nobodys, _) = all_pages(&mut host, json!({ "order": order, "token": "0TZ3abcdEFGH1235" }));
        assert!(nobodys.is_empty());
    }
}

#[test]
fn who_manages_an_owner_sees_its_trail() {
    let mut host = Host::new();
    sender(&mut host);
    for (actor, allowed) in [
        (admin(), true),
        (json!({ "id": "root", "roles": { "": "admin" } }), true),
        (json!({ "id": "org:acme" }), true),
        (json!({ "id": "user:2", "roles": { "org:acme": "user" } }), false),
        (
            json!({ "id": "user:2", "roles": { "org:acme/group:eng": "admin" } }),
            false,
        ),
        (
            json!({ "id": "user:2", "roles": { "org:acme2": "admin" } }),
            false,
        ),
        (json!({ "id": "nobody", "permissions": ["messages:send"] }), false),
    ] {
        for op in ["audit", "verifyAudit"] {
            let call = json!({ "op": op, "query": { "owner": "org:acme" }, "actor": actor });
            let code = host.call(call).map(|_| ()).map_err(|refusal| refusal.code);
            let expected = if allowed {
                Ok(())
            } else {
                Err(ErrorCode::Forbidden)
            };
            assert_eq!(code, expected, "{op} by {actor}");
        }
    }
    let nobody = json!({ "op": "audit", "query": { "owner": "org:acme" } });
    assert_eq!(host.call(nobody).unwrap_err().code, ErrorCode::InvalidInput);
}

#[test]
fn queries_that_are_refused() {
    let mut host = trail(&[1]);
    let hash = "0".repeat(64);
    let of = |name: &str, member: Json| {
        let mut query = json!({ "owner": "org:acme" });
        query[name] = member;
        query
    };
    for (op, query, path) in [
        ("audit", json!({}), "owner"),
        ("audit", json!(null), ""),
        ("audit", json!({ "ower": "org:acme" }), "ower"),
        ("audit", of("owner", json!("a//b")), "owner"),
        ("audit", of("order", json!("latest")), "order"),
        ("audit", of("limit", json!(0)), "limit"),
        ("audit", of("limit", json!(201)), "limit"),
        ("audit", of("after", json!(-1)), "after"),
        ("audit", of("after", json!(1.5)), "after"),
        ("audit", of("after", json!(9_007_199_254_740_992_u64)), "after"),
        ("audit", of("after", json!("7")), "after"),
        ("audit", of("after", json!(null)), "after"),
        ("audit", of("token", json!("x")), "token"),
        (
            "audit",
            json!({ "owner": "org:acme", "token": ID, "account": "org:acme" }),
            "account",
        ),
        ("verifyAudit", json!({}), "owner"),
        ("verifyAudit", of("limit", json!(1)), "limit"),
        ("verifyAudit", of("after", json!(1)), "after"),
        ("verifyAudit", of("after", json!({ "hash": hash })), "after.seq"),
        ("verifyAudit", of("after", json!({ "seq": 1 })), "after.hash"),
        (
            "verifyAudit",
            of("after", json!({ "seq": 1, "hash": "beef" })),
            "after.hash",
        ),
        (
            "verifyAudit",
            of("after", json!({ "seq": "1", "hash": hash })),
            "after.seq",
        ),
    ] {
        let call = json!({ "op": op, "query": query, "actor": admin() });
        let refusal = host.call(call).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::InvalidInput, "{query}");
        assert_eq!(
            refusal.path.as_deref().unwrap_or_default(),
            path,
            "{query}: {}",
            refusal.message
        );
    }
}

#[test]
fn a_gap_of_billions_is_crossed_in_few_reads() {
    let mut host = Host::new();
    host.claim();
    grow(&mut host, 3_000);
    for _ in 0..2 {
        host.store.remove(&keys::audit_head(&owner()));
        grow(&mut host, 1_500); // begins at the time in milliseconds
        host.now += 1_000_000;
    }
    for damaged in [false, true] {
        if damaged {
            host.store.remove(&keys::audit_head(&owner()));
        }
        let (mut oldest, _) = all_pages(&mut host, json!({ "order": "oldest", "limit": 7 }));
        assert_eq!(oldest.len(), 6_000);
        oldest.reverse();
        // The test host fails a call that reads a hundred times.
        assert_eq!(all_pages(&mut host, json!({ "limit": 7 })).0, oldest);
    }
}

#[test]
fn a_long_trail_is_followed_by_pages_and_from_a_kept_position() {
    let mut host = Host::new();
    host.claim();
    grow(&mut host, 451);
    let (mut after, mut checked) = (None, Vec::new());
    let end = loop {
        let page = verify(&mut host, after.as_ref());
        assert_eq!(page["intact"], true);
        checked.push(page["checked"].as_u64().unwrap());
        let Some(next) = page.get("next") else { break page };
        assert_eq!(page["head"], *next);
        after = Some(next.clone());
    };
    assert_eq!(checked, [200, 200, 51]);
    assert_eq!(end["head"], position(&host, 451));
    let kept = position(&host, 451);
    assert_eq!(
        verify(&mut host, Some(&kept)),
        json!({ "intact": true, "checked": 0, "head": kept })
    );
    appended(&mut host, &owner(), &renames(2));
    let since = verify(&mut host, Some(&kept));
    assert_eq!(
        since,
        json!({ "intact": true, "checked": 2, "head": position(&host, 453) })
    );
    host.store.clear();
    assert_eq!(verify(&mut host, None), json!({ "intact": true, "checked": 0 }));
    assert_eq!(verify(&mut host, Some(&kept))["problem"]["seq"], 451);
}

#[test]
fn a_kept_position_finds_what_the_chain_alone_cannot_show() {
    let mut host = trail(&[5]);
    let kept = position(&host, 5);
    let mut rewritten = trail(&[0]);
    appended(
        &mut rewritten,
        &owner(),
        &(0..9).map(|_| change("edit", "another")).collect::<Vec<_>>(),
    );
    host.store = rewritten.store;
    assert_eq!(verify(&mut host, None)["intact"], true);
    let check = verify(&mut host, Some(&kept));
    assert_eq!(check["problem"]["seq"], 5, "{check}");
    assert_eq!(check["next"], position(&host, 6), "what comes after is sound");
}

#[test]
fn after_a_break_the_chain_can_be_followed_again() {
    type Tampering<'t> = &'t dyn Fn(&mut Host);
    let alter = |host: &mut Host, seq| {
        let text = host.store[&key(seq)].replace("user:1", "user:2");
        host.store.insert(key(seq), text);
    };
    let cases: [(&str, Tampering, u64, Option<u64>); 9] = [
        ("altered", &|host| alter(host, 3), 3, Some(4)),
        ("the last one altered", &|host| alter(host, 9), 9, None),
        ("removed", &|host| drop(host.store.remove(&key(3))), 3, Some(4)),
        (
            "several",
            &|host| (2..6).for_each(|seq| drop(host.store.insert(key(seq), "{".to_owned()))),
            2,
            Some(6),
        ),
        (
            "several altered",
            &|host| (3..6).for_each(|seq| alter(host, seq)),
            4,
            Some(6),
        ),
        (
            "slipped in",
            &|host| {
                drop(
                    host.store
                        .insert(format!("{}x", key(3)), host.store[&key(4)].clone()),
                )
            },
            4,
            Some(4),
        ),
        (
            "the end cut off",
            &|host| (7..10).for_each(|seq| drop(host.store.remove(&key(seq)))),
            7,
            None,
        ),
        (
            "a head that is lost",
            &|host| drop(host.store.remove(&keys::audit_head(&owner()))),
            9,
            None,
        ),
        (
            "a new chain",
            &|host| {
                host.store.remove(&keys::audit_head(&owner()));
                appended(host, &owner(), &renames(2));
            },
            NOW + 1,
            Some(NOW + 1),
        ),
    ];
    for (what, tampering, problem, again) in cases {
        let mut host = trail(&[9]);
        tampering(&mut host);
        let check = verify(&mut host, None);
        assert_eq!(check["intact"], false, "{what}");
        assert_eq!(check["problem"]["seq"], problem, "{what}: {check}");
        let expected = again.map(|seq| position(&host, seq));
        assert_eq!(check.get("next"), expected.as_ref(), "{what}: {check}");
        if let Some(next) = expected {
            assert_eq!(verify(&mut host, Some(&next))["intact"], true, "{what}");
        }
        assert_eq!(host.written.len(), 1, "{what}");
        let asserted = &host.written[0];
        assert_eq!(
            (asserted.key.clone(), asserted.value.clone()),
            (keys::audit_head(&owner()), None)
        );
    }
}

/// The answer of `verifyAudit` if `between` runs between the reads of the head and the list, and
/// how often it was planned again.
fn interrupted(host: &mut Host, between: &dyn Fn(&mut Host)) -> (Json, usize) {
    let call = value(json!({ "op": "verifyAudit", "query": { "owner": "org:acme" } }));
    let (mut reads, mut again, mut happened) = (Reads::default(), 0, false);
    loop {
        match plan(&host.deployment, &call, &reads, host.time(), &host.entropy()) {
            Plan::Need(need) => {
                if need.list.is_some() && !happened {
                    happened = true;
                    between(host);
                }
                host.fetch(&mut reads, need);
            }
            Plan::Commit { writes, answer } if host.commit(&writes) => {
                return (serde_json::to_value(answer).unwrap(), again);
            }
            Plan::Commit { .. } => (reads, again) = (Reads::default(), again + 1),
            Plan::Answer(answer) => return (serde_json::to_value(answer).unwrap(), again),
            other @ (Plan::Prepare { .. } | Plan::Refuse(_)) => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_entry_that_is_added_meanwhile_is_no_false_alarm() {
    for commits in [&[][..], &[5]] {
        let mut host = trail(commits);
        let (check, again) = interrupted(&mut host, &|host| appended(host, &owner(), &renames(2)));
        assert_eq!((&check["intact"], again), (&json!(true), 1), "{check}");
    }
    let mut host = trail(&[5]);
    host.store.remove(&key(2));
    let (check, _) = interrupted(&mut host, &|host| appended(host, &owner(), &renames(2)));
    assert_eq!(check["problem"]["seq"], 2, "the problem is still reported");
}

#[test]
fn a_sealed_trail_is_followed_and_its_damage_told() {
    let config = json!({ "prefix": "acme_live", "recordKeys": ["5a".repeat(32)] });
    let mut host = Host::new();
    host.deployment = Deployment::configure(&value(config), &value(support::catalog())).unwrap();
    let (_, id) = sender(&mut host);
    host.one("disable", &id, admin()).unwrap();
    assert_eq!(verify(&mut host, None)["checked"], 2);
    assert_eq!(seqs(&audit(&mut host, json!({}))["items"]), [2, 1]);
    let altered = host.store[&key(1)].replace("user:1", "user:2");
    host.store.insert(key(1), altered);
    assert_eq!(verify(&mut host, None)["problem"]["seq"], 1);
    assert_eq!(audit(&mut host, json!({}))["unreadable"], json!([1]));
    let head = keys::audit_head(&owner());
    let altered = host.store[&head].replace("\"seq\":2", "\"seq\":1");
    host.store.insert(head, altered);
    assert_eq!(verify(&mut host, None)["intact"], false);
    assert_eq!(seqs(&audit(&mut host, json!({}))["items"]), [2]);
}

/// Damage to the store at an entry: it is removed, made unreadable, altered, or copied elsewhere.
#[derive(Clone, Debug)]
enum Damage {
    Remove,
    Break,
    Alter,
    CopyTo(u64),
    Slip,
    LoseHead,
    SetHeadTo(u64),
}

fn damages() -> impl Strategy<Value = Damage> {
    prop_oneof![
        4 => Just(Damage::Remove),
        2 => Just(Damage::Break),
        2 => Just(Damage::Alter),
        2 => (1..400_u64).prop_map(Damage::CopyTo),
        1 => (1..9_007_199_254_740_991_u64).prop_map(Damage::CopyTo),
        1 => Just(Damage::Slip),
        1 => Just(Damage::LoseHead),
        1 => (1..400_u64).prop_map(Damage::SetHeadTo),
        1 => Just(Damage::SetHeadTo(9_007_199_254_740_991)),
    ]
}

fn damage(host: &mut Host, seq: u64, damage: &Damage) {
    let head = keys::audit_head(&owner());
    let there = host.store.get(&key(seq)).cloned();
    match (damage, there) {
        (Damage::Remove, _) => drop(host.store.remove(&key(seq))),
        (Damage::Break, Some(_)) => drop(host.store.insert(key(seq), "{".to_owned())),
        (Damage::Alter, Some(text)) => drop(host.store.insert(key(seq), text.replace("user:1", "user:2"))),
        (Damage::CopyTo(to), Some(text)) => drop(host.store.insert(key(*to), text)),
        (Damage::Slip, Some(text)) => drop(host.store.insert(format!("{}0", key(seq)), text)),
        (Damage::LoseHead, _) => drop(host.store.remove(&head)),
        (Damage::SetHeadTo(to), _) => {
            let text = json!({ "v": 1, "seq": to, "hash": Hash::of("") }).to_string();
            host.store.insert(head, text);
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn pages_of_any_size_leave_nothing_out_of_a_damaged_trail(
        commits in prop::collection::vec(1..31_usize, 0..6),
        damaged in prop::collection::vec((1..200_u64, damages(), any::<bool>()), 0..6),
        limit in 1..=30_u64,
    ) {
        let mut host = trail(&commits);
        for (seq, how, then_append) in &damaged {
            damage(&mut host, *seq, how);
            if *then_append {
                host.now += 1_000; // a chain that is begun anew begins at the time
                appended(&mut host, &owner(), &renames(2));
            }
        }
        let prefix = keys::audit_prefix(&owner());
        let there: Vec<u64> = host.store.keys().filter_map(|key| keys::audit_seq(&prefix, key)).collect();
        let (oldest, unreadable) = all_pages(&mut host, json!({ "order": "oldest", "limit": limit }));
        let mut reported = [oldest.clone(), unreadable.clone()].concat();
        reported.sort_unstable();
        prop_assert_eq!(&reported, &there);
        let (mut newest, mut damaged_too) = all_pages(&mut host, json!({ "limit": limit }));
        newest.reverse();
        damaged_too.reverse();
        prop_assert_eq!((newest, damaged_too), (oldest, unreadable));
    }

    #[test]
    fn a_broken_chain_is_followed_from_break_to_break_to_its_end(
        count in 1..450_usize,
        damaged in prop::collection::vec((1..450_u64, damages()), 0..12),
    ) {
        let mut host = Host::new();
        host.claim();
        grow(&mut host, count);
        let sound = host.store.clone();
        for (seq, how) in &damaged {
            damage(&mut host, *seq, how);
        }
        let prefix = keys::audit_prefix(&owner());
        let last = host.store.keys().filter_map(|key| keys::audit_seq(&prefix, key)).max();
        let (mut after, mut problems, mut calls) = (None::<Json>, 0, 0);
        let end = loop {
            let check = verify(&mut host, after.as_ref());
            calls += 1;
            prop_assert!(calls <= 3 * damaged.len() + 5, "a break is reported about once, not for each entry");
            prop_assert_eq!(check.get("problem").is_none(), check["intact"] == true);
            problems += usize::from(check["intact"] == false);
            let Some(next) = check.get("next").cloned() else { break check };
            let before = after.as_ref().map_or(0, |after| after["seq"].as_u64().unwrap());
            prop_assert!(next["seq"].as_u64().unwrap() > before, "it goes on");
            after = Some(next);
        };
        // If neither entries nor a head are left, the damage cannot be detected.
        let gone = last.is_none() && !host.store.contains_key(&keys::audit_head(&owner()));
        prop_assert_eq!(problems > 0, host.store != sound && !gone);
        if end["intact"] == true {
            prop_assert_eq!(end.get("head").map(|head| head["seq"].as_u64().unwrap()), last);
        }
    }
}
