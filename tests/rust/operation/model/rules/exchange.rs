//! The rules of sessions. A session has the same or narrower permissions, never outlives its
//! parent, and ends with it.

use super::{Broken, Codes, Done, Shown, State, refused};
use crate::model::call::Derived;
use crate::model::catalog::{MAX_CHAIN_LENGTH, MAX_SESSIONS, SESSION, Selection};
use crate::model::place::{Reach, covers};
use crate::model::state::{Held, Status, Token};

impl State {
    pub(super) fn exchange(&mut self, at: usize, secret: usize, derived: &Derived) -> Result<Done, Codes> {
        let from = &self.tokens[at];
        if self.verdict(from, secret, None) != ["valid"] {
            return refused("invalid_token");
        }
        let resolved = self.standing(from);
        let siblings = derived.sibling && !from.parents.is_empty();
        let parents: Vec<usize> = if siblings {
            from.parents.clone()
        } else {
            std::iter::once(at).chain(from.parents.iter().copied()).collect()
        };
        let boundary = derived.resource.unwrap_or(from.boundary);
        let held: Reach = resolved
            .reach
            .into_iter()
            .filter(|(_, place)| covers(boundary, place))
            .collect();
        let reach: Reach = match &derived.permissions {
            None => held.clone(),
            Some(asked) => held
                .iter()
                .filter(|(permission, _)| asked.contains(permission))
                .copied()
                .collect(),
        };
        let has = |permission: &&str| held.iter().any(|(held, _)| held == permission);
        let lacking = derived
            .permissions
            .as_ref()
            .is_some_and(|asked| !asked.iter().all(has));
        let asked = derived
            .lifetime
            .or(SESSION.lifetime)
            .map(|lifetime| self.now + lifetime);
        let ends = parents
            .iter()
            .map(|parent| self.tokens[*parent].ends_at)
            .chain([asked, from.ends_at]);
        let ends_at = ends.flatten().min();
        let mut broken = Broken::default();
        broken
            .when(!self.clock_is_reliable(), "clock_unreliable")
            .when(!siblings && !from.kind.allows("exchange"), "forbidden")
            .when(parents.len() > MAX_CHAIN_LENGTH, "forbidden")
            .when(!covers(from.boundary, boundary) || lacking, "exceeds_ceiling")
            .when(
                self.living_sessions(parents[0]).len() >= MAX_SESSIONS,
                "too_many_sessions",
            )
            .or(())?;
        let token = self.tokens.len();
        let parent = parents[0];
        let mut sessions = self.living_sessions(parent);
        sessions.push(token);
        self.tokens.push(Token {
            id: String::new(),
            kind: crate::model::catalog::Kind::named("session"),
            name: from.name.clone(),
            tags: Vec::new(),
            large: None,
            owner: from.owner,
            subject: from.subject.clone(),
            backed_by: from.backed_by.clone(),
            parents,
            sessions: Vec::new(),
            boundary,
            selection: Selection::default(),
            permissions: reach.iter().map(|(permission, _)| *permission).collect(),
            reach,
            status: Status::Active,
            held_at: None,
            status_changed_at: None,
            enabled_at: None,
            made_by: format!("token:{}", from.id),
            made_at: self.now,
            not_before: None,
            ends_at,
            idle_after: None,
            network: None,
            credits: None,
            spent: 0,
            held: Held::default(),
            used_at: None,
            secrets: vec![String::new()],
            rotations: Vec::new(),
            current: 0,
            rotation: None,
            retired: Vec::new(),
            revision: 1,
            given: held,
            given_until: from.ends_at,
        });
        self.tokens[parent].sessions = sessions;
        Ok(Done {
            tokens: vec![token],
            ..Done::only(Shown::Made {
                token,
                credential: true,
            })
        })
    }
}
