//! The keys by which the writers of one process queue, and their priority.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../support/mod.rs"]
mod support;

use leastkey::Deployment;
use leastkey::operation::{Answer, plan, plan_exchange};
use leastkey::storage::plan::{Plan, Reads};
use serde_json::{Value as Json, json};
use support::{Host, admin, catalog, value};

const TRAIL: &str = "audit-head/org:acme";

/// The queues of a call in order, each with whether the call overtakes others there. Runs the call.
fn queues(host: &mut Host, step: impl Fn(&Host, &Reads) -> Plan<Answer>) -> Vec<(String, bool)> {
    let mut reads = Reads::default();
    let mut queues = Vec::new();
    loop {
        match step(host, &reads) {
            Plan::Need(need) => {
                if let Some(queue) = need.queue.clone() {
                    queues.push((queue, need.urgent));
                }
                host.fetch(&mut reads, need);
            }
            Plan::Commit { writes, .. } => {
                assert!(host.commit(&writes));
                return queues;
            }
            other => panic!("{other:?}"),
        }
    }
}

fn of_call(host: &mut Host, call: Json) -> Vec<(String, bool)> {
    host.calls += 1;
    let call = value(call);
    queues(host, |host, reads| {
        plan(&host.deployment, &call, reads, host.time(), &host.entropy())
    })
}

/// A host whose tokens can be edited in every field.
fn editable() -> Host {
    let mut catalog = catalog();
    catalog["kinds"]["permission-set"]["editable"] =
        json!(["permissions", "name", "description", "conditions", "limits"]);
    let config = value(json!({ "prefix": "acme_live" }));
    let deployment = Deployment::configure(&config, &value(catalog)).unwrap();
    Host {
        deployment,
        ..Host::new()
    }
}

fn created(host: &mut Host, more: Json) -> (String, String) {
    let mut input =
        json!({ "kind": "permission-set", "name": "A", "owner": "org:acme", "templates": ["sender"] });
    input
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let made = host.create(input, admin()).unwrap();
    let text = |json: &Json| json.as_str().unwrap().to_owned();
    (text(&made["token"]), text(&made["record"]["id"]))
}

#[test]
fn a_change_queues_by_owner_then_by_shard_and_what_ends_something_overtakes() {
    let root = json!({ "id": "user:0", "roles": { "": "admin" } });
    let edit = |change: Json| json!({ "op": "edit", "change": change });
    for (call, urgent) in [
        (json!({ "op": "revoke" }), true),
        (json!({ "op": "disable" }), true),
        (json!({ "op": "delete" }), true),
        (
            json!({ "op": "revokeAll", "query": { "owner": "org:acme", "after": "owner/org:acme/" } }),
            true,
        ),
        (json!({ "op": "rotate", "options": { "grace": 0 } }), true),
        (json!({ "op": "rotate", "options": { "grace": "1s" } }), false),
        (edit(json!({ "name": "B" })), false),
        (edit(json!({ "description": "more words" })), false),
        (edit(json!({ "add": ["policy:read"] })), false),
        (edit(json!({ "templates": [], "add": ["messages:status"] })), true),
        (
            edit(json!({ "templates": [], "add": ["messages:status", "policy:read"] })),
            false,
        ),
        (edit(json!({ "conditions": { "ips": ["10.0.0.0/8"] } })), true),
        (edit(json!({ "limits": { "credits": { "amount": 1 } } })), true),
    ] {
        let mut host = editable();
        let (_, id) = created(&mut host, json!({}));
        let mut call = call;
        call["actor"] = root.clone();
        if call.get("query").is_none() {
            call["id"] = json!(id);
        }
        let found = of_call(&mut host, call.clone());
        let shard = found.last().unwrap().0.clone();
        assert!(shard.starts_with("feed/"), "{call}: {shard}");
        assert_eq!(found, [(TRAIL.to_owned(), urgent), (shard, urgent)], "{call}");
    }
}

#[test]
fn what_binds_or_ends_an_account_overtakes_too() {
    let root = json!({ "id": "user:0", "roles": { "": "admin" } });
    let put = |more: Json| {
        let mut input = json!({ "id": "org:acme" });
        let more = more.as_object().unwrap().clone();
        input.as_object_mut().unwrap().extend(more);
        json!({ "op": "putAccount", "input": input })
    };
    let mut host = Host::new();
    for (call, urgent) in [
        (
            put(json!({ "permissions": { "org:acme": ["messages:**"] } })),
            true,
        ),
        (put(json!({ "permissions": { "org:acme": ["**"] } })), false),
        (
            put(json!({ "permissions": { "org:acme": ["**"] }, "title": "Acme" })),
            false,
        ),
        (put(json!({ "roles": { "org:acme": "admin" } })), false),
        (put(json!({ "permissions": { "org:acme": ["**"] } })), true),
        (
            put(json!({ "permissions": { "org:acme": ["policy:read"] } })),
            true,
        ),
        (
            put(json!({ "permissions": { "org:acme": ["messages:**"] } })),
            false,
        ),
        (json!({ "op": "disableAccount", "id": "org:acme" }), true),
        (json!({ "op": "enableAccount", "id": "org:acme" }), false),
        (json!({ "op": "deleteAccount", "id": "org:acme" }), true),
    ] {
        let mut call = call;
        call["actor"] = root.clone();
        let found = of_call(&mut host, call.clone());
        assert_eq!(found.len(), 2, "{call}");
        assert!(
            found.iter().all(|(_, marked)| *marked == urgent),
            "{call}: {found:?}"
        );
    }
}

#[test]
fn what_is_made_queues_by_owner_alone() {
    let mut host = Host::new();
    let input =
        json!({ "kind": "permission-set", "name": "A", "owner": "org:acme", "templates": ["sender"] });
    let create = json!({ "op": "create", "input": input, "actor": admin() });
    assert_eq!(of_call(&mut host, create), [(TRAIL.to_owned(), false)]);
    let (credential, _) = created(&mut host, json!({ "name": "B" }));
    host.calls += 1;
    let found = queues(&mut host, |host, reads| {
        let (time, entropy) = (host.time(), host.entropy());
        plan_exchange(
            &host.deployment,
            &credential,
            &value(json!({})),
            reads,
            time,
            &entropy,
        )
    });
    assert_eq!(found, [(TRAIL.to_owned(), false)]);
}

#[test]
fn uses_queue_at_the_counter_that_they_share() {
    let mut host = Host::new();
    let limits = json!({ "limits": { "credits": { "amount": 10 } } });
    let (credential, id) = created(&mut host, limits);
    let session = host.exchange(&credential, json!({})).unwrap();
    let session = session["token"].as_str().unwrap().to_owned();
    for credential in [credential, session] {
        let mut reads = Reads::default();
        let queue = loop {
            let requirement = leastkey::model::question::read_requirement(
                host.deployment.catalog(),
                &value(json!({ "consume": 1 })),
            )
            .unwrap();
            let question = value(json!({ "consume": 1 }));
            let question = leastkey::model::question::Question::read(&requirement, &question).unwrap();
            match leastkey::verify::verify::verify(
                &host.deployment,
                &credential,
                &question,
                &reads,
                host.time().now,
            ) {
                Plan::Need(need) if need.queue.is_some() => break need.queue,
                Plan::Need(need) => host.fetch(&mut reads, need),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(queue, Some(format!("limit/{id}")));
    }
}
