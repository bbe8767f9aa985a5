//! Counts a use against the limits of a token and of all its parents: all of them, or none.

use super::code::Code;
use super::dependencies::ResolvedToken;
use crate::model::verifiable_token::VerifiableToken;
use crate::value::credential::TokenId;
use crate::value::limit::{Exceeded, Limits};
use crate::value::time::Instant;

/// The result of counting a use.
#[derive(Debug, Default)]
pub struct Spent {
    /// The least credits that are left; `None` if no limit has credits.
    pub remaining: Option<u32>,
    /// The code that refuses the use.
    pub refused: Option<Code>,
    /// At a reached limit: seconds until a request may pass again.
    pub retry_after: Option<u64>,
    /// The new counters, in the order of [`limited`]; none if nothing is counted.
    pub texts: Vec<String>,
}

/// The limits of a token and of its parents, nearest first.
fn limits(resolved: &ResolvedToken) -> impl Iterator<Item = (&VerifiableToken, &Limits)> {
    let all = std::iter::once(&resolved.token).chain(&resolved.parents);
    all.filter_map(|token| Some((token, token.limits.as_ref()?)))
}

/// The ids of those of a token and its parents that have limits, nearest first.
#[must_use]
pub fn limited(resolved: &ResolvedToken) -> Vec<TokenId> {
    limits(resolved).map(|(token, _)| token.id).collect()
}

/// Counts a use of `cost`. `counters` are the stored counters of [`limited`].
#[must_use]
pub fn spend(resolved: &ResolvedToken, counters: &[Option<&str>], cost: u32, now: Instant) -> Spent {
    let mut spent = Spent::default();
    for ((_, limits), stored) in limits(resolved).zip(counters.iter().copied()) {
        let counted = match cost {
            0 => limits.left(stored, now).map(|remaining| (remaining, None)),
            _ => limits
                .spend(stored, cost, now)
                .map(|spent| (spent.remaining, Some(spent.text))),
        };
        match counted {
            Ok((remaining, text)) => {
                spent.remaining = spent.remaining.into_iter().chain(remaining).min();
                spent.texts.extend(text);
            }
            Err(exceeded) => {
                let (code, retry_after_ms) = match exceeded {
                    Exceeded::RateLimited { retry_after_ms } => (Code::RateLimited, retry_after_ms),
                    Exceeded::UsageExceeded { retry_after_ms } => (Code::UsageExceeded, retry_after_ms),
                    Exceeded::Damaged => (Code::StoreUnavailable, None),
                };
                return Spent {
                    refused: Some(code),
                    retry_after: retry_after_ms.map(|millis| millis.div_ceil(1_000)),
                    ..Spent::default()
                };
            }
        }
    }
    spent
}
