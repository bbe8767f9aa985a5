//! How this field fails: each failure that concerns the operations has a check here, and each check is seen to fail. With the feature
//! `planted-bugs` every check runs once more with its bug in the core (`src/planted.rs`), and has to find it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;

#[path = "field_failures/elsewhere.rs"]
mod elsewhere;
#[path = "field_failures/grants.rs"]
mod grants;
#[path = "field_failures/lives.rs"]
mod lives;
#[path = "field_failures/names.rs"]
mod names;
#[path = "field_failures/remembered.rs"]
mod remembered;

use leastkey::planted::Bug;
use serde_json::{Value as Json, json};

/// What a check finds: nothing, or what is wrong. What goes wrong otherwise panics, and counts as nothing found.
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
    ($($bug:ident: $topic:ident $check:ident,)*) => {
        /// The bugs that have a check.
        const CHECKED: &[Bug] = &[$(Bug::$bug),*];

        mod holds {
            $(#[test]
            fn $check() {
                super::$topic::$check().unwrap();
            })*
        }

        #[cfg(feature = "planted-bugs")]
        mod finds_its_bug {
            use leastkey::planted::{Bug, with};

            $(#[test]
            fn $check() {
                let finding = with(Bug::$bug, super::$topic::$check);
                assert!(finding.is_err(), "the check passes with the bug {:?} in the core", Bug::$bug);
            })*
        }
    };
}

checks! {
    LostUpdate: lives a_late_change_never_undoes_a_revocation,
    DeletedWrittenBack: lives a_deleted_token_never_comes_back,
    CountersRace: lives a_credit_is_spent_once,
    OwnerIgnored: lives a_disabled_account_stops_its_tokens,
    UnreadableMeansNever: lives an_expiry_that_cannot_be_read_refuses,
    LifetimeRoundsToForEver: lives the_shortest_lifetime_ends,
    TouchesOtherRows: lives a_change_touches_no_other_token,
    CallerInBody: grants an_actor_in_the_input_is_refused,
    StaleAuthority: grants a_disabled_admin_makes_and_changes_nothing,
    ParentMintsMore: grants a_token_gives_no_more_than_it_has,
    EmptyMeansUnlimited: grants nothing_chosen_is_nothing,
    ScopeAsPrefix: grants a_resource_covers_by_segments,
    ScopeLostInExchange: grants a_session_has_what_was_asked_for,
    ForeignId: grants a_foreign_token_is_not_found,
    SplitAtSeparator: names credentials_are_read_by_position,
    PrefixForIdentity: names a_secret_is_compared_to_its_end,
    NamesAsTyped: names names_that_look_alike_are_one,
    CachedVerdict: remembered a_hit_answers_each_question_anew,
    HitIgnoresStatus: remembered a_hit_decides_as_a_miss_does,
    RefillAfterRevoke: remembered a_late_fill_loses_to_the_feed,
}

#[test]
fn every_bug_has_a_check() {
    let unchecked: Vec<_> = Bug::ALL.iter().filter(|bug| !CHECKED.contains(bug)).collect();
    assert!(unchecked.is_empty(), "{unchecked:?}");
}
