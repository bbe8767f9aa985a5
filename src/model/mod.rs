//! The domain model: tokens and their records, accounts, actors, grants, usage, questions and
//! requirements.

pub mod account;
pub mod actor;
pub mod grant;
pub mod question;
pub mod record;
pub mod requirement;
pub mod token;
pub mod usage;
