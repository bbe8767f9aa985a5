//! The audit trail: which actor changed what, when and why, as a hash chain for each owner.
//!
//! Every entry contains the hash of the entry before, and the head that of the last. So following
//! the chain finds an entry that was altered, removed, moved or inserted. The chain alone does not
//! show two attacks by a writer to the store: a rollback of entries *and* head to an earlier state,
//! and a chain rewritten from the beginning. Against these, a host keeps the head's [`Position`]
//! elsewhere from time to time. Following the chain from a kept position finds both.

mod append;
mod check;
mod difference;
mod entry;
mod long_lists;

pub use append::append;
pub use check::{Break, Page, Problem, check};
pub use difference::{Difference, difference};
pub use entry::{Change, Entry, Hash, HashError, Position};
pub use long_lists::{account_difference, token_difference};
