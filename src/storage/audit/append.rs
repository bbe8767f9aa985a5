//! Appends changes to the trail of an owner.

use super::entry::{Change, Entry, Hash, Position};
use crate::codec::json::MAX_SAFE_INTEGER;
use crate::storage::keys;
use crate::storage::plan::{Reads, Suspend, Write};
use crate::value::resource::Resource;
use crate::value::time::Instant;

/// The writes that add changes to the trail of an owner: an entry for each change, and the head,
/// which moves to the last entry. Pass all changes of a commit that belong to one owner in one
/// call. The head is a key that all writers of the owner share: a caller that queues for such a key
/// must read the trail after that.
///
/// A damaged trail must not stop a revocation. If the head cannot be read, or is not the end of its
/// chain, a new chain begins at the time in milliseconds, which is beyond any count of changes.
/// [`super::check`] reports the break. The time is that at which the call `started`: `now` differs
/// between the plans of a call, so each plan would need other keys.
///
/// # Errors
/// [`Suspend::Need`]: the head, then the keys of the new entries.
pub fn append(
    reads: &Reads,
    owner: &Resource,
    started: Instant,
    now: Instant,
    changes: Vec<Change>,
) -> Result<Vec<Write>, Suspend> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let head_key = keys::audit_head(owner);
    let [stored] = reads.get([&head_key])?;
    let (first, previous) = match next(reads, owner, stored, changes.len())? {
        Some(place) => place,
        None => (begin(reads, owner, started, changes.len())?, None),
    };
    let mut writes = Vec::with_capacity(changes.len() + 1);
    let mut end = previous;
    let mut last = first;
    for (seq, change) in (first..).zip(changes) {
        let text = Entry::new(owner, seq, now, change, end).bounded().to_text();
        (last, end) = (seq, Some(Hash::of(&text)));
        writes.push(Write::create(keys::audit_entry(owner, seq), text));
    }
    if let Some(hash) = end {
        writes.push(Write::replace(
            head_key,
            stored,
            Position { seq: last, hash }.to_head(),
        ));
    }
    Ok(writes)
}

/// The number at which a new chain begins: the time, or a little later if another chain has begun
/// there.
fn begin(reads: &Reads, owner: &Resource, started: Instant, count: usize) -> Result<u64, Suspend> {
    for ahead in (0..20).map(|power| (1u64 << power) - 1) {
        let first = started.millis().saturating_add(ahead);
        if are_free(reads, owner, first, count)? {
            return Ok(first);
        }
    }
    // The commit will find the key taken.
    Ok(started.millis())
}

/// Whether `count` numbers are free, from `first` on.
fn are_free(reads: &Reads, owner: &Resource, first: u64, count: usize) -> Result<bool, Suspend> {
    let places = (first..=MAX_SAFE_INTEGER).take(count);
    let places: Vec<String> = places.map(|seq| keys::audit_entry(owner, seq)).collect();
    Ok(places.len() == count && reads.get_all(&places)?.iter().all(Option::is_none))
}

/// The next number in the chain and the hash before it; `None` if the head is unreadable or the
/// next numbers are taken.
fn next(
    reads: &Reads,
    owner: &Resource,
    stored: Option<&str>,
    count: usize,
) -> Result<Option<(u64, Option<Hash>)>, Suspend> {
    let (first, previous) = match stored.map(Position::of_head) {
        None => (1, None),
        Some(Ok(head)) => (head.seq + 1, Some(head.hash)),
        Some(Err(_)) => return Ok(None),
    };
    let free = are_free(reads, owner, first, count)?;
    Ok(free.then_some((first, previous)))
}
