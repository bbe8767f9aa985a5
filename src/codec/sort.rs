//! Sorts without a copy of the sort for each type. Each instance of a generic sort adds some 6 kB
//! to the module; this one is compiled once.

use std::cmp::Ordering;

/// The items in the order of `compare`. The sort is stable.
pub(crate) fn sorted_by<T>(items: Vec<T>, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let ranks = ranks(
        items.len(),
        &|one, other| match (items.get(one), items.get(other)) {
            (Some(one), Some(other)) => compare(one, other),
            _ => Ordering::Equal,
        },
    );
    let mut slots: Vec<Option<T>> = items.into_iter().map(Some).collect();
    ranks
        .into_iter()
        .filter_map(|rank| slots.get_mut(rank)?.take())
        .collect()
}

/// The items in ascending order of a number. The sort is stable.
pub(crate) fn sorted_by_count<T>(items: Vec<T>, count: impl Fn(&T) -> usize) -> Vec<T> {
    sorted_by(items, |one, other| count(one).cmp(&count(other)))
}

fn ranks(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut ranks: Vec<usize> = (0..count).collect();
    ranks.sort_by(|one, other| compare(*one, *other));
    ranks
}
