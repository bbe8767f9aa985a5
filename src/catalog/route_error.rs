//! The errors of a route in a catalog document.

use std::error::Error;
use std::fmt;

use super::request_path::MAX_PATH_LENGTH;
use crate::input::Detail;
use crate::value::resource::ResourceError;

pub(super) const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Why a route cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RouteError {
    /// It is no method, space and path.
    Form,
    /// There is no such method.
    Method(Detail),
    /// Its path is longer than any that is matched.
    TooLong,
    /// A segment of its path is neither a parameter nor a literal.
    Segment(Detail),
    /// A parameter has no name, or one that was used before.
    Parameter(Detail),
    /// The parameter of the rest of the path is not the last segment.
    RestNotLast(Detail),
    /// Another route could match the same request.
    Clash(Detail),
    /// Its resource has a `{` without a `}`.
    OpenBrace,
    /// Its resource has a parameter that its path does not have.
    NotOfPath(Detail),
    /// A segment of its resource has two parameters.
    TwoInSegment,
    /// Its resource with values for the parameters is no resource.
    Resource(ResourceError),
}

impl fmt::Display for RouteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RouteError::Form => {
                formatter.write_str("expected a method and a path, such as \"GET /orgs/{org}\"")
            }
            RouteError::Method(method) => write!(
                formatter,
                "there is no method {method}; there are {}",
                METHODS.join(", ")
            ),
            RouteError::TooLong => write!(
                formatter,
                "is longer than any path that is matched; at most {MAX_PATH_LENGTH} characters"
            ),
            RouteError::Segment(segment) => write!(
                formatter,
                "the segment {segment} is neither a {{parameter}} nor letters, digits and . _ ~ - : @"
            ),
            RouteError::Parameter(segment) => write!(
                formatter,
                "{segment} is no parameter: names are letters, digits and _, each once"
            ),
            RouteError::RestNotLast(segment) => write!(
                formatter,
                "{segment} takes the rest of the path, so it must be the last segment"
            ),
            RouteError::Clash(route) => {
                write!(formatter, "clashes with {route}: a request could match both")
            }
            RouteError::OpenBrace => formatter.write_str("the resource has a { without its }"),
            RouteError::NotOfPath(parameter) => write!(
                formatter,
                "the resource has {parameter}, which is no parameter of one segment of its path"
            ),
            RouteError::TwoInSegment => formatter.write_str(
                "the resource has two parameters in one segment: two requests could mean the same resource",
            ),
            RouteError::Resource(error) => write!(formatter, "the resource {error}"),
        }
    }
}

impl Error for RouteError {}
