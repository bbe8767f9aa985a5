//! The metadata that a host stores with a token. The core stores it and never interprets it.

use serde::Serialize;

use crate::codec::decode::{Decode, DecodeError};
use crate::codec::json::{Reader, Value, json};
use crate::input::message;

/// The maximum size of metadata as JSON text, in bytes.
const MAX_LENGTH: usize = 4_096;

/// A JSON object of at most 4 KiB, with its members sorted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metadata(Value);

impl Eq for Metadata {}

impl Metadata {
    /// Reads an object.
    ///
    /// # Errors
    /// If the value is no object, has a number outside of JSON, or is too large.
    pub fn read(value: &Value) -> Result<Metadata, String> {
        if !matches!(value, Value::Map(_)) {
            return Err(message!("expected an object, got {}", value.kind()));
        }
        if !value.is_json() {
            return Err(message!("has a number that JSON does not know, such as NaN"));
        }
        let metadata = Metadata(value.canonical());
        let length = json(&metadata).len();
        if length > MAX_LENGTH {
            return Err(message!(
                "has {length} bytes as JSON; at most {MAX_LENGTH} are allowed"
            ));
        }
        Ok(metadata)
    }
}

impl Decode for Metadata {
    fn decode(reader: &mut Reader) -> Result<Metadata, DecodeError> {
        Metadata::read(&Value::decode(reader)?).map_err(|_| DecodeError)
    }
}
