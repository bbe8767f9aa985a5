//! A verifier with a cache, a clock and its view of the change feed. It follows the rules of the
//! JavaScript wrapper; each [`Bug`] breaks one of them.

use std::collections::{BTreeMap, HashSet};

use leastkey::storage::plan::Reads;
use leastkey::storage::shard_count::ShardCount;
use leastkey::value::credential::TokenId;
use leastkey::verify::cache::Cache;
use serde_json::{Value as Json, json};

use super::world::{Moment, Use, head_keys};
use crate::support::{instant, tagging_cache};

/// A bug planted in a verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// It inserts every token that it read, whenever the reads began.
    FillAnytime,
    /// It inserts tokens that it read since the last read of the feed *began*.
    FillSinceBegin,
    /// It measures the window from the end of the read.
    WindowFromEnd,
    /// It never reads the feed again.
    PollSkipped,
    /// It measures the window by a clock that can be set, and by no other.
    ClockCanStand,
    /// It treats a failed read of the feed as one without changes.
    FailureIsFresh,
    /// It applies the logged changes of a head although the log has overflowed.
    OverflowIgnored,
    /// It applies the changes of tokens only.
    AccountsIgnored,
    /// It applies the changes of accounts only.
    TokensIgnored,
    /// The store does not publish new accounts to the feed.
    RegistrationUnannounced,
    /// It decides a cache hit by the time of the last read of the feed.
    HitIgnoresTime,
    /// It does not refresh the feed after its own change.
    OwnChangeIgnored,
    /// It takes a read that began before its own change for one that includes the change.
    OwnChangeUndone,
    /// It accepts a read stamp of another core instance.
    MarkOutlivesTrap,
    /// It never clears its negative cache.
    AbsentForEver,
    /// It does not report ended tokens to the cache if it does not insert them.
    EndUntold,
    /// It follows a head by its count only.
    MarksIgnored,
    /// When it reads a token's dependencies again, it keeps the old record.
    RecordNotReadAgain,
    /// It refuses an idle token from the cache, however old its read of the use is.
    UseNotReadAgain,
    /// It does not report uses that it notes itself to the cache.
    OwnUseUntold,
}

impl Bug {
    pub const ALL: [Bug; 20] = [
        Bug::FillAnytime,
        Bug::FillSinceBegin,
        Bug::WindowFromEnd,
        Bug::PollSkipped,
        Bug::ClockCanStand,
        Bug::FailureIsFresh,
        Bug::OverflowIgnored,
        Bug::AccountsIgnored,
        Bug::TokensIgnored,
        Bug::RegistrationUnannounced,
        Bug::HitIgnoresTime,
        Bug::OwnChangeIgnored,
        Bug::OwnChangeUndone,
        Bug::MarkOutlivesTrap,
        Bug::AbsentForEver,
        Bug::EndUntold,
        Bug::MarksIgnored,
        Bug::RecordNotReadAgain,
        Bug::UseNotReadAgain,
        Bug::OwnUseUntold,
    ];
}

/// The start of an action: by the isolate's clock, by the monotonic clock, and in the total order.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    pub at: u64,
    pub steady: u64,
    pub moment: Moment,
}

/// A read of the feed in flight.
pub struct Reading {
    pub began: Start,
    pub doubts: u64,
    /// The heads that it returns and their moment; `None` if it fails.
    pub heads: Option<(Reads, Moment)>,
}

/// The read stamp: the state of the verifier before a token is read.
#[derive(Clone, Copy, Debug)]
pub struct ReadStamp {
    pub epoch: u64,
    pub generation: u32,
    pub began: Start,
}

pub struct Isolate {
    pub cache: Cache,
    pub epoch: u64,
    /// How far its clock is ahead.
    pub ahead: u64,
    highest: u64,
    pub began: Option<Start>,
    /// The moment that the last read of the feed reflects.
    pub knows: Moment,
    feed_epoch: u64,
    settled: u64,
    pub doubts: u64,
    /// The moment of its last own change.
    pub changed: Moment,
    /// The read of the feed that other calls can join.
    pub reading: Option<usize>,
    /// How far each head was read, for [`Bug::OverflowIgnored`].
    seen: BTreeMap<String, u64>,
    /// Credentials whose token was absent, for [`Bug::AbsentForEver`].
    pub absent: HashSet<String>,
    /// The last use of the idle-limited token that was reported to the cache.
    pub noted: Use,
    /// Its last use that is not flushed yet.
    pub unflushed: Use,
    /// When the last completed check of each credential began.
    pub looks: BTreeMap<String, u64>,
    bug: Option<Bug>,
}

impl Isolate {
    pub fn new(ahead: u64, bug: Option<Bug>) -> Isolate {
        Isolate {
            cache: tagging_cache(),
            epoch: 0,
            ahead,
            highest: 0,
            began: None,
            knows: 0,
            feed_epoch: 0,
            settled: 0,
            doubts: 0,
            changed: 0,
            reading: None,
            seen: BTreeMap::new(),
            absent: HashSet::new(),
            noted: None,
            unflushed: None,
            looks: BTreeMap::new(),
            bug,
        }
    }

    fn is(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// The clock never goes back.
    pub fn clock(&mut self, now: u64) -> u64 {
        self.highest = self.highest.max(now + self.ahead);
        self.highest
    }

    pub fn start(&mut self, now: u64, moment: Moment) -> Start {
        let at = self.clock(now);
        Start {
            at,
            steady: now,
            moment,
        }
    }

    pub fn is_within(&self, began: &Start, now: &Start, window: u64) -> bool {
        now.at - began.at < window && (self.is(Bug::ClockCanStand) || now.steady - began.steady < window)
    }

    pub fn is_fresh(&self, now: &Start, window: u64) -> bool {
        let Some(began) = &self.began else { return false };
        self.feed_epoch == self.epoch
            && (self.settled == self.doubts || self.is(Bug::OwnChangeIgnored))
            && (self.is(Bug::PollSkipped) || self.is_within(began, now, window))
    }

    /// Invalidates the feed after an own change.
    pub fn doubt(&mut self, moment: Moment) {
        self.doubts += 1;
        self.reading = None;
        self.changed = moment;
    }

    /// Notes a use of the idle-limited token.
    pub fn note_use(&mut self, id: &TokenId, at: u64) {
        self.unflushed = self.unflushed.max(Some(at));
        let recorded = self.is(Bug::OwnUseUntold) || self.cache.note_use(id, instant(at)) == Some(true);
        if recorded {
            self.noted = self.noted.max(Some(at));
        }
    }

    pub fn trap(&mut self) {
        self.cache = tagging_cache();
        self.epoch += 1;
        self.seen.clear();
        self.noted = None;
    }

    /// Applies a completed read of the feed. Returns whether it succeeded.
    pub fn apply_feed(&mut self, reading: Reading, end: Start) -> bool {
        let mut began = reading.began;
        let Some((heads, moment)) = reading.heads else {
            if self.is(Bug::FailureIsFresh) && self.began.is_some() {
                self.began = Some(end);
                return true;
            }
            return false;
        };
        let heads = self.misread(heads);
        self.cache
            .apply_feed(&heads, ShardCount::default(), instant(began.at));
        let is_late = self.feed_epoch == self.epoch && self.began.is_some_and(|last| began.at < last.at);
        self.feed_epoch = self.epoch;
        if is_late {
            return true;
        }
        if self.is(Bug::WindowFromEnd) {
            began = end;
        }
        self.knows = moment;
        self.began = Some(began);
        self.settled = if self.is(Bug::OwnChangeUndone) {
            self.doubts
        } else {
            reading.doubts
        };
        true
    }

    /// The heads as a verifier with a bug sees them.
    fn misread(&mut self, heads: Reads) -> Reads {
        let misreads = [
            Bug::AccountsIgnored,
            Bug::TokensIgnored,
            Bug::OverflowIgnored,
            Bug::MarksIgnored,
        ];
        if !misreads.into_iter().any(|bug| self.is(bug)) {
            return heads;
        }
        let mut misread = Reads::default();
        for key in head_keys() {
            let [stored] = heads.get([&key]).unwrap();
            let Some(text) = stored else {
                misread.insert(key, None);
                continue;
            };
            let mut head: Json = serde_json::from_str(text).unwrap();
            let ignored = if self.is(Bug::AccountsIgnored) {
                "account/"
            } else if self.is(Bug::TokensIgnored) {
                "token/"
            } else {
                "none"
            };
            for change in head["recent"].as_array_mut().unwrap() {
                if change[0].as_str().unwrap().starts_with(ignored) {
                    change[0] = json!("account/nobody");
                }
                // Equal marks, so that only the count decides. This also hides an overflow.
                if self.is(Bug::MarksIgnored) || self.is(Bug::OverflowIgnored) {
                    change[2] = json!("0000000000000000");
                }
            }
            if self.is(Bug::OverflowIgnored) {
                let remembered = head["recent"].as_array().unwrap().len() as u64 - 1;
                let seq = head["seq"].as_u64().unwrap();
                let seen = self.seen.entry(key.clone()).or_insert(seq);
                *seen = seq.min(*seen + remembered);
                head["seq"] = json!(*seen);
            }
            misread.insert(key, Some(head.to_string()));
        }
        misread
    }

    pub fn mark(&self, began: Start) -> ReadStamp {
        ReadStamp {
            epoch: self.epoch,
            generation: self.cache.generation(),
            began,
        }
    }

    /// The generation in which a token that was read since `mark` is inserted; `None` if the stamp
    /// belongs to another core instance.
    pub fn generation(&self, mark: &ReadStamp) -> Option<u32> {
        let since_begin = self.began.is_some_and(|last| mark.began.at >= last.at);
        if self.is(Bug::FillAnytime) || (self.is(Bug::FillSinceBegin) && since_begin) {
            return Some(self.cache.generation());
        }
        (self.is(Bug::MarkOutlivesTrap) || mark.epoch == self.epoch).then_some(mark.generation)
    }
}
