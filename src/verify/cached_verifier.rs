//! A verifier with its token cache, for hosts that take whole verdicts: the other languages.

use super::cache::{Cache, Hit};
use super::code::Code;
use super::verdict::{Lacking, Verdict, VerifiedToken};
use super::verify::{self, lookup_renewed, verify_and_cache};
use crate::deployment::VerifierConfig;
use crate::input::{ErrorCode, Refusal, message};
use crate::model::question::Question;
use crate::storage::plan::{Plan, Reads};
use crate::storage::shard_count::ShardCount;
use crate::value::time::Instant;

/// A deployment that verifies, with its token cache and the views of the cached tokens.
#[derive(Debug)]
pub struct CachedVerifier<D> {
    deployment: D,
    cache: Cache,
    /// The views that a valid verdict has, by the slot of the cache.
    views: Vec<Option<VerifiedToken>>,
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
    /// The verdicts on an old secret, and on a token that went idle, are always read.
    pub fn lookup(
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
        let found = lookup_renewed(
            &self.deployment,
            credential.as_bytes(),
            question,
            now,
            &mut self.cache,
        );
        match found {
            Err(code)
            | Ok(Some(Hit {
                code: code @ Code::BadSecret,
                ..
            })) => Some(Verdict::refused(code, as_of)),
            Ok(
                None
                | Some(Hit {
                    code: Code::RotatedOut | Code::IdleExpired,
                    ..
                }),
            ) => None,
            Ok(Some(hit)) => self.verdict(hit, question, as_of),
        }
    }

    /// The verdict of a hit, for which a secret was presented that is not rotated out.
    fn verdict(
        &self,
        Hit {
            slot,
            code,
            successor,
        }: Hit,
        question: &Question,
        as_of: Instant,
    ) -> Option<Verdict> {
        let view = self.views.get(usize::try_from(slot).ok()?)?.as_ref()?;
        let lacking = match code.is_of_scope() {
            true => Lacking::of(
                code,
                question.requirement,
                &self.cache.grant(slot)?,
                self.deployment.permissions(),
            ),
            false => Lacking::default(),
        };
        Some(Verdict {
            token: Some(view.with_successor(successor)),
            missing: lacking.missing,
            scope: lacking.scope,
            ..Verdict::refused(code, as_of)
        })
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

    /// Keeps the view of the token that the cache has inserted into a slot. The view that is given
    /// with an old secret may lack the pending rotation.
    fn keep_view(&mut self, slot: usize, verdict: &Verdict) {
        let is_whole = verdict.code != Code::RotatedOut;
        while self.views.len() <= slot {
            self.views.push(None);
        }
        if let Some(view) = self.views.get_mut(slot) {
            *view = verdict.token.clone().filter(|_| is_whole);
        }
    }
}
