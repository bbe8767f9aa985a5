use serde::Serialize;
use serde_json::{Map, Value};

/// The members that differ between two states of one thing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// What was there before and is not so any more.
    pub before: Map<String, Value>,
    /// What is there since.
    pub after: Map<String, Value>,
}

/// What differs between two states of a thing; none: it is not there. So making it differs in everything after, deleting it in everything
/// before. The states are what managers may see, without secrets and digests: a `Token`, an account, never a record.
#[must_use]
pub fn difference<T: Serialize>(before: Option<&T>, after: Option<&T>) -> Difference {
    let (mut before, mut after) = (members(before), members(after));
    before.retain(|name, value| match after.get(name) {
        Some(same) if same == value => {
            after.remove(name);
            false
        }
        _ => true,
    });
    Difference { before, after }
}

/// The members of a state. Ours are all structs.
fn members(state: Option<&impl Serialize>) -> Map<String, Value> {
    match state.map(serde_json::to_value) {
        Some(Ok(Value::Object(members))) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn told(before: &Value, after: &Value) -> Value {
        let state = |state: &Value| (!state.is_null()).then(|| state.clone());
        let Difference { before, after } = difference(state(before).as_ref(), state(after).as_ref());
        json!([before, after])
    }

    #[test]
    fn only_what_differs_is_told() {
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
            assert_eq!(told(&before, &after), differs, "{before} to {after}");
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
            let told = difference(Some(&before), Some(&after));
            let mut state = members(Some(&before));
            state.retain(|name, _| !told.before.contains_key(name));
            state.extend(told.after.clone());
            prop_assert_eq!(state, members(Some(&after)));
            prop_assert!(told.before.iter().all(|(name, value)| told.after.get(name) != Some(value)));
        }
    }
}
