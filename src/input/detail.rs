//! What an error keeps of the input, so that its message can name it, and its help.

use std::fmt;

#[cfg(feature = "manage")]
use super::{quote, quote_whole};

/// A text inside an error, for its message. It never shows a secret. The module of an edge writes
/// no messages, so there it is empty and has no size.
///
/// A document of the deployment, such as its catalog, has no secrets. Messages about it are written
/// in the alternate form (`{:#}`), which shows each text whole.
///
/// ```
/// use leastkey::input::Detail;
/// assert_eq!(Detail::quoted("messages:*").to_string(), "\"messages:*\"");
/// let pasted = Detail::quoted("acme_2dQw4w9WgXcQ0aB3dE5fG7hJ9kL2mN4");
/// assert_eq!(pasted.to_string(), "\"…\"");
/// assert_eq!(format!("{pasted:#}"), "\"acme_2dQw4w9WgXcQ0aB3dE5fG7hJ9kL2mN4\"");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Detail {
    #[cfg(feature = "manage")]
    text: String,
    #[cfg(feature = "manage")]
    is_quoted: bool,
}

#[cfg_attr(not(feature = "manage"), allow(unused_variables))]
impl Detail {
    /// A caller's text, as [`quote`] shows it.
    #[must_use]
    pub fn quoted(text: &str) -> Detail {
        Detail {
            #[cfg(feature = "manage")]
            text: text.to_owned(),
            #[cfg(feature = "manage")]
            is_quoted: true,
        }
    }

    /// A text that is computed only where messages are written, and shown as it is.
    pub(crate) fn of(text: impl FnOnce() -> String) -> Detail {
        Detail {
            #[cfg(feature = "manage")]
            text: text(),
            #[cfg(feature = "manage")]
            is_quoted: false,
        }
    }
}

#[cfg_attr(not(feature = "manage"), allow(unused_variables))]
impl fmt::Display for Detail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "manage")]
        match self.is_quoted {
            true if formatter.alternate() => formatter.write_str(&quote_whole(&self.text)),
            true => formatter.write_str(&quote(&self.text)),
            false => formatter.write_str(&self.text),
        }?;
        Ok(())
    }
}

impl fmt::Debug for Detail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Detail({self})")
    }
}

/// Writes the end of an error's message: what would be right, if the error says so.
pub(crate) fn write_help(formatter: &mut fmt::Formatter<'_>, help: Option<&str>) -> fmt::Result {
    match help {
        Some(help) => write!(formatter, "; {help}"),
        None => Ok(()),
    }
}
