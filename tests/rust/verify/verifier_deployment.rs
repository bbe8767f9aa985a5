//! The verify-only catalog of an edge agrees with the full catalog.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::HashMap;

use leastkey::Deployment;
use leastkey::catalog::{Matched, RouteNumber};
use leastkey::codec::json::Value;
use leastkey::deployment::VerifierConfig;
use leastkey::deployment::verifier::VerifierDeployment;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

fn value(json: &Json) -> Value {
    serde_json::from_value(json.clone()).unwrap()
}

const PATHS: [&str; 12] = [
    "/",
    "/a",
    "/A",
    "/a/",
    "/a/b",
    "/b/X",
    "/b/x.y/z",
    "/a/b.json",
    "/b/%20",
    "/x/y/z",
    "/a/./b",
    "/b/c",
];

/// Whether both accept the catalog. If the full one does, the edge must, with the same permissions
/// and routes.
fn compare(catalog: &Json) -> bool {
    let config = value(&json!({ "prefix": "acme" }));
    let whole = Deployment::configure(&config, &value(catalog));
    let edge = VerifierDeployment::configure(&config, &value(catalog));
    let Ok(whole) = whole else { return false };
    let edge = edge.unwrap_or_else(|refusal| panic!("{refusal}: {catalog}"));
    assert!(
        edge.permissions().permissions().eq(whole.catalog().permissions()),
        "{catalog}"
    );
    let mut numbered = HashMap::new();
    for (at, method) in ["GET", "HEAD", "POST"].into_iter().enumerate() {
        for path in PATHS {
            let found = edge.route(method, path);
            match edge.route_number(at, path.as_bytes()) {
                RouteNumber::One(number, on) => {
                    let needs = found.as_deref().unwrap_or_default();
                    let [Matched { permission, resource }] = needs else {
                        panic!("{method} {path} needs {needs:?}: {catalog}");
                    };
                    assert_eq!(resource, &on, "{method} {path}: {catalog}");
                    assert_eq!(
                        numbered.entry(number).or_insert_with(|| permission.clone()),
                        permission
                    );
                }
                RouteNumber::None => assert_eq!(found, None, "{method} {path}: {catalog}"),
                RouteNumber::Other => {}
            }
            assert_eq!(
                found,
                whole.catalog().route(method, path),
                "{method} {path}: {catalog}"
            );
        }
    }
    true
}

#[test]
fn example_catalogs() {
    for name in [
        "four-systems",
        "organization",
        "permission-set",
        "personal",
        "session",
    ] {
        let text = std::fs::read_to_string(format!("examples/catalogs/{name}.json")).unwrap();
        assert!(compare(&serde_json::from_str(&text).unwrap()), "{name}");
    }
}

/// Permissions by their segments, some with a mistake.
fn nodes() -> impl Strategy<Value = Map<String, Json>> {
    let routes = prop::collection::vec(
        prop_oneof![
            8 => "(GET|HEAD|POST) (/|(/(a|A|b|\\{x\\})){1,2}(/\\{\\*r\\})?)".prop_map(Json::from),
            2 => Just(json!({ "route": "GET /b/{x}", "resource": "org:{x}" })),
            1 => Just(json!("GET a")),
        ],
        0..3,
    );
    let leaf = prop_oneof![
        4 => Just(json!("Title")),
        4 => routes.prop_map(|routes| json!({ "title": "T", "routes": routes })),
        1 => Just(json!({ "title": "T", "deprecated": true })),
        1 => Just(json!(7)),
    ];
    let named = |value| prop::collection::btree_map("[a-c]|x-1|", value, 0..4);
    let node = leaf.prop_recursive(3, 16, 4, move |inner| {
        (named(inner), prop::option::of(any::<bool>())).prop_map(|(nodes, grantable)| {
            let mut group = json!({ "title": "G", "permissions": nodes });
            if let Some(grantable) = grantable {
                group["grantable"] = json!(grantable);
            }
            group
        })
    });
    prop::collection::btree_map("[a-c]|x-1", node, 0..4).prop_map(|nodes| nodes.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn random_catalogs(one in nodes(), other in nodes()) {
        compare(&json!({ "services": {
            "one": { "title": "One", "permissions": one },
            "other": { "title": "Other", "permissions": other },
        } }));
    }
}
