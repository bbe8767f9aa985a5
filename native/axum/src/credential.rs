//! The credential of a request.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::refusal::Refusal;

/// The credential in `Authorization: Bearer …`, which has to be there once.
pub(crate) fn presented(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut found = headers.get_all(AUTHORIZATION).iter();
    let (first, more) = (found.next(), found.next());
    let Some(first) = first else {
        return Err(Refusal::missing());
    };
    let text = first.to_str().map_err(|_| Refusal::bad_request())?.trim();
    let (scheme, credential) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("Bearer") && more.is_none() {
        // Another scheme is no credential of this guard.
        return Err(Refusal::missing());
    }
    let credential = credential.trim_start();
    let is_one = !credential.is_empty()
        && credential
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b',');
    if more.is_some() || !is_one {
        return Err(Refusal::bad_request());
    }
    Ok(credential)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn status(values: &[&'static str]) -> Result<String, u16> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_static(value));
        }
        presented(&headers)
            .map(str::to_owned)
            .map_err(|refusal| refusal.status().as_u16())
    }

    #[test]
    fn exactly_one_bearer_credential_is_read() {
        assert_eq!(status(&["Bearer abc"]), Ok("abc".to_owned()));
        assert_eq!(status(&["bearer   abc "]), Ok("abc".to_owned()));
        assert_eq!(status(&[]), Err(401));
        assert_eq!(status(&["Basic dTpw"]), Err(401));
        assert_eq!(status(&["Bearer"]), Err(400));
        assert_eq!(status(&["Bearer a b"]), Err(400));
        assert_eq!(status(&["Bearer a, Bearer b"]), Err(400));
        assert_eq!(status(&["Bearer a", "Bearer a"]), Err(400));
    }
}
