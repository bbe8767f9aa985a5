//! Decodes stored text into the types of this crate, strictly: a text that is not what the crate
//! writes is an error (see `codec/canonical`).
//!
//! The text is read once from start to end. Each member is stored in its field as it is read,
//! without an intermediate tree. Shared functions do the work, and a type adds little more than the
//! list of its members. Derived deserializers would copy the parser for each type: they were a
//! sixth of the module.

use std::borrow::Cow;

use super::canonical::Cursor;
pub use super::canonical::DecodeError;
use super::json::{Value, parse_json};

/// A type that can be decoded from stored text.
pub(crate) trait Decode: Sized {
    /// Decodes the next value.
    fn decode(cursor: &mut Cursor) -> Result<Self, DecodeError>;
}

/// A type that is stored as a string, so that it can also be the name of a member.
pub(crate) trait DecodeText: Sized {
    /// Decodes the value from a string.
    fn decode_text(text: Cow<str>) -> Result<Self, DecodeError>;
}

/// A type with a placeholder, which fills a field until its member is read.
pub(crate) trait Placeholder {
    /// The placeholder.
    fn placeholder() -> Self;
}

/// A member of a stored object: its name, and whether it is required.
pub(crate) type Member = (&'static str, bool);

/// Decodes a whole text. Anything after the value is an error.
pub(crate) fn decode<T: Decode>(text: &str) -> Result<T, DecodeError> {
    let mut cursor = Cursor::new(text);
    let decoded = T::decode(&mut cursor)?;
    cursor.is_done().then_some(decoded).ok_or(DecodeError)
}

/// Reads an object with the `known` members, in their order. `put` reads the value of a member and
/// gets its index in `known`.
pub(crate) fn members(
    cursor: &mut Cursor,
    known: &[Member],
    put: &mut dyn FnMut(&mut Cursor, usize) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let read = cursor.object(&mut |cursor| {
        let mut is_first = true;
        for (at, (name, is_required)) in known.iter().enumerate() {
            if cursor.takes_member(name, is_first) {
                is_first = false;
                put(cursor, at).ok()?;
            } else if *is_required {
                return None;
            }
        }
        Some(())
    });
    read.ok_or(DecodeError)
}

/// Decodes a member into its field.
#[inline(never)]
pub(crate) fn put<T: Decode>(to: &mut T, cursor: &mut Cursor) -> Result<(), DecodeError> {
    *to = T::decode(cursor)?;
    Ok(())
}

/// Decodes a member that may be absent, but not null: an expiry that was overwritten with null is
/// damage and must not mean "never". What is empty or false is left out when it is written.
pub(crate) fn put_optional<T: Decode>(to: &mut T, cursor: &mut Cursor) -> Result<(), DecodeError> {
    let start = cursor.at();
    put(to, cursor)?;
    let is_default = matches!(cursor.since(start), Some("[]" | "{}" | "false"));
    (!is_default).then_some(()).ok_or(DecodeError)
}

/// Decodes a member that may be null, but not absent.
pub(crate) fn put_nullable<T: Decode>(to: &mut Option<T>, cursor: &mut Cursor) -> Result<(), DecodeError> {
    match cursor.null() {
        Some(()) => Ok(()),
        None => put(to, cursor),
    }
}

/// Implements [`Decode`] and [`Placeholder`] for a struct. The fields are listed in the order in
/// which they are written, each with the name of its member.
macro_rules! decode_members {
    ($kind:ident { $($need:ident $field:ident: $name:literal),* $(,)? }) => {
        impl $crate::codec::decode::Placeholder for $kind {
            fn placeholder() -> $kind {
                $kind { $($field: $crate::codec::decode::Placeholder::placeholder()),* }
            }
        }

        impl $crate::codec::decode::Decode for $kind {
            fn decode(cursor: &mut $crate::codec::canonical::Cursor) -> Result<$kind, $crate::codec::decode::DecodeError> {
                #[allow(non_camel_case_types)]
                enum At { $($field),* }
                const KNOWN: &[$crate::codec::decode::Member] = &[$(($name, $crate::codec::decode::decode_members!(@must $need))),*];
                let mut whole = <$kind as $crate::codec::decode::Placeholder>::placeholder();
                $crate::codec::decode::members(cursor, KNOWN, &mut |cursor, at| match at {
                    $(at if at == At::$field as usize => {
                        $crate::codec::decode::decode_members!(@put $need)(&mut whole.$field, cursor)
                    })*
                    _ => Err($crate::codec::decode::DecodeError),
                })?;
                Ok(whole)
            }
        }
    };
    (@must required) => { true };
    (@must nullable) => { true };
    (@must optional) => { false };
    (@put required) => { $crate::codec::decode::put };
    (@put nullable) => { $crate::codec::decode::put_nullable };
    (@put optional) => { $crate::codec::decode::put_optional };
}
pub(crate) use decode_members;

/// Decodes a struct from the parts of a text that was read by its schema: `required` parts and
/// `optional` ones, and fields that the caller computes. The text has `fill` and `fill_optional`.
/// It fails at the end only, so that there is one place where a half-made value is dropped.
macro_rules! decode_parts {
    ($text:ident, $kind:ident { $($need:ident $field:ident: $part:expr,)* } with { $($other:ident: $value:expr,)* }) => {{
        let mut whole = $kind {
            $($field: $crate::codec::decode::Placeholder::placeholder(),)*
            $($other: $value,)*
        };
        let is_sound = [$($crate::codec::decode::decode_parts!(@fill $need $text, $part, &mut whole.$field)),*];
        if is_sound.contains(&false) { Err($crate::codec::decode::DecodeError) } else { Ok(whole) }
    }};
    (@fill required $text:ident, $part:expr, $to:expr) => { $text.fill($part, $to) };
    (@fill optional $text:ident, $part:expr, $to:expr) => { $text.fill_optional($part, $to) };
}
pub(crate) use decode_parts;

/// Decodes a value into a field, if the text is there and of the type.
#[inline(never)]
pub(crate) fn fill<T: Decode>(text: Option<&str>, to: &mut T) -> bool {
    let Some(Ok(decoded)) = text.map(decode) else {
        return false;
    };
    *to = decoded;
    true
}

macro_rules! placeholder_by_default {
    ($($kind:ty),*) => {$(
        impl Placeholder for $kind {
            fn placeholder() -> Self {
                Default::default()
            }
        }
    )*};
}
placeholder_by_default!(String, bool, u64, u32, u8);

impl<T> Placeholder for Vec<T> {
    fn placeholder() -> Vec<T> {
        Vec::new()
    }
}

impl<T> Placeholder for Option<T> {
    fn placeholder() -> Option<T> {
        None
    }
}

/// Decodes one of a few names.
pub(crate) fn decode_named<T: Copy>(cursor: &mut Cursor, names: &[(&str, T)]) -> Result<T, DecodeError> {
    let text = cursor.text().ok_or(DecodeError)?;
    let named = names.iter().find(|(name, _)| *name == text);
    named.map(|(_, named)| *named).ok_or(DecodeError)
}

impl Placeholder for Value {
    fn placeholder() -> Value {
        Value::Null
    }
}

/// Any value, also `null`.
impl Decode for Value {
    fn decode(cursor: &mut Cursor) -> Result<Value, DecodeError> {
        cursor.value().and_then(parse_json).ok_or(DecodeError)
    }
}

impl DecodeText for String {
    fn decode_text(text: Cow<str>) -> Result<String, DecodeError> {
        Ok(text.into_owned())
    }
}

impl Decode for String {
    fn decode(cursor: &mut Cursor) -> Result<String, DecodeError> {
        cursor.text().map(Cow::into_owned).ok_or(DecodeError)
    }
}

impl Decode for bool {
    fn decode(cursor: &mut Cursor) -> Result<bool, DecodeError> {
        cursor.flag().ok_or(DecodeError)
    }
}

/// A whole number that JavaScript can hold exactly.
impl Decode for u64 {
    fn decode(cursor: &mut Cursor) -> Result<u64, DecodeError> {
        cursor.whole().ok_or(DecodeError)
    }
}

macro_rules! decode_smaller {
    ($($kind:ty),*) => {$(
        impl Decode for $kind {
            fn decode(cursor: &mut Cursor) -> Result<$kind, DecodeError> {
                u64::decode(cursor)?.try_into().map_err(|_| DecodeError)
            }
        }
    )*};
}
decode_smaller!(u32, u8);

impl<T: Decode> Decode for Option<T> {
    fn decode(cursor: &mut Cursor) -> Result<Option<T>, DecodeError> {
        T::decode(cursor).map(Some)
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(cursor: &mut Cursor) -> Result<Vec<T>, DecodeError> {
        let mut items = Vec::new();
        let read = cursor.list(&mut |cursor| {
            items.push(T::decode(cursor).ok()?);
            Some(())
        });
        read.map(|()| items).ok_or(DecodeError)
    }
}

impl<A: Decode, B: Decode> Decode for (A, B) {
    fn decode(cursor: &mut Cursor) -> Result<(A, B), DecodeError> {
        let (mut first, mut second) = (None, None);
        let read = cursor.list(&mut |cursor| {
            if first.is_none() {
                first = Some(A::decode(cursor).ok()?);
            } else if second.is_none() {
                second = Some(B::decode(cursor).ok()?);
            } else {
                return None;
            }
            Some(())
        });
        read.and(first.zip(second)).ok_or(DecodeError)
    }
}

/// Implements [`Decode`] for types that are stored as a string, by their `parse`. A stored string
/// is checked as strictly as one of a call. One that `parse` would change (`normal`) is damage.
macro_rules! decode_by_parsing {
    ($($kind:ty),*) => {
        $crate::codec::decode::decode_by_parsing!(@each |_parsed, _text| true; $($kind),*);
    };
    (normal $($kind:ty),*) => {
        $crate::codec::decode::decode_by_parsing!(@each |parsed, text| parsed.to_string() == *text; $($kind),*);
    };
    (@each |$parsed:ident, $text:ident| $is_written_so:expr; $($kind:ty),*) => {$(
        impl $crate::codec::decode::DecodeText for $kind {
            fn decode_text($text: std::borrow::Cow<str>) -> Result<Self, $crate::codec::decode::DecodeError> {
                let $parsed = <$kind>::parse(&$text).map_err(|_| $crate::codec::decode::DecodeError)?;
                if $is_written_so { Ok($parsed) } else { Err($crate::codec::decode::DecodeError) }
            }
        }

        impl $crate::codec::decode::Decode for $kind {
            fn decode(cursor: &mut $crate::codec::canonical::Cursor) -> Result<Self, $crate::codec::decode::DecodeError> {
                let text = cursor.text().ok_or($crate::codec::decode::DecodeError)?;
                <$kind as $crate::codec::decode::DecodeText>::decode_text(text)
            }
        }
    )*};
}
pub(crate) use decode_by_parsing;

/// Implements [`Placeholder`] for tuple structs around a string or bytes.
macro_rules! placeholder_inside {
    ($($kind:ident),*) => {$(
        impl $crate::codec::decode::Placeholder for $kind {
            fn placeholder() -> Self {
                $kind(Default::default())
            }
        }
    )*};
}
pub(crate) use placeholder_inside;
