//! One token in the cache: the digests of its secrets, its validity rules and its dependencies.

use crate::codec::shared::Shared;

use super::rests_on::RestsOn;
use crate::model::secrets::{Secret, Secrets};
use crate::value::credential::{Presented, Scheme};
use crate::value::time::Instant;
use crate::verify::dependencies::ResolvedToken;
use crate::verify::validity_rules::ValidityRules;

/// The largest stored record, in bytes, that counts as one entry. The data that a host keeps for a
/// token grows with its record too.
const ORDINARY: usize = 2_048;

/// A cached token.
#[derive(Debug)]
pub struct Entry {
    pub(super) id: [u8; 16],
    pub(super) revision: u64,
    /// How much of the capacity it uses: 1 for every started [`ORDINARY`] bytes.
    pub(super) weight: u32,
    secrets: Secrets,
    pub(super) rules: ValidityRules,
    pub(super) rests_on: Shared<RestsOn>,
}

impl Entry {
    /// Compiles an entry from a token and its dependencies. `size` is the length of the stored
    /// record in bytes.
    #[must_use]
    pub(crate) fn of(
        secrets: Secrets,
        size: usize,
        resolved: ResolvedToken,
        rests_on: Shared<RestsOn>,
    ) -> Entry {
        let token = &resolved.token;
        Entry {
            id: *token.id.bytes(),
            revision: token.revision,
            weight: u32::try_from(size / ORDINARY).map_or(u32::MAX, |more| more.saturating_add(1)),
            secrets,
            rests_on,
            rules: resolved.rules,
        }
    }

    /// Whether a verdict from `other`, an entry of the same revision, would give the same token
    /// view.
    pub(super) fn tells_as(&self, other: &Entry) -> bool {
        self.rules.grant() == other.rules.grant()
            && self.weight == other.weight
            && self.rests_on == other.rests_on
    }

    /// Replaces this entry by `other`, which gives the same view. Keeps the values that this entry
    /// shares with others, and its later uses.
    pub(super) fn replace(&mut self, mut other: Entry) {
        other.rules.take_uses(&self.rules);
        other.rules.share(Shared::clone(self.rules.shared_grant()));
        other.rests_on = Shared::clone(&self.rests_on);
        *self = other;
    }

    /// Whether its secrets are credentials of this deployment, not keys that another system issued.
    pub(super) fn is_native(&self) -> bool {
        self.secrets.scheme() == Scheme::Native
    }

    /// Whether only one credential is valid, whatever the time.
    pub(super) fn has_one_native_secret(&self) -> bool {
        self.is_native() && self.secrets.is_single()
    }

    pub(super) fn secret(&self, presented: &Presented, now: Instant) -> Secret {
        self.secrets.which(presented.scheme(), presented.digest(), now)
    }
}
