//! The metadata that a host stores with a token. The core stores it and never interprets it.

use std::error::Error;
use std::fmt;

use serde::Serialize;

use crate::codec::canonical::Cursor;
use crate::codec::decode::{Decode, DecodeError};
use crate::codec::json::{Value, json, parse_json};

/// The maximum size of metadata as JSON text, in bytes.
pub(crate) const MAX_LENGTH: usize = 4_096;

/// A JSON object of at most 4 KiB, with its members sorted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metadata(Value);

impl Eq for Metadata {}

impl Metadata {
    /// Reads an object.
    ///
    /// # Errors
    /// If the value is no object, has a number outside of JSON, or is too large.
    pub fn read(value: &Value) -> Result<Metadata, MetadataError> {
        if !matches!(value, Value::Map(_)) {
            return Err(MetadataError::NoObject { got: value.kind() });
        }
        if !value.is_json() {
            return Err(MetadataError::NotJson);
        }
        let metadata = Metadata(value.canonical());
        let length = json(&metadata).len();
        if length > MAX_LENGTH {
            return Err(MetadataError::TooLarge { length });
        }
        Ok(metadata)
    }
}

/// Why a value is no [`Metadata`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataError {
    /// It is no object.
    NoObject {
        /// The type that it is.
        got: &'static str,
    },
    /// It has a number that JSON cannot write.
    NotJson,
    /// It is longer as JSON than metadata may be.
    TooLarge {
        /// Its bytes as JSON.
        length: usize,
    },
}

impl fmt::Display for MetadataError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MetadataError::NoObject { got } => write!(formatter, "expected an object, got {got}"),
            MetadataError::NotJson => {
                formatter.write_str("has a number that JSON does not know, such as NaN")
            }
            MetadataError::TooLarge { length } => write!(
                formatter,
                "has {length} bytes as JSON; at most {MAX_LENGTH} are allowed"
            ),
        }
    }
}

impl Error for MetadataError {}

impl Decode for Metadata {
    fn decode(cursor: &mut Cursor) -> Result<Metadata, DecodeError> {
        let text = cursor.sorted_value().ok_or(DecodeError)?;
        let value = parse_json(text).ok_or(DecodeError)?;
        Metadata::read(&value).map_err(|_| DecodeError)
    }
}
