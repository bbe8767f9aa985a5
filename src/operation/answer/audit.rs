//! What `audit` and `verifyAudit` answer.

use serde::Serialize;

use crate::storage::audit::{Entry, Position, Problem};

/// A page of a trail.
#[derive(Debug, Default, Serialize)]
pub struct AuditPage {
    pub(in crate::operation) items: Vec<Entry>,
    /// Where the next page begins: the `after` of the next call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) next: Option<u64>,
    /// Entries that are damaged, so that a page does not hide them. Whether they are of the token or account asked for cannot be told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::operation) unreadable: Vec<u64>,
}

/// What became of the chain on one page.
#[derive(Debug, Serialize)]
pub struct AuditCheck {
    /// Whether each entry follows from the one before it.
    pub(in crate::operation) intact: bool,
    /// How many entries were followed.
    pub(in crate::operation) checked: usize,
    /// The last entry that was in order, if the page is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) head: Option<Position>,
    /// The first thing that is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) problem: Option<Problem>,
    /// Where the next page begins: the `after` of the next call. After a problem, where the chain can be followed again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) next: Option<Position>,
}
