//! `drift({ owner, template?, after?, limit? }, actor)`: which tokens are not what their selection would give today.

use serde::Serialize;

use super::authority::Authority;
use super::list::{may_see, owner_of};
use super::{Answer, Context, Outcome};
use crate::actor::Actor;
use crate::catalog::Drift;
use crate::credential::TokenId;
use crate::input::{Members, Path, Problems, Value, quote, suggestion};
use crate::keys;
use crate::name::Name;
use crate::permission::{Permission, PermissionSet};
use crate::record::Stored;
use crate::refusal::Refusal;
use crate::step::{Halt, Range};
use crate::token::Status;

/// How many tokens one call looks at, by default and at most.
const MOST: u32 = 200;

/// A page of a drift report.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The tokens of this page that have drifted.
    items: Vec<DriftedToken>,
    /// By template: how many tokens of this page are behind.
    templates: Vec<TemplateReport>,
    /// How many tokens this page looked at. Revoked ones are passed over.
    scanned: usize,
    /// Tokens whose records are damaged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<TokenId>,
    /// Where the next page begins: the `after` of the next call.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<TokenId>,
}

#[derive(Debug, Serialize)]
struct DriftedToken {
    id: TokenId,
    name: Name,
    #[serde(flatten)]
    drift: Drift,
}

#[derive(Debug, Serialize)]
struct TemplateReport {
    id: String,
    /// The version today; absent if the catalog has it no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    /// Tokens of this page that were made from another version, or lack something that it gives today.
    behind: usize,
    /// What some of them lack.
    adds: Vec<Permission>,
}

pub(super) fn plan(
    context: &Context,
    query: &Value,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Halt> {
    let catalog = context.deployment.catalog();
    let members = Members::open(
        query,
        &Path::call(),
        &["owner", "template", "after", "limit"],
        &mut problems,
    );
    let Some(members) = members else {
        return Err(Refusal::from(problems).into());
    };
    let owner = owner_of(context, &members, actor, &mut problems);
    let template = members.parsed("template", &mut problems, |id| {
        let hint = || suggestion(id, catalog.templates().map(|template| template.id()));
        catalog
            .template(id)
            .map(|_| id.to_owned())
            .ok_or_else(|| format!("there is no template {}{}", quote(id), hint()))
    });
    let after = members.parsed("after", &mut problems, TokenId::parse);
    let limit = members.whole("limit", 1..=MOST, &mut problems).unwrap_or(MOST);
    let (Some(owner), true) = (owner, problems.is_empty()) else {
        return Err(Refusal::from(problems).into());
    };
    may_see(&Authority::read(context, actor)?, &owner)?;

    let prefix = keys::owner_prefix(&owner);
    let after = after.as_ref().map(|id| keys::owner_entry(&owner, id));
    let entries = context.reads.list(&Range {
        prefix: prefix.clone(),
        after,
        limit,
    })?;
    let ids: Vec<TokenId> = entries
        .iter()
        .filter_map(|(key, _)| keys::owner_entry_id(&prefix, key))
        .collect();
    let records = context
        .reads
        .get_all(&ids.iter().map(keys::token).collect::<Vec<String>>())?;

    let mut report = Report {
        scanned: ids.len(),
        ..Report::default()
    };
    if entries.len() >= limit as usize {
        report.next = ids.last().cloned();
    }
    let mut by_template: Vec<(String, usize, PermissionSet)> = Vec::new();
    for (id, stored) in ids.iter().zip(records) {
        let record = match stored.map(|text| Stored::parse(id, text)) {
            Some(Ok(Stored::Record(record))) => record,
            Some(Err(_)) => {
                report.unreadable.push(*id);
                continue;
            }
            // Deleted between the two reads.
            _ => continue,
        };
        let token = record.token();
        if token.status == Status::Revoked || token.owner != owner {
            continue;
        }
        let Some(drift) = catalog.drift(token) else {
            continue;
        };
        if template
            .as_ref()
            .is_some_and(|wanted| drift.templates.iter().all(|of| of.id != *wanted))
        {
            continue;
        }
        for of in &drift.templates {
            let at = by_template
                .iter()
                .position(|(id, ..)| *id == of.id)
                .unwrap_or_else(|| {
                    by_template.push((of.id.clone(), 0, catalog.nothing()));
                    by_template.len() - 1
                });
            let Some((_, behind, adds)) = by_template.get_mut(at) else {
                continue;
            };
            *behind += 1;
            of.adds
                .iter()
                .filter_map(|id| catalog.index(id.as_str()))
                .for_each(|index| {
                    adds.insert(index);
                });
        }
        report.items.push(DriftedToken {
            id: *id,
            name: token.name.clone(),
            drift,
        });
    }
    report.templates = by_template
        .into_iter()
        .map(|(id, behind, adds)| TemplateReport {
            version: catalog.template(&id).map(|template| template.version()),
            id,
            behind,
            adds: catalog.ids(&adds),
        })
        .collect();
    Ok(Outcome::Answer(Answer::Drift(report)))
}
