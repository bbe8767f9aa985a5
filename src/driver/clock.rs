//! The clock of a host, and how far its readings are trusted.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::error::Error;
use crate::operation::Time;
use crate::value::time::{Instant, SKEW};

/// A host's clock.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time, in milliseconds since the epoch.
    fn now(&self) -> u64;

    /// The time by a clock that nobody sets. With it, a jump of [`Clock::now`] is noticed: such a
    /// reading refuses at once, and is trusted only after it has held for a minute. `None`: the
    /// host has no such clock, or its readings are right by definition, as in a test.
    fn steady(&self) -> Option<Duration> {
        None
    }
}

/// The clock of the operating system, compared with its monotonic clock.
#[derive(Debug)]
pub struct SystemClock {
    started: std::time::Instant,
}

impl Default for SystemClock {
    fn default() -> SystemClock {
        SystemClock {
            started: std::time::Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn steady(&self) -> Option<Duration> {
        Some(self.started.elapsed())
    }
}

/// The readings of a clock, with the highest one that is trusted.
#[derive(Debug)]
pub(super) struct Times {
    clock: Arc<dyn Clock>,
    /// For clocks without a steady one: how long windows are.
    started: std::time::Instant,
    state: Mutex<Readings>,
}

#[derive(Debug, Default)]
struct Readings {
    /// The highest trusted reading, and when it was read by the steady clock.
    highest: Option<(u64, Duration)>,
    jump: Option<Jump>,
}

/// A reading that jumped ahead: in quarantine.
#[derive(Clone, Copy, Debug)]
struct Jump {
    reading: u64,
    since: Duration,
}

/// The instants that a call is decided by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// The clock's reading. Expiries of new tokens are computed from it.
    pub(super) now: Instant,
    /// The highest trusted reading. It can only refuse.
    pub(super) highest: Instant,
    /// The steady clock.
    pub(super) steady: Duration,
}

impl Moment {
    /// The time for refusals: the later of reading and highest trusted reading.
    pub(super) fn latest(&self) -> Instant {
        self.now.max(self.highest)
    }

    /// The reading, unless it jumped ahead: then where the clock should be.
    pub(super) fn believed(&self) -> Instant {
        if self.now.millis().saturating_sub(self.highest.millis()) > SKEW.millis() {
            return self.highest;
        }
        self.now
    }

    /// As the core takes it.
    pub(super) fn time(&self, started: Instant) -> Time {
        Time {
            started,
            now: self.now,
            highest: self.highest,
        }
    }
}

impl Times {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Times {
        Times {
            clock,
            started: std::time::Instant::now(),
            state: Mutex::default(),
        }
    }

    /// Reads the clock.
    pub(super) fn moment(&self) -> Result<Moment, Error> {
        let reading = self.clock.now();
        let known = self.clock.steady();
        let steady = known.unwrap_or_else(|| self.started.elapsed());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let highest = match known {
            Some(_) => state.guarded(reading, steady),
            None => state.plain(reading, steady),
        };
        Ok(Moment {
            now: instant(reading)?,
            highest: instant(highest)?,
            steady,
        })
    }
}

impl Readings {
    /// The highest reading of a clock that is not checked.
    fn plain(&mut self, reading: u64, steady: Duration) -> u64 {
        let highest = self.highest.map_or(reading, |(highest, _)| highest.max(reading));
        self.highest = Some((highest, steady));
        highest
    }

    /// The highest trusted reading. In a quarantine, it goes on by the steady clock.
    fn guarded(&mut self, reading: u64, steady: Duration) -> u64 {
        let Some((highest, marked)) = self.highest else {
            self.highest = Some((reading, steady));
            return reading;
        };
        let passed = millis(steady.saturating_sub(marked));
        let expected = highest.saturating_add(passed);
        let is_ahead = reading.saturating_sub(expected) > SKEW.millis();
        if is_ahead && !self.is_confirmed(reading, steady) {
            return expected;
        }
        self.jump = None;
        if reading >= highest {
            self.highest = Some((reading, steady));
        }
        reading.max(highest)
    }

    /// Whether a reading that jumped ahead has advanced normally for a minute.
    fn is_confirmed(&mut self, reading: u64, steady: Duration) -> bool {
        if let Some(jump) = self.jump {
            let held = millis(steady.saturating_sub(jump.since));
            if reading.abs_diff(jump.reading.saturating_add(held)) <= SKEW.millis() {
                return held >= SKEW.millis();
            }
        }
        self.jump = Some(Jump {
            reading,
            since: steady,
        });
        false
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn instant(millis: u64) -> Result<Instant, Error> {
    // Exact up to 2^53, and refused above.
    #[allow(clippy::cast_precision_loss)]
    Instant::from_millis(millis as f64).map_err(|error| Error::clock(format!("the clock's reading: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;

    #[test]
    fn a_jump_is_trusted_after_a_minute() {
        let mut readings = Readings::default();
        let at = Duration::from_millis;
        assert_eq!(readings.guarded(1_000, at(0)), 1_000);
        assert_eq!(readings.guarded(2_000, at(1_000)), 2_000);
        let year = 365 * 24 * 60 * MINUTE;
        assert_eq!(readings.guarded(year, at(2_000)), 3_000, "in quarantine");
        assert_eq!(
            readings.guarded(year + 59_000, at(61_000)),
            62_000,
            "still in quarantine"
        );
        assert_eq!(
            readings.guarded(year + 60_000, at(62_000)),
            year + 60_000,
            "it held"
        );
    }

    #[test]
    fn a_jump_that_was_set_right_is_forgotten() {
        let mut readings = Readings::default();
        let at = Duration::from_millis;
        readings.guarded(1_000, at(0));
        assert_eq!(readings.guarded(10 * MINUTE, at(1_000)), 2_000);
        assert_eq!(readings.guarded(3_000, at(2_000)), 3_000);
        assert_eq!(readings.guarded(2_500, at(3_000)), 3_000, "it never goes back");
    }
}
