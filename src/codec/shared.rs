//! The pointer to values that several owners share.
//!
//! `Rc`, which costs the modules nothing; `Arc` with the feature `driver`, so that threads share a
//! verifier.

#[cfg(not(feature = "driver"))]
pub use std::rc::Rc as Shared;
#[cfg(feature = "driver")]
pub use std::sync::Arc as Shared;
