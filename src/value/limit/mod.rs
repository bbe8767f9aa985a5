//! Limits on how often and how much a token is used. Pure functions of the stored counters.
//!
//! The store holds the counters under `limit/<id>`, separate from the token's record. They are
//! changed by compare-and-swap only.

mod credits;
mod rate;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize, Serializer};

use self::credits::{Balance, Credits};
use self::rate::{Arrival, Rate};
use super::time::{Instant, Lifetime};
use crate::codec::canonical::{Cursor, Schema, Shape, Spans, optional, required};
use crate::codec::decode::{Decode, DecodeError, Placeholder, decode, decode_members};
use crate::codec::json::{MAX_SAFE_INTEGER, ObjectText, Value};
use crate::input::{Members, Path, Problems, Refusal};

/// The largest limit and amount, 2^31 − 1.
const MAX: u32 = u32::MAX >> 1;

/// The version of the stored form.
const FORM: u8 = 1;

/// The limits of a token: a rate, credits, or both.
///
/// ```
/// use leastkey::value::limit::Limits;
/// use leastkey::value::time::Instant;
/// let limits: Limits = serde_json::from_str(r#"{"credits":{"amount":1}}"#).unwrap();
/// let now = Instant::from_millis(0.0).unwrap();
/// let spent = limits.spend(None, 1, now).unwrap();
/// assert_eq!(spent.remaining, Some(0));
/// assert!(limits.spend(Some(&spent.text), 1, now).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value")]
pub struct Limits {
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<Rate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credits: Option<Credits>,
}

/// The numbers in stored limits.
#[derive(Clone, Copy)]
enum Part {
    Limit,
    Per,
    Amount,
    RefillAmount,
    RefillEvery,
}

impl Part {
    const COUNT: usize = 5;
}

const AMOUNT: Shape = Shape::Whole(1, MAX as u64);
const LIFETIME: Shape = Shape::Whole(1, MAX_SAFE_INTEGER);
/// The members of stored limits.
const SCHEMA: &Schema = &[
    optional(
        "requests",
        Shape::Object(&[
            required("limit", AMOUNT).noted(Part::Limit as usize),
            required("per", LIFETIME).noted(Part::Per as usize),
        ]),
    ),
    optional(
        "credits",
        Shape::Object(&[
            required("amount", AMOUNT).noted(Part::Amount as usize),
            optional(
                "refill",
                Shape::Object(&[
                    required("amount", AMOUNT).noted(Part::RefillAmount as usize),
                    required("every", LIFETIME).noted(Part::RefillEvery as usize),
                ]),
            ),
        ]),
    ),
];

/// The value of `limit/<id>`. Only this module reads its members.
#[derive(Debug)]
struct Counters {
    form: u8,
    /// The limits under which it was counted. After a change of the limits, used amounts carry
    /// over.
    of: Limits,
    tat: Option<Arrival>,
    credits: Option<u32>,
    refilled_at: Option<u64>,
    /// How much more was used than the credits now allow, because their amount was lowered.
    owed: Option<u32>,
}

/// Limits as a manager requests them, with the credits that are left from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The limits.
    pub limits: Limits,
    /// The credits left from now on. `None` keeps the used amount: the rest of the new amount is
    /// left.
    pub remaining: Option<u32>,
}

/// The result of a permitted cost. The cost is spent once `text` has replaced the counters that
/// were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The new counters, to be stored.
    pub text: String,
    /// The credits left; `None` if the limits have no credits.
    pub remaining: Option<u32>,
}

/// The reason why a cost may not be spent. Nothing is spent then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exceeded {
    /// The rate is exceeded.
    RateLimited {
        /// Milliseconds until a retry can succeed. `None` if never: the cost exceeds the limit.
        retry_after_ms: Option<u64>,
    },
    /// The credits do not cover the cost.
    UsageExceeded {
        /// Milliseconds until refills cover the cost; `None` if never.
        retry_after_ms: Option<u64>,
    },
    /// The stored counters cannot be decoded.
    Damaged,
}

impl Limits {
    /// Reads `{ requests?: { limit, per }, credits?: { amount, refill?: { amount, every } } }`. On
    /// a problem it adds to `problems` and returns `None`.
    pub fn read(value: &Value, path: &Path, problems: &mut Problems) -> Option<Limits> {
        Some(Limits::read_with(value, path, false, problems)?.0)
    }

    /// Reads the limits that a manager requests, otherwise like [`Limits::read`]: `credits` may
    /// also have `remaining`.
    pub fn read_asked(value: &Value, path: &Path, problems: &mut Problems) -> Option<Asked> {
        let (limits, remaining) = Limits::read_with(value, path, true, problems)?;
        Some(Asked { limits, remaining })
    }

    /// Reads limits. If `asked`, it also reads how many credits are left.
    fn read_with(
        value: &Value,
        path: &Path,
        asked: bool,
        problems: &mut Problems,
    ) -> Option<(Limits, Option<u32>)> {
        let before = problems.len();
        let members = Members::open(value, path, &["requests", "credits"], problems)?;
        let part = |name| members.value(name).map(|value| (value, members.path(name)));
        let requests = part("requests").and_then(|(value, path)| Rate::read(value, &path, problems));
        let credits = part("credits").and_then(|(value, path)| Credits::read(value, &path, asked, problems));
        if members.each().next().is_none() {
            problems.add(path, "has no limit; leave it out for none");
        }
        let remaining = credits.and_then(|(_, remaining)| remaining);
        let credits = credits.map(|(credits, _)| credits);
        (problems.len() == before).then_some((Limits { requests, credits }, remaining))
    }

    /// The limits in a stored text; `None` for any other text.
    pub(crate) fn of_stored(text: &str) -> Option<Limits> {
        let spans = Spans::<{ Part::COUNT }>::read(text, SCHEMA).ok()?;
        let count = |part: Part| u32::try_from(spans.whole(text, part as usize)?).ok();
        let lifetime = |part: Part| Lifetime::of_stored(spans.whole(text, part as usize)?);
        let limits = Limits {
            requests: count(Part::Limit)
                .zip(lifetime(Part::Per))
                .map(|(limit, per)| Rate::new(limit, per)),
            credits: count(Part::Amount).map(|amount| {
                Credits::new(amount, count(Part::RefillAmount).zip(lifetime(Part::RefillEvery)))
            }),
        };
        (limits.requests.is_some() || limits.credits.is_some()).then_some(limits)
    }

    /// Whether these limits allow nothing that `wider` refuses: they have each limit of `wider`,
    /// and none is larger. Conservative: it may return `false` for limits that are narrower in a
    /// less obvious way.
    #[must_use]
    pub fn is_within(&self, wider: &Limits) -> bool {
        let rate = wider
            .requests
            .is_none_or(|wider| self.requests.is_some_and(|own| own.is_within(wider)));
        let credits = wider
            .credits
            .is_none_or(|wider| self.credits.is_some_and(|own| own.is_within(wider)));
        rate && credits
    }

    /// Spends a cost and returns the new counters. The rate is checked before the credits; if
    /// either refuses, neither is spent. A cost of 0 spends nothing.
    ///
    /// # Errors
    /// If the cost may not be spent now, or if the stored counters are damaged: the used amount is
    /// then unknown, so nothing may be spent.
    pub fn spend(&self, stored: Option<&str>, cost: u32, now: Instant) -> Result<Spent, Exceeded> {
        let (arrival, balance) = self.counted(stored, now)?;
        let arrival = self
            .requests
            .map(|rate| rate.spend(arrival, cost, now))
            .transpose()?;
        let balance = self
            .credits
            .map(|credits| credits.spend(balance, cost, now))
            .transpose()?;
        Ok(Spent {
            text: self.text(arrival, balance),
            remaining: balance.map(Balance::left),
        })
    }

    /// The credits left now; `None` if the limits have no credits.
    ///
    /// # Errors
    /// If the stored counters are damaged.
    pub fn left(&self, stored: Option<&str>, now: Instant) -> Result<Option<u32>, Exceeded> {
        Ok(self.balance(stored, now)?.map(Balance::left))
    }

    /// The credits left now, negative if some are owed.
    ///
    /// # Errors
    /// If the stored counters are damaged.
    pub(crate) fn signed_balance(&self, stored: Option<&str>, now: Instant) -> Result<Option<i64>, Exceeded> {
        Ok(self.balance(stored, now)?.map(|balance| balance.balance))
    }

    fn balance(&self, stored: Option<&str>, now: Instant) -> Result<Option<Balance>, Exceeded> {
        let (_, balance) = self.counted(stored, now)?;
        Ok(self.credits.map(|credits| credits.refilled(balance, now)))
    }

    /// The counters under these limits, to replace the stored ones after an edit. `None` if nothing
    /// was counted yet, so that no counters are needed.
    ///
    /// # Errors
    /// If the stored counters are damaged, unless `remaining` gives the credits left.
    pub fn go_on(
        &self,
        stored: Option<&str>,
        remaining: Option<u32>,
        now: Instant,
    ) -> Result<Option<String>, Exceeded> {
        let (arrival, balance) = match self.counted(stored, now) {
            Err(_) if remaining.is_some() => (None, None),
            counted => counted?,
        };
        if stored.is_none() && remaining.is_none() {
            return Ok(None);
        }
        let arrival = self
            .requests
            .map(|rate| arrival.unwrap_or_else(|| rate.unused(now)));
        let balance = self.credits.map(|credits| {
            let balance = credits.refilled(balance, now);
            remaining.map_or(balance, |remaining| balance.with(remaining))
        });
        Ok(Some(self.text(arrival, balance)))
    }

    /// The stored counters, converted to these limits.
    fn counted(
        &self,
        stored: Option<&str>,
        now: Instant,
    ) -> Result<(Option<Arrival>, Option<Balance>), Exceeded> {
        let Some(counted) = stored.map(Counters::parse).transpose()? else {
            return Ok((None, None));
        };
        let arrival = match (counted.of.requests, self.requests, counted.tat) {
            (Some(before), Some(rate), Some(arrival)) => Some(rate.taken_over(before, arrival, now)),
            _ => None,
        };
        let balance = match (counted.of.credits, self.credits, counted.balance()) {
            (Some(before), Some(credits), Some(balance)) => Some(credits.taken_over(before, balance, now)),
            _ => None,
        };
        Ok((arrival, balance))
    }

    /// The text of the counters under these limits.
    fn text(&self, arrival: Option<Arrival>, balance: Option<Balance>) -> String {
        let arrival = arrival.map(Arrival::to_text);
        ObjectText::default()
            .whole("v", Some(FORM.into()))
            .raw("of", Some(&self.to_text()))
            .raw("tat", arrival.as_deref())
            .whole("credits", balance.map(|balance| balance.left().into()))
            .whole("refilledAt", balance.and_then(|balance| balance.refilled_at))
            .whole("owed", balance.and_then(Balance::owed).map(u64::from))
            .finish()
    }

    /// The stored text.
    fn to_text(&self) -> String {
        let (requests, credits) = (
            self.requests.map(Rate::to_text),
            self.credits.map(Credits::to_text),
        );
        ObjectText::default()
            .raw("requests", requests.as_deref())
            .raw("credits", credits.as_deref())
            .finish()
    }
}

impl Counters {
    fn parse(text: &str) -> Result<Counters, Exceeded> {
        let counters: Counters = decode(text).map_err(|_| Exceeded::Damaged)?;
        let form = counters.form == FORM;
        let rate = match (counters.of.requests, counters.tat) {
            (Some(rate), Some(arrival)) => rate.counts(arrival),
            (rate, arrival) => rate.is_none() && arrival.is_none(),
        };
        let credits = match (counters.of.credits, counters.balance()) {
            (Some(credits), Some(balance)) => credits.counts(balance),
            (credits, balance) => credits.is_none() && balance.is_none() && counters.refilled_at.is_none(),
        };
        let owes = match counters.owed {
            Some(owed) => owed > 0 && counters.credits == Some(0),
            None => true,
        };
        if form && rate && credits && owes {
            Ok(counters)
        } else {
            Err(Exceeded::Damaged)
        }
    }

    fn balance(&self) -> Option<Balance> {
        let balance = i64::from(self.credits?) - i64::from(self.owed.unwrap_or(0));
        Some(Balance {
            balance,
            refilled_at: self.refilled_at,
        })
    }
}

decode_members!(Counters {
    required form: "v",
    required of: "of",
    optional tat: "tat",
    optional credits: "credits",
    optional refilled_at: "refilledAt",
    optional owed: "owed",
});

impl Placeholder for Limits {
    fn placeholder() -> Limits {
        Limits {
            requests: None,
            credits: None,
        }
    }
}

impl Decode for Limits {
    fn decode(cursor: &mut Cursor) -> Result<Limits, DecodeError> {
        cursor.value().and_then(Limits::of_stored).ok_or(DecodeError)
    }
}

impl TryFrom<Value> for Limits {
    type Error = Refusal;

    fn try_from(value: Value) -> Result<Limits, Refusal> {
        let mut problems = Problems::default();
        Limits::read(&value, &Path::call(), &mut problems).ok_or_else(|| problems.into())
    }
}

/// Adds a problem for each missing member.
fn require(members: &Members, names: &[&str], problems: &mut Problems) {
    for name in names.iter().filter(|name| members.value(name).is_none()) {
        problems.add(&members.path(name), "is required");
    }
}

/// Writes a lifetime in milliseconds, whatever form it was read in.
fn millis<S: Serializer>(lifetime: &Lifetime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(lifetime.millis())
}
