//! Reads the arguments of `revokeAll`, and plans one page of it.

use super::answer::{Answer, Sweep};
use super::arguments::{or_empty, refuse_credential};
use super::authority::Authority;
use super::context::{Context, Outcome};
use super::idempotency::IdempotencyRecord;
use super::list::may_see;
use super::operation_name::Operation;
use super::status::read_reason;
use super::sweep;
use super::sweep::{Cursor, Meant};
use crate::codec::json::Value;
use crate::input::{Members, Path, Problems, Refusal};
use crate::model::actor::Actor;
use crate::storage::keys;
use crate::storage::plan::Suspend;
use crate::value::credential::TokenId;
use crate::value::name::{Identity, Reason, Tag};
use crate::value::resource::Resource;

/// The arguments of a sweep.
pub(super) struct Asked {
    pub(super) meant: Meant,
    pub(super) cursor: Cursor,
    pub(super) reason: Option<Reason>,
    pub(super) dry_run: bool,
}

/// Reads `{ owner?, tag?, subject?, after? }` and `{ reason?, dryRun? }`. At least one of `owner`,
/// `tag` and `subject` is required.
pub(super) fn read(context: &Context, call: &Members, mut problems: Problems) -> Result<Asked, Refusal> {
    let (query, options) = (call.value("query"), call.value("options"));
    let path = Path::call();
    let known = ["owner", "tag", "subject", "after"];
    let members = Members::open(or_empty(query), &path, &known, &mut problems);
    let Some(members) = members else {
        return Err(Refusal::from(problems));
    };
    if known[..3].iter().all(|name| members.value(name).is_none()) {
        problems.add(
            &members.path("owner"),
            "is required in the query, or a tag or a subject: at least one; owner \"\" is all owners",
        );
    }
    // Each of these texts may become part of a store key, a job or an answer.
    for name in &known[1..] {
        refuse_credential(context, &members, name, &mut problems);
    }
    let meant = Meant {
        owner: read_owner(context, &members, &mut problems),
        tag: members.parsed("tag", &mut problems, Tag::parse),
        subject: members.parsed("subject", &mut problems, Identity::parse),
    };
    let began = context.time.started;
    let cursor = members.parsed("after", &mut problems, |text| Cursor::parse(text, began));
    let (reason, dry_run) = read_options(context, options, &mut problems);
    if !problems.is_empty() {
        return Err(Refusal::from(problems));
    }
    Ok(Asked {
        meant,
        cursor: cursor.unwrap_or_else(|| Cursor::first(None, began)),
        reason,
        dry_run,
    })
}

/// `revokeAll({ owner?, tag?, subject?, after? }, { reason?, dryRun? }, actor)`
pub(super) fn revoke_all(
    context: &Context,
    call: &Members,
    actor: &Actor,
    problems: Problems,
) -> Result<Outcome, Suspend> {
    let asked = read(context, call, problems)?;
    let mark = IdempotencyRecord::of_call(context, Operation::RevokeAll);
    let own = actor.own_resource().map(keys::account);
    let ahead = std::iter::once(mark.key().to_owned()).chain(own);
    context.reads.get_all(&ahead.collect::<Vec<_>>())?;
    let [marked] = context.reads.get([mark.key()])?;
    // An earlier attempt of this call was committed. Its idempotency record cannot be written
    // again, so anything else is left to the next page.
    if let Some(ids) = mark.found(marked)? {
        return Ok(Outcome::Answer(Answer::Sweep(committed_page(asked.cursor, ids))));
    }
    let authority = Authority::read(context, actor)?;
    may_see(&authority, &asked.meant.owner)?;
    let mut page = sweep::Page::new(
        context,
        &authority,
        &asked.meant,
        asked.reason.as_ref(),
        asked.cursor,
    );
    page.dry_run = asked.dry_run;
    let done = page.run(mark)?;
    let answer = Answer::Sweep(Sweep {
        next: done.next.map(|next| next.to_text()),
        ..done.report
    });
    Ok(if done.writes.is_empty() {
        Outcome::Answer(answer)
    } else {
        Outcome::Commit(done.writes, answer)
    })
}

/// The answer of a committed page whose answer was lost. The next page covers the same part of the
/// list.
fn committed_page(cursor: Cursor, ids: Vec<TokenId>) -> Sweep {
    let was_last = cursor.own.is_some_and(|own| ids.contains(&own));
    Sweep {
        // In the first pass, the next page meets and counts these tokens again.
        scanned: if cursor.pass == 1 { 0 } else { ids.len() },
        next: (!was_last).then(|| cursor.again(&ids).to_text()),
        ids,
        ..Sweep::default()
    }
}

/// Reads the member `owner`, which includes every owner below it. The default is the root: all
/// owners.
pub(super) fn read_owner(context: &Context, members: &Members, problems: &mut Problems) -> Resource {
    refuse_credential(context, members, "owner", problems);
    members
        .parsed("owner", problems, Resource::parse)
        .unwrap_or_else(Resource::root)
}

/// Reads `{ reason?, dryRun? }`.
fn read_options(
    context: &Context,
    options: Option<&Value>,
    problems: &mut Problems,
) -> (Option<Reason>, bool) {
    let path = Path::call().member("options");
    match options {
        None | Some(Value::Null) => (None, false),
        Some(value) => {
            let Some(members) = Members::open(value, &path, &["reason", "dryRun"], problems) else {
                return (None, false);
            };
            let dry_run = members.flag("dryRun", problems);
            (read_reason(context, &members, problems), dry_run)
        }
    }
}
