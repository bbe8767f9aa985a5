//! What a cached token rests on besides its own record, as the change feed names it.

use super::feed_heads::fingerprint;
use crate::codec::shared::Shared;
use crate::model::verifiable_token::VerifiableToken;
use crate::storage::keys;
use crate::storage::shard_count::ShardCount;
use crate::value::resource::Resource;
use crate::verify::dependencies::accounts;

/// The dependencies of a token besides its own record, as the change feed names them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RestsOn {
    /// The shards that publish changes of the dependencies, as a bit set.
    pub(super) shards: u64,
    /// Fingerprints of the account keys.
    pub(super) accounts: Box<[u64]>,
    /// Fingerprints of the keys of the parent tokens.
    pub(super) parents: Box<[u64]>,
}

impl RestsOn {
    fn of(token: &VerifiableToken, shards: ShardCount) -> RestsOn {
        let accounts = accounts(token);
        let shards = accounts
            .iter()
            .map(|(account, _)| shards.shard_of(account))
            .fold(0, |bits, shard| bits | 1 << shard);
        let accounts = accounts
            .iter()
            .map(|(account, _)| fingerprint(&keys::account(account)));
        let parents = token.parents.iter().map(|id| fingerprint(&keys::token(id)));
        RestsOn {
            shards,
            accounts: accounts.collect(),
            parents: parents.collect(),
        }
    }
}

/// How many owners are known, each in the place of its fingerprint.
const OWNERS: usize = 256;

/// What the tokens rest on that rest on their owner only: nearly all. Their shards are hashes, and
/// an owner has many tokens.
#[derive(Debug, Default)]
pub(super) struct KnownOwners {
    count: ShardCount,
    places: Vec<Option<(Resource, Shared<RestsOn>)>>,
}

impl KnownOwners {
    /// What a token rests on. `count` is the shard count that the cache follows.
    pub(super) fn rests_on(&mut self, token: &VerifiableToken, count: ShardCount) -> Shared<RestsOn> {
        let has_more =
            token.technical_user.is_some() || token.subject_account.is_some() || !token.parents.is_empty();
        if has_more {
            return Shared::new(RestsOn::of(token, count));
        }
        if self.count != count || self.places.is_empty() {
            self.count = count;
            self.places = vec![None; OWNERS];
        }
        let owner = &token.owner;
        let [at, ..] = fingerprint(owner.as_str()).to_le_bytes();
        let place = self.places.get_mut(usize::from(at));
        if let Some(Some((known, rests_on))) = &place
            && known == owner
        {
            return Shared::clone(rests_on);
        }
        let rests_on = Shared::new(RestsOn::of(token, count));
        if let Some(place) = place {
            *place = Some((owner.clone(), Shared::clone(&rests_on)));
        }
        rests_on
    }
}
