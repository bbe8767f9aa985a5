//! `flush(uses)`: stores the uses of tokens that verifiers have seen, apart from the token records.
//!
//! A use of a session is also a use of the tokens that it came from. Two kinds of uses change a
//! token, by its own policy: the first use of a new secret can end the old one, and the use of a
//! rotated-out secret can disable or revoke the token.

use crate::value::time::TimeMembers as _;
use std::num::NonZeroU32;

use super::answer::Answer;
use super::authority::Authority;
use super::context::{Context, Outcome};
use super::idempotency::{CommittedFlush, IdempotencyRecord};
use super::operation_name::Operation;
use super::status::with_status;
use super::usage_totals::{UsageTotals, Use, stored};
use super::write_batch::WriteBatch;
use crate::catalog::Reuse;
use crate::codec::json::Value;
use crate::input::{Members, Path, Problems, Refusal};
use crate::model::actor::Actor;
use crate::model::record::{Record, Stored};
use crate::model::requirement::Requirement;
use crate::model::token::Status;
use crate::model::usage::Usage;
use crate::storage::keys;
use crate::storage::plan::Suspend;
use crate::value::condition::Address;
use crate::value::credential::TokenId;
use crate::value::time::Instant;

/// The maximum number of tokens in one call.
const MAX: usize = 20;

/// The maximum number of requirements for one token.
const MAX_ASKED: usize = 100;

/// The maximum number of addresses for one token.
const MAX_ADDRESSES: usize = 5;

/// Plans a flush. The answer tells how many of the uses fit into the commit; the caller flushes the
/// rest.
pub(super) fn plan(context: &Context, uses: &Value, mut problems: Problems) -> Result<Outcome, Suspend> {
    let uses = read(context, uses, &mut problems);
    if !problems.is_empty() {
        return Err(Refusal::from(problems).into());
    }
    let mark = IdempotencyRecord::of_call(context, Operation::Flush);
    let mut needed = vec![mark.key().to_owned()];
    for used in &uses {
        needed.extend([keys::token(&used.id), keys::usage(&used.id)]);
    }
    context.reads.get_all(&needed)?;
    let mut above = Vec::new();
    for used in &uses {
        for id in parents_of(context, &used.id)? {
            above.extend([keys::token(&id), keys::usage(&id)]);
        }
    }
    context.reads.get_all(&above)?;
    let [marked] = context.reads.get([mark.key()])?;
    if let Some(CommittedFlush { tokens, unreadable }) = mark.found_flush(marked)? {
        let flushed = uses.iter().take_while(|used| tokens.contains(&used.id)).count();
        return Ok(Outcome::Answer(Answer::Flushed { flushed, unreadable }));
    }
    let actor = Actor::maintenance();
    let authority = Authority::read(context, &actor)?;
    let mut changes = WriteBatch::new(context, Operation::Flush, authority.id());
    let mut totals = UsageTotals::default();
    let (mut flushed, mut unreadable) = (0, Vec::new());
    for used in &uses {
        let more = UsageTotals::MAX_PER_TOKEN * parents_of(context, &used.id)?.len();
        let has_room = changes.has_room(&authority, totals.weight() + more, totals.size());
        // Every flush stores at least one use, so that repeated flushes make progress.
        if flushed > 0 && !has_room {
            break;
        }
        if is_unreadable(context, &used.id)? {
            unreadable.push(used.id);
        }
        apply_use(context, used, &authority, &mut changes, &mut totals)?;
        flushed += 1;
    }
    totals.write(&mut changes);
    let mark = mark.with_unreadable(unreadable.clone());
    Ok(Outcome::Commit(
        changes.finish(mark, None)?,
        Answer::Flushed { flushed, unreadable },
    ))
}

/// Reads `[{ id, at, firstAt?, uses?, successor?, reused?, graceOver?, asked?, untold?, from? }]`.
/// Without `asked`, the purpose of the uses is unknown.
fn read(context: &Context, value: &Value, problems: &mut Problems) -> Vec<Use> {
    let path = Path::call().member("uses");
    let Value::List(items) = value else {
        problems.add(&path, format!("expected an array, got {}", value.kind()));
        return Vec::new();
    };
    if items.len() > MAX {
        problems.add(
            &path,
            format!("has {} items; at most {MAX} are allowed", items.len()),
        );
        return Vec::new();
    }
    let mut uses: Vec<Use> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let path = path.item(at);
        let known = [
            "id",
            "at",
            "firstAt",
            "uses",
            "successor",
            "reused",
            "graceOver",
            "asked",
            "untold",
            "from",
        ];
        let Some(members) = Members::open(item, &path, &known, problems) else {
            continue;
        };
        members.required_text("id", problems);
        let id = members.parsed("id", problems, TokenId::parse);
        let count = members.whole("uses", 0..=u32::MAX, problems);
        let seen = members.instant("at", problems);
        let first = members.instant("firstAt", problems);
        let successor = members.count("successor", problems);
        let grace_over = members.count("graceOver", problems);
        if seen.is_none() {
            problems.add(&members.path("at"), "is required: when it was last used");
        }
        if uses.iter().any(|used| Some(&used.id) == id.as_ref()) {
            problems.add(&members.path("id"), "is there twice");
        }
        let asked = read_asked(context, &members, problems);
        let from = read_from(&members, problems);
        if let (Some(id), Some(seen)) = (id, seen) {
            // A clock that runs ahead, of the verifier or of this host, must not keep a token from
            // going idle.
            let at = seen.min(context.time.earliest());
            uses.push(Use {
                id,
                first: first.unwrap_or(at).min(at),
                at,
                uses: NonZeroU32::new(count.unwrap_or(1)),
                successor,
                reused: members.flag("reused", problems),
                grace_over,
                untold: members.flag("untold", problems) || asked.is_none(),
                asked: asked.unwrap_or_default(),
                from,
            });
        }
    }
    uses
}

/// Reads requirements, and returns the indexes of the permissions that they name. Of alternatives
/// all are named: which of them a use needed is unknown, so none of them counts as unused. `None`
/// if `asked` is missing, or if this catalog cannot read one of the requirements.
fn read_asked(context: &Context, members: &Members, problems: &mut Problems) -> Option<Vec<usize>> {
    let catalog = context.deployment.catalog();
    members.value("asked")?;
    let mut named = Vec::new();
    for (text, _) in members.texts("asked", MAX_ASKED, problems) {
        let text = Value::Text(text.to_owned());
        let requirement = Requirement::read(Some(&text), catalog, &mut Problems::default())?;
        named.extend(requirement.named(catalog));
    }
    Some(named)
}

/// Reads `from`: the time of the last use by address. A text that is no address is skipped, so that
/// a mistake of the host does not lose the rest.
fn read_from(members: &Members, problems: &mut Problems) -> Vec<(Address, Instant)> {
    let path = members.path("from");
    let entries = members
        .value("from")
        .and_then(|value| Members::open_any(value, &path, problems));
    let Some(entries) = entries else {
        return Vec::new();
    };
    let mut from = Vec::new();
    for (text, _, place) in entries.each() {
        if from.len() == MAX_ADDRESSES {
            problems.add(&place, format!("at most {MAX_ADDRESSES} addresses are allowed"));
            break;
        }
        let at = entries.instant(text, problems);
        if let (Some(address), Some(at)) = (Address::of_peer(text), at) {
            from.push((address, at));
        }
    }
    from
}

/// Whether the record or the usage of a token is damaged. For a damaged record no use is stored;
/// damaged usage is replaced.
fn is_unreadable(context: &Context, id: &TokenId) -> Result<bool, Suspend> {
    let [record, usage] = context.reads.get([&keys::token(id), &keys::usage(id)])?;
    let record = record.is_some_and(|text| Stored::parse(id, text, context.vocabularies).is_err());
    Ok(record || usage.is_some_and(|text| Usage::parse(text).is_err()))
}

/// The tokens that a session came from.
fn parents_of(context: &Context, id: &TokenId) -> Result<Vec<TokenId>, Suspend> {
    let found = stored(context, id)?;
    Ok(found.map_or_else(Vec::new, |found| found.record.token().parents.clone()))
}

/// Adds the uses of a token and their consequences to the batch.
fn apply_use<'c>(
    context: &Context<'c>,
    used: &Use,
    authority: &Authority,
    changes: &mut WriteBatch,
    totals: &mut UsageTotals<'c>,
) -> Result<(), Suspend> {
    changes.mention(&used.id);
    // The uses of a deleted token are dropped.
    let Some(found) = stored(context, &used.id)? else {
        return Ok(());
    };
    let token = found.record.token();
    totals.enter(context, &used.id, used)?;
    for parent in &token.parents {
        totals.enter(context, parent, used)?;
    }
    let changed = consequence(context, used, &found.record, authority);
    if let Some(changed) = &changed {
        changes.replace_token(&found, changed);
        totals.leave_record(&used.id);
    }
    // A change of the status already has an audit entry, but the end of an old secret tells nothing
    // about the reuse.
    let after = changed.as_ref().map_or(token, Record::token);
    if is_reuse(context, used, &found.record) && after.status == token.status {
        changes.note_token(after);
    }
    Ok(())
}

/// Whether a rotated-out secret was used. The time of the flush decides whether a grace is over:
/// the verifier's clock may have been ahead, and must not end a token. Nor may a jump of this
/// host's clock. After an aborted rotation, the old secret is the current one.
fn is_reuse(context: &Context, used: &Use, record: &Record) -> bool {
    let grace_end = used.grace_over.and_then(|rotation| record.grace_end_of(rotation));
    used.reused || grace_end.is_some_and(|end| context.time.earliest() >= end)
}

/// The record after a use, if the policy of the token changes it.
fn consequence(context: &Context, used: &Use, record: &Record, authority: &Authority) -> Option<Record> {
    let token = record.token();
    if is_reuse(context, used, record) {
        let kind = context.deployment.catalog().kind(&token.kind).ok()?;
        let status = match kind.rotation().reuse {
            // The use of the new secret can still end the old one, so that the bearer of an older
            // secret cannot prevent it.
            Reuse::Alert => None,
            Reuse::Disable => Some(Status::Disabled),
            Reuse::Revoke => Some(Status::Revoked),
        };
        if let Some(status) = status {
            let changes = token.status == Status::Active
                || (token.status == Status::Disabled && status == Status::Revoked);
            return changes.then(|| with_status(context, record, authority, status, None));
        }
    }
    // A use of another rotation's secret is no evidence: the bearer may never have received the
    // secret of this one.
    let ends_old = token
        .rotation
        .as_ref()
        .is_some_and(|rotation| rotation.end_old_at_first_use && used.successor == Some(rotation.revision));
    ends_old.then(|| record.confirmed())
}
