//! The things of the domain: tokens and their records, accounts, actors, grants, uses, and what a request requires.

pub mod account;
pub mod actor;
pub mod grant;
pub mod question;
pub mod record;
pub mod requirement;
pub mod token;
pub mod usage;
