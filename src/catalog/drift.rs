//! What a frozen grant lacks, or has too much, against what its selection would give today. Nothing here changes a grant.

use serde::Serialize;

use super::Catalog;
use crate::permission::Permission;
use crate::token::Token;

/// The drift of one token.
#[derive(Debug, Serialize)]
pub struct Drift {
    /// Of each template that it was made from.
    pub templates: Vec<TemplateDrift>,
    /// What the same selection would give today and the token does not have.
    pub adds: Vec<Permission>,
    /// What the token has and the same selection would not give today.
    pub drops: Vec<Permission>,
}

/// The drift of one template of a token.
#[derive(Debug, Serialize)]
pub struct TemplateDrift {
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
    fn drifted(&self) -> bool {
        self.current != Some(self.version) || !self.adds.is_empty()
    }
}

impl Catalog {
    /// The drift of a token; nothing if it is what its selection would be today.
    #[must_use]
    pub fn drift(&self, token: &Token) -> Option<Drift> {
        // A pattern that matches nothing any more gives nothing today.
        let union = |patterns: &[String]| {
            let mut set = self.nothing();
            patterns
                .iter()
                .filter_map(|pattern| self.matching(pattern).ok())
                .for_each(|found| set.union(&found));
            set
        };
        let removed = union(&token.removed);
        let mut today = union(&token.added);
        let mut templates = Vec::with_capacity(token.templates.len());
        for used in &token.templates {
            let current = self.template(&used.id);
            let mut adds = Vec::new();
            if let Some(current) = current {
                today.union(current.permissions());
                let gives = self.closed(current.permissions()).without(&removed);
                adds = self.ids(&gives);
                adds.retain(|id| token.permissions.binary_search(id).is_err());
            }
            let (id, version) = (used.id.clone(), used.version);
            templates.push(TemplateDrift {
                id,
                version,
                current: current.map(|current| current.version),
                adds,
            });
        }
        if let Some(role) = token.role.as_ref().and_then(|role| self.role(role)) {
            today.union(role.permissions());
        }
        let today = self.ids(&self.closed(&today).without(&removed));
        let adds: Vec<Permission> = today
            .iter()
            .filter(|id| token.permissions.binary_search(id).is_err())
            .cloned()
            .collect();
        let drops: Vec<Permission> = token
            .permissions
            .iter()
            .filter(|id| today.binary_search(id).is_err())
            .cloned()
            .collect();
        let drifted = !adds.is_empty() || !drops.is_empty() || templates.iter().any(TemplateDrift::drifted);
        templates.retain(TemplateDrift::drifted);
        drifted.then_some(Drift {
            templates,
            adds,
            drops,
        })
    }
}
