//! What an operation rests on, and what it comes to.

use super::answer::Answer;
use super::authority_table::Table;
use super::call_time::Time;
use super::entropy::Entropy;
use crate::deployment::Deployment;
use crate::storage::plan::{Reads, Write};
use crate::storage::shard_count::ShardCount;

/// What an operation decided when it halts no more.
pub(super) enum Outcome {
    Answer(Answer),
    Commit(Vec<Write>, Answer),
}

/// Everything that an operation rests on.
pub(super) struct Context<'c> {
    pub(super) deployment: &'c Deployment,
    pub(super) reads: &'c Reads,
    pub(super) time: Time,
    pub(super) entropy: &'c Entropy,
    /// What authority is asked about.
    pub(super) table: Table,
    /// How many shards the change feed of the store has.
    pub(super) shards: ShardCount,
}
