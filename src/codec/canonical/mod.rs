//! Reads stored text, which has one form only: the text that this crate writes.
//!
//! The members of an object are in the order of its schema, without white space; what has its
//! default value is left out; strings have only the escapes that they need, and numbers are in the
//! form of RFC 8785 (section 3.2.2.3). Any other text is damage. So equal values have equal text,
//! stored texts can be compared as they are, and writing what was read gives the same text.
//!
//! A [`Schema`] is data, and one interpreter reads them all: code for each type would be most of a
//! small module. The interpreter builds nothing. It notes where the members are, as [`Span`]s, and
//! a caller decodes those that it needs.

mod cursor;
mod known_values;
mod schema;
mod spans;

pub(crate) use cursor::Cursor;
pub(crate) use known_values::KnownValues;
pub(crate) use schema::{Member, Schema, Shape, optional, required};
pub(crate) use spans::{Entries, Items, Span, Spans};

/// A stored value cannot be decoded: it is damaged, swapped, or written by a later version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError;
