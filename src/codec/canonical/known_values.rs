//! Values that were read before. Many records have the same long list, which then is only compared.

/// How many values are kept.
const MAX_VALUES: usize = 64;

/// The longest text that is kept, in bytes.
const MAX_LENGTH: usize = 16_384;

/// The shortest text that is kept: a shorter one is read as fast.
const MIN_LENGTH: usize = 32;

/// The texts of lists and objects, each with the number of its shape, the last used first.
#[derive(Debug, Default)]
pub(crate) struct KnownValues(Vec<(u8, String)>);

impl KnownValues {
    /// The length of the known value of a shape with which a text begins. No list and no object is
    /// the beginning of another.
    pub(super) fn length_at_start(&mut self, shape: u8, text: &[u8]) -> Option<usize> {
        let is_at_start = |(of, known): &(u8, String)| {
            // Nearly all other values differ here.
            text.get(known.len() - 1) == known.as_bytes().last()
                && *of == shape
                && text.starts_with(known.as_bytes())
        };
        let at = self.0.iter().position(is_at_start)?;
        if let Some(before) = self.0.get_mut(..=at) {
            before.rotate_right(1);
        }
        self.0.first().map(|(_, known)| known.len())
    }

    /// Keeps a value that was read.
    pub(super) fn keep(&mut self, shape: u8, text: &str) {
        if (MIN_LENGTH..=MAX_LENGTH).contains(&text.len()) {
            self.0.truncate(MAX_VALUES - 1);
            self.0.insert(0, (shape, text.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Schema, Shape, Spans, required};
    use super::*;

    const SCHEMA: &Schema = &[
        required("any", Shape::Shared(1, &Shape::List(&Shape::Text(|_| true)))),
        required(
            "list",
            Shape::Shared(0, &Shape::List(&Shape::Text(|text| text != "wrong"))),
        )
        .noted(0),
        required("end", Shape::True),
    ];

    fn read(text: &str, known: &mut KnownValues) -> Option<String> {
        let spans = Spans::<1>::read_with(text, SCHEMA, known).ok()?;
        spans.raw(text, 0).map(str::to_owned)
    }

    proptest! {
        #[test]
        fn a_known_value_reads_as_an_unknown_one(
            lists in proptest::collection::vec(proptest::collection::vec("[ab]{0,3}|wrong|\"]", 0..30), 1..200),
            broken in proptest::collection::vec(any::<(prop::sample::Index, bool)>(), 200),
        ) {
            let mut known = KnownValues::default();
            for (list, (at, is_broken)) in lists.iter().zip(broken) {
                let list = serde_json::to_string(list).unwrap();
                let mut text = format!(r#"{{"any":{list},"list":{list},"end":true}}"#);
                if is_broken {
                    let at = at.index(text.len());
                    text.remove(at);
                }
                prop_assert_eq!(read(&text, &mut known), read(&text, &mut KnownValues::default()));
            }
        }
    }
}
