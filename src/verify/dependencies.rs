//! How a token stands now: whether it may be used, and what is left of its grant. The same for a bearer who presents it and for an actor
//! that manages with it.
//!
//! A token rests on more than its record: on its owner and whatever stands above, on the technical user that backs it, on the account that
//! it acts as, and, if it is a session, on the tokens that it came from, and when those were last used. All of them are read at once; what
//! must be there and is not refuses.

use super::rules::{Idle, ValidityRules};
use super::verdict::Code;
use crate::catalog::Permissions;
use crate::codec::decode::DecodeError;
use crate::model::account::{Account, AccountStatus, StoredAccount};
use crate::model::grant::Grant;
use crate::model::record::Stored;
use crate::model::token::Token;
use crate::model::usage::Usage;
use crate::storage::keys;
use crate::storage::plan::{Reads, Suspend};
use crate::value::resource::Resource;

/// A token with what it rests on.
#[derive(Debug)]
pub struct ResolvedToken {
    /// The token.
    pub token: Token,
    /// The tokens that it came from, nearest first.
    pub parents: Vec<Token>,
    /// The accounts that it rests on, as far as they are registered.
    pub accounts: Vec<Account>,
    /// What a verification decides by.
    pub rules: ValidityRules,
}

/// The accounts that a token rests on: the technical user, which must exist, and those that bind if they were registered.
fn accounts(token: &Token) -> (Option<&Resource>, Vec<Resource>) {
    let mut optional: Vec<Resource> = std::iter::once(token.owner.clone())
        .chain(token.owner.above())
        .collect();
    optional.extend(token.subject_account());
    (token.technical_user.as_ref(), optional)
}

/// The keys of everything that authority of a token rests on, besides its own record.
#[must_use]
pub fn dependencies(token: &Token) -> Vec<String> {
    let (backed_by, optional) = accounts(token);
    let accounts = backed_by.into_iter().chain(&optional).map(keys::account);
    token.parents.iter().map(keys::token).chain(accounts).collect()
}

/// The keys of the use on which the idle times of a token and of its parents rest. Whether a parent has an idle time stands in its record:
/// so their use is always read, and all of it is one read. No commit asserts them: only a use changes them, and none takes life away.
fn usage_keys(token: &Token) -> impl Iterator<Item = String> {
    let own = token.idle_after.map(|_| &token.id);
    own.into_iter().chain(&token.parents).map(keys::usage)
}

impl ResolvedToken {
    /// Reads what a token rests on.
    ///
    /// # Errors
    /// [`Suspend::Need`] for what has to be read.
    pub fn read(token: Token, catalog: &Permissions, reads: &Reads) -> Result<ResolvedToken, Suspend> {
        ResolvedToken::require(&token, reads)?;
        ResolvedToken::of(token, catalog, reads)
    }

    /// Asks for all that a token rests on at once, and for its record with that: a record from before may have changed since, and together
    /// with what stands now it would be a state that never was.
    ///
    /// # Errors
    /// [`Suspend::Need`] for what has to be read.
    pub(crate) fn require(token: &Token, reads: &Reads) -> Result<(), Suspend> {
        let rests_on = dependencies(token);
        // Room for the record, for what it rests on, and for the use of the token and of each that it came from.
        let mut needed = Vec::with_capacity(rests_on.len() + token.parents.len() + 2);
        needed.push(keys::token(&token.id));
        needed.extend(rests_on);
        needed.extend(usage_keys(token));
        reads.require_together(needed)
    }

    /// How a token stands, by reads of all that [`ResolvedToken::require`] asks for.
    pub(crate) fn of(token: Token, catalog: &Permissions, reads: &Reads) -> Result<ResolvedToken, Suspend> {
        let mut found = Found {
            grant: Grant::of(&token, catalog),
            parents: Vec::new(),
            accounts: Vec::new(),
            idle: Vec::new(),
            blocked: None,
        };
        found.look_at_parents(&token, catalog, reads)?;
        found.look_at_accounts(&token, catalog, reads)?;
        found.look_at_use(&token, reads)?;
        let rules = ValidityRules::of(&token, &found.parents, found.grant, found.blocked, found.idle);
        Ok(ResolvedToken {
            token,
            parents: found.parents,
            accounts: found.accounts,
            rules,
        })
    }
}

/// What was found of the things that a token rests on.
struct Found {
    grant: Grant,
    parents: Vec<Token>,
    accounts: Vec<Account>,
    idle: Vec<Idle>,
    blocked: Option<Code>,
}

impl Found {
    /// The first reason stays.
    fn block(&mut self, code: Code) {
        self.blocked.get_or_insert(code);
    }

    /// A token ends when it is not used for too long.
    fn look_at_use(&mut self, token: &Token, reads: &Reads) -> Result<(), Suspend> {
        if token.idle_after.is_none() {
            return Ok(());
        }
        let [usage] = reads.get([&keys::usage(&token.id)])?;
        match usage.map(Usage::parse).transpose() {
            Ok(usage) => self
                .idle
                .extend(Idle::of(token, usage.map(|usage| usage.last_used_at()))),
            Err(DecodeError) => self.block(Code::StoreUnavailable),
        }
        Ok(())
    }

    /// A session ends with each token that it came from, and never has more than it.
    fn look_at_parents(
        &mut self,
        token: &Token,
        catalog: &Permissions,
        reads: &Reads,
    ) -> Result<(), Suspend> {
        for id in &token.parents {
            let [stored] = reads.get([&keys::token(id)])?;
            match stored.map(|text| Stored::parse(id, text)) {
                Some(Ok(Stored::Record(record))) => {
                    let parent = record.into_token();
                    self.grant = self.grant.under_parent(&Grant::of(&parent, catalog));
                    self.look_at_use(&parent, reads)?;
                    self.parents.push(parent);
                }
                Some(Err(DecodeError)) => self.block(Code::StoreUnavailable),
                Some(Ok(Stored::Tombstone)) | None => self.block(Code::Revoked),
            }
        }
        Ok(())
    }

    /// A token stops with each account that it rests on, and never has more than it.
    fn look_at_accounts(
        &mut self,
        token: &Token,
        catalog: &Permissions,
        reads: &Reads,
    ) -> Result<(), Suspend> {
        let (backed_by, optional) = accounts(token);
        let required = backed_by.into_iter().map(|id| (id, true));
        for (id, must_exist) in required.chain(optional.iter().map(|id| (id, false))) {
            let [stored] = reads.get([&keys::account(id)])?;
            match stored.map(|text| StoredAccount::parse(id, text)) {
                Some(Ok(StoredAccount::Account(account))) => {
                    if account.status != AccountStatus::Active {
                        self.block(Code::OwnerInactive);
                    }
                    self.grant = self.grant.under_account(&account, catalog);
                    self.accounts.push(*account);
                }
                Some(Ok(StoredAccount::Tombstone)) => self.block(Code::OwnerInactive),
                Some(Err(DecodeError)) => self.block(Code::StoreUnavailable),
                None if must_exist => self.block(Code::OwnerInactive),
                None => {}
            }
        }
        Ok(())
    }
}
