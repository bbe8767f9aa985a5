//! Reads and writes JSON text (RFC 8259): untyped values, the strict reader, the writer, and
//! numbers as JavaScript holds them.

mod number;
mod object_text;
mod reader;
mod value;
mod writer;

pub(crate) use number::{MAX_SAFE_INTEGER, plain_whole, whole_exact, write_number, write_whole};
pub use object_text::{ObjectText, texts};
pub(crate) use reader::MAX_DEPTH;
pub use reader::parse_json;
pub use value::Value;
pub use writer::json;
pub(crate) use writer::write_text;
