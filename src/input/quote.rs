//! Quotes a caller's text for a message, and hides secrets.

/// The longest text that is shown.
const MAX_LENGTH: usize = 40;

/// The longest text of a document that is shown, in characters.
const MAX_WHOLE: usize = 300;

/// The characters of names, permissions, patterns, resources, routes and expressions besides
/// letters and digits, and the space that people may add.
const PUNCTUATION: &str = "._-:*/{}()~@, ";

/// A run of so many letters and digits, including a digit, is no word.
const MAX_WORD_LENGTH: usize = 20;

/// With so many changes from letters to digits, from digits to letters, or from lower to upper
/// case, a text is no name.
const MAX_TURNS: usize = 6;

/// A caller's text in quotes for a message if it looks like a name, otherwise `"…"`. People paste
/// secrets in place of names, and error messages end in logs; so this hides secrets of any issuer.
///
/// ```
/// use leastkey::input::quote;
/// assert_eq!(quote("branch:*"), "\"branch:*\"");
/// assert_eq!(quote("acme_2dQw4w9WgXcQ0aB3dE5fG7hJ9kL2mN4pQ6rS8"), "\"…\"");
/// assert_eq!(quote("123e4567-e89b-12d3-a456-426614174000"), "\"…\"");
/// ```
#[must_use]
pub fn quote(text: &str) -> String {
    let shown = if is_name(text) { text } else { "…" };
    format!("\"{shown}\"")
}

/// A text of a document in quotes, whole: a document of the deployment has no secrets.
pub(crate) fn quote_whole(text: &str) -> String {
    let shown: String = text.chars().take(MAX_WHOLE).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    format!("\"{}{more}\"", shown.escape_debug())
}

/// Whether a text looks like a name and may be shown.
pub(super) fn is_name(text: &str) -> bool {
    let of_names = |c: char| c.is_ascii_alphanumeric() || PUNCTUATION.contains(c);
    text.len() <= MAX_LENGTH && text.chars().all(of_names) && !is_random(text)
}

/// Whether a text looks random, not chosen.
fn is_random(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let pairs = text.bytes().zip(text.bytes().skip(1));
    let turns = pairs.filter(|(one, next)| {
        (one.is_ascii_alphabetic() && next.is_ascii_digit())
            || (one.is_ascii_digit() && next.is_ascii_alphabetic())
            || (one.is_ascii_lowercase() && next.is_ascii_uppercase())
    });
    turns.count() >= MAX_TURNS
        || words.any(|word| word.len() >= MAX_WORD_LENGTH && word.bytes().any(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn names_are_shown() {
        for name in [
            "",
            "messages:send",
            "One-API-Access",
            "no spaces",
            "CollectionDevice2",
            "EnterpriseCommunicationsApi",
            "org:acme/group:eng/device:7",
            "user:ada@example.com",
            "/orgs/{org}/{*rest}",
            "(",
            "2026-11-23",
            "25:00",
            "10.0.0.0/8",
            "v2.oauth2-scope3",
        ] {
            assert_eq!(quote(name), format!("\"{name}\""));
        }
    }

    #[test]
    fn what_looks_drawn_is_not() {
        for secret in [
            "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "AKIAIOSFODNN7EXAMPLE",
            "123e4567-e89b-12d3-a456-426614174000",
            "aB3dE5fG7hJ9kL2/mN4pQ6rS8tU0vW",
            "aB3+dE5=",
            "xoxb-17653672481-19874698323-pdFZKVeTuE8s",
            "na\nme",
            "näme",
            &"long".repeat(11),
        ] {
            assert_eq!(quote(secret), "\"…\"", "{secret}");
        }
    }
}
