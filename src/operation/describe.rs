//! `describe({ owner? }, actor)`: what can be chosen when a token is made, and what of it this actor can give at an owner.

use serde::Serialize;

use super::authority::Authority;
use super::list::owner_of;
use super::{Answer, Context, Outcome};
use crate::actor::Actor;
use crate::catalog::{Catalog, Kind};
use crate::input::{Members, Path, Problems, Value};
use crate::keys;
use crate::permission::{Permission, PermissionSet};
use crate::refusal::{ErrorCode, Refusal};
use crate::resource::Resource;
use crate::step::Halt;

/// What a screen has to know before it offers anything. The services with their permissions are in the tree of a preview.
#[derive(Debug, Serialize)]
pub struct Description {
    /// The catalog's own version.
    version: String,
    /// How credentials begin.
    prefix: String,
    /// The owner that `manage` and `ceiling` are about.
    owner: Resource,
    templates: Vec<TemplateDescription>,
    roles: Vec<RoleDescription>,
    kinds: Vec<KindDescription>,
    /// The permissions that this actor can give at the owner.
    ceiling: Vec<Permission>,
}

#[derive(Debug, Serialize)]
struct TemplateDescription {
    id: String,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    version: u32,
    recommended: bool,
    /// How many permissions it gives, with what they imply.
    permissions: usize,
}

#[derive(Debug, Serialize)]
struct RoleDescription {
    id: String,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

#[derive(Debug, Serialize)]
struct KindDescription {
    #[serde(flatten)]
    kind: Kind,
    /// Whether this actor manages tokens of this kind for the owner.
    manage: bool,
}

pub(super) fn plan(
    context: &Context,
    query: &Value,
    actor: &Actor,
    mut problems: Problems,
) -> Result<Outcome, Halt> {
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
    // What a token rests on is read together with its record: accounts that were read before that would be of another instant.
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

/// What the actor can give a token of this owner that reaches all of it. Who does not manage the owner gives nothing, and learns nothing of
/// its accounts.
fn ceiling(context: &Context, authority: &mut Authority, owner: &Resource) -> Result<PermissionSet, Halt> {
    let catalog = context.deployment.catalog();
    if !authority.manages(owner) {
        return Ok(catalog.nothing());
    }
    let accounts = match authority.read_owner(context, owner) {
        Err(Halt::Refuse(refusal)) if refusal.code == ErrorCode::Forbidden => return Ok(catalog.nothing()),
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
