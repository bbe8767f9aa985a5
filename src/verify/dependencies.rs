//! Resolves the current validity of a token: whether it may be used, and its effective grant. The
//! rules are the same for a bearer who presents the token and for an actor that manages with it.
//!
//! Besides its own record, a token depends on its owner and the accounts above the owner, on the
//! technical user that backs it, and on the account that it acts as. A session also depends on its
//! parent tokens and on their last uses. All of them are read together. A required dependency that
//! is missing is a refusal.

use super::validity_rules::{Idle, ValidityRules};
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

/// A token with its dependencies.
#[derive(Debug)]
pub struct ResolvedToken {
    /// The token.
    pub token: Token,
    /// The parent tokens, nearest first.
    pub parents: Vec<Token>,
    /// The accounts that the token depends on, if they are registered.
    pub accounts: Vec<Account>,
    /// The rules by which a verification decides.
    pub rules: ValidityRules,
}

/// The accounts that a token depends on: the technical user, which must exist, and those that
/// restrict the token only if they are registered.
fn accounts(token: &Token) -> (Option<&Resource>, Vec<Resource>) {
    let mut optional: Vec<Resource> = std::iter::once(token.owner.clone())
        .chain(token.owner.above())
        .collect();
    optional.extend(token.subject_account());
    (token.technical_user.as_ref(), optional)
}

/// The store keys of all dependencies of a token, without its own record and without its usage.
#[must_use]
pub fn dependencies(token: &Token) -> Vec<String> {
    let (backed_by, optional) = accounts(token);
    let accounts = backed_by.into_iter().chain(&optional).map(keys::account);
    token.parents.iter().map(keys::token).chain(accounts).collect()
}

/// The store keys of the usage of a token and of its parents, for their idle times. A parent's
/// record says whether it has an idle time, and it has not been read yet. So the usage of each
/// parent is always read, in the same batch. No commit asserts these keys: only a use changes them,
/// and a use never shortens a token's life.
fn usage_keys(token: &Token) -> impl Iterator<Item = String> {
    let own = token.idle_after.map(|_| &token.id);
    own.into_iter().chain(&token.parents).map(keys::usage)
}

impl ResolvedToken {
    /// Reads a token's dependencies and resolves them.
    ///
    /// # Errors
    /// [`Suspend::Need`] with the keys that have to be read.
    pub fn read(token: Token, catalog: &Permissions, reads: &Reads) -> Result<ResolvedToken, Suspend> {
        ResolvedToken::require(&token, reads)?;
        ResolvedToken::of(token, catalog, reads)
    }

    /// Requires all dependencies of a token together with its record. An earlier read of the record
    /// may be stale; combined with newer dependencies, it would be a state that never existed.
    ///
    /// # Errors
    /// [`Suspend::Need`] with the keys that have to be read.
    pub(crate) fn require(token: &Token, reads: &Reads) -> Result<(), Suspend> {
        let rests_on = dependencies(token);
        // The capacity for the record, the dependencies, and the usage of the token and its
        // parents.
        let mut needed = Vec::with_capacity(rests_on.len() + token.parents.len() + 2);
        needed.push(keys::token(&token.id));
        needed.extend(rests_on);
        needed.extend(usage_keys(token));
        reads.require_together(needed)
    }

    /// Resolves a token from reads of all keys that [`ResolvedToken::require`] names.
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

/// The dependencies found so far.
struct Found {
    grant: Grant,
    parents: Vec<Token>,
    accounts: Vec<Account>,
    idle: Vec<Idle>,
    blocked: Option<Code>,
}

impl Found {
    /// Blocks the token. The first code wins.
    fn block(&mut self, code: Code) {
        self.blocked.get_or_insert(code);
    }

    /// Adds the idle time of a token, counted from its last use.
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

    /// A session ends with each of its parents, and its grant never exceeds theirs.
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

    /// A token is blocked by each inactive account that it depends on, and its grant never exceeds
    /// theirs.
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
