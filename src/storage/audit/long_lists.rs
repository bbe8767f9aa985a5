//! What an audit entry tells of long lists of permissions: how many ids, and a hash over them. Of a
//! change it names the ids that were added and removed, if they are few.

use sha2::{Digest as _, Sha256};

use super::difference::{Difference, difference};
use crate::codec::json::{Value, json};
use crate::codec::sort::sorted_by;
use crate::model::account::Account;
use crate::model::id_list::{IdList, LONG};
use crate::model::token::Token;
use crate::value::credential::hex;

/// The difference between two states of a token, with its long lists shortened.
#[must_use]
pub fn token_difference(before: Option<&Token>, after: Option<&Token>) -> Difference {
    let [mut before, mut after] = [before, after].map(Option::<&Token>::cloned);
    if let (Some(before), Some(after)) = (&mut before, &mut after) {
        drop_if_equal(&mut before.permissions, &mut after.permissions);
        drop_if_equal(&mut before.added, &mut after.added);
        drop_if_equal(&mut before.removed, &mut after.removed);
    }
    let [before, after] = [before, after].map(|state| state.as_ref().map(Token::written_out));
    shortened(difference(before.as_ref(), after.as_ref()))
}

/// The difference between two states of an account, with its long lists shortened.
#[must_use]
pub fn account_difference(before: Option<&Account>, after: Option<&Account>) -> Difference {
    let [before, after] = [before, after].map(|state| state.map(Account::written_out));
    shortened(difference(before.as_ref(), after.as_ref()))
}

/// Empties two equal lists: a difference does not tell them, and to write them out takes long.
fn drop_if_equal<T: AsRef<str>>(before: &mut IdList<T>, after: &mut IdList<T>) {
    if before.len() >= LONG && before == after {
        *before = IdList::listed(Vec::new());
        *after = IdList::listed(Vec::new());
    }
}

fn shortened(changed: Difference) -> Difference {
    let Difference { before, after } = changed;
    let after = with_short_members(after, &before);
    Difference {
        before: with_short_members(before, &Value::Null),
        after,
    }
}

/// The members of a state, each compared with its value in the state before.
fn with_short_members(state: Value, before: &Value) -> Value {
    let Value::Map(members) = state else { return state };
    let shorter = members.into_iter().map(|(name, value)| {
        let value = shorter(value, member(before, &name));
        (name, value)
    });
    Value::Map(shorter.collect())
}

fn shorter(value: Value, before: Option<&Value>) -> Value {
    match value {
        Value::List(items) => match ids(&items) {
            Some(ids) if ids.len() >= LONG => summary(&ids, before),
            _ => Value::List(items.into_iter().map(|item| shorter(item, None)).collect()),
        },
        Value::Map(_) => with_short_members(value, &Value::Null),
        other => other,
    }
}

/// `{ added?, count, removed?, sha256 }` of a list. The hash is over its JSON text.
fn summary(list: &[&str], before: Option<&Value>) -> Value {
    let mut members = Vec::new();
    let (mut added, mut removed) = (None, None);
    if let Some(Value::List(before)) = before
        && let Some(before) = ids(before)
    {
        added = few_beyond(list, &before);
        removed = few_beyond(&before, list);
    }
    #[allow(clippy::cast_precision_loss)] // Far below 2^53.
    let count = Value::Number(list.len() as f64);
    let sha256 = Value::Text(hex(&Sha256::digest(json(&list))));
    members.extend(added.map(|ids| ("added".to_owned(), ids)));
    members.push(("count".to_owned(), count));
    members.extend(removed.map(|ids| ("removed".to_owned(), ids)));
    members.push(("sha256".to_owned(), sha256));
    Value::Map(members)
}

/// The ids of a list that are not in another, if they are few.
fn few_beyond(list: &[&str], other: &[&str]) -> Option<Value> {
    let other = sorted_by(other.to_vec(), |one, next| one.cmp(next));
    let beyond = list.iter().filter(|id| other.binary_search(id).is_err());
    let beyond: Vec<Value> = beyond
        .take(LONG)
        .map(|id| Value::Text((*id).to_owned()))
        .collect();
    (beyond.len() < LONG).then_some(Value::List(beyond))
}

/// The items of a list of strings.
fn ids(items: &[Value]) -> Option<Vec<&str>> {
    let texts = items.iter().map(|item| match item {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

fn member<'v>(state: &'v Value, name: &str) -> Option<&'v Value> {
    let Value::Map(members) = state else { return None };
    let found = members.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value)
}
