//! Every value that can be written can be read, ended and audited. A value that cannot be read
//! blocks no other.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

use leastkey::input::ErrorCode;
use leastkey::storage::bounds::{ACCOUNT, COMMIT, RECORD, VALUE};
use serde_json::{Value as Json, json};
use support::{Host, admin, text};

const NARROWED: [&str; 4] = [
    "policy:read",
    "policy:write",
    "messages:status",
    "messages:templates:read",
];

/// A host with a kind whose permissions can be edited.
fn host() -> Host {
    let mut catalog = support::catalog();
    catalog["kinds"]["permission-set"]["editable"] = json!(["permissions", "tags"]);
    configured(&catalog)
}

fn configured(catalog: &Json) -> Host {
    let prefix = support::value(json!({ "prefix": "acme_live" }));
    Host {
        deployment: leastkey::Deployment::configure(&prefix, &support::value(catalog.clone())).unwrap(),
        ..Host::new()
    }
}

fn root() -> Json {
    json!({ "id": "user:0", "roles": { "": "admin" } })
}

/// So many resources below `org:acme`, as long as possible.
fn places(count: usize) -> Vec<String> {
    (0..count).map(|at| format!("org:acme/{at:0>240}")).collect()
}

/// A token whose record has some 25 kB for each permission that it narrows.
fn wanted(name: &str, narrowed: usize) -> Json {
    let resources: serde_json::Map<String, Json> = NARROWED
        .iter()
        .take(narrowed)
        .map(|id| ((*id).to_owned(), json!(places(100))))
        .collect();
    json!({ "kind": "permission-set", "name": name, "owner": "org:acme", "add": NARROWED, "resources": resources })
}

fn largest_write(host: &Host) -> usize {
    let of = |text: &Option<Option<String>>| text.iter().flatten().map(String::len).sum::<usize>();
    host.written.iter().map(|write| of(&write.value)).max().unwrap()
}

fn commit_size(host: &Host) -> usize {
    let of = |text: &Option<Option<String>>| text.iter().flatten().map(String::len).sum::<usize>();
    host.written
        .iter()
        .map(|write| write.key.len() + of(&write.expect) + of(&write.value))
        .sum()
}

#[test]
fn a_record_beyond_its_bound_is_refused_before_the_commit() {
    let mut host = host();
    let large = host.create(wanted("large", 2), admin()).unwrap();
    let id = text(&large["record"]["id"]);
    let before = host.store.clone();

    let refused = host.create(wanted("larger", 3), admin()).unwrap_err();
    assert_eq!(refused.code, ErrorCode::InvalidInput);
    assert!(
        refused
            .message
            .contains("at most 64000 are allowed; take fewer permissions"),
        "{refused}"
    );

    let mut row = wanted("imported", 3);
    row["digest"] = json!("0".repeat(64));
    row["encoding"] = json!("hex");
    let call = json!({ "op": "importKey", "input": row, "actor": admin() });
    assert_eq!(host.call(call).unwrap_err().code, ErrorCode::InvalidInput);

    let change = json!({ "resources": wanted("", 3)["resources"] });
    let call = json!({ "op": "edit", "id": id, "change": change, "actor": admin() });
    assert_eq!(host.call(call).unwrap_err().code, ErrorCode::InvalidInput);
    assert_eq!(host.store, before, "nothing was written");
}

#[test]
fn the_largest_record_has_room_for_whatever_is_done_to_it() {
    let mut host = host();
    let made = host.create(wanted("large", 2), admin()).unwrap();
    let (credential, id) = (text(&made["token"]), text(&made["record"]["id"]));
    assert!((RECORD / 2..RECORD).contains(&host.store[&format!("token/{id}")].len()));
    let other: Vec<String> = (0..100).map(|at| format!("org:acme/{at:x>240}")).collect();
    let change = json!({ "resources": { "policy:read": other, "policy:write": other }, "tags": ["a"] });
    let calls = [
        json!({ "op": "edit", "id": id, "change": change, "actor": admin() }),
        json!({ "op": "rotate", "id": id, "options": { "grace": "1h" }, "actor": admin() }),
        json!({ "op": "disable", "id": id, "actor": admin() }),
        json!({ "op": "enable", "id": id, "actor": admin() }),
        json!({ "op": "confirmRotation", "id": id, "actor": admin() }),
        json!({ "op": "revoke", "id": id, "options": { "reason": "r".repeat(500) }, "actor": admin() }),
        json!({ "op": "delete", "id": id, "actor": admin() }),
    ];
    let session = host.exchange(&credential, json!({})).unwrap();
    assert_eq!(session["record"]["parents"], json!([id]));
    let mut listed = 2;
    for call in calls {
        host.call(call.clone()).unwrap();
        assert!(
            largest_write(&host) <= VALUE && commit_size(&host) <= COMMIT,
            "{call}"
        );
        listed += 1;
        let audit = json!({ "op": "audit", "query": { "owner": "org:acme" }, "actor": admin() });
        let page = host.call(audit).unwrap();
        assert_eq!(page["items"].as_array().unwrap().len(), listed);
        assert_eq!(page.get("unreadable"), None);
    }
}

/// The permissions of the role `most`: nearly as many as are stored one by one, some 11 kB.
const ROLE_SIZE: usize = 190;

/// A catalog with the roles `most` and, with so many permissions, `rest`. Each permission has 56
/// characters.
fn with_roles(rest: usize) -> Host {
    let mut catalog = support::catalog();
    let id = |at: usize| format!("p{at:0>50}");
    let many: serde_json::Map<String, Json> =
        (0..ROLE_SIZE).map(|at| (id(at), json!("One of many"))).collect();
    let few: Vec<String> = (0..rest).map(|at| format!("many:{}", id(at))).collect();
    catalog["services"]["many"] = json!({ "title": "Many", "permissions": many });
    catalog["roles"]["most"] = json!({ "title": "Most", "permissions": ["many:**"] });
    catalog["roles"]["rest"] = json!({ "title": "Rest", "permissions": few });
    configured(&catalog)
}

/// The role `most` at so many groups.
fn most_at(places: usize) -> Json {
    let roles = (0..places).map(|at| (format!("org:acme/group:{at}"), json!("most")));
    Json::Object(roles.collect())
}

fn put(host: &mut Host, id: &str, places: usize) -> Result<Json, leastkey::input::Refusal> {
    let roles = most_at(places);
    host.call(json!({ "op": "putAccount", "input": { "id": id, "roles": roles }, "actor": root() }))
}

#[test]
fn an_account_beyond_its_bound_is_refused_and_a_large_one_is_told_by_its_hash() {
    let mut host = with_roles(1);
    let refused = put(&mut host, "user:7", 61).unwrap_err();
    assert_eq!(refused.code, ErrorCode::InvalidInput);
    assert!(
        refused
            .message
            .contains("at most 128000 are allowed; give it fewer roles"),
        "{refused}"
    );
    put(&mut host, "user:7", 10).unwrap();
    let stored = &host.store["account/user:7"];
    assert!((ACCOUNT / 2..ACCOUNT).contains(&stored.len()), "{}", stored.len());
    for _ in 0..2 {
        host.call(json!({ "op": "disableAccount", "id": "user:7", "actor": root() }))
            .unwrap();
        host.call(json!({ "op": "enableAccount", "id": "user:7", "actor": root() }))
            .unwrap();
        assert!(commit_size(&host) <= COMMIT);
    }
}

#[test]
fn a_flush_whose_answer_was_lost_names_again_what_could_not_be_read() {
    let mut host = host();
    let ids: Vec<String> = ["damaged", "used", "sound"]
        .iter()
        .map(|name| text(&host.create(wanted(name, 0), admin()).unwrap()["record"]["id"]))
        .collect();
    host.store.insert(format!("token/{}", ids[0]), String::new());
    host.store.insert(format!("usage/{}", ids[1]), String::new());
    let uses: Vec<Json> = ids.iter().map(|id| json!({ "id": id, "at": host.now })).collect();
    let call = json!({ "op": "flush", "uses": uses });
    let answer = host.call(call.clone()).unwrap();
    assert_eq!(answer, json!({ "flushed": 3, "unreadable": [ids[0], ids[1]] }));
    assert_eq!(host.retry(&call).unwrap(), answer);
}

/// The largest account that can be put, to within a few bytes.
fn largest_account(id: &str) -> Host {
    let put = |rest: usize, title: usize| {
        let mut host = with_roles(rest);
        let mut roles = most_at(11);
        roles["org:acme"] = json!("rest");
        let mut input = json!({ "id": id, "roles": roles });
        if title > 0 {
            input["title"] = json!("語".repeat(title));
        }
        let call = json!({ "op": "putAccount", "input": input, "actor": root() });
        host.call(call).map(|_| host)
    };
    let rest = (1..ROLE_SIZE).rev().find(|count| put(*count, 0).is_ok()).unwrap();
    let titles = (0..=100).rev();
    titles.filter_map(|title| put(rest, title).ok()).next().unwrap()
}

#[test]
fn the_largest_account_has_room_for_whatever_is_done_to_it() {
    let mut host = largest_account("user:7");
    let stored = host.store["account/user:7"].len();
    assert!((ACCOUNT - 15..=ACCOUNT).contains(&stored), "{stored}");
    for op in [
        "disableAccount",
        "enableAccount",
        "disableAccount",
        "deleteAccount",
    ] {
        let call = json!({ "op": op, "id": "user:7", "actor": root() });
        host.call(call).unwrap();
        assert!(largest_write(&host) <= VALUE && commit_size(&host) <= COMMIT);
    }
}

/// A token that is an admin of everything, of an owner with large accounts at and above it. Each
/// commit of the token asserts all of them.
fn admin_under_large_accounts(host: &mut Host) -> Json {
    let mut owner = String::new();
    for depth in 1..=7 {
        let segment = format!("s:{depth}");
        owner = if depth == 1 {
            segment
        } else {
            format!("{owner}/{segment}")
        };
        let mut roles = most_at(10);
        roles[""] = json!("admin");
        let input = json!({ "id": owner, "roles": roles });
        host.call(json!({ "op": "putAccount", "input": input, "actor": root() }))
            .unwrap();
        let stored = host.store[&format!("account/{}", owner.replace('/', "%2F"))].len();
        assert!((115_000..ACCOUNT).contains(&stored), "{stored}");
    }
    let input =
        json!({ "kind": "permission-set", "name": "a", "owner": owner, "resource": "", "role": "admin" });
    let made = host.create(input, root()).unwrap();
    json!({ "token": made["record"]["id"] })
}

#[test]
fn an_account_is_widened_within_one_commit_and_narrowed_beyond_it() {
    let mut host = with_roles(1);
    let actor = admin_under_large_accounts(&mut host);
    let mut put = |places: usize, actor: &Json| {
        let input = json!({ "id": "user:7", "roles": most_at(places) });
        host.call(json!({ "op": "putAccount", "input": input, "actor": actor }))
            .map(|_| commit_size(&host))
    };
    put(2, &actor).unwrap();
    let refused = put(9, &actor).unwrap_err();
    assert_eq!(refused.code, ErrorCode::InvalidInput);
    assert!(refused.message.contains("a commit has at most"), "{refused}");
    put(10, &root()).unwrap();
    assert!(put(6, &actor).unwrap() > COMMIT);
}

/// All pages of a sweep, each within one commit.
fn revoke_all(host: &mut Host) -> Vec<Json> {
    let mut call =
        json!({ "op": "revokeAll", "query": { "owner": "org:acme" }, "options": {}, "actor": admin() });
    let mut pages = Vec::new();
    loop {
        let page = host.call(call.clone()).unwrap();
        assert!(commit_size(host) <= COMMIT, "{}", commit_size(host));
        let next = page.get("next").cloned();
        pages.push(page);
        let Some(next) = next else { return pages };
        call["query"]["after"] = next;
    }
}

#[test]
fn a_sweep_of_large_records_takes_as_many_as_a_commit_holds() {
    let mut host = host();
    for at in 0..9 {
        host.create(wanted(&format!("large {at}"), 2), admin()).unwrap();
    }
    let pages = revoke_all(&mut host);
    let revoked: usize = pages
        .iter()
        .map(|page| page["ids"].as_array().unwrap().len())
        .sum();
    assert_eq!(revoked, 9);
    assert!(pages.iter().filter(|page| page["ids"] != json!([])).count() > 1);
}

#[test]
fn a_flush_of_large_uses_comes_to_its_end() {
    let mut host = host();
    let ids: Vec<String> = (0..20)
        .map(|at| text(&host.create(wanted(&format!("large {at}"), 2), admin()).unwrap()["record"]["id"]))
        .collect();
    let mut uses: Vec<Json> = ids
        .iter()
        .map(|id| json!({ "id": id, "at": host.now, "uses": 1, "asked": NARROWED }))
        .collect();
    let mut commits = 0;
    while !uses.is_empty() {
        let answer = host.call(json!({ "op": "flush", "uses": uses })).unwrap();
        assert!(commit_size(&host) <= COMMIT);
        uses.drain(..answer["flushed"].as_u64().unwrap() as usize);
        commits += 1;
    }
    assert!(commits > 1);
    for id in ids {
        assert_eq!(host.one("get", &id, admin()).unwrap()["uses"], 1);
    }
}

#[test]
fn what_cannot_be_read_is_named_and_stops_nothing_else() {
    let mut host = host();
    let ids: Vec<String> = ["one", "damaged", "used", "two"]
        .iter()
        .map(|name| text(&host.create(wanted(name, 0), admin()).unwrap()["record"]["id"]))
        .collect();
    // A host passes an empty text in place of a value that is too long.
    host.store.insert(format!("token/{}", ids[1]), String::new());
    host.store.insert(format!("usage/{}", ids[2]), String::new());
    let uses: Vec<Json> = ids.iter().map(|id| json!({ "id": id, "at": host.now })).collect();
    let answer = host.call(json!({ "op": "flush", "uses": uses })).unwrap();
    assert_eq!(answer, json!({ "flushed": 4, "unreadable": [ids[1], ids[2]] }));
    assert_eq!(
        host.one("get", &ids[2], admin()).unwrap()["uses"],
        1,
        "it is begun anew"
    );
    let page = host.list(json!({ "owner": "org:acme" }), admin()).unwrap();
    assert_eq!(
        (page["items"].as_array().unwrap().len(), &page["unreadable"]),
        (3, &json!([ids[1]]))
    );
    host.store
        .insert(format!("audit/org:acme/{:016}", 2), String::new());
    let audit = json!({ "op": "audit", "query": { "owner": "org:acme" }, "actor": admin() });
    let page = host.call(audit).unwrap();
    assert_eq!(
        (page["items"].as_array().unwrap().len(), &page["unreadable"]),
        (3, &json!([2]))
    );
    let pages = revoke_all(&mut host);
    let all = |name: &str| -> Vec<Json> {
        let lists = pages.iter().filter_map(|page| page.get(name)?.as_array());
        let mut found: Vec<Json> = lists.flatten().cloned().collect();
        // A sweep that wraps around finds it in each pass.
        found.dedup();
        found
    };
    assert_eq!((all("ids").len(), all("unreadable")), (3, vec![json!(ids[1])]));
}
