//! Reads the path of a request, and refuses a path that servers read in different ways.

use std::borrow::Cow;

use super::path_form::segments;

pub(super) const MAX_PATH_LENGTH: usize = 2_048;

/// The path of a request that every server splits into the same segments.
///
/// It starts with `/`. It has no empty segment except at its end (so no doubled slash), no `.` or
/// `..`, no backslash, no control character and no query. Letter case counts. A percent sign may
/// only encode a character that needs it. An encoded letter, digit, `.`, `_`, `~`, `-`, `:`, `@`,
/// slash, backslash, percent sign or control character is refused: some servers decode it before
/// they route, and others do not.
pub(super) struct RoutePath<'p> {
    /// As in the request.
    pub(super) raw: &'p [u8],
    /// Decoded. It has the same slashes as `raw`.
    pub(super) decoded: Cow<'p, [u8]>,
}

impl<'p> RoutePath<'p> {
    /// A path without anything encoded, which [`RoutePath::parse`] would accept.
    pub(super) fn plain(path: &'p [u8]) -> RoutePath<'p> {
        RoutePath {
            raw: path,
            decoded: Cow::Borrowed(path),
        }
    }

    /// Accepts a path that can be read in one way only.
    pub(super) fn parse(path: &'p str) -> Option<RoutePath<'p>> {
        let raw = path.as_bytes();
        if raw.len() > MAX_PATH_LENGTH || raw.first() != Some(&b'/') {
            return None;
        }
        let decoded = match raw.iter().all(|byte| stands(*byte)) {
            true => Cow::Borrowed(raw),
            false => Cow::Owned(decode(raw)?),
        };
        let is_dots = |segment: &[u8]| segment == b"." || segment == b"..";
        let sound = !raw.windows(2).any(|pair| pair == b"//") && !segments(&decoded).any(is_dots);
        sound.then_some(RoutePath { raw, decoded })
    }
}

/// Decodes a path. `None` if a byte may not be there, encoded or not, and for invalid UTF-8.
fn decode(path: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut bytes = path.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(stands(byte).then_some(byte)?);
            continue;
        }
        let digits = [bytes.next()?, bytes.next()?].map(|digit| char::from(digit).to_digit(16));
        let [Some(high), Some(low)] = digits else {
            return None;
        };
        let byte = u8::try_from(high << 4 | low).ok()?;
        let is_structural = byte.is_ascii_control() || b"/\\%;?#".contains(&byte);
        decoded.push((!is_plain(byte) && !is_structural).then_some(byte)?);
    }
    std::str::from_utf8(&decoded).is_ok().then_some(decoded)
}

/// Whether a byte stands for itself in a path: a plain one, a slash or a sub-delimiter (RFC 3986)
/// other than `;`.
fn stands(byte: u8) -> bool {
    is_plain(byte) || b"/!$&'()*+,=".contains(&byte)
}

/// Whether a byte may not be encoded: unreserved characters (RFC 3986), `:` and `@`.
pub(super) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._~-:@".contains(&byte)
}
