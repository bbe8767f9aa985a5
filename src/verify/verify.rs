//! Verifies credential text, from the store or from the cache.

use super::cache::{Cache, Found, Hit};
use super::code::Code;
use super::decision::Process;
use super::dependencies::ResolvedToken;
use super::known_store::KnownStore;
use super::verdict::Verdict;
use super::verification::{Decided, LacksKey, Verification, digest_keys, id_of_digest};
use crate::deployment::VerifierConfig;
use crate::input::{ErrorCode, Refusal, message};
use crate::model::question::Question;
use crate::storage::plan::{Plan, Reads, Suspend, Write};
use crate::storage::seal::Seal;
use crate::storage::shard_count::ShardCount;
use crate::storage::store_meta::NotOurs;
use crate::storage::{keys, store_meta};
use crate::value::credential::{Body, TokenId, WellFormed};
use crate::value::time::Instant;

/// Verifies a credential, from the first reads on.
///
/// Every problem is a verdict, never an error. If the token has limits and the question counts a
/// use, the plan is a commit that writes the token's counters only.
#[must_use]
pub fn verify<D: VerifierConfig>(
    deployment: &D,
    credential: &str,
    question: &Question,
    reads: &Reads,
    now: Instant,
) -> Plan<Verdict> {
    let mut none = Cache::default();
    let (plan, _) = verify_and_cache(deployment, credential, question, reads, now, &mut none, None);
    plan
}

/// Verifies as [`verify`] does, and inserts the token into `cache`.
///
/// `generation` is the value of [`Cache::generation`] before the reads began. With `None` the cache
/// learns only facts that are final. Also returns the slot, if the token was inserted.
#[must_use]
pub fn verify_and_cache<D: VerifierConfig>(
    deployment: &D,
    credential: &str,
    question: &Question,
    reads: &Reads,
    now: Instant,
    cache: &mut Cache,
    generation: Option<u32>,
) -> (Plan<Verdict>, Option<u32>) {
    let load = Load {
        deployment,
        credential,
        question,
        reads,
        now,
    };
    let mut known = std::mem::take(cache.store());
    let process = Process {
        caches: cache.is_current(generation),
        last_use: &|of| cache.last_use(of),
    };
    let decided = load.decide(&mut known, process);
    let planned = match decided {
        Ok((decided, writes)) => {
            let settled = decided.learned(cache, generation);
            let answer = Verdict::of(
                &settled,
                question.requirement,
                deployment.permissions(),
                &known,
                now,
            );
            let plan = match writes.is_empty() {
                true => Plan::Answer(answer),
                false => Plan::Commit { writes, answer },
            };
            (plan, settled.slot)
        }
        Err(suspend) => (suspend.into(), None),
    };
    *cache.store() = known;
    planned
}

/// Begins a verification with what was read. `seal`: see [`Verification::begin`].
///
/// # Errors
/// [`Suspend::Need`] for the keys to read.
pub(crate) fn begin<D: VerifierConfig>(
    deployment: &D,
    seal: &Seal,
    credential: &str,
    reads: &Reads,
    known: &mut KnownStore,
) -> Result<Result<Verification, Box<Decided>>, Suspend> {
    let keys = digest_keys(deployment, credential).unwrap_or_default();
    let found = reads.get_all(&keys)?;
    let mut named = keys.iter().zip(found).enumerate();
    let imported = named.find_map(|(at, (key, value))| Some((at, id_of_digest(seal, key, value?)?)));
    let native = WellFormed::read(deployment.prefix(), credential.as_bytes()).ok();
    let native = native.map(|text| *text.id());
    // Without an id, nothing is read.
    let values = match native.or(imported.map(|(_, id)| id)) {
        Some(id) => reads.get([&keys::token(&id), keys::DEPLOYMENT])?,
        None => [None; 2],
    };
    Ok(Verification::begin(
        deployment, seal, credential, imported, values, known,
    ))
}

/// A verification that names the keys of the store itself.
pub(super) struct Load<'l, D> {
    pub(super) deployment: &'l D,
    pub(super) credential: &'l str,
    pub(super) question: &'l Question<'l>,
    pub(super) reads: &'l Reads,
    pub(super) now: Instant,
}

impl<D: VerifierConfig> Load<'_, D> {
    /// Decides, and returns the writes that count the use.
    ///
    /// # Errors
    /// [`Suspend::Need`] for the keys to read. [`Suspend::Refuse`] if counters cannot be written.
    pub(super) fn decide(
        &self,
        known: &mut KnownStore,
        process: Process,
    ) -> Result<(Decided, Vec<Write>), Suspend> {
        let Load {
            deployment,
            credential,
            question,
            reads,
            now,
        } = *self;
        known.vocabularies_mut().trim();
        let begun = begin(deployment, deployment.seal(), credential, reads, known)?;
        let mut verification = match begun {
            Ok(verification) => verification,
            Err(decided) => return Ok((*decided, Vec::new())),
        };
        let values = match verification.needs_dependencies(process.caches, now) {
            true => ResolvedToken::require(verification.token(), reads)?,
            false => Vec::new(),
        };
        let missing = verification.missing_vocabularies(&values, known);
        for (key, text) in missing.iter().zip(reads.get_all(&missing)?) {
            verification.learn_vocabulary(deployment, key, text, known);
        }
        let decided = verification.decide(deployment, &values, question, now, process, known);
        let limited = decided.limited(question);
        if limited.is_empty() {
            return Ok((decided, Vec::new()));
        }
        self.count(decided, &limited)
    }

    /// Counts the use, and plans its writes.
    fn count(&self, decided: Decided, limited: &[TokenId]) -> Result<(Decided, Vec<Write>), Suspend> {
        let Load {
            deployment,
            question,
            reads,
            now,
            ..
        } = *self;
        let limit_keys: Vec<String> = limited.iter().map(keys::limit).collect();
        // The sessions of a token count against its limits too. All of them queue for the key of
        // the topmost limited parent.
        if let (Some(topmost), Some(1..)) = (limit_keys.last(), question.consume) {
            reads.get_queued(&limit_keys, topmost, false)?;
        }
        let counters = reads.get_all(&limit_keys)?;
        let counted = decided.count(deployment, limited, &counters, question, now);
        let decided = counted.map_err(|LacksKey| {
            let message = message!(
                "the values of this store are sealed and this deployment has no record key, so it writes nothing: \
                 give it `recordKey`"
            );
            Refusal::new(ErrorCode::StoreUnavailable, message)
        })?;
        let mut writes = Vec::new();
        for ((id, stored), text) in limited.iter().zip(counters).zip(decided.counters()) {
            // The first use expects no counter, as does a use after a deletion. So the commit also
            // asserts that the record exists.
            if stored.is_none() {
                let token_key = keys::token(id);
                let [record] = reads.get([&token_key])?;
                writes.push(Write::assert(token_key, record));
            }
            writes.push(Write::replace(keys::limit(id), stored, text.clone()));
        }
        Ok((decided, writes))
    }
}

/// Applies a read of the change feed to a cache. `heads` are the values of
/// [`ShardCount::feed_keys`], from a read that began at `read_at`. Returns the shard count, which
/// the next read needs.
///
/// # Errors
/// When the store is not that of this deployment. Then the cache is unchanged.
pub fn apply_feed<D: VerifierConfig>(
    deployment: &D,
    heads: &Reads,
    read_at: Instant,
    cache: &mut Cache,
) -> Result<ShardCount, NotOurs> {
    let heads = deployment.seal().opened(heads);
    let Ok([meta]) = heads.get([keys::DEPLOYMENT]) else {
        return Err(NotOurs::Unreadable);
    };
    let shards = match store_meta::read(meta, deployment.prefix())? {
        Some(shards) => shards,
        None if heads.are_all_absent() => ShardCount::default(),
        None => return Err(NotOurs::Older),
    };
    cache.apply_feed(&heads, shards, read_at);
    Ok(shards)
}

/// Answers from the cache; `Ok(None)` on a miss.
///
/// # Errors
/// The code of a credential that names no token: an unreadable text, or an id in the negative
/// cache.
pub fn lookup<D: VerifierConfig>(
    deployment: &D,
    credential: &[u8],
    question: &Question,
    now: Instant,
    cache: &mut Cache,
) -> Result<Option<Hit>, Code> {
    let body = Body::of(deployment.prefix(), credential);
    match body.and_then(|body| cache.recognize(body)) {
        Some(slot) => Ok(cache.decide(slot, question, now)),
        None => lookup_by_digest(deployment, credential, question, now, cache),
    }
}

/// As [`lookup`], for a credential that was not recognised. If its digest is that of its token, it
/// will be.
pub(super) fn lookup_by_digest<D: VerifierConfig>(
    deployment: &D,
    credential: &[u8],
    question: &Question,
    now: Instant,
    cache: &mut Cache,
) -> Result<Option<Hit>, Code> {
    let text = match WellFormed::read(deployment.prefix(), credential) {
        Ok(text) => text,
        // The text may be a key that another system issued.
        Err(_) if deployment.imported().may_be(credential) => return Ok(None),
        Err(unreadable) => return Err(unreadable.into()),
    };
    match cache.find(text.id()) {
        Found::At(slot) => {
            let hit = cache.lookup(slot, &text.hash(), question, now);
            let is_refused = |hit: Hit| matches!(hit.code, Code::BadSecret | Code::RotatedOut);
            if hit.is_some_and(|hit| !is_refused(hit)) {
                cache.prove(slot, text.body());
            }
            Ok(hit)
        }
        Found::Absent => Err(Code::Unknown),
        Found::Nowhere => Ok(None),
    }
}

/// As [`lookup`]. If the only refusal is the idle time, the uses noted in this process are applied
/// first.
///
/// # Errors
/// As [`lookup`].
pub fn lookup_renewed<D: VerifierConfig>(
    deployment: &D,
    credential: &[u8],
    question: &Question,
    now: Instant,
    cache: &mut Cache,
) -> Result<Option<Hit>, Code> {
    let found = lookup(deployment, credential, question, now, cache)?;
    match found {
        Some(Hit {
            slot,
            code: Code::IdleExpired,
            ..
        }) if cache.renew(slot) => lookup(deployment, credential, question, now, cache),
        found => Ok(found),
    }
}
