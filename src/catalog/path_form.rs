//! The form of a route's path: what it matches, regardless of the names of its parameters.
//!
//! A form is the path with `{` for each parameter and `}` for the tail: `/orgs/{/items/{:approve`,
//! `/files/}`. Paths of requests contain neither character, so a form is itself a text that stands
//! for all of its paths: one function tells whether a form matches a path, and whether it matches
//! everything that another form matches.

use super::request_path::is_plain;
use super::route_error::RouteError;
use crate::input::Detail;

pub(super) const PARAMETER: u8 = b'{';
pub(super) const TAIL: u8 = b'}';

/// A segment that is the tail: one or more segments of a path.
pub(super) const TAIL_SEGMENT: &[u8] = &[TAIL];

/// A parameter of a path: its name, the index of its segment, and its index within the segment.
pub(super) struct Parameter<'p> {
    pub(super) name: &'p str,
    pub(super) segment: usize,
    pub(super) index: usize,
}

/// Parses the path of a route: segments of literals and parameters such as `/compare/{a}...{b}`.
/// The last may be a tail (`{rest*}` or `{*rest}`), which no resource can use, or empty.
pub(super) fn parse(path: &str) -> Result<(Vec<u8>, Vec<Parameter<'_>>), RouteError> {
    let (mut form, mut parameters) = (Vec::with_capacity(path.len()), Vec::new());
    let mut names = Vec::new();
    let mut segments = path.split('/').skip(1).enumerate().peekable();
    while let Some((segment, text)) = segments.next() {
        let is_last = segments.peek().is_none();
        if text.starts_with(':') {
            return Err(RouteError::of_segment(text));
        }
        form.push(b'/');
        let start = form.len();
        let (mut rest, mut index) = (text, 0);
        while let Some((literal, after)) = rest.split_once(char::from(PARAMETER)) {
            let Some((name, after)) = after.split_once(char::from(TAIL)) else {
                return Err(RouteError::of_segment(text));
            };
            let tail = name.strip_suffix('*').or_else(|| name.strip_prefix('*'));
            if tail.is_some() && !(is_last && text.len() == name.len() + 2) {
                return Err(RouteError::TailNotLast(Detail::quoted(text)));
            }
            if literal.is_empty() && index > 0 {
                return Err(RouteError::Adjacent(Detail::quoted(text)));
            }
            push_literal(&mut form, literal, text)?;
            let name = tail.unwrap_or(name);
            if !is_name(name) || names.contains(&name) {
                return Err(RouteError::Parameter(Detail::quoted(text)));
            }
            names.push(name);
            if tail.is_some() {
                form.push(TAIL);
            } else {
                form.push(PARAMETER);
                parameters.push(Parameter { name, segment, index });
            }
            index += 1;
            rest = after;
        }
        push_literal(&mut form, rest, text)?;
        let whole = form.get(start..).unwrap_or_default();
        if whole == b"." || whole == b".." || (whole.is_empty() && !is_last) {
            return Err(RouteError::of_segment(text));
        }
    }
    Ok((form, parameters))
}

fn push_literal(form: &mut Vec<u8>, literal: &str, segment: &str) -> Result<(), RouteError> {
    if !literal.bytes().all(is_literal) {
        return Err(RouteError::of_segment(segment));
    }
    form.extend_from_slice(literal.as_bytes());
    Ok(())
}

/// Whether a literal part of a route may contain the byte. `*` would look like a pattern.
fn is_literal(byte: u8) -> bool {
    is_plain(byte) || b"!$&'()+,=".contains(&byte)
}

/// A name is any text of OpenAPI or of a URI template, without what these or a router would read as
/// an operator, an expression or the end of the parameter.
fn is_name(name: &str) -> bool {
    let operator = |c: char| c.is_control() || "{}/\\*?#:=+&;|<>^".contains(c);
    !name.is_empty()
        && name.len() <= 128
        && !name.starts_with(['.', ',', '!', '@'])
        && !name.contains(operator)
}

/// The segments of a path or form. `/` has one, which is empty, and so has `/a/` at its end.
pub(super) fn segments(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.get(1..).unwrap_or_default().split(|byte| *byte == b'/')
}

/// Whether a form matches a path; and whether it matches all paths of another form.
pub(super) fn covers(form: &[u8], path: &[u8]) -> bool {
    let (mut forms, mut texts) = (segments(form), segments(path));
    loop {
        match (forms.next(), texts.next()) {
            (None, None) => return true,
            (Some(TAIL_SEGMENT), Some(text)) => return !text.is_empty() && !path.ends_with(b"/"),
            (Some(form), Some(text)) if text != TAIL_SEGMENT && covers_segment(form, text) => {}
            _ => return false,
        }
    }
}

/// Whether a segment of a form matches a segment of a path; and whether it matches all segments
/// that another segment matches. Neither is a tail.
pub(super) fn covers_segment(form: &[u8], text: &[u8]) -> bool {
    values(form, text, &mut |_| {})
}

/// Matches a segment and passes the value of each parameter to `each`: the shortest that lets the
/// rest match, but for the last.
fn values<'t>(form: &[u8], text: &'t [u8], each: &mut dyn FnMut(&'t [u8])) -> bool {
    let mut literals = form.split(|byte| *byte == PARAMETER);
    let (Some(first), last) = (literals.next(), literals.next_back()) else {
        return false;
    };
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = last else {
        return rest.is_empty();
    };
    for literal in literals {
        // A parameter takes at least one byte.
        let Some(at) = rest.get(1..).and_then(|rest| position(rest, literal)) else {
            return false;
        };
        let (value, after) = rest.split_at_checked(at + 1).unwrap_or_default();
        each(value);
        rest = after.get(literal.len()..).unwrap_or_default();
    }
    match rest.strip_suffix(last) {
        Some(value) if !value.is_empty() => {
            each(value);
            true
        }
        _ => false,
    }
}

/// The value of a parameter. `None` if the segment does not match, or matches in more than one way.
pub(super) fn value<'t>(form: &[u8], text: &'t [u8], index: usize) -> Option<&'t [u8]> {
    let mut found = Vec::new();
    if !values(form, text, &mut |value| found.push(value)) {
        return None;
    }
    // Each literal is at its first possible place. The reading is the only one if each is at its
    // last possible place too: looking from the end, no literal comes before its parameter's end.
    let mut end = text.len() - form.rsplit(|byte| *byte == PARAMETER).next()?.len();
    let literals = form.rsplit(|byte| *byte == PARAMETER).skip(1);
    for (value, literal) in found
        .iter()
        .rev()
        .zip(literals)
        .take(found.len().saturating_sub(1))
    {
        let start = end - value.len();
        // The last place of the literal that leaves one byte to the parameter behind it.
        let behind = text.get(start + 1 - literal.len()..end - 1)?;
        if position(behind, literal).is_some() {
            return None;
        }
        end = start - literal.len();
    }
    found.get(index).copied()
}

fn position(text: &[u8], literal: &[u8]) -> Option<usize> {
    text.windows(literal.len().max(1))
        .position(|window| window == literal)
}
