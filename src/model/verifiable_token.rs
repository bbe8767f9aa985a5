//! What a verification needs of a token.

use super::record_text::{Part, RecordText};
use super::token::{Status, Token};
use crate::codec::decode::DecodeError;
use crate::value::condition::Conditions;
use crate::value::credential::TokenId;
use crate::value::limit::Limits;
use crate::value::resource::Resource;
use crate::value::time::{Instant, Lifetime};

/// What a verification needs of a token besides its grant.
#[derive(Clone, Debug)]
pub struct VerifiableToken {
    /// Its id.
    pub id: TokenId,
    /// Its owner.
    pub owner: Resource,
    /// The technical user that backs it.
    pub technical_user: Option<Resource>,
    /// The account that it acts as, if that is neither its owner nor its technical user.
    pub subject_account: Option<Resource>,
    /// Of a session: the tokens that it was exchanged from, nearest first.
    pub parents: Vec<TokenId>,
    /// The boundary of its grant.
    pub resource: Resource,
    /// The role.
    pub role: Option<String>,
    /// Whether it may be used.
    pub status: Status,
    /// When it was created.
    pub created_at: Instant,
    /// When it was last enabled.
    pub enabled_at: Option<Instant>,
    /// From when it may be used.
    pub not_before: Option<Instant>,
    /// From when it may no longer be used.
    pub expires_at: Option<Instant>,
    /// The longest time without use.
    pub idle_after: Option<Lifetime>,
    /// The conditions that a request must meet.
    pub conditions: Option<Conditions>,
    /// How often it may be used.
    pub limits: Option<Limits>,
    /// The revision of its record.
    pub revision: u64,
}

impl VerifiableToken {
    /// Of a token.
    #[must_use]
    pub fn of(token: &Token) -> VerifiableToken {
        VerifiableToken {
            id: token.id,
            owner: token.owner.clone(),
            technical_user: token.technical_user.clone(),
            subject_account: token.subject_account(),
            parents: token.parents.clone(),
            resource: token.resource.clone(),
            role: token.role.clone(),
            status: token.status,
            created_at: token.created_at,
            enabled_at: token.enabled_at,
            not_before: token.not_before,
            expires_at: token.expires_at,
            idle_after: token.idle_after,
            conditions: token.conditions.clone(),
            limits: token.limits.clone(),
            revision: token.revision,
        }
    }

    /// Of a stored token.
    ///
    /// # Errors
    /// If a part is missing or not of its type, which its schema excludes.
    pub(crate) fn of_record(record: &RecordText) -> Result<VerifiableToken, DecodeError> {
        let id = |text: &str| TokenId::parse(text).map_err(|_| DecodeError);
        let owner = record.resource(Part::Owner).ok_or(DecodeError)?;
        let technical_user = record.resource(Part::TechnicalUser);
        let subject = record.resource(Part::Subject);
        let mut parents = Vec::new();
        for parent in record.items(Part::Parents).texts() {
            parents.push(id(&parent)?);
        }
        Ok(VerifiableToken {
            id: id(&record.text(Part::Id).ok_or(DecodeError)?)?,
            subject_account: subject
                .filter(|subject| *subject != owner && Some(subject) != technical_user.as_ref()),
            owner,
            technical_user,
            parents,
            resource: record.resource(Part::Resource).ok_or(DecodeError)?,
            role: record.text(Part::Role).map(String::from),
            status: record
                .text(Part::Status)
                .and_then(|name| Status::named(&name))
                .ok_or(DecodeError)?,
            created_at: record.instant(Part::CreatedAt).ok_or(DecodeError)?,
            enabled_at: record.instant(Part::EnabledAt),
            not_before: record.instant(Part::NotBefore),
            expires_at: record.instant(Part::ExpiresAt),
            idle_after: record.whole(Part::IdleAfter).and_then(Lifetime::of_stored),
            conditions: record.raw(Part::Conditions).and_then(Conditions::of_stored),
            limits: record.raw(Part::Limits).and_then(Limits::of_stored),
            revision: record.whole(Part::Revision).ok_or(DecodeError)?,
        })
    }
}
