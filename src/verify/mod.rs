//! Verification: turns credential text into a verdict, with the token cache, and explains refusals.

pub mod batch_buffers;
pub mod cache;
pub mod dependencies;
pub mod explain;
mod imported_key;
pub mod packed;
pub(crate) mod record_memo;
pub mod validity_rules;
pub mod verdict;
#[allow(clippy::module_inception)] // `verify.rs` is the decision itself.
pub mod verify;
