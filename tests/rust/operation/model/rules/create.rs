use std::collections::{BTreeMap, BTreeSet};

use super::{Broken, Codes, Done, Shown, State, refused};
use crate::model::actor::Authority;
use crate::model::bounds::Large;
use crate::model::call::{CreateRequest, Secret};
use crate::model::catalog::{MINUTE, Selection};
use crate::model::place::{Network, PLACES, Permission, Place, Reach, both, covers};
use crate::model::state::{Account, Held, Marker, Status, Token};

impl State {
    pub(super) fn create(
        &mut self,
        authority: Option<Authority>,
        wanted: &CreateRequest,
    ) -> Result<Done, Codes> {
        let arguments = wanted.json(self).unwrap().to_string();
        if let (Secret::Keyed(key), Some(actor)) = (&wanted.secret, &authority)
            && let Some(marker) = self.markers.get(&(actor.id.clone(), *key))
        {
            let same = marker.op == "create" && marker.arguments == arguments;
            if !same || self.seen(actor, marker.token).is_err() {
                return refused("conflict");
            }
            return Ok(Done::only(Shown::Made {
                token: marker.token,
                credential: false,
            }));
        }
        let mut broken = Broken::default();
        // The idempotency key is known, even though its actor may no longer act.
        broken.when(
            authority.is_none() && matches!(wanted.secret, Secret::Keyed(_)),
            "conflict",
        );
        broken.when(!self.clock_is_reliable(), "clock_unreliable");
        let kind = wanted.kind;
        let ends_at = wanted
            .lifetime
            .or(kind.lifetime)
            .map(|lifetime| self.now + lifetime);
        let not_before = wanted.begins_in.map(|begins_in| self.now + begins_in);
        let idle_after = wanted.idle.or(kind.idle);
        let longest = kind.longest.map(|longest| self.now + longest);
        broken
            .when(kind.id == "session", "invalid_input")
            .when(!kind.may_belong_to(wanted.owner), "invalid_input")
            .when(kind.backed && wanted.subject.is_some(), "invalid_input")
            .when(!kind.backed && wanted.backed_like.is_some(), "invalid_input")
            .when(kind.must_end && ends_at.is_none(), "invalid_input")
            .when(
                longest.is_some_and(|longest| ends_at.is_none_or(|end| end > longest)),
                "invalid_input",
            )
            .when(
                ends_at.zip(not_before).is_some_and(|(end, start)| end <= start),
                "invalid_input",
            )
            .when(
                kind.idle
                    .is_some_and(|longest| idle_after.is_some_and(|idle| idle > longest)),
                "invalid_input",
            )
            .when(
                kind.backed
                    && wanted
                        .resource
                        .is_some_and(|resource| !covers(wanted.owner, resource)),
                "invalid_input",
            );
        let selection = wanted.selection.clone().or_role(kind.role);
        let (boundary, resolved) = self.place_of(wanted, &selection);
        let Some((permissions, reach)) = resolved else {
            broken.0.extend(["invalid_input", "forbidden"]);
            return Err(broken.0);
        };
        // A large token holds its permissions at many places, of which the model has only one.
        let reach = match wanted.large.and_then(Large::place) {
            Some(place) => permissions
                .iter()
                .map(|permission| (*permission, place))
                .collect(),
            None => reach,
        };
        // The other places stand beside that one: who gives at all of them has what is given above
        // them.
        let mut given = reach.clone();
        if wanted.large.and_then(Large::place).is_some() {
            given.extend(permissions.iter().map(|permission| (*permission, "org:a")));
        }
        let Some(authority) = authority else {
            broken.when(true, "forbidden");
            return Err(broken.0);
        };

        let admin = authority.is_admin_of(wanted.owner);
        let manages = if kind.by_admins {
            admin
        } else {
            authority.manages(wanted.owner)
        };
        let as_another = wanted.subject.is_some_and(|subject| subject != authority.id);
        broken
            .when(!manages, "forbidden")
            .when(as_another && !admin, "forbidden")
            .when(!given.is_subset(&authority.reach), "exceeds_ceiling")
            .when(
                selection.role == Some("admin") && !authority.is_admin_of(boundary),
                "exceeds_ceiling",
            )
            .when(!authority.outlives(ends_at), "exceeds_ceiling")
            .when(!authority.idles(idle_after), "exceeds_ceiling");
        let networks: Vec<Network> = wanted.network.into_iter().collect();
        self.break_bounds(&authority, None, &networks, &mut broken);
        self.break_accounts(wanted.owner, &given, &mut broken);
        let backed_by = wanted
            .backed_like
            .and_then(|token| self.tokens[token].backed_by.clone());
        if let Some(id) = &backed_by {
            let account = &self.accounts[id];
            let theirs = id
                .rsplit_once('/')
                .is_some_and(|(above, _)| above == wanted.owner);
            broken
                .when(!theirs || account.status != Status::Active, "invalid_input")
                .when(!given.is_subset(&account.most), "exceeds_ceiling");
        }
        if let Secret::Client(number) = wanted.secret
            && let Some(used) = self
                .tokens
                .iter()
                .position(|token| token.id == self.minted[number].id)
        {
            return broken
                .or(())
                .and_then(|()| self.minted_before(&authority, number, used));
        }
        if let Secret::Client(number) = wanted.secret {
            let minted_at = self.minted[number].at;
            broken.when(minted_at.abs_diff(self.now) > 10 * MINUTE, "invalid_input");
        }
        let above = authority.holds_above(wanted.owner);
        let held = Held {
            network: above.filter(|_| wanted.network.is_some()),
            credits: above.filter(|_| wanted.credits.is_some()),
            end: above.filter(|_| ends_at.is_some()),
        };
        let made = Token {
            id: String::new(),
            kind,
            name: wanted
                .large
                .and_then(Large::name)
                .unwrap_or(wanted.name)
                .to_owned(),
            tags: wanted
                .large
                .and_then(Large::tags)
                .unwrap_or(wanted.tag.into_iter().collect()),
            large: wanted.large,
            owner: wanted.owner,
            subject: backed_by.clone().or(wanted.subject.map(str::to_owned)),
            backed_by: backed_by.clone(),
            parents: Vec::new(),
            sessions: Vec::new(),
            boundary,
            selection,
            permissions,
            reach,
            status: Status::Active,
            held_at: None,
            status_changed_at: None,
            enabled_at: None,
            made_by: authority.id.clone(),
            made_at: self.now,
            not_before,
            ends_at,
            idle_after,
            network: wanted.network,
            credits: wanted.credits,
            spent: 0,
            held,
            used_at: None,
            secrets: vec![String::new()],
            rotations: Vec::new(),
            current: 0,
            rotation: None,
            retired: Vec::new(),
            revision: 1,
            given: authority.reach,
            given_until: authority.ends_at,
        };
        broken
            .when(self.name_is_taken(None, &made), "name_taken")
            .or(())?;
        let token = self.tokens.len();
        if let Secret::Keyed(key) = wanted.secret {
            let marker = Marker {
                op: "create",
                arguments,
                token,
            };
            self.markers.insert((authority.id.clone(), key), marker);
        }
        let backed = backed_by.iter().cloned().collect::<Vec<_>>();
        for id in &backed {
            let account = self.accounts.get_mut(id).unwrap();
            account.tokens.insert(token);
            account.revision += 1;
        }
        self.tokens.push(made);
        self.take_name(token);
        let shown = Shown::Made {
            token,
            credential: !matches!(wanted.secret, Secret::Client(_)),
        };
        Ok(Done {
            shown,
            tokens: vec![token],
            accounts: backed,
        })
    }

    /// The boundary, and the selection resolved within it. The token of a person reaches no further
    /// than the person's account.
    fn place_of(
        &self,
        wanted: &CreateRequest,
        selection: &Selection,
    ) -> (Place, Option<(BTreeSet<Permission>, Reach)>) {
        let account = self
            .accounts
            .get(wanted.owner)
            .filter(|account| account.status == Status::Active);
        let Some(account) = account.filter(|_| wanted.resource.is_none() && !wanted.kind.backed) else {
            let boundary = wanted.resource.unwrap_or(wanted.owner);
            return (boundary, selection.resolve(boundary));
        };
        let places: Vec<Place> = account
            .given
            .iter()
            .filter(|(_, permissions)| !permissions.is_empty())
            .map(|(place, _)| *place)
            .collect();
        let common = PLACES
            .into_iter()
            .filter(|place| places.iter().all(|below| covers(place, below)));
        let deepest = common.max_by_key(|place| place.len()).unwrap_or_default();
        let boundary = if places.is_empty() { wanted.owner } else { deepest };
        let resolved = selection.resolve(boundary).map(|(permissions, reach)| {
            let within = both(&reach, &account.most);
            let all = permissions
                .iter()
                .all(|id| within.iter().any(|(held, _)| held == id));
            (permissions, if all { within } else { reach })
        });
        (boundary, resolved)
    }

    /// A client that lost the answer gets its token. For any other caller, the id is in use.
    fn minted_before(&self, authority: &Authority, number: usize, used: usize) -> Result<Done, Codes> {
        let token = &self.tokens[used];
        let current = token.secrets[token.current] == self.minted[number].credential;
        if token.status != Status::Deleted && token.made_by == authority.id && current {
            return Ok(Done::only(Shown::Made {
                token: used,
                credential: false,
            }));
        }
        refused("conflict")
    }

    /// The permissions that a technical user gets with its first token: those of the token, at its
    /// places.
    fn given_to_backer(&self, token: usize) -> BTreeMap<Place, BTreeSet<Permission>> {
        let Token {
            boundary,
            selection,
            permissions,
            reach,
            ..
        } = &self.tokens[token];
        let narrowed = selection.narrowed.map_or(*boundary, |(_, at)| at);
        let whole: BTreeSet<Permission> = permissions
            .iter()
            .copied()
            .filter(|permission| reach.contains(&(permission, boundary)))
            .collect();
        let rest: BTreeSet<Permission> = permissions.difference(&whole).copied().collect();
        let mut given = BTreeMap::from([(*boundary, whole)]);
        if !rest.is_empty() {
            given.entry(narrowed).or_default().extend(rest);
        }
        given
    }

    /// Adopts the values that only the core knows: the id and the credential of a new token.
    pub fn learn(&mut self, token: usize, id: &str, credential: &str) {
        let made = &mut self.tokens[token];
        made.id = id.to_owned();
        *made.secrets.last_mut().unwrap() = credential.to_owned();
        if !made.kind.backed || made.backed_by.is_some() {
            return;
        }
        let backer = format!("{}/technical-user:{id}", made.owner);
        made.backed_by = Some(backer.clone());
        made.subject = Some(backer.clone());
        let made = self.tokens[token].clone();
        let account = Account {
            roles: made
                .selection
                .role
                .map(|role| (made.boundary, role))
                .into_iter()
                .collect(),
            given: self.given_to_backer(token),
            most: made.reach,
            large: false,
            status: Status::Active,
            held_at: None,
            tokens: [token].into(),
            revision: 1,
        };
        self.accounts.insert(backer, account);
    }
}
