//! Checks the hash chain of an owner's audit trail by pages: `verifyAudit({ owner, after? },
//! actor?)`.

use super::answer::{Answer, AuditCheck};
use super::arguments::refuse_credential;
use super::authority::Authority;
use super::context::{Context, Outcome};
use super::list::may_see;
use crate::codec::json::Value;
use crate::input::{Members, Path, Problems, Refusal};
use crate::model::actor::Actor;
use crate::storage::audit::{Break, Hash, Page, Position, check};
use crate::storage::keys;
use crate::storage::plan::{Range, Suspend, Write};
use crate::value::resource::Resource;

/// How many entries one page checks.
const PAGE: u32 = 200;

pub(super) fn plan(
    context: &Context,
    query: &Value,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Suspend> {
    let query = read(context, query, &mut problems);
    let (Some((owner, from)), true) = (query, problems.is_empty()) else {
        return Err(Refusal::from(problems).into());
    };
    may_see(&Authority::read(context, actor)?, &owner)?;
    // The head is read before the entries. An entry that is added in between follows the head, so
    // it does not count as missing.
    let head_key = keys::audit_head(&owner);
    let from_key = from.as_ref().map(|from| keys::audit_entry(&owner, from.seq));
    let first: Vec<String> = std::iter::once(&head_key).chain(&from_key).cloned().collect();
    let stored = context.reads.get_all(&first)?;
    let head = stored.first().copied().flatten();
    let range = Range {
        prefix: keys::audit_prefix(&owner),
        after: from_key,
        limit: PAGE,
    };
    let entries = context.reads.list(&range)?;
    let page = Page {
        from: from.as_ref(),
        at_from: stored.get(1).copied().flatten(),
        entries,
        last: entries.len() < PAGE as usize,
        head,
    };
    match check(&owner, &page) {
        Ok(reached) => Ok(Outcome::Answer(Answer::AuditCheck(AuditCheck {
            intact: true,
            checked: entries.len(),
            next: reached.clone().filter(|_| !page.last),
            head: reached,
            problem: None,
        }))),
        // An entry that was added in between is no problem, so a problem is only reported if the
        // head has not changed since it was read.
        Err(broken) => Ok(Outcome::Commit(
            vec![Write::assert(head_key, head)],
            Answer::AuditCheck(failed_check(broken)),
        )),
    }
}

fn failed_check(broken: Break) -> AuditCheck {
    AuditCheck {
        intact: false,
        checked: broken.followed,
        head: None,
        problem: Some(broken.problem),
        next: broken.again_from,
    }
}

/// Reads `{ owner, after?: { seq, hash } }`.
fn read(context: &Context, query: &Value, problems: &mut Problems) -> Option<(Resource, Option<Position>)> {
    let members = Members::open(query, &Path::call(), &["owner", "after"], problems)?;
    refuse_credential(context, &members, "owner", problems);
    members.required_text("owner", problems);
    let owner = members.parsed("owner", problems, Resource::parse);
    let after = members
        .value("after")
        .and_then(|value| read_position(value, &members.path("after"), problems));
    Some((owner?, after))
}

fn read_position(value: &Value, path: &Path, problems: &mut Problems) -> Option<Position> {
    let members = Members::open(value, path, &["seq", "hash"], problems)?;
    if members.value("seq").is_none() {
        problems.add(&members.path("seq"), "is required: the number of an entry");
    }
    members.required_text("hash", problems);
    let seq = members.count("seq", problems);
    let hash = members.parsed("hash", problems, Hash::parse);
    Some(Position {
        seq: seq?,
        hash: hash?,
    })
}
