//! Where the values in a text are.

use std::borrow::Cow;

use super::Cursor;

/// The place of a value in a text, in bytes. A string has its quotation marks in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    /// 0: the value is absent.
    end: u32,
}

/// The places of `N` values of a text that was read by its schema.
#[derive(Clone, Debug)]
pub(crate) struct Spans<const N: usize>([Span; N]);

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Option<Span> {
        Some(Span {
            start: u32::try_from(start).ok()?,
            end: u32::try_from(end).ok()?,
        })
    }

    /// Where the value begins and ends, in bytes; `None` if it is absent.
    pub(crate) fn range(self) -> Option<(usize, usize)> {
        (self.end > 0).then_some((self.start as usize, self.end as usize))
    }
}

impl<const N: usize> Spans<N> {
    /// No values.
    pub(super) fn none() -> Spans<N> {
        Spans([Span::default(); N])
    }

    pub(super) fn as_mut(&mut self) -> &mut [Span] {
        &mut self.0
    }

    /// The places, by the numbers of the schema.
    pub(crate) fn all(&self) -> &[Span; N] {
        &self.0
    }

    /// The text of a value; `None` if it is absent. `text` is the text that was read.
    pub(crate) fn raw<'t>(&self, text: &'t str, at: usize) -> Option<&'t str> {
        let (start, end) = self.0.get(at)?.range()?;
        text.get(start..end)
    }

    /// A string.
    pub(crate) fn text<'t>(&self, text: &'t str, at: usize) -> Option<Cow<'t, str>> {
        Cursor::new(self.raw(text, at)?).text()
    }

    /// A whole number.
    pub(crate) fn whole(&self, text: &str, at: usize) -> Option<u64> {
        Cursor::new(self.raw(text, at)?).whole()
    }

    /// The items of a list; none if it is absent.
    pub(crate) fn items<'t>(&self, text: &'t str, at: usize) -> Items<'t> {
        Items(self.raw(text, at).map(Cursor::new))
    }

    /// The names and values of a map; none if it is absent.
    pub(crate) fn entries<'t>(&self, text: &'t str, at: usize) -> Entries<'t> {
        Entries(self.raw(text, at).map(Cursor::new))
    }
}

/// The items of a list that was read before.
#[derive(Clone)]
pub(crate) struct Items<'t>(Option<Cursor<'t>>);

impl<'t> Items<'t> {
    /// The items of a list in a text.
    pub(crate) fn of(raw: &'t str) -> Items<'t> {
        Items(Some(Cursor::new(raw)))
    }

    /// The strings of a list of strings.
    pub(crate) fn texts(mut self) -> impl Iterator<Item = Cow<'t, str>> {
        std::iter::from_fn(move || {
            let cursor = self.0.as_mut()?;
            let _mark = cursor.takes(b'[') || cursor.takes(b',');
            cursor.text()
        })
    }
}

impl<'t> Iterator for Items<'t> {
    type Item = &'t str;

    /// The text of the next item.
    fn next(&mut self) -> Option<&'t str> {
        let cursor = self.0.as_mut()?;
        let _mark = cursor.takes(b'[') || cursor.takes(b',');
        cursor.value()
    }
}

/// The names and values of a map that was read before.
pub(crate) struct Entries<'t>(Option<Cursor<'t>>);

impl<'t> Iterator for Entries<'t> {
    type Item = (Cow<'t, str>, &'t str);

    /// The next name, and the text of its value.
    fn next(&mut self) -> Option<(Cow<'t, str>, &'t str)> {
        let cursor = self.0.as_mut()?;
        let is_there = cursor.takes(b'{') || cursor.takes(b',');
        let name = if is_there { cursor.text()? } else { return None };
        let value = if cursor.takes(b':') {
            cursor.value()?
        } else {
            return None;
        };
        Some((name, value))
    }
}
