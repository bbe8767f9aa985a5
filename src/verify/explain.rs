//! Explains a refusal: the reason, what would satisfy the requirement, and which part of that may
//! be sent to the client.

use serde::Serialize;

use super::code::Code;
use super::decision::Process;
use super::known_store::KnownStore;
use super::verdict::Verdict;
use super::verify::Load;
use crate::catalog::Catalog;
use crate::codec::sort::sorted_by_count;
use crate::deployment::{Deployment, VerifierConfig};
use crate::model::grant::Grant;
use crate::model::question::Question;
use crate::model::requirement::Requirement;
use crate::storage::plan::{Plan, Reads};
use crate::value::credential::WrongPart;
use crate::value::permission::Permission;
use crate::value::time::Instant;

/// The most templates that an explanation offers.
const OFFERED: usize = 3;

/// An explanation, for the operator of the service. Only `wire` may be sent to the bearer.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// The verdict, the same as from a verification.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// With `malformed` and `bad_checksum`: the wrong part of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrong: Option<WrongPart>,
    /// The smallest set of permissions that would satisfy the requirement, if added.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<Permission>,
    /// Single templates that would satisfy the requirement, if added, each with its excess; least
    /// excess first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub templates: Vec<TemplateOffer>,
    /// The part that may be sent to the client. It depends on the class of the code and on the
    /// requirement, never on the token's grant.
    pub wire: Wire,
}

/// A template that would satisfy a requirement.
#[derive(Debug, Serialize)]
pub struct TemplateOffer {
    /// The id of the template.
    pub id: String,
    /// The permissions in it that the token neither has nor needs.
    pub excess: Vec<Permission>,
}

/// The redacted form of a verdict: the same for unknown, revoked, disabled and expired.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Wire {
    /// The HTTP status.
    pub status: u16,
    /// The value of `WWW-Authenticate` (RFC 6750 §3): `Bearer error="insufficient_scope",
    /// scope="messages:send"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// The RFC 6750 §3.1 error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    /// The permissions that the request needs, joined by spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// Explains a verdict. It reads the same keys as a verification, and writes nothing.
#[must_use]
pub fn explain(
    deployment: &Deployment,
    credential: &str,
    question: &Question,
    reads: &Reads,
    now: Instant,
) -> Plan<Explanation> {
    let catalog = deployment.catalog();
    let offers = |requirement: &Requirement, grant: &Grant| satisfying_templates(catalog, requirement, grant);
    explain_offering(deployment, credential, question, reads, now, &offers)
}

/// As [`explain`], without templates: a deployment that only verifies has none.
#[must_use]
pub fn explain_without_templates<D: VerifierConfig>(
    deployment: &D,
    credential: &str,
    question: &Question,
    reads: &Reads,
    now: Instant,
) -> Plan<Explanation> {
    explain_offering(deployment, credential, question, reads, now, &|_, _| Vec::new())
}

fn explain_offering<D: VerifierConfig>(
    deployment: &D,
    credential: &str,
    question: &Question,
    reads: &Reads,
    now: Instant,
    offers: &dyn Fn(&Requirement, &Grant) -> Vec<TemplateOffer>,
) -> Plan<Explanation> {
    let permissions = deployment.permissions();
    let requirement = question.requirement;
    let load = Load {
        deployment,
        credential,
        question,
        reads,
        now,
    };
    let process = Process {
        caches: false,
        last_use: &|_| None,
    };
    let mut known = KnownStore::default();
    let settled = match load.decide(&mut known, process) {
        Ok((decided, _)) => decided.told(),
        Err(suspend) => return suspend.into(),
    };
    let verdict = Verdict::of(&settled, requirement, permissions, &known, now);
    let wire = Wire::of(&verdict);
    let (add, templates) = match &settled.token {
        Some(token) if verdict.code == Code::InsufficientPermission => (
            requirement.fewest_missing(&token.grant),
            offers(requirement, &token.grant),
        ),
        _ => (Vec::new(), Vec::new()),
    };
    let unreadable = matches!(verdict.code, Code::Malformed | Code::BadChecksum);
    let wrong = unreadable
        .then(|| WrongPart::of(deployment.prefix(), credential))
        .flatten();
    let add = add
        .into_iter()
        .filter_map(|index| permissions.permission(index).cloned())
        .collect();
    Plan::Answer(Explanation {
        verdict,
        wrong,
        add,
        templates,
        wire,
    })
}

fn satisfying_templates(catalog: &Catalog, requirement: &Requirement, grant: &Grant) -> Vec<TemplateOffer> {
    let (missing, fewest) = (requirement.missing(grant), requirement.fewest_missing(grant));
    let offers: Vec<TemplateOffer> = catalog
        .templates()
        .filter_map(|template| {
            let gives = catalog.closed(template.permissions());
            let mut wider = grant.permissions().clone();
            wider.union(&gives);
            if !requirement.is_met_somewhere(&grant.with(wider)) {
                return None;
            }
            // A template with the smallest alternative needs nothing else. Any other template may
            // need all that is missing from the other alternatives.
            let needed = if fewest.iter().all(|index| gives.contains(*index)) {
                &fewest
            } else {
                &missing
            };
            let more = gives.without(grant.permissions());
            let excess = more.iter().filter(|index| !needed.contains(index));
            let excess = excess
                .filter_map(|index| catalog.permission(index).cloned())
                .collect();
            Some(TemplateOffer {
                id: template.id().to_owned(),
                excess,
            })
        })
        .collect();
    let mut offers = sorted_by_count(offers, |offer| offer.excess.len());
    offers.truncate(OFFERED);
    offers
}

impl Wire {
    fn of(verdict: &Verdict) -> Wire {
        Wire {
            status: verdict.status,
            challenge: verdict.challenge(),
            error: verdict.error,
            scope: verdict.scope.clone(),
        }
    }
}
