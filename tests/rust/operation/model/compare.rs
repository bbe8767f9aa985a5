//! Compares the answers and the store of the core with the state of the model.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use leastkey::storage::keys;
use leastkey::storage::plan::Write;
use serde_json::{Value as Json, json};

use super::actor::Actor;
use super::bounds::{Large, is_far};
use super::call::{Act, Call};
use super::place::{Place, Reach, place, reach};
use super::rules::{Done, Shown};
use super::state::{Account, Held, State, Status};
use super::world::Changed;

/// `Err` describes the difference.
pub type Checked = Result<(), String>;

pub fn same<T: PartialEq + std::fmt::Debug>(what: &str, core: T, model: T) -> Checked {
    if core == model {
        Ok(())
    } else {
        Err(format!("{what}: the core has {core:?}, the model {model:?}"))
    }
}

/// Compares an answer with the expected content.
pub fn answer(state: &State, shown: &Shown, answer: &Json) -> Checked {
    match shown {
        Shown::Made { token, credential } => {
            same(
                "whether there is a credential",
                answer["token"].is_string(),
                *credential,
            )?;
            record(state, *token, &answer["record"])
        }
        Shown::Token(token) => record(state, *token, answer),
        Shown::Account(id) => account(state, id, answer),
        Shown::Gone(id) => same("what is gone", answer, &json!({ "id": id })),
        Shown::Listed(tokens) => {
            let items = answer["items"].as_array().unwrap();
            same("how many are listed", items.len(), tokens.len())?;
            for item in items {
                let token = tokens
                    .iter()
                    .find(|token| json!(state.tokens[**token].id) == item["id"]);
                record(
                    state,
                    *token.ok_or(format!("a token that is not listed: {item}"))?,
                    item,
                )?;
            }
            Ok(())
        }
        Shown::Revoked(tokens) => {
            let revoked: BTreeSet<&str> = answer["ids"]
                .as_array()
                .unwrap()
                .iter()
                .map(|id| id.as_str().unwrap())
                .collect();
            same(
                "what was revoked",
                revoked,
                tokens
                    .iter()
                    .map(|token| state.tokens[*token].id.as_str())
                    .collect(),
            )
        }
        Shown::Flushed => same("what was flushed", answer, &json!({ "flushed": 1 })),
    }
}

/// Compares a shown token with the model's.
pub fn record(state: &State, token: usize, shown: &Json) -> Checked {
    let mut token = Cow::Borrowed(&state.tokens[token]);
    // A grace period can be over without a write.
    if shown["rotation"].is_null() && token.rotation.is_some() {
        token.to_mut().settle(state.latest());
    }
    let parents: Vec<&str> = token
        .parents
        .iter()
        .map(|parent| state.tokens[*parent].id.as_str())
        .collect();
    let expected = json!({
        "id": token.id,
        "kind": token.kind.id,
        "name": token.name,
        "description": token.large.and_then(Large::description),
        "metadata": token.large.and_then(Large::metadata),
        "owner": token.owner,
        "subject": token.subject,
        "resource": token.boundary,
        "role": token.selection.role,
        "permissions": token.permissions,
        "status": token.status.name(),
        "heldAt": token.held_at,
        "statusChangedAt": token.status_changed_at,
        "enabledAt": token.enabled_at,
        "notBefore": token.not_before,
        "expiresAt": token.ends_at,
        "idleAfter": token.idle_after,
        "conditions": token.network.map(|network| json!({ "ips": [network] })),
        "limits": token.credits.map(|amount| json!({ "credits": { "amount": amount } })),
        "boundsHeldAt": held_at(token.held),
        "createdAt": token.made_at,
        "createdBy": token.made_by,
        "technicalUser": token.backed_by,
        "parents": (!parents.is_empty()).then_some(parents),
        "tags": (!token.tags.is_empty()).then_some(&token.tags),
        "revision": token.revision,
    });
    for (name, model) in expected.as_object().unwrap() {
        same(name, &shown[name], model).map_err(|problem| format!("token {}: {problem}", token.id))?;
    }
    let ends = shown["rotation"]["graceEndsAt"].as_u64();
    same(
        "the end of the grace",
        ends,
        token.rotation.as_ref().map(|rotation| rotation.grace_ends_at),
    )?;
    same("its reach", &reach_of(shown), &token.reach)
        .map_err(|problem| format!("token {}: {problem}", token.id))
}

fn held_at(held: Held) -> Option<Json> {
    let bounds = [
        ("conditions", held.network),
        ("limits", held.credits),
        ("expiresAt", held.end),
    ];
    let held: serde_json::Map<String, Json> = bounds
        .into_iter()
        .filter_map(|(name, place)| Some((name.to_owned(), json!(place?))))
        .collect();
    (!held.is_empty()).then_some(Json::Object(held))
}

/// The reach of a record's permissions and resources, as explicit pairs.
fn reach_of(record: &Json) -> Reach {
    let texts = |json: &Json| -> Vec<String> { serde_json::from_value(json.clone()).unwrap_or_default() };
    let mut all = Reach::new();
    for permission in texts(&record["permissions"]) {
        let narrowed = texts(&record["resources"][&permission]);
        let at = if narrowed.is_empty() {
            vec![record["resource"].as_str().unwrap().to_owned()]
        } else {
            narrowed
        };
        all.extend(
            at.iter()
                .filter(|at| !is_far(at))
                .flat_map(|at| reach([known(&permission)], place(at).unwrap())),
        );
    }
    all
}

fn known(permission: &str) -> &'static str {
    super::catalog::PERMISSIONS
        .into_iter()
        .find(|known| *known == permission)
        .unwrap()
}

fn account(state: &State, id: &str, shown: &Json) -> Checked {
    let Account {
        roles,
        most,
        status,
        held_at,
        tokens,
        revision,
        ..
    } = &state.accounts[id];
    same("the id of an account", &shown["id"], &json!(id))?;
    let known_roles: serde_json::Map<String, Json> = shown["roles"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(at, _)| !is_far(at))
        .map(|(at, role)| (at.clone(), role.clone()))
        .collect();
    same("its roles", &Json::Object(known_roles), &json!(roles))?;
    same("its status", &shown["status"], &json!(status.name()))?;
    same("where it is held", &shown["heldAt"], &json!(held_at))?;
    same("its revision", &shown["revision"], &json!(revision))?;
    let backed: BTreeSet<String> = serde_json::from_value(shown["tokens"].clone()).unwrap_or_default();
    same(
        "its tokens",
        backed,
        tokens
            .iter()
            .map(|token| state.tokens[*token].id.clone())
            .collect(),
    )?;
    let mut ceilings = Reach::new();
    for ceiling in shown["ceilings"].as_array().unwrap() {
        let at = ceiling["resource"].as_str().unwrap();
        if is_far(at) {
            continue;
        }
        let at: Place = place(at).unwrap();
        ceilings.extend(
            ceiling["permissions"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|permission| reach([known(permission.as_str().unwrap())], at)),
        );
    }
    same("its ceilings", &ceilings, most)
}

/// Compares the value of one key with the model's.
pub fn stored(state: &State, key: &str, value: &str) -> Checked {
    let json: Json = serde_json::from_str(value).unwrap();
    if let Some(id) = key.strip_prefix("token/") {
        let token = state
            .tokens
            .iter()
            .position(|token| token.id == id)
            .ok_or(format!("a token of nobody: {key}"))?;
        let deleted = state.tokens[token].status == Status::Deleted;
        same(
            "whether there is a tombstone",
            json["deletedAt"].is_u64(),
            deleted,
        )?;
        return if deleted {
            Ok(())
        } else {
            record(state, token, &json["token"])
        };
    }
    if let Some(id) = key.strip_prefix("account/") {
        let id = id.replace("%2F", "/");
        let found = state
            .accounts
            .get(&id)
            .ok_or(format!("an account of nobody: {key}"))?;
        let deleted = found.status == Status::Deleted;
        same(
            "whether an account's tombstone is there",
            json["deletedAt"].is_u64(),
            deleted,
        )?;
        return if deleted {
            Ok(())
        } else {
            account(state, &id, &json["account"])
        };
    }
    Ok(())
}

/// Compares the whole store with the model's state: no value is missing, and none is extra.
pub fn store(state: &State, store: &BTreeMap<String, String>) -> Checked {
    let count = |prefix: &str| store.keys().filter(|key| key.starts_with(prefix)).count();
    store
        .iter()
        .try_for_each(|(key, value)| stored(state, key, value))?;
    let living = || {
        state
            .tokens
            .iter()
            .filter(|token| token.status != Status::Deleted)
    };
    same("how many tokens there are", count("token/"), state.tokens.len())?;
    for token in state
        .tokens
        .iter()
        .filter(|token| token.status == Status::Deleted)
    {
        for family in ["usage", "limit", "sessions"] {
            let key = format!("{family}/{}", token.id);
            same("what is left of a deleted token", store.get(&key), None)?;
        }
    }
    state.names.iter().try_for_each(|(name, holder)| {
        let held = format!("\"{}\"", state.tokens[*holder].id);
        let of = format!("name/{}/{}/", name.0.replace('/', "%2F"), name.1);
        let holds = store
            .iter()
            .any(|(key, value)| key.starts_with(&of) && *value == held);
        same("whether a name is held", holds, true)
    })?;
    sessions(state, store)?;
    same(
        "how many accounts there are",
        count("account/"),
        state.accounts.len(),
    )?;
    same(
        "how many are listed",
        count("owner/"),
        living().filter(|token| token.parents.is_empty()).count(),
    )?;
    same("how many names are taken", count("name/"), state.names.len())
}

/// Checks that the session list of each token equals the model's: with a missing one, the limit
/// could be exceeded.
fn sessions(state: &State, store: &BTreeMap<String, String>) -> Checked {
    for token in state
        .tokens
        .iter()
        .filter(|token| token.status != Status::Deleted)
    {
        let list: Json = match store.get(&format!("sessions/{}", token.id)) {
            Some(list) => serde_json::from_str(list).unwrap(),
            None => json!([]),
        };
        let listed: Vec<&Json> = list
            .as_array()
            .unwrap()
            .iter()
            .map(|session| &session["id"])
            .collect();
        let expected: Vec<Json> = token
            .sessions
            .iter()
            .map(|at| json!(state.tokens[*at].id))
            .collect();
        same("the sessions of a token", listed, expected.iter().collect())?;
    }
    Ok(())
}

/// Checks that a commit changes only the keys that its call may change.
pub fn changes(state: &State, done: &Done, changed: &Changed) -> Checked {
    let part = |id: &str| id.replace('/', "%2F");
    let mut keys: BTreeSet<String> = BTreeSet::new();
    let mut entries: BTreeSet<String> = BTreeSet::new();
    let mut trails: BTreeSet<String> = BTreeSet::new();
    for token in done.tokens.iter().map(|token| &state.tokens[*token]) {
        let parents = token
            .parents
            .iter()
            .map(|parent| format!("sessions/{}", state.tokens[*parent].id));
        keys.extend(parents);
        keys.extend(["token", "usage", "limit", "sessions"].map(|kind| format!("{kind}/{}", token.id)));
        keys.extend(
            token
                .backed_by
                .iter()
                .filter(|_| token.revision == 1)
                .map(|id| format!("account/{}", part(id))),
        );
        entries.insert(format!("\"{}\"", token.id));
        trails.insert(part(token.owner));
    }
    for id in &done.accounts {
        keys.insert(format!("account/{}", part(id)));
        trails.insert(part(id.split("/technical-user:").next().unwrap()));
    }
    for (key, (before, after)) in changed {
        let (kind, rest) = key.split_once('/').unwrap();
        let of_token = || {
            [before, after]
                .into_iter()
                .flatten()
                .all(|value| entries.contains(value))
        };
        let related = match kind {
            "op" => before.is_none(),
            "meta" => before.is_none() && key == keys::DEPLOYMENT,
            "feed" => after.is_some(),
            "audit-head" => trails.contains(rest),
            "audit" => before.is_none() && trails.contains(rest.rsplit_once('/').unwrap().0),
            "owner" | "made" => of_token(),
            // The name may be taken from its previous holder.
            "name" => after
                .as_ref()
                .or(before.as_ref())
                .is_some_and(|value| entries.contains(value)),
            _ => keys.contains(key),
        };
        if !related {
            return Err(format!(
                "{key} is none of this call's: {before:?} became {after:?}"
            ));
        }
    }
    Ok(())
}

/// Checks that a commit asserts every key that the authority of its call depends on.
pub fn asserted(rests_on: &BTreeSet<String>, writes: &[Write]) -> Checked {
    for key in rests_on {
        if !writes
            .iter()
            .any(|write| write.key == *key && write.expect.is_some())
        {
            return Err(format!("the commit does not assert {key}"));
        }
    }
    Ok(())
}

/// The keys that the authority of a call depends on: those of its actor, the record that it
/// changes, and the accounts that bound the permissions it gives.
pub fn rests_on(state: &State, call: &Call) -> BTreeSet<String> {
    let record = |token: &usize| format!("token/{}", state.tokens[*token].id);
    let chain = |owner: Place| {
        state
            .chain(owner)
            .into_iter()
            .map(|id| format!("account/{}", id.replace('/', "%2F")))
    };
    let mut keys = BTreeSet::new();
    match call {
        Call::Exchange { token, .. } => keys.extend(Actor::Token(*token).rests_on(state)),
        Call::Flush { .. } => {}
        Call::By(actor, act) => {
            keys.extend(actor.rests_on(state));
            match act {
                Act::Create(wanted) => {
                    keys.extend(chain(wanted.owner));
                    let like = wanted
                        .backed_like
                        .and_then(|token| state.tokens[token].backed_by.clone());
                    keys.extend(like.map(|id| format!("account/{}", id.replace('/', "%2F"))));
                }
                Act::Edit(token, change) => {
                    keys.insert(record(token));
                    if change.selection.is_some() {
                        keys.extend(chain(state.tokens[*token].owner));
                    }
                }
                Act::Token(_, token) | Act::Rotate(token, _) => drop(keys.insert(record(token))),
                Act::PutAccount(whose, _) | Act::Account(_, whose) => {
                    keys.extend(
                        whose
                            .id(state)
                            .map(|id| format!("account/{}", id.replace('/', "%2F"))),
                    );
                }
                Act::RevokeAll { .. } | Act::List(_) => {}
            }
        }
    }
    keys
}
