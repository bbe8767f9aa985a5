//! Text to verdict: unverified → presented → verified → decided, each a type that only the step before can make.

use super::cache::{Cache, ENDED, Entry, Found, Hit, Memory, Told};
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
use crate::value::credential::{Presented, Scheme, TokenId, WellFormed};
use crate::value::limit::Exceeded;
use crate::value::time::Instant;

/// Verifies a credential, at the start of the reads. Whatever is wrong is a verdict, never an error. A token with limits that are to be
/// counted makes a commit of it, on nothing but its counters.
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

/// Verifies as [`verify`] does, and remembers the token in a cache whose [`Cache::generation`] was `generation` before the reads began. Answers also the
/// slot where it stands now, if it was remembered. `None`: the cache only learns what nothing takes back.
#[must_use]
pub fn verify_and_remember<D: VerifierConfig>(
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
        // A verifier alone notes no uses.
        if cfg!(feature = "manage")
            && let Basis::Token(found) = &decision.basis
            && decision.verdict.valid
        {
            cache.note_terms(&found.resolved.token.id, &found.resolved.rules);
        }
        match decision.basis {
            // A key that another system issued has no id by which it could be found here. And who never reads the feed remembers nothing.
            Basis::Token(found) if found.secrets.scheme() == Scheme::Native && cache.as_of().is_some() => {
                let entry = Entry::of(found.secrets, found.size, found.resolved, cache.shards());
                slot = cache.insert(entry, generation);
            }
            Basis::RotatedOut(found, told) => {
                let token = &found.resolved.token;
                cache.observe_revision(token.id.bytes(), token.revision);
                slot = remember_unproven(deployment, credential, *found, told, cache, generation);
            }
            Basis::Wrong(Some(found)) => {
                slot = remember_unproven(deployment, credential, *found, Told::Nothing, cache, generation);
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

/// Remembers a token whose secret was not presented, so that the next who does not either costs no read. By a key that another system issued
/// nothing is found.
fn remember_unproven<D: VerifierConfig>(
    deployment: &D,
    credential: &str,
    found: FoundToken,
    told: Told,
    cache: &mut Cache,
    generation: Option<u32>,
) -> Option<u32> {
    WellFormed::read(deployment.prefix(), credential.as_bytes()).ok()?;
    let entry = Entry::of(found.secrets, found.size, found.resolved, cache.shards());
    cache.fill_unproven(entry, told, generation)
}

/// Takes a read of the change feed into a cache: the values of [`ShardCount::feed_keys`], from a read that began at `read_at`. Answers how
/// many shards there are, which the next read should know.
///
/// # Errors
/// When the store is not that of this deployment. Then nothing is taken in.
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

/// Answers from what a cache remembers. The code of a text that names no token needs no credential.
///
/// # Errors
/// The code, where no token was looked at.
pub fn lookup<D: VerifierConfig>(
    deployment: &D,
    credential: &[u8],
    question: &Question,
    now: Instant,
    cache: &mut Cache,
) -> Result<Option<Hit>, Code> {
    let Some((slot, text)) = locate(deployment, credential, cache)? else {
        return Ok(None);
    };
    Ok(cache.look_up(slot, &text.hash(), question, now))
}

/// As [`lookup`]; where nothing but time without use refuses, the uses that were noted here are counted.
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

/// Answers several at a time as [`lookup`] does each. What comes without a question is not looked for.
pub fn lookup_many<'t, D: VerifierConfig>(
    deployment: &'t D,
    asked: impl Iterator<Item = (&'t [u8], Option<Question<'t>>)>,
    now: Instant,
    cache: &mut Cache,
    mut answer: impl FnMut(usize, Result<Option<Hit>, Code>),
) {
    let mut located: Vec<(usize, u32, WellFormed, Question)> = Vec::with_capacity(4);
    for (at, (credential, question)) in asked.enumerate() {
        match (locate(deployment, credential, cache), question) {
            (Ok(Some((slot, text))), Some(question)) => located.push((at, slot, text, question)),
            (Ok(_), _) => answer(at, Ok(None)),
            (Err(code), _) => answer(at, Err(code)),
        }
        if located.len() == 4 {
            look_up_all(&mut located, now, cache, &mut answer);
        }
    }
    look_up_all(&mut located, now, cache, &mut answer);
}

/// Looks up at most four, and hashes them together.
fn look_up_all(
    located: &mut Vec<(usize, u32, WellFormed, Question)>,
    now: Instant,
    cache: &mut Cache,
    answer: &mut impl FnMut(usize, Result<Option<Hit>, Code>),
) {
    let Some((.., first, _)) = located.first() else {
        return;
    };
    let mut texts = [*first; 4];
    texts
        .iter_mut()
        .zip(located.iter())
        .for_each(|(to, (.., text, _))| *to = *text);
    let presented = WellFormed::hash_four(texts);
    for ((at, slot, _, question), presented) in located.drain(..).zip(presented) {
        answer(at, Ok(cache.look_up(slot, &presented, &question, now)));
    }
}

/// Where the token that a text names is remembered, if it is.
fn locate<'t, D: VerifierConfig>(
    deployment: &'t D,
    credential: &'t [u8],
    cache: &Cache,
) -> Result<Option<(u32, WellFormed<'t>)>, Code> {
    match WellFormed::read(deployment.prefix(), credential) {
        Ok(text) => match cache.find(text.id()) {
            Found::At(slot) => Ok(Some((slot, text))),
            Found::NegativeCache => Err(Code::Unknown),
            Found::Nowhere => Ok(None),
        },
        // It may be a key that another system issued.
        Err(_) if deployment.imported().may_be(credential) => Ok(None),
        Err(unreadable) => Err(unreadable.into()),
    }
}

/// A verdict, and what it rests on.
pub(crate) struct Decision {
    pub(crate) verdict: Verdict,
    pub(crate) basis: Basis,
}

/// What a verdict rests on.
pub(crate) enum Basis {
    /// The token whose secret it is.
    Token(Box<FoundToken>),
    /// A token that the secret was rotated out of, and how much is told of it.
    RotatedOut(Box<FoundToken>, Told),
    /// A token of which it is no secret, where it is to be remembered.
    Wrong(Option<Box<FoundToken>>),
    /// What is left of a deleted token.
    Deleted(TokenId),
    /// Nothing that could be told of.
    Nothing,
}

/// A token with what it rests on.
pub(crate) struct FoundToken {
    secrets: Secrets,
    /// How many bytes the record has in the store.
    size: usize,
    pub(crate) resolved: ResolvedToken,
}

/// Decides about a credential, and what is to be written for it.
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
            let mut told = VerifiedToken::of(token, grant, false, catalog);
            let much = match token.rotation {
                Some(_) if !by_grace => Told::WithoutRotation,
                _ => Told::All,
            };
            if much == Told::WithoutRotation {
                told.forget_rotation();
            }
            let verdict = Verdict::of(told, Code::RotatedOut, Vec::new(), now);
            let basis = Basis::RotatedOut(found, much);
            Ok((Vec::new(), Decision { verdict, basis }))
        }
        Presentation::Wrong(named) => {
            let found = memory.remembers.then(|| named.read(catalog, reads, memory));
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

/// What a presented credential turned out to be.
pub(crate) enum Presentation {
    /// A token whose secret was presented.
    Of(Verified),
    /// A token of which a secret was presented that was rotated out; whether nothing but the time says so.
    RotatedOut(Box<Named>, bool),
    /// A token that was named with a secret that is none of its own. Nothing of it may be told.
    Wrong(Box<Named>),
    /// A token that was deleted: to whoever presents it, none.
    Deleted(TokenId),
    /// None. Nothing is told of a record whose secret did not match.
    Refused(Code),
}

/// Parses a credential and finds its record.
pub(crate) fn authenticate<D: VerifierConfig>(
    deployment: &D,
    credential: &str,
    reads: &Reads,
    now: Instant,
    memory: &mut Memory,
) -> Result<Presentation, Suspend> {
    let unreadable = match WellFormed::read(deployment.prefix(), credential.as_bytes()) {
        // Hashed only once there is something to compare it with.
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

/// The token that is stored under an id, in a store of this deployment. Both are read at once: a token in a store that does not say whose it
/// is was made by an older version.
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
    // What is to be remembered is read to the end whatever the secret is worth: so that is looked at once.
    if memory.remembers {
        return Ok(Ok(named.require(reads, memory)?));
    }
    Ok(Ok(named))
}

/// A token that a credential names, whatever its secret is worth.
pub(crate) struct Named {
    token: Token,
    secrets: Secrets,
    size: usize,
}

impl Named {
    /// Requires what the token rests on, and its record once more: in a moment it is read again, mostly with the same text.
    fn require(self: Box<Named>, reads: &Reads, memory: &mut Memory) -> Result<Box<Named>, Suspend> {
        let Err(need) = ResolvedToken::require(&self.token, reads) else {
            return Ok(self);
        };
        if let [Some(stored)] = reads.get([&keys::token(&self.token.id)])? {
            memory.recent.keep(stored, self.secrets, self.token);
        }
        Err(need)
    }

    /// Reads what the token rests on, and counts its uses that were noted here.
    fn read(
        self: Box<Named>,
        catalog: &Permissions,
        reads: &Reads,
        memory: &mut Memory,
    ) -> Result<Box<FoundToken>, Suspend> {
        let named = if memory.remembers {
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

/// A token whose secret was presented. Its state has not been looked at.
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
    /// Compares the secret with what is stored. Until it matches, nothing about the record is told.
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

/// Decides by the terms of the token, with what it rests on; then its limits.
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
    let told = VerifiedToken::of(token, grant, successor, catalog);
    let mut verdict = Verdict::of(told, code, missing, now);
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

/// Counts a request against the limits of a token and of all that it came from: all of them, or none.
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
    // Sessions of one token spend its limits too: all of them queue for the key of the last that they came from.
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
                // A first use expects no counter, as after a deletion: then the record itself tells that it is there.
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
                    Exceeded::DecodeError => (Code::StoreUnavailable, None),
                };
                verdict.refuse(code);
                verdict.retry_after = retry_after_ms.map(|millis| millis.div_ceil(1_000));
                return Ok(Vec::new());
            }
        }
    }
    Ok(writes)
}
