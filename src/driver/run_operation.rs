//! The loop of docs/boundary.md: the core plans; this reads, commits and retries.

use std::sync::Arc;

use super::calls::{CallError, Fetched, commit};
use super::entropy::draw;
use super::error::Error;
use super::options::Settings;
use super::store::{AsyncStore, StoreError};
use super::wait::{Deadline, Turn, Turns, back_off};
use crate::operation::{Entropy, Time};
use crate::storage::plan::{Plan, ReadRequest, Reads, Write};

/// The attempt (from 0) whose pause is the longest for operations that end something.
const MAX_URGENT_PAUSES: u32 = 2;

/// What runs operations on a store.
#[derive(Debug)]
pub(super) struct Host<S> {
    pub(super) store: S,
    pub(super) settings: Settings,
    /// The turns of this process at hot keys.
    pub(super) turns: Turns,
}

/// Runs one operation, from its first plan to its answer.
pub(super) async fn run<S: AsyncStore, A>(
    host: &Arc<Host<S>>,
    dry_run: bool,
    invalidate: &(dyn Fn() + Sync),
    plan: impl Fn(&Reads, Time, &Entropy) -> Plan<A>,
) -> Result<A, Error> {
    let started = host.settings.times.moment()?.now;
    let entropy = draw(&*host.settings.entropy)?;
    let mut operation = Operation {
        host,
        deadline: Deadline::new(host.settings.deadline),
        invalidate,
        fetched: Fetched::default(),
        queues: Vec::new(),
        turns: Vec::new(),
        urgent: false,
        conflicted: false,
        unknown: None,
    };
    let step = |reads: &Reads| {
        let moment = host.settings.times.moment()?;
        Ok(plan(reads, moment.time(started), &entropy))
    };
    let answered = operation.run(dry_run, &step).await;
    // A call that changed nothing may have found the change of another.
    invalidate();
    answered
}

struct Operation<'o, S> {
    host: &'o Arc<Host<S>>,
    deadline: Deadline,
    /// Called before each commit and after its answer or failure.
    invalidate: &'o (dyn Fn() + Sync),
    fetched: Fetched,
    /// The keys at which it has had turns, in the order in which the core asked for them.
    queues: Vec<String>,
    turns: Vec<Turn>,
    urgent: bool,
    /// Whether a commit conflicted with another writer.
    conflicted: bool,
    /// The error of a commit with an unknown outcome. Then only a read can tell.
    unknown: Option<CallError>,
}

/// What a plan came to, after its reads.
enum Decided<A> {
    Answer(A),
    Commit(Vec<Write>, A),
}

impl<S: AsyncStore> Operation<'_, S> {
    async fn run<A>(
        &mut self,
        dry_run: bool,
        step: &impl Fn(&Reads) -> Result<Plan<A>, Error>,
    ) -> Result<A, Error> {
        let mut attempt = 0;
        loop {
            match self.plan_until_decided(attempt > 0, dry_run, step).await? {
                Some(Decided::Answer(answer)) => return Ok(answer),
                Some(Decided::Commit(writes, answer)) if dry_run || self.commit(&writes).await? => {
                    return Ok(answer);
                }
                Some(Decided::Commit(..)) | None => {}
            }
            if !self.pause(attempt).await {
                return Err(self.deadline_error());
            }
            attempt += 1;
        }
    }

    /// Plans and reads until the core has decided; `None` if a read failed and is retried.
    async fn plan_until_decided<A>(
        &mut self,
        again: bool,
        dry_run: bool,
        step: &impl Fn(&Reads) -> Result<Plan<A>, Error>,
    ) -> Result<Option<Decided<A>>, Error> {
        self.fetched.clear();
        if again {
            let missing = self
                .queues
                .iter()
                .filter(|queue| !self.turns.iter().any(|turn| turn.is_at(queue)));
            for queue in missing.cloned().collect::<Vec<_>>() {
                self.take_turn(&queue).await;
            }
            if !self.fetch(ReadRequest::default(), true).await? {
                return Ok(None);
            }
        }
        loop {
            match step(&self.fetched.reads)? {
                Plan::Answer(answer) => return Ok(Some(Decided::Answer(answer))),
                Plan::Refuse(refusal) => return Err(refusal.into()),
                Plan::Commit { writes, answer } => {
                    let writes = self.fetched.restore(writes);
                    return Ok(Some(Decided::Commit(writes, answer)));
                }
                Plan::Prepare { writes } => {
                    if !self.prepare(writes, dry_run).await? {
                        return Ok(None);
                    }
                }
                Plan::Need(mut need) => {
                    let mut waited = false;
                    self.urgent |= need.urgent;
                    if let Some(queue) = need.queue.take()
                        && !self.queues.contains(&queue)
                    {
                        waited = self.take_turn(&queue).await;
                        self.queues.push(queue);
                    }
                    if !self.fetch(need, waited).await? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Waits for the turn at a key. Returns whether it had to.
    async fn take_turn(&mut self, key: &str) -> bool {
        let Host { turns, store, .. } = &**self.host;
        let (turn, waited) = turns.take(store, key, &self.deadline).await;
        self.turns.extend(turn);
        waited
    }

    /// Reads what the core needs. `false`: retry later.
    async fn fetch(&mut self, need: ReadRequest, afresh: bool) -> Result<bool, Error> {
        let store = &self.host.store;
        match self.fetched.fetch(store, need, afresh, &self.deadline).await {
            Ok(()) => Ok(true),
            // After an unknown outcome, or when conflicts took all the time, report that instead.
            Err(_) if self.unknown.is_some() => Ok(false),
            Err(CallError::Late) if self.conflicted => Ok(false),
            Err(error) => Err(error.into_store().into()),
        }
    }

    /// Commits immutable values, and adds them to the reads. On a conflict another call has written
    /// the same values. `false`: retry later.
    async fn prepare(&mut self, writes: Vec<Write>, dry_run: bool) -> Result<bool, Error> {
        if !dry_run {
            if self.deadline.left().is_zero() {
                return Ok(false);
            }
            let committed = commit(&self.host.store, &writes, &self.deadline).await;
            committed.map_err(CallError::into_store)?;
        }
        for Write { key, value, .. } in writes {
            self.fetched.insert(key, value.flatten());
        }
        Ok(true)
    }

    /// Whether the writes were applied. `false`: a conflict or an unknown outcome; plan again.
    async fn commit(&mut self, writes: &[Write]) -> Result<bool, Error> {
        if self.deadline.left().is_zero() {
            return Ok(false);
        }
        (self.invalidate)();
        let committed = commit(&self.host.store, writes, &self.deadline).await;
        (self.invalidate)();
        match committed {
            Ok(applied) => {
                self.conflicted |= !applied;
                Ok(applied)
            }
            Err(CallError::Store(refused @ StoreError::Refused { .. })) if self.unknown.is_none() => {
                Err(refused.into())
            }
            Err(error) => {
                self.unknown = Some(error);
                Ok(false)
            }
        }
    }

    /// Waits before the next attempt. Operations that end something wait briefly and keep their
    /// turns. All others wait longer each time, and end the turns that other owners share.
    async fn pause(&mut self, attempt: u32) -> bool {
        let attempt = if self.urgent {
            attempt.min(MAX_URGENT_PAUSES)
        } else {
            self.turns.truncate(1);
            attempt
        };
        back_off(&self.host.store, attempt, &self.deadline).await
    }

    fn deadline_error(&mut self) -> Error {
        let seconds = self.deadline.total.as_secs_f64();
        if let Some(unknown) = self.unknown.take() {
            let message = format!(
                "the store did not answer the commit, and its outcome could not be determined within {seconds} s; read before you repeat the call"
            );
            return Error::new("outcome_unknown", message).because(unknown.into_store());
        }
        if self.conflicted {
            let message =
                format!("other writers won every commit for {seconds} s; nothing was changed, try again");
            return Error::new("conflict", message);
        }
        let message = format!(
            "the change was not committed within {seconds} s: earlier calls of this process are running, or the store is slow; nothing was changed, try again"
        );
        Error::new("deadline_exceeded", message)
    }
}
