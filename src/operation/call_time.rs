//! The time of a call.

use crate::input::{ErrorCode, Refusal};
use crate::value::time::{Instant, SKEW};

/// The time of a call: when it was begun, and now.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    /// When the call was begun: the time in a new token's id.
    pub started: Instant,
    /// When this plan is made, by the host's own reading: what is made ends by it, and what is written bears it.
    pub now: Instant,
    /// The highest instant that the host has taken for the time. It refuses what was over by then, and nothing else.
    pub highest: Instant,
}

impl Time {
    /// Reads `{ now, started, highest }` in milliseconds since the epoch.
    ///
    /// # Errors
    /// When the host's clock cannot be read: it never stands for a time.
    pub fn read(now: f64, started: f64, highest: f64) -> Result<Time, Refusal> {
        let read = |number, what| {
            Instant::from_millis(number).map_err(|message| {
                Refusal::new(
                    ErrorCode::ClockUnreliable,
                    format!("the clock's {what}: {message}"),
                )
            })
        };
        Ok(Time {
            started: read(started, "started")?,
            now: read(now, "now")?,
            highest: read(highest, "highest")?,
        })
    }

    /// The later of both: what is over by either is over.
    pub(super) fn latest(self) -> Instant {
        self.now.max(self.highest)
    }

    /// The earlier of both. A reading that jumped ahead is not believed yet, and may be forgotten: what cannot be undone, and what somebody
    /// else gains because a time is over, waits until it is over by both.
    pub(super) fn earliest(self) -> Instant {
        self.now.min(self.highest)
    }

    /// Refuses to make what ends by a clock that is not to be believed: made a year ahead, a session of minutes would live that year.
    pub(super) fn reliable(self) -> Result<(), Refusal> {
        let Time { now, highest, .. } = self;
        if now.millis().abs_diff(highest.millis()) <= SKEW.millis() {
            return Ok(());
        }
        let message = format!(
            "the clock reads {now}, and by what it read before it should be {highest}. Until both agree within {SKEW}, nothing that ends by \
             it is made; set the clock of this host right, and start the process anew if it was ahead"
        );
        Err(Refusal::new(ErrorCode::ClockUnreliable, message))
    }
}
