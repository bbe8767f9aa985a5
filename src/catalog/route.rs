//! Compiles routes: the requests that a permission allows, and the resource that each request is
//! about.
//!
//! Example: the route `"GET /orgs/{org}/devices/{id}"` with the resource `"org:{org}/device:{id}"`.
//! RFC 3986 §6.2.2 allows several readings of a path. A path is matched in one of them, and matches
//! nothing if another leads elsewhere: see [`RoutePath`] and [`Table::find`].

use super::path_form::{self, Parameter, covers, segments};
use super::request_path::{MAX_PATH_LENGTH, RoutePath};
use super::route_error::{METHODS, RouteError};
use super::router::{Router, narrowest};
use crate::codec::json::Value;
use crate::codec::sort::sorted_by_count;
use crate::input::{Detail, Members, Path, Problems, message};
use crate::value::permission::Permission;
use crate::value::resource::Resource;

/// The most routes of one permission, and of a catalog.
const MAX_ROUTES: usize = 100_000;

/// A route as the document has it.
pub(super) struct RouteEntry<'d> {
    permission: Permission,
    pub(super) method: &'static str,
    pub(super) path: &'d str,
    resource: Option<&'d str>,
    pub(super) at: Path,
}

/// A permission that a request needs by its route, and the resource that it needs it on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Matched {
    /// The permission that has the route.
    pub permission: Permission,
    /// The resource that the request is about, if the route has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
}

/// A compiled route.
#[derive(Debug)]
pub(super) struct Target {
    /// The number of its form in lower case, which the router finds.
    pub(super) number: usize,
    /// Its form as written.
    form: Vec<u8>,
    pub(super) permission: Permission,
    /// The template of the resource: literal, parameter, literal, parameter, … , literal.
    resource: Option<Vec<Piece>>,
    /// Its number in the document.
    pub(super) order: usize,
}

/// What a request needs, as a number.
#[derive(Debug, PartialEq, Eq)]
pub enum RouteNumber {
    /// One permission, that of the route with this number in the document, on the resource that the
    /// request is about, if the route has one.
    One(usize, Option<Resource>),
    /// No route matches.
    None,
    /// Anything else, which takes the whole requirement.
    Other,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    /// The index of the parameter's segment in the path, and its index in the segment.
    Parameter(usize, usize),
}

/// The routes of a catalog, by method.
#[derive(Debug, Default)]
pub struct Routes(pub(super) Vec<Table>);

/// The routes of one method.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) method: &'static str,
    /// By their numbers. Of one number, in the order of the document.
    pub(super) targets: Vec<Target>,
    /// The forms as a server matches them that ignores letter case and a slash at the end.
    pub(super) router: Router,
    /// By the number of a form, the first target with it.
    firsts: Vec<usize>,
    /// By the number of a form that one route has, whether the form is that route as written.
    singles: Vec<Option<bool>>,
}

/// The path also matches another route on a server that ignores letter case, splits a format off
/// (`.json`), or decodes the path at another time. The handler is unknown, so the path matches
/// nothing.
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
    if text.starts_with('/') {
        return Err(RouteError::NoMethod(Detail::quoted(&message!("GET {text}"))));
    }
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
    /// Compiles all routes.
    pub(super) fn compile(entries: &[RouteEntry], problems: &mut Problems) -> Routes {
        if entries.len() > MAX_ROUTES {
            problems.add(&Path::document(), message!("has more than {MAX_ROUTES} routes"));
            return Routes::default();
        }
        let mut of_methods: Vec<Vec<Target>> = METHODS.iter().map(|_| Vec::new()).collect();
        for (order, entry) in entries.iter().enumerate() {
            let target = problems.keep(&entry.at, Target::compile(entry, order));
            let method = METHODS.iter().position(|method| *method == entry.method);
            if let Some(targets) = method.and_then(|method| of_methods.get_mut(method)) {
                targets.extend(target);
            }
        }
        let tables = METHODS.into_iter().zip(of_methods);
        let tables = tables.filter(|(_, targets)| !targets.is_empty());
        Routes(
            tables
                .map(|(method, targets)| Table::compile(method, targets))
                .collect(),
        )
    }

    fn find(&self, method: &str, path: &RoutePath) -> Result<Vec<&Target>, Ambiguous> {
        let table = self.0.iter().find(|table| table.method == method);
        table.map_or_else(|| Ok(Vec::new()), |table| table.find(path))
    }

    /// What nearly all requests need, in a fraction of the time: a plain path that one route
    /// matches. `method` is an index of [`METHODS`].
    pub(crate) fn number(&self, method: usize, path: &[u8]) -> RouteNumber {
        let Some(method) = METHODS.get(method).filter(|method| **method != "HEAD") else {
            return RouteNumber::Other;
        };
        let Some(plainness) = plainness_of(path) else {
            return RouteNumber::Other;
        };
        let table = self.0.iter().find(|table| table.method == *method);
        table.map_or(RouteNumber::None, |table| table.number(path, plainness))
    }

    /// What a request needs: each permission, on its resource. `None` if no route matches; the
    /// caller must then refuse the request.
    pub(crate) fn needs(&self, method: &str, path: &str) -> Option<Vec<Matched>> {
        let path = RoutePath::parse(path)?;
        let mut found = self.find(method, &path).ok()?;
        // RFC 9110 §9.3.2: HEAD is GET without the content. It needs the same unless it has its own
        // route.
        if method == "HEAD" {
            let get = self.find("GET", &path).ok()?;
            if found.is_empty() {
                found = get;
            } else {
                // A HEAD route overrides the GET route of the same form only. With different forms,
                // the server may run either handler.
                let same = |get: &&Target| found.iter().any(|head| head.form == get.form);
                if !get.iter().all(same) {
                    return None;
                }
            }
        }
        let mut needs: Vec<Matched> = Vec::with_capacity(found.len());
        for target in found {
            let matched = target.matched(&path)?;
            if !needs.contains(&matched) {
                needs.push(matched);
            }
        }
        (!needs.is_empty()).then_some(needs)
    }
}

impl Table {
    fn compile(method: &'static str, mut targets: Vec<Target>) -> Table {
        let forms = targets.iter().map(|target| folded(&target.form)).collect();
        let (router, numbers) = Router::compile(forms);
        for (target, number) in targets.iter_mut().zip(numbers) {
            target.number = number;
        }
        let targets = sorted_by_count(targets, |target| target.number);
        let (mut firsts, mut singles) = (Vec::new(), Vec::new());
        let mut first = 0;
        for run in targets.chunk_by(|one, other| one.number == other.number) {
            firsts.push(first);
            first += run.len();
            singles.push(match run {
                [target] => Some(target.form == router.form(target.number)),
                _ => None,
            });
        }
        Table {
            method,
            targets,
            router,
            firsts,
            singles,
        }
    }

    /// All routes of which a request needs the permissions.
    ///
    /// A route shadows another if the other matches every path that it matches, and more. Routes
    /// that cross, so that neither shadows the other, are both needed where both match.
    fn find(&self, path: &RoutePath) -> Result<Vec<&Target>, Ambiguous> {
        let decoded = folded(&path.decoded);
        let found = self.router.find(&decoded);
        let targets: Vec<&Target> = found.iter().flat_map(|number| self.targets_of(*number)).collect();
        let exact = targets
            .iter()
            .filter(|target| covers(&target.form, &path.decoded));
        let exact: Vec<&Target> = exact.copied().collect();
        if found.is_empty() {
            return Ok(exact);
        }
        let narrowest_numbers = narrowest(found, |number| self.router.form(*number));
        let is_here = |number: &usize| narrowest_numbers.contains(number);
        // Where a server ignores case, a route matches that does not match as it is written.
        let has_exact = |number: &usize| exact.iter().any(|target| target.number == *number);
        let is_elsewhere = |path: &[u8]| !self.router.narrowest(path).iter().all(is_here);
        if !narrowest_numbers.iter().all(has_exact)
            || (path.raw != path.decoded.as_ref() && is_elsewhere(&folded(path.raw)))
            || self.stem(&decoded, &narrowest_numbers).is_some_and(is_elsewhere)
        {
            return Err(Ambiguous);
        }
        let mut needed = narrowest(exact, |target| &target.form);
        for target in targets.into_iter().filter(|target| is_here(&target.number)) {
            if !needed.iter().any(|known| std::ptr::eq(*known, target)) {
                needed.push(target);
            }
        }
        Ok(needed)
    }

    /// As [`Routes::number`]. What [`Table::find`] compares beyond the one route is left to it.
    fn number(&self, path: &[u8], plainness: Plainness) -> RouteNumber {
        let found = match plainness {
            Plainness::Folded => self.router.found(path),
            Plainness::Capitals => self.router.found(&path.to_ascii_lowercase()),
        };
        let Some(number) = found.first else {
            return RouteNumber::None;
        };
        let (Some(Some(is_folded)), true) = (self.singles.get(number), found.more.is_empty()) else {
            return RouteNumber::Other;
        };
        let Some(target) = self.targets_of(number).next() else {
            return RouteNumber::Other;
        };
        // A server may heed letter case. Then the route matches nothing, or not for certain.
        let is_exact = match plainness {
            Plainness::Folded => *is_folded,
            Plainness::Capitals => covers(&target.form, path),
        };
        if !is_exact {
            return RouteNumber::Other;
        }
        match target.resource_of(&RoutePath::plain(path)) {
            Some(resource) => RouteNumber::One(target.order, resource),
            None => RouteNumber::None,
        }
    }

    pub(super) fn targets_of(&self, number: usize) -> impl Iterator<Item = &Target> {
        let first = self.firsts.get(number).copied().unwrap_or(self.targets.len());
        let rest = self.targets.get(first..).unwrap_or_default().iter();
        rest.take_while(move |target| target.number == number)
    }

    /// The path without what a server may split off as a format: `/users/admin` of
    /// `/users/admin.json`. `None` if there is no dot, or if the routes have it themselves.
    fn stem<'p>(&self, path: &'p [u8], found: &[usize]) -> Option<&'p [u8]> {
        let last = path.iter().rposition(|byte| *byte == b'/')?;
        let dot = path.get(last..)?.iter().position(|byte| *byte == b'.')?;
        let has_dot = |number: &usize| {
            let last = segments(self.router.form(*number)).last();
            last.is_some_and(|segment| segment.contains(&b'.'))
        };
        path.get(..last + dot).filter(|_| !found.iter().all(has_dot))
    }
}

/// A path or form in lower case and without a slash at its end.
fn folded(path: &[u8]) -> Vec<u8> {
    let path = path
        .strip_suffix(b"/")
        .filter(|path| !path.is_empty())
        .unwrap_or(path);
    path.to_ascii_lowercase()
}

/// What a plain path has. A path is plain if all servers split it into the same segments, nothing
/// in it is encoded, no slash ends it, and its last segment has no dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plainness {
    /// No capitals.
    Folded,
    Capitals,
}

/// Decides in one pass what [`RoutePath::parse`] decides for any path. `None`: it is not plain.
fn plainness_of(path: &[u8]) -> Option<Plainness> {
    let (first, rest) = path.split_first()?;
    if *first != b'/' || path.len() > MAX_PATH_LENGTH {
        return None;
    }
    let (mut before, mut has_capitals, mut has_dot) = (*first, false, false);
    for byte in rest {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' | b':' | b'@' => {}
            b'A'..=b'Z' => has_capitals = true,
            b'/' if before != b'/' => has_dot = false,
            // Not the first of a segment, which could be `..`.
            b'.' if before != b'/' => has_dot = true,
            _ => return None,
        }
        before = *byte;
    }
    let is_plain = before != b'/' && !has_dot;
    is_plain.then_some(match has_capitals {
        true => Plainness::Capitals,
        false => Plainness::Folded,
    })
}

impl Target {
    fn compile(entry: &RouteEntry, order: usize) -> Result<Target, RouteError> {
        if entry.path.len() > MAX_PATH_LENGTH {
            return Err(RouteError::TooLong);
        }
        let (form, parameters) = path_form::parse(entry.path)?;
        let resource = entry.resource.map(|text| pieces(text, &parameters)).transpose()?;
        Ok(Target {
            number: 0,
            form,
            permission: entry.permission.clone(),
            resource,
            order,
        })
    }

    pub(super) fn has_resource(&self) -> bool {
        self.resource.is_some()
    }

    /// The permission and resource that a request needs. `None` as of [`Target::resource_of`].
    fn matched(&self, path: &RoutePath) -> Option<Matched> {
        Some(Matched {
            permission: self.permission.clone(),
            resource: self.resource_of(path)?,
        })
    }

    /// The resource that a request is about, if the route has one. `None` if it is no resource, or
    /// if a segment with one of its parameters can be read in two ways.
    fn resource_of(&self, path: &RoutePath) -> Option<Option<Resource>> {
        let Some(pieces) = &self.resource else {
            return Some(None);
        };
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Parameter(segment, index) => text.push_str(self.value(path, *segment, *index)?),
            }
        }
        Resource::parse(&text).ok().map(Some)
    }

    fn value<'p>(&self, path: &'p RoutePath, segment: usize, index: usize) -> Option<&'p str> {
        let form = segments(&self.form).nth(segment)?;
        let text = segments(&path.decoded).nth(segment)?;
        // A server that splits the segment before it decodes it may find a literal in an escape.
        if form.len() > 1 && segments(path.raw).nth(segment) != Some(text) {
            return None;
        }
        std::str::from_utf8(path_form::value(form, text, index)?).ok()
    }
}

/// Parses a resource with parameters, for example `org:{org}/device:{id}`.
fn pieces(text: &str, parameters: &[Parameter]) -> Result<Vec<Piece>, RouteError> {
    let mut pieces = Vec::new();
    let mut sample = String::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or(RouteError::OpenBrace)?;
        let Some(known) = parameters.iter().find(|known| known.name == name) else {
            return Err(RouteError::NotOfPath(Detail::quoted(&message!("{{{name}}}"))));
        };
        if !pieces.is_empty() && !literal.contains('/') {
            return Err(RouteError::TwoInSegment);
        }
        sample.push_str(literal);
        sample.push('x');
        pieces.push(Piece::Literal(literal.to_owned()));
        pieces.push(Piece::Parameter(known.segment, known.index));
        rest = after;
    }
    sample.push_str(rest);
    pieces.push(Piece::Literal(rest.to_owned()));
    Resource::parse(&sample).map_err(RouteError::Resource)?;
    Ok(pieces)
}
