//! The answer of `list`.

use serde::Serialize;

use crate::operation::token_view::TokenView;
use crate::value::credential::TokenId;

/// A page of a list.
#[derive(Debug, Default, Serialize)]
pub struct Page {
    pub(in crate::operation) items: Vec<TokenView>,
    /// The `after` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) next: Option<TokenId>,
    /// Tokens with damaged records, so that a list does not hide them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::operation) unreadable: Vec<TokenId>,
}
