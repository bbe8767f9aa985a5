//! Paths and problems: what is wrong with an input, and where.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use serde::Serialize;

use super::{quote, quote_whole};

/// A path in a document or in the arguments of a call: `$.services.messages`, `templates[0]`.
///
/// The names in a document are shown whole. Those in a call are hidden where they could be a
/// secret, as `quote` does.
///
/// A linked list of steps that is formatted only for a problem. A catalog has tens of thousands of
/// paths and rarely a problem.
#[derive(Clone, Debug)]
pub struct Path(Rc<Place>);

#[derive(Debug)]
enum Place {
    /// Written as `$`.
    Document,
    /// Written as an empty text.
    Call,
    Member(Path, String),
    Item(Path, usize),
}

impl Path {
    /// The root of a document, written as `$`.
    #[must_use]
    pub fn document() -> Path {
        Path(Rc::new(Place::Document))
    }

    /// The root of a call's arguments, written as an empty text.
    #[must_use]
    pub fn call() -> Path {
        Path(Rc::new(Place::Call))
    }

    /// The path of a member.
    #[must_use]
    pub fn member(&self, name: &str) -> Path {
        Path(Rc::new(Place::Member(self.clone(), name.to_owned())))
    }

    /// The path of a list item.
    #[must_use]
    pub fn item(&self, index: usize) -> Path {
        Path(Rc::new(Place::Item(self.clone(), index)))
    }
}

impl Path {
    fn is_of_document(&self) -> bool {
        match &*self.0 {
            Place::Document => true,
            Place::Call => false,
            Place::Item(above, _) | Place::Member(above, _) => above.is_of_document(),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Place::Document => formatter.write_str("$"),
            Place::Call => Ok(()),
            Place::Item(above, index) => write!(formatter, "{above}[{index}]"),
            Place::Member(above, name) => match (is_plain(name), &*above.0) {
                (true, Place::Call) if super::quote::is_name(name) => formatter.write_str(name),
                (true, _) if above.is_of_document() => write!(formatter, "{above}.{name}"),
                (true, _) if super::quote::is_name(name) => write!(formatter, "{above}.{name}"),
                _ if above.is_of_document() => write!(formatter, "{above}[{}]", quote_whole(name)),
                _ => write!(formatter, "{above}[{}]", quote(name)),
            },
        }
    }
}

/// Whether a name can follow a dot.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A problem of an input: the path, the fault, and what is expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The JSON path in a document (`$.templates.x`), or the name of an option of a call.
    pub path: String,
    /// What is wrong, and what is expected.
    pub message: String,
}

/// The problems of a call after which its lists are read no further. Calls are untrusted, and each
/// hint searches the catalog.
const ENOUGH_OF_CALL: usize = 20;

/// The problems of a document after which its lists are read no further: each hint searches the
/// catalog.
const ENOUGH_OF_DOCUMENT: usize = 200;

/// The problems of a document that are reported. Of more, the number is reported.
const MAX_REPORTED: usize = 20;

/// All problems of an input, collected to be reported at once.
#[derive(Debug)]
pub struct Problems {
    list: Vec<Problem>,
    enough: usize,
    /// Whether the input is a document of the deployment, which has no secrets.
    is_document: bool,
}

impl Default for Problems {
    /// No problems, of a call.
    fn default() -> Problems {
        Problems {
            list: Vec::new(),
            enough: ENOUGH_OF_CALL,
            is_document: false,
        }
    }
}

impl Problems {
    /// Adds a problem.
    pub fn add(&mut self, path: &Path, message: impl Into<Cow<'static, str>>) {
        self.push(path, message.into());
    }

    /// Not inlined, because it has a hundred callers.
    #[inline(never)]
    fn push(&mut self, path: &Path, message: Cow<'static, str>) {
        self.list.push(Problem {
            path: path.to_string(),
            message: message.into_owned(),
        });
    }

    /// The value; on an error `None`, and the error is added as a problem.
    pub fn keep<T>(&mut self, path: &Path, parsed: Result<T, impl fmt::Display>) -> Option<T> {
        parsed.map_err(|error| self.describe(path, &error)).ok()
    }

    /// Adds an error. Not generic, because each type of error would copy it.
    #[inline(never)]
    fn describe(&mut self, path: &Path, error: &dyn fmt::Display) {
        let message = match self.is_document {
            true => format!("{error:#}"),
            false => error.to_string(),
        };
        self.push(path, message.into());
    }

    /// A text of the input in quotes, for a message.
    #[must_use]
    pub fn quoted(&self, text: &str) -> String {
        match self.is_document {
            true => quote_whole(text),
            false => quote(text),
        }
    }

    /// Whether there are no problems.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// No problems, of a document.
    #[must_use]
    pub fn of_document() -> Problems {
        Problems {
            list: Vec::new(),
            enough: ENOUGH_OF_DOCUMENT,
            is_document: true,
        }
    }

    /// Whether there are so many problems that lists are read no further.
    #[must_use]
    pub fn are_enough(&self) -> bool {
        self.list.len() >= self.enough
    }

    /// The number of problems.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The problems, in the order found. Of a document the first ones, and the number of others.
    #[must_use]
    pub fn into_vec(mut self) -> Vec<Problem> {
        let more = self.list.len().saturating_sub(MAX_REPORTED);
        if self.is_document && more > 0 {
            let at_least = if self.are_enough() { "at least " } else { "" };
            self.list.truncate(MAX_REPORTED);
            self.add(&Path::document(), format!("and {at_least}{more} more"));
        }
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn paths_are_written_as_javascript_would_and_those_of_a_call_hide_what_looks_like_a_credential() {
        let templates = Path::document().member("templates");
        assert_eq!(
            templates.member("sender").item(0).to_string(),
            "$.templates.sender[0]"
        );
        assert_eq!(
            templates.member("all-channels").to_string(),
            "$.templates[\"all-channels\"]"
        );
        assert_eq!(Path::call().member("name").to_string(), "name");
        let secret = "acme_live_2dQw4w9WgXcQ0aB3dE5fG7hJ9kL2mN4pQ6rS8";
        assert_eq!(
            templates.member(secret).to_string(),
            format!("$.templates.{secret}")
        );
        assert_eq!(Path::call().member(secret).to_string(), "[\"…\"]");
    }
}
