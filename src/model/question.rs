//! What a request asks of a credential.

use super::requirement::Requirement;
use crate::catalog::Permissions;
use crate::codec::json::Value;
use crate::input::{Members, Path, Problems, Refusal};
use crate::value::condition::RequestContext;
use crate::value::time::{Instant, TimeMembers as _};

/// The most that one request consumes.
const MAX_CONSUMED: u32 = 1_000_000;

/// What a request asks of a credential.
#[derive(Debug)]
pub struct Question<'q> {
    /// What it needs.
    pub requirement: &'q Requirement,
    /// What is known of it.
    pub request: RequestContext,
    /// How much it uses of the token's limits; without it they are not looked at. With 0 the balance is told, and nothing is used.
    pub consume: Option<u32>,
    /// When that is, by the host's own reading; the present where it is not told. The mark by which tokens are refused may be a clock's that
    /// was ahead, and what is counted by it would stop everybody else.
    pub counted_at: Option<Instant>,
}

/// The members of a question beside its requirement.
pub const QUESTION: [&str; 4] = ["requirement", "context", "consume", "countedAt"];

impl<'q> Question<'q> {
    /// A question that only a requirement makes.
    #[must_use]
    pub fn of(requirement: &'q Requirement) -> Question<'q> {
        Question {
            requirement,
            request: RequestContext::default(),
            consume: None,
            counted_at: None,
        }
    }

    /// Reads `{ context?: { ip?, origin?, audience? }, consume?, countedAt? }` beside a requirement.
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

/// Reads the requirement of a question. One that cannot be read is refused: it is a programming error.
///
/// # Errors
/// Every problem of it.
pub fn read_requirement(catalog: &Permissions, question: &Value) -> Result<Requirement, Refusal> {
    let mut problems = Problems::default();
    let requirement = Members::open(question, &Path::call(), &QUESTION, &mut problems)
        .and_then(|members| Requirement::read(members.value("requirement"), catalog, &mut problems));
    requirement
        .filter(|_| problems.is_empty())
        .ok_or_else(|| problems.into())
}
