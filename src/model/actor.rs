//! The actor that manages tokens, and the most that it can give.
//!
//! The host authenticated the actor. An actor is never read from a request body (CVE-2025-61928).
//! It cannot give what it does not have: absent roles and permissions give nothing.

use super::account::Account;
use crate::catalog::{Catalog, Role};
use crate::codec::json::Value;
use crate::input::object::{object_like, text_list};
use crate::input::{Members, Path, Problems};
use crate::value::credential::TokenId;
use crate::value::name::Identity;
use crate::value::permission::{Permission, PermissionSet};
use crate::value::resource::Resource;

const MAX_ROLES: usize = 1_000;
const MAX_PERMISSIONS: usize = 100_000;

/// An actor that manages tokens.
#[derive(Debug)]
pub struct Actor {
    id: Identity,
    /// The resource that the actor is, if its id can be one: `user:7`.
    own: Option<Resource>,
    /// The token that the actor is, if it is one.
    token: Option<TokenId>,
    roles: Vec<(Resource, String)>,
    permissions: Vec<String>,
}

impl Actor {
    /// The host's own maintenance, when it names no actor.
    #[must_use]
    pub fn maintenance() -> Actor {
        let admin = (Resource::root(), Role::ADMIN.to_owned());
        Actor {
            id: Identity::maintenance(),
            own: None,
            token: None,
            roles: vec![admin],
            permissions: Vec::new(),
        }
    }

    /// A token as an actor, after its credential was presented.
    #[must_use]
    pub fn of_token(id: &TokenId) -> Actor {
        Actor {
            id: Identity::of_token(id),
            own: None,
            token: Some(*id),
            roles: Vec::new(),
            permissions: Vec::new(),
        }
    }

    /// Reads `{ id, roles?, permissions? }` or `{ token }`.
    pub fn read(value: &Value, problems: &mut Problems) -> Option<Actor> {
        let path = Path::call().member("actor");
        if *value == Value::Null {
            problems.add(
                &path,
                "is required: { id, roles?, permissions? } of the caller that the host authenticated",
            );
            return None;
        }
        let known = ["id", "roles", "permissions", "token"];
        if let Value::Text(id) = value {
            let id = problems.quoted(id);
            let message = format!(
                "expected an object, got a string; write {{ id: {id} }}, with its roles: {{ id: {id}, roles: {{ \"org:acme\": \"admin\" }} }}"
            );
            problems.add(&path, message);
            return None;
        }
        let members = Members::open(value, &path, &known, problems)?;
        if members.value("token").is_some() {
            let others = known.iter().filter(|name| **name != "token");
            for name in others.filter(|name| members.value(name).is_some()) {
                problems.add(
                    &members.path(name),
                    "cannot be given with token; the authority of a token comes from its record",
                );
            }
            let token = members.parsed("token", problems, TokenId::parse)?;
            return Some(Actor::of_token(&token));
        }
        members.required_text("id", problems);
        let id = members.parsed("id", problems, Identity::parse)?;
        let own = Resource::parse(id.as_str()).ok();
        if own.as_ref().is_some_and(Account::is_technical_user_id) {
            problems.add(
                &members.path("id"),
                "is a technical user, which never signs in; give { token } for one of its tokens",
            );
            return None;
        }
        let mut actor = Actor {
            id,
            own,
            token: None,
            roles: Vec::new(),
            permissions: Vec::new(),
        };
        if let Some(value) = members.value("roles")
            && let path = members.path("roles")
            && let Some(value) = object_like(value, &path, "{ \"org:acme\": \"admin\" }", problems)
            && let Some(roles) = Members::open_any(value, &path, problems)
        {
            actor.read_roles(&roles, problems);
        }
        if let Some(value) = members.value("permissions") {
            for (id, path) in text_list(value, &members.path("permissions"), MAX_PERMISSIONS, problems) {
                if problems.keep(&path, Permission::parse(id)).is_some() {
                    actor.permissions.push(id.to_owned());
                }
            }
        }
        Some(actor)
    }

    fn read_roles(&mut self, roles: &Members, problems: &mut Problems) {
        if roles.each().count() > MAX_ROLES {
            problems.add(
                &Path::call().member("actor").member("roles"),
                format!("has more than {MAX_ROLES} entries"),
            );
            return;
        }
        for (resource, role, path) in roles.each() {
            match (Resource::parse(resource), role) {
                (Ok(resource), Value::Text(role)) => self.roles.push((resource, role.clone())),
                (Ok(_), other) => problems.add(
                    &path,
                    format!("expected the name of a role, got {}", other.kind()),
                ),
                (Err(error), _) => problems.add(&path, format!("the resource {error}")),
            }
        }
    }

    /// The identity.
    #[must_use]
    pub fn id(&self) -> &Identity {
        &self.id
    }

    /// The resource that this actor is, for the tokens that it owns as a person.
    #[must_use]
    pub fn own_resource(&self) -> Option<&Resource> {
        self.own.as_ref()
    }

    /// The token that this actor is, if it is one.
    #[must_use]
    pub fn token(&self) -> Option<&TokenId> {
        self.token.as_ref()
    }

    /// The resource that it is, and those where it has roles.
    pub fn places(&self) -> impl Iterator<Item = &Resource> {
        self.own.iter().chain(self.roles.iter().map(|(place, _)| place))
    }

    /// The highest resource at or above `resource` where this actor is an admin.
    #[must_use]
    pub fn admin_place(&self, resource: &Resource) -> Option<&Resource> {
        let places = self
            .roles
            .iter()
            .filter(|(place, role)| role == Role::ADMIN && place.covers(resource));
        places
            .map(|(place, _)| place)
            .min_by_key(|place| place.as_str().len())
    }

    /// The permissions that this actor can give at a boundary: those of its roles there or above,
    /// and those that its host vouches for. The latter count only if the actor itself, or one of
    /// its roles, covers the boundary. A role that is not in the catalog gives nothing.
    #[must_use]
    pub fn ceiling(&self, catalog: &Catalog, boundary: &Resource) -> PermissionSet {
        let mut most = catalog.nothing();
        let mut reaches = self.own_resource().is_some_and(|own| own.covers(boundary));
        for (resource, role) in &self.roles {
            if resource.covers(boundary)
                && let Some(role) = catalog.role(role)
            {
                reaches = true;
                most.union(role.permissions());
            }
        }
        if reaches {
            for index in self.permissions.iter().filter_map(|id| catalog.index(id)) {
                most.insert(index);
            }
        }
        most
    }
}
