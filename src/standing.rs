//! How a token stands now: whether it may be used, and what is left of its grant. The same for a bearer who presents it and for an actor
//! that manages with it.
//!
//! A token rests on more than its record: on its owner and whatever stands above, on the technical user that backs it, on the account that
//! it acts as, and, if it is a session, on the tokens that it came from. All of them are read at once; what must be there and is not
//! refuses.

use crate::account::{AccountStatus, StoredAccount};
use crate::catalog::Catalog;
use crate::condition::{Conditions, RequestContext};
use crate::grant::Grant;
use crate::keys;
use crate::record::{Damaged, Stored};
use crate::resource::Resource;
use crate::step::{Halt, Reads};
use crate::time::Instant;
use crate::token::{Status, Token};
use crate::usage::Usage;
use crate::verdict::Code;

/// How a token stands.
#[derive(Debug)]
pub struct Standing {
    /// [`Code::Valid`], or why it may not be used.
    pub code: Code,
    /// What is left of its grant under the ceilings of its accounts and the grants of its parents.
    pub grant: Grant,
    /// The tokens that it came from, nearest first.
    pub parents: Vec<Token>,
}

/// The accounts that a token rests on: the technical user, which must exist, and those that bind if they were registered.
fn accounts(token: &Token) -> (Option<&Resource>, Vec<Resource>) {
    let mut optional: Vec<Resource> = std::iter::once(token.owner.clone())
        .chain(token.owner.above())
        .collect();
    let subject = token
        .subject
        .as_ref()
        .and_then(|subject| Resource::parse(subject.as_str()).ok());
    let backed_by = token.technical_user.as_ref();
    optional.extend(subject.filter(|subject| *subject != token.owner && Some(subject) != backed_by));
    (backed_by, optional)
}

/// The keys of everything that authority of a token rests on, besides its own record.
#[must_use]
pub fn dependencies(token: &Token) -> Vec<String> {
    let (backed_by, optional) = accounts(token);
    let accounts = backed_by.into_iter().chain(&optional).map(keys::account);
    token.parents.iter().map(keys::token).chain(accounts).collect()
}

/// How a token stands now.
///
/// # Errors
/// [`Halt::Need`] for what has to be read.
pub fn standing(token: &Token, catalog: &Catalog, reads: &Reads, now: Instant) -> Result<Standing, Halt> {
    let usage_key = keys::usage(&token.id);
    let mut needed = dependencies(token);
    if token.idle_after.is_some() {
        needed.push(usage_key.clone());
    }
    reads.get_all(&needed)?;

    let mut standing = Standing {
        code: own_refusal(token, now).unwrap_or(Code::Valid),
        grant: Grant::of(token, catalog),
        parents: Vec::new(),
    };
    if standing.code == Code::Valid && token.idle_after.is_some() {
        let [usage] = reads.get([&usage_key])?;
        standing.code = idle_refusal(token, usage, now).unwrap_or(Code::Valid);
    }
    standing.look_at_parents(token, catalog, reads, now)?;
    standing.look_at_accounts(token, catalog, reads)?;
    Ok(standing)
}

/// What a token's own record has against its use.
fn own_refusal(token: &Token, now: Instant) -> Option<Code> {
    let checks = [
        (token.status == Status::Revoked, Code::Revoked),
        (token.status == Status::Disabled, Code::Disabled),
        (
            token.not_before.is_some_and(|start| now < start),
            Code::NotYetValid,
        ),
        (token.expires_at.is_some_and(|end| now >= end), Code::Expired),
    ];
    let found = checks.into_iter().find(|(fails, _)| *fails);
    found.map(|(_, code)| code)
}

fn idle_refusal(token: &Token, usage: Option<&str>, now: Instant) -> Option<Code> {
    let longest = token.idle_after?;
    let Ok(usage) = usage.map(Usage::parse).transpose() else {
        return Some(Code::StoreUnavailable);
    };
    let used = usage.map_or(token.created_at, |usage| usage.last_used_at());
    // Enabling a token, or its first instant, is a beginning too.
    let begun = [Some(token.created_at), token.not_before, token.status_changed_at];
    let since = begun.into_iter().flatten().fold(used, Instant::max);
    let ends = since.after(longest).ok()?;
    (now >= ends).then_some(Code::IdleExpired)
}

impl Standing {
    fn refuse(&mut self, code: Code) {
        if self.code == Code::Valid {
            self.code = code;
        }
    }

    /// A session ends with each token that it came from, and never has more than it.
    fn look_at_parents(
        &mut self,
        token: &Token,
        catalog: &Catalog,
        reads: &Reads,
        now: Instant,
    ) -> Result<(), Halt> {
        for id in &token.parents {
            let [stored] = reads.get([&keys::token(id)])?;
            match stored.map(|text| Stored::parse(id, text)) {
                Some(Ok(Stored::Record(record))) => {
                    let parent = record.token();
                    if let Some(code) = own_refusal(parent, now) {
                        self.refuse(code);
                    }
                    self.grant = self.grant.under_parent(&Grant::of(parent, catalog));
                    self.parents.push(parent.clone());
                }
                Some(Err(Damaged)) => self.refuse(Code::StoreUnavailable),
                Some(Ok(Stored::Tombstone)) | None => self.refuse(Code::Revoked),
            }
        }
        Ok(())
    }

    /// A token stops with each account that it rests on, and never has more than it.
    fn look_at_accounts(&mut self, token: &Token, catalog: &Catalog, reads: &Reads) -> Result<(), Halt> {
        let (backed_by, optional) = accounts(token);
        let required = backed_by.into_iter().map(|id| (id, true));
        for (id, must_exist) in required.chain(optional.iter().map(|id| (id, false))) {
            let [stored] = reads.get([&keys::account(id)])?;
            match stored.map(|text| StoredAccount::parse(id, text)) {
                Some(Ok(StoredAccount::Account(account))) => {
                    if account.status != AccountStatus::Active {
                        self.refuse(Code::OwnerInactive);
                    }
                    self.grant = self.grant.under_account(&account, catalog);
                }
                Some(Ok(StoredAccount::Tombstone)) => self.refuse(Code::OwnerInactive),
                Some(Err(Damaged)) => self.refuse(Code::StoreUnavailable),
                None if must_exist => self.refuse(Code::OwnerInactive),
                None => {}
            }
        }
        Ok(())
    }

    /// Whether a request meets the conditions of the token and of all that it came from.
    #[must_use]
    pub fn meets_conditions(&self, token: &Token, request: &RequestContext, now: Instant) -> bool {
        let all = std::iter::once(token).chain(&self.parents);
        all.filter_map(|token| token.conditions.as_ref())
            .all(|conditions: &Conditions| conditions.first_unmet(request, now).is_none())
    }
}
