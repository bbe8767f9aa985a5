//! Catalogs and selections through the public API.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

use leastkey::catalog::{Catalog, Selection};
use leastkey::input::{Members, Path, Problem, Problems};
use leastkey::value::permission::Pattern;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use support::{catalog, value};

fn problems(document: Json) -> Vec<Problem> {
    Catalog::compile(&value(document)).err().unwrap_or_default()
}

/// The problems of the test catalog with one value replaced.
fn changed(pointer: &str, with: Json) -> Vec<Problem> {
    let mut document = catalog();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    document.pointer_mut(parent).unwrap()[name] = with;
    problems(document)
}

#[test]
fn each_problem_has_its_path_and_a_suggestion() {
    for (pointer, with, path, says) in [
        ("/servces", json!({}), "$.servces", "did you mean \"services\""),
        (
            "/services/messages/permission",
            json!({}),
            "$.services.messages.permission",
            "did you mean \"permissions\"",
        ),
        (
            "/services/a:b",
            json!({"title": "x", "permissions": {}}),
            "$.services[\"a:b\"]",
            "character ':'",
        ),
        (
            "/services/messages/title",
            json!(7),
            "$.services.messages.title",
            "expected a string, got a number",
        ),
        (
            "/services/policy/permissions/read",
            json!({}),
            "$.services.policy.permissions.read.title",
            "is required",
        ),
        (
            "/services/policy/permissions/read",
            json!(null),
            "$.services.policy.permissions.read",
            "got null",
        ),
        (
            "/services/messages/permissions/send/implies",
            json!(["messages:stauts"]),
            "$.services.messages.permissions.send.implies[0]",
            "did you mean \"messages:status\"",
        ),
        (
            "/services/messages/permissions/send/implies",
            json!(["messages:send"]),
            "$.services",
            "circle: messages:send → messages:send",
        ),
        (
            "/templates/sender/permissions",
            json!(["mesages:send"]),
            "$.templates.sender.permissions[0]",
            "did you mean \"messages:send\"",
        ),
        (
            "/templates/sender/permissions",
            json!(["billing:*"]),
            "$.templates.sender.permissions[0]",
            "matching \"billing:*\"",
        ),
        (
            "/templates/sender/permissions",
            json!(["a**"]),
            "$.templates.sender.permissions[0]",
            "\"**\" inside a segment",
        ),
        (
            "/templates/sender/permissions",
            json!("messages:send"),
            "$.templates.sender.permissions",
            "expected an array, got a string; write [\"messages:send\"]",
        ),
        (
            "/templates/sender/extends",
            json!(["everything"]),
            "$.templates.sender.extends",
            "circle: sender → everything → sender",
        ),
        (
            "/templates/everything/extends",
            json!(["sendr"]),
            "$.templates.everything.extends[0]",
            "did you mean \"sender\"",
        ),
        (
            "/templates/everything/version",
            json!(0),
            "$.templates.everything.version",
            "whole number from 1",
        ),
        (
            "/templates/hollow",
            json!({"title": "x"}),
            "$.templates.hollow",
            "needs \"permissions\"",
        ),
        (
            "/templates/hollow",
            json!({"title": "x", "permissions": []}),
            "$.templates.hollow",
            "gives no permission",
        ),
        (
            "/roles/admin",
            json!({"title": "x", "permissions": ["**"]}),
            "$.roles.admin",
            "built in",
        ),
        (
            "/roles/user/permissions",
            json!(["**:delete"]),
            "$.roles.user.permissions[0]",
            "has no permission matching",
        ),
        (
            "/kinds/personal",
            json!({"lifetime": {"default": "2w", "longest": "1w"}}),
            "$.kinds.personal.lifetime",
            "longer than the longest",
        ),
        (
            "/kinds/personal",
            json!({"lifetime": {"longest": "10d"}}),
            "$.kinds.personal.lifetime",
            "90d is longer than the longest, 10d",
        ),
        (
            "/kinds/personal",
            json!({"lifetime": {"longest": "never"}}),
            "$.kinds.personal.lifetime.longest",
            "cannot read the lifetime",
        ),
        (
            "/kinds/personal",
            json!({"lifetime": {"default": 0}}),
            "$.kinds.personal.lifetime.default",
            "is zero",
        ),
        (
            "/kinds/personal",
            json!({"lifetime": {"longest": 7_776_000}}),
            "$.kinds.personal.lifetime.longest",
            "7776000 has no unit; write \"90d\" for seconds",
        ),
        (
            "/kinds/personal",
            json!({"uniqueNames": "yes"}),
            "$.kinds.personal.uniqueNames",
            "expected true or false",
        ),
        (
            "/kinds/personal",
            json!({"rotation": {"reuse": "revok"}}),
            "$.kinds.personal.rotation.reuse",
            "expected \"alert\", \"disable\" or \"revoke\", got \"revok\"",
        ),
        (
            "/kinds/personal",
            json!({"owners": ["user:*", ""]}),
            "$.kinds.personal.owners[1]",
            "is empty; write a pattern such as",
        ),
        (
            "/kinds/personal",
            json!({"role": "usr"}),
            "$.kinds.personal.role",
            "the catalog has no role \"usr\"; did you mean \"user\"?",
        ),
    ] {
        let found = changed(pointer, with);
        let hit = found
            .iter()
            .any(|problem| problem.path == path && problem.message.contains(says));
        assert!(hit, "{pointer}: expected {path}: …{says}…, got {found:#?}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let found = problems(json!({
        "services": { "s": { "title": "S", "permissions": { "a": { "titel": "A" }, "b": { "title": "B", "implies": ["s:z"] } } } },
        "templates": { "t": { "title": "T", "permissions": ["x:y", "s:b"], "extends": ["u"] } },
        "kinds": { "k": { "lifetime": { "longest": "soon" } } },
    }));
    let paths: Vec<&str> = found.iter().map(|problem| problem.path.as_str()).collect();
    for path in [
        "$.services.s.permissions.a.titel",
        "$.services.s.permissions.a.title",
        "$.services.s.permissions.b.implies[0]",
        "$.templates.t.permissions[0]",
        "$.templates.t.extends[0]",
        "$.kinds.k.lifetime.longest",
    ] {
        assert!(paths.contains(&path), "{path} in {paths:?}");
    }
    assert_eq!(paths.len(), 6, "{found:#?}");
    for document in [json!(null), json!([]), json!("x"), json!({})] {
        assert!(!problems(document).is_empty());
    }
}

#[test]
fn a_star_that_matches_only_deeper_permissions_is_told_of_two_stars() {
    let found = problems(json!({
        "services": { "s": { "title": "S", "permissions": { "a": { "title": "A", "permissions": { "b": "B" } } } } },
        "templates": { "t": { "title": "T", "permissions": ["s:*"] } },
    }));
    let message = "the catalog has no permission matching \"s:*\"; \"*\" matches one segment, write \"s:**\" for any number";
    assert_eq!(found[0].message, message);
}

#[test]
fn a_name_that_stands_twice_is_told() {
    let text = r#"{"services": {"s": {"title": "S", "permissions": {"a": "A", "a": "B"}}}}"#;
    let found = Catalog::compile(&serde_json::from_str(text).unwrap()).unwrap_err();
    assert_eq!(found[0].path, "$.services.s.permissions.a");
}

#[test]
fn names_of_the_prototype_are_ordinary() {
    let document = json!({
        "services": { "constructor": { "title": "x", "permissions": { "__proto__": "y", "toString": "z" } } },
        "templates": { "__proto__": { "title": "t", "permissions": ["constructor:*"] } },
    });
    let compiled = Catalog::compile(&value(document)).unwrap();
    assert_eq!(
        ids(&compiled, json!({ "templates": ["__proto__"] })).unwrap(),
        ["constructor:__proto__", "constructor:toString"]
    );
    assert!(ids(&compiled, json!({ "templates": ["constructor"] })).is_err());
}

fn ids(catalog: &Catalog, selection: Json) -> Result<Vec<String>, Vec<Problem>> {
    let mut problems = Problems::default();
    let selection = value(selection);
    let members = Members::open(&selection, &Path::call(), &Selection::MEMBERS, &mut problems).unwrap();
    let selection = Selection::read(&members, &mut problems);
    let resolution = catalog.resolve(&selection, None, &mut problems);
    match resolution.filter(|_| problems.is_empty()) {
        Some(resolution) => Ok(catalog
            .ids(&resolution.permissions)
            .iter()
            .map(ToString::to_string)
            .collect()),
        None => Err(problems.into_vec()),
    }
}

#[test]
fn selections() {
    let compiled = Catalog::compile(&value(catalog())).unwrap();
    for (selection, expected) in [
        (json!({"templates": ["sender"]}), "messages:send messages:status"),
        (
            json!({"templates": ["sender", "policy-reader"]}),
            "messages:send messages:status policy:read",
        ),
        (
            json!({"templates": ["sender"], "remove": ["messages:status"]}),
            "messages:send",
        ),
        (
            json!({"templates": ["sender"], "add": ["policy:*"]}),
            "messages:send messages:status policy:read policy:write",
        ),
        (
            json!({"templates": ["everything"], "remove": ["messages:**", "*:write"]}),
            "policy:read",
        ),
        (json!({"add": ["**:read"]}), "messages:templates:read policy:read"),
        (json!({"add": ["messages:*"]}), "messages:send messages:status"),
        (
            json!({"role": "user"}),
            "messages:status messages:templates:read policy:read",
        ),
        (
            json!({"role": "admin", "remove": ["messages:**"]}),
            "policy:read policy:write",
        ),
    ] {
        let found = ids(&compiled, selection.clone()).unwrap().join(" ");
        assert_eq!(found, expected, "{selection}");
    }
}

#[test]
fn selections_that_are_refused() {
    let compiled = Catalog::compile(&value(catalog())).unwrap();
    for (selection, path) in [
        (json!({}), "templates"),
        (json!({"templates": []}), "templates"),
        (
            json!({"templates": ["sender"], "remove": ["messages:*"]}),
            "templates",
        ),
        (json!({"templates": ["sendr"]}), "templates[0]"),
        (json!({"templates": ["sender", "sender"]}), "templates[1]"),
        (json!({"templates": "sender"}), "templates"),
        (json!({"add": ["messages:snd"]}), "add[0]"),
        (json!({"add": ["messages:templates"]}), "add[0]"),
        (json!({"add": ["*"]}), "add[0]"),
        (
            json!({"templates": ["sender"], "remove": ["billing:**"]}),
            "remove[0]",
        ),
        (json!({"role": "owner"}), "role"),
        (json!({"role": null}), "role"),
    ] {
        let found = ids(&compiled, selection.clone()).unwrap_err();
        assert_eq!(found[0].path, path, "{selection}: {found:#?}");
    }
}

/// A naive pattern matcher that tries every split of the texts.
fn naive(pattern: &[&str], target: &[&str]) -> bool {
    fn segment(pattern: &str, target: &str) -> bool {
        match pattern.chars().next() {
            None => target.is_empty(),
            Some('*') => (0..=target.len()).any(|cut| segment(&pattern[1..], &target[cut..])),
            Some(letter) => target.starts_with(letter) && segment(&pattern[1..], &target[1..]),
        }
    }
    match pattern.split_first() {
        None => target.is_empty(),
        Some((&"**", rest)) => (0..=target.len()).any(|cut| naive(rest, &target[cut..])),
        Some((first, rest)) => target
            .split_first()
            .is_some_and(|(head, tail)| segment(first, head) && naive(rest, tail)),
    }
}

#[test]
fn patterns_agree_with_a_naive_reference_over_all_pairs() {
    let of_depth = |segments: &[&'static str]| {
        let mut all: Vec<Vec<&str>> = Vec::new();
        let mut last: Vec<Vec<&str>> = vec![vec![]];
        for _ in 0..3 {
            last = last
                .iter()
                .flat_map(|path| {
                    segments
                        .iter()
                        .map(|segment| [path.as_slice(), &[*segment]].concat())
                })
                .collect();
            all.extend(last.clone());
        }
        all
    };
    let targets = of_depth(&["a", "ab", "b", "aab"]);
    for pattern in of_depth(&["a", "ab", "b", "*", "**", "a*", "*b", "*a*"]) {
        let parsed = Pattern::parse(&pattern.join(":")).unwrap();
        for target in &targets {
            let joined = target.join(":");
            assert_eq!(
                parsed.matches(&joined),
                naive(&pattern, target),
                "{parsed} and {joined}"
            );
        }
    }
    for wrong in [
        "", ":", "a:", ":a", "a::b", "a**", "**a", "***", "a b", "é", "a/b",
    ] {
        assert!(Pattern::parse(wrong).is_err(), "{wrong:?}");
    }
}

proptest! {
    #[test]
    fn no_document_makes_the_compiler_panic(document in arbitrary_json()) {
        let _ = Catalog::compile(&value(document.clone()));
        let mut whole = catalog();
        whole["services"]["more"] = document.clone();
        whole["templates"]["more"] = document.clone();
        whole["kinds"]["more"] = document;
        let _ = Catalog::compile(&value(whole));
    }

    #[test]
    fn more_templates_never_give_less(chosen in prop::sample::subsequence(vec!["sender", "everything", "policy-reader"], 1..=3), one in 0..3usize) {
        let compiled = Catalog::compile(&value(catalog())).unwrap();
        let all = ids(&compiled, json!({ "templates": chosen })).unwrap();
        let fewer = ids(&compiled, json!({ "templates": [chosen[one % chosen.len()]] })).unwrap();
        prop_assert!(fewer.iter().all(|id| all.contains(id)));
    }
}

fn arbitrary_json() -> impl Strategy<Value = Json> {
    let names = prop::sample::select(vec![
        "title",
        "permissions",
        "implies",
        "extends",
        "version",
        "lifetime",
        "longest",
        "a",
        "*",
        "__proto__",
    ]);
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,8}".prop_map(Json::from),
        "[a-z*:]{0,8}".prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map(names.clone().prop_map(str::to_owned), inner, 0..5)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}
