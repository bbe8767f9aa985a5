//! `revokeAll` and `purge`: many tokens, a page at a time. A page commits what fits in one commit; the caller goes on from `next` until there
//! is none. What was done stays done, so a sweep that was cut off is simply begun again, and two at once do no harm.

use serde::Serialize;

use super::authority::Authority;
use super::change::{read_reason, with_status};
use super::changes::Changes;
use super::list::may_see;
use super::lookup::{Found, may_manage};
use super::marker::Mark;
use super::names::free_name;
use super::technical_user::release;
use super::{Answer, Context, Operation, Outcome, refuse_credential};
use crate::actor::Actor;
use crate::credential::TokenId;
use crate::input::{Members, Path, Problems, Value};
use crate::keys;
use crate::name::{Identity, Reason, Tag};
use crate::planted::{Bug, planted};
use crate::record::Stored;
use crate::refusal::Refusal;
use crate::resource::Resource;
use crate::step::{Halt, Range};
use crate::stored::restore;
use crate::time::{Instant, Lifetime};
use crate::token::{Status, Token};

/// How many entries one page looks at.
const PAGE: u32 = 100;

/// What one page of a sweep did, or in a dry run would do.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sweep {
    /// The tokens.
    ids: Vec<TokenId>,
    /// How many of those that were meant are over already.
    already: usize,
    /// How many the page looked at.
    scanned: usize,
    /// Tokens that were meant, and that the actor may not change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_allowed: Vec<TokenId>,
    /// Tokens whose records are damaged. Verification refuses them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<TokenId>,
    /// Where the next page begins: the `after` of the next call.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What becomes of a token.
enum Judgement {
    /// It is not meant.
    Spare,
    /// It is over already.
    Already,
    /// It is meant.
    Take,
    /// It is meant, but not the actor's to change.
    NotAllowed,
}

/// `revokeAll({ owner?, tag?, subject?, after? }, { reason?, dryRun? }, actor)`
pub(super) fn revoke_all(
    context: &Context,
    call: &Members,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Halt> {
    let (query, options) = (call.value("query"), call.value("options"));
    let nothing = Value::Map(Vec::new());
    let path = Path::call();
    let known = ["owner", "tag", "subject", "after"];
    let members = Members::open(query.unwrap_or(&nothing), &path, &known, &mut problems);
    let Some(members) = members else {
        return Err(Refusal::from(problems).into());
    };
    if known[..3].iter().all(|name| members.value(name).is_none()) {
        problems.add(
            &members.path("owner"),
            "is required, or a tag or a subject: whose tokens are revoked (\"\" for all)",
        );
    }
    let owner = read_owner(context, &members, &mut problems);
    let tag = members.parsed("tag", &mut problems, Tag::parse);
    let subject = members.parsed("subject", &mut problems, Identity::parse);
    let after = members.text("after", &mut problems);
    let (reason, dry_run) = read_options(context, options, &mut problems);
    if !problems.is_empty() {
        return Err(Refusal::from(problems).into());
    }
    let authority = Authority::read(context, actor)?;
    may_see(&authority, &owner)?;
    let judge = |token: &Token| {
        let tagged = tag.as_ref().is_none_or(|tag| token.tags.contains(tag));
        let of_subject = subject
            .as_ref()
            .is_none_or(|subject| token.subject.as_ref() == Some(subject));
        let meant = if planted(Bug::TouchesOtherRows) {
            tagged || of_subject
        } else {
            tagged && of_subject
        };
        match (meant, token.status) {
            (false, _) => Judgement::Spare,
            (true, Status::Revoked) => Judgement::Already,
            (true, _) if may_manage(context, token, &authority).is_err() => Judgement::NotAllowed,
            (true, _) => Judgement::Take,
        }
    };
    let revoke = |found: &Found, changes: &mut Changes| {
        let changed = with_status(
            context,
            &found.record,
            &authority,
            Status::Revoked,
            reason.clone(),
        );
        changes.replace_token(found, &changed);
        Ok(())
    };
    let changes = Changes::new(context, Operation::RevokeAll, authority.id()).because(reason.clone());
    sweep(
        context, &owner, after, dry_run, &judge, &revoke, changes, &authority,
    )
}

/// `purge({ owner?, overFor?, dryRun?, after? }, actor?)`: deletes tokens that expired or were revoked long ago.
pub(super) fn purge(
    context: &Context,
    query: &Value,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Halt> {
    let nothing = Value::Map(Vec::new());
    let query = if *query == Value::Null { &nothing } else { query };
    let known = ["owner", "overFor", "dryRun", "after"];
    let Some(members) = Members::open(query, &Path::call(), &known, &mut problems) else {
        return Err(Refusal::from(problems).into());
    };
    let owner = read_owner(context, &members, &mut problems);
    let over_for = members
        .lifetime("overFor", &mut problems)
        .unwrap_or(Lifetime::days(90));
    let dry_run = members.flag("dryRun", &mut problems);
    let after = members.text("after", &mut problems);
    if !problems.is_empty() {
        return Err(Refusal::from(problems).into());
    }
    let authority = Authority::read(context, actor)?;
    may_see(&authority, &owner)?;
    let now = context.time.now;
    let judge = |token: &Token| {
        let long_over = over_since(token, now)
            .and_then(|since| since.after(over_for).ok())
            .is_some_and(|then| then <= now);
        match long_over {
            false => Judgement::Spare,
            true if may_manage(context, token, &authority).is_err() => Judgement::NotAllowed,
            true => Judgement::Take,
        }
    };
    let delete = |found: &Found, changes: &mut Changes| {
        let token = found.record.token();
        free_name(context, &found.record, changes)?;
        changes.delete_token(found);
        release(context, token, changes)
    };
    let changes = Changes::new(context, Operation::Purge, authority.id());
    sweep(
        context, &owner, after, dry_run, &judge, &delete, changes, &authority,
    )
}

/// Since when a token is over: expired, or revoked.
fn over_since(token: &Token, now: Instant) -> Option<Instant> {
    let revoked = token
        .status_changed_at
        .filter(|_| token.status == Status::Revoked);
    let expired = token.expires_at.filter(|end| *end <= now);
    revoked.into_iter().chain(expired).min()
}

/// The owner of a sweep, with everything below it. Without one, everybody.
fn read_owner(context: &Context, members: &Members, problems: &mut Problems) -> Resource {
    refuse_credential(context, members, "owner", problems);
    members
        .parsed("owner", problems, Resource::parse)
        .unwrap_or_else(Resource::root)
}

/// `{ reason?, dryRun? }`
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

#[allow(clippy::too_many_arguments)] // One private helper of two callers, each argument another thing.
fn sweep<'c>(
    context: &'c Context<'c>,
    owner: &Resource,
    after: Option<&str>,
    dry_run: bool,
    judge: &dyn Fn(&Token) -> Judgement,
    take: &dyn Fn(&Found<'c>, &mut Changes<'c>) -> Result<(), Halt>,
    mut changes: Changes<'c>,
    authority: &Authority,
) -> Result<Outcome, Halt> {
    let mark = Mark::of_call(context, changes.operation());
    let [marked] = context.reads.get([mark.key()])?;
    // What this very call did, whose answer was lost. It has left its marker, so whatever else is to be done is for the next page.
    let done = mark.found(marked)?;
    let mut page = Page::read(context, owner, after)?;
    let mut sweep = Sweep::default();
    if let Some(done) = &done {
        sweep.ids.clone_from(done);
        if !page.cut_after(done) {
            sweep.scanned = done.len();
            sweep.next = Some(page.begin);
            return Ok(Outcome::Answer(Answer::Sweep(sweep)));
        }
    }
    let entries = page.entries;
    let ids: Vec<Option<TokenId>> = entries.iter().map(|(_, value)| entry_id(value)).collect();
    let token_keys: Vec<String> = ids.iter().flatten().map(keys::token).collect();
    context.reads.get_all(&token_keys)?;

    for (at, ((key, _), id)) in entries.iter().zip(&ids).enumerate() {
        let Some(id) = id else { continue };
        let [stored] = context.reads.get([&keys::token(id)])?;
        let Some(text) = stored else { continue };
        sweep.scanned += 1;
        let record = match Stored::parse(id, text) {
            Ok(Stored::Record(record)) if owner.covers(&record.token().owner) => *record,
            Ok(_) => continue,
            Err(_) => {
                sweep.unreadable.push(*id);
                continue;
            }
        };
        match judge(record.token()) {
            Judgement::Spare => {}
            Judgement::Already if done.as_ref().is_some_and(|done| done.contains(id)) => {}
            // Made since.
            Judgement::Take if done.is_some() => {}
            Judgement::Already => sweep.already += 1,
            Judgement::NotAllowed => sweep.not_allowed.push(*id),
            Judgement::Take => {
                if !dry_run {
                    take(&Found { record, text }, &mut changes)?;
                }
                sweep.ids.push(*id);
            }
        }
        let last = at + 1 == entries.len();
        // What has no room is for the next page.
        if !dry_run && !changes.has_room(authority, 0, 0) && !last {
            sweep.next = Some(key.clone());
            break;
        }
        if last && page.more {
            sweep.next = Some(key.clone());
        }
    }
    if entries.is_empty() && page.more {
        sweep.next = Some(keys::owner_prefix(owner));
    }
    if changes.is_empty() {
        return Ok(Outcome::Answer(Answer::Sweep(sweep)));
    }
    Ok(Outcome::Commit(
        changes.finish(mark, Some(authority))?,
        Answer::Sweep(sweep),
    ))
}

/// A page of the entries of an owner and of everything below it.
struct Page<'r> {
    entries: &'r [(String, String)],
    /// Whether anything may follow after this one.
    more: bool,
    /// The `after` with which it was read.
    begin: String,
}

impl<'r> Page<'r> {
    /// In the order of the keys what is below stands before the owner itself.
    fn read(context: &Context<'r>, owner: &Resource, after: Option<&str>) -> Result<Page<'r>, Halt> {
        let [below, own] = keys::owner_ranges(owner);
        let in_own = after.is_some_and(|after| after.starts_with(&own));
        let (prefix, more_ranges) = if in_own {
            (own, false)
        } else {
            (below, !owner.as_str().is_empty())
        };
        let after = after.filter(|after| after.len() > prefix.len() && after.starts_with(&prefix));
        let range = Range {
            prefix,
            after: after.map(str::to_owned),
            limit: PAGE,
        };
        let entries = context.reads.list(&range)?;
        Ok(Page {
            entries,
            more: more_ranges || entries.len() >= PAGE as usize,
            begin: range.after.unwrap_or(range.prefix),
        })
    }

    /// Lets it end with the last of some tokens. `false`: it has none of them any more.
    fn cut_after(&mut self, tokens: &[TokenId]) -> bool {
        let is_one = |(_, value): &(String, String)| entry_id(value).is_some_and(|id| tokens.contains(&id));
        let last = self.entries.iter().rposition(is_one);
        let Some((kept, rest)) = last.and_then(|last| self.entries.split_at_checked(last + 1)) else {
            return false;
        };
        self.more |= !rest.is_empty();
        self.entries = kept;
        true
    }
}

fn entry_id(value: &str) -> Option<TokenId> {
    restore(value).ok()
}
