//! Decodes stored text into the types of this crate, strictly: a member that is unknown, missing,
//! null, repeated or of another type is an error.
//!
//! The text is read once from start to end. Each member is stored in its field as it is read,
//! without an intermediate tree. Shared functions do the work, and a type adds little more than the
//! list of its members. Derived deserializers would copy the parser for each type: they were a
//! sixth of the module.

use std::borrow::Cow;

use super::json::{MAX_SAFE_INTEGER, Reader, Value};

/// A stored value cannot be decoded: it is damaged, swapped, or written by a later version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError;

/// A type that can be decoded from stored text.
pub(crate) trait Decode: Sized {
    /// Decodes the next value.
    fn decode(reader: &mut Reader) -> Result<Self, DecodeError>;
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
    let mut reader = Reader::new(text);
    let restored = T::decode(&mut reader)?;
    reader.is_done().then_some(restored).ok_or(DecodeError)
}

/// Reads an object that has only `known` members, each at most once. `put` reads the value of a
/// member and gets its index in `known`. Returns the members that were present, as bits.
pub(crate) fn members(
    reader: &mut Reader,
    known: &[Member],
    put: &mut dyn FnMut(&mut Reader, usize) -> Result<(), DecodeError>,
) -> Result<u64, DecodeError> {
    let (mut seen, mut next) = (0, 0);
    reader
        .map(&mut |reader, name| {
            let at = place(known, next, &name)?;
            next = at + 1;
            let bit = 1_u64 << at;
            if seen & bit != 0 {
                return None;
            }
            seen |= bit;
            put(reader, at).ok()
        })
        .ok_or(DecodeError)?;
    Ok(seen)
}

/// The index of a member in `known`. As written by this crate, each member follows the one before,
/// so the search starts at `next`.
fn place(known: &[Member], next: usize, name: &str) -> Option<usize> {
    let is_it = |(known, _): &Member| *known == name;
    let behind = known.iter().skip(next).position(is_it);
    behind
        .map(|at| next + at)
        .or_else(|| known.iter().take(next).position(is_it))
}

/// The bits of the required members.
pub(crate) const fn required(members: &[Member]) -> u64 {
    match members {
        [] => 0,
        [(_, is_required), rest @ ..] => *is_required as u64 | required(rest) << 1,
    }
}

/// Decodes a member into its field.
#[inline(never)]
pub(crate) fn put<T: Decode>(to: &mut T, reader: &mut Reader) -> Result<(), DecodeError> {
    *to = T::decode(reader)?;
    Ok(())
}

/// Decodes a member that may be absent, but not null: an expiry that was overwritten with null is
/// damage and must not mean "never".
pub(crate) fn put_optional<T: Decode>(to: &mut T, reader: &mut Reader) -> Result<(), DecodeError> {
    put(to, reader)
}

/// Decodes a revision: a count that can still be incremented.
pub(crate) fn put_revision(to: &mut u64, reader: &mut Reader) -> Result<(), DecodeError> {
    put(to, reader)?;
    (*to < MAX_SAFE_INTEGER).then_some(()).ok_or(DecodeError)
}

/// Decodes a member that may be null, but not absent.
pub(crate) fn put_nullable<T: Decode>(to: &mut Option<T>, reader: &mut Reader) -> Result<(), DecodeError> {
    let mut behind = reader.clone();
    if behind.null().is_none() {
        return put(to, reader);
    }
    reader.clone_from(&behind);
    Ok(())
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
            fn decode(reader: &mut $crate::codec::json::Reader) -> Result<$kind, $crate::codec::decode::DecodeError> {
                #[allow(non_camel_case_types)]
                enum At { $($field),* }
                const KNOWN: &[$crate::codec::decode::Member] = &[$(($name, $crate::codec::decode::decode_members!(@must $need))),*];
                const REQUIRED: u64 = $crate::codec::decode::required(KNOWN);
                let mut whole = <$kind as $crate::codec::decode::Placeholder>::placeholder();
                let seen = $crate::codec::decode::members(reader, KNOWN, &mut |reader, at| match at {
                    $(at if at == At::$field as usize => {
                        $crate::codec::decode::decode_members!(@put $need)(&mut whole.$field, reader)
                    })*
                    _ => Err($crate::codec::decode::DecodeError),
                })?;
                // If no member is required, the mask is 0.
                #[allow(clippy::bad_bit_mask)]
                let complete = seen & REQUIRED == REQUIRED;
                complete.then_some(whole).ok_or($crate::codec::decode::DecodeError)
            }
        }
    };
    (@must required) => { true };
    (@must revision) => { true };
    (@must nullable) => { true };
    (@must optional) => { false };
    (@put required) => { $crate::codec::decode::put };
    (@put revision) => { $crate::codec::decode::put_revision };
    (@put nullable) => { $crate::codec::decode::put_nullable };
    (@put optional) => { $crate::codec::decode::put_optional };
}
pub(crate) use decode_members;

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
pub(crate) fn decode_named<T: Copy>(reader: &mut Reader, names: &[(&str, T)]) -> Result<T, DecodeError> {
    let text = reader.text().ok_or(DecodeError)?;
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
    fn decode(reader: &mut Reader) -> Result<Value, DecodeError> {
        reader.value().ok_or(DecodeError)
    }
}

impl DecodeText for String {
    fn decode_text(text: Cow<str>) -> Result<String, DecodeError> {
        Ok(text.into_owned())
    }
}

impl Decode for String {
    fn decode(reader: &mut Reader) -> Result<String, DecodeError> {
        reader.text().map(Cow::into_owned).ok_or(DecodeError)
    }
}

impl Decode for bool {
    fn decode(reader: &mut Reader) -> Result<bool, DecodeError> {
        reader.flag().ok_or(DecodeError)
    }
}

/// A whole number that JavaScript can hold exactly.
impl Decode for u64 {
    fn decode(reader: &mut Reader) -> Result<u64, DecodeError> {
        reader.whole().ok_or(DecodeError)
    }
}

macro_rules! decode_smaller {
    ($($kind:ty),*) => {$(
        impl Decode for $kind {
            fn decode(reader: &mut Reader) -> Result<$kind, DecodeError> {
                u64::decode(reader)?.try_into().map_err(|_| DecodeError)
            }
        }
    )*};
}
decode_smaller!(u32, u8);

impl<T: Decode> Decode for Option<T> {
    fn decode(reader: &mut Reader) -> Result<Option<T>, DecodeError> {
        T::decode(reader).map(Some)
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(reader: &mut Reader) -> Result<Vec<T>, DecodeError> {
        let mut items = Vec::new();
        let read = reader.list(&mut |reader| {
            items.push(T::decode(reader).ok()?);
            Some(())
        });
        read.map(|()| items).ok_or(DecodeError)
    }
}

impl<A: Decode, B: Decode> Decode for (A, B) {
    fn decode(reader: &mut Reader) -> Result<(A, B), DecodeError> {
        let (mut first, mut second) = (None, None);
        let read = reader.list(&mut |reader| {
            if first.is_none() {
                first = Some(A::decode(reader).ok()?);
            } else if second.is_none() {
                second = Some(B::decode(reader).ok()?);
            } else {
                return None;
            }
            Some(())
        });
        read.and(first.zip(second)).ok_or(DecodeError)
    }
}

/// Implements [`Decode`] for types that are stored as a string, by their `parse`. A stored string
/// is checked as strictly as one of a call.
macro_rules! decode_by_parsing {
    ($($kind:ty),*) => {$(
        impl $crate::codec::decode::DecodeText for $kind {
            fn decode_text(text: std::borrow::Cow<str>) -> Result<Self, $crate::codec::decode::DecodeError> {
                <$kind>::parse(&text).map_err(|_| $crate::codec::decode::DecodeError)
            }
        }

        impl $crate::codec::decode::Decode for $kind {
            fn decode(reader: &mut $crate::codec::json::Reader) -> Result<Self, $crate::codec::decode::DecodeError> {
                let text = reader.text().ok_or($crate::codec::decode::DecodeError)?;
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
