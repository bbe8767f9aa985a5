//! The value types of tokens: instants, resources, names, permissions, credentials, conditions and
//! limits.

pub mod condition;
pub mod credential;
pub mod limit;
pub mod metadata;
pub mod name;
#[cfg(feature = "manage")]
pub mod name_fold;
pub mod name_hash;
pub mod permission;
pub mod resource;
pub mod time;
#[cfg(feature = "manage")]
mod unicode;
