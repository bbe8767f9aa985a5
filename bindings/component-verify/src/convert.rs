//! Values of the core as values of `wit/`, and back. Both components compile this file.

use leastkey::catalog::Permissions;
use leastkey::codec::json::{Value, json};
use leastkey::input::{ErrorCode, Refusal};
use leastkey::model::question::{Question, read_requirement};
use leastkey::model::requirement::Requirement;
use leastkey::storage::plan::{Plan, Range, ReadRequest, Reads, Write};
use leastkey::value::credential::WrongPart;
use leastkey::value::time::Instant;
use leastkey::verify::explain::{Explanation, TemplateOffer, Wire};
use leastkey::verify::verdict::{Verdict, VerifiedToken};

use crate::bindings::exports::leastkey::tokens::types as wit;

/// The texts of values.
fn texts<T: ToString>(values: impl IntoIterator<Item = T>) -> Vec<String> {
    values.into_iter().map(|value| value.to_string()).collect()
}

fn text<T: ToString>(value: Option<T>) -> Option<String> {
    value.map(|value| value.to_string())
}

impl From<Range> for wit::Range {
    fn from(Range { prefix, after, limit }: Range) -> wit::Range {
        wit::Range { prefix, after, limit }
    }
}

impl From<ReadRequest> for wit::ReadRequest {
    fn from(request: ReadRequest) -> wit::ReadRequest {
        wit::ReadRequest {
            keys: request.keys,
            list: request.list.map(Into::into),
            queue: request.queue,
            urgent: request.urgent,
        }
    }
}

impl From<Write> for wit::Write {
    fn from(write: Write) -> wit::Write {
        let content = |value| wit::Content { value };
        wit::Write {
            key: write.key,
            expect: write.expect.map(content),
            value: write.value.map(content),
            expires_at: write.expires_at.map(Instant::millis),
        }
    }
}

pub(crate) fn writes(writes: Vec<Write>) -> Vec<wit::Write> {
    writes.into_iter().map(Into::into).collect()
}

impl From<&Refusal> for wit::Refusal {
    fn from(refusal: &Refusal) -> wit::Refusal {
        let problems = refusal.problems.iter().map(|problem| wit::Problem {
            path: problem.path.clone(),
            message: problem.message.clone(),
        });
        wit::Refusal {
            code: refusal.code.name().to_owned(),
            message: refusal.message.clone(),
            path: refusal.path.clone(),
            problems: problems.collect(),
        }
    }
}

impl From<Verdict> for wit::Verdict {
    fn from(verdict: Verdict) -> wit::Verdict {
        wit::Verdict {
            valid: verdict.valid,
            code: verdict.code.name().to_owned(),
            status: verdict.status,
            error: text(verdict.error),
            token: verdict.token.as_deref().map(Into::into),
            missing: texts(verdict.missing),
            scope: verdict.scope,
            retry_after: verdict.retry_after,
            remaining: verdict.remaining,
            as_of: verdict.as_of.millis(),
        }
    }
}

impl From<&VerifiedToken> for wit::VerifiedToken {
    fn from(token: &VerifiedToken) -> wit::VerifiedToken {
        let resources = token
            .resources
            .iter()
            .map(|(permission, places)| wit::BoundedPermission {
                permission: permission.to_string(),
                resources: texts(places),
            });
        wit::VerifiedToken {
            id: token.id.to_string(),
            name: token.name.to_string(),
            description: text(token.description.as_ref()),
            tags: texts(&token.tags),
            metadata: token.metadata.as_ref().map(json),
            kind: token.kind.clone(),
            owner: token.owner.to_string(),
            technical_user: text(token.technical_user.as_ref()),
            parent: text(token.parent.as_ref()),
            subject: text(token.subject.as_ref()),
            role: token.role.clone(),
            resource: token.resource.to_string(),
            permissions: texts(&token.permissions),
            resources: resources.collect(),
            created_at: token.created_at.millis(),
            expires_at: token.expires_at.map(Instant::millis),
            rotation: token.rotation,
            successor: token.successor,
        }
    }
}

impl From<Explanation> for wit::Explanation {
    fn from(explanation: Explanation) -> wit::Explanation {
        let Wire {
            status,
            challenge,
            error,
            scope,
        } = explanation.wire;
        let offer = |TemplateOffer { id, excess }| wit::TemplateOffer {
            id,
            excess: texts(excess),
        };
        wit::Explanation {
            verdict: explanation.verdict.into(),
            wrong: explanation.wrong.map(|part| match part {
                WrongPart::Prefix => wit::WrongPart::Prefix,
                WrongPart::Length => wit::WrongPart::Length,
                WrongPart::Alphabet => wit::WrongPart::Alphabet,
                WrongPart::Version => wit::WrongPart::Version,
                WrongPart::Checksum => wit::WrongPart::Checksum,
            }),
            add: texts(explanation.add),
            templates: explanation.templates.into_iter().map(offer).collect(),
            wire: wit::Wire {
                status,
                challenge,
                error: text(error),
                scope,
            },
        }
    }
}

/// The step of an explanation.
pub(crate) fn explained(plan: Result<Plan<Explanation>, Refusal>) -> wit::ExplainStep {
    match plan {
        Ok(Plan::Need(request)) => wit::ExplainStep::Need(request.into()),
        // An explanation counts nothing.
        Ok(Plan::Answer(answer) | Plan::Commit { answer, .. }) => wit::ExplainStep::Answer(answer.into()),
        Ok(Plan::Prepare { .. }) => wit::ExplainStep::Refuse((&unexpected()).into()),
        Ok(Plan::Refuse(refusal)) | Err(refusal) => wit::ExplainStep::Refuse((&refusal).into()),
    }
}

/// The refusal of a plan that no verification makes.
pub(crate) fn unexpected() -> Refusal {
    Refusal::new(ErrorCode::StoreUnavailable, "the plan is none of a verification")
}

/// The refusal of every call before a deployment is configured.
pub(crate) fn unconfigured() -> Refusal {
    Refusal::new(
        ErrorCode::InvalidInput,
        "no deployment is configured: call `configure` first",
    )
}

/// An instant.
///
/// # Errors
/// `clock_unreliable` if it is beyond 2^53 - 1.
pub(crate) fn instant(millis: u64) -> Result<Instant, Refusal> {
    // Rounded to a double only where it is refused anyway.
    #[allow(clippy::cast_precision_loss)]
    Instant::from_millis(millis as f64)
        .map_err(|error| Refusal::new(ErrorCode::ClockUnreliable, error.to_string()))
}

/// The values that were read.
pub(crate) fn reads(values: Vec<wit::Read>) -> Reads {
    let mut reads = Reads::default();
    for wit::Read { key, value } in values {
        reads.insert(key, value);
    }
    reads
}

/// A question that was read.
pub(crate) struct Asked {
    requirement: Requirement,
    question: Value,
}

impl Asked {
    /// Reads the requirement of a question.
    ///
    /// # Errors
    /// If it has a problem, or is empty without `authenticate-only`.
    pub(crate) fn read(permissions: &Permissions, question: wit::Question) -> Result<Asked, Refusal> {
        if question.requirement.is_empty() != question.authenticate_only {
            let message = match question.authenticate_only {
                true => "requirement: must be empty with `authenticate-only`",
                false => "requirement: is empty; set `authenticate-only` to authenticate only",
            };
            return Err(Refusal::at("requirement", ErrorCode::InvalidInput, message));
        }
        let question = question_value(question);
        let requirement = read_requirement(permissions, &question)?;
        Ok(Asked {
            requirement,
            question,
        })
    }

    /// The question.
    ///
    /// # Errors
    /// If its context or its cost has a problem.
    pub(crate) fn question(&self) -> Result<Question<'_>, Refusal> {
        Question::read(&self.requirement, &self.question)
    }
}

/// A question in the form that the core reads.
fn question_value(question: wit::Question) -> Value {
    let context = [
        ("ip", question.ip),
        ("origin", question.origin),
        ("audience", question.audience),
    ];
    // Rounded to a double only where it is refused anyway.
    #[allow(clippy::cast_precision_loss)]
    let counted_at = question.counted_at.map(|at| Value::Number(at as f64));
    object([
        ("requirement", requirement_value(question.requirement)),
        (
            "context",
            Some(object(
                context.map(|(name, value)| (name, value.map(Value::Text))),
            )),
        ),
        ("consume", question.consume.map(|cost| Value::Number(cost.into()))),
        ("countedAt", counted_at),
    ])
}

/// A single item may be an expression, several are all needed.
fn requirement_value(mut needed: Vec<wit::Needed>) -> Option<Value> {
    let item = |name, wit::Needed { permission, resource }| {
        object([
            (name, Some(Value::Text(permission))),
            ("resource", resource.map(Value::Text)),
        ])
    };
    match needed.len() {
        0 => None,
        1 => needed.pop().map(|only| item("expr", only)),
        _ => {
            let items = needed.into_iter().map(|needed| item("permission", needed));
            Some(object([("all", Some(Value::List(items.collect())))]))
        }
    }
}

/// An object without the members that are absent.
fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let members = members.into_iter();
    Value::Map(
        members
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect(),
    )
}
