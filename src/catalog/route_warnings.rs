//! Finds routes that match the same requests as others: a request that two of them match needs the
//! permissions of both.

use super::path_form::{PARAMETER, TAIL_SEGMENT, covers_segment, segments};
use super::route::{RouteEntry, Routes, Table, Target};
use super::router::{Class, Node};
use crate::input::Problems;

/// How many nodes are compared with one route, on average. A catalog where all routes cross all
/// others would take the square of their number.
const STEPS_PER_ROUTE: usize = 200;

const LEAST_STEPS: usize = 100_000;

/// Adds a warning for each route that another one crosses or equals.
pub(super) fn warn(routes: &Routes, entries: &[RouteEntry], warnings: &mut Problems) {
    let text = |target: &Target| entries.get(target.order).map_or("", |entry| entry.path);
    let mut add = |target: &Target, message: String| {
        if let Some(entry) = entries.get(target.order) {
            warnings.add(&entry.at, message);
        }
    };
    for table in &routes.0 {
        let method = table.method;
        for target in &table.targets {
            let twins = table.targets_of(target.number);
            let mut twins = twins.take_while(|twin| !std::ptr::eq(*twin, target));
            if let Some(twin) = twins.find(|twin| target.differs(twin) && text(twin) != text(target)) {
                let message = format!(
                    "matches the same requests as {method} {}, at least where a server ignores letter case or a last slash; \
                     they need both permissions",
                    text(twin)
                );
                add(target, message);
            }
        }
        let mut search = Search::of(table);
        for target in &table.targets {
            if let Some(other) = search.crossing(target) {
                let message = format!(
                    "crosses {method} {}: a request that both match needs both permissions",
                    text(other)
                );
                add(target, message);
            }
        }
        if search.steps == 0
            && let Some(first) = table.targets.first()
        {
            let message = format!(
                "the {method} routes have parameters in too many different places to compare all of them; \
                 a request that two of them match needs both permissions"
            );
            add(first, message);
        }
    }
}

impl Target {
    /// Whether a request that needs both routes needs more than one of them says.
    fn differs(&self, other: &Target) -> bool {
        self.permission != other.permission || self.has_resource() || other.has_resource()
    }
}

/// A search for routes that cross others, in one table.
struct Search<'t> {
    table: &'t Table,
    has_tails: bool,
    /// The nodes that may still be compared.
    steps: usize,
}

/// Whether one of two routes still covers the other, as far as their segments were compared.
#[derive(Clone, Copy)]
struct Covers {
    /// The route covers the known one.
    route: bool,
    /// The known one covers the route.
    known: bool,
}

impl<'t> Search<'t> {
    fn of(table: &'t Table) -> Search<'t> {
        let numbers = table.targets.iter().map(|target| target.number);
        Search {
            table,
            has_tails: numbers
                .clone()
                .any(|number| table.router.form(number).ends_with(TAIL_SEGMENT)),
            steps: LEAST_STEPS + STEPS_PER_ROUTE * table.targets.len(),
        }
    }

    /// An earlier route that crosses this one.
    fn crossing(&mut self, target: &Target) -> Option<&'t Target> {
        let table: &'t Table = self.table;
        let route: Vec<&[u8]> = segments(table.router.form(target.number)).collect();
        let both = Covers {
            route: true,
            known: true,
        };
        self.below(table.router.root(), &route, both, target)
    }

    fn below(
        &mut self,
        node: &'t Node,
        route: &[&'t [u8]],
        covers: Covers,
        target: &Target,
    ) -> Option<&'t Target> {
        self.steps = self.steps.checked_sub(1)?;
        let crosses = !covers.route && !covers.known;
        let Some((segment, rest)) = route.split_first() else {
            return self.earlier(node.end.filter(|_| crosses), target);
        };
        // The tail of the known route covers what is left of this one.
        let at_tail = self.earlier(
            node.tail
                .filter(|_| !covers.known && (segment != &TAIL_SEGMENT || crosses)),
            target,
        );
        if at_tail.is_some() {
            return at_tail;
        }
        if segment == &TAIL_SEGMENT {
            // Everything below is narrower.
            return if covers.route {
                None
            } else {
                self.anything(node, target)
            };
        }
        let is_open = |segment: &&[u8]| segment.contains(&PARAMETER) || *segment == TAIL_SEGMENT;
        let is_widest = |segment: &&[u8]| *segment == [PARAMETER] || *segment == TAIL_SEGMENT;
        // If the rest decides in favor of one of them, they cannot cross any more.
        if (covers.known && !route.iter().any(is_open))
            || (covers.route && !self.has_tails && route.iter().all(is_widest))
        {
            return None;
        }
        let children: Vec<(&[u8], &Node)> = match segment.contains(&PARAMETER) {
            true => node.children().collect(),
            false => node.matching(segment).collect(),
        };
        for (known, node) in children {
            if self.steps == 0 {
                return None;
            }
            if !overlap(segment, known) {
                self.steps -= 1;
                continue;
            }
            let covers = Covers {
                route: covers.route && covers_segment(segment, known),
                known: covers.known && covers_segment(known, segment),
            };
            let found = self.below(node, rest, covers, target);
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Any earlier route below a node.
    fn anything(&mut self, node: &'t Node, target: &Target) -> Option<&'t Target> {
        for (_, node) in node.children() {
            self.steps = self.steps.checked_sub(1)?;
            let here = [node.end, node.tail]
                .into_iter()
                .find_map(|number| self.earlier(number, target));
            let found = here.or_else(|| self.anything(node, target));
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// A route of this number, if it comes before the target and needs something else.
    fn earlier(&self, number: Option<usize>, target: &Target) -> Option<&'t Target> {
        let number = number.filter(|number| *number < target.number)?;
        self.table.targets_of(number).find(|other| target.differs(other))
    }
}

/// Whether a text matches both segments, neither of which is a tail.
fn overlap(one: &[u8], other: &[u8]) -> bool {
    if covers_segment(one, other) || covers_segment(other, one) {
        return true;
    }
    let fits = |class: Class, starts: fn(&[u8], &[u8]) -> bool| {
        let (one, other) = (class.affix(one), class.affix(other));
        starts(one, other) || starts(other, one)
    };
    // What is between the literals at both ends can be anything, so it has room for all others.
    let is_open = |segment: &[u8]| segment.contains(&PARAMETER);
    is_open(one)
        && is_open(other)
        && fits(Class::Prefix, |one, other| one.starts_with(other))
        && fits(Class::Suffix, |one, other| one.ends_with(other))
}
