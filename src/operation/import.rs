//! `importKey(row, actor)`: creates a token for a key that another system issued and hashed. The
//! key itself is never passed.

use super::answer::Answer;
use super::arguments::refuse_credential;
use super::authority::Authority;
use super::context::{Context, Outcome};
use super::create::{add, authorize, issue, place};
use super::create_request::CreateRequest;
use super::idempotency::IdempotencyRecord;
use super::load::find;
use super::operation_name::Operation;
use super::write_batch::WriteBatch;
use crate::catalog::Selection;
use crate::codec::decode::decode;
use crate::codec::json::{Value, json};
use crate::input::{ErrorCode, Members, Path, Problems, Refusal};
use crate::model::actor::Actor;
use crate::model::record::Record;
use crate::model::token::{Imported, Status};
use crate::storage::keys;
use crate::storage::plan::{Suspend, Write};
use crate::value::credential::{Credential, Digest, TokenId};
use crate::value::name::Name;
use crate::value::time::{EndOfDay, Instant, TimeMembers as _};

/// The members of a row, besides those that describe a new token.
struct Row {
    digest: Digest,
    hint: Option<Name>,
    created_at: Option<Instant>,
    disabled: bool,
}

pub(super) fn plan(
    context: &Context,
    input: &Value,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Suspend> {
    let own = ["digest", "encoding", "hint", "createdAt", "disabled"];
    let known = [CreateRequest::MEMBERS.as_slice(), &Selection::MEMBERS, &own].concat();
    let members = Members::open(input, &Path::call(), &known, &mut problems);
    let Some(members) = members else {
        return Err(Refusal::from(problems).into());
    };
    context.time.reliable()?;
    let row = read_row(context, &members, &mut problems);
    let wanted = CreateRequest::read(context, &members, actor, &mut problems);
    let (Some(row), Some(wanted), true) = (row, wanted, problems.is_empty()) else {
        return Err(Refusal::from(problems).into());
    };
    let mark = IdempotencyRecord::of_call(context, Operation::ImportKey);
    let digest_key = keys::digest(&row.digest);
    context
        .reads
        .get_all(&[mark.key().to_owned(), digest_key.clone()])?;
    let mut authority = Authority::read(context, actor)?;
    authorize(&wanted, &authority)?;
    let [marked, known] = context.reads.get([mark.key(), &digest_key])?;
    if let Some(text) = known {
        let by_this_call = mark.found(marked)?.is_some();
        return earlier_import(context, &authority, text, by_this_call);
    }
    let placed = place(context, &wanted, &mut authority)?;
    // The imported key has no token id, so one is minted for it.
    let id = *Credential::mint(
        context.deployment.prefix(),
        context.time.started,
        &context.entropy.credential(),
    )
    .id();
    let mut token = issue(context, &wanted, &placed, &authority, id);
    placed.may_be_given(context, Operation::ImportKey, &token, &authority)?;
    token.created_at = row.created_at.unwrap_or(token.created_at);
    token.imported = Some(Imported {
        at: context.time.now,
        hint: row.hint,
    });
    if row.disabled {
        token.status = Status::Disabled;
        token.held_at = Some(authority.place_above(&token.owner));
        token.status_changed_at = Some(context.time.now);
        token.status_changed_by = Some(authority.id().clone());
    }
    let record = Record::imported(row.digest, token);
    let mut changes = WriteBatch::new(context, Operation::ImportKey, authority.id());
    changes.write(Write::create(digest_key, json(&record.token().id)));
    let record = add(context, &wanted, &placed, &authority, record, &mut changes)?;
    Ok(Outcome::Commit(
        changes.finish(mark, Some(&authority))?,
        Answer::Imported {
            record: Box::new(record.token().clone()),
            imported: true,
        },
    ))
}

fn read_row(context: &Context, members: &Members, problems: &mut Problems) -> Option<Row> {
    for name in ["digest", "encoding"] {
        members.required_text(name, problems);
    }
    refuse_credential(context, members, "hint", problems);
    let encoding = members.text("encoding", problems)?;
    let digest = members.parsed("digest", problems, |text| Digest::from_encoded(encoding, text));
    let hint = members.parsed("hint", problems, Name::parse);
    let created_at = members.given_instant("createdAt", EndOfDay::First, context.time.now, problems);
    if created_at.is_some_and(|made| made > context.time.now) {
        problems.add(&members.path("createdAt"), "is in the future");
    }
    Some(Row {
        digest: digest?,
        hint,
        created_at,
        disabled: members.flag("disabled", problems),
    })
}

/// The answer for a digest that was imported before. Nothing is created twice, and an actor learns
/// only of tokens that it manages.
fn earlier_import(
    context: &Context,
    authority: &Authority,
    text: &str,
    by_this_call: bool,
) -> Result<Outcome, Suspend> {
    let conflict = || Refusal::new(ErrorCode::Conflict, "a key with this digest was imported before");
    let id: TokenId = decode(text).map_err(|_| conflict())?;
    let found = find(context, &id, authority).map_err(|suspend| match suspend {
        Suspend::Refuse(_) => conflict().into(),
        suspend => suspend,
    })?;
    Ok(Outcome::Answer(Answer::Imported {
        record: Box::new(found.record.token().clone()),
        imported: by_this_call,
    }))
}
