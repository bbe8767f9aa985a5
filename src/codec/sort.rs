//! Sorting. A generic sort is some 6 kB of the module for each type; this one is compiled once.

use std::cmp::Ordering;

/// The items in order; equal ones stay as they stand.
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

/// The items in the order of a number.
pub(crate) fn sorted_by_count<T>(items: Vec<T>, count: impl Fn(&T) -> usize) -> Vec<T> {
    sorted_by(items, |one, other| count(one).cmp(&count(other)))
}

fn ranks(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut ranks: Vec<usize> = (0..count).collect();
    ranks.sort_by(|one, other| compare(*one, *other));
    ranks
}
