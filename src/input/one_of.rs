//! Parses arguments that are one of a few words.

use std::error::Error;
use std::fmt;

use super::{Detail, quote};

/// A text that is none of the words that an argument can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotOneOf {
    got: Detail,
    /// `"newest", "oldest" or "none"`
    words: Detail,
}

/// Parses one of a few words.
///
/// # Errors
/// If the text is none of them, exactly.
pub(crate) fn one_of<T: Copy>(words: &[(&str, T)], text: &str) -> Result<T, NotOneOf> {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| *value).ok_or_else(|| NotOneOf {
        got: Detail::quoted(text),
        words: Detail::of(|| listed(words.iter().map(|(word, _)| quote(word)).collect())),
    })
}

fn listed(words: Vec<String>) -> String {
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

impl fmt::Display for NotOneOf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "expected {}, got {}", self.words, self.got)
    }
}

impl Error for NotOneOf {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_parsed_or_the_words_are_named() {
        let words = [("alert", 1), ("disable", 2), ("revoke", 3)];
        assert_eq!(one_of(&words, "disable"), Ok(2));
        let message = |count| one_of(&words[..count], "Alert").unwrap_err().to_string();
        assert_eq!(
            message(3),
            "expected \"alert\", \"disable\" or \"revoke\", got \"Alert\""
        );
        assert_eq!(message(2), "expected \"alert\" or \"disable\", got \"Alert\"");
        assert_eq!(message(1), "expected \"alert\", got \"Alert\"");
    }
}
