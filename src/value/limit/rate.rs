//! Rate limits by the generic cell rate algorithm.

use serde::Serialize;

use super::{Exceeded, MAX, millis, require};
use crate::codec::canonical::Cursor;
use crate::codec::decode::{Decode, DecodeError};
use crate::codec::json::{ObjectText, Value, write_whole};
use crate::input::object::object_like;
use crate::input::{Members, Path, Problems};
use crate::value::time::{Instant, Lifetime, SKEW, TimeMembers as _};

/// A rate limit, by the generic cell rate algorithm (ITU-T I.371, annex A; the virtual scheduling
/// form).
///
/// Each unit of cost advances the theoretical arrival time by `per / limit`. A cost that would
/// advance it to more than `per` after the present is refused. So all of `limit` may be spent at
/// once, and after that one unit each `per / limit`. In any interval of length `w`, at most `limit
/// × (1 + w / per)` passes: never more than `limit` in an interval shorter than `per / limit`,
/// never more than twice `limit` in one of `per`, and `limit` each `per` in the long run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Rate {
    limit: u32,
    #[serde(serialize_with = "millis")]
    per: Lifetime,
}

/// The theoretical arrival time: milliseconds since the epoch, and fractions of a millisecond in
/// units of 1 / `limit`. Nothing is rounded, so nothing drifts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrival(u64, u32);

impl Arrival {
    /// The stored text.
    pub(super) fn to_text(self) -> String {
        let mut text = vec![b'['];
        write_whole(self.0, &mut text);
        text.push(b',');
        write_whole(self.1.into(), &mut text);
        text.push(b']');
        String::from_utf8(text).unwrap_or_default()
    }
}

impl Decode for Arrival {
    fn decode(cursor: &mut Cursor) -> Result<Arrival, DecodeError> {
        <(u64, u32)>::decode(cursor).map(|(millis, part)| Arrival(millis, part))
    }
}

impl Rate {
    /// Reads `{ limit, per }`.
    pub(super) fn read(value: &Value, path: &Path, problems: &mut Problems) -> Option<Rate> {
        let value = object_like(value, path, "{ \"limit\": 100, \"per\": \"1m\" }", problems)?;
        let members = Members::open(value, path, &["limit", "per"], problems)?;
        require(&members, &["limit", "per"], problems);
        let limit = members.whole("limit", 1..=MAX, problems);
        let per = members.lifetime("per", problems);
        Some(Rate {
            limit: limit?,
            per: per?,
        })
    }

    /// A rate of `limit` in each `per`.
    pub(super) fn new(limit: u32, per: Lifetime) -> Rate {
        Rate { limit, per }
    }

    /// The stored text.
    pub(super) fn to_text(self) -> String {
        ObjectText::default()
            .whole("limit", Some(self.limit.into()))
            .whole("per", Some(self.per.millis()))
            .finish()
    }

    /// Whether this rate allows no more than `wider`, at once and in the long run.
    pub(super) fn is_within(self, wider: Rate) -> bool {
        let product = |limit: u32, per: Lifetime| u128::from(limit) * u128::from(per.millis());
        self.limit <= wider.limit && product(self.limit, wider.per) <= product(wider.limit, self.per)
    }

    /// The theoretical arrival time after a cost, if it may be spent now.
    pub(super) fn spend(
        self,
        arrival: Option<Arrival>,
        cost: u32,
        now: Instant,
    ) -> Result<Arrival, Exceeded> {
        // All times are in units of 1 / `limit` milliseconds: `per / limit` milliseconds are `per`
        // units.
        let parts = |millis: u64| u128::from(millis) * u128::from(self.limit);
        let interval = u128::from(self.per.millis());
        let present = parts(now.millis());
        let full = present + parts(self.per.millis());
        let cost_of = u128::from(cost) * interval;
        let arrival = arrival.map_or(present, |Arrival(millis, part)| parts(millis) + u128::from(part));
        // A spent cost sets the arrival time to at most `per` after the present of its clock. A
        // time further ahead came from a wrong clock. The limit then counts as spent except for
        // this cost, so that one use passes and corrects the arrival time.
        let arrival = if arrival > full + parts(SKEW.millis()) {
            full.saturating_sub(cost_of)
        } else {
            arrival
        };
        let next = arrival.max(present) + cost_of;
        let early = next.saturating_sub(full);
        if early > 0 {
            // A cost above the limit never passes.
            let retry_after_ms = (cost <= self.limit).then(|| whole(early.div_ceil(self.limit.into())));
            return Err(Exceeded::RateLimited { retry_after_ms });
        }
        Ok(self.arrival(next))
    }

    /// The arrival time of so many units of this rate.
    fn arrival(self, parts: u128) -> Arrival {
        let limit = u128::from(self.limit);
        let part = u32::try_from(parts % limit).unwrap_or(u32::MAX);
        Arrival(whole(parts / limit), part)
    }

    /// Converts an arrival time that was counted under another rate: the amount that is still used
    /// of that rate counts against this one. So no edit gives anything back, and an edit that
    /// narrows the rate never allows more later.
    pub(super) fn taken_over(self, before: Rate, arrival: Arrival, now: Instant) -> Arrival {
        if before == self {
            return arrival;
        }
        let parts = |millis: u64| u128::from(millis) * u128::from(before.limit);
        let Arrival(millis, part) = arrival;
        let full = parts(before.per.millis());
        // The arrival time is at most `per` ahead, by a clock that may be slightly ahead. A time
        // further ahead came from a wrong clock.
        let ahead = millis.saturating_sub(now.millis().saturating_add(before.per.millis()));
        let present = now.millis() + if ahead > SKEW.millis() { 0 } else { ahead };
        let backlog = (parts(millis) + u128::from(part))
            .saturating_sub(parts(present))
            .min(full);
        // Each unit of cost is `per` units of time, under this rate as under the other. The
        // remainder is rounded up.
        let (old, new) = (u128::from(before.per.millis()), u128::from(self.per.millis()));
        let limit = u128::from(self.limit);
        let used = backlog / old * new + (backlog % old * new).div_ceil(old);
        let next = u128::from(present) * limit + used.min(new * limit);
        self.arrival(next)
    }

    /// The arrival time of a rate of which nothing is used.
    pub(super) fn unused(self, now: Instant) -> Arrival {
        Arrival(now.millis(), 0)
    }

    /// Whether an arrival time can be one of this rate.
    pub(super) fn counts(self, arrival: Arrival) -> bool {
        arrival.1 < self.limit
    }
}

/// Narrows milliseconds to 64 bits. This is exact for every cost that passes: its arrival time is
/// at most `per` after the present.
fn whole(millis: u128) -> u64 {
    u64::try_from(millis).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis as f64).unwrap()
    }

    fn rate(limit: u32, per: u64) -> Rate {
        Rate {
            limit,
            per: Lifetime::parse(&format!("{per}ms")).unwrap(),
        }
    }

    /// A leaky bucket: the other form of the algorithm in ITU-T I.371. It holds costs, and loses
    /// `limit` each `per`.
    struct Bucket {
        /// Costs times `per`, so that it is a whole number.
        level: i128,
        seen: Option<u64>,
    }

    impl Bucket {
        fn spend(&mut self, limit: u32, per: u64, cost: u32, now: u64) -> bool {
            let lost = self
                .seen
                .map_or(0, |seen| (i128::from(now) - i128::from(seen)) * i128::from(limit));
            let level = (self.level - lost).max(0) + i128::from(cost) * i128::from(per);
            let passes = level <= i128::from(limit) * i128::from(per);
            if passes {
                (self.level, self.seen) = (level, Some(now));
            }
            passes
        }
    }

    fn world() -> impl Strategy<Value = (u32, u64, Vec<(i64, u32)>)> {
        (1..12_u32, prop_oneof![1..40_u64, 1..5_000_u64]).prop_flat_map(|(limit, per)| {
            let step = prop_oneof![4 => 0..=4_i64, 3 => 0..=per as i64, 1 => -(per as i64)..=0];
            let cost = prop_oneof![4 => Just(1), 1 => 0..=limit + 1];
            (
                Just(limit),
                Just(per),
                proptest::collection::vec((step, cost), 1..120),
            )
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn it_decides_as_a_leaky_bucket_and_never_lets_more_through_than_it_says((limit, per, steps) in world()) {
            let rate = rate(limit, per);
            let (mut now, mut arrival) = (1_000_000_i64, None);
            let mut bucket = Bucket { level: 0, seen: None };
            let mut passed: Vec<(i64, u32)> = Vec::new();
            for (step, cost) in steps {
                now += step;
                let spent = rate.spend(arrival, cost, at(now as u64));
                prop_assert_eq!(spent.is_ok(), bucket.spend(limit, per, cost, now as u64), "{:?} at {}", passed, now);
                match spent {
                    Ok(next) => {
                        prop_assert!(rate.counts(next));
                        arrival = Some(next);
                        passed.push((now, cost));
                    }
                    Err(Exceeded::RateLimited { retry_after_ms: Some(wait) }) => {
                        prop_assert!(rate.spend(arrival, cost, at(now as u64 + wait)).is_ok(), "it may be tried again");
                        prop_assert!(rate.spend(arrival, cost, at(now as u64 + wait - 1)).is_err(), "and not sooner");
                    }
                    Err(exceeded) => {
                        prop_assert_eq!(exceeded, Exceeded::RateLimited { retry_after_ms: None });
                        prop_assert!(cost > limit);
                    }
                }
            }
            // Checks the guarantee for all intervals between two uses. If the clock went back, an
            // interval has a negative length.
            for first in 0..passed.len() {
                let mut total = 0;
                for (end, cost) in &passed[first..] {
                    total += i128::from(*cost);
                    let length = i128::from(end - passed[first].0);
                    prop_assert!(total * i128::from(per) <= i128::from(limit) * (i128::from(per) + length), "{:?}", passed);
                }
            }
        }
    }

    #[test]
    fn no_part_of_a_millisecond_is_lost() {
        // A third of a millisecond each: if it were rounded, a hundred thousand uses would be at
        // least 10 s off.
        let rate = rate(3_000, 1_000);
        let (mut arrival, mut now, mut passed) = (None, 0, 0_u64);
        while passed < 103_000 {
            match rate.spend(arrival, 1, at(now)) {
                Ok(next) => (arrival, passed) = (Some(next), passed + 1),
                Err(_) => now += 1,
            }
        }
        // 3,000 at once, then 3 each millisecond: 33,334 milliseconds for 100,000.
        assert_eq!(now, 33_334);
        assert_eq!(arrival, Some(Arrival(34_333, 1_000)));
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let rate = rate(MAX, 9_007_199_254_740_991);
        let end = at(9_007_199_254_740_991);
        let all = rate.spend(None, MAX, end).unwrap();
        assert!(rate.spend(Some(all), 1, end).is_err());
        assert!(
            rate.spend(Some(Arrival(u64::MAX, MAX - 1)), u32::MAX, at(0))
                .is_err()
        );
    }
}
