//! Verification within a freshness window: from the token cache on a hit, else from the store.

use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value as Json, json};

use super::calls::{CallError, Fetched, commit, read_keys};
use super::clock::Moment;
use super::entropy::random;
use super::error::Error;
use super::feed::Feed;
use super::local_counters::{Counters, LocalCounters};
use super::options::{Options, Settings, to_value};
use super::rechecks::Rechecks;
use super::run_operation::Host;
use super::single_flight::{Begun, End, Load, MAX_IN_FLIGHT, SingleFlight};
use super::store::{AsyncStore, StoreError};
use super::usage_collector::UsageCollector;
use super::wait::{Deadline, Turn, Turns, back_off, within};
use crate::catalog::Matched;
use crate::deployment::{Deployment, VerifierConfig as _};
use crate::input::{Path, Problems};
use crate::model::question::{Question, read_requirement};
use crate::model::requirement::Requirement;
use crate::storage::plan::{Plan, ReadRequest, Reads};
use crate::value::condition::RequestContext;
use crate::value::credential::{TagKey, WellFormed};
use crate::value::time::Instant;
use crate::verify::cached_verifier::CachedVerifier;
use crate::verify::code::Code;
use crate::verify::verdict::Verdict;

/// The most reads of one verification. An imported key, its record and the record's dependencies
/// are three; each further read means that the record changed, and with it its dependencies.
const MAX_READS: usize = 6;

/// How many loads of the same token by other calls a verification awaits before it loads itself.
const MAX_COALESCED: u32 = 2;

/// The most reads for one refresh: one, and one more where the shard count was not known.
const MAX_FEED_READS: usize = 3;

/// Verifies credentials on a store, as [`Tokens`](super::Tokens) does, and manages nothing.
///
/// Clones share the cache. Its state is behind a lock that is held for microseconds, and never
/// while the store is read.
///
/// ```
/// use std::time::Duration;
/// use leastkey::driver::{Actor, MemoryStore, Options, blocking::Tokens};
/// use leastkey::model::question::Question;
/// use serde_json::json;
///
/// let mail = json!({ "title": "Mail", "permissions": { "send": "Send" } });
/// let catalog = json!({ "services": { "mail": mail } });
/// let options = Options::new("acme_live", catalog).freshness(Duration::from_secs(5));
/// let tokens = Tokens::new(MemoryStore::default(), options)?;
/// let verifier = tokens.verifier();
/// // Compiled once, for all requests.
/// let send = verifier.requirement(json!("mail:send"))?;
///
/// let refused = verifier.verify("acme_live_2…", &Question::of(&send));
/// assert_eq!((refused.status, refused.valid), (401, false));
/// assert_eq!(refused.challenge().as_deref(), Some("Bearer error=\"invalid_token\""));
/// # Ok::<(), leastkey::driver::Error>(())
/// ```
#[derive(Debug)]
pub struct Verifier<S> {
    host: Arc<Host<S>>,
    inner: Arc<Inner>,
}

impl<S> Clone for Verifier<S> {
    fn clone(&self) -> Verifier<S> {
        Verifier {
            host: Arc::clone(&self.host),
            inner: Arc::clone(&self.inner),
        }
    }
}

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    loads: SingleFlight,
    /// The reads of the change feed.
    feed: SingleFlight,
    uses: UsageCollector,
    /// The counters of approximate limits.
    counters: Counters,
}

#[derive(Debug)]
struct State {
    verifier: CachedVerifier<Arc<Deployment>>,
    feed: Feed,
    rechecks: Rechecks,
}

/// How a verification that the cache does not answer goes on.
#[derive(Debug)]
enum Joined {
    /// It loads the token.
    Load(Load),
    /// The load of another call has answered it.
    Verdict(Verdict),
    /// The load of another call has failed, and that call reports it.
    Failed,
}

/// What is asked of the store.
#[derive(Debug)]
struct Asked<'q> {
    credential: &'q str,
    question: &'q Question<'q>,
    /// The generation of the cache from before, if the token may enter it.
    generation: Option<u32>,
    /// When the call began.
    as_of: Instant,
}

/// What a load has read.
#[derive(Debug, Default)]
struct Reading {
    fetched: Fetched,
    /// Whether it has waited for its turn at the counter of its token, where it counts a use.
    is_queued: bool,
    /// The turn, which lasts as long as the load.
    turn: Option<Turn>,
}

/// What to do with a cached refusal that may be out of date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    /// The caller reads the store now.
    Reread,
    /// Give it: the store has just been read.
    Accept,
}

impl State {
    fn new(settings: &Settings) -> State {
        let mut verifier = CachedVerifier::new(Arc::clone(&settings.deployment), settings.capacity);
        // Without a generator, credentials are compared by their digests.
        let random = random::<32>(&*settings.entropy).ok();
        if let Some(key) = random.and_then(|random| TagKey::new(&random)) {
            verifier.set_tag_key(key);
        }
        State {
            verifier,
            feed: Feed::default(),
            rechecks: Rechecks::default(),
        }
    }

    /// The cached verdict, unless the store has to be read before it is given.
    fn lookup(
        &mut self,
        credential: &str,
        question: &Question<'_>,
        now: Moment,
        policy: Policy,
    ) -> Option<Verdict> {
        let as_of = self.feed.as_of()?;
        let mut lookup = |at| self.verifier.lookup(credential, question, at, as_of);
        let mut verdict = lookup(now.latest())?;
        // A clock that jumped ahead refuses at once, and admits nothing before its time.
        if verdict.valid && now.believed() < now.latest() {
            verdict = lookup(now.believed())?;
        }
        if !verdict.valid && policy == Policy::Reread {
            let prefix = self.verifier.deployment().prefix();
            if let Ok(text) = WellFormed::read(prefix, credential.as_bytes())
                && self.rechecks.begin(verdict.code, text.id(), now.steady)
            {
                return None;
            }
        }
        Some(verdict)
    }

    /// One step of a verification from the store.
    fn verify(
        &mut self,
        credential: &str,
        question: &Question<'_>,
        reads: &Reads,
        generation: Option<u32>,
        now: Moment,
    ) -> Plan<Verdict> {
        let mut verify = |at| self.verifier.verify(credential, question, reads, generation, at);
        let plan = verify(now.latest());
        match &plan {
            // As in `lookup`.
            Plan::Answer(verdict) | Plan::Commit { answer: verdict, .. }
                if verdict.valid && now.believed() < now.latest() =>
            {
                verify(now.believed())
            }
            _ => plan,
        }
    }
}

impl<S: AsyncStore> Verifier<S> {
    /// Compiles the deployment.
    ///
    /// # Errors
    /// `invalid_input` with every problem of the options and the catalog.
    pub fn new(store: S, options: Options) -> Result<Verifier<S>, Error> {
        let host = Host {
            store,
            settings: options.compile()?,
            turns: Turns::default(),
        };
        Ok(Verifier::of(Arc::new(host)))
    }

    pub(super) fn of(host: Arc<Host<S>>) -> Verifier<S> {
        let state = Mutex::new(State::new(&host.settings));
        let uses = UsageCollector::new(&host.settings);
        Verifier {
            host,
            inner: Arc::new(Inner {
                state,
                loads: SingleFlight::default(),
                feed: SingleFlight::default(),
                uses,
                counters: Counters::default(),
            }),
        }
    }

    /// The deployment.
    #[must_use]
    pub fn deployment(&self) -> &Deployment {
        &self.host.settings.deployment
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.host.store
    }

    /// Compiles a requirement: `"mail:send"`, `["a:b", "c:d"]`, `{ "permission", "resource" }`,
    /// `{ "all" | "any": […] }` or `{ "expr" }`; `null` authenticates only.
    ///
    /// # Errors
    /// `invalid_input` for an unknown permission, with the most similar one.
    pub fn requirement(&self, requirement: Json) -> Result<Requirement, Error> {
        let question = match requirement {
            Json::Null => json!({}),
            requirement => json!({ "requirement": requirement }),
        };
        let question = to_value(question)?;
        Ok(read_requirement(self.deployment().catalog(), &question)?)
    }

    /// Reads what the host knows of a request, for tokens with conditions: `{ ip?, origin?,
    /// audience? }`. It goes into [`Question::request`].
    ///
    /// # Errors
    /// `invalid_input` for an audience that cannot be one.
    pub fn context(&self, context: Json) -> Result<RequestContext, Error> {
        let mut problems = Problems::default();
        let path = Path::call().member("context");
        let read = RequestContext::read(Some(&to_value(context)?), &path, &mut problems);
        read.ok_or_else(|| crate::input::Refusal::from(problems).into())
    }

    /// What a request needs by the routes of the catalog: each permission, on its resource. `None`
    /// if no route matches: refuse the request.
    #[must_use]
    pub fn route(&self, method: &str, path: &str) -> Option<Vec<Matched>> {
        self.deployment().catalog().route(method, path)
    }

    /// Verifies a credential. Client input and failures of the store end in a verdict.
    ///
    /// With a freshness window, a verdict comes from the cache where it can: then it is as of the
    /// start of the last read of the change feed, which is never older than the window. With
    /// [`Question::consume`], the use is counted against the limits of the token. On an unknown
    /// outcome of that commit it is refused and not tried again: a retry could count twice.
    pub async fn verify(&self, credential: &str, question: &Question<'_>) -> Verdict {
        let verdict = match self.try_verify(credential, question).await {
            Ok(verdict) => verdict,
            Err((error, as_of)) => {
                self.host.settings.report(&error, "verify");
                Verdict::refused(Code::StoreUnavailable, as_of)
            }
        };
        self.note_use(&verdict, question);
        verdict
    }

    /// The verdict from the cache, if it answers without a read: for callers that cannot wait.
    #[must_use]
    pub fn verify_cached(&self, credential: &str, question: &Question<'_>) -> Option<Verdict> {
        let now = self.host.settings.times.moment().ok()?;
        let window = self.host.settings.freshness;
        if window.is_zero() || !self.state().feed.is_fresh(&now, window) {
            return None;
        }
        let verdict = self.state().lookup(credential, question, now, Policy::Reread)?;
        self.note_use(&verdict, question);
        Some(verdict)
    }

    async fn try_verify(
        &self,
        credential: &str,
        question: &Question<'_>,
    ) -> Result<Verdict, (Error, Instant)> {
        let Settings {
            times,
            freshness: window,
            deadline,
            ..
        } = &self.host.settings;
        let started = times.moment().map_err(|error| (error, Instant::EPOCH))?;
        let as_of = started.latest();
        let failed = |error: Error| (error, as_of);
        let deadline = Deadline::new(*deadline);
        if window.is_zero() {
            let loaded = self.load(credential, question, None, as_of, &deadline).await;
            return loaded.map_err(failed);
        }
        if !self.state().feed.is_fresh(&started, *window)
            && let Err(error) = self.refresh(&deadline).await
        {
            // A read for a push failed, and the window goes on.
            if !self
                .state()
                .feed
                .is_fresh(&times.moment().map_err(failed)?, *window)
            {
                return Err(failed(error));
            }
        }
        let lookup = |policy| self.lookup(credential, question, policy).map_err(failed);
        if let Some(verdict) = lookup(Policy::Reread)? {
            return Ok(verdict);
        }
        let load = match self
            .join_or_begin(credential, question, &deadline)
            .await
            .map_err(failed)?
        {
            Joined::Load(load) => load,
            Joined::Verdict(verdict) => return Ok(verdict),
            Joined::Failed => return Ok(Verdict::refused(Code::StoreUnavailable, as_of)),
        };
        let generation = self.state().verifier.generation();
        let loaded = self
            .load(credential, question, Some(generation), as_of, &deadline)
            .await;
        match loaded {
            Ok(verdict) => {
                load.end(End::Answered);
                Ok(verdict)
            }
            // The window covers the cached verdict where the store could not be read again.
            Err(error) => {
                load.end(End::Failed);
                let cached = self.cached_instead(credential, question).map_err(failed)?;
                if let Ok(text) = WellFormed::read(self.deployment().prefix(), credential.as_bytes()) {
                    self.state().rechecks.cancel(text.id());
                }
                cached.ok_or_else(|| failed(error))
            }
        }
    }

    /// Begins a load, or awaits those of the same token that are in flight, and answers from the
    /// cache entry that they leave. If the store failed such a load, all who wait for it are
    /// refused, and the store gets no more reads.
    async fn join_or_begin(
        &self,
        credential: &str,
        question: &Question<'_>,
        deadline: &Deadline,
    ) -> Result<Joined, Error> {
        let key = self.key_of(credential);
        let is_count_only = self.is_count_only(credential, question)?;
        let mut joined = 0;
        loop {
            let joins = joined < MAX_COALESCED && !is_count_only;
            let flight = match self.inner.loads.begin(key, joins) {
                Begun::Load(load) => return Ok(Joined::Load(load)),
                Begun::Join(flight) => flight,
                Begun::Overload => {
                    let cached = self.cached_instead(credential, question)?;
                    let message = format!(
                        "{MAX_IN_FLIGHT} tokens are being read from the store at once; try again in a second"
                    );
                    let refused = || StoreError::refused(message).into();
                    return cached.map(Joined::Verdict).ok_or_else(refused);
                }
            };
            joined += 1;
            let end = within(&self.host.store, deadline.left(), flight.ended()).await;
            let found = match end {
                Some(End::Failed) => {
                    let cached = self.cached_instead(credential, question)?;
                    return Ok(cached.map_or(Joined::Failed, Joined::Verdict));
                }
                _ => self.lookup(credential, question, Policy::Accept)?,
            };
            if let Some(verdict) = found {
                return Ok(Joined::Verdict(verdict));
            }
        }
    }

    /// Whether only a count against limits is left to do: the token is cached and valid. A count
    /// answers one call only.
    fn is_count_only(&self, credential: &str, question: &Question<'_>) -> Result<bool, Error> {
        if question.consume.is_none() {
            return Ok(false);
        }
        let uncounted = Question {
            request: question.request.clone(),
            ..Question::of(question.requirement)
        };
        let cached = self.lookup(credential, &uncounted, Policy::Accept)?;
        Ok(cached.is_some_and(|verdict| verdict.valid))
    }

    /// The cached verdict where the store cannot be read again. Another process may have used an
    /// idle token since.
    fn cached_instead(&self, credential: &str, question: &Question<'_>) -> Result<Option<Verdict>, Error> {
        let cached = self.lookup(credential, question, Policy::Accept)?;
        Ok(cached.filter(|verdict| verdict.code != Code::IdleExpired))
    }

    /// What identifies a load: the id of the token, or the whole text of an imported key.
    fn key_of<'c>(&self, credential: &'c str) -> &'c str {
        let prefix = self.deployment().prefix();
        if WellFormed::read(prefix, credential.as_bytes()).is_err() {
            return credential;
        }
        let from = prefix.start().len();
        credential.get(from..from + 16).unwrap_or(credential)
    }

    /// Reads the change feed, or awaits the read by another call.
    async fn refresh(&self, deadline: &Deadline) -> Result<(), Error> {
        let settings = &self.host.settings;
        let mut joined = 0;
        let flight = loop {
            match self.inner.feed.begin("", joined < MAX_COALESCED) {
                Begun::Load(flight) => break flight,
                Begun::Overload => return Err(Error::internal("too many reads of the change feed")),
                Begun::Join(flight) => {
                    joined += 1;
                    let end = within(&self.host.store, deadline.left(), flight.ended()).await;
                    let now = settings.times.moment()?;
                    if self.state().feed.is_fresh(&now, settings.freshness) {
                        return Ok(());
                    }
                    if end == Some(End::Failed) {
                        let message = "the change feed could not be read, as another call has reported";
                        return Err(StoreError::refused(message).into());
                    }
                }
            }
        };
        let read = self.read_feed(deadline).await;
        flight.end(if read.is_ok() { End::Answered } else { End::Failed });
        read
    }

    /// Reads the change feed, and applies it.
    async fn read_feed(&self, deadline: &Deadline) -> Result<(), Error> {
        let Host { store, settings, .. } = &*self.host;
        let read = self.state().feed.start(settings.times.moment()?);
        // Reads are ordered by their numbers, which no clock can turn back.
        let order = Instant::from_millis(read.order.into()).unwrap_or(Instant::EPOCH);
        let mut heads = Reads::default();
        for _ in 0..MAX_FEED_READS {
            let plan = self.state().verifier.apply_feed(&heads, order);
            match plan {
                Plan::Answer(_) => {
                    self.state().feed.applied(read);
                    return Ok(());
                }
                Plan::Need(ReadRequest { keys, .. }) => {
                    let values = read_keys(store, &keys, deadline).await;
                    let values = values.map_err(CallError::into_store)?;
                    heads = Reads::default();
                    for (key, value) in keys.into_iter().zip(values) {
                        heads.insert(key, value);
                    }
                }
                Plan::Refuse(refusal) => return Err(refusal.into()),
                Plan::Prepare { .. } | Plan::Commit { .. } => {
                    return Err(Error::internal("a read of the change feed writes nothing"));
                }
            }
        }
        Err(Error::internal(
            "the shard count changed between two reads of the change feed",
        ))
    }

    fn lookup(
        &self,
        credential: &str,
        question: &Question<'_>,
        policy: Policy,
    ) -> Result<Option<Verdict>, Error> {
        let now = self.host.settings.times.moment()?;
        Ok(self.state().lookup(credential, question, now, policy))
    }

    /// The verdict from the store. With a generation from before, the token enters the cache.
    async fn load(
        &self,
        credential: &str,
        question: &Question<'_>,
        generation: Option<u32>,
        as_of: Instant,
        deadline: &Deadline,
    ) -> Result<Verdict, Error> {
        let asked = Asked {
            credential,
            question,
            generation,
            as_of,
        };
        let store = &self.host.store;
        if self.host.settings.counts_here {
            let counters = &self.inner.counters;
            return self
                .load_from(&LocalCounters { store, counters }, &asked, deadline)
                .await;
        }
        self.load_from(store, &asked, deadline).await
    }

    async fn load_from<T: AsyncStore>(
        &self,
        store: &T,
        asked: &Asked<'_>,
        deadline: &Deadline,
    ) -> Result<Verdict, Error> {
        let mut reading = Reading::default();
        let mut attempt = 0;
        loop {
            match self.decide(store, asked, &mut reading, deadline).await? {
                (verdict, None) => return Ok(verdict),
                (verdict, Some(writes)) => {
                    let writes = reading.fetched.restore(writes);
                    // The first error is final: to repeat a commit whose outcome is unknown could
                    // count the use twice.
                    let applied = commit(store, &writes, deadline).await;
                    if applied.map_err(CallError::into_store)? {
                        return Ok(verdict);
                    }
                }
            }
            if !back_off(store, attempt, deadline).await {
                return Err(Error::new(
                    "deadline_exceeded",
                    "the use was not counted in time: other writers won every commit",
                ));
            }
            attempt += 1;
            reading.fetched.clear();
            reading
                .fetched
                .fetch(store, ReadRequest::default(), true, deadline)
                .await
                .map_err(CallError::into_store)?;
        }
    }

    /// Plans and reads until the core has decided. Returns what is to be committed, too.
    async fn decide<T: AsyncStore>(
        &self,
        store: &T,
        asked: &Asked<'_>,
        reading: &mut Reading,
        deadline: &Deadline,
    ) -> Result<(Verdict, Option<Vec<crate::storage::plan::Write>>), Error> {
        for _ in 0..=MAX_READS {
            match self.plan(asked, &reading.fetched.reads)? {
                Plan::Answer(verdict) => return Ok((verdict, None)),
                Plan::Commit { writes, answer } => return Ok((answer, Some(writes))),
                Plan::Refuse(refusal) => return Err(refusal.into()),
                Plan::Prepare { .. } => return Err(Error::internal("a verification prepares nothing")),
                Plan::Need(mut need) => {
                    let turns = &self.host.turns;
                    let mut waited = false;
                    if let Some(counter) = need.queue.take().filter(|_| !reading.is_queued) {
                        (reading.turn, waited) = turns.take(store, &counter, deadline).await;
                        reading.is_queued = true;
                    }
                    let read = reading.fetched.fetch(store, need, waited, deadline).await;
                    read.map_err(CallError::into_store)?;
                }
            }
        }
        let message = format!(
            "the token changed between each of {MAX_READS} reads, so no consistent snapshot was read; try again"
        );
        Err(StoreError::refused(message).into())
    }

    /// One plan of a verification, at the time now: a slow store must not carry a token past its
    /// expiry.
    fn plan(&self, asked: &Asked<'_>, reads: &Reads) -> Result<Plan<Verdict>, Error> {
        let Asked {
            credential,
            question,
            generation,
            as_of,
        } = *asked;
        let now = self.host.settings.times.moment()?;
        let question = Question {
            requirement: question.requirement,
            request: question.request.clone(),
            consume: question.consume,
            // By the host's own reading: the highest one may be that of a clock that ran ahead.
            counted_at: question
                .counted_at
                .or_else(|| question.consume.map(|_| now.believed())),
        };
        let plan = self.state().verify(credential, &question, reads, generation, now);
        Ok(match plan {
            Plan::Answer(verdict) => Plan::Answer(Verdict { as_of, ..verdict }),
            Plan::Commit { writes, answer } => Plan::Commit {
                writes,
                answer: Verdict { as_of, ..answer },
            },
            plan => plan,
        })
    }

    /// Notes the use of a token, for [`Tokens::flush`](super::Tokens::flush).
    fn note_use(&self, verdict: &Verdict, question: &Question<'_>) {
        let Some(token) = &verdict.token else { return };
        if !(verdict.valid || verdict.code == Code::RotatedOut) || question.consume == Some(0) {
            return;
        }
        let Ok(now) = self.host.settings.times.moment() else {
            return;
        };
        if verdict.valid {
            self.state().verifier.note_use(&token.id, now.believed());
        }
        self.inner
            .uses
            .note(verdict.code, token, question, now.believed());
    }

    /// Makes the next verification read the change feed: something may have changed, as a push of
    /// the store tells. A push that is lost, or wrong, changes nothing but that.
    pub fn invalidate(&self) {
        self.state().feed.note_push();
    }

    /// This process has changed something.
    pub(super) fn invalidate_own(&self) {
        self.state().feed.invalidate();
    }

    /// Takes the noted uses of at most 20 tokens, as
    /// [`Tokens::flush_uses`](super::Tokens::flush_uses) takes them: for a process that only
    /// verifies, which hands them to one that manages. Empty if there are none.
    ///
    /// A token with an idle time expires while it is in use, if nobody flushes its uses.
    #[must_use]
    pub fn take_uses(&self) -> Vec<Json> {
        self.inner.uses.take_page()
    }

    /// The uses that were noted and not taken.
    pub(super) fn uses(&self) -> &UsageCollector {
        &self.inner.uses
    }

    /// How many tokens have noted uses.
    #[must_use]
    pub fn pending_uses(&self) -> usize {
        self.inner.uses.len()
    }

    /// The state. After a panic of another thread, it begins again: with an empty cache.
    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(|poisoned| {
            let mut state = poisoned.into_inner();
            *state = State::new(&self.host.settings);
            self.inner.state.clear_poison();
            state
        })
    }
}
