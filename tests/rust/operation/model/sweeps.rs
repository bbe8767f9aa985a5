//! Sweeps that overlap with other calls, which create or end tokens between the pages.

use serde_json::Value as Json;

use super::call::{Act, Call};
use super::compare::{self, Checked};
use super::rules::many::Sweep;
use super::rules::{Done, Shown};
use super::run::Run;
use super::world::{Changed, Planned};

impl Run {
    /// Runs a sweep page by page, with a call after each page while there are any. Each token that
    /// it ends must be allowed to end, and all matching tokens from before its last pass must have
    /// ended.
    pub fn sweep(&mut self, sweep: &Call, between: &[Call]) -> Checked {
        let Some(Call::By(actor, Act::RevokeAll { owner, tag, subject })) = sweep.settled(&self.state) else {
            return Ok(());
        };
        let call = Call::By(actor, Act::RevokeAll { owner, tag, subject });
        let Some(json) = call.json(&self.state) else {
            return Ok(());
        };
        let query = Sweep { owner, tag, subject };
        let mut attempt = self.world.attempt(json);
        let mut between = between.iter();
        let mut pass = 0;
        let mut there = 0;
        loop {
            let (changed, answer) = match attempt.plan(&self.world) {
                Planned::Refused(code, message) => {
                    let refused = self.state.clone().perform(&call).err();
                    return match refused {
                        Some(codes) if codes.contains(code.as_str()) => Ok(()),
                        expected => Err(format!(
                            "{call:?} was refused as {code} ({message}), where the model has {expected:?}"
                        )),
                    };
                }
                Planned::Answer(answer) => (Changed::new(), answer),
                Planned::Commit(writes, answer) => {
                    let changed = self.world.commit(&writes).ok_or("nobody is between")?;
                    (changed, answer)
                }
            };
            self.end_what_a_page_ended(&query, &call, &changed, &answer)?;
            let Some(next) = answer["next"].as_str() else {
                break;
            };
            let cursor: Json = serde_json::from_str(next).unwrap();
            let reached = cursor["pass"].as_u64().unwrap();
            if reached > pass {
                (pass, there) = (reached, self.state.tokens.len());
            }
            if let Some(call) = between.next() {
                self.call(call)?;
                self.note("sweep: a call between its pages".to_owned());
            }
            attempt = attempt.page_after(&mut self.world, &answer["next"]);
        }
        let Some(authority) = actor.authority(&self.state) else {
            return Ok(());
        };
        let left = (0..there).find(|at| self.state.must_end(&authority, &query, *at));
        left.map_or(Ok(()), |left| {
            let id = &self.state.tokens[left].id;
            Err(format!(
                "{call:?} has left {id}, which was there when its last pass began"
            ))
        })
    }

    fn end_what_a_page_ended(
        &mut self,
        query: &Sweep,
        call: &Call,
        changed: &Changed,
        answer: &Json,
    ) -> Checked {
        let Call::By(actor, _) = call else { return Ok(()) };
        let mut tokens = Vec::new();
        for id in answer["ids"].as_array().unwrap() {
            let found = self.state.tokens.iter().position(|token| token.id == *id);
            let token = found.ok_or(format!("a page ended {id}, which is nobody's"))?;
            let authority = actor
                .authority(&self.state)
                .ok_or("who may not act ended a token")?;
            if !self.state.may_end(&authority, query, token) {
                return Err(format!("{call:?} ended {id}, which it does not mean"));
            }
            self.state.end(token);
            tokens.push(token);
        }
        let done = Done {
            shown: Shown::Revoked(tokens.clone()),
            tokens,
            accounts: Vec::new(),
        };
        compare::answer(&self.state, &done.shown, answer)?;
        compare::changes(&self.state, &done, changed)?;
        for (key, (_, after)) in changed {
            after
                .iter()
                .try_for_each(|value| compare::stored(&self.state, key, value))?;
        }
        Ok(())
    }
}
