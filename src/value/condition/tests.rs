use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::{Value as Json, json};

use super::*;

fn message_of(problems: Problems) -> String {
    let problems = problems.into_vec();
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| format!("{}: {}", problem.path, problem.message))
        .collect();
    lines.join("; ")
}

fn read(json: &Json) -> Result<Conditions, String> {
    let (value, mut problems) = (serde_json::from_value(json.clone()).unwrap(), Problems::default());
    let conditions = Conditions::read(&value, &Path::call().member("conditions"), &mut problems);
    assert_eq!(conditions.is_some(), problems.is_empty(), "{json}");
    conditions.ok_or_else(|| message_of(problems))
}

fn context(json: Json) -> Result<RequestContext, String> {
    let (value, mut problems) = (serde_json::from_value(json).unwrap(), Problems::default());
    let context = RequestContext::read(Some(&value), &Path::call().member("context"), &mut problems);
    context.ok_or_else(|| message_of(problems))
}

/// 2026-11-23, a Monday, 00:00 UTC, plus hours.
fn hour(hour: u32) -> Instant {
    Instant::from_millis(1_795_392_000_000.0 + f64::from(hour) * 3_600_000.0).unwrap()
}

fn all() -> Json {
    json!({
        "ips": ["10.0.0.0/8", "2001:db8::/32"],
        "origins": ["https://app.example.com"],
        "audiences": ["api.example.com"],
        "times": { "days": ["mon"], "from": "09:00", "to": "17:00", "utcOffset": "+01:00" },
    })
}

#[test]
fn the_first_unmet_condition_is_named_and_what_is_missing_is_unmet() {
    let conditions = read(&all()).unwrap();
    let right = json!({ "ip": "::ffff:10.1.2.3", "origin": "HTTPS://app.example.com:443", "audience": "api.example.com" });
    assert_eq!(
        conditions.first_unmet(&context(right.clone()).unwrap(), hour(8)),
        None
    );
    assert_eq!(
        conditions.first_unmet(&context(right.clone()).unwrap(), hour(7)),
        Some(Unmet::Time)
    );
    for (changes, unmet) in [
        (json!({ "ip": "11.0.0.1", "origin": "null" }), Unmet::Ip),
        (json!({ "ip": "2001:db9::1" }), Unmet::Ip),
        (
            json!({ "origin": "https://app.example.com.evil.example", "audience": "x" }),
            Unmet::Origin,
        ),
        (json!({ "origin": "http://app.example.com" }), Unmet::Origin),
        (json!({ "origin": "null" }), Unmet::Origin),
        (json!({ "audience": "API.example.com" }), Unmet::Audience),
    ] {
        let mut given = right.clone();
        given
            .as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        assert_eq!(
            conditions.first_unmet(&context(given).unwrap(), hour(7)),
            Some(unmet),
            "{changes}"
        );
    }
    for (name, unmet) in [
        ("ip", Unmet::Ip),
        ("origin", Unmet::Origin),
        ("audience", Unmet::Audience),
    ] {
        let mut given = right.clone();
        given.as_object_mut().unwrap().remove(name);
        assert_eq!(
            conditions.first_unmet(&context(given).unwrap(), hour(8)),
            Some(unmet),
            "without {name}"
        );
    }
    assert_eq!(
        json!([Unmet::Ip, Unmet::Origin, Unmet::Audience, Unmet::Time]),
        json!(["ip", "origin", "audience", "time"])
    );
}

#[test]
fn a_context_that_cannot_be_read_is_a_problem_but_for_what_clients_and_proxies_say() {
    for (json, says) in [
        (json!({ "ip": 7 }), "context.ip: expected a string"),
        (json!({ "ip": null }), "context.ip: expected a string"),
        (json!({ "origin": 7 }), "context.origin: expected a string"),
        (json!({ "audience": "" }), "context.audience: is no audience"),
        (json!({ "audience": "a\nb" }), "context.audience: is no audience"),
        (json!({ "address": "10.0.0.1" }), "unknown member"),
        (json!("10.0.0.1"), "context: expected an object"),
    ] {
        let message = context(json.clone()).unwrap_err();
        assert!(message.contains(says), "{json}: {message}");
    }
    for origin in [
        "null",
        "",
        "chrome-extension://abc",
        "https://app.example.com/",
        &"x".repeat(100_000),
    ] {
        assert_eq!(
            context(json!({ "origin": origin })),
            Ok(RequestContext::default())
        );
    }
    for ip in [
        "",
        "unknown",
        "10.0.0.1, 10.0.0.2",
        "10.0.0.0/8",
        &"1".repeat(100_000),
    ] {
        assert_eq!(context(json!({ "ip": ip })), Ok(RequestContext::default()));
    }
    assert_eq!(
        context(json!({ "ip": "10.0.0.1:5678" })),
        context(json!({ "ip": "10.0.0.1" }))
    );
    let mut problems = Problems::default();
    assert_eq!(
        RequestContext::read(None, &Path::call(), &mut problems),
        Some(RequestContext::default())
    );
}

#[test]
fn what_is_no_condition_is_refused_from_a_caller_and_from_the_store_alike() {
    let many: Vec<String> = (0..51).map(|at| format!("10.0.0.{at}")).collect();
    for (json, says) in [
        (json!(null), "conditions: expected an object"),
        (json!([]), "conditions: expected an object"),
        (json!({}), "conditions: has no condition"),
        (json!({ "ip": ["10.0.0.1"] }), "did you mean \"ips\""),
        (json!({ "ips": [] }), "conditions.ips: is empty"),
        (json!({ "ips": null }), "conditions.ips: expected an array"),
        (json!({ "ips": "10.0.0.1" }), "conditions.ips: expected an array"),
        (json!({ "ips": [7] }), "conditions.ips[0]: expected a string"),
        (json!({ "ips": many }), "conditions.ips: has 51 items; at most 50"),
        (
            json!({ "ips": ["10.0.0.0/8", "10.1.0.0/8"] }),
            "conditions.ips[1]: is an address inside",
        ),
        (
            json!({ "ips": ["10.0.0.1", "::ffff:10.0.0.1/128"] }),
            "conditions.ips[1]: is there twice",
        ),
        (json!({ "origins": [] }), "conditions.origins: is empty"),
        (
            json!({ "origins": ["null"] }),
            "conditions.origins[0]: is the origin of pages without one",
        ),
        (
            json!({ "origins": ["https://a.example", "https://A.example:443"] }),
            "conditions.origins[1]: is there twice",
        ),
        (json!({ "audiences": [] }), "conditions.audiences: is empty"),
        (
            json!({ "audiences": [""] }),
            "conditions.audiences[0]: is no audience",
        ),
        (
            json!({ "audiences": ["é"] }),
            "conditions.audiences[0]: is no audience",
        ),
        (
            json!({ "audiences": ["x".repeat(257)] }),
            "conditions.audiences[0]: is no audience",
        ),
        (json!({ "times": {} }), "conditions.times: limits nothing"),
        (
            json!({ "times": { "days": [] } }),
            "conditions.times.days: is empty",
        ),
        (
            json!({ "ips": ["10.0.0.1"], "times": null }),
            "conditions.times: expected an object",
        ),
    ] {
        let message = read(&json).unwrap_err();
        assert!(message.contains(says), "{json}: {message}");
        assert!(
            serde_json::from_value::<Conditions>(json.clone()).is_err(),
            "{json}"
        );
    }
    assert!(serde_json::from_str::<Conditions>(r#"{"ips":["10.0.0.1"],"ips":["0.0.0.0/0"]}"#).is_err());
}

#[test]
fn what_is_stored_is_read_again_as_it_was() {
    let conditions = read(&all()).unwrap();
    let stored = serde_json::to_string(&conditions).unwrap();
    assert_eq!(serde_json::from_str::<Json>(&stored).unwrap(), all());
    assert_eq!(serde_json::from_str::<Conditions>(&stored).unwrap(), conditions);
}

/// A random subset of the items; `None` for an absent condition.
fn some_of(items: &'static [&'static str]) -> impl Strategy<Value = Option<Vec<&'static str>>> {
    proptest::option::of(subsequence(items, 1..=items.len()))
}

const IPS: [&str; 6] = [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.1.0.0/16",
    "10.1.2.3",
    "::/0",
    "2001:db8::/32",
];
const ADDRESSES: [&str; 6] = [
    "10.1.2.3",
    "10.1.9.9",
    "10.9.9.9",
    "192.0.2.7",
    "2001:db8::1",
    "::1",
];
const ORIGINS: [&str; 2] = ["https://a.example", "https://b.example"];
const AUDIENCES: [&str; 2] = ["one", "two"];

prop_compose! {
    fn conditions()(
        ips in some_of(&IPS),
        origins in some_of(&ORIGINS),
        audiences in some_of(&AUDIENCES),
        from in proptest::option::of(prop_oneof![Just("08:00"), Just("20:00")]),
    ) -> Option<Conditions> {
        let mut json = json!({});
        for (name, list) in [("ips", ips), ("origins", origins), ("audiences", audiences)] {
            if let Some(list) = list {
                json[name] = json!(list);
            }
        }
        if let Some(from) = from {
            json["times"] = json!({ "from": from, "to": "18:00" });
        }
        read(&json).ok()
    }
}

/// All requests of a small world.
fn requests() -> Vec<(RequestContext, Instant)> {
    let mut requests = Vec::new();
    for ip in ADDRESSES.map(Some).into_iter().chain([None]) {
        for origin in ORIGINS.map(Some).into_iter().chain([None]) {
            for audience in AUDIENCES.map(Some).into_iter().chain([None]) {
                for at in [7, 12, 19, 21] {
                    let given = [("ip", ip), ("origin", origin), ("audience", audience)];
                    let given: serde_json::Map<_, _> = given
                        .into_iter()
                        .filter_map(|(name, text)| Some((name.to_owned(), json!(text?))))
                        .collect();
                    requests.push((context(json!(given)).unwrap(), hour(at)));
                }
            }
        }
    }
    requests
}

proptest! {
    #[test]
    fn what_passes_the_narrower_passes_the_wider(narrower in conditions(), wider in conditions()) {
        let (Some(narrower), Some(wider)) = (narrower, wider) else { return Ok(()) };
        prop_assert!(narrower.is_within(&narrower));
        if narrower.is_within(&wider) {
            for (request, now) in requests() {
                let passes = |conditions: &Conditions| conditions.first_unmet(&request, now).is_none();
                prop_assert!(!passes(&narrower) || passes(&wider), "{:?} in {:?}: {:?}", narrower, wider, request);
            }
        }
    }
}

#[test]
fn narrower_conditions_are_found_to_be_within() {
    let wider = read(&all()).unwrap();
    let narrower = |name: &str, value: Json| {
        let mut json = all();
        json[name] = value;
        read(&json).unwrap()
    };
    assert!(narrower("ips", json!(["10.1.0.0/16", "10.2.3.4"])).is_within(&wider));
    assert!(!narrower("ips", json!(["10.1.0.0/16", "11.0.0.0/8"])).is_within(&wider));
    assert!(!narrower("ips", json!(["0.0.0.0/0"])).is_within(&wider));
    assert!(!narrower("origins", json!(["https://app.example.com", "https://b.example"])).is_within(&wider));
    assert!(!narrower("times", json!({ "days": ["mon"] })).is_within(&wider));
    assert!(
        !read(&json!({ "ips": ["10.0.0.0/8"] })).unwrap().is_within(&wider),
        "absent is wider"
    );
    assert!(wider.is_within(&read(&json!({ "ips": ["10.0.0.0/8", "2000::/3"] })).unwrap()));
}
