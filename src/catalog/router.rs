/// Routes as a tree of segments: literal before parameter before rest, with a way back where the more exact one leads nowhere.
#[derive(Debug, Default)]
pub(super) struct Router(Node);

#[derive(Debug, Default)]
struct Node {
    /// The segments that are written out, and what is below them.
    literals: Vec<(String, Node)>,
    /// What is below a segment of any text.
    parameter: Option<Box<Node>>,
    /// Where one segment or more of any text lead.
    rest: Option<usize>,
    /// Where a path leads that ends here.
    end: Option<usize>,
}

impl Router {
    /// Adds a path of sound segments. Refuses it where one of the same form leads elsewhere already, which is the answer, or where a
    /// parameter and a rest would stand side by side.
    pub(super) fn insert(&mut self, path: &str, target: usize) -> Result<(), usize> {
        let mut node = &mut self.0;
        for segment in segments(path) {
            if segment.starts_with("{*") {
                let beside = node.parameter.as_ref().and_then(|parameter| parameter.first());
                return beside.map_or_else(|| put(&mut node.rest, target), Err);
            }
            node = if segment.starts_with('{') {
                node.rest.map_or(Ok(()), Err)?;
                node.parameter.get_or_insert_default()
            } else {
                node.literal(segment)
            };
        }
        put(&mut node.end, target)
    }

    /// Where a path leads.
    pub(super) fn find(&self, path: &str) -> Option<usize> {
        self.0
            .find(path.strip_prefix('/').filter(|rest| !rest.is_empty()))
    }
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

/// The segments of a path; the root has none.
pub(super) fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').skip(1).filter(|segment| !segment.is_empty())
}

impl Node {
    fn literal(&mut self, segment: &str) -> &mut Node {
        let at = self.literals.iter().position(|(known, _)| known == segment);
        let at = at.unwrap_or_else(|| {
            self.literals.push((segment.to_owned(), Node::default()));
            self.literals.len() - 1
        });
        // The position was just found or made.
        #[allow(clippy::indexing_slicing)]
        &mut self.literals[at].1
    }

    /// Any target at or below this.
    fn first(&self) -> Option<usize> {
        let literals = || self.literals.iter().find_map(|(_, node)| node.first());
        let parameter = || self.parameter.as_ref()?.first();
        self.end.or(self.rest).or_else(literals).or_else(parameter)
    }

    /// `path` is what is left behind the last separator; nothing where it has ended.
    fn find(&self, path: Option<&str>) -> Option<usize> {
        let Some(path) = path else { return self.end };
        let (segment, below) = match path.split_once('/') {
            Some((segment, below)) => (segment, Some(below)),
            None => (path, None),
        };
        let literal = self.literals.iter().find(|(known, _)| known == segment);
        literal
            .and_then(|(_, node)| node.find(below))
            .or_else(|| self.parameter.as_ref()?.find(below))
            .or(self.rest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Router;

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
