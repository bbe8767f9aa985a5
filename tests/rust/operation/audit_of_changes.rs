//! Every change of a token or an account is in the trail of its owner, in the same commit, with the
//! values before and after. No entry contains a secret.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};

use leastkey::Deployment;
use leastkey::input::Refusal;
use leastkey::storage::audit::Hash;
use leastkey::storage::keys;
use leastkey::value::resource::Resource;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use support::{Host, text, value};

type Store = BTreeMap<String, String>;

const OWNERS: [&str; 3] = ["org:acme", "org:acme/group:eng", "user:7"];
const HOUR: u64 = 3_600_000;

fn root() -> Json {
    json!({ "id": "root", "roles": { "": "admin" } })
}

/// A host, and the tokens and accounts created in it.
struct World {
    host: Host,
    tokens: Vec<String>,
    credentials: Vec<String>,
    technical_users: Vec<String>,
    /// All secrets and digests so far.
    secrets: BTreeSet<String>,
    /// The operations with an entry in a trail.
    recorded: BTreeSet<String>,
}

impl World {
    fn new() -> World {
        let mut catalog = support::catalog();
        catalog["kinds"]["permission-set"]["rotation"] = json!({ "reuse": "disable" });
        let mut host = Host::new();
        let config = value(json!({ "prefix": "acme_live" }));
        host.deployment = Deployment::configure(&config, &value(catalog)).unwrap();
        World {
            host,
            tokens: Vec::new(),
            credentials: Vec::new(),
            technical_users: Vec::new(),
            secrets: BTreeSet::new(),
            recorded: BTreeSet::new(),
        }
    }

    /// Makes a call as an actor and checks the trail after it.
    fn call(&mut self, call: Json) -> Result<Json, Refusal> {
        let op = text(&call["op"]);
        let actor = match &call["actor"] {
            Json::Null => "leastkey".to_owned(),
            actor => match actor.get("token") {
                Some(id) => format!("token:{}", text(id)),
                None => text(&actor["id"]),
            },
        };
        self.made(&op, &actor, |host| host.call(call))
    }

    fn exchange(&mut self, credential: &str, input: Json) -> Result<Json, Refusal> {
        let id = credential["acme_live_2".len()..][..16].to_owned();
        self.made("exchange", &format!("token:{id}"), |host| {
            host.exchange(credential, input)
        })
    }

    fn made(
        &mut self,
        op: &str,
        actor: &str,
        call: impl FnOnce(&mut Host) -> Result<Json, Refusal>,
    ) -> Result<Json, Refusal> {
        let before = self.host.store.clone();
        self.host.written.clear();
        let answer = call(&mut self.host);
        if let Ok(answer) = &answer {
            self.learn(answer);
        }
        self.learn_digests();
        let expected = changes(&before, &self.host.store);
        let entries = self.entries_written();
        for entry in &entries {
            assert_eq!(
                (&entry["operation"], &entry["actor"], &entry["at"]),
                (&json!(op), &json!(actor), &json!(self.host.now))
            );
            self.recorded.insert(op.to_owned());
        }
        // A use of a rotated-out secret changes nothing but has an entry.
        let notes =
            |entry: &Json| op == "flush" && entry["before"] == json!({}) && entry["after"] == json!({});
        let recorded: Vec<Json> = entries
            .iter()
            .filter(|entry| !notes(entry))
            .map(essence)
            .collect();
        assert_eq!(
            sorted(recorded),
            sorted(expected),
            "{op}: the entries are exactly the changes"
        );
        let added = self
            .host
            .store
            .keys()
            .filter(|key| key.starts_with("audit/") && !before.contains_key(*key));
        assert_eq!(added.count(), entries.len(), "{op}: in the same commit");
        answer
    }

    fn learn(&mut self, answer: &Json) {
        let credential = answer["token"].as_str();
        if let Some(credential) = credential {
            let body = credential.strip_prefix("acme_live_").unwrap();
            self.secrets.insert(body[17..47].to_owned());
            self.credentials.push(credential.to_owned());
        }
        if let Some(id) = answer["record"]["id"].as_str() {
            if !self.tokens.iter().any(|known| known == id) {
                self.tokens.push(id.to_owned());
            }
            if let Some(technical_user) = answer["record"]["technicalUser"].as_str() {
                self.technical_users.push(technical_user.to_owned());
            }
        }
    }

    fn learn_digests(&mut self) {
        for (key, stored) in &self.host.store {
            if let Some(digest) = key.strip_prefix("digest/") {
                self.secrets.insert(digest.to_owned());
            }
            if key.starts_with("token/") {
                let record: Json = serde_json::from_str(stored).unwrap();
                let retired = record["retired"].as_array().into_iter().flatten();
                let digests = [&record["digest"], &record["successor"]]
                    .into_iter()
                    .chain(retired);
                self.secrets
                    .extend(digests.filter_map(Json::as_str).map(str::to_owned));
            }
        }
    }

    fn entries_written(&self) -> Vec<Json> {
        let written = self
            .host
            .written
            .iter()
            .filter(|write| write.key.starts_with("audit/"));
        written
            .map(|write| {
                let entry: Json =
                    serde_json::from_str(write.value.clone().flatten().unwrap().as_str()).unwrap();
                let owner = Resource::parse(entry["owner"].as_str().unwrap()).unwrap();
                assert_eq!(
                    write.key,
                    keys::audit_entry(&owner, entry["seq"].as_u64().unwrap())
                );
                entry
            })
            .collect()
    }

    /// Asserts that no entry contains a secret or a digest, and that every trail can be followed to
    /// its end.
    fn conclude(&mut self) {
        assert!(self.tokens.is_empty() || !self.secrets.is_empty());
        let mut owners = BTreeSet::new();
        for (key, entry) in self.host.store.iter().filter(|(key, _)| key.starts_with("audit")) {
            for secret in &self.secrets {
                assert!(!entry.contains(secret), "{key} has a secret or a digest in it");
            }
            if key.starts_with("audit/") {
                let entry: Json = serde_json::from_str(entry).unwrap();
                owners.insert(text(&entry["owner"]));
            }
        }
        for owner in owners {
            let call = json!({ "op": "verifyAudit", "query": { "owner": owner } });
            let check = self.host.call(call).unwrap();
            assert_eq!(check["intact"], true, "{owner}: {check}");
        }
    }
}

/// The token or account in a stored value, as its managers see it; null for a tombstone.
fn state(key: &str, stored: Option<&String>) -> Json {
    let member = if key.starts_with("token/") {
        "token"
    } else {
        "account"
    };
    stored.map_or(Json::Null, |text| {
        serde_json::from_str::<Json>(text).unwrap()[member].take()
    })
}

/// The differences between two stores, in the form of trail entries.
fn changes(before: &Store, after: &Store) -> Vec<Json> {
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let states = all
        .into_iter()
        .filter(|key| key.starts_with("token/") || key.starts_with("account/"));
    states
        .filter(|key| before.get(*key) != after.get(*key))
        .map(|key| {
            let (before, after) = (state(key, before.get(key)), state(key, after.get(key)));
            let one = if after.is_null() { &before } else { &after };
            let id = text(&one["id"]);
            let owner = match (key.starts_with("token/"), one["type"] == "technical-user") {
                (true, _) => text(&one["owner"]),
                (_, true) => id.rsplit_once('/').unwrap().0.to_owned(),
                _ => id.clone(),
            };
            let differing = |from: &Json, other: &Json| -> Map<String, Json> {
                let members = from.as_object().cloned().unwrap_or_default();
                members.into_iter().filter(|(name, value)| other.get(name) != Some(value)).collect()
            };
            let of = if key.starts_with("token/") { "token" } else { "account" };
            json!({ "owner": owner, of: id, "before": differing(&before, &after), "after": differing(&after, &before) })
        })
        .collect()
}

/// The members of an entry that `changes` has.
fn essence(entry: &Json) -> Json {
    let members = entry.as_object().unwrap().iter();
    let names = ["owner", "token", "account", "before", "after"];
    Json::Object(
        members
            .filter(|(name, _)| names.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

fn sorted(entries: Vec<Json>) -> Vec<String> {
    let text = |mut entry: Json| {
        entry.sort_all_objects();
        entry.to_string()
    };
    let mut texts: Vec<String> = entries.into_iter().map(text).collect();
    texts.sort();
    texts
}

/// A random operation: numbers choose the operation and its arguments.
type Act = (usize, usize, usize, usize);

fn actor(world: &World, which: usize) -> Json {
    match which % 6 {
        0 => json!({ "id": "user:1", "roles": { "org:acme": "admin" } }),
        1 => json!({ "id": "user:2", "roles": { "org:acme/group:eng": "admin" } }),
        2 => json!({ "id": "user:7", "permissions": ["messages:send", "messages:status"] }),
        3 if !world.tokens.is_empty() => json!({ "token": world.tokens[which % world.tokens.len()] }),
        _ => root(),
    }
}

fn input(world: &World, variant: usize, owner: &str) -> Json {
    let mut input =
        json!({ "name": format!("n{}", variant % 5), "owner": owner, "tags": [format!("t{}", variant % 2)] });
    let more = match variant % 4 {
        0 => json!({ "kind": "organization", "owner": "org:acme", "expiresIn": "20d", "role": "user" }),
        1 => {
            json!({ "kind": "group", "owner": "org:acme/group:eng", "expiresIn": "2d", "role": (["user", "admin"][variant / 4 % 2]) })
        }
        2 => json!({ "kind": "personal", "owner": "user:7", "add": ["messages:send"] }),
        _ => {
            json!({ "kind": "permission-set", "templates": ["sender"], "metadata": { "team": variant }, "expiresIn": "1d" })
        }
    };
    more.as_object()
        .unwrap()
        .iter()
        .for_each(|(name, value)| input[name] = value.clone());
    if variant.is_multiple_of(8) && !world.technical_users.is_empty() {
        input["technicalUser"] = json!(world.technical_users[variant % world.technical_users.len()]);
    }
    input
}

fn act(world: &mut World, (which, who, at, variant): Act) {
    let by = actor(world, who);
    let owner = OWNERS[at % OWNERS.len()];
    let id = (!world.tokens.is_empty()).then(|| world.tokens[at % world.tokens.len()].clone());
    let hex = json!(Hash::of(&variant.to_string()));
    let on_token = [
        "disable",
        "enable",
        "revoke",
        "delete",
        "confirmRotation",
        "abortRotation",
    ];
    let on_account = ["disableAccount", "enableAccount", "deleteAccount"];
    // Refused calls change nothing and add no entry; each call checks this too.
    let _ = match (which, id) {
        (0..=3, _) => {
            world.call(json!({ "op": "create", "input": input(world, variant, owner), "actor": by }))
        }
        (4..=9, Some(id)) => world.call(json!({ "op": on_token[which - 4], "id": id, "actor": by })),
        (10 | 11, Some(id)) => {
            let change = match variant % 5 {
                0 => json!({ "name": format!("renamed {variant}") }),
                1 => json!({ "tags": ["t0", "t9"], "description": "what it is for" }),
                2 => json!({ "description": null, "metadata": { "a": [1, variant] } }),
                3 => json!({ "add": ["messages:status"] }),
                _ => {
                    json!({ "limits": { "rate": { "requests": 5, "per": "1m" } }, "conditions": { "ip": ["10.0.0.0/8"] } })
                }
            };
            world.call(json!({ "op": "edit", "id": id, "change": change, "actor": by }))
        }
        (12 | 13, Some(id)) => {
            let options = match variant % 4 {
                0 => json!({ "grace": 0 }),
                1 => json!({ "digest": hex, "scheme": "credential-2" }),
                _ => json!({ "endOldAtFirstUse": variant.is_multiple_of(2) }),
            };
            world.call(json!({ "op": "rotate", "id": id, "options": options, "actor": by }))
        }
        (14, _) if !world.credentials.is_empty() => {
            let credential = world.credentials[at % world.credentials.len()].clone();
            world.exchange(
                &credential,
                json!({ "expiresIn": "20m", "sibling": variant.is_multiple_of(3) }),
            )
        }
        (15, _) => {
            let input = json!({
                "id": owner, "title": format!("Title {}", variant % 3),
                "roles": { (owner): (["admin", "user"][variant % 2]) }, "permissions": { "org:acme": ["**"], "user:7": ["**"] },
            });
            world.call(json!({ "op": "putAccount", "input": input, "actor": root() }))
        }
        (16..=18, _) => {
            let technical = world.technical_users.get(variant % 5).cloned();
            let id = technical.unwrap_or(owner.to_owned());
            // Deletions are rare, because without owners most operations fail.
            let op = on_account[if variant.is_multiple_of(20) { 2 } else { which % 2 }];
            world.call(json!({ "op": op, "id": id, "actor": root() }))
        }
        (19, _) => {
            let query = json!({ "owner": owner, "tag": format!("t{}", variant % 9) });
            let options = json!({ "reason": "clean-up" });
            sweep(
                world,
                json!({ "op": "revokeAll", "query": query, "options": options, "actor": by }),
            )
        }
        (20, _) => {
            let query = json!({ "owner": owner, "overFor": "1h" });
            sweep(world, json!({ "op": "purge", "query": query }))
        }
        (21, Some(id)) => {
            let mut used = json!({ "id": id, "at": world.host.now, "uses": variant % 3, "reused": variant.is_multiple_of(5) });
            if variant.is_multiple_of(2) {
                used["successor"] = json!(2 + variant % 3);
            }
            world.call(json!({ "op": "flush", "uses": [used] }))
        }
        (22, _) => {
            let mut row = input(world, variant, owner);
            let more = json!({ "digest": hex, "encoding": "hex", "hint": "sk_12", "disabled": variant.is_multiple_of(2) });
            more.as_object()
                .unwrap()
                .iter()
                .for_each(|(name, value)| row[name] = value.clone());
            world.call(json!({ "op": "importKey", "input": row, "actor": by }))
        }
        _ => {
            world.host.now += (variant as u64 % 30) * HOUR;
            Ok(Json::Null)
        }
    };
    world.host.now += 1;
}

/// All pages of an operation on many tokens.
fn sweep(world: &mut World, mut call: Json) -> Result<Json, Refusal> {
    loop {
        let page = world.call(call.clone())?;
        match page.get("next") {
            Some(next) => call["query"]["after"] = next.clone(),
            None => return Ok(page),
        }
    }
}

#[test]
fn every_operation_that_changes_something_is_told() {
    let mut world = World::new();
    // Three thousand operations from one seed: SplitMix64.
    let mut seed = 7_u64;
    let mut next = || {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed >> 33) as usize
    };
    for _ in 0..10 {
        world = World {
            recorded: world.recorded,
            ..World::new()
        };
        for _ in 0..300 {
            act(&mut world, (next() % 24, next(), next(), next() % 1_000));
        }
        world.conclude();
    }
    let recorded: Vec<&str> = world.recorded.iter().map(String::as_str).collect();
    let changing = "abortRotation confirmRotation create delete deleteAccount disable disableAccount edit enable enableAccount exchange \
                    flush importKey purge putAccount revoke revokeAll rotate";
    assert_eq!(recorded, changing.split(' ').collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_sequence_of_operations_is_told_as_it_was_stored(
        acts in prop::collection::vec((0..24_usize, 0..60_usize, 0..60_usize, 0..1_000_usize), 1..60),
    ) {
        let mut world = World::new();
        acts.into_iter().for_each(|one| act(&mut world, one));
        world.conclude();
    }
}
