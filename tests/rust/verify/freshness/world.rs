//! The store with its past: tokens of every sort, operations on them, and what a verification could have answered since a moment.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use leastkey::model::question::Question;
use leastkey::model::usage::Usage;
use leastkey::storage::feed::Head;
use leastkey::storage::plan::{Plan, Reads};
use leastkey::storage::shard_count::ShardCount;
use leastkey::value::credential::TokenId;
use leastkey::verify::verdict::Code;
use leastkey::verify::verify::verify;
use serde_json::{Value as Json, json};

use super::random::Random;
use crate::support::{Host, NOW, instant, text};

/// A place in the order of all that happens.
pub type Moment = u64;

pub struct World {
    pub host: Host,
    base: BTreeMap<String, String>,
    known: Vec<Known>,
    /// The key and the record of a token that is not made yet.
    late: (String, String),
    /// Credentials with their token.
    pub credentials: Vec<(String, usize)>,
    ids: Vec<String>,
    past: BTreeMap<String, Vec<(Moment, Option<String>)>>,
    /// What a backup has kept of the store.
    backup: Option<BTreeMap<String, String>>,
    /// The restores.
    restored: Vec<Moment>,
}

struct Known {
    credential: String,
    id: String,
}

const TOKENS: usize = 8;

/// The one that a technical user backs.
const BACKED: usize = 2;

/// The one that may not be used from the beginning.
const LATE_STARTER: usize = 4;

/// The one that is made later.
const LATE: usize = 5;

/// The one that came from the first.
const SESSION: usize = 6;

/// The one that ends where it is not used.
const IDLE: usize = 7;

/// After so many milliseconds.
const IDLE_AFTER: u64 = 700;

/// A use that an isolate has noted, or a store has.
pub type Use = Option<u64>;

/// The keys of the heads of the change feed.
pub fn head_keys() -> Vec<String> {
    let shards = ShardCount::default();
    (0..shards.get()).map(|shard| shards.head_key(shard)).collect()
}

fn root() -> Json {
    json!({ "id": "user:0", "roles": { "": "admin", "org:acme": "admin", "org:other": "admin" } })
}

impl World {
    pub fn new() -> World {
        let mut host = Host::new();
        let mut known = Vec::new();
        let mut add = |made: Json| {
            known.push(Known {
                credential: text(&made["token"]),
                id: text(&made["record"]["id"]),
            });
        };
        let inputs = [
            json!({ "kind": "permission-set", "name": "a", "owner": "org:acme", "templates": ["sender"] }),
            json!({ "kind": "organization", "name": "b", "owner": "org:other", "templates": ["sender"], "expiresIn": "20d" }),
            json!({ "kind": "organization", "name": "c", "owner": "org:acme", "templates": ["sender"], "expiresIn": "20d" }),
            json!({ "kind": "permission-set", "name": "d", "owner": "org:acme", "templates": ["sender"], "expiresAt": NOW + 700 }),
            json!({ "kind": "permission-set", "name": "e", "owner": "org:other", "templates": ["sender"], "notBefore": NOW + 600 }),
            json!({ "kind": "permission-set", "name": "f", "owner": "org:other", "templates": ["sender"] }),
        ];
        for input in inputs {
            add(host.create(input, root()).unwrap());
        }
        let session = host.call_exchange_of(&known[0].credential);
        known.push(session);
        host.now = NOW - 3_600_000 + IDLE_AFTER;
        let idle = json!({ "kind": "permission-set", "name": "h", "owner": "org:acme", "templates": ["sender"], "idleAfter": "1h" });
        let made = host.create(idle, root()).unwrap();
        known.push(Known {
            credential: text(&made["token"]),
            id: text(&made["record"]["id"]),
        });
        host.now = NOW;
        assert_eq!(known.len(), TOKENS);
        let key = format!("token/{}", known[LATE].id);
        let late = host.store.remove(&key).unwrap();
        World {
            base: host.store.clone(),
            late: (key, late),
            host,
            known,
            credentials: Vec::new(),
            ids: Vec::new(),
            past: BTreeMap::new(),
            backup: None,
            restored: Vec::new(),
        }
    }

    /// As it was in the beginning.
    pub fn reset(&mut self) {
        self.host.store.clone_from(&self.base);
        self.host.now = NOW;
        self.credentials = (0..TOKENS)
            .map(|at| (self.known[at].credential.clone(), at))
            .collect();
        self.ids = self.known.iter().map(|known| known.id.clone()).collect();
        self.backup = None;
        self.restored.clear();
        self.past.clear();
        for (key, value) in &self.base {
            self.past.insert(key.clone(), vec![(0, Some(value.clone()))]);
        }
    }

    /// Does something to somebody, committed at `moment`. Answers whether it did.
    pub fn operate(&mut self, random: &mut Random, now: u64, moment: Moment) -> Option<&'static str> {
        self.host.now = now;
        if random.chance(10) {
            return self.make(moment);
        }
        let at = random.below(TOKENS as u64) as usize;
        let id = self.ids[at].clone();
        let account = *random.one(&["org:acme", "org:acme", "org:other", "technical"]);
        let account = if account == "technical" {
            format!("org:acme/technical-user:{}", self.ids[BACKED])
        } else {
            account.to_owned()
        };
        let token = |op: &str| json!({ "op": op, "id": id, "actor": root() });
        let on_account = |op: &str| json!({ "op": op, "id": account, "actor": root() });
        let (name, call) = match random.below(14) {
            0 | 1 => ("disable", token("disable")),
            2 | 3 => ("enable", token("enable")),
            4 => (
                "revoke",
                json!({ "op": "revoke", "id": id, "options": { "reason": "x" }, "actor": root() }),
            ),
            5 => ("delete", token("delete")),
            6 => (
                "narrow",
                json!({ "op": "edit", "id": id, "change": { "templates": ["policy-reader"] }, "actor": root() }),
            ),
            7 => (
                "widen",
                json!({ "op": "edit", "id": id, "change": { "templates": ["sender"] }, "actor": root() }),
            ),
            8 => (
                "rotate",
                json!({ "op": "rotate", "id": id, "options": { "grace": "1h" }, "actor": root() }),
            ),
            9 => ("confirm", token("confirmRotation")),
            10 => {
                let permissions = *random.one(&["**", "policy:read"]);
                (
                    "demote",
                    json!({ "op": "putAccount", "input": { "id": account, "permissions": { (account.clone()): [permissions] } }, "actor": root() }),
                )
            }
            11 => ("disable account", on_account("disableAccount")),
            12 => ("enable account", on_account("enableAccount")),
            _ if random.chance(20) => ("delete account", on_account("deleteAccount")),
            _ => ("abort", token("abortRotation")),
        };
        let before = self.host.store.clone();
        let done = self.host.call(call).ok()?;
        if name == "rotate"
            && let Some(credential) = done["token"].as_str()
        {
            self.credentials.push((credential.to_owned(), at));
        }
        self.remember(&before, moment);
        let is_new = !before.contains_key(&format!("account/{}", account.replace('/', "%2F")));
        Some(if name == "demote" && is_new {
            "register"
        } else {
            name
        })
    }

    /// Whether a credential's token was not there from the beginning.
    pub fn is_late(&self, credential: &str) -> bool {
        let mut late = self.credentials.iter().filter(|(_, token)| *token == LATE);
        late.any(|(known, _)| known == credential)
    }

    /// The id of the token that a credential is of, if that ends where it is not used.
    pub fn idle(&self, credential: &str) -> Option<TokenId> {
        let mut idle = self.credentials.iter().filter(|(_, token)| *token == IDLE);
        idle.any(|(known, _)| known == credential)
            .then(|| TokenId::parse(&self.ids[IDLE]).unwrap())
    }

    /// Writes a use of it. That is announced to nobody.
    pub fn flush(&mut self, used: u64, moment: Moment) {
        let before = self.host.store.clone();
        let key = self.usage_key();
        let used = with_use(before.get(&key).cloned(), Some(used)).unwrap();
        self.host.store.insert(key, used);
        self.remember(&before, moment);
    }

    fn usage_key(&self) -> String {
        format!("usage/{}", self.ids[IDLE])
    }

    /// Makes the token that was not there. That is announced to nobody.
    fn make(&mut self, moment: Moment) -> Option<&'static str> {
        let before = self.host.store.clone();
        let (key, record) = self.late.clone();
        if before.contains_key(&key) {
            return None;
        }
        self.host.store.insert(key, record);
        self.remember(&before, moment);
        Some("make")
    }

    /// More changes of other tokens than a head remembers.
    pub fn overflow(&mut self, random: &mut Random, now: u64, moment: Moment) {
        for key in &head_keys() {
            if random.chance(70)
                && let Some(stored) = self.host.store.get(key)
            {
                let changes = (0..64).map(|at| (format!("token/{at:016}"), 2));
                let operation = moment.to_be_bytes();
                let write = Head::advance(key.clone(), Some(stored), changes, instant(now), &operation);
                assert!(self.host.commit(&[write]));
            }
        }
    }

    /// Makes a backup.
    pub fn back_up(&mut self) {
        self.backup = Some(self.host.store.clone());
    }

    /// Puts the last backup in the place of the store; answers how many of its heads were further.
    pub fn decode(&mut self, moment: Moment) -> Option<usize> {
        let backup = self.backup.clone()?;
        let before = std::mem::replace(&mut self.host.store, backup);
        self.remember(&before, moment);
        self.restored.push(moment);
        let lost = head_keys()
            .into_iter()
            .filter(|key| before.get(key) != self.host.store.get(key));
        Some(lost.count())
    }

    /// The last restore until a moment.
    pub fn restored(&self, until: Moment) -> Option<Moment> {
        self.restored
            .iter()
            .rev()
            .find(|moment| **moment <= until)
            .copied()
    }

    /// Whether what a credential rests on has changed after a moment and until another. Unknown credentials rest on nothing.
    pub fn has_changed(&self, credential: &str, after: Moment, until: Moment) -> bool {
        let Some((_, token)) = self.credentials.iter().find(|(known, _)| known == credential) else {
            return false;
        };
        let mut keys = vec![format!("token/{}", self.ids[*token])];
        match *token {
            1 | LATE_STARTER | LATE => keys.push("account/org:other".to_owned()),
            _ => keys.push("account/org:acme".to_owned()),
        }
        if *token == BACKED {
            keys.push(format!("account/org:acme%2Ftechnical-user:{}", self.ids[BACKED]));
        }
        if *token == SESSION {
            keys.push(format!("token/{}", self.ids[0]));
        }
        keys.iter().any(|key| {
            let versions = self.past.get(key).into_iter().flatten();
            versions
                .into_iter()
                .any(|(moment, _)| after < *moment && *moment <= until)
        })
    }

    /// Takes back what the last change announced.
    pub fn hush(&mut self, heads: &BTreeMap<String, String>) {
        for key in &head_keys() {
            match heads.get(key) {
                Some(head) => self.host.store.insert(key.to_owned(), head.clone()),
                None => self.host.store.remove(key),
            };
        }
    }

    fn remember(&mut self, before: &BTreeMap<String, String>, moment: Moment) {
        let store = &self.host.store;
        for key in before.keys().chain(store.keys()) {
            let decides = ["token/", "account/", "usage/"]
                .iter()
                .any(|start| key.starts_with(start));
            if decides && before.get(key) != store.get(key) {
                let versions = self.past.entry(key.clone()).or_insert_with(|| vec![(0, None)]);
                if versions.last().unwrap().0 != moment {
                    versions.push((moment, store.get(key).cloned()));
                }
            }
        }
    }

    /// What a verification at a time comes to by what was in the store at a moment, and by a use that is noted elsewhere.
    pub fn says(&self, credential: &str, question: &Question, now: u64, at: Moment, noted: Use) -> Code {
        let mut reads = Reads::default();
        loop {
            match verify(&self.host.deployment, credential, question, &reads, instant(now)) {
                Plan::Answer(verdict) => return verdict.code,
                Plan::Need(need) => {
                    for key in need.keys {
                        let version = match self.past.get(&key) {
                            Some(versions) => {
                                let until = versions.iter().rfind(|(moment, _)| *moment <= at);
                                until.and_then(|(_, value)| value.clone())
                            }
                            None => self.host.store.get(&key).cloned(),
                        };
                        let version = if key == self.usage_key() {
                            with_use(version, noted)
                        } else {
                            version
                        };
                        reads.insert(key, version);
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// Whether a verification by what was in the store at some moments from `since` on, each key at its own, comes to a code at a time; or by a
    /// use that is noted elsewhere.
    pub fn could_say(
        &self,
        code: Code,
        credential: &str,
        question: &Question,
        now: u64,
        since: Moment,
        noted: Use,
    ) -> bool {
        let mut reads = Reads::default();
        let by_use = noted.is_some() && {
            let usage = self.host.store.get(&self.usage_key()).cloned();
            reads.insert(self.usage_key(), with_use(usage, noted));
            self.could(code, credential, question, now, since, &reads)
        };
        by_use || self.could(code, credential, question, now, since, &Reads::default())
    }

    fn could(
        &self,
        code: Code,
        credential: &str,
        question: &Question,
        now: u64,
        since: Moment,
        reads: &Reads,
    ) -> bool {
        match verify(&self.host.deployment, credential, question, reads, instant(now)) {
            Plan::Answer(verdict) => verdict.code == code,
            Plan::Need(need) => {
                let goes_on = |reads: &Reads| self.could(code, credential, question, now, since, reads);
                // What is there already was put there to be looked at.
                let mut keys = need.keys;
                keys.retain(|key| reads.get([key]).is_err());
                self.some_versions(&keys, since, &mut reads.clone(), &goes_on)
            }
            other => panic!("{other:?}"),
        }
    }

    /// Whether something holds of what stood under keys, each at any moment from `since` on. The latest is tried first: mostly it is the one.
    fn some_versions(
        &self,
        keys: &[String],
        since: Moment,
        reads: &mut Reads,
        holds: &dyn Fn(&Reads) -> bool,
    ) -> bool {
        let Some((key, rest)) = keys.split_first() else {
            return holds(reads);
        };
        self.versions(key, since).into_iter().rev().any(|version| {
            reads.insert(key.clone(), version.map(str::to_owned));
            self.some_versions(rest, since, reads, holds)
        })
    }

    /// What stood under a key at any moment from `since` on.
    fn versions(&self, key: &str, since: Moment) -> Vec<Option<&str>> {
        let Some(versions) = self.past.get(key) else {
            return vec![self.host.store.get(key).map(String::as_str)];
        };
        let first = versions
            .iter()
            .rposition(|(moment, _)| *moment <= since)
            .unwrap_or(0);
        versions[first..]
            .iter()
            .map(|(_, value)| value.as_deref())
            .collect()
    }
}

/// A stored use, and another one, which may be later.
fn with_use(stored: Option<String>, more: Use) -> Option<String> {
    let Some(more) = more else { return stored };
    let more = Usage::new(instant(more), NonZeroU32::MIN);
    let stored = stored.map(|text| Usage::parse(&text).unwrap());
    let both = stored.map_or_else(|| more.clone(), |stored| stored.merge(&more));
    Some(both.to_text())
}

impl Host {
    /// A session of a credential.
    fn call_exchange_of(&mut self, credential: &str) -> Known {
        let made = self.exchange(credential, json!({ "expiresIn": "30m" })).unwrap();
        Known {
            credential: text(&made["token"]),
            id: text(&made["record"]["id"]),
        }
    }
}
