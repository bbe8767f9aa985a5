//! Text to verdict: unverified → presented → verified → decided, each a type that only the step before can make.

use crate::catalog::Catalog;
use crate::credential::Presented;
use crate::deployment::Deployment;
use crate::input::{Members, Path, Problems, Value};
use crate::keys;
use crate::record::{Record, Status, Stored, Token};
use crate::refusal::Refusal;
use crate::requirement::Requirement;
use crate::step::{Halt, Reads, Step};
use crate::time::Instant;
use crate::verdict::{Code, Verdict};

/// Verifies a credential. `question` is `{ requirement? }`, `now` the start of the reads.
///
/// A question that cannot be read is refused: it is a programming error. Everything else is a verdict.
#[must_use]
pub fn verify(
    deployment: &Deployment,
    credential: &str,
    question: &Value,
    reads: &Reads,
    now: Instant,
) -> Step<Verdict> {
    match steps(deployment, credential, question, reads, now) {
        Ok(verdict) => Step::Answer(verdict),
        Err(halt) => halt.into(),
    }
}

fn steps(
    deployment: &Deployment,
    credential: &str,
    question: &Value,
    reads: &Reads,
    now: Instant,
) -> Result<Verdict, Halt> {
    let requirement = read_question(deployment.catalog(), question)?;
    let presented = match Presented::parse(deployment.prefix(), credential) {
        Ok(presented) => presented,
        Err(unreadable) => return Ok(Verdict::refused(unreadable.into(), now)),
    };
    let key = keys::token(presented.id());
    let [stored] = reads.get([&key])?;
    let verified = match Verified::of(&presented, stored) {
        Ok(verified) => verified,
        Err(code) => return Ok(Verdict::refused(code, now)),
    };
    Ok(verified.decide(&requirement, now))
}

fn read_question(catalog: &Catalog, question: &Value) -> Result<Requirement, Refusal> {
    let mut problems = Problems::default();
    let members = Members::open(question, &Path::call(), &["requirement"], &mut problems);
    let requirement = members.and_then(|members| members.value("requirement"));
    let requirement = Requirement::read(requirement, catalog, &mut problems);
    if problems.is_empty() {
        Ok(requirement)
    } else {
        Err(problems.into())
    }
}

/// A token whose secret was presented. Its state has not been looked at.
struct Verified {
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

    fn decide(&self, requirement: &Requirement, now: Instant) -> Verdict {
        let token = self.record.token();
        let missing = requirement.missing(&token.permissions);
        Verdict::of(
            token,
            first_refusal(token, requirement, !missing.is_empty(), now),
            missing,
            now,
        )
    }
}

/// The checks in their order. The first that fails names the verdict.
fn first_refusal(token: &Token, requirement: &Requirement, lacking: bool, now: Instant) -> Code {
    let outside = requirement
        .resource()
        .is_some_and(|resource| !token.resource.covers(resource));
    let checks = [
        (token.status == Status::Revoked, Code::Revoked),
        (token.status == Status::Disabled, Code::Disabled),
        (
            token.not_before.is_some_and(|start| now < start),
            Code::NotYetValid,
        ),
        (token.expires_at.is_some_and(|end| now >= end), Code::Expired),
        (lacking, Code::InsufficientPermission),
        (outside, Code::OutsideResource),
    ];
    checks
        .into_iter()
        .find(|(fails, _)| *fails)
        .map_or(Code::Valid, |(_, code)| code)
}
