//! Weekly time windows with a fixed offset from UTC.

use std::error::Error;
use std::fmt;

use serde::{Serialize, Serializer};

use super::read_list;
use crate::codec::canonical::{Schema, Shape, Spans, optional};
use crate::codec::json::Value;
use crate::input::{Detail, Members, Path, Problems};
use crate::value::time::Instant;

const MINUTES_OF_DAY: u16 = 24 * 60;
const MILLIS_OF_MINUTE: i64 = 60_000;

/// The largest offset of a clock on Earth from UTC, in minutes.
const FURTHEST: u16 = 14 * 60;

/// The epoch was a Thursday; Monday is 0.
const DAY_OF_EPOCH: i64 = 3;

/// The members of a stored window.
const SCHEMA: &Schema = &[
    optional("days", Shape::List(&Shape::OneOf(&DAYS))).noted(0),
    optional("from", Shape::Text(|_| true)).noted(1),
    optional("to", Shape::Text(|_| true)).noted(2),
    optional("utcOffset", Shape::Text(|_| true)).noted(3),
];

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A weekly window: on these days, from one time of the day until before another.
///
/// If the end is not after the start, the window crosses midnight. It belongs to the day on which
/// it began: `fri` from 22:00 to 06:00 ends on Saturday morning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Window {
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<Days>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<TimeOfDay>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<TimeOfDay>,
    #[serde(skip_serializing_if = "Option::is_none")]
    utc_offset: Option<UtcOffset>,
}

/// One bit per day, Monday first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Days(u8);

/// Minutes since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TimeOfDay(u16);

/// Minutes that a clock is ahead of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct UtcOffset(i16);

impl Window {
    /// Reads `{ days?, from?, to?, utcOffset? }`. At least one of the first three is required.
    pub(super) fn read(value: &Value, path: &Path, problems: &mut Problems) -> Option<Window> {
        let before = problems.len();
        let members = Members::open(value, path, &["days", "from", "to", "utcOffset"], problems)?;
        let days = read_list(&members, "days", problems, Days::parse);
        let days = days.map(|days| Days(days.iter().fold(0, |all, day| all | day.0)));
        let from = members.parsed("from", problems, TimeOfDay::parse);
        let to = members.parsed("to", problems, TimeOfDay::parse);
        let utc_offset = members.parsed("utcOffset", problems, UtcOffset::parse);
        if problems.len() > before {
            return None;
        }
        let window = Window {
            days,
            from,
            to,
            utc_offset,
        };
        match window.checked() {
            Ok(window) => Some(window),
            Err(problem) => {
                problems.add(path, problem);
                None
            }
        }
    }

    /// The window in a stored text of the [`SCHEMA`]; `None` for any other.
    pub(super) fn of_stored(text: &str) -> Option<Window> {
        let spans = Spans::<4>::read(text, SCHEMA).ok()?;
        let mut days = Days(0);
        for day in spans.items(text, 0).texts() {
            let Days(day) = Days::parse(&day).ok()?;
            // Monday first, each once.
            if day <= days.0 {
                return None;
            }
            days.0 |= day;
        }
        let time = |at| match spans.text(text, at) {
            Some(time) => TimeOfDay::parse(&time).map(Some),
            None => Ok(None),
        };
        let utc_offset = match spans.text(text, 3) {
            Some(offset) => Some(UtcOffset::parse(&offset).ok()?),
            None => None,
        };
        Window {
            days: (days.0 > 0).then_some(days),
            from: time(1).ok()?,
            to: time(2).ok()?,
            utc_offset,
        }
        .checked()
        .ok()
    }

    /// The window, unless it is none.
    fn checked(self) -> Result<Window, &'static str> {
        if self.days.is_none() && self.from.is_none() && self.to.is_none() {
            return Err("limits nothing; give days, from or to, or leave it out");
        }
        let (start, end) = self.minutes();
        if start == end {
            return Err("begins and ends at the same time; leave from and to out for the whole day");
        }
        Ok(self)
    }

    /// Whether the window is open at `now`.
    pub(super) fn is_open(&self, now: Instant) -> bool {
        let offset = self.utc_offset.map_or(0, |offset| i64::from(offset.0));
        // An instant has at most 2^53 milliseconds, so this does not fail.
        let Ok(millis) = i64::try_from(now.millis()) else {
            return false;
        };
        let minute = millis.div_euclid(MILLIS_OF_MINUTE).saturating_add(offset);
        let (day, minute) = (
            minute.div_euclid(MINUTES_OF_DAY.into()),
            minute.rem_euclid(MINUTES_OF_DAY.into()),
        );
        let (start, end) = self.minutes();
        let (start, end) = (i64::from(start), i64::from(end));
        let over_midnight = end < start;
        let began = if minute >= start && (over_midnight || minute < end) {
            day
        } else if over_midnight && minute < end {
            day.saturating_sub(1)
        } else {
            return false;
        };
        self.days
            .is_none_or(|days| days.has(began.saturating_add(DAY_OF_EPOCH).rem_euclid(7)))
    }

    /// The minutes of the day at which the window begins and ends. 24:00 is the end of the day.
    fn minutes(&self) -> (u16, u16) {
        (
            self.from.map_or(0, |time| time.0),
            self.to.map_or(MINUTES_OF_DAY, |time| time.0),
        )
    }
}

impl Days {
    fn parse(text: &str) -> Result<Days, WindowError> {
        let at = DAYS.iter().position(|day| *day == text);
        at.map(|at| Days(1 << at))
            .ok_or_else(|| WindowError::Day(Detail::quoted(text)))
    }

    fn has(self, day: i64) -> bool {
        self.0 >> day & 1 == 1
    }
}

impl Serialize for Days {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            (0..)
                .zip(DAYS)
                .filter(|(day, _)| self.has(*day))
                .map(|(_, name)| name),
        )
    }
}

impl TimeOfDay {
    fn parse(text: &str) -> Result<TimeOfDay, WindowError> {
        let minutes = clock(text).filter(|minutes| *minutes < MINUTES_OF_DAY);
        minutes
            .map(TimeOfDay)
            .ok_or_else(|| WindowError::TimeOfDay(Detail::quoted(text)))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl UtcOffset {
    fn parse(text: &str) -> Result<UtcOffset, WindowError> {
        let minutes = |digits| {
            clock(digits)
                .filter(|minutes| *minutes <= FURTHEST)
                .and_then(|minutes| i16::try_from(minutes).ok())
        };
        let offset = match (text.strip_prefix('+'), text.strip_prefix('-')) {
            (Some(ahead), _) => minutes(ahead),
            // RFC 3339 section 4.3: -00:00 means that the offset is unknown.
            (_, Some(behind)) => minutes(behind)
                .filter(|minutes| *minutes > 0)
                .map(|minutes| -minutes),
            _ => None,
        };
        offset
            .map(UtcOffset)
            .ok_or_else(|| WindowError::UtcOffset(Detail::quoted(text)))
    }
}

impl Serialize for UtcOffset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sign = if self.0 < 0 { '-' } else { '+' };
        serializer.collect_str(&format_args!("{sign}{}", TimeOfDay(self.0.unsigned_abs())))
    }
}

/// Why a text is no part of a [`Window`].
#[derive(Clone, Debug, PartialEq, Eq)]
enum WindowError {
    /// It is no day of the week.
    Day(Detail),
    /// It is no time of day.
    TimeOfDay(Detail),
    /// It is no offset from UTC.
    UtcOffset(Detail),
}

impl fmt::Display for WindowError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WindowError::Day(text) => write!(formatter, "{text} is no day; days are {}", DAYS.join(", ")),
            WindowError::TimeOfDay(text) => {
                write!(formatter, "{text} is no time of day; write it as 00:00 to 23:59")
            }
            WindowError::UtcOffset(text) => write!(
                formatter,
                "{text} is no offset from UTC; write it as +01:00 or -05:30, at most 14:00, UTC itself as +00:00"
            ),
        }
    }
}

impl Error for WindowError {}

/// Parses `HH:MM` into minutes: two digits, a colon, two digits.
fn clock(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two_digits = |text: &str| {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<u16>().ok())
            .flatten()
    };
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    (minutes < 60).then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;

    fn read(json: Json) -> Result<Window, String> {
        let (value, mut problems) = (serde_json::from_value(json).unwrap(), Problems::default());
        let window = Window::read(&value, &Path::call().member("times"), &mut problems);
        let messages: Vec<String> = problems
            .into_vec()
            .iter()
            .map(|problem| format!("{}: {}", problem.path, problem.message))
            .collect();
        window
            .filter(|_| messages.is_empty())
            .ok_or_else(|| messages.join("; "))
    }

    fn at(minute: i64) -> Instant {
        Instant::from_millis((minute * MILLIS_OF_MINUTE) as f64).unwrap()
    }

    const WEEK: i64 = 7 * 24 * 60;

    /// 2026-11-23, a Monday, 00:00 UTC, in minutes.
    const MONDAY: i64 = 1_795_392_000_000 / MILLIS_OF_MINUTE;

    /// The local minutes of a week, Monday first, at which a window is open. It walks the window of
    /// each day minute by minute.
    fn naive_week(days: &[usize], from: i64, to: i64) -> Vec<bool> {
        let mut open = vec![false; WEEK as usize];
        for day in days {
            let mut minute = from;
            loop {
                open[((*day as i64 * 24 * 60 + minute) % WEEK) as usize] = true;
                minute += 1;
                if minute % (24 * 60) == to % (24 * 60) {
                    break;
                }
            }
        }
        open
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn a_window_agrees_with_one_walked_minute_by_minute(
            days in proptest::option::of(proptest::sample::subsequence((0..7_usize).collect::<Vec<_>>(), 1..=7)),
            from in proptest::option::of(0..1440_i64),
            to in proptest::option::of(0..1440_i64),
            offset in proptest::option::of(-840..=840_i64),
        ) {
            let clock = |minutes: i64| format!("{:02}:{:02}", minutes / 60, minutes % 60);
            let mut written = json!({});
            if let Some(days) = &days {
                written["days"] = days.iter().map(|day| DAYS[*day]).collect();
            }
            if let Some(from) = from {
                written["from"] = clock(from).into();
            }
            if let Some(to) = to {
                written["to"] = clock(to).into();
            }
            if let Some(offset) = offset {
                written["utcOffset"] = format!("{}{}", if offset < 0 { '-' } else { '+' }, clock(offset.abs())).into();
            }
            let limits_something = days.is_some() || from.is_some() || to.is_some();
            let is_a_time = to.is_none() || from.unwrap_or(0) != to.unwrap();
            let window = match read(written.clone()) {
                Ok(window) => window,
                Err(message) => {
                    prop_assert!(!(limits_something && is_a_time), "{}: {}", written, message);
                    return Ok(());
                }
            };
            prop_assert!(limits_something && is_a_time, "{}", written);
            prop_assert_eq!(serde_json::to_value(&window).unwrap(), written.clone());
            let every_day: Vec<usize> = (0..7).collect();
            let week = naive_week(days.as_ref().unwrap_or(&every_day), from.unwrap_or(0), to.unwrap_or(1440));
            for minute in 0..WEEK {
                let local = (minute + offset.unwrap_or(0)).rem_euclid(WEEK) as usize;
                prop_assert_eq!(window.is_open(at(MONDAY + minute)), week[local], "minute {} of {}", minute, written);
            }
        }
    }

    #[test]
    fn a_window_opens_and_closes_to_the_millisecond() {
        let window = read(json!({ "days": ["mon"], "from": "09:00", "to": "17:00" })).unwrap();
        let millis =
            |minute: i64, more: f64| Instant::from_millis((minute * MILLIS_OF_MINUTE) as f64 + more).unwrap();
        for (minute, more, open) in [
            (540, -1.0, false),
            (540, 0.0, true),
            (1020, -1.0, true),
            (1020, 0.0, false),
        ] {
            assert_eq!(
                window.is_open(millis(MONDAY + minute, more)),
                open,
                "{minute} {more}"
            );
        }
        // A local time before the epoch, and the largest instant.
        let behind = read(json!({ "days": ["wed"], "utcOffset": "-01:00" })).unwrap();
        assert!(behind.is_open(at(0)) && !behind.is_open(at(60)));
        assert!(
            read(json!({ "from": "00:00" }))
                .unwrap()
                .is_open(Instant::from_millis(9_007_199_254_740_991.0).unwrap())
        );
    }

    #[test]
    fn days_are_written_in_the_order_of_the_week() {
        let window = read(json!({ "days": ["sun", "mon", "wed"] })).unwrap();
        assert_eq!(
            serde_json::to_value(window).unwrap(),
            json!({ "days": ["mon", "wed", "sun"] })
        );
    }

    #[test]
    fn what_is_no_window() {
        for (json, says) in [
            (json!(null), "times: expected an object, got null"),
            (json!({}), "times: limits nothing"),
            (json!({ "utcOffset": "+01:00" }), "times: limits nothing"),
            (json!({ "days": [] }), "times.days: is empty"),
            (json!({ "days": null }), "expected an array"),
            (json!({ "days": "mon" }), "expected an array"),
            (json!({ "days": ["Mon"] }), "times.days[0]: \"Mon\" is no day"),
            (json!({ "days": ["monday"] }), "is no day"),
            (
                json!({ "days": ["mon", "tue", "mon"] }),
                "times.days[2]: is there twice",
            ),
            (json!({ "days": [1] }), "expected a string"),
            (json!({ "from": "09:00", "to": "09:00" }), "same time"),
            (json!({ "from": "00:00", "to": "00:00" }), "same time"),
            (json!({ "to": "00:00" }), "same time"),
            (json!({ "from": "9:00" }), "no time of day"),
            (json!({ "from": "24:00" }), "no time of day"),
            (json!({ "from": "12:60" }), "no time of day"),
            (json!({ "from": "+9:00" }), "no time of day"),
            (json!({ "from": "09:00:00" }), "no time of day"),
            (json!({ "from": "" }), "no time of day"),
            (json!({ "from": "\u{661}\u{662}:00" }), "no time of day"),
            (json!({ "from": 9 }), "expected a string"),
            (json!({ "from": null }), "got null"),
            (json!({ "from": "09:00", "utcOffset": "Z" }), "no offset"),
            (json!({ "from": "09:00", "utcOffset": "01:00" }), "no offset"),
            (json!({ "from": "09:00", "utcOffset": "+1:00" }), "no offset"),
            (json!({ "from": "09:00", "utcOffset": "+0100" }), "no offset"),
            (json!({ "from": "09:00", "utcOffset": "-00:00" }), "no offset"),
            (json!({ "from": "09:00", "utcOffset": "+14:01" }), "no offset"),
            (
                json!({ "from": "09:00", "utcOffset": "Europe/Berlin" }),
                "no offset",
            ),
            (json!({ "from": "09:00", "till": "10:00" }), "unknown member"),
        ] {
            let message = read(json.clone()).unwrap_err();
            assert!(message.contains(says), "{json}: {message}");
        }
    }
}
