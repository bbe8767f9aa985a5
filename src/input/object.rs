//! Reads the members of objects and collects problems.

use std::fmt;

use super::{Path, Problems, message, suggestion};
use crate::codec::json::{Value, whole_exact};
use crate::codec::sort::sorted_by;

/// Up to so many members are compared pairwise for repeated names; more are sorted.
const FEW: usize = 8;

/// The members of an object, each read by name. Unknown names become problems when the object is
/// opened.
#[derive(Clone, Debug)]
pub struct Members<'v> {
    path: Path,
    entries: &'v [(String, Value)],
}

impl<'v> Members<'v> {
    /// Opens an object with only `known` members. Adds a problem for each other member, with the
    /// most similar name.
    pub fn open(
        value: &'v Value,
        path: &Path,
        known: &[&str],
        problems: &mut Problems,
    ) -> Option<Members<'v>> {
        Members::open_with(value, path, known, &[], problems)
    }

    /// As [`Members::open`]. `elsewhere`: members that are sought here, each with where it is to be
    /// given instead.
    pub(crate) fn open_with(
        value: &'v Value,
        path: &Path,
        known: &[&str],
        elsewhere: &[(&str, &str)],
        problems: &mut Problems,
    ) -> Option<Members<'v>> {
        let members = Members::open_any(value, path, problems)?;
        for (name, _) in members.entries {
            if problems.are_enough() {
                break;
            }
            if !known.contains(&name.as_str()) {
                let hint = || match elsewhere.iter().find(|(sought, _)| *sought == name.as_str()) {
                    Some((_, right)) => message!("; {right}"),
                    None => hint(name, known),
                };
                let message = message!("unknown member {}{}", problems.quoted(name), hint());
                problems.add(&path.member(name), message);
            }
        }
        Some(members)
    }

    /// Opens an object with arbitrary names. A repeated name is a problem.
    pub fn open_any(value: &'v Value, path: &Path, problems: &mut Problems) -> Option<Members<'v>> {
        let Value::Map(entries) = value else {
            problems.add(path, message!("expected an object, got {}", value.kind()));
            return None;
        };
        for name in repeated(entries) {
            problems.add(&path.member(name), "is there twice");
        }
        Some(Members {
            path: path.clone(),
            entries,
        })
    }

    /// The path of the object.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.path
    }

    /// The path of a member.
    #[must_use]
    pub fn path(&self, name: &str) -> Path {
        self.path.member(name)
    }

    /// The value of a member.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'v Value> {
        self.entries
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// All members with their paths, in the order written.
    pub fn each(&self) -> impl Iterator<Item = (&'v str, &'v Value, Path)> {
        self.entries
            .iter()
            .map(|(name, value)| (name.as_str(), value, self.path.member(name)))
    }

    /// Reads an optional string.
    pub fn text(&self, name: &str, problems: &mut Problems) -> Option<&'v str> {
        match self.value(name)? {
            Value::Text(text) => Some(text),
            other => {
                problems.add(
                    &self.path(name),
                    message!("expected a string, got {}", other.kind()),
                );
                None
            }
        }
    }

    /// Reads a required string.
    pub fn required_text(&self, name: &str, problems: &mut Problems) -> Option<&'v str> {
        if self.value(name).is_none() {
            problems.add(&self.path(name), "is required");
        }
        self.text(name, problems)
    }

    /// Reads an optional string and parses it.
    pub fn parsed<T, E: fmt::Display>(
        &self,
        name: &str,
        problems: &mut Problems,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name, problems)?;
        problems.keep(&self.path(name), parse(text))
    }

    /// Reads a boolean; `false` if it is absent.
    pub fn flag(&self, name: &str, problems: &mut Problems) -> bool {
        match self.value(name) {
            None => false,
            Some(Value::Flag(flag)) => *flag,
            Some(other) => {
                problems.add(
                    &self.path(name),
                    message!("expected true or false, got {}", other.kind()),
                );
                false
            }
        }
    }

    /// Reads an optional whole number within `range`.
    pub fn whole(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<u32>,
        problems: &mut Problems,
    ) -> Option<u32> {
        let value = self.value(name)?;
        let number = match value {
            Value::Number(number) if number.fract() == 0.0 => *number,
            _ => f64::NAN,
        };
        if number >= f64::from(*range.start()) && number <= f64::from(*range.end()) {
            // A whole number in the range of u32: the cast is exact.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            return Some(number as u32);
        }
        problems.add(
            &self.path(name),
            message!(
                "expected a whole number from {} to {}",
                range.start(),
                range.end()
            ),
        );
        None
    }

    /// Reads an optional count: a whole number from 0 to 2^53 − 1.
    pub fn count(&self, name: &str, problems: &mut Problems) -> Option<u64> {
        let count = match self.value(name)? {
            Value::Number(number) => whole_exact(*number),
            _ => None,
        };
        let expected = || message!("expected a whole number from 0 to 2^53 − 1");
        problems.keep(&self.path(name), count.ok_or_else(expected))
    }

    /// Reads a list of at most `most` strings, each with its path. Empty if the member is absent.
    pub fn texts(&self, name: &str, most: usize, problems: &mut Problems) -> Vec<(&'v str, Path)> {
        let Some(value) = self.value(name) else {
            return Vec::new();
        };
        text_list(value, &self.path(name), most, problems)
    }
}

/// Requires an object, and shows one in the message otherwise.
pub(crate) fn object_like<'v>(
    value: &'v Value,
    path: &Path,
    example: &str,
    problems: &mut Problems,
) -> Option<&'v Value> {
    if let Value::Map(_) = value {
        return Some(value);
    }
    problems.add(
        path,
        message!("expected an object, got {}; write {example}", value.kind()),
    );
    None
}

/// The names that other libraries and protocols have for a member, and its name here: the first one
/// that is known.
const FOREIGN_NAMES: [(&str, &[&str]); 14] = [
    ("permissions", &["add", "all"]),
    ("scopes", &["add", "permissions", "all"]),
    ("scope", &["add", "permissions", "all"]),
    ("userId", &["owner", "id"]),
    ("user", &["owner", "id"]),
    ("organizationId", &["owner"]),
    ("meta", &["metadata"]),
    ("ratelimit", &["limits"]),
    ("rateLimit", &["limits"]),
    ("remaining", &["limits"]),
    ("page", &["after"]),
    ("cursor", &["after"]),
    ("offset", &["after"]),
    ("hash", &["digest"]),
];

/// The name that is meant, or the most similar one, as a hint; else all names.
fn hint(name: &str, known: &[&str]) -> String {
    if !cfg!(feature = "manage") {
        return String::new();
    }
    let foreign = FOREIGN_NAMES.iter().find(|(foreign, _)| *foreign == name);
    let meant = foreign.and_then(|(_, names)| names.iter().find(|name| known.contains(name)));
    if let Some(meant) = meant {
        return message!("; did you mean \"{meant}\"?");
    }
    let hint = suggestion(name, known.iter().copied());
    if hint.is_empty() {
        return message!("; known are {}", known.join(", "));
    }
    hint
}

/// The repeated names.
fn repeated(entries: &[(String, Value)]) -> Vec<&str> {
    let names = entries.iter().map(|(name, _)| name.as_str());
    if entries.len() <= FEW {
        let before = |at: usize, name: &str| entries.iter().take(at).any(|(earlier, _)| earlier == name);
        return names
            .enumerate()
            .filter(|(at, name)| before(*at, name))
            .map(|(_, name)| name)
            .collect();
    }
    let names = sorted_by(names.collect(), |one: &&str, other| one.cmp(other));
    let pairs = names.iter().zip(names.iter().skip(1));
    pairs
        .filter(|(one, other)| one == other)
        .map(|(one, _)| *one)
        .collect()
}

/// Reads a list of at most `most` strings, each with its path.
pub(crate) fn text_list<'v>(
    value: &'v Value,
    path: &Path,
    most: usize,
    problems: &mut Problems,
) -> Vec<(&'v str, Path)> {
    let Value::List(items) = value else {
        let message = match value {
            Value::Text(text) => message!(
                "expected an array, got a string; write [{}]",
                problems.quoted(text)
            ),
            other => message!("expected an array of strings, got {}", other.kind()),
        };
        problems.add(path, message);
        return Vec::new();
    };
    if items.len() > most {
        problems.add(
            path,
            message!("has {} items; at most {most} are allowed", items.len()),
        );
        return Vec::new();
    }
    let mut texts = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let path = path.item(index);
        match item {
            Value::Text(text) => texts.push((text.as_str(), path)),
            other => problems.add(&path, message!("expected a string, got {}", other.kind())),
        }
    }
    texts
}
