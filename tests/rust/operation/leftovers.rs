//! A deleted token leaves only its tombstone and its trail, in every family of keys, after any
//! operations.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::too_many_lines
)]

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use leastkey::Deployment;
use leastkey::model::question::{Question, read_requirement};
use leastkey::storage::plan::{Plan, Reads, Write};
use leastkey::verify::verify::verify;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use support::{Host, catalog, instant, text, value};

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

/// The families of keys whose values stay: tombstones, trails, the feed, and idempotency records
/// that expire by themselves.
const STAYS: [&str; 7] = [
    "token/",
    "account/",
    "audit/",
    "audit-head/",
    "feed/",
    "op/",
    "meta/",
];

fn root() -> Json {
    json!({ "id": "user:0", "roles": { "": "admin" } })
}

/// A host whose store drops expired values as soon as it may.
struct World {
    host: Host,
    expires: BTreeMap<String, u64>,
    /// The ids, each with all its credentials.
    made: Vec<(String, Vec<String>)>,
    /// The ids of the sessions.
    sessions: Vec<String>,
    names: usize,
}

#[derive(Clone, Debug)]
enum Act {
    Create {
        technical_user: bool,
        limits: bool,
        name: usize,
    },
    Import,
    Exchange(usize),
    Consume(usize),
    Flush(usize),
    Rotate(usize),
    End(usize, &'static str),
    Rename(usize, usize),
    Limits(usize, Option<u32>),
    Delete(usize),
    Wait(u64),
}

fn act() -> impl Strategy<Value = Act> {
    let which = 0..40_usize;
    let name = 0..4_usize;
    prop_oneof![
        3 => (any::<bool>(), any::<bool>(), name.clone())
            .prop_map(|(technical_user, limits, name)| Act::Create { technical_user, limits, name }),
        2 => Just(Act::Import),
        3 => which.clone().prop_map(Act::Exchange),
        3 => which.clone().prop_map(Act::Consume),
        2 => which.clone().prop_map(Act::Flush),
        3 => which.clone().prop_map(Act::Rotate),
        4 => (which.clone(), proptest::sample::select(vec!["confirmRotation", "abortRotation", "disable", "enable", "revoke"]))
            .prop_map(|(at, op)| Act::End(at, op)),
        2 => (which.clone(), name).prop_map(|(at, name)| Act::Rename(at, name)),
        2 => (which.clone(), proptest::option::of(0..3_u32)).prop_map(|(at, limits)| Act::Limits(at, limits)),
        2 => which.prop_map(Act::Delete),
        1 => proptest::sample::select(vec![HOUR / 2, 2 * HOUR, 3 * DAY]).prop_map(Act::Wait),
    ]
}

impl World {
    fn new() -> World {
        let mut catalog = catalog();
        let all = json!(["name", "limits", "permissions"]);
        catalog["kinds"]["named"] =
            json!({ "uniqueNames": true, "editable": all, "lifetime": { "default": "2d" } });
        catalog["kinds"]["service"] = json!({ "technicalUser": true, "uniqueNames": true, "editable": all });
        let config =
            value(json!({ "prefix": "acme_live", "imported": [{ "prefix": "old_", "digestOf": "whole" }] }));
        World {
            host: Host {
                deployment: Deployment::configure(&config, &value(catalog)).unwrap(),
                ..Host::new()
            },
            expires: BTreeMap::new(),
            made: Vec::new(),
            sessions: Vec::new(),
            names: 0,
        }
    }

    /// Records when the store may drop the values of the last commit.
    fn written(&mut self) {
        for Write {
            key,
            value,
            expires_at,
            ..
        } in std::mem::take(&mut self.host.written)
        {
            if value.is_some() {
                self.expires.remove(&key);
            }
            if let Some(end) = expires_at {
                self.expires.insert(key, end.millis());
            }
        }
    }

    fn call(&mut self, call: Json) -> Option<Json> {
        let answer = self.host.call(call).ok();
        self.written();
        answer
    }

    fn wait(&mut self, time: u64) {
        self.host.now += time;
        let now = self.host.now;
        for (key, _) in self.expires.iter().filter(|(_, end)| **end <= now) {
            self.host.store.remove(key);
        }
        self.expires.retain(|_, end| *end > now);
    }

    fn one(&mut self, op: &str, at: usize) -> Option<Json> {
        let id = self.id(at)?;
        self.call(json!({ "op": op, "id": id, "actor": root() }))
    }

    fn id(&self, at: usize) -> Option<String> {
        let made = self.made.get(at % self.made.len().max(1))?;
        Some(made.0.clone())
    }

    fn keep(&mut self, made: &Json) {
        let id = text(&made["record"]["id"]);
        let credential = made["token"].as_str().map(str::to_owned);
        match self.made.iter_mut().find(|(known, _)| *known == id) {
            Some((_, credentials)) => credentials.extend(credential),
            None => self.made.push((id, credential.into_iter().collect())),
        }
    }

    fn act(&mut self, act: &Act) {
        let names = ["alpha", "Alpha", "beta", "ALPHA"];
        match act {
            Act::Create {
                technical_user,
                limits,
                name,
            } => {
                let kind = if *technical_user { "service" } else { "named" };
                let mut input = json!({ "kind": kind, "name": names[*name], "owner": "org:acme", "templates": ["sender"] });
                if *limits {
                    input["limits"] = json!({ "credits": { "amount": 5, "remaining": 3 } });
                }
                let made = self.call(json!({ "op": "create", "input": input, "actor": root() }));
                made.iter().for_each(|made| self.keep(made));
            }
            Act::Import => {
                self.names += 1;
                let input = json!({
                    "kind": "named", "name": format!("key {}", self.names), "owner": "org:acme", "templates": ["sender"],
                    "limits": { "requests": { "limit": 5, "per": "1m" } }, "encoding": "hex", "digest": format!("{:064x}", self.names),
                });
                let made = self
                    .call(json!({ "op": "importKey", "input": input, "actor": root() }))
                    .unwrap();
                self.keep(&made);
            }
            Act::Exchange(at) => {
                let Some(credential) = self.credential(*at) else {
                    return;
                };
                let made = self.host.exchange(&credential, json!({})).ok();
                self.written();
                if let Some(made) = made {
                    self.sessions.push(text(&made["record"]["id"]));
                    self.keep(&made);
                }
            }
            Act::Consume(at) => self.consume(*at),
            Act::Flush(at) => {
                if let Some(id) = self.id(*at) {
                    let uses = json!([{ "id": id, "at": self.host.now, "asked": ["messages:send"] }]);
                    self.call(json!({ "op": "flush", "uses": uses }));
                }
            }
            Act::Rotate(at) => {
                let Some(id) = self.id(*at) else { return };
                let options = json!({ "expiresIn": "2d" });
                let made =
                    self.call(json!({ "op": "rotate", "id": id, "options": options, "actor": root() }));
                made.iter().for_each(|made| self.keep(made));
            }
            Act::End(at, op) => drop(self.one(op, *at)),
            Act::Rename(at, name) => self.edit(*at, json!({ "name": names[*name] })),
            Act::Limits(at, amount) => {
                let limits =
                    amount.map(|remaining| json!({ "credits": { "amount": 9, "remaining": remaining } }));
                self.edit(*at, json!({ "limits": limits }));
            }
            Act::Delete(at) => drop(self.one("delete", *at)),
            Act::Wait(time) => self.wait(*time),
        }
    }

    fn edit(&mut self, at: usize, change: Json) {
        if let Some(id) = self.id(at) {
            self.call(json!({ "op": "edit", "id": id, "change": change, "actor": root() }));
        }
    }

    fn credential(&self, at: usize) -> Option<String> {
        let (_, credentials) = self.made.get(at % self.made.len().max(1))?;
        credentials.last().cloned()
    }

    /// A verification that is counted.
    fn consume(&mut self, at: usize) {
        let Some(credential) = self.credential(at) else {
            return;
        };
        let asked = value(json!({ "consume": 1 }));
        let requirement = read_requirement(self.host.deployment.catalog(), &asked).unwrap();
        let question = Question::read(&requirement, &asked).unwrap();
        let mut reads = Reads::default();
        loop {
            let now = instant(self.host.now);
            match verify(&self.host.deployment, &credential, &question, &reads, now) {
                Plan::Need(need) => self.host.fetch(&mut reads, need),
                Plan::Commit { writes, .. } => {
                    assert!(self.host.commit(&writes), "nobody else is here");
                    return self.written();
                }
                Plan::Answer(_) => return,
                other @ (Plan::Prepare { .. } | Plan::Refuse(_)) => panic!("{other:?}"),
            }
        }
    }

    /// The values that should be gone but are not.
    fn left(&self) -> Vec<String> {
        let left = self.host.store.iter().filter(|(key, value)| {
            let stays = STAYS.iter().any(|family| key.starts_with(family));
            let tombstone = !key.starts_with("token/") && !key.starts_with("account/")
                || serde_json::from_str::<Json>(value).unwrap()["deletedAt"].is_u64();
            !(stays && tombstone)
        });
        left.map(|(key, value)| format!("{key}: {value}")).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn after_a_deletion_nothing_is_left_but_tombstones_and_the_trail(acts in proptest::collection::vec(act(), 1..60)) {
        let mut world = World::new();
        for act in &acts {
            world.act(act);
        }
        // Deletes all tokens, sessions too, in any order.
        for at in 0..world.made.len() {
            world.one("delete", at);
        }
        prop_assert_eq!(world.left(), Vec::<String>::new(), "after {:?}", acts);
        // A late use or consumption restores no value.
        for at in 0..world.made.len() {
            world.consume(at);
            world.act(&Act::Flush(at));
        }
        prop_assert_eq!(world.left(), Vec::<String>::new(), "late, after {:?}", acts);
        // The tombstone of a session expires with the session's lifetime.
        world.wait(10 * DAY);
        for id in &world.sessions {
            let key = format!("token/{id}");
            prop_assert!(!world.host.store.contains_key(&key), "{} is left", key);
        }
    }
}
