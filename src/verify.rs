//! Text to verdict: unverified → presented → verified → decided, each a type that only the step before can make.

use crate::catalog::Catalog;
use crate::credential::Presented;
use crate::deployment::Deployment;
use crate::grant::Grant;
use crate::input::{Members, Path, Problems, Value};
use crate::keys;
use crate::record::{Record, Status, Stored, Token};
use crate::refusal::Refusal;
use crate::requirement::Requirement;
use crate::step::{Halt, Reads, Step};
use crate::time::Instant;
use crate::verdict::{Code, Verdict};

/// Verifies a credential against a requirement, at the start of the reads. Whatever is wrong is a verdict, never an error.
#[must_use]
pub fn verify(
    deployment: &Deployment,
    credential: &str,
    requirement: &Requirement,
    reads: &Reads,
    now: Instant,
) -> Step<Verdict> {
    let decide = |reads: &Reads| match authenticate(deployment, credential, reads) {
        Ok(Ok(verified)) => Step::Answer(verified.decide(deployment.catalog(), requirement, now).0),
        Ok(Err(code)) => Step::Answer(Verdict::refused(code, now)),
        Err(halt) => halt.into(),
    };
    deployment.seal().around(reads, decide)
}

/// Reads `{ requirement? }`. A question that cannot be read is refused: it is a programming error.
///
/// # Errors
/// Every problem of the question.
pub fn read_question(catalog: &Catalog, question: &Value) -> Result<Requirement, Refusal> {
    let mut problems = Problems::default();
    let requirement = Members::open(question, &Path::call(), &["requirement"], &mut problems)
        .and_then(|members| Requirement::read(members.value("requirement"), catalog, &mut problems));
    requirement
        .filter(|_| problems.is_empty())
        .ok_or_else(|| problems.into())
}

/// Parses a credential and finds its record: a verified token, or the code that says why there is none.
pub(crate) fn authenticate(
    deployment: &Deployment,
    credential: &str,
    reads: &Reads,
) -> Result<Result<Verified, Code>, Halt> {
    let presented = match Presented::parse(deployment.prefix(), credential) {
        Ok(presented) => presented,
        Err(unreadable) => return Ok(Err(unreadable.into())),
    };
    let [stored] = reads.get([&keys::token(presented.id())])?;
    Ok(Verified::of(&presented, stored))
}

/// A token whose secret was presented. Its state has not been looked at.
pub(crate) struct Verified {
    record: Record,
}

impl Verified {
    /// Compares the secret with what is stored. Until it matches, nothing about the record is told.
    fn of(presented: &Presented, stored: Option<&str>) -> Result<Verified, Code> {
        let Some(stored) = stored else {
            return Err(Code::Unknown);
        };
        match Stored::parse(presented.id(), stored) {
            Ok(Stored::Record(record)) if record.digest().matches(presented.digest()) => {
                Ok(Verified { record: *record })
            }
            Ok(Stored::Record(_)) => Err(Code::BadSecret),
            Ok(Stored::Tombstone) => Err(Code::Unknown),
            Err(_) => Err(Code::StoreUnavailable),
        }
    }

    /// The verdict, and the grant that it rests on.
    pub(crate) fn decide(
        &self,
        catalog: &Catalog,
        requirement: &Requirement,
        now: Instant,
    ) -> (Verdict, Grant) {
        let token = self.record.token();
        let grant = Grant::of(token, catalog);
        let code = first_refusal(token, &grant, requirement, now);
        let missing = if code == Code::InsufficientPermission {
            requirement.missing(&grant)
        } else {
            Vec::new()
        };
        let missing = missing
            .into_iter()
            .filter_map(|index| catalog.permission(index).cloned())
            .collect();
        (Verdict::of(token, code, missing, now), grant)
    }
}

/// The checks in their order. The first that fails names the verdict.
fn first_refusal(token: &Token, grant: &Grant, requirement: &Requirement, now: Instant) -> Code {
    let checks = [
        (token.status == Status::Revoked, Code::Revoked),
        (token.status == Status::Disabled, Code::Disabled),
        (
            token.not_before.is_some_and(|start| now < start),
            Code::NotYetValid,
        ),
        (token.expires_at.is_some_and(|end| now >= end), Code::Expired),
        (!requirement.is_met_somewhere(grant), Code::InsufficientPermission),
        (!requirement.is_met(grant), Code::OutsideResource),
    ];
    checks
        .into_iter()
        .find(|(fails, _)| *fails)
        .map_or(Code::Valid, |(_, code)| code)
}
