//! Following the chain detects and locates any single act of tampering with a trail in the store.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

use leastkey::storage::audit::Hash;
use leastkey::storage::keys;
use proptest::prelude::*;
use support::Host;
use support::trail::{entry, followed, owner, trail};

/// An act of tampering by a writer of the store. Numbers choose among the stored values.
#[derive(Clone, Debug)]
enum Tampering {
    Alter {
        entry: usize,
        character: usize,
        to: char,
    },
    AlterHead {
        character: usize,
        to: char,
    },
    Delete(usize),
    DeleteHead,
    Swap(usize, usize),
    Insert {
        copied: usize,
        key: String,
    },
    Forge,
    Truncate(usize),
    TruncateBegin(usize),
}

fn tamperings() -> impl Strategy<Value = Tampering> {
    let which = 0..1_000usize;
    let to = || prop_oneof![proptest::char::range(' ', '~'), any::<char>()];
    let key = prop_oneof![
        "[0-9]{1,15}",
        "[0-9]{17}",
        "0{16}",
        "0{13}[1-9][0-9]{2}",
        "[a-z]{16}"
    ];
    let two = (which.clone(), which.clone());
    prop_oneof![
        4 => (two.clone(), to()).prop_map(|((entry, character), to)| Tampering::Alter { entry, character, to }),
        2 => (which.clone(), to()).prop_map(|(character, to)| Tampering::AlterHead { character, to }),
        1 => which.clone().prop_map(Tampering::Delete),
        1 => Just(Tampering::DeleteHead),
        1 => two.prop_map(|(one, other)| Tampering::Swap(one, other)),
        1 => (which.clone(), key).prop_map(|(copied, key)| Tampering::Insert { copied, key }),
        1 => Just(Tampering::Forge),
        1 => which.clone().prop_map(Tampering::Truncate),
        1 => which.prop_map(Tampering::TruncateBegin),
    ]
}

/// The text with one character replaced; `None` if it stays the same.
fn altered(text: &str, character: usize, to: char) -> Option<String> {
    let mut characters: Vec<char> = text.chars().collect();
    let at = character % characters.len();
    let from = std::mem::replace(&mut characters[at], to);
    (from != to).then(|| characters.into_iter().collect())
}

/// Tampers with an intact trail of `count` entries. Returns the number of the entry where the
/// tampering shows, or 0 if that is no single entry; `None` if nothing changed.
fn tamper(host: &mut Host, count: usize, tampering: Tampering) -> Option<u64> {
    let key = |at: usize| keys::audit_entry(&owner(), (at % count) as u64 + 1);
    let shown = |at: usize| Some((at % count) as u64 + 1);
    let head = keys::audit_head(&owner());
    match tampering {
        Tampering::Alter { entry, character, to } => {
            let text = altered(&host.store[&key(entry)], character, to)?;
            host.store.insert(key(entry), text);
            shown(entry)
        }
        Tampering::AlterHead { character, to } => {
            let text = altered(&host.store[&head], character, to)?;
            host.store.insert(head, text);
            Some(0)
        }
        Tampering::Delete(entry) => {
            host.store.remove(&key(entry));
            shown(entry)
        }
        Tampering::DeleteHead => {
            host.store.remove(&head);
            shown(count - 1)
        }
        Tampering::Swap(one, other) => {
            let texts = (host.store[&key(one)].clone(), host.store[&key(other)].clone());
            host.store.insert(key(one), texts.1);
            host.store.insert(key(other), texts.0);
            let (one, other) = (one % count, other % count);
            (one != other).then_some(one.min(other) as u64 + 1)
        }
        Tampering::Insert { copied, key: digits } => {
            let text = host.store[&key(copied)].clone();
            let inserted = format!("{}{digits}", keys::audit_prefix(&owner()));
            host.store.insert(inserted, text);
            Some(0)
        }
        Tampering::Forge => {
            let mut forged = entry(host, count as u64);
            forged.previous = Some(Hash::of(&forged.to_text()));
            forged.seq += 1;
            host.store
                .insert(keys::audit_entry(&owner(), forged.seq), forged.to_text());
            Some(forged.seq)
        }
        Tampering::Truncate(keep) => {
            (keep % count..count).for_each(|at| drop(host.store.remove(&key(at))));
            shown(keep)
        }
        Tampering::TruncateBegin(drop_to) => {
            (0..=drop_to % count).for_each(|at| drop(host.store.remove(&key(at))));
            Some(1)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_sound_trail_is_followed_to_its_head_by_pages_of_any_size(
        commits in proptest::collection::vec(1..5usize, 0..8),
        size in 1..40usize,
    ) {
        let host = trail(&commits);
        let reached = followed(&host, &owner(), None, size).unwrap();
        let count = commits.iter().sum::<usize>() as u64;
        prop_assert_eq!(reached.map_or(0, |position| position.seq), count);
    }

    #[test]
    fn tampering_is_found_where_it_is(
        commits in proptest::collection::vec(1..5usize, 1..8),
        tampering in tamperings(),
        size in 1..40usize,
    ) {
        let mut host = trail(&commits);
        let count = commits.iter().sum();
        if let Some(seq) = tamper(&mut host, count, tampering) {
            let problem = followed(&host, &owner(), None, 1_000).unwrap_err();
            prop_assert!(seq == 0 || problem.seq == seq, "{} reported at {}, not {}", problem.message, problem.seq, seq);
            prop_assert!(followed(&host, &owner(), None, size).is_err());
        }
    }
}
