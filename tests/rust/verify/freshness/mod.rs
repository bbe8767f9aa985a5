//! A simulation of verifiers with caches over a store that changes.

pub mod isolate;
pub mod random;
pub mod schedule;
pub mod world;
