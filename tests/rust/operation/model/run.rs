//! Runs moves in the core and in the model, and compares the results.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use leastkey::storage::plan::{Reads, Write};
use leastkey::verify::code::Code;
use serde_json::{Value as Json, json};

use super::actor::Actor;
use super::acts::{Jump, Move, named_by};
use super::bounds::{auditor, refused_calls};
use super::call::{Act, Call};
use super::catalog::{MINUTE, PERMISSIONS};
use super::compare::{self, Checked, same};
use super::laws;
use super::place::{PLACES, covers};
use super::rules::{Codes, Done, Shown};
use super::state::{State, Status};
use super::world::{Asked, Attempt, Changed, Needs, Planned, World};

pub struct Run {
    pub world: World,
    pub state: State,
    /// The number of occurrences of each outcome: calls by result, and verdicts.
    pub seen: RefCell<BTreeMap<String, usize>>,
    /// Whether the clock was set, the store restored, or a large token created: the final check is
    /// then more thorough.
    is_special: bool,
    /// The tokens that a verdict has reported as revoked.
    pub(super) revoked: RefCell<BTreeSet<usize>>,
}

/// The result of a call in the core: its commit and answer, or the code of its refusal.
#[derive(Debug)]
enum Went {
    Through {
        changed: Changed,
        writes: Vec<Vec<Write>>,
        answer: Json,
    },
    Refused(String, String),
}

fn puts_large_account(step: &Move) -> bool {
    matches!(step, Move::Call(Call::By(_, Act::PutAccount(_, rights))) if rights.large.is_some())
}

impl Run {
    pub fn new() -> Run {
        let mut world = World::new();
        let state = State {
            now: world.now,
            highest: world.highest,
            minted: vec![world.mint()],
            ..State::default()
        };
        Run {
            world,
            state,
            seen: RefCell::default(),
            is_special: false,
            revoked: RefCell::default(),
        }
    }

    pub(super) fn note(&self, what: String) {
        *self.seen.borrow_mut().entry(what).or_default() += 1;
    }

    /// Makes one move and checks everything that must hold after it.
    pub fn make(&mut self, step: &Move) -> Checked {
        self.is_special |= match step {
            Move::Jump { .. } | Move::Restore { .. } => true,
            Move::Call(Call::By(_, Act::Create(wanted))) => wanted.large.is_some(),
            Move::Scenario(moves) => moves.iter().any(puts_large_account),
            _ => false,
        };
        match step {
            Move::Wait(time) => self.wait(*time),
            Move::Jump { jump, during } => self.jump(*jump, during)?,
            Move::Call(call) => drop(self.call(call)?),
            Move::Scenario(moves) => moves.iter().try_for_each(|step| self.make(step))?,
            Move::Twice { call, after } => {
                if let Some(call) = call.settled(&self.state) {
                    self.undisturbed(&call)?;
                    self.wait(*after);
                    self.undisturbed(&call)?;
                }
            }
            Move::Spend { token, cost } => self.spend(*token, *cost)?,
            Move::Restore { lost, restored } => self.restore(lost, restored)?,
            Move::Beyond(any) => self.beyond(*any)?,
            Move::Race { first, second, reads } => self.race(first, second, *reads)?,
            Move::Sweep { sweep, between } => self.sweep(sweep, between)?,
            Move::Lost { call, then } => self.lose(call, then.as_ref())?,
        }
        Ok(())
    }

    /// Verifies the current secret of a token and consumes credits.
    fn spend(&mut self, token: usize, cost: u32) -> Checked {
        let Some(at) = named_by(token, self.state.tokens.len()) else {
            return Ok(());
        };
        let found = &self.state.tokens[at];
        let credential = found.secrets[found.current].clone();
        let mut expected = self.state.verdict(found, found.current, None);
        if credential.is_empty() {
            return Ok(());
        }
        if expected == ["valid"] && !self.state.spend(at, cost) {
            expected = vec!["usage_exceeded"];
        }
        let verdict = self.world.spend(&credential, cost)?;
        let code = verdict.code.name();
        self.note(format!("verdict of a use: {code}"));
        if !expected.contains(&code) {
            return Err(format!("a use of {cost} is {code}, for the model {expected:?}"));
        }
        self.verify(at)
    }

    /// Sets the clock, makes the moves during the jump, and checks.
    fn jump(&mut self, jump: Jump, during: &[Move]) -> Checked {
        let now = self.world.now;
        self.read(if jump.ahead { now + jump.by } else { now - jump.by });
        self.look_at_all()?;
        during.iter().try_for_each(|step| self.make(step))?;
        self.note(format!(
            "jump: {} {}",
            if jump.ahead { "ahead" } else { "back" },
            if self.state.clock_is_reliable() {
                "within a minute"
            } else {
                "beyond"
            }
        ));
        self.look_at_all()?;
        if jump.ahead && jump.holds {
            self.wait(MINUTE);
            self.world.highest = self.world.now;
        }
        self.read(self.world.highest);
        self.look_at_all()
    }

    /// Sets the reading of the clock.
    fn read(&mut self, now: u64) {
        self.world.now = now;
        self.state.now = now;
        self.state.highest = self.world.highest;
    }

    pub(super) fn wait(&mut self, time: u64) {
        let World { now, highest, .. } = &mut self.world;
        // After the clock was set back, the highest instant stays until the reading has caught up.
        *highest = if now > highest {
            *highest + time
        } else {
            *highest.max(&mut (*now + time))
        };
        *now += time;
        self.read(self.world.now);
        let minted = self.world.mint();
        self.state.minted.push(minted);
    }

    /// Makes a call without concurrent ones. Returns the attempt and the answer if it wrote a
    /// value.
    pub(super) fn call(&mut self, call: &Call) -> Result<Option<(Attempt, Json)>, String> {
        call.settled(&self.state)
            .map_or(Ok(None), |call| self.undisturbed(&call))
    }

    pub(super) fn undisturbed(&mut self, call: &Call) -> Result<Option<(Attempt, Json)>, String> {
        let Some(json) = call.json(&self.state) else {
            return Ok(None);
        };
        let mut attempt = self.world.attempt(json);
        let planned = attempt.plan(&self.world);
        let writes = matches!(planned, Planned::Commit(..));
        let went = self.carry_out(&attempt, planned).ok_or("nobody else is here")?;
        let answer = self.settle(call, went)?;
        Ok(answer.filter(|_| writes).map(|answer| (attempt, answer)))
    }

    /// Repeats an attempt from the start, on a store without its effects.
    pub(super) fn repeated(&mut self, attempt: &Attempt, call: &Call) -> Checked {
        let mut attempt = attempt.again();
        let planned = attempt.plan(&self.world);
        let went = self.carry_out(&attempt, planned).ok_or("nobody else is here")?;
        self.settle(call, went)?;
        Ok(())
    }

    /// Makes a call with an argument beyond its bound.
    fn beyond(&mut self, any: usize) -> Checked {
        let calls = refused_calls(&self.state);
        let call = calls[any % calls.len()].clone();
        match self.world.attempt(call.clone()).plan(&self.world) {
            Planned::Refused(code, _) if code == "invalid_input" => {
                self.note("beyond: refused".to_owned());
                Ok(())
            }
            other => Err(format!("{call} came to {other:?}")),
        }
    }

    /// Commits a plan and its following pages; `None` if another commit came first.
    fn carry_out(&mut self, attempt: &Attempt, planned: Planned) -> Option<Went> {
        let mut went = match planned {
            Planned::Refused(code, message) => return Some(Went::Refused(code, message)),
            Planned::Answer(answer) => Went::Through {
                changed: Changed::new(),
                writes: Vec::new(),
                answer,
            },
            Planned::Commit(writes, answer) => {
                let changed = self.world.commit(&writes)?;
                Went::Through {
                    changed,
                    writes: vec![writes],
                    answer,
                }
            }
        };
        while let Went::Through {
            changed,
            writes,
            answer,
        } = &mut went
            && answer["next"].is_string()
        {
            let mut page = attempt.page_after(&mut self.world, &answer["next"]);
            let next = match page.plan(&self.world) {
                Planned::Refused(code, message) => return Some(Went::Refused(code, message)),
                Planned::Answer(next) => next,
                Planned::Commit(more, next) => {
                    for (key, (before, after)) in self.world.commit(&more)? {
                        changed.entry(key).or_insert((before, None)).1 = after;
                    }
                    writes.push(more);
                    next
                }
            };
            let ids = [&answer["ids"], &next["ids"]]
                .map(|ids| ids.as_array().unwrap().clone())
                .concat();
            *answer = next;
            answer["ids"] = json!(ids);
        }
        Some(went)
    }

    /// Performs the call in the model and compares.
    fn settle(&mut self, call: &Call, went: Went) -> Result<Option<Json>, String> {
        let before = self.state.clone();
        let expected = self.state.perform(call);
        self.note(match &went {
            Went::Through { writes, .. } => format!(
                "{}: {}",
                call.name(),
                if writes.is_empty() { "no-op" } else { "done" }
            ),
            Went::Refused(code, _) => format!("{}: {code}", call.name()),
        });
        self.compare(&before, call, expected, went)
            .map_err(|problem| format!("{problem}\nin {call:?}"))
    }

    fn compare(
        &mut self,
        before: &State,
        call: &Call,
        expected: Result<Done, Codes>,
        went: Went,
    ) -> Result<Option<Json>, String> {
        match (expected, went) {
            (Err(codes), Went::Refused(code, message)) if !codes.contains(code.as_str()) => Err(format!(
                "refused as {code} ({message}), where the model has {codes:?}"
            )),
            (Err(_), Went::Refused(..)) => Ok(None),
            (Err(codes), Went::Through { answer, .. }) => Err(format!(
                "went through, where the model refuses as {codes:?}: {answer}"
            )),
            (Ok(done), Went::Refused(code, message)) => Err(format!(
                "refused as {code} ({message}), where the model does {done:?}"
            )),
            (
                Ok(done),
                Went::Through {
                    changed,
                    writes,
                    answer,
                },
            ) => {
                self.learn(&done, &answer);
                compare::answer(&self.state, &done.shown, &answer)?;
                compare::changes(&self.state, &done, &changed)?;
                let rests_on = compare::rests_on(before, call);
                writes
                    .iter()
                    .try_for_each(|writes| compare::asserted(&rests_on, writes))?;
                laws::hold(before, call, &changed, &answer)?;
                for (key, (_, after)) in &changed {
                    after
                        .iter()
                        .try_for_each(|value| compare::stored(&self.state, key, value))?;
                }
                for token in &done.tokens {
                    self.verify(*token)?;
                }
                Ok(Some(answer))
            }
        }
    }

    fn learn(&mut self, done: &Done, answer: &Json) {
        if let Shown::Made { token, credential } = done.shown
            && done.tokens.contains(&token)
        {
            let minted = self
                .state
                .minted
                .iter()
                .find(|minted| json!(minted.id) == answer["record"]["id"]);
            let elsewhere = minted
                .map(|minted| minted.credential.clone())
                .filter(|_| !credential);
            let credential = answer["token"]
                .as_str()
                .map(str::to_owned)
                .or(elsewhere)
                .unwrap_or_default();
            self.state.learn(
                token,
                answer["record"]["id"].as_str().unwrap_or_default(),
                &credential,
            );
        }
    }

    /// The second call makes so many reads, then the first commits, then the second continues. The
    /// result must be that of one after the other.
    fn race(&mut self, first: &Call, second: &Call, reads: usize) -> Checked {
        // Sweeps have pages and are left out, as are reports about a rotation that the first call
        // ends.
        let left_out = |call: &Call| {
            matches!(call, Call::By(_, Act::RevokeAll { .. }))
                || matches!(call, Call::Flush { seen, .. } if seen.late)
        };
        let settled = |call: &Call| call.settled(&self.state).filter(|call| !left_out(call));
        let (Some(first), Some(second)) = (settled(first), settled(second)) else {
            return Ok(());
        };
        let (Some(one), Some(other)) = (first.json(&self.state), second.json(&self.state)) else {
            return Ok(());
        };
        let mut one = self.world.attempt(one);
        let mut other = self.world.attempt(other);
        let before = self.state.clone();
        let early = (0..reads).find_map(|_| other.advance(&self.world));
        let planned = one.plan(&self.world);
        let went = self
            .carry_out(&one, planned)
            .ok_or("nobody was before the first")?;
        self.settle(&first, went)?;
        let planned = early.unwrap_or_else(|| other.plan(&self.world));
        match planned {
            Planned::Commit(..) => {
                let went = match self.carry_out(&other, planned) {
                    Some(went) => went,
                    None => {
                        self.note("race: the second plans again".to_owned());
                        let mut other = other.again();
                        let planned = other.plan(&self.world);
                        self.carry_out(&other, planned).ok_or("nobody is between")?
                    }
                };
                self.settle(&second, went)
                    .map_err(|problem| format!("{problem}\nafter, at the same time, {first:?}"))?;
            }
            // A call that writes nothing may be answered by the state before the first call or
            // after it.
            Planned::Refused(code, message) => {
                let either = [before, self.state.clone()].map(|mut state| state.perform(&second));
                let known = either.iter().any(|expected| {
                    expected
                        .as_ref()
                        .is_err_and(|codes| codes.contains(code.as_str()))
                });
                if !known {
                    return Err(format!(
                        "{second:?}\nrefused as {code} ({message}), but for the model {either:?}"
                    ));
                }
            }
            Planned::Answer(answer) => {
                let either = [before, self.state.clone()].map(|mut state| {
                    let done = state.perform(&second).map_err(|codes| format!("{codes:?}"))?;
                    compare::answer(&state, &done.shown, &answer)
                });
                if either.iter().all(Result::is_err) {
                    return Err(format!("{second:?}\nanswered {answer}, but {either:?}"));
                }
            }
        }
        Ok(())
    }

    /// The answer of a call is lost, and another call may follow. The retry must write nothing, and
    /// return the first answer if no other call came between.
    fn lose(&mut self, call: &Call, then: Option<&Call>) -> Checked {
        let Some((attempt, first)) = self.call(call)? else {
            return Ok(());
        };
        if matches!(call, Call::By(_, Act::RevokeAll { .. })) {
            return Ok(());
        }
        let between = then.map(|then| self.call(then)).transpose()?;
        self.wait(1_000);
        match attempt.again().plan(&self.world) {
            Planned::Answer(again) if between.is_none() => {
                same("the answer of a retry", &again["token"], &first["token"])
            }
            Planned::Refused(code, message) if between.is_none() => {
                Err(format!("the retry of {call:?}\nrefused as {code}: {message}"))
            }
            Planned::Commit(writes, _) => Err(format!("the retry of {call:?}\nwrites again: {writes:?}")),
            Planned::Answer(_) | Planned::Refused(..) => Ok(()),
        }
    }

    /// Verifies every credential of a token, without a requirement.
    fn verify(&self, token: usize) -> Checked {
        let found = &self.state.tokens[token];
        let mut codes = Vec::new();
        let mut reads = Reads::default();
        let asked = Asked {
            consume: Some(0),
            ..Asked::default()
        };
        for (number, credential) in found.secrets.iter().enumerate() {
            let expected = self.state.verdict(found, number, None);
            self.lookup(token, credential, None, &expected)?;
            let verdict = self.world.verify(credential, asked, &mut reads);
            let code = verdict.code.name();
            self.note(format!("verdict: {code}"));
            if !expected.contains(&code) {
                return Err(format!(
                    "secret {number} of token {} is {code}, for the model {expected:?}",
                    found.id
                ));
            }
            let verdict = serde_json::to_value(&verdict).unwrap();
            same("the code of the verdict", &verdict["code"], &json!(code))?;
            if code == "valid" {
                let left = verdict["remaining"].as_u64();
                let expected = self.state.left(found).map(u64::from);
                same(&format!("the credits of token {}", found.id), left, expected)?;
            }
            laws::hold_for(&self.state, token, &verdict)?;
            codes.push(code);
        }
        let revoked = codes.contains(&"revoked");
        let before = if revoked {
            !self.revoked.borrow_mut().insert(token)
        } else {
            self.revoked.borrow().contains(&token)
        };
        laws::hold_for_all(&self.state, token, &codes, before)
    }

    /// The verdict on a credential from the cache, if there is one.
    fn lookup(
        &self,
        token: usize,
        credential: &str,
        needs: Needs,
        expected: &[&'static str],
    ) -> Result<Option<Code>, String> {
        let Some(code) = self.world.lookup(credential, needs) else {
            return Ok(None);
        };
        self.note(format!("cached: {}", code.name()));
        if !expected.contains(&code.name()) {
            let found = &self.state.tokens[token];
            let lost = &self.world.lost;
            if lost.may_be_cached(&found.id, &Actor::Token(token).rests_on(&self.state)) {
                self.note("restore: cached as it was".to_owned());
                return Ok(None);
            }
            let number = found.secrets.iter().position(|known| known == credential);
            if let (Some(number), Some(state)) = (number, lost.with_uses(&self.state))
                && state
                    .verdict(&state.tokens[token], number, needs)
                    .contains(&code.name())
            {
                self.note("restore: a use is cached".to_owned());
                return Ok(None);
            }
            return Err(format!(
                "token {} is cached as {} for {needs:?}, for the model {expected:?}",
                self.state.tokens[token].id,
                code.name()
            ));
        }
        Ok(Some(code))
    }

    /// The final check of a sequence.
    pub fn look_at_everything(&mut self) -> Checked {
        self.look_at_all()?;
        (0..self.state.tokens.len()).try_for_each(|token| self.verify_reach(token))?;
        if self.is_special {
            self.look_at_trails()?;
            self.look_whether_all_can_end()?;
        }
        Ok(())
    }

    /// Checks that every trail is complete and can be read.
    fn look_at_trails(&mut self) -> Checked {
        let heads = self
            .world
            .store
            .keys()
            .filter_map(|key| key.strip_prefix("audit-head/"));
        let owners: Vec<String> = heads.map(|owner| owner.replace("%2F", "/")).collect();
        for owner in owners {
            let entries = format!("audit/{}/", owner.replace('/', "%2F"));
            let there = self
                .world
                .store
                .keys()
                .filter(|key| key.starts_with(&entries))
                .count();
            let query = json!({ "op": "verifyAudit", "query": { "owner": owner }, "actor": auditor() });
            let checked = self.answer(query)?;
            same("whether a trail is intact", &checked["intact"], &json!(true))?;
            let query =
                json!({ "op": "audit", "query": { "owner": owner, "limit": 200 }, "actor": auditor() });
            let page = self.answer(query)?;
            let items = page["items"].as_array().unwrap().len();
            same("the number of entries", items, there.min(200))?;
            same("unreadable entries", &page["unreadable"], &Json::Null)?;
        }
        Ok(())
    }

    /// Checks that every live token can be revoked, and every active account disabled.
    fn look_whether_all_can_end(&mut self) -> Checked {
        let living = self
            .state
            .tokens
            .iter()
            .filter(|token| matches!(token.status, Status::Active | Status::Disabled));
        let ids: Vec<String> = living.map(|token| token.id.clone()).collect();
        let accounts = self.state.accounts.iter();
        let active = accounts.filter(|(_, account)| account.status == Status::Active);
        let ends = ids
            .iter()
            .map(|id| ("revoke", id))
            .chain(active.map(|(id, _)| ("disableAccount", id)));
        for (op, id) in ends {
            let call = json!({ "op": op, "id": id, "actor": auditor() });
            match self.world.attempt(call).plan(&self.world) {
                Planned::Commit(..) => {}
                other => return Err(format!("{op} of {id} came to {other:?}")),
            }
        }
        Ok(())
    }

    fn answer(&mut self, call: Json) -> Result<Json, String> {
        match self.world.attempt(call.clone()).plan(&self.world) {
            Planned::Answer(answer) => Ok(answer),
            other => Err(format!("{call} came to {other:?}")),
        }
    }

    /// Checks the whole store and every credential.
    pub(super) fn look_at_all(&self) -> Checked {
        compare::store(&self.state, &self.world.store)?;
        (0..self.state.tokens.len()).try_for_each(|token| self.verify(token))
    }

    /// Verifies every permission at every place, for a token that may be used.
    fn verify_reach(&self, token: usize) -> Checked {
        let found = &self.state.tokens[token];
        let credential = &found.secrets[found.current];
        if credential.is_empty() || self.state.verdict(found, found.current, None) != ["valid"] {
            return Ok(());
        }
        // Places within its reach, next to it, and far from it.
        let near = PLACES
            .into_iter()
            .filter(|place| covers(found.boundary, place) || covers(place, found.boundary));
        let places: BTreeSet<_> = near.chain(["org:ab", "user:2"]).map(Some).chain([None]).collect();
        let mut reads = Reads::default();
        for permission in PERMISSIONS {
            for place in &places {
                let needs = Some((permission, *place));
                let expected = self.state.verdict(found, found.current, needs);
                // The same rules decide hits and reads, so only one place is verified from the
                // store.
                let cached = match place {
                    Some(_) => self.lookup(token, credential, needs, &expected)?,
                    None => None,
                };
                let code = cached.unwrap_or_else(|| {
                    let asked = Asked { needs, consume: None };
                    self.world.verify(credential, asked, &mut reads).code
                });
                let code = code.name();
                self.note(format!("verdict: {code}"));
                same("the verdict", vec![code], expected).map_err(|problem| {
                    format!("{permission} at {place:?} for token {}: {problem}", found.id)
                })?;
                if code == "valid" {
                    laws::was_given(&self.state, token, permission, place.unwrap_or(found.boundary))?;
                }
            }
        }
        Ok(())
    }
}
