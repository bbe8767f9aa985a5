//! Credential text to verdict, with the token cache, and what would have made a refusal a yes.

pub mod batch_buffers;
pub mod cache;
pub mod dependencies;
pub mod explain;
mod imported_key;
pub(crate) mod record_memo;
pub mod rules;
pub mod verdict;
#[allow(clippy::module_inception)] // The decision itself.
pub mod verify;
