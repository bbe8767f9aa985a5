//! A second decoder, to compare with the decoder of the crate: it parses stored text into a tree
//! and checks it against a table of allowed members. Both must accept the same texts and decode
//! them to the same values.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use leastkey::codec::json::{Value, json, parse_json};
use leastkey::model::account::{Account, StoredAccount};
use leastkey::model::coded_list::NoVocabularies;
use leastkey::model::record::{Record, Stored};
use leastkey::model::record_text::StoredText;
use leastkey::value::condition::Conditions;
use leastkey::value::credential::{Digest, TokenId};
use leastkey::value::limit::Limits;
use leastkey::value::metadata::Metadata;
use leastkey::value::name::{Description, Identity, Name, Reason, Tag};
use leastkey::value::permission::Permission;
use leastkey::value::resource::Resource;
use proptest::prelude::*;

/// The shape of a value. Each variant returns the value as it is written again.
enum Shape {
    Text(fn(&str) -> Option<String>),
    /// A whole number up to a maximum.
    Whole(f64),
    Flag,
    List(Box<Shape>),
    Map(fn(&str) -> Option<String>, Box<Shape>),
    Members(Vec<(&'static str, ReadRequest, Shape)>),
    /// A value with a decoder of its own, nested as deep as any other.
    Other(fn(&Value) -> bool),
}

#[derive(Clone, Copy, PartialEq)]
enum ReadRequest {
    Required,
    Optional,
    /// Optional, and omitted if it is empty, false or the default.
    Plain,
}
use ReadRequest::{Optional, Plain, Required};
use Shape::{Flag, List, Map, Members, Other, Text, Whole};

const EXACT: f64 = 9_007_199_254_740_991.0;

impl Shape {
    fn read(&self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Text(parse), Value::Text(text)) => parse(text).filter(|parsed| parsed == text).map(Value::Text),
            (Whole(most), Value::Number(number)) => {
                let is_whole = (0.0..=*most).contains(number) && number.fract() == 0.0;
                is_whole.then(|| value.clone())
            }
            (Flag, Value::Flag(_)) => Some(value.clone()),
            (List(item), Value::List(items)) => {
                let items: Option<Vec<Value>> = items.iter().map(|value| item.read(value)).collect();
                items.map(Value::List)
            }
            (Map(name, item), Value::Map(entries)) => {
                let read = entries
                    .iter()
                    .map(|(key, value)| Some((name(key)?, item.read(value)?)));
                read.collect::<Option<Vec<_>>>().and_then(ascending)
            }
            (Members(known), Value::Map(entries)) => read_members(known, entries),
            (Other(is_sound), value) => is_sound(value).then(|| value.clone()),
            _ => None,
        }
    }
}

fn read_members(known: &[(&'static str, ReadRequest, Shape)], entries: &[(String, Value)]) -> Option<Value> {
    let is_there = |wanted: &str| entries.iter().any(|(name, _)| name == wanted);
    if known
        .iter()
        .any(|(name, need, _)| *need == Required && !is_there(name))
    {
        return None;
    }
    let mut read = Vec::new();
    let mut left = known.iter();
    for (name, value) in entries {
        // What is left are the members after the one before: the order is that of the table.
        let (_, need, shape) = left.find(|(known, ..)| known == name)?;
        if *need == Plain && is_plain(value) {
            return None;
        }
        read.push((name.clone(), shape.read(value)?));
    }
    Some(Value::Map(read))
}

fn ascending(entries: Vec<(String, Value)>) -> Option<Value> {
    let is_ascending = entries.windows(2).all(|pair| pair[0].0 < pair[1].0);
    is_ascending.then_some(Value::Map(entries))
}

fn has_ascending_names(value: &Value) -> bool {
    match value {
        Value::List(items) => items.iter().all(has_ascending_names),
        Value::Map(entries) => {
            let is_ascending = entries.windows(2).all(|pair| pair[0].0 < pair[1].0);
            is_ascending && entries.iter().all(|(_, value)| has_ascending_names(value))
        }
        _ => true,
    }
}

fn is_plain(value: &Value) -> bool {
    match value {
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        Value::Flag(flag) => !flag,
        _ => false,
    }
}

macro_rules! parsed {
    ($($name:ident $kind:ty),*) => {$(
        fn $name() -> Shape {
            Text(|text| <$kind>::parse(text).ok().map(|parsed| parsed.to_string()))
        }
    )*};
}
parsed!(
    id TokenId, name Name, identity Identity, reason Reason, description Description, tag Tag, resource Resource,
    permission Permission
);

fn text() -> Shape {
    Text(|text| Some(text.to_owned()))
}

fn digest() -> Shape {
    Text(|text| Digest::from_hex(text).map(|digest| digest.to_hex()))
}

macro_rules! named {
    ($($name:literal),*) => {
        Text(|text| [$($name),*].contains(&text).then(|| text.to_owned()))
    };
}

fn list(item: Shape) -> Shape {
    List(Box::new(item))
}

fn instant() -> Shape {
    Whole(EXACT)
}

/// The version of the stored form.
fn form() -> Shape {
    Other(|value| *value == Value::Number(1.0))
}

fn lifetime() -> Shape {
    Other(
        |value| matches!(value, Value::Number(number) if (1.0..=EXACT).contains(number) && number.fract() == 0.0),
    )
}

fn token() -> Shape {
    Members(vec![
        ("id", Required, id()),
        ("kind", Required, text()),
        ("name", Required, name()),
        ("description", Optional, description()),
        ("tags", Plain, list(tag())),
        (
            "metadata",
            Optional,
            Other(|value| Metadata::read(value).is_ok() && has_ascending_names(value)),
        ),
        ("owner", Required, resource()),
        ("technicalUser", Optional, resource()),
        ("parents", Plain, list(id())),
        ("subject", Optional, identity()),
        ("resource", Required, resource()),
        ("role", Optional, text()),
        ("permissions", Required, list(permission())),
        (
            "resources",
            Plain,
            Map(
                |key| Permission::parse(key).ok().map(|key| key.to_string()),
                Box::new(list(resource())),
            ),
        ),
        (
            "templates",
            Required,
            list(Members(vec![
                ("id", Required, text()),
                ("version", Required, Whole(f64::from(u32::MAX))),
            ])),
        ),
        ("added", Required, list(text())),
        ("removed", Required, list(text())),
        ("status", Required, named!("active", "disabled", "revoked")),
        ("heldAt", Optional, resource()),
        ("reason", Optional, reason()),
        ("statusChangedAt", Optional, instant()),
        ("statusChangedBy", Optional, identity()),
        ("enabledAt", Optional, instant()),
        ("createdAt", Required, instant()),
        ("createdBy", Required, identity()),
        ("notBefore", Optional, instant()),
        ("expiresAt", Optional, instant()),
        ("idleAfter", Optional, lifetime()),
        (
            "conditions",
            Optional,
            Other(|value| Conditions::try_from(value.clone()).is_ok()),
        ),
        (
            "limits",
            Optional,
            Other(|value| Limits::try_from(value.clone()).is_ok()),
        ),
        (
            "boundsHeldAt",
            Plain,
            Members(vec![
                ("conditions", Optional, resource()),
                ("limits", Optional, resource()),
                ("expiresAt", Optional, resource()),
            ]),
        ),
        (
            "rotation",
            Optional,
            Members(vec![
                ("revision", Required, Whole(EXACT - 1.0)),
                ("startedAt", Required, instant()),
                ("startedBy", Required, identity()),
                ("graceEndsAt", Required, instant()),
                ("previousExpiresAt", Optional, instant()),
                ("endOldAtFirstUse", Plain, Flag),
            ]),
        ),
        (
            "imported",
            Optional,
            Members(vec![("at", Required, instant()), ("hint", Optional, name())]),
        ),
        ("revision", Required, Whole(EXACT - 1.0)),
    ])
}

fn record() -> Shape {
    Members(vec![
        ("v", Required, form()),
        ("scheme", Optional, named!("sha256")),
        ("digest", Required, digest()),
        ("successor", Optional, digest()),
        ("retired", Plain, list(digest())),
        ("issued", Optional, digest()),
        (
            "confirmed",
            Optional,
            Members(vec![
                ("revision", Required, Whole(EXACT - 1.0)),
                ("graceEndsAt", Required, instant()),
            ]),
        ),
        ("nameHash", Optional, digest()),
        ("token", Required, token()),
    ])
}

fn tombstone(id: Shape) -> Shape {
    Members(vec![
        ("v", Required, form()),
        ("id", Required, id),
        ("deletedAt", Required, instant()),
        ("deletedBy", Required, identity()),
        ("revision", Required, Whole(EXACT - 1.0)),
    ])
}

fn account() -> Shape {
    let account = Members(vec![
        ("id", Required, resource()),
        ("type", Required, named!("owner", "technical-user")),
        ("title", Optional, name()),
        (
            "roles",
            Required,
            Map(
                |key| Resource::parse(key).ok().map(|key| key.to_string()),
                Box::new(text()),
            ),
        ),
        (
            "ceilings",
            Required,
            list(Members(vec![
                ("resource", Required, resource()),
                ("permissions", Required, list(permission())),
            ])),
        ),
        ("status", Required, named!("active", "disabled")),
        ("heldAt", Optional, resource()),
        ("tokens", Plain, list(id())),
        ("statusChangedAt", Optional, instant()),
        ("statusChangedBy", Optional, identity()),
        ("createdAt", Required, instant()),
        ("createdBy", Required, identity()),
        ("revision", Required, Whole(EXACT - 1.0)),
    ]);
    Members(vec![("v", Required, form()), ("account", Required, account)])
}

const ID: &str = "0TZ3abcd00000000";
const OWNER: &str = "org:acme";

const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// One of each type, with all its members and with only the required ones.
fn bases() -> Vec<String> {
    let small = format!(
        r#"{{"v":1,"digest":"{DIGEST}","token":{{"id":"{ID}","kind":"k","name":"Key","owner":"{OWNER}","resource":"","permissions":["a:b","a:c"],"templates":[],"added":["a:b"],"removed":[],"status":"active","createdAt":1,"createdBy":"u","revision":1}}}}"#
    );
    let large = format!(
        r#"{{"v":1,"scheme":"sha256","digest":"{DIGEST}","successor":"{DIGEST}","retired":["{DIGEST}"],"issued":"{DIGEST}","confirmed":{{"revision":3,"graceEndsAt":7}},"nameHash":"{DIGEST}","token":{{"id":"{ID}","kind":"k","name":"Café \"x\"","description":"d","tags":["t","u"],"metadata":{{"a":[1,{{"b":1500}}],"c":null}},"owner":"{OWNER}/x:1","technicalUser":"{OWNER}","parents":["{ID}"],"subject":"profile:42","resource":"org:acme","role":"admin","permissions":["a:b"],"resources":{{"a:b":["org:acme/y"]}},"templates":[{{"id":"t","version":3}}],"added":["**"],"removed":["a:*"],"status":"disabled","heldAt":"org:acme","reason":"because","statusChangedAt":5,"statusChangedBy":"u","enabledAt":4,"createdAt":1,"createdBy":"u","notBefore":2,"expiresAt":99,"idleAfter":1000,"conditions":{{"ips":["10.0.0.0/8"]}},"limits":{{"credits":{{"amount":5}}}},"boundsHeldAt":{{"limits":"org:acme"}},"rotation":{{"revision":6,"startedAt":1,"startedBy":"u","graceEndsAt":9,"previousExpiresAt":8,"endOldAtFirstUse":true}},"imported":{{"at":1,"hint":"sk"}},"revision":7}}}}"#
    );
    let dead = |id: &str| format!(r#"{{"v":1,"id":"{id}","deletedAt":1,"deletedBy":"u","revision":2}}"#);
    let account = format!(
        r#"{{"v":1,"account":{{"id":"{OWNER}","type":"owner","title":"T","roles":{{"":"admin","org:x":"user"}},"ceilings":[{{"resource":"","permissions":["a:b"]}}],"status":"active","heldAt":"x","tokens":["{ID}"],"statusChangedAt":1,"statusChangedBy":"u","createdAt":1,"createdBy":"u","revision":1}}}}"#
    );
    vec![small, large, dead(ID), account, dead(OWNER)]
}

/// The pieces of a text: marks, strings, and the text between them.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        let mark = !quoted && "{}[],:".contains(c);
        if mark || (c == '"' && !quoted) {
            pieces.push(String::new());
        }
        pieces.last_mut().unwrap().push(c);
        if c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && c == '\\' && !escaped;
        if mark || (c == '"' && !quoted) {
            pieces.push(String::new());
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

#[derive(Clone, Debug)]
enum Mistake {
    Leave(prop::sample::Index),
    Twice(prop::sample::Index),
    Swap(prop::sample::Index, prop::sample::Index),
    Put(prop::sample::Index, String),
    /// Moves a member, with its comma, before another one.
    Move(prop::sample::Index, prop::sample::Index),
    /// The same, but also leaves it at its place.
    Repeat(prop::sample::Index, prop::sample::Index),
}

fn mistakes() -> impl Strategy<Value = Mistake> {
    let at = any::<prop::sample::Index>;
    let others = prop::sample::select(vec![
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1",
        "2",
        "-1",
        "1.5",
        "1e2",
        "1e400",
        "9007199254740990",
        "9007199254740991",
        "9007199254740992",
        "256",
        "4294967296",
        "\"\"",
        "\"x\"",
        "[]",
        "{}",
        " ",
        "\n",
        "\"e\u{301}\"",
        "\"\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "\"\\u0000\"",
        "\"active\"",
        "\"native\"",
        "\"a:b\"",
        "\"v\"",
        "\"id\"",
        "\"tags\"",
        "{\"a\":1,\"a\":2}",
        "\u{1}",
        ",",
        "}",
    ]);
    prop_oneof![
        at().prop_map(Mistake::Leave),
        at().prop_map(Mistake::Twice),
        (at(), at()).prop_map(|(one, other)| Mistake::Swap(one, other)),
        (at(), others).prop_map(|(at, put)| Mistake::Put(at, put.to_owned())),
        (at(), at()).prop_map(|(from, to)| Mistake::Move(from, to)),
        (at(), at()).prop_map(|(from, to)| Mistake::Repeat(from, to)),
    ]
}

fn make(mistake: &Mistake, pieces: &mut Vec<String>) {
    let length = pieces.len();
    if length == 0 {
        return;
    }
    match mistake {
        Mistake::Leave(at) => drop(pieces.remove(at.index(length))),
        Mistake::Twice(at) => {
            let piece = pieces[at.index(length)].clone();
            pieces.insert(at.index(length), piece);
        }
        Mistake::Swap(one, other) => pieces.swap(one.index(length), other.index(length)),
        Mistake::Put(at, put) => pieces[at.index(length)] = put.clone(),
        Mistake::Move(from, to) | Mistake::Repeat(from, to) => {
            let starts = |pieces: &[String]| -> Vec<usize> {
                let named = pieces.windows(4).enumerate();
                let is_member =
                    |piece: &[String]| piece[0].starts_with('"') && piece[1] == ":" && piece[3] == ",";
                named
                    .filter(|(_, piece)| is_member(piece))
                    .map(|(at, _)| at)
                    .collect()
            };
            let from_all = starts(pieces);
            if from_all.is_empty() {
                return;
            }
            let start = from_all[from.index(from_all.len())];
            let member = pieces[start..start + 4].to_vec();
            if matches!(mistake, Mistake::Move(..)) {
                pieces.drain(start..start + 4);
            }
            let to_all = starts(pieces);
            if !to_all.is_empty() {
                let start = to_all[to.index(to_all.len())];
                pieces.splice(start..start, member);
            }
        }
    }
}

fn members(value: &Value) -> &[(String, Value)] {
    match value {
        Value::Map(entries) => entries,
        _ => &[],
    }
}

fn member<'v>(value: &'v Value, wanted: &str) -> Option<&'v Value> {
    let mut members = members(value).iter();
    members.find(|(name, _)| name == wanted).map(|(_, value)| value)
}

/// The value in a text that is written as the crate writes it.
fn canonical(text: &str) -> Option<Value> {
    parse_json(text).filter(|value| json(value) == text)
}

/// The text as a record or a tombstone of a token, written again; `Some(None)` for a tombstone.
fn token_by_table(text: &str) -> Option<Option<Value>> {
    let value = canonical(text)?;
    let is_of = |value: Option<&Value>| member_is(value, ID);
    if let Some(read) = record().read(&value) {
        let token = member(&read, "token");
        let sound = is_of(token.and_then(|token| member(token, "id")))
            && member(&read, "successor").is_some()
                == token.is_some_and(|token| member(token, "rotation").is_some());
        return sound.then_some(Some(read));
    }
    let read = tombstone(id()).read(&value)?;
    is_of(member(&read, "id")).then_some(None)
}

fn account_by_table(text: &str) -> Option<Option<Value>> {
    let value = canonical(text)?;
    let is_of = |value: Option<&Value>| member_is(value, OWNER);
    if let Some(read) = account().read(&value) {
        let id = member(&read, "account").and_then(|account| member(account, "id"));
        return is_of(id).then_some(Some(read));
    }
    let read = tombstone(resource()).read(&value)?;
    is_of(member(&read, "id")).then_some(None)
}

fn member_is(value: Option<&Value>, wanted: &str) -> bool {
    matches!(value, Some(Value::Text(text)) if text == wanted)
}

/// The same, by the decoder of the crate.
fn token_as_read(text: &str) -> Option<Option<Value>> {
    let id = TokenId::parse(ID).unwrap();
    let write = |record: Box<Record>| parse_json(&record.to_text());
    let parsed = Stored::parse(&id, text, &NoVocabularies);
    // A verification reads the parts that it needs, a change of the token all of them.
    let found = StoredText::read(&id, text.to_owned());
    assert_eq!(found.is_ok(), parsed.is_ok(), "{text}");
    match parsed.ok()? {
        Stored::Record(record) => Some(write(record)),
        Stored::Tombstone => Some(None),
    }
}

fn account_as_read(text: &str) -> Option<Option<Value>> {
    let id = Resource::parse(OWNER).unwrap();
    let write = |account: Box<Account>| parse_json(&account.to_text());
    match StoredAccount::parse(&id, text, &NoVocabularies).ok()? {
        StoredAccount::Account(account) => Some(write(account)),
        StoredAccount::Tombstone => Some(None),
    }
}

fn see_alike(text: &str) {
    assert_eq!(token_as_read(text), token_by_table(text), "{text}");
    assert_eq!(account_as_read(text), account_by_table(text), "{text}");
}

#[test]
fn what_is_whole_is_read() {
    let bases = bases();
    bases.iter().for_each(|text| see_alike(text));
    let read = bases
        .iter()
        .map(|text| [token_as_read(text), account_as_read(text)].map(|read| read.is_some()));
    let read: Vec<_> = read.collect();
    let (token, account) = ([true, false], [false, true]);
    assert_eq!(read, [token, token, token, account, account]);
}

#[test]
fn metadata_is_any_object_of_bounded_size() {
    let whole = &bases()[1];
    let (before, rest) = whole.split_once(r#""metadata":"#).unwrap();
    let after = &rest[rest.find(r#","owner""#).unwrap()..];
    let long = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length - 8));
    for (metadata, is_sound) in [
        ("{}".to_owned(), true),
        (r#"{"a":{},"b":[]}"#.to_owned(), true),
        ("[]".to_owned(), false),
        (long(4_096), true),
        (long(4_097), false),
    ] {
        let text = [before, r#""metadata":"#, &metadata, after].concat();
        see_alike(&text);
        assert_eq!(token_as_read(&text).is_some(), is_sound, "{metadata}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn both_readers_take_the_same_texts_for_the_same(
        base in 0..5_usize, mistakes in prop::collection::vec(mistakes(), 1..4),
    ) {
        let mut pieces = pieces(&bases()[base]);
        for mistake in &mistakes {
            make(mistake, &mut pieces);
        }
        see_alike(&pieces.concat());
    }
}
