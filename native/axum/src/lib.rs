#![doc = include_str!("../README.md")]

mod credential;
mod extract;
mod guard;
mod layer;
mod refusal;

pub use extract::{Allowed, Needs, NotAllowed, Token};
pub use guard::Guard;
pub use layer::{GuardLayer, GuardService};
pub use refusal::Refusal;
