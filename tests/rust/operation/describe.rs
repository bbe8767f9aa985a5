//! `describe` tells a screen exactly what a create would allow.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

use leastkey::input::ErrorCode;
use serde_json::{Value as Json, json};
use support::{Host, admin};

fn describe(host: &mut Host, owner: &str, actor: Json) -> Json {
    host.call(json!({ "op": "describe", "query": { "owner": owner }, "actor": actor }))
        .unwrap()
}

fn managed(description: &Json) -> Vec<&str> {
    let kinds = description["kinds"].as_array().unwrap();
    kinds
        .iter()
        .filter(|kind| kind["manage"] == true)
        .map(|kind| kind["id"].as_str().unwrap())
        .collect()
}

fn kind<'d>(described: &'d Json, id: &str) -> &'d Json {
    let mut kinds = described["kinds"].as_array().unwrap().iter();
    kinds.find(|kind| kind["id"] == id).unwrap()
}

#[test]
fn what_can_be_chosen() {
    let mut host = Host::new();
    let described = describe(&mut host, "org:acme", admin());
    assert_eq!(described["version"], "test");
    assert_eq!(described["prefix"], "acme_live");
    assert_eq!(described["owner"], "org:acme");
    let template = |id: &str| {
        let mut templates = described["templates"].as_array().unwrap().iter();
        templates.find(|template| template["id"] == id).unwrap()
    };
    assert_eq!(
        *template("sender"),
        json!({ "id": "sender", "title": "Sender", "version": 1, "recommended": false, "permissions": 2 })
    );
    assert_eq!(template("everything")["version"], 3);
    assert_eq!(
        described["roles"],
        json!([{ "id": "admin", "title": "Admin" }, { "id": "user", "title": "User" }])
    );
    let ids: Vec<&Json> = described["kinds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| &kind["id"])
        .collect();
    assert_eq!(
        ids,
        ["permission-set", "organization", "group", "personal", "session"]
    );
    let day = 86_400_000_u64;
    assert_eq!(
        kind(&described, "permission-set")["lifetime"],
        json!({ "default": 30 * day, "longest": 365 * day, "required": true })
    );
    assert_eq!(
        *kind(&described, "organization"),
        json!({
            "id": "organization", "manage": true, "uniqueNames": false, "exchanged": false, "technicalUser": true,
            "lifetime": { "required": true }, "editable": kind(&described, "organization")["editable"],
            "actions": ["disable", "delete", "rotate", "exchange"],
            "labels": { "disable": "Revoke", "enable": "Reinstate" }, "role": "user",
            "rotation": { "grace": day, "longestGrace": 7 * day, "reuse": "alert" }, "sessions": 100,
        })
    );
    assert_eq!(kind(&described, "session")["exchanged"], true);
}

#[test]
fn which_kinds_an_actor_manages() {
    let mut host = Host::new();
    let root = json!({ "id": "user:0", "roles": { "": "admin" } });
    let user = json!({ "id": "user:7", "roles": { "user:7": "user" } });
    for (owner, actor, expected) in [
        (
            "org:acme",
            admin(),
            &["permission-set", "organization", "personal", "session"][..],
        ),
        (
            "org:acme",
            root.clone(),
            &["permission-set", "organization", "personal", "session"],
        ),
        (
            "org:acme/group:eng",
            admin(),
            &["permission-set", "group", "personal", "session"],
        ),
        ("user:7", user.clone(), &["permission-set", "personal", "session"]),
        ("user:8", user.clone(), &[]),
        ("org:acme", user.clone(), &[]),
        ("org:acme2", admin(), &[]),
    ] {
        let described = describe(&mut host, owner, actor);
        assert_eq!(managed(&described), expected, "{owner}");
        if expected.is_empty() {
            assert_eq!(described["ceiling"], json!([]));
        }
    }
    let own = host
        .call(json!({ "op": "describe", "query": {}, "actor": user }))
        .unwrap();
    assert_eq!(own["owner"], "user:7");
}

/// Asserts for each permission that the reported ceiling allows it if and only if `create` does.
fn ceiling_is_what_create_gives(host: &mut Host, owner: &str, actor: &Json) -> usize {
    let described = describe(host, owner, actor.clone());
    let ceiling: Vec<&str> = described["ceiling"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap())
        .collect();
    let every: Vec<String> = host
        .deployment
        .catalog()
        .permissions()
        .map(ToString::to_string)
        .collect();
    for id in &every {
        let implied = (id == "messages:send").then_some("messages:status");
        let given = ceiling.contains(&id.as_str()) && implied.is_none_or(|id| ceiling.contains(&id));
        let input = json!({ "kind": "permission-set", "name": "n", "owner": owner, "add": [id] });
        let made = host.create(input, actor.clone());
        assert_eq!(made.is_ok(), given, "{id} at {owner}: {:?}", made.err());
    }
    ceiling.len()
}

#[test]
fn the_ceiling_is_what_create_gives() {
    let mut host = Host::new();
    let root = json!({ "id": "user:0", "roles": { "": "admin" } });
    let user = json!({ "id": "user:7", "roles": { "user:7": "user" }, "permissions": ["messages:send"] });
    assert_eq!(ceiling_is_what_create_gives(&mut host, "org:acme", &admin()), 6);
    assert_eq!(ceiling_is_what_create_gives(&mut host, "user:7", &user), 4);
    assert_eq!(ceiling_is_what_create_gives(&mut host, "org:acme", &user), 0);

    let put = |host: &mut Host, input: Json| {
        host.call(json!({ "op": "putAccount", "input": input, "actor": root.clone() }))
            .unwrap();
    };
    put(
        &mut host,
        json!({ "id": "org:acme", "permissions": { "org:acme": ["messages:**"] } }),
    );
    assert_eq!(ceiling_is_what_create_gives(&mut host, "org:acme", &admin()), 4);
    assert_eq!(
        ceiling_is_what_create_gives(&mut host, "org:acme/group:eng", &admin()),
        4
    );
    put(
        &mut host,
        json!({ "id": "user:7", "roles": { "user:7": "user" } }),
    );
    assert_eq!(ceiling_is_what_create_gives(&mut host, "user:7", &user), 3);

    host.call(json!({ "op": "disableAccount", "id": "org:acme", "actor": root }))
        .unwrap();
    assert_eq!(ceiling_is_what_create_gives(&mut host, "org:acme", &admin()), 0);
}

#[test]
fn whose_is_meant_must_be_said_where_it_cannot_be_known() {
    let mut host = Host::new();
    let call = json!({ "op": "describe", "query": {}, "actor": { "id": "Ada Lovelace" } });
    let refusal = host.call(call).unwrap_err();
    assert_eq!(
        (refusal.code, refusal.path.as_deref()),
        (ErrorCode::InvalidInput, Some("owner"))
    );
}
