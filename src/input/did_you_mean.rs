//! Finds the most similar known name for an unknown one.

/// The name among `known` that is most similar to `wrong`; `None` if more than a third of the
/// letters differ.
///
/// ```
/// use leastkey::input::nearest;
/// assert_eq!(nearest("templtes", ["name", "templates"]), Some("templates"));
/// assert_eq!(nearest("colour", ["name", "templates"]), None);
/// ```
#[must_use]
pub fn nearest<'k>(wrong: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // A text far longer than any name is no misspelling. Comparing it would cost its length times
    // that of each name.
    if wrong.len() > 200 {
        return None;
    }
    let wrong_folded = wrong.to_ascii_lowercase();
    let (length, mut counts) = (wrong.chars().count(), LetterCounts::of(&wrong_folded));
    known
        .into_iter()
        .filter_map(|name| {
            let letters = length.max(name.chars().count());
            // Cheap bound first: a large catalog has tens of thousands of names, and few need the
            // exact distance.
            if counts.least_distance(name) * 3 > letters {
                return None;
            }
            let distance = strsim::osa_distance(&wrong_folded, &name.to_ascii_lowercase());
            (distance * 3 <= letters).then_some((distance, name))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The number of occurrences of each letter. Letters that share a counter only lower the bound.
struct LetterCounts {
    counts: [i32; 128],
    letters: usize,
}

impl LetterCounts {
    fn of(text: &str) -> LetterCounts {
        let mut counts = LetterCounts {
            counts: [0; 128],
            letters: text.chars().count(),
        };
        text.chars().for_each(|letter| *counts.of_letter(letter) += 1);
        counts
    }

    fn of_letter(&mut self, letter: char) -> &mut i32 {
        // There are 128 counters.
        #[allow(clippy::indexing_slicing)]
        &mut self.counts[letter.to_ascii_lowercase() as usize % 128]
    }

    /// A lower bound of the distance to another text. One change fixes at most one surplus and one
    /// missing letter.
    fn least_distance(&mut self, other: &str) -> usize {
        let (mut common, mut missing) = (0, 0);
        for letter in other.chars() {
            let left = self.of_letter(letter);
            match *left > 0 {
                true => common += 1,
                false => missing += 1,
            }
            *left -= 1;
        }
        other.chars().for_each(|letter| *self.of_letter(letter) += 1);
        missing.max(self.letters - common)
    }
}

/// The hint `; did you mean "templates"?`, or an empty text.
#[must_use]
pub fn suggestion<'k>(wrong: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    nearest(wrong, known)
        .map(|name| format!("; did you mean \"{name}\"?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::LetterCounts;

    #[test]
    fn no_name_is_passed_over_that_is_near() {
        let mut texts = vec![String::new()];
        for at in 0..85 {
            for letter in ["a", "B", "\u{e4}", ":"] {
                texts.push(format!("{}{letter}", texts[at]));
            }
        }
        for wrong in &texts {
            let folded = wrong.to_ascii_lowercase();
            let mut counts = LetterCounts::of(&folded);
            for name in &texts {
                let exact = strsim::osa_distance(&folded, &name.to_ascii_lowercase());
                assert!(counts.least_distance(name) <= exact, "{wrong} {name}");
            }
        }
    }
}
