//! What a text stands for: a credential, a secret, a name.

use leastkey::input::ErrorCode;
use leastkey::value::credential::{Prefix, Presented};
use leastkey::value::permission::Permission;
use serde_json::{Value as Json, json};

use crate::support::{Host, NOW, admin, instant, sender};
use crate::{Finding, holds, wanted};

/// 11.8 % of rallly's keys were dead: the separator of their parts was a letter of their alphabet.
pub(crate) fn credentials_are_read_by_position() -> Finding {
    let mut host = Host::new();
    for prefix in ["a", "acme_live", "a_1_b", "sk_1"] {
        let parsed = Prefix::parse(prefix).unwrap();
        for call in 0..5_000 {
            host.calls = call;
            let minted = host.entropy().mint(&parsed, instant(NOW));
            let read = Presented::parse(&parsed, minted.reveal());
            let same = read.is_ok_and(|read| {
                read.id() == minted.id() && read.digest().to_hex() == minted.digest().to_hex()
            });
            holds(same, format!("a credential of the prefix {prefix:?} is dead"))?;
        }
    }
    Ok(())
}

/// Each digit of the stored digest counts.
pub(crate) fn a_secret_is_compared_to_its_end() -> Finding {
    let mut host = Host::new();
    let (credential, id) = sender(&mut host);
    let key = format!("token/{id}");
    let record: Json = serde_json::from_str(&host.store[&key]).unwrap();
    let digest = record["digest"].as_str().unwrap();
    for at in 0..digest.len() {
        let other = if &digest[at..=at] == "0" { "1" } else { "0" };
        let mut changed = record.clone();
        changed["digest"] = json!(format!("{}{other}{}", &digest[..at], &digest[at + 1..]));
        host.store.insert(key.clone(), changed.to_string());
        let code = host.code(&credential);
        holds(
            code == "bad_secret",
            format!("with another digit at {at} of 64: {code}"),
        )?;
    }
    Ok(())
}

pub(crate) fn names_that_look_alike_are_one() -> Finding {
    let mut host = Host::new();
    for (composed, apart) in [
        ("Café", "Cafe\u{301}"),
        ("Å", "\u{212b}"),
        ("가", "\u{1100}\u{1161}"),
    ] {
        let mut make = |name: &str| {
            let input = wanted(json!({ "kind": "personal", "name": name }));
            host.create(input, admin())
        };
        make(composed).unwrap();
        let taken = make(apart).is_err_and(|refusal| refusal.code == ErrorCode::NameTaken);
        holds(taken, format!("two tokens look like {composed}"))?;
    }
    for lookalike in [
        "messages:s\u{435}nd",
        "messages\u{ff1a}send",
        "messages:ſend",
        "messages:send\u{200b}",
    ] {
        let refused = Permission::parse(lookalike).is_err();
        holds(refused, format!("{lookalike:?} is a permission"))?;
    }
    Ok(())
}
