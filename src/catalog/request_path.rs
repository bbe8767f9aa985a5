//! Reads the path of a request, and refuses a path that servers read in different ways.

pub(super) const MAX_PATH_LENGTH: usize = 2_048;

/// The path of a request that every server reads in the same way.
///
/// It starts with `/`. It has no empty segment (so no doubled and no trailing slash), no `.` or
/// `..`, no backslash, no control character and no query. Letter case counts. A percent sign may
/// only encode a character that a route cannot contain. An encoded letter, digit, `.`, `_`, `~`,
/// `-`, `:`, `@`, slash, backslash, percent sign or control character is refused: some servers
/// decode it before they route, and others do not.
pub(super) struct RoutePath<'p>(pub(super) &'p str);

impl<'p> RoutePath<'p> {
    /// Accepts a path that can be read in one way only.
    pub(super) fn parse(path: &'p str) -> Option<RoutePath<'p>> {
        let rest = path.strip_prefix('/').filter(|_| path.len() <= MAX_PATH_LENGTH)?;
        let sound = |segment: &str| {
            !segment.is_empty()
                && segment != "."
                && segment != ".."
                && decode(segment, |byte| !is_plain(byte)).is_some()
        };
        (rest.is_empty() || rest.split('/').all(sound)).then_some(RoutePath(path))
    }
}

/// Decodes the value of a route parameter for a resource. `None` if it contains a slash.
pub(super) fn parameter(value: &str) -> Option<String> {
    String::from_utf8(decode(value, |_| true)?)
        .ok()
        .filter(|text| !text.contains('/'))
}

/// Decodes a segment. `may_be_encoded` decides which bytes may be percent-encoded. A byte that
/// changes the structure of a path never may. `None` for other bytes and for invalid UTF-8.
fn decode(segment: &str, may_be_encoded: impl Fn(u8) -> bool) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            let stands = is_plain(byte) || b"!$&'()*+,=".contains(&byte);
            decoded.push(stands.then_some(byte)?);
            continue;
        }
        let digits = [bytes.next()?, bytes.next()?].map(|digit| char::from(digit).to_digit(16));
        let [Some(high), Some(low)] = digits else {
            return None;
        };
        let byte = u8::try_from(high << 4 | low).ok()?;
        let structural = byte.is_ascii_control() || b"/\\%;?#".contains(&byte);
        decoded.push((may_be_encoded(byte) && !structural).then_some(byte)?);
    }
    std::str::from_utf8(&decoded).is_ok().then_some(decoded)
}

/// Whether a literal segment of a route may contain the byte: unreserved characters (RFC 3986), `:`
/// and `@`.
pub(super) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._~-:@".contains(&byte)
}
