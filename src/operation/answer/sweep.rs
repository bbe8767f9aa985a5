//! The answer of a page of a sweep or of a purge.

use serde::Serialize;

use crate::value::credential::TokenId;

/// What one page did, or would do in a dry run.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sweep {
    /// The tokens that the page ended or deleted.
    pub(in crate::operation) ids: Vec<TokenId>,
    /// How many of the matching tokens were over already.
    pub(in crate::operation) already: usize,
    /// How many tokens the page looked at.
    pub(in crate::operation) scanned: usize,
    /// Matching tokens that the actor may not change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::operation) not_allowed: Vec<TokenId>,
    /// Tokens with damaged records. Verification refuses them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::operation) unreadable: Vec<TokenId>,
    /// The `after` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) next: Option<String>,
}
