//! Where things are kept: the keys of the store, printable ASCII of at most 512 bytes.
//!
//! Every variable part ends with a separator that it cannot contain, so that no part is the prefix of another
//! (`org:acme` and `org:acme2`). A range over a prefix never reaches a neighbour.

use sha2::{Digest as _, Sha256};

use crate::credential::{TokenId, hex};
use crate::name::Name;
use crate::resource::Resource;

/// The record of a token, or its tombstone: `token/<id>`.
#[must_use]
pub fn token(id: &TokenId) -> String {
    format!("token/{id}")
}

/// Where the tokens of an owner are listed, newest first: `owner/<owner>/<mirrored id>`.
#[must_use]
pub fn owner_prefix(owner: &Resource) -> String {
    format!("owner/{}/", part(owner.as_str()))
}

/// The entry of a token in the list of its owner.
#[must_use]
pub fn owner_entry(owner: &Resource, id: &TokenId) -> String {
    format!("{}{}", owner_prefix(owner), id.mirrored())
}

/// The id that an entry in the list of an owner stands for.
#[must_use]
pub fn owner_entry_id(prefix: &str, key: &str) -> Option<TokenId> {
    key.strip_prefix(prefix).and_then(TokenId::from_mirrored)
}

/// A name that is taken: `name/<owner>/<kind>/<hash of the name>`. Names are long and not ASCII; the record has the text.
#[must_use]
pub fn name(owner: &Resource, kind: &str, name: &Name) -> String {
    format!(
        "name/{}/{kind}/{}",
        part(owner.as_str()),
        hex(&Sha256::digest(name.as_str()))
    )
}

/// The marker of an operation: `op/<id>`.
#[must_use]
pub fn operation(id: &[u8]) -> String {
    format!("op/{}", hex(id))
}

/// One of the 16 shards of the change feed, by owner: `feed/<0–f>`.
#[must_use]
pub fn feed(owner: &Resource) -> String {
    let digest = Sha256::digest(owner.as_str());
    let shard = digest.first().map_or(0, |byte| byte & 15);
    format!("feed/{shard:x}")
}

/// A resource as one part of a key. Its alphabet has neither `%` nor a character that needs more than this.
fn part(resource: &str) -> String {
    resource.replace('/', "%2F")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(text: &str) -> Resource {
        Resource::parse(text).unwrap()
    }

    #[test]
    fn no_owner_is_a_prefix_of_another() {
        let owners = [
            "org:acme",
            "org:acme2",
            "org:acme/group:eng",
            "org:acme/group:eng2",
            "org",
        ]
        .map(resource);
        for one in &owners {
            for other in &owners {
                let nested = owner_prefix(one).starts_with(&owner_prefix(other));
                assert_eq!(nested, one == other, "{one} under {other}");
            }
        }
    }

    #[test]
    fn the_longest_keys_fit() {
        let owner = resource(
            &format!("{}/{}", "a".repeat(100), ["b"; 7].join("/"))
                .chars()
                .take(256)
                .collect::<String>(),
        );
        let long = resource(&"x".repeat(256));
        let id = TokenId::parse("0123456789abcdef").unwrap();
        let called = Name::parse(&"é".repeat(100)).unwrap();
        for owner in [&owner, &long] {
            for key in [
                owner_entry(owner, &id),
                name(owner, &"k".repeat(64), &called),
                token(&id),
                feed(owner),
            ] {
                assert!(
                    key.len() <= 512 && key.bytes().all(|byte| byte.is_ascii_graphic()),
                    "{key}"
                );
            }
        }
    }

    #[test]
    fn entries_list_the_newest_first_and_name_their_token() {
        let owner = resource("org:acme");
        let (older, newer) = (
            TokenId::parse("0TZ3abcd00000000").unwrap(),
            TokenId::parse("0TZ3abce00000000").unwrap(),
        );
        assert!(owner_entry(&owner, &newer) < owner_entry(&owner, &older));
        let prefix = owner_prefix(&owner);
        assert_eq!(owner_entry_id(&prefix, &owner_entry(&owner, &older)), Some(older));
        assert_eq!(owner_entry_id(&prefix, "owner/org:acme/short"), None);
    }
}
