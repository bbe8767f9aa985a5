//! Drives the core in a Rust process: reads the store, the clock and the random number generator,
//! commits, retries and caches. With the feature `driver`.
//!
//! [`Tokens`] manages and verifies on an [`AsyncStore`], [`blocking::Tokens`] on a [`Store`];
//! [`Verifier`] and [`blocking::Verifier`] only verify. The guide is docs/rust.md.

/// The examples of the guide.
#[cfg(doctest)]
#[doc = include_str!("../../docs/rust.md")]
struct Guide;

mod actor;
mod adapter;
pub mod blocking;
mod calls;
mod clock;
mod entropy;
mod error;
mod feed;
mod import_report;
mod local_counters;
mod memory;
mod options;
mod rechecks;
mod run_operation;
mod single_flight;
mod store;
mod token_use;
mod tokens;
mod usage_collector;
mod verifier;
mod wait;

pub use actor::{Actor, HostActor};
pub use adapter::Blocking;
pub use clock::{Clock, SystemClock};
pub use entropy::{EntropySource, SystemEntropy};
pub use error::Error;
pub use import_report::{ImportReport, Imported, RowOutcome};
pub use memory::MemoryStore;
pub use options::Options;
pub use store::{AsyncStore, Entry, Store, StoreError, check_keys, check_range, check_writes, range_bounds};
pub use tokens::{BulkReport, Created, FlushReport, Minted, Tokens};
pub use verifier::Verifier;

pub use crate::verify::verdict::Verdict;
