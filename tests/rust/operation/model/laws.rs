//! Invariants of all sequences of calls, independent of the model's expectations. They are checked
//! in the store and in the verdicts.

use serde_json::Value as Json;

use super::actor::Actor;
use super::call::{Act, Call, OnToken};
use super::compare::Checked;
use super::place::{Permission, Place, covers};
use super::state::{State, Status};
use super::world::Changed;

/// The invariants of a successful call.
pub fn hold(before: &State, call: &Call, changed: &Changed, answer: &Json) -> Checked {
    nothing_foreign_is_told(before, call, answer)?;
    let claims = match call {
        Call::By(actor, act) if !ends_itself(*actor, act) => Some(actor.claims(before)),
        _ => None,
    };
    for (key, (was, is)) in changed {
        if key.starts_with("token/") || key.starts_with("account/") {
            let (was, is) = (parsed(was.as_deref()), parsed(is.as_deref()));
            nothing_leaves_revoked(key, &was, &is)?;
            grace_never_grows(key, &was, &is)?;
            there_is_one_successor(key, &is)?;
        }
        if let Some(claims) = &claims {
            organizations_are_isolated(before, call, claims, key)?;
        }
    }
    Ok(())
}

fn parsed(value: Option<&str>) -> Json {
    value
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or(Json::Null)
}

/// P2. A revoked record stays revoked until a tombstone replaces it, and the tombstone stays.
fn nothing_leaves_revoked(key: &str, was: &Json, is: &Json) -> Checked {
    let gone = is["deletedAt"].is_u64();
    let returns = key.starts_with("token/")
        && was["token"]["status"] == "revoked"
        && is["token"]["status"] != "revoked";
    let rises = (key.starts_with("token/") || key.starts_with("account/")) && was["deletedAt"].is_u64();
    if (returns && !gone) || rises {
        return Err(format!("{key} came back: {was} became {is}"));
    }
    Ok(())
}

/// P5. While a rotation has the same successor, the end of the old secret never moves later.
fn grace_never_grows(key: &str, was: &Json, is: &Json) -> Checked {
    let ends = |record: &Json| record["token"]["rotation"]["graceEndsAt"].as_u64();
    if let (Some(before), Some(after)) = (ends(was), ends(is))
        && was["successor"] == is["successor"]
        && after > before
    {
        return Err(format!("{key}: the grace grew from {before} to {after}"));
    }
    Ok(())
}

/// P5. A record has one secret, and a second one if and only if it has a rotation.
fn there_is_one_successor(key: &str, is: &Json) -> Checked {
    let pending = !is["token"]["rotation"].is_null();
    if key.starts_with("token/") && is["successor"].is_string() != pending {
        return Err(format!(
            "{key}: its successor and its rotation do not belong together: {is}"
        ));
    }
    Ok(())
}

/// P8. An answer concerns only places that the actor owns or that are below its own. A token may
/// always end itself.
fn nothing_foreign_is_told(before: &State, call: &Call, answer: &Json) -> Checked {
    let Call::By(actor, act) = call else { return Ok(()) };
    if ends_itself(*actor, act) {
        return Ok(());
    }
    let claims = actor.claims(before);
    let items = answer["items"].as_array().into_iter().flatten();
    for view in items.chain([answer, &answer["record"]]) {
        let of = view["owner"]
            .as_str()
            .or_else(|| view["type"].as_str().and(view["id"].as_str()));
        if of.is_some_and(|owner| !claims.iter().any(|place| covers(place, owner))) {
            return Err(format!("{actor:?} sees {view}"));
        }
    }
    Ok(())
}

fn ends_itself(actor: Actor, act: &Act) -> bool {
    matches!((actor, act), (Actor::Token(own), Act::Token(OnToken::Revoke, token)) if own == *token)
}

/// P8. An actor changes tokens and accounts only of places that it owns or that are below its own.
fn organizations_are_isolated(before: &State, call: &Call, claims: &[String], key: &str) -> Checked {
    let owner = match key.split_once('/') {
        Some(("account" | "audit-head", id)) => id.replace("%2F", "/"),
        Some(("owner" | "name" | "audit", rest)) => {
            rest.split('/').next().unwrap_or_default().replace("%2F", "/")
        }
        Some(("token" | "usage" | "limit" | "sessions", id)) => {
            let Some(token) = before.tokens.iter().find(|token| token.id == id) else {
                return Ok(());
            };
            token.owner.to_owned()
        }
        _ => return Ok(()),
    };
    if claims.iter().any(|place| covers(place, &owner)) {
        Ok(())
    } else {
        Err(format!("{call:?} changed {key}"))
    }
}

impl Actor {
    /// The places that an actor can at most be above: where the host says so, its own, and the
    /// boundary of a token.
    fn claims(self, state: &State) -> Vec<String> {
        match self {
            Actor::Impostor(_) => Vec::new(),
            Actor::Token(token) => vec![state.tokens[token].boundary.to_owned()],
            Actor::Person(person) => {
                let person = &super::actor::PEOPLE[person];
                let admin = person
                    .roles
                    .iter()
                    .filter(|(_, role)| *role == "admin")
                    .map(|(place, _)| (*place).to_owned());
                admin.chain([person.id.to_owned()]).collect()
            }
        }
    }
}

/// The invariants of a verdict.
pub fn hold_for(state: &State, token: usize, verdict: &Json) -> Checked {
    let found = &state.tokens[token];
    if verdict["valid"] == true {
        // P3: no token outlives its maker.
        let over = [found.ends_at, found.given_until]
            .into_iter()
            .flatten()
            .any(|end| state.latest() >= end);
        if over {
            return Err(format!(
                "token {} is valid after the end of what made it",
                found.id
            ));
        }
    }
    // P16: an account that is not active blocks all its tokens.
    let stopped = |id: &String| {
        state
            .accounts
            .get(id)
            .is_some_and(|account| account.status != Status::Active)
    };
    if verdict["valid"] == true && state.accounts_of(found).iter().any(stopped) {
        return Err(format!(
            "token {} is valid, and an account that it rests on is not active",
            found.id
        ));
    }
    // P16: a technical user is reported as one, and a person never is.
    let technical_user = verdict["token"]["technicalUser"].as_str();
    if !verdict["token"].is_null() && technical_user != found.backed_by.as_deref() {
        return Err(format!(
            "token {} has technical user {technical_user:?} instead of {:?}",
            found.id, found.backed_by
        ));
    }
    let acts_as = verdict["token"]["subject"]
        .as_str()
        .is_some_and(|subject| subject.contains("technical-user:"));
    if acts_as && technical_user.is_none() {
        return Err(format!(
            "token {} acts as a technical user, without the technical user in its verdict",
            found.id
        ));
    }
    Ok(())
}

/// P2 and P5. A revoked token is always refused. A live token has one valid secret, or two during a
/// grace period.
pub fn hold_for_all(state: &State, token: usize, codes: &[&str], was_revoked: bool) -> Checked {
    let found = &state.tokens[token];
    let good = codes
        .iter()
        .filter(|code| !["unknown", "bad_secret", "rotated_out"].contains(code))
        .count();
    let grace = found
        .rotation
        .as_ref()
        .is_some_and(|rotation| state.latest() < rotation.grace_ends_at);
    let expected = if found.status == Status::Deleted {
        0
    } else {
        1 + usize::from(grace)
    };
    if good != expected {
        return Err(format!(
            "token {} has {good} secrets, not {expected}: {codes:?}",
            found.id
        ));
    }
    if was_revoked && codes.contains(&"valid") {
        return Err(format!("token {} was revoked, and is {codes:?}", found.id));
    }
    Ok(())
}

/// P3. A permission of a token was held by its maker when the token was created or edited, and by
/// the tokens that a session came from.
pub fn was_given(state: &State, token: usize, permission: Permission, place: Place) -> Checked {
    let chain = std::iter::once(&token).chain(&state.tokens[token].parents);
    for token in chain.map(|token| &state.tokens[*token]) {
        if !token.given.contains(&(permission, place)) {
            return Err(format!(
                "nobody who had {permission} at {place:?} gave it to token {}",
                token.id
            ));
        }
    }
    Ok(())
}
