//! The audit trail: who changed what, when and why, as a chain of hashes for each owner.
//!
//! Every entry names the hash of the one before, and the head names that of the last, so an entry that was altered, removed, moved or
//! slipped in is found by following the chain. What the chain alone cannot show is a rollback of entries *and* head to an earlier state,
//! or a chain written anew from the beginning by somebody who can write to the store. Against that a host keeps the head's [`Position`]
//! somewhere else from time to time: following the chain from a kept position finds both.

mod append;
mod check;
mod difference;
mod entry;

pub use append::append;
pub use check::{Break, Page, Problem, check};
pub use difference::{Difference, difference};
pub use entry::{Change, Entry, Hash, Position};
