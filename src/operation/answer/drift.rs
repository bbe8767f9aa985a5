//! The answer of `drift`: the difference between a frozen grant and what its selection would give
//! today.

use serde::Serialize;

use crate::value::credential::TokenId;
use crate::value::name::Name;
use crate::value::permission::Permission;

/// A page of a drift report.
#[derive(Debug, Default, Serialize)]
pub struct DriftReport {
    /// The tokens of this page that have drifted.
    pub(in crate::operation) items: Vec<DriftedToken>,
    /// How many tokens of this page are behind, by template.
    pub(in crate::operation) templates: Vec<TemplateReport>,
    /// How many list entries this page read. Revoked tokens are counted, but not reported.
    pub(in crate::operation) scanned: usize,
    /// Tokens with damaged records.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::operation) unreadable: Vec<TokenId>,
    /// The `after` of the next page.
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
    /// The version today; `None` if the template is no longer in the catalog.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::operation) version: Option<u32>,
    /// Tokens of this page that were made from another version, or lack a permission that the
    /// template gives today.
    pub(in crate::operation) behind: usize,
    /// The permissions that some of these tokens lack.
    pub(in crate::operation) adds: Vec<Permission>,
}

/// The drift of one token.
#[derive(Debug, Serialize)]
pub(crate) struct Drift {
    /// The templates of the selection that have drifted.
    pub templates: Vec<TemplateDrift>,
    /// Permissions that the selection would give today and the token lacks.
    pub adds: Vec<Permission>,
    /// Permissions that the token has and the selection would not give today.
    pub drops: Vec<Permission>,
}

/// The drift of one template of a token.
#[derive(Debug, Serialize)]
pub(crate) struct TemplateDrift {
    /// The id of the template.
    pub id: String,
    /// Its version when the token was made.
    pub version: u32,
    /// Its version today; `None` if the template is no longer in the catalog.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<u32>,
    /// Permissions that it gives today and the token lacks.
    pub adds: Vec<Permission>,
}

impl TemplateDrift {
    /// Whether the version changed, or the template gives permissions that the token lacks.
    pub(in crate::operation) fn drifted(&self) -> bool {
        self.current != Some(self.version) || !self.adds.is_empty()
    }
}
