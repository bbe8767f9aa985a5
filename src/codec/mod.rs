//! The ground floor: text to values and back, sorted containers, and what a host can do for the crate. Imports nothing of the crate.

pub mod decode;
pub(crate) mod host;
pub mod json;
pub(crate) mod sort;
pub mod sorted_map;
