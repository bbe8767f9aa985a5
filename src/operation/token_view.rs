//! A token as its managers see it, and what is known of its use.

use serde::Serialize;

use crate::codec::sort::sorted_by;
use crate::codec::sorted_map::SortedMap;
use crate::model::token::Token;
use crate::model::usage::Usage;
use crate::value::condition::Address;
use crate::value::permission::Permission;
use crate::value::time::Instant;

/// A token, and when it was used.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenView {
    #[serde(flatten)]
    token: Token,
    /// When it was last used, as far as uses were flushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Instant>,
    /// How often.
    #[serde(skip_serializing_if = "Option::is_none")]
    uses: Option<u64>,
    /// What for, where something of it was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    permission_use: Option<PermissionUse>,
    /// From where, the latest first, where the host wants that noted.
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
    /// From when on every use has told what it was for: a permission that has no time was not asked for since.
    since: Instant,
    last_used_at: SortedMap<Permission, Instant>,
}

impl TokenView {
    /// A token and what is stored of its use. A damaged use is told as none: no decision about a token's use rests on this answer.
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
