//! Finds the token that a credential names, and compares the secret.

use super::code::Code;
use super::imported_key;
use super::named_token::NamedToken;
use crate::codec::decode::DecodeError;
use crate::deployment::VerifierConfig;
use crate::model::record_text::RecordText;
use crate::model::secrets::Secret;
use crate::storage::plan::{Reads, Suspend};
use crate::storage::{keys, store_meta};
use crate::value::credential::{Presented, TokenId, WellFormed};
use crate::value::time::Instant;

/// The result of authentication.
pub(crate) enum Presentation {
    /// A secret of this token was presented.
    Of(Verified),
    /// An old secret of this token was presented. `true` if only the end of the grace period
    /// rotated it out.
    RotatedOut(Box<NamedToken>, bool),
    /// The credential names this token, but the secret does not match. Disclose no part of the
    /// token.
    Wrong(Box<NamedToken>),
    /// The token was deleted. To the bearer, it is unknown.
    Deleted(TokenId),
    /// No token. The record stays undisclosed, since no secret matched.
    Refused(Code),
}

/// A token whose secret was presented. Its status has not been checked.
pub(crate) struct Verified {
    pub(super) named: Box<NamedToken>,
    pub(super) successor: bool,
}

impl Verified {
    /// The record of the token.
    pub(crate) fn record(&self) -> &RecordText {
        &self.named.record
    }
}

impl Presentation {
    /// Compares the presented secret with the stored digests. Until it matches, no part of the
    /// record is disclosed.
    pub(crate) fn of(presented: &Presented, named: Box<NamedToken>, now: Instant) -> Presentation {
        let secret = named.secrets.which(presented.scheme(), presented.digest(), now);
        match secret {
            Secret::Current | Secret::Successor => Presentation::Of(Verified {
                named,
                successor: secret == Secret::Successor,
            }),
            Secret::GraceOver => Presentation::RotatedOut(named, true),
            Secret::RotatedOut => Presentation::RotatedOut(named, false),
            Secret::Wrong => Presentation::Wrong(named),
        }
    }

    /// Whether no secret of the token was presented.
    pub(crate) fn is_wrong(&self) -> bool {
        matches!(self, Presentation::Wrong(_))
    }
}

/// Parses a credential, reads the record and compares the secret.
pub(crate) fn authenticate<D: VerifierConfig>(
    deployment: &D,
    credential: &str,
    reads: &Reads,
    now: Instant,
) -> Result<Presentation, Suspend> {
    let unreadable = match WellFormed::read(deployment.prefix(), credential.as_bytes()) {
        // The text is hashed only when there is a digest to compare it with.
        Ok(text) => {
            return Ok(match token_named(deployment, text.id(), reads)? {
                Ok(named) => Presentation::of(&text.hash(), named, now),
                Err(refused) => refused,
            });
        }
        Err(unreadable) => unreadable,
    };
    let Some(presented) = imported_key::find(deployment.imported(), credential, reads)? else {
        return Ok(Presentation::Refused(unreadable.into()));
    };
    Ok(match token_named(deployment, presented.id(), reads)? {
        Ok(named) => Presentation::of(&presented, named, now),
        Err(refused) => refused,
    })
}

/// Reads the token with an id, from a store of this deployment. The record and the store
/// description are read together: a token in a store without a description was written by an older
/// version.
fn token_named<D: VerifierConfig>(
    deployment: &D,
    id: &TokenId,
    reads: &Reads,
) -> Result<Result<Box<NamedToken>, Presentation>, Suspend> {
    let [stored, meta] = reads.get([&keys::token(id), keys::DEPLOYMENT])?;
    let refused = |code| Err(Presentation::Refused(code));
    let stored = match (store_meta::read(meta, deployment.prefix()), stored) {
        (Ok(Some(_)), Some(stored)) => stored,
        (Ok(_), None) => return Ok(refused(Code::Unknown)),
        (Ok(None), Some(_)) | (Err(_), _) => return Ok(refused(Code::StoreUnavailable)),
    };
    Ok(match NamedToken::read(id, stored.to_owned()) {
        Ok(Some(named)) => Ok(named),
        Ok(None) => Err(Presentation::Deleted(*id)),
        Err(DecodeError) => refused(Code::StoreUnavailable),
    })
}
