//! Every place that there is here, and what a grant reaches: spelled out pair by pair, so that no comparison is clever.

use std::collections::BTreeSet;

pub type Place = &'static str;
pub type Permission = &'static str;

/// From where a token may be used.
pub type Network = &'static str;

/// The one within the other, and one apart. Every request here comes from the smallest.
pub const NETWORKS: [Network; 3] = ["10.0.0.0/8", "10.1.0.0/16", "192.168.0.0/16"];

pub const ADDRESS: &str = "10.1.2.3";

/// Whether every request from a network comes from another, too.
pub fn is_inside(network: Network, wider: Network) -> bool {
    network == wider || (network, wider) == ("10.1.0.0/16", "10.0.0.0/8")
}

/// Whether the requests of these tests come from a network.
pub fn has_address(network: Network) -> bool {
    network.starts_with("10.")
}

/// A permission at a place. Whoever has it at a place has it at each place below.
pub type Reach = BTreeSet<(Permission, Place)>;

pub const ROOT: Place = "";

/// Where large tokens hold what they hold.
pub const FAR: Place = "org:a/far:1";

/// `org:ab` begins like `org:a` and has nothing to do with it.
pub const PLACES: [Place; 14] = [
    ROOT,
    "org:a",
    "org:a/group:x",
    "org:a/group:x/device:1",
    "org:a/group:y",
    FAR,
    "org:ab",
    "org:b",
    "org:b/group:x",
    "org:b/user:9",
    "user:1",
    "user:1/laptop",
    "user:2",
    "user:2/laptop",
];

/// Whose tokens can be.
pub const OWNERS: [Place; 9] = [
    "org:a",
    "org:a/group:x",
    "org:a/group:y",
    "org:ab",
    "org:b",
    "org:b/group:x",
    "org:b/user:9",
    "user:1",
    "user:2",
];

/// Whether a place is another, or stands above it: segment by segment.
pub fn covers(above: &str, below: &str) -> bool {
    let mut segments = below.split('/');
    above == ROOT || above.split('/').all(|segment| segments.next() == Some(segment))
}

/// What stands above something, the nearest first, the root last.
pub fn above(below: &str) -> Vec<Place> {
    let mut found: Vec<Place> = PLACES
        .into_iter()
        .filter(|place| covers(place, below) && *place != below)
        .collect();
    found.sort_by_key(|place| std::cmp::Reverse(place.len()));
    found
}

/// The place of this text, if it is one.
pub fn place(text: &str) -> Option<Place> {
    PLACES.into_iter().find(|place| *place == text)
}

/// Permissions at a place and at each place below.
pub fn reach(permissions: impl IntoIterator<Item = Permission>, at: Place) -> Reach {
    let below = || PLACES.into_iter().filter(|place| covers(at, place));
    permissions
        .into_iter()
        .flat_map(|permission| below().map(move |place| (permission, place)))
        .collect()
}

pub fn both(one: &Reach, other: &Reach) -> Reach {
    one.intersection(other).copied().collect()
}
