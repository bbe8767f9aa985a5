//! Explains to people which part of a malformed credential is wrong.

use serde::Serialize;

use super::{BODY, Prefix, Unreadable, WellFormed, base62};

/// The part of a text that keeps it from being a credential of a deployment. For people; a
/// verification does not distinguish so finely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WrongPart {
    /// The text does not begin with the prefix and a separator: a credential of another deployment,
    /// or none.
    Prefix,
    /// The text is too short or too long: a part is missing, or something was pasted along.
    Length,
    /// The part after the prefix has a character other than letters and digits.
    Alphabet,
    /// The version of the format is another one.
    Version,
    /// The form is right, but the text was mistyped or invented.
    Checksum,
}

impl WrongPart {
    /// The first wrong part of a text; `None` if it is well-formed.
    #[must_use]
    pub fn of(prefix: &Prefix, text: &str) -> Option<WrongPart> {
        match WellFormed::read(prefix, text.as_bytes()) {
            Ok(_) => None,
            Err(Unreadable::BadChecksum) => Some(WrongPart::Checksum),
            Err(Unreadable::Malformed) => Some(WrongPart::of_malformed(prefix, text)),
        }
    }

    fn of_malformed(prefix: &Prefix, text: &str) -> WrongPart {
        let after = text.strip_prefix(prefix.as_str());
        let Some(body) = after.and_then(|rest| rest.strip_prefix('_')) else {
            return WrongPart::Prefix;
        };
        if body.chars().count() != BODY {
            WrongPart::Length
        } else if !base62::is_base62(body.as_bytes()) {
            WrongPart::Alphabet
        } else {
            WrongPart::Version
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dummy credential of tests/vectors/credentials.json.
    const RIGHT: &str = "acme_live_20VbkXrXsQjnW9xj4FEY6JvBiHi8qKrP4qYI64a74l0SxU71mfJeY";

    #[test]
    fn the_first_wrong_part_is_told() {
        let prefix = Prefix::parse("acme_live").unwrap();
        let end = RIGHT.len() - 1;
        for (text, wrong) in [
            ("", WrongPart::Prefix),
            ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", WrongPart::Prefix),
            (&RIGHT.replace("live", "test"), WrongPart::Prefix),
            (&RIGHT.replace("live_", "live"), WrongPart::Prefix),
            (&format!(" {RIGHT}"), WrongPart::Prefix),
            ("acme_live_", WrongPart::Length),
            (&RIGHT[..end], WrongPart::Length),
            (&format!("{RIGHT}0"), WrongPart::Length),
            (&format!("{RIGHT}\n"), WrongPart::Length),
            (&format!("{}-", &RIGHT[..end]), WrongPart::Alphabet),
            (&format!("{}é", &RIGHT[..end]), WrongPart::Alphabet),
            (&RIGHT.replace("_20", "_10"), WrongPart::Version),
            (&RIGHT.replace("XrX", "XrY"), WrongPart::Checksum),
        ] {
            assert_eq!(WrongPart::of(&prefix, text), Some(wrong), "{text}");
        }
    }

    #[test]
    fn nothing_is_wrong_about_a_credential() {
        let prefix = Prefix::parse("acme_live").unwrap();
        let minted = crate::value::credential::Credential::mint(
            &prefix,
            crate::value::time::Instant::from_millis(0.0).unwrap(),
            &[7; crate::value::credential::ENTROPY],
        );
        assert_eq!(WrongPart::of(&prefix, minted.reveal()), None);
    }
}
