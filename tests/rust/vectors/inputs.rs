//! The inputs of the vectors. Ids, times and random bytes come from counters, so that a run writes
//! the same files as the run before.

use leastkey::Deployment;
use serde_json::{Value as Json, json};

use super::run::{Store, call, value};

/// The files of cases.
pub const FILES: [&str; 7] = [
    "digests",
    "selections",
    "records",
    "requirements",
    "verdicts",
    "plans",
    "audit",
];

/// 2026-11-23T00:00:00Z, a Monday.
const START: u64 = 1_795_392_000_000;
const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

const RECORD_KEYS: [&str; 2] = [
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
];

pub fn deployments() -> Json {
    json!({
        "main": { "config": { "prefix": "acme_test" }, "catalog": catalog() },
        "sealed": {
            "config": { "prefix": "acme_test", "recordKeys": [RECORD_KEYS[0]] },
            "catalog": catalog(),
        },
        "sealed by a newer key": {
            "config": { "prefix": "acme_test", "recordKeys": [RECORD_KEYS[1], RECORD_KEYS[0]] },
            "catalog": catalog(),
        },
        "imported": {
            "config": {
                "prefix": "acme_live",
                "imported": [
                    { "prefix": "old_", "digestOf": "whole" },
                    { "prefix": "older-", "digestOf": "rest" },
                ],
            },
            "catalog": catalog(),
        },
        "long": { "config": { "prefix": "acme_test" }, "catalog": long_catalog() },
    })
}

fn catalog() -> Json {
    json!({
        "version": "2026-11-23",
        "services": {
            "messages": { "title": "Messages", "permissions": {
                "send": { "title": "Send", "implies": ["messages:status"] },
                "status": "Status",
                "bulk": { "title": "Bulk", "grantable": true, "permissions": {
                    "run": "Run",
                    "stop": { "title": "Stop", "deprecated": { "replacement": "messages:bulk:run" } },
                } },
            } },
            "policy": { "title": "Policy", "permissions": {
                "read": "Read",
                "write": { "title": "Write", "implies": ["policy:read"] },
                "audit": { "title": "Audit", "was": ["policy:history"] },
            } },
        },
        "templates": {
            "sender": { "title": "Sender", "permissions": ["messages:send"] },
            "operator": { "title": "Operator", "version": 3, "extends": ["sender"], "permissions": ["messages:bulk:**"] },
            "reader": { "title": "Reader", "permissions": ["**:read"] },
            "everything": { "title": "Everything", "permissions": ["**"] },
        },
        "roles": {
            "user": { "title": "User", "permissions": ["policy:read", "messages:send", "messages:status"] },
        },
        "kinds": {
            "permission-set": { "lifetime": { "default": "30d", "longest": "365d" } },
            "service": {
                "title": "Service", "technicalUser": true, "uniqueNames": true, "owners": ["org:*"],
                "rotation": { "grace": "1h", "longestGrace": "2d", "reuse": "disable" },
            },
            "idle": { "title": "Idle", "lifetime": { "idle": "7d" } },
            "session": { "sessions": 2 },
        },
        "retired": ["messages:fax"],
    })
}

/// So many permissions that lists of them are stored by vocabularies.
fn long_catalog() -> Json {
    let many: serde_json::Map<String, Json> = (0..240)
        .map(|at| (format!("m{at:03}"), json!("One of many")))
        .collect();
    let mut catalog = catalog();
    catalog["services"]["many"] = json!({ "title": "Many", "permissions": many });
    catalog
}

fn root() -> Json {
    json!({ "id": "user:root", "roles": { "": "admin" } })
}

fn admin() -> Json {
    json!({ "id": "user:ada", "roles": { "org:acme": "admin" } })
}

fn user() -> Json {
    json!({ "id": "user:7", "roles": { "org:acme": "user" }, "permissions": ["messages:send", "messages:status"] })
}

/// Bytes that differ from call to call: SplitMix64.
fn entropy(calls: u64) -> String {
    let mut state = calls.wrapping_mul(0xd134_2543_de82_ef95);
    let words = (0..8).map(|_| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        format!("{:016x}", mixed ^ (mixed >> 31))
    });
    words.collect()
}

/// Calls one after the other, on one store.
struct Story {
    name: String,
    deployment_name: String,
    deployment: Deployment,
    store: Store,
    now: u64,
    calls: Vec<Json>,
    /// The new credential of the last call.
    credential: String,
}

impl Story {
    fn new(name: &str, deployment: &str, deployments: &Json) -> Story {
        let parts = &deployments[deployment];
        Story {
            name: name.to_owned(),
            deployment_name: deployment.to_owned(),
            deployment: Deployment::configure(&value(&parts["config"]), &value(&parts["catalog"])).unwrap(),
            store: Store::new(),
            now: START,
            calls: Vec::new(),
            credential: String::new(),
        }
    }

    /// Makes a call a second after the last one. Returns its answer, or its refusal.
    fn call(&mut self, name: &str, made: Json) -> Json {
        self.run(name, "call", made)
    }

    fn exchange(&mut self, name: &str, credential: &str, input: Json) -> Json {
        self.run(
            name,
            "exchange",
            json!({ "credential": credential, "input": input }),
        )
    }

    fn run(&mut self, name: &str, how: &str, made: Json) -> Json {
        self.now += 1_000;
        let seed = self.calls.len() as u64 + 1 + self.name.len() as u64 * 1_000;
        let mut case = json!({ "name": name, "now": self.now, "entropy": entropy(seed) });
        case[how] = made;
        let (steps, credential) = call(&self.deployment, &mut self.store, &case);
        self.calls.push(case);
        self.credential = credential.unwrap_or_default();
        let last = steps.as_array().unwrap().last().unwrap().clone();
        let answer = &last["commit"]["answer"];
        match (answer, &last["answer"]) {
            (Json::Null, Json::Null) => last["refuse"].clone(),
            (Json::Null, answer) | (answer, _) => answer.clone(),
        }
    }

    /// Creates a token of `org:acme`. Returns its credential and its id.
    fn create(&mut self, name: &str, input: Json) -> (String, String) {
        let mut whole = json!({ "kind": "permission-set", "name": name, "owner": "org:acme" });
        whole
            .as_object_mut()
            .unwrap()
            .extend(input.as_object().unwrap().clone());
        let made = self.call(name, json!({ "op": "create", "input": whole, "actor": root() }));
        let id = made["record"]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{name}: {made}"));
        (self.credential.clone(), id.to_owned())
    }

    fn one(&mut self, op: &str, id: &str) -> Json {
        self.call(op, json!({ "op": op, "id": id, "actor": root() }))
    }

    fn case(self) -> Json {
        json!({ "name": self.name, "deployment": self.deployment_name, "store": "empty", "calls": self.calls })
    }

    fn entries(&self) -> Json {
        json!(self.store.iter().collect::<Vec<_>>())
    }
}

/// The stores and the cases of a file.
pub fn cases(file: &str, deployments: &Json) -> (Json, Vec<Json>) {
    match file {
        "digests" => (json!({}), digests(deployments)),
        "selections" => (json!({}), selections()),
        "records" => records(deployments),
        "requirements" => requirements(deployments),
        "verdicts" => verdicts(deployments),
        "plans" => (json!({ "empty": [] }), plans(deployments)),
        "audit" => audit(deployments),
        other => panic!("no such file: {other}"),
    }
}

fn digests(deployments: &Json) -> Vec<Json> {
    let mut story = Story::new("digests", "main", deployments);
    let (credential, _) = story.create("One", json!({ "add": ["messages:send"] }));
    let of = |deployment: &str, name: &str, text: &str| json!({ "name": name, "deployment": deployment, "text": text });
    let swapped = credential.replacen("acme_test", "acme_live", 1);
    let changed = format!("{}-", &credential[..credential.len() - 1]);
    vec![
        of("main", "a credential", &credential),
        of(
            "imported",
            "the same body under another prefix: another digest",
            &swapped,
        ),
        of("main", "a credential of another deployment", &swapped),
        of("main", "a character outside the alphabet", &changed),
        of("main", "no credential", ""),
        of(
            "imported",
            "a key of another system, hashed whole",
            "old_0123456789abcdef",
        ),
        of(
            "imported",
            "a key of another system, hashed after its prefix",
            "older-0123456789abcdef",
        ),
        of("imported", "the prefix of another system alone", "old_"),
        of("imported", "neither", "new_0123456789abcdef"),
    ]
}

fn selections() -> Vec<Json> {
    let of =
        |name: &str, selection: Json| json!({ "name": name, "deployment": "main", "selection": selection });
    vec![
        of("nothing", json!({})),
        of("a template", json!({ "templates": ["sender"] })),
        of(
            "a template that extends another",
            json!({ "templates": ["operator"] }),
        ),
        of("two templates", json!({ "templates": ["sender", "reader"] })),
        of("a pattern in any service", json!({ "templates": ["reader"] })),
        of("everything", json!({ "templates": ["everything"] })),
        of("a permission", json!({ "add": ["messages:send"] })),
        of(
            "a group that is a permission",
            json!({ "add": ["messages:bulk"] }),
        ),
        of("one level", json!({ "add": ["messages:*"] })),
        of("all levels", json!({ "add": ["messages:**"] })),
        of(
            "a template with less",
            json!({ "templates": ["everything"], "remove": ["policy:**"] }),
        ),
        of(
            "what is implied cannot be removed",
            json!({ "templates": ["sender"], "remove": ["messages:status"] }),
        ),
        of(
            "a removal without effect",
            json!({ "templates": ["sender"], "remove": ["policy:read"] }),
        ),
        of(
            "a deprecated permission",
            json!({ "add": ["messages:bulk:stop"] }),
        ),
        of("an earlier id", json!({ "add": ["policy:history"] })),
        of("a retired permission", json!({ "add": ["messages:fax"] })),
        of(
            "a retired permission beside another",
            json!({ "add": ["messages:fax", "policy:read"] }),
        ),
        of("an unknown permission", json!({ "add": ["messages:sned"] })),
        of("an unknown template", json!({ "templates": ["sendr"] })),
        of("a pattern of nothing", json!({ "add": ["messages:x*"] })),
        of("an unreadable id", json!({ "add": ["messages::send", ""] })),
        of("a role", json!({ "role": "user" })),
        of("an unknown role", json!({ "role": "usr" })),
        of("an unknown member", json!({ "template": ["sender"] })),
        of(
            "resources of a permission",
            json!({
                "templates": ["reader"], "resources": { "policy:read": ["org:acme/group:eng"] },
            }),
        ),
        of(
            "resources of a permission that is not selected",
            json!({
                "templates": ["sender"], "resources": { "policy:read": ["org:acme"] },
            }),
        ),
        of("a value of another type", json!({ "add": "messages:send" })),
    ]
}

fn records(deployments: &Json) -> (Json, Vec<Json>) {
    let mut stores = json!({});
    let mut cases = Vec::new();
    let metadata = json!({ "cost": 1.5e-7, "big": 1e21, "list": [null, true, -0.5], "caf\u{e9}": "\u{1f469}\u{200d}\u{1f4bb}\n\"" });
    for deployment in ["main", "sealed"] {
        let mut story = Story::new("records", deployment, deployments);
        let (_, plain) = story.create("Plain", json!({ "add": ["messages:send"] }));
        let (_, full) = story.create(
            "Cafe\u{301} \u{591c}\u{9593}",
            json!({
                "kind": "idle", "templates": ["operator"], "add": ["policy:write"], "remove": ["messages:bulk:stop"],
                "description": "What it is for", "tags": ["ci", "nightly"], "metadata": metadata,
                "resource": "org:acme/group:eng", "subject": "user:7",
                "resources": { "policy:write": ["org:acme/group:eng/device:7"] },
                "expiresIn": "90d", "notBefore": START, "idleAfter": "3d",
                "conditions": { "ips": ["10.0.0.0/8", "2001:db8::/32"], "origins": ["https://a.example"],
                    "audiences": ["api"], "times": { "days": ["mon"], "from": "20:00", "to": "06:30", "utcOffset": "-05:30" } },
                "limits": { "requests": { "limit": 10, "per": "1m" }, "credits": { "amount": 5, "refill": { "amount": 1, "every": "1h" } } },
            }),
        );
        let (_, ended) = story.create("Ended", json!({ "add": ["policy:read"] }));
        story.call(
            "revoke",
            json!({ "op": "revoke", "id": ended, "options": { "reason": "leaked" }, "actor": admin() }),
        );
        let (_, held) = story.create("Held", json!({ "add": ["policy:read"] }));
        story.one("disable", &held);
        let (_, rotating) = story.create("Rotating", json!({ "add": ["policy:read"] }));
        story.call(
            "rotate",
            json!({ "op": "rotate", "id": rotating, "options": {}, "actor": admin() }),
        );
        let (_, service) = story.create("Service", json!({ "kind": "service", "add": ["policy:read"] }));
        let (_, deleted) = story.create("Deleted", json!({ "add": ["policy:read"] }));
        story.one("delete", &deleted);
        stores[deployment] = story.entries();
        let mut of = |name: &str, id: &str, with: Json| {
            cases.push(json!({
                "name": name, "deployment": deployment, "store": deployment, "with": with,
                "call": { "op": "get", "id": id, "actor": root() }, "now": story.now, "entropy": entropy(1),
            }));
        };
        of("the least", &plain, json!({}));
        of("every member", &full, json!({}));
        of("revoked", &ended, json!({}));
        of("disabled from above", &held, json!({}));
        of("two secrets", &rotating, json!({}));
        of("a technical user", &service, json!({}));
        of("deleted", &deleted, json!({}));
        of("never there", "0VbkXrXsQjnW9xj4", json!({}));
        let key = format!("token/{plain}");
        let text = story.store[&key].clone();
        let with = |text: String| json!({ key.clone(): text });
        let replace = |from: &str, to: &str| {
            assert!(text.contains(from), "{text} has no {from}");
            with(text.replacen(from, to, 1))
        };
        of("cut short", &plain, with(text[..text.len() - 1].to_owned()));
        of("empty", &plain, with(String::new()));
        of(
            "a space that the form does not have",
            &plain,
            with(format!("{text} ")),
        );
        of("without a member", &plain, replace("\"name\":\"Plain\",", ""));
        of("another name", &plain, replace("Plain", "Plein"));
        of(
            "of another token",
            &plain,
            with(story.store[&format!("token/{held}")].clone()),
        );
        of(
            "of another deployment",
            &plain,
            json!({
                "meta/deployment": story.store["meta/deployment"].replacen("acme_test", "acme_live", 1),
            }),
        );
        of(
            "without the description of the store",
            &plain,
            json!({ "meta/deployment": null }),
        );
    }
    for (name, deployment, store) in [
        (
            "sealed by the older of two keys",
            "sealed by a newer key",
            "sealed",
        ),
        ("sealed, read without a key", "main", "sealed"),
        ("open, read with a key", "sealed", "main"),
    ] {
        let id = cases[0]["call"]["id"].clone();
        cases.push(json!({
            "name": name, "deployment": deployment, "store": store, "with": {},
            "call": { "op": "get", "id": id, "actor": root() }, "now": START + HOUR, "entropy": entropy(1),
        }));
    }
    (stores, cases)
}

fn requirements(deployments: &Json) -> (Json, Vec<Json>) {
    let mut story = Story::new("requirements", "main", deployments);
    let tokens = [
        ("a sender", json!({ "templates": ["sender"] })),
        ("a sender of a group", json!({ "templates": ["sender"], "resource": "org:acme/group:eng" })),
        ("a reader and writer of one device", json!({
            "add": ["policy:read", "policy:write"], "resources": { "policy:write": ["org:acme/device:7"] },
        })),
        ("everything", json!({ "templates": ["everything"] })),
    ]
    .map(|(name, input)| (name, story.create(name, input).0));
    let asked = [
        ("nothing", json!({})),
        ("a permission", json!({ "requirement": "messages:send" })),
        (
            "an implied permission",
            json!({ "requirement": "messages:status" }),
        ),
        (
            "on a resource",
            json!({ "requirement": { "permission": "messages:send", "resource": "org:acme" } }),
        ),
        (
            "on a resource below",
            json!({ "requirement": { "permission": "messages:send", "resource": "org:acme/group:eng/device:7" } }),
        ),
        (
            "on a neighbour",
            json!({ "requirement": { "permission": "messages:send", "resource": "org:acme2" } }),
        ),
        (
            "on one device",
            json!({ "requirement": { "permission": "policy:write", "resource": "org:acme/device:7" } }),
        ),
        (
            "on another device",
            json!({ "requirement": { "permission": "policy:write", "resource": "org:acme/device:8" } }),
        ),
        (
            "all of several",
            json!({ "requirement": { "all": ["messages:send", "policy:read"] } }),
        ),
        (
            "one of several",
            json!({ "requirement": { "any": ["messages:send", "policy:read"] } }),
        ),
        (
            "an expression",
            json!({ "requirement": { "expr": "messages:status AND (policy:write OR messages:bulk:run)" } }),
        ),
        (
            "a list in a list",
            json!({ "requirement": { "all": ["messages:status", { "any": ["policy:write"] }] } }),
        ),
        ("an earlier id", json!({ "requirement": "policy:history" })),
        ("a retired permission", json!({ "requirement": "messages:fax" })),
        ("unknown", json!({ "requirement": "messages:sned" })),
        ("a pattern", json!({ "requirement": "messages:*" })),
        ("an empty list", json!({ "requirement": { "all": [] } })),
        (
            "an unreadable resource",
            json!({ "requirement": { "permission": "messages:send", "resource": "org acme" } }),
        ),
        (
            "an unknown member",
            json!({ "requirement": { "permisson": "messages:send" } }),
        ),
    ];
    let mut cases = Vec::new();
    for (of, credential) in &tokens {
        for (name, question) in &asked {
            cases.push(json!({
                "name": format!("{of}: {name}"), "deployment": "main", "store": "main",
                "credential": credential, "question": question, "now": story.now,
            }));
        }
    }
    (json!({ "main": story.entries() }), cases)
}

fn verdicts(deployments: &Json) -> (Json, Vec<Json>) {
    let mut cases = Vec::new();
    let mut stores = json!({ "empty": [] });
    for deployment in ["main", "sealed"] {
        let mut story = Story::new("verdicts", deployment, deployments);
        let (plain, id) = story.create("Plain", json!({ "add": ["messages:send"], "expiresIn": "30d" }));
        let (later, _) = story.create(
            "Later",
            json!({ "add": ["messages:send"], "notBefore": START + DAY, "expiresIn": "30d" }),
        );
        let (idle, _) = story.create(
            "Idle",
            json!({ "kind": "idle", "add": ["messages:send"], "idleAfter": "1d" }),
        );
        let (ended, ended_id) = story.create("Ended", json!({ "add": ["messages:send"] }));
        story.call(
            "revoke",
            json!({ "op": "revoke", "id": ended_id, "options": {}, "actor": admin() }),
        );
        let (held, held_id) = story.create("Held", json!({ "add": ["messages:send"] }));
        story.one("disable", &held_id);
        let (gone, gone_id) = story.create("Gone", json!({ "add": ["messages:send"] }));
        story.one("delete", &gone_id);
        let (old, rotated) = story.create("Rotated", json!({ "kind": "service", "add": ["messages:send"] }));
        story.call(
            "rotate",
            json!({ "op": "rotate", "id": rotated, "options": {}, "actor": root() }),
        );
        let new = story.credential.clone();
        let (limited, _) = story.create("Limited", json!({
            "add": ["messages:send"], "limits": { "requests": { "limit": 2, "per": "1m" }, "credits": { "amount": 3 } },
        }));
        let (counted, _) = story.create(
            "Counted",
            json!({ "add": ["messages:send"], "limits": { "credits": { "amount": 3, "refill": { "amount": 1, "every": "1h" } } } }),
        );
        let (bound, _) = story.create(
            "Bound",
            json!({ "add": ["messages:send"], "conditions": {
            "ips": ["10.0.0.0/8", "2001:db8::/32"], "origins": ["https://a.example"], "audiences": ["api"],
            "times": { "days": ["mon"], "from": "00:00", "to": "12:00" },
        } }),
        );
        let (parent, _) = story.create("Parent", json!({ "templates": ["operator"], "expiresIn": "10d" }));
        story.exchange(
            "session",
            &parent,
            json!({ "permissions": ["messages:status"], "expiresIn": "10m" }),
        );
        let session = story.credential.clone();
        let (capped, _) = story.create("Capped", json!({ "owner": "user:7", "templates": ["sender"] }));
        story.call(
            "putAccount",
            json!({ "op": "putAccount", "actor": root(), "input": {
            "id": "user:7", "permissions": { "user:7": ["messages:status"] },
        } }),
        );
        story.call("putAccount", json!({ "op": "putAccount", "actor": root(), "input": { "id": "user:8", "roles": { "user:8": "user" } } }));
        let (inactive, _) = story.create("Inactive", json!({ "owner": "user:8", "templates": ["sender"] }));
        story.one("disableAccount", "user:8");
        stores[deployment] = story.entries();
        let now = story.now;
        let mut of = |name: &str, credential: &str, question: Json, now: u64| {
            cases.push(json!({
                "name": name, "deployment": deployment, "store": deployment,
                "credential": credential, "question": question, "now": now,
            }));
        };
        let send = || json!({ "requirement": "messages:send" });
        let wrong = format!("{}{}", &plain[..26], &held[26..]);
        of("valid", &plain, send(), now);
        of("valid for no requirement", &plain, json!({}), now);
        of(
            "insufficient_permission",
            &plain,
            json!({ "requirement": "policy:read" }),
            now,
        );
        of(
            "outside_resource",
            &plain,
            json!({ "requirement": { "permission": "messages:send", "resource": "org:other" } }),
            now,
        );
        of("malformed", "acme_test_", send(), now);
        of("bad_checksum", &wrong, send(), now);
        of(
            "the last millisecond",
            &plain,
            send(),
            START + 1_000 + 30 * DAY - 1,
        );
        of("expired", &plain, send(), START + 1_000 + 30 * DAY);
        of("not_yet_valid", &later, send(), now);
        of("valid from its instant on", &later, send(), START + DAY);
        of(
            "idle but not for long enough",
            &idle,
            send(),
            START + 3_000 + DAY - 1,
        );
        of("idle_expired", &idle, send(), START + 3_000 + DAY);
        of("revoked", &ended, send(), now);
        of("disabled", &held, send(), now);
        of("deleted", &gone, send(), now);
        of("the old secret in its grace", &old, send(), now);
        of("the new secret", &new, send(), now);
        of("rotated_out", &old, send(), now + 2 * HOUR);
        of("the new secret after the grace", &new, send(), now + 2 * HOUR);
        of("limited, not counted", &limited, send(), now);
        of(
            "limited, counted",
            &limited,
            json!({ "requirement": "messages:send", "consume": 1 }),
            now,
        );
        of("limited, the balance", &limited, json!({ "consume": 0 }), now);
        of("rate_limited", &limited, json!({ "consume": 3 }), now);
        of("usage_exceeded", &counted, json!({ "consume": 4 }), now);
        of(
            "a refused request is not counted",
            &limited,
            json!({ "requirement": "policy:read", "consume": 1 }),
            now,
        );
        let inside = json!({ "ip": "10.1.2.3", "origin": "https://a.example", "audience": "api" });
        of(
            "conditions met",
            &bound,
            json!({ "context": inside }),
            START + HOUR,
        );
        of(
            "an IPv6 address",
            &bound,
            json!({ "context": { "ip": "2001:db8::7", "origin": "https://a.example", "audience": "api" } }),
            START + HOUR,
        );
        of("condition_failed: no context", &bound, json!({}), START + HOUR);
        of(
            "condition_failed: the address",
            &bound,
            json!({ "context": { "ip": "11.0.0.1", "origin": "https://a.example", "audience": "api" } }),
            START + HOUR,
        );
        of(
            "condition_failed: the origin",
            &bound,
            json!({ "context": { "ip": "10.1.2.3", "origin": "https://b.example", "audience": "api" } }),
            START + HOUR,
        );
        of(
            "condition_failed: the time",
            &bound,
            json!({ "context": inside }),
            START + 13 * HOUR,
        );
        of(
            "condition_failed: the day",
            &bound,
            json!({ "context": inside }),
            START + DAY + HOUR,
        );
        of(
            "a session",
            &session,
            json!({ "requirement": "messages:status" }),
            now,
        );
        of("a session with less than its parent", &session, send(), now);
        of("a session after its end", &session, json!({}), now + HOUR);
        of(
            "an account with a ceiling",
            &capped,
            json!({ "requirement": "messages:status" }),
            now,
        );
        of("an account with a ceiling: more than that", &capped, send(), now);
        of("owner_inactive", &inactive, send(), now);
        of("a negative cost", &plain, json!({ "consume": -1 }), now);
        let empty = json!({
            "name": "unknown", "deployment": deployment, "store": "empty",
            "credential": plain, "question": send(), "now": now,
        });
        cases.push(empty);
        let damaged = json!({
            "name": "store_unavailable: the record is damaged", "deployment": deployment,
            "store": format!("{deployment}, damaged"), "credential": plain, "question": send(), "now": now,
        });
        story.store.insert(format!("token/{id}"), "{}".to_owned());
        stores[format!("{deployment}, damaged")] = story.entries();
        cases.push(damaged);
    }
    let mut story = Story::new("long verdicts", "long", deployments);
    let (long, _) = story.create("Long", json!({ "templates": ["everything"] }));
    stores["long"] = story.entries();
    for (name, permission) in [
        ("a long list", "many:m007"),
        ("a long list, another permission", "messages:send"),
    ] {
        cases.push(json!({
            "name": name, "deployment": "long", "store": "long", "credential": long,
            "question": { "requirement": permission }, "now": story.now,
        }));
    }
    let mut story = Story::new("imported verdicts", "imported", deployments);
    story.call("importKey", json!({ "op": "importKey", "actor": root(), "input": {
        "kind": "permission-set", "name": "Old", "owner": "org:acme", "add": ["messages:send"], "encoding": "hex",
        // The SHA-256 of the whole key.
        "digest": "72cb570684347a53d521ae69284bea317f992c8173a90c9af085a148df6f39dd",
    } }));
    stores["imported"] = story.entries();
    for (name, key) in [
        ("a key of another system", "old_0123456789abcdef"),
        ("an unknown key of another system", "old_1"),
        ("no key of either system", "new_1"),
    ] {
        cases.push(json!({
            "name": name, "deployment": "imported", "store": "imported", "credential": key, "question": {}, "now": story.now,
        }));
    }
    (stores, cases)
}

fn plans(deployments: &Json) -> Vec<Json> {
    let mut cases = Vec::new();
    for deployment in ["main", "sealed"] {
        let mut story = Story::new("the life of a token", deployment, deployments);
        let (credential, id) =
            story.create("Nightly", json!({ "templates": ["sender"], "expiresIn": "90d" }));
        story.one("get", &id);
        story.call(
            "list",
            json!({ "op": "list", "query": { "owner": "org:acme" }, "actor": admin() }),
        );
        story.call("edit", json!({ "op": "edit", "id": id, "actor": admin(), "change": { "name": "Weekly", "tags": ["ci"] } }));
        story.call(
            "an edit on an older revision",
            json!({ "op": "edit", "id": id, "actor": admin(), "change": { "name": "Daily", "revision": 1 } }),
        );
        story.call(
            "an edit that gives more than the actor has",
            json!({
                "op": "edit", "id": id, "change": { "templates": ["everything"] }, "actor": user(),
            }),
        );
        story.one("disable", &id);
        story.call(
            "enable by a lower actor",
            json!({ "op": "enable", "id": id, "actor": admin() }),
        );
        story.one("enable", &id);
        story.call(
            "rotate",
            json!({ "op": "rotate", "id": id, "options": { "grace": "1h" }, "actor": admin() }),
        );
        story.one("abortRotation", &id);
        story.call(
            "rotate again",
            json!({ "op": "rotate", "id": id, "options": {}, "actor": admin() }),
        );
        let rotated = story.credential.clone();
        story.one("confirmRotation", &id);
        story.exchange(
            "exchange",
            &rotated,
            json!({ "permissions": ["messages:status"], "expiresIn": "10m" }),
        );
        story.exchange("exchange of a rotated-out secret", &credential, json!({}));
        story.exchange(
            "exchange for more",
            &rotated,
            json!({ "permissions": ["policy:read"] }),
        );
        story.call(
            "revoke",
            json!({ "op": "revoke", "id": id, "options": { "reason": "leaked" }, "actor": admin() }),
        );
        story.one("enable", &id);
        story.one("delete", &id);
        story.one("get", &id);
        story.call(
            "audit",
            json!({ "op": "audit", "query": { "owner": "org:acme" }, "actor": admin() }),
        );
        story.call(
            "verifyAudit",
            json!({ "op": "verifyAudit", "query": { "owner": "org:acme" } }),
        );
        cases.push(story.case());
    }

    let mut story = Story::new("what is refused", "main", deployments);
    for (name, input, actor) in [
        (
            "no name",
            json!({ "kind": "permission-set", "add": ["messages:send"] }),
            admin(),
        ),
        (
            "every problem at once",
            json!({ "kind": "permision-set", "name": "", "owner": "org acme", "add": ["messages:sned"], "x": 1 }),
            admin(),
        ),
        (
            "nothing selected",
            json!({ "kind": "permission-set", "name": "Empty", "owner": "org:acme" }),
            admin(),
        ),
        (
            "another owner",
            json!({ "kind": "permission-set", "name": "Other", "owner": "org:other", "add": ["messages:send"] }),
            admin(),
        ),
        (
            "more than the actor has",
            json!({ "kind": "permission-set", "name": "More", "owner": "user:7", "add": ["policy:write"] }),
            user(),
        ),
        (
            "longer than the kind allows",
            json!({ "kind": "permission-set", "name": "Long", "owner": "org:acme", "add": ["messages:send"], "expiresIn": "366d" }),
            admin(),
        ),
        (
            "sessions come from exchanges",
            json!({ "kind": "session", "name": "S", "owner": "org:acme", "add": ["messages:send"] }),
            admin(),
        ),
    ] {
        story.call(name, json!({ "op": "create", "input": input, "actor": actor }));
    }
    story.call(
        "no such token",
        json!({ "op": "revoke", "id": "0VbkXrXsQjnW9xj4", "options": {}, "actor": admin() }),
    );
    story.call(
        "no such operation",
        json!({ "op": "revok", "id": "0VbkXrXsQjnW9xj4", "actor": admin() }),
    );
    story.call("no actor", json!({ "op": "get", "id": "0VbkXrXsQjnW9xj4" }));
    cases.push(story.case());

    let mut story = Story::new("names, retries and digests of clients", "main", deployments);
    let named = json!({ "kind": "service", "name": "Prod", "owner": "org:acme", "add": ["messages:send"] });
    story.call(
        "a unique name",
        json!({ "op": "create", "input": named, "actor": root() }),
    );
    story.call(
        "a taken name",
        json!({ "op": "create", "input": named, "actor": root() }),
    );
    let keyed = json!({ "kind": "permission-set", "name": "Once", "owner": "org:acme", "add": ["messages:send"], "idempotencyKey": "k1" });
    story.call(
        "an idempotency key",
        json!({ "op": "create", "input": keyed, "actor": admin() }),
    );
    story.call(
        "the same key and input",
        json!({ "op": "create", "input": keyed, "actor": admin() }),
    );
    let mut other = keyed.clone();
    other["name"] = json!("Twice");
    story.call(
        "the same key, another input",
        json!({ "op": "create", "input": other, "actor": admin() }),
    );
    story.call("a digest of a client", json!({ "op": "create", "actor": admin(), "input": {
        "kind": "permission-set", "name": "Minted", "owner": "org:acme", "add": ["messages:send"],
        "id": "0VbkXrXsQjnW9xj4", "digest": "69be79b6a49ff48594c01bfafbfde2857d36143eb49fde25328475986b96fb9d", "scheme": "credential-2",
    } }));
    cases.push(story.case());

    let mut story = Story::new("accounts and bulk", "main", deployments);
    story.call("putAccount", json!({ "op": "putAccount", "actor": root(), "input": { "id": "org:acme", "title": "Acme", "permissions": { "org:acme": ["messages:**"] } } }));
    story.create("One", json!({ "templates": ["sender"] }));
    story.create("Two", json!({ "templates": ["operator"] }));
    story.call(
        "getAccount",
        json!({ "op": "getAccount", "id": "org:acme", "actor": root() }),
    );
    story.one("disableAccount", "org:acme");
    story.one("enableAccount", "org:acme");
    story.call(
        "describe",
        json!({ "op": "describe", "query": { "owner": "org:acme" }, "actor": admin() }),
    );
    story.call(
        "drift",
        json!({ "op": "drift", "query": { "owner": "org:acme" }, "actor": admin() }),
    );
    story.call("revokeAll", json!({ "op": "revokeAll", "query": { "owner": "org:acme" }, "options": { "reason": "offboarded" }, "actor": admin() }));
    story.call("purge", json!({ "op": "purge", "query": {}, "actor": root() }));
    story.one("deleteAccount", "org:acme");
    cases.push(story.case());

    let mut story = Story::new("a long list", "long", deployments);
    let (_, id) = story.create("Long", json!({ "templates": ["everything"] }));
    story.one("get", &id);
    cases.push(story.case());
    cases
}

fn audit(deployments: &Json) -> (Json, Vec<Json>) {
    let mut stores = json!({});
    let mut cases = Vec::new();
    for deployment in ["main", "sealed"] {
        let mut story = Story::new("audit", deployment, deployments);
        let (_, id) = story.create("Nightly", json!({ "kind": "idle", "templates": ["sender"] }));
        let edited = story.call(
            "edit",
            json!({ "op": "edit", "id": id, "actor": root(), "change": { "templates": ["operator"] } }),
        );
        assert!(edited["revision"].is_number(), "{edited}");
        story.one("disable", &id);
        story.one("enable", &id);
        story.call(
            "revoke",
            json!({ "op": "revoke", "id": id, "options": { "reason": "leaked" }, "actor": admin() }),
        );
        stores[deployment] = story.entries();
        let entries: Vec<(&String, &String)> = story
            .store
            .iter()
            .filter(|(key, _)| key.starts_with("audit/"))
            .collect();
        assert_eq!(entries.len(), 5, "{:?}", entries);
        let head = story
            .store
            .keys()
            .find(|key| key.starts_with("audit-head/"))
            .unwrap();
        let mut of = |name: &str, with: Json| {
            for (op, query) in [
                (
                    "verifyAudit",
                    json!({ "op": "verifyAudit", "query": { "owner": "org:acme" } }),
                ),
                (
                    "audit",
                    json!({ "op": "audit", "query": { "owner": "org:acme" }, "actor": root() }),
                ),
            ] {
                cases.push(json!({
                    "name": format!("{op}: {name}"), "deployment": deployment, "store": deployment, "with": with,
                    "call": query, "now": story.now, "entropy": entropy(1),
                }));
            }
        };
        of("an intact chain", json!({}));
        let (key, text) = entries[2];
        of("an entry is missing", json!({ key.as_str(): null }));
        of(
            "an entry was edited",
            json!({ key.as_str(): text.replacen("user:root", "user:ro0t", 1) }),
        );
        of(
            "an entry in the place of another",
            json!({ key.as_str(): entries[1].1 }),
        );
        of(
            "two entries were exchanged",
            json!({ key.as_str(): entries[1].1, entries[1].0.as_str(): text }),
        );
        of(
            "the last entry is missing",
            json!({ entries[4].0.as_str(): null }),
        );
        of(
            "the first entry is missing",
            json!({ entries[0].0.as_str(): null }),
        );
        of("the head is missing", json!({ head.as_str(): null }));
        of("the head is damaged", json!({ head.as_str(): "{}" }));
    }
    (stores, cases)
}
