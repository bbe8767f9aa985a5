//! Untyped JSON values, as a caller passes them.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::number::whole_exact;
use super::reader::MAX_DEPTH;
use crate::codec::sort::sorted_by;

/// A value as a caller passed it: JSON with every number kept, also `NaN` and infinities, so that a
/// reader can refuse them.
///
/// ```
/// use leastkey::codec::json::Value;
/// let value: Value = serde_json::from_str(r#"{"expiresIn": "90d"}"#).unwrap();
/// assert_eq!(value.kind(), "an object");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`; at the top of a call, also `undefined`.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// Any JavaScript number.
    Number(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Value>),
    /// An object, in the order written. A repeated name appears repeatedly.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// The type of the value, for an error message. It never contains the content.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Flag(_) => "a boolean",
            Value::Number(number) if number.is_nan() => "NaN",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "an array",
            Value::Map(_) => "an object",
        }
    }

    /// Whether JSON can write every number in the value: none is `NaN` or infinite.
    #[must_use]
    pub fn is_json(&self) -> bool {
        match self {
            Value::Number(number) => number.is_finite(),
            Value::List(items) => items.iter().all(Value::is_json),
            Value::Map(entries) => entries.iter().all(|(_, value)| value.is_json()),
            _ => true,
        }
    }

    /// The value with the members of every object sorted by name, so that equal calls have equal
    /// text.
    #[must_use]
    pub fn canonical(&self) -> Value {
        match self {
            Value::List(items) => Value::List(items.iter().map(Value::canonical).collect()),
            Value::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(name, value)| (name.clone(), value.canonical()))
                    .collect();
                Value::Map(sorted_by(entries, |(one, _), (other, _)| one.cmp(other)))
            }
            other => other.clone(),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Flag(flag) => serializer.serialize_bool(*flag),
            // As people and JavaScript write it: 1, not 1.0.
            #[allow(clippy::cast_possible_truncation)]
            Value::Number(number) if whole_exact(number.abs()).is_some() => {
                serializer.serialize_i64(*number as i64)
            }
            Value::Number(number) => serializer.serialize_f64(*number),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(items) => serializer.collect_seq(items),
            Value::Map(entries) => serializer.collect_map(entries.iter().map(|(name, value)| (name, value))),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Depth(MAX_DEPTH).deserialize(deserializer)
    }
}

/// Reads a value with at most so many levels. A deeper one is refused before it can exhaust the
/// stack.
#[derive(Clone, Copy)]
struct Depth(u8);

impl Depth {
    fn below<E: Error>(self) -> Result<Depth, E> {
        self.0
            .checked_sub(1)
            .map(Depth)
            .ok_or_else(|| E::custom(format_args!("nested deeper than {MAX_DEPTH} levels")))
    }
}

impl<'de> DeserializeSeed<'de> for Depth {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Depth {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    // From 2^53 on a double is no longer exact; every reader of a number refuses those.
    #[allow(clippy::cast_precision_loss)]
    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    #[allow(clippy::cast_precision_loss)]
    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    // A `Uint8Array`, such as a record key.
    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(Value::List(
            bytes.iter().map(|byte| Value::Number(f64::from(*byte))).collect(),
        ))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(below)? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut map = Vec::new();
        while let Some(name) = entries.next_key::<String>()? {
            map.push((name, entries.next_value_seed(below)?));
        }
        Ok(Value::Map(map))
    }
}
