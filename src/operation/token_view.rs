//! The view of a token for its managers, with its usage.

use serde::Serialize;

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
    token: Token,
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
        let usage = usage.and_then(|text| Usage::parse(text).ok());
        TokenView {
            token: token.clone(),
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

fn addresses_of(usage: &Usage) -> Vec<AddressUse> {
    let seen = usage.from().iter().map(|(address, at)| AddressUse {
        address: *address,
        at: *at,
    });
    sorted_by(seen.collect(), |one, other| other.at.cmp(&one.at))
}
