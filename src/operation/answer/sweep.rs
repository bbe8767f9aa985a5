//! What a page of a sweep, or of a purge, answers.

use serde::Serialize;

use crate::value::credential::TokenId;

/// What one page did, or in a dry run would do.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sweep {
    /// The tokens.
    pub(in crate::operation) ids: Vec<TokenId>,
    /// How many of those that were meant are over already.
    pub(in crate::operation) already: usize,
    /// How many the page looked at.
    pub(in crate::operation) scanned: usize,
    /// Tokens that were meant, and that the actor may not change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::operation) not_allowed: Vec<TokenId>,
    /// Tokens whose records are damaged. Verification refuses them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::operation) unreadable: Vec<TokenId>,
    /// Where the next page begins: the `after` of the next call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) next: Option<String>,
}
