//! The terms of a token: everything that a verification rests on besides the secret, with no text in it and nothing of the request or the
//! time. A verification from the store makes them and decides by them; a cache keeps them and decides by them: one predicate for both.

use std::rc::Rc;

use crate::condition::Conditions;
use crate::grant::Grant;
use crate::time::{Instant, Lifetime};
use crate::token::{Status, Token};
use crate::verdict::Code;
use crate::verify::Question;

/// The terms of a token.
#[derive(Debug)]
pub struct Terms {
    own: Life,
    grant: Rc<Grant>,
    /// What few tokens have.
    rare: Option<Box<Rare>>,
}

/// What the record of a token says of its life.
#[derive(Clone, Copy, Debug)]
struct Life {
    status: Status,
    not_before: Option<Instant>,
    expires_at: Option<Instant>,
}

#[derive(Debug, Default)]
struct Rare {
    idle: Option<Idle>,
    /// Of a session: the lives of the tokens that it came from.
    parents: Vec<Life>,
    /// What an account or a parent has against its use, whatever the time.
    blocked: Option<Code>,
    /// Its own conditions and those of its parents.
    conditions: Vec<Conditions>,
    limited: bool,
}

/// How long a token may go without use, and since when it has.
#[derive(Clone, Copy, Debug)]
struct Idle {
    longest: Lifetime,
    since: Instant,
}

impl Life {
    fn of(token: &Token) -> Life {
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

impl Idle {
    fn refusal(&self, now: Instant) -> Option<Code> {
        let ends = self.since.after(self.longest).ok()?;
        (now >= ends).then_some(Code::IdleExpired)
    }
}

impl Terms {
    /// The terms of a token, of what is left of its grant, and of what is against its use whatever the time. `used` is when it was last used.
    #[must_use]
    pub(crate) fn of(
        token: &Token,
        parents: &[Token],
        grant: Grant,
        blocked: Option<Code>,
        used: Option<Instant>,
    ) -> Terms {
        let idle = token.idle_after.map(|longest| {
            // Making a token, enabling it, its first instant: each is a beginning too.
            let begun = [token.not_before, token.status_changed_at, used];
            let since = begun.into_iter().flatten().fold(token.created_at, Instant::max);
            Idle { longest, since }
        });
        let all = || std::iter::once(token).chain(parents);
        let rare = Rare {
            idle,
            parents: parents.iter().map(Life::of).collect(),
            blocked,
            conditions: all().filter_map(|token| token.conditions.clone()).collect(),
            limited: all().any(|token| token.limits.is_some()),
        };
        let is_rare = rare.idle.is_some()
            || !rare.parents.is_empty()
            || rare.blocked.is_some()
            || !rare.conditions.is_empty()
            || rare.limited;
        Terms {
            own: Life::of(token),
            grant: Rc::new(grant),
            rare: is_rare.then(|| Box::new(rare)),
        }
    }

    /// What is left of the token's grant.
    #[must_use]
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// Why the token may not be used now, whatever for.
    #[must_use]
    pub fn refusal(&self, now: Instant) -> Option<Code> {
        let rare = self.rare.as_deref();
        let of_rare = || {
            let rare = rare?;
            let idle = rare.idle.and_then(|idle| idle.refusal(now));
            let parents = || rare.parents.iter().find_map(|parent| parent.refusal(now));
            idle.or_else(parents).or(rare.blocked)
        };
        self.own.refusal(now).or_else(of_rare)
    }

    /// Whether the token, or one that it came from, has ended for good: nothing that is read later takes that back.
    pub(crate) fn have_ended(&self) -> bool {
        let rare = self.rare.as_deref();
        let of_parents = rare.is_some_and(|rare| {
            rare.blocked == Some(Code::Revoked)
                || rare.parents.iter().any(|parent| parent.status == Status::Revoked)
        });
        of_parents || self.own.status == Status::Revoked
    }

    /// Whether the request meets the conditions of the token and of all that it came from.
    #[must_use]
    pub fn meets_conditions(&self, question: &Question, now: Instant) -> bool {
        let conditions = self.rare.iter().flat_map(|rare| &rare.conditions);
        let mut conditions = conditions.map(|conditions| conditions.first_unmet(&question.request, now));
        conditions.all(|unmet| unmet.is_none())
    }

    /// The checks in their order: whether the token may be used, its conditions, permission, resource. The first that fails names the
    /// verdict; limits are counted only after all of them.
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

    /// Whether the token's uses are counted.
    #[must_use]
    pub fn are_limited(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.limited)
    }

    /// The grant, to be shared.
    pub(crate) fn shared_grant(&self) -> &Rc<Grant> {
        &self.grant
    }

    /// Puts an equal grant in the place of this one.
    pub(crate) fn share(&mut self, grant: Rc<Grant>) {
        self.grant = grant;
    }
}
