//! Least-privilege access tokens, as pure functions.
//!
//! The core never reads a store, looks at a clock or draws a random number: time, entropy and everything that was read
//! are arguments, and what is to be read or written is an answer. The modules, in the order that data flows:
//!
//! | module | concept |
//! |---|---|
//! | [`input`] | what a caller hands in: values, their members, problems with their paths |
//! | [`time`], [`name`], [`resource`] | instants and lifetimes; what people call a token; what a grant reaches |
//! | [`skeleton`] | by what names are compared where they are unique |
//! | [`credential`] | the secret text: format, checksum, digest |
//! | [`permission`] | one action, patterns over actions, sets of them |
//! | [`catalog`] | services, templates, roles and kinds; a selection resolved to permissions |
//! | [`requirement`], [`grant`] | what a request needs, what a token has |
//! | [`record`], [`keys`], [`feed`] | the stored half of a token, where it is kept, who is told of a change |
//! | [`store_meta`], [`shard_count`] | whose a store is, and into how many shards its change feed is cut |
//! | [`usage`], [`audit`] | when a token was used; who changed what, as a chain of hashes |
//! | [`bounds`] | how large what is stored may be |
//! | [`seal`] | what keeps the stored half from being edited |
//! | [`condition`], [`limit`] | from where and when a token may be used, how often and how much |
//! | [`actor`] | who is managing, and the most that they can give |
//! | [`operation`] | create, get, list, disable, enable, revoke, delete, audit and the others: `plan(call, reads, time, entropy)` |
//! | [`mod@verify`], [`verdict`], [`explain`] | text to verdict, and what would have made it a yes |
//! | [`deployment`], [`edge`] | a prefix and a catalog, compiled once; the part of them that an edge needs |
//! | [`planted`] | bugs that tests switch on, to see that their checks catch them; none of it is in a build |

// What only the operations use is left to the linker where they are not.
#![cfg_attr(not(feature = "manage"), allow(dead_code, unused_imports))]

pub mod catalog;
pub mod codec;
pub mod deployment;
pub mod input;
pub mod model;
#[cfg(feature = "manage")]
pub mod operation;
pub mod planted;
pub mod storage;
pub mod value;
pub mod verify;

pub use deployment::Deployment;
