//! Uses are kept until they are stored, with what they asked for.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};
use std::time::Duration;

use leastkey::driver::{Store as _, Tokens as AsyncTokens};
use leastkey::model::question::Question;
use leastkey::verify::code::Code;
use serde_json::{Value as Json, json};

use super::{Fault, Hanging, NOW, SetClock, Shared, admin, block_on, code, create, input, options, tokens};

/// The stored usage of a token.
fn usage(store: &Shared, id: &str) -> Json {
    let stored = store.0.store.get(&[format!("usage/{id}")]).unwrap();
    stored[0]
        .as_deref()
        .map_or(Json::Null, |text| serde_json::from_str(text).unwrap())
}

#[test]
fn the_uses_of_a_failed_flush_are_kept_for_the_next_one() {
    let (store, clock) = (Shared::default(), SetClock::new());
    let tokens = tokens(&store, options().clock(clock.clone()));
    let made: Vec<_> = (0..45)
        .map(|at| create(&tokens, input(&at.to_string())))
        .collect();
    for (credential, _) in &made {
        assert_eq!(code(tokens.verifier(), credential), Code::Valid);
    }
    store.fail(&[Fault::Refusal]);
    assert_eq!(tokens.flush().unwrap_err().code(), "store_unavailable");
    clock.advance(1_000);
    assert_eq!(code(tokens.verifier(), &made[0].0), Code::Valid);
    let report = tokens.flush().unwrap();
    assert_eq!((report.flushed, report.uncounted), (45, 0));
    for (at, (_, id)) in made.iter().enumerate() {
        let (uses, last) = if at == 0 { (2, NOW + 1_000) } else { (1, NOW) };
        assert_eq!(usage(&store, id)["uses"], uses, "{at}");
        assert_eq!(usage(&store, id)["lastUsedAt"], last, "{at}");
    }
    assert_eq!(tokens.flush().unwrap().flushed, 0);
}

#[test]
fn the_uses_of_a_flush_that_is_cut_off_are_kept() {
    let tokens = AsyncTokens::new(Hanging::default(), options()).unwrap();
    let created = block_on(tokens.create(input("One"), &admin())).unwrap();
    let any = tokens.verifier().requirement(Json::Null).unwrap();
    let credential = created.credential.unwrap();
    assert!(block_on(tokens.verify(credential.reveal(), &Question::of(&any))).valid);
    let hangs = &tokens.verifier().store().commits_hang;
    hangs.store(true, Ordering::SeqCst);
    {
        let mut flush = pin!(tokens.flush());
        assert!(
            flush
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        assert_eq!(tokens.verifier().pending_uses(), 0, "they are under way");
    }
    assert_eq!(tokens.verifier().pending_uses(), 1);
    hangs.store(false, Ordering::SeqCst);
    assert_eq!(block_on(tokens.flush()).unwrap().flushed, 1);
}

#[test]
fn the_permissions_that_were_asked_for_are_stored() {
    let store = Shared::default();
    let tokens = tokens(&store, options().clock(SetClock::new()));
    let mut both = input("Both");
    both["add"] = json!(["mail:send", "mail:read"]);
    let (credential, id) = create(&tokens, both);
    let ask = |requirement: Json| {
        let requirement = tokens.requirement(requirement).unwrap();
        assert!(tokens.verify(&credential, &Question::of(&requirement)).valid);
        tokens.flush().unwrap();
        let mut stored = usage(&store, &id);
        stored.as_object_mut().unwrap().remove("uses");
        stored
    };
    let form = |asked: Json| json!({ "v": 1, "lastUsedAt": NOW, "asked": asked });
    assert_eq!(ask(json!("mail:send")), form(json!({ "mail:send": NOW })));
    let all = json!({ "mail:read": NOW, "mail:send": NOW });
    let on = json!({ "permission": "mail:read", "resource": "org:acme" });
    assert_eq!(ask(json!({ "all": [on] })), form(all.clone()));
    let expression = json!("mail:send OR mail:read");
    assert_eq!(ask(expression), form(all.clone()), "each of the alternatives");
    let mut untold = form(all);
    untold["untoldAt"] = json!(NOW);
    assert_eq!(ask(Json::Null), untold, "a use that asked for nothing");
}

#[test]
fn the_addresses_of_uses_are_stored_if_the_host_records_them() {
    for records in [false, true] {
        let (store, clock) = (Shared::default(), SetClock::new());
        let options = options().clock(clock.clone());
        let tokens = tokens(&store, if records { options.addresses() } else { options });
        let (credential, id) = create(&tokens, input("Addresses"));
        let send = tokens.requirement(json!("mail:send")).unwrap();
        for last in 0..7 {
            clock.advance(1_000);
            let ip = format!("::ffff:10.0.0.{last}");
            let question = Question {
                request: tokens.verifier().context(json!({ "ip": ip })).unwrap(),
                ..Question::of(&send)
            };
            assert!(tokens.verify(&credential, &question).valid);
        }
        tokens.flush().unwrap();
        let from = (2..7).map(|last| (format!("10.0.0.{last}"), json!(NOW + 1_000 * (last + 1))));
        let from = Json::Object(from.collect());
        let expected = if records { from } else { Json::Null };
        assert_eq!(usage(&store, &id)["from"], expected, "the last five");
    }
}

#[test]
fn a_rotated_out_secret_is_no_use() {
    let (store, clock) = (Shared::default(), SetClock::new());
    let tokens = tokens(&store, options().clock(clock.clone()));
    let (old, id) = create(&tokens, input("Rotated"));
    let new = tokens.rotate(&id, json!({ "grace": "1m" }), &admin()).unwrap();
    let new = new.credential.unwrap().reveal().to_owned();
    tokens.confirm_rotation(&id, &admin()).unwrap();
    let see = |credential: &str, code_is: Code| {
        clock.advance(1_000);
        assert_eq!(code(tokens.verifier(), credential), code_is);
    };
    see(&old, Code::RotatedOut);
    see(&new, Code::Valid);
    see(&old, Code::RotatedOut);
    let [used] = tokens.verifier().take_uses().try_into().unwrap();
    assert_eq!(
        used,
        json!({ "id": id, "at": NOW + 2_000, "uses": 1, "reused": true, "untold": true })
    );
    // Another process hands it on, and what the JavaScript package notes besides.
    let mut handed = used;
    handed["from"] = json!({ "10.0.0.1": NOW + 2_000 });
    handed["asked"] = json!(["mail:send OR mail:read", "mail:gone"]);
    assert_eq!(tokens.flush_uses(vec![handed.clone()]).unwrap().flushed, 1);
    let stored = usage(&store, &id);
    assert_eq!(
        (&stored["lastUsedAt"], &stored["uses"]),
        (&json!(NOW + 2_000), &json!(1))
    );
    assert_eq!(stored["from"], json!({ "10.0.0.1": NOW + 2_000 }));
    assert_eq!(
        stored["asked"],
        json!({ "mail:send": NOW + 2_000 }),
        "of what the token has"
    );
    handed["at"] = json!("yesterday");
    let error = tokens.flush_uses(vec![handed]).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("invalid_input: uses[0]: expected a use"),
        "{error}"
    );
}

#[test]
fn a_use_that_is_refused_is_dropped_and_told() {
    let store = Shared::default();
    let tokens = tokens(&store, options().deadline(Duration::from_secs(60)));
    let made: Vec<_> = (0..25)
        .map(|at| create(&tokens, input(&at.to_string())))
        .collect();
    for (credential, _) in &made {
        assert_eq!(code(tokens.verifier(), credential), Code::Valid);
    }
    // No process of ours makes such a use.
    let from = json!({ "10.0.0.1": u64::MAX });
    let wrong = json!({ "id": "0VbkXrXsQjnW9xj4", "at": NOW, "uses": 3, "graceOver": 1, "from": from });
    let report = tokens.flush_uses(vec![wrong]).unwrap();
    assert_eq!(
        serde_json::to_value(report).unwrap(),
        json!({ "flushed": 25, "uncounted": 3, "refused": ["0VbkXrXsQjnW9xj4"] })
    );
}
