/// The name among `known` that `wrong` was probably meant to be: at most a third of its letters differ.
///
/// ```
/// use leastkey::input::nearest;
/// assert_eq!(nearest("templtes", ["name", "templates"]), Some("templates"));
/// assert_eq!(nearest("colour", ["name", "templates"]), None);
/// ```
#[must_use]
pub fn nearest<'k>(wrong: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // A text far longer than any name is no misspelling, and comparing it costs its length times theirs.
    if wrong.len() > 200 {
        return None;
    }
    let wrong_folded = wrong.to_ascii_lowercase();
    known
        .into_iter()
        .filter_map(|name| {
            let distance = strsim::osa_distance(&wrong_folded, &name.to_ascii_lowercase());
            let letters = wrong.chars().count().max(name.chars().count());
            (distance * 3 <= letters).then_some((distance, name))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `; did you mean "templates"?`, or nothing.
#[must_use]
pub fn suggestion<'k>(wrong: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    nearest(wrong, known)
        .map(|name| format!("; did you mean \"{name}\"?"))
        .unwrap_or_default()
}

/// A caller's text in quotes for a message. What looks like a credential, or is long, is not shown: people paste the
/// secret where a name belongs, and errors end in logs.
///
/// ```
/// use leastkey::input::quote;
/// assert_eq!(quote("branch:*"), "\"branch:*\"");
/// assert_eq!(quote("acme_1dQw4w9WgXcQ0aB3dE5fG7hJ9kL2mN4pQ6rS8"), "\"…\"");
/// ```
#[must_use]
pub fn quote(text: &str) -> String {
    let secret_like = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(|run| run.len() >= 20 && run.bytes().any(|byte| byte.is_ascii_digit()));
    if secret_like || text.chars().count() > 80 {
        return "\"…\"".to_owned();
    }
    format!("\"{}\"", text.escape_debug())
}
