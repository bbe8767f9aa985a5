//! Lists and sweeps.

use super::{Codes, Done, Shown, State, refused};
use crate::model::actor::Authority;
use crate::model::place::{Place, ROOT, covers};
use crate::model::state::Status;

impl State {
    /// The tokens of exactly this owner.
    pub(super) fn list(&self, authority: &Authority, owner: Place) -> Result<Done, Codes> {
        if !authority.manages(owner) {
            return refused("forbidden");
        }
        let listed = |at: &usize| {
            let token = &self.tokens[*at];
            token.owner == owner && token.parents.is_empty() && token.status != Status::Deleted
        };
        Ok(Done::only(Shown::Listed(
            (0..self.tokens.len()).filter(listed).collect(),
        )))
    }

    /// All that is meant, of an owner and of everything below.
    pub(super) fn revoke_all(
        &mut self,
        authority: &Authority,
        owner: Option<Place>,
        tag: Option<&'static str>,
        subject: Option<&'static str>,
    ) -> Result<Done, Codes> {
        let owner = owner.unwrap_or(ROOT);
        if !authority.manages(owner) {
            return refused("forbidden");
        }
        let meant = |at: &usize| {
            let token = &self.tokens[*at];
            covers(owner, token.owner)
                && token.parents.is_empty()
                && matches!(token.status, Status::Active | Status::Disabled)
                && tag.is_none_or(|tag| token.tags.contains(&tag))
                && subject.is_none_or(|subject| token.subject.as_deref() == Some(subject))
                && (if token.kind.by_admins {
                    authority.is_admin_of(token.owner)
                } else {
                    authority.manages(token.owner)
                })
        };
        let revoked: Vec<usize> = (0..self.tokens.len()).filter(meant).collect();
        for at in &revoked {
            let token = &mut self.tokens[*at];
            token.status = Status::Revoked;
            token.held_at = None;
            token.status_changed_at = Some(self.now);
            token.revision += 1;
        }
        Ok(Done {
            tokens: revoked.clone(),
            ..Done::only(Shown::Revoked(revoked))
        })
    }
}
