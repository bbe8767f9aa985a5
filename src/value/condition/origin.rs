//! Parses and compares web origins, as browsers write them in the `Origin` header.

use std::error::Error;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Serialize, Serializer};

use crate::codec::json::plain_whole;
use crate::input::write_help;

/// The longest text of an origin: a scheme, a host of 253 characters and a port. A longer text is
/// not parsed.
const MAX_LENGTH: usize = 267;
const MAX_HOST_LENGTH: usize = 253;
const MAX_LABEL_LENGTH: usize = 63;

/// A web origin as browsers write it (RFC 6454 section 6.2): `https://app.example.com`,
/// `http://localhost:3000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: Scheme,
    host: Host,
    /// `None` for the default port of the scheme.
    port: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    /// A host name or an IPv4 address.
    Name(String),
    Address(Ipv6Addr),
}

impl Origin {
    /// Parses an origin. The host is lower-cased and the default port of the scheme is dropped.
    /// Patterns are not supported.
    pub(super) fn parse(text: &str) -> Result<Origin, OriginError> {
        if text == "null" {
            return Err(OriginError::Null);
        }
        if text.len() > MAX_LENGTH {
            return Err(OriginError::TooLong);
        }
        let lower = text.to_ascii_lowercase();
        let (scheme, rest) = lower.split_once("://").ok_or(OriginError::NoScheme)?;
        let (scheme, own_port) = match scheme {
            "https" => (Scheme::Https, 443),
            "http" => (Scheme::Http, 80),
            _ => return Err(OriginError::OtherScheme),
        };
        if rest.contains(['/', '?', '#', '@', '\\']) {
            return Err(OriginError::MoreThanOrigin);
        }
        let (host, port) = split_port(rest).ok_or(OriginError::NoHost)?;
        let host = parse_host(host)?;
        let port = port.map(parse_port).transpose()?.filter(|port| *port != own_port);
        Ok(Origin { scheme, host, port })
    }
}

/// Splits the host from the digits of the port. An IPv6 address is in brackets, because it has
/// colons.
fn split_port(text: &str) -> Option<(&str, Option<&str>)> {
    if text.starts_with('[') {
        let (host, rest) = text.split_at_checked(text.find(']')? + 1)?;
        return match rest.strip_prefix(':') {
            None if rest.is_empty() => Some((host, None)),
            port => Some((host, Some(port?))),
        };
    }
    match text.split_once(':') {
        Some((host, port)) => Some((host, Some(port))),
        None => Some((text, None)),
    }
}

fn parse_host(host: &str) -> Result<Host, OriginError> {
    if let Some(address) = host.strip_prefix('[').and_then(|inside| inside.strip_suffix(']')) {
        let address = address.parse().ok();
        return address.map(Host::Address).ok_or(OriginError::NoIpv6);
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let labels = host
        .split('.')
        .all(|label| (1..=MAX_LABEL_LENGTH).contains(&label.len()) && label.bytes().all(allowed));
    if !labels || host.len() > MAX_HOST_LENGTH {
        return Err(OriginError::NoHostName);
    }
    // A browser parses a host that ends in a number as an IPv4 address, and writes it in one form.
    let numeric = host
        .rsplit('.')
        .next()
        .is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()) || label.starts_with("0x"));
    if numeric && host.parse::<Ipv4Addr>().is_err() {
        return Err(OriginError::NoIpv4);
    }
    Ok(Host::Name(host.to_owned()))
}

fn parse_port(digits: &str) -> Result<u16, OriginError> {
    let port = plain_whole(digits).and_then(|port| u16::try_from(port).ok());
    port.filter(|port| *port > 0).ok_or(OriginError::NoPort)
}

/// Why a text is no [`Origin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OriginError {
    /// It is `null`, which browsers send for a file or a sandbox.
    Null,
    /// It is longer than any origin.
    TooLong,
    /// It has no `://`.
    NoScheme,
    /// The scheme is neither `https` nor `http`.
    OtherScheme,
    /// It has a user, a path, a query or a fragment.
    MoreThanOrigin,
    /// After the scheme is no host, or no end of its brackets.
    NoHost,
    /// In the brackets is no IPv6 address.
    NoIpv6,
    /// The host has an empty or too long label, or a character that none has.
    NoHostName,
    /// The host ends in a number and is no IPv4 address.
    NoIpv4,
    /// After the `:` is no port.
    NoPort,
}

impl OriginError {
    /// The form of an origin, where the text lacks one of its parts.
    fn help(self) -> Option<&'static str> {
        match self {
            OriginError::TooLong | OriginError::NoScheme | OriginError::OtherScheme | OriginError::NoHost => {
                Some("write it as https://app.example.com or http://localhost:3000")
            }
            OriginError::MoreThanOrigin => {
                Some("leave out the user, the path and all after it, and a final \"/\"")
            }
            OriginError::NoHostName => Some("write others in Punycode (xn--…), and no \"*\""),
            OriginError::NoPort => Some("write a whole number from 1 to 65535"),
            OriginError::Null | OriginError::NoIpv6 | OriginError::NoIpv4 => None,
        }
    }
}

impl fmt::Display for OriginError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OriginError::Null => formatter
                .write_str("is the origin of pages without one (a file, a sandbox), so any page can send it"),
            OriginError::TooLong => write!(formatter, "is longer than {MAX_LENGTH} characters"),
            OriginError::NoScheme => formatter.write_str("has no scheme"),
            OriginError::OtherScheme => formatter.write_str("has another scheme than https and http"),
            OriginError::MoreThanOrigin => formatter.write_str("is more than an origin"),
            OriginError::NoHost => formatter.write_str("has no host"),
            OriginError::NoIpv6 => formatter.write_str("has no IPv6 address in its brackets"),
            OriginError::NoHostName => formatter
                .write_str("has no host name of letters, digits and hyphens, separated by single dots"),
            OriginError::NoIpv4 => {
                formatter.write_str("has a host that is no name and no IPv4 address of four numbers")
            }
            OriginError::NoPort => formatter.write_str("has no port after the \":\""),
        }?;
        write_help(formatter, self.help())
    }
}

impl Error for OriginError {}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.scheme {
            Scheme::Http => "http://",
            Scheme::Https => "https://",
        })?;
        match &self.host {
            Host::Name(name) => formatter.write_str(name)?,
            Host::Address(address) => match address.to_ipv4_mapped() {
                // Browsers write a mapped address in hexadecimal throughout; Rust writes its end
                // with dots.
                Some(_) => {
                    let [.., high, low] = address.segments();
                    write!(formatter, "[::ffff:{high:x}:{low:x}]")?;
                }
                None => write!(formatter, "[{address}]")?,
            },
        }
        match self.port {
            Some(port) => write!(formatter, ":{port}"),
            None => Ok(()),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        for (text, written) in [
            ("https://app.example.com", "https://app.example.com"),
            ("HTTPS://App.Example.COM", "https://app.example.com"),
            ("https://app.example.com:443", "https://app.example.com"),
            ("https://app.example.com:80", "https://app.example.com:80"),
            ("http://localhost:80", "http://localhost"),
            ("http://localhost:443", "http://localhost:443"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("https://my_host.example", "https://my_host.example"),
            ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
            ("https://192.0.2.7:8443", "https://192.0.2.7:8443"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("http://[2001:DB8:0::1]", "http://[2001:db8::1]"),
            ("http://[::ffff:10.0.0.1]", "http://[::ffff:a00:1]"),
        ] {
            let origin = Origin::parse(text).unwrap();
            assert_eq!(origin.to_string(), written);
            assert_eq!(Origin::parse(written), Ok(origin), "{text}");
        }
    }

    #[test]
    fn what_is_no_origin() {
        for (text, says) in [
            ("null", "any page"),
            ("", "no scheme"),
            ("app.example.com", "no scheme"),
            ("//app.example.com", "no scheme"),
            ("https:app.example.com", "no scheme"),
            ("ftp://app.example.com", "another scheme"),
            ("chrome-extension://abcdef", "another scheme"),
            ("https://", "no host name"),
            ("https://:443", "no host name"),
            ("https://app.example.com/", "more than an origin"),
            ("https://app.example.com/path", "more than an origin"),
            ("https://app.example.com?x", "more than an origin"),
            ("https://app.example.com#x", "more than an origin"),
            ("https://user@app.example.com", "more than an origin"),
            ("https://app.example.com\\@evil.example", "more than an origin"),
            ("https://*.example.com", "no host name"),
            ("https://app..example.com", "no host name"),
            ("https://app.example.com.", "no host name"),
            (".https://x", "another scheme"),
            ("https://b\u{fc}cher.example", "Punycode"),
            ("https://app.example.com ", "no host name"),
            ("https://app.example.com:", "no port"),
            ("https://app.example.com:0", "no port"),
            ("https://app.example.com:0443", "no port"),
            ("https://app.example.com:+443", "no port"),
            ("https://app.example.com:65536", "no port"),
            ("https://app.example.com:443:443", "no port"),
            ("https://1.2.3", "no name and no IPv4"),
            ("https://0x7f000001", "no name and no IPv4"),
            ("https://127.0.0.01", "no name and no IPv4"),
            ("https://::1", "no host name"),
            ("https://[::1", "no host"),
            ("https://[::1]x", "no host"),
            ("https://[::1]:", "no port"),
            ("https://[1.2.3.4]", "no IPv6"),
        ] {
            let message = Origin::parse(text).unwrap_err().to_string();
            assert!(message.contains(says), "{text}: {message}");
        }
        assert!(Origin::parse(&format!("https://{}", "a".repeat(64))).is_err());
        assert!(Origin::parse(&format!("https://{}example", "a.".repeat(130))).is_err());
    }
}
