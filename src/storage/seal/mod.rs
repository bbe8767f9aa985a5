//! Seals: with record keys, every stored value carries a MAC over the deployment's prefix, the value's key and its text, so that who can
//! write to the store can neither edit a value nor put one in the place of another, be it one of another deployment that shares the record key.
//!
//! A sealed text is `{"value":<body>,"mac":"<64 hex>"}`: JSON that people can read, whose body is found by position. The MAC is
//! HMAC-SHA256 (RFC 2104) over `leastkey seal 2`, the length of the prefix in bytes (8 bytes, big-endian), the prefix, the length of the key
//! in bytes (8 bytes), the key, and the body. The description of the store itself (`meta/deployment`) is sealed with an empty prefix, so
//! that a deployment can read to which other one a store belongs.
//!
//! A seal does not tell that a value is an older one of the same key, put back, nor that one was taken away.
//!
//! A deployment without record keys reads sealed values without a look at the seal, and writes nothing beside them: what it wrote would be
//! damaged to all who have the key, who could then never end that token again.

mod record_keys;

pub use record_keys::{RecordKeys, SealKeys, open_unsealed};

use super::keys;
use super::plan::{Plan, Reads, Write};
use crate::input::{ErrorCode, Refusal, message};
use crate::value::credential::Prefix;
use std::borrow::Cow;

/// What stands between the store and everything that plans: values are opened on the way in and sealed on the way out, so that no
/// operation knows of it.
#[derive(Debug, Default)]
pub struct Seal(Option<Bound>);

#[derive(Debug)]
struct Bound {
    /// For the values of this deployment.
    own: SealKeys,
    /// For what tells deployments apart, which each can open.
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
    /// With record keys, for the deployment with this prefix, or without.
    #[must_use]
    pub fn new(keys: Option<RecordKeys>, prefix: &Prefix) -> Seal {
        Seal(keys.map(|keys| Bound {
            own: keys.bound_to(prefix.as_str()),
            any: keys.bound_to(""),
        }))
    }

    /// Plans with the bodies of what was read, and seals what is to be committed.
    pub fn around<A>(&self, reads: &Reads, plan: impl FnOnce(&Reads) -> Plan<A>) -> Plan<A> {
        match plan(&self.opened(reads)) {
            Plan::Commit { writes, .. } if self.lacks_key(&writes, reads) => {
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
            step => step,
        }
    }

    // These two are no part of `around`, so that they are compiled once, not for each kind of answer.
    /// The bodies of what was read. Where nothing is sealed, that is what was read, and nothing is copied.
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

    /// Whether something would be written without a seal, beside values that have one.
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

    /// The body of a text. Of one whose seal is broken it is empty, which nothing parses: it is damaged, never absent.
    fn open<'t>(&self, key: &str, text: &'t str) -> &'t str {
        match &self.0 {
            Some(bound) => bound.keys(key).open(key, text).unwrap_or_default(),
            None => open_unsealed(text),
        }
    }

    fn seal(&self, key: &str, body: String) -> String {
        match &self.0 {
            Some(bound) => bound.keys(key).seal(key, &body),
            None => body,
        }
    }

    /// The write that seals a value anew with the first key, if it was read and another key has sealed it.
    #[must_use]
    pub fn renewed(&self, key: &str, reads: &Reads) -> Option<Write> {
        let text = reads.texts(key).next()?;
        let sealed = self.seal(key, self.open(key, text).to_owned());
        (self.0.is_some() && sealed != text).then(|| Write::replace(key.to_owned(), Some(text), sealed))
    }

    /// A write as the store gets it. What must be there is the text that was read, to the letter.
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
        // And it cannot be moved to another key.
        let sealed = live.seal(keys::DEPLOYMENT, "1".to_owned());
        assert_eq!(live.open("token/a", &sealed), "");
    }
}
