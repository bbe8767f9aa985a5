//! The freshness window (P1): many isolates over one store, in schedules that a seed decides.
//! `LEASTKEY_SCHEDULES` sets their number, and `LEASTKEY_FIRST_SCHEDULE` the first one.
//!
//! No verdict reflects a state older than its window. Every verdict is one that the store gave at
//! some instant since. Each bug planted in a verifier is found.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(missing_docs, unreachable_pub)]

#[path = "freshness/mod.rs"]
mod freshness;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::ops::Range;

use freshness::isolate::Bug;
use freshness::schedule::Schedule;
use freshness::world::World;

fn asked(name: &str, otherwise: u64) -> u64 {
    match std::env::var(name) {
        Ok(asked) => asked.parse().expect(name),
        Err(_) => otherwise,
    }
}

fn schedules() -> Range<u64> {
    let first = asked("LEASTKEY_FIRST_SCHEDULE", 0);
    first..first + asked("LEASTKEY_SCHEDULES", 2_000)
}

#[test]
fn no_answer_rests_on_what_is_older_than_the_window() {
    let mut world = World::new();
    let mut seen = BTreeMap::new();
    for seed in schedules() {
        let mut schedule = Schedule::new(&mut world, seed, None);
        if let Err(problem) = schedule.run() {
            panic!("seed {seed}: {problem}");
        }
        for (what, often) in schedule.seen {
            *seen.entry(what).or_insert(0_u64) += often;
        }
    }
    println!("{:?}: {seen:#?}", schedules());
    // Any property holds for schedules in which nothing happens.
    for what in [
        "hit valid",
        "hit revoked",
        "hit disabled",
        "hit owner_inactive",
        "hit insufficient_permission",
        "hit expired",
        "hit not_yet_valid",
        "hit idle_expired",
        "read idle_expired",
        "used",
        "flushed",
        "hit unknown",
        "read valid",
        "read revoked",
        "read unknown",
        "read rotated_out",
        "hit store_unavailable",
        "filled",
        "dropped",
        "trap",
        "overflow",
        "clock set",
        "own change",
        "restored",
    ] {
        assert!(seen.contains_key(what), "never: {what}, but {seen:#?}");
    }
}

/// The number of schedules within which a planted bug must be found.
const ENOUGH: u64 = 20_000;

#[test]
fn every_planted_bug_is_found() {
    let mut world = World::new();
    let mut hidden = Vec::new();
    for bug in Bug::ALL {
        let found = (0..ENOUGH).find_map(|seed| {
            let problem = Schedule::new(&mut world, seed, Some(bug)).run().err()?;
            Some((seed, problem))
        });
        match found {
            Some((seed, problem)) => println!("{bug:?}: seed {seed}: {problem}"),
            None => hidden.push(bug),
        }
    }
    assert!(hidden.is_empty(), "not found: {hidden:?}");
}
