//! Routes: the requests that a permission lets through, and the resource that such a request is about.
//!
//! `"GET /orgs/{org}/devices/{id}"` with the resource `"org:{org}/device:{id}"`. There is one documented way to read a path, and what is read in
//! another way anywhere is refused (RFC 3986 §6.2.2 allows several): see [`RoutePath`].

use matchit::{InsertError, Router};

use crate::input::{Members, Path, Problems, Value, quote};
use crate::permission::Permission;
use crate::resource::Resource;

const MOST_ROUTES: usize = 1_000;
const LONGEST_PATH: usize = 2_048;
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// A route as its document has it.
pub(super) struct RouteEntry<'d> {
    permission: Permission,
    method: &'static str,
    path: &'d str,
    resource: Option<&'d str>,
    at: Path,
}

/// A request that a route matches: what it needs.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Matched {
    /// The permission that the route stands on.
    pub permission: Permission,
    /// The resource that the request is about, if the route has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
}

/// What a route leads to.
#[derive(Debug)]
struct Target {
    permission: Permission,
    /// The resource with its parameters: literal, name, literal, name, … , literal.
    resource: Option<Vec<Piece>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Parameter(String),
}

/// The routes of a catalog, by method.
#[derive(Debug, Default)]
pub(super) struct Routes(Vec<(&'static str, Router<Target>)>);

/// The routes of one permission.
pub(super) fn read<'d>(
    permission: &Permission,
    members: &Members<'d>,
    problems: &mut Problems,
) -> Vec<RouteEntry<'d>> {
    let at = members.path("routes");
    let items = match members.value("routes") {
        None => return Vec::new(),
        Some(Value::List(items)) if items.len() <= MOST_ROUTES => items,
        Some(Value::List(_)) => {
            problems.add(&at, format!("has more than {MOST_ROUTES} routes"));
            return Vec::new();
        }
        Some(other) => {
            problems.add(&at, format!("expected an array of routes, got {}", other.kind()));
            return Vec::new();
        }
    };
    let mut routes = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let at = at.item(index);
        let (text, resource) = match item {
            Value::Text(text) => (Some(text.as_str()), None),
            item => {
                let Some(route) = Members::open(item, &at, &["route", "resource"], problems) else {
                    continue;
                };
                (
                    route.required_text("route", problems),
                    route.text("resource", problems),
                )
            }
        };
        let Some((method, path)) = text.and_then(|text| problems.keep(&at, split(text))) else {
            continue;
        };
        routes.push(RouteEntry {
            permission: permission.clone(),
            method,
            path,
            resource,
            at,
        });
    }
    routes
}

fn split(text: &str) -> Result<(&'static str, &str), String> {
    let form = "expected a method and a path, such as \"GET /orgs/{org}\"";
    let (method, path) = text.split_once(' ').ok_or(form)?;
    let known = METHODS.into_iter().find(|known| *known == method);
    let method = known.ok_or_else(|| {
        format!(
            "there is no method {}; there are {}",
            quote(method),
            METHODS.join(", ")
        )
    })?;
    if path.starts_with('/') {
        Ok((method, path))
    } else {
        Err(form.to_owned())
    }
}

impl Routes {
    /// Compiles all routes. Two that a request could match alike are a problem.
    pub(super) fn compile(entries: Vec<RouteEntry>, problems: &mut Problems) -> Routes {
        let mut routes = Routes::default();
        for entry in entries {
            let Some(names) = problems.keep(&entry.at, parameters(entry.path)) else {
                continue;
            };
            let resource = entry.resource.map(|text| pieces(text, &names));
            let Some(resource) = problems.keep(&entry.at, resource.transpose()) else {
                continue;
            };
            let target = Target {
                permission: entry.permission,
                resource,
            };
            let inserted = routes.router(entry.method).insert(entry.path, target);
            match inserted {
                Ok(()) => {}
                Err(InsertError::Conflict { with }) => {
                    let message = format!("clashes with {} {with}: a request could match both", entry.method);
                    problems.add(&entry.at, message);
                }
                Err(other) => problems.add(&entry.at, format!("cannot be a route: {other}")),
            }
        }
        routes
    }

    fn router(&mut self, method: &'static str) -> &mut Router<Target> {
        let at = self
            .0
            .iter()
            .position(|(known, _)| *known == method)
            .unwrap_or_else(|| {
                self.0.push((method, Router::new()));
                self.0.len() - 1
            });
        // The position was just found or made.
        #[allow(clippy::indexing_slicing)]
        &mut self.0[at].1
    }

    /// What a request needs; nothing if no route matches, which is a refusal.
    pub(super) fn find(&self, method: &str, path: &str) -> Option<Matched> {
        let path = RoutePath::parse(path)?;
        // RFC 9110 §9.3.2: HEAD is GET without the content, so it needs the same unless a route says otherwise.
        let methods = if method == "HEAD" {
            ["HEAD", "GET"].as_slice()
        } else {
            &[method]
        };
        let found = methods.iter().find_map(|method| {
            let (_, router) = self.0.iter().find(|(known, _)| known == method)?;
            router.at(path.0).ok()
        })?;
        let permission = found.value.permission.clone();
        let Some(pieces) = &found.value.resource else {
            return Some(Matched {
                permission,
                resource: None,
            });
        };
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Parameter(name) => text.push_str(&parameter(found.params.get(name)?)?),
            }
        }
        Some(Matched {
            permission,
            resource: Some(Resource::parse(&text).ok()?),
        })
    }
}

/// The names of a route's parameters. A segment is literal or one parameter; the last may take the rest of the path.
fn parameters(path: &str) -> Result<Vec<&str>, String> {
    let mut names = Vec::new();
    let rest = path.strip_prefix('/').unwrap_or(path);
    let segments: Vec<&str> = if rest.is_empty() {
        Vec::new()
    } else {
        rest.split('/').collect()
    };
    let last = segments.len().saturating_sub(1);
    for (at, segment) in segments.iter().enumerate() {
        if let Some(name) = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            let whole = name.strip_prefix('*');
            if whole.is_some() && at != last {
                return Err(format!(
                    "{} takes the rest of the path, so it must stand last",
                    quote(segment)
                ));
            }
            let name = whole.unwrap_or(name);
            let plain = !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !plain || names.contains(&name) {
                return Err(format!(
                    "{} is no parameter: names are letters, digits and _, each once",
                    quote(segment)
                ));
            }
            // A rest of several segments is no part of a resource.
            names.push(if whole.is_some() { "" } else { name });
        } else if segment.is_empty() || *segment == "." || *segment == ".." || !segment.bytes().all(is_plain)
        {
            return Err(format!(
                "the segment {} is neither a {{parameter}} nor letters, digits and . _ ~ - : @",
                quote(segment)
            ));
        }
    }
    Ok(names)
}

/// A resource with parameters, for example `org:{org}/device:{id}`.
fn pieces(text: &str, names: &[&str]) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut sample = String::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once('{') {
        let (name, after) = after
            .split_once('}')
            .ok_or("the resource has a { without its }")?;
        if name.is_empty() || !names.contains(&name) {
            return Err(format!(
                "the resource has {{{name}}}, which is no parameter of one segment of its path"
            ));
        }
        sample.push_str(literal);
        sample.push('x');
        pieces.extend([
            Piece::Literal(literal.to_owned()),
            Piece::Parameter(name.to_owned()),
        ]);
        rest = after;
    }
    sample.push_str(rest);
    pieces.push(Piece::Literal(rest.to_owned()));
    Resource::parse(&sample).map_err(|message| format!("the resource {message}"))?;
    Ok(pieces)
}

/// The path of a request, read in the one way in which every server reads it.
///
/// It starts with `/`, has no empty segment (so no doubled and no trailing slash), no `.` or `..`, no backslash, no control character, no query. Letter
/// case counts. A percent sign may only encode what cannot stand in a route as it is: an encoded letter, digit, `.`, `_`, `~`, `-`, `:`, `@`, slash, backslash,
/// percent sign or control character is refused, because one server decodes it before it routes and another does not.
struct RoutePath<'p>(&'p str);

impl<'p> RoutePath<'p> {
    fn parse(path: &'p str) -> Option<RoutePath<'p>> {
        let rest = path.strip_prefix('/').filter(|_| path.len() <= LONGEST_PATH)?;
        let sound = |segment: &str| {
            !segment.is_empty()
                && segment != "."
                && segment != ".."
                && decode(segment, |byte| !is_plain(byte)).is_some()
        };
        (rest.is_empty() || rest.split('/').all(sound)).then_some(RoutePath(path))
    }
}

/// A parameter's value as a part of a resource.
fn parameter(value: &str) -> Option<String> {
    String::from_utf8(decode(value, |_| true)?)
        .ok()
        .filter(|text| !text.contains('/'))
}

/// The bytes of a segment. An encoded byte must be one that `may_be_encoded`, and never one that changes the path's structure.
fn decode(segment: &str, may_be_encoded: impl Fn(u8) -> bool) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            let stands = is_plain(byte) || b"!$&'()*+,;=".contains(&byte);
            decoded.push(stands.then_some(byte)?);
            continue;
        }
        let digits = [bytes.next()?, bytes.next()?].map(|digit| char::from(digit).to_digit(16));
        let [Some(high), Some(low)] = digits else {
            return None;
        };
        let byte = u8::try_from(high << 4 | low).ok()?;
        let structural = byte.is_ascii_control() || b"/\\%".contains(&byte);
        decoded.push((may_be_encoded(byte) && !structural).then_some(byte)?);
    }
    std::str::from_utf8(&decoded).is_ok().then_some(decoded)
}

/// What may stand in a literal segment of a route: RFC 3986's unreserved characters, `:` and `@`.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._~-:@".contains(&byte)
}
