//! Computes which members of a token or an account a change altered, for its audit entry, and
//! shortens them by hashes.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::codec::decode::decode;
use crate::codec::json::{Value, json};
use crate::value::credential::hex;

/// The longest member, in bytes of JSON, that an entry contains in full if not all of them fit.
const LONG: usize = 2_000;

/// The members that differ between two states of one thing, as objects with their members in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The members with their old values.
    pub before: Value,
    /// The members with their new values.
    pub after: Value,
}

impl Difference {
    /// Adds a number that is not a member of the states.
    pub(crate) fn tell(&mut self, name: &str, before: Option<u32>, after: Option<u32>) {
        for (state, number) in [(&mut self.before, before), (&mut self.after, after)] {
            if let (Value::Map(members), Some(number)) = (&mut *state, number) {
                members.push((name.to_owned(), Value::Number(number.into())));
                *state = state.canonical();
            }
        }
    }
}

/// The difference between two states of a thing; `None` if the thing does not exist in that state.
/// So a creation has all members in `after`, and a deletion all in `before`.
///
/// Pass the view of managers, which has no secrets and digests: a `Token` or an account, never a
/// record.
#[must_use]
pub fn difference<T: Serialize>(before: Option<&T>, after: Option<&T>) -> Difference {
    let [before, after] =
        [before, after].map(|state| state.map_or_else(Vec::new, |state| members(&json(state))));
    Difference {
        before: without(&before, &after),
        after: without(&after, &before),
    }
}

/// The members of a state. All states are structs, so their text parses as an object.
fn members(state: &str) -> Vec<(String, Value)> {
    match decode::<Value>(state).map(|state| state.canonical()) {
        Ok(Value::Map(members)) => members,
        _ => Vec::new(),
    }
}

/// The members that `other` lacks or has with another value.
fn without(members: &[(String, Value)], other: &[(String, Value)]) -> Value {
    let differing = members.iter().filter(|member| !other.contains(member));
    Value::Map(differing.cloned().collect())
}

/// The members of a state. Each long one is replaced by `{ sha256, bytes }` of its text.
pub(super) fn with_long_members_hashed(state: Value) -> Value {
    let Value::Map(members) = state else { return state };
    let short = members.into_iter().map(|(name, value)| {
        let text = json(&value);
        if text.len() <= LONG {
            return (name, value);
        }
        #[allow(clippy::cast_precision_loss)] // Far below 2^53.
        let bytes = Value::Number(text.len() as f64);
        let hash = Value::Text(hex(&Sha256::digest(&text)));
        (
            name,
            Value::Map(vec![("sha256".to_owned(), hash), ("bytes".to_owned(), bytes)]),
        )
    });
    Value::Map(short.collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::codec::json::json as text;

    fn as_json(before: &Json, after: &Json) -> Json {
        let state = |state: &Json| (!state.is_null()).then(|| state.clone());
        let Difference { before, after } = difference(state(before).as_ref(), state(after).as_ref());
        json!([before, after])
    }

    #[test]
    fn only_differences_are_recorded() {
        for (before, after, differs) in [
            (
                json!({ "a": 1, "b": 2 }),
                json!({ "a": 1, "b": 3 }),
                json!([{ "b": 2 }, { "b": 3 }]),
            ),
            (
                json!({ "a": 1 }),
                json!({ "a": 1, "c": [] }),
                json!([{}, { "c": [] }]),
            ),
            (
                json!({ "a": [1, 2] }),
                json!({ "a": [2, 1] }),
                json!([{ "a": [1, 2] }, { "a": [2, 1] }]),
            ),
            (
                json!({ "a": 1, "b": 2 }),
                json!({ "a": 1 }),
                json!([{ "b": 2 }, {}]),
            ),
            (json!(null), json!({ "a": 1 }), json!([{}, { "a": 1 }])),
            (json!({ "a": 1 }), json!(null), json!([{ "a": 1 }, {}])),
            (json!({ "a": 1 }), json!({ "a": 1 }), json!([{}, {}])),
        ] {
            assert_eq!(as_json(&before, &after), differs, "{before} to {after}");
        }
    }

    proptest! {
        #[test]
        fn a_difference_takes_one_state_to_the_other(
            before: BTreeMap<u8, u8>,
            kept in any::<BTreeMap<u8, bool>>(),
            added: BTreeMap<u8, u8>,
        ) {
            let mut after: BTreeMap<u8, u8> = before.clone();
            after.retain(|name, _| kept.get(name) != Some(&false));
            after.extend(added);
            let changed = difference(Some(&before), Some(&after));
            let [lost, gained] = [changed.before, changed.after].map(|side| match side {
                Value::Map(members) => members,
                other => panic!("{other:?}"),
            });
            let mut state = members(&text(&before));
            state.retain(|(name, _)| lost.iter().all(|(lost, _)| lost != name));
            state.extend(gained.clone());
            prop_assert_eq!(Value::Map(state).canonical(), Value::Map(members(&text(&after))));
            prop_assert!(lost.iter().all(|member| !gained.contains(member)));
        }
    }
}
