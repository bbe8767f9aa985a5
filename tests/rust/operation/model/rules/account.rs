//! The rules of accounts, which admins above them manage.

use std::collections::{BTreeMap, BTreeSet};

use super::{Broken, Codes, Done, Shown, State, refused};
use crate::model::actor::Authority;
use crate::model::call::{OnAccount, Rights};
use crate::model::catalog::{PERMISSIONS, Selection, of_role};
use crate::model::place::{Permission, Place, ROOT, Reach, above, reach};
use crate::model::state::{Account, Status};

impl Rights {
    /// The rights of an account by place, with implied permissions.
    fn by_place(&self) -> BTreeMap<Place, BTreeSet<Permission>> {
        let mut all: BTreeMap<Place, BTreeSet<Permission>> = BTreeMap::new();
        for (at, role) in &self.roles {
            all.entry(at).or_default().extend(of_role(role));
        }
        for (at, patterns) in &self.permissions {
            let selection = Selection {
                add: patterns.clone(),
                ..Selection::default()
            };
            let resolved = selection.resolve(at).map(|(permissions, _)| permissions);
            all.entry(at).or_default().extend(resolved.unwrap_or_default());
        }
        all
    }
}

/// Whether the actor has a bound that an account cannot have: an account has no idle time, no
/// networks and no limits.
fn is_bound(authority: &Authority) -> bool {
    !authority.idles(None) || !authority.networks.is_empty() || authority.limited
}

impl State {
    pub(super) fn put_account(
        &mut self,
        authority: &Authority,
        id: &str,
        rights: &Rights,
    ) -> Result<Done, Codes> {
        let before = self.accounts.get(id);
        let given = rights.by_place();
        let most: Reach = given
            .iter()
            .flat_map(|(at, permissions)| reach(permissions.iter().copied(), at))
            .collect();
        let had = before.map(|account| account.most.clone()).unwrap_or_default();
        let was_admin = |place: &str| before.is_some_and(|account| account.is_admin_of(place));
        let mut more: Reach = most.difference(&had).copied().collect();
        let is_large = rights.large.is_some();
        let was_large = before.is_some_and(|account| account.large);
        if is_large && !was_large {
            // The actor has the other places only if it has the place above them.
            more.extend(PERMISSIONS.map(|permission| (permission, "org:a")));
        }
        let promotes = rights
            .roles
            .iter()
            .any(|(place, role)| *role == "admin" && !was_admin(place) && !authority.is_admin_of(place));
        let grants_admin = rights
            .roles
            .iter()
            .any(|(place, role)| *role == "admin" && !was_admin(place));
        let mut broken = Broken::default();
        broken
            .when(!self.manages_from_above(authority, id), "forbidden")
            .when(
                before.is_some_and(|account| account.status == Status::Deleted),
                "not_found",
            )
            .when(!more.is_subset(&authority.reach) || promotes, "exceeds_ceiling")
            .when(
                (!more.is_empty() || promotes || grants_admin) && is_bound(authority),
                "exceeds_ceiling",
            )
            .or(())?;
        if before.is_some_and(|account| {
            account.roles == rights.roles && account.given == given && was_large == is_large
        }) {
            return Ok(Done::only(Shown::Account(id.to_owned())));
        }
        let account = self.accounts.entry(id.to_owned()).or_insert(Account {
            roles: BTreeMap::new(),
            given: BTreeMap::new(),
            most: Reach::new(),
            large: false,
            status: Status::Active,
            held_at: None,
            tokens: BTreeSet::new(),
            revision: 0,
        });
        account.roles = rights.roles.clone();
        account.given = given;
        account.most = most;
        account.large = is_large;
        account.revision += 1;
        Ok(Done {
            accounts: vec![id.to_owned()],
            ..Done::only(Shown::Account(id.to_owned()))
        })
    }

    pub(super) fn on_account(
        &mut self,
        authority: &Authority,
        op: OnAccount,
        id: &str,
    ) -> Result<Done, Codes> {
        let from_above = self.manages_from_above(authority, id);
        let found = self
            .accounts
            .get_mut(id)
            .filter(|account| account.status != Status::Deleted);
        let Some(account) = found.filter(|_| authority.manages(id)) else {
            return refused("not_found");
        };
        let shown = Shown::Account(id.to_owned());
        let mut broken = Broken::default();
        if op == OnAccount::Get {
            return Ok(Done::only(shown));
        }
        let place = authority.highest_place(id).unwrap_or(ROOT);
        let status = match op {
            OnAccount::Disable => Status::Disabled,
            OnAccount::Enable => Status::Active,
            _ => Status::Deleted,
        };
        let raises =
            status == Status::Disabled && account.held_at.is_some_and(|held| place.len() < held.len());
        broken.when(!from_above, "forbidden");
        if account.status == status && !raises {
            return broken.or(Done::only(shown));
        }
        let gives = !account.most.is_empty() || account.roles.values().any(|role| *role == "admin");
        let promotes = account
            .roles
            .iter()
            .any(|(place, role)| *role == "admin" && !authority.is_admin_of(place));
        let held_above = account.held_at.is_some_and(|held| !authority.is_admin_of(held));
        broken
            .when(status == Status::Active && held_above, "forbidden")
            .when(
                status == Status::Active
                    && (!account.most.is_subset(&authority.reach)
                        || promotes
                        || (is_bound(authority) && gives)),
                "exceeds_ceiling",
            )
            .or(())?;
        account.status = status;
        account.held_at = (status == Status::Disabled).then_some(place);
        account.revision += 1;
        let shown = if status == Status::Deleted {
            Shown::Gone(id.to_owned())
        } else {
            shown
        };
        Ok(Done {
            accounts: vec![id.to_owned()],
            ..Done::only(shown)
        })
    }

    fn manages_from_above(&self, authority: &Authority, id: &str) -> bool {
        above(id)
            .first()
            .is_some_and(|nearest| authority.is_admin_of(nearest))
    }
}
