//! Restores of a backup. They undo later changes, in the model too. A verifier that followed the
//! feed in the meantime continues to do so, and must apply changes made after the restore.

use std::collections::{BTreeMap, BTreeSet};

use super::acts::Move;
use super::call::{Act, Call};
use super::compare::Checked;
use super::run::Run;
use super::state::State;
use super::world::Changed;

/// The entries that a verifier may still have from the time that a restore undid.
#[derive(Default)]
pub struct Lost {
    /// The records and accounts that a restore has changed.
    keys: BTreeSet<String>,
    /// Those that were changed after the restore, as the feed reports.
    since: BTreeSet<String>,
    /// The last use of each token. Uses are neither published to the feed nor undone.
    uses: BTreeMap<String, u64>,
}

impl Lost {
    /// Records a restore that replaces the store `was` by `is`.
    pub fn restore(&mut self, state: &State, was: &BTreeMap<String, String>, is: &BTreeMap<String, String>) {
        let told = |key: &&String| key.starts_with("token/") || key.starts_with("account/");
        let keys: BTreeSet<&String> = was.keys().chain(is.keys()).filter(told).collect();
        let differs = |key: &&&String| was.get(**key) != is.get(**key);
        self.keys
            .extend(keys.iter().filter(differs).map(|key| (*key).clone()));
        self.since.clear();
        for token in &state.tokens {
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
        let told = changed
            .iter()
            .filter(|(key, (before, _))| before.is_some() || key.starts_with("account/"));
        self.since.extend(told.map(|(key, _)| key.clone()));
    }

    /// Whether an entry may be older than the restore: the restore undid a change of a dependency,
    /// and none of them has changed since.
    pub fn may_be_remembered(&self, rests_on: &[String]) -> bool {
        rests_on.iter().any(|key| self.keys.contains(key))
            && !rests_on.iter().any(|key| self.since.contains(key))
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

/// Whether a call has the same meaning at another time, and in a state with fewer tokens.
fn can_be_repeated(call: &Call, tokens: usize) -> bool {
    match call {
        Call::By(_, Act::Create(wanted)) => {
            wanted.begins_in.is_none() && wanted.backed_like.is_none_or(|token| token < tokens)
        }
        Call::By(_, Act::Edit(token, _) | Act::Token(_, token) | Act::Rotate(token, _)) => *token < tokens,
        _ => false,
    }
}

impl Run {
    /// Runs moves that a restore then undoes. The last call that wrote may be repeated after it, by
    /// a caller that did not get the answer.
    pub(super) fn restore(&mut self, lost: &[Move], after: &[Move]) -> Checked {
        let (store, state) = (self.world.store.clone(), self.state.clone());
        let revoked = self.revoked.borrow().clone();
        let mut last = None;
        for step in lost {
            match step {
                Move::Call(call) => {
                    if let Some(call) = call.settled(&self.state)
                        && let Some((attempt, _)) = self.undisturbed(&call)?
                    {
                        last = Some((attempt, call));
                    }
                }
                step => self.make(step)?,
            }
        }
        self.look_at_all()?;
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
        self.wait(1_000);
        let actor_is_there = |call: &Call, count: usize| match call {
            Call::By(super::actor::Actor::Token(token) | super::actor::Actor::Impostor(token), _) => {
                *token < count
            }
            _ => true,
        };
        let count = self.state.tokens.len();
        if let Some((attempt, call)) = last
            && can_be_repeated(&call, count)
            && actor_is_there(&call, count)
        {
            self.repeated(&attempt, &call)?;
            self.note("restore: a call is made once more".to_owned());
        }
        after.iter().try_for_each(|step| self.make(step))?;
        self.world.reader_rests = false;
        self.look_at_all()
    }
}
