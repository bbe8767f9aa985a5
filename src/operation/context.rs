//! The inputs of an operation, and its outcome.

use super::answer::Answer;
use super::call_time::Time;
use super::delegation_checks::DelegationChecks;
use super::entropy::Entropy;
use crate::deployment::Deployment;
use crate::storage::plan::{Reads, Write};
use crate::storage::shard_count::ShardCount;
use crate::storage::vocabularies::StoredVocabularies;

/// The decision of an operation that needs no further reads.
pub(super) enum Outcome {
    Answer(Answer),
    Commit(Vec<Write>, Answer),
}

/// All inputs of an operation.
pub(super) struct Context<'c> {
    pub(super) deployment: &'c Deployment,
    pub(super) reads: &'c Reads,
    /// The vocabularies to which the texts refer that were read.
    pub(super) vocabularies: &'c StoredVocabularies<'c>,
    pub(super) time: Time,
    pub(super) entropy: &'c Entropy,
    /// Which aspects of a power are checked for each operation.
    pub(super) checks: DelegationChecks,
    /// The number of shards of the store's change feed.
    pub(super) shards: ShardCount,
}
