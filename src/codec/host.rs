//! Functions that a JavaScript host provides: Unicode normal forms, lower case, and decimal
//! numbers. Their tables and code would be a third of a small module.
//!
//! With the feature `js-host`, a binding package defines these functions by the names below, and
//! the linker resolves them. Without it, the crate uses its own. Both return the same results.

#[cfg(feature = "js-host")]
#[allow(unsafe_code)] // A declaration: what is called is safe Rust, of the same compiler.
mod linked {
    unsafe extern "Rust" {
        #[link_name = "leastkey_host_nfc"]
        pub(crate) safe fn nfc(text: &str) -> String;
        #[cfg(feature = "manage")]
        #[link_name = "leastkey_host_nfkc"]
        pub(crate) safe fn nfkc(text: &str) -> String;
        #[cfg(feature = "manage")]
        #[link_name = "leastkey_host_lower_case"]
        pub(crate) safe fn lower_case(text: &str) -> String;
        #[link_name = "leastkey_host_parse_decimal"]
        pub(crate) safe fn parse_decimal(text: &str) -> f64;
        #[link_name = "leastkey_host_write_decimal"]
        pub(crate) safe fn write_decimal(number: f64, to: &mut Vec<u8>);
    }
}
#[cfg(feature = "js-host")]
pub(crate) use linked::*;

#[cfg(not(feature = "js-host"))]
mod own {
    use unicode_normalization::UnicodeNormalization as _;

    /// The text in normal form NFC.
    pub(crate) fn nfc(text: &str) -> String {
        text.nfc().collect()
    }

    /// The text in normal form NFKC.
    #[cfg(feature = "manage")]
    pub(crate) fn nfkc(text: &str) -> String {
        text.nfkc().collect()
    }

    /// The text in lower case, for searches.
    #[cfg(feature = "manage")]
    pub(crate) fn lower_case(text: &str) -> String {
        text.to_lowercase()
    }

    /// The double that is nearest to a JSON number.
    pub(crate) fn parse_decimal(text: &str) -> f64 {
        text.parse().unwrap_or(f64::NAN)
    }

    /// Writes a number as JavaScript does (ECMA-262, Number::toString).
    pub(crate) fn write_decimal(number: f64, to: &mut Vec<u8>) {
        to.extend_from_slice(ryu_js::Buffer::new().format(number).as_bytes());
    }
}
#[cfg(not(feature = "js-host"))]
pub(crate) use own::*;
