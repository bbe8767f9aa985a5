//! A reference model of the operations: owners, accounts, tokens, sessions and rotations as sets
//! and lookups, written independently of the core. Both run the same random calls by random actors,
//! and every answer, every stored value and every verdict must be equal.

pub mod actor;
pub mod acts;
pub mod bounds;
pub mod call;
pub mod catalog;
pub mod compare;
pub mod laws;
pub mod place;
pub mod reader;
pub mod restores;
pub mod rules;
pub mod run;
pub mod scenarios;
pub mod state;
pub mod sweeps;
pub mod world;
