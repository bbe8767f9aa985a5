//! A read position in canonical text.

use std::borrow::Cow;

use crate::codec::host::parse_decimal;
use crate::codec::json::{MAX_DEPTH, MAX_SAFE_INTEGER, write_number, write_text};

/// A whole number with at most so many digits is exact in a double.
const EXACT_DIGITS: usize = 15;

/// A read position in canonical text. After a failed read, the position is unspecified.
#[derive(Clone)]
pub(crate) struct Cursor<'t> {
    text: &'t str,
    at: usize,
    /// How many more levels may be nested.
    depth: u8,
}

impl<'t> Cursor<'t> {
    /// A cursor at the start of a text.
    pub(crate) fn new(text: &'t str) -> Cursor<'t> {
        Cursor {
            text,
            at: 0,
            depth: MAX_DEPTH,
        }
    }

    /// The position, in bytes.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Whether nothing is left.
    pub(crate) fn is_done(&self) -> bool {
        self.at == self.text.len()
    }

    /// The text since a position.
    pub(crate) fn since(&self, start: usize) -> Option<&'t str> {
        self.text.get(start..self.at)
    }

    /// Skips the next byte if it is `byte`.
    #[inline(always)]
    pub(crate) fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Skips `word` if it comes next.
    #[inline(always)]
    pub(crate) fn takes_word(&mut self, word: &str) -> bool {
        let is_next = self.rest().starts_with(word.as_bytes());
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    /// Skips the name of a member with its colon, and the comma before it unless the member is the
    /// first, if they come next. No name of a schema needs an escape.
    #[inline(always)]
    pub(crate) fn takes_member(&mut self, name: &str, is_first: bool) -> bool {
        // Nearly all members that do not come next differ in their first character.
        let at = self.at + 1 + usize::from(!is_first);
        let bytes = self.text.as_bytes();
        bytes.get(at) == name.as_bytes().first() && self.takes_whole_member(name, is_first)
    }

    fn takes_whole_member(&mut self, name: &str, is_first: bool) -> bool {
        let start = self.at;
        let is_next = (is_first || self.takes(b','))
            && self.takes(b'"')
            && self.takes_word(name)
            && self.takes(b'"')
            && self.takes(b':');
        if !is_next {
            self.at = start;
        }
        is_next
    }

    /// Reads an object, whose members `members` reads.
    pub(crate) fn object(&mut self, members: &mut dyn FnMut(&mut Cursor<'t>) -> Option<()>) -> Option<()> {
        if !self.takes(b'{') {
            return None;
        }
        self.deepen()?;
        members(self)?;
        self.rise();
        self.takes(b'}').then_some(())
    }

    /// Reads `null`.
    pub(crate) fn null(&mut self) -> Option<()> {
        self.takes_word("null").then_some(())
    }

    /// Reads `true` or `false`.
    pub(crate) fn flag(&mut self) -> Option<bool> {
        if self.takes_word("true") {
            return Some(true);
        }
        self.takes_word("false").then_some(false)
    }

    /// Reads a string. Nearly all stored strings have no escapes, and are borrowed.
    pub(crate) fn text(&mut self) -> Option<Cow<'t, str>> {
        if !self.takes(b'"') {
            return None;
        }
        let start = self.at;
        self.skip_plain();
        if self.takes(b'"') {
            return self.text.get(start..self.at - 1).map(Cow::Borrowed);
        }
        self.escaped_text(start).map(Cow::Owned)
    }

    /// Reads a whole number from 0 to 2^53 − 1.
    pub(crate) fn whole(&mut self) -> Option<u64> {
        let start = self.at;
        let mut number = 0u64;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
            self.at += 1;
        }
        let is_usual = match self.at - start {
            0 => false,
            1 => true,
            _ => self.text.as_bytes().get(start) != Some(&b'0'),
        };
        (is_usual && number <= MAX_SAFE_INTEGER).then_some(number)
    }

    /// Reads a list. `item` reads each item.
    pub(crate) fn list(&mut self, item: &mut dyn FnMut(&mut Cursor<'t>) -> Option<()>) -> Option<()> {
        self.inside(b'[', b']', item)
    }

    /// Reads a map, whose names ascend. `entry` gets each name and reads the value.
    pub(crate) fn map(
        &mut self,
        entry: &mut dyn FnMut(&mut Cursor<'t>, Cow<'t, str>) -> Option<()>,
    ) -> Option<()> {
        let mut before: Option<Cow<'t, str>> = None;
        self.members(&mut |cursor, name| {
            if before.as_ref().is_some_and(|before| *before >= name) {
                return None;
            }
            before = Some(name.clone());
            entry(cursor, name)
        })
    }

    /// Reads an object with any members. `member` gets each name and reads the value.
    pub(crate) fn members(
        &mut self,
        member: &mut dyn FnMut(&mut Cursor<'t>, Cow<'t, str>) -> Option<()>,
    ) -> Option<()> {
        self.inside(b'{', b'}', &mut |cursor| {
            let name = cursor.text()?;
            cursor.takes(b':').then(|| member(cursor, name)).flatten()
        })
    }

    /// Skips any value. Returns its text.
    pub(crate) fn value(&mut self) -> Option<&'t str> {
        let start = self.at;
        match self.peek()? {
            b'"' => self.text().map(drop)?,
            b'[' => self.list(&mut |cursor| cursor.value().map(drop))?,
            b'{' => self.members(&mut |cursor, _| cursor.value().map(drop))?,
            b'n' => self.null()?,
            b't' | b'f' => self.flag().map(drop)?,
            _ => self.number()?,
        }
        self.since(start)
    }

    /// Skips any value in which the names of each object ascend. Returns its text.
    pub(crate) fn sorted_value(&mut self) -> Option<&'t str> {
        let start = self.at;
        if self.peek() == Some(b'{') {
            self.map(&mut |cursor, _| cursor.sorted_value().map(drop))?;
            return self.since(start);
        }
        if self.peek() == Some(b'[') {
            self.list(&mut |cursor| cursor.sorted_value().map(drop))?;
            return self.since(start);
        }
        self.value()
    }

    /// Reads comma-separated parts between two brackets.
    fn inside(
        &mut self,
        open: u8,
        close: u8,
        part: &mut dyn FnMut(&mut Cursor<'t>) -> Option<()>,
    ) -> Option<()> {
        if !self.takes(open) {
            return None;
        }
        self.deepen()?;
        if !self.takes(close) {
            loop {
                part(self)?;
                if self.takes(close) {
                    break;
                }
                if !self.takes(b',') {
                    return None;
                }
            }
        }
        self.rise();
        Some(())
    }

    /// Goes one level down; `None` if it is too deep.
    fn deepen(&mut self) -> Option<()> {
        self.depth = self.depth.checked_sub(1)?;
        Some(())
    }

    /// Goes one level up.
    fn rise(&mut self) {
        self.depth += 1;
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// What is left, as bytes.
    #[inline(always)]
    pub(super) fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Skips bytes that are known to be whole values.
    pub(super) fn skip(&mut self, length: usize) {
        self.at += length;
    }

    /// Skips to the next character that ends a string or begins an escape, or to one that needs an
    /// escape, eight bytes at a time.
    #[inline(always)]
    fn skip_plain(&mut self) {
        let (words, tail) = self.rest().as_chunks::<8>();
        for word in words {
            let marks = marks(u64::from_le_bytes(*word));
            if marks != 0 {
                self.at += marks.trailing_zeros() as usize / 8;
                return;
            }
            self.at += 8;
        }
        let is_mark = |byte: &u8| matches!(byte, b'"' | b'\\' | ..b' ');
        self.at += tail.iter().position(is_mark).unwrap_or(tail.len());
    }

    /// Reads a string with escapes, whose first character is at `start`.
    #[inline(never)]
    fn escaped_text(&mut self, start: usize) -> Option<String> {
        let mut text = self.since(start)?.to_owned();
        loop {
            match self.next()? {
                b'"' => break,
                b'\\' => text.push(self.escaped()?),
                _ => return None,
            }
            let plain = self.at;
            self.skip_plain();
            text.push_str(self.since(plain)?);
        }
        let mut written = Vec::new();
        write_text(&text, &mut written);
        let read = self.text.as_bytes().get(start - 1..self.at)?;
        (written == read).then_some(text)
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Reads what follows a backslash. Whether it had to be escaped, and so, is checked later.
    fn escaped(&mut self) -> Option<char> {
        Some(match self.next()? {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let digits = self.text.get(self.at..self.at + 4)?;
                self.at += 4;
                char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
            }
            byte @ (b'"' | b'\\') => char::from(byte),
            _ => return None,
        })
    }

    /// Skips a number. One with a fraction or an exponent has to be what the writer writes.
    fn number(&mut self) -> Option<()> {
        let start = self.at;
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e');
        self.at += self.rest().iter().take_while(|byte| is_part(byte)).count();
        let text = self.since(start)?;
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_short_whole = digits.len() <= EXACT_DIGITS
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && matches!(digits.as_bytes().first(), Some(b'1'..=b'9'));
        if is_short_whole || text == "0" {
            return Some(());
        }
        let number = parse_decimal(text);
        let mut written = Vec::new();
        write_number(number, &mut written);
        (number.is_finite() && written == text.as_bytes()).then_some(())
    }
}

/// Eight bytes as one number: the highest bit of each byte that is a quotation mark, a backslash or
/// a control character. Above the first of them, the bits of other bytes may be set too.
fn marks(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
    let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, 0x20) | is(b'"') | is(b'\\')) & HIGH
}
