//! The rules of rotations: a new secret beside the old one, in two phases.

use super::{Broken, Codes, Done, Shown, State};
use crate::model::actor::Authority;
use crate::model::call::{OnToken, Renewal, Seen};
use crate::model::place::Reach;
use crate::model::state::{Marker, Rotation, Status, Token};

impl State {
    pub(super) fn rotate(
        &mut self,
        authority: &Authority,
        at: usize,
        renewal: &Renewal,
    ) -> Result<Done, Codes> {
        self.seen(authority, at)?;
        let now = self.now;
        let manages = self.manages_kind(authority, at);
        let arguments = renewal.json().to_string();
        let marker = renewal.key.map(|key| (authority.id.clone(), key));
        if let Some(found) = marker.as_ref().and_then(|marker| self.markers.get(marker)) {
            let same = found.op == "rotate" && found.arguments == arguments && found.token == at;
            let mut broken = Broken::default();
            broken.when(!manages, "forbidden").when(!same, "conflict");
            return broken.or(Done::only(Shown::Made {
                token: at,
                credential: false,
            }));
        }
        let mut settled = self.tokens[at].clone();
        settled.settle(now);
        let kind = settled.kind;
        let old_end = settled.ends_at;
        let is_over = old_end.is_some_and(|end| now >= end);
        let grace = renewal.grace.unwrap_or(if is_over { 0 } else { kind.grace });
        if let Some(lifetime) = renewal.lifetime {
            settled.ends_at = Some(now + lifetime);
            if settled.ends_at != old_end {
                let places = settled
                    .held
                    .end
                    .into_iter()
                    .chain(authority.holds_above(settled.owner));
                settled.held.end = places.min_by_key(|place| place.len());
            }
        }
        let is_later = old_end.is_some_and(|old| settled.ends_at.is_none_or(|end| end > old));
        let held = self.tokens[at].held.end;
        let too_long = kind
            .longest
            .is_some_and(|longest| renewal.lifetime.is_some_and(|lifetime| lifetime > longest));
        // The caller gets the new secret, and with it the full power of the token.
        let mut broken = Broken::default();
        broken
            .when(!manages, "forbidden")
            .when(settled.status == Status::Revoked, "terminal")
            .when(!self.clock_is_reliable(), "clock_unreliable")
            .when(!kind.allows("rotate"), "forbidden")
            .when(
                settled.ends_at.is_some_and(|end| self.latest() >= end),
                "conflict",
            )
            .when(settled.had_gone_idle(self.latest()), "terminal")
            .when(settled.rotation.is_some(), "conflict")
            .when(grace > kind.longest_grace, "invalid_input")
            .when(
                is_over && renewal.grace.is_some_and(|grace| grace > 0),
                "invalid_input",
            )
            .when(too_long, "invalid_input")
            .when(
                is_later && held.is_some_and(|place| !authority.is_admin_of(place)),
                "forbidden",
            )
            .when(
                renewal.lifetime.is_some() && kind.unique_names && self.name_is_taken(Some(at), &settled),
                "name_taken",
            );
        self.break_power(authority, &settled, &mut broken);
        self.break_accounts(settled.owner, &Reach::new(), &mut broken);
        broken.or(())?;
        settled.secrets.push(String::new());
        let successor = settled.secrets.len() - 1;
        settled.rotations.push(settled.revision + 1);
        settled.rotation = Some(Rotation {
            successor,
            grace_ends_at: old_end
                .filter(|_| settled.ends_at != old_end)
                .map_or(now + grace, |end| end.min(now + grace)),
            previous_end: old_end.filter(|_| settled.ends_at != old_end),
            given_until: settled.given_until,
            at_first_use: renewal.at_first_use,
        });
        settled.settle(now);
        settled.given.extend(&authority.reach);
        settled.given_until = settled
            .given_until
            .max(authority.ends_at)
            .filter(|_| authority.ends_at.is_some());
        settled.revision += 1;
        self.tokens[at] = settled;
        if renewal.lifetime.is_some() {
            self.take_name(at);
        }
        if let Some(key) = marker {
            let marker = Marker {
                op: "rotate",
                arguments,
                token: at,
            };
            self.markers.insert(key, marker);
        }
        Ok(Done {
            tokens: vec![at],
            ..Done::only(Shown::Made {
                token: at,
                credential: true,
            })
        })
    }

    pub(super) fn end_rotation(
        &mut self,
        authority: &Authority,
        op: OnToken,
        at: usize,
    ) -> Result<Done, Codes> {
        let (now, manages) = (self.latest(), self.manages_kind(authority, at));
        let token = &mut self.tokens[at];
        let mut broken = Broken::default();
        broken
            .when(!manages, "forbidden")
            .when(token.status == Status::Revoked, "terminal");
        let Some(rotation) = token.rotation.clone() else {
            broken.when(true, "conflict");
            return Err(broken.0);
        };
        let over = now >= rotation.grace_ends_at;
        broken.when(op == OnToken::Abort && over, "conflict").or(())?;
        if op == OnToken::Confirm {
            token.confirm();
        } else {
            token.rotation = None;
            token.ends_at = rotation.previous_end.or(token.ends_at);
            token.given_until = rotation.given_until;
            token.retired.insert(0, rotation.successor);
        }
        token.revision += 1;
        Ok(Done::changed(at))
    }

    /// Applies reported uses. A use of a session also counts for its parents. The first use of a
    /// new secret may end the old one. A use of a rotated-out secret may end the token.
    pub(super) fn flush(&mut self, at: usize, seen: &Seen) -> Done {
        let (now, highest) = (self.now, self.highest);
        // A clock that is ahead, the verifier's or the host's, ends no grace period.
        let pending = self.tokens[at].rotation.as_ref();
        let late = seen.late && pending.is_some_and(|rotation| self.earliest() >= rotation.grace_ends_at);
        let reused = seen.reused || late;
        // Nor does it keep a token from going idle.
        let last = (now - seen.ago).min(self.earliest());
        let first = (now - seen.ago - seen.span).min(last);
        // Uses that began after the token had gone idle do not count.
        let used = |token: &mut Token| {
            if !token.is_idle(first) {
                token.used_at = token.used_at.max(Some(last));
            }
        };
        let parents: Vec<usize> = self.tokens[at]
            .parents
            .iter()
            .copied()
            .filter(|parent| self.tokens[*parent].status != Status::Deleted)
            .collect();
        let deleted = self.tokens[at].status == Status::Deleted;
        let counts = !seen.reused && !seen.late;
        if counts && !deleted {
            for parent in &parents {
                used(&mut self.tokens[*parent]);
            }
        }
        let token = &mut self.tokens[at];
        let done = Done {
            tokens: std::iter::once(at).chain(parents).collect(),
            ..Done::only(Shown::Flushed)
        };
        if deleted {
            return Done {
                tokens: Vec::new(),
                ..done
            };
        }
        if counts {
            used(token);
        }
        if reused && let Some(status) = token.kind.reuse {
            if token.status == Status::Active || (token.status, status) == (Status::Disabled, Status::Revoked)
            {
                token.status = status;
                token.held_at = (status == Status::Disabled).then_some("");
                token.status_changed_at = Some(if status == Status::Disabled { highest } else { now });
                token.revision += 1;
            }
        } else if token
            .rotation
            .as_ref()
            .is_some_and(|rotation| rotation.at_first_use && rotation.successor == seen.secret)
        {
            token.confirm();
            token.revision += 1;
        }
        done
    }

    /// The sessions of a token that have not expired by either clock.
    pub(super) fn living_sessions(&self, parent: usize) -> Vec<usize> {
        let lives = |session: &usize| {
            self.tokens[*session]
                .ends_at
                .is_none_or(|end| self.earliest() < end)
        };
        let all = self.tokens[parent].sessions.iter().copied();
        all.filter(lives).collect()
    }

    /// Removes a session from the list of its parent.
    pub(super) fn leave(&mut self, session: usize) {
        if let Some(parent) = self.tokens[session].parents.first().copied() {
            let mut left = self.living_sessions(parent);
            left.retain(|other| *other != session);
            self.tokens[parent].sessions = left;
        }
    }
}
