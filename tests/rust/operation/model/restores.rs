//! A store that is set back to a backup. What was done since is undone, in the model too, and everything goes on from there. A verifier that
//! followed the feed meanwhile goes on as well: what is changed after the restore counts for it.

use std::collections::{BTreeMap, BTreeSet};

use super::acts::Move;
use super::call::{Act, Call};
use super::compare::Checked;
use super::run::Run;
use super::state::State;
use super::world::Changed;

/// What a verifier may still remember from the time that a restore has taken back.
#[derive(Default)]
pub struct Lost {
    /// The records and accounts that a restore has changed.
    keys: BTreeSet<String>,
    /// Those that were changed since, as far as the feed tells.
    since: BTreeSet<String>,
    /// When each token was used last. No feed tells of uses, and no use is taken back.
    uses: BTreeMap<String, u64>,
}

impl Lost {
    /// A restore that leaves one store in the place of another.
    pub fn decode(&mut self, state: &State, was: &BTreeMap<String, String>, is: &BTreeMap<String, String>) {
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

    /// A commit. The making of a token is told to nobody.
    pub fn commit(&mut self, changed: &Changed) {
        if self.keys.is_empty() {
            return;
        }
        let told = changed
            .iter()
            .filter(|(key, (before, _))| before.is_some() || key.starts_with("account/"));
        self.since.extend(told.map(|(key, _)| key.clone()));
    }

    /// Whether a token may be remembered as it was: a restore took something back that it rests on, and nothing of that has changed since.
    pub fn may_be_remembered(&self, rests_on: &[String]) -> bool {
        rests_on.iter().any(|key| self.keys.contains(key))
            && !rests_on.iter().any(|key| self.since.contains(key))
    }

    /// The uses of all tokens that there ever were.
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

/// Whether a call says the same at another time, and of a state that has fewer tokens.
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
    /// Moves that a restore takes back. The call that wrote something last may be made once more after it, by who did not hear of its answer.
    pub(super) fn decode(&mut self, lost: &[Move], after: &[Move]) -> Checked {
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
        self.world.decode(&self.state, store);
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
