//! The domain model: tokens and their records, accounts, actors, grants, usage, questions and
//! requirements.

pub mod account;
pub(crate) mod account_text;
pub mod actor;
pub mod ceiling;
pub mod ceilings;
pub mod coded_list;
pub mod grant;
pub mod id_list;
pub mod question;
pub mod record;
pub mod record_text;
pub mod requirement;
pub mod secrets;
pub mod token;
pub mod usage;
pub mod verifiable_token;
