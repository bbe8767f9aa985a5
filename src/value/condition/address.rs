use std::net::IpAddr;

use serde::{Serialize, Serializer};

use super::network::{parse_peer, peer_address};
use crate::codec::decode::decode_by_parsing;

/// The address that a request came from, in one form: what is written as IPv6 and means IPv4 is IPv4, and a zone is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(pub(super) IpAddr);

impl Address {
    /// Parses an address without port and brackets.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Address, String> {
        parse_peer(text).map(Address)
    }

    /// The address in what a connection or a proxy says of a peer, which may have a port.
    #[must_use]
    pub fn of_peer(text: &str) -> Option<Address> {
        peer_address(text).map(Address)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

decode_by_parsing!(Address);
