//! No commit has more than the 32 writes of the storage contract, for any depth of owners and any
//! actor. The store of these tests refuses larger commits.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

use leastkey::Deployment;
use serde_json::{Value as Json, json};
use support::{Host, catalog, text, value};

const HOUR: u64 = 3_600_000;

/// More tokens than fit into one commit.
const TOKENS: usize = 10;

fn root() -> Json {
    json!({ "id": "user:0", "roles": { "": "admin" } })
}

/// A host with a kind whose tokens need as many writes as possible.
fn host() -> Host {
    let mut catalog = catalog();
    catalog["kinds"]["service"] =
        json!({ "technicalUser": true, "uniqueNames": true, "rotation": { "reuse": "revoke" } });
    let config = value(json!({ "prefix": "acme_live" }));
    Host {
        deployment: Deployment::configure(&config, &value(catalog)).unwrap(),
        ..Host::new()
    }
}

fn path(name: &str, depth: usize) -> String {
    let segments: Vec<String> = (1..=depth).map(|at| format!("{name}{at}")).collect();
    segments.join("/")
}

/// A person, a token of the owner, and a token of another owner at the maximum depth.
fn actors(host: &mut Host, owner: &str) -> [Json; 3] {
    let of_owner = json!({ "kind": "service", "name": "acting", "owner": owner });
    let elsewhere = json!({
        "kind": "permission-set", "name": "acting", "owner": path("x", 8), "subject": "user:7", "resource": "",
    });
    let [one, other] = [of_owner, elsewhere].map(|mut input| {
        input["role"] = json!("admin");
        let made = host.create(input, root()).unwrap();
        json!({ "token": made["record"]["id"] })
    });
    [root(), one, other]
}

/// Imports the tokens that need the most writes: keys of another system, each with a technical
/// user, a unique name and limits.
fn import(host: &mut Host, owner: &str, actor: &Json, turn: usize) -> Vec<String> {
    let ids = (0..TOKENS).map(|at| {
        let input = json!({
            "kind": "service", "name": format!("{turn}-{at}"), "owner": owner, "templates": ["sender"], "tags": ["swept"], "expiresIn": "10d",
            "limits": { "credits": { "amount": 5 } }, "encoding": "hex", "digest": format!("{:064x}", 100 * turn + at),
        });
        let call = json!({ "op": "importKey", "input": input, "actor": actor });
        text(&host.call(call).unwrap()["record"]["id"])
    });
    ids.collect()
}

/// Runs all pages of a sweep. Returns the number of tokens.
fn sweep(host: &mut Host, mut call: Json) -> usize {
    let mut taken = 0;
    loop {
        let page = host.call(call.clone()).unwrap();
        taken += page["ids"].as_array().unwrap().len();
        let Some(next) = page.get("next") else {
            return taken;
        };
        call["query"]["after"] = next.clone();
    }
}

/// Runs the same sweep as a job: each commit also writes the job's record.
fn job(host: &mut Host, mut call: Json) -> usize {
    call["op"] = json!("startJob");
    let mut job = host.call(call.clone()).unwrap()["job"].clone();
    while job["complete"] == false {
        let advance = json!({
            "op": "advanceJob", "id": job["id"], "options": { "turn": job["pages"] }, "actor": call["actor"],
        });
        job = host.call(advance).unwrap()["job"].clone();
    }
    job["revoked"].as_u64().unwrap() as usize
}

fn flush(host: &mut Host, mut uses: Vec<Json>) {
    while !uses.is_empty() {
        let flushed = host.call(json!({ "op": "flush", "uses": uses })).unwrap();
        let flushed = flushed["flushed"].as_u64().unwrap() as usize;
        assert!(flushed > 0);
        uses.drain(..flushed);
    }
}

#[test]
fn no_commit_has_more_writes_than_a_store_takes() {
    for depth in 1..=7 {
        let owner = path("o", depth);
        let mut host = host();
        for (turn, actor) in actors(&mut host, &owner).into_iter().enumerate() {
            let ids = import(&mut host, &owner, &actor, turn);
            for op in ["disable", "enable", "rotate", "confirmRotation", "delete"] {
                host.one(op, &ids[0], actor.clone()).unwrap();
            }
            let edit =
                json!({ "name": format!("{turn}-other"), "templates": [], "add": ["messages:status"] });
            host.call(json!({ "op": "edit", "id": ids[1], "change": edit, "actor": actor }))
                .unwrap();
            let used = ids[1..].iter().enumerate();
            let used = used.map(|(at, id)| json!({ "id": id, "at": host.now, "reused": at % 2 == 0 }));
            let used = used.collect();
            flush(&mut host, used);

            let query = json!({ "owner": owner, "tag": "swept" });
            let revoke = json!({ "op": "revokeAll", "query": query, "actor": actor });
            let taken = if turn == 0 {
                sweep(&mut host, revoke)
            } else {
                job(&mut host, revoke)
            };
            assert_eq!(taken, TOKENS / 2 - 1, "those that were not reused");
            host.now += 2 * HOUR;
            let query = json!({ "owner": owner, "overFor": format!("{HOUR}ms") });
            let purge = json!({ "op": "purge", "query": query, "actor": actor });
            assert_eq!(sweep(&mut host, purge), TOKENS - 1);
        }
    }
}
