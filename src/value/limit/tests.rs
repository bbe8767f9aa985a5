use serde_json::{Value as Json, json};

use super::*;

const NOW: u64 = 1_795_392_000_000;

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis as f64).unwrap()
}

fn read(json: &Json) -> Result<Limits, String> {
    let (value, mut problems) = (serde_json::from_value(json.clone()).unwrap(), Problems::default());
    let limits = Limits::read(&value, &Path::call().member("limits"), &mut problems);
    assert_eq!(limits.is_some(), problems.is_empty(), "{json}");
    let problems = problems.into_vec();
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| format!("{}: {}", problem.path, problem.message))
        .collect();
    limits.ok_or_else(|| lines.join("; "))
}

fn both() -> Json {
    json!({ "requests": { "limit": 3, "per": "1s" }, "credits": { "amount": 5, "refill": { "amount": 2, "every": "1h" } } })
}

#[test]
fn what_is_stored_is_read_again_as_it_was() {
    let limits = read(&both()).unwrap();
    let stored = serde_json::to_string(&limits).unwrap();
    let millis = json!({ "requests": { "limit": 3, "per": 1_000 }, "credits": { "amount": 5, "refill": { "amount": 2, "every": 3_600_000 } } });
    assert_eq!(serde_json::from_str::<Json>(&stored).unwrap(), millis);
    assert_eq!(Limits::of_stored(&stored), Some(limits));
}

#[test]
fn both_are_spent_or_neither() {
    let limits = read(&both()).unwrap();
    let one = limits.spend(None, 2, at(NOW)).unwrap();
    assert_eq!(
        serde_json::from_str::<Json>(&one.text).unwrap(),
        json!({ "v": 1, "of": limits, "tat": [NOW + 666, 2], "credits": 3, "refilledAt": NOW })
    );
    assert_eq!(one.remaining, Some(3));
    // The rate refuses first.
    assert_eq!(
        limits.spend(Some(&one.text), 2, at(NOW)),
        Err(Exceeded::RateLimited {
            retry_after_ms: Some(334)
        })
    );
    let two = limits.spend(Some(&one.text), 3, at(NOW + 1_000)).unwrap();
    assert_eq!(two.remaining, Some(0));
    // The credits refuse what the rate allows, and the rate has not moved.
    let later = NOW + 10_000;
    assert_eq!(
        limits.spend(Some(&two.text), 3, at(later)),
        Err(Exceeded::UsageExceeded {
            retry_after_ms: Some(2 * 3_600_000 - 10_000)
        })
    );
    let three = limits.spend(Some(&two.text), 1, at(NOW + 3_600_000)).unwrap();
    assert_eq!(three.remaining, Some(1));
    // Never possible: no time to retry.
    assert_eq!(
        limits.spend(None, 4, at(NOW)),
        Err(Exceeded::RateLimited { retry_after_ms: None })
    );
    let credits = read(&json!({ "credits": { "amount": 5 } })).unwrap();
    assert_eq!(
        credits.spend(None, 6, at(NOW)),
        Err(Exceeded::UsageExceeded { retry_after_ms: None })
    );
    let rate = read(&json!({ "requests": { "limit": 1, "per": "1s" } })).unwrap();
    assert_eq!(rate.spend(None, 1, at(NOW)).unwrap().remaining, None);
}

#[test]
fn what_was_used_of_a_rate_stays_used_when_it_is_edited() {
    let before = read(&both()).unwrap();
    let spent = before.spend(None, 3, at(NOW)).unwrap();
    let mut changed = both();
    changed["requests"]["limit"] = json!(7);
    let after = read(&changed)
        .unwrap()
        .spend(Some(&spent.text), 2, at(NOW))
        .unwrap();
    assert_eq!(after.remaining, Some(0), "credits go on");
    // One use of one a day counts as one of 60 a minute, and does not block for a day.
    let daily = read(&json!({ "requests": { "limit": 1, "per": "1d" } })).unwrap();
    let spent = daily.spend(None, 1, at(NOW)).unwrap();
    let quick = read(&json!({ "requests": { "limit": 60, "per": "1m" } })).unwrap();
    let edited = quick.go_on(Some(&spent.text), None, at(NOW)).unwrap().unwrap();
    for counted in [&spent.text, &edited] {
        assert!(quick.spend(Some(counted), 60, at(NOW)).is_err());
        assert!(quick.spend(Some(counted), 59, at(NOW)).is_ok());
    }
}

#[test]
fn a_rate_that_is_edited_again_and_again_gives_nothing_back() {
    let hour = 3_600_000;
    let rate = |limit: u32, per: u64| {
        read(&json!({ "requests": { "limit": limit, "per": format!("{per}ms") } })).unwrap()
    };
    let spent = rate(1_000, hour).spend(None, 1_000, at(NOW)).unwrap().text;
    // By the clock that counted it, and by a clock that is a minute behind.
    for behind in [0, 60_000] {
        let mut stored = spent.clone();
        for per in [hour + 1, hour + 2, 2 * hour, 9 * hour] {
            let narrower = rate(1_000, per);
            stored = narrower
                .go_on(Some(&stored), None, at(NOW - behind))
                .unwrap()
                .unwrap();
            assert!(narrower.spend(Some(&stored), 1, at(NOW)).is_err(), "{per}");
        }
        let fewer = rate(10, hour)
            .go_on(Some(&stored), None, at(NOW))
            .unwrap()
            .unwrap();
        assert!(rate(10, hour).spend(Some(&fewer), 1, at(NOW)).is_err());
    }
    // The edit keeps the amount that came back in the meantime.
    let halfway = at(NOW + hour / 2);
    let edited = rate(800, hour)
        .go_on(Some(&spent), None, halfway)
        .unwrap()
        .unwrap();
    assert!(rate(800, hour).spend(Some(&edited), 301, halfway).is_err());
    assert!(rate(800, hour).spend(Some(&edited), 300, halfway).is_ok());
    // A clock that was a year ahead leaves all of it used, but not for a year.
    let ahead = rate(3, 60_000).spend(None, 3, at(NOW + YEAR)).unwrap().text;
    let edited = rate(3, 90_000)
        .go_on(Some(&ahead), None, at(NOW))
        .unwrap()
        .unwrap();
    assert!(rate(3, 90_000).spend(Some(&edited), 1, at(NOW)).is_err());
    assert!(rate(3, 90_000).spend(Some(&edited), 1, at(NOW + 30_000)).is_ok());
    // The largest numbers do not overflow.
    let longest = 9_007_199_254_740_991;
    let spent = rate(MAX, longest).spend(None, MAX, at(NOW)).unwrap().text;
    assert!(rate(MAX, longest - 1).spend(Some(&spent), 1, at(NOW)).is_err());
}

#[test]
fn what_was_used_of_credits_stays_used_when_their_amount_is_edited() {
    let credits = |amount: u32| read(&json!({ "credits": { "amount": amount } })).unwrap();
    let spent = credits(100).spend(None, 60, at(NOW)).unwrap().text;
    for (amount, left) in [(101, 41), (100, 40), (61, 1), (60, 0), (10, 0), (1_000, 940)] {
        let changed = credits(amount);
        assert_eq!(changed.left(Some(&spent), at(NOW)), Ok(Some(left)), "{amount}");
        let edited = changed.go_on(Some(&spent), None, at(NOW)).unwrap().unwrap();
        assert_eq!(changed.left(Some(&edited), at(NOW)), Ok(Some(left)), "{amount}");
        // Edited back, the used amount is still 60, whatever the limits were in between.
        assert_eq!(
            credits(100).left(Some(&edited), at(NOW)),
            Ok(Some(40)),
            "{amount}"
        );
    }
    assert_eq!(credits(100).go_on(None, None, at(NOW)), Ok(None));
}

#[test]
fn refills_make_good_what_is_owed_before_anything_is_left() {
    let refilled = |amount: u32, gain: u32| {
        read(&json!({ "credits": { "amount": amount, "refill": { "amount": gain, "every": "1h" } } }))
            .unwrap()
    };
    let hours = |hours: u64| at(NOW + hours * 3_600_000);
    let spent = refilled(10, 1).spend(None, 9, hours(0)).unwrap().text;
    let lowered = refilled(5, 1);
    let edited = lowered.go_on(Some(&spent), None, hours(1)).unwrap().unwrap();
    // 8 of 5 are used: 3 hours until the balance is 0, and one more until a credit is left.
    for (hour, left) in [(1, 0), (4, 0), (5, 1), (9, 5), (99, 5)] {
        assert_eq!(lowered.left(Some(&edited), hours(hour)), Ok(Some(left)), "{hour}");
    }
    assert_eq!(
        lowered.spend(Some(&edited), 1, hours(1)),
        Err(Exceeded::UsageExceeded {
            retry_after_ms: Some(4 * 3_600_000)
        })
    );
    // The interval of changed refills begins with the edit. The refills before it are kept.
    let quicker = refilled(10, 2);
    let edited = quicker.go_on(Some(&spent), None, hours(3)).unwrap().unwrap();
    assert_eq!(quicker.left(Some(&edited), hours(3)), Ok(Some(4)));
    assert_eq!(quicker.left(Some(&edited), hours(4)), Ok(Some(6)));
}

#[test]
fn a_manager_says_how_much_is_left() {
    let limits = read(&both()).unwrap();
    let spent = limits.spend(None, 3, at(NOW)).unwrap().text;
    let topped = limits.go_on(Some(&spent), Some(5), at(NOW)).unwrap().unwrap();
    assert_eq!(limits.left(Some(&topped), at(NOW)), Ok(Some(5)));
    assert!(
        limits.spend(Some(&topped), 1, at(NOW)).is_err(),
        "the rate goes on"
    );
    let begun = limits.go_on(None, Some(2), at(NOW)).unwrap().unwrap();
    assert_eq!(limits.left(Some(&begun), at(NOW)), Ok(Some(2)));
    assert!(limits.spend(Some(&begun), 2, at(NOW)).is_ok());
    // Damaged counters are replaced if the edit gives `remaining`.
    assert_eq!(limits.go_on(Some("{}"), None, at(NOW)), Err(Exceeded::Damaged));
    let mended = limits.go_on(Some("{}"), Some(1), at(NOW)).unwrap().unwrap();
    assert_eq!(limits.left(Some(&mended), at(NOW)), Ok(Some(1)));
    // `remaining` is no part of the limits: it is read along with them and never stored with them.
    let asked = |remaining: Json| {
        let value = json!({ "credits": { "amount": 5, "remaining": remaining } });
        let mut problems = Problems::default();
        let asked = Limits::read_asked(
            &serde_json::from_value(value).unwrap(),
            &Path::call(),
            &mut problems,
        );
        asked.and_then(|asked| asked.remaining)
    };
    assert_eq!(
        [json!(0), json!(5), json!(6), json!(-1), json!(1.5)].map(asked),
        [Some(0), Some(5), None, None, None]
    );
    assert!(read(&json!({ "credits": { "amount": 5, "remaining": 5 } })).is_err());
}

#[test]
fn damaged_counters_let_nothing_through() {
    let limits = read(&both()).unwrap();
    let sound: Json = serde_json::from_str(&limits.spend(None, 1, at(NOW)).unwrap().text).unwrap();
    assert!(limits.spend(Some(&sound.to_string()), 1, at(NOW)).is_ok());
    for (path, wrong) in [
        ("/v", json!(2)),
        ("/v", json!("1")),
        ("/of", json!({})),
        ("/of/requests/limit", json!(0)),
        ("/of/requests", json!(null)),
        ("/tat", json!(null)),
        ("/tat", json!(NOW)),
        ("/tat", json!([NOW])),
        ("/tat", json!([NOW, 3])),
        ("/tat", json!([-1, 0])),
        ("/tat", json!([NOW, 0, 0])),
        ("/tat", json!([NOW as f64 + 0.5, 0])),
        ("/credits", json!(6)),
        ("/credits", json!(-1)),
        ("/credits", json!(null)),
        ("/credits", json!("4")),
        ("/refilledAt", json!(null)),
        ("/refilledAt", json!("never")),
    ] {
        let mut damaged = sound.clone();
        *damaged.pointer_mut(path).unwrap() = wrong.clone();
        assert_eq!(
            limits.spend(Some(&damaged.to_string()), 1, at(NOW)),
            Err(Exceeded::Damaged),
            "{path} {wrong}"
        );
    }
    for name in ["v", "of", "tat", "credits", "refilledAt"] {
        let mut damaged = sound.clone();
        damaged.as_object_mut().unwrap().remove(name);
        assert_eq!(
            limits.spend(Some(&damaged.to_string()), 1, at(NOW)),
            Err(Exceeded::Damaged),
            "without {name}"
        );
    }
    // `owed` requires that no credits are left, and must not be 0.
    for owed in [json!(1), json!(0), json!(null)] {
        let mut damaged = sound.clone();
        damaged["owed"] = owed;
        assert_eq!(
            limits.spend(Some(&damaged.to_string()), 1, at(NOW)),
            Err(Exceeded::Damaged)
        );
    }
    let mut more = sound.clone();
    more["more"] = json!(1);
    for text in ["", "null", "{}", "[]", "{broken", &more.to_string()] {
        assert_eq!(
            limits.spend(Some(text), 0, at(NOW)),
            Err(Exceeded::Damaged),
            "{text}"
        );
    }
}

#[test]
fn what_is_no_limit_is_refused_from_a_caller_and_from_the_store_alike() {
    for (json, says) in [
        (json!(null), "limits: expected an object"),
        (json!({}), "limits: has no limit"),
        (json!({ "request": {} }), "did you mean \"requests\""),
        (json!({ "requests": null }), "limits.requests: expected an object"),
        (
            json!({ "requests": {} }),
            "limits.requests.limit: is required; limits.requests.per: is required",
        ),
        (
            json!({ "requests": { "limit": 0, "per": "1s" } }),
            "limits.requests.limit: expected a whole number from 1",
        ),
        (
            json!({ "requests": { "limit": 1.5, "per": "1s" } }),
            "limits.requests.limit: expected a whole number",
        ),
        (
            json!({ "requests": { "limit": 2_147_483_648_u32, "per": "1s" } }),
            "limits.requests.limit: expected a whole number",
        ),
        (
            json!({ "requests": { "limit": "9", "per": "1s" } }),
            "limits.requests.limit: expected a whole number",
        ),
        (
            json!({ "requests": { "limit": 9, "per": 0 } }),
            "limits.requests.per: is zero",
        ),
        (
            json!({ "requests": { "limit": 9, "per": "fast" } }),
            "limits.requests.per: cannot read the lifetime",
        ),
        (
            json!({ "requests": { "limit": 9, "per": "1s", "burst": 3 } }),
            "unknown member \"burst\"",
        ),
        (json!({ "credits": {} }), "limits.credits.amount: is required"),
        (
            json!({ "credits": { "amount": 0 } }),
            "limits.credits.amount: expected a whole number",
        ),
        (
            json!({ "credits": { "amount": 5, "refill": null } }),
            "limits.credits.refill: expected an object",
        ),
        (
            json!({ "credits": { "amount": 5, "refill": {} } }),
            "limits.credits.refill.amount: is required",
        ),
        (
            json!({ "credits": { "amount": 5, "refill": { "amount": 1 } } }),
            "limits.credits.refill.every: is required",
        ),
        (
            json!({ "credits": { "amount": 5, "refill": { "amount": 0, "every": "1h" } } }),
            "limits.credits.refill.amount: expected",
        ),
    ] {
        let message = read(&json).unwrap_err();
        assert!(message.contains(says), "{json}: {message}");
        assert!(serde_json::from_value::<Limits>(json.clone()).is_err(), "{json}");
    }
    assert!(serde_json::from_str::<Limits>(r#"{"credits":{"amount":1,"amount":2}}"#).is_err());
}

const YEAR: u64 = 365 * 24 * 60 * 60 * 1_000;

#[test]
fn a_use_counted_by_a_clock_a_year_ahead_stops_nobody_else() {
    let limits = read(&json!({ "requests": { "limit": 3, "per": "1m" } })).unwrap();
    let ahead = limits.spend(None, 3, at(NOW + YEAR)).unwrap();
    // The limit counts as spent except for this use, from now on.
    let next = limits.spend(Some(&ahead.text), 1, at(NOW)).unwrap();
    let refused = limits.spend(Some(&next.text), 1, at(NOW));
    assert_eq!(
        refused,
        Err(Exceeded::RateLimited {
            retry_after_ms: Some(20_000)
        })
    );
    assert!(limits.spend(Some(&next.text), 1, at(NOW + 20_000)).is_ok());
    // A cost above the limit never passes.
    assert!(limits.spend(Some(&ahead.text), 4, at(NOW)).is_err());
    // Two correct clocks can differ by a minute.
    let near = limits.spend(None, 3, at(NOW + 60_000)).unwrap();
    assert!(limits.spend(Some(&near.text), 1, at(NOW)).is_err());
}

#[test]
fn a_refill_given_by_a_clock_a_year_ahead_is_not_waited_for() {
    let limits =
        read(&json!({ "credits": { "amount": 3, "refill": { "amount": 1, "every": "1h" } } })).unwrap();
    let ahead = limits.spend(None, 2, at(NOW + YEAR)).unwrap();
    let next = limits.spend(Some(&ahead.text), 1, at(NOW)).unwrap();
    assert_eq!(next.remaining, Some(0));
    let refused = limits.spend(Some(&next.text), 1, at(NOW));
    assert_eq!(
        refused,
        Err(Exceeded::UsageExceeded {
            retry_after_ms: Some(3_600_000)
        })
    );
    assert!(limits.spend(Some(&next.text), 1, at(NOW + 3_600_000)).is_ok());
}
