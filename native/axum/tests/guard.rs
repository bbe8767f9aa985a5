//! Requests to a guarded router.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::net::IpAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::FromRef;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::get;
use http_body_util::BodyExt as _;
use leastkey::driver::{Actor, Blocking, MemoryStore, Options, Tokens};
use leastkey_axum::{Allowed, Guard, GuardLayer, Needs, Token};
use serde_json::{Value as Json, json};
use tower::ServiceExt as _;

struct Send;

impl Needs for Send {
    const PERMISSION: &'static str = "mail:send";
}

#[derive(Clone)]
struct App(Guard);

impl FromRef<App> for Guard {
    fn from_ref(app: &App) -> Guard {
        app.0.clone()
    }
}

type Memory = Tokens<Blocking<MemoryStore>>;

fn tokens(window: Duration) -> Memory {
    let catalog = json!({
        "services": { "mail": { "title": "Mail", "permissions": {
            "send": "Send",
            "read": { "title": "Read", "routes": ["GET /inbox", { "route": "GET /orgs/{org}/inbox", "resource": "org:{org}" }] },
        } } },
        "kinds": { "key": { "title": "Key" } },
    });
    let options = Options::new("acme_test", catalog).freshness(window);
    Tokens::new(Blocking::new(MemoryStore::default()), options).unwrap()
}

fn app(tokens: &Memory) -> Router {
    let guard = Guard::new(tokens.verifier().clone())
        .audience("inbox")
        .client_ip(|parts| {
            parts
                .headers
                .get("x-client")?
                .to_str()
                .ok()?
                .parse::<IpAddr>()
                .ok()
        });
    Router::new()
        .route(
            "/inbox",
            get(|token: Token| async move { token.name.as_str().to_owned() }),
        )
        .route(
            "/orgs/{org}/inbox",
            get(|token: Token| async move { token.name.as_str().to_owned() }),
        )
        .route("/forgotten", get(|| async { "open" }))
        .layer(GuardLayer::by_routes(guard.clone()))
        .route(
            "/send",
            get(|allowed: Allowed<Send>| async move { allowed.token().name.as_str().to_owned() }),
        )
        .route(
            "/unguarded",
            get(|token: Token| async move { token.name.as_str().to_owned() }),
        )
        .with_state(App(guard))
}

fn admin() -> Actor {
    Actor::new("user:7").role("org:acme", "admin")
}

async fn create(tokens: &Memory, more: Json) -> (String, String) {
    let mut input = json!({ "kind": "key", "name": "Nightly", "owner": "org:acme", "add": ["mail:read"] });
    input
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let created = tokens.create(input, &admin()).await.unwrap();
    let credential = created.credential.unwrap().reveal().to_owned();
    (credential, created.record["id"].as_str().unwrap().to_owned())
}

async fn ask(app: &Router, path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, String) {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = app
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (
        parts.status,
        parts.headers,
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

async fn status(app: &Router, path: &str, credential: &str) -> u16 {
    ask(app, path, &[("authorization", &format!("Bearer {credential}"))])
        .await
        .0
        .as_u16()
}

#[tokio::test]
async fn routes_of_the_catalog_say_what_a_request_needs() {
    for window in [Duration::ZERO, Duration::from_secs(5)] {
        let tokens = tokens(window);
        let app = app(&tokens);
        let (credential, id) = create(&tokens, json!({})).await;
        for _ in 0..3 {
            let (status, _, body) = ask(
                &app,
                "/inbox",
                &[("authorization", &format!("Bearer {credential}"))],
            )
            .await;
            assert_eq!((status.as_u16(), body.as_str()), (200, "Nightly"));
        }
        assert_eq!(status(&app, "/orgs/acme/inbox", &credential).await, 200);
        assert_eq!(
            status(&app, "/orgs/other/inbox", &credential).await,
            403,
            "another resource"
        );
        assert_eq!(
            status(&app, "/forgotten", &credential).await,
            403,
            "no route of the catalog"
        );
        assert_eq!(
            status(&app, "/send", &credential).await,
            403,
            "another permission"
        );
        assert_eq!(
            status(&app, "/unguarded", &credential).await,
            500,
            "a mistake of the program"
        );
        tokens.revoke(&id, json!({}), &admin()).await.unwrap();
        assert_eq!(
            status(&app, "/inbox", &credential).await,
            401,
            "the own change at once"
        );
    }
}

#[tokio::test]
async fn a_refusal_is_the_same_whether_the_token_exists() {
    let tokens = tokens(Duration::from_secs(5));
    let app = app(&tokens);
    let (revoked, id) = create(&tokens, json!({})).await;
    let unknown = tokens.mint(None).unwrap().credential;
    tokens.revoke(&id, json!({}), &admin()).await.unwrap();
    let mut seen = Vec::new();
    for credential in [revoked.as_str(), unknown.reveal(), "acme_test_2"] {
        let (status, headers, body) = ask(
            &app,
            "/inbox",
            &[("authorization", &format!("Bearer {credential}"))],
        )
        .await;
        assert_eq!(headers["www-authenticate"], "Bearer error=\"invalid_token\"");
        assert_eq!(headers["cache-control"], "no-store");
        seen.push((status, body));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);

    let (status, headers, body) = ask(&app, "/inbox", &[]).await;
    assert_eq!(
        (status.as_u16(), &headers["www-authenticate"]),
        (401, &"Bearer".parse().unwrap())
    );
    let body: Json = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (&body["type"], &body["status"]),
        (&json!("about:blank"), &json!(401))
    );
    let twice = [("authorization", "Bearer a"), ("authorization", "Bearer b")];
    assert_eq!(ask(&app, "/inbox", &twice).await.0.as_u16(), 400);

    let (reader, _) = create(&tokens, json!({})).await;
    let (_, headers, _) = ask(&app, "/send", &[("authorization", &format!("Bearer {reader}"))]).await;
    assert_eq!(
        headers["www-authenticate"],
        "Bearer error=\"insufficient_scope\", scope=\"mail:send\""
    );
}

#[tokio::test]
async fn conditions_and_limits_are_checked() {
    let tokens = tokens(Duration::from_secs(5));
    let app = app(&tokens);
    let conditions = json!({ "conditions": { "ips": ["10.0.0.0/8"], "audiences": ["inbox"] } });
    let (credential, _) = create(&tokens, conditions).await;
    let bearer = format!("Bearer {credential}");
    for (client, expected) in [
        ("10.1.2.3", 200),
        ("11.0.0.1", 403),
        ("unknown", 403),
        ("10.1.2.3", 200),
    ] {
        let headers = [("authorization", bearer.as_str()), ("x-client", client)];
        assert_eq!(
            ask(&app, "/inbox", &headers).await.0.as_u16(),
            expected,
            "{client}"
        );
    }
    let (limited, _) = create(
        &tokens,
        json!({ "limits": { "requests": { "limit": 2, "per": "1h" } } }),
    )
    .await;
    assert_eq!(status(&app, "/inbox", &limited).await, 200);
    assert_eq!(status(&app, "/inbox", &limited).await, 200);
    let (status, headers, _) = ask(&app, "/inbox", &[("authorization", &format!("Bearer {limited}"))]).await;
    assert_eq!(status.as_u16(), 429);
    assert!(headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
}

/// A server gives requests to other threads.
#[tokio::test]
async fn calls_can_be_spawned() {
    fn spawnable<T: std::marker::Send>(future: T) -> T {
        future
    }
    let tokens = tokens(Duration::ZERO);
    spawnable(create(&tokens, json!({}))).await;
    let actor = admin();
    let pages = tokens.revoke_all(json!({ "owner": "org:acme" }), json!({}), &actor);
    assert_eq!(spawnable(pages).await.unwrap().ids.len(), 1);
    assert_eq!(
        spawnable(tokens.verify_audit("org:acme")).await.unwrap()["intact"],
        true
    );
}
