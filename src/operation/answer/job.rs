//! The answers of the operations on jobs.

use serde::Serialize;

use crate::codec::decode::decode_members;
use crate::value::credential::TokenId;
use crate::value::name::{Identity, Reason, Tag};
use crate::value::resource::Resource;
use crate::value::time::Instant;

/// A job in an answer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Job {
    pub(in crate::operation) id: String,
    pub(in crate::operation) owner: Resource,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) tag: Option<Tag>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) subject: Option<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) reason: Option<Reason>,
    pub(in crate::operation) started_at: Instant,
    pub(in crate::operation) started_by: Identity,
    /// When its last page was committed. Before the first page: when the job was started.
    pub(in crate::operation) updated_at: Instant,
    pub(in crate::operation) complete: bool,
    /// The number of committed pages.
    pub(in crate::operation) pages: u32,
    pub(in crate::operation) revoked: u32,
    pub(in crate::operation) already: u32,
    pub(in crate::operation) scanned: u32,
    /// The first tokens that the actor may not change.
    pub(in crate::operation) not_allowed: Vec<TokenId>,
    /// The first tokens with damaged records.
    pub(in crate::operation) unreadable: Vec<TokenId>,
}

decode_members!(Job {
    required id: "id",
    required owner: "owner",
    optional tag: "tag",
    optional subject: "subject",
    optional reason: "reason",
    required started_at: "startedAt",
    required started_by: "startedBy",
    required updated_at: "updatedAt",
    required complete: "complete",
    required pages: "pages",
    required revoked: "revoked",
    required already: "already",
    required scanned: "scanned",
    required not_allowed: "notAllowed",
    required unreadable: "unreadable",
});

/// The answer about a job.
#[derive(Debug, Serialize)]
pub struct JobProgress {
    pub(in crate::operation) job: Job,
    /// Whether this call started the job or ran a page of it, so that its process has the turn.
    pub(in crate::operation) advanced: bool,
}
