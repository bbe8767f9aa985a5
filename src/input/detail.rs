//! What an error keeps of the input, so that its message can name it, and its help.

use std::fmt;

use super::quote;

/// A text inside an error, for its message. It never contains a secret. The module of an edge
/// writes no messages, so there it is empty and has no size.
///
/// ```
/// use leastkey::input::Detail;
/// assert_eq!(Detail::quoted("messages:*").to_string(), "\"messages:*\"");
/// assert_eq!(Detail::quoted("acme_2dQw4w9WgXcQ0aB3dE5fG7hJ9kL2mN4").to_string(), "\"…\"");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    #[cfg(feature = "manage")]
    text: String,
}

#[cfg_attr(not(feature = "manage"), allow(unused_variables))]
impl Detail {
    /// A caller's text, as [`quote`] shows it.
    #[must_use]
    pub fn quoted(text: &str) -> Detail {
        Detail::of(|| quote(text))
    }

    /// A text that is computed only where messages are written.
    pub(crate) fn of(text: impl FnOnce() -> String) -> Detail {
        Detail {
            #[cfg(feature = "manage")]
            text: text(),
        }
    }
}

#[cfg_attr(not(feature = "manage"), allow(unused_variables))]
impl fmt::Display for Detail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "manage")]
        formatter.write_str(&self.text)?;
        Ok(())
    }
}

/// Writes the end of an error's message: what would be right, if the error says so.
pub(crate) fn write_help(formatter: &mut fmt::Formatter<'_>, help: Option<&str>) -> fmt::Result {
    match help {
        Some(help) => write!(formatter, "; {help}"),
        None => Ok(()),
    }
}
