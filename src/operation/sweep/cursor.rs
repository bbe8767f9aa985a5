//! Where a sweep has come to: what its next page goes on from. It is told as text, so that whoever has it can go on in another process.

use serde::Serialize;

use crate::codec::decode::{decode, decode_members};
use crate::codec::json::json;
use crate::storage::bounds::KEY;
use crate::storage::keys;
use crate::value::credential::TokenId;
use crate::value::time::Instant;

/// How many owners' trails a sweep remembers. Of an owner beyond them it looks at young tokens once more instead.
const MAX_TRAILS: usize = 64;

/// How many makers stand above each other at most while their tokens are ended. Of a deeper stack the lower half is dropped, and its
/// topmost maker waits to be gone through again.
const MAX_DEPTH: usize = 1_000;

/// How many makers wait at most, and how many tokens are met again, in a cursor that comes from outside: far more than a page adds.
const MAX_WAITING: usize = 4_000;

/// Where a sweep has come to.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::operation) struct Cursor {
    /// The first pass lists everything; the others what may have been made since.
    pub(in crate::operation) pass: u32,
    /// When this pass began.
    pub(super) began: Instant,
    /// When the pass before it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<Instant>,
    /// The entry of the list of owners that was looked at last, or where an owner begins or ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<String>,
    /// Whether this pass has come to the end of the list.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) over: bool,
    /// Whether this pass has ended a token.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) found: bool,
    /// How far the trails of owners had come before their tokens were listed, with what the sweep itself has added.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trails: Vec<Trail>,
    /// Ended tokens that may have made others, which have not been looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) makers: Vec<TokenId>,
    /// The maker whose tokens are being ended, below those that made it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) path: Vec<Maker>,
    /// Whether a part of the path was dropped: from then on the sweep goes down to what ended tokens made even if it was there before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) again: bool,
    /// The token that sweeps, if it is meant itself: it ends last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) own: Option<TokenId>,
    /// Whether this pass has gone back to what that token made.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) own_followed: bool,
    /// Tokens that a page ended whose answer was lost, and that the next page meets again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    told: Vec<TokenId>,
}

decode_members!(Cursor {
    required pass: "pass",
    required began: "began",
    optional since: "since",
    optional at: "at",
    optional over: "over",
    optional found: "found",
    optional trails: "trails",
    optional makers: "makers",
    optional path: "path",
    optional again: "again",
    optional own: "own",
    optional own_followed: "ownFollowed",
    optional told: "told",
});

/// How far the trail of an owner had come.
#[derive(Clone, Debug, Serialize)]
struct Trail {
    /// The owner, as a part of keys.
    of: String,
    /// The number of its last entry. NegativeCache: somebody else has added to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
}

decode_members!(Trail {
    required of: "of",
    optional seq: "seq",
});

/// A maker whose tokens are being ended.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Maker {
    pub(super) id: TokenId,
    /// The key of the last of its entries that was looked at, after the prefix that all have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<String>,
}

impl Maker {
    fn new(id: TokenId) -> Maker {
        Maker { id, after: None }
    }

    /// The key after which its entries are still to be looked at.
    pub(super) fn passed(&self) -> Option<String> {
        let prefix = keys::made_prefix(&self.id);
        self.after.as_ref().map(|after| prefix + after)
    }
}

decode_members!(Maker {
    required id: "id",
    optional after: "after",
});

impl Cursor {
    /// The first pass, from a key of the list on.
    pub(in crate::operation) fn first(at: Option<&str>, now: Instant) -> Cursor {
        Cursor {
            pass: 1,
            began: now,
            since: None,
            at: at.map(str::to_owned),
            over: false,
            found: false,
            trails: Vec::new(),
            makers: Vec::new(),
            path: Vec::new(),
            again: false,
            own: None,
            own_followed: false,
            told: Vec::new(),
        }
    }

    /// Reads the `next` of a page.
    pub(in crate::operation) fn parse(text: &str, now: Instant) -> Result<Cursor, String> {
        let cursor = if text.starts_with(keys::OWNERS) {
            Some(Cursor::first(Some(text), now))
        } else {
            decode(text).ok()
        };
        cursor
            .filter(Cursor::is_sound)
            .ok_or_else(|| "is not the next of an earlier page".to_owned())
    }

    /// Whether a store takes the keys that are read of it, and it is no longer than a sweep makes it: it comes from outside.
    fn is_sound(&self) -> bool {
        let is_key = |key: &str| key.len() <= KEY && key.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let is_owner = |owner: &str| is_key(&keys::audit_head_of(owner));
        self.at
            .as_deref()
            .is_none_or(|at| is_key(at) && keys::listed_owner(at).is_none_or(is_owner))
            && self.trails.len() <= MAX_TRAILS
            && self.trails.iter().all(|trail| is_owner(&trail.of))
            && self.path.len() <= MAX_DEPTH
            && self
                .path
                .iter()
                .all(|maker| maker.passed().is_none_or(|key| is_key(&key)))
            && self.makers.len().max(self.told.len()) <= MAX_WAITING
    }

    /// The text that [`Cursor::parse`] reads.
    pub(in crate::operation) fn to_text(&self) -> String {
        json(self)
    }

    /// The same page once more, after one that ended tokens and whose answer was lost.
    pub(in crate::operation) fn again(mut self, ended: &[TokenId]) -> Cursor {
        self.found = true;
        self.told.extend(ended);
        self
    }

    /// Whether a page has ended a token whose answer was lost. It is met again once.
    pub(super) fn was_told(&mut self, id: &TokenId) -> bool {
        let at = self.told.iter().position(|told| told == id);
        at.map(|at| self.told.swap_remove(at)).is_some()
    }

    /// Begins the next pass.
    pub(super) fn begin_again(&mut self, now: Instant) {
        self.pass = self.pass.saturating_add(1);
        self.since = Some(self.began);
        self.began = now;
        self.at = None;
        self.over = false;
        self.found = false;
        self.own_followed = false;
        self.told = Vec::new();
    }

    /// Whether the trail of an owner is to be remembered that is not yet.
    pub(super) fn wants_trail(&self, owner: &str) -> bool {
        self.trails.len() < MAX_TRAILS && !self.trails.iter().any(|trail| trail.of == owner)
    }

    /// Remembers how far the trail of an owner has come, before its tokens are listed.
    pub(super) fn note_trail(&mut self, owner: &str, seq: Option<u64>) {
        if let Some(trail) = self.trails.iter_mut().find(|trail| trail.of == owner) {
            trail.seq = seq;
        } else if self.trails.len() < MAX_TRAILS {
            self.trails.push(Trail {
                of: owner.to_owned(),
                seq,
            });
        }
    }

    /// Whether nobody but the sweep has added to the trail of an owner since it was noted.
    pub(super) fn is_unmoved(&self, owner: &str, seq: Option<u64>) -> bool {
        let noted = self.trails.iter().find(|trail| trail.of == owner);
        seq.is_some() && noted.is_some_and(|trail| trail.seq == seq)
    }

    /// Notes that the sweep adds so many entries to a trail that has come so far.
    pub(super) fn extend_trail(&mut self, owner: &str, seq: Option<u64>, added: u64) {
        let unmoved = self.is_unmoved(owner, seq);
        if let Some(trail) = self.trails.iter_mut().find(|trail| trail.of == owner) {
            trail.seq = seq.filter(|_| unmoved).map(|seq| seq.saturating_add(added));
        }
    }

    /// The maker whose tokens are to be ended next.
    pub(super) fn maker(&mut self) -> Option<Maker> {
        if self.path.is_empty() && !self.makers.is_empty() {
            let id = self.makers.remove(0);
            self.path.push(Maker::new(id));
        }
        self.path.last().cloned()
    }

    /// Notes that the entries of the maker on top were looked at up to a key.
    pub(super) fn pass_by(&mut self, key: &str) {
        if let Some(maker) = self.path.last_mut() {
            let after = key.strip_prefix(&keys::made_prefix(&maker.id));
            maker.after = after.map(str::to_owned);
        }
    }

    /// Goes down to the tokens that a token made.
    pub(super) fn descend(&mut self, id: TokenId) {
        if self.path.len() >= MAX_DEPTH {
            // Each maker that waits has half a path of its own below it, so few come to wait however wide it is down there.
            let below = self.path.split_off(MAX_DEPTH / 2);
            self.makers.extend(below.first().map(|maker| maker.id));
            self.again = true;
        } else {
            self.path.push(Maker::new(id));
        }
    }
}
