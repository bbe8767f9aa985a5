//! Plans `rotate`, `confirmRotation` and `abortRotation`: a new secret for the same token, in two
//! phases.
//!
//! Both secrets work until the rotation is confirmed or its grace is over. So a lost answer locks
//! no client out.

use super::answer::Answer;
use super::arguments::{or_empty, read_digest, read_idempotency_key};
use super::authority::Authority;
use super::context::{Context, Outcome};
use super::delegation::hold_bounds;
use super::idempotency::IdempotencyRecord;
use super::load::{Found, find_to_change};
use super::operation_name::Operation;
use super::power::Power;
use super::refuse_ended::refuse_over;
use super::status::{allows, of_no_kind, terminal};
use super::unique_name::{free_name, take_name};
use super::write_batch::WriteBatch;
use crate::catalog::{Action, Kind};
use crate::codec::json::Value;
use crate::input::{ErrorCode, Members, Path, Problems, Refusal};
use crate::model::actor::Actor;
use crate::model::grant::Grant;
use crate::model::token::{Rotation, Status, Token};
use crate::storage::keys;
use crate::storage::plan::Suspend;
use crate::value::credential::{Credential, Digest, TokenId};
use crate::value::time::{Instant, Lifetime, TimeMembers as _};

struct Options {
    /// How long the old secret stays valid. The inner `None`: it ends now.
    grace: Option<Option<Lifetime>>,
    /// The digest of a secret that a client minted.
    digest: Option<Digest>,
    end_old_at_first_use: bool,
    /// The new lifetime of the token, if the rotation renews it.
    expires_in: Option<Lifetime>,
}

/// `rotate(id, options, actor)`. The options are `{ grace?, digest?, scheme?, endOldAtFirstUse?,
/// expiresIn?, idempotencyKey? }`.
pub(super) fn plan(
    context: &Context,
    id: Option<TokenId>,
    options: &Value,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Suspend> {
    let known = [
        "grace",
        "digest",
        "scheme",
        "endOldAtFirstUse",
        "expiresIn",
        "idempotencyKey",
    ];
    let members = Members::open(or_empty(Some(options)), &Path::call(), &known, &mut problems);
    let Some(members) = members else {
        return Err(Refusal::from(problems).into());
    };
    let key = read_idempotency_key(context, &members, &mut problems);
    let read = Options {
        grace: read_grace(&members, &mut problems),
        digest: read_digest(&members, &mut problems),
        end_old_at_first_use: members.flag("endOldAtFirstUse", &mut problems),
        expires_in: members.lifetime("expiresIn", &mut problems),
    };
    let (Some(id), true) = (id, problems.is_empty()) else {
        return Err(Refusal::from(problems).into());
    };
    let mark = match key {
        Some(key) => IdempotencyRecord::of_idempotency_key(Operation::Rotate, actor, key.as_str(), options),
        None => IdempotencyRecord::of_call(context, Operation::Rotate),
    };
    context
        .reads
        .get_all(&[mark.key().to_owned(), keys::token(&id)])?;
    let mut authority = Authority::read(context, actor)?;
    let found = find_to_change(context, &id, &authority)?;
    let [marked] = context.reads.get([mark.key()])?;
    let repeated = mark.found_for(marked, &id)?;
    rotate(context, &found, read, repeated, mark, &mut authority)
}

/// Reads the member `grace`. The number 0 means no grace.
fn read_grace(members: &Members, problems: &mut Problems) -> Option<Option<Lifetime>> {
    match members.value("grace")? {
        Value::Number(number) if *number == 0.0 => Some(None),
        _ => members.lifetime("grace", problems).map(Some),
    }
}

fn rotate(
    context: &Context,
    found: &Found,
    options: Options,
    repeated: bool,
    mark: IdempotencyRecord,
    authority: &mut Authority,
) -> Result<Outcome, Suspend> {
    let now = context.time.now;
    let record = found.record.settled(now);
    let token = record.token();
    let minted = options.digest.is_none().then(|| {
        let entropy = context.entropy.credential();
        Credential::mint_for(context.deployment.prefix(), token.id, &entropy)
    });
    let digest = options
        .digest
        .clone()
        .or_else(|| minted.as_ref().map(|minted| minted.digest().clone()));
    let Some(digest) = digest else {
        return Err(Refusal::new(ErrorCode::InvalidInput, "no secret was minted").into());
    };
    let is_ours = |known: &Digest| known.matches(&digest);
    let known = record.successor().is_some_and(is_ours) || is_ours(record.digest());
    // A retry within the same call still has the entropy, so it gets the credential. A later retry
    // only learns that the rotation was done. A client that minted its own secret has lost nothing.
    if known || repeated {
        return Ok(Outcome::Answer(Answer::Created {
            token: minted.filter(|_| known),
            record: Box::new(token.clone()),
        }));
    }
    if token.status == Status::Revoked {
        return Err(terminal().into());
    }
    context.time.reliable()?;
    allows(context, token, Action::Rotate)?;
    if record.has_retired(&digest) {
        return Err(Refusal::at(
            "digest",
            ErrorCode::InvalidInput,
            "digest: is of a secret that was rotated out of this token; mint a new one",
        )
        .into());
    }
    if let Some(rotation) = &token.rotation {
        let ends = rotation.grace_ends_at;
        return Err(Refusal::new(
            ErrorCode::Conflict,
            format!("a rotation is under way until {ends}; confirm or abort it first"),
        )
        .into());
    }
    let kind = context
        .deployment
        .catalog()
        .kind(&token.kind)
        .map_err(|_| Refusal::new(ErrorCode::Conflict, of_no_kind(token)))?;
    let next = renewed(context, kind, token, &options, authority)?;
    refuse_over(context, &next)?;
    authority.read_owner(context, &token.owner)?;
    // The caller gets the new secret, and with it all of the token's power.
    let power = Power::of_living(context, &next, authority)?;
    let had = Power::of_token(token, Grant::of(token, context.deployment.catalog()));
    authority.may_hand_out(context, Operation::Rotate, &power, &had)?;
    let rule = kind.rotation();
    let is_over = token.expires_at.is_some_and(|end| end <= now);
    let grace = options.grace.unwrap_or((!is_over).then_some(rule.grace));
    if is_over && grace.is_some() {
        let message = "grace: the token has expired, so its old secret cannot be valid again";
        return Err(Refusal::at("grace", ErrorCode::InvalidInput, message).into());
    }
    if grace.is_some_and(|grace| grace > rule.longest_grace) {
        return Err(Refusal::at(
            "grace",
            ErrorCode::InvalidInput,
            format!(
                "grace: is longer than the longest of a token of kind \"{}\", {}",
                token.kind, rule.longest_grace
            ),
        )
        .into());
    }
    let grace_ends_at = match grace {
        Some(grace) => now
            .after(grace)
            .map_err(|error| Refusal::argument("grace", &error))?,
        None => now,
    };
    // A renewal must not extend the old secret.
    let old_end = token.expires_at.filter(|_| next.expires_at != token.expires_at);
    let grace_ends_at = old_end.into_iter().fold(grace_ends_at, Instant::min);
    let rotation = Rotation {
        revision: token.revision.saturating_add(1),
        started_at: now,
        started_by: authority.id().clone(),
        grace_ends_at,
        previous_expires_at: old_end,
        end_old_at_first_use: options.end_old_at_first_use,
    };
    let renewed = record.renewed(next.expires_at, next.bounds_held_at.clone());
    let mut changed = renewed.rotating(digest, rotation);
    if grace.is_none() {
        changed = changed.settled(now);
    }
    let mut changes = WriteBatch::new(context, Operation::Rotate, authority.id());
    if options.expires_in.is_some() && kind.unique_names() {
        // The name may have been taken since: the token may have been expired, if only by the clock
        // of another process.
        let hash = take_name(context, changed.token(), &mut changes)?;
        if hash != changed.name_hash() {
            free_name(context, &changed, &mut changes)?;
        }
        changed = changed.named(Some(hash));
    }
    changes.replace_token(found, &changed);
    Ok(Outcome::Commit(
        changes.finish(mark, Some(authority))?,
        Answer::Created {
            token: minted,
            record: Box::new(changed.token().clone()),
        },
    ))
}

/// The token with its new end, if the rotation renews it.
fn renewed(
    context: &Context,
    kind: &Kind,
    token: &Token,
    options: &Options,
    authority: &Authority,
) -> Result<Token, Refusal> {
    let now = context.time.now;
    let mut next = token.clone();
    if let Some(lifetime) = options.expires_in {
        let asked = now.after(lifetime);
        let asked = asked.map_err(|error| Refusal::argument("expiresIn", &error))?;
        let expires_at = kind.expiry(now, Some(asked));
        next.expires_at = expires_at.map_err(|error| Refusal::argument("expiresIn", &error))?;
        hold_bounds(&mut next, Some(token), false, authority);
    }
    Ok(next)
}

/// `confirmRotation(id, actor)`: ends the old secret now.
pub(super) fn confirm(context: &Context, id: &TokenId, authority: &Authority) -> Result<Outcome, Suspend> {
    end(context, id, authority, Operation::ConfirmRotation)
}

/// `abortRotation(id, actor)`: ends the new secret now.
pub(super) fn abort(context: &Context, id: &TokenId, authority: &Authority) -> Result<Outcome, Suspend> {
    end(context, id, authority, Operation::AbortRotation)
}

fn end(
    context: &Context,
    id: &TokenId,
    authority: &Authority,
    operation: Operation,
) -> Result<Outcome, Suspend> {
    let mark = IdempotencyRecord::of_call(context, operation);
    let found = find_to_change(context, id, authority)?;
    let record = &found.record;
    if record.token().status == Status::Revoked {
        return Err(terminal().into());
    }
    let Some(rotation) = &record.token().rotation else {
        return Err(Refusal::new(ErrorCode::Conflict, "no rotation of this token is under way").into());
    };
    // A clock that was set back must not revive an old secret.
    let over = context.time.latest() >= rotation.grace_ends_at;
    let changed = match operation {
        Operation::AbortRotation if over => {
            let message = "the grace is over and the old secret has ended, so the rotation cannot be aborted";
            return Err(Refusal::new(ErrorCode::Conflict, message).into());
        }
        Operation::AbortRotation => record.aborted(),
        _ => record.confirmed(),
    };
    let mut changes = WriteBatch::new(context, operation, authority.id());
    changes.replace_token(&found, &changed);
    Ok(Outcome::Commit(
        changes.finish(mark, Some(authority))?,
        Answer::Token(Box::new(changed.token().clone())),
    ))
}
