//! The actors of the model: people, each with the roles and permissions that the host vouches for,
//! and tokens.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::catalog::of_role;
use super::place::{Network, Permission, Place, Reach, above, both, covers, is_inside, reach};
use super::state::{State, Status};

#[derive(Debug)]
pub struct Person {
    pub id: &'static str,
    pub roles: &'static [(Place, &'static str)],
    pub permissions: &'static [Permission],
}

const fn person(id: &'static str, roles: &'static [(Place, &'static str)]) -> Person {
    Person {
        id,
        roles,
        permissions: &[],
    }
}

pub static PEOPLE: [Person; 12] = [
    person("root", &[("", "admin")]),
    person("staff:1", &[("org:a", "admin")]),
    person("staff:2", &[("org:a/group:x", "admin")]),
    person("staff:3", &[("org:b", "admin"), ("org:a", "user")]),
    person("staff:4", &[("org:ab", "admin")]),
    person("org:b/user:9", &[("org:b", "admin"), ("org:b/group:x", "keeper")]),
    person("user:1", &[("user:1", "keeper"), ("org:a", "user")]),
    Person {
        id: "user:2",
        roles: &[("org:a/group:x", "user")],
        permissions: &["mail:send", "policy:write"],
    },
    Person {
        id: "org:a",
        roles: &[],
        permissions: &["mail:send", "mail:status"],
    },
    person(
        "org:b/group:x",
        &[("org:b/group:x", "keeper"), ("org:a", "suspended")],
    ),
    person("user:1/laptop", &[("user:1", "admin"), ("org:b", "user")]),
    person("Nobody at all", &[]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Person(usize),
    Token(usize),
    /// A person who claims to be the technical user of a token, and an admin of everything.
    Impostor(usize),
}

/// The current authority of an actor, as accounts and tokens allow.
pub struct Authority {
    pub id: String,
    /// The owner id under which it owns tokens.
    pub own: Option<String>,
    /// The places of which it is an admin, those below included.
    pub admin_at: Vec<Place>,
    pub reach: Reach,
    pub ends_at: Option<u64>,
    /// If the actor is a token: the shortest idle time of the token and its parents.
    pub idle_after: Option<u64>,
    /// The networks of the token and of its parents.
    pub networks: Vec<Network>,
    pub limited: bool,
}

impl Actor {
    pub fn json(self, state: &State) -> Json {
        match self {
            Actor::Token(token) => json!({ "token": state.tokens[token].id }),
            Actor::Impostor(token) => {
                json!({ "id": state.tokens[token].backed_by, "roles": { "": "admin" } })
            }
            Actor::Person(person) => {
                let Person {
                    id,
                    roles,
                    permissions,
                } = &PEOPLE[person];
                json!({ "id": id, "roles": roles.iter().copied().collect::<BTreeMap<_, _>>(), "permissions": permissions })
            }
        }
    }

    /// The current authority of the actor; `None` if it may not act.
    pub fn authority(self, state: &State) -> Option<Authority> {
        match self {
            Actor::Token(token) => of_token(state, token),
            Actor::Impostor(_) => None,
            Actor::Person(person) => of_person(state, &PEOPLE[person]),
        }
    }
}

fn of_person(state: &State, person: &Person) -> Option<Authority> {
    let account = state.accounts.get(person.id);
    if account.is_some_and(|account| account.status != Status::Active) {
        return None;
    }
    let known: Vec<_> = person
        .roles
        .iter()
        .filter(|(_, role)| !of_role(role).is_empty())
        .collect();
    let mut most: Reach = known
        .iter()
        .flat_map(|(at, role)| reach(of_role(role), at))
        .collect();
    // The host's permissions apply at the person's own place, and where the person has a role.
    let own = super::place::place(person.id);
    for at in known.iter().map(|(at, _)| *at).chain(own) {
        most.extend(reach(person.permissions.iter().copied(), at));
    }
    let mut admin_at: Vec<Place> = Vec::new();
    for (at, _) in person.roles.iter().filter(|(_, role)| *role == "admin") {
        admin_at.extend(super::place::PLACES.into_iter().filter(|place| covers(at, place)));
    }
    if let Some(account) = account {
        most = both(&most, &account.most);
        admin_at.retain(|place| account.is_admin_of(place));
    }
    let own = (!person.id.contains(' ')).then(|| person.id.to_owned());
    Some(Authority {
        id: person.id.to_owned(),
        own,
        admin_at,
        reach: most,
        ends_at: None,
        idle_after: None,
        networks: Vec::new(),
        limited: false,
    })
}

fn of_token(state: &State, token: usize) -> Option<Authority> {
    let token = &state.tokens[token];
    let standing = state.standing(token);
    if token.status == Status::Deleted || standing.refusal.is_some() {
        return None;
    }
    let mut admin_at: Vec<Place> = Vec::new();
    if token.selection.role == Some("admin") {
        admin_at = super::place::PLACES
            .into_iter()
            .filter(|place| covers(token.boundary, place))
            .collect();
    }
    // A role is authority too: if an account lost its admin role, its tokens lose theirs.
    for account in state
        .accounts_of(token)
        .iter()
        .filter_map(|id| state.accounts.get(id))
    {
        admin_at.retain(|place| account.is_admin_of(place));
    }
    Some(Authority {
        id: format!("token:{}", token.id),
        own: None,
        admin_at,
        reach: standing.reach,
        ends_at: state.chain_of(token).filter_map(|token| token.ends_at).min(),
        idle_after: state.chain_of(token).filter_map(|token| token.idle_after).min(),
        networks: state.chain_of(token).filter_map(|token| token.network).collect(),
        limited: state.chain_of(token).any(|token| token.credits.is_some()),
    })
}

impl Authority {
    pub fn is_admin_of(&self, place: &str) -> bool {
        // A technical user is no place. Its admins are those of the nearest place above it.
        match super::place::place(place) {
            Some(place) => self.admin_at.contains(&place),
            None => above(place)
                .first()
                .is_some_and(|nearest| self.admin_at.contains(nearest)),
        }
    }

    /// The highest place from which it manages an owner.
    pub fn highest_place(&self, owner: &str) -> Option<Place> {
        let above = self.admin_at.iter().filter(|place| covers(place, owner));
        above.min_by_key(|place| place.len()).copied()
    }

    pub fn manages(&self, owner: &str) -> bool {
        self.own.as_deref() == Some(owner) || self.is_admin_of(owner)
    }

    /// Whether a token with this idle time is bound at least as tightly as the actor.
    pub fn idles(&self, idle_after: Option<u64>) -> bool {
        self.idle_after
            .is_none_or(|own| idle_after.is_some_and(|idle| idle <= own))
    }

    /// Whether a token with these networks can be used only where the actor can.
    pub fn is_where(&self, networks: &[Network]) -> bool {
        let within = |wider: &Network| networks.iter().any(|network| is_inside(network, wider));
        self.networks.iter().all(within)
    }

    /// The place above an owner at which a bound is held that the actor sets, if there is one.
    pub fn holds_above(&self, owner: &str) -> Option<Place> {
        self.highest_place(owner).filter(|place| *place != owner)
    }

    /// Whether it is the owner of a token, or the token itself.
    pub fn is_its_own(&self, token: &super::state::Token) -> bool {
        self.own.as_deref() == Some(token.owner) || self.id == format!("token:{}", token.id)
    }

    pub fn outlives(&self, ends_at: Option<u64>) -> bool {
        self.ends_at
            .is_none_or(|own| ends_at.is_some_and(|ends_at| ends_at <= own))
    }
}
