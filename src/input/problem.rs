use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use serde::Serialize;

/// Where in a document or a call something stands: `$.services.messages`, `templates[0]`.
///
/// A chain of steps that is written out only for a problem: a catalog has tens of thousands of places, and hardly ever a problem.
#[derive(Clone, Debug)]
pub struct Path(Rc<Place>);

#[derive(Debug)]
enum Place {
    /// Written `$`.
    Document,
    /// Written as nothing.
    Call,
    Member(Path, String),
    Item(Path, usize),
}

impl Path {
    /// The root of a document, written `$`.
    #[must_use]
    pub fn document() -> Path {
        Path(Rc::new(Place::Document))
    }

    /// The root of a call's arguments, written as nothing.
    #[must_use]
    pub fn call() -> Path {
        Path(Rc::new(Place::Call))
    }

    /// A member of what stands here.
    #[must_use]
    pub fn member(&self, name: &str) -> Path {
        Path(Rc::new(Place::Member(self.clone(), name.to_owned())))
    }

    /// An item of the list that stands here.
    #[must_use]
    pub fn item(&self, index: usize) -> Path {
        Path(Rc::new(Place::Item(self.clone(), index)))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Place::Document => formatter.write_str("$"),
            Place::Call => Ok(()),
            Place::Item(above, index) => write!(formatter, "{above}[{index}]"),
            Place::Member(above, name) => match (is_plain(name), &*above.0) {
                (true, Place::Call) => formatter.write_str(name),
                (true, _) => write!(formatter, "{above}.{name}"),
                (false, _) => write!(formatter, "{above}[{}]", super::quote(name)),
            },
        }
    }
}

/// Whether a name can stand behind a dot. What `quote` hides is hidden in a path too.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && super::quote::is_name(name)
}

/// One thing that is wrong, where, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where: a JSON path in a document (`$.templates.x`), the name of an option in a call.
    pub path: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// How many problems of a call are told. Its lists come from anybody, and each hint is a search through the catalog.
const ENOUGH_OF_CALL: usize = 20;

/// How many problems of a document are told: all, of any that a person wrote.
const ENOUGH_OF_DOCUMENT: usize = 1_000;

/// Everything that is wrong, told at once.
#[derive(Debug)]
pub struct Problems {
    list: Vec<Problem>,
    enough: usize,
}

impl Default for Problems {
    /// The problems of a call.
    fn default() -> Problems {
        Problems {
            list: Vec::new(),
            enough: ENOUGH_OF_CALL,
        }
    }
}

impl Problems {
    /// Adds one.
    pub fn add(&mut self, path: &Path, message: impl Into<Cow<'static, str>>) {
        self.push(path, message.into());
    }

    /// Not inlined: it is called in a hundred places.
    #[inline(never)]
    fn push(&mut self, path: &Path, message: Cow<'static, str>) {
        self.list.push(Problem {
            path: path.to_string(),
            message: message.into_owned(),
        });
    }

    /// The value, or nothing with the reason added.
    pub fn keep<T>(&mut self, path: &Path, parsed: Result<T, String>) -> Option<T> {
        parsed.map_err(|message| self.add(path, message)).ok()
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The problems of a document.
    #[must_use]
    pub fn of_document() -> Problems {
        Problems {
            list: Vec::new(),
            enough: ENOUGH_OF_DOCUMENT,
        }
    }

    /// Whether enough is wrong, so that a list is read no further.
    #[must_use]
    pub fn are_enough(&self) -> bool {
        self.list.len() >= self.enough
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The list.
    #[must_use]
    pub fn into_vec(self) -> Vec<Problem> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn paths_are_written_as_javascript_would_and_hide_what_looks_like_a_credential() {
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
        assert_eq!(Path::call().member(secret).to_string(), "[\"…\"]");
    }
}
