//! The question of a verification: a requirement, with the request's context and cost.

use super::requirement::Requirement;
use crate::catalog::Permissions;
use crate::codec::json::Value;
use crate::input::{Members, Path, Problems, Refusal};
use crate::value::condition::RequestContext;
use crate::value::time::{Instant, TimeMembers as _};

/// The most that one request consumes.
const MAX_CONSUMED: u32 = 1_000_000;

/// A question about a credential.
#[derive(Debug)]
pub struct Question<'q> {
    /// The requirement of the request.
    pub requirement: &'q Requirement,
    /// The context of the request, for conditions.
    pub request: RequestContext,
    /// How much of the token's limits the request uses. `None`: the limits are not read. 0: the
    /// balance is returned, and nothing is used.
    pub consume: Option<u32>,
    /// When the use counts, by the host's own clock; `None`: at the time of the verification.
    /// Tokens are refused by the highest time seen, which may come from a clock that was ahead. A
    /// use counted at that time would block all other callers.
    pub counted_at: Option<Instant>,
}

/// The members of a question, with its requirement.
pub const QUESTION: [&str; 4] = ["requirement", "context", "consume", "countedAt"];

impl<'q> Question<'q> {
    /// A question with a requirement only.
    #[must_use]
    pub fn of(requirement: &'q Requirement) -> Question<'q> {
        Question {
            requirement,
            request: RequestContext::default(),
            consume: None,
            counted_at: None,
        }
    }

    /// Reads `{ context?: { ip?, origin?, audience? }, consume?, countedAt? }` beside a
    /// requirement.
    ///
    /// # Errors
    /// Every problem of the question.
    pub fn read(requirement: &'q Requirement, question: &Value) -> Result<Question<'q>, Refusal> {
        let mut problems = Problems::default();
        let members = Members::open(question, &Path::call(), &QUESTION, &mut problems);
        let read = members.and_then(|members| {
            let consume = members.whole("consume", 0..=MAX_CONSUMED, &mut problems);
            let context = members.value("context");
            let request = RequestContext::read(context, &members.path("context"), &mut problems)?;
            Some(Question {
                requirement,
                request,
                consume,
                counted_at: members.instant("countedAt", &mut problems),
            })
        });
        read.filter(|_| problems.is_empty())
            .ok_or_else(|| problems.into())
    }
}

/// Reads the requirement of a question. An unreadable one is refused, because it is a programming
/// error.
///
/// # Errors
/// Every problem of the requirement.
pub fn read_requirement(catalog: &Permissions, question: &Value) -> Result<Requirement, Refusal> {
    let mut problems = Problems::default();
    let requirement = Members::open(question, &Path::call(), &QUESTION, &mut problems)
        .and_then(|members| Requirement::read(members.value("requirement"), catalog, &mut problems));
    requirement
        .filter(|_| problems.is_empty())
        .ok_or_else(|| problems.into())
}
