//! The answers of the operations.

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
    /// `create`, `rotate` and `exchange`: the token, and the credential unless an earlier call or a
    /// client minted it.
    Created {
        /// The credential, shown once. The host passes it outside of the serialized answer, so that
        /// no text contains it: it serializes as null.
        #[serde(serialize_with = "as_null")]
        token: Option<Credential>,
        /// The token.
        #[serde(serialize_with = "token_written_out")]
        record: Box<Token>,
    },
    /// The other changes of a token.
    Token(#[serde(serialize_with = "token_written_out")] Box<Token>),
    /// `get`.
    Used(Box<TokenView>),
    /// `delete`.
    Deleted {
        /// The id of the deleted token.
        id: TokenId,
    },
    /// `list`.
    Page(Page),
    /// `describe`.
    Description(Box<Description>),
    /// `drift`.
    Drift(DriftReport),
    /// The account operations except `deleteAccount`.
    Account(#[serde(serialize_with = "account_written_out")] Box<Account>),
    /// `deleteAccount`.
    DeletedAccount {
        /// The id of the deleted account.
        id: Resource,
    },
    /// `revokeAll` and `purge`.
    Sweep(Sweep),
    /// The operations on jobs.
    Job(Box<JobProgress>),
    /// `importKey`.
    Imported {
        /// The token of the imported key.
        #[serde(serialize_with = "token_written_out")]
        record: Box<Token>,
        /// Whether this call created the token; `false` if the digest was imported before.
        imported: bool,
    },
    /// `audit`.
    Audit(AuditPage),
    /// `verifyAudit`.
    AuditCheck(AuditCheck),
    /// `flush`.
    Flushed {
        /// How many of the uses, from the first, were stored.
        flushed: usize,
        /// The tokens with a damaged record or damaged usage.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        unreadable: Vec<TokenId>,
    },
}

impl Answer {
    /// The credential of a token that this call created or rotated.
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

fn token_written_out<S: Serializer>(token: &Token, serializer: S) -> Result<S::Ok, S::Error> {
    token.written_out().serialize(serializer)
}

fn account_written_out<S: Serializer>(account: &Account, serializer: S) -> Result<S::Ok, S::Error> {
    account.written_out().serialize(serializer)
}
