//! The management operations, each a pure function of what has been read: `plan(call, reads, time, entropy)`.

mod accounts;
mod audit;
mod authority;
mod bulk;
mod change;
mod changes;
mod create;
mod delete;
mod describe;
mod details;
mod drift;
mod edit;
mod exchange;
mod flush;
mod import;
mod job;
mod ledger;
mod list;
mod lookup;
mod marker;
mod names;
mod over;
mod own_store;
mod power;
mod purge;
mod recount;
mod rotate;
mod sessions;
mod sweep;
mod technical_user;
mod used_token;
mod verify_audit;
mod wanted;

use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

use crate::account::Account;
use crate::actor::Actor;
use crate::credential::{self, Credential, Digest, Prefix, SCHEME, TokenId};
use crate::deployment::Deployment;
use crate::input::{Members, Path, Problems, Value, quote, suggestion};
use crate::keys;
use crate::name::Identity;
use crate::refusal::{ErrorCode, Refusal};
use crate::resource::Resource;
use crate::shard_count::ShardCount;
use crate::step::{Halt, Reads, Step, Write};
use crate::stored::{Blank, restore_by_parsing};
use crate::time::{Instant, SKEW};
use crate::token::Token;
use authority::Authority;
use own_store::{in_own_store, with_renewed_seal};
pub use power::{Aspect, Table};
use used_token::UsedToken;

/// How many random bytes an operation takes, 64: a credential's, and 24 for the id of the operation.
pub const ENTROPY: usize = credential::ENTROPY + 24;

/// The random bytes of one call: drawn once, the same at each plan of it, wiped at the end.
pub struct Entropy(Zeroizing<[u8; ENTROPY]>);

impl Entropy {
    /// Takes the bytes over.
    #[must_use]
    pub fn new(bytes: Zeroizing<[u8; ENTROPY]>) -> Entropy {
        Entropy(bytes)
    }

    /// The credential of a client that keeps its secret to itself.
    #[must_use]
    pub fn mint(&self, prefix: &Prefix, now: Instant) -> Credential {
        Credential::mint(prefix, now, &self.credential())
    }

    /// As [`Entropy::mint`], for the rotation of a token that exists.
    #[must_use]
    pub fn mint_for(&self, prefix: &Prefix, id: TokenId) -> Credential {
        Credential::mint_for(prefix, id, &self.credential())
    }

    fn credential(&self) -> Zeroizing<[u8; credential::ENTROPY]> {
        let mut part = Zeroizing::new([0; credential::ENTROPY]);
        part.iter_mut()
            .zip(self.0.iter())
            .for_each(|(to, from)| *to = *from);
        part
    }

    fn operation_id(&self) -> &[u8] {
        self.0.get(credential::ENTROPY..).unwrap_or_default()
    }
}

/// The time of a call: when it was begun, and now.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    /// When the call was begun: the time in a new token's id.
    pub started: Instant,
    /// When this plan is made, by the host's own reading: what is made ends by it, and what is written bears it.
    pub now: Instant,
    /// The highest instant that the host has taken for the time. It refuses what was over by then, and nothing else.
    pub highest: Instant,
}

impl Time {
    /// Reads `{ now, started, highest }` in milliseconds since the epoch.
    ///
    /// # Errors
    /// When the host's clock cannot be read: it never stands for a time.
    pub fn read(now: f64, started: f64, highest: f64) -> Result<Time, Refusal> {
        let read = |number, what| {
            Instant::from_millis(number).map_err(|message| {
                Refusal::new(
                    ErrorCode::ClockUnreliable,
                    format!("the clock's {what}: {message}"),
                )
            })
        };
        Ok(Time {
            started: read(started, "started")?,
            now: read(now, "now")?,
            highest: read(highest, "highest")?,
        })
    }

    /// The later of both: what is over by either is over.
    fn latest(self) -> Instant {
        self.now.max(self.highest)
    }

    /// The earlier of both. A reading that jumped ahead is not believed yet, and may be forgotten: what cannot be undone, and what somebody
    /// else gains because a time is over, waits until it is over by both.
    fn earliest(self) -> Instant {
        self.now.min(self.highest)
    }

    /// Refuses to make what ends by a clock that is not to be believed: made a year ahead, a session of minutes would live that year.
    fn reliable(self) -> Result<(), Refusal> {
        let Time { now, highest, .. } = self;
        if now.millis().abs_diff(highest.millis()) <= SKEW.millis() {
            return Ok(());
        }
        let message = format!(
            "the clock reads {now}, and by what it read before it should be {highest}. Until both agree within {SKEW}, nothing that ends by \
             it is made; set the clock of this host right, and start the process anew if it was ahead"
        );
        Err(Refusal::new(ErrorCode::ClockUnreliable, message))
    }
}

/// The answer of an operation.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// Of create, rotate and exchange: the credential, unless an earlier call or a client made it, and the token.
    Created {
        /// The credential, shown once. It is handed over apart from the rest of the answer, so that no text with it in it is made: here it
        /// is null.
        #[serde(serialize_with = "as_null")]
        token: Option<Credential>,
        /// The token.
        record: Box<Token>,
    },
    /// Of the other changes of a token.
    Token(Box<Token>),
    /// Of get.
    Used(Box<UsedToken>),
    /// Of delete.
    Deleted {
        /// The id of what was deleted.
        id: TokenId,
    },
    /// Of list.
    Page(list::Page),
    /// Of describe.
    Description(Box<describe::Description>),
    /// Of drift.
    Drift(drift::Report),
    /// Of the account operations.
    Account(Box<Account>),
    /// Of deleteAccount.
    DeletedAccount {
        /// The id of what was deleted.
        id: Resource,
    },
    /// Of revokeAll and purge.
    Sweep(bulk::Sweep),
    /// Of the operations on jobs.
    Job(Box<job::Told>),
    /// Of importKey.
    Imported {
        /// The token of the key.
        record: Box<Token>,
        /// Whether this call made it; the digest was there already otherwise.
        imported: bool,
    },
    /// Of audit.
    Audit(audit::Page),
    /// Of verifyAudit.
    AuditCheck(verify_audit::AuditCheck),
    /// Of flush.
    Flushed {
        /// How many of the uses, from the first, are taken in.
        flushed: usize,
        /// The tokens of which what is stored cannot be read.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        unreadable: Vec<TokenId>,
    },
}

impl Answer {
    /// The credential of a token that was just made.
    #[must_use]
    pub fn credential(&self) -> Option<&Credential> {
        if let Answer::Created { token, .. } = self {
            token.as_ref()
        } else {
            None
        }
    }
}

fn as_null<S: Serializer>(_: &Option<Credential>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}

/// What an operation decided when it halts no more.
enum Outcome {
    Answer(Answer),
    Commit(Vec<Write>, Answer),
}

/// Everything that an operation rests on.
struct Context<'c> {
    deployment: &'c Deployment,
    reads: &'c Reads,
    time: Time,
    entropy: &'c Entropy,
    /// What authority is asked about.
    table: Table,
    /// How many shards the change feed of the store has.
    shards: ShardCount,
}

/// The operations by the name that a call and the audit trail have for them.
macro_rules! operations {
    ($($variant:ident $name:literal),* $(,)?) => {
        /// A call: `{ op, …, actor }`, the arguments of the public method of the same name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        enum Operation {
            $(#[serde(rename = $name)] $variant),*
        }

        impl Operation {
            const NAMES: &'static [(&'static str, Operation)] = &[$(($name, Operation::$variant)),*];

            fn name(self) -> &'static str {
                match self {
                    $(Operation::$variant => $name),*
                }
            }
        }
    };
}

operations! {
    Create "create",
    Get "get",
    List "list",
    Edit "edit",
    Disable "disable",
    Enable "enable",
    Revoke "revoke",
    RevokeAll "revokeAll",
    StartJob "startJob",
    GetJob "getJob",
    AdvanceJob "advanceJob",
    Delete "delete",
    Purge "purge",
    Rotate "rotate",
    ConfirmRotation "confirmRotation",
    AbortRotation "abortRotation",
    Exchange "exchange",
    ImportKey "importKey",
    PutAccount "putAccount",
    GetAccount "getAccount",
    DisableAccount "disableAccount",
    EnableAccount "enableAccount",
    DeleteAccount "deleteAccount",
    Describe "describe",
    Drift "drift",
    Audit "audit",
    VerifyAudit "verifyAudit",
    Flush "flush",
}

impl Operation {
    /// Whether it takes power away, whatever it finds: it overtakes what gives some.
    fn ends(self) -> bool {
        use Operation as Op;
        matches!(
            self,
            Op::Disable
                | Op::Revoke
                | Op::RevokeAll
                | Op::Delete
                | Op::ConfirmRotation
                | Op::AbortRotation
                | Op::PutAccount
                | Op::DisableAccount
                | Op::DeleteAccount
        )
    }

    /// Whether what it leaves, or what it removes for good, rests on what time it is.
    fn rests_on_time(self) -> bool {
        use Operation as Op;
        matches!(
            self,
            Op::Create | Op::ImportKey | Op::Exchange | Op::Rotate | Op::Enable | Op::Purge
        )
    }

    fn parse(text: &str) -> Result<Operation, String> {
        let names = Operation::NAMES.iter();
        names
            .clone()
            .find(|(name, _)| *name == text)
            .map(|(_, operation)| *operation)
            .ok_or_else(|| {
                let hint = suggestion(text, names.map(|(name, _)| *name));
                format!("there is no operation {}{hint}", quote(text))
            })
    }
}

restore_by_parsing!(Operation);

impl Blank for Operation {
    fn blank() -> Operation {
        Operation::Create
    }
}

/// Plans an operation with everything read so far. The same arguments give the same step.
#[must_use]
pub fn plan(
    deployment: &Deployment,
    call: &Value,
    reads: &Reads,
    time: Time,
    entropy: &Entropy,
) -> Step<Answer> {
    plan_by(Table::default(), deployment, call, reads, time, entropy)
}

/// [`plan`] by a table that a test has dropped a cell of.
#[doc(hidden)]
#[must_use]
pub fn plan_by(
    table: Table,
    deployment: &Deployment,
    call: &Value,
    reads: &Reads,
    time: Time,
    entropy: &Entropy,
) -> Step<Answer> {
    settled(table, deployment, reads, time, entropy, |context| {
        dispatch(context, call)
    })
}

/// Plans the exchange of a presented credential for a session's: `input` is `{ permissions?, resource?, expiresIn?, … }`.
#[must_use]
pub fn plan_exchange(
    deployment: &Deployment,
    credential: &str,
    input: &Value,
    reads: &Reads,
    time: Time,
    entropy: &Entropy,
) -> Step<Answer> {
    plan_exchange_by(
        Table::default(),
        deployment,
        credential,
        input,
        reads,
        time,
        entropy,
    )
}

/// [`plan_exchange`] by a table that a test has dropped a cell of.
#[doc(hidden)]
#[must_use]
pub fn plan_exchange_by(
    table: Table,
    deployment: &Deployment,
    credential: &str,
    input: &Value,
    reads: &Reads,
    time: Time,
    entropy: &Entropy,
) -> Step<Answer> {
    settled(table, deployment, reads, time, entropy, |context| {
        exchange::plan(context, credential, input)
    })
}

/// What a plan comes to, in a store of the deployment, on what the seals of the reads hold.
fn settled(
    table: Table,
    deployment: &Deployment,
    reads: &Reads,
    time: Time,
    entropy: &Entropy,
    plan: impl Fn(&Context) -> Result<Outcome, Halt>,
) -> Step<Answer> {
    let step = deployment.seal().around(reads, |reads| {
        let planned = in_own_store(deployment, reads, |shards| {
            plan(&Context {
                deployment,
                reads,
                time,
                entropy,
                table,
                shards,
            })
        });
        match planned {
            Ok(Outcome::Answer(answer)) => Step::Answer(answer),
            Ok(Outcome::Commit(writes, answer)) => Step::Commit { writes, answer },
            Err(halt) => halt.into(),
        }
    });
    with_renewed_seal(deployment, reads, step)
}

fn dispatch(context: &Context, call: &Value) -> Result<Outcome, Halt> {
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
        Op::RevokeAll => bulk::revoke_all(context, &members, &actor, problems),
        Op::StartJob => job::start(context, &members, &actor, problems),
        Op::GetJob => job::get(context, &members, &actor, problems),
        Op::AdvanceJob => job::advance(context, &members, &actor, problems),
        Op::Purge => purge::plan(context, argument("query"), &actor, problems),
        Op::Flush => flush::plan(context, argument("uses"), problems),
        Op::Exchange => {
            let message = "takes the credential apart from the call";
            problems.add(&members.path("op"), message);
            Err(Refusal::from(problems).into())
        }
        Op::GetAccount | Op::DisableAccount | Op::EnableAccount | Op::DeleteAccount => {
            accounts::one(context, operation, &members, &actor, problems)
        }
        _ => of_one_token(context, operation, &members, &actor, problems),
    }
}

/// The operations on a single token that exists.
fn of_one_token(
    context: &Context,
    operation: Operation,
    members: &Members,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Halt> {
    let argument = |name| members.value(name).unwrap_or(&Value::Null);
    let options = members.path("options");
    let reason = (operation == Operation::Revoke)
        .then(|| change::read_options(context, argument("options"), &options, &mut problems))
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
    if changes && let Some(done) = lookup::done_before(context, operation, &id)? {
        return Ok(done);
    }
    let mut authority = Authority::read(context, actor)?;
    match operation {
        Operation::Disable => change::disable(context, &id, &authority),
        Operation::Enable => change::enable(context, &id, &mut authority),
        Operation::Revoke => change::revoke(context, &id, reason, &authority),
        Operation::Delete => delete::plan(context, &id, &authority),
        Operation::ConfirmRotation => rotate::confirm(context, &id, &authority),
        Operation::AbortRotation => rotate::abort(context, &id, &authority),
        _ => lookup::get(context, &id, &authority),
    }
}

/// Refuses a text that is stored and shown, where somebody pasted a credential into it.
fn refuse_credential(context: &Context, members: &Members, name: &str, problems: &mut Problems) {
    if let Some(Value::Text(text)) = members.value(name)
        && context.deployment.prefix().appears_in(text)
    {
        problems.add(
            &members.path(name),
            "has a credential in it, which must not be stored; write something else",
        );
    }
}

/// The id of the token that an operation is done to.
fn read_id(members: &Members, problems: &mut Problems) -> Option<TokenId> {
    members.required_text("id", problems);
    members.parsed("id", problems, TokenId::parse)
}

/// The digest of a secret that a client minted: `{ digest, scheme }`. What it is of has to be said, because a digest of anything else makes a
/// secret that never verifies.
fn read_digest(members: &Members, problems: &mut Problems) -> Option<Digest> {
    let digest = members.parsed("digest", problems, |text| {
        Digest::from_hex(text).ok_or_else(|| "expected 64 hexadecimal digits in lower case".to_owned())
    });
    match (members.value("digest"), members.value("scheme")) {
        (Some(_), None) => problems.add(
            &members.path("scheme"),
            format!("is required beside digest: \"{SCHEME}\", as mint answers it; an older client has to be updated"),
        ),
        (None, Some(_)) => problems.add(&members.path("digest"), "is required beside scheme"),
        _ => {}
    }
    let scheme = members.parsed("scheme", problems, |text| {
        if text == SCHEME {
            return Ok(());
        }
        Err(format!(
            "expected \"{SCHEME}\", as mint answers it; another version of Leastkey has minted this secret"
        ))
    });
    digest.filter(|_| scheme.is_some())
}

/// The key by which a retry of a call is known.
fn read_idempotency_key(context: &Context, members: &Members, problems: &mut Problems) -> Option<Identity> {
    refuse_credential(context, members, "idempotencyKey", problems);
    members.parsed("idempotencyKey", problems, Identity::parse)
}
