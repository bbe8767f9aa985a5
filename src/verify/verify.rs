//! Verifies credential text in the steps unverified, presented, verified, decided. Each step is a
//! type that only the step before can construct.

use std::rc::Rc;

use super::authenticate::{Presentation, Verified, authenticate};
use super::cache::{Cache, Disclosed, ENDED, Entry, Found, Hit, Memory};
use super::dependencies::ResolvedToken;
use super::named_token::NamedToken;
use super::record_memo::RecordMemo;
use super::spend::{Spent, limited, spend};
use super::verdict::{Code, Lacking, Verdict, VerifiedToken};
use crate::catalog::Permissions;
use crate::codec::decode::DecodeError;
use crate::deployment::VerifierConfig;
use crate::model::grant::Grant;
use crate::model::question::Question;
use crate::model::record_text::RecordText;
use crate::model::secrets::Secrets;
use crate::storage::plan::{Plan, Reads, Suspend, Write};
use crate::storage::seal::Seal;
use crate::storage::shard_count::ShardCount;
use crate::storage::store_meta::NotOurs;
use crate::storage::{keys, store_meta};
use crate::value::credential::{Body, Scheme, TokenId, WellFormed};
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
    deployment.seal().around(reads, |reads| {
        match decide(deployment, credential, question, reads, now, &mut memory) {
            Ok(decision) => decision.plan(question, deployment.permissions(), now),
            Err(suspend) => suspend.into(),
        }
    })
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
        match decide(deployment, credential, question, reads, now, memory) {
            Ok(decision) => {
                let catalog = deployment.permissions();
                let plan = decision.plan(question, catalog, now);
                let text = WellFormed::read(deployment.prefix(), credential.as_bytes()).ok();
                slot = decision
                    .settle(text.as_ref().map(WellFormed::id), cache, generation)
                    .slot;
                plan
            }
            Err(suspend) => suspend.into(),
        }
    });
    (step, slot)
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

/// The decision on a credential.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) code: Code,
    pub(crate) basis: Basis,
    /// Of a counted use: what is left, and the writes that count it.
    spent: Spent,
    writes: Vec<Write>,
}

/// The basis of a decision.
#[derive(Debug)]
pub(crate) enum Basis {
    /// The token whose secret was presented, and whether it was the new one of a rotation.
    Token(Box<FoundToken>, bool),
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
#[derive(Debug)]
pub(crate) struct FoundToken {
    secrets: Secrets,
    record: RecordText,
    pub(crate) resolved: ResolvedToken,
}

impl Decision {
    pub(crate) fn new(code: Code, basis: Basis) -> Decision {
        Decision {
            code,
            basis,
            spent: Spent::default(),
            writes: Vec::new(),
        }
    }

    /// The plan that this decision is the answer of.
    fn plan(&self, question: &Question, catalog: &Permissions, now: Instant) -> Plan<Verdict> {
        let answer = self.verdict(question, catalog, now);
        let writes = self.writes.clone();
        if writes.is_empty() {
            Plan::Answer(answer)
        } else {
            Plan::Commit { writes, answer }
        }
    }

    /// The verdict.
    pub(crate) fn verdict(&self, question: &Question, catalog: &Permissions, as_of: Instant) -> Verdict {
        let read = self.read_verdict(question, catalog, as_of);
        read.unwrap_or_else(|DecodeError| Verdict::refused(Code::StoreUnavailable, as_of))
    }

    fn read_verdict(
        &self,
        question: &Question,
        catalog: &Permissions,
        as_of: Instant,
    ) -> Result<Verdict, DecodeError> {
        let mut verdict = Verdict::refused(self.code, as_of);
        match &self.basis {
            Basis::Token(found, successor) => {
                let grant = found.resolved.rules.grant();
                verdict.token = Some(VerifiedToken::of(&found.record, grant, *successor, catalog)?);
                let lacking = Lacking::of(self.code, question.requirement, grant, catalog);
                verdict.missing = lacking.missing;
                verdict.scope = lacking.scope;
                verdict.remaining = self.spent.remaining;
                verdict.retry_after = self.spent.retry_after;
            }
            Basis::RotatedOut(found, disclosed) => {
                let grant = found.resolved.rules.grant();
                let mut view = VerifiedToken::of(&found.record, grant, false, catalog)?;
                if *disclosed == Disclosed::WithoutRotation {
                    view.forget_rotation();
                }
                verdict.token = Some(view);
            }
            Basis::Wrong(_) | Basis::Deleted(_) | Basis::Nothing => {}
        }
        Ok(verdict)
    }

    /// Lets the cache learn what the decision found. `native` is the id in the credential, unless
    /// that is a key that another system issued.
    pub(crate) fn settle(
        self,
        native: Option<&TokenId>,
        cache: &mut Cache,
        generation: Option<u32>,
    ) -> Settled {
        let mut settled = Settled {
            code: self.code,
            spent: self.spent,
            slot: None,
            token: None,
        };
        match self.basis {
            Basis::Token(found, successor) => {
                if self.code == Code::Valid {
                    cache.note_terms(&found.resolved.token.id, &found.resolved.rules);
                }
                let is_native = found.secrets.scheme() == Scheme::Native;
                let (token, entry) = found.disclose(successor, Disclosed::All, cache.shards());
                settled.token = Some(token);
                // An imported key has no id by which a lookup could find it. Without reads of the
                // feed, nothing is cached.
                if is_native && cache.as_of().is_some() {
                    settled.slot = cache.insert(entry, generation);
                }
            }
            Basis::RotatedOut(found, disclosed) => {
                let token = &found.resolved.token;
                cache.observe_revision(token.id.bytes(), token.revision);
                let (token, entry) = found.disclose(false, disclosed, cache.shards());
                settled.token = Some(token);
                // No lookup finds an imported key.
                if native.is_some() {
                    settled.slot = cache.insert_unproven(entry, disclosed, generation);
                }
            }
            Basis::Wrong(Some(found)) if native.is_some() => {
                let (_, entry) = found.disclose(false, Disclosed::Nothing, cache.shards());
                settled.slot = cache.insert_unproven(entry, Disclosed::Nothing, generation);
            }
            Basis::Deleted(id) => {
                cache.observe_revision(id.bytes(), ENDED);
                cache.insert_absent(&id, generation);
            }
            Basis::Nothing if self.code == Code::Unknown => {
                native
                    .into_iter()
                    .for_each(|id| cache.insert_absent(id, generation));
            }
            Basis::Wrong(_) | Basis::Nothing => {}
        }
        settled
    }

    /// The ids of the tokens whose limits count the use; none if it is not to be counted.
    pub(crate) fn to_count(&self, question: &Question) -> Vec<TokenId> {
        match &self.basis {
            Basis::Token(found, _) if question.consume.is_some() && self.code == Code::Valid => {
                limited(&found.resolved)
            }
            _ => Vec::new(),
        }
    }

    /// Whether a use was counted, so that counters are written.
    pub(crate) fn writes_counters(&self) -> bool {
        !self.spent.texts.is_empty()
    }

    /// Seals the new counters for their keys.
    pub(crate) fn seal_counters(&mut self, seal: &Seal, keys: &[String]) {
        for (text, key) in self.spent.texts.iter_mut().zip(keys) {
            *text = seal.seal(key, std::mem::take(text));
        }
    }

    /// Counts the use. `counters` are the stored counters of [`Decision::to_count`].
    pub(crate) fn counted(
        mut self,
        counters: &[Option<&str>],
        question: &Question,
        now: Instant,
    ) -> Decision {
        if let (Basis::Token(found, _), Some(cost)) = (&self.basis, question.consume) {
            let at = question.counted_at.unwrap_or(now);
            self.spent = spend(&found.resolved, counters, cost, at);
            self.code = self.spent.refused.unwrap_or(self.code);
        }
        self
    }
}

/// What a decision came to, after the cache has learned it.
#[derive(Debug)]
pub struct Settled {
    /// The code.
    pub code: Code,
    /// The token, if a secret of it was presented.
    pub token: Option<DisclosedToken>,
    /// The slot of the token, if it was inserted into the cache.
    pub slot: Option<u32>,
    /// Of a counted use: what is left, and the new counters.
    pub spent: Spent,
}

/// What the bearer learns of a token.
#[derive(Debug)]
pub struct DisclosedToken {
    /// Its record.
    pub record: RecordText,
    /// Its effective grant.
    pub grant: Rc<Grant>,
    /// Whether the new secret of a rotation was presented.
    pub successor: bool,
    /// How much of it is disclosed.
    pub disclosed: Disclosed,
}

impl FoundToken {
    /// Splits what the bearer learns from what the cache keeps.
    fn disclose(self, successor: bool, disclosed: Disclosed, shards: ShardCount) -> (DisclosedToken, Entry) {
        let token = DisclosedToken {
            grant: Rc::clone(self.resolved.rules.shared_grant()),
            record: self.record,
            successor,
            disclosed,
        };
        let entry = Entry::of(self.secrets, token.record.size(), self.resolved, shards);
        (token, entry)
    }
}

/// Decides on a credential.
pub(crate) fn decide<D: VerifierConfig>(
    deployment: &D,
    credential: &str,
    question: &Question,
    reads: &Reads,
    now: Instant,
    memory: &mut Memory,
) -> Result<Decision, Suspend> {
    let catalog = deployment.permissions();
    let presentation = authenticate(deployment, credential, reads, now, memory)?;
    if presentation.is_wrong() && !memory.caches {
        return Ok(Decision::new(Code::BadSecret, Basis::Wrong(None)));
    }
    let required = presentation
        .named()
        .map(|named| ResolvedToken::require(&named.token, reads));
    let values = match required.transpose() {
        Ok(values) => values.unwrap_or_default(),
        Err(need) => {
            presentation.keep(memory);
            return Err(need);
        }
    };
    let decision = presentation.decide(&values, catalog, question, now, memory);
    decision.count(question, reads, now)
}

impl Presentation {
    /// Decides on what was presented, except for limits. `values` are those of the token's
    /// dependencies, as [`ResolvedToken::of`] takes them.
    pub(crate) fn decide(
        self,
        values: &[Option<&str>],
        catalog: &Permissions,
        question: &Question,
        now: Instant,
        memory: &Memory,
    ) -> Decision {
        let found = |named: Box<NamedToken>| named.resolve(values, catalog, memory);
        match self {
            Presentation::Of(Verified { named, successor }) => {
                let found = found(named);
                let code = found.resolved.rules.decide(question, now);
                Decision::new(code, Basis::Token(found, successor))
            }
            Presentation::RotatedOut(named, by_grace) => {
                let disclosed = match named.is_rotating() {
                    true if !by_grace => Disclosed::WithoutRotation,
                    _ => Disclosed::All,
                };
                Decision::new(Code::RotatedOut, Basis::RotatedOut(found(named), disclosed))
            }
            Presentation::Wrong(named) => {
                let found = memory.caches.then(|| found(named));
                Decision::new(Code::BadSecret, Basis::Wrong(found))
            }
            Presentation::Deleted(id) => Decision::new(Code::Unknown, Basis::Deleted(id)),
            Presentation::Refused(code) => Decision::new(code, Basis::Nothing),
        }
    }
}

impl NamedToken {
    /// Resolves the token with the values of its dependencies, and applies the uses noted in this
    /// process.
    fn resolve(
        self: Box<NamedToken>,
        values: &[Option<&str>],
        catalog: &Permissions,
        memory: &Memory,
    ) -> Box<FoundToken> {
        let NamedToken {
            record,
            token,
            secrets,
        } = *self;
        let grant = Grant::of_record(&record, token.resource.clone(), catalog);
        let mut resolved = ResolvedToken::of(token, grant, catalog, values);
        resolved.rules.note_uses(|of| memory.last_use(of));
        Box::new(FoundToken {
            secrets,
            record,
            resolved,
        })
    }
}

impl Decision {
    /// Counts the use, if it is to be counted, and plans its writes.
    fn count(self, question: &Question, reads: &Reads, now: Instant) -> Result<Decision, Suspend> {
        let limited = self.to_count(question);
        let limit_keys: Vec<String> = limited.iter().map(keys::limit).collect();
        let Some(topmost) = limit_keys.last() else {
            return Ok(self);
        };
        // The sessions of a token count against its limits too. All of them queue for the key of
        // the topmost limited parent.
        if let Some(1..) = question.consume {
            reads.get_queued(&limit_keys, topmost, false)?;
        }
        let counters = reads.get_all(&limit_keys)?;
        let mut decision = self.counted(&counters, question, now);
        for ((id, stored), text) in limited.iter().zip(counters).zip(&decision.spent.texts) {
            // The first use expects no counter, as does a use after a deletion. So the commit also
            // asserts that the record exists.
            if stored.is_none() {
                let token_key = keys::token(id);
                let [record] = reads.get([&token_key])?;
                decision.writes.push(Write::assert(token_key, record));
            }
            let write = Write::replace(keys::limit(id), stored, text.clone());
            decision.writes.push(write);
        }
        Ok(decision)
    }
}
