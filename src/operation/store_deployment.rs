//! Binds a store to one deployment.
//!
//! No operation reads or changes the store of another deployment. The first change of an empty
//! store assigns it to this deployment, in the same commit.

use super::ShardCount;
use super::context::Outcome;
use super::write_batch::MAX_WRITES;
use crate::deployment::Deployment;
use crate::storage::plan::{Plan, Range, Reads, Suspend, Write};
use crate::storage::store_meta::NotOurs;
use crate::storage::{keys, store_meta};

/// Plans an operation with the shard count of the store, after checking that the store belongs to
/// the deployment. The key for the check is read with the first `get` of the operation.
pub(super) fn in_own_store(
    deployment: &Deployment,
    reads: &Reads,
    plan: impl Fn(ShardCount) -> Result<Outcome, Suspend>,
) -> Result<Outcome, Suspend> {
    let assumed = deployment.shards().unwrap_or_default();
    let unread = match reads.get([keys::DEPLOYMENT]) {
        Ok([Some(meta)]) => return plan(shards_of(deployment, meta)?),
        Ok([None]) => None,
        Err(need) => Some(need),
    };
    let planned = plan(assumed);
    match (unread, planned) {
        // An invalid input is refused without reading the store.
        (Some(_), Err(Suspend::Refuse(refusal))) => Err(refusal.into()),
        (Some(need), Err(Suspend::Prepare(_))) => Err(need),
        (Some(_), Err(suspend)) => Err(suspend.with(|need| {
            if !need.keys.iter().any(|key| key == keys::DEPLOYMENT) {
                need.keys.push(keys::DEPLOYMENT.to_owned());
            }
        })),
        // Nothing is written to a store before it is known to be this deployment's.
        (Some(need), Ok(_)) => Err(need),
        (None, Err(Suspend::Need(need))) => Err(Suspend::Need(need)),
        (None, planned) => match used_since(deployment, reads)? {
            None => planned.map(|outcome| with_first_write(deployment, assumed, outcome)),
            Some(shards) if shards == assumed => planned,
            Some(shards) => plan(shards),
        },
    }
}

/// The shard count of the store.
///
/// # Errors
/// If the store belongs to another deployment, or was made with another shard count than the
/// configured one.
fn shards_of(deployment: &Deployment, meta: &str) -> Result<ShardCount, Suspend> {
    let prefix = deployment.prefix();
    let read = store_meta::read(Some(meta), prefix).map(|shards| shards.unwrap_or_default());
    let shards = read.and_then(|shards| match deployment.shards() {
        Some(configured) if configured != shards => Err(NotOurs::Shards(shards, configured)),
        _ => Ok(shards),
    });
    shards.map_err(|not_ours| not_ours.refusal(prefix).into())
}

/// Checks a store without a deployment record. Returns `None` if the store is empty, or the shard
/// count if another call assigned the store to this deployment after the record was read.
///
/// Every change adds to the audit trail of its owner, so a store without audit heads is empty. The
/// deployment record is listed again, because the earlier read of it may be stale.
fn used_since(deployment: &Deployment, reads: &Reads) -> Result<Option<ShardCount>, Suspend> {
    let first = |prefix: &str| {
        reads.list(&Range {
            prefix: prefix.to_owned(),
            after: None,
            limit: 1,
        })
    };
    if first(keys::AUDIT_HEADS)?.is_empty() {
        return Ok(None);
    }
    match first(keys::DEPLOYMENT)?.first() {
        Some((key, meta)) if key == keys::DEPLOYMENT => shards_of(deployment, meta).map(Some),
        _ => Err(NotOurs::Older.refusal(deployment.prefix()).into()),
    }
}

/// Adds the deployment record to the first change of a store. A commit that writes no value leaves
/// the store empty.
fn with_first_write(deployment: &Deployment, shards: ShardCount, outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Commit(mut writes, answer) if writes.iter().any(changes) => {
            writes.push(store_meta::first_write(deployment.prefix(), shards));
            Outcome::Commit(writes, answer)
        }
        outcome => outcome,
    }
}

/// Adds the resealed deployment record to a commit, if an older record key sealed it. No other
/// operation rewrites this value, so the old key could otherwise never be retired.
pub(super) fn with_renewed_seal<A>(deployment: &Deployment, reads: &Reads, step: Plan<A>) -> Plan<A> {
    match step {
        Plan::Commit { mut writes, answer } => {
            let has_room = writes.len() < MAX_WRITES && writes.iter().any(changes);
            if has_room && let Some(write) = deployment.seal().renewed(keys::DEPLOYMENT, reads) {
                writes.push(write);
            }
            Plan::Commit { writes, answer }
        }
        step => step,
    }
}

fn changes(write: &Write) -> bool {
    write.value.is_some()
}
