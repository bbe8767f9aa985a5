//! Scenarios of related calls: authority that is bound in one way, or given and taken, and an actor
//! that tries to exceed it. Independent random calls rarely get there.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use super::actor::Actor;
use super::acts::{Move, NEWEST, change, derived, renewal, rights};
use super::call::{
    Act, Call, Change, CreateRequest, OnAccount, OnToken, Renewal, Rights, Secret, Seen, Whose,
};
use super::catalog::{DAY, HOUR, Kind, MINUTE, Selection};
use super::place::{NETWORKS, Network, Place};

const ROOT: Actor = Actor::Person(0);

/// The people that own tokens as themselves: `user:1`, `user:2` and `org:a`.
const OWNERS: [(usize, Place); 3] = [(6, "user:1"), (7, "user:2"), (8, "org:a")];

pub fn scenarios() -> impl Strategy<Value = Vec<Move>> {
    let calls = prop_oneof![
        4 => a_bound_manager().boxed(),
        3 => an_owner_of_what_others_made().boxed(),
        1 => a_bound_of_ones_own().boxed(),
        1 => a_narrowed_token().boxed(),
        1 => stop_and_start_an_account().boxed(),
        1 => sessions_of_a_bound_token().boxed(),
        1 => what_a_swept_token_made().boxed(),
    ];
    let moves = calls.prop_map(|calls| calls.into_iter().map(Move::Call).collect());
    prop_oneof![
        12 => moves.boxed(),
        2 => used_credits().boxed(),
        1 => gone_idle().boxed(),
        1 => one_key_at_the_same_time().boxed(),
        1 => a_rotation_after_an_aborted_one().boxed(),
        1 => a_renewal().boxed(),
    ]
}

fn by(actor: Actor, act: Act) -> Call {
    Call::By(actor, act)
}

/// The bounds of a token, mostly a single one.
#[derive(Clone, Copy, Debug, Default)]
struct Bounds {
    network: Option<Network>,
    credits: Option<u32>,
    idle: Option<u64>,
    lifetime: Option<u64>,
}

fn bounds() -> impl Strategy<Value = Bounds> {
    let none = Bounds::default();
    let network = select(NETWORKS.to_vec()).prop_map(move |network| Bounds {
        network: Some(network),
        ..none
    });
    let credits = (1..4u32).prop_map(move |credits| Bounds {
        credits: Some(credits),
        ..none
    });
    let idle = select(vec![HOUR, 2 * DAY]).prop_map(move |idle| Bounds {
        idle: Some(idle),
        ..none
    });
    let lifetime = select(vec![HOUR, 2 * DAY]).prop_map(move |lifetime| Bounds {
        lifetime: Some(lifetime),
        ..none
    });
    prop_oneof![2 => Just(none), 3 => network, 2 => credits, 2 => idle, 1 => lifetime]
}

fn wanted(kind: &'static str, owner: Place, selection: Selection, bounds: Bounds) -> CreateRequest {
    CreateRequest {
        kind: Kind::named(kind),
        name: "alpha",
        owner,
        subject: None,
        backed_like: None,
        resource: None,
        selection,
        lifetime: bounds.lifetime.or(Some(30 * DAY)),
        begins_in: None,
        idle: bounds.idle,
        network: bounds.network,
        credits: bounds.credits,
        tag: None,
        large: None,
        secret: Secret::Ours,
    }
}

fn role(role: &'static str) -> Selection {
    Selection {
        role: Some(role),
        ..Selection::default()
    }
}

fn adds(permission: &'static str) -> Selection {
    Selection {
        add: vec![permission],
        ..Selection::default()
    }
}

/// A token, a bound token that manages it, and an attempt of the latter to hand out, create, widen
/// or restore a token without the bound.
fn a_bound_manager() -> impl Strategy<Value = Vec<Call>> {
    let target = (
        select(vec!["service", "robot"]),
        select(vec!["org:a", "org:a/group:x"]),
        bounds(),
    );
    (target, bounds(), change(), renewal(), bounds(), 0..6u32).prop_map(
        |((kind, owner, its), managers, change, renewal, wants, attempt)| {
            let manager = Actor::Token(NEWEST);
            let mut calls = vec![
                by(ROOT, Act::Create(wanted(kind, owner, adds("policy:read"), its))),
                by(
                    ROOT,
                    Act::Create(wanted("organization", "org:a", role("admin"), managers)),
                ),
            ];
            let on = NEWEST - 1;
            let lifetime = wants.lifetime.or(Some(HOUR));
            match attempt {
                0 => calls.push(by(manager, Act::Rotate(on, renewal))),
                1 => calls.push(by(manager, Act::Edit(on, Change { seen: None, ..change }))),
                2 => calls.extend([
                    by(manager, Act::Token(OnToken::Disable, on)),
                    by(manager, Act::Token(OnToken::Enable, on)),
                ]),
                3 => {
                    let rights = Rights {
                        roles: BTreeMap::new(),
                        permissions: BTreeMap::from([("org:a", vec!["policy:*"])]),
                        large: None,
                    };
                    calls.push(by(
                        manager,
                        Act::PutAccount(Whose::Named("org:a/group:x"), rights),
                    ));
                }
                _ => {
                    let input = wanted(
                        "service",
                        "org:a/group:y",
                        adds("mail:send"),
                        Bounds { lifetime, ..wants },
                    );
                    calls.push(by(
                        manager,
                        Act::Create(CreateRequest {
                            name: "gamma",
                            ..input
                        }),
                    ));
                }
            }
            calls
        },
    )
}

/// An owner whose tokens were made by an administrator. The owner may have lost authority since.
fn an_owner_of_what_others_made() -> impl Strategy<Value = Vec<Call>> {
    let selection = prop_oneof![
        Just(role("admin")),
        Just(role("keeper")),
        Just(adds("**")),
        select(vec!["mail:send", "policy:read"]).prop_map(adds)
    ];
    let subject = proptest::option::weighted(0.3, select(vec!["profile:42", "user:1"]));
    let resource = proptest::option::weighted(0.4, select(vec!["org:a", "org:a/group:x"]));
    let demotion = proptest::option::weighted(0.4, rights());
    (
        select(OWNERS.to_vec()),
        selection,
        (subject, resource),
        bounds(),
        demotion,
        change(),
        renewal(),
        0..4u32,
    )
        .prop_map(
            |(
                (person, owner),
                selection,
                (subject, resource),
                bounds,
                demotion,
                change,
                renewal,
                attempt,
            )| {
                let input = wanted("permission-set", owner, selection, bounds);
                let mut calls = vec![by(
                    ROOT,
                    Act::Create(CreateRequest {
                        subject,
                        resource,
                        ..input
                    }),
                )];
                if let Some(rights) = demotion {
                    calls.push(by(ROOT, Act::PutAccount(Whose::Named(owner), rights)));
                }
                let owner = Actor::Person(person);
                match attempt {
                    0 | 1 => calls.push(by(owner, Act::Rotate(NEWEST, renewal))),
                    2 => calls.push(by(
                        owner,
                        Act::Edit(
                            NEWEST,
                            Change {
                                seen: None,
                                selection: None,
                                ..change
                            },
                        ),
                    )),
                    _ => calls.extend([
                        by(owner, Act::Token(OnToken::Disable, NEWEST)),
                        by(owner, Act::Token(OnToken::Enable, NEWEST)),
                    ]),
                }
                calls
            },
        )
}

/// Bounds that an owner sets on permissions that it does not have itself, and removes again.
fn a_bound_of_ones_own() -> impl Strategy<Value = Vec<Call>> {
    let selection = select(vec!["**", "mail:send", "policy:read"]).prop_map(adds);
    let resource = proptest::option::weighted(0.4, select(vec!["org:a", "org:a/group:x"]));
    let network = select(NETWORKS.to_vec());
    (
        select(OWNERS.to_vec()),
        selection,
        resource,
        network,
        any::<bool>(),
    )
        .prop_map(|((person, owner), selection, resource, network, credits)| {
            let input = wanted("permission-set", owner, selection, Bounds::default());
            let (set, lift) = if credits {
                let of = |credits| Change {
                    credits: Some(credits),
                    ..Change::default()
                };
                (of(Some(1)), of(Some(2)))
            } else {
                let of = |network| Change {
                    network: Some(network),
                    ..Change::default()
                };
                (of(Some(network)), of(None))
            };
            let owner = Actor::Person(person);
            vec![
                by(ROOT, Act::Create(CreateRequest { resource, ..input })),
                by(owner, Act::Edit(NEWEST, set)),
                by(owner, Act::Edit(NEWEST, lift)),
            ]
        })
}

/// A token with credits that were used, and an edit of them: by its owner, who may have less than
/// the token, or by an admin.
fn used_credits() -> impl Strategy<Value = Vec<Move>> {
    let selection = prop_oneof![
        Just(role("user")),
        select(vec!["mail:send", "policy:read"]).prop_map(adds)
    ];
    let remaining = proptest::option::of(0..4u32);
    (
        select(OWNERS.to_vec()),
        selection,
        2..4u32,
        2..4u32,
        remaining,
        any::<bool>(),
    )
        .prop_map(
            |((person, owner), selection, credits, next, remaining, by_owner)| {
                let bounds = Bounds {
                    credits: Some(credits),
                    ..Bounds::default()
                };
                let change = Change {
                    credits: Some(Some(next)),
                    remaining: remaining.map(|remaining| remaining.min(next)),
                    ..Change::default()
                };
                let editor = if by_owner { Actor::Person(person) } else { ROOT };
                let create = Act::Create(wanted("permission-set", owner, selection, bounds));
                let spend = |cost| Move::Spend { token: NEWEST, cost };
                vec![
                    Move::Call(by(ROOT, create)),
                    spend(credits - 1),
                    Move::Call(by(editor, Act::Edit(NEWEST, change))),
                    spend(1),
                ]
            },
        )
}

/// A token with an idle time that is disabled and enabled, with time before and in between.
fn gone_idle() -> impl Strategy<Value = Vec<Move>> {
    let time = || select(vec![MINUTE, 2 * HOUR]);
    (time(), time()).prop_map(|(before, between)| {
        let bounds = Bounds {
            idle: Some(HOUR),
            ..Bounds::default()
        };
        let create = wanted("robot", "org:a", role("user"), bounds);
        let on_it = |op| Move::Call(by(ROOT, Act::Token(op, NEWEST)));
        vec![
            Move::Call(by(ROOT, Act::Create(create))),
            Move::Wait(before),
            on_it(OnToken::Disable),
            Move::Wait(between),
            on_it(OnToken::Enable),
        ]
    })
}

/// Two calls at the same time with one idempotency key, for a token with a unique name.
fn one_key_at_the_same_time() -> impl Strategy<Value = Vec<Move>> {
    let key = select(vec!["job-1", "job-2"]);
    let name = select(vec!["alpha", "gamma"]);
    (key, name, 0..7usize).prop_map(|(key, name, reads)| {
        let input = wanted("service", "org:a", role("user"), Bounds::default());
        let create = by(
            ROOT,
            Act::Create(CreateRequest {
                name,
                secret: Secret::Keyed(key),
                ..input
            }),
        );
        vec![Move::Race {
            first: create.clone(),
            second: create,
            reads,
        }]
    })
}

/// A use of a secret during another rotation than its own, which was aborted.
fn a_rotation_after_an_aborted_one() -> impl Strategy<Value = Vec<Move>> {
    (0..10usize, any::<bool>()).prop_map(|(secret, at_first_use)| {
        let rotation = || Renewal {
            at_first_use,
            ..Renewal::default()
        };
        let seen = Seen {
            secret,
            reused: false,
            late: false,
            ago: 0,
            span: 0,
        };
        let create = wanted("service", "org:a", role("user"), Bounds::default());
        let calls = [
            by(ROOT, Act::Create(create)),
            by(ROOT, Act::Rotate(NEWEST, rotation())),
            by(ROOT, Act::Token(OnToken::Abort, NEWEST)),
            by(ROOT, Act::Rotate(NEWEST, rotation())),
            Call::Flush { token: NEWEST, seen },
        ];
        calls.map(Move::Call).to_vec()
    })
}

/// A renewal, perhaps aborted, and the secrets of the token after its first end.
fn a_renewal() -> impl Strategy<Value = Vec<Move>> {
    any::<bool>().prop_map(|aborted| {
        let bounds = Bounds {
            lifetime: Some(HOUR),
            ..Bounds::default()
        };
        let create = wanted("service", "org:a", role("user"), bounds);
        let renewal = Renewal {
            grace: Some(DAY),
            lifetime: Some(2 * DAY),
            ..Renewal::default()
        };
        let mut moves = vec![
            Move::Call(by(ROOT, Act::Create(create))),
            Move::Call(by(ROOT, Act::Rotate(NEWEST, renewal))),
        ];
        if aborted {
            moves.push(Move::Call(by(ROOT, Act::Token(OnToken::Abort, NEWEST))));
        }
        moves.push(Move::Wait(2 * HOUR));
        moves.push(Move::Spend {
            token: NEWEST,
            cost: 1,
        });
        moves
    })
}

/// Edits of a narrowed token that do not name the narrowing.
fn a_narrowed_token() -> impl Strategy<Value = Vec<Call>> {
    let narrowed = select(vec!["mail:send", "policy:read", "policy:write"]);
    let selection = |permission: &'static str| Selection {
        narrowed: Some((permission, "org:a/group:x")),
        ..adds("**")
    };
    (
        narrowed,
        select(vec!["**", "policy:*", "mail:send"]),
        change(),
        0..3usize,
    )
        .prop_map(move |(permission, again, other, actor)| {
            let change = Change {
                selection: Some(adds(again)),
                ..Change::default()
            };
            vec![
                by(
                    ROOT,
                    Act::Create(wanted(
                        "service",
                        "org:a",
                        selection(permission),
                        Bounds::default(),
                    )),
                ),
                by(Actor::Person(actor), Act::Edit(NEWEST, change)),
                by(ROOT, Act::Edit(NEWEST, Change { seen: None, ..other })),
            ]
        })
}

/// An account that one actor disables and another enables: mostly the same one, which may have
/// fewer permissions than the account.
fn stop_and_start_an_account() -> impl Strategy<Value = Vec<Call>> {
    let whose = select(vec!["org:a/group:x", "org:b/user:9"]);
    (whose, rights(), bounds(), any::<bool>(), 0..5usize).prop_map(
        |(whose, rights, bounds, by_token, person)| {
            let account = Whose::Named(whose);
            let above = if whose == "org:b/user:9" { "org:b" } else { "org:a" };
            let manager = Selection {
                remove: vec!["policy:*"],
                ..role("admin")
            };
            let actor = if by_token {
                Actor::Token(NEWEST)
            } else {
                Actor::Person(person)
            };
            vec![
                by(ROOT, Act::PutAccount(account, rights)),
                by(ROOT, Act::Create(wanted("organization", above, manager, bounds))),
                by(actor, Act::Account(OnAccount::Disable, account)),
                by(actor, Act::Account(OnAccount::Enable, account)),
            ]
        },
    )
}

/// A session of a bound token, a session of that session, and both after a change of the first
/// token.
fn sessions_of_a_bound_token() -> impl Strategy<Value = Vec<Call>> {
    (bounds(), derived(), derived(), change()).prop_map(|(bounds, first, second, change)| {
        let exchange = |token, derived| Call::Exchange {
            token,
            secret: 0,
            derived,
        };
        vec![
            by(ROOT, Act::Create(wanted("service", "org:a", adds("**"), bounds))),
            exchange(NEWEST, first),
            exchange(NEWEST, second),
            by(ROOT, Act::Edit(NEWEST - 2, Change { seen: None, ..change })),
            by(ROOT, Act::Rotate(NEWEST - 2, Renewal::default())),
        ]
    })
}

/// A token that manages another owner creates one there, which may create another; then the tokens
/// of its own owner are revoked.
fn what_a_swept_token_made() -> impl Strategy<Value = Vec<Call>> {
    let lasting = |lifetime| Bounds {
        lifetime: Some(lifetime),
        ..Bounds::default()
    };
    (any::<bool>(), any::<bool>()).prop_map(move |(chain, disturbed)| {
        let manager = |owner, lifetime| CreateRequest {
            resource: Some("org:a"),
            ..wanted("permission-set", owner, role("admin"), lasting(lifetime))
        };
        let made = wanted(
            "permission-set",
            "org:a/group:x",
            adds("policy:read"),
            lasting(MINUTE),
        );
        let newest = Actor::Token(NEWEST);
        let mut calls = vec![by(ROOT, Act::Create(manager("org:b", 2 * DAY)))];
        if chain {
            calls.push(by(newest, Act::Create(manager("org:a", 2 * MINUTE))));
        }
        calls.push(by(newest, Act::Create(made)));
        if chain && disturbed {
            calls.push(by(ROOT, Act::Token(OnToken::Revoke, NEWEST - 1)));
        }
        let meant = Act::RevokeAll {
            owner: Some("org:b"),
            tag: None,
            subject: None,
        };
        calls.push(by(ROOT, meant));
        calls
    })
}
