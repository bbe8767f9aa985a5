//! The change feed: which keys changed, in shards by owner. A verifier that reads all heads
//! together knows which entries to evict.
//!
//! A count alone does not show whether a head continues the one that was read before. A store
//! restored from a backup reaches the same counts again, with other changes. So each advance draws
//! a new mark, and a reader follows only from a pair of count and mark that the head still lists.

use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use super::plan::Write;
use super::store_meta::{MOVED, NotOurs};
use crate::codec::canonical::Cursor;
use crate::codec::decode::{Decode, DecodeError, decode, decode_members};
use crate::codec::json::{MAX_SAFE_INTEGER, json};
use crate::value::credential::hex;
use crate::value::time::Instant;

/// The most changes that a head lists. A reader whose position is not listed evicts the whole
/// shard.
const LISTED: usize = 64;

/// 64 bits that no other advance of any head has, stored as 16 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark(u64);

impl Mark {
    /// The mark of one advance of a head. `operation` are random bytes of the call, drawn once for
    /// all its attempts.
    ///
    /// The mark before is an input too, so that an attempt repeated on another history of the head
    /// gets another mark. So is the time: an attempt repeated on the same history of a restored
    /// store may write other expiries.
    fn draw(operation: &[u8], feed_key: &str, before: Option<Mark>, now: Instant) -> Mark {
        let before = before.map_or(0, |mark| mark.0).to_be_bytes();
        let now = now.millis().to_be_bytes();
        let parts = [
            b"leastkey feed mark 2",
            operation,
            &before,
            &now,
            feed_key.as_bytes(),
        ];
        let digest = Sha256::digest(parts.concat());
        let bits = digest.iter().take(8);
        Mark(bits.fold(0, |bits, byte| bits << 8 | u64::from(*byte)))
    }
}

impl Serialize for Mark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&self.0.to_be_bytes()))
    }
}

impl Decode for Mark {
    fn decode(cursor: &mut Cursor) -> Result<Mark, DecodeError> {
        let text = cursor.text().ok_or(DecodeError)?;
        let mut bits = 0;
        for digit in text.bytes() {
            let digit = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                _ => return Err(DecodeError),
            };
            bits = bits << 4 | u64::from(digit);
        }
        (text.len() == 16).then_some(Mark(bits)).ok_or(DecodeError)
    }
}

/// One change that a head lists: `["token/<id>",2,"<mark>"]`.
#[derive(Debug, Serialize)]
pub struct Change(
    /// The key of the record or account.
    pub String,
    /// Its new revision.
    pub u64,
    /// The mark of the advance that added it.
    pub Mark,
);

impl Decode for Change {
    fn decode(cursor: &mut Cursor) -> Result<Change, DecodeError> {
        let mut change = Change(String::new(), 0, Mark::default());
        let mut items = 0;
        let read = cursor.list(&mut |cursor| {
            match items {
                0 => change.0 = Decode::decode(cursor).ok()?,
                1 => change.1 = Decode::decode(cursor).ok()?,
                2 => change.2 = Decode::decode(cursor).ok()?,
                _ => return None,
            }
            items += 1;
            Some(())
        });
        read.filter(|()| items == 3).map(|()| change).ok_or(DecodeError)
    }
}

/// How far a head was read: its count of changes, and the mark of the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    seq: u64,
    mark: Mark,
}

/// The head of one shard: `{"seq":1795392000001,"recent":[["token/<id>",2,"<mark>"]]}`.
#[derive(Debug, Default, Serialize)]
pub struct Head {
    /// The count of changes. It starts at the time in milliseconds.
    seq: u64,
    /// The last changes, oldest first.
    recent: Vec<Change>,
}

impl Head {
    /// Parses a stored head.
    ///
    /// # Errors
    /// When the text is not a head.
    pub fn parse(text: &str) -> Result<Head, DecodeError> {
        let head: Head = decode(text)?;
        if head.seq < MAX_SAFE_INTEGER {
            Ok(head)
        } else {
            Err(DecodeError)
        }
    }

    /// The position at its end; `None` if it lists no change, since then it cannot be followed.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        let Change(_, _, mark) = self.recent.last()?;
        Some(Position {
            seq: self.seq,
            mark: *mark,
        })
    }

    /// The changes since a position; `None` if the head does not list that position: more has
    /// changed since, or the store was restored.
    #[must_use]
    pub fn since(&self, position: Position) -> Option<&[Change]> {
        let count = usize::try_from(self.seq.checked_sub(position.seq)?).ok()?;
        let (before, since) = self
            .recent
            .split_at_checked(self.recent.len().checked_sub(count)?)?;
        let Change(_, _, mark) = before.last()?;
        (*mark == position.mark).then_some(since)
    }

    /// The write that adds changes to a head. A head that is absent or unreadable starts at the
    /// time in milliseconds. `operation` are random bytes that no other call has.
    ///
    /// # Errors
    /// When the head is marked as [`MOVED`].
    pub fn advance(
        feed_key: String,
        stored: Option<&str>,
        changed: impl IntoIterator<Item = (String, u64)>,
        now: Instant,
        operation: &[u8],
    ) -> Result<Write, NotOurs> {
        if stored == Some(MOVED) {
            return Err(NotOurs::Moved);
        }
        let mut head = stored.and_then(|text| Head::parse(text).ok()).unwrap_or(Head {
            seq: now.millis(),
            recent: Vec::new(),
        });
        let before = head.position().map(|position| position.mark);
        let mark = Mark::draw(operation, &feed_key, before, now);
        for (key, revision) in changed {
            head.seq = head.seq.saturating_add(1);
            head.recent.push(Change(key, revision, mark));
        }
        let surplus = head.recent.len().saturating_sub(LISTED);
        head.recent.drain(..surplus);
        Ok(Write::replace(feed_key, stored, json(&head)))
    }
}

decode_members!(Head {
    required seq: "seq",
    required recent: "recent",
});

#[cfg(test)]
mod tests {
    use super::*;

    fn advanced(stored: Option<&str>, operation: u64, changes: u64) -> String {
        let now = Instant::from_millis(1_000.0).unwrap();
        let changed = (1..=changes).map(|at| (format!("token/{operation}.{at}"), at));
        let write = Head::advance("feed/0".into(), stored, changed, now, &operation.to_be_bytes()).unwrap();
        assert_eq!(write.expect, Some(stored.map(str::to_owned)));
        write.value.unwrap().unwrap()
    }

    fn keys(text: &str, since: Position) -> Option<Vec<String>> {
        let head = Head::parse(text).unwrap();
        Some(
            head.since(since)?
                .iter()
                .map(|Change(key, ..)| key.clone())
                .collect(),
        )
    }

    fn position(text: &str) -> Position {
        Head::parse(text).unwrap().position().unwrap()
    }

    #[test]
    fn a_head_counts_and_forgets_the_oldest() {
        let mut stored = advanced(None, 1, 1);
        for operation in 2..=100 {
            stored = advanced(Some(&stored), operation, 1);
        }
        let head = Head::parse(&stored).unwrap();
        assert_eq!((head.seq, head.recent.len()), (1_100, LISTED));
        assert_eq!(head.recent.first().unwrap().0, "token/37.1");
        assert_eq!(head.recent.last().unwrap().0, "token/100.1");
    }

    #[test]
    fn a_reader_follows_from_a_position_that_is_still_listed() {
        let first = advanced(None, 1, 1);
        let mut stored = first.clone();
        for behind in 0..LISTED as u64 {
            let since = keys(&stored, position(&first)).unwrap();
            assert_eq!(since.len() as u64, behind);
            assert!(
                since
                    .iter()
                    .enumerate()
                    .all(|(at, key)| *key == format!("token/{}.1", at + 2))
            );
            stored = advanced(Some(&stored), behind + 2, 1);
        }
        assert_eq!(keys(&stored, position(&first)), None, "it fell out of the list");
        let several = advanced(Some(&first), 2, 5);
        assert_eq!(keys(&several, position(&first)).unwrap().len(), 5);
    }

    #[test]
    fn a_reader_does_not_follow_into_another_future_of_a_restored_head() {
        let backup = advanced(None, 1, 1);
        let mut lost = backup.clone();
        for operation in 2..=4 {
            lost = advanced(Some(&lost), operation, 1);
        }
        let read = position(&lost);
        assert_eq!(keys(&backup, read), None, "nothing since");
        let mut restored = backup.clone();
        for operation in 12..=30 {
            restored = advanced(Some(&restored), operation, 1);
            assert_eq!(keys(&restored, read), None, "changes since: up to {operation}");
            assert!(keys(&restored, position(&backup)).is_some());
        }
        // The same calls in another order: attempts whose answer was lost, repeated after the
        // restore.
        let mut repeated = backup.clone();
        for operation in [3, 2, 4] {
            repeated = advanced(Some(&repeated), operation, 1);
            assert_eq!(keys(&repeated, read), None);
        }
    }

    #[test]
    fn marks_differ_by_call_by_head_by_what_came_before_and_by_time() {
        let [now, later] = [1_000.0, 1_001.0].map(|at| Instant::from_millis(at).unwrap());
        let marks = [
            Mark::draw(b"one", "feed/0", None, now),
            Mark::draw(b"two", "feed/0", None, now),
            Mark::draw(b"one", "feed/1", None, now),
            Mark::draw(b"one", "feed/0", Some(Mark(7)), now),
            Mark::draw(b"one", "feed/0", None, later),
        ];
        for (at, mark) in marks.iter().enumerate() {
            assert!(!marks.iter().skip(at + 1).any(|other| other == mark));
            assert_eq!(decode::<Mark>(&json(mark)).unwrap(), *mark);
        }
        for broken in [
            "\"\"",
            "\"0123456789abcde\"",
            "\"0123456789abcdef0\"",
            "\"0123456789abcdeg\"",
            "\"0123456789ABCDEF\"",
            "7",
        ] {
            assert_eq!(decode::<Mark>(broken), Err(DecodeError), "{broken}");
        }
    }

    #[test]
    fn a_head_that_is_marked_as_moved_takes_no_change_and_cannot_be_followed() {
        let now = Instant::from_millis(1_000.0).unwrap();
        let changed = [("token/a".to_owned(), 2)];
        let refused = Head::advance("feed/0".into(), Some(MOVED), changed, now, b"one");
        assert_eq!(refused.map(|write| write.key), Err(NotOurs::Moved));
        assert!(Head::parse(MOVED).is_err());
    }

    #[test]
    fn a_lost_or_damaged_head_cannot_be_followed() {
        let sound = advanced(None, 1, 3);
        for damaged in [
            "{broken",
            r#"{"seq":18446744073709551615,"recent":[]}"#,
            r#"{"seq":7,"recent":[["token/a",2]]}"#,
        ] {
            let again = advanced(Some(damaged), 2, 3);
            assert_eq!(position(&again).seq, position(&sound).seq);
            assert_eq!(keys(&again, position(&sound)), None);
        }
        let empty = Head::parse(r#"{"seq":7,"recent":[]}"#).unwrap();
        assert_eq!(empty.position(), None);
        assert!(empty.since(position(&sound)).is_none());
    }
}
