//! Instants and lifetimes. The core reads no clock: every instant is an argument.

use std::error::Error;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::codec::canonical::Cursor;
use crate::codec::decode::{Decode, DecodeError, Placeholder};
use crate::codec::json::{MAX_SAFE_INTEGER, Value, whole_exact};
use crate::input::{Detail, Members, Problems, write_help};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;

/// Milliseconds since the epoch, from 0 to 2^53 − 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Instant(u64);

impl Instant {
    /// The first instant of 1970 in UTC.
    pub const EPOCH: Instant = Instant(0);

    /// An instant from a JavaScript number.
    ///
    /// # Errors
    /// If the number is NaN, negative, not whole or beyond 2^53 − 1.
    ///
    /// ```
    /// use leastkey::value::time::Instant;
    /// assert!(Instant::from_millis(1_700_000_000_000.0).is_ok());
    /// assert!(Instant::from_millis(f64::NAN).is_err());
    /// ```
    pub fn from_millis(number: f64) -> Result<Instant, InstantError> {
        whole_exact(number).map(Instant).ok_or(InstantError::NoMillis)
    }

    /// Parses a date (`2027-01-31`, in UTC) or an instant (`2027-01-31T12:00:00Z`, with an offset
    /// also `2027-01-31T13:00+01:00`) of ISO 8601. `of_date`: which end of the day a date means.
    ///
    /// # Errors
    /// If the text is neither, if there is no such day, or if it is before 1970.
    ///
    /// ```
    /// use leastkey::value::time::{EndOfDay, Instant};
    /// let day = |end| Instant::parse("2027-01-31", end).unwrap();
    /// assert_eq!(day(EndOfDay::First).to_string(), "2027-01-31T00:00:00Z");
    /// assert_eq!(day(EndOfDay::Last).to_string(), "2027-02-01T00:00:00Z");
    /// assert!(Instant::parse("2027-02-30", EndOfDay::Last).is_err());
    /// assert!(Instant::parse("2027-01-31T12:00", EndOfDay::Last).is_err());
    /// ```
    pub fn parse(text: &str, of_date: EndOfDay) -> Result<Instant, InstantError> {
        iso_instant(text, of_date)
            .and_then(|millis| u64::try_from(millis).ok())
            .map(Instant)
            .ok_or_else(|| InstantError::Unreadable(Detail::quoted(text)))
    }

    fn from_value(value: &Value, of_date: EndOfDay) -> Result<Instant, InstantError> {
        match value {
            Value::Text(text) => Instant::parse(text, of_date),
            Value::Number(number) => Instant::from_millis(*number),
            _ => Err(InstantError::NoMillis),
        }
    }

    /// Refuses a number of seconds: as milliseconds it is an instant of early 1970.
    fn in_millis(self, now: Instant) -> Result<Instant, InstantError> {
        if self.0 > 0 && self.0 <= now.0 / 100 {
            return Err(InstantError::Seconds(self.0));
        }
        Ok(self)
    }

    /// The milliseconds since the epoch.
    #[must_use]
    pub fn millis(self) -> u64 {
        self.0
    }

    /// The instant that is a lifetime after this one.
    ///
    /// # Errors
    /// If the sum is beyond 2^53 − 1: a lifetime never becomes infinite by rounding.
    pub fn after(self, lifetime: Lifetime) -> Result<Instant, InstantError> {
        match self.0.checked_add(lifetime.0) {
            Some(sum) if sum <= MAX_SAFE_INTEGER => Ok(Instant(sum)),
            _ => Err(InstantError::TooLate),
        }
    }
}

/// Which instant a date without a time means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndOfDay {
    /// The first instant of the day: of something that begins.
    First,
    /// The first instant after the day: of something that ends.
    Last,
}

/// Why a number, a text or a sum is no [`Instant`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstantError {
    /// It is NaN, negative, not whole or beyond 2^53 − 1.
    NoMillis,
    /// The text is no date or instant of ISO 8601.
    Unreadable(Detail),
    /// The number looks like seconds since the epoch.
    Seconds(u64),
    /// A lifetime after an instant ends beyond 2^53 − 1.
    TooLate,
}

impl InstantError {
    /// What would be right, where the message says more than what was expected.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            InstantError::NoMillis | InstantError::Seconds(_) => None,
            InstantError::Unreadable(_) => Some(
                "write a date (2027-01-31), an instant with its offset (2027-01-31T12:00:00Z), or milliseconds since the epoch",
            ),
            InstantError::TooLate => Some("give a shorter lifetime"),
        }
    }
}

impl fmt::Display for InstantError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InstantError::NoMillis => formatter.write_str(
                "expected milliseconds since the epoch, a whole number from 0 to 2^53 − 1, or a date such as \"2027-01-31\"",
            ),
            InstantError::Unreadable(text) => write!(formatter, "cannot read the instant {text}"),
            InstantError::Seconds(number) => write!(
                formatter,
                "is {}; {number} looks like seconds, so write milliseconds ({number}000)",
                Instant(*number)
            ),
            InstantError::TooLate => {
                formatter.write_str("ends beyond 2^53 − 1 milliseconds since the epoch")
            }
        }?;
        write_help(formatter, self.help())
    }
}

impl Error for InstantError {}

/// ISO 8601 in UTC, with whole seconds: `2026-11-23T00:00:00Z`.
impl fmt::Display for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(self.0 / DAY);
        let of_day = self.0 % DAY;
        let (hour, minute, second) = (of_day / HOUR, of_day % HOUR / MINUTE, of_day % MINUTE / SECOND);
        write!(
            formatter,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

/// The days from 0000-03-01 to the epoch.
const FROM_YEAR_0: u64 = 719_468;

/// The year, month and day of a number of days since the epoch. Years are counted from March, so
/// that a leap day is the last day of a year.
fn date(days: u64) -> (u64, u64, u64) {
    const FOUR_CENTURIES: u64 = 146_097;
    let days = days + FROM_YEAR_0;
    let (centuries, day) = (days / FOUR_CENTURIES * 4, days % FOUR_CENTURIES);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = centuries * 100 + year + month / 10;
    (year, (month + 2) % 12 + 1, day)
}

/// The days from the epoch to a date: of one that exists, the reverse of [`date`].
fn days_before(year: u64, month: u64, day: u64) -> Option<u64> {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year.checked_sub(1)?, month + 9)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    days.checked_sub(FROM_YEAR_0 + 1)
}

impl Instant {
    /// The instant of a stored number, which its schema has checked.
    pub(crate) fn of_stored(millis: u64) -> Instant {
        Instant(millis)
    }
}

impl Placeholder for Instant {
    fn placeholder() -> Instant {
        Instant(0)
    }
}

impl Decode for Instant {
    fn decode(cursor: &mut Cursor) -> Result<Instant, DecodeError> {
        u64::decode(cursor).map(Instant)
    }
}

/// A duration of at least one millisecond. An unlimited lifetime is `None`, never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lifetime(u64);

/// What other systems write for a lifetime without end.
const ENDLESS: [&str; 5] = ["never", "none", "infinite", "unlimited", "forever"];

/// How far two correct clocks may differ.
pub(crate) const SKEW: Lifetime = Lifetime::minutes(1);

impl Lifetime {
    /// One day, for example how long an idempotency record is kept.
    pub const DAY: Lifetime = Lifetime(DAY);

    /// A lifetime in whole seconds.
    #[must_use]
    pub const fn seconds(seconds: u32) -> Lifetime {
        Lifetime(seconds as u64 * 1_000)
    }

    /// A lifetime in whole minutes.
    #[must_use]
    pub const fn minutes(minutes: u32) -> Lifetime {
        Lifetime(minutes as u64 * MINUTE)
    }

    /// A lifetime in whole hours.
    #[must_use]
    pub const fn hours(hours: u32) -> Lifetime {
        Lifetime(hours as u64 * HOUR)
    }

    /// A lifetime in whole days.
    #[must_use]
    pub const fn days(days: u32) -> Lifetime {
        Lifetime(days as u64 * DAY)
    }

    /// The milliseconds.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// Parses `90d` (units ms, s, m, h, d, w) or ISO 8601 (`P90D`, `PT1H30M`, `P2W`).
    ///
    /// # Errors
    /// If the text is neither, is zero, or uses years or months, whose length depends on the
    /// calendar.
    ///
    /// ```
    /// use leastkey::value::time::Lifetime;
    /// assert_eq!(Lifetime::parse("90d"), Lifetime::parse("P90D"));
    /// assert!(Lifetime::parse("0d").is_err());
    /// assert!(Lifetime::parse("P1M").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Lifetime, LifetimeError> {
        let millis = match text.strip_prefix('P') {
            Some(period) => iso_millis(period),
            None => unit_millis(text),
        };
        match millis {
            Some(0) => Err(LifetimeError::Zero),
            Some(millis) if millis <= MAX_SAFE_INTEGER => Ok(Lifetime(millis)),
            Some(_) => Err(LifetimeError::TooLong),
            None if ENDLESS.contains(&text) => Err(LifetimeError::Endless(Detail::quoted(text))),
            None => Err(LifetimeError::Unreadable(Detail::quoted(text))),
        }
    }

    pub(crate) fn from_value(value: &Value) -> Result<Lifetime, LifetimeError> {
        match value {
            Value::Text(text) => Lifetime::parse(text),
            Value::Number(number) => Err(match whole_exact(*number) {
                Some(0) => LifetimeError::Zero,
                Some(number) => LifetimeError::NoUnit { number },
                None => LifetimeError::NoText { got: value.kind() },
            }),
            other => Err(LifetimeError::NoText { got: other.kind() }),
        }
    }
}

/// Why a text or number is no [`Lifetime`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LifetimeError {
    /// It is zero.
    Zero,
    /// It is longer than 2^53 − 1 milliseconds.
    TooLong,
    /// The text has no form of a lifetime.
    Unreadable(Detail),
    /// The text means no end.
    Endless(Detail),
    /// It is a number. Some callers mean seconds, others milliseconds.
    NoUnit {
        /// The number.
        number: u64,
    },
    /// It is neither a text nor a whole number.
    NoText {
        /// The type that it is.
        got: &'static str,
    },
}

impl LifetimeError {
    /// What would be right, where the message says more than what was expected.
    ///
    /// ```
    /// use leastkey::value::time::Lifetime;
    /// let error = Lifetime::parse("90 days").unwrap_err();
    /// let help = error.help().unwrap();
    /// assert!(help.contains("90d"));
    /// assert_eq!(error.to_string(), format!("cannot read the lifetime \"90 days\"; {help}"));
    /// ```
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            LifetimeError::Zero => Some("a lifetime must be longer than zero"),
            LifetimeError::Endless(_) => Some("leave it out for no end"),
            LifetimeError::Unreadable(_) => {
                Some("write a number and a unit (30m, 12h, 90d, 365d, 2w) or ISO 8601 (P90D, PT1H)")
            }
            LifetimeError::TooLong | LifetimeError::NoUnit { .. } | LifetimeError::NoText { .. } => None,
        }
    }
}

impl fmt::Display for LifetimeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LifetimeError::Zero => formatter.write_str("is zero"),
            LifetimeError::TooLong => formatter.write_str("is longer than 2^53 − 1 milliseconds"),
            LifetimeError::Unreadable(text) | LifetimeError::Endless(text) => {
                write!(formatter, "cannot read the lifetime {text}")
            }
            LifetimeError::NoUnit { number } => write_without_unit(formatter, *number),
            LifetimeError::NoText { got } => {
                write!(formatter, "expected a lifetime such as \"90d\", got {got}")
            }
        }?;
        write_help(formatter, self.help())
    }
}

/// Writes what a number without a unit may have meant.
fn write_without_unit(formatter: &mut fmt::Formatter<'_>, number: u64) -> fmt::Result {
    /// Up to so many, a count of seconds is written as one, not in minutes.
    const FEW_SECONDS: u64 = 119;
    /// Up to so many, a number may be meant as days.
    const MANY_DAYS: u64 = 999;
    write!(formatter, "{number} has no unit; write ")?;
    match number
        .checked_mul(SECOND)
        .filter(|millis| *millis <= MAX_SAFE_INTEGER)
    {
        _ if number <= FEW_SECONDS => write!(formatter, "\"{number}s\" for seconds"),
        Some(millis) => write!(formatter, "\"{}\" for seconds", Lifetime(millis)),
        None => return write!(formatter, "\"{}\" for milliseconds", Lifetime(number)),
    }?;
    if number <= MANY_DAYS {
        return write!(formatter, ", \"{number}d\" for days");
    }
    write!(formatter, ", \"{}\" for milliseconds", Lifetime(number))
}

impl Error for LifetimeError {}

/// The milliseconds, as a number.
impl Serialize for Lifetime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl Lifetime {
    /// The lifetime of a stored number; `None` for 0.
    pub(crate) fn of_stored(millis: u64) -> Option<Lifetime> {
        (millis > 0).then_some(Lifetime(millis))
    }
}

impl Decode for Lifetime {
    fn decode(cursor: &mut Cursor) -> Result<Lifetime, DecodeError> {
        Lifetime::of_stored(u64::decode(cursor)?).ok_or(DecodeError)
    }
}

/// As a person would write it and as it is parsed: `90d`, `36h`, `1500ms`.
impl fmt::Display for Lifetime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, letter) = [(DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s")]
            .into_iter()
            .find(|(unit, _)| self.0.is_multiple_of(*unit))
            .unwrap_or((1, "ms"));
        write!(formatter, "{}{letter}", self.0 / unit)
    }
}

/// Reads the members of an object that are times.
pub(crate) trait TimeMembers {
    /// Reads an instant that a program computed: milliseconds since the epoch.
    fn instant(&self, name: &str, problems: &mut Problems) -> Option<Instant>;

    /// Reads an instant that a person gave: a date or an instant of ISO 8601, or milliseconds since
    /// the epoch. Refuses seconds.
    fn given_instant(
        &self,
        name: &str,
        of_date: EndOfDay,
        now: Instant,
        problems: &mut Problems,
    ) -> Option<Instant>;

    /// Reads a lifetime: `90d` or ISO 8601.
    fn lifetime(&self, name: &str, problems: &mut Problems) -> Option<Lifetime>;
}

impl TimeMembers for Members<'_> {
    fn instant(&self, name: &str, problems: &mut Problems) -> Option<Instant> {
        let millis = match self.value(name)? {
            Value::Number(number) => *number,
            _ => f64::NAN,
        };
        problems.keep(&self.path(name), Instant::from_millis(millis))
    }

    fn given_instant(
        &self,
        name: &str,
        of_date: EndOfDay,
        now: Instant,
        problems: &mut Problems,
    ) -> Option<Instant> {
        let instant = Instant::from_value(self.value(name)?, of_date);
        problems.keep(
            &self.path(name),
            instant.and_then(|instant| instant.in_millis(now)),
        )
    }

    fn lifetime(&self, name: &str, problems: &mut Problems) -> Option<Lifetime> {
        let value = self.value(name)?;
        problems.keep(&self.path(name), Lifetime::from_value(value))
    }
}

/// Splits the digits at the front from the rest.
fn leading_number(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, rest))
}

/// Milliseconds since the epoch of a date or an instant of ISO 8601.
fn iso_instant(text: &str, of_date: EndOfDay) -> Option<i64> {
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let start = day_number(day)?.checked_mul(DAY.cast_signed())?;
    match (time, of_date) {
        (Some(time), _) => start.checked_add(iso_time(time)?),
        (None, EndOfDay::First) => Some(start),
        (None, EndOfDay::Last) => start.checked_add(DAY.cast_signed()),
    }
}

/// The number of days from the epoch to a date of ISO 8601.
fn day_number(text: &str) -> Option<i64> {
    let [year, month, day] = numbers(text, [4, 2, 2], '-')?;
    let days = days_before(year, month, day)?;
    (date(days) == (year, month, day)).then(|| days.cast_signed())
}

/// The milliseconds from the start of a day in UTC to a time with its offset: `13:00:00.5+01:00`.
fn iso_time(text: &str) -> Option<i64> {
    let at = text.find(['Z', '+', '-'])?;
    let (clock, offset) = text.split_at_checked(at)?;
    let (whole, fraction) = match clock.split_once('.') {
        Some((whole, digits)) if clock.len() > "00:00:00.".len() => (whole, digits),
        Some(_) => return None,
        None => (clock, ""),
    };
    let [hour, minute, second] = match whole.len() {
        5 => numbers(&format!("{whole}:00"), [2, 2, 2], ':'),
        _ => numbers(whole, [2, 2, 2], ':'),
    }?;
    if hour > 23 || minute > 59 || second > 59 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let millis: u64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let of_day = hour * HOUR + minute * MINUTE + second * SECOND + millis;
    Some(of_day.cast_signed() - offset_millis(offset)?)
}

/// The milliseconds of an offset from UTC: `Z`, `+01:00`.
fn offset_millis(text: &str) -> Option<i64> {
    let (sign, clock) = match text.split_at_checked(1)? {
        ("Z", "") => return Some(0),
        ("+", clock) => (1, clock),
        ("-", clock) => (-1, clock),
        _ => return None,
    };
    let [hours, minutes] = numbers(clock, [2, 2], ':')?;
    (hours < 24 && minutes < 60).then(|| sign * (hours * HOUR + minutes * MINUTE).cast_signed())
}

/// Parses numbers with fixed counts of digits, which a sign separates.
fn numbers<const N: usize>(text: &str, digits: [usize; N], separator: char) -> Option<[u64; N]> {
    let mut parts = text.split(separator);
    let mut read = [0; N];
    for (number, digits) in read.iter_mut().zip(digits) {
        let part = parts.next()?;
        if part.len() != digits || !part.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(read)
}

fn unit_millis(text: &str) -> Option<u64> {
    let (number, unit) = leading_number(text)?;
    let unit = match unit {
        "ms" => 1,
        "s" => SECOND,
        "m" => MINUTE,
        "h" => HOUR,
        "d" => DAY,
        "w" => WEEK,
        _ => return None,
    };
    number.checked_mul(unit)
}

/// Parses ISO 8601-1 §5.5.2.2 without fractions, years and months: each unit at most once, in
/// order.
fn iso_millis(period: &str) -> Option<u64> {
    let (date, clock) = match period.split_once('T') {
        Some((_, "")) => return None,
        Some((date, clock)) => (date, clock),
        None => (period, ""),
    };
    if date.is_empty() && clock.is_empty() {
        return None;
    }
    let days = designators(date, &[('W', WEEK), ('D', DAY)])?;
    days.checked_add(designators(clock, &[('H', HOUR), ('M', MINUTE), ('S', SECOND)])?)
}

fn designators(mut text: &str, mut units: &[(char, u64)]) -> Option<u64> {
    let mut total = 0u64;
    while !text.is_empty() {
        let (number, rest) = leading_number(text)?;
        let mut rest_chars = rest.chars();
        let letter = rest_chars.next()?;
        let at = units.iter().position(|(known, _)| *known == letter)?;
        let (_, unit) = units.get(at)?;
        total = total.checked_add(number.checked_mul(*unit)?)?;
        units = units.get(at + 1..)?;
        text = rest_chars.as_str();
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_in_utc_with_leap_days() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399_999, "2000-02-28T23:59:59Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (978_220_800_000, "2000-12-31T00:00:00Z"),
            (1_795_435_623_000, "2026-11-23T12:07:03Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
            (MAX_SAFE_INTEGER, "287396-10-12T08:59:00Z"),
        ] {
            assert_eq!(Instant(millis).to_string(), text);
        }
        for year in 1971..3_000 {
            let days = days_until(year);
            assert_eq!(date(days), (year, 1, 1));
            assert_eq!(date(days - 1), (year - 1, 12, 31));
            assert_eq!(days_before(year, 1, 1), Some(days));
            assert_eq!(days_before(year, 3, 1).map(date), Some((year, 3, 1)));
        }
    }

    /// The number of days from the epoch to a year, counted one by one.
    fn days_until(year: u64) -> u64 {
        let is_leap =
            |year: &u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        (1970..year).map(|year| 365 + u64::from(is_leap(&year))).sum()
    }

    #[test]
    fn dates_and_instants_are_parsed() {
        for (text, millis) in [
            ("1970-01-01", 0),
            ("2000-02-29", 951_782_400_000),
            ("2026-11-23T12:07:03Z", 1_795_435_623_000),
            ("2026-11-23T12:07:03.25Z", 1_795_435_623_250),
            ("2026-11-23T12:07:03.0009Z", 1_795_435_623_000),
            ("2026-11-23T12:07Z", 1_795_435_620_000),
            ("2026-11-23T13:37:03+01:30", 1_795_435_623_000),
            ("2026-11-22T23:07:03-13:00", 1_795_435_623_000),
            ("1970-01-01T01:00+01:00", 0),
        ] {
            assert_eq!(
                Instant::parse(text, EndOfDay::First),
                Ok(Instant(millis)),
                "{text}"
            );
        }
        let last = Instant::parse("2027-12-31", EndOfDay::Last).unwrap();
        assert_eq!(last.to_string(), "2028-01-01T00:00:00Z");
    }

    #[test]
    fn texts_that_are_no_instant_are_refused() {
        for text in [
            "",
            "2027",
            "2027-01",
            "2027-1-31",
            "2027-00-01",
            "2027-13-01",
            "2027-01-00",
            "2027-01-32",
            "2027-02-29",
            "2100-02-29",
            "2031-02-30",
            "1969-12-31",
            "0000-01-01",
            "+027-01-31",
            "2027-01-31T",
            "2027-01-31Z",
            "2027-01-31T12:00",
            "2027-01-31T12Z",
            "2027-01-31T24:00Z",
            "2027-01-31T12:60Z",
            "2027-01-31T12:00:60Z",
            "2027-01-31T12:00.5Z",
            "2027-01-31T12:00:00.xZ",
            "2027-01-31T12:00:00+0100",
            "2027-01-31T12:00:00+24:00",
            "2027-01-31T12:00:00ZZ",
            "1970-01-01T00:00+01:00",
            "2027-01-31 12:00Z",
            "Sun Jan 31 2027 12:00:00 GMT+0000",
            "٢٠٢٧-01-31",
        ] {
            for of_date in [EndOfDay::First, EndOfDay::Last] {
                assert!(Instant::parse(text, of_date).is_err(), "{text}");
            }
        }
    }

    #[test]
    fn seconds_are_refused_as_milliseconds() {
        let now = Instant(1_795_435_623_000);
        for seconds in [1, 1_795_435_623, 1_995_435_623] {
            assert_eq!(
                Instant(seconds).in_millis(now),
                Err(InstantError::Seconds(seconds))
            );
        }
        for millis in [0, 795_435_623_000, 1_795_435_623_000] {
            assert_eq!(Instant(millis).in_millis(now), Ok(Instant(millis)));
        }
        assert_eq!(
            InstantError::Seconds(1_900_000_000).to_string(),
            "is 1970-01-22T23:46:40Z; 1900000000 looks like seconds, so write milliseconds (1900000000000)"
        );
    }

    #[test]
    fn a_number_without_a_unit_is_refused_with_what_it_may_mean() {
        for (number, help) in [
            (1.0, "1 has no unit; write \"1s\" for seconds, \"1d\" for days"),
            (
                60.0,
                "60 has no unit; write \"60s\" for seconds, \"60d\" for days",
            ),
            (
                900.0,
                "900 has no unit; write \"15m\" for seconds, \"900d\" for days",
            ),
            (
                3_600.0,
                "3600 has no unit; write \"1h\" for seconds, \"3600ms\" for milliseconds",
            ),
            (
                5_000.0,
                "5000 has no unit; write \"5000s\" for seconds, \"5s\" for milliseconds",
            ),
            (
                9_007_199_254_740_991.0,
                "9007199254740991 has no unit; write \"9007199254740991ms\" for milliseconds",
            ),
            (0.0, "is zero; a lifetime must be longer than zero"),
            (0.5, "expected a lifetime such as \"90d\", got a number"),
        ] {
            let error = Lifetime::from_value(&Value::Number(number)).unwrap_err();
            assert_eq!(error.to_string(), help);
        }
    }

    #[test]
    fn lifetimes_that_can_be_read() {
        for (text, millis) in [
            ("1ms", 1),
            ("45s", 45 * SECOND),
            ("30m", 30 * MINUTE),
            ("12h", 12 * HOUR),
            ("90d", 90 * DAY),
            ("2w", 2 * WEEK),
            ("P90D", 90 * DAY),
            ("P2W", 2 * WEEK),
            ("PT1H30M", 90 * MINUTE),
            ("P1DT12H", 36 * HOUR),
            ("PT5S", 5 * SECOND),
        ] {
            assert_eq!(Lifetime::parse(text), Ok(Lifetime(millis)), "{text}");
        }
    }

    #[test]
    fn lifetimes_are_written_as_they_are_read() {
        for text in ["90d", "36h", "90m", "45s", "1500ms", "1d"] {
            assert_eq!(Lifetime::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Lifetime::parse("2w").unwrap().to_string(), "14d");
    }

    #[test]
    fn lifetimes_that_cannot_be_read_are_refused() {
        for text in [
            "",
            "d",
            "90",
            "-1d",
            "+1d",
            "1.5h",
            "1 d",
            "90 days",
            "1y",
            "P",
            "PT",
            "P1Y",
            "P1M",
            "PT1D",
            "P1D1W",
            "P1D1D",
            "P1",
            "0d",
            "PT0S",
            "never",
            "∞",
            "99999999999999999999d",
            "9007199254740992ms",
            "18446744073709551615w",
        ] {
            assert!(Lifetime::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn instants_out_of_range_are_refused() {
        for number in [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            -1.0,
            0.5,
            9_007_199_254_740_992.0,
        ] {
            assert!(Instant::from_millis(number).is_err(), "{number}");
        }
        for number in [0.0, -0.0, 1.0, 9_007_199_254_740_991.0] {
            assert!(Instant::from_millis(number).is_ok(), "{number}");
        }
    }

    #[test]
    fn a_lifetime_never_rounds_to_for_ever() {
        let late = Instant(MAX_SAFE_INTEGER);
        assert!(late.after(Lifetime(1)).is_err());
        assert!(Instant(0).after(Lifetime(MAX_SAFE_INTEGER)).is_ok());
    }
}
