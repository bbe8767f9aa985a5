//! How fresh the cache of a verifier is: when the change feed was read last.

use std::time::Duration;

use super::clock::Moment;
use crate::value::time::Instant;

/// Pushes make the feed read once in a tenth of the window at most, and within these bounds.
const PUSH_SHARE: u32 = 10;
const MIN_PUSH_WINDOW: Duration = Duration::from_millis(50);
const MAX_PUSH_WINDOW: Duration = Duration::from_secs(1);

/// When a read of the feed began.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadStart {
    /// The number of the read. It orders reads, which a clock that was set does not.
    pub(super) order: u32,
    at: Moment,
    /// How many changes of this process it covers.
    changes: u64,
}

/// The reads of the change feed.
#[derive(Debug, Default)]
pub(super) struct Feed {
    /// The last read that was applied.
    applied: Option<ReadStart>,
    /// The start of the last read, also of one that failed.
    last_start: Option<Moment>,
    order: u32,
    /// How many changes this process has made.
    changes: u64,
    /// Whether a push has come since the last read began.
    is_pushed: bool,
}

impl Feed {
    /// Whether the last read began within the window, and after the last change by this process.
    pub(super) fn is_fresh(&self, now: &Moment, window: Duration) -> bool {
        self.applied.is_some_and(|read| {
            read.changes == self.changes
                && is_within(&read.at, now, window)
                && !(self.is_pushed && self.answers_push(now, window))
        })
    }

    /// When the last read began, as verdicts tell it.
    pub(super) fn as_of(&self) -> Option<Instant> {
        self.applied.map(|read| read.at.believed())
    }

    /// This process has changed something: the next verification reads the feed.
    pub(super) fn invalidate(&mut self) {
        self.changes += 1;
    }

    /// Something may have changed: the window ends early.
    pub(super) fn note_push(&mut self) {
        self.is_pushed = true;
    }

    fn answers_push(&self, now: &Moment, window: Duration) -> bool {
        let pause = (window / PUSH_SHARE).clamp(MIN_PUSH_WINDOW, MAX_PUSH_WINDOW);
        self.last_start.is_none_or(|last| !is_within(&last, now, pause))
    }

    /// Begins a read.
    pub(super) fn start(&mut self, now: Moment) -> ReadStart {
        self.order += 1;
        self.is_pushed = false;
        self.last_start = Some(now);
        ReadStart {
            order: self.order,
            at: now,
            changes: self.changes,
        }
    }

    /// Ends a read that was applied to the cache.
    pub(super) fn applied(&mut self, read: ReadStart) {
        // Of two overlapping reads, the cache keeps the one that began later.
        if self.applied.is_none_or(|last| read.order > last.order) {
            self.applied = Some(read);
        }
    }
}

/// By both clocks: one may be set back, the other may be suspended with its machine.
fn is_within(start: &Moment, now: &Moment, window: Duration) -> bool {
    let window_millis = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
    now.latest().millis().saturating_sub(start.latest().millis()) < window_millis
        && now.steady.saturating_sub(start.steady) < window
}
