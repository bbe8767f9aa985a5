//! One verifier that remembers, with its clock and what it knows of the change feed: the wrapper's rules, and what breaks each of them.

use std::collections::{BTreeMap, HashSet};

use leastkey::storage::plan::Reads;
use leastkey::storage::shard_count::ShardCount;
use leastkey::value::credential::TokenId;
use leastkey::verify::cache::Cache;
use serde_json::{Value as Json, json};

use super::world::{Moment, Use, head_keys};
use crate::support::instant;

/// What a verifier can do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Remembers whatever it read, whenever the reads began.
    FillAnytime,
    /// Remembers what it read since the last read of the feed *began*.
    FillSinceBegin,
    /// Counts the window from the end of the read.
    WindowFromEnd,
    /// Never reads the feed again.
    PollSkipped,
    /// Counts the window by a clock that can be set, and by no other.
    ClockCanStand,
    /// Takes a read that failed for one that told nothing new.
    FailureIsFresh,
    /// Takes in what a head remembers, though more has changed.
    OverflowIgnored,
    /// Takes note of changes of tokens alone.
    AccountsIgnored,
    /// Takes note of changes of accounts alone.
    TokensIgnored,
    /// The store does not announce accounts that were not there before.
    RegistrationUnannounced,
    /// Decides a hit by the time of the last read of the feed.
    HitIgnoresTime,
    /// Does not look at the feed after a change of its own.
    OwnChangeIgnored,
    /// Takes a read that began before its own change for one that has seen it.
    OwnChangeUndone,
    /// Takes the mark of another instance for one of its own.
    MarkOutlivesTrap,
    /// Takes what was not there once for what never will be.
    AbsentForEver,
    /// Does not tell the cache of what has ended, where it does not remember.
    EndUntold,
    /// Follows a head by its count alone.
    MarksIgnored,
    /// Reads what a token rests on without its record, which it keeps from before.
    RecordNotReadAgain,
    /// Refuses for want of use by what it remembers, however long ago that was read.
    UseNotReadAgain,
    /// Does not tell the cache of a use that it notes itself.
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

/// When something began: by the isolate's clock, by one that nobody sets, and in the order of all things.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    pub at: u64,
    pub steady: u64,
    pub moment: Moment,
}

/// A read of the feed that is under way.
pub struct Reading {
    pub began: Start,
    pub doubts: u64,
    /// What it will say, and the moment of which that is; nothing: it fails.
    pub heads: Option<(Reads, Moment)>,
}

/// What is to be known of the moment before a token is read.
#[derive(Clone, Copy, Debug)]
pub struct IdempotencyRecord {
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
    /// The moment of what that read said.
    pub knows: Moment,
    feed_epoch: u64,
    settled: u64,
    pub doubts: u64,
    /// The last change of its own.
    pub changed: Moment,
    /// The read that others may join.
    pub reading: Option<usize>,
    /// How far each head was read: for what ignores an overflow.
    seen: BTreeMap<String, u64>,
    /// Credentials whose token was not there: for what never forgets them.
    pub absent: HashSet<String>,
    /// The last use of the token that ends without, as far as the cache was told.
    pub noted: Use,
    /// The same, until it is flushed.
    pub unflushed: Use,
    /// When the last look at a credential's token began that has ended.
    pub looks: BTreeMap<String, u64>,
    bug: Option<Bug>,
}

impl Isolate {
    pub fn new(ahead: u64, bug: Option<Bug>) -> Isolate {
        Isolate {
            cache: Cache::default(),
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

    /// Its clock never goes back.
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

    /// After a change of its own.
    pub fn doubt(&mut self, moment: Moment) {
        self.doubts += 1;
        self.reading = None;
        self.changed = moment;
    }

    /// Notes a use of the token that ends without.
    pub fn note_use(&mut self, id: &TokenId, at: u64) {
        self.unflushed = self.unflushed.max(Some(at));
        let told = self.is(Bug::OwnUseUntold) || self.cache.note_use(id, instant(at)) == Some(true);
        if told {
            self.noted = self.noted.max(Some(at));
        }
    }

    pub fn trap(&mut self) {
        self.cache = Cache::default();
        self.epoch += 1;
        self.seen.clear();
        self.noted = None;
    }

    /// A read of the feed has ended; answers whether it did not fail.
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

    /// What the heads say to a verifier that ignores some of it.
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
                // All alike: then the count alone decides, and so it does for what takes an overflow for a few changes.
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

    pub fn mark(&self, began: Start) -> IdempotencyRecord {
        IdempotencyRecord {
            epoch: self.epoch,
            generation: self.cache.generation(),
            began,
        }
    }

    /// The round by which a token that was read since a mark is remembered; nothing: of another instance.
    pub fn generation(&self, mark: &IdempotencyRecord) -> Option<u32> {
        let since_begin = self.began.is_some_and(|last| mark.began.at >= last.at);
        if self.is(Bug::FillAnytime) || (self.is(Bug::FillSinceBegin) && since_begin) {
            return Some(self.cache.generation());
        }
        (self.is(Bug::MarkOutlivesTrap) || mark.epoch == self.epoch).then_some(mark.generation)
    }
}
