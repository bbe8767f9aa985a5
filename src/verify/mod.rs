//! Verification: turns credential text into a verdict, with the token cache, and explains refusals.

pub mod batch_buffers;
pub mod cache;
pub mod cached_verifier;
pub mod code;
mod compiled_vocabularies;
pub mod decision;
pub mod dependencies;
pub mod explain;
pub mod known_store;
pub(crate) mod named_token;
pub mod packed;
pub mod spend;
pub mod validity_rules;
pub mod verdict;
pub mod verification;
#[allow(clippy::module_inception)] // `verify.rs` is the decision itself.
pub mod verify;
