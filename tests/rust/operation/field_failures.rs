//! The known failures of this field. Each failure that concerns the operations has a check here,
//! and a fault in `tests/mutants` that the check must find (`npm run mutants -- field`).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

#[path = "field_failures/caching.rs"]
mod caching;
#[path = "field_failures/elsewhere.rs"]
mod elsewhere;
#[path = "field_failures/grants.rs"]
mod grants;
#[path = "field_failures/lives.rs"]
mod lives;
#[path = "field_failures/names.rs"]
mod names;

use serde_json::{Value as Json, json};

/// The result of a check: `Err` describes the fault it found. Other failures panic, and do not
/// count as found.
type Finding = Result<(), String>;

fn holds(holds: bool, what: impl Into<String>) -> Finding {
    if holds { Ok(()) } else { Err(what.into()) }
}

/// A token of `org:acme` that can send, with changes.
fn wanted(changes: Json) -> Json {
    let mut input =
        json!({ "kind": "permission-set", "name": "Nightly", "owner": "org:acme", "templates": ["sender"] });
    for (name, value) in changes.as_object().unwrap() {
        input[name] = value.clone();
    }
    input
}

macro_rules! checks {
    ($($topic:ident $check:ident,)*) => {
        $(#[test]
        fn $check() {
            $topic::$check().unwrap();
        })*
    };
}

checks! {
    lives a_late_change_never_undoes_a_revocation,
    lives a_deleted_token_never_comes_back,
    lives a_credit_is_spent_once,
    lives a_disabled_account_stops_its_tokens,
    lives an_expiry_that_cannot_be_read_refuses,
    lives the_shortest_lifetime_ends,
    lives a_change_touches_no_other_token,
    grants an_actor_in_the_input_is_refused,
    grants a_disabled_admin_makes_and_changes_nothing,
    grants a_token_gives_no_more_than_it_has,
    grants nothing_chosen_is_nothing,
    grants a_resource_covers_by_segments,
    grants a_session_has_what_was_asked_for,
    grants a_foreign_token_is_not_found,
    names credentials_are_read_by_position,
    names a_secret_is_compared_to_its_end,
    names names_that_look_alike_are_one,
    caching a_hit_answers_each_question_anew,
    caching a_hit_decides_as_a_miss_does,
    caching a_late_fill_loses_to_the_feed,
}

/// Each check has the name of the fault that it must find; `npm run mutants` applies it to the
/// sources.
#[test]
fn every_check_has_a_fault_that_it_finds() {
    let patches = std::fs::read_dir("tests/mutants")
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let patches: String = patches.collect();
    let own = include_str!("field_failures.rs");
    let checks = own
        .split_once("checks! {\n")
        .unwrap()
        .1
        .split_once("}\n")
        .unwrap()
        .0;
    for check in checks.lines().map(|line| line.trim().trim_end_matches(',')) {
        let (_, check) = check.split_once(' ').unwrap();
        let named = format!("--test field_failures {check}\n");
        assert!(
            patches.contains(&named),
            "no patch of tests/mutants names {check}"
        );
    }
}
