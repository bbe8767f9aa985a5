//! A simulation of verifiers that remember, over a store that others change.

pub mod isolate;
pub mod random;
pub mod schedule;
pub mod world;
