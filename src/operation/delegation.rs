//! Checks whether an actor may give a power.
//!
//! Every operation that hands out a secret, or creates, widens, renews or revives a power, calls
//! [`Authority::may_give`]. The table in [`super::delegation_checks`] lists the aspects to check
//! for each operation.
//!
//! Two bounds are no aspects. An actor that is a token is valid now, so what it makes never begins
//! before it does. A technical user bounds the tokens that it backs by its own ceilings, which are
//! checked separately.

use super::authority::Authority;
use super::context::Context;
use super::delegation_checks::Aspect;
use super::operation_name::Operation;
use super::power::Power;
use crate::catalog::Role;
use crate::codec::json::json;
use crate::input::{ErrorCode, Refusal, quote};
use crate::model::token::{BoundsHeldAt, Token};
use crate::value::resource::Resource;

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
        for aspect in context.checks.of(operation) {
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
            .checks
            .of(operation)
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
