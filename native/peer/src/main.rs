//! A process in Rust for the tests: it makes the calls that it reads, on the given store.
//!
//! `leastkey-peer sqlite <file>` or `leastkey-peer postgres <settings>`, each with the options as
//! JSON: `{ prefix, catalog, freshness?, recordKeys?, watch? }`. A line of JSON on the standard input is a
//! call, a line on the standard output its answer: `{ answer }` or `{ error: { code, message } }`.

use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::time::Duration;

use leastkey::driver::{Actor, AsyncStore, Blocking, Created, Options, Tokens};
use leastkey::model::question::Question;
use leastkey_postgres::PostgresStore;
use leastkey_sqlite::SqliteStore;
use serde_json::{Value as Json, json};
use tokio_postgres::NoTls;

type Answer = Result<Json, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, place, options] = arguments.as_slice() else {
        return Err("usage: leastkey-peer sqlite|postgres <place> <options>".into());
    };
    let options: Json = serde_json::from_str(options)?;
    let watches = options.get("watch").and_then(Json::as_bool).unwrap_or_default();
    let options = read_options(&options);
    match kind.as_str() {
        "sqlite" => serve(Tokens::new(Blocking::new(SqliteStore::open(place)?), options)?).await,
        "postgres" => {
            let store = PostgresStore::new(place.parse()?, NoTls).push();
            store.migrate().await?;
            let tokens = Tokens::new(store, options)?;
            let verifier = tokens.verifier().clone();
            let _watch = match watches {
                true => Some(
                    tokens
                        .verifier()
                        .store()
                        .watch(move || verifier.invalidate())
                        .await?,
                ),
                false => None,
            };
            serve(tokens).await
        }
        other => Err(format!("there is no store {other}").into()),
    }
}

fn read_options(given: &Json) -> Options {
    let text = |name: &str| given.get(name).and_then(Json::as_str).unwrap_or_default();
    let window = given.get("freshness").and_then(Json::as_u64).unwrap_or_default();
    let keys: Vec<&str> = given
        .get("recordKeys")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    let options = Options::new(text("prefix"), given.get("catalog").cloned().unwrap_or_default())
        .freshness(Duration::from_millis(window))
        .deadline(Duration::from_secs(60));
    if keys.is_empty() {
        options
    } else {
        options.record_keys(&keys)
    }
}

/// Answers each line.
async fn serve<S: AsyncStore + 'static>(tokens: Tokens<S>) -> Result<(), Box<dyn Error>> {
    let mut output = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        let answer = match answer(&tokens, &serde_json::from_str(&line?)?).await {
            Ok(answer) => json!({ "answer": answer }),
            Err(error) => json!({ "error": error.to_string() }),
        };
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

async fn answer<S: AsyncStore + 'static>(tokens: &Tokens<S>, call: &Json) -> Answer {
    let member = |name: &str| call.get(name).cloned().unwrap_or_default();
    let text = |name: &str| {
        call.get(name)
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (id, actor) = (text("id"), admin());
    Ok(match text("op").as_str() {
        "create" => created(&tokens.create(member("input"), &actor).await?),
        "rotate" => created(&tokens.rotate(&id, member("options"), &actor).await?),
        "exchange" => created(&tokens.exchange(&text("credential"), member("input")).await?),
        "get" => tokens.get(&id, &actor).await?,
        "edit" => tokens.edit(&id, member("change"), &actor).await?,
        "revoke" => tokens.revoke(&id, member("options"), &actor).await?,
        "flush" => serde_json::to_value(tokens.flush().await?)?,
        "verifyAudit" => tokens.verify_audit(&text("owner")).await?,
        "verify" => {
            let requirement = tokens.verifier().requirement(member("requirement"))?;
            let question = Question {
                consume: call
                    .get("consume")
                    .and_then(Json::as_u64)
                    .and_then(|cost| u32::try_from(cost).ok()),
                ..Question::of(&requirement)
            };
            serde_json::to_value(tokens.verify(&text("credential"), &question).await)?
        }
        // `times` edits, or counts, one after the other, while other processes do the same.
        "editMany" => {
            for at in 0..count(call) {
                let change = json!({ "tags": [format!("rust-{at}")] });
                tokens.edit(&id, change, &actor).await?;
            }
            json!(count(call))
        }
        "countMany" => {
            let requirement = tokens.verifier().requirement(Json::Null)?;
            let mut valid = 0;
            for _ in 0..count(call) {
                let question = Question {
                    consume: Some(1),
                    ..Question::of(&requirement)
                };
                valid += u64::from(tokens.verify(&text("credential"), &question).await.valid);
            }
            json!(valid)
        }
        other => return Err(format!("there is no call {other}").into()),
    })
}

fn count(call: &Json) -> u64 {
    call.get("times").and_then(Json::as_u64).unwrap_or_default()
}

fn admin() -> Actor {
    Actor::new("user:rust").role("org:acme", "admin")
}

fn created(created: &Created) -> Json {
    let credential = created.credential.as_ref().map(|credential| credential.reveal());
    json!({ "token": credential, "record": created.record })
}
