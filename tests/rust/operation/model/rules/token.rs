//! The rules of a single token: its status, its deletion, and edits within its kind.

use super::{Broken, Codes, Done, Shown, State};
use crate::model::actor::Authority;
use crate::model::call::{Change, OnToken};
use crate::model::catalog::Selection;
use crate::model::place::{Network, Place, Reach, is_inside};
use crate::model::state::{Held, Status, Token};

/// A selection without its narrowing, which the reach contains.
fn chosen(selection: &Selection) -> Selection {
    Selection {
        narrowed: None,
        ..selection.clone()
    }
}

/// Whether an edit makes a token an admin.
fn promotes(next: &Token, token: &Token) -> bool {
    next.selection.role == Some("admin") && token.selection.role != Some("admin")
}

impl State {
    pub(super) fn set_status(
        &mut self,
        authority: &Authority,
        manages: bool,
        op: OnToken,
        at: usize,
    ) -> Result<Done, Codes> {
        let (now, highest, latest) = (self.now, self.highest, self.latest());
        let reliable = self.clock_is_reliable();
        let mut broken = Broken::default();
        if op == OnToken::Enable && self.tokens[at].status == Status::Disabled {
            // The power of a disabled token is restored.
            self.break_power(authority, &self.tokens[at], &mut broken);
        }
        let token = &mut self.tokens[at];
        let status = match op {
            OnToken::Disable => Status::Disabled,
            OnToken::Enable => Status::Active,
            _ => Status::Revoked,
        };
        let place = authority.highest_place(token.owner).unwrap_or(token.owner);
        // Disabling a token again from a higher place raises the place that holds it.
        let raises = status == Status::Disabled && token.held_at.is_some_and(|held| place.len() < held.len());
        broken.when(!manages, "forbidden");
        if token.status == status && !raises {
            return broken.or(Done::only(Shown::Token(at)));
        }
        let held_above = token.held_at.is_some_and(|held| !authority.manages(held));
        broken
            .when(token.status == Status::Revoked, "terminal")
            .when(
                status != Status::Revoked && !token.kind.allows("disable"),
                "forbidden",
            )
            .when(status == Status::Active && held_above, "forbidden")
            .when(
                status == Status::Active && token.had_gone_idle(latest),
                "terminal",
            )
            .when(status == Status::Active && !reliable, "clock_unreliable")
            .or(())?;
        if token.status != status {
            // The idle time is measured until then.
            token.status_changed_at = Some(if status == Status::Disabled { highest } else { now });
        }
        if status == Status::Active {
            token.enabled_at = Some(now);
        }
        token.status = status;
        token.held_at = (status == Status::Disabled).then_some(place);
        token.revision += 1;
        if status == Status::Revoked {
            self.leave(at);
        }
        Ok(Done::changed(at))
    }

    pub(super) fn delete(&mut self, authority: &Authority, at: usize) -> Result<Done, Codes> {
        let manages = self.manages_kind(authority, at);
        let token = &mut self.tokens[at];
        let mut broken = Broken::default();
        broken
            .when(!manages, "forbidden")
            .when(!token.kind.allows("delete"), "forbidden")
            .or(())?;
        self.free_name(at);
        self.leave(at);
        let token = &mut self.tokens[at];
        token.sessions.clear();
        token.status = Status::Deleted;
        token.revision += 1;
        let shown = Shown::Gone(token.id.clone());
        // A session depends on the technical user of its parent, but was never a token of it.
        let backer = token.backed_by.clone().filter(|_| token.parents.is_empty());
        let mut accounts = Vec::new();
        if let Some(id) = backer
            && let Some(account) = self
                .accounts
                .get_mut(&id)
                .filter(|account| account.status != Status::Deleted)
        {
            account.tokens.remove(&at);
            account.revision += 1;
            if account.tokens.is_empty() {
                account.status = Status::Deleted;
            }
            accounts.push(id);
        }
        Ok(Done {
            shown,
            tokens: vec![at],
            accounts,
        })
    }

    pub(super) fn edit(&mut self, authority: &Authority, at: usize, change: &Change) -> Result<Done, Codes> {
        self.seen(authority, at)?;
        let token = &self.tokens[at];
        let mut broken = Broken::default();
        let edits = [
            (change.selection.is_some(), "permissions"),
            (change.name.is_some(), "name"),
            (change.tag.is_some(), "tags"),
            (change.network.is_some(), "conditions"),
            (change.credits.is_some(), "limits"),
        ];
        let frozen = edits
            .iter()
            .any(|(edits, what)| *edits && !token.kind.editable.contains(what));
        let renamed = change.name.is_some_and(|name| name != token.name);
        broken
            .when(!self.manages_kind(authority, at), "forbidden")
            .when(token.status == Status::Revoked, "terminal")
            .when(change.seen.is_some_and(|seen| seen != token.revision), "conflict")
            .when(frozen, "forbidden");
        let mut next = token.clone();
        if let Some(name) = change.name {
            next.name = name.to_owned();
        }
        broken.when(renamed && self.name_is_taken(Some(at), &next), "name_taken");
        let mut added = None;
        if let Some(selection) = &change.selection {
            // A selection that only narrows leaves the rest unchanged.
            let narrows = selection.only_narrows();
            let selection = &if narrows {
                Selection {
                    narrowed: selection.narrowed,
                    ..token.selection.clone()
                }
            } else {
                selection.clone()
            };
            let frozen = narrows.then_some(&token.permissions);
            let resolved = selection.resolve_over(token.boundary, &token.reach, frozen);
            let Some((permissions, reach)) = resolved else {
                broken.when(true, "invalid_input");
                return Err(broken.0);
            };
            // The token keeps permissions that its editor does not have.
            let more: Reach = reach.difference(&token.reach).copied().collect();
            let promoted = selection.role == Some("admin") && token.selection.role != Some("admin");
            broken
                .when(!more.is_subset(&authority.reach), "exceeds_ceiling")
                .when(
                    !more.is_empty() && !authority.outlives(token.ends_at),
                    "exceeds_ceiling",
                )
                .when(
                    promoted && !authority.is_admin_of(token.boundary),
                    "exceeds_ceiling",
                )
                .when(promoted && !authority.outlives(token.ends_at), "exceeds_ceiling");
            if promoted || !more.is_empty() {
                broken.when(!authority.idles(token.idle_after), "exceeds_ceiling");
                self.break_subject(authority, token, &mut broken);
            }
            let backer = token.backed_by.as_ref().map(|id| &self.accounts[id]);
            let living = backer.filter(|account| account.status != Status::Deleted);
            broken.when(
                living.is_some_and(|account| !more.is_subset(&account.most)),
                "exceeds_ceiling",
            );
            next.given.extend(&authority.reach);
            next.selection = selection.clone();
            next.permissions = permissions;
            next.reach = reach;
            added = Some(more);
        }
        if let Some(network) = change.network {
            next.network = network;
        }
        let mut tops_up = false;
        let mut sets = false;
        if let Some(credits) = change.credits {
            next.credits = credits;
            next.spent = credits.map_or(0, |_| next.spent);
            if let (Some(credits), Some(remaining)) = (credits, change.remaining) {
                // Setting 0 credits left forgives a debt.
                tops_up = i64::from(remaining) > i64::from(credits) - i64::from(next.spent);
                sets = true;
                next.spent = credits - remaining;
            }
        }
        let moved = token
            .network
            .is_some_and(|wider| !next.network.is_some_and(|network| is_inside(network, wider)));
        let raised = token
            .credits
            .is_some_and(|most| next.credits.is_none_or(|credits| credits > most))
            || tops_up;
        let held_off = |place: Option<Place>| place.is_some_and(|place| !authority.is_admin_of(place));
        broken
            .when(moved && held_off(token.held.network), "forbidden")
            .when(raised && held_off(token.held.credits), "forbidden")
            .when(
                raised && token.credits.is_some() && authority.id == format!("token:{}", token.id),
                "exceeds_ceiling",
            );
        let widens = moved || raised || !next.reach.is_subset(&token.reach) || promotes(&next, token);
        if moved || raised {
            // The full power of the token is handed out again.
            self.break_power(authority, &next, &mut broken);
            next.given.extend(&authority.reach);
        } else if widens {
            let networks: Vec<Network> = next.network.into_iter().collect();
            self.break_bounds(authority, Some(token), &networks, &mut broken);
        }
        let place = authority.holds_above(token.owner);
        let highest = |was: Option<Place>, changed: bool, present: bool| {
            let mine = place.filter(|_| changed);
            let places = was.into_iter().chain(mine).filter(|_| present);
            places.min_by_key(|place| place.len())
        };
        next.held = Held {
            network: highest(
                token.held.network,
                next.network != token.network,
                next.network.is_some(),
            ),
            credits: highest(
                token.held.credits,
                sets || next.credits != token.credits,
                next.credits.is_some(),
            ),
            end: token.held.end,
        };
        if let Some(tag) = change.tag {
            next.tags = vec![tag];
        }
        let same = chosen(&next.selection) == chosen(&token.selection)
            && next.reach == token.reach
            && next.name == token.name
            && (next.network, next.credits, sets) == (token.network, token.credits, false)
            && next.tags == token.tags;
        // An edit that changes nothing is answered, even if an account is disabled.
        if let Some(added) = added.filter(|_| !same) {
            self.break_accounts(token.owner, &added, &mut broken);
        }
        broken.or(())?;
        if same {
            return Ok(Done::only(Shown::Token(at)));
        }
        next.revision += 1;
        if renamed {
            self.free_name(at);
        }
        self.tokens[at] = next;
        if renamed {
            self.take_name(at);
        }
        Ok(Done::changed(at))
    }
}
