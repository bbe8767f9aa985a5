//! Keys that another system issued. A configured prefix marks a text as such a key; its digest is
//! the lookup key in the store.

use super::{Digest, Prefix};
use crate::codec::json::Value;
use crate::input::{Members, Path, Problems, message};

/// The most prefixes of imported keys.
const MAX_PREFIXES: usize = 20;

/// The longest prefix, in characters.
const MAX_PREFIX_LENGTH: usize = 64;

/// The prefixes of imported keys, each with the part that the other system hashed. If there are
/// none, a text that is no credential of this deployment is refused without a read of the store.
#[derive(Debug, Default)]
pub struct ImportedKeys(Vec<KeyForm>);

#[derive(Debug)]
struct KeyForm {
    prefix: String,
    /// Whether the digest covers only the text after the prefix, not the whole text.
    of_the_rest: bool,
}

impl ImportedKeys {
    /// Reads `[{ prefix, digestOf: 'whole' | 'rest' }]`. Problems are added to `problems`.
    pub fn read(value: &Value, path: &Path, problems: &mut Problems) -> ImportedKeys {
        let Value::List(items) = value else {
            problems.add(path, message!("expected an array, got {}", value.kind()));
            return ImportedKeys::default();
        };
        if items.len() > MAX_PREFIXES {
            problems.add(path, message!("has more than {MAX_PREFIXES} entries"));
        }
        let mut forms = Vec::new();
        for (at, item) in items.iter().take(MAX_PREFIXES).enumerate() {
            let Some(members) = Members::open(item, &path.item(at), &["prefix", "digestOf"], problems) else {
                continue;
            };
            members.required_text("prefix", problems);
            if members.value("digestOf").is_none() {
                let message = "is required: \"whole\" if the other system hashed the whole key, \"rest\" if it hashed what follows the prefix";
                problems.add(&members.path("digestOf"), message);
            }
            let prefix = members.parsed("prefix", problems, |text| {
                let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
                if printable && text.len() <= MAX_PREFIX_LENGTH {
                    Ok(text.to_owned())
                } else {
                    Err(message!(
                        "expected at most {MAX_PREFIX_LENGTH} printable ASCII characters; \"\" for keys without a prefix"
                    ))
                }
            });
            let of_the_rest = members.parsed("digestOf", problems, |text| match text {
                "whole" => Ok(false),
                "rest" => Ok(true),
                _ => Err(message!("expected \"whole\" or \"rest\"")),
            });
            forms.extend(prefix.map(|prefix| KeyForm {
                prefix,
                of_the_rest: of_the_rest.unwrap_or_default(),
            }));
        }
        ImportedKeys(forms)
    }

    /// The position of a prefix that credentials of this deployment have too, and no others.
    pub(crate) fn position_of_own(&self, own: &Prefix) -> Option<usize> {
        self.0
            .iter()
            .position(|form| form.prefix.starts_with(own.as_str()))
    }

    /// Whether there are no prefixes, so that no text is looked up.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a text starts with one of the prefixes, so that it is looked up.
    #[must_use]
    pub fn may_be(&self, text: &[u8]) -> bool {
        self.0.iter().any(|form| text.starts_with(form.prefix.as_bytes()))
    }

    /// The digests under which a presented text may be stored, in the order of the configured
    /// prefixes.
    pub(crate) fn digests(&self, text: &str) -> Vec<Digest> {
        let mut whole = false;
        let mut digests = Vec::new();
        for form in &self.0 {
            let Some(rest) = text.strip_prefix(&form.prefix) else {
                continue;
            };
            // Two matching prefixes with `whole` give the same digest; one is enough.
            let is_repeated = !form.of_the_rest && std::mem::replace(&mut whole, true);
            if rest.is_empty() || is_repeated {
                continue;
            }
            digests.push(Digest::of(if form.of_the_rest { rest } else { text }.as_bytes()));
        }
        digests
    }
}
