//! The authority check: every operation that hands out a secret, creates, widens, renews or revives
//! a token uses it. Each cell of its table (operation × aspect) is necessary: without it, a
//! forbidden call succeeds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../support/mod.rs"]
mod support;

use leastkey::Deployment;
use leastkey::input::{ErrorCode, Refusal};
use leastkey::operation::{Aspect, DelegationChecks};
use serde_json::{Value as Json, json};
use support::{Host, text, value};

const ALL: [&str; 6] = [
    "messages:send",
    "messages:status",
    "messages:templates:read",
    "messages:templates:write",
    "policy:read",
    "policy:write",
];

fn root() -> Json {
    json!({ "id": "root", "roles": { "": "admin" } })
}

/// A host with a kind whose tokens can be edited in every field.
fn host() -> Host {
    let mut catalog = support::catalog();
    catalog["kinds"]["tool"] = json!({
        "editable": ["permissions", "name", "description", "tags", "metadata", "conditions", "limits"],
        "actions": ["disable", "revoke", "delete", "rotate", "exchange"],
        "lifetime": { "default": "30d", "longest": "365d" },
    });
    let mut host = Host::new();
    host.deployment =
        Deployment::configure(&value(json!({ "prefix": "acme_live" })), &value(catalog)).unwrap();
    host
}

/// An actor with every permission at `org:acme` and at its own resource, who is no admin.
fn user() -> Json {
    json!({ "id": "user:7", "roles": { "org:acme": "user" }, "permissions": ALL })
}

/// The same actor with fewer permissions.
fn reader() -> Json {
    json!({ "id": "user:7", "roles": { "org:acme": "user" } })
}

fn with(mut base: Json, changes: &Json) -> Json {
    for (name, value) in changes.as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}

/// A token of `user:7`.
fn own(changes: &Json) -> Json {
    let base = json!({ "kind": "tool", "name": "Own", "owner": "user:7", "resource": "org:acme",
        "add": ["messages:status"] });
    with(base, changes)
}

/// A token of the organisation that manages others, with a bound.
fn manager(host: &mut Host, bound: &Json) -> Json {
    let base = json!({ "kind": "organization", "name": "Manager", "owner": "org:acme", "role": "admin",
        "expiresIn": "90d" });
    let made = host.create(with(base, bound), root()).unwrap();
    json!({ "token": made["record"]["id"] })
}

/// The bound of an acting token in one aspect.
fn bound(aspect: Aspect) -> Option<Json> {
    match aspect {
        Aspect::End => Some(json!({ "expiresIn": "1d" })),
        Aspect::Idle => Some(json!({ "idleAfter": "1h" })),
        Aspect::Conditions => Some(json!({ "conditions": { "ips": ["10.0.0.0/8"] } })),
        Aspect::Limits => Some(json!({ "limits": { "credits": { "amount": 1 } } })),
        _ => None,
    }
}

/// The members of a token that need an aspect, and an actor without enough of it.
fn beyond(aspect: Aspect) -> (Json, Json) {
    match aspect {
        Aspect::Permissions => (json!({ "add": ["messages:send"] }), reader()),
        Aspect::Role => (json!({ "role": "admin" }), user()),
        Aspect::Subject => (json!({ "subject": "profile:42" }), user()),
        other => panic!("{other:?} bounds tokens only"),
    }
}

fn imported(input: &Json) -> Json {
    with(
        input.clone(),
        &json!({ "digest": "ab".repeat(32), "encoding": "hex" }),
    )
}

/// Sets up one cell and makes the call that the cell refuses.
fn attempt(
    host: &mut Host,
    checks: DelegationChecks,
    operation: &str,
    aspect: Aspect,
) -> Result<Json, Refusal> {
    let call = match (operation, bound(aspect)) {
        ("exchange", _) => {
            let made = host.create(own(&json!({})), root()).unwrap();
            let credential = text(&made["token"]);
            host.checks = checks;
            return host.exchange(&credential, json!({ "permissions": ["policy:read"] }));
        }
        ("putAccount" | "enableAccount", bound) => account_call(host, operation, aspect, bound),
        (_, Some(bound)) => {
            let actor = manager(host, &bound);
            let owned = own(&json!({ "owner": "org:acme/user:8", "expiresIn": "2d" }));
            token_call(host, operation, &owned, &json!({ "add": ALL }), &actor)
        }
        (_, None) if aspect == Aspect::HeldAbove => {
            let above = json!({ "conditions": { "ips": ["10.0.0.0/8"] }, "expiresIn": "1d" });
            let id = host.create(own(&above), root()).unwrap()["record"]["id"].clone();
            match operation {
                "edit" => {
                    json!({ "op": "edit", "id": id, "change": { "conditions": null }, "actor": user() })
                }
                _ => json!({ "op": operation, "id": id, "options": { "expiresIn": "9d" }, "actor": user() }),
            }
        }
        (_, None) => {
            let (more, actor) = beyond(aspect);
            let change = if aspect == Aspect::Subject {
                json!({ "add": ALL })
            } else {
                more.clone()
            };
            // An edit adds what was absent; the other operations hand out what is present.
            let before = if operation == "edit" && aspect != Aspect::Subject {
                json!({})
            } else {
                more
            };
            token_call(host, operation, &own(&before), &change, &actor)
        }
    };
    host.checks = checks;
    host.call(call)
}

fn token_call(host: &mut Host, operation: &str, input: &Json, change: &Json, actor: &Json) -> Json {
    match operation {
        "create" => return json!({ "op": "create", "input": input, "actor": actor }),
        "importKey" => return json!({ "op": "importKey", "input": imported(input), "actor": actor }),
        _ => {}
    }
    let id = host.create(input.clone(), root()).unwrap()["record"]["id"].clone();
    match operation {
        "edit" => json!({ "op": "edit", "id": id, "change": change, "actor": actor }),
        "enable" => {
            host.one("disable", id.as_str().unwrap(), actor.clone()).unwrap();
            json!({ "op": "enable", "id": id, "actor": actor })
        }
        _ => json!({ "op": operation, "id": id, "actor": actor }),
    }
}

fn account_call(host: &mut Host, operation: &str, aspect: Aspect, bound: Option<Json>) -> Json {
    let (input, actor) = match (aspect, bound) {
        (Aspect::Permissions, _) => (
            json!({ "id": "org:acme/user:8", "permissions": { "org:acme": ["policy:*"] } }),
            manager(host, &json!({ "remove": ["policy:**"] })),
        ),
        (Aspect::Role, _) => (
            json!({ "id": "org:acme/user:8", "roles": { "org:other": "admin" } }),
            json!({ "id": "user:1", "roles": { "org:acme": "admin", "org:other": "user" }, "permissions": ALL }),
        ),
        (_, Some(bound)) => (
            json!({ "id": "org:acme/user:8", "permissions": { "org:acme": ["policy:*"] } }),
            manager(host, &bound),
        ),
        (other, None) => panic!("{other:?} is not asked of accounts"),
    };
    if operation == "putAccount" {
        return json!({ "op": "putAccount", "input": input, "actor": actor });
    }
    let id = input["id"].clone();
    host.call(json!({ "op": "putAccount", "input": input, "actor": root() }))
        .unwrap();
    host.one("disableAccount", id.as_str().unwrap(), actor.clone())
        .unwrap();
    json!({ "op": "enableAccount", "id": id, "actor": actor })
}

/// The expected table, written out separately so that a missing cell fails the test.
#[test]
fn the_table_has_every_cell() {
    use Aspect::{Conditions, End, HeldAbove, Idle, Limits, Permissions, Role, Subject};
    let whole = vec![Permissions, Role, Subject, End, Idle, Conditions, Limits];
    let changing = [whole.clone(), vec![HeldAbove]].concat();
    let of_accounts = vec![Permissions, Role, Idle, Conditions, Limits];
    let expected = [
        ("create", whole.clone()),
        ("importKey", whole.clone()),
        ("edit", changing.clone()),
        ("rotate", changing),
        ("enable", whole),
        ("exchange", vec![Permissions]),
        ("putAccount", of_accounts.clone()),
        ("enableAccount", of_accounts),
    ];
    let expected = expected
        .into_iter()
        .flat_map(|(operation, aspects)| aspects.into_iter().map(move |aspect| (operation, aspect)));
    assert_eq!(
        DelegationChecks::cells().collect::<Vec<_>>(),
        expected.collect::<Vec<_>>()
    );
}

#[test]
fn every_cell_of_the_table_stops_something_that_nothing_else_stops() {
    let mut unneeded = Vec::new();
    for (operation, aspect) in DelegationChecks::cells() {
        let whole = attempt(&mut host(), DelegationChecks::default(), operation, aspect);
        match whole {
            Err(refusal) => {
                let codes = [ErrorCode::ExceedsCeiling, ErrorCode::Forbidden];
                assert!(
                    codes.contains(&refusal.code),
                    "{operation} {aspect:?}: {refusal:?}"
                );
                let named = refusal.message.split(':').next().unwrap();
                assert!(
                    named.chars().all(char::is_alphanumeric),
                    "{operation} {aspect:?} names its aspect first: {}",
                    refusal.message
                );
            }
            Ok(answer) => panic!("{operation} {aspect:?}: {answer}"),
        }
        let without = DelegationChecks::without(operation, aspect);
        if let Err(refusal) = attempt(&mut host(), without, operation, aspect) {
            unneeded.push(format!("{operation} {aspect:?}: {}", refusal.message));
        }
    }
    assert!(
        unneeded.is_empty(),
        "stopped without their cell too: {unneeded:#?}"
    );
}

#[test]
fn a_debt_of_credits_is_forgiven_by_none_but_who_may_raise_what_is_left() {
    let mut host = host();
    let input = json!({ "kind": "tool", "name": "T", "owner": "org:acme", "templates": ["sender"],
        "limits": { "credits": { "amount": 100 } } });
    let made = host.create(input, root()).unwrap();
    let id = text(&made["record"]["id"]);
    // 60 credits were used before the amount was lowered.
    let counted = r#"{"v":1,"of":{"credits":{"amount":100}},"credits":40}"#;
    host.store.insert(format!("limit/{id}"), counted.to_owned());
    let edit = |credits: Json, actor: Json| json!({ "op": "edit", "id": id, "change": { "limits": { "credits": credits } }, "actor": actor });
    host.call(edit(json!({ "amount": 10 }), root())).unwrap();
    let forgiving = json!({ "amount": 10, "remaining": 0 });
    let admin = json!({ "id": "user:1", "roles": { "org:acme": "admin" } });
    let refused = host.call(edit(forgiving.clone(), admin)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::Forbidden);
    host.call(edit(forgiving, root())).unwrap();
}

#[test]
fn a_deleted_account_takes_nothing_off_what_an_owner_needs_for_its_token() {
    let mut host = host();
    let input = json!({ "id": "user:8", "permissions": { "user:8": ["policy:*"] } });
    host.call(json!({ "op": "putAccount", "input": input, "actor": root() }))
        .unwrap();
    let input = own(&json!({ "subject": "user:8", "add": ["messages:send"] }));
    let id = host.create(input, root()).unwrap()["record"]["id"].clone();
    let owner = json!({ "id": "user:7", "roles": { "org:acme": "user", "user:7": "admin" } });
    let on_token = |op: &str| json!({ "op": op, "id": id, "actor": owner });
    // The account allows nothing of the token, so its owner needs nothing for it.
    host.call(on_token("disable")).unwrap();
    host.call(on_token("enable")).unwrap();
    host.call(on_token("disable")).unwrap();
    host.one("deleteAccount", "user:8", root()).unwrap();
    for op in ["enable", "rotate"] {
        let refused = host.call(on_token(op)).unwrap_err();
        assert_eq!(refused.code, ErrorCode::ExceedsCeiling, "{op}");
        assert!(
            refused.message.starts_with("permissions: "),
            "{}",
            refused.message
        );
    }
    host.call(on_token("revoke")).unwrap();
}
