//! The compiled validity rules of a token: everything except the secret that a verification depends
//! on. They contain no text and nothing of the request or the time. A verification from the store
//! compiles and evaluates them; a cache keeps and evaluates them. So both use one predicate.

use crate::codec::shared::Shared;

use super::code::Code;
use crate::model::grant::Grant;
use crate::model::question::Question;
use crate::model::token::Status;
use crate::model::verifiable_token::VerifiableToken;
use crate::value::condition::Conditions;
use crate::value::credential::TokenId;
use crate::value::time::{Instant, Lifetime};

/// The validity rules of a token.
#[derive(Debug)]
pub struct ValidityRules {
    own: Life,
    grant: Shared<Grant>,
    /// The cold fields, which few tokens have.
    rare: Option<Box<Uncommon>>,
}

/// The status and the time bounds from a token's record.
#[derive(Clone, Copy, Debug)]
struct Life {
    status: Status,
    not_before: Option<Instant>,
    expires_at: Option<Instant>,
}

#[derive(Debug, Default)]
struct Uncommon {
    /// Of a session: the lives of its parent tokens.
    parents: Vec<Life>,
    /// The idle times of the token and of its parents, for those that have one.
    idle: Vec<Idle>,
    /// The refusal by an account or a parent, which holds at any time.
    blocked: Option<Code>,
    /// The conditions of the token and of its parents.
    conditions: Vec<Conditions>,
    limited: bool,
}

/// When a token ends if it is not used: `longest` after its last use, or after an event that counts
/// as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Idle {
    of: TokenId,
    longest: Lifetime,
    ends: Instant,
}

impl Life {
    fn of(token: &VerifiableToken) -> Life {
        Life {
            status: token.status,
            not_before: token.not_before,
            expires_at: token.expires_at,
        }
    }

    fn refusal(&self, now: Instant) -> Option<Code> {
        match self.status {
            Status::Revoked => Some(Code::Revoked),
            Status::Disabled => Some(Code::Disabled),
            Status::Active if self.not_before.is_some_and(|start| now < start) => Some(Code::NotYetValid),
            Status::Active if self.expires_at.is_some_and(|end| now >= end) => Some(Code::Expired),
            Status::Active => None,
        }
    }
}

impl Uncommon {
    fn is_only_limited(&self) -> bool {
        self.parents.is_empty()
            && self.idle.is_empty()
            && self.blocked.is_none()
            && self.conditions.is_empty()
    }
}

impl Idle {
    /// The idle time of a token whose last use was at `used`. `None` if it has none, or one that
    /// ends after the last instant that can be represented. Creation, the start and being enabled
    /// count as uses.
    pub(crate) fn of(token: &VerifiableToken, used: Option<Instant>) -> Option<Idle> {
        let longest = token.idle_after?;
        let begun = [token.not_before, token.enabled_at, used];
        let since = begun.into_iter().flatten().fold(token.created_at, Instant::max);
        let ends = since.after(longest).ok()?;
        Some(Idle {
            of: token.id,
            longest,
            ends,
        })
    }

    /// The token whose use counts.
    pub(crate) fn of_token(&self) -> &TokenId {
        &self.of
    }

    /// Whether the token was idle-expired at an instant. A use at that instant does not revive it.
    pub(crate) fn is_over(&self, at: Instant) -> bool {
        at >= self.ends
    }

    fn refusal(&self, now: Instant) -> Option<Code> {
        self.is_over(now).then_some(Code::IdleExpired)
    }

    /// Extends the life from a use that was found valid. Returns whether the known end moved.
    fn note_use(&mut self, at: Instant) -> bool {
        let ends = at
            .after(self.longest)
            .map_or(self.ends, |ends| self.ends.max(ends));
        std::mem::replace(&mut self.ends, ends) < ends
    }
}

impl ValidityRules {
    /// Compiles the rules of a token. `grant` is its effective grant, `blocked` a refusal that
    /// holds at any time, `idle` the idle times of the token and of its parents.
    #[must_use]
    pub(crate) fn of(
        token: &VerifiableToken,
        parents: &[VerifiableToken],
        grant: Grant,
        blocked: Option<Code>,
        idle: Vec<Idle>,
    ) -> ValidityRules {
        let all = || std::iter::once(token).chain(parents);
        let rare = Uncommon {
            parents: parents.iter().map(Life::of).collect(),
            idle,
            blocked,
            conditions: all().filter_map(|token| token.conditions.clone()).collect(),
            limited: all().any(|token| token.limits.is_some()),
        };
        let is_rare = rare.limited || !rare.is_only_limited();
        ValidityRules {
            own: Life::of(token),
            grant: Shared::new(grant),
            rare: is_rare.then(|| Box::new(rare)),
        }
    }

    /// The effective grant of the token.
    #[must_use]
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// The code that refuses any use of the token at `now`.
    #[must_use]
    pub fn refusal(&self, now: Instant) -> Option<Code> {
        let rare = self.rare.as_deref();
        let of_rare = || {
            let rare = rare?;
            let of_parents = rare.parents.iter().find_map(|parent| parent.refusal(now));
            let idle = || rare.idle.iter().find_map(|idle| idle.refusal(now));
            of_parents.or_else(idle).or(rare.blocked)
        };
        self.own.refusal(now).or_else(of_rare)
    }

    /// Whether the token or one of its parents has ended for good. No later read can change that.
    pub(crate) fn have_ended(&self) -> bool {
        let rare = self.rare.as_deref();
        let of_parents = rare.is_some_and(|rare| {
            rare.blocked == Some(Code::Revoked)
                || rare.parents.iter().any(|parent| parent.status == Status::Revoked)
        });
        of_parents || self.own.status == Status::Revoked
    }

    /// The idle times of the token and of its parents.
    pub(crate) fn idle(&self) -> &[Idle] {
        self.rare.as_ref().map_or(&[], |rare| &rare.idle)
    }

    /// Applies the last uses of the tokens with an idle time. Each use was found valid, so its
    /// token was not idle-expired then, even if these rules were compiled without that use. Returns
    /// whether one of them lives longer as a result.
    pub(crate) fn note_uses(&mut self, last: impl Fn(&TokenId) -> Option<Instant>) -> bool {
        let idle = self.rare.iter_mut().flat_map(|rare| &mut rare.idle);
        idle.fold(false, |longer, idle| {
            last(&idle.of).is_some_and(|at| idle.note_use(at)) | longer
        })
    }

    /// Takes over later uses from other rules of the same revision of the token.
    pub(crate) fn take_uses(&mut self, other: &ValidityRules) {
        let idle = self.rare.iter_mut().flat_map(|rare| &mut rare.idle);
        for idle in idle {
            let same = |known: &&Idle| known.of == idle.of && known.longest == idle.longest;
            if let Some(known) = other.idle().iter().find(same) {
                idle.ends = idle.ends.max(known.ends);
            }
        }
    }

    /// Whether the request meets the conditions of the token and of all its parents.
    #[must_use]
    pub fn meets_conditions(&self, question: &Question, now: Instant) -> bool {
        let conditions = self.rare.iter().flat_map(|rare| &rare.conditions);
        let mut conditions = conditions.map(|conditions| conditions.first_unmet(&question.request, now));
        conditions.all(|unmet| unmet.is_none())
    }

    /// Runs the checks in order: validity, conditions, permission, resource. The first that fails
    /// gives the code. Limits are counted only after all of them.
    #[must_use]
    pub fn decide(&self, question: &Question, now: Instant) -> Code {
        if let Some(code) = self.refusal(now) {
            return code;
        }
        if !self.meets_conditions(question, now) {
            return Code::ConditionFailed;
        }
        let requirement = question.requirement;
        if requirement.is_met(&self.grant) {
            return Code::Valid;
        }
        if requirement.is_met_somewhere(&self.grant) {
            return Code::OutsideResource;
        }
        Code::InsufficientPermission
    }

    /// If nothing but the token's end can refuse it: that end, in milliseconds, or infinity. Until
    /// then, the decision depends only on the grant and the requirement. Limits do not count: a
    /// lookup answers no question that counts a use.
    pub(crate) fn plain_until(&self) -> Option<f64> {
        let Life {
            status,
            not_before,
            expires_at,
        } = self.own;
        let is_plain = status == Status::Active
            && not_before.is_none()
            && self.rare.as_deref().is_none_or(Uncommon::is_only_limited);
        is_plain.then(|| expires_at.map_or(f64::INFINITY, |end| end.millis() as f64))
    }

    /// Whether uses of the token, or of one of its parents, are limited.
    #[must_use]
    pub fn are_limited(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.limited)
    }

    /// The grant, for sharing.
    pub(crate) fn shared_grant(&self) -> &Shared<Grant> {
        &self.grant
    }

    /// Replaces the grant by an equal, shared one.
    pub(crate) fn share(&mut self, grant: Shared<Grant>) {
        self.grant = grant;
    }
}
