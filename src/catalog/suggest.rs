//! Searches for the smallest selection that gives a set of wanted permissions.

use serde::Serialize;

use super::Catalog;
use crate::codec::sort::sorted_by_count;
use crate::value::permission::{Permission, PermissionSet};

/// The budget of the exact search, in compared words of sets, so that the time does not grow with
/// the catalog. After it, the best cover so far is used.
const SEARCHED: usize = 10_000_000;

/// The most single templates that are offered instead.
const MAX_INSTEAD: usize = 10;

/// A selection that covers the wanted permissions. It has the least excess possible, and among
/// those the fewest entries.
#[derive(Debug, Serialize)]
pub struct Suggestion {
    /// Templates to choose.
    pub templates: Vec<Offer>,
    /// Single permissions to add.
    pub add: Vec<Offer>,
    /// The permissions that the selection gives beyond the wanted ones: those that the wanted ones
    /// imply, no others.
    pub excess: Vec<Permission>,
    /// Whether no selection with as little excess has fewer entries. `false` only if the search ran
    /// out of its budget.
    pub smallest: bool,
    /// Single templates that give all wanted permissions with more excess. The one with the fewest
    /// permissions comes first. At most ten.
    pub instead: Vec<Offer>,
    /// How many more such templates there are.
    #[serde(rename = "insteadMore", skip_serializing_if = "Option::is_none")]
    pub instead_more: Option<usize>,
}

/// An entry of a suggestion.
#[derive(Debug, Serialize)]
pub struct Offer {
    /// The id of the template or permission.
    pub id: String,
    /// The wanted permissions that it gives.
    pub gives: Vec<Permission>,
    /// The permissions that it gives beyond the wanted ones.
    pub excess: Vec<Permission>,
}

/// A template or permission that can be chosen. `covers` is the wanted part of `gives`.
struct Candidate<'c> {
    id: &'c str,
    template: bool,
    gives: PermissionSet,
    covers: PermissionSet,
}

impl Catalog {
    /// Suggests a selection for a set of permissions.
    #[must_use]
    pub fn suggest(&self, wanted: &PermissionSet) -> Suggestion {
        let allowed = self.closed(wanted);
        let mut candidates = Vec::new();
        let mut instead = Vec::new();
        for template in &self.templates {
            let candidate = self.candidate(&template.id, true, &template.permissions, wanted);
            if candidate.gives.is_subset(&allowed) {
                candidates.push(candidate);
            } else if wanted.is_subset(&candidate.gives) {
                instead.push(candidate);
            }
        }
        for index in wanted.iter() {
            let Some(permission) = self.permission(index) else {
                continue;
            };
            let mut single = self.nothing();
            single.insert(index);
            candidates.push(self.candidate(permission.as_str(), false, &single, wanted));
        }
        let instead = sorted_by_count(instead, |candidate| candidate.gives.len());

        let mut search = Search {
            candidates: &candidates,
            best: None,
            left: SEARCHED / self.count().div_ceil(64).max(1),
        };
        let greedy = search.greedy(wanted);
        search.best = Some(greedy);
        search.run(wanted, &mut Vec::new());
        let smallest = search.left > 0;
        let chosen = search.best.unwrap_or_default();
        let offers = |template: bool| {
            let entries = chosen.iter().filter_map(|at| candidates.get(*at));
            entries
                .filter(|entry| entry.template == template)
                .map(|entry| self.offer(entry, wanted))
                .collect()
        };
        Suggestion {
            templates: offers(true),
            add: offers(false),
            excess: self.ids(&allowed.without(wanted)),
            smallest,
            instead_more: instead.len().checked_sub(MAX_INSTEAD).filter(|more| *more > 0),
            instead: instead
                .iter()
                .take(MAX_INSTEAD)
                .map(|candidate| self.offer(candidate, wanted))
                .collect(),
        }
    }

    fn candidate<'c>(
        &self,
        id: &'c str,
        template: bool,
        permissions: &PermissionSet,
        wanted: &PermissionSet,
    ) -> Candidate<'c> {
        let gives = self.closed(permissions);
        let mut covers = gives.clone();
        covers.intersect(wanted);
        Candidate {
            id,
            template,
            gives,
            covers,
        }
    }

    fn offer(&self, candidate: &Candidate, wanted: &PermissionSet) -> Offer {
        Offer {
            id: candidate.id.to_owned(),
            gives: self.ids(&candidate.covers),
            excess: self.ids(&candidate.gives.without(wanted)),
        }
    }
}

/// A branch-and-bound search over set covers.
struct Search<'c> {
    candidates: &'c [Candidate<'c>],
    best: Option<Vec<usize>>,
    left: usize,
}

impl Search<'_> {
    /// Repeatedly takes the candidate that covers the most. The result is near the optimum and
    /// bounds the exact search.
    fn greedy(&self, wanted: &PermissionSet) -> Vec<usize> {
        let (mut open, mut chosen) = (wanted.clone(), Vec::new());
        while !open.is_empty() {
            let most = self
                .candidates
                .iter()
                .enumerate()
                .map(|(at, candidate)| (at, candidate.covers.overlap(&open)));
            // On a tie, the first wins: templates come before permissions.
            let Some((at, _)) = most.reduce(|one, other| if other.1 > one.1 { other } else { one }) else {
                break;
            };
            if self
                .candidates
                .get(at)
                .is_some_and(|best| best.covers.overlap(&open) == 1)
            {
                // Each that is left needs a candidate of its own.
                let covering =
                    |index: usize| self.candidates.iter().position(|one| one.covers.contains(index));
                chosen.extend(open.iter().filter_map(covering));
                break;
            }
            chosen.push(at);
            if let Some(candidate) = self.candidates.get(at) {
                open.subtract(&candidate.covers);
            }
        }
        chosen
    }

    fn run(&mut self, open: &PermissionSet, chosen: &mut Vec<usize>) {
        let bound = self.best.as_ref().map_or(usize::MAX, Vec::len);
        let Some(first) = open.iter().next() else {
            if chosen.len() < bound {
                self.best = Some(chosen.clone());
            }
            return;
        };
        // A lower bound: the number of candidates needed if each covered as much as the best one
        // does.
        let most = self
            .candidates
            .iter()
            .map(|candidate| candidate.covers.overlap(open))
            .max()
            .unwrap_or(0)
            .max(1);
        if self.left == 0 || chosen.len() + open.len().div_ceil(most) >= bound {
            return;
        }
        self.left = self.left.saturating_sub(self.candidates.len());
        // Every cover contains a candidate that covers the first open permission.
        let options: Vec<usize> = (0..self.candidates.len())
            .filter(|at| {
                self.candidates
                    .get(*at)
                    .is_some_and(|candidate| candidate.covers.contains(first))
            })
            .collect();
        // Try the candidates that cover the most first.
        let options = sorted_by_count(options, |at| {
            usize::MAX
                - self
                    .candidates
                    .get(*at)
                    .map_or(0, |candidate| candidate.covers.overlap(open))
        });
        for at in options {
            let Some(candidate) = self.candidates.get(at) else {
                continue;
            };
            let rest = open.without(&candidate.covers);
            chosen.push(at);
            self.run(&rest, chosen);
            chosen.pop();
        }
    }
}
