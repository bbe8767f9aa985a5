//! The change feed: who changed what, in 16 shards by owner. A verifier that reads all heads at once knows what to forget.

use serde::Serialize;

use crate::json::json;
use crate::record::Damaged;
use crate::step::Write;
use crate::stored::{restore, restore_members};
use crate::time::{Instant, LARGEST_EXACT};

/// How many changes a head remembers. A reader further behind drops the whole shard.
const REMEMBERED: usize = 64;

/// The head of one shard.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Head {
    /// How many changes there have been.
    seq: u64,
    /// The last changes, oldest first: key and revision.
    recent: Vec<(String, u64)>,
}

impl Head {
    /// Parses a stored head.
    ///
    /// # Errors
    /// When the text is none.
    pub fn parse(text: &str) -> Result<Head, Damaged> {
        let head: Head = restore(text)?;
        if head.seq < LARGEST_EXACT {
            Ok(head)
        } else {
            Err(Damaged)
        }
    }

    /// How many changes there have been.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Whether the last `count` changes are remembered.
    #[must_use]
    pub fn has(&self, count: u64) -> bool {
        count <= self.recent.len() as u64
    }

    /// The last `count` changes, or as many of them as are remembered: key and revision.
    pub fn last(&self, count: u64) -> impl Iterator<Item = &(String, u64)> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        self.recent.iter().skip(self.recent.len().saturating_sub(count))
    }

    /// The write that adds changes to a head. A head that is not there, or cannot be read, starts at the time in milliseconds: further
    /// than any count of changes that a reader can have seen, so that every reader drops the shard, and never the same twice.
    #[must_use]
    pub fn advance(
        feed_key: String,
        stored: Option<&str>,
        changed: impl IntoIterator<Item = (String, u64)>,
        now: Instant,
    ) -> Write {
        let mut head = stored.and_then(|text| Head::parse(text).ok()).unwrap_or(Head {
            seq: now.millis(),
            recent: Vec::new(),
        });
        for change in changed {
            head.seq = head.seq.saturating_add(1);
            head.recent.push(change);
        }
        let surplus = head.recent.len().saturating_sub(REMEMBERED);
        head.recent.drain(..surplus);
        Write::replace(feed_key, stored, json(&head))
    }
}

restore_members!(Head {
    required seq: "seq",
    required recent: "recent",
});

#[cfg(test)]
mod tests {
    use super::*;

    fn head(write: &Write) -> Head {
        restore(write.value.as_ref().unwrap().as_ref().unwrap()).unwrap()
    }

    #[test]
    fn a_head_counts_and_forgets_the_oldest() {
        let now = Instant::from_millis(1_000.0).unwrap();
        let mut stored: Option<String> = None;
        for change in 1..=100u64 {
            let write = Head::advance(
                "feed/0".into(),
                stored.as_deref(),
                [(format!("token/{change}"), change)],
                now,
            );
            assert_eq!(write.expect, Some(stored.clone()));
            stored = write.value.unwrap();
        }
        let head: Head = restore(&stored.unwrap()).unwrap();
        assert_eq!((head.seq, head.recent.len()), (1_100, REMEMBERED));
        assert_eq!(head.recent.first().unwrap().1, 37);
        assert_eq!(head.recent.last().unwrap(), &("token/100".to_owned(), 100));
    }

    #[test]
    fn a_lost_or_damaged_head_is_further_than_any_reader_and_never_the_same_twice() {
        let seq = |stored: Option<&str>, now: f64| {
            let now = Instant::from_millis(now).unwrap();
            let write = Head::advance("feed/0".into(), stored, [("token/a".into(), 2)], now);
            assert_eq!(write.expect, Some(stored.map(str::to_owned)));
            head(&write).seq
        };
        for damaged in [
            None,
            Some("{broken"),
            Some(r#"{"seq":18446744073709551615,"recent":[]}"#),
        ] {
            assert_eq!(seq(damaged, 1_795_392_000_000.0), 1_795_392_000_001);
            assert_eq!(seq(damaged, 1_795_392_000_007.0), 1_795_392_000_008);
        }
    }
}
