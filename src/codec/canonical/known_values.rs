//! Values that were read before. Many records have the same long list, which then is only compared.

use crate::codec::same_bytes::are_same;

/// How many values are kept.
const MAX_VALUES: usize = 64;

/// The longest text that is kept, in bytes.
const MAX_LENGTH: usize = 16_384;

/// The shortest text that is kept: a shorter one is read as fast.
const MIN_LENGTH: usize = 32;

/// The texts of lists and objects, the last used first.
#[derive(Debug, Default)]
pub(crate) struct KnownValues {
    values: Vec<Known>,
    /// How many values were ever kept.
    count: u32,
    /// The number of the value of the first shape that was read last; 0: it has none.
    last: u32,
}

#[derive(Debug)]
struct Known {
    shape: u8,
    /// No other value ever has it, so a host can keep under it what it has made of the text.
    number: u32,
    text: String,
}

impl KnownValues {
    /// The number of the value of the first shape that was read last; 0 for one that is not kept.
    pub(crate) fn last(&self) -> u32 {
        self.last
    }

    /// The length of the known value of a shape with which a text begins. No list and no object is
    /// the beginning of another.
    pub(super) fn length_at_start(&mut self, shape: u8, text: &[u8]) -> Option<usize> {
        let is_at_start = |known: &Known| {
            // Nearly all other values differ here.
            let length = known.text.len();
            text.get(length - 1) == known.text.as_bytes().last()
                && known.shape == shape
                && text
                    .get(..length)
                    .is_some_and(|start| are_same(start, known.text.as_bytes()))
        };
        let at = self.values.iter().position(is_at_start)?;
        if let Some(before) = self.values.get_mut(..=at) {
            before.rotate_right(1);
        }
        let Known { number, text, .. } = self.values.first()?;
        if shape == 0 {
            self.last = *number;
        }
        Some(text.len())
    }

    /// Keeps a value that was read.
    pub(super) fn keep(&mut self, shape: u8, text: &str) {
        let mut number = 0;
        if (MIN_LENGTH..=MAX_LENGTH).contains(&text.len()) {
            self.count = self.count.checked_add(1).unwrap_or(1);
            number = self.count;
            self.values.truncate(MAX_VALUES - 1);
            let text = text.to_owned();
            self.values.insert(0, Known { shape, number, text });
        }
        if shape == 0 {
            self.last = number;
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
