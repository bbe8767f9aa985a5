//! Compares the core with a reference model over random sequences of calls by random actors: P2,
//! P3, P5, P8 and P16, isolation of every write, and equality of all answers.
//! `LEASTKEY_MODEL_CASES` sets the number of sequences; `PROPTEST_MAX_SHRINK_ITERS` limits the
//! shrinking of a failure.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unreachable
)]
#![allow(missing_docs, unreachable_pub)]

#[path = "model/mod.rs"]
mod model;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use model::acts::{EVERYTHING, Move, Weights, moves};
use model::run::Run;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

/// So many sequences for the whole comparison, and a fraction of them for each single property.
fn cases(part: u32) -> ProptestConfig {
    let cases = std::env::var("LEASTKEY_MODEL_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(1_500);
    ProptestConfig {
        max_shrink_iters: 20_000,
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases / part)
    }
}

fn follow(Sequence(moves): &Sequence) -> Result<Run, TestCaseError> {
    let mut run = Run::new();
    for (at, step) in moves.iter().enumerate() {
        run.make(step)
            .map_err(|problem| TestCaseError::fail(format!("move {at}: {problem}")))?;
    }
    run.look_at_everything().map_err(TestCaseError::fail)?;
    Ok(run)
}

/// A sequence whose `Debug` form has one move per line.
struct Sequence(Vec<Move>);

impl std::fmt::Debug for Sequence {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0
            .iter()
            .try_for_each(|step| write!(formatter, "\n  {step:?}"))
    }
}

fn sequences(weights: Weights) -> impl Strategy<Value = Sequence> {
    prop::collection::vec(moves(weights), 1..40).prop_map(Sequence)
}

proptest! {
    #![proptest_config(cases(1))]

    /// Every answer, every stored value and every verdict equals the model's. No call touches
    /// unrelated values, and every commit asserts the keys that its authority depends on.
    #[test]
    fn any_sequence_agrees_with_the_model(moves in sequences(EVERYTHING)) {
        follow(&moves)?;
    }
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn p2_no_sequence_leaves_revoked(
        moves in sequences(Weights { status: 20, many: 3, edit: 5, lost: 6, race: 8, account: 1, ..EVERYTHING })
    ) {
        follow(&moves)?;
    }

    #[test]
    fn p3_no_chain_gives_more_than_its_actor_has(
        moves in sequences(Weights { create: 16, edit: 8, rotate: 5, exchange: 8, status: 1, ..EVERYTHING })
    ) {
        follow(&moves)?;
    }

    #[test]
    fn p5_rotations_leave_one_successor_and_lost_answers_keep_access(
        moves in sequences(Weights { create: 3, rotate: 20, race: 20, lost: 10, account: 1, many: 1, ..EVERYTHING })
    ) {
        follow(&moves)?;
    }

    #[test]
    fn p8_organizations_are_isolated(
        moves in sequences(Weights { create: 10, status: 10, account: 10, many: 6, ..EVERYTHING })
    ) {
        follow(&moves)?;
    }

    #[test]
    fn p16_technical_users_are_no_persons_and_accounts_stop_their_tokens(
        moves in sequences(Weights { create: 10, account: 20, exchange: 8, race: 8, ..EVERYTHING })
    ) {
        follow(&moves)?;
    }
}

/// Outcomes that must occur in a few hundred sequences: a model that never succeeds agrees with
/// anything.
const EVERYWHERE: [&str; 18] = [
    "create organization: done forbidden invalid_input conflict",
    "create group: done forbidden",
    "create permission-set: done exceeds_ceiling forbidden",
    "create personal: done no-op exceeds_ceiling forbidden name_taken conflict",
    "create service: done name_taken",
    "create robot: done forbidden",
    "edit: done no-op forbidden not_found exceeds_ceiling conflict terminal invalid_input",
    "rotate: done forbidden not_found exceeds_ceiling conflict terminal invalid_input",
    "enable: done no-op forbidden not_found exceeds_ceiling terminal",
    "enableAccount: done no-op forbidden not_found exceeds_ceiling",
    "confirmRotation: done conflict not_found",
    "abortRotation: done conflict not_found",
    "exchange: done exceeds_ceiling forbidden invalid_token too_many_sessions",
    "putAccount: done exceeds_ceiling forbidden not_found",
    "putAccount of a large one: done invalid_input",
    "disableAccount: done forbidden not_found",
    "revokeAll: done no-op forbidden invalid_input",
    "verdict: valid unknown revoked disabled expired not_yet_valid idle_expired rotated_out owner_inactive \
     condition_failed insufficient_permission outside_resource",
];

#[test]
fn the_sequences_get_everywhere() {
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), random);
    let mut seen = BTreeMap::<String, usize>::new();
    let random_sequence = sequences(EVERYTHING);
    for _ in 0..1_200 {
        let sequence = random_sequence.new_tree(&mut runner).unwrap().current();
        for (what, often) in follow(&sequence).unwrap().seen.take() {
            *seen.entry(what).or_default() += often;
        }
    }
    let mut never = Vec::new();
    for line in EVERYWHERE {
        let (call, outcomes) = line.split_once(": ").unwrap();
        for outcome in outcomes.split_whitespace() {
            let what = format!("{call}: {outcome}");
            if !seen.contains_key(&what) {
                never.push(what);
            }
        }
    }
    assert!(never.is_empty(), "never: {never:?}, but {seen:#?}");
    assert!(seen["race: the second plans again"] >= 5, "{seen:#?}");
    assert!(seen["sweep: a call between its pages"] >= 50, "{seen:#?}");
    for jump in [
        "ahead within a minute",
        "ahead beyond",
        "back within a minute",
        "back beyond",
    ] {
        assert!(seen[&format!("jump: {jump}")] >= 5, "{seen:#?}");
    }
    for (what, often) in [
        ("restore", 100),
        ("restore: a call is made once more", 20),
        ("restore: a head catches up", 20),
        ("beyond: refused", 5),
    ] {
        assert!(seen.get(what) >= Some(&often), "{what}: {seen:#?}");
    }
}

/// A whole number from the environment.
fn number(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(default, |text| text.parse().unwrap())
}

/// Runs as many operations as `LEASTKEY_MODEL_OPERATIONS` says, from the seed
/// `LEASTKEY_MODEL_SEED`. `npm run model` runs it by the million, and it finds each fault of `npm
/// run mutants` that the model covers.
#[test]
fn a_run_from_a_seed_agrees_with_the_model() {
    let wanted = number("LEASTKEY_MODEL_OPERATIONS", 20_000);
    let seed = number("LEASTKEY_MODEL_SEED", 1);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), random);
    let random_sequence = sequences(EVERYTHING);
    let (mut done, mut sequences_done) = (0, 0u64);
    while done < wanted {
        let sequence = random_sequence.new_tree(&mut runner).unwrap().current();
        done += sequence.0.len() as u64;
        sequences_done += 1;
        if let Err(problem) = follow(&sequence) {
            panic!("seed {seed}, within {done} operations: {problem}\n{sequence:?}");
        }
    }
    println!("seed {seed}: {done} operations in {sequences_done} sequences, no difference");
}
