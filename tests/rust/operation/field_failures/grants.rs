//! Who may do what, and how much they may give.

use leastkey::input::{ErrorCode, Refusal};
use leastkey::value::resource::Resource;
use serde_json::{Value as Json, json};

use crate::support::{Host, admin, sender, text};
use crate::{Finding, holds, wanted};

fn refused_as(answer: Result<Json, Refusal>, code: ErrorCode, what: &str) -> Finding {
    let result = match answer {
        Err(refusal) if refusal.code == code => return Ok(()),
        Err(refusal) => format!("{:?}", refusal.code),
        Ok(answer) => answer.to_string(),
    };
    Err(format!("{what}: {result}"))
}

/// CVE-2025-61928: whoever wrote another's id into the body got a key of theirs.
pub(crate) fn an_actor_in_the_input_is_refused() -> Finding {
    let mut host = Host::new();
    let answer = host.create(wanted(json!({ "actor": admin() })), json!({ "id": "user:9" }));
    refused_as(answer, ErrorCode::InvalidInput, "with an actor in the input")?;
    holds(host.store.is_empty(), "and something is written")
}

/// The host still says that they are an admin; their account was disabled meanwhile.
pub(crate) fn a_disabled_admin_makes_and_changes_nothing() -> Finding {
    let root = json!({ "id": "user:0", "roles": { "": "admin" } });
    let stale = json!({ "id": "user:9", "roles": { "org:acme": "admin" } });
    let mut host = Host::new();
    let input = json!({ "id": "user:9", "roles": { "org:acme": "admin" } });
    host.call(json!({ "op": "putAccount", "input": input, "actor": root }))
        .unwrap();
    let made = host.create(wanted(json!({})), stale.clone()).unwrap();
    let id = text(&made["record"]["id"]);
    host.one("disableAccount", "user:9", root).unwrap();
    let change = json!({ "description": "mine" });
    for (op, call) in [
        (
            "create",
            json!({ "op": "create", "input": wanted(json!({})), "actor": stale }),
        ),
        (
            "edit",
            json!({ "op": "edit", "id": id, "change": change, "actor": stale }),
        ),
        ("rotate", json!({ "op": "rotate", "id": id, "actor": stale })),
        ("get", json!({ "op": "get", "id": id, "actor": stale })),
    ] {
        refused_as(host.call(call), ErrorCode::Forbidden, op)?;
    }
    Ok(())
}

pub(crate) fn a_token_gives_no_more_than_it_has() -> Finding {
    let mut host = Host::new();
    let input = wanted(json!({
        "kind": "organization", "expiresIn": "30d", "templates": [], "role": "admin", "remove": ["policy:**"],
    }));
    let made = host.create(input, admin()).unwrap();
    let parent = json!({ "token": made["record"]["id"] });
    let child = |changes: Json| {
        let mut input = wanted(changes);
        input["expiresIn"] = json!("1d");
        input
    };
    host.create(child(json!({})), parent.clone()).unwrap();
    for more in [
        json!({ "add": ["policy:read"] }),
        json!({ "templates": ["everything"] }),
        json!({ "resource": "" }),
        json!({ "resource": "org:other" }),
    ] {
        let answer = host.create(child(more.clone()), parent.clone());
        refused_as(answer, ErrorCode::ExceedsCeiling, &more.to_string())?;
    }
    Ok(())
}

pub(crate) fn nothing_chosen_is_nothing() -> Finding {
    let mut host = Host::new();
    for empty in [
        json!({ "templates": [] }),
        json!({ "templates": [], "add": [] }),
        json!({ "remove": ["**"] }),
        json!({ "add": ["policy:read"], "resources": { "policy:read": [] } }),
    ] {
        let answer = host.create(wanted(empty.clone()), admin());
        refused_as(answer, ErrorCode::InvalidInput, &empty.to_string())?;
    }
    for nobody in [json!({ "id": "user:9" }), json!({ "id": "user:9", "roles": {} })] {
        let answer = host.create(wanted(json!({})), nobody.clone());
        refused_as(answer, ErrorCode::Forbidden, &nobody.to_string())?;
    }
    holds(host.store.is_empty(), "and something is written")
}

/// Against a naive oracle: lists of segments.
pub(crate) fn a_resource_covers_by_segments() -> Finding {
    let segments = ["org:a", "org:ab", "org", "a", "group:x"];
    let mut paths: Vec<Vec<&str>> = vec![vec![]];
    for depth in 0..3 {
        let longer: Vec<_> = paths.iter().filter(|path| path.len() == depth).cloned().collect();
        paths.extend(longer.iter().flat_map(|path| {
            segments.map(|segment| path.iter().copied().chain([segment]).collect::<Vec<_>>())
        }));
    }
    let resources: Vec<Resource> = paths
        .iter()
        .map(|path| Resource::parse(&path.join("/")).unwrap())
        .collect();
    for (above, covers) in paths.iter().zip(&resources) {
        for (below, covered) in paths.iter().zip(&resources) {
            let agree = covers.covers(covered) == below.starts_with(above);
            holds(agree, format!("{covers} and {covered}"))?;
        }
    }
    let mut host = Host::new();
    let (credential, _) = sender(&mut host);
    let needs = json!({ "requirement": { "permission": "messages:send", "resource": "org:acme2" } });
    let verdict = host.verify(&credential, needs).unwrap();
    holds(
        verdict["code"] == "outside_resource",
        format!("at org:acme2: {verdict}"),
    )
}

pub(crate) fn a_session_has_what_was_asked_for() -> Finding {
    let mut host = Host::new();
    let (credential, _) = sender(&mut host);
    let asked = json!({ "permissions": ["messages:status"], "resource": "org:acme/group:eng" });
    let first = host.exchange(&credential, asked).unwrap();
    // What came from a narrow session is no wider, by whichever path.
    let of_session = host.exchange(&text(&first["token"]), json!({})).unwrap();
    let sibling = host.exchange(&text(&first["token"]), json!({ "sibling": true }));
    for session in [first, of_session, sibling.unwrap()] {
        let record = &session["record"];
        let narrow = record["permissions"] == json!(["messages:status"])
            && record["resource"] == "org:acme/group:eng"
            && record.get("role").is_none();
        holds(narrow, format!("a session has {record}"))?;
        let asked = json!({ "requirement": "messages:send" });
        let verdict = host.verify(&text(&session["token"]), asked).unwrap();
        holds(
            verdict["code"] == "insufficient_permission",
            format!("it sends: {verdict}"),
        )?;
    }
    Ok(())
}

/// A token of another organization gets the same answer as an unknown id.
pub(crate) fn a_foreign_token_is_not_found() -> Finding {
    let mut host = Host::new();
    let (_, id) = sender(&mut host);
    let before = host.store.clone();
    let foreign = json!({ "id": "user:2", "roles": { "org:other": "admin" } });
    for op in [
        "get",
        "edit",
        "disable",
        "enable",
        "revoke",
        "delete",
        "rotate",
        "confirmRotation",
        "abortRotation",
    ] {
        let mut ask = |id: &str| {
            let mut call = json!({ "op": op, "id": id, "actor": foreign });
            if op == "edit" {
                call["change"] = json!({ "description": "mine" });
            }
            host.call(call)
        };
        let none = ask("0TZ3abcdEFGH1234").unwrap_err();
        let result = ask(&id);
        let same = result
            .as_ref()
            .is_err_and(|result| result.message == none.message);
        refused_as(result, ErrorCode::NotFound, op)?;
        holds(same, format!("{op} tells more of it than of none"))?;
    }
    holds(host.store == before, "and something is written")
}
