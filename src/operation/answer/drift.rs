//! What `drift` answers: what a frozen grant lacks, or has too much, against what its selection would give today.

use serde::Serialize;

use crate::value::credential::TokenId;
use crate::value::name::Name;
use crate::value::permission::Permission;

/// A page of a drift report.
#[derive(Debug, Default, Serialize)]
pub struct DriftReport {
    /// The tokens of this page that have drifted.
    pub(in crate::operation) items: Vec<DriftedToken>,
    /// By template: how many tokens of this page are behind.
    pub(in crate::operation) templates: Vec<TemplateReport>,
    /// How many tokens this page looked at. Revoked ones are passed over.
    pub(in crate::operation) scanned: usize,
    /// Tokens whose records are damaged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::operation) unreadable: Vec<TokenId>,
    /// Where the next page begins: the `after` of the next call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) next: Option<TokenId>,
}

#[derive(Debug, Serialize)]
pub(crate) struct DriftedToken {
    pub(in crate::operation) id: TokenId,
    pub(in crate::operation) name: Name,
    #[serde(flatten)]
    pub(in crate::operation) drift: Drift,
}

#[derive(Debug, Serialize)]
pub(crate) struct TemplateReport {
    pub(in crate::operation) id: String,
    /// The version today; absent if the catalog has it no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) version: Option<u32>,
    /// Tokens of this page that were made from another version, or lack something that it gives today.
    pub(in crate::operation) behind: usize,
    /// What some of them lack.
    pub(in crate::operation) adds: Vec<Permission>,
}

/// The drift of one token.
#[derive(Debug, Serialize)]
pub(crate) struct Drift {
    /// Of each template that it was made from.
    pub templates: Vec<TemplateDrift>,
    /// What the same selection would give today and the token does not have.
    pub adds: Vec<Permission>,
    /// What the token has and the same selection would not give today.
    pub drops: Vec<Permission>,
}

/// The drift of one template of a token.
#[derive(Debug, Serialize)]
pub(crate) struct TemplateDrift {
    /// The template.
    pub id: String,
    /// Its version when the token was made.
    pub version: u32,
    /// Its version today; absent if the catalog has it no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<u32>,
    /// What it gives today and the token does not have.
    pub adds: Vec<Permission>,
}

impl TemplateDrift {
    /// Whether the template is another than when the token was made.
    pub(in crate::operation) fn drifted(&self) -> bool {
        self.current != Some(self.version) || !self.adds.is_empty()
    }
}
