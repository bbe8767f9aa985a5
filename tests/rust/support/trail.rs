//! Writes the audit trail of `org:acme` in a host's store, and follows it page by page.

use leastkey::storage::audit::{Change, Entry, Page, Position, Problem, append, check, difference};
use leastkey::storage::keys;
use leastkey::storage::plan::{Reads, Suspend, Write};
use leastkey::value::credential::TokenId;
use leastkey::value::name::{Identity, Reason};
use leastkey::value::resource::Resource;
use serde_json::json;

use super::{Host, instant};

pub const ID: &str = "0TZ3abcdEFGH1234";

pub fn owner() -> Resource {
    Resource::parse("org:acme").unwrap()
}

pub fn change(operation: &'static str, name: &str) -> Change {
    Change {
        actor: Identity::parse("user:1").unwrap(),
        operation,
        token: Some(TokenId::parse(ID).unwrap()),
        account: None,
        reason: Reason::parse("laptop stolen “again”").ok(),
        difference: difference(
            Some(&json!({ "name": "Nightly", "status": "active" })),
            Some(&json!({ "name": name, "status": "active" })),
        ),
    }
}

pub fn renames(count: usize) -> Vec<Change> {
    (0..count).map(|at| change("edit", &format!("{at}"))).collect()
}

/// The writes of an operation to the trail, if each read takes a millisecond.
pub fn planned(host: &Host, owner: &Resource, changes: &[Change]) -> Vec<Write> {
    let mut reads = Reads::default();
    for waited in 0..30 {
        let (started, now) = (instant(host.now), instant(host.now + waited));
        match append(&reads, owner, started, now, changes.to_vec()) {
            Ok(writes) => return writes,
            Err(Suspend::Need(need)) => host.fetch(&mut reads, *need),
            Err(other) => panic!("{other:?}"),
        }
    }
    panic!("what it needs to know has no end");
}

pub fn appended(host: &mut Host, owner: &Resource, changes: &[Change]) {
    let writes = planned(host, owner, changes);
    assert!(host.commit(&writes), "nobody else is here");
    host.now += 1;
}

/// A trail with so many entries in each commit.
pub fn trail(commits: &[usize]) -> Host {
    let mut host = Host::new();
    host.claim();
    for count in commits {
        appended(&mut host, &owner(), &renames(*count));
    }
    host
}

/// Follows the trail from a position, with pages of a given size.
pub fn followed(
    host: &Host,
    owner: &Resource,
    from: Option<Position>,
    size: usize,
) -> Result<Option<Position>, Problem> {
    let (prefix, head) = (keys::audit_prefix(owner), keys::audit_head(owner));
    let head = host.store.get(&head).map(String::as_str);
    let mut reached = from;
    loop {
        let after = reached
            .as_ref()
            .map_or(prefix.clone(), |at| keys::audit_entry(owner, at.seq));
        let rest: Vec<(String, String)> = host
            .store
            .range(after.clone()..)
            .filter(|(key, _)| key.starts_with(&prefix) && **key != after)
            .map(|(key, text)| (key.clone(), text.clone()))
            .collect();
        let entries = rest.get(..size).unwrap_or(&rest);
        let last = rest.len() == entries.len();
        let at_from = reached.as_ref().and_then(|_| host.store.get(&after));
        reached = check(
            owner,
            &Page {
                from: reached.as_ref(),
                at_from: at_from.map(String::as_str),
                entries,
                last,
                head,
            },
        )
        .map_err(|broken| broken.problem)?;
        if last {
            return Ok(reached);
        }
    }
}

pub fn problem_at(host: &Host, owner: &Resource) -> Option<u64> {
    followed(host, owner, None, 1_000)
        .err()
        .map(|problem| problem.seq)
}

pub fn entry(host: &Host, seq: u64) -> Entry {
    Entry::parse(&host.store[&keys::audit_entry(&owner(), seq)]).unwrap()
}
