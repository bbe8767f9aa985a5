//! Parses and compares IP networks (CIDR).
//!
//! Written here because `std::net` has addresses but no networks, and because the rules for host
//! bits and IPv4-mapped addresses must be exact.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;

use serde::{Serialize, Serializer};

use crate::codec::json::plain_whole;

/// The longest text of an address: IPv6 with an embedded IPv4 address. A longer text is not parsed.
const MAX_ADDRESS_LENGTH: usize = 45;

/// The length of the prefix of IPv4-mapped IPv6 addresses, `::ffff:0:0/96`.
const MAPPED: u8 = 96;

/// A network: `10.0.0.0/8`, `2001:db8::/32`. A single address is a network with the full prefix
/// length.
///
/// An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) counts as the IPv4 address, in networks and in
/// requests. So no IPv6 network contains an IPv4 address, not even `::/0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    base: IpAddr,
    length: u8,
}

impl Network {
    /// Parses an address, or an address, `/` and the prefix length.
    pub(super) fn parse(text: &str) -> Result<Network, NetworkError> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let written = address_of(address).ok_or(NetworkError::NoAddress)?;
        let width = width(written);
        let length = match length {
            None => width,
            Some(digits) => parse_length(digits, width).ok_or(NetworkError::NoLength { width })?,
        };
        let base = written.to_canonical();
        let length = match (written, base) {
            (IpAddr::V6(_), IpAddr::V4(_)) => length.checked_sub(MAPPED).ok_or(NetworkError::BeyondMapped)?,
            _ => length,
        };
        let network = Network {
            base: network_of(base, length),
            length,
        };
        if network.base == base {
            Ok(network)
        } else {
            Err(NetworkError::HostBits(network))
        }
    }

    /// Whether an address is in this network. False for the other family: it is another variant of
    /// `IpAddr`.
    pub(super) fn contains(self, address: IpAddr) -> bool {
        network_of(address.to_canonical(), self.length) == self.base
    }

    /// Whether every address of another network is in this one.
    pub(super) fn covers(self, other: Network) -> bool {
        self.length <= other.length && self.contains(other.base)
    }
}

/// Why a text is no [`Network`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NetworkError {
    /// It does not begin with an address.
    NoAddress,
    /// After the `/` is no number of at most `width`.
    NoLength { width: u8 },
    /// It is a network of IPv4-mapped addresses and of others.
    BeyondMapped,
    /// The address has bits after the prefix. This is the network that it is in.
    HostBits(Network),
}

impl fmt::Display for NetworkError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NetworkError::NoAddress => formatter.write_str(
                "is no address or network; write a network (10.0.0.0/8, 2001:db8::/32) or an address (192.0.2.7)",
            ),
            NetworkError::NoLength { width } => write!(
                formatter,
                "has no prefix length; after the \"/\" write a whole number from 0 to {width}"
            ),
            NetworkError::BeyondMapped => write!(
                formatter,
                "reaches beyond the IPv4 addresses in IPv6; the length is at least {MAPPED}, or write IPv4"
            ),
            NetworkError::HostBits(network) => {
                write!(formatter, "is an address inside a network; the network is \"{network}\"")
            }
        }
    }
}

impl Error for NetworkError {}

/// Parses the address of a peer as a connection or a proxy writes it: an address, or an address
/// with a port (`192.0.2.7:5678`, `[2001:db8::1]:443`). `None` for any other text (a list,
/// `unknown`, an empty text). That is no error: the host passes on a text that it did not write.
pub(super) fn peer_address(text: &str) -> Option<IpAddr> {
    let address = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            let named = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
            (named && address.contains(':')).then_some(address)?
        }
        // An IPv6 address has several colons, and a port only with brackets.
        None => match text.split_once(':') {
            Some((address, port)) if is_port(port) && address.contains('.') => address,
            _ => text,
        },
    };
    parse_peer(address)
}

/// Whether the text is a port, 0 to 65535.
fn is_port(text: &str) -> bool {
    text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// Parses the address of a peer and drops the zone of a link-local address (`fe80::1%eth0`): it
/// names an interface of the receiver, and says nothing about the peer.
pub(super) fn parse_peer(text: &str) -> Option<IpAddr> {
    let address = match text.split_once('%') {
        Some((address, zone)) if address.contains(':') && !zone.is_empty() => address,
        _ => text,
    };
    address_of(address).map(|address| address.to_canonical())
}

fn address_of(text: &str) -> Option<IpAddr> {
    (text.len() <= MAX_ADDRESS_LENGTH)
        .then(|| text.parse().ok())
        .flatten()
}

/// Parses digits without a sign or a leading zero, at most `width`.
fn parse_length(digits: &str, width: u8) -> Option<u8> {
    let length = plain_whole(digits).and_then(|length| u8::try_from(length).ok());
    length.filter(|length| *length <= width)
}

/// The number of bits of an address.
fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The first address of the network that contains an address: all bits after the prefix are zero.
fn network_of(address: IpAddr, length: u8) -> IpAddr {
    let free = width(address).saturating_sub(length);
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(u32::from(free)).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(u32::from(free)).unwrap_or(0);
            IpAddr::V6((address.to_bits() & mask).into())
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.base, self.length)
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    /// The bits of an address; those of the IPv4 address if it is mapped.
    fn naive_bits(address: IpAddr) -> Vec<bool> {
        let octets = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        let octets = match octets.strip_prefix(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]) {
            Some(mapped) => mapped,
            None => &octets,
        };
        octets
            .iter()
            .flat_map(|octet| (0..8).rev().map(move |bit| octet >> bit & 1 == 1))
            .collect()
    }

    /// The address with all bits after the prefix cleared.
    fn masked(address: IpAddr, length: usize) -> IpAddr {
        let keep = |at: usize, octet: &u8| {
            (0..8)
                .filter(|bit| at * 8 + bit < length)
                .fold(0, |kept, bit| kept | octet & (0x80 >> bit))
        };
        match address {
            IpAddr::V4(address) => {
                let kept: Vec<u8> = address
                    .octets()
                    .iter()
                    .enumerate()
                    .map(|(at, octet)| keep(at, octet))
                    .collect();
                IpAddr::V4(Ipv4Addr::new(kept[0], kept[1], kept[2], kept[3]))
            }
            IpAddr::V6(address) => {
                let kept: Vec<u8> = address
                    .octets()
                    .iter()
                    .enumerate()
                    .map(|(at, octet)| keep(at, octet))
                    .collect();
                IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(kept).unwrap()))
            }
        }
    }

    /// Addresses that are often close to each other.
    fn address() -> impl Strategy<Value = IpAddr> {
        let v4 =
            prop_oneof![any::<u32>(), 0x0a00_0000..0x0a00_0010_u32].prop_map(|bits| IpAddr::V4(bits.into()));
        let mapped = prop_oneof![any::<u32>(), 0x0a00_0000..0x0a00_0010_u32]
            .prop_map(|bits| IpAddr::V6(Ipv4Addr::from(bits).to_ipv6_mapped()));
        let v6 = prop_oneof![
            any::<u128>(),
            0..0x10_u128,
            0xffff_0a00_0000..0xffff_0a00_0010_u128,
            0xfffe_0a00_0000..0xfffe_0a00_0010_u128
        ]
        .prop_map(|bits| IpAddr::V6(bits.into()));
        prop_oneof![v4, mapped, v6]
    }

    /// A network as text, the bits of its prefix, and the width of its family.
    fn network() -> impl Strategy<Value = (String, Vec<bool>, usize)> {
        (address(), 0..=128_usize).prop_filter_map(
            "a mapped network of less than the mapped range",
            |(address, length)| {
                let mapped = address.to_canonical() != address;
                let length = if mapped {
                    96 + length % 33
                } else if address.is_ipv4() {
                    length % 33
                } else {
                    length
                };
                let base = masked(address, length);
                // A masked IPv6 address may become `::`, but never a mapped one.
                let bits = naive_bits(base);
                let prefix = if mapped { length - 96 } else { length };
                (bits.len() == if mapped { 32 } else { width(base).into() })
                    .then(|| (format!("{base}/{length}"), bits[..prefix].to_vec(), bits.len()))
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn containment_agrees_with_bits_compared_one_by_one((text, prefix, width) in network(), address in address()) {
            let network = Network::parse(&text).unwrap();
            let bits = naive_bits(address);
            let expected = bits.len() == width && bits.starts_with(&prefix);
            prop_assert_eq!(network.contains(address), expected, "{} in {}", address, text);
            prop_assert_eq!(Network::parse(&network.to_string()), Ok(network), "{}", text);
        }

        #[test]
        fn coverage_agrees_with_bits_compared_one_by_one((one, prefix, width) in network(), (other, longer, other_width) in network()) {
            let covers = Network::parse(&one).unwrap().covers(Network::parse(&other).unwrap());
            prop_assert_eq!(covers, width == other_width && longer.starts_with(&prefix), "{} covers {}", one, other);
        }

        #[test]
        fn a_network_with_host_bits_is_refused_with_the_right_one(address in address(), length in 0..=32_u8) {
            let length = if address.is_ipv4() { length } else { 96 + length };
            match Network::parse(&format!("{address}/{length}")) {
                Ok(network) => prop_assert!(network.contains(address)),
                Err(error) => {
                    let message = error.to_string();
                    let right = message.split('"').nth(1).unwrap();
                    prop_assert!(Network::parse(right).unwrap().contains(address), "{}", message);
                }
            }
        }
    }

    #[test]
    fn networks_are_written_in_one_form() {
        for (text, written) in [
            ("192.0.2.7", "192.0.2.7/32"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("2001:DB8:0:0::/32", "2001:db8::/32"),
            ("2001:db8::1", "2001:db8::1/128"),
            ("::/0", "::/0"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:10.1.2.3", "10.1.2.3/32"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
        ] {
            assert_eq!(Network::parse(text).unwrap().to_string(), written, "{text}");
        }
        let all = Network::parse("::/0").unwrap();
        for address in ["10.0.0.1", "::ffff:10.0.0.1"] {
            assert!(!all.contains(address.parse().unwrap()), "{address} is of IPv4");
        }
    }

    #[test]
    fn what_is_no_network() {
        for (text, says) in [
            ("", "is no address"),
            ("10.0.0", "is no address"),
            ("10.0.0.256", "is no address"),
            ("010.0.0.1", "is no address"),
            ("0x0a.0.0.1", "is no address"),
            ("167772161", "is no address"),
            ("10.0.0.0-10.0.0.9", "is no address"),
            ("10.*", "is no address"),
            (" 10.0.0.1", "is no address"),
            ("10.0.0.1 ", "is no address"),
            ("example.com", "is no address"),
            ("[::1]", "is no address"),
            ("10.0.0.1:80", "is no address"),
            ("fe80::1%eth0", "is no address"),
            (":::", "is no address"),
            ("/8", "is no address"),
            ("10.0.0.0/", "from 0 to 32"),
            ("10.0.0.0/33", "from 0 to 32"),
            ("10.0.0.0/08", "from 0 to 32"),
            ("10.0.0.0/+8", "from 0 to 32"),
            ("10.0.0.0/-8", "from 0 to 32"),
            ("10.0.0.0/8/8", "from 0 to 32"),
            ("10.0.0.0/255.0.0.0", "from 0 to 32"),
            ("10.0.0.0/264", "from 0 to 32"),
            ("2001:db8::/129", "from 0 to 128"),
            ("10.1.2.3/8", "the network is \"10.0.0.0/8\""),
            ("2001:db8::1/32", "the network is \"2001:db8::/32\""),
            ("::ffff:10.0.0.1/104", "the network is \"10.0.0.0/8\""),
            ("::ffff:0.0.0.0/95", "at least 96"),
            ("\u{661}0.0.0.1", "is no address"),
        ] {
            let message = Network::parse(text).unwrap_err().to_string();
            assert!(message.contains(says), "{text}: {message}");
        }
    }

    #[test]
    fn a_peer_is_one_address() {
        for (text, address) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("::1", "::1"),
            ("fe80::1%eth0", "fe80::1"),
        ] {
            assert_eq!(parse_peer(text), Some(address.parse().unwrap()), "{text}");
        }
        for text in [
            "",
            "10.0.0.0/8",
            "10.0.0.1:443",
            "[::1]",
            "[::1]:443",
            "unknown",
            "10.0.0.1, 10.0.0.2",
            "10.0.0.1%eth0",
            "fe80::1%",
            "%eth0",
        ] {
            assert!(parse_peer(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_peer_may_come_with_its_port() {
        for (text, address) in [
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7:5678", "192.0.2.7"),
            ("192.0.2.7:0", "192.0.2.7"),
            ("192.0.2.7:65535", "192.0.2.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("2001:db8::1:443", "2001:db8::1:443"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[::ffff:192.0.2.7]:443", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%eth0]:443", "fe80::1"),
        ] {
            assert_eq!(peer_address(text), Some(address.parse().unwrap()), "{text}");
        }
        for text in [
            "",
            " ",
            ":",
            ":443",
            "unknown",
            "_hidden",
            "unix:",
            "localhost:443",
            "192.0.2.7:",
            "192.0.2.7:65536",
            "192.0.2.7:+1",
            "192.0.2.7:1:2",
            "192.0.2.7, 10.0.0.1",
            "192.0.2.7 ",
            "192.0.2.256:1",
            "010.0.0.1:1",
            "10.0.0.0/8",
            "[192.0.2.7]:443",
            "[192.0.2.7]",
            "[]",
            "[]:443",
            "[2001:db8::1",
            "2001:db8::1]:443",
            "[2001:db8::1]443",
            "[2001:db8::1]:",
            "[2001:db8::1]:x",
            "[[2001:db8::1]]:443",
            "::ffff:192.0.2.7:443",
            "for=192.0.2.7",
        ] {
            assert_eq!(peer_address(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_port_changes_no_address(bits: u128, v4: u32, port: u16) {
            let (long, short) = (Ipv6Addr::from_bits(bits), Ipv4Addr::from_bits(v4));
            prop_assert_eq!(peer_address(&format!("[{long}]:{port}")), Some(IpAddr::V6(long).to_canonical()));
            prop_assert_eq!(peer_address(&format!("{short}:{port}")), Some(IpAddr::V4(short)));
        }

        #[test]
        fn no_text_of_a_peer_panics(text in "[0-9a-f:.%,\\[\\] ]{0,60}|.{0,60}") {
            let _ = peer_address(&text);
        }
    }
}
