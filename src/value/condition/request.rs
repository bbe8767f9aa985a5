use std::net::IpAddr;

use super::Audience;
use super::address::Address;
use super::network::peer_address;
use super::origin::Origin;
use crate::codec::json::Value;
use crate::input::{Members, Path, Problems};

/// The context of a request, as far as the host knows it. A condition on an unknown value is not
/// met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestContext {
    pub(super) ip: Option<IpAddr>,
    pub(super) origin: Option<Origin>,
    pub(super) audience: Option<Audience>,
}

impl RequestContext {
    /// Reads `{ ip?, origin?, audience? }`. On a problem it adds to `problems` and returns `None`.
    ///
    /// The audience comes from the host itself: one that cannot be parsed is a problem. The address
    /// comes from a connection or a proxy, the origin from the client; either may be any text
    /// (`unknown`, `null`). If one cannot be parsed, it counts as unknown and meets no condition.
    pub fn read(value: Option<&Value>, path: &Path, problems: &mut Problems) -> Option<RequestContext> {
        let Some(value) = value else {
            return Some(RequestContext::default());
        };
        let before = problems.len();
        let members = Members::open(value, path, &["ip", "origin", "audience"], problems)?;
        let context = RequestContext {
            ip: members.text("ip", problems).and_then(peer_address),
            origin: members
                .text("origin", problems)
                .and_then(|text| Origin::parse(text).ok()),
            audience: members.parsed("audience", problems, Audience::parse),
        };
        (problems.len() == before).then_some(context)
    }

    /// The address that the request came from.
    #[must_use]
    pub fn address(&self) -> Option<Address> {
        self.ip.map(Address)
    }
}
