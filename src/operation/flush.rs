//! `flush(uses)`: what verifiers saw of the use of tokens, taken into the store apart from the records. Only two things of it change a token,
//! by its own policy: the first use of a new secret may end the old one, and the use of a rotated-out secret may end the token.

use std::num::NonZeroU32;

use super::authority::Authority;
use super::change::with_status;
use super::changes::Changes;
use super::lookup::Found;
use super::marker::Mark;
use super::{Answer, Context, Operation, Outcome};
use crate::actor::Actor;
use crate::catalog::Reuse;
use crate::credential::TokenId;
use crate::input::{Members, Path, Problems, Value};
use crate::keys;
use crate::record::{Record, Stored};
use crate::refusal::Refusal;
use crate::step::{Halt, Write};
use crate::time::Instant;
use crate::token::Status;
use crate::usage::Usage;

/// The most tokens of one call.
const MOST: usize = 20;

/// What was seen of one token since the last flush.
struct Use {
    id: TokenId,
    at: Instant,
    /// How often it was used; not at all if only a rotated-out secret was presented.
    uses: Option<NonZeroU32>,
    successor: bool,
    reused: bool,
}

pub(super) fn plan(context: &Context, uses: &Value, mut problems: Problems) -> Result<Outcome, Halt> {
    let uses = read(context, uses, &mut problems);
    if !problems.is_empty() {
        return Err(Refusal::from(problems).into());
    }
    let mark = Mark::of_call(context, Operation::Flush);
    let mut needed = vec![mark.key().to_owned()];
    for used in &uses {
        needed.extend([keys::token(&used.id), keys::usage(&used.id)]);
    }
    context.reads.get_all(&needed)?;
    let [marked] = context.reads.get([mark.key()])?;
    if let Some(done) = mark.found(marked)? {
        let flushed = uses.iter().take_while(|used| done.contains(&used.id)).count();
        return Ok(Outcome::Answer(Answer::Flushed { flushed }));
    }
    let actor = Actor::maintenance();
    let authority = Authority::read(context, &actor)?;
    let mut changes = Changes::new(context, Operation::Flush, authority.id());
    let mut flushed = 0;
    for used in &uses {
        if !changes.has_room(&authority) {
            break;
        }
        take_in(context, used, &authority, &mut changes)?;
        flushed += 1;
    }
    Ok(Outcome::Commit(
        changes.finish(mark, None)?,
        Answer::Flushed { flushed },
    ))
}

/// Reads `[{ id, at, uses?, successor?, reused? }]`.
fn read(context: &Context, value: &Value, problems: &mut Problems) -> Vec<Use> {
    let path = Path::call().member("uses");
    let Value::List(items) = value else {
        problems.add(&path, format!("expected an array, got {}", value.kind()));
        return Vec::new();
    };
    if items.len() > MOST {
        problems.add(
            &path,
            format!("has {} items; at most {MOST} are allowed", items.len()),
        );
        return Vec::new();
    }
    let mut uses: Vec<Use> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let path = path.item(at);
        let known = ["id", "at", "uses", "successor", "reused"];
        let Some(members) = Members::open(item, &path, &known, problems) else {
            continue;
        };
        members.required_text("id", problems);
        let id = members.parsed("id", problems, TokenId::parse);
        let count = members.whole("uses", 0..=u32::MAX, problems);
        let seen = members.instant("at", problems);
        if seen.is_none() {
            problems.add(&members.path("at"), "is required: when it was last used");
        }
        if uses.iter().any(|used| Some(&used.id) == id.as_ref()) {
            problems.add(&members.path("id"), "is there twice");
        }
        if let (Some(id), Some(seen)) = (id, seen) {
            uses.push(Use {
                id,
                // A clock that runs ahead keeps no token from going idle.
                at: seen.min(context.time.now),
                uses: NonZeroU32::new(count.unwrap_or(1)),
                successor: members.flag("successor", problems),
                reused: members.flag("reused", problems),
            });
        }
    }
    uses
}

fn take_in(context: &Context, used: &Use, authority: &Authority, changes: &mut Changes) -> Result<(), Halt> {
    let usage_key = keys::usage(&used.id);
    let [stored, usage] = context.reads.get([&keys::token(&used.id), &usage_key])?;
    changes.mention(&used.id);
    // A token that is gone leaves nothing behind.
    let Some((text, Ok(Stored::Record(record)))) = stored.map(|text| (text, Stored::parse(&used.id, text)))
    else {
        return Ok(());
    };
    if let Some(count) = used.uses {
        let seen = Usage::new(used.at, count, used.successor);
        // What cannot be read is begun anew: it is an observation, not authority.
        let known = usage.and_then(|text| Usage::parse(text).ok());
        let merged = known.map_or(seen.clone(), |known| known.merge(&seen));
        changes.write(Write::replace(usage_key, usage, merged.to_text()));
    }
    let found = Found {
        record: *record,
        text,
    };
    if let Some(changed) = consequence(context, used, &found.record, authority) {
        changes.replace_token(&found, &changed);
        return Ok(());
    }
    if used.reused {
        changes.note_token(found.record.token());
    }
    // What is deleted meanwhile leaves no trace of its use, and what is rotated meanwhile is looked at again.
    changes.write(Write::assert(keys::token(&used.id), Some(text)));
    Ok(())
}

/// What the use of a token changes in it, by its own policy.
fn consequence(context: &Context, used: &Use, record: &Record, authority: &Authority) -> Option<Record> {
    let token = record.token();
    if used.reused {
        let kind = context.deployment.catalog().kind(&token.kind).ok()?;
        let status = match kind.rotation().reuse {
            Reuse::Alert => return None,
            Reuse::Disable => Status::Disabled,
            Reuse::Revoke => Status::Revoked,
        };
        let changes =
            token.status == Status::Active || (token.status == Status::Disabled && status == Status::Revoked);
        return changes.then(|| with_status(context, record, authority, status, None));
    }
    let ends_old = token
        .rotation
        .as_ref()
        .is_some_and(|rotation| rotation.end_old_at_first_use);
    (used.successor && ends_old).then(|| record.confirmed())
}
