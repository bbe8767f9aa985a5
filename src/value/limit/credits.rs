//! Credits: an amount that uses consume, with optional refills.

use serde::Serialize;

use super::{Exceeded, MAX, millis, require};
use crate::codec::json::{ObjectText, Value};
use crate::input::object::object_like;
use crate::input::{Members, Path, Problems};
use crate::value::time::{Instant, Lifetime, SKEW, TimeMembers as _};

/// The credits of a token: how much it may spend in total, or between refills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Credits {
    amount: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    refill: Option<Refill>,
}

/// A refill of `amount` every `every`, in whole steps from the first use on. The balance never
/// exceeds the amount of the credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Refill {
    amount: u32,
    #[serde(serialize_with = "millis")]
    every: Lifetime,
}

/// The balance of credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Balance {
    /// Below 0 if more was used than the credits now allow, because their amount was lowered.
    pub(super) balance: i64,
    /// The time of the last refill, in milliseconds since the epoch; before any refill, of the
    /// first use.
    pub(super) refilled_at: Option<u64>,
}

impl Balance {
    pub(super) fn left(self) -> u32 {
        u32::try_from(self.balance.max(0)).unwrap_or(u32::MAX)
    }

    pub(super) fn owed(self) -> Option<u32> {
        (self.balance < 0).then(|| u32::try_from(self.balance.unsigned_abs()).unwrap_or(u32::MAX))
    }

    /// The balance with so many credits left.
    pub(super) fn with(self, remaining: u32) -> Balance {
        Balance {
            balance: remaining.into(),
            ..self
        }
    }
}

impl Credits {
    /// Reads `{ amount, refill?: { amount, every } }`. If `asked`, it also reads `remaining`, the
    /// number of credits left.
    pub(super) fn read(
        value: &Value,
        path: &Path,
        asked: bool,
        problems: &mut Problems,
    ) -> Option<(Credits, Option<u32>)> {
        let known: &[&str] = if asked {
            &["amount", "remaining", "refill"]
        } else {
            &["amount", "refill"]
        };
        let value = object_like(value, path, "{ \"amount\": 1000 }", problems)?;
        let members = Members::open(value, path, known, problems)?;
        require(&members, &["amount"], problems);
        let amount = members.whole("amount", 1..=MAX, problems);
        let remaining = members.whole("remaining", 0..=amount.unwrap_or(MAX), problems);
        let refill = match members.value("refill") {
            Some(refill) => Some(Refill::read(refill, &members.path("refill"), problems)?),
            None => None,
        };
        let credits = Credits {
            amount: amount?,
            refill,
        };
        Some((credits, remaining))
    }

    /// Credits of an amount, with a refill of an amount in each interval.
    pub(super) fn new(amount: u32, refill: Option<(u32, Lifetime)>) -> Credits {
        Credits {
            amount,
            refill: refill.map(|(amount, every)| Refill { amount, every }),
        }
    }

    /// The stored text.
    pub(super) fn to_text(self) -> String {
        let refill = self.refill.map(|refill| {
            ObjectText::default()
                .whole("amount", Some(refill.amount.into()))
                .whole("every", Some(refill.every.millis()))
                .finish()
        });
        ObjectText::default()
            .whole("amount", Some(self.amount.into()))
            .raw("refill", refill.as_deref())
            .finish()
    }

    /// Whether these credits never allow more than the `wider` ones: neither in amount nor by
    /// refills.
    pub(super) fn is_within(self, wider: Credits) -> bool {
        let refill = match (self.refill, wider.refill) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(wider)) => own.amount <= wider.amount && own.every >= wider.every,
        };
        self.amount <= wider.amount && refill
    }

    /// The balance after a cost, if it may be spent now.
    pub(super) fn spend(
        self,
        balance: Option<Balance>,
        cost: u32,
        now: Instant,
    ) -> Result<Balance, Exceeded> {
        let refilled = self.refilled(balance, now);
        let balance = refilled.balance - i64::from(cost);
        if balance < 0 && cost > 0 {
            return Err(Exceeded::UsageExceeded {
                retry_after_ms: self.wait(refilled, cost, now),
            });
        }
        Ok(Balance { balance, ..refilled })
    }

    /// Converts a balance that was counted under other credits: the used amount counts against
    /// these credits. If the refills differ, their interval begins now.
    pub(super) fn taken_over(self, before: Credits, balance: Balance, now: Instant) -> Balance {
        if before == self {
            return balance;
        }
        let until_now = before.refilled(Some(balance), now);
        let began = until_now.refilled_at.filter(|_| before.refill == self.refill);
        Balance {
            balance: i64::from(self.amount) - (i64::from(before.amount) - until_now.balance),
            refilled_at: self.refill.map(|_| began.unwrap_or(now.millis())),
        }
    }

    /// Whether a balance can be one of these credits.
    pub(super) fn counts(self, balance: Balance) -> bool {
        balance.balance <= i64::from(self.amount) && balance.refilled_at.is_some() == self.refill.is_some()
    }

    /// The balance with all refills since the last one. A clock that went back adds none. If the
    /// last refill is further ahead than correct clocks can differ, it came from a wrong clock, and
    /// the next one is counted from now.
    pub(super) fn refilled(self, balance: Option<Balance>, now: Instant) -> Balance {
        let Some(balance) = balance else {
            return Balance {
                balance: self.amount.into(),
                refilled_at: self.refill.map(|_| now.millis()),
            };
        };
        let (Some(refill), Some(refilled_at)) = (self.refill, balance.refilled_at) else {
            return balance;
        };
        let ahead = refilled_at.saturating_sub(now.millis()) > SKEW.millis();
        let refilled_at = if ahead { now.millis() } else { refilled_at };
        let every = refill.every.millis();
        let steps = now.millis().saturating_sub(refilled_at) / every;
        let gained = steps.saturating_mul(refill.amount.into());
        let gained = i64::try_from(gained).unwrap_or(i64::MAX);
        Balance {
            balance: balance.balance.saturating_add(gained).min(self.amount.into()),
            refilled_at: Some(refilled_at.saturating_add(steps.saturating_mul(every))),
        }
    }

    /// The milliseconds until refills cover a cost; `None` if they never will.
    fn wait(self, balance: Balance, cost: u32, now: Instant) -> Option<u64> {
        let (refill, refilled_at) = (self.refill?, balance.refilled_at?);
        let lacking = (i64::from(cost) - balance.balance).max(0).unsigned_abs();
        let steps = lacking.div_ceil(refill.amount.into());
        let good_at = refilled_at.checked_add(steps.checked_mul(refill.every.millis())?)?;
        (cost <= self.amount).then(|| good_at.saturating_sub(now.millis()))
    }
}

impl Refill {
    fn read(value: &Value, path: &Path, problems: &mut Problems) -> Option<Refill> {
        let members = Members::open(value, path, &["amount", "every"], problems)?;
        require(&members, &["amount", "every"], problems);
        let amount = members.whole("amount", 1..=MAX, problems);
        let every = members.lifetime("every", problems);
        Some(Refill {
            amount: amount?,
            every: every?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis as f64).unwrap()
    }

    type World = (u32, Option<(u32, u64)>, Vec<(i64, u32)>);

    fn world() -> impl Strategy<Value = World> {
        (1..20_u32, proptest::option::of((1..25_u32, 1..30_u64))).prop_flat_map(|(amount, refill)| {
            let step = prop_oneof![4 => 0..=10_i64, 1 => 0..=200_i64, 1 => -40..=0_i64];
            (
                Just(amount),
                Just(refill),
                proptest::collection::vec((step, 0..=amount + 1), 1..60),
            )
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn it_counts_as_a_purse_that_is_filled_millisecond_by_millisecond((amount, refill, steps) in world()) {
            let every = |millis| Lifetime::parse(&format!("{millis}ms")).unwrap();
            let credits = Credits { amount, refill: refill.map(|(amount, millis)| Refill { amount, every: every(millis) }) };
            let (mut now, mut balance) = (1_000_000_i64, None);
            let (mut purse, mut first_use, mut filled_to) = (amount, None, 0);
            for (step, cost) in steps {
                now += step;
                // A refusal changes nothing.
                let kept = (purse, filled_to);
                // Each millisecond after the first use counts once, however often the clock goes
                // back to it.
                while let (Some((gain, every)), Some(first_use), true) = (refill, first_use, filled_to < now) {
                    filled_to += 1;
                    if (filled_to - first_use) % every as i64 == 0 {
                        purse = amount.min(purse + gain);
                    }
                }
                match credits.spend(balance, cost, at(now as u64)) {
                    Ok(after) => {
                        prop_assert!(cost <= purse);
                        purse -= cost;
                        prop_assert_eq!(after.left(), purse);
                        prop_assert!(credits.counts(after));
                        balance = Some(after);
                        if first_use.is_none() {
                            (first_use, filled_to) = (Some(now), now);
                        }
                    }
                    Err(exceeded) => {
                        prop_assert!(cost > purse);
                        (purse, filled_to) = kept;
                        let Exceeded::UsageExceeded { retry_after_ms } = exceeded else { panic!("{exceeded:?}") };
                        let waits = refill.is_some() && cost <= amount;
                        prop_assert_eq!(retry_after_ms.is_some(), waits);
                        if let Some(wait) = retry_after_ms {
                            prop_assert!(credits.spend(balance, cost, at(now as u64 + wait)).is_ok(), "it may be tried again");
                            prop_assert!(credits.spend(balance, cost, at(now as u64 + wait - 1)).is_err(), "and not sooner");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let refill = Refill {
            amount: MAX,
            every: Lifetime::parse("1ms").unwrap(),
        };
        let credits = Credits {
            amount: MAX,
            refill: Some(refill),
        };
        let empty = Balance {
            balance: 0,
            refilled_at: Some(0),
        };
        let end = at(9_007_199_254_740_991);
        assert_eq!(credits.spend(Some(empty), 0, end).map(Balance::left), Ok(MAX));
        let late = Balance {
            balance: 0,
            refilled_at: Some(u64::MAX),
        };
        assert_eq!(
            credits.spend(Some(late), 1, end),
            Err(Exceeded::UsageExceeded {
                retry_after_ms: Some(1)
            })
        );
    }
}
