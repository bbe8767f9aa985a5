//! What a token or an account can do, with all of its bounds: its power.

use super::authority::Authority;
use super::context::Context;
use crate::catalog::{Catalog, Role};
use crate::model::account::Account;
use crate::model::grant::Grant;
use crate::model::token::{BoundsHeldAt, Token};
use crate::storage::plan::Suspend;
use crate::value::condition::Conditions;
use crate::value::credential::TokenId;
use crate::value::limit::Limits;
use crate::value::name::Identity;
use crate::value::resource::Resource;
use crate::value::time::{Instant, Lifetime};
use crate::verify::dependencies::{ResolvedToken, dependencies};

/// What a token or an account can do, and its bounds.
pub(super) struct Power {
    /// The token with the power; `None` for an account.
    pub(super) token: Option<TokenId>,
    pub(super) owner: Resource,
    pub(super) grant: Grant,
    pub(super) roles: Vec<(Resource, String)>,
    /// The subject as which the token acts, unless that is the technical user that backs it.
    pub(super) subject: Option<Identity>,
    pub(super) ends: Option<Instant>,
    idle_after: Option<Lifetime>,
    /// A request must meet all of them.
    pub(super) conditions: Vec<Conditions>,
    pub(super) limits: Option<Limits>,
    /// Whether the change gives spent credits back.
    tops_up: bool,
    pub(super) held_at: BoundsHeldAt,
}

impl Power {
    /// The power of a token with `grant`: the grant of its record, or what accounts leave of it.
    pub(super) fn of_token(token: &Token, grant: Grant) -> Power {
        let role = token.role.clone();
        Power {
            token: Some(token.id),
            owner: token.owner.clone(),
            grant,
            roles: role
                .map(|role| (token.resource.clone(), role))
                .into_iter()
                .collect(),
            subject: token.subject.clone().filter(|_| token.technical_user.is_none()),
            ends: token.expires_at,
            idle_after: token.idle_after,
            conditions: token.conditions.iter().cloned().collect(),
            limits: token.limits.clone(),
            tops_up: false,
            held_at: token.bounds_held_at.clone(),
        }
    }

    /// The power that the tokens of an account can have.
    pub(super) fn of_account(account: &Account, catalog: &Catalog) -> Power {
        let roles = account.roles.iter();
        Power {
            token: None,
            owner: account.id.clone(),
            grant: Grant::of_ceilings(&account.compiled_ceilings(catalog), catalog),
            roles: roles.map(|(place, role)| (place.clone(), role.clone())).collect(),
            subject: None,
            ends: None,
            idle_after: None,
            conditions: Vec::new(),
            limits: None,
            tops_up: false,
            held_at: BoundsHeldAt::default(),
        }
    }

    /// The power that the secret of a living token gives. For a token of the
    /// actor itself, that is what accounts leave of its grant, as in a verification. For any other
    /// token it is the whole grant, because an account may give the rest back later.
    pub(super) fn of_living(
        context: &Context,
        token: &Token,
        authority: &mut Authority,
    ) -> Result<Power, Suspend> {
        let catalog = context.deployment.catalog();
        let own = authority.is_token(&token.id) || authority.own_resource() == Some(&token.owner);
        if !own && token.parents.is_empty() {
            return Ok(Power::of_token(token, Grant::of(token, catalog)));
        }
        let resolved = ResolvedToken::read(token, catalog, context.reads, context.vocabularies)?;
        authority.rest_on(dependencies(&resolved.token));
        let grant = if own {
            resolved.rules.grant().clone()
        } else {
            Grant::of(token, catalog)
        };
        let mut power = Power::of_token(token, grant);
        for parent in &resolved.parents {
            power.ends = power.ends.into_iter().chain(parent.expires_at).min();
            power.idle_after = power.idle_after.into_iter().chain(parent.idle_after).min();
            power.conditions.extend(parent.conditions.clone());
        }
        Ok(power)
    }

    /// Whether this is the power of an account that can do nothing. A token that can do nothing now
    /// still has a secret, and acts as a subject.
    pub(super) fn is_nothing(&self) -> bool {
        self.token.is_none()
            && self.grant.permissions().is_empty()
            && self.roles.iter().all(|(_, role)| role != Role::ADMIN)
    }

    /// Whether each bound of `other` bounds this power at least as tightly.
    pub(super) fn is_bound_as(&self, other: &Power) -> bool {
        let conditions = other.conditions.iter().all(|wider| self.is_under(wider));
        self.ends_within(other.ends)
            && self.idle_within(other.idle_after)
            && conditions
            && self.limited_within(other.limits.as_ref())
    }

    /// This power, with spent credits given back if `tops_up`.
    pub(super) fn topped_up(self, tops_up: bool) -> Power {
        Power { tops_up, ..self }
    }

    /// Whether this power is no more than `other`, in every aspect.
    pub(super) fn is_within(&self, other: &Power) -> bool {
        self.is_bound_as(other)
            && self.subject == other.subject
            && self.roles.iter().all(|(place, role)| other.has_role(place, role))
            && self.grant.is_within(&other.grant)
    }

    pub(super) fn is_under(&self, wider: &Conditions) -> bool {
        self.conditions.iter().any(|own| own.is_within(wider))
    }

    pub(super) fn ends_within(&self, end: Option<Instant>) -> bool {
        end.is_none_or(|end| self.ends.is_some_and(|own| own <= end))
    }

    pub(super) fn idle_within(&self, longest: Option<Lifetime>) -> bool {
        longest.is_none_or(|longest| self.idle_after.is_some_and(|own| own <= longest))
    }

    /// Whether the uses are limited at least as tightly as by `wider`.
    pub(super) fn limited_within(&self, wider: Option<&Limits>) -> bool {
        let within = |wider| self.limits.as_ref().is_some_and(|limits| limits.is_within(wider));
        !self.tops_up && wider.is_none_or(within)
    }

    /// Whether `role` is held at `place`. A role other than `admin` counts as held, because it
    /// gives nothing beyond its permissions.
    pub(super) fn has_role(&self, place: &Resource, role: &str) -> bool {
        role != Role::ADMIN
            || self
                .roles
                .iter()
                .any(|(held, known)| known == Role::ADMIN && held.covers(place))
    }
}
