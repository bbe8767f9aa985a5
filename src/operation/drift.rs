//! Reports the tokens whose selection would give something else today: `drift({ owner, template?,
//! after?, limit? }, actor)`.

use super::answer::{Answer, Drift, DriftReport, DriftedToken, TemplateDrift, TemplateReport};
use super::authority::Authority;
use super::context::{Context, Outcome};
use super::list::{may_see, owner_of};
use crate::catalog::{Catalog, Template};
use crate::codec::json::Value;
use crate::input::{Members, Path, Problems, Refusal};
use crate::model::actor::Actor;
use crate::model::id_list::IdList;
use crate::model::record::Stored;
use crate::model::token::{Status, Token};
use crate::storage::keys;
use crate::storage::plan::{Range, Suspend};
use crate::value::credential::TokenId;
use crate::value::permission::{Permission, PermissionSet};

/// The default and maximum number of tokens that one call looks at.
const MAX: u32 = 200;

pub(super) fn plan(
    context: &Context,
    query: &Value,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Suspend> {
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
        catalog.known_template(id).map(|_| id.to_owned())
    });
    let after = members.parsed("after", &mut problems, TokenId::parse);
    let limit = members.whole("limit", 1..=MAX, &mut problems).unwrap_or(MAX);
    let (Some(owner), true) = (owner, problems.is_empty()) else {
        return Err(Refusal::from(problems).into());
    };
    may_see(&Authority::read(context, actor)?, &owner)?;

    let after = after.as_ref().map(|id| keys::owner_entry(&owner, id));
    let entries = context.reads.list(&Range {
        prefix: keys::owner_prefix(&owner),
        after,
        limit,
    })?;
    let ids: Vec<TokenId> = entries
        .iter()
        .filter_map(|(key, _)| keys::entry_id(key))
        .collect();
    let records = context
        .reads
        .get_all(&ids.iter().map(keys::token).collect::<Vec<String>>())?;

    let mut report = DriftReport {
        scanned: ids.len(),
        ..DriftReport::default()
    };
    if entries.len() >= limit as usize {
        report.next = ids.last().cloned();
    }
    let mut by_template: Vec<(String, usize, PermissionSet)> = Vec::new();
    for (id, stored) in ids.iter().zip(records) {
        let record = match stored.map(|text| Stored::parse(id, text, context.vocabularies)) {
            Some(Ok(Stored::Record(record))) => record,
            Some(Err(_)) => {
                report.unreadable.push(*id);
                continue;
            }
            // The token was deleted between the two reads.
            _ => continue,
        };
        let token = record.token();
        if token.status == Status::Revoked || token.owner != owner {
            continue;
        }
        let Some(drift) = drift_of(token, catalog) else {
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

/// The drift of a token; `None` if its selection would give the same today.
fn drift_of(token: &Token, catalog: &Catalog) -> Option<Drift> {
    // A pattern that no longer matches a permission gives nothing today.
    let union = |patterns: &IdList<String>| {
        let mut set = catalog.nothing();
        patterns
            .iter()
            .filter_map(|pattern| catalog.matching(pattern).ok())
            .for_each(|found| set.union(&found));
        set
    };
    let removed = union(&token.removed);
    let mut today = union(&token.added);
    let mut templates = Vec::with_capacity(token.templates.len());
    for used in &token.templates {
        let current = catalog.template(&used.id);
        let mut adds = Vec::new();
        if let Some(current) = current {
            today.union(current.permissions());
            let gives = catalog.closed(current.permissions()).without(&removed);
            adds = catalog.ids(&gives);
            adds.retain(|id| !token.permissions.contains(id.as_str()));
        }
        let (id, version) = (used.id.clone(), used.version);
        templates.push(TemplateDrift {
            id,
            version,
            current: current.map(Template::version),
            adds,
        });
    }
    if let Some(role) = token.role.as_ref().and_then(|role| catalog.role(role)) {
        today.union(role.permissions());
    }
    let today = catalog.ids(&catalog.closed(&today).without(&removed));
    let adds: Vec<Permission> = today
        .iter()
        .filter(|id| !token.permissions.contains(id.as_str()))
        .cloned()
        .collect();
    let drops: Vec<Permission> = token
        .permissions
        .to_vec()
        .into_iter()
        .filter(|id| today.binary_search(id).is_err())
        .collect();
    let drifted = !adds.is_empty() || !drops.is_empty() || templates.iter().any(TemplateDrift::drifted);
    templates.retain(TemplateDrift::drifted);
    drifted.then_some(Drift {
        templates,
        adds,
        drops,
    })
}
