//! All places of the model, and the reach of grants as explicit pairs, so that comparisons are
//! trivial.

use std::collections::BTreeSet;

pub type Place = &'static str;
pub type Permission = &'static str;

/// A network from which a token may be used.
pub type Network = &'static str;

/// Two nested networks and a disjoint one. Every request of the model comes from the smallest.
pub const NETWORKS: [Network; 3] = ["10.0.0.0/8", "10.1.0.0/16", "192.168.0.0/16"];

pub const ADDRESS: &str = "10.1.2.3";

/// Whether every request from `network` is also from `wider`.
pub fn is_inside(network: Network, wider: Network) -> bool {
    network == wider || (network, wider) == ("10.1.0.0/16", "10.0.0.0/8")
}

/// Whether the requests of these tests come from a network.
pub fn has_address(network: Network) -> bool {
    network.starts_with("10.")
}

/// Permissions at places. A permission at a place includes each place below.
pub type Reach = BTreeSet<(Permission, Place)>;

pub const ROOT: Place = "";

/// The place where large tokens hold their permissions.
pub const FAR: Place = "org:a/far:1";

/// `org:ab` has the prefix `org:a` but is unrelated to it.
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

/// The places that can own tokens.
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

/// Whether `above` is `below` or an ancestor of it, segment by segment.
pub fn covers(above: &str, below: &str) -> bool {
    let mut segments = below.split('/');
    above == ROOT || above.split('/').all(|segment| segments.next() == Some(segment))
}

/// The ancestors of a place, the nearest first and the root last.
pub fn above(below: &str) -> Vec<Place> {
    let mut found: Vec<Place> = PLACES
        .into_iter()
        .filter(|place| covers(place, below) && *place != below)
        .collect();
    found.sort_by_key(|place| std::cmp::Reverse(place.len()));
    found
}

/// The place with this text, if there is one.
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
