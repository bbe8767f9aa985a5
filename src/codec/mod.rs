//! The lowest layer: JSON text to values and back, stored text in its one form, sorting, a sorted
//! map, and the functions of the host. It imports nothing else from the crate.

pub(crate) mod canonical;
pub mod decode;
pub(crate) mod host;
pub mod json;
pub(crate) mod same_bytes;
pub mod shared;
pub(crate) mod sort;
pub mod sorted_map;
