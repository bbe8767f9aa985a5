//! Runs one schedule: a seed decides the events and their times, and every answer is checked.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashSet};
use std::rc::Rc;

use leastkey::model::question::{Question, read_requirement};
use leastkey::storage::plan::{Plan, ReadRequest, Reads};
use leastkey::verify::batch_buffers::InternedRequirements;
use leastkey::verify::code::Code;
use leastkey::verify::packed::{PackedLookups, pack};
use leastkey::verify::verify::{lookup, lookup_renewed, verify, verify_and_cache};
use serde_json::json;

use super::isolate::{Bug, Isolate, ReadStamp, Reading, Start};
use super::random::Random;
use super::world::{Moment, World, head_keys};
use crate::support::{NOW, instant, value};

const LASTS: u64 = 1_500;

/// The least time between two rechecks of one token.
const PAUSE: u64 = 100;

pub struct Schedule<'w> {
    world: &'w mut World,
    random: Random,
    bug: Option<Bug>,
    isolates: Vec<Isolate>,
    requirements: InternedRequirements,
    events: BinaryHeap<Reverse<(u64, Moment, Event)>>,
    scheduled: Moment,
    now: u64,
    moment: Moment,
    readings: Vec<Option<Reading>>,
    waiting: Vec<Vec<usize>>,
    asked: Vec<Asked>,
    /// The credentials that an isolate has found to have ended.
    ended: HashSet<(usize, String)>,
    /// The probability of a failed read of the feed, in percent.
    failures: u64,
    slowest: u64,
    /// The factor by which the start of a feed read can be slower than other delays.
    slow_feed: u64,
    /// The time of each moment.
    times: Vec<u64>,
    pub seen: BTreeMap<String, u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Operate,
    Verify,
    SetClock,
    Trap,
    BackUp,
    Restore,
    Flush,
    FeedRead(usize, usize),
    FeedEnds(usize, usize),
    TokenRead(usize),
    TokenReadEnds(usize),
}

/// A verification in flight.
struct Asked {
    isolate: usize,
    credential: String,
    requirement: usize,
    window: u64,
    start: Start,
    /// The moment of the isolate's own last change, which the answer must reflect.
    own: Moment,
    had_ended: bool,
    mark: Option<ReadStamp>,
    reads: Reads,
    /// The next read request.
    need: Option<ReadRequest>,
    /// The moment of the last read of the store.
    read: Moment,
}

impl<'w> Schedule<'w> {
    pub fn new(world: &'w mut World, seed: u64, bug: Option<Bug>) -> Schedule<'w> {
        world.reset();
        let mut random = Random::new(seed);
        let skew = *random.one(&[0, 0, 200]);
        let isolates = (0..3)
            .map(|_| Isolate::new(random.below(skew + 1), bug))
            .collect();
        let requirements = ["messages:send", "policy:read"].map(|permission| {
            let question = value(json!({ "requirement": permission }));
            Rc::new(read_requirement(world.host.deployment.catalog(), &question).unwrap())
        });
        let failures = *random.one(&[0, 0, 10, 40]);
        let slowest = *random.one(&[2, 40, 300]);
        let slow_feed = *random.one(&[1, 1, 6]);
        let mut schedule = Schedule {
            world,
            random,
            bug,
            isolates,
            requirements: requirements.into(),
            events: BinaryHeap::new(),
            scheduled: 0,
            now: NOW,
            moment: 0,
            readings: Vec::new(),
            waiting: Vec::new(),
            asked: Vec::new(),
            ended: HashSet::new(),
            failures,
            slowest,
            slow_feed,
            times: vec![NOW],
            seen: BTreeMap::new(),
        };
        let traps = *schedule.random.one(&[1, 1, 8]);
        let often = [
            (Event::Operate, 14),
            (Event::Verify, 70),
            (Event::SetClock, 2),
            (Event::Trap, traps),
        ];
        for (event, times) in often {
            for _ in 0..times {
                let at = schedule.random.below(LASTS);
                schedule.plan(at, event);
            }
        }
        // Some schedules have many changes.
        let more = *schedule.random.one(&[0, 0, 30]);
        for (event, times) in [(Event::Operate, more), (Event::Flush, 6)] {
            for _ in 0..times {
                let at = schedule.random.below(LASTS);
                schedule.plan(at, event);
            }
        }
        // A separate random source, so that a schedule without restores stays the same.
        let mut random = Random::new(!seed);
        let restores = *random.one(&[0, 0, 2]);
        for (event, times) in [(Event::BackUp, 3 * restores), (Event::Restore, restores)] {
            for _ in 0..times {
                let at = random.below(LASTS);
                schedule.plan(at, event);
            }
        }
        schedule
    }

    fn plan(&mut self, later: u64, event: Event) {
        self.scheduled += 1;
        self.events
            .push(Reverse((self.now + later, self.scheduled, event)));
    }

    fn count(&mut self, what: impl Into<String>) {
        *self.seen.entry(what.into()).or_default() += 1;
    }

    /// Some actions take several times as long as others, so that much happens in between.
    fn delay(&mut self) -> u64 {
        let longer = if self.random.chance(15) { 5 } else { 1 };
        self.random.below(longer * self.slowest)
    }

    pub fn run(&mut self) -> Result<(), String> {
        while let Some(Reverse((now, _, event))) = self.events.pop() {
            self.now = now;
            self.moment += 1;
            self.times.push(now);
            match event {
                Event::Operate => self.operate(),
                Event::Verify => self.verify()?,
                Event::SetClock => self.set_clock(),
                Event::Trap => self.trap(),
                Event::BackUp => self.world.back_up(),
                Event::Restore => self.restore(),
                Event::Flush => self.flush(),
                Event::FeedRead(isolate, reading) => self.read_feed(isolate, reading),
                Event::FeedEnds(isolate, reading) => self.end_feed(isolate, reading)?,
                Event::TokenRead(asked) => self.fetch(asked),
                Event::TokenReadEnds(asked) => self.go_on(asked)?,
            }
        }
        Ok(())
    }

    fn operate(&mut self) {
        let heads = self.world.host.store.clone();
        let Some(done) = self.world.operate(&mut self.random, self.now, self.moment) else {
            return;
        };
        if done == "register" && self.bug == Some(Bug::RegistrationUnannounced) {
            self.world.hush(&heads);
        }
        if self.random.chance(10) {
            self.world.overflow(&mut self.random, self.now, self.moment);
            self.count("overflow");
        }
        // Some changes are made by none of the isolates.
        let by = self.random.below(8) as usize;
        if let Some(isolate) = self.isolates.get_mut(by) {
            isolate.doubt(self.moment);
            self.count("own change");
        }
    }

    /// Restores a backup. Ended tokens may be live again, and no value in the store records that.
    fn restore(&mut self) {
        let Some(lost) = self.world.restore(self.moment) else {
            return;
        };
        self.count(if lost > 0 { "restored" } else { "restored the same" });
        self.ended.clear();
        for asked in &mut self.asked {
            asked.had_ended = false;
        }
    }

    fn flush(&mut self) {
        let isolate = self.random.below(3) as usize;
        if let Some(used) = self.isolates[isolate].unflushed.take() {
            self.world.flush(used, self.moment);
            self.count("flushed");
        }
    }

    fn set_clock(&mut self) {
        let isolate = self.random.below(3) as usize;
        self.isolates[isolate].ahead = self.random.below(2_000);
        self.count("clock set");
    }

    fn trap(&mut self) {
        let isolate = self.random.below(3) as usize;
        self.isolates[isolate].trap();
        self.count("trap");
    }

    fn verify(&mut self) -> Result<(), String> {
        let isolate = self.random.below(3) as usize;
        let credential = self.random.one(&self.world.credentials).0.clone();
        let requirement = self.random.below(4).saturating_sub(2) as usize;
        let window = *self.random.one(&[0, 30, 150, 150, 600]);
        let (now, moment) = (self.now, self.moment);
        let start = self.isolates[isolate].start(now, moment);
        self.asked.push(Asked {
            isolate,
            had_ended: self.ended.contains(&(isolate, credential.clone())),
            own: self.isolates[isolate].changed,
            credential,
            requirement,
            window,
            start,
            mark: None,
            reads: Reads::default(),
            need: None,
            read: 0,
        });
        let asked = self.asked.len() - 1;
        if window == 0 {
            return self.miss(asked);
        }
        if self.isolates[isolate].is_fresh(&start, window) {
            return if self.look(asked)? {
                Ok(())
            } else {
                self.miss(asked)
            };
        }
        let joined = self.isolates[isolate].reading.filter(|reading| {
            let reading = self.readings[*reading].as_ref();
            reading.is_some_and(|reading| self.isolates[isolate].is_within(&reading.began, &start, window))
        });
        let reading = joined.unwrap_or_else(|| self.begin_feed(isolate, start));
        self.waiting[reading].push(asked);
        Ok(())
    }

    fn begin_feed(&mut self, isolate: usize, began: Start) -> usize {
        let doubts = self.isolates[isolate].doubts;
        self.readings.push(Some(Reading {
            began,
            doubts,
            heads: None,
        }));
        self.waiting.push(Vec::new());
        let reading = self.readings.len() - 1;
        self.isolates[isolate].reading = Some(reading);
        let delay = self.random.below(self.slow_feed * self.slowest);
        self.plan(delay, Event::FeedRead(isolate, reading));
        reading
    }

    fn read_feed(&mut self, isolate: usize, reading: usize) {
        if !self.random.chance(self.failures) {
            let mut heads = Reads::default();
            for key in head_keys() {
                let stored = self.world.host.store.get(&key).cloned();
                heads.insert(key, stored);
            }
            self.readings[reading].as_mut().unwrap().heads = Some((heads, self.moment));
        }
        let delay = self.delay();
        self.plan(delay, Event::FeedEnds(isolate, reading));
    }

    fn end_feed(&mut self, isolate: usize, at: usize) -> Result<(), String> {
        let reading = self.readings[at].take().unwrap();
        let of = &mut self.isolates[isolate];
        if of.reading == Some(at) {
            of.reading = None;
        }
        let end = of.start(self.now, self.moment);
        let applied = of.apply_feed(reading, end);
        for asked in std::mem::take(&mut self.waiting[at]) {
            if !applied {
                self.count("hit store_unavailable");
            } else if !self.look(asked)? {
                self.miss(asked)?;
            }
        }
        Ok(())
    }

    /// Answers from the cache on a hit.
    fn look(&mut self, asked: usize) -> Result<bool, String> {
        let Asked {
            isolate,
            credential,
            requirement,
            ..
        } = &self.asked[asked];
        let isolate = &mut self.isolates[*isolate];
        let began = isolate.began.unwrap();
        let time = isolate.clock(self.now);
        let decided = if self.bug == Some(Bug::HitIgnoresTime) {
            began.at
        } else {
            time
        };
        let question = Question::of(&self.requirements[*requirement]);
        let deployment = &self.world.host.deployment;
        let (text, cache) = (credential.as_bytes(), &mut isolate.cache);
        let lookups = PackedLookups {
            deployment,
            interned: &self.requirements,
            now: decided as f64,
        };
        let packed = lookups.one(text, *requirement as u32, cache);
        let hit = lookup(deployment, text, &question, instant(decided), cache);
        assert_eq!(packed, pack(hit), "the fast path decides as the rules");
        let hit = lookup_renewed(deployment, text, &question, instant(decided), cache);
        let code = match hit {
            _ if isolate.absent.contains(credential) => Code::Unknown,
            Ok(Some(hit)) => hit.code,
            Ok(None) => return Ok(false),
            Err(code) => code,
        };
        // A refusal that can be undone is sometimes rechecked. An idle refusal is rechecked
        // whenever the last check is not recent.
        let is_final = [Code::Valid, Code::Revoked, Code::Expired].contains(&code);
        if code == Code::IdleExpired {
            let last = isolate.looks.get(credential);
            let is_due = last.is_none_or(|last| self.now >= last + PAUSE);
            if is_due && self.bug != Some(Bug::UseNotReadAgain) {
                return Ok(false);
            }
        } else if !is_final && self.random.chance(50) {
            return Ok(false);
        }
        self.answer(asked, code, began, time, "hit")?;
        Ok(true)
    }

    fn miss(&mut self, asked: usize) -> Result<(), String> {
        let isolate = &mut self.isolates[self.asked[asked].isolate];
        let start = isolate.start(self.now, self.moment);
        self.asked[asked].mark = Some(isolate.mark(start));
        self.go_on(asked)
    }

    fn fetch(&mut self, asked: usize) {
        if self.random.chance(self.failures / 2) {
            return self.count("read store_unavailable");
        }
        let of = &mut self.asked[asked];
        let world = &*self.world;
        let mut need = of.need.take().unwrap();
        if self.bug == Some(Bug::RecordNotReadAgain) {
            need.keys.retain(|key| of.reads.get([key]).is_err());
        }
        world.host.fetch(&mut of.reads, need);
        of.read = self.moment;
        let delay = self.delay();
        self.plan(delay, Event::TokenReadEnds(asked));
    }

    fn go_on(&mut self, asked: usize) -> Result<(), String> {
        let of = &mut self.asked[asked];
        let mark = of.mark.unwrap();
        let isolate = &mut self.isolates[of.isolate];
        let time = isolate.clock(self.now);
        let question = Question::of(&self.requirements[of.requirement]);
        let (deployment, now) = (&self.world.host.deployment, instant(time));
        let generation = isolate.generation(&mark).filter(|_| of.window > 0);
        let (step, slot) = if generation.is_none() && self.bug == Some(Bug::EndUntold) {
            let step = verify(deployment, &of.credential, &question, &of.reads, now);
            (step, None)
        } else {
            verify_and_cache(
                deployment,
                &of.credential,
                &question,
                &of.reads,
                now,
                &mut isolate.cache,
                generation,
            )
        };
        match step {
            Plan::Need(need) => {
                of.need = Some(need);
                let delay = self.delay();
                self.plan(delay, Event::TokenRead(asked));
                Ok(())
            }
            Plan::Answer(verdict) => {
                if self.bug == Some(Bug::AbsentForEver) && verdict.code == Code::Unknown {
                    isolate.absent.insert(of.credential.clone());
                }
                isolate.looks.insert(of.credential.clone(), mark.began.steady);
                self.count(if slot.is_some() { "filled" } else { "dropped" });
                self.answer(asked, verdict.code, mark.began, time, "read")
            }
            other => panic!("{other:?}"),
        }
    }

    /// Checks an answer against the states of the store since the moment that it claims to reflect.
    fn answer(
        &mut self,
        asked: usize,
        code: Code,
        rests_on: Start,
        time: u64,
        how: &str,
    ) -> Result<(), String> {
        self.count(format!("{how} {}", code.name()));
        let Asked {
            isolate,
            requirement,
            window,
            start,
            own,
            had_ended,
            read,
            ..
        } = self.asked[asked];
        let credential = &self.asked[asked].credential.clone();
        let now = self.now;
        let problem = |what: &str| {
            Err(format!(
                "{how} {} at {}, asked at {} within {window}, rests on {}: {what}",
                code.name(),
                now - NOW,
                start.steady - NOW,
                rests_on.steady - NOW,
            ))
        };
        if how == "hit" && start.steady >= rests_on.steady + window {
            return problem("older than the window");
        }
        if how == "read" && rests_on.moment < start.moment {
            return problem("older than the question");
        }
        if rests_on.moment < own {
            return problem("older than a change of its own");
        }
        let question = Question::of(&self.requirements[requirement]);
        let idle = self.world.idle(credential);
        let noted = idle.and(self.isolates[isolate].noted);
        // A read reflects a single state of the store.
        if how == "read" && self.world.says(credential, &question, time, read, noted) != code {
            return problem("the store was never so");
        }
        // Uses are not published to the feed. A cached use is as old as the last check.
        let mut is_of_use = false;
        if how == "hit" && code == Code::IdleExpired {
            let last = self.times.iter().rposition(|at| *at + PAUSE <= now);
            let since = last.map_or(0, |at| at as Moment);
            let is_restored = self.world.restored(Moment::MAX) > Some(since);
            let then = self.world.says(credential, &question, time, since, noted);
            if !is_restored && then == Code::Valid {
                return problem("it was used since");
            }
            is_of_use = then == code;
        }
        if how == "hit"
            && !is_of_use
            && !self
                .world
                .could_say(code, credential, &question, time, rests_on.moment, noted)
        {
            // A token that was read before a restore undid its state stays cached until the feed
            // reports a change of its dependencies.
            let knows = self.isolates[isolate].knows;
            let restored = self.world.restored(knows);
            let is_lost = |restored| !self.world.has_changed(credential, restored, knows);
            if !restored.is_some_and(is_lost) {
                return problem("the store has not said so since");
            }
            self.count("hit of a lost past");
        }
        if had_ended && code == Code::Valid {
            return problem("it had ended before");
        }
        if let (Code::Valid, Some(id)) = (code, idle)
            && self.random.chance(30)
        {
            self.isolates[isolate].note_use(&id, time);
            self.count("used");
        }
        let was_deleted = code == Code::Unknown && !self.world.is_late(credential);
        let has_ended = was_deleted || [Code::Revoked, Code::RotatedOut].contains(&code);
        if has_ended && self.world.restored(Moment::MAX) <= Some(rests_on.moment) {
            self.ended.insert((isolate, credential.clone()));
        }
        Ok(())
    }
}
