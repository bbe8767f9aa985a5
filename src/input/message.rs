/// Formats a message for people, like `format!`. Without the feature `manage` it returns an empty
/// text: the verify module reports only *that* something is wrong. The manage module, given the
/// same input, says what and where.
macro_rules! message {
    ($($said:tt)*) => {{
        #[allow(clippy::useless_format)]
        if cfg!(feature = "manage") { format!($($said)*) } else { String::new() }
    }};
}
pub(crate) use message;
