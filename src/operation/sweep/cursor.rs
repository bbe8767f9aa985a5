//! The cursor of a sweep: the position at which its next page begins. It is passed as text, so that
//! any process can continue the sweep.

use std::error::Error;
use std::fmt;

use serde::Serialize;

use crate::codec::decode::{decode, decode_members};
use crate::codec::json::json;
use crate::storage::bounds::KEY;
use crate::storage::keys;
use crate::value::credential::TokenId;
use crate::value::time::Instant;

/// How many audit trails a sweep remembers. For any further owner, a later pass looks at the young
/// tokens again.
const MAX_TRAILS: usize = 64;

/// The maximum length of the path of makers. If a path gets longer, its deeper half is dropped, and
/// the topmost maker of that half is queued to be followed again.
const MAX_DEPTH: usize = 1_000;

/// The maximum number of queued makers, and of tokens that are met again, in a cursor from outside.
/// A page adds far fewer.
const MAX_WAITING: usize = 4_000;

/// The position of a sweep.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::operation) struct Cursor {
    /// The number of the pass, from 1. The first pass lists all tokens, a later one those that may
    /// have been made since.
    pub(in crate::operation) pass: u32,
    /// When this pass began.
    pub(super) began: Instant,
    /// When the pass before began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<Instant>,
    /// The last entry of the owner lists that was looked at, or the bound at which the list of an
    /// owner begins or ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<String>,
    /// Whether this pass has reached the end of the list.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) over: bool,
    /// Whether this pass has revoked a token.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) found: bool,
    /// The last entry numbers of owners' audit trails before their tokens were listed, advanced by
    /// the entries of the sweep itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trails: Vec<Trail>,
    /// Queued makers: revoked tokens that may have made others, which were not looked at yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) makers: Vec<TokenId>,
    /// The maker whose tokens are being revoked, as the last item, below the makers that made it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) path: Vec<Maker>,
    /// Whether a part of the path was dropped. From then on the sweep follows a revoked maker even
    /// if it may have followed it before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) again: bool,
    /// The token that runs the sweep, or one that it came from, once the sweep has met it. It is
    /// revoked last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) own: Option<TokenId>,
    /// Whether this pass has followed the tokens that the token in `own` made.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) own_followed: bool,
    /// Tokens revoked by a page whose answer was lost. The next page meets them again.
    #[serde(rename = "told", skip_serializing_if = "Vec::is_empty")]
    unanswered: Vec<TokenId>,
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
    optional unanswered: "told",
});

/// The position of an owner's audit trail.
#[derive(Clone, Debug, Serialize)]
struct Trail {
    /// The owner, as a part of keys.
    of: String,
    /// The number of its last entry; `None` if another writer has added to the trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
}

decode_members!(Trail {
    required of: "of",
    optional seq: "seq",
});

/// A maker whose tokens are being revoked.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Maker {
    pub(super) id: TokenId,
    /// The key of the last entry that was looked at, without the prefix of the maker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<String>,
}

impl Maker {
    fn new(id: TokenId) -> Maker {
        Maker { id, after: None }
    }

    /// The key after which the maker's entries still have to be looked at.
    pub(super) fn passed(&self) -> Option<String> {
        let prefix = keys::made_prefix(&self.id);
        self.after.as_ref().map(|after| prefix + after)
    }
}

decode_members!(Maker {
    required id: "id",
    optional after: "after",
});

/// A text is no `next` of an earlier page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::operation) struct CursorError;

impl fmt::Display for CursorError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("is not the \"next\" of an earlier page")
    }
}

impl Error for CursorError {}

impl Cursor {
    /// The cursor of the first pass, beginning after the list key `at`.
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
            unanswered: Vec::new(),
        }
    }

    /// Parses the `next` of an earlier page.
    pub(in crate::operation) fn parse(text: &str, now: Instant) -> Result<Cursor, CursorError> {
        let cursor = if text.starts_with(keys::OWNERS) {
            Some(Cursor::first(Some(text), now))
        } else {
            decode(text).ok()
        };
        cursor.filter(Cursor::is_sound).ok_or(CursorError)
    }

    /// Whether the store accepts every key in the cursor, and its lists are no longer than a sweep
    /// makes them. A cursor comes from outside.
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
            && self.makers.len().max(self.unanswered.len()) <= MAX_WAITING
    }

    /// The text that [`Cursor::parse`] reads.
    pub(in crate::operation) fn to_text(&self) -> String {
        json(self)
    }

    /// The cursor for repeating a page that revoked tokens and whose answer was lost.
    pub(in crate::operation) fn again(mut self, ended: &[TokenId]) -> Cursor {
        self.found = true;
        self.unanswered.extend(ended);
        self
    }

    /// Whether a page whose answer was lost revoked this token. The token is met again once, so
    /// this removes it.
    pub(super) fn was_unanswered(&mut self, id: &TokenId) -> bool {
        let at = self.unanswered.iter().position(|ended| ended == id);
        at.map(|at| self.unanswered.swap_remove(at)).is_some()
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
        self.unanswered = Vec::new();
    }

    /// Whether to remember the audit trail of an owner: it is not remembered yet, and there is
    /// room.
    pub(super) fn wants_trail(&self, owner: &str) -> bool {
        self.trails.len() < MAX_TRAILS && !self.trails.iter().any(|trail| trail.of == owner)
    }

    /// Remembers the position of an owner's audit trail, before the tokens of the owner are listed.
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

    /// Whether only the sweep has added to the audit trail of an owner since it was remembered.
    pub(super) fn is_unmoved(&self, owner: &str, seq: Option<u64>) -> bool {
        let noted = self.trails.iter().find(|trail| trail.of == owner);
        seq.is_some() && noted.is_some_and(|trail| trail.seq == seq)
    }

    /// Advances the remembered position of an audit trail by the entries that the sweep adds. If
    /// another writer has added to the trail, marks it as changed instead.
    pub(super) fn extend_trail(&mut self, owner: &str, seq: Option<u64>, added: u64) {
        let unmoved = self.is_unmoved(owner, seq);
        if let Some(trail) = self.trails.iter_mut().find(|trail| trail.of == owner) {
            trail.seq = seq.filter(|_| unmoved).map(|seq| seq.saturating_add(added));
        }
    }

    /// The maker to follow next.
    pub(super) fn maker(&mut self) -> Option<Maker> {
        if self.path.is_empty() && !self.makers.is_empty() {
            let id = self.makers.remove(0);
            self.path.push(Maker::new(id));
        }
        self.path.last().cloned()
    }

    /// Remembers that the entries of the current maker were looked at up to a key.
    pub(super) fn pass_by(&mut self, key: &str) {
        if let Some(maker) = self.path.last_mut() {
            let after = key.strip_prefix(&keys::made_prefix(&maker.id));
            maker.after = after.map(str::to_owned);
        }
    }

    /// Makes a token the current maker, below the one before.
    pub(super) fn descend(&mut self, id: TokenId) {
        if self.path.len() >= MAX_DEPTH {
            // Each queued maker has half a path below it, so the queue stays short even if makers
            // made many tokens.
            let below = self.path.split_off(MAX_DEPTH / 2);
            self.makers.extend(below.first().map(|maker| maker.id));
            self.again = true;
        } else {
            self.path.push(Maker::new(id));
        }
    }
}
