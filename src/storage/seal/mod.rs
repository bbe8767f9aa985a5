//! Seals stored values: with record keys, every value carries a MAC over the deployment's prefix,
//! the key of the value and its text. So an attacker who can write to the store can neither edit a
//! value nor replace it by another, not even by one of another deployment that shares the record
//! key.
//!
//! A sealed text is `{"value":<body>,"mac":"<64 hex>"}`: readable JSON, whose body is found by
//! position. The MAC is HMAC-SHA256 (RFC 2104) over `leastkey seal 2`, the length of the prefix in
//! bytes (8 bytes, big-endian), the prefix, the length of the key in bytes (8 bytes), the key, and
//! the body. The store description (`meta/deployment`) is sealed with an empty prefix, so that a
//! deployment can read to which other one a store belongs.
//!
//! A seal does not detect an older value of the same key that was put back, nor a value that was
//! deleted.
//!
//! A deployment without record keys reads sealed values without checking the seals, and refuses to
//! write beside them. An unsealed value would be damaged to every deployment that has the key, and
//! these could never revoke that token again.

mod record_keys;

pub use record_keys::{RecordKeys, SealKeys, open_unsealed};

use super::keys;
use super::plan::{Plan, Reads, Write};
use super::store_meta::MOVED;
use crate::input::{ErrorCode, Refusal, message};
use crate::value::credential::Prefix;
use std::borrow::Cow;

/// The layer between the store and all operations. It opens values that were read and seals values
/// to be committed, so no operation depends on seals.
#[derive(Debug, Default)]
pub struct Seal(Option<Bound>);

#[derive(Debug)]
struct Bound {
    /// Seals the values of this deployment.
    own: SealKeys,
    /// Seals the store description, which every deployment with the key can open.
    any: SealKeys,
}

impl Bound {
    fn keys(&self, key: &str) -> &SealKeys {
        if key == keys::DEPLOYMENT {
            &self.any
        } else {
            &self.own
        }
    }
}

impl Seal {
    /// The seal of the deployment with this prefix; without record keys, no seal.
    #[must_use]
    pub fn new(keys: Option<RecordKeys>, prefix: &Prefix) -> Seal {
        Seal(keys.map(|keys| Bound {
            own: keys.bound_to(prefix.as_str()),
            any: keys.bound_to(""),
        }))
    }

    /// Plans with the bodies of the reads, and seals the writes.
    pub fn around<A>(&self, reads: &Reads, plan: impl FnOnce(&Reads) -> Plan<A>) -> Plan<A> {
        match plan(&self.opened(reads)) {
            Plan::Commit { writes, .. } | Plan::Prepare { writes } if self.lacks_key(&writes, reads) => {
                let message = message!(
                    "the values of this store are sealed and this deployment has no record key, so it writes nothing: \
                     give it `recordKey`"
                );
                Plan::Refuse(Refusal::new(ErrorCode::StoreUnavailable, message))
            }
            Plan::Commit { writes, answer } => Plan::Commit {
                writes: self.all_sealed(writes, reads),
                answer,
            },
            Plan::Prepare { writes } => Plan::Prepare {
                writes: self.all_sealed(writes, reads),
            },
            step => step,
        }
    }

    // These functions are not part of `around`, so that they are compiled once, not for each type
    // of answer.
    /// The reads with each value replaced by its body. If nothing is sealed, nothing is copied.
    #[must_use]
    #[inline(never)]
    pub fn opened<'r>(&self, reads: &'r Reads) -> Cow<'r, Reads> {
        if self.0.is_none()
            && reads
                .all_texts()
                .all(|text| open_unsealed(text).len() == text.len())
        {
            return Cow::Borrowed(reads);
        }
        Cow::Owned(reads.map_texts(&|key, text| self.open(key, text).to_owned()))
    }

    /// Whether a write would be unsealed beside sealed values.
    #[inline(never)]
    fn lacks_key(&self, writes: &[Write], reads: &Reads) -> bool {
        self.0.is_none()
            && writes.iter().any(|write| write.value.is_some())
            && reads.all_texts().any(|text| open_unsealed(text) != text)
    }

    #[inline(never)]
    fn all_sealed(&self, writes: Vec<Write>, reads: &Reads) -> Vec<Write> {
        writes
            .into_iter()
            .map(|write| self.sealed(write, reads))
            .collect()
    }

    /// The body of a text. If the seal is broken, the body is empty, which never parses: the value
    /// is damaged, not absent.
    #[must_use]
    pub fn open<'t>(&self, key: &str, text: &'t str) -> &'t str {
        match &self.0 {
            Some(_) if text == MOVED => text,
            Some(bound) => bound.keys(key).open(key, text).unwrap_or_default(),
            None => open_unsealed(text),
        }
    }

    /// Whether values are sealed.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.0.is_some()
    }

    /// The text of a body under a key of the store.
    #[must_use]
    pub fn seal(&self, key: &str, body: String) -> String {
        match &self.0 {
            Some(bound) => bound.keys(key).seal(key, &body),
            None => body,
        }
    }

    /// The write that seals a value again with the first key. `None` without record keys, if the
    /// value was not read, or if that key has sealed it already.
    #[must_use]
    pub fn renewed(&self, key: &str, reads: &Reads) -> Option<Write> {
        let text = reads.texts(key).next()?;
        let sealed = self.seal(key, self.open(key, text).to_owned());
        (self.0.is_some() && sealed != text).then(|| Write::replace(key.to_owned(), Some(text), sealed))
    }

    /// A write as the store gets it. It expects the exact text that was read.
    fn sealed(&self, write: Write, reads: &Reads) -> Write {
        let expected = |body: String| {
            let mut read = reads.texts(&write.key);
            match read.find(|text| self.open(&write.key, text) == body) {
                Some(text) => text.to_owned(),
                None => self.seal(&write.key, body),
            }
        };
        Write {
            expect: write.expect.map(|expect| expect.map(expected)),
            value: write
                .value
                .map(|value| value.map(|body| self.seal(&write.key, body))),
            ..write
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::input::{Path, Problems};

    fn record_keys() -> RecordKeys {
        let (key, mut problems) = (json!(["5e".repeat(32)]), Problems::default());
        RecordKeys::read(
            &serde_json::from_value(key).unwrap(),
            &Path::call(),
            &mut problems,
        )
        .unwrap()
    }

    #[test]
    fn only_what_tells_deployments_apart_is_sealed_without_the_prefix() {
        let seal = |prefix| Seal::new(Some(record_keys()), &Prefix::parse(prefix).unwrap());
        let (live, test) = (seal("acme_live"), seal("acme_test"));
        for (key, opens) in [
            (keys::DEPLOYMENT, true),
            ("token/a", false),
            ("meta/deployment2", false),
        ] {
            let sealed = live.seal(key, "1".to_owned());
            assert_eq!(live.open(key, &sealed), "1");
            assert_eq!(test.open(key, &sealed) == "1", opens, "{key}");
        }
        assert_eq!(
            live.open("feed/0", MOVED),
            MOVED,
            "the mark is read without a seal"
        );
        // A sealed text cannot be moved to another key.
        let sealed = live.seal(keys::DEPLOYMENT, "1".to_owned());
        assert_eq!(live.open("token/a", &sealed), "");
    }
}
