//! The uses of tokens that a verifier has seen, until they are flushed.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value as Json;

use crate::value::credential::TokenId;
use crate::value::time::Instant;
use crate::verify::code::Code;
use crate::verify::verdict::VerifiedToken;

/// The most tokens whose uses are kept. A host that never flushes loses those of further ones.
const MAX_TOKENS: usize = 100_000;

/// The most tokens of one flush.
pub(super) const PAGE: usize = 20;

/// The uses of one token, as `flush` takes them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Use {
    id: TokenId,
    first_at: Instant,
    at: Instant,
    uses: u32,
    /// The revision of the rotation whose new secret was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    successor: Option<u64>,
    /// Whether a secret was used that an earlier rotation had ended.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reused: bool,
    /// The revision of the rotation whose old secret was used after its grace.
    #[serde(skip_serializing_if = "Option::is_none")]
    grace_over: Option<u64>,
}

/// The uses by token.
#[derive(Debug, Default)]
pub(super) struct Uses(HashMap<TokenId, Use>);

impl Uses {
    /// Notes what a verdict tells: a use, or that of a rotated-out secret.
    pub(super) fn note(&mut self, code: Code, token: &VerifiedToken, at: Instant) {
        let id = token.id;
        if !self.0.contains_key(&id) && self.0.len() >= MAX_TOKENS {
            return;
        }
        let used = self.0.entry(id).or_insert(Use {
            id,
            first_at: at,
            at,
            uses: 0,
            successor: None,
            reused: false,
            grace_over: None,
        });
        used.at = used.at.max(at);
        match code {
            Code::RotatedOut => match token.rotation {
                Some(rotation) => used.grace_over = used.grace_over.max(Some(rotation)),
                None => used.reused = true,
            },
            _ => {
                used.uses = used.uses.saturating_add(1);
                if token.successor {
                    used.successor = used.successor.max(token.rotation);
                }
            }
        }
    }

    /// Takes the uses of at most [`PAGE`] tokens, in the order of their first use.
    pub(super) fn take_page(&mut self) -> Vec<Json> {
        let mut order: Vec<(Instant, TokenId)> =
            self.0.values().map(|used| (used.first_at, used.id)).collect();
        order.sort_by_key(|(at, id)| (at.millis(), id.as_str().to_owned()));
        let page = order.iter().take(PAGE).filter_map(|(_, id)| self.0.remove(id));
        page.filter_map(|used| serde_json::to_value(used).ok()).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
