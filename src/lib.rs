//! Least-privilege access tokens, as pure functions.
//!
//! A program in Rust uses the [`driver`](driver/index.html), by the feature of that name: tokens
//! and a verifier on a store, with a cache and retries. That is the API that is kept: the layers
//! below are public for the bindings to other languages, and may change in any version.
//!
//! All else never reads a store, looks at a clock or draws a random number. Each function is given
//! the time, the random bytes and everything that was read so far. It answers with a
//! [`Plan`](storage::plan::Plan): what to read next, what to commit, or the answer. The caller
//! reads, and asks again with what it has read.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use leastkey::Deployment;
//! use leastkey::codec::json::{Value, parse_json};
//! use leastkey::model::question::{Question, read_requirement};
//! use leastkey::operation::{ENTROPY, Entropy, Time, plan};
//! use leastkey::storage::plan::{ListRead, Reads, Plan, Write};
//! use leastkey::value::time::Instant;
//! use leastkey::verify::code::Code;
//! use leastkey::verify::verify::verify;
//!
//! /// A real store compares `expect` first, and applies all of the writes or none.
//! fn commit(store: &mut BTreeMap<String, String>, writes: Vec<Write>) {
//!     for Write { key, value, .. } in writes {
//!         if let Some(Some(value)) = value {
//!             store.insert(key, value);
//!         }
//!     }
//! }
//!
//! /// Reads what each step needs, commits, and hands over the answer.
//! fn run<A>(store: &mut BTreeMap<String, String>, step: impl Fn(&Reads) -> Plan<A>) -> A {
//!     let mut reads = Reads::default();
//!     loop {
//!         match step(&reads) {
//!             Plan::Need(need) => {
//!                 for key in need.keys {
//!                     let value = store.get(&key).cloned();
//!                     reads.insert(key, value);
//!                 }
//!                 if let Some(range) = need.list {
//!                     // A real store begins after `range.after`, and ends at `range.limit`.
//!                     let listed = store.range(range.prefix.clone()..);
//!                     let listed = listed.take_while(|(key, _)| key.starts_with(&range.prefix));
//!                     let entries = listed.map(|(key, value)| (key.clone(), value.clone())).collect();
//!                     reads.insert_list(ListRead { range, entries });
//!                 }
//!             }
//!             Plan::Prepare { writes } => {
//!                 commit(store, writes);
//!                 reads = Reads::default();
//!             }
//!             Plan::Commit { writes, answer } => {
//!                 commit(store, writes);
//!                 return answer;
//!             }
//!             Plan::Answer(answer) => return answer,
//!             Plan::Refuse(refusal) => panic!("{}", refusal.message),
//!         }
//!     }
//! }
//!
//! let json = |text: &str| -> Value { parse_json(text).unwrap() };
//! let catalog = json(r#"{
//!     "services": { "mail": { "title": "Mail", "permissions": { "send": "Send" } } },
//!     "kinds": { "key": { "title": "Key", "lifetime": { "longest": "365d", "default": "90d" } } }
//! }"#);
//! let config = json(r#"{ "prefix": "acme_test" }"#);
//! let deployment = Deployment::configure(&config, &catalog).unwrap();
//! let now = Instant::from_millis(1_800_000_000_000.0).unwrap();
//! let time = Time { started: now, now, highest: now };
//! // A host draws these bytes from its cryptographic generator.
//! let entropy = Entropy::new(zeroize::Zeroizing::new([7; ENTROPY]));
//! let mut store = BTreeMap::new();
//!
//! let create = json(r#"{
//!     "op": "create",
//!     "input": { "kind": "key", "name": "Nightly", "owner": "org:acme", "add": ["mail:send"] },
//!     "actor": { "id": "user:7", "roles": { "org:acme": "admin" } }
//! }"#);
//! let created = run(&mut store, |reads| plan(&deployment, &create, reads, time, &entropy));
//! let credential = created.credential().unwrap().reveal();
//!
//! let asked = json(r#"{ "requirement": "mail:send" }"#);
//! let requirement = read_requirement(deployment.catalog(), &asked).unwrap();
//! let question = Question::of(&requirement);
//! let verdict = run(&mut store, |reads| verify(&deployment, credential, &question, reads, now));
//! assert_eq!(verdict.code, Code::Valid);
//! ```
//!
//! # Layers
//!
//! Imports only go down this list (`tests/rust/layers.rs`).
//!
//! | layer | concept |
//! |---|---|
//! | [`driver`](driver/index.html) | the host for programs in Rust: stores, clocks, retries |
//! | [`operation`] | create, edit, rotate, revoke and the others: one verb a file |
//! | [`verify`](mod@verify) | credential text to verdict, the token cache, and what would have made a refusal a yes |
//! | [`deployment`] | a prefix and a catalog, compiled once |
//! | [`storage`] | the plan of reads and writes, keys, seals, the change feed, the audit trail |
//! | [`model`] | tokens, records, accounts, actors, grants, uses, requirements |
//! | [`catalog`] | services, templates, roles, kinds and routes; a selection resolved to permissions |
//! | [`value`] | instants, resources, names, permissions, credentials, conditions, limits |
//! | [`input`] | objects read member by member, with the path of every problem |
//! | [`codec`] | JSON text, stored text, sorted containers, and what JavaScript can do for the crate |

// What only the operations use is left to the linker where they are not.
#![cfg_attr(not(feature = "manage"), allow(dead_code, unused_imports))]

pub mod catalog;
pub mod codec;
pub mod deployment;
#[cfg(feature = "driver")]
pub mod driver;
pub mod input;
pub mod model;
#[cfg(feature = "manage")]
pub mod operation;
pub mod storage;
pub mod value;
pub mod verify;

pub use deployment::Deployment;
