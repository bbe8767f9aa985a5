//! Reads JSON text (RFC 8259) and accepts what `serde_json` accepts. Errors carry no reason.

use std::borrow::Cow;

use super::Value;
use super::number::plain_whole;
use crate::codec::host::parse_decimal;

/// How deep lists and maps may nest. A catalog nests permissions eight deep, two levels each.
pub(crate) const MAX_DEPTH: u8 = 32;

/// A whole number with at most so many digits is exact in a double.
const EXACT_DIGITS: usize = 15;

/// Parses a JSON text. `None` if it is invalid, or nested deeper than 32 levels.
#[must_use]
pub fn parse_json(text: &str) -> Option<Value> {
    let mut reader = Reader::new(text);
    let value = reader.value()?;
    reader.is_done().then_some(value)
}

/// A read position in a text. After a failed read, the position is unspecified.
#[derive(Clone)]
struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// How many more levels may be nested.
    depth: u8,
}

impl<'t> Reader<'t> {
    /// A reader at the start of a text.
    fn new(text: &'t str) -> Reader<'t> {
        Reader {
            text,
            at: 0,
            depth: MAX_DEPTH,
        }
    }

    /// Whether only white space is left.
    fn is_done(&mut self) -> bool {
        self.skip_space();
        self.at == self.text.len()
    }

    /// Reads any value.
    fn value(&mut self) -> Option<Value> {
        self.skip_space();
        match self.peek()? {
            b'n' => self.word("null").map(|()| Value::Null),
            b't' | b'f' => self.flag().map(Value::Flag),
            b'"' => self.text().map(|text| Value::Text(text.into_owned())),
            b'[' => {
                let mut items = Vec::new();
                self.list(&mut |reader| {
                    items.push(reader.value()?);
                    Some(())
                })?;
                Some(Value::List(items))
            }
            b'{' => {
                let mut entries = Vec::new();
                self.map(&mut |reader, name| {
                    entries.push((name.into_owned(), reader.value()?));
                    Some(())
                })?;
                Some(Value::Map(entries))
            }
            _ => self.number().map(Value::Number),
        }
    }

    /// Reads `true` or `false`.
    fn flag(&mut self) -> Option<bool> {
        self.skip_space();
        let flag = self.peek() == Some(b't');
        self.word(if flag { "true" } else { "false" })?;
        Some(flag)
    }

    /// Reads a string. Nearly all stored strings have no escapes, and are borrowed.
    fn text(&mut self) -> Option<Cow<'t, str>> {
        if self.next_mark()? != b'"' {
            return None;
        }
        let plain = self.plain()?;
        if self.takes(b'"') {
            return Some(Cow::Borrowed(plain));
        }
        self.rest_of_text(plain).map(Cow::Owned)
    }

    /// Reads a number.
    fn number(&mut self) -> Option<f64> {
        let text = self.number_text()?;
        let number = match short_whole(text) {
            // Exact: it has fewer digits than 2^53.
            #[allow(clippy::cast_precision_loss)]
            Some(whole) => whole as f64,
            None => parse_decimal(text),
        };
        number.is_finite().then_some(number)
    }

    /// Reads a list. `item` reads each item.
    fn list(&mut self, item: &mut dyn FnMut(&mut Reader<'t>) -> Option<()>) -> Option<()> {
        self.inside(b'[', b']', item)
    }

    /// Reads a map. `entry` gets each name and reads the value.
    fn map(&mut self, entry: &mut dyn FnMut(&mut Reader<'t>, Cow<'t, str>) -> Option<()>) -> Option<()> {
        self.inside(b'{', b'}', &mut |reader| {
            let name = reader.text()?;
            if reader.next_mark()? != b':' {
                return None;
            }
            entry(reader, name)
        })
    }

    /// Reads comma-separated parts between two brackets.
    fn inside(
        &mut self,
        open: u8,
        close: u8,
        part: &mut dyn FnMut(&mut Reader<'t>) -> Option<()>,
    ) -> Option<()> {
        if self.next_mark()? != open {
            return None;
        }
        self.depth = self.depth.checked_sub(1)?;
        self.skip_space();
        if !self.takes(close) {
            loop {
                part(self)?;
                match self.next_mark()? {
                    b',' => {}
                    mark if mark == close => break,
                    _ => return None,
                }
            }
        }
        self.depth += 1;
        Some(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Skips the next byte if it is `byte`.
    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// The next byte that is no white space.
    fn next_mark(&mut self) -> Option<u8> {
        self.skip_space();
        self.next()
    }

    fn word(&mut self, word: &str) -> Option<()> {
        word.bytes().all(|byte| self.takes(byte)).then_some(())
    }

    /// Reads up to the next character that ends a string or begins an escape.
    fn plain(&mut self) -> Option<&'t str> {
        let rest = self.text.get(self.at..)?;
        let length = rest
            .bytes()
            .position(|byte| matches!(byte, b'"' | b'\\' | ..b' '))?;
        self.at += length;
        rest.get(..length)
    }

    /// Reads the rest of a string that begins with `plain`, from its first escape on.
    #[inline(never)]
    fn rest_of_text(&mut self, plain: &str) -> Option<String> {
        let mut string = plain.to_owned();
        loop {
            match self.next()? {
                b'"' => return Some(string),
                b'\\' => string.push(self.escaped()?),
                _ => return None,
            }
            string.push_str(self.plain()?);
        }
    }

    fn escaped(&mut self) -> Option<char> {
        Some(match self.next()? {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            byte @ (b'"' | b'\\' | b'/') => char::from(byte),
            _ => return None,
        })
    }

    /// Reads a character by its code unit, or by the two of a surrogate pair.
    fn unicode(&mut self) -> Option<char> {
        let unit = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&unit) {
            return char::from_u32(unit);
        }
        let low = (self.takes(b'\\') && self.takes(b'u'))
            .then(|| self.four_digits())?
            .filter(|unit| (0xdc00..0xe000).contains(unit))?;
        char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00))
    }

    fn four_digits(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | char::from(self.next()?).to_digit(16)?;
        }
        Some(unit)
    }

    /// Reads the text of a number.
    fn number_text(&mut self) -> Option<&'t str> {
        self.skip_space();
        let start = self.at;
        self.takes(b'-');
        if !self.takes(b'0') {
            self.digits()?;
        }
        if self.takes(b'.') {
            self.digits()?;
        }
        if self.takes(b'e') || self.takes(b'E') {
            let _sign = self.takes(b'+') || self.takes(b'-');
            self.digits()?;
        }
        self.text.get(start..self.at)
    }

    /// Reads one digit or more.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

/// Parses digits that a double holds exactly.
fn short_whole(text: &str) -> Option<u64> {
    (text.len() <= EXACT_DIGITS).then(|| plain_whole(text)).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether `serde_json` reads a text in the same way. It rounds a fraction to one of the two
    /// neighbouring doubles; this reader rounds to the nearest.
    fn is_read_alike(text: &str) -> bool {
        match (parse_json(text), serde_json::from_str(text).ok()) {
            (Some(ours), Some(theirs)) => is_alike(&ours, &theirs),
            (ours, theirs) => ours.is_none() && theirs.is_none(),
        }
    }

    fn is_alike(ours: &Value, theirs: &Value) -> bool {
        match (ours, theirs) {
            (Value::Number(one), Value::Number(other)) => {
                let is_rounded = one.fract() != 0.0 || other.fract() != 0.0 || one.abs() > 1e15;
                one == other || is_rounded && (one - other).abs() <= one.abs() * 1e-15 + f64::MIN_POSITIVE
            }
            (Value::List(one), Value::List(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_alike(one, other))
            }
            (Value::Map(one), Value::Map(other)) => {
                let mut pairs = one.iter().zip(other);
                one.len() == other.len()
                    && pairs.all(|((name, one), (known, other))| name == known && is_alike(one, other))
            }
            _ => ours == theirs,
        }
    }

    /// JSON texts, some with a mistake.
    fn texts() -> impl Strategy<Value = String> {
        let number = prop_oneof![
            any::<i64>().prop_map(|number| number.to_string()),
            any::<u64>().prop_map(|number| number.to_string()),
            any::<f64>().prop_map(|number| number.to_string()),
            any::<f64>().prop_map(|number| format!("{number:e}")),
            "-?[0-9]{1,22}(\\.[0-9]{0,20})?([eE][+-]?[0-9]{0,4})?",
        ];
        let string = prop_oneof![
            any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
            "\"(\\\\[\"\\\\/bfnrtux]|\\\\u[dD][89abAB][0-9a-f]{2}|\\\\u[dD][c-fC-F][0-9a-f]{2}|\\\\u[0-9a-fA-F]{3,4}|[ a-zé\t])*\"",
        ];
        let leaf = prop_oneof![number, string, "null|true|false|nul|tru|False|[ \n\t\r]"];
        leaf.prop_recursive(5, 40, 5, |inner| {
            let space = "[ \n\t\r]{0,2}";
            prop_oneof![
                (prop::collection::vec(inner.clone(), 0..5), space, "[\\]}]?").prop_map(
                    |(items, space, end)| format!(
                        "[{space}{}{end}",
                        items.join(",") + if end.is_empty() { "]" } else { "" }
                    )
                ),
                (prop::collection::vec(("\"[a-c]\"", inner), 0..5), space).prop_map(|(entries, space)| {
                    let members = entries
                        .iter()
                        .map(|(name, value)| format!("{name}{space}:{space}{value}"));
                    format!("{{{}{space}}}", members.collect::<Vec<_>>().join(","))
                }),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn it_reads_what_serde_json_reads(text in texts()) {
            prop_assert!(is_read_alike(&text), "{}", text);
        }

        #[test]
        fn a_text_with_a_mistake_is_refused_where_serde_json_refuses_it(
            text in texts(), at in any::<prop::sample::Index>(), put in "[\\[\\]{},:\"\\\\0-9eE.+u -]|",
        ) {
            let mut characters: Vec<String> = text.chars().map(String::from).collect();
            if !characters.is_empty() {
                let at = at.index(characters.len());
                characters[at] = put;
            }
            let text = characters.concat();
            prop_assert!(is_read_alike(&text), "{}", text);
        }
    }

    #[test]
    fn what_is_special() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for text in [
            "",
            " ",
            "1 2",
            "01",
            "-",
            "-0",
            "-01",
            "1.",
            ".5",
            "1e",
            // `serde_json` reads this as 541242921408565.9.
            "541242921408566.00000000000000000000000000000000000000000000000000000000000000000000000000",
            "1e400",
            "-1e400",
            "1e-400",
            "+1",
            "NaN",
            "9007199254740993",
            "18446744073709551616",
            "\"\u{1}\"",
            "\"\\ud800\"",
            "\"\\ud83d\\ude00\"",
            "\"\\udc00\"",
            "{\"a\":1,\"a\":2}",
            "{\"a\":1,}",
            "[1,]",
            "\u{feff}1",
            "{a:1}",
            "[1",
            "\"",
            "\"\\",
            "\"\\u12",
            &nested(32),
            &nested(33),
        ] {
            assert!(is_read_alike(text), "{text}");
        }
    }
}
