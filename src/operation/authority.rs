//! Who acts, with what their authority rests on read again inside the operation: stale authority mints nothing.
//!
//! The host says who an actor is and which roles it has. If the actor's account is registered, that account binds too: it must be active, it
//! must have the admin role where the actor uses it, and its ceilings bound what the actor gives. An actor that is itself a token has exactly
//! what the token has now. Every key that was read for it is asserted in the commit.

use std::borrow::Cow;

use super::context::Context;
use crate::catalog::{Catalog, Managers, Role};
use crate::codec::decode::DecodeError;
use crate::input::{ErrorCode, Problem, Refusal, quote};
use crate::model::account::{Account, AccountStatus, StoredAccount};
use crate::model::actor::Actor;
use crate::model::grant::Grant;
use crate::model::record::Stored;
use crate::model::token::Token;
use crate::storage::keys;
use crate::storage::plan::{Reads, Suspend, Write};
use crate::value::credential::TokenId;
use crate::value::name::Identity;
use crate::value::permission::{Permission, PermissionSet};
use crate::value::resource::Resource;
use crate::value::time::Instant;
use crate::verify::dependencies::{ResolvedToken, dependencies};

/// How many permissions an error message names.
const NAMED: usize = 10;

/// How many its list of problems has.
const TOLD: usize = 100;

/// How many of an actor's places are gone through.
const MAX_PLACES: usize = 100;

/// Who acts, as far as the store agrees.
pub(super) struct Authority<'c> {
    actor: &'c Actor,
    /// The actor's account, if it is registered.
    account: Option<Account>,
    /// The token that the actor is, with what it rests on.
    token: Option<ResolvedToken>,
    /// The keys that this rests on.
    rests_on: Vec<String>,
}

impl<'c> Authority<'c> {
    /// Reads what an actor's authority rests on.
    ///
    /// # Errors
    /// `forbidden` when the actor's account or token is not active.
    pub(super) fn read(context: &Context<'c>, actor: &'c Actor) -> Result<Authority<'c>, Suspend> {
        let mut authority = Authority {
            actor,
            account: None,
            token: None,
            rests_on: Vec::new(),
        };
        if let Some(id) = actor.token() {
            let key = keys::token(id);
            let [stored] = context.reads.get([&key])?;
            let Some(Ok(Stored::Record(record))) = stored.map(|text| Stored::parse(id, text)) else {
                return Err(forbidden("the actor is a token that does not exist").into());
            };
            let catalog = context.deployment.catalog();
            let resolved = ResolvedToken::read(record.token().clone(), catalog, context.reads)?;
            if resolved.rules.refusal(context.time.latest()).is_some() {
                return Err(forbidden("the actor is a token that may not be used now").into());
            }
            authority.rest_on(dependencies(&resolved.token));
            authority.rest_on([key]);
            authority.token = Some(resolved);
        } else if let Some(own) = actor.own_resource() {
            let key = keys::account(own);
            let [stored] = context.reads.get([&key])?;
            authority.account = match stored.map(|text| StoredAccount::parse(own, text)) {
                None => None,
                Some(Ok(StoredAccount::Account(account))) if account.status == AccountStatus::Active => {
                    Some(*account)
                }
                Some(Ok(_)) => return Err(forbidden("the actor's account is disabled or deleted").into()),
                Some(Err(DecodeError)) => return Err(damaged_account(own).into()),
            };
            authority.rest_on([key]);
        }
        Ok(authority)
    }

    /// Who it is.
    pub(super) fn id(&self) -> &Identity {
        self.actor.id()
    }

    /// Whether the actor is just this token.
    pub(super) fn is_token(&self, id: &TokenId) -> bool {
        self.actor.token() == Some(id)
    }

    /// What the actor itself owns things as, if it can.
    pub(super) fn own_resource(&self) -> Option<&Resource> {
        self.actor.own_resource()
    }

    /// When this authority ends: nothing that it makes lives longer.
    pub(super) fn ends(&self) -> Option<Instant> {
        self.chain().filter_map(|token| token.expires_at).min()
    }

    /// The token that the actor is, and those that it came from; nothing for other actors.
    pub(super) fn chain(&self) -> impl Iterator<Item = &Token> {
        let resolved = self.token.iter();
        resolved.flat_map(|resolved| std::iter::once(&resolved.token).chain(&resolved.parents))
    }

    /// The highest place at or above a resource where the actor is an admin.
    pub(super) fn admin_place(&self, resource: &Resource) -> Option<&Resource> {
        let (place, accounts) = match &self.token {
            Some(ResolvedToken { token, accounts, .. }) => {
                let admin = token.role.as_deref() == Some(Role::ADMIN) && token.resource.covers(resource);
                (admin.then_some(&token.resource)?, accounts.as_slice())
            }
            None => (self.actor.admin_place(resource)?, self.account.as_slice()),
        };
        // What the host or the token says, and every account behind it, have to agree: the deepest of their places.
        accounts.iter().try_fold(place, |agreed, account| {
            let place = account.admin_place(resource)?;
            Some(if agreed.covers(place) { place } else { agreed })
        })
    }

    /// Whether the actor is an admin of a resource or of what stands above it.
    pub(super) fn is_admin_of(&self, resource: &Resource) -> bool {
        self.admin_place(resource).is_some()
    }

    /// Whether the actor may see and manage the tokens of an owner: it is the owner, or an admin of it or above.
    pub(super) fn manages(&self, owner: &Resource) -> bool {
        (self.token.is_none() && self.own_resource() == Some(owner)) || self.is_admin_of(owner)
    }

    /// The first of the places that the actor's authority names, as far as it manages them.
    pub(super) fn places(&self) -> impl Iterator<Item = &Resource> {
        let of_token = self.token.as_ref().map(|resolved| &resolved.token.resource);
        let places = self.actor.places().chain(of_token);
        places.filter(|place| self.manages(place)).take(MAX_PLACES)
    }

    /// Whether the actor may manage a token of this owner, of a kind with these managers.
    pub(super) fn manages_kind(&self, owner: &Resource, managers: Managers) -> bool {
        match managers {
            Managers::Owner => self.manages(owner),
            Managers::Admin => self.is_admin_of(owner),
        }
    }

    /// The place of the authority with which the actor manages an owner.
    pub(super) fn place_above(&self, owner: &Resource) -> Resource {
        self.admin_place(owner).unwrap_or(owner).clone()
    }

    /// The most that the actor can give at a place.
    pub(super) fn ceiling(&self, catalog: &Catalog, place: &Resource) -> PermissionSet {
        if let Some(resolved) = &self.token {
            let mut most = catalog.nothing();
            for (index, places) in resolved.rules.grant().held() {
                if places.iter().any(|held| held.covers(place)) {
                    most.insert(index);
                }
            }
            return most;
        }
        let mut most = self.actor.ceiling(catalog, place);
        if let Some(account) = &self.account {
            most.intersect(&account.ceiling(catalog, place));
        }
        most
    }

    /// Refuses what is more than the actor has, and was not there before.
    pub(super) fn covers(
        &self,
        catalog: &Catalog,
        wanted: &Grant,
        before: Option<&Grant>,
    ) -> Result<(), Refusal> {
        let ceiling = |place: &Resource| self.ceiling(catalog, place);
        refuse_excess(catalog, wanted, before, &ceiling, "the actor")
    }

    /// Reads the accounts of an owner and of what stands above it. Where they are registered they must be active; what they have bounds what
    /// their tokens get.
    pub(super) fn read_owner(
        &mut self,
        context: &Context,
        owner: &Resource,
    ) -> Result<Vec<Account>, Suspend> {
        let ids: Vec<Resource> = std::iter::once(owner.clone()).chain(owner.above()).collect();
        let keys: Vec<String> = ids.iter().map(keys::account).collect();
        let mut accounts = Vec::new();
        for (id, stored) in ids.iter().zip(context.reads.get_all(&keys)?) {
            match stored.map(|text| StoredAccount::parse(id, text)) {
                None => {}
                Some(Ok(StoredAccount::Account(account))) if account.status == AccountStatus::Active => {
                    accounts.push(*account);
                }
                Some(Ok(_)) => {
                    let id = quote(id.as_str());
                    return Err(forbidden(format!("the account {id} is disabled or deleted")).into());
                }
                Some(Err(DecodeError)) => return Err(damaged_account(id).into()),
            }
        }
        self.rest_on(keys);
        Ok(accounts)
    }

    /// Keys that the operation's authority rests on besides.
    pub(super) fn rest_on(&mut self, keys: impl IntoIterator<Item = String>) {
        for key in keys {
            if !self.rests_on.contains(&key) {
                self.rests_on.push(key);
            }
        }
    }

    /// The most writes that [`Authority::assertions`] come to.
    pub(super) fn weight(&self) -> usize {
        self.rests_on.len()
    }

    /// The bytes that they come to.
    pub(super) fn size(&self, reads: &Reads) -> usize {
        let values = reads.get_all(&self.rests_on).unwrap_or_default();
        values.into_iter().flatten().map(str::len).sum()
    }

    /// Writes that change nothing, and hold only if what this rests on is still as it was read.
    pub(super) fn assertions(&self, reads: &Reads) -> Result<Vec<Write>, Suspend> {
        let values = reads.get_all(&self.rests_on)?;
        let pairs = self.rests_on.iter().zip(values);
        Ok(pairs
            .map(|(key, value)| Write::assert(key.clone(), value))
            .collect())
    }
}

/// Refuses what is more than an account has.
pub(super) fn refuse_more_than_account(
    catalog: &Catalog,
    wanted: &Grant,
    before: Option<&Grant>,
    account: &Account,
) -> Result<(), Refusal> {
    let who = format!("the account {}", quote(account.id.as_str()));
    let ceiling = |place: &Resource| account.ceiling(catalog, place);
    refuse_excess(catalog, wanted, before, &ceiling, &who)
}

/// Refuses what is above a ceiling and was not there before: nothing is trimmed, all of it is told.
fn refuse_excess(
    catalog: &Catalog,
    wanted: &Grant,
    before: Option<&Grant>,
    ceiling: &dyn Fn(&Resource) -> PermissionSet,
    who: &str,
) -> Result<(), Refusal> {
    let mut ceilings: Vec<(&Resource, PermissionSet)> = Vec::new();
    let mut excess: Vec<(usize, &Resource)> = Vec::new();
    for (index, places) in wanted.held() {
        for place in places {
            if before.is_some_and(|before| before.holds(index, Some(place))) {
                continue;
            }
            let at = ceilings
                .iter()
                .position(|(known, _)| *known == place)
                .unwrap_or_else(|| {
                    ceilings.push((place, ceiling(place)));
                    ceilings.len() - 1
                });
            if ceilings.get(at).is_some_and(|(_, most)| !most.contains(index)) {
                excess.push((index, place));
            }
        }
    }
    let Some((_, place)) = excess.first() else {
        return Ok(());
    };
    let ids: Vec<&Permission> = excess
        .iter()
        .filter_map(|(index, _)| catalog.permission(*index))
        .collect();
    let named: Vec<&str> = ids.iter().take(NAMED).map(|id| id.as_str()).collect();
    let more = if ids.len() > NAMED {
        format!(" and {} more", ids.len() - NAMED)
    } else {
        String::new()
    };
    let place = if place.as_str().is_empty() {
        "the root".to_owned()
    } else {
        quote(place.as_str())
    };
    let message = format!(
        "permissions: {who} does not have at {place}, and so cannot give: {}{more}",
        named.join(", ")
    );
    let problems = ids.iter().take(TOLD).map(|id| Problem {
        path: id.to_string(),
        message: format!("is more than {who} has"),
    });
    Err(Refusal::of(
        ErrorCode::ExceedsCeiling,
        message.into(),
        None,
        problems.collect(),
    ))
}

pub(super) fn forbidden(message: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::new(ErrorCode::Forbidden, message)
}

/// An account whose text cannot be read: it binds nobody less because of that.
pub(super) fn damaged_account(id: &Resource) -> Refusal {
    let id = quote(id.as_str());
    Refusal::new(
        ErrorCode::StoreUnavailable,
        format!("the account {id} cannot be read: it is damaged, or a later version wrote it"),
    )
}
