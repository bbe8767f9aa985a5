//! Reads the input of a caller: objects member by member, with every problem at its path.

mod detail;
mod did_you_mean;
mod message;
pub(crate) mod object;
mod one_of;
#[cfg(feature = "manage")]
mod problem;
#[cfg(not(feature = "manage"))]
#[path = "problem_count.rs"]
mod problem;
mod quote;
mod refusal;

pub use detail::Detail;
pub(crate) use detail::write_help;
pub use did_you_mean::{nearest, suggestion};
pub(crate) use message::message;
pub use object::Members;
pub use one_of::NotOneOf;
pub(crate) use one_of::one_of;
pub use problem::{Path, Problem, Problems};
pub use quote::quote;
#[cfg(feature = "manage")]
pub(crate) use quote::quote_whole;
pub use refusal::{ErrorCode, Refusal};
