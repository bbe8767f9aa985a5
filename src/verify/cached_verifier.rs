//! A verifier with its token cache, for hosts that take whole verdicts: a process in Rust, and the
//! other languages.

use super::cache::{Cache, Hit};
use super::code::Code;
use super::verdict::{Lacking, Verdict, VerifiedToken};
use super::verify::{self, lookup_renewed, verify_and_cache};
use crate::codec::shared::Shared;
use crate::deployment::VerifierConfig;
use crate::input::{ErrorCode, Refusal, message};
use crate::model::question::Question;
use crate::storage::plan::{Plan, Reads};
use crate::storage::shard_count::ShardCount;
use crate::value::credential::{TagKey, TokenId};
use crate::value::time::Instant;

/// A deployment that verifies, with its token cache and the views of the cached tokens. It does no
/// I/O: its host reads the store, and tells it the time.
#[derive(Debug)]
pub struct CachedVerifier<D> {
    deployment: D,
    cache: Cache,
    /// The views of the cached tokens, by the slot of the cache.
    views: Vec<Option<View>>,
}

/// What a verdict shows of a cached token.
#[derive(Debug)]
struct View {
    token: Shared<VerifiedToken>,
    /// Whether an old secret was presented, to which the pending rotation does not belong.
    is_of_old_secret: bool,
}

impl<D: VerifierConfig> CachedVerifier<D> {
    /// A verifier with an empty cache for `capacity` tokens.
    #[must_use]
    pub fn new(deployment: D, capacity: u32) -> CachedVerifier<D> {
        CachedVerifier {
            deployment,
            cache: Cache::new(capacity),
            views: Vec::new(),
        }
    }

    /// Sets the key by which the cache recognises credentials that it has seen. It must be random,
    /// and be used by this verifier alone.
    pub fn set_tag_key(&mut self, key: TagKey) {
        self.cache.set_tag_key(key);
    }

    /// The deployment.
    #[must_use]
    pub fn deployment(&self) -> &D {
        &self.deployment
    }

    /// The generation of the cache. Take it before the reads of a verification, and pass it to
    /// [`CachedVerifier::verify`].
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.cache.generation()
    }

    /// Applies a read of the change feed that began at `read_at`, and evicts what changed. Needs
    /// all heads and `meta/deployment`, read with one `get`. A store with more than 16 shards needs
    /// a second one at first. `read_at` stays the start of the first.
    pub fn apply_feed(&mut self, heads: &Reads, read_at: Instant) -> Plan<ShardCount> {
        if let Err(need) = heads.require_together(self.cache.shards().feed_keys().collect()) {
            return need.into();
        }
        match verify::apply_feed(&self.deployment, heads, read_at, &mut self.cache) {
            Ok(shards) => match heads.require_together(shards.feed_keys().collect()) {
                Ok(()) => Plan::Answer(shards),
                Err(need) => need.into(),
            },
            Err(_) => {
                let message =
                    message!("the store is another deployment's, or its description cannot be read");
                Plan::Refuse(Refusal::new(ErrorCode::StoreUnavailable, message))
            }
        }
    }

    /// The cached verdict, if the last read of the feed began within `freshness` milliseconds
    /// before `now`. `None`: read the store.
    ///
    /// The verdict on a token that went idle is always read: the feed publishes no uses.
    pub fn lookup_within(
        &mut self,
        credential: &str,
        question: &Question,
        now: Instant,
        freshness: u64,
    ) -> Option<Verdict> {
        let as_of = self.cache.as_of()?;
        let age = now.millis().checked_sub(as_of.millis())?;
        if age >= freshness {
            return None;
        }
        let found = self.lookup(credential, question, now, as_of);
        found.filter(|verdict| verdict.code != Code::IdleExpired)
    }

    /// The cached verdict, as of the last read of the feed, which began at `as_of`. The caller
    /// ensures that this is recent. `None`: read the store.
    ///
    /// Another process may have used a token since it went idle: read the store before that is
    /// refused.
    pub fn lookup(
        &mut self,
        credential: &str,
        question: &Question,
        now: Instant,
        as_of: Instant,
    ) -> Option<Verdict> {
        let text = credential.as_bytes();
        match lookup_renewed(&self.deployment, text, question, now, &mut self.cache) {
            // Without the secret, only the code is disclosed.
            Err(code)
            | Ok(Some(Hit {
                code: code @ Code::BadSecret,
                ..
            })) => Some(Verdict::refused(code, as_of)),
            Ok(Some(hit)) => self.verdict(hit, question, as_of),
            Ok(None) => None,
        }
    }

    /// The verdict of a hit, for which a secret of the token was presented.
    fn verdict(&self, hit: Hit, question: &Question, as_of: Instant) -> Option<Verdict> {
        let Hit {
            slot,
            code,
            successor,
        } = hit;
        let View {
            token,
            is_of_old_secret,
        } = self.views.get(usize::try_from(slot).ok()?)?.as_ref()?;
        let token = match code {
            Code::RotatedOut if !successor => Shared::new(token.without_rotation()),
            // The view lacks the pending rotation.
            _ if *is_of_old_secret => return None,
            _ => {
                let successor = successor && code != Code::RotatedOut;
                match token.successor == successor {
                    true => Shared::clone(token),
                    false => Shared::new(token.with_successor(successor)),
                }
            }
        };
        let mut verdict = Verdict::refused(code, as_of);
        verdict.token = Some(token);
        if code.is_of_scope() {
            let grant = self.cache.grant(slot)?;
            let permissions = self.deployment.permissions();
            let lacking = Lacking::of(code, question.requirement, &grant, permissions);
            verdict.missing = lacking.missing;
            verdict.scope = lacking.scope;
        }
        Some(verdict)
    }

    /// One step of a verification from the store. With the `generation` from before its reads, the
    /// token enters the cache.
    pub fn verify(
        &mut self,
        credential: &str,
        question: &Question,
        reads: &Reads,
        generation: Option<u32>,
        now: Instant,
    ) -> Plan<Verdict> {
        let (plan, slot) = verify_and_cache(
            &self.deployment,
            credential,
            question,
            reads,
            now,
            &mut self.cache,
            generation,
        );
        if let Plan::Answer(verdict) | Plan::Commit { answer: verdict, .. } = &plan
            && let Some(slot) = slot.and_then(|slot| usize::try_from(slot).ok())
        {
            self.keep_view(slot, verdict);
        }
        plan
    }

    /// Keeps the view of the token that the cache has inserted into a slot. A wrong secret may have
    /// left an entry without one.
    fn keep_view(&mut self, slot: usize, verdict: &Verdict) {
        while self.views.len() <= slot {
            self.views.push(None);
        }
        if let Some(view) = self.views.get_mut(slot) {
            *view = verdict.token.as_ref().map(|token| View {
                token: Shared::clone(token),
                is_of_old_secret: verdict.code == Code::RotatedOut && token.rotation.is_none(),
            });
        }
    }

    /// Notes a use of a token that was found valid: it keeps the token, and its parents, from going
    /// idle in this process until it is flushed.
    pub fn note_use(&mut self, id: &TokenId, at: Instant) {
        self.cache.note_use(id, at);
    }
}
