//! Matches paths against the routes of one method, and detects routes that could match the same
//! path.
//!
//! A router library such as `matchit` resolves crossing routes (`/{a}/x` and `/b/{c}`) by
//! precedence and does not report them. Here they are errors: the server that answers may resolve
//! them differently.

use crate::codec::sort::sorted_by;

/// Routes as a tree of segments. Literals are tried before parameters, and parameters before rests,
/// with backtracking if the more exact branch does not match.
#[derive(Debug, Default)]
pub(super) struct Router(Node);

#[derive(Debug, Default)]
struct Node {
    /// The literal segments and their subtrees, ascending.
    literals: Vec<(String, Node)>,
    /// The subtree of a segment that is a parameter.
    parameter: Option<Box<Node>>,
    /// The target of a rest, which matches one or more segments.
    rest: Option<usize>,
    /// The target of a path that ends at this node.
    end: Option<usize>,
}

/// Whether each of two routes is more exact than the other in some segment.
#[derive(Clone, Copy, Default)]
struct Exact {
    asked: bool,
    known: bool,
}

impl Router {
    /// Creates the nodes of paths with valid segments, without targets. The paths are inserted in
    /// sorted order, so that each node is appended behind its siblings, which is quick for any
    /// number of paths.
    pub(super) fn with_room_for(paths: Vec<&str>) -> Router {
        let mut router = Router::default();
        for path in sorted_by(paths, |one, other| segments(one).cmp(segments(other))) {
            let mut node = &mut router.0;
            for segment in segments(path).filter(|segment| !is_rest(segment)) {
                node = node.below(segment);
            }
        }
        router
    }

    /// Adds a path of valid segments. Returns the existing target as an error if a path of the same
    /// form exists, or if a parameter and a rest would be siblings.
    pub(super) fn insert(&mut self, path: &str, target: usize) -> Result<(), usize> {
        let mut node = &mut self.0;
        for segment in segments(path) {
            if is_rest(segment) {
                let beside = node.parameter.as_ref().and_then(|parameter| parameter.first());
                return beside.map_or_else(|| put(&mut node.rest, target), Err);
            }
            if is_open(segment) {
                node.rest.map_or(Ok(()), Err)?;
            }
            node = node.below(segment);
        }
        put(&mut node.end, target)
    }

    /// The target of the route that matches a path.
    pub(super) fn find(&self, path: &str) -> Option<usize> {
        self.0
            .find(path.strip_prefix('/').filter(|rest| !rest.is_empty()))
    }

    /// The lowest target whose route overlaps `route` where neither is more exact throughout, such
    /// as `/{a}/x` and `/b/{c}`.
    pub(super) fn crossing(&self, route: &str) -> Option<usize> {
        let route: Vec<&str> = segments(route).collect();
        self.0.crossing(&route, Exact::default())
    }
}

/// Whether a segment matches other texts: a parameter or a rest.
fn is_open(segment: &str) -> bool {
    segment.starts_with('{')
}

fn is_rest(segment: &str) -> bool {
    segment.starts_with("{*")
}

fn put(place: &mut Option<usize>, target: usize) -> Result<(), usize> {
    match place.replace(target) {
        None => Ok(()),
        Some(known) => {
            *place = Some(known);
            Err(known)
        }
    }
}

/// The segments of a path. The root has none.
pub(super) fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').skip(1).filter(|segment| !segment.is_empty())
}

fn lowest(targets: impl Iterator<Item = Option<usize>>) -> Option<usize> {
    targets.flatten().min()
}

impl Node {
    /// The child node for a segment that is no rest. Creates it if it is absent.
    fn below(&mut self, segment: &str) -> &mut Node {
        if is_open(segment) {
            return self.parameter.get_or_insert_default();
        }
        let at = self.place(segment).unwrap_or_else(|at| {
            self.literals.insert(at, (segment.to_owned(), Node::default()));
            at
        });
        // The position was just found or created.
        #[allow(clippy::indexing_slicing)]
        &mut self.literals[at].1
    }

    fn place(&self, segment: &str) -> Result<usize, usize> {
        // Mostly the last one: routes are inserted in sorted order.
        match self.literals.last() {
            Some((last, _)) if last.as_str() < segment => Err(self.literals.len()),
            _ => self
                .literals
                .binary_search_by(|(known, _)| known.as_str().cmp(segment)),
        }
    }

    fn literal(&self, segment: &str) -> Option<&Node> {
        self.literals.get(self.place(segment).ok()?).map(|(_, node)| node)
    }

    fn literals(&self) -> impl Iterator<Item = &Node> {
        self.literals.iter().map(|(_, node)| node)
    }

    /// The lowest target below this node whose route crosses the remaining segments of a route.
    fn crossing(&self, route: &[&str], exact: Exact) -> Option<usize> {
        let Some((segment, below)) = route.split_first() else {
            return self.end.filter(|_| exact.asked && exact.known);
        };
        let known = Exact { known: true, ..exact };
        let asked = Exact { asked: true, ..exact };
        let parameter = self.parameter.as_deref();
        if is_rest(segment) {
            // All siblings of a rest are more exact than the rest.
            let more_exact = self.literals().chain(parameter).filter(|_| exact.asked);
            return lowest(
                more_exact
                    .map(Node::lowest)
                    .chain([self.rest.filter(|_| exact.asked && exact.known)]),
            );
        }
        let rest = self.rest.filter(|_| exact.known);
        if is_open(segment) {
            let below_literals = self.literals().map(|node| node.crossing(below, known));
            let below_parameter = parameter.and_then(|node| node.crossing(below, exact));
            return lowest(below_literals.chain([below_parameter, rest]));
        }
        // If the rest of the route is literal, the route stays the more exact one.
        let may_cross = exact.known || below.iter().any(|segment| is_open(segment));
        let below_parameter = parameter
            .filter(|_| may_cross)
            .and_then(|node| node.crossing(below, asked));
        let below_literal = self.literal(segment).and_then(|node| node.crossing(below, exact));
        lowest([below_literal, below_parameter, rest].into_iter())
    }

    /// The lowest target at or below this node.
    fn lowest(&self) -> Option<usize> {
        let below = self.literals().chain(self.parameter.as_deref()).map(Node::lowest);
        lowest(below.chain([self.end, self.rest]))
    }

    /// Any target at or below this node.
    fn first(&self) -> Option<usize> {
        let literals = || self.literals().find_map(Node::first);
        let parameter = || self.parameter.as_ref()?.first();
        self.end.or(self.rest).or_else(literals).or_else(parameter)
    }

    /// Matches the rest of a path behind the last separator; `None` at its end.
    fn find(&self, path: Option<&str>) -> Option<usize> {
        let Some(path) = path else { return self.end };
        let (segment, below) = match path.split_once('/') {
            Some((segment, below)) => (segment, Some(below)),
            None => (path, None),
        };
        self.literal(segment)
            .and_then(|node| node.find(below))
            .or_else(|| self.parameter.as_ref()?.find(below))
            .or(self.rest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Router, is_open, is_rest};

    /// The naive form of [`Router::crossing`], for a pair of routes.
    fn cross(one: &str, other: &str) -> bool {
        let (mut ones, mut others) = (one.split('/'), other.split('/'));
        let (mut one_exact, mut other_exact) = (false, false);
        loop {
            match (ones.next(), others.next()) {
                (None, None) => return one_exact && other_exact,
                (Some(a), Some(b)) if is_rest(a) || is_rest(b) => {
                    one_exact |= !is_rest(a);
                    other_exact |= !is_rest(b);
                    return one_exact && other_exact;
                }
                (Some(a), Some(b)) => match (is_open(a), is_open(b)) {
                    (false, false) if a != b => return false,
                    (false, true) => one_exact = true,
                    (true, false) => other_exact = true,
                    _ => {}
                },
                _ => return false,
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn it_crosses_what_crosses_in_pairs(
            routes in prop::collection::vec("((/(a|b|ab|\\{x\\})){1,4}(/\\{\\*rest\\})?|/|/\\{\\*rest\\})", 0..16),
            room: bool,
        ) {
            let paths = routes.iter().filter(|_| room).map(String::as_str).collect();
            let mut router = Router::with_room_for(paths);
            let mut targets: Vec<&str> = Vec::new();
            for route in &routes {
                let expected = targets.iter().position(|known| cross(route, known));
                prop_assert_eq!(router.crossing(route), expected, "{} in {:?}", route, targets);
                if expected.is_none() && router.insert(route, targets.len()).is_ok() {
                    targets.push(route);
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn it_leads_where_matchit_leads(
            routes in prop::collection::vec("(/(a|b|ab|\\{x\\}|\\{y\\})){0,4}(/\\{\\*rest\\})?", 0..12),
            paths in prop::collection::vec("(/(a|b|ab|c)){0,5}", 1..20),
        ) {
            let (mut ours, mut theirs) = (Router::default(), matchit::Router::new());
            for (at, route) in routes.iter().enumerate() {
                let names: Vec<String> = route.split('/').enumerate().map(|(at, segment)| {
                    segment.replace(['x', 'y'], &format!("p{at}"))
                }).collect();
                let route = if route.is_empty() { "/".to_owned() } else { names.join("/") };
                prop_assert_eq!(ours.insert(&route, at).is_ok(), theirs.insert(&route, at).is_ok(), "{}", route);
            }
            for path in &paths {
                let path = if path.is_empty() { "/" } else { path };
                prop_assert_eq!(ours.find(path), theirs.at(path).ok().map(|found| *found.value), "{} in {:?}", path, routes);
            }
        }
    }
}
