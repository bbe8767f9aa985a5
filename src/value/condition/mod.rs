//! Conditions on the context of a request: its client address, origin, audience and time. Pure
//! functions.
//!
//! A condition is not met if the context lacks the value. An empty list is refused when it is read:
//! some would read it as "none", others as "any".

mod address;
mod network;
mod origin;
mod request;
#[cfg(test)]
mod tests;
mod window;

use std::error::Error;
use std::fmt;

use serde::{Deserialize, Serialize};

use self::network::Network;
use self::origin::Origin;
use self::window::Window;
use super::time::Instant;
use crate::codec::canonical::{Cursor, Schema, Shape, Spans, optional};
use crate::codec::decode::{Decode, DecodeError};
use crate::codec::json::Value;
use crate::input::{Members, Path, Problems, Refusal};

pub use self::address::{Address, AddressError};
pub use self::request::RequestContext;

/// The most items of a list.
const MAX: usize = 50;

const MAX_AUDIENCE_LENGTH: usize = 256;

/// The conditions of a token, at least one. A request must meet all of them; of a list, it must
/// match one item.
///
/// ```
/// use leastkey::value::condition::{Conditions, RequestContext};
/// use leastkey::value::time::Instant;
/// let conditions: Conditions = serde_json::from_str(r#"{"ips":["10.0.0.0/8"]}"#).unwrap();
/// let now = Instant::from_millis(0.0).unwrap();
/// assert!(conditions.first_unmet(&RequestContext::default(), now).is_some());
/// assert!(serde_json::from_str::<Conditions>(r#"{"ips":[]}"#).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value")]
pub struct Conditions {
    #[serde(skip_serializing_if = "Option::is_none")]
    ips: Option<Vec<Network>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origins: Option<Vec<Origin>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audiences: Option<Vec<Audience>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<Window>,
}

/// The audience that a request is for: an exact text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Audience(String);

/// The kind of the condition that a request does not meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unmet {
    /// The client address is outside the networks, or unknown.
    Ip,
    /// The origin is another one, or absent.
    Origin,
    /// The audience is another one, or unknown.
    Audience,
    /// The time is outside the window.
    Time,
}

impl Conditions {
    /// Reads `{ ips?, origins?, audiences?, times? }`. On a problem it adds to `problems` and
    /// returns `None`.
    pub fn read(value: &Value, path: &Path, problems: &mut Problems) -> Option<Conditions> {
        let before = problems.len();
        let members = Members::open(value, path, &["ips", "origins", "audiences", "times"], problems)?;
        let conditions = Conditions {
            ips: read_list(&members, "ips", problems, Network::parse),
            origins: read_list(&members, "origins", problems, Origin::parse),
            audiences: read_list(&members, "audiences", problems, Audience::parse),
            times: members
                .value("times")
                .and_then(|times| Window::read(times, &members.path("times"), problems)),
        };
        if members.each().next().is_none() {
            problems.add(path, "has no condition; leave it out for none");
        }
        (problems.len() == before).then_some(conditions)
    }

    /// The conditions in a stored text; `None` for any other text.
    pub(crate) fn of_stored(text: &str) -> Option<Conditions> {
        const TEXTS: Shape = Shape::List(&Shape::Text(|_| true));
        const SCHEMA: &Schema = &[
            optional("ips", TEXTS).noted(0),
            optional("origins", TEXTS).noted(1),
            optional("audiences", TEXTS).noted(2),
            optional("times", Shape::Value(|text| Window::of_stored(text).is_some())).noted(3),
        ];
        let spans = Spans::<4>::read(text, SCHEMA).ok()?;
        let times = spans.raw(text, 3).map(Window::of_stored);
        let conditions = Conditions {
            ips: stored_list(&spans, text, 0, Network::parse).ok()?,
            origins: stored_list(&spans, text, 1, Origin::parse).ok()?,
            audiences: stored_list(&spans, text, 2, Audience::parse).ok()?,
            times: times.map_or(Some(None), |times| times.map(Some))?,
        };
        let all = spans.all().iter();
        let is_empty = all.filter_map(|span| span.range()).next().is_none();
        (!is_empty).then_some(conditions)
    }

    /// The first condition that a request does not meet; `None` if it meets all.
    #[must_use]
    pub fn first_unmet(&self, request: &RequestContext, now: Instant) -> Option<Unmet> {
        let ip = met(&self.ips, request.ip, |network, ip| network.contains(*ip));
        let origin = met(&self.origins, request.origin.as_ref(), |origin, from| {
            origin == *from
        });
        let audience = met(&self.audiences, request.audience.as_ref(), |audience, of| {
            audience == *of
        });
        let time = self.times.as_ref().is_none_or(|times| times.is_open(now));
        let all = [
            (ip, Unmet::Ip),
            (origin, Unmet::Origin),
            (audience, Unmet::Audience),
            (time, Unmet::Time),
        ];
        all.into_iter().find(|(met, _)| !met).map(|(_, unmet)| unmet)
    }

    /// The conditions as text for a message: the networks, origins and audiences, and `certain
    /// hours` for a time window.
    pub(crate) fn in_words(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        if let Some(ips) = &self.ips {
            parts.extend(ips.iter().map(Network::to_string));
        }
        if let Some(origins) = &self.origins {
            parts.extend(origins.iter().map(Origin::to_string));
        }
        if let Some(audiences) = &self.audiences {
            parts.extend(
                audiences
                    .iter()
                    .map(|Audience(text)| format!("the audience {text}")),
            );
        }
        if self.times.is_some() {
            parts.push("certain hours".to_owned());
        }
        parts.join(", ")
    }

    /// Whether every request that meets these conditions also meets the `wider` ones. Each network
    /// must be within one of theirs, each origin and audience must be one of theirs, and the times
    /// must be equal. Conservative: it may return `false` for conditions that are narrower in a
    /// less obvious way.
    #[must_use]
    pub fn is_within(&self, wider: &Conditions) -> bool {
        all_within(&self.ips, &wider.ips, |one, other| other.covers(*one))
            && all_within(&self.origins, &wider.origins, PartialEq::eq)
            && all_within(&self.audiences, &wider.audiences, PartialEq::eq)
            && (wider.times.is_none() || self.times == wider.times)
    }
}

/// Whether the list is absent, or `has` matches an item of it.
fn met<T, R>(list: &Option<Vec<T>>, has: Option<R>, matches: impl Fn(&T, &R) -> bool) -> bool {
    let Some(list) = list else { return true };
    has.is_some_and(|has| list.iter().any(|item| matches(item, &has)))
}

/// Whether the wider list is absent, or each item of the narrower list is within an item of it.
fn all_within<T>(narrower: &Option<Vec<T>>, wider: &Option<Vec<T>>, within: impl Fn(&T, &T) -> bool) -> bool {
    let Some(wider) = wider else { return true };
    let is_within = |one: &T| wider.iter().any(|other| within(one, other));
    narrower.as_ref().is_some_and(|items| items.iter().all(is_within))
}

/// The distinct items of a stored list; `None` if the member is absent.
fn stored_list<T: PartialEq, E>(
    spans: &Spans<4>,
    text: &str,
    at: usize,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<Vec<T>>, DecodeError> {
    let mut list = Vec::new();
    for item in spans.items(text, at).texts() {
        let item = parse(&item).map_err(|_| DecodeError)?;
        if list.len() >= MAX || list.contains(&item) {
            return Err(DecodeError);
        }
        list.push(item);
    }
    Ok((!list.is_empty()).then_some(list))
}

/// Parses a list of distinct texts. `None` if the member is absent.
fn read_list<T: PartialEq, E: fmt::Display>(
    members: &Members,
    name: &str,
    problems: &mut Problems,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<Vec<T>> {
    if let Value::List(items) = members.value(name)?
        && items.is_empty()
    {
        problems.add(
            &members.path(name),
            "is empty, so no request could meet it; leave it out for no such condition",
        );
        return None;
    }
    let mut list = Vec::new();
    for (text, path) in members.texts(name, MAX, problems) {
        if problems.are_enough() {
            break;
        }
        match problems.keep(&path, parse(text)) {
            Some(item) if list.contains(&item) => problems.add(&path, "is there twice"),
            item => list.extend(item),
        }
    }
    Some(list)
}

impl Audience {
    fn parse(text: &str) -> Result<Audience, AudienceError> {
        let printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if printable && (1..=MAX_AUDIENCE_LENGTH).contains(&text.len()) {
            Ok(Audience(text.to_owned()))
        } else {
            Err(AudienceError)
        }
    }
}

/// A text is no [`Audience`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AudienceError;

impl fmt::Display for AudienceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "is no audience; write 1 to {MAX_AUDIENCE_LENGTH} printable ASCII characters"
        )
    }
}

impl Error for AudienceError {}

impl TryFrom<Value> for Conditions {
    type Error = Refusal;

    fn try_from(value: Value) -> Result<Conditions, Refusal> {
        let mut problems = Problems::default();
        Conditions::read(&value, &Path::call(), &mut problems).ok_or_else(|| problems.into())
    }
}

impl Decode for Conditions {
    fn decode(cursor: &mut Cursor) -> Result<Conditions, DecodeError> {
        let stored = cursor.value().and_then(Conditions::of_stored);
        stored.ok_or(DecodeError)
    }
}
