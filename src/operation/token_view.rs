//! The view of a token for its managers, with its usage.

use serde::Serialize;

use crate::codec::decode::decode;
use crate::codec::json::{Value, json};
use crate::codec::sort::sorted_by;
use crate::codec::sorted_map::SortedMap;
use crate::model::token::Token;
use crate::model::usage::Usage;
use crate::value::condition::Address;
use crate::value::permission::Permission;
use crate::value::time::Instant;

/// A token with its usage.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenView {
    #[serde(flatten)]
    token: Shown,
    /// In a list: the number of permissions.
    #[serde(skip_serializing_if = "Option::is_none")]
    permission_count: Option<usize>,
    /// When the token was last used, as of the flushed uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Instant>,
    /// How often it was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    uses: Option<u64>,
    /// When its permissions were last asked for, if the purpose of any use is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    permission_use: Option<PermissionUse>,
    /// The last uses by address, latest first, if the host records addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    last_used_from: Vec<AddressUse>,
}

/// The members of a token.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Shown {
    /// All of them.
    Whole(Box<Token>),
    /// Without those that are long lists.
    Brief(Value),
}

/// When a token was last used from an address.
#[derive(Debug, Serialize)]
struct AddressUse {
    address: Address,
    at: Instant,
}

/// When permissions were last asked for.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PermissionUse {
    /// Since when the purpose of every use is known. A permission without a time was not used
    /// since.
    since: Instant,
    last_used_at: SortedMap<Permission, Instant>,
}

impl TokenView {
    /// Combines a token with its stored usage. Damaged usage is shown as none: no decision depends
    /// on this answer.
    pub(super) fn new(token: &Token, usage: Option<&str>) -> TokenView {
        let shown = Shown::Whole(Box::new(token.written_out()));
        TokenView::of(shown, token, usage)
    }

    /// As [`TokenView::new`], for a list: with the number of permissions, and without the lists
    /// that are long.
    pub(super) fn brief(token: &Token, usage: Option<&str>) -> TokenView {
        TokenView {
            permission_count: Some(token.permissions.len()),
            ..TokenView::of(brief(token), token, usage)
        }
    }

    fn of(shown: Shown, token: &Token, usage: Option<&str>) -> TokenView {
        let usage = usage.and_then(|text| Usage::parse(text).ok());
        TokenView {
            token: shown,
            permission_count: None,
            last_used_at: usage.as_ref().map(Usage::last_used_at),
            uses: usage.as_ref().map(Usage::uses),
            last_used_from: usage.as_ref().map_or_else(Vec::new, addresses_of),
            permission_use: usage
                .filter(|usage| !usage.asked().is_empty())
                .map(|usage| PermissionUse {
                    since: usage
                        .untold_at()
                        .map_or(token.created_at, |at| at.max(token.created_at)),
                    last_used_at: usage.asked().clone(),
                }),
        }
    }
}

/// The members of a token without the lists that are stored by vocabularies: their text is an
/// object.
fn brief(token: &Token) -> Shown {
    if token.vocabularies().next().is_none() {
        return Shown::Whole(Box::new(token.clone()));
    }
    let Ok(Value::Map(mut members)) = decode(&json(token)) else {
        return Shown::Brief(Value::Null);
    };
    let lists = ["permissions", "added", "removed"];
    members.retain(|(name, value)| !(lists.contains(&name.as_str()) && matches!(value, Value::Map(_))));
    Shown::Brief(Value::Map(members))
}

fn addresses_of(usage: &Usage) -> Vec<AddressUse> {
    let seen = usage.from().iter().map(|(address, at)| AddressUse {
        address: *address,
        at: *at,
    });
    sorted_by(seen.collect(), |one, other| other.at.cmp(&one.at))
}
