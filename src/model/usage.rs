//! The usage of a token: when, how often, for which permissions and from which addresses. Verifiers
//! collect it apart from the record, and a flush adds it up. A verification never writes it, so a
//! use can never undo a revocation.

use std::num::NonZeroU32;

use serde::Serialize;

use crate::codec::canonical::{Cursor, Schema, Shape, Spans, optional, required};
use crate::codec::decode::{Decode, DecodeError, decode};
use crate::codec::json::{MAX_SAFE_INTEGER, json};
use crate::codec::sorted_map::SortedMap;
use crate::value::condition::Address;
use crate::value::permission::Permission;
use crate::value::time::Instant;

/// The version of the stored form.
const FORM: u8 = 1;

/// The most permissions of one token with a time of their own. Uses of any others count only
/// towards `untold_at`.
const MAX_ASKED: usize = 100;

/// The most addresses that are kept, the latest ones.
const MAX_ADDRESSES: usize = 5;

/// The value of `usage/<id>`: `{"v":1,"lastUsedAt":7,"uses":2,"asked":{"s:a":7},"untoldAt":5}`.
/// Times are milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    #[serde(rename = "v")]
    form: u8,
    last_used_at: Instant,
    uses: u64,
    /// When each permission was last required, as far as the uses reported it.
    #[serde(skip_serializing_if = "SortedMap::is_empty")]
    asked: SortedMap<Permission, Instant>,
    /// Beside `asked`: the last use that did not report its permissions. It is absent if no use
    /// ever reported any: then [`Usage::untold_at`] returns the last use.
    #[serde(skip_serializing_if = "Option::is_none")]
    untold_at: Option<Instant>,
    /// When the token was last used from each address, if the host records addresses.
    #[serde(skip_serializing_if = "SortedMap::is_empty")]
    from: SortedMap<Address, Instant>,
}

/// The parts of a stored usage, each with the number of its place among the spans.
#[derive(Clone, Copy)]
enum Part {
    LastUsedAt,
    Uses,
    Asked,
    UntoldAt,
    From,
}

impl Part {
    const COUNT: usize = 5;
}

const INSTANT: Shape = Shape::Whole(0, MAX_SAFE_INTEGER);

/// The members of a stored usage.
const SCHEMA: &Schema = &[
    required("v", Shape::Whole(1, 1)),
    required("lastUsedAt", INSTANT).noted(Part::LastUsedAt as usize),
    required("uses", Shape::Whole(1, MAX_SAFE_INTEGER)).noted(Part::Uses as usize),
    optional("asked", Shape::Map(Permission::is, &INSTANT)).noted(Part::Asked as usize),
    optional("untoldAt", INSTANT).noted(Part::UntoldAt as usize),
    optional("from", Shape::Map(Address::is, &INSTANT)).noted(Part::From as usize),
];

impl Usage {
    /// Some uses, the last of them at an instant, without their permissions.
    #[must_use]
    pub fn new(last_used_at: Instant, uses: NonZeroU32) -> Usage {
        Usage {
            form: FORM,
            last_used_at,
            uses: uses.get().into(),
            asked: SortedMap::default(),
            untold_at: None,
            from: SortedMap::default(),
        }
    }

    /// The same uses with the permissions that they required. `untold`: some of them did not report
    /// their permissions.
    #[must_use]
    pub fn asking(self, permissions: impl Iterator<Item = Permission>, untold: bool) -> Usage {
        let at = self.last_used_at;
        Usage {
            asked: permissions.map(|permission| (permission, at)).collect(),
            untold_at: untold.then_some(at),
            ..self
        }
        .bounded()
    }

    /// The same uses with the addresses that they came from.
    #[must_use]
    pub fn coming_from(mut self, addresses: impl Iterator<Item = (Address, Instant)>) -> Usage {
        for (address, at) in addresses {
            note_later(&mut self.from, address, at.min(self.last_used_at));
        }
        self.bounded()
    }

    /// Parses a stored text.
    ///
    /// # Errors
    /// When the text is not exactly what [`Usage::to_text`] writes.
    pub fn parse(text: &str) -> Result<Usage, DecodeError> {
        let spans = Usage::read(text)?;
        let instant = |part: Part| spans.whole(text, part as usize).map(Instant::of_stored);
        Ok(Usage {
            form: FORM,
            last_used_at: instant(Part::LastUsedAt).ok_or(DecodeError)?,
            uses: spans.whole(text, Part::Uses as usize).ok_or(DecodeError)?,
            asked: decoded_or_empty(spans.raw(text, Part::Asked as usize))?,
            untold_at: instant(Part::UntoldAt),
            from: decoded_or_empty(spans.raw(text, Part::From as usize))?,
        })
    }

    /// When the token of a stored usage was last used.
    ///
    /// # Errors
    /// As [`Usage::parse`].
    pub(crate) fn last_use_in(text: &str) -> Result<Instant, DecodeError> {
        let last = Usage::read(text)?.whole(text, Part::LastUsedAt as usize);
        last.map(Instant::of_stored).ok_or(DecodeError)
    }

    /// Finds the parts of a stored text, and checks how they fit together.
    fn read(text: &str) -> Result<Spans<{ Part::COUNT }>, DecodeError> {
        let spans = Spans::read(text, SCHEMA)?;
        let last = spans.whole(text, Part::LastUsedAt as usize);
        let times = |part: Part, most: usize| {
            let mut count = 0;
            for (_, at) in spans.entries(text, part as usize) {
                count += 1;
                if Cursor::new(at).whole() > last {
                    return None;
                }
            }
            (count <= most).then_some(count)
        };
        let untold_at = spans.whole(text, Part::UntoldAt as usize);
        let is_sound = times(Part::From, MAX_ADDRESSES).is_some()
            && times(Part::Asked, MAX_ASKED).is_some_and(|asked| asked > 0 || untold_at.is_none())
            && untold_at <= last;
        is_sound.then_some(spans).ok_or(DecodeError)
    }

    /// The sum of both: the later of the times, and the sum of the uses, at most the largest
    /// integer that JavaScript holds exactly. The order of merging does not change the result.
    #[must_use]
    pub fn merge(&self, other: &Usage) -> Usage {
        Usage {
            form: FORM,
            last_used_at: self.last_used_at.max(other.last_used_at),
            uses: self.uses.saturating_add(other.uses).min(MAX_SAFE_INTEGER),
            asked: later_of_each(&self.asked, &other.asked),
            untold_at: self.untold_at().max(other.untold_at()),
            from: later_of_each(&self.from, &other.from),
        }
        .bounded()
    }

    /// Keeps the first permissions in the order of their names; the times of the dropped ones go
    /// into `untold_at`. Keeps the latest addresses.
    fn bounded(mut self) -> Usage {
        let dropped = self.asked.iter().skip(MAX_ASKED).map(|(_, at)| *at).max();
        self.untold_at = self.untold_at.max(dropped);
        let mut left = MAX_ASKED;
        self.asked.retain(|_, _| {
            let kept = left > 0;
            left = left.saturating_sub(1);
            kept
        });
        if self.asked.is_empty() {
            self.untold_at = None;
        }
        while self.from.len() > MAX_ADDRESSES {
            let oldest = self.from.iter().map(|(address, at)| (*at, *address)).min();
            self.from.retain(|address, at| Some((*at, *address)) != oldest);
        }
        self
    }

    /// When the token was last used.
    #[must_use]
    pub fn last_used_at(&self) -> Instant {
        self.last_used_at
    }

    /// How often it was used, as far as it was flushed.
    #[must_use]
    pub fn uses(&self) -> u64 {
        self.uses
    }

    /// When each permission was last required.
    #[must_use]
    pub fn asked(&self) -> &SortedMap<Permission, Instant> {
        &self.asked
    }

    /// The last use whose permissions are unknown. Up to then, any permission may have been used
    /// without a time in `asked`.
    #[must_use]
    pub fn untold_at(&self) -> Option<Instant> {
        if self.asked.is_empty() {
            return Some(self.last_used_at);
        }
        self.untold_at
    }

    /// When the token was last used from each of the kept addresses.
    #[must_use]
    pub fn from(&self) -> &SortedMap<Address, Instant> {
        &self.from
    }

    /// The stored text.
    #[must_use]
    pub fn to_text(&self) -> String {
        json(self)
    }
}

fn decoded_or_empty<T: Decode + Default>(text: Option<&str>) -> Result<T, DecodeError> {
    text.map_or(Ok(T::default()), decode)
}

/// The keys of both maps, each with the later time.
fn later_of_each<K: Ord + Clone>(
    one: &SortedMap<K, Instant>,
    other: &SortedMap<K, Instant>,
) -> SortedMap<K, Instant> {
    let mut both = one.clone();
    for (key, at) in other {
        note_later(&mut both, key.clone(), *at);
    }
    both
}

/// Sets the time of a key, unless a later one is known.
fn note_later<K: Ord>(times: &mut SortedMap<K, Instant>, key: K, at: Instant) {
    let later = times.get(&key).map_or(at, |known| at.max(*known));
    times.insert(key, later);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The strategy uses more names than one usage keeps, so that merging has to drop some.
    fn permission(number: usize) -> Permission {
        Permission::parse(&format!("s:p{number:03}")).unwrap()
    }

    fn address(number: usize) -> Address {
        Address::parse(&format!("192.0.2.{number}")).unwrap()
    }

    fn usages() -> impl Strategy<Value = Usage> {
        let instants =
            || (0..=MAX_SAFE_INTEGER).prop_map(|millis| Instant::from_millis(millis as f64).unwrap());
        let uses = prop_oneof![1..=100u64, MAX_SAFE_INTEGER - 50..=MAX_SAFE_INTEGER];
        let asked = proptest::collection::vec((0..3 * MAX_ASKED / 2, instants()), 0..MAX_ASKED);
        let optional = || proptest::option::of(instants());
        // Few distinct times, so that some are equal.
        let from = proptest::collection::vec((0..8usize, 0..4u64), 0..MAX_ADDRESSES);
        (instants(), uses, asked, optional(), from).prop_map(|(used, uses, asked, untold, from)| {
            let asked: SortedMap<Permission, Instant> = asked
                .into_iter()
                .map(|(number, at)| (permission(number), at.min(used)))
                .collect();
            Usage {
                form: FORM,
                last_used_at: used,
                uses,
                untold_at: untold.filter(|_| !asked.is_empty()).map(|at| at.min(used)),
                asked,
                from: from
                    .into_iter()
                    .map(|(number, at)| {
                        (
                            address(number),
                            Instant::from_millis(at as f64).unwrap().min(used),
                        )
                    })
                    .collect(),
            }
        })
    }

    proptest! {
        #[test]
        fn text_round_trips(usage in usages()) {
            prop_assert_eq!(Usage::parse(&usage.to_text()), Ok(usage));
        }

        #[test]
        fn any_order_of_merging_comes_to_the_same(one in usages(), other in usages(), third in usages()) {
            let all = one.merge(&other).merge(&third);
            prop_assert_eq!(&third.merge(&other).merge(&one), &all);
            prop_assert_eq!(&one.merge(&other.merge(&third)), &all);
            prop_assert_eq!(Usage::parse(&all.to_text()), Ok(all.clone()));
            for part in [&one, &other, &third] {
                prop_assert!(all.last_used_at >= part.last_used_at && all.uses >= part.uses);
                prop_assert!(all.untold_at() >= part.untold_at());
                // The time of each use of a permission is kept, or covered by the time of unknown
                // uses.
                for (permission, at) in part.asked() {
                    prop_assert!(all.asked().get(permission).copied().max(all.untold_at()) >= Some(*at));
                }
            }
            prop_assert!(all.asked().len() <= MAX_ASKED);
            // The latest addresses, each with its latest time.
            let mut times: Vec<(Instant, Address)> = (0..8)
                .map(address)
                .filter_map(|address| {
                    let at = [&one, &other, &third].iter().filter_map(|part| part.from().get(&address)).max()?;
                    Some((*at, address))
                })
                .collect();
            times.sort();
            let latest = times.iter().rev().take(MAX_ADDRESSES).map(|(at, address)| (*address, *at));
            prop_assert_eq!(all.from(), &latest.collect::<SortedMap<_, _>>());
            prop_assert_eq!(u128::from(all.uses), [one, other, third].iter().map(|part| u128::from(part.uses)).sum::<u128>().min(u128::from(MAX_SAFE_INTEGER)));
        }
    }

    #[test]
    fn uses_begin_with_what_one_verifier_saw() {
        let at = Instant::from_millis(7.0).unwrap();
        let uses = NonZeroU32::new(3).unwrap();
        assert_eq!(
            Usage::new(at, uses).to_text(),
            r#"{"v":1,"lastUsedAt":7,"uses":3}"#
        );
    }

    #[test]
    fn what_uses_asked_for_is_told_with_its_time() {
        let usage = |at: f64| Usage::new(Instant::from_millis(at).unwrap(), NonZeroU32::MIN);
        let asking = |at: f64, numbers: &[usize], untold| {
            usage(at).asking(numbers.iter().map(|number| permission(*number)), untold)
        };
        let cases = [
            // Uses without permissions keep the original form.
            (asking(7.0, &[], true), r#"{"v":1,"lastUsedAt":7,"uses":1}"#),
            (
                asking(7.0, &[2, 1], false),
                r#"{"v":1,"lastUsedAt":7,"uses":1,"asked":{"s:p001":7,"s:p002":7}}"#,
            ),
            (
                asking(7.0, &[1], true),
                r#"{"v":1,"lastUsedAt":7,"uses":1,"asked":{"s:p001":7},"untoldAt":7}"#,
            ),
            // A usage stored without permissions counts as one that did not report them.
            (
                usage(5.0).merge(&asking(7.0, &[1], false)),
                r#"{"v":1,"lastUsedAt":7,"uses":2,"asked":{"s:p001":7},"untoldAt":5}"#,
            ),
            (
                asking(9.0, &[1], false).merge(&asking(7.0, &[1, 2], false)),
                r#"{"v":1,"lastUsedAt":9,"uses":2,"asked":{"s:p001":9,"s:p002":7}}"#,
            ),
        ];
        for (usage, text) in cases {
            assert_eq!(usage.to_text(), text);
            assert_eq!(Usage::parse(text), Ok(usage));
        }
        assert_eq!(usage(7.0).untold_at(), Instant::from_millis(7.0).ok());
        assert_eq!(asking(7.0, &[1], false).untold_at(), None);
    }

    #[test]
    fn the_latest_addresses_are_told() {
        let instant = |at: f64| Instant::from_millis(at).unwrap();
        let usage = |at: f64, from: &[(&str, f64)]| {
            let from = from
                .iter()
                .map(|(text, at)| (Address::parse(text).unwrap(), instant(*at)));
            Usage::new(instant(at), NonZeroU32::MIN).coming_from(from)
        };
        let cases = [
            (usage(7.0, &[]), r#"{"v":1,"lastUsedAt":7,"uses":1}"#),
            (
                usage(7.0, &[("2001:DB8:0::1", 7.0), ("192.0.2.7", 5.0)]),
                r#"{"v":1,"lastUsedAt":7,"uses":1,"from":{"192.0.2.7":5,"2001:db8::1":7}}"#,
            ),
            // Two forms of one address are the same address.
            (
                usage(7.0, &[("::ffff:192.0.2.7", 6.0), ("192.0.2.7", 5.0)]),
                r#"{"v":1,"lastUsedAt":7,"uses":1,"from":{"192.0.2.7":6}}"#,
            ),
            // A time after the last use is set back to it.
            (
                usage(7.0, &[("192.0.2.7", 9.0)]),
                r#"{"v":1,"lastUsedAt":7,"uses":1,"from":{"192.0.2.7":7}}"#,
            ),
        ];
        for (usage, text) in cases {
            assert_eq!(usage.to_text(), text);
            assert_eq!(Usage::parse(text), Ok(usage));
        }
        let from = [
            (1, 9.0),
            (2, 4.0),
            (3, 8.0),
            (4, 3.0),
            (5, 7.0),
            (6, 6.0),
            (7, 5.0),
        ];
        let from = from.map(|(number, at)| (address(number), instant(at)));
        let usage = Usage::new(instant(9.0), NonZeroU32::MIN).coming_from(from.into_iter());
        let latest: Vec<_> = [1, 3, 5, 6, 7].map(address).into();
        assert_eq!(
            usage
                .from()
                .iter()
                .map(|(address, _)| *address)
                .collect::<Vec<_>>(),
            latest
        );
    }

    #[test]
    fn what_is_no_usage() {
        for text in [
            "",
            "null",
            "{}",
            r#"{"v":2,"lastUsedAt":7,"uses":3}"#,
            r#"{"v":1,"lastUsedAt":7}"#,
            r#"{"v":1,"uses":3}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":0}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":-1}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":1.5}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":9007199254740992}"#,
            r#"{"v":1,"lastUsedAt":9007199254740992,"uses":3}"#,
            r#"{"v":1,"lastUsedAt":"7","uses":3}"#,
            r#"{"v":1,"lastUsedAt":null,"uses":3}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":3,"successorUsedAt":null}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":3,"successorUsedAt":8}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":3,"more":1}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":3,"uses":3}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":3} "#,
            r#"{"v":1,"lastUsedAt":7,"uses":3,"asked":{}}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":3,"asked":{"s:b":7,"s:a":7}}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":3,"asked":{"s:a":8}}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":3,"asked":{"s:*":7}}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":3,"asked":["s:a"]}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":3,"untoldAt":7}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":3,"asked":{"s:a":7},"untoldAt":8}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":3,"from":{}}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":3,"from":{"192.0.2.7":8}}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":3,"from":{"192.0.2.07":7}}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":3,"from":{"::ffff:192.0.2.7":7}}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":3,"from":{"192.0.2.7":7},"asked":{"s:a":7}}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":3,"from":["192.0.2.7"]}"#,
            r#"{"v":1,"lastUsedAt":7,"uses":3,"from":{"::1":1,"::2":1,"::3":1,"::4":1,"::5":1,"::6":1}}"#,
        ] {
            assert_eq!(Usage::parse(text), Err(DecodeError), "{text}");
        }
    }
}
