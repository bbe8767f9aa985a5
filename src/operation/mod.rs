//! Plans the management operations: `plan(call, reads, time, entropy)`.
//!
//! Each operation is a pure function of the values read so far. It returns an answer, a commit, or
//! the reads that it still needs. The caller executes reads and commits, and plans again.

mod accounts;
mod answer;
mod arguments;
mod audit;
mod authority;
mod call_time;
mod context;
mod create;
mod create_request;
mod delegation;
mod delegation_checks;
mod delete;
mod describe;
mod drift;
mod edit;
mod entropy;
mod exchange;
mod flush;
mod idempotency;
mod import;
mod job;
mod limit_counters;
mod list;
mod load;
mod operation_name;
mod power;
mod purge;
mod refuse_ended;
mod revoke_all;
mod rotate;
mod sessions;
mod shared_members;
mod status;
mod store_deployment;
mod sweep;
mod technical_user;
mod token_view;
mod unique_name;
mod usage_totals;
mod verify_audit;
mod write_batch;

use crate::codec::json::Value;
use crate::deployment::Deployment;
use crate::input::{Members, Path, Problems, Refusal};
use crate::model::actor::Actor;
use crate::storage::keys;
use crate::storage::plan::{Plan, Reads, Suspend};
use crate::storage::shard_count::ShardCount;
use crate::storage::vocabularies::StoredVocabularies;
pub use answer::Answer;
use arguments::read_id;
use authority::Authority;
pub use call_time::Time;
use context::{Context, Outcome};
pub use delegation_checks::{Aspect, DelegationChecks};
pub use entropy::{ENTROPY, Entropy};
use operation_name::Operation;
use store_deployment::{in_own_store, with_renewed_seal};

/// Plans a management operation with all reads so far. Equal arguments give an equal step.
///
/// `call` is `{ op, …, actor }`, with the arguments of the public method of that name. `time` and
/// `entropy` must be the same in each plan of one call, except `time.now` and `time.highest`.
#[must_use]
pub fn plan(
    deployment: &Deployment,
    call: &Value,
    reads: &Reads,
    time: Time,
    entropy: &Entropy,
) -> Plan<Answer> {
    plan_by(
        DelegationChecks::default(),
        deployment,
        call,
        reads,
        time,
        entropy,
    )
}

/// [`plan`] with other delegation checks. Tests drop one cell of them.
#[doc(hidden)]
#[must_use]
pub fn plan_by(
    checks: DelegationChecks,
    deployment: &Deployment,
    call: &Value,
    reads: &Reads,
    time: Time,
    entropy: &Entropy,
) -> Plan<Answer> {
    plan_unsealed(checks, deployment, reads, time, entropy, |context| {
        dispatch(context, call)
    })
}

/// Plans the exchange of a presented credential for a session token.
///
/// `input` is `{ kind?, name?, permissions?, resource?, expiresIn?, sibling?, context? }`. A
/// credential that may not be used is refused with `invalid_token`.
#[must_use]
pub fn plan_exchange(
    deployment: &Deployment,
    credential: &str,
    input: &Value,
    reads: &Reads,
    time: Time,
    entropy: &Entropy,
) -> Plan<Answer> {
    plan_exchange_by(
        DelegationChecks::default(),
        deployment,
        credential,
        input,
        reads,
        time,
        entropy,
    )
}

/// [`plan_exchange`] with other delegation checks. Tests drop one cell of them.
#[doc(hidden)]
#[must_use]
pub fn plan_exchange_by(
    checks: DelegationChecks,
    deployment: &Deployment,
    credential: &str,
    input: &Value,
    reads: &Reads,
    time: Time,
    entropy: &Entropy,
) -> Plan<Answer> {
    plan_unsealed(checks, deployment, reads, time, entropy, |context| {
        exchange::plan(context, credential, input)
    })
}

/// Runs a plan on the unsealed reads, if the store belongs to the deployment.
fn plan_unsealed(
    checks: DelegationChecks,
    deployment: &Deployment,
    reads: &Reads,
    time: Time,
    entropy: &Entropy,
    plan: impl Fn(&Context) -> Result<Outcome, Suspend>,
) -> Plan<Answer> {
    let step = deployment.seal().around(reads, |reads| {
        let vocabularies = match StoredVocabularies::of(deployment.catalog(), reads) {
            Ok(vocabularies) => vocabularies,
            Err(need) => return need.into(),
        };
        let planned = in_own_store(deployment, reads, |shards| {
            plan(&Context {
                deployment,
                reads,
                vocabularies: &vocabularies,
                time,
                entropy,
                checks,
                shards,
            })
        });
        match planned {
            Ok(Outcome::Answer(answer)) => Plan::Answer(answer),
            Ok(Outcome::Commit(writes, answer)) => Plan::Commit { writes, answer },
            Err(suspend) => suspend.into(),
        }
    });
    with_renewed_seal(deployment, reads, step)
}

fn dispatch(context: &Context, call: &Value) -> Result<Outcome, Suspend> {
    let mut problems = Problems::default();
    let known = ["op", "input", "id", "options", "query", "change", "uses", "actor"];
    let Some(members) = Members::open(call, &Path::call(), &known, &mut problems) else {
        return Err(Refusal::from(problems).into());
    };
    members.required_text("op", &mut problems);
    let operation = members.parsed("op", &mut problems, Operation::parse);
    let argument = |name| members.value(name).unwrap_or(&Value::Null);
    let maintenance = matches!(
        operation,
        Some(Operation::Flush | Operation::Purge | Operation::VerifyAudit)
    );
    let actor = match members.value("actor") {
        None if maintenance => Some(Actor::maintenance()),
        _ => Actor::read(argument("actor"), &mut problems),
    };
    let (Some(operation), Some(actor)) = (operation, actor) else {
        return Err(Refusal::from(problems).into());
    };

    use Operation as Op;
    match operation {
        Op::Create => create::plan(context, argument("input"), &actor, problems),
        Op::ImportKey => import::plan(context, argument("input"), &actor, problems),
        Op::PutAccount => accounts::put(context, argument("input"), &actor, problems),
        Op::List => list::plan(context, argument("query"), &actor, problems),
        Op::Describe => describe::plan(context, argument("query"), &actor, problems),
        Op::Drift => drift::plan(context, argument("query"), &actor, problems),
        Op::Audit => audit::plan(context, argument("query"), &actor, problems),
        Op::VerifyAudit => verify_audit::plan(context, argument("query"), &actor, problems),
        Op::RevokeAll => revoke_all::revoke_all(context, &members, &actor, problems),
        Op::StartJob => job::start(context, &members, &actor, problems),
        Op::GetJob => job::get(context, &members, &actor, problems),
        Op::AdvanceJob => job::advance(context, &members, &actor, problems),
        Op::Purge => purge::plan(context, argument("query"), &actor, problems),
        Op::Flush => flush::plan(context, argument("uses"), problems),
        Op::Exchange => {
            let message = "takes the credential beside the call, not in it";
            problems.add(&members.path("op"), message);
            Err(Refusal::from(problems).into())
        }
        Op::GetAccount | Op::DisableAccount | Op::EnableAccount | Op::DeleteAccount => {
            accounts::one(context, operation, &members, &actor, problems)
        }
        _ => plan_for_token(context, operation, &members, &actor, problems),
    }
}

/// Plans the operations on one existing token.
fn plan_for_token(
    context: &Context,
    operation: Operation,
    members: &Members,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Suspend> {
    let argument = |name| members.value(name).unwrap_or(&Value::Null);
    let options = members.path("options");
    let reason = (operation == Operation::Revoke)
        .then(|| status::read_options(context, argument("options"), &options, &mut problems))
        .flatten();
    let id = read_id(members, &mut problems);
    if operation == Operation::Rotate {
        return rotate::plan(context, id, argument("options"), actor, problems);
    }
    if operation == Operation::Edit {
        return edit::plan(context, id, argument("change"), actor, problems);
    }
    let (Some(id), true) = (id, problems.is_empty()) else {
        return Err(Refusal::from(problems).into());
    };
    let own = actor.own_resource().map(keys::account);
    let changes = operation != Operation::Get;
    let mark = changes.then(|| keys::operation(context.entropy.operation_id()));
    let ahead = std::iter::once(keys::token(&id)).chain(own).chain(mark);
    context.reads.get_all(&ahead.collect::<Vec<_>>())?;
    if changes && let Some(done) = load::done_before(context, operation, &id)? {
        return Ok(done);
    }
    let mut authority = Authority::read(context, actor)?;
    match operation {
        Operation::Disable => status::disable(context, &id, &authority),
        Operation::Enable => status::enable(context, &id, &mut authority),
        Operation::Revoke => status::revoke(context, &id, reason, &authority),
        Operation::Delete => delete::plan(context, &id, &authority),
        Operation::ConfirmRotation => rotate::confirm(context, &id, &authority),
        Operation::AbortRotation => rotate::abort(context, &id, &authority),
        _ => load::get(context, &id, &authority),
    }
}
