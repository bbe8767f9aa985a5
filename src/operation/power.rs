//! Describes what a token or an account can do, with all of its bounds, and checks whether an actor
//! may give it.
//!
//! Every operation that hands out a secret, or creates, widens, renews or revives a power, calls
//! [`Authority::may_give`]. The table in [`super::authority_table`] lists the aspects to check for
//! each operation. A test drops each cell of it and expects a forbidden change to get through.
//!
//! Two bounds are no aspects. An actor that is a token is valid now, so what it makes never begins
//! before it does. A technical user bounds the tokens that it backs by its own ceilings, which are
//! checked separately.

use super::authority::Authority;
use super::authority_table::Aspect;
use super::context::Context;
use super::operation_name::Operation;
use crate::catalog::{Catalog, Role};
use crate::codec::json::json;
use crate::input::{ErrorCode, Refusal, quote};
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
    token: Option<TokenId>,
    owner: Resource,
    grant: Grant,
    roles: Vec<(Resource, String)>,
    /// The subject as which the token acts, unless that is the technical user that backs it.
    subject: Option<Identity>,
    ends: Option<Instant>,
    idle_after: Option<Lifetime>,
    /// A request must meet all of them.
    conditions: Vec<Conditions>,
    limits: Option<Limits>,
    /// Whether the change gives spent credits back.
    tops_up: bool,
    held_at: BoundsHeldAt,
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
            grant: Grant::of_account(account, catalog),
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

    /// The power that the secret of a living token gives (DECISIONS: authority). For a token of the
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
        let resolved = ResolvedToken::read(token.clone(), catalog, context.reads)?;
        authority.rest_on(dependencies(token));
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
    fn is_nothing(&self) -> bool {
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

    fn is_under(&self, wider: &Conditions) -> bool {
        self.conditions.iter().any(|own| own.is_within(wider))
    }

    fn ends_within(&self, end: Option<Instant>) -> bool {
        end.is_none_or(|end| self.ends.is_some_and(|own| own <= end))
    }

    fn idle_within(&self, longest: Option<Lifetime>) -> bool {
        longest.is_none_or(|longest| self.idle_after.is_some_and(|own| own <= longest))
    }

    /// Whether the uses are limited at least as tightly as by `wider`.
    fn limited_within(&self, wider: Option<&Limits>) -> bool {
        let within = |wider| self.limits.as_ref().is_some_and(|limits| limits.is_within(wider));
        !self.tops_up && wider.is_none_or(within)
    }

    /// Whether `role` is held at `place`. A role other than `admin` counts as held, because it
    /// gives nothing beyond its permissions.
    fn has_role(&self, place: &Resource, role: &str) -> bool {
        role != Role::ADMIN
            || self
                .roles
                .iter()
                .any(|(held, known)| known == Role::ADMIN && held.covers(place))
    }
}

impl Authority<'_> {
    /// Checks whether the actor may give a power.
    ///
    /// `before` is the power that existed already. A power within it is a narrowing, which needs no
    /// check. If a bound of `before` becomes looser, all of the power counts as given again.
    ///
    /// # Errors
    /// `exceeds_ceiling` or `forbidden`, with the aspect, the bound of the actor, and the value
    /// that would be allowed.
    pub(super) fn may_give(
        &self,
        context: &Context,
        operation: Operation,
        power: &Power,
        before: Option<&Power>,
    ) -> Result<(), Refusal> {
        if power.is_nothing() || before.is_some_and(|before| power.is_within(before)) {
            return Ok(());
        }
        let kept = before.filter(|before| power.is_bound_as(before));
        for aspect in context.table.asks(operation) {
            match aspect {
                Aspect::Permissions => {
                    let had = kept.map(|before| &before.grant);
                    self.covers(context.deployment.catalog(), &power.grant, had)?;
                }
                Aspect::Role => self.may_give_roles(power, kept)?,
                Aspect::Subject => self.may_give_subject(power)?,
                Aspect::End => self.may_give_end(power)?,
                Aspect::Idle => self.may_give_idle(power)?,
                Aspect::Conditions => self.may_give_conditions(power)?,
                Aspect::Limits => self.may_give_limits(power)?,
                Aspect::HeldAbove => {
                    if let Some(before) = before {
                        self.may_loosen(power, before)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// As [`Authority::may_give`], for handing out a secret. The bearer of the new secret gets all
    /// of the power, even if the token had it before.
    pub(super) fn may_hand_out(
        &self,
        context: &Context,
        operation: Operation,
        power: &Power,
        before: &Power,
    ) -> Result<(), Refusal> {
        self.may_give(context, operation, power, None)?;
        if context
            .table
            .asks(operation)
            .any(|aspect| aspect == Aspect::HeldAbove)
        {
            self.may_loosen(power, before)?;
        }
        Ok(())
    }

    /// Only an admin gives the role `admin`: a token with it manages other tokens, even if it can
    /// do little else.
    fn may_give_roles(&self, power: &Power, before: Option<&Power>) -> Result<(), Refusal> {
        let given = power.roles.iter().find(|(place, role)| {
            role == Role::ADMIN
                && !self.is_admin_of(place)
                && !before.is_some_and(|before| before.has_role(place, role))
        });
        let Some((place, _)) = given else { return Ok(()) };
        let place = quote(place.as_str());
        Err(exceeds(
            "role",
            &format!("the actor is no admin of {place}, so it cannot give the role \"admin\" there"),
        ))
    }

    /// The subject is authority too. An actor that is no admin of the owner can only give its own
    /// subject, or none.
    fn may_give_subject(&self, power: &Power) -> Result<(), Refusal> {
        let another = power.subject.as_ref().is_some_and(|subject| subject != self.id());
        if !another || self.is_admin_of(&power.owner) {
            return Ok(());
        }
        Err(Refusal::at(
            "subject",
            ErrorCode::Forbidden,
            "subject: the actor is no admin of the owner, so it can give no subject but its own id",
        ))
    }

    fn may_give_end(&self, power: &Power) -> Result<(), Refusal> {
        match self.ends() {
            Some(own) if !power.ends_within(Some(own)) => Err(exceeds(
                "expiresAt",
                &format!("the actor is a token that expires at {own}, so it cannot give a later expiry"),
            )),
            _ => Ok(()),
        }
    }

    fn may_give_idle(&self, power: &Power) -> Result<(), Refusal> {
        match self.chain().filter_map(|token| token.idle_after).min() {
            Some(own) if !power.idle_within(Some(own)) => Err(exceeds(
                "idleAfter",
                &format!(
                    "the actor is a token that expires after {own} without use, so what it gives must too; add \
                     idleAfter: \"{own}\", or less"
                ),
            )),
            _ => Ok(()),
        }
    }

    /// The host verifies the conditions of an actor that is a token. Here they bound what that
    /// token gives.
    fn may_give_conditions(&self, power: &Power) -> Result<(), Refusal> {
        let mut own = self.chain().filter_map(|token| token.conditions.as_ref());
        let Some(wider) = own.find(|wider| !power.is_under(wider)) else {
            return Ok(());
        };
        Err(exceeds(
            "conditions",
            &format!(
                "the actor is bound to {}, so what it gives must be too; add conditions: {}, or narrower ones",
                wider.in_words(),
                json(wider)
            ),
        ))
    }

    /// A token with limits makes only sessions, whose uses count on its own counters. Its own new
    /// secret uses the same counters, but it must not raise its limits or credits.
    fn may_give_limits(&self, power: &Power) -> Result<(), Refusal> {
        let own = power.token.filter(|id| self.is_token(id));
        let message = match own {
            None if self.chain().all(|token| token.limits.is_none()) => return Ok(()),
            None => {
                "the actor is a token with limits, so it can create only sessions, which count on its own limits"
            }
            Some(id) => {
                let limits = self
                    .chain()
                    .filter(|token| token.id == id)
                    .find_map(|token| token.limits.as_ref());
                if limits.is_none() || power.limited_within(limits) {
                    return Ok(());
                }
                "the actor is this token, so it cannot loosen its own limits or give itself credits"
            }
        };
        Err(exceeds("limits", message))
    }

    /// A bound that was set from a higher place can only be loosened by an admin of that place or
    /// of one above it.
    fn may_loosen(&self, power: &Power, before: &Power) -> Result<(), Refusal> {
        let held = &before.held_at;
        let conditions = before.conditions.iter().all(|wider| power.is_under(wider));
        let limits = power.limited_within(before.limits.as_ref());
        let bounds = [
            ("conditions", &held.conditions, conditions),
            ("limits", &held.limits, limits),
            ("expiresAt", &held.expires_at, power.ends_within(before.ends)),
        ];
        for (name, place, kept) in bounds {
            if let Some(place) = place
                && !kept
                && !self.is_admin_of(place)
            {
                let place = match place.as_str() {
                    "" => "the root".to_owned(),
                    place => quote(place),
                };
                return Err(Refusal::at(
                    name,
                    ErrorCode::Forbidden,
                    format!(
                        "{name}: was set by an admin of {place}; only such an admin can loosen it, others can narrow it"
                    ),
                ));
            }
        }
        Ok(())
    }
}

fn exceeds(aspect: &str, message: &str) -> Refusal {
    Refusal::at(aspect, ErrorCode::ExceedsCeiling, format!("{aspect}: {message}"))
}

/// Records where the bounds of a token are held after an actor set some of them: at the highest
/// place that ever set one. `sets_remaining` tells whether the remaining credits are set, which
/// counts as setting the limits.
pub(super) fn hold_bounds(
    token: &mut Token,
    before: Option<&Token>,
    sets_remaining: bool,
    authority: &Authority,
) {
    let place = authority.place_above(&token.owner);
    let place = (place != token.owner).then_some(place);
    let old = before
        .map(|before| before.bounds_held_at.clone())
        .unwrap_or_default();
    let held = |was: Option<Resource>, changed: bool, present: bool| {
        let mine = place.clone().filter(|_| changed);
        let places = was.into_iter().chain(mine).filter(|_| present);
        places.min_by_key(|place| place.as_str().len())
    };
    let conditions = before.is_none_or(|before| before.conditions != token.conditions);
    let limits = sets_remaining || before.is_none_or(|before| before.limits != token.limits);
    let ends = before.is_none_or(|before| before.expires_at != token.expires_at);
    token.bounds_held_at = BoundsHeldAt {
        conditions: held(old.conditions, conditions, token.conditions.is_some()),
        limits: held(old.limits, limits, token.limits.is_some()),
        expires_at: held(old.expires_at, ends, token.expires_at.is_some()),
    };
}
