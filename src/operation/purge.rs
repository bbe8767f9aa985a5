//! `purge`: deletes tokens that have been over for a long time, a page at a time.
//!
//! A page commits what fits into one commit. The caller continues from `next` until there is none.
//! Committed pages stay committed, so an interrupted purge can be started again, and two concurrent
//! ones do no harm.

use super::answer::{Answer, Sweep};
use super::arguments::or_empty;
use super::authority::Authority;
use super::context::{Context, Outcome};
use super::idempotency::IdempotencyRecord;
use super::list::may_see;
use super::load::{Found, may_manage};
use super::operation_name::Operation;
use super::revoke_all::read_owner;
use super::technical_user::release;
use super::unique_name::free_name;
use super::write_batch::WriteBatch;
use crate::codec::json::Value;
use crate::input::{Members, Path, Problems, Refusal};
use crate::model::actor::Actor;
use crate::model::record::Stored;
use crate::model::token::{Status, Token};
use crate::storage::keys;
use crate::storage::plan::{Range, Suspend};
use crate::value::resource::Resource;
use crate::value::time::{Instant, Lifetime, TimeMembers as _};

/// How many tokens one page looks at.
const PAGE: usize = 100;

/// How many tokens are read at once while some are deleted: about as many as fit into a commit.
const AT_ONCE: usize = 6;

/// `purge({ owner?, overFor?, dryRun?, after? }, actor?)`. The default of `overFor` is 90 days.
pub(super) fn plan(
    context: &Context,
    query: &Value,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Suspend> {
    let known = ["owner", "overFor", "dryRun", "after"];
    let Some(members) = Members::open(or_empty(Some(query)), &Path::call(), &known, &mut problems) else {
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
    let mark = IdempotencyRecord::of_call(context, Operation::Purge);
    let [marked] = context.reads.get([mark.key()])?;
    let [below, _] = keys::owner_ranges(&owner);
    // An earlier attempt of this call was committed. Its deleted tokens are no longer listed, so
    // the next page begins at the same place.
    if let Some(ids) = mark.found(marked)? {
        return Ok(Outcome::Answer(Answer::Sweep(Sweep {
            scanned: ids.len(),
            ids,
            next: Some(after.map_or(below, str::to_owned)),
            ..Sweep::default()
        })));
    }
    let mut page = Page {
        context,
        authority: &authority,
        owner: &owner,
        over_for,
        dry_run,
        changes: WriteBatch::new(context, Operation::Purge, authority.id()),
        report: Sweep::default(),
    };
    page.fill(after.unwrap_or(&below))?;
    if page.changes.is_empty() {
        return Ok(Outcome::Answer(Answer::Sweep(page.report)));
    }
    Ok(Outcome::Commit(
        page.changes.finish(mark, Some(&authority))?,
        Answer::Sweep(page.report),
    ))
}

/// One page of a purge.
struct Page<'p, 'c> {
    context: &'c Context<'c>,
    authority: &'p Authority<'c>,
    owner: &'p Resource,
    over_for: Lifetime,
    dry_run: bool,
    changes: WriteBatch<'c>,
    report: Sweep,
}

impl Page<'_, '_> {
    /// Deletes the tokens that fit into the commit. In key order, the entries below an owner
    /// precede those of the owner.
    fn fill(&mut self, after: &str) -> Result<(), Suspend> {
        let [below, own] = keys::owner_ranges(self.owner);
        let is_root = self.owner.as_str().is_empty();
        let mut at = after.to_owned();
        while self.report.scanned < PAGE {
            let in_own = !is_root && at.starts_with(&own);
            let prefix = if in_own { &own } else { &below };
            let limit = self.window();
            let range = Range {
                prefix: prefix.clone(),
                after: Some(at.clone()).filter(|at| at.len() > prefix.len() && at.starts_with(prefix)),
                limit: u32::try_from(limit).unwrap_or(1),
            };
            let entries = self.context.reads.list(&range)?;
            let ids = entries.iter().filter_map(|(key, _)| keys::entry_id(key));
            let keys: Vec<String> = ids.map(|id| keys::token(&id)).collect();
            self.context.reads.get_all(&keys)?;
            for (key, _) in entries {
                if !self.look_at(key)? {
                    self.report.next = Some(at);
                    return Ok(());
                }
                at.clone_from(key);
                // The rest belongs to the next page.
                if !self.changes.has_room(self.authority, 0, 0) {
                    self.report.next = Some(at);
                    return Ok(());
                }
            }
            if entries.len() < limit {
                if in_own || is_root {
                    return Ok(());
                }
                at.clone_from(&own);
            }
        }
        self.report.next = Some(at);
        Ok(())
    }

    /// How many entries to read at once: more if none of the tokens so far was deleted.
    fn window(&self) -> usize {
        let left = PAGE.saturating_sub(self.report.scanned).max(1);
        match (self.dry_run, self.changes.is_empty()) {
            (true, _) => left,
            (false, true) => left.min(AT_ONCE.max(self.report.scanned)),
            (false, false) => left.min(AT_ONCE),
        }
    }

    /// Looks at one entry of the list. `false` if the token has to wait for the next page.
    fn look_at(&mut self, key: &str) -> Result<bool, Suspend> {
        let Some(id) = keys::entry_id(key) else {
            return Ok(true);
        };
        let [stored] = self.context.reads.get([&keys::token(&id)])?;
        let Some(text) = stored else { return Ok(true) };
        self.report.scanned += 1;
        let record = match Stored::parse(&id, text, self.context.vocabularies) {
            Ok(Stored::Record(record)) => *record,
            Ok(Stored::Tombstone) => return Ok(true),
            Err(_) => {
                self.report.unreadable.push(id);
                return Ok(true);
            }
        };
        let token = record.token();
        let now = self.context.time.now;
        let long_over = over_since(token, now)
            .and_then(|since| since.after(self.over_for).ok())
            .is_some_and(|then| then <= now);
        if !long_over || !self.owner.covers(&token.owner) {
            return Ok(true);
        }
        if may_manage(self.context, token, self.authority).is_err() {
            self.report.not_allowed.push(id);
            return Ok(true);
        }
        if !self.dry_run {
            // A commit can write a key only once. If one technical user backs two tokens, the
            // second waits for the next page.
            let account = token.technical_user.as_ref().map(keys::account);
            if account.is_some_and(|key| self.changes.writes_key(&key)) {
                self.report.scanned -= 1;
                return Ok(false);
            }
            free_name(self.context, &record, &mut self.changes)?;
            release(self.context, token, &mut self.changes)?;
            let found = Found { record, text };
            self.changes.delete_token(&found);
        }
        self.report.ids.push(id);
        Ok(true)
    }
}

/// Since when a token is over: revoked or expired, whichever came first.
fn over_since(token: &Token, now: Instant) -> Option<Instant> {
    let revoked = token
        .status_changed_at
        .filter(|_| token.status == Status::Revoked);
    let expired = token.expires_at.filter(|end| *end <= now);
    revoked.into_iter().chain(expired).min()
}
