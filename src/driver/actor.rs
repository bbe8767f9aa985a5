//! Who manages tokens.

use std::collections::BTreeMap;

use serde::Serialize;

/// Who manages tokens: as authenticated by the host, never read from a request body.
///
/// ```
/// use leastkey::driver::Actor;
///
/// let admin = Actor::new("user:7").role("org:acme", "admin");
/// let member = Actor::new("user:8").permissions(["mail:send"]);
/// // A token that manages tokens, by the id of the verified token.
/// let robot = Actor::token("0VbkXrXsQjnW9xj4");
/// # let text = |actor| serde_json::to_string(&actor).unwrap();
/// # assert_eq!(text(admin), r#"{"id":"user:7","roles":{"org:acme":"admin"}}"#);
/// # assert_eq!(text(member), r#"{"id":"user:8","permissions":["mail:send"]}"#);
/// # assert_eq!(text(robot), r#"{"token":"0VbkXrXsQjnW9xj4"}"#);
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Actor {
    /// A person or a program that the host knows.
    Host(HostActor),
    /// A token that manages tokens.
    Token {
        /// The id of the verified token.
        token: String,
    },
}

/// A person or a program that the host knows. Absent roles and permissions mean nothing.
#[derive(Clone, Debug, Serialize)]
pub struct HostActor {
    /// `user:7`. An actor manages the tokens of the owner with this id.
    pub id: String,
    /// Roles by resource. `admin` at the resource `""` is an admin of everything.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<String, String>,
    /// The permissions of this actor.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
}

impl Actor {
    /// An actor without roles.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Actor {
        Actor::Host(HostActor {
            id: id.into(),
            roles: BTreeMap::new(),
            permissions: Vec::new(),
        })
    }

    /// A token that manages tokens, by its id.
    #[must_use]
    pub fn token(id: impl Into<String>) -> Actor {
        Actor::Token { token: id.into() }
    }

    /// The same actor with a role at a resource. A token has no roles: it stays as it is.
    #[must_use]
    pub fn role(mut self, resource: impl Into<String>, role: impl Into<String>) -> Actor {
        if let Actor::Host(actor) = &mut self {
            actor.roles.insert(resource.into(), role.into());
        }
        self
    }

    /// The same actor with permissions. A token has its own: it stays as it is.
    #[must_use]
    pub fn permissions<P: Into<String>>(mut self, permissions: impl IntoIterator<Item = P>) -> Actor {
        if let Actor::Host(actor) = &mut self {
            actor.permissions.extend(permissions.into_iter().map(Into::into));
        }
        self
    }
}
