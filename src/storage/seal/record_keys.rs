//! The record keys, and the form of a sealed text.

use std::error::Error;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::codec::decode::DecodeError;
use crate::codec::json::Value;
use crate::input::{Path, Problems, message, write_help};
use crate::value::credential::hex;

/// The start of every MAC input. It separates seals from any other use of the same key.
const PURPOSE: &[u8] = b"leastkey seal 2";

const BEFORE_BODY: &str = r#"{"value":"#;
const BEFORE_MAC: &str = r#","mac":""#;
const AFTER_MAC: &str = r#""}"#;
const MAC_DIGITS: usize = 64;

const MIN_KEY_LENGTH: usize = 32;
const MAX_KEY_LENGTH: usize = 256;

/// The current key and the one before it.
const MAX_KEYS: usize = 2;

/// The record keys; the first one seals. They are kept as initial HMAC states, which are wiped when
/// dropped.
pub struct RecordKeys {
    seals: Hmac<Sha256>,
    opens: Vec<Hmac<Sha256>>,
}

/// Record keys bound to a prefix: the first seals, all open. Their HMAC states have already
/// absorbed the purpose and the prefix, once for all values.
pub struct SealKeys {
    seals: Hmac<Sha256>,
    opens: Vec<Hmac<Sha256>>,
}

impl RecordKeys {
    /// Reads a list of one or two keys, each of 32 to 256 bytes: hexadecimal text, or a list of
    /// bytes.
    pub fn read(value: &Value, path: &Path, problems: &mut Problems) -> Option<RecordKeys> {
        let Value::List(items) = value else {
            problems.add(path, message!("expected an array of keys, got {}", value.kind()));
            return None;
        };
        if !(1..=MAX_KEYS).contains(&items.len()) {
            problems.add(
                path,
                message!(
                    "has {} keys; give one, or the new one and the one before it",
                    items.len()
                ),
            );
            return None;
        }
        let mut keys: Vec<Zeroizing<Vec<u8>>> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match problems.keep(&path.item(index), read_key(item)) {
                Some(key) if keys.contains(&key) => {
                    problems.add(&path.item(index), "is the same key as the one before it")
                }
                key => keys.extend(key),
            }
        }
        let macs: Option<Vec<Hmac<Sha256>>> = keys.iter().map(|key| Hmac::new_from_slice(key).ok()).collect();
        let opens = macs.filter(|macs| macs.len() == items.len())?;
        Some(RecordKeys {
            seals: opens.first()?.clone(),
            opens,
        })
    }

    /// The keys for the values of the deployment with this prefix. An empty prefix gives those of
    /// the store description.
    #[must_use]
    pub fn bound_to(&self, prefix: &str) -> SealKeys {
        let length = (prefix.len() as u64).to_be_bytes();
        let begin = |key: &Hmac<Sha256>| {
            let begun = key.clone().chain_update(PURPOSE);
            begun.chain_update(length).chain_update(prefix)
        };
        SealKeys {
            seals: begin(&self.seals),
            opens: self.opens.iter().map(begin).collect(),
        }
    }
}

impl SealKeys {
    /// The sealed text of a body under a key of the store.
    #[must_use]
    pub fn seal(&self, key: &str, body: &str) -> String {
        [
            BEFORE_BODY,
            body,
            BEFORE_MAC,
            &mac(&self.seals, key, body),
            AFTER_MAC,
        ]
        .concat()
    }

    /// The body of a sealed text under a key of the store.
    ///
    /// # Errors
    /// When none of the record keys has sealed this exact text for this key.
    pub fn open<'t>(&self, key: &str, text: &'t str) -> Result<&'t str, DecodeError> {
        let (body, presented) = parts(text).ok_or(DecodeError)?;
        // In constant time, so that the duration does not reveal how much of a forged MAC is
        // correct.
        let is_right =
            |by: &Hmac<Sha256>| bool::from(mac(by, key, body).as_bytes().ct_eq(presented.as_bytes()));
        if self.opens.iter().any(is_right) {
            Ok(body)
        } else {
            Err(DecodeError)
        }
    }
}

/// The body of a text, for a deployment without record keys. A sealed text is opened without
/// checking its seal; any other text is returned unchanged.
#[must_use]
pub fn open_unsealed(text: &str) -> &str {
    parts(text).map_or(text, |(body, _)| body)
}

/// The body and the hexadecimal MAC. No body that the core writes has this form itself.
fn parts(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix(BEFORE_BODY)?.strip_suffix(AFTER_MAC)?;
    let (inside, mac) = inside.split_at_checked(inside.len().checked_sub(MAC_DIGITS)?)?;
    Some((inside.strip_suffix(BEFORE_MAC)?, mac))
}

/// The hexadecimal MAC, from a state that has absorbed the purpose and the prefix. The rest of the
/// input is concatenated first: that is less code than to hash it in pieces.
#[inline(never)]
fn mac(begun: &Hmac<Sha256>, key: &str, body: &str) -> String {
    let length = (key.len() as u64).to_be_bytes();
    let message = [&length, key.as_bytes(), body.as_bytes()].concat();
    hex(&begun.clone().chain_update(message).finalize().into_bytes())
}

fn read_key(value: &Value) -> Result<Zeroizing<Vec<u8>>, RecordKeyError> {
    let bytes = match value {
        Value::Text(text) => from_hex(text).ok_or(RecordKeyError::NoHex)?,
        Value::List(items) => from_numbers(items).ok_or(RecordKeyError::NoBytes)?,
        other => return Err(RecordKeyError::NoKey { got: other.kind() }),
    };
    if (MIN_KEY_LENGTH..=MAX_KEY_LENGTH).contains(&bytes.len()) {
        Ok(bytes)
    } else {
        Err(RecordKeyError::Length(bytes.len()))
    }
}

/// Why a value is no record key. It has nothing of the key but its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RecordKeyError {
    /// The text is not hexadecimal.
    NoHex,
    /// The list has an item that is no byte.
    NoBytes,
    /// It is neither a text nor a list.
    NoKey { got: &'static str },
    /// It has too few or too many bytes.
    Length(usize),
}

impl RecordKeyError {
    /// What would be right.
    fn help(self) -> Option<&'static str> {
        Some(match self {
            RecordKeyError::Length(_) => "draw it from a cryptographic generator",
            _ => "a key is hexadecimal text or a list of bytes",
        })
    }
}

impl fmt::Display for RecordKeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordKeyError::NoHex => formatter.write_str("is not hexadecimal"),
            RecordKeyError::NoBytes => formatter.write_str("has an item that is no byte"),
            RecordKeyError::NoKey { got } => write!(formatter, "expected a key, got {got}"),
            RecordKeyError::Length(length) => write!(
                formatter,
                "has {length} bytes; a record key has {MIN_KEY_LENGTH} to {MAX_KEY_LENGTH}"
            ),
        }?;
        write_help(formatter, self.help())
    }
}

impl Error for RecordKeyError {}

fn from_hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for [high, low] in pairs {
        bytes.push(digit(*high)? << 4 | digit(*low)?);
    }
    Some(bytes)
}

fn from_numbers(items: &[Value]) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(items.len()));
    for item in items {
        match item {
            // The number is whole and within a byte, so the cast is exact.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            Value::Number(number) if (0.0..=255.0).contains(number) && number.fract() == 0.0 => {
                bytes.push(*number as u8)
            }
            _ => return None,
        }
    }
    Some(bytes)
}

/// Keeps the keys out of logs.
impl fmt::Debug for RecordKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RecordKeys(…)")
    }
}

impl fmt::Debug for SealKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SealKeys(…)")
    }
}

#[cfg(test)]
mod tests {
    use hmac::EagerHash;
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};
    use zeroize::ZeroizeOnDrop;

    use super::*;

    fn read(json: Json) -> Result<RecordKeys, String> {
        let (value, mut problems) = (serde_json::from_value(json).unwrap(), Problems::default());
        let keys = RecordKeys::read(&value, &Path::call().member("recordKeys"), &mut problems);
        assert_eq!(keys.is_some(), problems.is_empty());
        let found = problems.into_vec();
        let lines: Vec<String> = found
            .iter()
            .map(|problem| format!("{}: {}", problem.path, problem.message))
            .collect();
        keys.ok_or_else(|| lines.join("; "))
    }

    fn record_keys() -> RecordKeys {
        read(json!([(0..32).collect::<Vec<u8>>()])).unwrap()
    }

    fn keys() -> SealKeys {
        record_keys().bound_to("acme_live")
    }

    #[test]
    fn the_mac_is_what_another_implementation_makes() {
        // Python: hmac.new(bytes(range(32)), b'leastkey seal 2' + bound(prefix) + bound(key) +
        // body, 'sha256'), where bound = lambda text: len(text).to_bytes(8, 'big') + text
        let (key, body) = ("token/0TZ3abcdEFGH1234", r#"{"v":1,"name":"Café"}"#);
        for (prefix, mac) in [
            (
                "acme_live",
                "837255eb37fda553a6beb6dfca941b2cc9eb642d193bdda9dd761f7fc1500642",
            ),
            (
                "",
                "99399944c5353fbcfe3942be8b2357fd40389d8fdd9502902ffae316874e04b5",
            ),
        ] {
            let keys = record_keys().bound_to(prefix);
            let sealed = keys.seal(key, body);
            assert_eq!(sealed, format!(r#"{{"value":{body},"mac":"{mac}"}}"#));
            assert!(serde_json::from_str::<Json>(&sealed).is_ok());
            assert_eq!(keys.open(key, &sealed), Ok(body));
        }
    }

    #[test]
    fn a_sealed_value_of_another_deployment_does_not_open() {
        let prefixes = ["acme_live", "acme_test", "acme", ""];
        for one in prefixes {
            let sealed = record_keys().bound_to(one).seal("token/a", "1");
            for other in prefixes {
                let opened = record_keys().bound_to(other).open("token/a", &sealed);
                assert_eq!(opened.is_ok(), one == other, "{one} by {other}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_with_its_key_alone(key in "[ -~]{0,12}", body in ".{0,40}", moved in 0..13_usize) {
            let keys = keys();
            let sealed = keys.seal(&key, &body);
            prop_assert_eq!(keys.open(&key, &sealed), Ok(body.as_str()));
            prop_assert_eq!(open_unsealed(&sealed), &body);
            // The same bytes split elsewhere are another key and body.
            let all = format!("{key}{body}");
            if let Some((other, rest)) = all.split_at_checked(moved) && other != key {
                let (_, mac) = parts(&sealed).unwrap();
                let text = [BEFORE_BODY, rest, BEFORE_MAC, mac, AFTER_MAC].concat();
                prop_assert_eq!(keys.open(other, &text), Err(DecodeError));
            }
        }

        #[test]
        fn any_change_breaks_the_seal(body in "[ -~]{0,40}", at in any::<prop::sample::Index>(), to in 0x20..0x7f_u8, kind in 0..3) {
            let keys = keys();
            let sealed = keys.seal("token/a", &body);
            let mut bytes = sealed.clone().into_bytes();
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = to,
                1 => bytes.insert(at, to),
                _ => bytes.truncate(at),
            }
            let changed = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(keys.open("token/a", &changed).is_ok(), changed == sealed, "{}", changed);
        }
    }

    #[test]
    fn only_its_own_key_opens_and_the_one_before_still_does() {
        let (new, old) = ("ab".repeat(32), "CD".repeat(40));
        let bound = |json: Json| read(json).unwrap().bound_to("acme_live");
        let only = |key: &String| bound(json!([key]));
        let sealed = only(&old).seal("a", "1");
        assert!(only(&old).open("a", &sealed).is_ok());
        assert!(only(&new).open("a", &sealed).is_err());
        let both = bound(json!([new, old]));
        assert!(both.open("a", &sealed).is_ok());
        assert_eq!(both.seal("a", "1"), only(&new).seal("a", "1"));
        assert!(both.open("b", &sealed).is_err(), "another place");
        assert!(both.open("a", "1").is_err(), "no seal");
    }

    #[test]
    fn a_key_is_the_same_in_hexadecimal_and_as_bytes() {
        let hexadecimal = read(json!([hex(&(0..32).collect::<Vec<u8>>())])).unwrap();
        assert_eq!(
            hexadecimal.bound_to("acme_live").seal("a", "1"),
            keys().seal("a", "1")
        );
    }

    #[test]
    fn a_plain_text_opens_as_it_is_without_keys() {
        for text in [
            "",
            "{}",
            "\"a\"",
            r#"{"value":1}"#,
            r#"{"value":1,"mac":"ab"}"#,
            r#"{"v":1,"mac":""}"#,
        ] {
            assert_eq!(open_unsealed(text), text);
        }
    }

    #[test]
    fn what_is_no_key_and_no_key_is_ever_quoted() {
        let short = "5e".repeat(31);
        for (json, says) in [
            (json!(null), "recordKeys: expected an array"),
            (json!("5e".repeat(32)), "recordKeys: expected an array"),
            (json!([]), "recordKeys: has 0 keys"),
            (json!(["5e", "5e", "5e"]), "recordKeys: has 3 keys"),
            (json!([short]), "recordKeys[0]: has 31 bytes"),
            (json!([""]), "recordKeys[0]: has 0 bytes"),
            (json!(["5e".repeat(257)]), "recordKeys[0]: has 257 bytes"),
            (json!([format!("{short}5")]), "recordKeys[0]: is not hexadecimal"),
            (json!([format!("{short}5g")]), "recordKeys[0]: is not hexadecimal"),
            (json!([format!("{short}+5")]), "recordKeys[0]: is not hexadecimal"),
            (
                json!([vec![0.5; 32]]),
                "recordKeys[0]: has an item that is no byte",
            ),
            (
                json!([vec![256; 32]]),
                "recordKeys[0]: has an item that is no byte",
            ),
            (
                json!([vec![-1; 32]]),
                "recordKeys[0]: has an item that is no byte",
            ),
            (json!([7]), "recordKeys[0]: expected a key, got a number"),
            (
                json!(["5e".repeat(32), "5E".repeat(32)]),
                "recordKeys[1]: is the same key",
            ),
        ] {
            let message = read(json.clone()).unwrap_err();
            assert!(message.contains(says), "{json}: {message}");
            assert!(!message.contains("5e5e"), "{message}");
        }
        let shown = format!("{:?} {:?}", record_keys(), keys());
        assert_eq!(shown, "RecordKeys(…) SealKeys(…)");
    }

    #[test]
    fn keys_are_wiped_when_dropped() {
        // The state of an `Hmac`. This does not compile if sha2 is built without its `zeroize`
        // feature.
        fn is_wiped<T: ZeroizeOnDrop>() {}
        is_wiped::<<Sha256 as EagerHash>::Core>();
    }
}
