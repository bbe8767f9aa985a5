//! The audit trail through the public API: a host writes it, and following the chain reports
//! damage.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use leastkey::storage::audit::{Hash, Position};
use leastkey::storage::keys;
use leastkey::value::resource::Resource;
use serde_json::json;
use support::trail::{appended, entry, followed, owner, planned, problem_at, renames, trail};
use support::{Host, NOW};

#[test]
fn an_entry_tells_who_did_what_and_why() {
    let host = trail(&[1, 2]);
    // `at` is NOW + 2: two reads of one millisecond each.
    let text = &host.store["audit/org:acme/0000000000000001"];
    let expected = r#"{"v":1,"owner":"org:acme","seq":1,"at":1795392000002,"actor":"user:1","operation":"edit","token":"0TZ3abcdEFGH1234","reason":"laptop stolen “again”","before":{"name":"Nightly"},"after":{"name":"0"},"previous":null}"#;
    assert_eq!(text, expected);
    assert_eq!(entry(&host, 2).previous, Some(Hash::of(text)));
    let head = &host.store["audit-head/org:acme"];
    let last = Hash::of(&host.store["audit/org:acme/0000000000000003"]);
    let hash = json!(last);
    assert_eq!(*head, format!(r#"{{"v":1,"seq":3,"hash":{hash}}}"#));
    assert_eq!(
        entry(&host, 3).to_text(),
        host.store["audit/org:acme/0000000000000003"]
    );
}

#[test]
fn nothing_changed_is_nothing_written() {
    assert_eq!(planned(&trail(&[3]), &owner(), &[]), []);
}

#[test]
fn an_entry_never_overwrites_and_the_head_is_the_one_that_was_read() {
    let mut host = trail(&[2]);
    let (one, other) = (
        planned(&host, &owner(), &renames(1)),
        planned(&host, &owner(), &renames(2)),
    );
    assert!(one.iter().chain(&other).all(|write| write.expect.is_some()));
    assert!(host.commit(&one));
    assert!(
        !host.commit(&other),
        "it was planned on a head that is not the last any more"
    );
    assert_eq!(problem_at(&host, &owner()), None);
}

/// Each unusable head replaces that of a trail with three entries. `breaks_at` is the number of the
/// entry where the trail then breaks.
#[test]
fn a_damaged_trail_stops_no_operation_and_shows_the_break() {
    let head = |seq: u64, text: &str| json!({ "hash": Hash::of(text), "seq": seq, "v": 1 }).to_string();
    let sound = trail(&[3]);
    let text = |seq| sound.store[&keys::audit_entry(&owner(), seq)].clone();
    let stored = |seq: u64| {
        let hash = json!(Hash::of(&text(seq)));
        format!(r#"{{"v":1,"seq":{seq},"hash":{hash}}}"#)
    };
    for (damaged, breaks_at) in [
        (Some("{broken".to_owned()), NOW + 3),
        (Some(head(3, &text(3))), NOW + 3), // its members in another order: not what was written
        (Some(stored(3).replace(":3,", ":0,")), NOW + 3),
        (Some(stored(3).replace(":3,", ":9007199254740991,")), NOW + 3),
        (Some(stored(3).replace(":3,", ":9007199254740992,")), NOW + 3),
        (Some(stored(3).replace(r#""v":1"#, r#""v":2"#)), NOW + 3),
        (Some(stored(3).replace('}', r#","more":1}"#)), NOW + 3),
        (Some(stored(2)), NOW + 3), // set back
        (None, NOW + 3),            // lost
        (Some(stored(3).replace(":3,", ":7,")), 4),
    ] {
        let mut host = trail(&[3]);
        host.now = NOW + 3;
        match &damaged {
            Some(text) => drop(host.store.insert(keys::audit_head(&owner()), text.clone())),
            None => drop(host.store.remove(&keys::audit_head(&owner()))),
        }
        assert!(problem_at(&host, &owner()).is_some(), "{damaged:?}");
        let before: BTreeMap<String, String> = host.store.clone();
        appended(&mut host, &owner(), &renames(2));
        appended(&mut host, &owner(), &renames(1));
        assert_eq!(problem_at(&host, &owner()), Some(breaks_at), "{damaged:?}");
        let kept = before.iter().filter(|(key, _)| key.starts_with("audit/"));
        for (key, text) in kept {
            assert_eq!(&host.store[key], text, "{damaged:?}");
        }
        // The entries after the break form a chain of their own.
        let begin = if breaks_at == 4 { 8 } else { breaks_at };
        let first = host.store[&keys::audit_entry(&owner(), begin)].clone();
        let from = Position {
            seq: begin,
            hash: Hash::of(&first),
        };
        let end = followed(&host, &owner(), Some(from), 1).unwrap().unwrap();
        assert_eq!(end.seq, begin + 2);
    }
}

#[test]
fn a_chain_does_not_pass_for_another_owners() {
    let (mut host, other) = (trail(&[2, 1]), Resource::parse("org:acme2").unwrap());
    for (key, text) in host.store.clone() {
        host.store.insert(key.replace("org:acme", "org:acme2"), text);
    }
    assert_eq!(problem_at(&host, &owner()), None);
    assert_eq!(problem_at(&host, &other), Some(1));
}

#[test]
fn a_problem_says_what_is_wrong_and_where() {
    let key = |seq| keys::audit_entry(&owner(), seq);
    let text = |host: &Host, seq| host.store[&key(seq)].clone();
    let head = keys::audit_head(&owner());
    type Tampering<'t> = &'t dyn Fn(&mut Host);
    let cases: [(Tampering, &str); 12] = [
        (
            &|host| drop(host.store.remove(&key(2))),
            "entry 2 is missing: after entry 1 comes entry 3",
        ),
        (
            &|host| drop(host.store.remove(&key(5))),
            "entry 5 is missing: the head is at entry 5",
        ),
        (
            &|host| host.store.retain(|key, _| !key.starts_with("audit/")),
            "entry 1 is missing: the head is at entry 5",
        ),
        (
            &|host| {
                drop(
                    host.store
                        .insert(key(2), text(host, 2).replace("user:1", "user:2")),
                )
            },
            "entry 2 was altered: entry 3 names another hash of it",
        ),
        (
            &|host| {
                drop(host.store.insert(
                    key(3),
                    text(host, 3).replace(r#""previous":""#, r#""previous":"0"#),
                ))
            },
            "entry 3 cannot be read: it was altered, or written by a later version",
        ),
        (
            &|host| {
                drop(
                    host.store
                        .insert(key(5), text(host, 5).replace("user:1", "user:2")),
                )
            },
            "entry 5 was altered, or the head: they do not fit",
        ),
        (
            &|host| {
                let hash = json!(Hash::of(&text(host, 1)));
                let other = json!(Hash::of("another"));
                let altered = text(host, 2).replace(&hash.to_string(), &other.to_string());
                host.store.insert(key(2), altered);
            },
            "entry 2 does not fit what is before it: it was altered",
        ),
        (
            &|host| drop(host.store.insert(key(3), text(host, 4))),
            "entry 3 has another number in it: it was moved",
        ),
        (
            &|host| drop(host.store.insert(key(0), text(host, 1))),
            "entry 0 is where none can be: it was inserted, or the list is out of order",
        ),
        (
            &|host| drop(host.store.insert(format!("{}x", key(2)), text(host, 2))),
            "entry 3 has a key that is no entry's: it was inserted",
        ),
        (
            &|host| {
                let first = Position {
                    seq: 1,
                    hash: Hash::of(&text(host, 1)),
                };
                let set_back = format!(r#"{{"v":1,"seq":1,"hash":{}}}"#, json!(first.hash));
                host.store.insert(head.clone(), set_back);
            },
            "entry 2 is beyond the head, which is at entry 1",
        ),
        (
            &|host| drop(host.store.remove(&head)),
            "entry 5 is the last, and the head after it is missing",
        ),
    ];
    for (tampering, message) in cases {
        let mut host = trail(&[2, 3]);
        tampering(&mut host);
        let problem = followed(&host, &owner(), None, 100).unwrap_err();
        assert_eq!(problem.message, message);
        assert!(message.starts_with(&format!("entry {} ", problem.seq)));
    }
}

#[test]
fn a_rollback_of_everything_is_found_from_a_kept_position() {
    let mut host = trail(&[4]);
    let earlier = host.store.clone();
    appended(&mut host, &owner(), &renames(2));
    let kept = followed(&host, &owner(), None, 100).unwrap();
    assert_eq!(followed(&host, &owner(), kept.clone(), 100).unwrap(), kept);

    host.store = earlier;
    assert_eq!(
        problem_at(&host, &owner()),
        None,
        "the chain alone cannot show it"
    );
    assert!(followed(&host, &owner(), kept.clone(), 100).is_err());
    for count in [2, 1] {
        appended(&mut host, &owner(), &renames(count));
        assert_eq!(
            problem_at(&host, &owner()),
            None,
            "nor that it went on from there"
        );
        assert!(followed(&host, &owner(), kept.clone(), 100).is_err());
    }
}
