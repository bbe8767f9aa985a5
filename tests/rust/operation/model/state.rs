//! The state of the model: accounts, tokens, and the validity of each token, as sets and lookups.
//! It uses no code of the core.

use std::collections::{BTreeMap, BTreeSet};

use super::bounds::Large;
use super::call::Minted;
use super::catalog::{Kind, MINUTE, Selection};
use super::place::{Network, Permission, Place, Reach, above, both, has_address};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Active,
    Disabled,
    Revoked,
    Deleted,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Disabled => "disabled",
            Status::Revoked => "revoked",
            Status::Deleted => "deleted",
        }
    }
}

/// An account of a registered person or organisation, or of a technical user.
#[derive(Clone, Debug)]
pub struct Account {
    pub roles: BTreeMap<Place, &'static str>,
    /// The permissions given at each place.
    pub given: BTreeMap<Place, BTreeSet<Permission>>,
    pub most: Reach,
    /// Whether it has rights at more places than the model has.
    pub large: bool,
    pub status: Status,
    pub held_at: Option<Place>,
    pub tokens: BTreeSet<usize>,
    pub revision: u64,
}

impl Account {
    pub fn is_admin_of(&self, place: &str) -> bool {
        let admin = |(at, role): (&Place, &&str)| *role == "admin" && super::place::covers(at, place);
        self.roles.iter().any(admin)
    }
}

/// The places above the owner at which the bounds of a token are held.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Held {
    pub network: Option<Place>,
    pub credits: Option<Place>,
    pub end: Option<Place>,
}

/// A pending rotation.
#[derive(Clone, Debug)]
pub struct Rotation {
    pub successor: usize,
    pub grace_ends_at: u64,
    /// The expiry before a renewal.
    pub previous_end: Option<u64>,
    /// The earlier `given_until`, to restore if the rotation is aborted.
    pub given_until: Option<u64>,
    pub at_first_use: bool,
}

#[derive(Clone, Debug)]
pub struct Token {
    pub id: String,
    pub kind: &'static Kind,
    pub name: String,
    pub tags: Vec<&'static str>,
    /// The part that is at its bound.
    pub large: Option<Large>,
    pub owner: Place,
    pub subject: Option<String>,
    pub backed_by: Option<String>,
    /// The tokens that it came from, the nearest first.
    pub parents: Vec<usize>,
    /// Its sessions, without those that had expired at the last change of the list.
    pub sessions: Vec<usize>,
    pub boundary: Place,
    pub selection: Selection,
    pub permissions: BTreeSet<Permission>,
    pub reach: Reach,
    pub status: Status,
    pub held_at: Option<Place>,
    pub status_changed_at: Option<u64>,
    pub enabled_at: Option<u64>,
    pub made_by: String,
    pub made_at: u64,
    pub not_before: Option<u64>,
    pub ends_at: Option<u64>,
    pub idle_after: Option<u64>,
    pub network: Option<Network>,
    pub credits: Option<u32>,
    /// The used credits. If the amount was lowered below it, no credits are left.
    pub spent: u32,
    /// The places at which bounds are held from above.
    pub held: Held,
    pub used_at: Option<u64>,
    /// All credentials so far, by number.
    pub secrets: Vec<String>,
    /// The revisions of the rotations that made the second and every later secret.
    pub rotations: Vec<u64>,
    pub current: usize,
    pub rotation: Option<Rotation>,
    /// The rotated-out secrets, the newest first.
    pub retired: Vec<usize>,
    pub revision: u64,
    /// The authority of its makers when they created or edited it, and its end. No use of the token
    /// may exceed them.
    pub given: Reach,
    pub given_until: Option<u64>,
}

/// The kind of a presented secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    Good,
    Successor,
    RotatedOut,
    /// Rotated out so long ago that it may be unknown.
    Old,
}

/// How many rotated-out secrets a token keeps.
const REMEMBERED: usize = 3;

impl Token {
    /// The credits left; `None` without a limit.
    pub fn left(&self) -> Option<u32> {
        self.credits.map(|credits| credits.saturating_sub(self.spent))
    }

    pub fn secret(&self, number: usize, now: u64) -> Secret {
        let over = self
            .rotation
            .as_ref()
            .is_some_and(|rotation| now >= rotation.grace_ends_at);
        if self
            .rotation
            .as_ref()
            .is_some_and(|rotation| rotation.successor == number)
        {
            return if over { Secret::Good } else { Secret::Successor };
        }
        if number == self.current {
            return if over { Secret::RotatedOut } else { Secret::Good };
        }
        let rank = self.retired.iter().position(|retired| *retired == number);
        let remembered = rank.is_some_and(|rank| rank + usize::from(over) < REMEMBERED);
        if remembered {
            Secret::RotatedOut
        } else {
            Secret::Old
        }
    }

    /// Confirms a rotation whose grace period is over.
    pub fn settle(&mut self, now: u64) {
        if self
            .rotation
            .as_ref()
            .is_some_and(|rotation| now >= rotation.grace_ends_at)
        {
            self.confirm();
        }
    }

    pub fn confirm(&mut self) {
        if let Some(rotation) = self.rotation.take() {
            self.retired.insert(0, self.current);
            self.current = rotation.successor;
        }
    }

    /// The code that refuses the token by its own record, if any.
    fn refusal(&self, now: u64) -> Option<&'static str> {
        match self.status {
            Status::Deleted | Status::Revoked => Some("revoked"),
            Status::Disabled => Some("disabled"),
            Status::Active if self.not_before.is_some_and(|start| now < start) => Some("not_yet_valid"),
            Status::Active if self.ends_at.is_some_and(|end| now >= end) => Some("expired"),
            Status::Active => None,
        }
    }

    /// The rotation that made a secret.
    pub fn rotation_of(&self, secret: usize) -> Option<u64> {
        self.rotations.get(secret.checked_sub(1)?).copied()
    }

    /// Whether the token had gone idle before it was disabled, or by now if it is not disabled.
    pub fn had_gone_idle(&self, now: u64) -> bool {
        let disabled_at = self.status_changed_at.filter(|_| self.status == Status::Disabled);
        self.is_idle(disabled_at.unwrap_or(now))
    }

    pub fn is_idle(&self, now: u64) -> bool {
        let begun = [Some(self.made_at), self.not_before, self.enabled_at, self.used_at];
        let since = begun.into_iter().flatten().max().unwrap_or_default();
        self.idle_after.is_some_and(|longest| now >= since + longest)
    }
}

/// The current validity of a token: the code that refuses it, if any, and its remaining reach.
pub struct ResolvedToken {
    pub refusal: Option<&'static str>,
    pub reach: Reach,
}

/// A call with an idempotency key, and its token.
#[derive(Clone, Debug)]
pub struct Marker {
    pub op: &'static str,
    pub arguments: String,
    pub token: usize,
}

#[derive(Clone, Debug, Default)]
pub struct State {
    /// The reading of the host's clock.
    pub now: u64,
    /// The highest instant that the host has accepted.
    pub highest: u64,
    pub accounts: BTreeMap<String, Account>,
    pub tokens: Vec<Token>,
    /// The holders of unique names, by owner, kind and folded name.
    pub names: BTreeMap<(Place, &'static str, String), usize>,
    /// By actor and key.
    pub markers: BTreeMap<(String, &'static str), Marker>,
    pub minted: Vec<Minted>,
}

/// The largest difference between the reading and the highest instant of a reliable clock.
const SKEW: u64 = MINUTE;

impl State {
    /// The time by which things expire.
    pub fn latest(&self) -> u64 {
        self.now.max(self.highest)
    }

    /// The time by which another party may get what has expired.
    pub fn earliest(&self) -> u64 {
        self.now.min(self.highest)
    }

    /// Whether the clock is reliable enough to create things that expire.
    pub fn clock_is_reliable(&self) -> bool {
        self.now.abs_diff(self.highest) <= SKEW
    }

    /// The key under which a token holds its name, if the name must be unique.
    fn name_of(token: &Token) -> Option<(Place, &'static str, String)> {
        let unique = token.kind.unique_names;
        unique.then(|| (token.owner, token.kind.id, token.name.to_lowercase()))
    }

    /// Whether another token holds the name of `token` and has neither been revoked nor expired.
    pub fn name_is_taken(&self, but: Option<usize>, token: &Token) -> bool {
        let holder = State::name_of(token).and_then(|name| self.names.get(&name));
        holder.is_some_and(|holder| {
            let held_by = &self.tokens[*holder];
            Some(*holder) != but
                && held_by.status != Status::Revoked
                && held_by.ends_at.is_none_or(|end| self.earliest() < end)
        })
    }

    /// Assigns the name to its token.
    pub fn take_name(&mut self, at: usize) {
        if let Some(name) = State::name_of(&self.tokens[at]) {
            self.names.insert(name, at);
        }
    }

    /// Frees the name of a token, unless another one holds it by now.
    pub fn free_name(&mut self, at: usize) {
        if let Some(name) = State::name_of(&self.tokens[at])
            && self.names.get(&name) == Some(&at)
        {
            self.names.remove(&name);
        }
    }

    /// The accounts that a token depends on, the technical user first.
    pub fn accounts_of(&self, token: &Token) -> Vec<String> {
        let mut ids: Vec<String> = token.backed_by.iter().cloned().collect();
        ids.extend(self.chain(token.owner));
        ids.extend(token.subject.clone());
        ids
    }

    /// An owner and its ancestors, without the root.
    pub fn chain(&self, owner: &str) -> Vec<String> {
        let above = above(owner).into_iter().filter(|place| !place.is_empty());
        std::iter::once(owner.to_owned())
            .chain(above.map(str::to_owned))
            .collect()
    }

    /// A token, and those that it came from.
    pub fn chain_of<'s>(&'s self, token: &'s Token) -> impl Iterator<Item = &'s Token> {
        std::iter::once(token).chain(token.parents.iter().map(|parent| &self.tokens[*parent]))
    }

    pub fn standing(&self, token: &Token) -> ResolvedToken {
        let now = self.latest();
        let parents = || token.parents.iter().map(|parent| &self.tokens[*parent]);
        let living = || parents().filter(|parent| parent.status != Status::Deleted);
        let accounts = self.accounts_of(token);
        let registered = || accounts.iter().filter_map(|id| self.accounts.get(id));
        let inactive = registered().any(|account| account.status != Status::Active);
        let refusal = token
            .refusal(now)
            .or(living().find_map(|parent| parent.refusal(now)))
            .or(std::iter::once(token)
                .chain(living())
                .any(|token| token.is_idle(now))
                .then_some("idle_expired"))
            .or(parents()
                .any(|parent| parent.status == Status::Deleted)
                .then_some("revoked"))
            .or(inactive.then_some("owner_inactive"));
        let mut reach = token.reach.clone();
        for parent in parents() {
            reach = both(&reach, &parent.reach);
        }
        // A deleted account leaves no rights that could bound the reach. Its tokens are refused.
        for account in registered().filter(|account| account.status != Status::Deleted) {
            reach = both(&reach, &account.most);
        }
        ResolvedToken { refusal, reach }
    }

    /// The credits left to a token: the least of its own and of those that it came from.
    pub fn left(&self, token: &Token) -> Option<u32> {
        self.chain_of(token).filter_map(Token::left).min()
    }

    /// Consumes credits of a token and of those that it came from; `false` if there are too few.
    pub fn spend(&mut self, token: usize, cost: u32) -> bool {
        if self.left(&self.tokens[token]).is_some_and(|left| left < cost) {
            return false;
        }
        let chain = [vec![token], self.tokens[token].parents.clone()].concat();
        for at in chain {
            let token = &mut self.tokens[at];
            token.spent += token.credits.map_or(0, |_| cost);
        }
        true
    }

    /// The codes that a verification may return: one, except for secrets that were rotated out long
    /// ago.
    pub fn verdict(
        &self,
        token: &Token,
        secret: usize,
        needs: Option<(Permission, Option<Place>)>,
    ) -> Vec<&'static str> {
        if token.status == Status::Deleted {
            return vec!["unknown"];
        }
        match token.secret(secret, self.latest()) {
            Secret::RotatedOut => return vec!["rotated_out"],
            Secret::Old => return vec!["rotated_out", "bad_secret"],
            Secret::Good | Secret::Successor => {}
        }
        let resolved = self.standing(token);
        let elsewhere = self
            .chain_of(token)
            .any(|token| token.network.is_some_and(|network| !has_address(network)))
            .then_some("condition_failed");
        let lacking = needs.and_then(|(permission, place)| {
            let anywhere = resolved.reach.iter().any(|(held, _)| *held == permission);
            let there = resolved
                .reach
                .contains(&(permission, place.unwrap_or(token.boundary)));
            match (anywhere, there) {
                (false, _) => Some("insufficient_permission"),
                (true, false) => Some("outside_resource"),
                (true, true) => None,
            }
        });
        vec![resolved.refusal.or(elsewhere).or(lacking).unwrap_or("valid")]
    }
}
