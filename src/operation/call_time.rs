//! The time of a call.

use crate::input::{ErrorCode, Refusal};
use crate::value::time::{Instant, SKEW};

/// The time of a call: when it began, and the current time.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    /// When the call began. A new token's id contains this time.
    pub started: Instant,
    /// When this plan is made, as read from the host's clock. New lifetimes begin at it, and
    /// written records carry it.
    pub now: Instant,
    /// The highest trusted reading of the host's clock. What was over by then is refused.
    pub highest: Instant,
}

impl Time {
    /// Reads `now`, `started` and `highest`, each in milliseconds since the epoch.
    ///
    /// # Errors
    /// `clock_unreliable` if one of them is no valid instant. No default replaces it.
    ///
    /// # Examples
    /// ```
    /// use leastkey::operation::Time;
    ///
    /// let now = 1_800_000_000_000.0;
    /// assert!(Time::read(now, now, now).is_ok());
    /// assert!(Time::read(f64::NAN, now, now).is_err());
    /// ```
    pub fn read(now: f64, started: f64, highest: f64) -> Result<Time, Refusal> {
        let read = |number, what| {
            Instant::from_millis(number).map_err(|error| {
                Refusal::new(ErrorCode::ClockUnreliable, format!("the clock's {what}: {error}"))
            })
        };
        Ok(Time {
            started: read(started, "started")?,
            now: read(now, "now")?,
            highest: read(highest, "highest")?,
        })
    }

    /// The later of `now` and `highest`. Use it to refuse: what is over by either of them is over.
    pub(super) fn latest(self) -> Instant {
        self.now.max(self.highest)
    }

    /// The earlier of `now` and `highest`. Use it for irreversible effects, and for what another
    /// party gains when a time is over: it has to be over by both. A clock that jumped ahead is not
    /// trusted yet, and its reading may be discarded.
    pub(super) fn earliest(self) -> Instant {
        self.now.min(self.highest)
    }

    /// Refuses to create anything with an end while the clock is unreliable. With a clock that is a
    /// year ahead, a session of some minutes would live for a year.
    ///
    /// # Errors
    /// `clock_unreliable` if `now` and `highest` differ by more than [`SKEW`].
    pub(super) fn reliable(self) -> Result<(), Refusal> {
        let Time { now, highest, .. } = self;
        if now.millis().abs_diff(highest.millis()) <= SKEW.millis() {
            return Ok(());
        }
        let message = format!(
            "the clock reads {now}; by its earlier readings it should be {highest}. Until both agree within {SKEW}, nothing with an end is \
             created; correct the clock of this host, and restart the process if the clock was ahead"
        );
        Err(Refusal::new(ErrorCode::ClockUnreliable, message))
    }
}
