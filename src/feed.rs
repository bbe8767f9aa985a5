//! The change feed: who changed what, in 16 shards by owner. A verifier that reads all heads at once knows what to forget.

use serde::{Deserialize, Serialize};

use crate::step::Write;

/// How many changes a head remembers. A reader further behind drops the whole shard.
const REMEMBERED: usize = 64;

/// The head of one shard.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// How many changes there have been.
    seq: u64,
    /// The last changes, oldest first: key and revision.
    recent: Vec<(String, u64)>,
}

impl Head {
    /// The write that adds a change to a head. A head that cannot be read starts anew one change later than any reader can have seen
    /// it, so that every reader drops the shard.
    #[must_use]
    pub fn advance(feed_key: String, stored: Option<&str>, changed_key: String, revision: u64) -> Write {
        let mut head = match stored {
            None => Head::default(),
            Some(text) => serde_json::from_str(text).unwrap_or(Head {
                seq: REPAIRED,
                recent: Vec::new(),
            }),
        };
        head.seq = head.seq.saturating_add(1);
        head.recent.push((changed_key, revision));
        let surplus = head.recent.len().saturating_sub(REMEMBERED);
        head.recent.drain(..surplus);
        Write::replace(feed_key, stored, json(&head))
    }
}

/// Where counting goes on after damage: far from any count that a reader can hold, still exact in JavaScript.
const REPAIRED: u64 = 1 << 50;

/// The JSON text of a value of ours. They have no maps with keys that are not text, which is all that can fail.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(write: &Write) -> Head {
        serde_json::from_str(write.value.as_ref().unwrap().as_ref().unwrap()).unwrap()
    }

    #[test]
    fn a_head_counts_and_forgets_the_oldest() {
        let mut stored: Option<String> = None;
        for change in 1..=100u64 {
            let write = Head::advance(
                "feed/0".into(),
                stored.as_deref(),
                format!("token/{change}"),
                change,
            );
            assert_eq!(write.expect, Some(stored.clone()));
            stored = write.value.unwrap();
        }
        let head: Head = serde_json::from_str(&stored.unwrap()).unwrap();
        assert_eq!((head.seq, head.recent.len()), (100, REMEMBERED));
        assert_eq!(head.recent.first().unwrap().1, 37);
        assert_eq!(head.recent.last().unwrap(), &("token/100".to_owned(), 100));
    }

    #[test]
    fn a_damaged_head_is_further_than_any_reader() {
        let write = Head::advance("feed/0".into(), Some("{broken"), "token/a".into(), 2);
        assert_eq!(write.expect, Some(Some("{broken".to_owned())));
        assert_eq!(head(&write).seq, REPAIRED + 1);
    }
}
