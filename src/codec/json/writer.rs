//! Writes the JSON text of the types of this crate.
//!
//! All types share a few functions: `serde_json` compiles its writer into each member of each type,
//! which was a tenth of the module. Fractions are written by the host.

use std::fmt;

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::{write_number, write_whole};

/// A value that cannot be written: a map with keys that are no strings. This crate has none.
#[derive(Debug)]
struct Error;

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("cannot be written as JSON")
    }
}

impl serde::ser::Error for Error {
    fn custom<T: fmt::Display>(_: T) -> Error {
        Error
    }
}

/// The JSON text of a value; empty if it has a map with keys that are no strings.
pub fn json(value: &impl Serialize) -> String {
    let mut writer = Writer(Vec::new());
    match value.serialize(&mut writer) {
        Ok(()) => String::from_utf8(writer.0).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// Writes a string, with the escapes of RFC 8785 (section 3.2.2.2).
#[inline(never)]
pub(crate) fn write_text(text: &str, to: &mut Vec<u8>) {
    to.push(b'"');
    let mut rest = text;
    // Nearly all strings have no escapes.
    while let Some(plain) = rest
        .bytes()
        .position(|byte| matches!(byte, b'"' | b'\\' | ..b' '))
    {
        let (before, after) = rest.split_at_checked(plain).unwrap_or((rest, ""));
        to.extend_from_slice(before.as_bytes());
        let mut characters = after.chars();
        write_escaped(characters.next().unwrap_or_default(), to);
        rest = characters.as_str();
    }
    to.extend_from_slice(rest.as_bytes());
    to.push(b'"');
}

/// Writes a character that needs an escape.
fn write_escaped(character: char, to: &mut Vec<u8>) {
    let known = [
        ('"', b'"'),
        ('\\', b'\\'),
        ('\u{8}', b'b'),
        ('\u{c}', b'f'),
        ('\n', b'n'),
        ('\r', b'r'),
        ('\t', b't'),
    ];
    if let Some((_, written)) = known.into_iter().find(|(known, _)| *known == character) {
        return to.extend([b'\\', written]);
    }
    to.extend_from_slice(b"\\u00");
    for digit in [u32::from(character) >> 4, u32::from(character) & 15] {
        to.extend(char::from_digit(digit, 16).map(|digit| digit as u8));
    }
}

/// The text written so far.
struct Writer(Vec<u8>);

impl Writer {
    #[inline(never)]
    fn raw(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn text(&mut self, text: &str) -> Result<(), Error> {
        write_text(text, &mut self.0);
        Ok(())
    }

    #[inline(never)]
    fn signed(&mut self, number: i64) -> Result<(), Error> {
        if number < 0 {
            self.raw("-");
        }
        self.unsigned(number.unsigned_abs())
    }

    #[inline(never)]
    fn unsigned(&mut self, number: u64) -> Result<(), Error> {
        write_whole(number, &mut self.0);
        Ok(())
    }

    #[inline(never)]
    fn fraction(&mut self, number: f64) -> Result<(), Error> {
        if !number.is_finite() {
            return self.serialize_unit();
        }
        write_number(number, &mut self.0);
        Ok(())
    }

    /// Writes a comma, except before the first part of a list or object: only an opening leaves a
    /// bracket at the end of the text.
    #[inline(never)]
    fn next(&mut self) {
        if !matches!(self.0.last(), Some(b'[' | b'{')) {
            self.raw(",");
        }
    }

    #[inline(never)]
    fn member(&mut self, name: &str) -> Result<(), Error> {
        self.next();
        self.text(name)?;
        self.raw(":");
        Ok(())
    }

    /// Writes the start of a list or object. Its parts follow.
    #[inline(never)]
    fn open(&mut self, start: &str, end: &'static str) -> Parts<'_> {
        self.raw(start);
        Parts { writer: self, end }
    }

    /// Writes the start of an object with a single member, a list or object. Its parts follow.
    #[inline(never)]
    fn open_variant(&mut self, name: &str, start: &str, end: &'static str) -> Result<Parts<'_>, Error> {
        self.raw("{");
        self.member(name)?;
        Ok(self.open(start, end))
    }
}

/// A list or object in progress, and the text that ends it.
struct Parts<'w> {
    writer: &'w mut Writer,
    end: &'static str,
}

impl Parts<'_> {
    fn item<T: ?Sized + Serialize>(&mut self, item: &T) -> Result<(), Error> {
        self.writer.next();
        item.serialize(&mut *self.writer)
    }

    fn member<T: ?Sized + Serialize>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        self.writer.member(name)?;
        value.serialize(&mut *self.writer)
    }

    fn close(self) -> Result<(), Error> {
        self.writer.raw(self.end);
        Ok(())
    }
}

macro_rules! numbers {
    ($($method:ident $number:ty as $widest:ident),*) => {$(
        fn $method(self, number: $number) -> Result<(), Error> {
            self.$widest(number.into())
        }
    )*};
}

impl<'w> Serializer for &'w mut Writer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Parts<'w>;
    type SerializeTuple = Parts<'w>;
    type SerializeTupleStruct = Parts<'w>;
    type SerializeTupleVariant = Parts<'w>;
    type SerializeMap = Parts<'w>;
    type SerializeStruct = Parts<'w>;
    type SerializeStructVariant = Parts<'w>;

    numbers!(
        serialize_i8 i8 as signed, serialize_i16 i16 as signed, serialize_i32 i32 as signed,
        serialize_i64 i64 as signed, serialize_u8 u8 as unsigned, serialize_u16 u16 as unsigned,
        serialize_u32 u32 as unsigned, serialize_u64 u64 as unsigned, serialize_f64 f64 as fraction
    );

    fn serialize_f32(self, number: f32) -> Result<(), Error> {
        self.fraction(number.into())
    }

    fn serialize_bool(self, flag: bool) -> Result<(), Error> {
        self.raw(if flag { "true" } else { "false" });
        Ok(())
    }

    fn serialize_char(self, character: char) -> Result<(), Error> {
        self.text(character.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        self.text(text)
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Error> {
        self.collect_seq(bytes)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.raw("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut parts = self.open("{", "}");
        parts.member(variant, value)?;
        parts.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'w>, Error> {
        Ok(self.open("[", "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts<'w>, Error> {
        Ok(self.open("[", "]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'w>, Error> {
        Ok(self.open("[", "]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'w>, Error> {
        self.open_variant(variant, "[", "]}")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'w>, Error> {
        Ok(self.open("{", "}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts<'w>, Error> {
        Ok(self.open("{", "}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'w>, Error> {
        self.open_variant(variant, "{", "}}")
    }
}

macro_rules! lists {
    ($($list:ident $method:ident),*) => {$(
        impl $list for Parts<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: ?Sized + Serialize>(&mut self, item: &T) -> Result<(), Error> {
                self.item(item)
            }

            fn end(self) -> Result<(), Error> {
                self.close()
            }
        }
    )*};
}
lists!(
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
);

macro_rules! objects {
    ($($object:ident),*) => {$(
        impl $object for Parts<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: ?Sized + Serialize>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.member(name, value)
            }

            fn end(self) -> Result<(), Error> {
                self.close()
            }
        }
    )*};
}
objects!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Error> {
        self.item(key)
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.writer.raw(":");
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::Serialize;

    use super::json;

    #[derive(Clone, Debug, Serialize)]
    enum Shape {
        Unit,
        Newtype(String),
        Tuple(i8, Option<bool>),
        Struct {
            deep: Vec<Shape>,
            map: BTreeMap<String, i64>,
        },
    }

    #[derive(Clone, Debug, Serialize)]
    struct Pair(u64, i64);

    #[derive(Clone, Debug, Serialize)]
    struct Whole {
        shape: Shape,
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<u16>,
        pair: Pair,
        nothing: (),
        #[serde(flatten)]
        flat: BTreeMap<String, char>,
    }

    fn shape() -> impl Strategy<Value = Shape> {
        let leaf = prop_oneof![
            Just(Shape::Unit),
            any::<String>().prop_map(Shape::Newtype),
            any::<(i8, Option<bool>)>().prop_map(|(number, flag)| Shape::Tuple(number, flag)),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            let (deep, map) = (
                prop::collection::vec(inner, 0..4),
                prop::collection::btree_map(any::<String>(), any::<i64>(), 0..3),
            );
            (deep, map).prop_map(|(deep, map)| Shape::Struct { deep, map })
        })
    }

    #[test]
    fn numbers_are_written_as_rfc_8785_says() {
        let text = include_str!("../../../tests/vectors/numbers.json");
        let vectors: serde_json::Value = serde_json::from_str(text).unwrap();
        for vector in vectors["numbers"].as_array().unwrap() {
            let bits = u64::from_str_radix(vector[0].as_str().unwrap(), 16).unwrap();
            assert_eq!(json(&f64::from_bits(bits)), vector[1].as_str().unwrap());
        }
    }

    proptest! {
        #[test]
        fn it_writes_what_serde_json_writes(
            shape in shape(),
            absent: Option<u16>,
            pair: (u64, i64),
            flat: BTreeMap<String, char>,
        ) {
            let whole = Whole { shape, absent, pair: Pair(pair.0, pair.1), nothing: (), flat };
            prop_assert_eq!(json(&whole), serde_json::to_string(&whole).unwrap());
        }
    }
}
