//! The management operations, each a pure function of what has been read: `plan(call, reads, time, entropy)`.

mod change;
mod create;
mod delete;
mod drift;
mod list;
mod lookup;
mod marker;

use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::actor::Actor;
use crate::credential::{self, Credential, TokenId};
use crate::deployment::Deployment;
use crate::input::{Members, Path, Problems, Value, quote, suggestion};
use crate::record::Token;
use crate::refusal::{ErrorCode, Refusal};
use crate::step::{Halt, Reads, Step, Write};
use crate::time::Instant;

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
    /// When this plan is made.
    pub now: Instant,
}

impl Time {
    /// Reads `{ now, started }` in milliseconds since the epoch.
    ///
    /// # Errors
    /// When the host's clock cannot be read: it never stands for a time.
    pub fn read(now: f64, started: f64) -> Result<Time, Refusal> {
        let read = |number, what| {
            Instant::from_millis(number).map_err(|message| {
                Refusal::new(ErrorCode::InvalidInput, format!("the clock's {what}: {message}"))
            })
        };
        Ok(Time {
            started: read(started, "started")?,
            now: read(now, "now")?,
        })
    }
}

/// The answer of an operation.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// Of create: the credential, unless an earlier call made the token, and the token.
    Created {
        /// The credential, shown once. It is handed over apart from the rest of the answer, so that no text with it in it is made: here it
        /// is null.
        #[serde(serialize_with = "as_null")]
        token: Option<Credential>,
        /// The token.
        record: Box<Token>,
    },
    /// Of get, disable, enable, revoke.
    Token(Box<Token>),
    /// Of delete.
    Deleted {
        /// The id of what was deleted.
        id: TokenId,
    },
    /// Of list.
    Page(list::Page),
    /// Of drift.
    Drift(drift::Report),
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
}

/// A call: `{ op, …, actor }`, the arguments of the public method of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Operation {
    Create,
    Get,
    List,
    Disable,
    Enable,
    Revoke,
    Delete,
    Drift,
}

impl Operation {
    const NAMES: [(&'static str, Operation); 8] = [
        ("create", Operation::Create),
        ("get", Operation::Get),
        ("list", Operation::List),
        ("disable", Operation::Disable),
        ("enable", Operation::Enable),
        ("revoke", Operation::Revoke),
        ("delete", Operation::Delete),
        ("drift", Operation::Drift),
    ];

    fn parse(text: &str) -> Result<Operation, String> {
        Operation::NAMES
            .into_iter()
            .find(|(name, _)| *name == text)
            .map(|(_, operation)| operation)
            .ok_or_else(|| {
                let hint = suggestion(text, Operation::NAMES.into_iter().map(|(name, _)| name));
                format!("there is no operation {}{hint}", quote(text))
            })
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
    deployment.seal().around(reads, |reads| {
        let context = Context {
            deployment,
            reads,
            time,
            entropy,
        };
        match dispatch(&context, call) {
            Ok(Outcome::Answer(answer)) => Step::Answer(answer),
            Ok(Outcome::Commit(writes, answer)) => Step::Commit { writes, answer },
            Err(halt) => halt.into(),
        }
    })
}

fn dispatch(context: &Context, call: &Value) -> Result<Outcome, Halt> {
    let mut problems = Problems::default();
    let known = ["op", "input", "id", "options", "query", "actor"];
    let absent = Value::Null;
    let members = Members::open(call, &Path::call(), &known, &mut problems);
    let Some(members) = members else {
        return Err(Refusal::from(problems).into());
    };
    members.required_text("op", &mut problems);
    let operation = members.parsed("op", &mut problems, Operation::parse);
    let argument = |name| members.value(name).unwrap_or(&absent);
    let actor = Actor::read(argument("actor"), &mut problems);
    let (Some(operation), Some(actor)) = (operation, actor) else {
        return Err(Refusal::from(problems).into());
    };

    match operation {
        Operation::Create => create::plan(context, argument("input"), &actor, problems),
        Operation::List => list::plan(context, argument("query"), &actor, problems),
        Operation::Drift => drift::plan(context, argument("query"), &actor, problems),
        Operation::Get => lookup::get(context, &read_id(&members, problems)?, &actor),
        Operation::Disable => change::disable(context, &read_id(&members, problems)?, &actor),
        Operation::Enable => change::enable(context, &read_id(&members, problems)?, &actor),
        Operation::Delete => delete::plan(context, &read_id(&members, problems)?, &actor),
        Operation::Revoke => {
            let reason = change::read_reason(
                context,
                argument("options"),
                &members.path("options"),
                &mut problems,
            );
            change::revoke(context, &read_id(&members, problems)?, reason, &actor)
        }
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

/// The id of the token that an operation is done to, if nothing is wrong with the call.
fn read_id(members: &Members, mut problems: Problems) -> Result<TokenId, Refusal> {
    members.required_text("id", &mut problems);
    match members.parsed("id", &mut problems, TokenId::parse) {
        Some(id) if problems.is_empty() => Ok(id),
        _ => Err(problems.into()),
    }
}
