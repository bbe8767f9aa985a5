//! One token in the cache: its secrets' digests, its terms, and what a change of would touch it.

use std::rc::Rc;

use super::shards::fingerprint;
use crate::credential::Presented;
use crate::record::{Scheme, Secret, Secrets};
use crate::shard_count::ShardCount;
use crate::standing::{Standing, dependencies};
use crate::terms::Terms;
use crate::time::Instant;

/// How many bytes the stored record of a token has at most that counts as one. What a host remembers with a token grows with it too.
const ORDINARY: usize = 2_048;

/// What is remembered of one token.
#[derive(Debug)]
pub struct Entry {
    pub(super) id: [u8; 16],
    pub(super) revision: u64,
    /// How much of the capacity it takes.
    pub(super) weight: u32,
    secrets: Secrets,
    pub(super) terms: Terms,
    pub(super) rests_on: Rc<RestsOn>,
}

/// What a token rests on besides its own record, as the change feed names it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RestsOn {
    /// The shards that tell of it, as bits.
    pub(super) shards: u64,
    /// Fingerprints of the keys of accounts.
    pub(super) accounts: Box<[u64]>,
    /// Fingerprints of the keys of the tokens that it came from.
    pub(super) parents: Box<[u64]>,
}

impl Entry {
    /// Compiles a token, stored as a text of so many bytes, with what it rests on, for a cache that follows so many shards.
    #[must_use]
    pub fn of(secrets: Secrets, size: usize, standing: Standing, shards: ShardCount) -> Entry {
        let token = &standing.token;
        let owners = std::iter::once(token.owner.clone()).chain(token.owner.above());
        let accounts = owners
            .chain(token.technical_user.clone())
            .chain(token.subject_account());
        let shards = accounts
            .map(|account| shards.shard_of(&account))
            .fold(0, |bits, shard| bits | 1 << shard);
        let (parents, accounts): (Vec<String>, Vec<String>) = dependencies(token)
            .into_iter()
            .partition(|key| key.starts_with("token/"));
        let fingerprints = |keys: &[String]| keys.iter().map(|key| fingerprint(key)).collect();
        Entry {
            id: *token.id.bytes(),
            revision: token.revision,
            weight: u32::try_from(size / ORDINARY).map_or(u32::MAX, |more| more.saturating_add(1)),
            secrets,
            rests_on: Rc::new(RestsOn {
                shards,
                accounts: fingerprints(&accounts),
                parents: fingerprints(&parents),
            }),
            terms: standing.terms,
        }
    }

    /// Whether a verdict would tell the same of another that is of the same revision.
    pub(super) fn tells_as(&self, other: &Entry) -> bool {
        self.terms.grant() == other.terms.grant()
            && self.weight == other.weight
            && self.rests_on == other.rests_on
    }

    /// Takes the place of this one, which tells the same. What both share with others stays.
    pub(super) fn replace(&mut self, mut other: Entry) {
        other.terms.take_uses(&self.terms);
        other.terms.share(Rc::clone(self.terms.shared_grant()));
        other.rests_on = Rc::clone(&self.rests_on);
        *self = other;
    }

    /// Whether its secrets are credentials of ours.
    pub(super) fn is_native(&self) -> bool {
        self.secrets.scheme() == Scheme::Native
    }

    pub(super) fn secret(&self, presented: &Presented, now: Instant) -> Secret {
        self.secrets.which(presented.scheme(), presented.digest(), now)
    }
}
