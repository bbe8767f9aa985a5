//! Trees, warnings, suggestions, routes, narrowed resources, explanations and drift, through the
//! public API.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

use leastkey::catalog::{Catalog, TreePart};
use leastkey::input::{Members, Path, Problem, Problems};
use leastkey::value::permission::PermissionSet;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use support::{Host, admin, catalog, text, value};

fn compiled(document: Json) -> Catalog {
    Catalog::compile(&value(document)).unwrap()
}

fn preview(catalog: &Catalog, selection: Json) -> Result<Json, Vec<Problem>> {
    let mut problems = Problems::default();
    let selection = value(selection);
    let members = Members::open(
        &selection,
        &Path::call(),
        &leastkey::catalog::Selection::MEMBERS,
        &mut problems,
    )
    .unwrap();
    let selection = leastkey::catalog::Selection::read(&members, &mut problems);
    let preview = catalog.preview(&selection, Some(TreePart::WHOLE), &mut problems);
    preview
        .map(|preview| serde_json::to_value(preview).unwrap())
        .ok_or_else(|| problems.into_vec())
}

/// Every node of a tree.
fn nodes(tree: &Json) -> Vec<&Json> {
    tree.as_array()
        .unwrap()
        .iter()
        .flat_map(|node| [vec![node], nodes(&node["children"])].concat())
        .collect()
}

#[test]
fn the_tree_says_where_each_permission_comes_from() {
    let catalog = compiled(catalog());
    let shown = preview(
        &catalog,
        json!({ "templates": ["sender", "policy-reader"], "role": "user", "add": ["policy:*"], "remove": ["messages:status"] }),
    )
    .unwrap();
    let states: Vec<String> = nodes(&shown["tree"])
        .iter()
        .map(|node| format!("{} {} {}", text(&node["id"]), text(&node["state"]), node["from"]))
        .collect();
    assert_eq!(
        states,
        [
            r#"messages partly []"#,
            r#"messages:send on [{"template":"sender"}]"#,
            r#"messages:status off [{"role":"user"},{"impliedBy":"messages:send"},{"removed":"messages:status"}]"#,
            r#"messages:templates partly []"#,
            r#"messages:templates:read on [{"role":"user"}]"#,
            r#"messages:templates:write off []"#,
            r#"policy on []"#,
            r#"policy:read on [{"template":"policy-reader"},{"role":"user"},{"added":"policy:*"}]"#,
            r#"policy:write on [{"added":"policy:*"}]"#,
        ]
    );
    assert_eq!(
        shown["warnings"],
        json!([{ "code": "implied_removed", "permission": "messages:status", "impliedBy": ["messages:send"] }])
    );
    assert_eq!(
        shown["permissions"],
        json!([
            "messages:send",
            "messages:templates:read",
            "policy:read",
            "policy:write"
        ])
    );
}

#[test]
fn warnings() {
    let mut document = catalog();
    document["templates"]["sender"]["recommended"] = json!(true);
    document["services"]["policy"]["permissions"]["write"] =
        json!({ "title": "Write", "deprecated": { "replacement": "policy:read" } });
    document["services"]["policy"]["permissions"]["old"] = json!({ "title": "Old", "deprecated": true });
    let catalog = compiled(document);
    for (selection, warnings) in [
        (json!({}), json!([{ "code": "empty" }])),
        (json!({ "templates": ["sender"] }), json!([])),
        (json!({ "templates": ["policy-reader"] }), json!([])),
        (
            json!({ "templates": ["sender", "policy-reader"] }),
            json!([{ "code": "wider_than_recommended", "template": "sender", "extra": ["policy:read"] }]),
        ),
        (
            json!({ "add": ["policy:write", "policy:old"] }),
            json!([
                { "code": "deprecated", "permission": "policy:old" },
                { "code": "deprecated", "permission": "policy:write", "replacement": "policy:read" },
            ]),
        ),
        (
            json!({ "role": "admin", "remove": ["policy:write", "policy:old", "policy:read", "messages:templates:*"] }),
            json!([{ "code": "admin_role" }]),
        ),
    ] {
        assert_eq!(
            preview(&catalog, selection.clone()).unwrap()["warnings"],
            warnings,
            "{selection}"
        );
    }
}

#[test]
fn a_group_is_a_permission_only_if_it_says_so() {
    let mut document = catalog();
    document["services"]["messages"]["permissions"]["templates"]["grantable"] = json!(true);
    let compiled_with = compiled(document.clone());
    assert!(compiled_with.index("messages:templates").is_some());
    assert!(compiled(catalog()).index("messages:templates").is_none());
    document["services"]["messages"]["permissions"]["templates"] = json!({ "title": "T", "permissions": { "read": "R" }, "implies": ["policy:read"], "routes": ["GET /t"] });
    let paths: Vec<String> = Catalog::compile(&value(document))
        .unwrap_err()
        .into_iter()
        .map(|problem| problem.path)
        .collect();
    let at = "$.services.messages.permissions.templates";
    assert_eq!(paths, [format!("{at}.implies"), format!("{at}.routes")]);
}

fn routed() -> Json {
    json!({ "services": { "api": { "title": "API", "permissions": {
        "send": { "title": "Send", "routes": ["POST /messages"] },
        "status": { "title": "Status", "routes": [
            { "route": "GET /orgs/{org}/messages/{id}", "resource": "org:{org}" }, "GET /status"] },
        "device": { "title": "Device", "routes": [
            { "route": "GET /orgs/{org}/devices/{id}", "resource": "org:{org}/device:{id}" },
            { "route": "DELETE /orgs/{org}/devices/{id}", "resource": "org:{org}/device:{id}" }] },
        "files": { "title": "Files", "routes": [{ "route": "GET /files/{bucket}/{*path}", "resource": "bucket:{bucket}" }] },
        "root": { "title": "Root", "routes": ["GET /"] },
        "verb": { "title": "Verb", "routes": ["POST /v1/messages:batch"] },
        "item": { "title": "Item", "routes": ["POST /v1/{item}"] },
        "peek": { "title": "Peek", "routes": ["HEAD /status"] },
        "user": { "title": "User", "routes": ["GET /users/{id}", "HEAD /head/{id}", "GET /peek/{id}", "HEAD /peek/{id}"] },
        "admin": { "title": "Admin", "routes": ["GET /users/admin", "GET /head/secret", "HEAD /peek/secret"] },
    } } } })
}

/// What a request needs, such as `api:status org:acme`, sorted; empty if no route matches.
fn needed(catalog: &Catalog, method: &str, path: &str) -> String {
    let matched = catalog.route(method, path).unwrap_or_default().into_iter();
    let mut needed: Vec<String> = matched
        .map(|matched| match matched.resource {
            Some(resource) => format!("{} {resource}", matched.permission),
            None => matched.permission.to_string(),
        })
        .collect();
    needed.sort();
    needed.join(" + ")
}

#[test]
fn routes() {
    let catalog = compiled(routed());
    for (method, path, expected) in [
        ("POST", "/messages", "api:send"),
        ("GET", "/orgs/acme/messages/7", "api:status org:acme"),
        ("GET", "/orgs/acme/devices/7", "api:device org:acme/device:7"),
        ("HEAD", "/orgs/acme/devices/7", "api:device org:acme/device:7"),
        ("DELETE", "/orgs/acme/devices/7", "api:device org:acme/device:7"),
        ("GET", "/status", "api:status"),
        ("HEAD", "/status", "api:peek"),
        ("GET", "/", "api:root"),
        ("GET", "/files/b1/a/b/c", "api:files bucket:b1"),
        ("GET", "/files/b1/a%20b/%C3%A9", "api:files bucket:b1"),
        ("POST", "/v1/messages:batch", "api:verb"),
        ("POST", "/v1/other", "api:item"),
        ("GET", "/users/7", "api:user"),
        ("GET", "/users/a%20b", "api:user"),
        ("GET", "/users/7.json", "api:user"),
        ("GET", "/users/admin", "api:admin"),
        ("HEAD", "/head/7", "api:user"),
        ("GET", "/head/secret", "api:admin"),
        // A path that servers route differently matches no route.
        ("GET", "/users/ADMIN", ""),
        ("GET", "/users/admin.json", ""),
        ("GET", "/users/admin.", ""),
        ("GET", "/users/admin;x=1", ""),
        ("GET", "/users/admin%3Bx", ""),
        ("GET", "/users/admin%3Fx", ""),
        ("GET", "/users/admin%23x", ""),
        ("GET", "/users/admin%2Fx", ""),
        ("GET", "/users/admin%5Cx", ""),
        ("GET", "/users/admin%25x", ""),
        ("GET", "/users/admin%0A", ""),
        ("GET", "/users/%61dmin", ""),
        ("HEAD", "/head/secret", ""),
        ("HEAD", "/peek/SECRET", ""),
        ("HEAD", "/peek/7", "api:user"),
        // No other path that a server could confuse with one of these matches.
        ("POST", "/messages/", ""),
        ("POST", "//messages", ""),
        ("POST", "/messages//", ""),
        ("POST", "/./messages", ""),
        ("POST", "/x/../messages", ""),
        ("POST", "/%6Dessages", ""),
        ("POST", "/Messages", ""),
        ("POST", "messages", ""),
        ("POST", "/messages?x=1", ""),
        ("POST", "/messages#x", ""),
        ("POST", "/messages%00", ""),
        ("POST", "/messages%2F", ""),
        ("POST", "\\messages", ""),
        ("POST", "/messages\n", ""),
        ("post", "/messages", ""),
        ("PUT", "/messages", ""),
        ("BREW", "/messages", ""),
        ("", "", ""),
        ("GET", "/orgs/a%2Fb/devices/7", ""),
        ("GET", "/orgs/a%252Fb/devices/7", ""),
        ("GET", "/orgs/a%5Cb/devices/7", ""),
        ("GET", "/orgs/%2e%2e/devices/7", ""),
        ("GET", "/orgs/../devices/7", ""),
        ("GET", "/orgs/%61cme/devices/7", ""),
        ("GET", "/orgs/acme/devices/", ""),
        ("GET", "/orgs//devices/7", ""),
        ("GET", "/orgs/a%20b/devices/7", ""),
        ("GET", "/orgs/%C3%A9/devices/7", ""),
        ("GET", "/orgs/%ff/devices/7", ""),
        ("GET", "/orgs/%/devices/7", ""),
        ("GET", "/orgs/%zz/devices/7", ""),
        ("GET", "/orgs/acme;x=1/devices/7", ""),
        ("GET", "/orgs/é/devices/7", ""),
        ("GET", "/files/b1", ""),
        ("GET", "/files/b1/a/../../b2/c", ""),
        ("POST", "/v1/messages%3Abatch", ""),
    ] {
        assert_eq!(needed(&catalog, method, path), expected, "{method} {path}");
    }
}

/// A catalog with a permission for each route: `p0`, `p1`, …
fn with_routes(routes: &[&str]) -> Catalog {
    let permissions = routes.iter().enumerate();
    let permissions: serde_json::Map<String, Json> = permissions
        .map(|(at, route)| (format!("p{at}"), json!({ "title": "P", "routes": [route] })))
        .collect();
    compiled(json!({ "services": { "s": { "title": "S", "permissions": permissions } } }))
}

#[test]
fn all_routes_that_a_request_could_mean_are_needed() {
    for (routes, path, expected) in [
        // The narrower one shadows the wider one.
        (&["GET /{a}", "GET /x"][..], "/x", "s:p1"),
        (&["GET /{a}:approve", "GET /{a}"], "/7:approve", "s:p0"),
        (&["GET /{a}:approve", "GET /{a}"], "/7:reject", "s:p1"),
        (&["GET /{a}:approve", "GET /{a}"], "/:approve", "s:p1"),
        (&["GET /{a}.json", "GET /{a}"], "/x.json", "s:p0"),
        (&["GET /report.json", "GET /report"], "/report.json", "s:p0"),
        (&["GET /{a}/{b}", "GET /{rest*}"], "/x/y", "s:p0"),
        (&["GET /{a}/{b}", "GET /{rest*}"], "/x/y/z", "s:p1"),
        (&["GET /{a}/{rest*}", "GET /{*rest}"], "/x/y/z", "s:p0"),
        (&["GET /{a}...{b}", "GET /{a}"], "/main...dev", "s:p0"),
        (&["GET /{a}-{b}-{c}", "GET /{a}-{b}"], "/1-2-3", "s:p0"),
        // Routes that cross are both needed.
        (&["GET /{a}/x", "GET /b/{c}"], "/b/x", "s:p0 + s:p1"),
        (&["GET /{a}/x", "GET /b/{c}"], "/b/y", "s:p1"),
        (&["GET /{a}/x", "GET /b/{c}"], "/c/x", "s:p0"),
        (&["GET /{a}.json", "GET /x{b}"], "/xy.json", "s:p0 + s:p1"),
        (&["GET /{a}.json", "GET /x{b}"], "/y.json", "s:p0"),
        (&["GET /{a}/x", "GET /b/{rest*}"], "/b/x", "s:p0 + s:p1"),
        (
            &["GET /a/{b}/c", "GET /{a}/b/c", "GET /{rest*}"],
            "/a/b/c",
            "s:p0 + s:p1",
        ),
        (
            &["GET /{a}-{b}", "GET /{a}+{b}", "GET /{a}"],
            "/1+2-3",
            "s:p0 + s:p1",
        ),
        // The same request in other words.
        (&["GET /a", "GET /a"], "/a", "s:p0 + s:p1"),
        (&["GET /a/{x}", "GET /a/{y}"], "/a/7", "s:p0 + s:p1"),
        (&["GET /A/{x}", "GET /a/{x}"], "/a/7", "s:p0 + s:p1"),
        (&["GET /a/", "GET /a"], "/a/", "s:p0 + s:p1"),
        (&["GET /a/", "GET /a"], "/a", "s:p0 + s:p1"),
        (&["GET /a/{x}/"], "/a/7/", "s:p0"),
        (&["GET /a/{x}/"], "/a/7", ""),
        (&["GET /a/{x}/", "GET /a/mine"], "/a/mine/", ""),
        // What one server decodes before it compares, and another does not.
        (&["GET /{a}2{b}"], "/x%20y", ""),
        (&["GET /{a}2{b}", "GET /{c}"], "/x%20y", ""),
        (&["GET /$count"], "/$count", "s:p0"),
        (&["GET /$count"], "/%24count", "s:p0"),
        (&["GET /$count", "GET /{id}"], "/%24count", ""),
        (&["GET /drives('{id}')"], "/drives('7')", "s:p0"),
        (&["GET /drives('{id}')"], "/drives('')", ""),
        // Names of OpenAPI and of URI templates.
        (&["GET /{enterprise-team}/{$filter}/{user id}"], "/a/b/c", "s:p0"),
    ] {
        assert_eq!(
            needed(&with_routes(routes), "GET", path),
            expected,
            "{path} of {routes:?}"
        );
    }
}

#[test]
fn a_segment_with_two_readings_is_no_resource() {
    let catalog = compiled(json!({ "services": { "s": { "title": "S", "permissions": {
        "compare": { "title": "C", "routes": [{ "route": "GET /{org}/{base}...{head}", "resource": "org:{org}" }] },
        "merge": { "title": "M", "routes": [{ "route": "PUT /{org}/{base}...{head}", "resource": "branch:{base}" }] },
        "both": { "title": "B", "routes": [
            { "route": "POST /{from}/{to}", "resource": "org:{from}" },
            { "route": "POST /{from}/{to}", "resource": "org:{to}" }] },
        "verb": { "title": "V", "routes": [{ "route": "POST /v1/{id}:approve", "resource": "item:{id}" }] },
    } } } }));
    for (method, path, expected) in [
        ("GET", "/acme/a...b", "s:compare org:acme"),
        ("GET", "/acme/a...b...c", "s:compare org:acme"),
        ("GET", "/acme/a....b", "s:compare org:acme"),
        ("PUT", "/acme/a...b", "s:merge branch:a"),
        ("PUT", "/acme/a...b...c", ""),
        ("PUT", "/acme/a....b", ""),
        ("PUT", "/acme/a%2B...b", ""),
        ("POST", "/acme/other", "s:both org:acme + s:both org:other"),
        (
            "POST",
            "/v1/7:approve",
            "s:both org:7:approve + s:both org:v1 + s:verb item:7",
        ),
    ] {
        let expected = if path.starts_with("/v1/") {
            "s:verb item:7"
        } else {
            expected
        };
        assert_eq!(needed(&catalog, method, path), expected, "{method} {path}");
    }
}

#[test]
fn routes_that_cross_are_warned_about() {
    for (routes, says) in [
        (&["GET /{a}/x", "GET /b/{c}"][..], &["crosses GET /b/{c}"][..]),
        (&["GET /a/{x}", "GET /a/{y}"], &["same requests as GET /a/{x}"]),
        (&["GET /A", "GET /a"], &["same requests as GET /A"]),
        (&["GET /a", "GET /a/"], &["same requests as GET /a,"]),
        (&["GET /{a}.json", "GET /x{b}"], &["crosses"]),
        (&["GET /{a}/{b}/x", "GET /y/{rest*}"], &["crosses"]),
        (&["GET /y/{rest*}", "GET /{a}/{b}/x"], &["crosses"]),
        (&["GET /a", "GET /a"], &[]),
        (
            &["GET /{a}", "GET /x", "GET /{a}:b", "GET /{rest*}", "POST /{a}"],
            &[],
        ),
        (&["GET /a/{b}/c", "GET /a/d/{e}/f", "GET /a/d"], &[]),
        (&["GET /{a}.json", "GET /{b}.xml"], &[]),
        (&["GET /a{x}", "GET /b{x}"], &[]),
    ] {
        let catalog = with_routes(routes);
        let messages: Vec<&str> = catalog
            .warnings()
            .iter()
            .map(|warning| warning.message.as_str())
            .collect();
        assert_eq!(messages.len(), says.len(), "{messages:?} of {routes:?}");
        for (message, says) in messages.iter().zip(says) {
            assert!(message.contains(says), "{message} of {routes:?}");
        }
    }
    let crossing: Vec<String> = (0..30)
        .flat_map(|at| [format!("GET /{{a}}/x{at}"), format!("GET /y{at}/{{b}}")])
        .collect();
    let crossing: Vec<&str> = crossing.iter().map(String::as_str).collect();
    let catalog = with_routes(&crossing);
    assert_eq!(catalog.warnings().len(), 21);
    assert_eq!(catalog.warnings()[20].message, "and 10 more");
}

#[test]
fn ids_of_earlier_catalogs() {
    let catalog = compiled(json!({
        "services": { "s": { "title": "S", "permissions": {
            "read": { "title": "Read", "was": ["s:see"] },
            "write": { "title": "Write", "was": ["s:create", "s:change"] },
            "other": "Other",
        } } },
        "retired": ["s:gone", "batch"],
    }));
    let held = |ids: &str| {
        catalog
            .ids(&catalog.set_of(ids.split(' ')))
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    for (stored, expected) in [
        ("s:see", "s:read"),
        ("s:read s:see", "s:read"),
        ("s:create", ""),
        ("s:change s:create", "s:write"),
        ("s:change s:other s:see", "s:other s:read"),
        ("s:gone", ""),
        ("s:nothing", ""),
    ] {
        assert_eq!(held(stored), expected, "{stored}");
    }
    // A requirement may name what there was: code of an earlier version still asks for it.
    let index = |id: &str| catalog.required(id).ok();
    assert_eq!(index("s:see"), catalog.index("s:read"));
    assert_eq!(index("s:create"), catalog.index("s:write"));
    let gone = index("s:gone").unwrap();
    assert_eq!(catalog.permission(gone).unwrap().as_str(), "s:gone");
    assert!(!catalog.set_of(["s:gone", "s:other"].into_iter()).contains(gone));
    assert_eq!(index("s:nothing"), None);
    assert!(catalog.known("s:gone").is_err() && catalog.known("s:see").is_err());
    assert!(
        catalog.past_or_present_kind("batch").is_ok() && catalog.past_or_present_kind("personal").is_ok()
    );
    assert!(catalog.past_or_present_kind("bath").is_err());
}

#[test]
fn ids_of_earlier_catalogs_are_not_defined_again() {
    for (document, says) in [
        (
            json!({ "retired": ["s:read"] }),
            "$.retired[0]: \"s:read\" is a permission of this catalog",
        ),
        (
            json!({ "retired": ["s:*"] }),
            "$.retired[0]: \"s:*\" has a pattern",
        ),
        (json!({ "retired": ["personal"] }), "$.kinds.personal: is retired"),
        (
            json!({ "read": { "title": "R", "was": ["s:write"] } }),
            "was[0]: \"s:write\" is a permission",
        ),
        (
            json!({ "read": { "title": "R", "was": ["s:x"] }, "write": { "title": "W", "was": ["s:x"] } }),
            "\"s:x\" is in two \"was\"",
        ),
        (
            json!({ "read": { "title": "R", "permissions": { "a": "A" }, "was": ["s:x"] } }),
            "was: is not allowed on a group",
        ),
    ] {
        let mut catalog =
            json!({ "services": { "s": { "title": "S", "permissions": { "read": "R", "write": "W" } } } });
        for (name, value) in document.as_object().unwrap() {
            match name.as_str() {
                "retired" => catalog["retired"] = value.clone(),
                name => catalog["services"]["s"]["permissions"][name] = value.clone(),
            }
        }
        let problems = Catalog::compile(&value(catalog)).err().unwrap_or_default();
        let told = problems
            .iter()
            .any(|problem| format!("{}: {}", problem.path, problem.message).contains(says));
        assert!(told, "{says}: {problems:?}");
    }
}

#[test]
fn a_part_of_the_tree() {
    let catalog = compiled(catalog());
    let document = value(json!({ "add": ["messages:send"] }));
    let mut problems = leastkey::input::Problems::default();
    let members =
        leastkey::input::Members::open_any(&document, &leastkey::input::Path::call(), &mut problems).unwrap();
    let selection = leastkey::catalog::Selection::read(&members, &mut problems);
    let mut part = |below, depth| {
        let preview = catalog.preview(&selection, Some(TreePart { below, depth }), &mut problems)?;
        Some(serde_json::to_value(preview).unwrap()["tree"].clone())
    };
    let whole = part(None, usize::MAX).unwrap();
    let services = part(None, 1).unwrap();
    for (service, shown) in whole.as_array().unwrap().iter().zip(services.as_array().unwrap()) {
        assert_eq!(service["state"], shown["state"]);
        assert_eq!(shown["children"], json!([]));
        assert_eq!(
            shown["more"],
            json!(service["children"].as_array().unwrap().len())
        );
        let below = part(service["id"].as_str(), usize::MAX).unwrap();
        assert_eq!(below, service["children"]);
    }
    assert_eq!(part(Some("nothing"), 1), None);
    assert_eq!(problems.into_vec()[0].path, "below");
}

#[test]
fn routes_that_are_refused() {
    for (routes, says) in [
        (
            json!([{ "route": "GET /{x}/{y}", "resource": "p:{x}-{y}" }]),
            "two parameters in one segment",
        ),
        (json!(["/a"]), "has no method; write \"GET /a\""),
        (json!(["GET a"]), "a method and a path"),
        (json!(["get /a"]), "no method \"get\""),
        (json!(["GET //a"]), "the segment \"\" is none"),
        (json!(["GET /a b"]), "the segment \"a b\" is none: write letters"),
        (json!(["GET /a%20b"]), "the segment \"a%20b\" is none"),
        (
            json!(["GET /m/:id"]),
            "the segment \":id\" is no parameter: write {id}",
        ),
        (
            json!(["GET /m/[id]"]),
            "the segment \"[id]\" is no parameter: write {id}",
        ),
        (
            json!(["GET /m/<id>"]),
            "the segment \"<id>\" is no parameter: write {id}",
        ),
        (json!(["GET /m/[...id]"]), "{rest*} for what is left"),
        (
            json!(["GET /m/*"]),
            "the segment \"*\" is no parameter: write {id} for one segment, {rest*}",
        ),
        (json!(["GET /m/a*b"]), "write {id} for one segment"),
        (json!(["GET /m/{id:[0-9]+}"]), "is no parameter: write {id}"),
        (json!(["GET /m/{+id}"]), "is no parameter: write {id}"),
        (json!(["GET /m/{name=a/*}"]), "the segment \"{name=a\""),
        (json!(["GET /{id"]), "the segment \"{id\" is none"),
        (json!(["GET /a}"]), "the segment \"a}\" is none"),
        (json!(["GET /a/../b"]), "the segment \"..\""),
        (
            json!(["GET /{x}{y}"]),
            "two parameters without anything between them",
        ),
        (json!(["GET /{x}/{x}"]), "each once"),
        (json!(["GET /{}"]), "no parameter"),
        (json!(["GET /{*x}/b"]), "must be the whole last segment"),
        (json!(["GET /a{x*}"]), "must be the whole last segment"),
        (json!(["GET /{x*}:b"]), "must be the whole last segment"),
        (
            json!([{ "route": "GET /{x}", "resource": "org:{y}" }]),
            "\"{y}\", which is no parameter",
        ),
        (
            json!([{ "route": "GET /{*x}", "resource": "org:{x}" }]),
            "\"{x}\", which is no parameter within one segment",
        ),
        (
            json!([{ "route": "GET /{x}", "resource": "org:{x" }]),
            "without its }",
        ),
        (
            json!([{ "route": "GET /{x}", "resource": "org:{x}//b" }]),
            "empty segment",
        ),
        (
            json!([{ "route": "GET /a", "ressource": "x" }]),
            "did you mean \"resource\"",
        ),
        (json!([7]), "expected an object"),
        (json!("GET /a"), "an array of routes"),
    ] {
        let document = json!({ "services": { "s": { "title": "S", "permissions": { "p": { "title": "P", "routes": routes } } } } });
        let problems = Catalog::compile(&value(document)).err().unwrap_or_default();
        assert!(
            problems.iter().any(|problem| problem.message.contains(says)),
            "{routes}: …{says}…, got {problems:?}"
        );
        assert!(
            problems[0].path.starts_with("$.services.s.permissions.p.routes"),
            "{problems:?}"
        );
    }
}

#[test]
fn a_permission_can_be_narrowed_to_resources() {
    let mut host = Host::new();
    let made = host
        .create(
            json!({
                "kind": "organization", "name": "n", "owner": "org:acme", "expiresIn": "1d", "add": ["policy:*"],
                "resources": { "policy:read": ["org:acme/group:eng", "org:acme/group:ops"] },
            }),
            admin(),
        )
        .unwrap();
    let credential = text(&made["token"]);
    for (requirement, code) in [
        (json!("policy:write"), "valid"),
        (json!("policy:read"), "outside_resource"),
        (
            json!({ "permission": "policy:read", "resource": "org:acme" }),
            "outside_resource",
        ),
        (
            json!({ "permission": "policy:read", "resource": "org:acme/group:eng" }),
            "valid",
        ),
        (
            json!({ "permission": "policy:read", "resource": "org:acme/group:ops/device:1" }),
            "valid",
        ),
        (
            json!({ "permission": "policy:read", "resource": "org:acme/group:eng2" }),
            "outside_resource",
        ),
        (
            json!({ "all": ["policy:read", "policy:write"], "resource": "org:acme/group:eng" }),
            "valid",
        ),
        (
            json!({ "all": ["policy:read", "policy:write"], "resource": "org:acme/group:x" }),
            "outside_resource",
        ),
        (
            json!({ "any": ["policy:read", "policy:write"], "resource": "org:acme/group:x" }),
            "valid",
        ),
        (
            json!({ "any": ["policy:read", "messages:send"], "resource": "org:acme/group:x" }),
            "outside_resource",
        ),
        (
            json!({ "all": ["policy:read", "messages:send"], "resource": "org:acme/group:x" }),
            "insufficient_permission",
        ),
    ] {
        let verdict = host
            .verify(&credential, json!({ "requirement": requirement }))
            .unwrap();
        assert_eq!(verdict["code"], code, "{requirement}");
    }
    for (resources, path) in [
        (json!({ "policy:read": [] }), "resources[\"policy:read\"]"),
        (
            json!({ "policy:read": ["org:other"] }),
            "resources[\"policy:read\"]",
        ),
        (
            json!({ "policy:read": ["org:acme2/group:eng"] }),
            "resources[\"policy:read\"]",
        ),
        (
            json!({ "policy:read": ["a//b"] }),
            "resources[\"policy:read\"][0]",
        ),
        (
            json!({ "policy:*": ["org:acme/group:eng"] }),
            "resources[\"policy:*\"]",
        ),
        (
            json!({ "messages:send": ["org:acme/group:eng"] }),
            "resources[\"messages:send\"]",
        ),
        (json!(["policy:read"]), "resources"),
    ] {
        let refusal = host
            .create(
                json!({ "kind": "organization", "name": "n", "owner": "org:acme", "expiresIn": "1d", "add": ["policy:*"], "resources": resources }),
                admin(),
            )
            .unwrap_err();
        assert_eq!(refusal.path.as_deref(), Some(path), "{resources}: {refusal}");
    }
}

/// Implied permissions are held only where the permissions that imply them are held.
#[test]
fn what_is_implied_is_narrowed_with_what_implies_it() {
    let mut document = catalog();
    document["services"]["messages"]["permissions"]["status"] =
        json!({ "title": "Status", "implies": ["policy:read"] });
    let catalog = compiled(document);
    let narrow = |selection: Json| preview(&catalog, selection).unwrap()["resources"].clone();
    let (eng, ops) = (json!(["org:acme/group:eng"]), json!(["org:acme/group:ops"]));
    assert_eq!(
        narrow(json!({ "add": ["messages:send"], "resources": { "messages:send": eng } })),
        json!({ "messages:send": eng, "messages:status": eng, "policy:read": eng })
    );
    assert_eq!(
        narrow(json!({ "add": ["messages:send", "policy:read"], "resources": { "messages:send": eng } })),
        json!({ "messages:send": eng, "messages:status": eng }),
        "what was ticked itself is held everywhere"
    );
    assert_eq!(
        narrow(
            json!({ "add": ["messages:send"], "resources": { "messages:send": eng, "messages:status": ops } })
        ),
        json!({ "messages:send": eng, "messages:status": ops, "policy:read": ops })
    );
    assert_eq!(
        narrow(
            json!({ "add": ["messages:send"], "remove": ["messages:status"], "resources": { "messages:send": eng } })
        ),
        json!({ "messages:send": eng, "policy:read": eng })
    );
    assert_eq!(narrow(json!({ "add": ["messages:send"] })), Json::Null);
}

#[test]
fn a_removal_is_told_however_far_away_it_is_implied() {
    let mut document = catalog();
    document["services"]["messages"]["permissions"]["status"] =
        json!({ "title": "Status", "implies": ["policy:read"] });
    let shown = preview(
        &compiled(document),
        json!({ "add": ["messages:send"], "remove": ["messages:status", "policy:read"] }),
    );
    let warning = |permission: &str| json!({ "code": "implied_removed", "permission": permission, "impliedBy": ["messages:send"] });
    assert_eq!(
        shown.unwrap()["warnings"],
        json!([warning("messages:status"), warning("policy:read")])
    );
}

#[test]
fn what_a_caller_can_make_the_core_do_is_bounded() {
    let compiled = compiled(catalog());
    let many =
        |count: usize, pattern: &dyn Fn(usize) -> String| (0..count).map(pattern).collect::<Vec<String>>();
    for (selection, says) in [
        (
            json!({ "add": many(1_000, &|at| format!("messages:snd{at}")) }),
            "messages:snd0",
        ),
        (
            json!({ "add": many(101, &|at| format!("**:*{}", "e".repeat(at % 60))) }),
            "at most 100 may have",
        ),
        (
            json!({ "add": many(20_001, &|at| format!("a:{at}")) }),
            "at most 20000 are allowed",
        ),
        (
            json!({ "templates": many(101, &|at| format!("t{at}")) }),
            "at most 100 are allowed",
        ),
    ] {
        let problems = preview(&compiled, selection).unwrap_err();
        assert!(
            problems.len() <= 20 && problems[0].message.contains(says),
            "{says}: {:?}",
            problems[0]
        );
    }
    let unknown: serde_json::Map<String, Json> = (0..50_000).map(|at| (format!("m{at}"), json!(1))).collect();
    let mut problems = Problems::default();
    let unknown = value(Json::Object(unknown));
    Members::open(&unknown, &Path::call(), &["name"], &mut problems);
    assert_eq!(problems.len(), 20);
    let wanted = value(json!(vec!["messages:send"; 1_001]));
    let mut problems = Problems::default();
    assert!(compiled.read_set(&wanted, &Path::call(), &mut problems).is_none());
}

#[test]
fn explanations() {
    let mut host = Host::new();
    let (credential, id) = support::sender(&mut host);
    let scope = |error: &str, scope: &str| json!({ "status": 403, "challenge": format!("Bearer error=\"{error}\", scope=\"{scope}\""), "error": error, "scope": scope });
    let explained = host.explain(
        &credential,
        json!({ "requirement": "messages:send AND (policy:read OR policy:write)" }),
    );
    assert_eq!(explained["code"], "insufficient_permission");
    assert_eq!(explained["missing"], json!(["policy:read", "policy:write"]));
    assert_eq!(explained["add"], json!(["policy:read"]));
    assert_eq!(
        explained["templates"][0],
        json!({ "id": "policy-reader", "excess": [] })
    );
    assert_eq!(explained["templates"][1]["id"], "everything");
    assert_eq!(
        explained["wire"],
        scope("insufficient_scope", "messages:send policy:read")
    );

    let either = host.explain(
        &credential,
        json!({ "requirement": "policy:read OR (messages:templates:read AND policy:write)" }),
    );
    assert_eq!(
        either["templates"][0],
        json!({ "id": "policy-reader", "excess": [] })
    );
    assert_eq!(
        either["templates"][1]["excess"].as_array().unwrap().len(),
        3,
        "what the smallest way does not need is too much"
    );

    let outside = host.explain(
        &credential,
        json!({ "requirement": { "permission": "messages:send", "resource": "org:other" } }),
    );
    assert_eq!(
        (outside["code"].as_str(), outside.get("add")),
        (Some("outside_resource"), None)
    );
    assert_eq!(outside["wire"], scope("insufficient_scope", "messages:send"));
    assert_eq!(
        host.explain(&credential, json!({ "requirement": "messages:send" }))["wire"],
        json!({ "status": 200 })
    );

    // P11: all of these send the same bytes to the network.
    let requirement = json!({ "requirement": "messages:send" });
    let expected =
        json!({ "status": 401, "challenge": "Bearer error=\"invalid_token\"", "error": "invalid_token" });
    let (other, other_id) = support::sender(&mut host);
    let unknown = credential.replace(&id, &other_id);
    for refused in [unknown.as_str(), "x", &credential[..20]] {
        assert_eq!(host.explain(refused, requirement.clone())["wire"], expected);
    }
    host.one("disable", &id, admin()).unwrap();
    assert_eq!(host.explain(&credential, requirement.clone())["wire"], expected);
    host.one("revoke", &id, admin()).unwrap();
    assert_eq!(host.explain(&credential, requirement.clone())["wire"], expected);
    host.now += 400 * 86_400_000;
    assert_eq!(host.explain(&other, requirement.clone())["code"], "expired");
    assert_eq!(host.explain(&other, requirement)["wire"], expected);
}

#[test]
fn drift_is_reported_and_changes_nothing() {
    let mut host = Host::new();
    let (credential, behind) = support::sender(&mut host);
    let made = host
        .create(json!({ "kind": "organization", "name": "exact", "owner": "org:acme", "expiresIn": "1d", "add": ["policy:*"] }), admin())
        .unwrap();
    let (_, revoked) = support::sender(&mut host);
    host.one("revoke", &revoked, admin()).unwrap();
    let report = host
        .call(json!({ "op": "drift", "query": { "owner": "org:acme" }, "actor": admin() }))
        .unwrap();
    assert_eq!(
        (report["items"].clone(), report["scanned"].clone()),
        (json!([]), json!(3))
    );

    let mut later = catalog();
    later["templates"]["sender"] =
        json!({ "title": "S", "version": 3, "permissions": ["messages:send", "messages:templates:*"] });
    later["services"]["policy"]["permissions"]["delete"] = json!("Delete");
    later["services"]["policy"]["permissions"]
        .as_object_mut()
        .unwrap()
        .remove("read");
    later["services"]["policy"]["permissions"]["view"] = json!("View");
    later["roles"] = json!({});
    later["templates"]
        .as_object_mut()
        .unwrap()
        .remove("policy-reader");
    host.deployment =
        leastkey::Deployment::configure(&value(json!({ "prefix": "acme_live" })), &value(later)).unwrap();
    let before = host.store.clone();
    let report = host
        .call(json!({ "op": "drift", "query": { "owner": "org:acme" }, "actor": admin() }))
        .unwrap();
    let adds = json!(["messages:templates:read", "messages:templates:write"]);
    assert_eq!(
        report["templates"],
        json!([{ "id": "sender", "version": 3, "behind": 1, "adds": adds }])
    );
    let of = |id: &Json| {
        report["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["id"] == *id)
            .unwrap()
            .clone()
    };
    let sender = of(&json!(behind));
    assert_eq!((&sender["adds"], &sender["drops"]), (&adds, &json!([])));
    assert_eq!(
        sender["templates"],
        json!([{ "id": "sender", "version": 1, "current": 3, "adds": adds }])
    );
    let exact = of(&made["record"]["id"]);
    assert_eq!(
        (&exact["adds"], &exact["drops"]),
        (&json!(["policy:delete", "policy:view"]), &json!(["policy:read"]))
    );
    assert_eq!(host.store, before);
    let verdict = host
        .verify(&credential, json!({ "requirement": "messages:templates:read" }))
        .unwrap();
    assert_eq!(
        verdict["code"], "insufficient_permission",
        "a frozen grant does not follow its template"
    );

    let one = |query: Json| {
        host_call(
            &mut Host {
                store: before.clone(),
                now: host.now,
                calls: 9,
                ..Host::new()
            },
            query,
        )
    };
    assert!(one(json!({ "owner": "org:other" })).is_err());
    assert!(one(json!({ "owner": "org:acme", "template": "sendr" })).is_err());
    let page = one(json!({ "owner": "org:acme", "limit": 2 })).unwrap();
    assert_eq!(page["scanned"], 2);
    assert!(page["next"].is_string());
}

/// Each filter, and tokens of other owners or with unreadable records.
#[test]
fn drift_of_one_template_and_of_one_owner() {
    let mut host = Host::new();
    let make = |host: &mut Host, owner: &str, template: &str| {
        let input = json!({ "kind": "permission-set", "name": "n", "owner": owner, "templates": [template] });
        text(
            &host
                .create(input, json!({ "id": "root", "roles": { "": "admin" } }))
                .unwrap()["record"]["id"],
        )
    };
    let of_sender = make(&mut host, "org:acme", "sender");
    let of_policy = make(&mut host, "org:acme", "policy-reader");
    make(&mut host, "org:other", "sender");
    let damaged = make(&mut host, "org:acme", "sender");
    host.store.insert(format!("token/{damaged}"), "{".to_owned());
    let mut later = catalog();
    later["templates"]["sender"]["permissions"] = json!(["messages:**"]);
    later["templates"]["policy-reader"]["permissions"] = json!(["policy:*"]);
    host.deployment =
        leastkey::Deployment::configure(&value(json!({ "prefix": "acme_live" })), &value(later)).unwrap();
    let ids = |report: &Json| -> Vec<String> {
        report["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| text(&item["id"]))
            .collect()
    };
    let mut all = ids(&host_call(&mut host, json!({ "owner": "org:acme" })).unwrap());
    all.sort();
    let mut expected = vec![of_sender.clone(), of_policy];
    expected.sort();
    assert_eq!(all, expected);
    let one = host_call(&mut host, json!({ "owner": "org:acme", "template": "sender" })).unwrap();
    assert_eq!(
        (ids(&one), &one["unreadable"]),
        (vec![of_sender], &json!([damaged]))
    );
}

fn host_call(host: &mut Host, query: Json) -> Result<Json, leastkey::input::Refusal> {
    host.call(json!({ "op": "drift", "query": query, "actor": admin() }))
}

/// Small catalogs: one service with permissions `s:0`…, some of which imply others, and templates
/// over them.
fn small_catalog() -> impl Strategy<Value = (Json, usize, usize)> {
    (2..7usize, prop::collection::vec(prop::collection::vec(0..7usize, 1..6), 0..5), prop::collection::vec((0..7usize, 0..7usize), 0..4))
        .prop_map(|(size, templates, implications)| {
            let mut permissions = serde_json::Map::new();
            for index in 0..size {
                // Implications go from a lower to a higher index only, so there is no cycle.
                let implied: Vec<String> = implications
                    .iter()
                    .filter(|(from, to)| *from == index && to > from && *to < size)
                    .map(|(_, to)| format!("s:{to}"))
                    .collect();
                permissions.insert(index.to_string(), json!({ "title": "x", "implies": implied }));
            }
            let count = templates.len();
            let templates: serde_json::Map<String, Json> = templates
                .into_iter()
                .enumerate()
                .map(|(at, of)| {
                    let mut of: Vec<String> = of.into_iter().map(|index| format!("s:{}", index % size)).collect();
                    of.dedup();
                    (format!("t{at}"), json!({ "title": "x", "permissions": of }))
                })
                .collect();
            (json!({ "services": { "s": { "title": "S", "permissions": permissions } }, "templates": templates }), size, count)
        })
}

/// A greedy search needs three templates here; two suffice.
#[test]
fn the_smallest_suggestion_is_found_where_greed_fails() {
    let permissions: serde_json::Map<String, Json> =
        (0..6).map(|index| (index.to_string(), json!("x"))).collect();
    let template = |of: &[u8]| json!({ "title": "x", "permissions": of.iter().map(|index| format!("s:{index}")).collect::<Vec<_>>() });
    let document = json!({
        "services": { "s": { "title": "S", "permissions": permissions } },
        "templates": { "most": template(&[0, 1, 2, 3]), "even": template(&[0, 2, 4]), "odd": template(&[1, 3, 5]) },
    });
    let catalog = compiled(document);
    let wanted: Vec<String> = (0..6).map(|index| format!("s:{index}")).collect();
    let suggestion = serde_json::to_value(catalog.suggest(&set_of(&catalog, &wanted))).unwrap();
    let chosen: Vec<String> = suggestion["templates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|offer| text(&offer["id"]))
        .collect();
    assert_eq!(
        (chosen, &suggestion["add"]),
        (vec!["even".to_owned(), "odd".to_owned()], &json!([]))
    );
}

/// The excess of single templates, the least first.
#[test]
fn a_suggestion_names_the_templates_that_would_do_instead() {
    let catalog = compiled(catalog());
    let suggestion =
        serde_json::to_value(catalog.suggest(&set_of(&catalog, &["policy:write".to_owned()]))).unwrap();
    assert_eq!(suggestion["add"][0]["id"], "policy:write");
    assert_eq!(suggestion["instead"].as_array().unwrap().len(), 1);
    assert_eq!(
        (
            &suggestion["instead"][0]["id"],
            suggestion["instead"][0]["excess"].as_array().unwrap().len()
        ),
        (&json!("everything"), 5)
    );
}

fn set_of(catalog: &Catalog, ids: &[String]) -> PermissionSet {
    let mut problems = Problems::default();
    catalog
        .read_set(&value(json!(ids)), &Path::call(), &mut problems)
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Tries every choice of templates and single permissions: none with as little excess is
    /// smaller than the suggestion.
    #[test]
    fn a_suggestion_covers_and_none_is_smaller((document, size, templates) in small_catalog(), wanted in prop::collection::btree_set(0..7usize, 1..8)) {
        let catalog = compiled(document);
        let wanted: Vec<String> = wanted.into_iter().filter(|index| *index < size).map(|index| format!("s:{index}")).collect();
        prop_assume!(!wanted.is_empty());
        let suggestion = serde_json::to_value(catalog.suggest(&set_of(&catalog, &wanted))).unwrap();
        let entries = |member: &str| -> Vec<String> { suggestion[member].as_array().unwrap().iter().map(|offer| text(&offer["id"])).collect() };
        let gives = |templates: &[String], add: &[String]| -> Vec<String> {
            let shown = preview(&catalog, json!({ "templates": templates, "add": add })).unwrap();
            shown["permissions"].as_array().unwrap().iter().map(text).collect()
        };
        let covers = |given: &[String]| wanted.iter().all(|id| given.contains(id));
        let excess = |given: &[String]| given.iter().filter(|id| !wanted.contains(id)).count();

        let (chosen, added) = (entries("templates"), entries("add"));
        let given = gives(&chosen, &added);
        prop_assert!(covers(&given));
        prop_assert_eq!(excess(&given), suggestion["excess"].as_array().unwrap().len());
        prop_assert_eq!(&suggestion["smallest"], true);

        let best = (excess(&given), chosen.len() + added.len());
        for choice in 0..1u32 << (templates + size) {
            let template_ids: Vec<String> = (0..templates).filter(|at| choice >> at & 1 == 1).map(|at| format!("t{at}")).collect();
            let add: Vec<String> = (0..size).filter(|at| choice >> (templates + at) & 1 == 1).map(|at| format!("s:{at}")).collect();
            if template_ids.len() + add.len() >= best.1 && best.0 == 0 {
                continue;
            }
            let given = gives(&template_ids, &add);
            if covers(&given) {
                prop_assert!((excess(&given), template_ids.len() + add.len()) >= best, "{:?} {:?} beats {:?} {:?}", template_ids, add, chosen, added);
            }
        }
    }

    #[test]
    fn a_tree_and_its_set_agree_on_every_node(
        templates in prop::sample::subsequence(vec!["sender", "everything", "policy-reader"], 0..=3),
        add in prop::sample::subsequence(vec!["messages:*", "**:read", "policy:write", "messages:templates:**"], 0..=3),
        remove in prop::sample::subsequence(vec!["messages:send", "messages:status", "policy:*", "**:write"], 0..=3),
        role in prop::option::of(prop::sample::select(vec!["user", "admin"])),
    ) {
        let catalog = compiled(catalog());
        let mut selection = json!({ "templates": templates, "add": add, "remove": remove });
        if let Some(role) = role {
            selection["role"] = json!(role);
        }
        let shown = preview(&catalog, selection.clone()).unwrap();
        prop_assert_eq!(shown.to_string(), preview(&catalog, selection.clone()).unwrap().to_string(), "twice the same bytes");
        let set: Vec<String> = shown["permissions"].as_array().unwrap().iter().map(text).collect();
        for node in nodes(&shown["tree"]) {
            let id = text(&node["id"]);
            let below: Vec<String> = catalog.permissions().map(ToString::to_string).filter(|known| *known == id || known.starts_with(&format!("{id}:"))).collect();
            let given = below.iter().filter(|known| set.contains(known)).count();
            let expected = if given == 0 { "off" } else if given == below.len() { "on" } else { "partly" };
            prop_assert_eq!(&node["state"], expected, "{}", id);
        }
        // A removal overrides every template, role and implication.
        for pattern in &remove {
            let pattern = leastkey::value::permission::Pattern::parse(pattern).unwrap();
            prop_assert!(set.iter().all(|id| !pattern.matches(id)));
        }
        // More templates never give fewer permissions.
        for left_out in 0..templates.len() {
            let mut fewer = selection.clone();
            fewer["templates"].as_array_mut().unwrap().remove(left_out);
            let less = preview(&catalog, fewer).unwrap();
            prop_assert!(less["permissions"].as_array().unwrap().iter().all(|id| set.contains(&text(id))));
        }
    }

    /// Every matched path is a plain reading of one of the routes: one segment per segment, and
    /// nothing decoded into structure.
    #[test]
    fn no_path_slips_past_a_rule(path in "(/|%2[fFeE]|%5[cC]|%25|\\.|\\\\|[a-c]|é|[?#;]| ){0,12}", method in "(GET|POST|HEAD|get)") {
        let document = json!({ "services": { "s": { "title": "S", "permissions": {
            "a": { "title": "A", "routes": ["GET /a"] },
            "b": { "title": "B", "routes": [{ "route": "GET /a/{b}", "resource": "b:{b}" }] },
            "c": { "title": "C", "routes": [{ "route": "POST /{c}/a", "resource": "c:{c}" }] },
        } } } });
        if let Some(mut matched) = compiled(document).route(&method, &path) {
            let matched = matched.pop().filter(|_| matched.is_empty()).unwrap();
            let segments: Vec<&str> = path.split('/').skip(1).collect();
            prop_assert!(path.starts_with('/') && !path.contains('%') && segments.iter().all(|segment| !segment.is_empty() && *segment != "." && *segment != ".."), "{}", path);
            let expected = match (method.as_str(), segments.as_slice()) {
                ("GET" | "HEAD", ["a"]) => ("s:a", None),
                ("GET" | "HEAD", ["a", b]) => ("s:b", Some(format!("b:{b}"))),
                ("POST", [c, "a"]) => ("s:c", Some(format!("c:{c}"))),
                _ => panic!("{method} {path} must match nothing"),
            };
            prop_assert_eq!((matched.permission.as_str(), matched.resource.map(|resource| resource.to_string())), expected);
        }
    }
}
