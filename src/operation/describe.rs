//! `describe({ owner? }, actor)`: the choices for a new token, and what the actor can give at an
//! owner.

use super::answer::{Answer, Description, KindDescription, RoleDescription, TemplateDescription};
use super::authority::Authority;
use super::context::{Context, Outcome};
use super::list::owner_of;
use crate::catalog::Catalog;
use crate::codec::json::Value;
use crate::input::{ErrorCode, Members, Path, Problems, Refusal};
use crate::model::actor::Actor;
use crate::storage::keys;
use crate::storage::plan::Suspend;
use crate::value::permission::PermissionSet;
use crate::value::resource::Resource;

pub(super) fn plan(
    context: &Context,
    query: &Value,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Suspend> {
    let members = Members::open(query, &Path::call(), &["owner"], &mut problems);
    let owner = members.and_then(|members| owner_of(context, &members, actor, &mut problems));
    let (Some(owner), true) = (owner, problems.is_empty()) else {
        return Err(Refusal::from(problems).into());
    };
    let own = actor.own_resource().map(keys::account);
    let above = std::iter::once(owner.clone()).chain(owner.above());
    let ahead: Vec<String> = own
        .into_iter()
        .chain(above.map(|id| keys::account(&id)))
        .collect();
    // The records on which an actor's token depends are read together with the token. Accounts that
    // were read earlier would be of another point in time.
    if actor.token().is_none() {
        context.reads.get_all(&ahead)?;
    }
    let catalog = context.deployment.catalog();
    let mut authority = Authority::read(context, actor)?;
    context.reads.get_all(&ahead)?;
    let kinds = catalog.kinds().map(|kind| KindDescription {
        kind: kind.clone(),
        manage: kind.may_belong_to(&owner).is_ok() && authority.manages_kind(&owner, kind.managers()),
    });
    let kinds = kinds.collect();
    let ceiling = ceiling(context, &mut authority, &owner)?;
    Ok(Outcome::Answer(Answer::Description(Box::new(Description {
        version: catalog.version().to_owned(),
        prefix: context.deployment.prefix().as_str().to_owned(),
        templates: templates(catalog),
        roles: roles(catalog),
        kinds,
        ceiling: catalog.ids(&ceiling),
        owner,
    }))))
}

/// The permissions that the actor can give to a token of this owner that reaches all of it. An
/// actor that does not manage the owner gives nothing, and learns nothing about its accounts.
fn ceiling(context: &Context, authority: &mut Authority, owner: &Resource) -> Result<PermissionSet, Suspend> {
    let catalog = context.deployment.catalog();
    if !authority.manages(owner) {
        return Ok(catalog.nothing());
    }
    let accounts = match authority.read_owner(context, owner) {
        Err(Suspend::Refuse(refusal)) if refusal.code == ErrorCode::Forbidden => return Ok(catalog.nothing()),
        accounts => accounts?,
    };
    let mut most = authority.ceiling(catalog, owner);
    for account in &accounts {
        most.intersect(&account.ceiling(catalog, owner));
    }
    Ok(most)
}

fn templates(catalog: &Catalog) -> Vec<TemplateDescription> {
    let described = catalog.templates().map(|template| TemplateDescription {
        id: template.id().to_owned(),
        title: template.title().to_owned(),
        description: template.description().map(str::to_owned),
        version: template.version(),
        recommended: template.recommended(),
        permissions: catalog.closed(template.permissions()).iter().count(),
    });
    described.collect()
}

fn roles(catalog: &Catalog) -> Vec<RoleDescription> {
    let described = catalog.roles().map(|role| RoleDescription {
        id: role.id().to_owned(),
        title: role.title().to_owned(),
        description: role.description().map(str::to_owned),
    });
    described.collect()
}
