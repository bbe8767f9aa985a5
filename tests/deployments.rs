//! Several deployments beside one another: what one makes is nothing to another, even on the same store.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use leastkey::Deployment;
use leastkey::refusal::{ErrorCode, Refusal};
use serde_json::{Value as Json, json};
use support::{Host, admin, sender, text, value};

fn deployment(prefix: &str) -> Deployment {
    Deployment::configure(&value(json!({ "prefix": prefix })), &value(support::catalog())).unwrap()
}

fn with_prefix(credential: &str, from: &str, to: &str) -> String {
    format!("{to}{}", credential.strip_prefix(from).unwrap())
}

#[test]
fn a_credential_with_another_prefix_is_none_of_that_deployment() {
    let mut host = Host::new();
    let (credential, _) = sender(&mut host);
    let swapped = with_prefix(&credential, "acme_live", "acme_test");
    assert_eq!(host.code(&swapped), "malformed");
    host.deployment = deployment("acme_test");
    assert_eq!(host.code(&swapped), "bad_secret");
    assert_eq!(host.code(&credential), "malformed");
}

/// What `mint` answers, without the credential.
fn minted(host: &Host) -> Json {
    let minted = host
        .entropy()
        .mint(host.deployment.prefix(), support::instant(host.now));
    json!({ "id": minted.id(), "digest": minted.digest(), "scheme": "credential-2" })
}

fn paths(refused: &Refusal) -> Vec<&str> {
    refused
        .problems
        .iter()
        .map(|problem| problem.path.as_str())
        .collect()
}

#[test]
fn a_digest_of_a_client_names_its_scheme() {
    let mut host = Host::new();
    let whole = minted(&host);
    let input = |secret: &Json| {
        let mut input =
            json!({ "kind": "permission-set", "name": "Own", "owner": "org:acme", "templates": ["sender"] });
        let members = secret.as_object().unwrap().clone();
        input.as_object_mut().unwrap().extend(members);
        input
    };
    let without = |name: &str| {
        let mut secret = whole.clone();
        secret.as_object_mut().unwrap().remove(name);
        secret
    };
    for (secret, path) in [
        (without("scheme"), "scheme"),
        (without("digest"), "digest"),
        (without("id"), "id"),
        (json!({ "scheme": "credential-2" }), "digest"),
    ] {
        let refused = host.create(input(&secret), admin()).unwrap_err();
        assert_eq!(refused.code, ErrorCode::InvalidInput);
        assert!(paths(&refused).contains(&path), "{secret}: {:?}", paths(&refused));
    }
    for scheme in ["credential-1", "", "sha256"] {
        let mut secret = whole.clone();
        secret["scheme"] = json!(scheme);
        let refused = host.create(input(&secret), admin()).unwrap_err();
        assert_eq!(paths(&refused), ["scheme"], "{scheme}");
        assert!(refused.message.contains("credential-2"), "{}", refused.message);
    }
    let made = host.create(input(&whole), admin()).unwrap();
    assert_eq!(made["record"]["id"], whole["id"]);

    let id = text(&whole["id"]);
    let rotate = |options: Json| json!({ "op": "rotate", "id": id, "options": options, "actor": admin() });
    let digest = "5e".repeat(32);
    for (options, path) in [
        (json!({ "digest": digest }), "scheme"),
        (json!({ "digest": digest, "scheme": "credential-1" }), "scheme"),
        (json!({ "scheme": "credential-2" }), "digest"),
    ] {
        assert_eq!(paths(&host.call(rotate(options)).unwrap_err()), [path]);
    }
    let rotated = host.call(rotate(json!({ "digest": digest, "scheme": "credential-2" })));
    assert_eq!(rotated.unwrap()["token"], Json::Null);
}
