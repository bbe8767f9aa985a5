//! Runs a sweep as a job.
//!
//! The job's record contains its query, its cursor and its turn. So any process can continue it,
//! and no request has to last as long as the sweep.
//!
//! Each page is one commit that includes the record and expects it unchanged, so a page is
//! committed only once, even with concurrent callers. The turn only keeps two processes from
//! planning the same page. It is the number of pages so far, which the process of the last page
//! knows. Any other process gets the turn once no page was committed for a while.

use std::error::Error;
use std::fmt;

use serde::Serialize;

use super::answer::{Answer, Job, JobProgress, Sweep};
use super::arguments::or_empty;
use super::authority::{Authority, forbidden};
use super::context::{Context, Outcome};
use super::idempotency::IdempotencyRecord;
use super::list::may_see;
use super::operation_name::Operation;
use super::revoke_all;
use super::sweep::{Cursor, Meant, Page};
use super::write_batch::WriteBatch;
use crate::codec::decode::{decode, decode_members};
use crate::codec::json::json;
use crate::input::{ErrorCode, Members, Problems, Refusal};
use crate::model::actor::Actor;
use crate::storage::keys;
use crate::storage::plan::{Suspend, Write};
use crate::value::credential::hex;
use crate::value::time::{Instant, Lifetime, SKEW};

/// The number of bytes of a job id.
const ID: usize = 12;

/// For how long after a page the process of that page keeps the turn.
const TURN: Lifetime = Lifetime::seconds(5);

/// How long after its last page the store may drop a job.
const KEPT: Lifetime = Lifetime::days(30);

/// The maximum number of ids in each list of a job: tokens that the actor may not change, and
/// damaged records.
const MAX_NAMED: usize = 100;

/// The value at the key `job/<id>`.
#[derive(Serialize)]
struct StoredJob {
    v: u8,
    job: Job,
    /// `None` once the job is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<Cursor>,
}

decode_members!(StoredJob {
    required v: "v",
    required job: "job",
    optional cursor: "cursor",
});

fn answer_of(job: Job, advanced: bool) -> Answer {
    Answer::Job(Box::new(JobProgress { job, advanced }))
}

/// `jobs.start({ owner?, tag?, subject?, after? }, { reason? }, actor)`: stores a job without
/// running a page of it.
pub(super) fn start(
    context: &Context,
    call: &Members,
    actor: &Actor,
    problems: Problems,
) -> Result<Outcome, Suspend> {
    let asked = revoke_all::read(context, call, problems)?;
    if asked.dry_run {
        let message = "dryRun: a job has no dry run; call revokeAll for one";
        return Err(Refusal::at("dryRun", ErrorCode::InvalidInput, message).into());
    }
    let drawn = context.entropy.operation_id().iter().copied().take(ID);
    let id = hex(&drawn.collect::<Vec<u8>>());
    let key = keys::job(&id);
    let mark = IdempotencyRecord::of_call(context, Operation::StartJob);
    let [stored, _] = context.reads.get([&key, mark.key()])?;
    // Only a retry within the same call draws the same id.
    if let Some(text) = stored {
        return Ok(Outcome::Answer(answer_of(parse(text)?.job, true)));
    }
    let authority = Authority::read(context, actor)?;
    may_see(&authority, &asked.meant.owner)?;
    let Meant { owner, tag, subject } = asked.meant;
    let held = StoredJob {
        v: 1,
        job: Job {
            id,
            owner,
            tag,
            subject,
            reason: asked.reason,
            started_at: context.time.started,
            started_by: authority.id().clone(),
            updated_at: context.time.now,
            complete: false,
            pages: 0,
            revoked: 0,
            already: 0,
            scanned: 0,
            not_allowed: Vec::new(),
            unreadable: Vec::new(),
        },
        cursor: Some(asked.cursor),
    };
    let mut changes = WriteBatch::new(context, Operation::StartJob, authority.id());
    changes.write(held.write(context, key, None));
    let writes = changes.finish(mark, Some(&authority))?;
    Ok(Outcome::Commit(writes, answer_of(held.job, true)))
}

/// `jobs.get(id, actor)`
pub(super) fn get(
    context: &Context,
    call: &Members,
    actor: &Actor,
    problems: Problems,
) -> Result<Outcome, Suspend> {
    let id = read_id(call, problems)?;
    let authority = Authority::read(context, actor)?;
    let (held, _) = find(context, &id, &authority)?;
    Ok(Outcome::Answer(answer_of(held.job, false)))
}

/// `jobs.advance(id, { turn? }, actor)`: runs one page, if the caller has the turn. Only the actor
/// that started the job can advance it.
pub(super) fn advance(
    context: &Context,
    call: &Members,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Suspend> {
    let path = call.path("options");
    let options = or_empty(call.value("options"));
    let turn = Members::open(options, &path, &["turn"], &mut problems)
        .and_then(|options| options.whole("turn", 0..=u32::MAX, &mut problems));
    let id = read_id(call, problems)?;
    let key = keys::job(&id);
    let mark = IdempotencyRecord::of_call(context, Operation::AdvanceJob);
    let own = actor.own_resource().map(keys::account);
    let ahead = [key.clone(), mark.key().to_owned()].into_iter().chain(own);
    context.reads.get_all(&ahead.collect::<Vec<_>>())?;
    let [stored, marked] = context.reads.get([&key, mark.key()])?;
    // An earlier attempt of this call was committed, so the record includes its page. The next page
    // needs a call of its own, with another idempotency record.
    if mark.found(marked)?.is_some()
        && let Some(text) = stored
    {
        return Ok(Outcome::Answer(answer_of(parse(text)?.job, true)));
    }
    let authority = Authority::read(context, actor)?;
    let (mut held, text) = find(context, &id, &authority)?;
    if held.job.started_by != *authority.id() {
        return Err(
            forbidden("only the actor that started the job can continue it; others can read it").into(),
        );
    }
    // A page from a clock that was ahead must not block the job until that time.
    let (now, updated) = (context.time.now, held.job.updated_at);
    let is_ahead = now.after(SKEW).is_ok_and(|latest| updated > latest);
    let waits = !is_ahead && updated.after(TURN).is_ok_and(|ends| now < ends);
    let Some(cursor) = held
        .cursor
        .take()
        .filter(|_| !waits || turn == Some(held.job.pages))
    else {
        return Ok(Outcome::Answer(answer_of(held.job, false)));
    };
    let meant = Meant {
        owner: held.job.owner.clone(),
        tag: held.job.tag.clone(),
        subject: held.job.subject.clone(),
    };
    let reason = held.job.reason.clone();
    let mut page = Page::new(context, &authority, &meant, reason.as_ref(), cursor);
    page.others = 1;
    let done = page.run(mark)?;
    held.job.add(done.report, context.time.now);
    held.job.complete = done.next.is_none();
    held.cursor = done.next;
    let mut writes = done.writes;
    writes.push(held.write(context, key, Some(text)));
    Ok(Outcome::Commit(writes, answer_of(held.job, true)))
}

impl Job {
    fn add(&mut self, page: Sweep, now: Instant) {
        let add =
            |to: &mut u32, more: usize| *to = to.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
        self.updated_at = now;
        add(&mut self.pages, 1);
        add(&mut self.revoked, page.ids.len());
        add(&mut self.already, page.already);
        add(&mut self.scanned, page.scanned);
        for (named, more) in [
            (&mut self.not_allowed, page.not_allowed),
            (&mut self.unreadable, page.unreadable),
        ] {
            for id in more {
                if named.len() < MAX_NAMED && !named.contains(&id) {
                    named.push(id);
                }
            }
        }
    }
}

impl StoredJob {
    fn write(&self, context: &Context, key: String, read: Option<&str>) -> Write {
        Write {
            expires_at: context.time.now.after(KEPT).ok(),
            ..Write::replace(key, read, json(self))
        }
    }
}

fn read_id(call: &Members, mut problems: Problems) -> Result<String, Refusal> {
    call.required_text("id", &mut problems);
    let id = call.parsed("id", &mut problems, parse_id);
    id.filter(|_| problems.is_empty())
        .ok_or_else(|| Refusal::from(problems))
}

fn parse_id(text: &str) -> Result<String, JobIdError> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let sound = text.len() == 2 * ID && text.bytes().all(is_digit);
    sound.then(|| text.to_owned()).ok_or(JobIdError)
}

/// A text is no id of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct JobIdError;

impl fmt::Display for JobIdError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = 2 * ID;
        write!(
            formatter,
            "expected the id of a job: {digits} digits and letters from a to f"
        )
    }
}

impl Error for JobIdError {}

/// Finds a job whose owner the actor manages.
fn find<'r>(context: &Context<'r>, id: &str, authority: &Authority) -> Result<(StoredJob, &'r str), Suspend> {
    let [stored] = context.reads.get([&keys::job(id)])?;
    let text = stored.ok_or_else(no_job)?;
    let held = parse(text)?;
    if authority.manages(&held.job.owner) {
        Ok((held, text))
    } else {
        Err(no_job().into())
    }
}

/// The refusal for a job that does not exist, and for one that the actor does not manage.
fn no_job() -> Refusal {
    Refusal::new(ErrorCode::NotFound, "there is no such job")
}

fn parse(text: &str) -> Result<StoredJob, Refusal> {
    let held: Option<StoredJob> = decode(text).ok();
    held.filter(|held| held.v == 1).ok_or_else(|| {
        Refusal::new(
            ErrorCode::StoreUnavailable,
            "the record of the job cannot be read: it is damaged, or a later version wrote it",
        )
    })
}
