//! The rules of lists and sweeps.

use super::{Codes, Done, Shown, State, refused};
use crate::model::actor::Authority;
use crate::model::place::{Place, ROOT, covers};
use crate::model::state::{Status, Token};

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

    /// Revokes all matching tokens of an owner and of all places below, the tokens that those made,
    /// and so on.
    pub(super) fn revoke_all(
        &mut self,
        authority: &Authority,
        owner: Option<Place>,
        tag: Option<&'static str>,
        subject: Option<&'static str>,
    ) -> Result<Done, Codes> {
        if !authority.manages(owner.unwrap_or(ROOT)) {
            return refused("forbidden");
        }
        let sweep = Sweep { owner, tag, subject };
        let mut revoked = Vec::new();
        loop {
            let meant = (0..self.tokens.len()).filter(|at| self.must_end(authority, &sweep, *at));
            let more: Vec<usize> = meant.collect();
            if more.is_empty() {
                return Ok(Done {
                    tokens: revoked.clone(),
                    ..Done::only(Shown::Revoked(revoked))
                });
            }
            more.iter().for_each(|at| self.end(*at));
            revoked.extend(more);
        }
    }

    /// Whether a sweep must end a token in this state: it matches, or its maker matches and has
    /// ended.
    pub fn must_end(&self, authority: &Authority, sweep: &Sweep, at: usize) -> bool {
        let ended = |maker: usize| self.tokens[maker].status == Status::Revoked;
        self.is_swept(authority, sweep, at, &ended)
    }

    /// Whether a sweep may end a token. The sweeping token itself ends last, after those that it
    /// made; and others may delete tokens that the sweep has ended.
    pub fn may_end(&self, authority: &Authority, sweep: &Sweep, at: usize) -> bool {
        let own = self.named(&authority.id);
        let ended = |maker: usize| {
            own == Some(maker) || matches!(self.tokens[maker].status, Status::Revoked | Status::Deleted)
        };
        self.is_swept(authority, sweep, at, &ended)
    }

    fn is_swept(
        &self,
        authority: &Authority,
        sweep: &Sweep,
        at: usize,
        ended: &dyn Fn(usize) -> bool,
    ) -> bool {
        let token = &self.tokens[at];
        let living = matches!(token.status, Status::Active | Status::Disabled);
        let allowed = if token.kind.by_admins {
            authority.is_admin_of(token.owner)
        } else {
            authority.manages(token.owner)
        };
        let meant = sweep.means(token) || self.made_by_swept(sweep, at, ended);
        living && token.parents.is_empty() && allowed && meant
    }

    fn made_by_swept(&self, sweep: &Sweep, at: usize, ended: &dyn Fn(usize) -> bool) -> bool {
        let Some(maker) = self.maker_of(at) else {
            return false;
        };
        ended(maker) && (sweep.means(&self.tokens[maker]) || self.made_by_swept(sweep, maker, ended))
    }

    /// The token that made a token.
    fn maker_of(&self, at: usize) -> Option<usize> {
        self.named(&self.tokens[at].made_by)
    }

    /// The token that an actor is.
    fn named(&self, actor: &str) -> Option<usize> {
        let id = actor.strip_prefix("token:")?;
        self.tokens.iter().position(|token| token.id == id)
    }

    /// Revokes a token.
    pub fn end(&mut self, at: usize) {
        let token = &mut self.tokens[at];
        token.status = Status::Revoked;
        token.held_at = None;
        token.status_changed_at = Some(self.now);
        token.revision += 1;
    }
}

/// The filter of a sweep.
#[derive(Clone, Copy, Debug)]
pub struct Sweep {
    pub owner: Option<Place>,
    pub tag: Option<&'static str>,
    pub subject: Option<&'static str>,
}

impl Sweep {
    fn means(&self, token: &Token) -> bool {
        covers(self.owner.unwrap_or(ROOT), token.owner)
            && self.tag.is_none_or(|tag| token.tags.contains(&tag))
            && self
                .subject
                .is_none_or(|subject| token.subject.as_deref() == Some(subject))
    }
}
