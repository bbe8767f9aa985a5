//! The answers of `audit` and `verifyAudit`.

use serde::Serialize;

use crate::storage::audit::{Entry, Position, Problem};

/// A page of an audit trail.
#[derive(Debug, Default, Serialize)]
pub struct AuditPage {
    pub(in crate::operation) items: Vec<Entry>,
    /// The `after` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) next: Option<u64>,
    /// The numbers of damaged entries, so that a page does not hide them. A damaged entry does not
    /// tell whether it is of the requested token or account.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::operation) unreadable: Vec<u64>,
}

/// The result of checking one page of the hash chain.
#[derive(Debug, Serialize)]
pub struct AuditCheck {
    /// Whether each entry follows from the one before it.
    pub(in crate::operation) intact: bool,
    /// How many entries were checked. After a problem: how many precede it on this page.
    pub(in crate::operation) checked: usize,
    /// The last checked entry, if the page is intact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) head: Option<Position>,
    /// The first problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) problem: Option<Problem>,
    /// The `after` of the next page. After a problem: the entry from which the chain can be checked
    /// again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) next: Option<Position>,
}
