//! The store with its history: tokens with different dependencies, operations on them, and the
//! verdicts that were possible since a moment.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use leastkey::model::question::Question;
use leastkey::model::usage::Usage;
use leastkey::storage::feed::Head;
use leastkey::storage::plan::{Plan, Reads};
use leastkey::storage::shard_count::ShardCount;
use leastkey::value::credential::TokenId;
use leastkey::verify::code::Code;
use leastkey::verify::verify::verify;
use serde_json::{Value as Json, json};

use super::random::Random;
use crate::support::{Host, NOW, instant, text};

/// A position in the total order of events.
pub type Moment = u64;

pub struct World {
    pub host: Host,
    base: BTreeMap<String, String>,
    known: Vec<Known>,
    /// The key and the record of the token that is created later.
    late: (String, String),
    /// The credentials, each with its token.
    pub credentials: Vec<(String, usize)>,
    ids: Vec<String>,
    past: BTreeMap<String, Vec<(Moment, Option<String>)>>,
    /// The store at the time of the last backup.
    backup: Option<BTreeMap<String, String>>,
    /// The moments of the restores.
    restored: Vec<Moment>,
}

struct Known {
    credential: String,
    id: String,
}

const TOKENS: usize = 8;

/// The token with a technical user.
const BACKED: usize = 2;

/// The token that is not valid before a later time.
const LATE_STARTER: usize = 4;

/// The token that is created later.
const LATE: usize = 5;

/// The token that is a session of the first.
const SESSION: usize = 6;

/// The token that expires without use.
const IDLE: usize = 7;

/// Its idle time, in milliseconds.
const IDLE_AFTER: u64 = 700;

/// The time of a use, as an isolate or the store has it.
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

    /// Restores the initial state.
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

    /// Runs a random operation, committed at `moment`. Returns its name if it succeeded.
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

    /// Whether the credential belongs to the token that is created later.
    pub fn is_late(&self, credential: &str) -> bool {
        let mut late = self.credentials.iter().filter(|(_, token)| *token == LATE);
        late.any(|(known, _)| known == credential)
    }

    /// The id of the idle-limited token if the credential belongs to it.
    pub fn idle(&self, credential: &str) -> Option<TokenId> {
        let mut idle = self.credentials.iter().filter(|(_, token)| *token == IDLE);
        idle.any(|(known, _)| known == credential)
            .then(|| TokenId::parse(&self.ids[IDLE]).unwrap())
    }

    /// Writes a use of the idle-limited token. Uses are not published to the feed.
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

    /// Creates the late token. Creation is not published to the feed.
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

    /// Adds more changes of other tokens to heads than their log holds.
    pub fn overflow(&mut self, random: &mut Random, now: u64, moment: Moment) {
        for key in &head_keys() {
            if random.chance(70)
                && let Some(stored) = self.host.store.get(key)
            {
                let changes = (0..64).map(|at| (format!("token/{at:016}"), 2));
                let operation = moment.to_be_bytes();
                let write =
                    Head::advance(key.clone(), Some(stored), changes, instant(now), &operation).unwrap();
                assert!(self.host.commit(&[write]));
            }
        }
    }

    /// Makes a backup.
    pub fn back_up(&mut self) {
        self.backup = Some(self.host.store.clone());
    }

    /// Restores the last backup. Returns the number of heads that differ from it.
    pub fn restore(&mut self, moment: Moment) -> Option<usize> {
        let backup = self.backup.clone()?;
        let before = std::mem::replace(&mut self.host.store, backup);
        self.remember(&before, moment);
        self.restored.push(moment);
        let lost = head_keys()
            .into_iter()
            .filter(|key| before.get(key) != self.host.store.get(key));
        Some(lost.count())
    }

    /// The moment of the last restore, at most `until`.
    pub fn restored(&self, until: Moment) -> Option<Moment> {
        self.restored
            .iter()
            .rev()
            .find(|moment| **moment <= until)
            .copied()
    }

    /// Whether a dependency of a credential's token has changed in (`after`, `until`]. Unknown
    /// credentials have no dependencies.
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

    /// Removes the last change from the feed.
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

    /// The code of a verification at time `now`, by the state of the store at the moment `at` and a
    /// use that is noted elsewhere.
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

    /// Whether a verification at time `now` can return `code`, if each key has any of its values
    /// since `since`; also with a use that is noted elsewhere.
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
                // Keys that are already in `reads` were set to be used as they are.
                let mut keys = need.keys;
                keys.retain(|key| reads.get([key]).is_err());
                self.some_versions(&keys, since, &mut reads.clone(), &goes_on)
            }
            other => panic!("{other:?}"),
        }
    }

    /// Whether `holds` is true for some combination of the keys' values since `since`. The latest
    /// values are tried first, because they usually match.
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

    /// The values of a key at any moment since `since`.
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

/// The later of a stored use and another one.
fn with_use(stored: Option<String>, more: Use) -> Option<String> {
    let Some(more) = more else { return stored };
    let more = Usage::new(instant(more), NonZeroU32::MIN);
    let stored = stored.map(|text| Usage::parse(&text).unwrap());
    let both = stored.map_or_else(|| more.clone(), |stored| stored.merge(&more));
    Some(both.to_text())
}

impl Host {
    /// Creates a session of a credential.
    fn call_exchange_of(&mut self, credential: &str) -> Known {
        let made = self.exchange(credential, json!({ "expiresIn": "30m" })).unwrap();
        Known {
            credential: text(&made["token"]),
            id: text(&made["record"]["id"]),
        }
    }
}
