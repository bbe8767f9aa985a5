//! Compiles routes: the requests that a permission allows, and the resource that each request is
//! about.
//!
//! Example: the route `"GET /orgs/{org}/devices/{id}"` with the resource `"org:{org}/device:{id}"`.
//! RFC 3986 §6.2.2 allows several readings of a path. Only one is accepted; a path that has another
//! reading is refused: see [`RoutePath`].

use super::request_path::{MAX_PATH_LENGTH, RoutePath, is_plain, parameter};
use super::route_error::{METHODS, RouteError};
use super::router::{Router, segments};
use crate::codec::json::Value;
use crate::input::{Detail, Members, Path, Problems, message};
use crate::value::permission::Permission;
use crate::value::resource::Resource;

const MAX_ROUTES: usize = 1_000;

/// A route as the document has it.
pub(super) struct RouteEntry<'d> {
    permission: Permission,
    method: &'static str,
    path: &'d str,
    resource: Option<&'d str>,
    at: Path,
}

/// The permission and resource that a request needs by its route.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Matched {
    /// The permission that has the route.
    pub permission: Permission,
    /// The resource that the request is about, if the route has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
}

/// The target of a route.
#[derive(Debug)]
struct Target {
    /// The path as the document has it.
    route: String,
    permission: Permission,
    /// The template of the resource: literal, parameter, literal, parameter, … , literal.
    resource: Option<Vec<Piece>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    /// The index of the parameter's segment in the path.
    Parameter(usize),
}

/// The routes of a catalog, by method.
#[derive(Debug, Default)]
pub struct Routes(Vec<Table>);

/// The routes of one method.
#[derive(Debug)]
struct Table {
    method: &'static str,
    targets: Vec<Target>,
    router: Router,
    /// The same routes in lower case, as a server that ignores case matches them.
    folded: Router,
}

/// The path also matches another route on a server that ignores letter case or splits a format off
/// (`.json`). Which handler answers is unknown, so the path matches nothing.
struct Ambiguous;

/// Reads the routes of one permission.
pub(super) fn read<'d>(
    permission: &Permission,
    members: &Members<'d>,
    problems: &mut Problems,
) -> Vec<RouteEntry<'d>> {
    let Some(value) = members.value("routes") else {
        return Vec::new();
    };
    let at = members.path("routes");
    let items = match value {
        Value::List(items) if items.len() <= MAX_ROUTES => items,
        Value::List(_) => {
            problems.add(&at, message!("has more than {MAX_ROUTES} routes"));
            return Vec::new();
        }
        other => {
            problems.add(&at, message!("expected an array of routes, got {}", other.kind()));
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

fn split(text: &str) -> Result<(&'static str, &str), RouteError> {
    let (method, path) = text.split_once(' ').ok_or(RouteError::Form)?;
    let known = METHODS.into_iter().find(|known| *known == method);
    let method = known.ok_or_else(|| RouteError::Method(Detail::quoted(method)))?;
    if path.starts_with('/') {
        Ok((method, path))
    } else {
        Err(RouteError::Form)
    }
}

impl Routes {
    /// Compiles all routes. Two routes that could match the same request are a problem.
    pub(super) fn compile(entries: Vec<RouteEntry>, problems: &mut Problems) -> Routes {
        let named: Vec<_> = entries
            .into_iter()
            .map(|entry| (parameters(entry.path), entry))
            .collect();
        let sound = named.iter().filter(|(names, _)| names.is_ok());
        let mut routes = Routes(Table::for_all(sound.map(|(_, entry)| (entry.method, entry.path))));
        for (names, entry) in named {
            let Some(names) = problems.keep(&entry.at, names) else {
                continue;
            };
            let resource = entry.resource.map(|text| pieces(text, &names));
            let Some(resource) = problems.keep(&entry.at, resource.transpose()) else {
                continue;
            };
            let target = Target {
                route: entry.path.to_owned(),
                permission: entry.permission,
                resource,
            };
            if let Some(table) = routes.0.iter_mut().find(|table| table.method == entry.method) {
                problems.keep(&entry.at, table.add(target));
            }
        }
        routes
    }

    fn at(&self, method: &str, path: &str) -> Result<Option<&Target>, Ambiguous> {
        let table = self.0.iter().find(|table| table.method == method);
        table.map_or(Ok(None), |table| table.at(path))
    }

    /// The permission and resource that a request needs. `None` if no route matches; the caller
    /// must then refuse the request.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<Matched> {
        let path = RoutePath::parse(path)?;
        // RFC 9110 §9.3.2: HEAD is GET without the content. It needs the same unless it has its own
        // route.
        let mut found = self.at(method, path.0).ok()?;
        if method == "HEAD" {
            let get = self.at("GET", path.0).ok()?;
            // A HEAD route overrides the GET route of the same path only. With different paths, the
            // server may run either handler.
            if let (Some(head), Some(get)) = (found, get)
                && head.route != get.route
            {
                return None;
            }
            found = found.or(get);
        }
        let target = found?;
        let permission = target.permission.clone();
        let Some(pieces) = &target.resource else {
            return Some(Matched {
                permission,
                resource: None,
            });
        };
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Parameter(at) => text.push_str(&parameter(segments(path.0).nth(*at)?)?),
            }
        }
        Some(Matched {
            permission,
            resource: Some(Resource::parse(&text).ok()?),
        })
    }
}

impl Table {
    /// One table per method, with capacity for its routes.
    fn for_all<'d>(routes: impl Iterator<Item = (&'static str, &'d str)> + Clone) -> Vec<Table> {
        let mut tables = Vec::new();
        for method in METHODS {
            let of_method = routes.clone().filter(|(of, _)| *of == method);
            let paths: Vec<&str> = of_method.map(|(_, path)| path).collect();
            if paths.is_empty() {
                continue;
            }
            let folded: Vec<String> = paths.iter().map(|path| fold(path)).collect();
            tables.push(Table {
                method,
                targets: Vec::with_capacity(paths.len()),
                router: Router::with_room_for(paths),
                folded: Router::with_room_for(folded.iter().map(String::as_str).collect()),
            });
        }
        tables
    }

    fn add(&mut self, target: Target) -> Result<(), RouteError> {
        let method = self.method;
        let clash = |with: &str| RouteError::Clash(Detail::of(|| format!("{method} {with}")));
        let crossing = self.router.crossing(&target.route);
        if let Some(other) = crossing.and_then(|other| self.targets.get(other)) {
            return Err(clash(&other.route));
        }
        let index = self.targets.len();
        for (router, path) in [
            // The folded table goes first: routes that clash as written clash in lower case too.
            (&mut self.folded, fold(&target.route).as_str()),
            (&mut self.router, &target.route),
        ] {
            let known = router.insert(path, index).err();
            if let Some(known) = known.and_then(|known| self.targets.get(known)) {
                return Err(clash(&known.route));
            }
        }
        self.targets.push(target);
        Ok(())
    }

    /// The route that matches a path, if there is one.
    fn at(&self, path: &str) -> Result<Option<&Target>, Ambiguous> {
        let Some(found) = self.router.find(path) else {
            return Ok(None);
        };
        let folded = path.to_ascii_lowercase();
        let (above, last) = folded.rsplit_once('/').unwrap_or_default();
        let stem = last.split_once('.').map(|(stem, _)| [above, "/", stem].concat());
        let elsewhere = |path: &str| self.folded.find(path).is_some_and(|other| other != found);
        if elsewhere(&folded) || stem.is_some_and(|stem| elsewhere(&stem)) {
            return Err(Ambiguous);
        }
        Ok(self.targets.get(found))
    }
}

/// A route in lower case, except its parameters.
fn fold(route: &str) -> String {
    let segments: Vec<String> = route
        .split('/')
        .map(|segment| match segment.starts_with('{') {
            true => segment.to_owned(),
            false => segment.to_ascii_lowercase(),
        })
        .collect();
    segments.join("/")
}

/// The parameter names of a route, by segment; empty for a segment without a name. A segment is a
/// literal or one parameter. The last segment may match the rest of the path.
fn parameters(path: &str) -> Result<Vec<&str>, RouteError> {
    if path.len() > MAX_PATH_LENGTH {
        return Err(RouteError::TooLong);
    }
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
                return Err(RouteError::RestNotLast(Detail::quoted(segment)));
            }
            let name = whole.unwrap_or(name);
            let plain = !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !plain || names.contains(&name) {
                return Err(RouteError::Parameter(Detail::quoted(segment)));
            }
            // A rest of several segments cannot be part of a resource.
            names.push(if whole.is_some() { "" } else { name });
            continue;
        }
        if segment.is_empty() || *segment == "." || *segment == ".." || !segment.bytes().all(is_plain) {
            return Err(RouteError::Segment(Detail::quoted(segment)));
        }
        names.push("");
    }
    Ok(names)
}

/// Parses a resource with parameters, for example `org:{org}/device:{id}`.
fn pieces(text: &str, names: &[&str]) -> Result<Vec<Piece>, RouteError> {
    let mut pieces = Vec::new();
    let mut sample = String::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or(RouteError::OpenBrace)?;
        let segment = names.iter().position(|known| *known == name && !name.is_empty());
        let Some(segment) = segment else {
            return Err(RouteError::NotOfPath(Detail::of(|| format!("{{{name}}}"))));
        };
        if !pieces.is_empty() && !literal.contains('/') {
            return Err(RouteError::TwoInSegment);
        }
        sample.push_str(literal);
        sample.push('x');
        pieces.extend([Piece::Literal(literal.to_owned()), Piece::Parameter(segment)]);
        rest = after;
    }
    sample.push_str(rest);
    pieces.push(Piece::Literal(rest.to_owned()));
    Resource::parse(&sample).map_err(RouteError::Resource)?;
    Ok(pieces)
}
