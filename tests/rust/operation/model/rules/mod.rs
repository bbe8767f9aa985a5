//! The required outcome of each call: the codes that may refuse it, and the state after it. A call
//! that breaks several rules may be refused with the code of any of them. A call about an object
//! that the actor may not see is refused as if the object did not exist.

mod account;
mod create;
mod exchange;
pub mod many;
mod rotate;
mod token;

use std::collections::BTreeSet;

use super::actor::{Actor, Authority};
use super::bounds::Large;
use super::call::{Act, Call, OnToken};
use super::place::{Network, Place, Reach};
use super::state::{State, Status, Token};

pub type Codes = BTreeSet<&'static str>;

/// The required content of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// A token that was created or rotated; with its credential, unless an earlier call did it.
    Made {
        token: usize,
        credential: bool,
    },
    Token(usize),
    Account(String),
    Gone(String),
    Listed(Vec<usize>),
    Revoked(Vec<usize>),
    Flushed,
}

/// The effect of an allowed call.
#[derive(Clone, Debug)]
pub struct Done {
    pub shown: Shown,
    /// The tokens and accounts that it may change.
    pub tokens: Vec<usize>,
    pub accounts: Vec<String>,
}

impl Done {
    fn only(shown: Shown) -> Done {
        Done {
            shown,
            tokens: Vec::new(),
            accounts: Vec::new(),
        }
    }

    fn changed(token: usize) -> Done {
        Done {
            tokens: vec![token],
            ..Done::only(Shown::Token(token))
        }
    }
}

/// The codes of the broken rules.
#[derive(Default)]
struct Broken(Codes);

impl Broken {
    fn when(&mut self, broken: bool, code: &'static str) -> &mut Broken {
        if broken {
            self.0.insert(code);
        }
        self
    }

    fn or<T>(&self, done: T) -> Result<T, Codes> {
        if self.0.is_empty() {
            Ok(done)
        } else {
            Err(self.0.clone())
        }
    }
}

fn refused<T>(code: &'static str) -> Result<T, Codes> {
    Err(Codes::from([code]))
}

impl State {
    /// Performs a call, or returns the codes that may refuse it.
    pub fn perform(&mut self, call: &Call) -> Result<Done, Codes> {
        if let Some(within) = call.within_bounds() {
            let mut codes = self.clone().perform(&within).err().unwrap_or_default();
            codes.insert("invalid_input");
            return Err(codes);
        }
        match call {
            Call::Exchange {
                token,
                secret,
                derived,
            } => self.exchange(*token, *secret, derived),
            Call::Flush { token, seen } => Ok(self.flush(*token, seen)),
            // A technical user never signs in.
            Call::By(Actor::Impostor(_), _) => refused("invalid_input"),
            Call::By(actor, act) => {
                let authority = actor.authority(self);
                match act {
                    Act::Create(wanted) => self.create(authority, wanted),
                    Act::Edit(token, change) => self.edit(&self.allowed(authority)?, *token, change),
                    Act::Token(op, token) => self.on_token(&self.allowed(authority)?, *op, *token),
                    Act::Rotate(token, renewal) => self.rotate(&self.allowed(authority)?, *token, renewal),
                    Act::PutAccount(whose, rights) => {
                        self.put_account(&self.allowed(authority)?, &whose.id(self).unwrap(), rights)
                    }
                    Act::Account(op, whose) => {
                        self.on_account(&self.allowed(authority)?, *op, &whose.id(self).unwrap())
                    }
                    Act::RevokeAll {
                        owner: None,
                        tag: None,
                        subject: None,
                    } => refused("invalid_input"),
                    Act::RevokeAll { owner, tag, subject } => {
                        self.revoke_all(&self.allowed(authority)?, *owner, *tag, *subject)
                    }
                    Act::List(owner) => self.list(&self.allowed(authority)?, owner),
                }
            }
        }
    }

    fn allowed(&self, authority: Option<Authority>) -> Result<Authority, Codes> {
        authority.ok_or_else(|| Codes::from(["forbidden"]))
    }

    /// Checks that the actor may see a token.
    fn seen(&self, authority: &Authority, token: usize) -> Result<(), Codes> {
        let found = &self.tokens[token];
        if found.status == Status::Deleted || !authority.manages(found.owner) {
            return refused("not_found");
        }
        Ok(())
    }

    /// Whether the actor may change a token, as far as its kind and owner decide.
    fn manages_kind(&self, authority: &Authority, token: usize) -> bool {
        let token = &self.tokens[token];
        !token.kind.by_admins || authority.is_admin_of(token.owner)
    }

    /// Adds the rules that the accounts of an owner and above break.
    fn break_accounts(&self, owner: Place, given: &Reach, broken: &mut Broken) {
        for account in self.chain(owner).iter().filter_map(|id| self.accounts.get(id)) {
            broken.when(account.status != Status::Active, "forbidden");
            broken.when(!given.is_subset(&account.most), "exceeds_ceiling");
        }
    }

    /// Adds the rules that are broken if the actor hands out or restores the full power of a token.
    fn break_power(&self, authority: &Authority, token: &Token, broken: &mut Broken) {
        let own = authority.is_its_own(token);
        let mut reach = if own {
            self.standing(token).reach
        } else {
            token.reach.clone()
        };
        // What is held at many places is given by who has it above them all.
        if !own && token.large.and_then(Large::place).is_some() {
            let held: Vec<_> = reach
                .iter()
                .map(|(permission, _)| (*permission, "org:a"))
                .collect();
            reach.extend(held);
        }
        let ends_at = self.chain_of(token).filter_map(|token| token.ends_at).min();
        let idle_after = self.chain_of(token).filter_map(|token| token.idle_after).min();
        broken
            .when(!reach.is_subset(&authority.reach), "exceeds_ceiling")
            .when(!authority.outlives(ends_at), "exceeds_ceiling")
            .when(!authority.idles(idle_after), "exceeds_ceiling")
            .when(
                token.selection.role == Some("admin") && !authority.is_admin_of(token.boundary),
                "exceeds_ceiling",
            );
        self.break_subject(authority, token, broken);
        let networks: Vec<Network> = self.chain_of(token).filter_map(|token| token.network).collect();
        self.break_bounds(authority, Some(token), &networks, broken);
    }

    /// A bound actor passes its bounds on. A token with limits can only make sessions and its own
    /// new secret.
    fn break_bounds(
        &self,
        authority: &Authority,
        token: Option<&Token>,
        networks: &[Network],
        broken: &mut Broken,
    ) {
        let itself = token.is_some_and(|token| authority.id == format!("token:{}", token.id));
        broken
            .when(!authority.is_where(networks), "exceeds_ceiling")
            .when(authority.limited && !itself, "exceeds_ceiling");
    }

    /// Only an admin of the owner can create a token that acts as another subject.
    fn break_subject(&self, authority: &Authority, token: &Token, broken: &mut Broken) {
        let another = token.backed_by.is_none()
            && token
                .subject
                .as_ref()
                .is_some_and(|subject| *subject != authority.id);
        broken.when(another && !authority.is_admin_of(token.owner), "forbidden");
    }

    fn on_token(&mut self, authority: &Authority, op: OnToken, token: usize) -> Result<Done, Codes> {
        // A token may always end itself.
        let ends_itself = op == OnToken::Revoke && authority.id == format!("token:{}", self.tokens[token].id);
        if !ends_itself {
            self.seen(authority, token)?;
        }
        match op {
            OnToken::Get => Ok(Done::only(Shown::Token(token))),
            OnToken::Confirm | OnToken::Abort => self.end_rotation(authority, op, token),
            OnToken::Delete => self.delete(authority, token),
            OnToken::Disable | OnToken::Enable | OnToken::Revoke => {
                let manages = ends_itself || self.manages_kind(authority, token);
                self.set_status(authority, manages, op, token)
            }
        }
    }
}

impl Actor {
    /// The keys that the authority of this actor depends on.
    pub fn rests_on(self, state: &State) -> Vec<String> {
        let account = |id: &str| format!("account/{}", id.replace('/', "%2F"));
        match self {
            Actor::Person(person) => {
                let id = super::actor::PEOPLE[person].id;
                if id.contains(' ') {
                    Vec::new()
                } else {
                    vec![account(id)]
                }
            }
            Actor::Impostor(_) => Vec::new(),
            Actor::Token(token) => {
                let token = &state.tokens[token];
                let own = std::iter::once(format!("token/{}", token.id));
                let parents = token
                    .parents
                    .iter()
                    .map(|parent| format!("token/{}", state.tokens[*parent].id));
                let accounts = state.accounts_of(token);
                own.chain(parents)
                    .chain(accounts.iter().map(|id| account(id)))
                    .collect()
            }
        }
    }
}
