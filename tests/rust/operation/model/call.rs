//! The calls of actors, and their form in the core.

use std::collections::BTreeMap;

use leastkey::value::credential::SCHEME;
use serde_json::{Value as Json, json};

use super::actor::Actor;
use super::bounds::{Large, LargeAccount, Part};
use super::catalog::{Kind, Selection};
use super::place::{ADDRESS, FAR, Network, Permission, Place};
use super::state::State;

#[derive(Clone, Debug)]
pub struct CreateRequest {
    pub kind: &'static Kind,
    pub name: &'static str,
    pub owner: Place,
    pub subject: Option<&'static str>,
    /// The token whose technical user is to back this token too.
    pub backed_like: Option<usize>,
    pub resource: Option<Place>,
    pub selection: Selection,
    pub lifetime: Option<u64>,
    pub begins_in: Option<u64>,
    pub idle: Option<u64>,
    pub network: Option<Network>,
    pub credits: Option<u32>,
    pub tag: Option<&'static str>,
    pub large: Option<Large>,
    pub secret: Secret,
}

/// The source of the secret, and how a retry is recognized.
#[derive(Clone, Debug, PartialEq)]
pub enum Secret {
    Ours,
    /// Made by the core, with an idempotency key.
    Keyed(&'static str),
    /// Made by a client, as the index of its mint.
    Client(usize),
}

#[derive(Clone, Debug, Default)]
pub struct Change {
    pub selection: Option<Selection>,
    pub name: Option<&'static str>,
    pub tag: Option<&'static str>,
    /// A new network; `Some(None)` removes the network.
    pub network: Option<Option<Network>>,
    pub credits: Option<Option<u32>>,
    /// The credits left from now on, along with `credits`.
    pub remaining: Option<u32>,
    /// The revision that the editor has read.
    pub seen: Option<u64>,
    /// The part that exceeds its bound.
    pub beyond: Option<Part>,
}

#[derive(Clone, Debug, Default)]
pub struct Renewal {
    pub grace: Option<u64>,
    pub at_first_use: bool,
    /// The new lifetime of the token, if it is renewed.
    pub lifetime: Option<u64>,
    pub key: Option<&'static str>,
}

#[derive(Clone, Debug, Default)]
pub struct Derived {
    pub permissions: Option<Vec<Permission>>,
    pub resource: Option<Place>,
    pub lifetime: Option<u64>,
    pub sibling: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnToken {
    Get,
    Disable,
    Enable,
    Revoke,
    Delete,
    Confirm,
    Abort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnAccount {
    Get,
    Disable,
    Enable,
    Delete,
}

/// An account: with a fixed id, or of the technical user of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Named(&'static str),
    BackerOf(usize),
}

#[derive(Clone, Debug)]
pub struct Rights {
    pub roles: BTreeMap<Place, &'static str>,
    pub permissions: BTreeMap<Place, Vec<&'static str>>,
    pub large: Option<LargeAccount>,
}

impl Rights {
    /// The rights of a large account, at the only one of its places that the model has.
    pub fn large(beyond: bool) -> Rights {
        Rights {
            roles: BTreeMap::from([(FAR, "admin")]),
            permissions: BTreeMap::new(),
            large: Some(LargeAccount { beyond }),
        }
    }
}

#[derive(Clone, Debug)]
pub enum Act {
    Create(CreateRequest),
    Edit(usize, Change),
    Token(OnToken, usize),
    Rotate(usize, Renewal),
    PutAccount(Whose, Rights),
    Account(OnAccount, Whose),
    RevokeAll {
        owner: Option<Place>,
        tag: Option<&'static str>,
        subject: Option<&'static str>,
    },
    List(Place),
}

#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // A test makes a few at a time.
pub enum Call {
    By(Actor, Act),
    Exchange {
        token: usize,
        secret: usize,
        derived: Derived,
    },
    /// Uses of a token that verifiers report.
    Flush {
        token: usize,
        seen: Seen,
    },
}

/// Uses of a token by one of its secrets, or by one that was rotated out.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub secret: usize,
    pub reused: bool,
    /// Whether the verifier saw the old secret of the current rotation, and took its grace period
    /// for over.
    pub late: bool,
    /// `ago` is the age of the last use. `span` is the time between the first and the last one.
    pub ago: u64,
    pub span: u64,
}

/// A credential that a client minted.
#[derive(Clone, Debug)]
pub struct Minted {
    pub id: String,
    pub digest: String,
    pub credential: String,
    pub at: u64,
}

impl Whose {
    /// The id, if there is one: not every token has a technical user.
    pub fn id(self, state: &State) -> Option<String> {
        match self {
            Whose::Named(id) => Some(id.to_owned()),
            Whose::BackerOf(token) => state.tokens[token].backed_by.clone(),
        }
    }
}

impl Act {
    /// The call in the form of the core; `None` if its object does not exist.
    fn json(&self, state: &State) -> Option<Json> {
        let on = |op: &str, token: usize| json!({ "op": op, "id": state.tokens[token].id });
        Some(match self {
            Act::Create(wanted) => json!({ "op": "create", "input": wanted.json(state)? }),
            Act::Edit(token, change) => {
                let mut json = on("edit", *token);
                json["change"] = change.json();
                json
            }
            Act::Token(op, token) => on(op.name(), *token),
            Act::Rotate(token, renewal) => {
                let mut json = on("rotate", *token);
                json["options"] = renewal.json();
                json
            }
            Act::PutAccount(whose, rights) => {
                let mut input = json!({
                    "id": whose.id(state)?, "roles": rights.roles, "permissions": rights.permissions });
                if let Some(large) = rights.large {
                    large.write(&mut input);
                }
                json!({ "op": "putAccount", "input": input })
            }
            Act::Account(op, whose) => json!({ "op": op.name(), "id": whose.id(state)? }),
            Act::RevokeAll { owner, tag, subject } => {
                let mut query = json!({});
                for (name, value) in [("owner", owner), ("tag", tag), ("subject", subject)] {
                    if let Some(value) = value {
                        query[name] = json!(value);
                    }
                }
                json!({ "op": "revokeAll", "query": query, "options": { "reason": "incident" } })
            }
            Act::List(owner) => json!({ "op": "list", "query": { "owner": owner, "limit": 200 } }),
        })
    }
}

impl Call {
    /// The call without the part that exceeds its bound; `None` if no part does.
    pub fn within_bounds(&self) -> Option<Call> {
        let mut call = self.clone();
        match &mut call {
            Call::By(_, Act::Create(wanted)) => {
                wanted.large.take().filter(|large| large.beyond)?;
            }
            Call::By(_, Act::Edit(_, change)) => {
                change.beyond.take()?;
            }
            Call::By(_, Act::PutAccount(_, rights)) => {
                let large = rights.large.as_mut().filter(|large| large.beyond)?;
                large.beyond = false;
            }
            _ => return None,
        }
        Some(call)
    }

    /// The name of the call in the statistics of a run.
    pub fn name(&self) -> String {
        match self {
            Call::By(_, Act::Create(wanted)) => format!("create {}", wanted.kind.id),
            Call::By(_, Act::Edit(..)) => "edit".to_owned(),
            Call::By(_, Act::Token(op, _)) => op.name().to_owned(),
            Call::By(_, Act::Rotate(..)) => "rotate".to_owned(),
            Call::By(_, Act::PutAccount(_, rights)) if rights.large.is_some() => {
                "putAccount of a large one".to_owned()
            }
            Call::By(_, Act::PutAccount(..)) => "putAccount".to_owned(),
            Call::By(_, Act::Account(op, _)) => op.name().to_owned(),
            Call::By(_, Act::RevokeAll { .. }) => "revokeAll".to_owned(),
            Call::By(_, Act::List(_)) => "list".to_owned(),
            Call::Exchange { .. } => "exchange".to_owned(),
            Call::Flush { .. } => "flush".to_owned(),
        }
    }

    pub fn json(&self, state: &State) -> Option<Json> {
        Some(match self {
            Call::By(actor, act) => {
                let mut json = act.json(state)?;
                json["actor"] = actor.json(state);
                json
            }
            Call::Exchange {
                token,
                secret,
                derived,
            } => json!({
                "op": "exchange", "credential": state.tokens[*token].secrets[*secret], "input": derived.json() }),
            Call::Flush { token, seen } => {
                let token = &state.tokens[*token];
                let at = state.now - seen.ago;
                let mut used = json!({ "id": token.id, "at": at, "firstAt": at - seen.span, "uses": 1 });
                if let Some(rotation) = token.rotation_of(seen.secret) {
                    used["successor"] = json!(rotation);
                }
                if seen.reused {
                    used["reused"] = json!(true);
                }
                if let Some(rotation) = token.rotation.as_ref().filter(|_| seen.late) {
                    used["graceOver"] = json!(token.rotation_of(rotation.successor));
                }
                if seen.reused || seen.late {
                    used["uses"] = json!(0);
                }
                json!({ "op": "flush", "uses": [used] })
            }
        })
    }
}

impl CreateRequest {
    pub fn json(&self, state: &State) -> Option<Json> {
        let mut json = Json::Object(self.selection.json());
        json["kind"] = json!(self.kind.id);
        json["name"] = json!(self.name);
        json["owner"] = json!(self.owner);
        for (name, value) in [("subject", self.subject), ("resource", self.resource)] {
            if let Some(value) = value {
                json[name] = json!(value);
            }
        }
        if let Some(tag) = self.tag {
            json["tags"] = json!([tag]);
        }
        if let Some(token) = self.backed_like {
            json["technicalUser"] = json!(state.tokens[token].backed_by.as_ref()?);
        }
        if let Some(begins_in) = self.begins_in {
            json["notBefore"] = json!(state.now + begins_in);
        }
        for (name, value) in [("expiresIn", self.lifetime), ("idleAfter", self.idle)] {
            if let Some(value) = value {
                json[name] = written(value);
            }
        }
        if let Some(network) = self.network {
            json["conditions"] = conditions(network);
        }
        if let Some(credits) = self.credits {
            json["limits"] = limits(credits);
        }
        if let Some(large) = self.large {
            large.write(&mut json);
        }
        match self.secret {
            Secret::Ours => {}
            Secret::Keyed(key) => json["idempotencyKey"] = json!(key),
            Secret::Client(number) => {
                let minted = state.minted.get(number)?;
                json["id"] = json!(minted.id);
                json["digest"] = json!(minted.digest);
                json["scheme"] = json!(SCHEME);
            }
        }
        Some(json)
    }
}

impl Change {
    fn json(&self) -> Json {
        let mut json = Json::Object(self.selection.as_ref().map(Selection::json).unwrap_or_default());
        if self.selection.as_ref() == Some(&Selection::default()) {
            // An empty selection is a selection too, which is refused.
            json["templates"] = json!([]);
        }
        if let Some(name) = self.name {
            json["name"] = json!(name);
        }
        if let Some(tag) = self.tag {
            json["tags"] = json!([tag]);
        }
        if let Some(network) = self.network {
            json["conditions"] = network.map_or(Json::Null, conditions);
        }
        if let Some(credits) = self.credits {
            json["limits"] = credits.map_or(Json::Null, limits);
            if let (Some(_), Some(remaining)) = (credits, self.remaining) {
                json["limits"]["credits"]["remaining"] = json!(remaining);
            }
        }
        if let Some(seen) = self.seen {
            json["revision"] = json!(seen);
        }
        if let Some(part) = self.beyond {
            Large { part, beyond: true }.write(&mut json);
        }
        json
    }
}

/// A duration, as a caller writes it.
fn written(millis: u64) -> Json {
    json!(format!("{millis}ms"))
}

impl Renewal {
    pub fn json(&self) -> Json {
        let mut json = json!({});
        if let Some(grace) = self.grace {
            json["grace"] = if grace == 0 { json!(0) } else { written(grace) };
        }
        if let Some(lifetime) = self.lifetime {
            json["expiresIn"] = written(lifetime);
        }
        if self.at_first_use {
            json["endOldAtFirstUse"] = json!(true);
        }
        if let Some(key) = self.key {
            json["idempotencyKey"] = json!(key);
        }
        json
    }
}

fn conditions(network: Network) -> Json {
    json!({ "ips": [network] })
}

fn limits(credits: u32) -> Json {
    json!({ "credits": { "amount": credits } })
}

impl Derived {
    fn json(&self) -> Json {
        let mut json = json!({ "context": { "ip": ADDRESS } });
        if let Some(permissions) = &self.permissions {
            json["permissions"] = json!(permissions);
        }
        if let Some(resource) = self.resource {
            json["resource"] = json!(resource);
        }
        if let Some(lifetime) = self.lifetime {
            json["expiresIn"] = written(lifetime);
        }
        if self.sibling {
            json["sibling"] = json!(true);
        }
        json
    }
}

impl OnToken {
    pub fn name(self) -> &'static str {
        match self {
            OnToken::Get => "get",
            OnToken::Disable => "disable",
            OnToken::Enable => "enable",
            OnToken::Revoke => "revoke",
            OnToken::Delete => "delete",
            OnToken::Confirm => "confirmRotation",
            OnToken::Abort => "abortRotation",
        }
    }
}

impl OnAccount {
    pub fn name(self) -> &'static str {
        match self {
            OnAccount::Get => "getAccount",
            OnAccount::Disable => "disableAccount",
            OnAccount::Enable => "enableAccount",
            OnAccount::Delete => "deleteAccount",
        }
    }
}
