//! What a caller hands in: a [`Value`] without a shape, read member by member with every problem told at its path.

mod json;
pub(crate) mod members;
mod message;
mod nearest;
mod number;
#[cfg(not(feature = "edge"))]
mod problem;
#[cfg(feature = "edge")]
#[path = "silent.rs"]
mod problem;
mod quote;
mod value;

pub(crate) use json::Reader;
pub use json::parse_json;
pub use members::Members;
pub(crate) use message::message;
pub use nearest::{nearest, suggestion};
pub(crate) use number::{plain_whole, write_whole};
pub use problem::{Path, Problem, Problems};
pub use quote::quote;
pub use value::Value;
