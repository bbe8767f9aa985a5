//! The schemas of stored values, and their interpreter.

use super::{Cursor, DecodeError, KnownValues, Span, Spans};

/// The members of an object, in the order in which they are written.
pub(crate) type Schema = [Member];

/// A member of an object.
pub(crate) struct Member {
    name: &'static str,
    is_required: bool,
    /// The number of its place among the spans; `None`: it is only checked.
    at: Option<u8>,
    shape: Shape,
}

/// The form of a value.
pub(crate) enum Shape {
    /// A string that meets a condition.
    Text(fn(&str) -> bool),
    /// One of a few strings.
    OneOf(&'static [&'static str]),
    /// A whole number from the first to the second.
    Whole(u64, u64),
    /// `true`: `false` is left out.
    True,
    /// An object.
    Object(&'static Schema),
    /// Items of one shape.
    List(&'static Shape),
    /// A list or an object that many texts share. The number tells its shape from the other shared
    /// ones that are read with the same [`KnownValues`].
    Shared(u8, &'static Shape),
    /// The first, or the second where the value is an object.
    Either(&'static Shape, &'static Shape),
    /// An object with any names that meet a condition, and values of one shape.
    Map(fn(&str) -> bool, &'static Shape),
    /// Any object, also an empty one, of at most so many bytes; the names of it and of all objects
    /// inside ascend.
    AnyObject(usize),
    /// A value with a condition of its own.
    Value(fn(&str) -> bool),
}

/// A member that is always written.
pub(crate) const fn required(name: &'static str, shape: Shape) -> Member {
    Member {
        name,
        is_required: true,
        at: None,
        shape,
    }
}

/// A member that is left out where it has its default: an absent value, or an empty list or map.
/// [`Shape::AnyObject`] has no default: an empty one is not the same as none.
pub(crate) const fn optional(name: &'static str, shape: Shape) -> Member {
    Member {
        name,
        is_required: false,
        at: None,
        shape,
    }
}

impl Member {
    /// The member, with its place noted under a number.
    pub(crate) const fn noted(mut self, at: usize) -> Member {
        // No schema has that many members.
        #[allow(clippy::cast_possible_truncation)]
        {
            self.at = Some(at as u8);
        }
        self
    }
}

impl<const N: usize> Spans<N> {
    /// Reads a whole text.
    ///
    /// # Errors
    /// When the text is not of the schema, or not canonical.
    pub(crate) fn read(text: &str, schema: &Schema) -> Result<Spans<N>, DecodeError> {
        Spans::read_with(text, schema, &mut KnownValues::default())
    }

    /// Reads a whole text, in which shared values may be known.
    ///
    /// # Errors
    /// As [`Spans::read`].
    pub(crate) fn read_with(
        text: &str,
        schema: &Schema,
        known: &mut KnownValues,
    ) -> Result<Spans<N>, DecodeError> {
        let mut spans = Spans::none();
        let mut cursor = Cursor::new(text);
        let mut reader = Reader {
            spans: spans.as_mut(),
            known,
        };
        let read = reader.object(&mut cursor, schema);
        let is_whole = read.is_some() && cursor.is_done();
        is_whole.then_some(spans).ok_or(DecodeError)
    }
}

/// The interpreter of schemas.
struct Reader<'r> {
    spans: &'r mut [Span],
    known: &'r mut KnownValues,
}

impl Reader<'_> {
    fn object(&mut self, cursor: &mut Cursor, schema: &Schema) -> Option<()> {
        cursor.object(&mut |cursor| {
            let mut is_first = true;
            for member in schema {
                if !cursor.takes_member(member.name, is_first) {
                    if member.is_required {
                        return None;
                    }
                    continue;
                }
                is_first = false;
                let start = cursor.at();
                self.value(cursor, &member.shape)?;
                let may_be_empty = member.is_required || matches!(member.shape, Shape::AnyObject(_));
                if !may_be_empty && matches!(cursor.since(start), Some("[]" | "{}")) {
                    return None;
                }
                if let Some(span) = member.at.and_then(|at| self.spans.get_mut(usize::from(at))) {
                    *span = Span::new(start, cursor.at())?;
                }
            }
            Some(())
        })
    }

    fn value(&mut self, cursor: &mut Cursor, shape: &Shape) -> Option<()> {
        let is_sound = match shape {
            Shape::Text(is_sound) => is_sound(&cursor.text()?),
            Shape::OneOf(texts) => {
                let text = cursor.text()?;
                texts.iter().any(|known| *known == text)
            }
            Shape::Whole(least, most) => (*least..=*most).contains(&cursor.whole()?),
            Shape::True => cursor.takes_word("true"),
            Shape::Object(schema) => self.object(cursor, schema).is_some(),
            Shape::List(item) => cursor.list(&mut |cursor| self.value(cursor, item)).is_some(),
            Shape::Shared(number, shared) => self.shared(cursor, *number, shared).is_some(),
            Shape::Either(_, object) if cursor.rest().first() == Some(&b'{') => {
                self.value(cursor, object).is_some()
            }
            Shape::Either(other, _) => self.value(cursor, other).is_some(),
            Shape::Map(is_name, item) => cursor
                .map(&mut |cursor, name| is_name(&name).then(|| self.value(cursor, item)).flatten())
                .is_some(),
            Shape::AnyObject(most) => {
                let text = cursor.sorted_value()?;
                text.starts_with('{') && text.len() <= *most
            }
            Shape::Value(is_sound) => is_sound(cursor.value()?),
        };
        is_sound.then_some(())
    }

    fn shared(&mut self, cursor: &mut Cursor, number: u8, shape: &Shape) -> Option<()> {
        if let Some(length) = self.known.length_at_start(number, cursor.rest()) {
            cursor.skip(length);
            return Some(());
        }
        let start = cursor.at();
        self.value(cursor, shape)?;
        self.known.keep(number, cursor.since(start)?);
        Some(())
    }
}
