//! Verifies credential text in the steps unverified, presented, verified, decided. Each step is a
//! type that only the step before can construct.

use super::cache::{Cache, Disclosed, ENDED, Entry, Found, Hit, Memory};
use super::dependencies::ResolvedToken;
use super::imported_key;
use super::record_memo::{Read, RecordMemo};
use super::verdict::{Code, Verdict, VerifiedToken};
use crate::catalog::Permissions;
use crate::deployment::VerifierConfig;
use crate::model::question::Question;
use crate::model::record::{Secret, Secrets};
use crate::model::token::Token;
use crate::storage::plan::{Plan, Reads, Suspend, Write};
use crate::storage::shard_count::ShardCount;
use crate::storage::store_meta::NotOurs;
use crate::storage::{keys, store_meta};
use crate::value::credential::{Body, Presented, Scheme, TokenId, WellFormed};
use crate::value::limit::Exceeded;
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
    let mut recent = RecordMemo::default();
    let mut memory = Memory::none(&mut recent);
    let decided = |reads: &Reads| match decide(deployment, credential, question, reads, now, &mut memory) {
        Ok((writes, decision)) if writes.is_empty() => Plan::Answer(decision.verdict),
        Ok((writes, decision)) => Plan::Commit {
            writes,
            answer: decision.verdict,
        },
        Err(suspend) => suspend.into(),
    };
    deployment.seal().around(reads, decided)
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
    let mut slot = None;
    let step = deployment.seal().around(reads, |reads| {
        let memory = &mut cache.memory(generation);
        let (writes, decision) = match decide(deployment, credential, question, reads, now, memory) {
            Ok(decided) => decided,
            Err(suspend) => return suspend.into(),
        };
        if let Basis::Token(found) = &decision.basis
            && decision.verdict.valid
        {
            cache.note_terms(&found.resolved.token.id, &found.resolved.rules);
        }
        match decision.basis {
            // An imported key has no id by which a lookup could find it. Without reads of the feed,
            // nothing is cached.
            Basis::Token(found) if found.secrets.scheme() == Scheme::Native && cache.as_of().is_some() => {
                let entry = Entry::of(found.secrets, found.size, found.resolved, cache.shards());
                slot = cache.insert(entry, generation);
            }
            Basis::RotatedOut(found, disclosed) => {
                let token = &found.resolved.token;
                cache.observe_revision(token.id.bytes(), token.revision);
                slot = insert_unproven(deployment, credential, *found, disclosed, cache, generation);
            }
            Basis::Wrong(Some(found)) => {
                slot = insert_unproven(
                    deployment,
                    credential,
                    *found,
                    Disclosed::Nothing,
                    cache,
                    generation,
                );
            }
            Basis::Deleted(id) => {
                cache.observe_revision(id.bytes(), ENDED);
                cache.insert_absent(&id, generation);
            }
            Basis::Nothing if decision.verdict.code == Code::Unknown => {
                if let Ok(text) = WellFormed::read(deployment.prefix(), credential.as_bytes()) {
                    cache.insert_absent(text.id(), generation);
                }
            }
            Basis::Token(_) | Basis::Wrong(None) | Basis::Nothing => {}
        }
        let answer = decision.verdict;
        if writes.is_empty() {
            Plan::Answer(answer)
        } else {
            Plan::Commit { writes, answer }
        }
    });
    (step, slot)
}

/// Inserts a token whose secret was not presented, so that the next such attempt costs no read. An
/// imported key is not inserted: no lookup finds it.
fn insert_unproven<D: VerifierConfig>(
    deployment: &D,
    credential: &str,
    found: FoundToken,
    disclosed: Disclosed,
    cache: &mut Cache,
    generation: Option<u32>,
) -> Option<u32> {
    WellFormed::read(deployment.prefix(), credential.as_bytes()).ok()?;
    let entry = Entry::of(found.secrets, found.size, found.resolved, cache.shards());
    cache.insert_unproven(entry, disclosed, generation)
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

/// A verdict with its basis.
pub(crate) struct Decision {
    pub(crate) verdict: Verdict,
    pub(crate) basis: Basis,
}

/// The basis of a verdict.
pub(crate) enum Basis {
    /// The token whose secret was presented.
    Token(Box<FoundToken>),
    /// A token of which an old secret was presented, and how much of the token is disclosed.
    RotatedOut(Box<FoundToken>, Disclosed),
    /// A token of which no secret was presented; `Some` if it is to be cached.
    Wrong(Option<Box<FoundToken>>),
    /// The tombstone of a deleted token.
    Deleted(TokenId),
    /// No token.
    Nothing,
}

/// A token with its dependencies.
pub(crate) struct FoundToken {
    secrets: Secrets,
    /// The length of the stored record in bytes.
    size: usize,
    pub(crate) resolved: ResolvedToken,
}

/// Decides on a credential, and returns the writes that the decision needs.
pub(crate) fn decide<D: VerifierConfig>(
    deployment: &D,
    credential: &str,
    question: &Question,
    reads: &Reads,
    now: Instant,
    memory: &mut Memory,
) -> Result<(Vec<Write>, Decision), Suspend> {
    let catalog = deployment.permissions();
    match authenticate(deployment, credential, reads, now, memory)? {
        Presentation::Of(Verified { named, successor }) => {
            let found = named.read(catalog, reads, memory)?;
            decide_found(found, successor, catalog, question, reads, now)
        }
        Presentation::RotatedOut(named, by_grace) => {
            let found = named.read(catalog, reads, memory)?;
            let (token, grant) = (&found.resolved.token, found.resolved.rules.grant());
            let mut view = VerifiedToken::of(token, grant, false, catalog);
            let disclosed = match token.rotation {
                Some(_) if !by_grace => Disclosed::WithoutRotation,
                _ => Disclosed::All,
            };
            if disclosed == Disclosed::WithoutRotation {
                view.forget_rotation();
            }
            let verdict = Verdict::of(view, Code::RotatedOut, Vec::new(), now);
            let basis = Basis::RotatedOut(found, disclosed);
            Ok((Vec::new(), Decision { verdict, basis }))
        }
        Presentation::Wrong(named) => {
            let found = memory.caches.then(|| named.read(catalog, reads, memory));
            let basis = Basis::Wrong(found.transpose()?);
            Ok(refused(Code::BadSecret, basis, now))
        }
        Presentation::Deleted(id) => Ok(refused(Code::Unknown, Basis::Deleted(id), now)),
        Presentation::Refused(code) => Ok(refused(code, Basis::Nothing, now)),
    }
}

fn refused(code: Code, basis: Basis, now: Instant) -> (Vec<Write>, Decision) {
    let verdict = Verdict::refused(code, now);
    (Vec::new(), Decision { verdict, basis })
}

/// The result of authentication.
pub(crate) enum Presentation {
    /// A secret of this token was presented.
    Of(Verified),
    /// An old secret of this token was presented. `true` if only the end of the grace period
    /// rotated it out.
    RotatedOut(Box<Named>, bool),
    /// The credential names this token, but the secret does not match. Disclose no part of the
    /// token.
    Wrong(Box<Named>),
    /// The token was deleted. To the bearer, it is unknown.
    Deleted(TokenId),
    /// No token. The record stays undisclosed, since no secret matched.
    Refused(Code),
}

/// Parses a credential, reads the record and compares the secret.
pub(crate) fn authenticate<D: VerifierConfig>(
    deployment: &D,
    credential: &str,
    reads: &Reads,
    now: Instant,
    memory: &mut Memory,
) -> Result<Presentation, Suspend> {
    let unreadable = match WellFormed::read(deployment.prefix(), credential.as_bytes()) {
        // The text is hashed only when there is a digest to compare it with.
        Ok(text) => {
            return Ok(match token_named(deployment, text.id(), reads, memory)? {
                Ok(named) => Presentation::of(&text.hash(), named, now),
                Err(refused) => refused,
            });
        }
        Err(unreadable) => unreadable,
    };
    let Some(presented) = imported_key::find(deployment.imported(), credential, reads)? else {
        return Ok(Presentation::Refused(unreadable.into()));
    };
    Ok(match token_named(deployment, presented.id(), reads, memory)? {
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
    memory: &mut Memory,
) -> Result<Result<Box<Named>, Presentation>, Suspend> {
    let [stored, meta] = reads.get([&keys::token(id), keys::DEPLOYMENT])?;
    let refused = |code| Ok(Err(Presentation::Refused(code)));
    let stored = match (memory.recent.is_ours(meta, deployment.prefix()), stored) {
        (Ok(true), Some(stored)) => stored,
        (Ok(_), None) => return refused(Code::Unknown),
        (Ok(false), Some(_)) | (Err(_), _) => return refused(Code::StoreUnavailable),
    };
    let (secrets, token) = match memory.recent.take(id, stored) {
        Ok(Read::Token(read)) => *read,
        Ok(Read::Tombstone) => return Ok(Err(Presentation::Deleted(*id))),
        Err(_) => return refused(Code::StoreUnavailable),
    };
    let named = Box::new(Named {
        token,
        secrets,
        size: stored.len(),
    });
    // A token to be cached needs all its dependencies whether the secret matches or not, so they
    // are required at once.
    if memory.caches {
        return Ok(Ok(named.require(reads, memory)?));
    }
    Ok(Ok(named))
}

/// A token that a credential names. The secret has not been compared yet.
pub(crate) struct Named {
    token: Token,
    secrets: Secrets,
    size: usize,
}

impl Named {
    /// Requires the token's dependencies and its record again. The record is kept in the memo,
    /// because the next read mostly returns the same text.
    fn require(self: Box<Named>, reads: &Reads, memory: &mut Memory) -> Result<Box<Named>, Suspend> {
        let Err(need) = ResolvedToken::require(&self.token, reads) else {
            return Ok(self);
        };
        if let [Some(stored)] = reads.get([&keys::token(&self.token.id)])? {
            memory.recent.keep(stored, self.secrets, self.token);
        }
        Err(need)
    }

    /// Resolves the token's dependencies, and applies the uses noted in this process.
    fn read(
        self: Box<Named>,
        catalog: &Permissions,
        reads: &Reads,
        memory: &mut Memory,
    ) -> Result<Box<FoundToken>, Suspend> {
        let named = if memory.caches {
            self
        } else {
            self.require(reads, memory)?
        };
        let Named { token, secrets, size } = *named;
        let mut resolved = ResolvedToken::of(token, catalog, reads)?;
        resolved.rules.note_uses(|of| memory.last_use(of));
        Ok(Box::new(FoundToken {
            secrets,
            size,
            resolved,
        }))
    }
}

/// A token whose secret was presented. Its status has not been checked.
pub(crate) struct Verified {
    named: Box<Named>,
    successor: bool,
}

impl Verified {
    pub(crate) fn token(&self) -> &Token {
        &self.named.token
    }
}

impl Presentation {
    /// Compares the presented secret with the stored digests. Until it matches, no part of the
    /// record is disclosed.
    fn of(presented: &Presented, named: Box<Named>, now: Instant) -> Presentation {
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
}

/// Decides by the validity rules of the token, then by its limits.
fn decide_found(
    found: Box<FoundToken>,
    successor: bool,
    catalog: &Permissions,
    question: &Question,
    reads: &Reads,
    now: Instant,
) -> Result<(Vec<Write>, Decision), Suspend> {
    let resolved = &found.resolved;
    let (token, grant) = (&resolved.token, resolved.rules.grant());
    let code = resolved.rules.decide(question, now);
    let missing = if code == Code::InsufficientPermission {
        question.requirement.missing(grant)
    } else {
        Vec::new()
    };
    let missing = missing
        .into_iter()
        .filter_map(|index| catalog.permission(index).cloned())
        .collect();
    let view = VerifiedToken::of(token, grant, successor, catalog);
    let mut verdict = Verdict::of(view, code, missing, now);
    if verdict.error == Some("insufficient_scope") {
        verdict.scope = question.requirement.scope(catalog);
    }
    let writes = match question.consume {
        Some(cost) if code == Code::Valid => {
            let at = question.counted_at.unwrap_or(now);
            spend(resolved, cost, reads, at, &mut verdict)?
        }
        _ => Vec::new(),
    };
    let basis = Basis::Token(found);
    Ok((writes, Decision { verdict, basis }))
}

/// Counts a request against the limits of a token and of all its parents: all of them, or none.
fn spend(
    resolved: &ResolvedToken,
    cost: u32,
    reads: &Reads,
    now: Instant,
    verdict: &mut Verdict,
) -> Result<Vec<Write>, Suspend> {
    let limited: Vec<&Token> = std::iter::once(&resolved.token)
        .chain(&resolved.parents)
        .filter(|token| token.limits.is_some())
        .collect();
    let limit_keys: Vec<String> = limited.iter().map(|token| keys::limit(&token.id)).collect();
    // The sessions of a token count against its limits too. All of them queue for the key of the
    // topmost limited parent.
    if let (Some(last), 1..) = (limit_keys.last(), cost) {
        reads.get_queued(&limit_keys, last, false)?;
    }
    let counters = reads.get_all(&limit_keys)?;
    let mut writes = Vec::new();
    for ((token, key), stored) in limited.iter().zip(limit_keys).zip(counters) {
        let Some(limits) = &token.limits else { continue };
        let spent = match cost {
            0 => limits.left(stored, now).map(|remaining| (remaining, None)),
            _ => limits
                .spend(stored, cost, now)
                .map(|spent| (spent.remaining, Some(spent.text))),
        };
        match spent {
            Ok((remaining, text)) => {
                verdict.remaining = verdict.remaining.into_iter().chain(remaining).min();
                let Some(text) = text else { continue };
                // The first use expects no counter, as does a use after a deletion. So the commit
                // also asserts that the record exists.
                if stored.is_none() {
                    let token_key = keys::token(&token.id);
                    let [record] = reads.get([&token_key])?;
                    writes.push(Write::assert(token_key, record));
                }
                writes.push(Write::replace(key, stored, text));
            }
            Err(exceeded) => {
                let (code, retry_after_ms) = match exceeded {
                    Exceeded::RateLimited { retry_after_ms } => (Code::RateLimited, retry_after_ms),
                    Exceeded::UsageExceeded { retry_after_ms } => (Code::UsageExceeded, retry_after_ms),
                    Exceeded::Damaged => (Code::StoreUnavailable, None),
                };
                verdict.refuse(code);
                verdict.retry_after = retry_after_ms.map(|millis| millis.div_ceil(1_000));
                return Ok(Vec::new());
            }
        }
    }
    Ok(writes)
}
