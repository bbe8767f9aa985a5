//! Restores of a backup. They undo later changes, in the model too. A verifier that followed the
//! feed in the meantime continues to do so, and must apply changes made after the restore.

use std::collections::{BTreeMap, BTreeSet};

use super::actor::Actor;
use super::acts::Move;
use super::call::{Act, Call, OnToken};
use super::compare::Checked;
use super::run::Run;
use super::state::{State, Status, Token};
use super::world::{Attempt, Changed, World};

/// The entries that a verifier may still have from the time that a restore undid.
#[derive(Default)]
pub struct Lost {
    /// The records and accounts that a restore has changed.
    keys: BTreeSet<String>,
    /// Those that were changed after the restore, as the feed reports.
    since: BTreeSet<String>,
    /// What the tokens rested on whose creation a restore has undone. A client can create a token
    /// with the same credential again, and creation is not published.
    undone: BTreeMap<String, Vec<String>>,
    /// The last use of each token. Uses are neither published to the feed nor undone.
    uses: BTreeMap<String, u64>,
}

impl Lost {
    /// Records a restore that replaces the store `was` by `is`.
    pub fn restore(&mut self, state: &State, was: &BTreeMap<String, String>, is: &BTreeMap<String, String>) {
        let published = |key: &&String| key.starts_with("token/") || key.starts_with("account/");
        let keys: BTreeSet<&String> = was.keys().chain(is.keys()).filter(published).collect();
        let differs = |key: &&&String| was.get(**key) != is.get(**key);
        self.keys
            .extend(keys.iter().filter(differs).map(|key| (*key).clone()));
        self.since.clear();
        for (number, token) in state.tokens.iter().enumerate() {
            if !is.contains_key(&format!("token/{}", token.id)) {
                let rested_on = Actor::Token(number).rests_on(state);
                self.undone.insert(token.id.clone(), rested_on);
            }
            if let Some(at) = token.used_at {
                let known = self.uses.entry(token.id.clone()).or_default();
                *known = at.max(*known);
            }
        }
    }

    /// Records a commit. The creation of a token is not published to the feed.
    pub fn commit(&mut self, changed: &Changed) {
        if self.keys.is_empty() {
            return;
        }
        let published = changed
            .iter()
            .filter(|(key, (before, _))| before.is_some() || key.starts_with("account/"));
        self.since.extend(published.map(|(key, _)| key.clone()));
    }

    /// Whether a restore has changed the record of a token.
    fn has_changed(&self, id: &str) -> bool {
        self.keys.contains(&format!("token/{id}"))
    }

    /// Whether the entry of a token may be older than the restore: the restore undid a change of a
    /// dependency, and none of them has changed since.
    pub fn may_be_cached(&self, id: &str, rests_on: &[String]) -> bool {
        let may_be_old = |rests_on: &[String]| {
            rests_on.iter().any(|key| self.keys.contains(key))
                && !rests_on.iter().any(|key| self.since.contains(key))
        };
        may_be_old(rests_on) || self.undone.get(id).is_some_and(|rested_on| may_be_old(rested_on))
    }

    /// The state with the uses of all tokens that ever existed.
    pub fn with_uses(&self, state: &State) -> Option<State> {
        if self.uses.is_empty() {
            return None;
        }
        let mut state = state.clone();
        for token in &mut state.tokens {
            token.used_at = token.used_at.max(self.uses.get(&token.id).copied());
        }
        Some(state)
    }
}

const ROOT: Actor = Actor::Person(0);

/// Whether a call has the same meaning at another time, and in a state with fewer tokens.
fn can_be_repeated(call: &Call, tokens: usize) -> bool {
    match call {
        Call::By(Actor::Token(actor) | Actor::Impostor(actor), _) if *actor >= tokens => false,
        Call::By(_, Act::Create(wanted)) => {
            wanted.begins_in.is_none() && wanted.backed_like.is_none_or(|token| token < tokens)
        }
        Call::By(_, Act::Edit(token, _) | Act::Token(_, token) | Act::Rotate(token, _)) => *token < tokens,
        _ => false,
    }
}

/// The part of a restore that follows the undone moves.
#[derive(Clone, Debug)]
pub struct Restored {
    /// The time until the first call after the restore.
    pub pause: u64,
    /// Whether other tokens of the same owners change, until each head of the feed counts as many
    /// changes as before the restore.
    pub catches_up: bool,
    /// The moves before the verifier reads the feed again.
    pub after: Vec<Move>,
}

/// The last call that wrote before a restore.
struct Last {
    attempt: Attempt,
    call: Call,
    /// The counts of the heads before and after it.
    counts: [BTreeMap<String, u64>; 2],
}

impl Last {
    /// How many changes it added to a head.
    fn added(&self, head: &str) -> u64 {
        let [before, after] = self.counts.each_ref().map(|counts| counts.get(head));
        after.map_or(0, |after| after - before.unwrap_or(after))
    }
}

/// The most changes that catch up with a head: more than it lists.
const MAX_BEHIND: u64 = 80;

impl Run {
    /// Runs moves that a restore then undoes. The last call that wrote may be repeated after it, by
    /// a caller that did not get the answer.
    pub(super) fn restore(&mut self, lost: &[Move], restored: &Restored) -> Checked {
        let (store, state) = (self.world.store.clone(), self.state.clone());
        let revoked = self.revoked.borrow().clone();
        let mut last = None;
        for step in lost {
            match step {
                Move::Call(call) => {
                    let before = self.world.feed_counts();
                    if let Some(call) = call.settled(&self.state)
                        && let Some((attempt, _)) = self.undisturbed(&call)?
                    {
                        let counts = [before, self.world.feed_counts()];
                        last = Some(Last {
                            attempt,
                            call,
                            counts,
                        });
                    }
                }
                step => self.make(step)?,
            }
        }
        self.look_at_all()?;
        let reached = self.world.feed_counts();
        self.world.restore(&self.state, store);
        let minted = std::mem::take(&mut self.state.minted);
        let (now, highest) = (self.state.now, self.state.highest);
        self.state = State {
            now,
            highest,
            minted,
            ..state
        };
        *self.revoked.borrow_mut() = revoked;
        self.world.reader_rests = true;
        self.note("restore".to_owned());
        self.wait(restored.pause);
        let count = self.state.tokens.len();
        let last = last.filter(|last| can_be_repeated(&last.call, count));
        if restored.catches_up {
            let before_last = reached.iter().map(|(head, count)| {
                let added = last.as_ref().map_or(0, |last| last.added(head));
                (head.clone(), count - added)
            });
            self.catch_up(&before_last.collect())?;
        }
        if let Some(Last { attempt, call, .. }) = last {
            self.repeated(&attempt, &call)?;
            self.note("restore: a call is made once more".to_owned());
        }
        if restored.catches_up {
            self.catch_up(&reached)?;
        }
        restored.after.iter().try_for_each(|step| self.make(step))?;
        self.world.reader_rests = false;
        self.look_at_all()
    }

    /// Changes tokens that the restore did not change, until the heads of the feed have reached
    /// these counts.
    fn catch_up(&mut self, reached: &BTreeMap<String, u64>) -> Checked {
        for (head, count) in reached {
            let others = self.others(head);
            let Some(first) = self.world.feed_counts().get(head).copied() else {
                continue;
            };
            let behind = count.saturating_sub(first).min(MAX_BEHIND);
            for token in others.iter().cycle().take(behind as usize) {
                let op = match self.state.tokens[*token].status {
                    Status::Disabled => OnToken::Enable,
                    _ => OnToken::Disable,
                };
                self.undisturbed(&Call::By(ROOT, Act::Token(op, *token)))?;
            }
            if behind > 0 && self.world.feed_counts().get(head) == Some(count) {
                self.note("restore: a head catches up".to_owned());
            }
        }
        Ok(())
    }

    /// The tokens that can be disabled, that a head publishes and that the restore did not change;
    /// all of these if it changed each of them.
    fn others(&self, head: &str) -> Vec<usize> {
        let changes = |token: &Token| {
            matches!(token.status, Status::Active | Status::Disabled)
                && token.kind.allows("disable")
                && !token.had_gone_idle(self.state.latest())
                && World::head_of(token.owner) == head
        };
        let tokens = self.state.tokens.iter().enumerate();
        let published = tokens.filter(|(_, token)| changes(token));
        let (changed, others): (Vec<_>, Vec<_>) =
            published.partition(|(_, token)| self.world.lost.has_changed(&token.id));
        let chosen = if others.is_empty() { changed } else { others };
        chosen.into_iter().map(|(at, _)| at).collect()
    }
}
