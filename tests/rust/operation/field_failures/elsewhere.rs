//! The failures that are not the operations', but JavaScript's, the wire's or the module's: which
//! test shows what holds.

use std::path::Path;

const SHOWN_BY: &[(&str, &str, &str)] = &[
    ("timing", "src/value/credential/digest.rs", "every_bit_counts"),
    (
        "a malformed header throws",
        "tests/js/guard/guard.test.ts",
        "answers 400 or 401 to malformed Authorization headers, and never throws",
    ),
    (
        "prototype keys",
        "tests/rust/catalog/catalog.rs",
        "names_of_the_prototype_are_ordinary",
    ),
    (
        "prototype keys",
        "tests/js/input/arguments.test.ts",
        "members named __proto__ and constructor are ordinary text",
    ),
    (
        "introspection leaks",
        "tests/js/http/oauth.test.mjs",
        "every inactive credential gets the same response",
    ),
    (
        "CORS",
        "tests/js/http/management.test.mjs",
        "read nothing by default",
    ),
    (
        "CSRF",
        "tests/js/http/management.test.mjs",
        "is required by every route that changes something, and by no other",
    ),
    (
        "a secret in a log or a list",
        "tests/js/core/secrets.test.ts",
        "is in the result of create and nowhere else: no store argument, record, list, error or console line",
    ),
    (
        "a weak generator",
        "tests/js/core/secrets.test.ts",
        "differs from token to token, and depends on the entropy only",
    ),
    (
        "a failing generator",
        "tests/js/core/secrets.test.ts",
        "no secret is made from a generator that throws or fills nothing",
    ),
    (
        "a trap poisons the instance",
        "tests/js/core/trap.test.ts",
        "the call fails as internal, and a fresh instance serves the next one",
    ),
    (
        "a secret stays in wasm memory",
        "tests/js/core/secrets.test.ts",
        "does not stay in the memory of the core",
    ),
    (
        "64-bit integers to JavaScript",
        "bindings/manage/tests/boundary.rs",
        "numbers_that_cannot_be_an_instant_are_refused",
    ),
];

#[test]
fn what_is_shown_elsewhere_is_there() {
    let clone = Path::new(env!("CARGO_MANIFEST_DIR"));
    let missing: Vec<_> = SHOWN_BY
        .iter()
        .filter(|(_, file, title)| {
            !std::fs::read_to_string(clone.join(file)).is_ok_and(|text| text.contains(title))
        })
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
