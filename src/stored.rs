//! Stored text to values of ours, strictly: a member that is unknown, missing, null, there twice or of another type is damage.
//!
//! Everything is restored from the one kind of value that a caller's input is read from, by a few lines for each type. Derived readers of
//! JSON text are a copy of the parser for each type: they were a sixth of the module.

use crate::input::{Value, parse_json};
use crate::planted::{Bug, planted};
use crate::record::Damaged;
use crate::time::{LARGEST_EXACT, whole_exact};

/// What can be restored from what is stored of it.
pub(crate) trait Restore: Sized {
    /// The value that was stored.
    fn restore(value: Value) -> Result<Self, Damaged>;
}

/// What can stand in the place of a damaged one until all of its object is thrown away.
pub(crate) trait Blank {
    /// That.
    fn blank() -> Self;
}

/// Restores what a text holds.
pub(crate) fn restore<T: Restore>(text: &str) -> Result<T, Damaged> {
    T::restore(parse_json(text).ok_or(Damaged)?)
}

/// The members of a stored object. Each is taken once; what nobody took is damage.
///
/// Damage is remembered, and told by [`Fields::all_of`] alone. A way out at every member, each with all to drop that was taken before, was
/// two thirds of a reader.
pub(crate) struct Fields {
    entries: Vec<(String, Value)>,
    damaged: bool,
}

impl Fields {
    /// The members of an object.
    pub(crate) fn of(value: Value) -> Result<Fields, Damaged> {
        match value {
            Value::Map(entries) => Ok(Fields {
                entries,
                damaged: false,
            }),
            _ => Err(Damaged),
        }
    }

    /// The members of an object whose first says the version of its form.
    pub(crate) fn of_form(value: Value, form: u8) -> Result<Fields, Damaged> {
        let mut fields = Fields::of(value)?;
        let found: u64 = fields.take("v");
        fields.damaged |= found != u64::from(form);
        Ok(fields)
    }

    /// Whether a member is there and was not taken.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|(known, _)| known == name)
    }

    /// A member that must be there.
    pub(crate) fn take<T: Restore + Blank>(&mut self, name: &str) -> T {
        let restored = self.take_any(name);
        self.damaged |= restored.is_none();
        restored.unwrap_or_else(T::blank)
    }

    /// A member that may be absent, but not null: an expiry that somebody blanked out is damage, not "never".
    pub(crate) fn take_any<T: Restore>(&mut self, name: &str) -> Option<T> {
        let restored = T::restore(self.remove(name)?).ok();
        self.damaged |= restored.is_none() && !planted(Bug::UnreadableMeansNever);
        restored
    }

    /// A member that stands for an empty or a plain one where it is absent.
    pub(crate) fn take_or_default<T: Restore + Default>(&mut self, name: &str) -> T {
        self.take_any(name).unwrap_or_default()
    }

    /// The revision: a count that can still rise.
    pub(crate) fn take_revision(&mut self) -> u64 {
        let revision = self.take("revision");
        self.damaged |= revision >= LARGEST_EXACT;
        revision
    }

    /// What was made of the members, if none is left and none was damaged.
    pub(crate) fn all_of<T>(self, whole: T) -> Result<T, Damaged> {
        (self.entries.is_empty() && !self.damaged)
            .then_some(whole)
            .ok_or(Damaged)
    }

    /// All members, where their names are of somebody's choosing.
    pub(crate) fn into_entries(self) -> Vec<(String, Value)> {
        self.entries
    }

    #[inline(never)]
    fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.entries.iter().position(|(known, _)| known == name)?;
        Some(self.entries.remove(at).1)
    }
}

macro_rules! blank_by_default {
    ($($kind:ty),*) => {$(
        impl Blank for $kind {
            fn blank() -> Self {
                Default::default()
            }
        }
    )*};
}
blank_by_default!(String, bool, u64, u32);

impl<T> Blank for Vec<T> {
    fn blank() -> Vec<T> {
        Vec::new()
    }
}

/// One of a few names.
pub(crate) fn restore_named<T: Copy>(value: Value, names: &[(&str, T)]) -> Result<T, Damaged> {
    let text = String::restore(value)?;
    let named = names.iter().find(|(name, _)| *name == text);
    named.map(|(_, named)| *named).ok_or(Damaged)
}

impl Blank for Value {
    fn blank() -> Value {
        Value::Null
    }
}

/// Anything at all, `null` too.
impl Restore for Value {
    fn restore(value: Value) -> Result<Value, Damaged> {
        Ok(value)
    }
}

impl Restore for String {
    fn restore(value: Value) -> Result<String, Damaged> {
        match value {
            Value::Text(text) => Ok(text),
            _ => Err(Damaged),
        }
    }
}

impl Restore for bool {
    fn restore(value: Value) -> Result<bool, Damaged> {
        match value {
            Value::Flag(flag) => Ok(flag),
            _ => Err(Damaged),
        }
    }
}

/// A whole number that JavaScript holds exactly.
impl Restore for u64 {
    fn restore(value: Value) -> Result<u64, Damaged> {
        match value {
            Value::Number(number) => whole_exact(number).ok_or(Damaged),
            _ => Err(Damaged),
        }
    }
}

impl Restore for u32 {
    fn restore(value: Value) -> Result<u32, Damaged> {
        u64::restore(value)?.try_into().map_err(|_| Damaged)
    }
}

impl<T: Restore> Restore for Vec<T> {
    fn restore(value: Value) -> Result<Vec<T>, Damaged> {
        match value {
            Value::List(items) => items.into_iter().map(T::restore).collect(),
            _ => Err(Damaged),
        }
    }
}

impl<A: Restore, B: Restore> Restore for (A, B) {
    fn restore(value: Value) -> Result<(A, B), Damaged> {
        let Value::List(items) = value else {
            return Err(Damaged);
        };
        let [first, second] = <[Value; 2]>::try_from(items).map_err(|_| Damaged)?;
        Ok((A::restore(first)?, B::restore(second)?))
    }
}

/// What is a text is restored by parsing it: what cannot be parsed is refused, in the store as in a call.
macro_rules! restore_by_parsing {
    ($($kind:ty),*) => {$(
        impl $crate::stored::Restore for $kind {
            fn restore(value: $crate::input::Value) -> Result<Self, $crate::record::Damaged> {
                <$kind>::parse(&String::restore(value)?).map_err(|_| $crate::record::Damaged)
            }
        }
    )*};
}
pub(crate) use restore_by_parsing;

/// The blanks of types around a text or bytes.
macro_rules! blank_inside {
    ($($kind:ident),*) => {$(
        impl $crate::stored::Blank for $kind {
            fn blank() -> Self {
                $kind(Default::default())
            }
        }
    )*};
}
pub(crate) use blank_inside;
