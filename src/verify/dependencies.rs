//! Resolves the current validity of a token: whether it may be used, and its effective grant. The
//! rules are the same for a bearer who presents the token and for an actor that manages with it.
//!
//! Besides its own record, a token depends on its owner and the accounts above the owner, on the
//! technical user that backs it, and on the account that it acts as. A session also depends on its
//! parent tokens and on their last uses. All of them are read together. A required dependency that
//! is missing is a refusal.

use super::code::Code;
use super::validity_rules::{Idle, ValidityRules};
use crate::catalog::Permissions;
use crate::codec::decode::DecodeError;
use crate::model::account_text::StoredAccountText;
use crate::model::coded_list::Vocabularies;
use crate::model::grant::Grant;
use crate::model::record_text::StoredText;
use crate::model::token::Token;
use crate::model::usage::Usage;
use crate::model::verifiable_token::VerifiableToken;
use crate::storage::keys;
use crate::storage::plan::{Reads, Suspend};
use crate::value::resource::Resource;

/// A token with its dependencies.
#[derive(Debug)]
pub struct ResolvedToken {
    /// The token.
    pub token: VerifiableToken,
    /// The parent tokens, nearest first.
    pub parents: Vec<VerifiableToken>,
    /// The rules by which a verification decides.
    pub rules: ValidityRules,
}

/// The accounts that a token depends on, each with whether it must exist: the technical user must,
/// the others restrict the token only if they are registered.
#[must_use]
pub fn accounts(token: &VerifiableToken) -> Vec<(Resource, bool)> {
    let owners = std::iter::once(token.owner.clone()).chain(token.owner.above());
    let optional = owners.chain(token.subject_account.clone());
    let backed_by = token.technical_user.iter().map(|id| (id.clone(), true));
    backed_by.chain(optional.map(|id| (id, false))).collect()
}

/// The store keys of all dependencies of a token, without its own record and without its usage:
/// those of its parents, then those of its accounts.
#[must_use]
pub fn dependencies(token: &VerifiableToken) -> Vec<String> {
    let accounts = accounts(token).into_iter().map(|(id, _)| keys::account(&id));
    token.parents.iter().map(keys::token).chain(accounts).collect()
}

/// The store keys of all dependencies of a token, then of its usage and that of its parents, for
/// their idle times. A parent's record says whether it has an idle time, and it has not been read
/// yet. So the usage of each parent is always read, in the same batch. No commit asserts these
/// keys: only a use changes them, and a use never shortens a token's life.
pub(super) fn keys_of(token: &VerifiableToken) -> Vec<String> {
    let own = token.idle_after.map(|_| &token.id);
    let usages = own.into_iter().chain(&token.parents).map(keys::usage);
    dependencies(token).into_iter().chain(usages).collect()
}

impl ResolvedToken {
    /// Reads a token's dependencies and resolves them.
    ///
    /// # Errors
    /// [`Suspend::Need`] with the keys that have to be read.
    pub fn read(
        token: &Token,
        catalog: &Permissions,
        reads: &Reads,
        vocabularies: &dyn Vocabularies,
    ) -> Result<ResolvedToken, Suspend> {
        let grant = Grant::of(token, catalog);
        let token = VerifiableToken::of(token);
        let values = ResolvedToken::require(&token, reads)?;
        Ok(ResolvedToken::of(token, grant, catalog, vocabularies, &values))
    }

    /// Requires all dependencies of a token together with its record. An earlier read of the record
    /// may be stale; combined with newer dependencies, it would be a state that never existed.
    /// Returns the values for [`ResolvedToken::of`].
    ///
    /// # Errors
    /// [`Suspend::Need`] with the keys that have to be read.
    pub(crate) fn require<'r>(
        token: &VerifiableToken,
        reads: &'r Reads,
    ) -> Result<Vec<Option<&'r str>>, Suspend> {
        let rests_on = keys_of(token);
        let mut needed = Vec::with_capacity(rests_on.len() + 1);
        needed.push(keys::token(&token.id));
        needed.extend(rests_on.iter().cloned());
        reads.require_together(needed)?;
        reads.get_all(&rests_on)
    }

    /// Resolves a token. `values` are those of its parents, of its accounts as [`accounts`] names
    /// them, of its usage if it has an idle time, and of the usage of its parents.
    #[must_use]
    pub fn of(
        token: VerifiableToken,
        grant: Grant,
        catalog: &Permissions,
        vocabularies: &dyn Vocabularies,
        values: &[Option<&str>],
    ) -> ResolvedToken {
        let mut found = Found {
            grant,
            parents: Vec::new(),
            idle: Vec::new(),
            blocked: None,
        };
        let mut values = values.iter().copied();
        found.look_at_parents(&token, catalog, vocabularies, &mut values);
        found.look_at_accounts(&token, catalog, vocabularies, &mut values);
        found.look_at_uses(&token, &mut values);
        let rules = ValidityRules::of(&token, &found.parents, found.grant, found.blocked, found.idle);
        ResolvedToken {
            token,
            parents: found.parents,
            rules,
        }
    }
}

/// The values of the dependencies, in their order.
type Values<'v> = dyn Iterator<Item = Option<&'v str>> + 'v;

/// The dependencies found so far.
struct Found {
    grant: Grant,
    parents: Vec<VerifiableToken>,
    idle: Vec<Idle>,
    blocked: Option<Code>,
}

impl Found {
    /// Blocks the token. The first code wins.
    fn block(&mut self, code: Code) {
        self.blocked.get_or_insert(code);
    }

    /// A session ends with each of its parents, and its grant never exceeds theirs.
    fn look_at_parents(
        &mut self,
        token: &VerifiableToken,
        catalog: &Permissions,
        vocabularies: &dyn Vocabularies,
        values: &mut Values,
    ) {
        for (id, stored) in token.parents.iter().zip(values) {
            match stored.map(|text| StoredText::read(id, text.to_owned())) {
                Some(Ok(StoredText::Record(record))) => {
                    let read = VerifiableToken::of_record(&record).and_then(|parent| {
                        let boundary = parent.resource.clone();
                        Ok((
                            parent,
                            Grant::of_record(&record, boundary, catalog, vocabularies)?,
                        ))
                    });
                    match read {
                        Ok((parent, grant)) => {
                            self.grant = self.grant.under_parent(&grant);
                            self.parents.push(parent);
                        }
                        Err(DecodeError) => self.block(Code::StoreUnavailable),
                    }
                }
                Some(Err(DecodeError)) => self.block(Code::StoreUnavailable),
                Some(Ok(StoredText::Tombstone)) | None => self.block(Code::Revoked),
            }
        }
    }

    /// A token is blocked by each inactive account that it depends on, and its grant never exceeds
    /// theirs.
    fn look_at_accounts(
        &mut self,
        token: &VerifiableToken,
        catalog: &Permissions,
        vocabularies: &dyn Vocabularies,
        values: &mut Values,
    ) {
        for ((id, must_exist), stored) in accounts(token).iter().zip(values) {
            match stored.map(|text| StoredAccountText::read(id, text)) {
                Some(Ok(StoredAccountText::Account(account))) => {
                    if !account.is_active() {
                        self.block(Code::OwnerInactive);
                    }
                    match account.ceilings(catalog, vocabularies) {
                        Ok(ceilings) => self.grant = self.grant.under_account(&ceilings, catalog),
                        Err(DecodeError) => self.block(Code::StoreUnavailable),
                    }
                }
                Some(Ok(StoredAccountText::Tombstone)) => self.block(Code::OwnerInactive),
                Some(Err(DecodeError)) => self.block(Code::StoreUnavailable),
                None if *must_exist => self.block(Code::OwnerInactive),
                None => {}
            }
        }
    }

    /// Adds the idle times of a token and of its parents, each counted from its last use.
    fn look_at_uses(&mut self, token: &VerifiableToken, values: &mut Values) {
        if token.idle_after.is_some() {
            self.look_at_use(token, values.next().flatten());
        }
        for id in &token.parents {
            let usage = values.next().flatten();
            // A parent that was not found blocks the token already.
            if let Some(parent) = self.parents.iter().find(|parent| parent.id == *id).cloned() {
                self.look_at_use(&parent, usage);
            }
        }
    }

    fn look_at_use(&mut self, token: &VerifiableToken, usage: Option<&str>) {
        if token.idle_after.is_none() {
            return;
        }
        match usage.map(Usage::last_use_in).transpose() {
            Ok(last) => self.idle.extend(Idle::of(token, last)),
            Err(DecodeError) => self.block(Code::StoreUnavailable),
        }
    }
}
