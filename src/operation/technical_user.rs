//! Manages the technical users that back tokens. The commit of the first token creates a technical
//! user, and the commit that deletes the last one deletes it.

use super::authority::{Authority, damaged_account};
use super::context::Context;
use super::write_batch::WriteBatch;
use crate::codec::sort::sorted_by;
use crate::input::{ErrorCode, Refusal, quote};
use crate::model::account::{Account, AccountStatus, AccountType, MAX_BACKED, StoredAccount};
use crate::model::ceiling::Ceiling;
use crate::model::grant::Grant;
use crate::model::id_list::IdList;
use crate::model::token::Token;
use crate::storage::keys;
use crate::storage::plan::Suspend;
use crate::value::credential::TokenId;
use crate::value::resource::Resource;

/// Makes the technical user of a new token, with the permissions of the token.
pub(super) fn of_first(context: &Context, token: &Token, id: Resource, authority: &Authority) -> Account {
    let catalog = context.deployment.catalog();
    let grant = Grant::of(token, catalog);
    let mut places = vec![(token.resource.clone(), catalog.nothing())];
    for (index, resources) in grant.held() {
        for resource in resources {
            match places.iter_mut().find(|(place, _)| place == resource) {
                Some((_, permissions)) => {
                    permissions.insert(index);
                }
                None => {
                    let mut permissions = catalog.nothing();
                    permissions.insert(index);
                    places.push((resource.clone(), permissions));
                }
            }
        }
    }
    let places = sorted_by(places, |(one, _), (other, _)| one.cmp(other));
    let ceilings = places.into_iter().map(|(resource, permissions)| Ceiling {
        resource,
        permissions: IdList::of(&permissions, catalog),
    });
    let role = token.role.clone().map(|role| (token.resource.clone(), role));
    Account {
        id,
        account_type: AccountType::TechnicalUser,
        title: Some(token.name.clone()),
        roles: role.into_iter().collect(),
        ceilings: ceilings.collect(),
        status: AccountStatus::Active,
        held_at: None,
        tokens: vec![token.id],
        status_changed_at: None,
        status_changed_by: None,
        created_at: context.time.now,
        created_by: authority.id().clone(),
        revision: 1,
    }
}

/// Finds the technical user that is to back another token.
///
/// # Errors
/// `invalid_input` if it does not exist below `owner`, is disabled, or backs [`MAX_BACKED`] tokens
/// already; `store_unavailable` if it is damaged.
pub(super) fn find<'r>(
    context: &Context<'r>,
    id: &Resource,
    owner: &Resource,
) -> Result<(Account, &'r str), Suspend> {
    let refuse = |message: String| Refusal::at("technicalUser", ErrorCode::InvalidInput, message);
    let missing = || {
        refuse(format!(
            "there is no technical user {} of this owner",
            quote(id.as_str())
        ))
    };
    if !Account::is_technical_user_id(id) || id.above().next().as_ref() != Some(owner) {
        return Err(missing().into());
    }
    let key = keys::account(id);
    let [stored] = context.reads.get([&key])?;
    let text = stored.ok_or_else(missing)?;
    match StoredAccount::parse(id, text, context.vocabularies) {
        Ok(StoredAccount::Account(account)) => {
            if account.status != AccountStatus::Active {
                return Err(refuse("the technical user is disabled".to_owned()).into());
            }
            if account.tokens.len() >= MAX_BACKED {
                return Err(refuse(format!(
                    "the technical user backs {MAX_BACKED} tokens, the most that it can"
                ))
                .into());
            }
            Ok((*account, text))
        }
        Ok(StoredAccount::Tombstone) => Err(missing().into()),
        Err(_) => Err(damaged_account(id).into()),
    }
}

/// The technical user with another token.
pub(super) fn with_token(account: &Account, token: &TokenId) -> Account {
    let mut next = account.clone();
    next.tokens.push(*token);
    next.revision = account.revision.saturating_add(1);
    next
}

/// Removes a deleted token from its technical user, and deletes the technical user with its last
/// token. A technical user that is damaged or deleted already does not prevent the deletion of the
/// token.
pub(super) fn release(context: &Context, token: &Token, changes: &mut WriteBatch) -> Result<(), Suspend> {
    let Some(id) = &token.technical_user else {
        return Ok(());
    };
    let [stored] = context.reads.get([&keys::account(id)])?;
    let Some(text) = stored else { return Ok(()) };
    let Ok(StoredAccount::Account(account)) = StoredAccount::parse(id, text, context.vocabularies) else {
        return Ok(());
    };
    // A session acts as the technical user of its parent, which does not back the session.
    if !account.tokens.contains(&token.id) {
        return Ok(());
    }
    let mut next = (*account).clone();
    next.tokens.retain(|backed| *backed != token.id);
    next.revision = account.revision.saturating_add(1);
    if next.tokens.is_empty() {
        changes.delete_account(&account, text);
    } else {
        changes.put_account(Some((&account, text)), &next);
    }
    Ok(())
}
