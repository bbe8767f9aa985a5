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
    /// It is a path without a method.
    NoMethod(Detail),
    /// There is no such method.
    Method(Detail),
    /// Its path is longer than any that is matched.
    TooLong,
    /// A segment of its path has a character that no literal has.
    Segment(Detail),
    /// A segment of its path has a parameter in the notation of another router.
    Foreign(Detail, Notation),
    /// A parameter has no name, or one that was used before.
    Parameter(Detail),
    /// Two parameters are in one segment without a literal between them.
    Adjacent(Detail),
    /// The parameter of the rest of the path is not the last segment.
    TailNotLast(Detail),
    /// Its resource has a `{` without a `}`.
    OpenBrace,
    /// Its resource has a parameter that its path does not have.
    NotOfPath(Detail),
    /// A segment of its resource has two parameters.
    TwoInSegment,
    /// Its resource with values for the parameters is no resource.
    Resource(ResourceError),
}

/// The notation of a parameter in another router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    /// `:id`, `[id]` or `<id>`.
    One,
    /// `*`, `*rest` or `[...rest]`.
    Many,
}

impl RouteError {
    /// The error of a segment that has more than literals and parameters.
    pub(super) fn of_segment(segment: &str) -> RouteError {
        let text = Detail::quoted(segment);
        // The module of an edge formats no error.
        if !cfg!(feature = "manage") {
            return RouteError::Segment(text);
        }
        let mut literals = segment.split(['{', '}']).step_by(2);
        if segment.contains("[...") || literals.any(|literal| literal.contains('*')) {
            RouteError::Foreign(text, Notation::Many)
        } else if segment.starts_with(':') || segment.contains(['[', ']', '<', '>']) {
            RouteError::Foreign(text, Notation::One)
        } else {
            RouteError::Segment(text)
        }
    }
}

impl fmt::Display for RouteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RouteError::Form => {
                formatter.write_str("expected a method and a path, such as \"GET /orgs/{org}\"")
            }
            RouteError::NoMethod(route) => {
                formatter.write_str("has no method; write ")?;
                route.fmt(formatter)
            }
            RouteError::Method(method) => {
                formatter.write_str("there is no method ")?;
                method.fmt(formatter)?;
                write!(formatter, "; there are {}", METHODS.join(", "))
            }
            RouteError::TooLong => write!(
                formatter,
                "is longer than any path that is matched; at most {MAX_PATH_LENGTH} characters"
            ),
            RouteError::Segment(segment) => {
                formatter.write_str("the segment ")?;
                segment.fmt(formatter)?;
                formatter.write_str(
                    " is none: write letters, digits and . _ ~ - : @ ! $ & ' ( ) + , = and {parameters}",
                )
            }
            RouteError::Foreign(segment, notation) => {
                formatter.write_str("the segment ")?;
                segment.fmt(formatter)?;
                formatter.write_str(match notation {
                    Notation::One => " is no parameter: write {id}",
                    Notation::Many => {
                        " is no parameter: write {id} for one segment, {rest*} for what is left of the path"
                    }
                })
            }
            RouteError::Parameter(segment) => {
                segment.fmt(formatter)?;
                formatter.write_str(
                    " is no parameter: write {id}, with a name that has no \\ / * ? # : = + & ; | < > ^, each once",
                )
            }
            RouteError::Adjacent(segment) => {
                segment.fmt(formatter)?;
                formatter.write_str(" has two parameters without anything between them: write one parameter")
            }
            RouteError::TailNotLast(segment) => {
                segment.fmt(formatter)?;
                formatter.write_str(" takes the rest of the path, so it must be the whole last segment")
            }
            RouteError::OpenBrace => formatter.write_str("the resource has a { without its }"),
            RouteError::NotOfPath(parameter) => {
                formatter.write_str("the resource has ")?;
                parameter.fmt(formatter)?;
                formatter.write_str(", which is no parameter within one segment of its path")
            }
            RouteError::TwoInSegment => formatter.write_str(
                "the resource has two parameters in one segment: two requests could mean the same resource",
            ),
            RouteError::Resource(error) => write!(formatter, "the resource {error}"),
        }
    }
}

impl Error for RouteError {}
