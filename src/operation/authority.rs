//! Determines what an actor may do. Each operation reads the underlying records itself, so that
//! stale authority creates nothing.
//!
//! The host says who an actor is and which roles it has. If the actor's account is registered, it
//! binds too: it must be active, it must have the admin role where the actor uses it, and its
//! ceilings bound what the actor gives. An actor that is a token has exactly the authority that the
//! token has now. The commit asserts every key that was read for this.

use std::borrow::Cow;

use super::context::Context;
use crate::catalog::{Catalog, Managers, Role};
use crate::codec::decode::DecodeError;
use crate::input::{ErrorCode, Problem, Refusal, quote};
use crate::model::account::{Account, AccountStatus, StoredAccount};
use crate::model::actor::Actor;
use crate::model::grant::Grant;
use crate::model::record::Stored;
use crate::model::verifiable_token::VerifiableToken;
use crate::storage::keys;
use crate::storage::plan::{Reads, Suspend, Write};
use crate::value::credential::TokenId;
use crate::value::name::Identity;
use crate::value::permission::{Permission, PermissionSet};
use crate::value::resource::Resource;
use crate::value::time::Instant;
use crate::verify::dependencies::{self, ResolvedToken, dependencies};

/// How many permissions an error message names.
const MAX_NAMED: usize = 10;

/// How many problems the refusal lists.
const MAX_PROBLEMS: usize = 100;

/// How many places of an actor are considered.
const MAX_PLACES: usize = 100;

/// An actor with its authority, as confirmed by the store.
pub(super) struct Authority<'c> {
    actor: &'c Actor,
    /// The actor's account, if it is registered.
    account: Option<Account>,
    /// The actor's token, if the actor is one, with its parents.
    token: Option<ResolvedToken>,
    /// The registered accounts that the actor's token depends on.
    accounts: Vec<Account>,
    /// The keys on which this authority depends.
    rests_on: Vec<String>,
}

impl<'c> Authority<'c> {
    /// Reads the records on which an actor's authority depends.
    ///
    /// # Errors
    /// `forbidden` if the actor's account is disabled or deleted, or its token does not exist or
    /// may not be used now; `store_unavailable` if the account is damaged.
    pub(super) fn read(context: &Context<'c>, actor: &'c Actor) -> Result<Authority<'c>, Suspend> {
        let mut authority = Authority {
            actor,
            account: None,
            token: None,
            accounts: Vec::new(),
            rests_on: Vec::new(),
        };
        if let Some(id) = actor.token() {
            let key = keys::token(id);
            let [stored] = context.reads.get([&key])?;
            let Some(Ok(Stored::Record(record))) =
                stored.map(|text| Stored::parse(id, text, context.vocabularies))
            else {
                return Err(forbidden("the actor is a token that does not exist").into());
            };
            let catalog = context.deployment.catalog();
            let resolved = ResolvedToken::read(record.token(), catalog, context.reads, context.vocabularies)?;
            if resolved.rules.refusal(context.time.latest()).is_some() {
                return Err(forbidden("the actor is a token that is not valid now").into());
            }
            authority.accounts = registered(context, &resolved.token)?;
            authority.rest_on(dependencies(&resolved.token));
            authority.rest_on([key]);
            authority.token = Some(resolved);
        } else if let Some(own) = actor.own_resource() {
            let key = keys::account(own);
            let [stored] = context.reads.get([&key])?;
            authority.account = match stored.map(|text| StoredAccount::parse(own, text, context.vocabularies))
            {
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

    /// The identity of the actor.
    pub(super) fn id(&self) -> &Identity {
        self.actor.id()
    }

    /// Whether the actor is the token `id`.
    pub(super) fn is_token(&self, id: &TokenId) -> bool {
        self.actor.token() == Some(id)
    }

    /// The resource as which the actor owns tokens, if it has one.
    pub(super) fn own_resource(&self) -> Option<&Resource> {
        self.actor.own_resource()
    }

    /// When this authority ends. Nothing that it makes lives longer. `None`: never.
    pub(super) fn ends(&self) -> Option<Instant> {
        self.chain().filter_map(|token| token.expires_at).min()
    }

    /// The token that the actor is, and the tokens that it came from. Empty for other actors.
    pub(super) fn chain(&self) -> impl Iterator<Item = &VerifiableToken> {
        let resolved = self.token.iter();
        resolved.flat_map(|resolved| std::iter::once(&resolved.token).chain(&resolved.parents))
    }

    /// The highest place, at or above a resource, where the actor is an admin.
    pub(super) fn admin_place(&self, resource: &Resource) -> Option<&Resource> {
        let (place, accounts) = match &self.token {
            Some(ResolvedToken { token, .. }) => {
                let admin = token.role.as_deref() == Some(Role::ADMIN) && token.resource.covers(resource);
                (admin.then_some(&token.resource)?, self.accounts.as_slice())
            }
            None => (self.actor.admin_place(resource)?, self.account.as_slice()),
        };
        // The host or the token, and every account behind it, have to agree. The result is the
        // deepest of their places.
        accounts.iter().try_fold(place, |agreed, account| {
            let place = account.admin_place(resource)?;
            Some(if agreed.covers(place) { place } else { agreed })
        })
    }

    /// Whether the actor is an admin of a resource or of one above it.
    pub(super) fn is_admin_of(&self, resource: &Resource) -> bool {
        self.admin_place(resource).is_some()
    }

    /// Whether the actor may see and manage the tokens of an owner: it is the owner, or an admin of
    /// the owner or of a place above it.
    pub(super) fn manages(&self, owner: &Resource) -> bool {
        (self.token.is_none() && self.own_resource() == Some(owner)) || self.is_admin_of(owner)
    }

    /// The places named by the actor's authority that it manages, at most [`MAX_PLACES`].
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

    /// The place from which the actor manages an owner.
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

    /// Refuses permissions that the actor does not have and that `before` does not contain.
    pub(super) fn covers(
        &self,
        catalog: &Catalog,
        wanted: &Grant,
        before: Option<&Grant>,
    ) -> Result<(), Refusal> {
        let ceiling = |place: &Resource| self.ceiling(catalog, place);
        let places: Vec<&Resource> = self.actor.places().collect();
        refuse_excess(catalog, wanted, before, &ceiling, ("the actor", &places))
    }

    /// Reads the accounts of an owner and of every resource above it. A registered account must be
    /// active; its ceilings bound the tokens of the owner.
    ///
    /// # Errors
    /// `forbidden` if an account is disabled or deleted; `store_unavailable` if one is damaged.
    pub(super) fn read_owner(
        &mut self,
        context: &Context,
        owner: &Resource,
    ) -> Result<Vec<Account>, Suspend> {
        let ids: Vec<Resource> = std::iter::once(owner.clone()).chain(owner.above()).collect();
        let keys: Vec<String> = ids.iter().map(keys::account).collect();
        let mut accounts = Vec::new();
        for (id, stored) in ids.iter().zip(context.reads.get_all(&keys)?) {
            match stored.map(|text| StoredAccount::parse(id, text, context.vocabularies)) {
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

    /// Adds keys on which the operation's authority depends.
    pub(super) fn rest_on(&mut self, keys: impl IntoIterator<Item = String>) {
        for key in keys {
            if !self.rests_on.contains(&key) {
                self.rests_on.push(key);
            }
        }
    }

    /// The maximum number of writes of [`Authority::assertions`].
    pub(super) fn weight(&self) -> usize {
        self.rests_on.len()
    }

    /// The size of the asserted values in bytes.
    pub(super) fn size(&self, reads: &Reads) -> usize {
        let values = reads.get_all(&self.rests_on).unwrap_or_default();
        values.into_iter().flatten().map(str::len).sum()
    }

    /// Writes that change nothing. They fail the commit if a value on which the authority depends
    /// has changed since it was read.
    pub(super) fn assertions(&self, reads: &Reads) -> Result<Vec<Write>, Suspend> {
        let values = reads.get_all(&self.rests_on)?;
        let pairs = self.rests_on.iter().zip(values);
        Ok(pairs
            .map(|(key, value)| Write::assert(key.clone(), value))
            .collect())
    }
}

/// Refuses permissions that an account does not have and that `before` does not contain.
pub(super) fn refuse_more_than_account(
    catalog: &Catalog,
    wanted: &Grant,
    before: Option<&Grant>,
    account: &Account,
) -> Result<(), Refusal> {
    let who = format!("the account {}", quote(account.id.as_str()));
    let ceiling = |place: &Resource| account.ceiling(catalog, place);
    refuse_excess(catalog, wanted, before, &ceiling, (&who, &[]))
}

/// The registered accounts that a token depends on.
///
/// # Errors
/// `store_unavailable` if one is damaged.
fn registered(context: &Context, token: &VerifiableToken) -> Result<Vec<Account>, Suspend> {
    let accounts = dependencies::accounts(token);
    let keys: Vec<String> = accounts.iter().map(|(id, _)| keys::account(id)).collect();
    let mut registered = Vec::new();
    for ((id, _), stored) in accounts.iter().zip(context.reads.get_all(&keys)?) {
        match stored
            .map(|text| StoredAccount::parse(id, text, context.vocabularies))
            .transpose()
        {
            Ok(Some(StoredAccount::Account(account))) => registered.push(*account),
            Ok(Some(StoredAccount::Tombstone) | None) => {}
            Err(DecodeError) => return Err(damaged_account(id).into()),
        }
    }
    Ok(registered)
}

/// Refuses permissions above a ceiling that `before` does not contain. The grant is not trimmed;
/// the refusal lists the permissions. It names one of `places` where all of them are had.
fn refuse_excess(
    catalog: &Catalog,
    wanted: &Grant,
    before: Option<&Grant>,
    ceiling: &dyn Fn(&Resource) -> PermissionSet,
    (who, places): (&str, &[&Resource]),
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
    let named: Vec<&str> = ids.iter().take(MAX_NAMED).map(|id| id.as_str()).collect();
    let more = if ids.len() > MAX_NAMED {
        format!(" and {} more", ids.len() - MAX_NAMED)
    } else {
        String::new()
    };
    let elsewhere = places.iter().find(|place| {
        let most = ceiling(place);
        excess.iter().all(|(index, _)| most.contains(*index))
    });
    let help = match elsewhere.map(|place| quote(place.as_str())) {
        Some(place) => format!("it has them at {place}: give resource: {place}"),
        None => "leave them out, or ask an admin for a role that has them".to_owned(),
    };
    let place = if place.as_str().is_empty() {
        "the root".to_owned()
    } else {
        quote(place.as_str())
    };
    let message = format!(
        "permissions: {who} does not have these at {place}, so it cannot give: {}{more}; {help}",
        named.join(", ")
    );
    let problems = ids.iter().take(MAX_PROBLEMS).map(|id| Problem {
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

/// The refusal for an account that cannot be decoded. A damaged account still binds.
pub(super) fn damaged_account(id: &Resource) -> Refusal {
    let id = quote(id.as_str());
    Refusal::new(
        ErrorCode::StoreUnavailable,
        format!("the account {id} cannot be read: it is damaged, or a later version wrote it"),
    )
}
