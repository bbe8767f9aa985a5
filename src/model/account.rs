//! Accounts: owners that a host registered, and the technical users that back tokens. Each has a
//! status and frozen ceilings.
//!
//! A ceiling is the most that the tokens of an account can do at a resource. It is resolved when
//! the account is written, and applied at every verification. So demoting an account reduces its
//! live tokens, and disabling or deleting it blocks them.

use std::sync::Arc;

use serde::Serialize;

use super::account_text::{AccountText, Part, StoredAccountText};
use super::ceiling::Ceiling;
use super::ceilings::Ceilings;
use super::coded_list::FindVocabulary;
use crate::catalog::Permissions;
use crate::codec::decode::{DecodeError, decode_parts};
use crate::codec::json::json;
use crate::codec::sorted_map::SortedMap;
use crate::value::credential::TokenId;
use crate::value::name::{Identity, Name};
use crate::value::permission::{PermissionSet, Vocabulary};
use crate::value::resource::{Resource, ResourceError};
use crate::value::time::Instant;

/// The version of the stored form.
const FORM: u8 = 1;

/// The prefix of a technical user's own segment: `org:acme/technical-user:0TZ3abcd00000000`.
const TECHNICAL_USER: &str = "technical-user:";

/// The most tokens that one technical user backs.
pub const MAX_BACKED: usize = 100;

/// The type of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountType {
    /// An owner of tokens: a person, an organisation, a group.
    Owner,
    /// An account that the system created to back tokens. It never signs in.
    TechnicalUser,
}

/// Whether the tokens of an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountStatus {
    /// The tokens may be used.
    Active,
    /// The tokens are blocked until the account is enabled again.
    Disabled,
}

/// An account, as its managers see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The account's id, which is a resource.
    pub id: Resource,
    /// The type.
    #[serde(rename = "type")]
    pub account_type: AccountType,
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Name>,
    /// The roles from which its ceilings were resolved, by resource. The account is an admin only
    /// where one of these roles is `admin`.
    pub roles: SortedMap<Resource, String>,
    /// The ceilings, by resource.
    pub ceilings: Vec<Ceiling>,
    /// Whether its tokens may be used.
    pub status: AccountStatus,
    /// Of a disabled account: the resource of the authority that disabled it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_at: Option<Resource>,
    /// Of a technical user: the tokens that it backs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<TokenId>,
    /// When its status last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_changed_at: Option<Instant>,
    /// The actor that changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_changed_by: Option<Identity>,
    /// When the account was created.
    pub created_at: Instant,
    /// The actor that created it.
    pub created_by: Identity,
    /// Increases with every change.
    pub revision: u64,
}

impl Account {
    /// The vocabularies to which its text refers.
    pub fn vocabularies(&self) -> impl Iterator<Item = &Arc<Vocabulary>> {
        let ceilings = self.ceilings.iter();
        ceilings.flat_map(|ceiling| ceiling.permissions.vocabularies())
    }

    /// The account with every permission of its ceilings, as an answer shows it.
    #[must_use]
    pub fn written_out(&self) -> Account {
        let ceilings = self.ceilings.iter().map(|ceiling| Ceiling {
            resource: ceiling.resource.clone(),
            permissions: ceiling.permissions.written_out(),
        });
        Account {
            ceilings: ceilings.collect(),
            ..self.clone()
        }
    }

    /// The id of the technical user of a new token.
    ///
    /// # Errors
    /// When the owner's id is too long or too deep for a segment below it.
    pub fn technical_user_id(owner: &Resource, token: &TokenId) -> Result<Resource, ResourceError> {
        owner.below(&format!("{TECHNICAL_USER}{token}"))
    }

    /// Whether an id has the form of a technical user's.
    #[must_use]
    pub fn is_technical_user_id(id: &Resource) -> bool {
        id.as_str()
            .split('/')
            .any(|segment| segment.starts_with(TECHNICAL_USER))
    }

    /// The highest resource at or above `resource` where the account is an admin.
    #[must_use]
    pub fn admin_place(&self, resource: &Resource) -> Option<&Resource> {
        let admin = self
            .roles
            .iter()
            .filter(|(_, role)| *role == crate::catalog::Role::ADMIN);
        let places = admin
            .map(|(place, _)| place)
            .filter(|place| place.covers(resource));
        places.min_by_key(|place| place.as_str().len())
    }

    /// The ceilings, compiled over a catalog.
    #[must_use]
    pub fn compiled_ceilings(&self, catalog: &Permissions) -> Ceilings {
        let ceilings = self.ceilings.iter();
        let compiled = ceilings.map(|ceiling| {
            (
                ceiling.resource.clone(),
                catalog.set_of(ceiling.permissions.iter()),
            )
        });
        Ceilings::new(compiled.collect())
    }

    /// The permissions that the account can have on a whole resource.
    #[must_use]
    pub fn ceiling(&self, catalog: &Permissions, resource: &Resource) -> PermissionSet {
        self.compiled_ceilings(catalog).at(resource, catalog)
    }

    /// The stored text.
    #[must_use]
    pub fn to_text(&self) -> String {
        json(&Living {
            form: FORM,
            account: self.clone(),
        })
    }

    /// The stored text of the tombstone that replaces the account.
    #[must_use]
    pub fn tombstone(&self, deleted_at: Instant, deleted_by: Identity) -> String {
        json(&Tombstone {
            form: FORM,
            id: self.id.clone(),
            deleted_at,
            deleted_by,
            revision: self.revision.saturating_add(1),
        })
    }
}

#[derive(Serialize)]
struct Living {
    #[serde(rename = "v")]
    form: u8,
    account: Account,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tombstone {
    #[serde(rename = "v")]
    form: u8,
    id: Resource,
    deleted_at: Instant,
    deleted_by: Identity,
    revision: u64,
}

/// The value of `account/<id>`.
#[derive(Clone, Debug)]
pub enum StoredAccount {
    /// An account.
    Account(Box<Account>),
    /// The tombstone of a deleted account, so that its id is never used again.
    Tombstone,
}

impl StoredAccount {
    /// Parses the stored value of an account id.
    ///
    /// # Errors
    /// When the text is neither an account nor a tombstone of this id.
    pub fn parse(
        id: &Resource,
        text: &str,
        vocabularies: &dyn FindVocabulary,
    ) -> Result<StoredAccount, DecodeError> {
        Ok(match StoredAccountText::read(id, text)? {
            StoredAccountText::Account(account) => {
                StoredAccount::Account(Box::new(Account::of_text(&account, vocabularies)?))
            }
            StoredAccountText::Tombstone => StoredAccount::Tombstone,
        })
    }
}

impl Account {
    /// The account of a stored text.
    ///
    /// # Errors
    /// If a part is missing or not of its type, which its schema excludes.
    pub(crate) fn of_text(
        text: &AccountText,
        vocabularies: &dyn FindVocabulary,
    ) -> Result<Account, DecodeError> {
        let account_type = match text.text(Part::Type).as_deref() {
            Some("owner") => AccountType::Owner,
            _ => AccountType::TechnicalUser,
        };
        let status = match text.is_active() {
            true => AccountStatus::Active,
            false => AccountStatus::Disabled,
        };
        decode_parts!(text, Account {
            required id: Part::Id,
            optional title: Part::Title,
            required roles: Part::Roles,
            optional held_at: Part::HeldAt,
            optional tokens: Part::Tokens,
            optional status_changed_at: Part::StatusChangedAt,
            optional status_changed_by: Part::StatusChangedBy,
            required created_at: Part::CreatedAt,
            required created_by: Part::CreatedBy,
            required revision: Part::Revision,
        } with {
            account_type: account_type,
            ceilings: text.ceiling_lists(vocabularies)?,
            status: status,
        })
    }
}
