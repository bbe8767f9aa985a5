//! The secrets of a token, by their digests.

use super::record_text::{Part, RecordText};
use crate::codec::decode::DecodeError;
use crate::value::credential::{Digest, Scheme};
use crate::value::time::Instant;

/// The digests of a token's secrets.
#[derive(Debug)]
pub struct Secrets {
    scheme: Scheme,
    digest: Digest,
    rotated: Option<Box<Rotated>>,
}

/// The fields that only a rotated token has.
#[derive(Debug)]
struct Rotated {
    successor: Option<Digest>,
    grace_ends_at: Option<Instant>,
    retired: Vec<Digest>,
}

impl Secrets {
    /// The secrets in a stored record.
    ///
    /// # Errors
    /// If a part is missing or not of its type, which its schema excludes.
    pub(crate) fn of_record(record: &RecordText) -> Result<Secrets, DecodeError> {
        let digest = |text: &str| Digest::from_hex(text).ok_or(DecodeError);
        let part = |part| record.text(part).map(|text| digest(&text)).transpose();
        let mut retired = Vec::new();
        for text in record.items(Part::Retired).texts() {
            retired.push(digest(&text)?);
        }
        let rotated = Rotated {
            successor: part(Part::Successor)?,
            grace_ends_at: record.instant(Part::GraceEndsAt),
            retired,
        };
        let is_rotated = rotated.successor.is_some() || !rotated.retired.is_empty();
        Ok(Secrets {
            scheme: match record.has(Part::Scheme) {
                true => Scheme::Sha256,
                false => Scheme::Native,
            },
            digest: part(Part::Digest)?.ok_or(DecodeError)?,
            rotated: is_rotated.then(|| Box::new(rotated)),
        })
    }

    /// The scheme of the current secret's digest.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether the token was never rotated: only one secret is known of it.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.rotated.is_none()
    }

    /// Which of the secrets was presented. All are compared, each in constant time.
    #[must_use]
    pub fn which(&self, scheme: Scheme, presented: &Digest, now: Instant) -> Secret {
        let current = self.digest.matches(presented) && self.scheme == scheme;
        let Some(rotated) = self.rotated.as_deref() else {
            return if current { Secret::Current } else { Secret::Wrong };
        };
        // A successor is always a native credential, whatever it replaces.
        let matches = |digest: &Digest| digest.matches(presented);
        let successor = rotated.successor.as_ref().is_some_and(matches) && scheme == Scheme::Native;
        let retired = rotated
            .retired
            .iter()
            .fold(false, |known, digest| known | digest.matches(presented));
        let over = rotated.grace_ends_at.is_some_and(|end| now >= end);
        match (current, successor, retired) {
            (true, ..) if over => Secret::GraceOver,
            (_, true, _) if !over => Secret::Successor,
            (true, ..) | (_, true, _) => Secret::Current,
            (_, _, true) => Secret::RotatedOut,
            _ => Secret::Wrong,
        }
    }
}

/// Which secret of a token was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    /// The secret of the token.
    Current,
    /// The new secret of a pending rotation.
    Successor,
    /// The old secret of a rotation whose grace period has ended by the clock of this verification.
    GraceOver,
    /// A secret that was rotated out.
    RotatedOut,
    /// None of them.
    Wrong,
}
