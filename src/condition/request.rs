use std::net::IpAddr;

use super::Audience;
use super::network::parse_peer;
use super::origin::Origin;
use crate::input::{Members, Path, Problems, Value};

/// What a host knows of a request. What it does not know, no condition is met by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestContext {
    pub(super) ip: Option<IpAddr>,
    pub(super) origin: Option<Origin>,
    pub(super) audience: Option<Audience>,
}

impl RequestContext {
    /// Reads `{ ip?, origin?, audience? }`; `None` where anything is wrong.
    ///
    /// Address and audience are the host's own words: one that cannot be parsed is a mistake in its program. The origin is the client's,
    /// who may send any text (`null`, an extension's). One that is no web origin is none, and meets no condition.
    pub fn read(value: Option<&Value>, path: &Path, problems: &mut Problems) -> Option<RequestContext> {
        let Some(value) = value else {
            return Some(RequestContext::default());
        };
        let before = problems.len();
        let members = Members::open(value, path, &["ip", "origin", "audience"], problems)?;
        let context = RequestContext {
            ip: members.parsed("ip", problems, parse_peer),
            origin: members
                .text("origin", problems)
                .and_then(|text| Origin::parse(text).ok()),
            audience: members.parsed("audience", problems, Audience::parse),
        };
        (problems.len() == before).then_some(context)
    }
}
