/// What people are told, as `format!` writes it. The module of an edge has no words, so there nothing is written: it says *that* something
/// is wrong, and the whole module, given the same, says what and where.
macro_rules! message {
    ($($said:tt)*) => {{
        #[allow(clippy::useless_format)]
        if cfg!(feature = "manage") { format!($($said)*) } else { String::new() }
    }};
}
pub(crate) use message;
