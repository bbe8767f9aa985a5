//! What the operations answer.

mod audit;
mod description;
mod drift;
mod job;
mod page;
mod sweep;

use serde::{Serialize, Serializer};

use super::token_view::TokenView;
use crate::model::account::Account;
use crate::model::token::Token;
use crate::value::credential::{Credential, TokenId};
use crate::value::resource::Resource;
pub(super) use audit::{AuditCheck, AuditPage};
pub(super) use description::{Description, KindDescription, RoleDescription, TemplateDescription};
pub(super) use drift::{Drift, DriftReport, DriftedToken, TemplateDrift, TemplateReport};
pub(super) use job::{Job, JobProgress};
pub(super) use page::Page;
pub(super) use sweep::Sweep;

/// The answer of an operation.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// Of create, rotate and exchange: the credential, unless an earlier call or a client made it, and the token.
    Created {
        /// The credential, shown once. It is handed over apart from the rest of the answer, so that no text with it in it is made: here it
        /// is null.
        #[serde(serialize_with = "as_null")]
        token: Option<Credential>,
        /// The token.
        record: Box<Token>,
    },
    /// Of the other changes of a token.
    Token(Box<Token>),
    /// Of get.
    Used(Box<TokenView>),
    /// Of delete.
    Deleted {
        /// The id of what was deleted.
        id: TokenId,
    },
    /// Of list.
    Page(Page),
    /// Of describe.
    Description(Box<Description>),
    /// Of drift.
    Drift(DriftReport),
    /// Of the account operations.
    Account(Box<Account>),
    /// Of deleteAccount.
    DeletedAccount {
        /// The id of what was deleted.
        id: Resource,
    },
    /// Of revokeAll and purge.
    Sweep(Sweep),
    /// Of the operations on jobs.
    Job(Box<JobProgress>),
    /// Of importKey.
    Imported {
        /// The token of the key.
        record: Box<Token>,
        /// Whether this call made it; the digest was there already otherwise.
        imported: bool,
    },
    /// Of audit.
    Audit(AuditPage),
    /// Of verifyAudit.
    AuditCheck(AuditCheck),
    /// Of flush.
    Flushed {
        /// How many of the uses, from the first, are taken in.
        flushed: usize,
        /// The tokens of which what is stored cannot be read.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        unreadable: Vec<TokenId>,
    },
}

impl Answer {
    /// The credential of a token that was just made.
    #[must_use]
    pub fn credential(&self) -> Option<&Credential> {
        if let Answer::Created { token, .. } = self {
            token.as_ref()
        } else {
            None
        }
    }
}

fn as_null<S: Serializer>(_: &Option<Credential>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}
