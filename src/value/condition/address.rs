//! The IP address of a client, in canonical form.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;

use serde::{Serialize, Serializer};

use super::network::{parse_peer, peer_address};
use crate::codec::decode::decode_by_parsing;

/// The IP address that a request came from, in canonical form: an IPv4-mapped IPv6 address
/// (`::ffff:10.0.0.1`) is the IPv4 address, and a zone (`%eth0`) is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(pub(super) IpAddr);

impl Address {
    /// Parses an address without port and brackets.
    ///
    /// # Errors
    /// If the text is no such address.
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        parse_peer(text).map(Address).ok_or(AddressError)
    }

    /// Whether a text is an address.
    pub(crate) fn is(text: &str) -> bool {
        Address::parse(text).is_ok()
    }

    /// Parses the address of a peer as a connection or a proxy writes it, which may have a port.
    /// `None` if the text is no address.
    #[must_use]
    pub fn of_peer(text: &str) -> Option<Address> {
        peer_address(text).map(Address)
    }
}

/// A text is no [`Address`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressError;

impl fmt::Display for AddressError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("is no IP address; write it without port and brackets")
    }
}

impl Error for AddressError {}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

decode_by_parsing!(normal Address);
