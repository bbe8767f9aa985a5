//! What a caller hands in: a [`Value`] without a shape, read member by member with every problem told at its path.

pub(crate) mod members;
mod nearest;
mod problem;
mod quote;
mod value;

pub use members::Members;
pub use nearest::{nearest, suggestion};
pub use problem::{Path, Problem, Problems};
pub use quote::quote;
pub use value::Value;
