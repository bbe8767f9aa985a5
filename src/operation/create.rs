//! `create(input, actor)`: a selection becomes a frozen grant, and a credential is shown once.

use super::marker::Mark;
use super::{Answer, Context, Operation, Outcome, refuse_credential};
use crate::actor::Actor;
use crate::catalog::{Kind, Resolution, Selection};
use crate::credential::{Credential, TokenId};
use crate::feed::json;
use crate::input::{Members, Path, Problem, Problems, Value, quote};
use crate::keys;
use crate::name::{Identity, Name};
use crate::permission::Permission;
use crate::record::{Record, Status, Stored, Token};
use crate::refusal::{ErrorCode, Refusal};
use crate::resource::Resource;
use crate::step::{Halt, Write};
use crate::time::Instant;

const MEMBERS: [&str; 9] = [
    "kind",
    "name",
    "subject",
    "owner",
    "resource",
    "expiresIn",
    "expiresAt",
    "notBefore",
    "idempotencyKey",
];

/// How many permissions an error message names.
const NAMED: usize = 10;

/// How many its list of problems has.
const TOLD: usize = 100;

/// What a caller asked for, parsed and resolved.
struct Wanted<'c> {
    kind: &'c Kind,
    name: Name,
    owner: Resource,
    subject: Option<Identity>,
    resource: Resource,
    resolution: Resolution<'c>,
    not_before: Option<Instant>,
    expires_at: Option<Instant>,
    idempotency_key: Option<Identity>,
}

pub(super) fn plan(
    context: &Context,
    input: &Value,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Halt> {
    let wanted = read(context, input, actor, &mut problems);
    let (Some(wanted), true) = (wanted, problems.is_empty()) else {
        return Err(Refusal::from(problems).into());
    };
    authorize(context, &wanted, actor)?;

    let mark = match &wanted.idempotency_key {
        Some(key) => Mark::of_idempotency_key(Operation::Create, actor, key.as_str(), input),
        None => Mark::of_call(context, Operation::Create),
    };
    let credential = Credential::mint(
        context.deployment.prefix(),
        context.time.started,
        &context.entropy.credential(),
    );
    let id = credential.id().clone();
    let (token_key, name_key) = (
        keys::token(&id),
        keys::name(&wanted.owner, wanted.kind.id(), &wanted.name),
    );
    let [marked, taken, named] = context.reads.get([mark.key(), &token_key, &name_key])?;
    if let Some(made) = mark.found(marked)? {
        return made_before(context, credential, &made);
    }
    if wanted.kind.unique_names() && named.is_some() {
        let message = format!(
            "{} has a token of this name already; choose another name",
            wanted.owner
        );
        return Err(Refusal {
            path: Some("name".to_owned()),
            ..Refusal::new(ErrorCode::NameTaken, message)
        }
        .into());
    }
    if taken.is_some() {
        return Err(Refusal::new(ErrorCode::Conflict, "the new token's id is in use; call again").into());
    }

    let token = issue(context, &wanted, actor, id.clone());
    let mut writes = vec![
        Write::create(
            token_key,
            Record::new(credential.digest().clone(), token.clone()).to_text(),
        ),
        Write::create(keys::owner_entry(&wanted.owner, &id), json(&id)),
    ];
    if wanted.kind.unique_names() {
        writes.push(Write::create(name_key, json(&id)));
    }
    writes.push(mark.write(context, &id));
    Ok(Outcome::Commit(
        writes,
        Answer::Created {
            token: Some(credential),
            record: Box::new(token),
        },
    ))
}

fn read<'c>(
    context: &Context<'c>,
    input: &Value,
    actor: &Actor,
    problems: &mut Problems,
) -> Option<Wanted<'c>> {
    let catalog = context.deployment.catalog();
    let known = [MEMBERS.as_slice(), &Selection::MEMBERS].concat();
    let members = Members::open(input, &Path::call(), &known, problems)?;
    let required = |name, problems: &mut Problems| {
        members.required_text(name, problems);
    };
    required("kind", problems);
    required("name", problems);
    let kind = members.parsed("kind", problems, |id| catalog.kind(id));
    if let Some(kind) = kind.filter(|kind| kind.exchanged()) {
        problems.add(
            &members.path("kind"),
            format!("tokens of kind \"{}\" come from an exchange", kind.id()),
        );
    }
    for text in ["name", "subject", "idempotencyKey", "owner", "resource"] {
        refuse_credential(context, &members, text, problems);
    }
    let name = members.parsed("name", problems, Name::parse);
    let subject = members.parsed("subject", problems, Identity::parse);
    let idempotency_key = members.parsed("idempotencyKey", problems, Identity::parse);
    let owner = match members.value("owner") {
        Some(_) => members.parsed("owner", problems, parse_owner),
        None => actor.own_resource().cloned().or_else(|| {
            problems.add(
                &members.path("owner"),
                "is required: the resource that the token belongs to",
            );
            None
        }),
    };
    let resource = match members.value("resource") {
        Some(_) => members.parsed("resource", problems, Resource::parse),
        None => owner.clone(),
    };
    let (not_before, expires_at) =
        kind.map_or((None, None), |kind| read_times(context, &members, kind, problems));
    let selection = Selection::read(&members, problems);
    let resolution = catalog.resolve(&selection, resource.as_ref(), problems);
    Some(Wanted {
        kind: kind?,
        name: name?,
        owner: owner?,
        subject,
        resource: resource?,
        resolution: resolution?,
        not_before,
        expires_at,
        idempotency_key,
    })
}

/// An owner is a resource below the root: a token belongs to somebody.
fn parse_owner(text: &str) -> Result<Resource, String> {
    if text.is_empty() {
        return Err("is empty; a token belongs to a resource such as \"org:acme\"".to_owned());
    }
    Resource::parse(text)
}

fn read_times(
    context: &Context,
    members: &Members,
    kind: &Kind,
    problems: &mut Problems,
) -> (Option<Instant>, Option<Instant>) {
    let now = context.time.now;
    let not_before = members.instant("notBefore", problems);
    let before = problems.len();
    if members.value("expiresIn").is_some() && members.value("expiresAt").is_some() {
        problems.add(
            &members.path("expiresAt"),
            "stands beside expiresIn; give one of the two",
        );
    }
    let given = if members.value("expiresAt").is_some() {
        "expiresAt"
    } else {
        "expiresIn"
    };
    let path = members.path(given);
    let lifetime = members.lifetime("expiresIn", problems);
    let asked = match lifetime {
        Some(lifetime) => problems.keep(&path, now.after(lifetime)),
        None => members.instant("expiresAt", problems),
    };
    if problems.len() > before {
        return (not_before, None);
    }
    let expires_at = problems.keep(&path, kind.expiry(now, asked)).flatten();
    if expires_at.is_some_and(|end| end <= now) {
        problems.add(&path, "has passed already");
    } else if expires_at
        .zip(not_before)
        .is_some_and(|(end, start)| end <= start)
    {
        problems.add(&path, "is not after notBefore: the token could never be used");
    }
    (not_before, expires_at)
}

/// The actor must stand above the owner, and have all that it gives.
fn authorize(context: &Context, wanted: &Wanted, actor: &Actor) -> Result<(), Refusal> {
    let catalog = context.deployment.catalog();
    if !actor.manages(&wanted.owner) {
        let message = format!(
            "the actor is neither {} nor an admin of it, and cannot make tokens for it",
            quote(wanted.owner.as_str())
        );
        return Err(Refusal::new(ErrorCode::Forbidden, message));
    }
    // As whom a token acts is authority too: who is no admin of the owner acts as nobody but themselves.
    let another = wanted
        .subject
        .as_ref()
        .is_some_and(|subject| subject != actor.id());
    if another && !actor.is_admin_of(&wanted.owner) {
        let message =
            "the actor is no admin of the owner, and cannot make a token that acts as somebody else";
        return Err(Refusal {
            path: Some("subject".to_owned()),
            ..Refusal::new(ErrorCode::Forbidden, message)
        });
    }
    let mut excess = wanted.resolution.permissions.clone();
    excess.subtract(&actor.ceiling(catalog, &wanted.resource));
    if excess.is_empty() {
        return Ok(());
    }
    let ids = catalog.ids(&excess);
    let named: Vec<&str> = ids.iter().take(NAMED).map(Permission::as_str).collect();
    let more = if ids.len() > NAMED {
        format!(" and {} more", ids.len() - NAMED)
    } else {
        String::new()
    };
    let place = if wanted.resource.as_str().is_empty() {
        "the root".to_owned()
    } else {
        quote(wanted.resource.as_str())
    };
    let message = format!(
        "the actor does not have at {place}, and so cannot give: {}{more}",
        named.join(", ")
    );
    let problems = ids
        .iter()
        .take(TOLD)
        .map(|id| Problem {
            path: id.to_string(),
            message: "is more than the actor has".to_owned(),
        })
        .collect();
    Err(Refusal {
        problems,
        ..Refusal::new(ErrorCode::ExceedsCeiling, message)
    })
}

fn issue(context: &Context, wanted: &Wanted, actor: &Actor, id: TokenId) -> Token {
    let resolution = &wanted.resolution;
    Token {
        id,
        kind: wanted.kind.id().to_owned(),
        name: wanted.name.clone(),
        owner: wanted.owner.clone(),
        subject: wanted.subject.clone(),
        resource: wanted.resource.clone(),
        role: resolution.role.clone(),
        permissions: context.deployment.catalog().ids(&resolution.permissions),
        resources: resolution.resources.clone(),
        templates: resolution.templates.clone(),
        added: resolution.added.clone(),
        removed: resolution.removed.clone(),
        status: Status::Active,
        reason: None,
        status_changed_at: None,
        status_changed_by: None,
        created_at: context.time.now,
        created_by: actor.id().clone(),
        not_before: wanted.not_before,
        expires_at: wanted.expires_at,
        revision: 1,
    }
}

/// The answer of a call whose token exists. Its credential can be given again only by the very call that made it, which still has the
/// entropy: nobody else can.
fn made_before(context: &Context, credential: Credential, made: &TokenId) -> Result<Outcome, Halt> {
    let [stored] = context.reads.get([&keys::token(made)])?;
    match stored.map(|text| Stored::parse(made, text)) {
        Some(Ok(Stored::Record(record))) => {
            let token = record.digest().matches(credential.digest()).then_some(credential);
            Ok(Outcome::Answer(Answer::Created {
                token,
                record: Box::new(record.token().clone()),
            }))
        }
        Some(Err(_)) => {
            Err(Refusal::new(ErrorCode::StoreUnavailable, "the token's record cannot be read").into())
        }
        _ => Err(Refusal::new(
            ErrorCode::Conflict,
            "the token that this idempotency key made was deleted",
        )
        .into()),
    }
}
