//! Evaluates a requirement as a boolean expression over permissions, and finds what a grant lacks.

use crate::codec::sort::sorted_by_count;

/// The most sets that are tried to find the smallest one.
const MAX_CHOICES: usize = 10_000;

/// An expression over permissions by index. `AND` binds tighter than `OR`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expression {
    One(usize),
    All(Vec<Expression>),
    Any(Vec<Expression>),
}

impl Expression {
    /// The smallest subset of `missing` that would satisfy the expression, if held too.
    pub(super) fn fewest(&self, missing: &[usize], held: &dyn Fn(usize) -> bool) -> Vec<usize> {
        let small = self.few_missing(held);
        let mut left = MAX_CHOICES;
        for size in 1..small.len() {
            let mut chosen = Vec::with_capacity(size);
            if choose(missing, size, &mut chosen, &mut left, &|chosen| {
                self.holds(&|permission| held(permission) || chosen.contains(&permission))
            }) {
                return chosen;
            }
        }
        small
    }

    /// All permissions of an expression without alternatives.
    pub(super) fn all(&self) -> Option<Vec<usize>> {
        match self {
            Expression::One(permission) => Some(vec![*permission]),
            Expression::All(parts) => {
                let parts: Option<Vec<Vec<usize>>> = parts.iter().map(Expression::all).collect();
                parts.map(|parts| parts.concat())
            }
            Expression::Any(_) => None,
        }
    }

    /// Calls `found` for each permission that the expression names.
    pub(super) fn each(&self, found: &mut impl FnMut(usize)) {
        match self {
            Expression::One(permission) => found(*permission),
            Expression::All(parts) | Expression::Any(parts) => {
                parts.iter().for_each(|part| part.each(found));
            }
        }
    }

    pub(super) fn holds(&self, held: &dyn Fn(usize) -> bool) -> bool {
        match self {
            Expression::One(permission) => held(*permission),
            Expression::All(parts) => parts.iter().all(|part| part.holds(held)),
            Expression::Any(parts) => parts.iter().any(|part| part.holds(held)),
        }
    }

    pub(super) fn collect_missing(&self, held: &dyn Fn(usize) -> bool, missing: &mut Vec<usize>) {
        match self {
            _ if self.holds(held) => {}
            Expression::One(permission) => missing.push(*permission),
            Expression::All(parts) | Expression::Any(parts) => {
                parts.iter().for_each(|part| part.collect_missing(held, missing));
            }
        }
    }

    /// A small set: of alternatives, the one that needs the fewest by itself.
    fn few_missing(&self, held: &dyn Fn(usize) -> bool) -> Vec<usize> {
        match self {
            Expression::One(permission) if held(*permission) => Vec::new(),
            Expression::One(permission) => vec![*permission],
            Expression::Any(parts) => parts
                .iter()
                .map(|part| part.few_missing(held))
                .min_by_key(Vec::len)
                .unwrap_or_default(),
            Expression::All(parts) => {
                let mut all: Vec<usize> = Vec::new();
                for part in parts {
                    // A permission that an earlier part needs already costs nothing here.
                    let more = part.few_missing(&|permission| held(permission) || all.contains(&permission));
                    all.extend(more);
                }
                sorted_by_count(all, |index| *index)
            }
        }
    }
}

/// Finds the first set of `size` candidates, in their order, that `will_do` accepts.
fn choose(
    candidates: &[usize],
    size: usize,
    chosen: &mut Vec<usize>,
    left: &mut usize,
    will_do: &dyn Fn(&[usize]) -> bool,
) -> bool {
    if size == 0 {
        *left = left.saturating_sub(1);
        return will_do(chosen);
    }
    for (at, candidate) in candidates.iter().enumerate() {
        if *left == 0 {
            return false;
        }
        chosen.push(*candidate);
        if choose(
            candidates.get(at + 1..).unwrap_or_default(),
            size - 1,
            chosen,
            left,
            will_do,
        ) {
            return true;
        }
        chosen.pop();
    }
    false
}
