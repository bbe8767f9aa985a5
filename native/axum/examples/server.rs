//! A guarded server on a SQLite file: `cargo run --example server -- ./tokens.db`.
//!
//! It prints a credential. Then: `curl -H "Authorization: Bearer <credential>"
//! localhost:8080/inbox`. A token that a program in JavaScript makes in the same file works too.

use std::time::Duration;

use axum::routing::{get, post};
use axum::{Json, Router};
use leastkey::driver::{Actor, Blocking, Options, Tokens};
use leastkey_axum::{Guard, GuardLayer, Token};
use leastkey_sqlite::SqliteStore;
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "./tokens.db".to_owned());
    let catalog = json!({ "services": { "mail": { "title": "Mail", "permissions": {
        "send": { "title": "Send", "routes": ["POST /messages"] },
        "read": { "title": "Read", "routes": ["GET /inbox"] },
    } } } });
    let options = Options::new("acme_test", catalog)
        .freshness(Duration::from_secs(5))
        .on_error(|error, operation| eprintln!("{operation}: {error}"));
    let tokens = Tokens::new(Blocking::new(SqliteStore::open(path)?), options)?;

    let admin = Actor::new("user:7").role("org:acme", "admin");
    let input = json!({ "kind": "permission-set", "name": "Try", "owner": "org:acme", "add": ["mail:read"], "expiresIn": "1h" });
    let created = tokens.create(input, &admin).await?;
    if let Some(credential) = created.credential {
        println!("{}", credential.reveal());
    }

    let guard = Guard::new(tokens.verifier().clone());
    let app = Router::new()
        .route("/inbox", get(inbox))
        .route("/messages", post(send))
        .layer(GuardLayer::by_routes(guard));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    axum::serve(listener, app).await?;
    Ok(())
}

async fn inbox(token: Token) -> Json<Value> {
    Json(json!({ "owner": token.owner, "messages": [] }))
}

async fn send(token: Token) -> Json<Value> {
    Json(json!({ "sentBy": token.name }))
}
