//! Checks the hash chain of a trail, page by page.

use std::cmp::Ordering;

use serde::Serialize;

use super::entry::{Entry, Hash, Position};
use crate::storage::keys;
use crate::value::resource::Resource;

/// A page of a trail: entries as the store listed them, and the head, which was read before them.
#[derive(Clone, Copy, Debug)]
pub struct Page<'p> {
    /// The position up to which the chain was followed before. `None`: this is the first page.
    pub from: Option<&'p Position>,
    /// The stored text of that entry.
    pub at_from: Option<&'p str>,
    /// The keys and texts of the entries after it, ascending.
    pub entries: &'p [(String, String)],
    /// Whether this is the last page.
    pub last: bool,
    /// The value of `audit-head/<owner>`.
    pub head: Option<&'p str>,
}

/// A break of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// The problem.
    pub problem: Problem,
    /// How many entries of the page were followed before the break.
    pub followed: usize,
    /// The position from which the chain can be followed again: the first entry after the break
    /// that is in its place and whose hash the next entry or the head names. If a page that is not
    /// the last has none, its last entry; the next page then decides. `None`: there is none.
    pub again_from: Option<Position>,
}

/// A problem of a trail, with its position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The number of the entry.
    pub seq: u64,
    /// A description of the problem.
    pub message: String,
}

/// Follows the chain through a page, and returns how far it leads. `None`: the trail is empty.
///
/// An entry added between the reads of the head and of the entries is beyond the head. Before you
/// report a problem, check that the head is still the one that was read.
///
/// # Errors
/// At the first problem: an entry that is missing, altered, moved, inserted or of another owner; a
/// new chain; a head that is not the end of the chain; a position that the chain no longer has.
pub fn check(owner: &Resource, page: &Page) -> Result<Option<Position>, Break> {
    let prefix = keys::audit_prefix(owner);
    let broken = |at: usize, problem| Break {
        problem,
        followed: at,
        again_from: page.again_from(owner, &prefix, at),
    };
    page.still_has_from().map_err(|problem| broken(0, problem))?;
    let mut reached = page.from.cloned();
    for (at, (key, text)) in page.entries.iter().enumerate() {
        let link = Link {
            prefix: &prefix,
            owner,
            key,
            text,
        };
        let hash = Hash::of(text);
        let seq = link
            .follow(reached.as_ref(), || page.vouches(at, &hash))
            .map_err(|problem| broken(at, problem))?;
        reached = Some(Position { seq, hash });
    }
    if page.last {
        let followed = page.entries.len();
        end(reached.as_ref(), page.head).map_err(|problem| broken(followed, problem))?;
    }
    Ok(reached)
}

impl Page<'_> {
    /// Refuses a page if the entry at `from` is not the one that was followed before.
    fn still_has_from(&self) -> Result<(), Problem> {
        let Some(from) = self.from else { return Ok(()) };
        match self.at_from.map(Hash::of) {
            None => Err(Problem::at(from.seq, "is missing, and was there before")),
            Some(hash) if hash != from.hash => {
                let what = "is not the one that was there before: it was altered, or the chain was rewritten";
                Err(Problem::at(from.seq, what))
            }
            Some(_) => Ok(()),
        }
    }

    /// The position from which the chain can be followed again, at or after the index `at`.
    fn again_from(&self, owner: &Resource, prefix: &str, at: usize) -> Option<Position> {
        let mut last = None;
        for (at, (key, text)) in self.entries.iter().enumerate().skip(at) {
            let Some(seq) = keys::audit_seq(prefix, key).filter(|seq| *seq > 0) else {
                continue;
            };
            let hash = Hash::of(text);
            let in_place = Entry::parse(text).is_ok_and(|entry| entry.seq == seq && entry.owner == *owner);
            let vouched = in_place && self.vouches(at, &hash);
            last = Some(Position { seq, hash });
            if vouched {
                return last;
            }
        }
        last.filter(|_| !self.last)
    }

    /// Whether the next entry, or the head, names this hash of the entry.
    fn vouches(&self, at: usize, hash: &Hash) -> bool {
        match (self.entries.get(at + 1), self.head) {
            (Some((_, text)), _) => Entry::parse(text).is_ok_and(|next| next.previous.as_ref() == Some(hash)),
            (None, Some(head)) => Position::of_head(head).is_ok_and(|head| head.hash == *hash),
            (None, None) => false,
        }
    }
}

/// One entry with its key.
struct Link<'l> {
    prefix: &'l str,
    owner: &'l Resource,
    key: &'l str,
    text: &'l str,
}

impl Link<'_> {
    /// The number of the entry, if it is the next of the chain.
    fn follow(&self, reached: Option<&Position>, vouched: impl Fn() -> bool) -> Result<u64, Problem> {
        let before = reached.map_or(0, |position| position.seq);
        let expected = before.saturating_add(1);
        let Some(seq) = keys::audit_seq(self.prefix, self.key) else {
            let what = "has a key that is no entry's: it was inserted";
            return Err(Problem::at(expected, what));
        };
        let entry = Entry::parse(self.text);
        if seq < expected {
            let what = "is where none can be: it was inserted, or the list is out of order";
            return Err(Problem::at(seq, what));
        }
        if seq > expected {
            let anew = entry.is_ok_and(|entry| entry.previous.is_none());
            return Err(gap(before, seq, anew));
        }
        let what = match entry {
            Err(_) => "cannot be read: it was altered, or written by a later version",
            Ok(entry) if entry.seq != seq => "has another number in it: it was moved",
            Ok(entry) if entry.owner != *self.owner => "is of another owner's trail",
            Ok(entry) if entry.previous.as_ref() == reached.map(|reached| &reached.hash) => return Ok(seq),
            // Two entries do not fit. An entry whose hash the next one names was not altered, so
            // the entry before it was.
            Ok(_) if before > 0 && vouched() => {
                let what = format!("was altered: entry {seq} names another hash of it");
                return Err(Problem::at(before, &what));
            }
            Ok(_) => "does not fit what is before it: it was altered",
        };
        Err(Problem::at(seq, what))
    }
}

/// The problem of a gap in the numbers. A new chain after it indicates a damaged head; a continued
/// one indicates removed entries.
fn gap(before: u64, seq: u64, anew: bool) -> Problem {
    if anew {
        let what = format!(
            "begins a new chain after entry {before}: the head was damaged or removed, and entries between them may be missing"
        );
        return Problem::at(seq, &what);
    }
    let what = format!("is missing: after entry {before} comes entry {seq}");
    Problem::at(before.saturating_add(1), &what)
}

/// Compares the end of the chain with the head.
fn end(reached: Option<&Position>, head: Option<&str>) -> Result<(), Problem> {
    let seq = reached.map_or(0, |position| position.seq);
    let Ok(head) = head.map(Position::of_head).transpose() else {
        return Err(Problem::at(
            seq,
            "is the last, and the head after it cannot be read",
        ));
    };
    if reached == head.as_ref() {
        return Ok(());
    }
    let Some(Position { seq: end, .. }) = head else {
        return Err(Problem::at(seq, "is the last, and the head after it is missing"));
    };
    Err(match end.cmp(&seq) {
        Ordering::Greater => Problem::at(
            seq.saturating_add(1),
            &format!("is missing: the head is at entry {end}"),
        ),
        Ordering::Less => Problem::at(
            end.saturating_add(1),
            &format!("is beyond the head, which is at entry {end}"),
        ),
        Ordering::Equal => Problem::at(seq, "was altered, or the head: they do not fit"),
    })
}

impl Problem {
    fn at(seq: u64, what: &str) -> Problem {
        Problem {
            seq,
            message: format!("entry {seq} {what}"),
        }
    }
}
