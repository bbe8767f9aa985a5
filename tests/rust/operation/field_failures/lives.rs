//! What ends stays ended, and what is counted is counted once.

use leastkey::input::ErrorCode;
use leastkey::model::question::{Question, read_requirement};
use leastkey::storage::plan::{Plan, Reads, Write};
use leastkey::value::credential::SCHEME;
use leastkey::verify::verify::verify;
use serde_json::{Value as Json, json};

use crate::support::{Host, NOW, admin, instant, sender, text, value};
use crate::{Finding, holds, wanted};

/// Keypal brought back 149 of 200 revoked keys by writing "last used" into the record that it had
/// read.
pub(crate) fn a_late_change_never_undoes_a_revocation() -> Finding {
    for late in ["disable", "rotate"] {
        let mut host = Host::new();
        let (credential, id) = sender(&mut host);
        let planned_before = host.planned(json!({ "op": late, "id": id, "actor": admin() }));
        host.one("revoke", &id, admin()).unwrap();
        let committed = host.commit(&planned_before);
        let code = host.code(&credential);
        holds(
            !committed && code == "revoked",
            format!("{late} after revoke: {code}"),
        )?;
    }
    Ok(())
}

/// A client that minted its own credential sends its create once more, after the token was deleted.
pub(crate) fn a_deleted_token_never_comes_back() -> Finding {
    let mut host = Host::new();
    let minted = host.entropy().mint(host.deployment.prefix(), instant(NOW));
    let input = wanted(json!({ "id": minted.id(), "digest": minted.digest(), "scheme": SCHEME }));
    host.create(input.clone(), admin()).unwrap();
    let (id, credential) = (minted.id().as_str(), minted.reveal());
    let planned_before = host.planned(json!({ "op": "disable", "id": id, "actor": admin() }));
    host.one("delete", id, admin()).unwrap();
    holds(!host.commit(&planned_before), "a late change of it is committed")?;
    let again = host.create(input, admin());
    let refused = again.is_err_and(|refusal| refusal.code == ErrorCode::Conflict);
    let code = host.code(credential);
    holds(
        refused && code == "unknown",
        format!("after the same create again: {code}"),
    )
}

/// What a use would write, with its verdict.
fn use_of(host: &Host, credential: &str) -> (Vec<Write>, Json) {
    let question = value(json!({ "consume": 1 }));
    let requirement = read_requirement(host.deployment.catalog(), &question).unwrap();
    let question = Question::read(&requirement, &question).unwrap();
    let mut reads = Reads::default();
    loop {
        let now = instant(host.now);
        let (writes, verdict) = match verify(&host.deployment, credential, &question, &reads, now) {
            Plan::Need(need) => {
                host.fetch(&mut reads, need);
                continue;
            }
            Plan::Commit { writes, answer } => (writes, answer),
            Plan::Answer(answer) => (Vec::new(), answer),
            other @ (Plan::Prepare { .. } | Plan::Refuse(_)) => panic!("{other:?}"),
        };
        return (writes, serde_json::to_value(verdict).unwrap());
    }
}

pub(crate) fn a_credit_is_spent_once() -> Finding {
    let mut host = Host::new();
    let input = wanted(json!({ "limits": { "credits": { "amount": 1 } } }));
    let made = host.create(input, admin()).unwrap();
    let credential = text(&made["token"]);
    // Two processes at once read that there is one left.
    let (one, other) = (use_of(&host, &credential), use_of(&host, &credential));
    assert_eq!(
        (&one.1["code"], &other.1["code"]),
        (&json!("valid"), &json!("valid"))
    );
    assert!(host.commit(&one.0), "nobody was before it");
    holds(!host.commit(&other.0), "both spend the one credit")?;
    let (_, third) = use_of(&host, &credential);
    holds(third["code"] == "usage_exceeded", format!("then {third}"))
}

pub(crate) fn a_disabled_account_stops_its_tokens() -> Finding {
    let root = json!({ "id": "user:0", "roles": { "": "admin" } });
    let mut host = Host::new();
    let (of_owner, _) = sender(&mut host);
    let input = json!({ "id": "org:acme", "permissions": { "org:acme": ["**"] } });
    host.call(json!({ "op": "putAccount", "input": input, "actor": root }))
        .unwrap();
    let backed = wanted(json!({ "kind": "organization", "expiresIn": "30d" }));
    let made = host.create(backed, admin()).unwrap();
    let of_technical_user = text(&made["token"]);
    for (account, credential) in [
        (text(&made["record"]["technicalUser"]), of_technical_user),
        ("org:acme".to_owned(), of_owner),
    ] {
        assert_eq!(host.code(&credential), "valid", "as long as {account} is active");
        host.one("disableAccount", &account, root.clone()).unwrap();
        let code = host.code(&credential);
        holds(code == "owner_inactive", format!("{account} is disabled: {code}"))?;
    }
    Ok(())
}

pub(crate) fn an_expiry_that_cannot_be_read_refuses() -> Finding {
    let mut host = Host::new();
    let (credential, id) = sender(&mut host);
    let key = format!("token/{id}");
    let record: Json = serde_json::from_str(&host.store[&key]).unwrap();
    for unreadable in [
        json!(null),
        json!("never"),
        json!("2027-01-01"),
        json!(""),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(true),
        json!([]),
        json!({}),
    ] {
        let mut damaged = record.clone();
        damaged["token"]["expiresAt"] = unreadable.clone();
        host.store.insert(key.clone(), damaged.to_string());
        let code = host.code(&credential);
        holds(
            code == "store_unavailable",
            format!("expiresAt {unreadable}: {code}"),
        )?;
    }
    host.store.insert(key, record.to_string());
    assert_eq!(host.code(&credential), "valid", "with the end that was written");
    Ok(())
}

pub(crate) fn the_shortest_lifetime_ends() -> Finding {
    for (lifetime, millis) in [(json!("1ms"), 1), (json!("999ms"), 999), (json!("PT1S"), 1_000)] {
        let mut host = Host::new();
        let made = host
            .create(wanted(json!({ "expiresIn": lifetime })), admin())
            .unwrap();
        let ends = &made["record"]["expiresAt"];
        holds(*ends == NOW + millis, format!("{lifetime} ends at {ends}"))?;
        let credential = text(&made["token"]);
        for (after, code) in [(millis - 1, "valid"), (millis, "expired")] {
            host.now = NOW + after;
            let found = host.code(&credential);
            holds(found == code, format!("{lifetime} after {after} ms: {found}"))?;
        }
    }
    let longest = wanted(json!({ "expiresIn": format!("{}ms", (1u64 << 53) - 1) }));
    holds(
        Host::new().create(longest, admin()).is_err(),
        "an end beyond all time is taken",
    )
}

/// The records of tokens, but for some.
fn records_without(host: &Host, ids: &[&str]) -> Vec<(String, String)> {
    let records = host.store.iter().filter(|(key, _)| key.starts_with("token/"));
    records
        .filter(|(key, _)| !ids.iter().any(|id| key.ends_with(id)))
        .map(|(key, text)| (key.clone(), text.clone()))
        .collect()
}

pub(crate) fn a_change_touches_no_other_token() -> Finding {
    let mut host = Host::new();
    let mut make = |tag: &str, subject: &str| {
        let input = wanted(json!({ "tags": [tag], "subject": subject }));
        text(&host.create(input, admin()).unwrap()["record"]["id"])
    };
    let meant = make("nightly", "user:7");
    let [single, ..] = [
        make("nightly", "user:8"),
        make("daily", "user:7"),
        make("daily", "user:8"),
    ];
    let before = records_without(&host, &[&meant]);
    let mut query = json!({ "owner": "org:acme", "tag": "nightly", "subject": "user:7" });
    let mut ids = Vec::new();
    loop {
        let call = json!({ "op": "revokeAll", "query": query, "actor": admin() });
        let page = host.call(call).unwrap();
        ids.extend(page["ids"].as_array().unwrap().clone());
        match page.get("next") {
            Some(next) => query["after"] = next.clone(),
            None => break,
        }
    }
    holds(ids == [json!(meant)], format!("revokeAll took {ids:?}"))?;
    holds(
        records_without(&host, &[&meant]) == before,
        "revokeAll touches others",
    )?;
    let before = records_without(&host, &[&single]);
    for op in [
        "disable",
        "enable",
        "rotate",
        "confirmRotation",
        "revoke",
        "delete",
    ] {
        host.one(op, &single, admin()).unwrap();
        holds(
            records_without(&host, &[&single]) == before,
            format!("{op} touches others"),
        )?;
    }
    Ok(())
}
