//! The functions that JavaScript provides to the core (src/codec/host.rs).

#![allow(unsafe_code)] // The linker resolves these functions by name.

use js_sys::{JSON, JsString, Number};
use wasm_bindgen::JsValue;

/// Unicode's normal form NFC: its tables would be a third of this module.
#[unsafe(no_mangle)]
fn leastkey_host_nfc(text: &str) -> String {
    JsString::from(text).normalize("NFC").into()
}

/// Unicode's normal form NFKC, which is the same in every version that has the characters.
#[unsafe(no_mangle)]
fn leastkey_host_nfkc(text: &str) -> String {
    JsString::from(text).normalize("NFKC").into()
}

#[unsafe(no_mangle)]
fn leastkey_host_lower_case(text: &str) -> String {
    JsString::from(text).to_lower_case().into()
}

/// A JSON number, which the reader has checked already.
#[unsafe(no_mangle)]
fn leastkey_host_parse_decimal(text: &str) -> f64 {
    Number::parse_float(text)
}

#[unsafe(no_mangle)]
fn leastkey_host_write_decimal(number: f64, to: &mut Vec<u8>) {
    if let Ok(text) = JSON::stringify(&JsValue::from_f64(number)) {
        to.extend(String::from(text).into_bytes());
    }
}
