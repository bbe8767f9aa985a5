//! When and how often a token was used. It is collected apart from the record, by whoever verifies, and added up by a flush; a
//! verification never writes it, so that a use can never undo a revocation.

use std::num::NonZeroU32;

use serde::Serialize;

use crate::json::json;
use crate::record::Damaged;
use crate::stored::{Fields, restore};
use crate::time::{Instant, LARGEST_EXACT};

/// The version of the stored form.
const FORM: u8 = 1;

/// What `usage/<id>` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    #[serde(rename = "v")]
    form: u8,
    last_used_at: Instant,
    uses: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    successor_used_at: Option<Instant>,
}

impl Usage {
    /// Some uses, the last of them at an instant, by the new secret of a rotation that is not confirmed or by the token's own.
    #[must_use]
    pub fn new(last_used_at: Instant, uses: NonZeroU32, successor: bool) -> Usage {
        Usage {
            form: FORM,
            last_used_at,
            uses: uses.get().into(),
            successor_used_at: successor.then_some(last_used_at),
        }
    }

    /// Parses what was stored.
    ///
    /// # Errors
    /// When it is not exactly what [`Usage::to_text`] writes.
    pub fn parse(text: &str) -> Result<Usage, Damaged> {
        let mut fields = Fields::of_form(restore(text)?, FORM)?;
        let usage = Usage {
            form: FORM,
            last_used_at: fields.take("lastUsedAt")?,
            uses: fields.take("uses")?,
            successor_used_at: fields.take_any("successorUsedAt")?,
        };
        let sound = (1..=LARGEST_EXACT).contains(&usage.uses)
            && usage.successor_used_at <= Some(usage.last_used_at)
            && usage.to_text() == text;
        sound.then_some(usage).ok_or(Damaged)
    }

    /// Both together: the later of the times, and the sum of the uses, which stays at the largest number that JavaScript holds exactly.
    /// Any order of merging comes to the same.
    #[must_use]
    pub fn merge(&self, other: &Usage) -> Usage {
        Usage {
            form: FORM,
            last_used_at: self.last_used_at.max(other.last_used_at),
            uses: self.uses.saturating_add(other.uses).min(LARGEST_EXACT),
            successor_used_at: self.successor_used_at.max(other.successor_used_at),
        }
    }

    /// When the token was last used.
    #[must_use]
    pub fn last_used_at(&self) -> Instant {
        self.last_used_at
    }

    /// How often it was used, as far as was flushed.
    #[must_use]
    pub fn uses(&self) -> u64 {
        self.uses
    }

    /// When the new secret of a rotation was last used.
    #[must_use]
    pub fn successor_used_at(&self) -> Option<Instant> {
        self.successor_used_at
    }

    /// The stored text.
    #[must_use]
    pub fn to_text(&self) -> String {
        json(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn usages() -> impl Strategy<Value = Usage> {
        let instants = || (0..=LARGEST_EXACT).prop_map(|millis| Instant::from_millis(millis as f64).unwrap());
        let uses = prop_oneof![1..=100u64, LARGEST_EXACT - 50..=LARGEST_EXACT];
        (instants(), uses, proptest::option::of(instants())).prop_map(|(used, uses, successor)| Usage {
            form: FORM,
            last_used_at: used,
            uses,
            successor_used_at: successor.map(|at| at.min(used)),
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
                prop_assert!(all.successor_used_at >= part.successor_used_at);
            }
            prop_assert_eq!(u128::from(all.uses), [one, other, third].iter().map(|part| u128::from(part.uses)).sum::<u128>().min(u128::from(LARGEST_EXACT)));
        }
    }

    #[test]
    fn uses_begin_with_what_one_verifier_saw() {
        let at = Instant::from_millis(7.0).unwrap();
        let uses = NonZeroU32::new(3).unwrap();
        assert_eq!(
            Usage::new(at, uses, false).to_text(),
            r#"{"v":1,"lastUsedAt":7,"uses":3}"#
        );
        assert_eq!(
            Usage::new(at, uses, true).to_text(),
            r#"{"v":1,"lastUsedAt":7,"uses":3,"successorUsedAt":7}"#
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
        ] {
            assert_eq!(Usage::parse(text), Err(Damaged), "{text}");
        }
    }
}
