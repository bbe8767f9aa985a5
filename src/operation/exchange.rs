//! Derives a session token from a presented one: `exchange(credential, { kind?, permissions?,
//! resource?, expiresIn?, name?, sibling?, context? })`.
//!
//! The session has equal or narrower rights, never outlives the tokens that it came from, and ends
//! with them (RFC 8693 §1.1).

use super::answer::Answer;
use super::arguments::{or_empty, refuse_credential};
use super::authority::{Authority, forbidden};
use super::context::{Context, Outcome};
use super::idempotency::IdempotencyRecord;
use super::operation_name::Operation;
use super::power::Power;
use super::sessions::join;
use super::status::allows;
use super::write_batch::WriteBatch;

use crate::catalog::{Action, Kind};
use crate::codec::decode::DecodeError;
use crate::codec::json::Value;
use crate::input::{ErrorCode, Members, Path, Problems, Refusal};
use crate::model::actor::Actor;
use crate::model::grant::Grant;
use crate::model::id_list::IdList;
use crate::model::question::Question;
use crate::model::record::Record;
use crate::model::requirement::Requirement;
use crate::model::secrets::Secret;
use crate::model::token::{BoundsHeldAt, Status, Token};
use crate::model::verifiable_token::VerifiableToken;
use crate::storage::keys;
use crate::storage::plan::Suspend;
use crate::storage::seal::Seal;
use crate::value::condition::RequestContext;
use crate::value::credential::{Credential, TokenId};
use crate::value::name::Name;
use crate::value::permission::PermissionSet;
use crate::value::resource::Resource;
use crate::value::time::{Instant, Lifetime, TimeMembers as _};
use crate::verify::code::Code;
use crate::verify::dependencies::ResolvedToken;
use crate::verify::known_store::KnownStore;
use crate::verify::verify::begin;

/// The maximum number of tokens in the chain that a session comes from.
const MAX_CHAIN_LENGTH: usize = 4;

/// The default kind of a session.
const SESSION: &str = "session";

struct CreateRequest<'c> {
    kind: &'c Kind,
    name: Option<Name>,
    permissions: Option<PermissionSet>,
    resource: Option<Resource>,
    expires_in: Option<Lifetime>,
    sibling: bool,
    request: RequestContext,
}

pub(super) fn plan(context: &Context, credential: &str, input: &Value) -> Result<Outcome, Suspend> {
    let mut problems = Problems::default();
    let wanted = CreateRequest::read(context, or_empty(Some(input)), &mut problems);
    let (Some(wanted), true) = (wanted, problems.is_empty()) else {
        return Err(Refusal::from(problems).into());
    };
    // The values that an operation has read are open.
    let (open, known) = (Seal::default(), &mut KnownStore::default());
    let verification = match begin(context.deployment, &open, credential, context.reads, known)? {
        Ok(verification) => verification,
        Err(decided) => return Err(not_valid(decided.code()).into()),
    };
    match verification.secret(context.time.latest()) {
        Secret::Current | Secret::Successor => {}
        Secret::Wrong => return Err(not_valid(Code::BadSecret).into()),
        Secret::RotatedOut | Secret::GraceOver => return Err(not_valid(Code::RotatedOut).into()),
    }
    let presented = &Token::of_record(verification.record(), context.vocabularies)
        .map_err(|DecodeError| not_valid(Code::StoreUnavailable))?;
    let catalog = context.deployment.catalog();
    let resolved = ResolvedToken::read(presented, catalog, context.reads, context.vocabularies)?;
    if let Some(code) = resolved.rules.refusal(context.time.latest()) {
        return Err(not_valid(code).into());
    }
    let mark = IdempotencyRecord::of_call(context, Operation::Exchange);
    let actor = Actor::of_token(&presented.id);
    let authority = Authority::read(context, &actor)?;
    let anything = Requirement::default();
    let question = Question {
        request: wanted.request.clone(),
        ..Question::of(&anything)
    };
    if !resolved.rules.meets_conditions(&question, context.time.latest()) {
        return Err(not_valid(Code::ConditionFailed).into());
    }
    // A sibling is not bound by the presented session. If that session has conditions or limits of
    // its own, the result is a session below it instead, to which they apply.
    let has_bounds = presented.conditions.is_some() || presented.limits.is_some();
    let siblings = wanted.sibling && !presented.parents.is_empty() && !has_bounds;
    if !siblings {
        allows(context, presented, Action::Exchange)?;
    }
    let parents = parents_of(presented, siblings)?;
    let ends = ends(context, &wanted, presented, &resolved.parents)?;
    let grant = narrow(&wanted, resolved.rules.grant())?;

    let credential = Credential::mint(
        context.deployment.prefix(),
        context.time.started,
        &context.entropy.credential(),
    );
    let id = *credential.id();
    let (token_key, mark_key) = (keys::token(&id), mark.key().to_owned());
    let [marked, taken] = context.reads.get([&mark_key, &token_key])?;
    if let (Some(_), Some(text)) = (mark.found(marked)?, taken) {
        return committed_answer(context, &id, text, credential);
    }
    if taken.is_some() {
        return Err(Refusal::new(ErrorCode::Conflict, "the new token's id is in use; call again").into());
    }
    let token = session(context, &wanted, presented, parents, &grant, ends, id);
    let power = Power::of_token(&token, grant);
    authority.may_give(context, Operation::Exchange, &power, None)?;
    let record = Record::new(credential.digest().clone(), token);
    let mut changes = WriteBatch::new(context, Operation::Exchange, authority.id());
    changes.create_token(&record);
    join(context, record.token(), ends, &mut changes)?;
    Ok(Outcome::Commit(
        changes.finish(mark, Some(&authority))?,
        Answer::Created {
            token: Some(credential),
            record: Box::new(record.token().clone()),
        },
    ))
}

impl<'c> CreateRequest<'c> {
    fn read(context: &Context<'c>, input: &Value, problems: &mut Problems) -> Option<CreateRequest<'c>> {
        let catalog = context.deployment.catalog();
        let known = [
            "kind",
            "name",
            "permissions",
            "resource",
            "expiresIn",
            "sibling",
            "context",
        ];
        let members = Members::open(input, &Path::call(), &known, problems)?;
        let named = members.text("kind", problems).unwrap_or(SESSION);
        let kind = problems.keep(&members.path("kind"), catalog.kind(named))?;
        if !kind.exchanged() {
            problems.add(
                &members.path("kind"),
                format!("tokens of kind \"{}\" are created, not exchanged", kind.id()),
            );
        }
        refuse_credential(context, &members, "name", problems);
        let permissions = members
            .value("permissions")
            .and_then(|value| catalog.read_set(value, &members.path("permissions"), problems));
        Some(CreateRequest {
            kind,
            name: members.parsed("name", problems, Name::parse),
            permissions,
            resource: members.parsed("resource", problems, Resource::parse),
            expires_in: members.lifetime("expiresIn", problems),
            sibling: members.flag("sibling", problems),
            request: RequestContext::read(members.value("context"), &members.path("context"), problems)?,
        })
    }
}

fn not_valid(code: Code) -> Refusal {
    Refusal::new(
        ErrorCode::InvalidToken,
        format!("the credential may not be used: {}", code.name()),
    )
}

/// The parents of a new session: the presented token and its parents, or for a sibling the parents
/// of the presented one.
fn parents_of(presented: &Token, sibling: bool) -> Result<Vec<TokenId>, Refusal> {
    if sibling {
        return Ok(presented.parents.clone());
    }
    let chain = std::iter::once(&presented.id).chain(&presented.parents);
    let parents: Vec<TokenId> = chain.cloned().collect();
    if parents.len() > MAX_CHAIN_LENGTH {
        return Err(forbidden(format!(
            "the session would come from a chain of more than {MAX_CHAIN_LENGTH} tokens; ask for a sibling"
        )));
    }
    Ok(parents)
}

/// The end of a session: the requested lifetime, but no later than the kind and all parents allow.
fn ends(
    context: &Context,
    wanted: &CreateRequest,
    presented: &Token,
    parents: &[VerifiableToken],
) -> Result<Option<Instant>, Refusal> {
    let now = context.time.now;
    let asked = wanted.expires_in.map(|lifetime| now.after(lifetime)).transpose();
    let asked = asked.map_err(|error| Refusal::argument("expiresIn", &error))?;
    let own = wanted.kind.expiry(now, asked);
    let own = own.map_err(|error| Refusal::argument("expiresIn", &error))?;
    let of_parents = parents.iter().filter_map(|parent| parent.expires_at);
    let all = presented.expires_at.into_iter().chain(of_parents);
    Ok(all.chain(own).min())
}

/// The grant of a session: what is left of the presented token's grant within the boundary, reduced
/// to the requested permissions. If they exceed it, the grant is the one requested, which a later
/// check refuses.
fn narrow(wanted: &CreateRequest, presented: &Grant) -> Result<Grant, Refusal> {
    let boundary = wanted.resource.as_ref().unwrap_or(presented.boundary());
    if !presented.boundary().covers(boundary) {
        return Err(Refusal::at(
            "resource",
            ErrorCode::ExceedsCeiling,
            "resource: is outside the token's own",
        ));
    }
    let reachable = presented.at(boundary);
    let asked = wanted.permissions.as_ref();
    let Some(permissions) = asked else {
        return Ok(reachable);
    };
    if permissions.without(reachable.permissions()).is_empty() {
        return Ok(reachable.only(permissions));
    }
    Ok(Grant::new(permissions.clone(), boundary.clone()))
}

fn session(
    context: &Context,
    wanted: &CreateRequest,
    presented: &Token,
    parents: Vec<TokenId>,
    grant: &Grant,
    ends: Option<Instant>,
    id: TokenId,
) -> Token {
    let catalog = context.deployment.catalog();
    Token {
        id,
        kind: wanted.kind.id().to_owned(),
        name: wanted.name.clone().unwrap_or_else(|| presented.name.clone()),
        description: None,
        tags: Vec::new(),
        metadata: None,
        owner: presented.owner.clone(),
        technical_user: presented.technical_user.clone(),
        parents,
        subject: presented.subject.clone(),
        resource: grant.boundary().clone(),
        // A role is authority over other tokens. It is not passed on.
        role: None,
        permissions: IdList::of(grant.permissions(), catalog),
        resources: grant.resources(catalog),
        templates: Vec::new(),
        added: IdList::listed(Vec::new()),
        removed: IdList::listed(Vec::new()),
        status: Status::Active,
        held_at: None,
        reason: None,
        status_changed_at: None,
        status_changed_by: None,
        enabled_at: None,
        created_at: context.time.now,
        created_by: Actor::of_token(&presented.id).id().clone(),
        not_before: None,
        expires_at: ends,
        idle_after: wanted.kind.idle(),
        conditions: None,
        limits: None,
        bounds_held_at: BoundsHeldAt::default(),
        rotation: None,
        imported: None,
        revision: 1,
    }
}

/// The answer of an earlier attempt of this call that was committed. The call still has the
/// entropy, so the answer contains the credential.
fn committed_answer(
    context: &Context,
    id: &TokenId,
    text: &str,
    credential: Credential,
) -> Result<Outcome, Suspend> {
    match crate::model::record::Stored::parse(id, text, context.vocabularies) {
        Ok(crate::model::record::Stored::Record(record)) if record.digest().matches(credential.digest()) => {
            Ok(Outcome::Answer(Answer::Created {
                token: Some(credential),
                record: Box::new(record.token().clone()),
            }))
        }
        _ => Err(Refusal::new(ErrorCode::Conflict, "the session has ended already").into()),
    }
}
