//! Random moves. They refer to tokens by arbitrary numbers, which `settled` maps to tokens of a
//! state.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::actor::{Actor, PEOPLE};
use super::bounds::{Large, PARTS, Part};
use super::call::{
    Act, Call, Change, CreateRequest, Derived, OnAccount, OnToken, Renewal, Rights, Secret, Seen, Whose,
};
use super::catalog::{DAY, HOUR, KINDS, Kind, MINUTE, PATTERNS, PERMISSIONS, ROLES, Selection, TEMPLATES};
use super::place::{FAR, NETWORKS, OWNERS, PLACES, Place, ROOT, covers};
use super::restores::Restored;
use super::scenarios::scenarios;
use super::state::State;

const NAMES: [&str; 4] = ["alpha", "Alpha", "beta", "gamma"];
const TAGS: [&str; 2] = ["night", "legacy"];
const SUBJECTS: [&str; 5] = ["user:1", "user:2", "profile:42", "org:b/user:9", "staff:1"];
const KEYS: [&str; 2] = ["job-1", "job-2"];
const ACCOUNTS: [&str; 6] = [
    "org:a",
    "org:a/group:x",
    "org:b/user:9",
    "user:1",
    "staff:1",
    "root",
];

/// The token created last, for scenarios; one less is the token before it.
pub const NEWEST: usize = usize::MAX;

/// The token of a state that an arbitrary number refers to.
pub(super) fn named_by(any: usize, count: usize) -> Option<usize> {
    let back = NEWEST - any;
    let index = if back < 9 {
        count.checked_sub(back + 1)
    } else {
        any.checked_rem(count)
    };
    index.filter(|at| *at < count)
}

/// A step of a sequence.
#[derive(Clone, Debug)]
pub enum Move {
    Call(Call),
    /// Related moves, one after the other.
    Scenario(Vec<Move>),
    /// Two concurrent calls: the second has made `reads` reads when the first commits.
    Race {
        first: Call,
        second: Call,
        reads: usize,
    },
    /// A sweep, and calls by others between its pages.
    Sweep {
        sweep: Call,
        between: Vec<Call>,
    },
    /// A call whose answer is lost, an optional call by another actor, and the first call again.
    Lost {
        call: Call,
        then: Option<Call>,
    },
    /// A call, and after a while the same call by a caller who does not know of the first.
    Twice {
        call: Call,
        after: u64,
    },
    /// A verification that consumes credits.
    Spend {
        token: usize,
        cost: u32,
    },
    Wait(u64),
    /// The clock is set, moves follow, and it is set right again; or it stays ahead until it is
    /// trusted.
    Jump {
        jump: Jump,
        during: Vec<Move>,
    },
    /// Moves, and a restore that undoes them.
    Restore {
        lost: Vec<Move>,
        restored: Restored,
    },
    /// One of the calls with arguments beyond a bound.
    Beyond(usize),
}

/// How far the clock is set, and whether it stays so.
#[derive(Clone, Copy, Debug)]
pub struct Jump {
    pub ahead: bool,
    pub by: u64,
    pub holds: bool,
}

/// The relative frequency of each kind of move.
#[derive(Clone, Copy, Debug)]
pub struct Weights {
    pub create: u32,
    pub edit: u32,
    pub status: u32,
    pub rotate: u32,
    pub exchange: u32,
    pub account: u32,
    pub many: u32,
    pub race: u32,
    pub lost: u32,
}

pub const EVERYTHING: Weights = Weights {
    create: 8,
    edit: 3,
    status: 5,
    rotate: 3,
    exchange: 4,
    account: 5,
    many: 1,
    race: 5,
    lost: 2,
};

pub fn moves(weights: Weights) -> impl Strategy<Value = Move> {
    let ordinary = ordinary(weights).boxed();
    prop_oneof![
        80 => ordinary.clone(),
        1 => jumps(ordinary.clone()),
        1 => restores(&ordinary),
        1 => bounds(),
    ]
}

fn restores(ordinary: &BoxedStrategy<Move>) -> BoxedStrategy<Move> {
    let some = |most| proptest::collection::vec(ordinary.clone(), 0..most);
    // If it is repeated later, the grace period ends later.
    let rotation = (token(), renewal()).prop_map(|(token, renewal)| {
        let renewal = Renewal {
            grace: Some(MINUTE),
            ..renewal
        };
        Move::Call(Call::By(Actor::Person(0), Act::Rotate(token, renewal)))
    });
    let last = prop_oneof![2 => ordinary.clone(), 1 => rotation];
    let lost = (some(7), last).prop_map(|(mut lost, last)| {
        lost.push(last);
        lost
    });
    let pause = select(vec![0, 1_000, 2 * MINUTE, 2 * HOUR]);
    let restored =
        (pause, proptest::bool::weighted(0.7), some(8)).prop_map(|(pause, catches_up, after)| Restored {
            pause,
            catches_up,
            after,
        });
    (lost, restored)
        .prop_map(|(lost, restored)| Move::Restore { lost, restored })
        .boxed()
}

/// Creations and edits with parts at or beyond their bounds.
fn bounds() -> BoxedStrategy<Move> {
    let large = (select(PARTS.to_vec()), proptest::bool::weighted(0.4));
    let make = (
        prop_oneof![3 => Just(Actor::Person(0)), 1 => actor()],
        large,
        wanted(),
    )
        .prop_map(|(actor, (part, beyond), wanted)| {
            let large = Large { part, beyond };
            let places = large.place().map(|_| "org:a");
            let wanted = CreateRequest {
                kind: Kind::named("permission-set"),
                owner: "org:a",
                subject: None,
                backed_like: None,
                resource: places.or(wanted.resource),
                selection: match places {
                    Some(_) => Selection {
                        add: large.permissions(),
                        ..Selection::default()
                    },
                    None => wanted.selection.clone(),
                },
                lifetime: Some(30 * DAY),
                tag: None,
                large: Some(large),
                secret: Secret::Ours,
                ..wanted
            };
            Call::By(actor, Act::Create(wanted))
        });
    let parts = select(vec![Part::Name, Part::Tag, Part::Tags]);
    let edit = (actor(), token(), change(), parts).prop_map(|(actor, token, change, part)| {
        let beyond = Some(part);
        Call::By(actor, Act::Edit(token, Change { beyond, ..change }))
    });
    prop_oneof![
        6 => make.prop_map(Move::Call).boxed(),
        2 => edit.prop_map(Move::Call).boxed(),
        2 => large_account().prop_map(Move::Scenario).boxed(),
        1 => token().prop_map(Move::Beyond).boxed(),
    ]
    .boxed()
}

/// A large account that is put, and what is done to it.
fn large_account() -> impl Strategy<Value = Vec<Move>> {
    let on_account = on_account().prop_map(|op| Act::Account(op, Whose::Named(FAR)));
    let put = rights().prop_map(|rights| Act::PutAccount(Whose::Named(FAR), rights));
    let later = proptest::collection::vec((0..2usize, prop_oneof![3 => on_account, 1 => put]), 1..4);
    (0..2usize, proptest::bool::weighted(0.4), later).prop_map(|(actor, beyond, later)| {
        let large = (actor, Act::PutAccount(Whose::Named(FAR), Rights::large(beyond)));
        std::iter::once(large)
            .chain(later)
            .map(|(actor, act)| Move::Call(Call::By(Actor::Person(actor), act)))
            .collect()
    })
}

/// Jumps of the clock. Small ones are within the skew of two correct clocks.
fn jumps(ordinary: BoxedStrategy<Move>) -> BoxedStrategy<Move> {
    let small = select(vec![1, 40_000, MINUTE, MINUTE + 1]);
    let by = prop_oneof![1 => small, 3 => select(vec![10 * MINUTE, 2 * HOUR, 3 * DAY, 40 * DAY, 365 * DAY])];
    let jump = (any::<bool>(), by, proptest::bool::weighted(0.2)).prop_map(|(ahead, by, holds)| Jump {
        ahead,
        by,
        holds,
    });
    let during = proptest::collection::vec(ordinary, 1..6);
    (jump, during)
        .prop_map(|(jump, during)| Move::Jump { jump, during })
        .boxed()
}

fn ordinary(weights: Weights) -> impl Strategy<Value = Move> {
    let Weights { race, lost, many, .. } = weights;
    let call = calls(weights).boxed();
    let wait = select(vec![MINUTE, 9 * MINUTE, HOUR, 2 * HOUR, DAY, 8 * DAY, 40 * DAY]);
    let races =
        (call.clone(), call.clone(), any::<bool>(), 0..7usize).prop_map(|(first, second, same, reads)| {
            let second = if same { second.aimed_like(&first) } else { second };
            Move::Race { first, second, reads }
        });
    let lose = (call.clone(), proptest::option::of(call.clone()));
    let twice = (call.clone(), select(vec![0, MINUTE, 15 * MINUTE]));
    // Boxed: a move has room for the tree of every kind, and the trees are large.
    prop_oneof![
        20 => call.prop_map(Move::Call).boxed(),
        race => races.boxed(),
        lost => lose.prop_map(|(call, then)| Move::Lost { call, then }).boxed(),
        many => sweeps().boxed(),
        2 => twice.prop_map(|(call, after)| Move::Twice { call, after }).boxed(),
        3 => wait.prop_map(Move::Wait).boxed(),
        7 => scenarios().prop_map(Move::Scenario).boxed(),
        4 => (token(), 1..4u32).prop_map(|(token, cost)| Move::Spend { token, cost }).boxed(),
    ]
}

/// Sweeps, mostly by the owner of most tokens, while a token makes others. Edits and changes of
/// authority in between are not covered.
fn sweeps() -> impl Strategy<Value = Move> {
    let sweeper = prop_oneof![3 => Just(Actor::Person(0)), 1 => Just(Actor::Person(1)), 1 => actor()];
    let meant = prop_oneof![
        2 => Just((Some("org:a"), None, None)),
        1 => (option(OWNERS), option(TAGS), option(SUBJECTS)),
    ];
    let maker = prop_oneof![
        3 => (NEWEST - 4..=NEWEST).prop_map(Actor::Token),
        1 => actor(),
    ];
    let made = (maker, wanted()).prop_map(|(maker, wanted)| Call::By(maker, Act::Create(wanted)));
    let status =
        (actor(), on_token(), token()).prop_map(|(actor, op, token)| Call::By(actor, Act::Token(op, token)));
    let between = proptest::collection::vec(prop_oneof![3 => made, 1 => status], 0..4);
    (sweeper, meant, between).prop_map(|(sweeper, (owner, tag, subject), between)| Move::Sweep {
        sweep: Call::By(sweeper, Act::RevokeAll { owner, tag, subject }),
        between,
    })
}

fn calls(weights: Weights) -> impl Strategy<Value = Call> {
    let by = |act: BoxedStrategy<Act>| {
        (actor(), act)
            .prop_map(|(actor, act)| Call::By(actor, act))
            .boxed()
    };
    let Weights {
        create,
        edit,
        status,
        rotate,
        exchange,
        account,
        many,
        ..
    } = weights;
    prop_oneof![
        create => by(wanted().prop_map(Act::Create).boxed()),
        edit => by((token(), change()).prop_map(|(token, change)| Act::Edit(token, change)).boxed()),
        status => by((on_token(), token()).prop_map(|(op, token)| Act::Token(op, token)).boxed()),
        rotate => by((token(), renewal()).prop_map(|(token, renewal)| Act::Rotate(token, renewal)).boxed()),
        rotate => by((select(vec![OnToken::Confirm, OnToken::Abort]), token())
            .prop_map(|(op, token)| Act::Token(op, token)).boxed()),
        exchange => (token(), token(), derived())
            .prop_map(|(token, secret, derived)| Call::Exchange { token, secret, derived }).boxed(),
        rotate => (token(), seen()).prop_map(|(token, seen)| Call::Flush { token, seen }).boxed(),
        account => by((whose(), rights()).prop_map(|(whose, rights)| Act::PutAccount(whose, rights)).boxed()),
        account => by((on_account(), whose()).prop_map(|(op, whose)| Act::Account(op, whose)).boxed()),
        many => by((option(OWNERS), option(TAGS), option(SUBJECTS))
            .prop_map(|(owner, tag, subject)| Act::RevokeAll { owner, tag, subject }).boxed()),
        many => by(select(OWNERS.to_vec()).prop_map(Act::List).boxed()),
    ]
}

fn option<const N: usize>(values: [&'static str; N]) -> impl Strategy<Value = Option<&'static str>> {
    proptest::option::weighted(0.4, select(values.to_vec()))
}

fn token() -> impl Strategy<Value = usize> {
    0..1000usize
}

pub fn actor() -> impl Strategy<Value = Actor> {
    prop_oneof![
        8 => Just(Actor::Person(0)),
        4 => Just(Actor::Person(1)),
        5 => (0..PEOPLE.len()).prop_map(Actor::Person),
        5 => token().prop_map(Actor::Token),
        1 => token().prop_map(Actor::Impostor),
    ]
}

fn kind_and_owner() -> impl Strategy<Value = (&'static Kind, Place)> {
    let among = |kinds: &[&'static str], owners: &[Place]| {
        (select(kinds.to_vec()), select(owners.to_vec())).prop_map(|(kind, owner)| (Kind::named(kind), owner))
    };
    prop_oneof![
        3 => among(&["organization", "robot"], &["org:a", "org:b", "org:ab"]),
        2 => among(&["group", "robot"], &["org:a/group:x", "org:a/group:y", "org:b/group:x"]),
        3 => among(&["personal"], &["user:1", "user:2", "org:b/user:9", "org:a"]),
        3 => among(&["permission-set", "service"], &["org:a", "org:b", "org:a/group:x", "user:1"]),
        1 => (0..KINDS.len(), select(OWNERS.to_vec())).prop_map(|(kind, owner)| (&KINDS[kind], owner)),
    ]
}

/// A selection, which mostly gives some permission, and an optional narrowing to a place below a
/// boundary, which a number chooses.
fn selection() -> impl Strategy<Value = (Selection, Option<(&'static str, usize)>)> {
    let role = prop_oneof![4 => Just(None), 3 => Just(Some("admin")), 2 => option(ROLES)];
    (
        subsequence(TEMPLATES.to_vec(), 0..2),
        subsequence(PATTERNS.to_vec(), 0..3),
        prop_oneof![3 => Just(Vec::new()), 1 => subsequence(PATTERNS.to_vec(), 1..3)],
        role,
        proptest::option::weighted(0.15, (select(PERMISSIONS.to_vec()), token())),
    )
        .prop_map(|(templates, add, remove, role, narrowed)| {
            (
                Selection {
                    templates,
                    add,
                    remove,
                    role,
                    narrowed: None,
                },
                narrowed,
            )
        })
}

fn narrow((selection, narrowed): (Selection, Option<(&'static str, usize)>), boundary: Place) -> Selection {
    let narrowed = narrowed.map(|(permission, any)| (permission, below(boundary, any)));
    Selection {
        narrowed,
        ..selection
    }
}

/// The place at or below `boundary` that a number chooses.
fn below(boundary: Place, any: usize) -> Place {
    let places: Vec<Place> = PLACES
        .into_iter()
        .filter(|place| covers(boundary, place))
        .collect();
    places[any % places.len()]
}

fn resource(owner: Place) -> impl Fn((u32, usize)) -> Option<Place> {
    move |(sort, any)| match sort {
        0..=5 => None,
        6..=8 => Some(below(owner, any)),
        _ => Some(PLACES[any % PLACES.len()]),
    }
}

fn wanted() -> impl Strategy<Value = CreateRequest> {
    let secret = prop_oneof![
        5 => Just(Secret::Ours),
        2 => select(KEYS.to_vec()).prop_map(Secret::Keyed),
        2 => token().prop_map(Secret::Client),
    ];
    let lifetime = prop_oneof![
        1 => Just(None),
        7 => select(vec![MINUTE, HOUR, 2 * DAY, 30 * DAY, 60 * DAY]).prop_map(Some),
        1 => Just(Some(400 * DAY)),
    ];
    let rare = |values: Vec<u64>| proptest::option::weighted(0.1, select(values));
    let like = proptest::option::weighted(0.3, token());
    let bounds = (
        proptest::option::weighted(0.15, select(NETWORKS.to_vec())),
        proptest::option::weighted(0.1, 1..4u32),
    );
    let details = (
        select(NAMES.to_vec()),
        option(SUBJECTS),
        like,
        option(TAGS),
        bounds,
    );
    let times = (
        lifetime,
        rare(vec![HOUR, DAY]),
        proptest::option::weighted(0.2, select(vec![HOUR, 2 * DAY, 15 * DAY, 30 * DAY])),
    );
    (
        kind_and_owner(),
        details,
        (0..10u32, token()),
        selection(),
        times,
        secret,
    )
        .prop_map(
            |(
                (kind, owner),
                (name, subject, like, tag, (network, credits)),
                place,
                selection,
                (lifetime, begins_in, idle),
                secret,
            )| {
                let resource = resource(owner)(place);
                CreateRequest {
                    kind,
                    name,
                    owner,
                    subject: subject.filter(|_| !kind.backed),
                    backed_like: like.filter(|_| kind.backed),
                    resource,
                    selection: narrow(selection, resource.unwrap_or(owner)),
                    lifetime,
                    begins_in,
                    idle,
                    network,
                    credits,
                    tag,
                    large: None,
                    secret,
                }
            },
        )
}

pub fn change() -> impl Strategy<Value = Change> {
    let selection = prop_oneof![
        2 => Just(None),
        3 => (selection(), select(OWNERS.to_vec())).prop_map(|(selection, at)| Some(narrow(selection, at))),
    ];
    let seen = proptest::option::weighted(0.4, 0..3u64);
    let network = proptest::option::weighted(0.2, proptest::option::of(select(NETWORKS.to_vec())));
    let credits = proptest::option::weighted(0.15, proptest::option::of(1..4u32));
    let remaining = proptest::option::weighted(0.4, 0..4u32);
    (
        selection,
        option(NAMES),
        option(TAGS),
        (network, credits, remaining),
        seen,
    )
        .prop_map(
            |(selection, name, tag, (network, credits, remaining), seen)| Change {
                selection,
                name,
                tag,
                network,
                credits,
                // The remaining credits cannot exceed the amount.
                remaining: remaining.map(|remaining| remaining.min(credits.flatten().unwrap_or(0))),
                seen,
                beyond: None,
            },
        )
}

pub fn renewal() -> impl Strategy<Value = Renewal> {
    let grace = proptest::option::of(select(vec![0, MINUTE, DAY, 3 * DAY, 30 * DAY]));
    let key = proptest::option::weighted(0.3, select(KEYS.to_vec()));
    let lifetime = proptest::option::weighted(0.3, select(vec![HOUR, 2 * DAY, 60 * DAY, 400 * DAY]));
    (grace, any::<bool>(), lifetime, key).prop_map(|(grace, at_first_use, lifetime, key)| Renewal {
        grace,
        at_first_use,
        lifetime,
        key,
    })
}

pub fn derived() -> impl Strategy<Value = Derived> {
    let permissions = proptest::option::weighted(0.4, subsequence(PERMISSIONS.to_vec(), 1..3));
    let lifetime = proptest::option::of(select(vec![MINUTE, HOUR, 3 * DAY]));
    let resource = proptest::option::weighted(0.2, select(PLACES.to_vec()));
    (permissions, resource, lifetime, any::<bool>()).prop_map(|(permissions, resource, lifetime, sibling)| {
        Derived {
            permissions,
            resource,
            lifetime,
            sibling,
        }
    })
}

fn seen() -> impl Strategy<Value = Seen> {
    let ago = prop_oneof![3 => Just(0), 1 => select(vec![MINUTE, HOUR, 8 * DAY])];
    let span = prop_oneof![3 => Just(0), 1 => select(vec![MINUTE, 2 * HOUR, 20 * DAY])];
    let reused = (proptest::bool::weighted(0.3), proptest::bool::weighted(0.2));
    (token(), reused, ago, span).prop_map(|(secret, (reused, late), ago, span)| Seen {
        secret,
        reused,
        late,
        ago,
        span,
    })
}

fn on_token() -> impl Strategy<Value = OnToken> {
    let (disable, enable, revoke, delete) = (
        OnToken::Disable,
        OnToken::Enable,
        OnToken::Revoke,
        OnToken::Delete,
    );
    select(vec![
        OnToken::Get,
        disable,
        disable,
        enable,
        enable,
        revoke,
        delete,
    ])
}

fn on_account() -> impl Strategy<Value = OnAccount> {
    let (disable, enable) = (OnAccount::Disable, OnAccount::Enable);
    select(vec![
        OnAccount::Get,
        disable,
        disable,
        enable,
        enable,
        OnAccount::Delete,
    ])
}

fn whose() -> impl Strategy<Value = Whose> {
    prop_oneof![
        1 => select(ACCOUNTS.to_vec()).prop_map(Whose::Named),
        1 => token().prop_map(Whose::BackerOf),
    ]
}

pub fn rights() -> impl Strategy<Value = Rights> {
    let place = || prop_oneof![1 => Just(ROOT), 2 => Just("org:a"), 2 => select(PLACES.to_vec())];
    let role = prop_oneof![3 => Just("admin"), 1 => select(ROLES.to_vec())];
    let roles = proptest::collection::btree_map(place(), role, 0..3);
    let permissions = proptest::collection::btree_map(place(), subsequence(PATTERNS.to_vec(), 0..3), 0..2);
    (roles, permissions).prop_map(|(roles, permissions)| Rights {
        roles,
        permissions,
        large: None,
    })
}

impl Call {
    /// The token that this call is about, if there is one.
    fn aim(&mut self) -> Option<&mut usize> {
        match self {
            Call::Exchange { token, .. } | Call::Flush { token, .. } => Some(token),
            Call::By(_, Act::Edit(token, _) | Act::Token(_, token) | Act::Rotate(token, _)) => Some(token),
            Call::By(
                _,
                Act::PutAccount(Whose::BackerOf(token), _) | Act::Account(_, Whose::BackerOf(token)),
            ) => Some(token),
            Call::By(_, Act::Create(wanted)) => wanted.backed_like.as_mut(),
            Call::By(..) => None,
        }
    }

    /// This call, about the same token as another call.
    fn aimed_like(mut self, other: &Call) -> Call {
        if let (Some(token), Some(same)) = (self.aim(), other.clone().aim()) {
            *token = *same;
        }
        self
    }

    /// This call with tokens of a state; `None` if the state has none for it.
    pub fn settled(&self, state: &State) -> Option<Call> {
        let count = state.tokens.len();
        let one = |any: usize| named_by(any, count);
        Some(match self {
            Call::By(actor, act) => {
                let actor = match actor {
                    Actor::Token(any) => Actor::Token(one(*any)?),
                    Actor::Impostor(any) => {
                        let token = one(*any)?;
                        state.tokens[token].backed_by.as_ref()?;
                        Actor::Impostor(token)
                    }
                    person @ Actor::Person(_) => *person,
                };
                Call::By(actor, act.settled(state)?)
            }
            Call::Exchange {
                token,
                secret,
                derived,
            } => {
                let token = one(*token)?;
                let secrets = state.tokens[token].secrets.len();
                Call::Exchange {
                    token,
                    secret: secret % secrets,
                    derived: derived.clone(),
                }
            }
            Call::Flush { token, seen } => {
                let token = one(*token)?;
                let found = &state.tokens[token];
                let secret = match found.rotation {
                    // Mostly the successor, whose use may end the old secret.
                    Some(ref rotation) if seen.secret % 5 > 1 => rotation.successor,
                    _ => seen.secret % found.secrets.len(),
                };
                let reused = seen.reused && !found.retired.is_empty();
                let late = seen.late && found.rotation.is_some();
                Call::Flush {
                    token,
                    seen: Seen {
                        secret,
                        reused,
                        late,
                        ..*seen
                    },
                }
            }
        })
    }
}

impl Act {
    fn settled(&self, state: &State) -> Option<Act> {
        let count = state.tokens.len();
        let one = |any: usize| named_by(any, count);
        let whose = |whose: Whose| match whose {
            Whose::BackerOf(any) => one(any)
                .map(Whose::BackerOf)
                .filter(|whose| whose.id(state).is_some()),
            named => Some(named),
        };
        Some(match self {
            Act::Create(wanted) => {
                let mut wanted = wanted.clone();
                wanted.backed_like = wanted
                    .backed_like
                    .and_then(one)
                    .filter(|at| state.tokens[*at].backed_by.is_some());
                if let Secret::Client(any) = wanted.secret {
                    let minted = state.minted.len();
                    wanted.secret = Secret::Client(any.checked_rem(minted)?);
                }
                Act::Create(wanted)
            }
            Act::Edit(token, change) => {
                let token = one(*token)?;
                let revision = state.tokens[token].revision;
                let seen = change
                    .seen
                    .map(|behind| revision.saturating_sub(behind / 2).max(1));
                let mut change = Change {
                    seen,
                    ..change.clone()
                };
                // A narrowing to the whole boundary is none, and the reach cannot show it.
                let boundary = state.tokens[token].boundary;
                if let Some(selection) = &mut change.selection {
                    selection.narrowed = selection.narrowed.filter(|(_, at)| *at != boundary);
                }
                Act::Edit(token, change)
            }
            Act::Token(op, token) => Act::Token(*op, one(*token)?),
            Act::Rotate(token, renewal) => Act::Rotate(one(*token)?, renewal.clone()),
            Act::PutAccount(id, rights) => {
                let id = whose(*id)?;
                // A status has a size, so the largest account that can be put depends on it.
                let is_large = rights.large.is_some_and(|large| !large.beyond);
                let known = state.accounts.get(&id.id(state)?);
                if is_large && known.is_some_and(|account| !account.large) {
                    return None;
                }
                Act::PutAccount(id, rights.clone())
            }
            Act::Account(op, id) => Act::Account(*op, whose(*id)?),
            other => other.clone(),
        })
    }
}
