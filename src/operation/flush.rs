//! `flush(uses)`: what verifiers saw of the use of tokens, taken into the store apart from the records. The use of a session is one of the
//! tokens that it came from too. Only two things of it change a token, by its own policy: the first use of a new secret may end the old one,
//! and the use of a rotated-out secret may end the token.

use std::num::NonZeroU32;

use super::authority::Authority;
use super::change::with_status;
use super::changes::Changes;
use super::ledger::{Ledger, stored};
use super::marker::Mark;
use super::{Answer, Context, Operation, Outcome};
use crate::actor::Actor;
use crate::catalog::Reuse;
use crate::condition::Address;
use crate::credential::TokenId;
use crate::input::{Members, Path, Problems, Value};
use crate::keys;
use crate::record::{Record, Stored};
use crate::refusal::Refusal;
use crate::requirement::Requirement;
use crate::step::Halt;
use crate::time::Instant;
use crate::token::Status;
use crate::usage::Usage;

/// The most tokens of one call.
const MOST: usize = 20;

/// The most requirements that are told of one token.
const MOST_ASKED: usize = 100;

/// The most addresses that are told of one token.
const MOST_ADDRESSES: usize = 5;

/// What was seen of one token since the last flush.
pub(super) struct Use {
    pub(super) id: TokenId,
    /// The first of these uses, and the last.
    pub(super) first: Instant,
    pub(super) at: Instant,
    /// How often it was used; not at all if only a rotated-out secret was presented.
    pub(super) uses: Option<NonZeroU32>,
    /// The rotation whose new secret was used, by its revision.
    pub(super) successor: Option<u64>,
    pub(super) reused: bool,
    /// The rotation whose old secret was used after its grace, by its revision, as the verifier's clock had it.
    pub(super) grace_over: Option<u64>,
    /// The permissions that were asked for, by index.
    pub(super) asked: Vec<usize>,
    /// Whether some uses did not tell what for.
    pub(super) untold: bool,
    /// From where, as far as that was told.
    pub(super) from: Vec<(Address, Instant)>,
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
    let mut above = Vec::new();
    for used in &uses {
        for id in parents_of(context, &used.id)? {
            above.extend([keys::token(&id), keys::usage(&id)]);
        }
    }
    context.reads.get_all(&above)?;
    let [marked] = context.reads.get([mark.key()])?;
    if let Some(done) = mark.found(marked)? {
        let flushed = uses.iter().take_while(|used| done.contains(&used.id)).count();
        let unreadable = Vec::new();
        return Ok(Outcome::Answer(Answer::Flushed { flushed, unreadable }));
    }
    let actor = Actor::maintenance();
    let authority = Authority::read(context, &actor)?;
    let mut changes = Changes::new(context, Operation::Flush, authority.id());
    let mut ledger = Ledger::default();
    let (mut flushed, mut unreadable) = (0, Vec::new());
    for used in &uses {
        let more = Ledger::MOST_PER_TOKEN * parents_of(context, &used.id)?.len();
        let has_room = changes.has_room(&authority, ledger.weight() + more, ledger.size());
        // One always goes, so that a flush comes to its end.
        if flushed > 0 && !has_room {
            break;
        }
        if is_unreadable(context, &used.id)? {
            unreadable.push(used.id);
        }
        take_in(context, used, &authority, &mut changes, &mut ledger)?;
        flushed += 1;
    }
    ledger.write(&mut changes);
    Ok(Outcome::Commit(
        changes.finish(mark, None)?,
        Answer::Flushed { flushed, unreadable },
    ))
}

/// Reads `[{ id, at, firstAt?, uses?, successor?, reused?, graceOver?, asked?, untold?, from? }]`. Without `asked` it is not told what the uses were for.
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
            // A clock that runs ahead keeps no token from going idle, be it the verifier's or this host's.
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

/// Reads requirements, and answers the permissions that they name. Of alternatives all are named: which of them a use needed nobody knows,
/// and none of them was idle. Nothing, where one of them cannot be read by this catalog.
fn read_asked(context: &Context, members: &Members, problems: &mut Problems) -> Option<Vec<usize>> {
    let catalog = context.deployment.catalog();
    members.value("asked")?;
    let mut named = Vec::new();
    for (text, _) in members.texts("asked", MOST_ASKED, problems) {
        let text = Value::Text(text.to_owned());
        let requirement = Requirement::read(Some(&text), catalog, &mut Problems::default())?;
        named.extend(requirement.named(catalog));
    }
    Some(named)
}

/// Reads when uses came from which addresses. What is no address is left out: the host's mistake is no reason to lose the rest.
fn read_from(members: &Members, problems: &mut Problems) -> Vec<(Address, Instant)> {
    let path = members.path("from");
    let told = members
        .value("from")
        .and_then(|value| Members::open_any(value, &path, problems));
    let Some(told) = told else {
        return Vec::new();
    };
    let mut from = Vec::new();
    for (text, _, place) in told.each() {
        if from.len() == MOST_ADDRESSES {
            problems.add(&place, format!("at most {MOST_ADDRESSES} addresses are allowed"));
            break;
        }
        let at = told.instant(text, problems);
        if let (Some(address), Some(at)) = (Address::of_peer(text), at) {
            from.push((address, at));
        }
    }
    from
}

/// Whether what is stored of a token, or of its use, cannot be read. Nothing is noted of the one, and the other is begun anew.
fn is_unreadable(context: &Context, id: &TokenId) -> Result<bool, Halt> {
    let [record, usage] = context.reads.get([&keys::token(id), &keys::usage(id)])?;
    let record = record.is_some_and(|text| Stored::parse(id, text).is_err());
    Ok(record || usage.is_some_and(|text| Usage::parse(text).is_err()))
}

/// The tokens that a session came from.
fn parents_of(context: &Context, id: &TokenId) -> Result<Vec<TokenId>, Halt> {
    let found = stored(context, id)?;
    Ok(found.map_or_else(Vec::new, |found| found.record.token().parents.clone()))
}

fn take_in<'c>(
    context: &Context<'c>,
    used: &Use,
    authority: &Authority,
    changes: &mut Changes,
    ledger: &mut Ledger<'c>,
) -> Result<(), Halt> {
    changes.mention(&used.id);
    // A token that is gone leaves nothing behind.
    let Some(found) = stored(context, &used.id)? else {
        return Ok(());
    };
    let token = found.record.token();
    ledger.enter(context, &used.id, used)?;
    for parent in &token.parents {
        ledger.enter(context, parent, used)?;
    }
    let changed = consequence(context, used, &found.record, authority);
    if let Some(changed) = &changed {
        changes.replace_token(&found, changed);
        ledger.leave_record(&used.id);
    }
    // A change of the status tells of the reuse itself; the end of an old secret says nothing of it.
    let after = changed.as_ref().map_or(token, Record::token);
    if is_reuse(context, used, &found.record) && after.status == token.status {
        changes.note_token(after);
    }
    Ok(())
}

/// Whether a secret was used that was rotated out. That a grace is over is judged by the time of the flush: the clock of the verifier may have
/// been ahead, and its word ends no token. Nor does a jump of this host's clock. Of a rotation that was aborted since, the old secret is the
/// present one.
fn is_reuse(context: &Context, used: &Use, record: &Record) -> bool {
    let grace_end = used.grace_over.and_then(|rotation| record.grace_end_of(rotation));
    used.reused || grace_end.is_some_and(|end| context.time.earliest() >= end)
}

/// What the use of a token changes in it, by its own policy.
fn consequence(context: &Context, used: &Use, record: &Record, authority: &Authority) -> Option<Record> {
    let token = record.token();
    if is_reuse(context, used, record) {
        let kind = context.deployment.catalog().kind(&token.kind).ok()?;
        let status = match kind.rotation().reuse {
            // The use of the new secret still ends the old one: whoever has an older one cannot keep that from happening.
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
    // Of another rotation the use says nothing: the secret of this one may never have reached its bearer.
    let ends_old = token
        .rotation
        .as_ref()
        .is_some_and(|rotation| rotation.end_old_at_first_use && used.successor == Some(rotation.revision));
    ends_old.then(|| record.confirmed())
}
