//! The keys of the store: printable ASCII of at most 512 bytes.
//!
//! Every variable part ends with a separator that it cannot contain, so that no part is a prefix of
//! another (`org:acme` and `org:acme2`). A range over a prefix never reaches a neighbour.

use crate::codec::json::MAX_SAFE_INTEGER;
use crate::value::credential::{Digest, TokenId, hex};
use crate::value::name_hash::NameHash;
use crate::value::resource::Resource;

/// The store description: its deployment, and the shard count of its change feed.
pub const DEPLOYMENT: &str = "meta/deployment";

/// The prefix of all heads of audit trails. Every owner with a change has one.
pub const AUDIT_HEADS: &str = "audit-head/";

/// The record of a token, or its tombstone: `token/<id>`.
#[must_use]
pub fn token(id: &TokenId) -> String {
    ["token/", id.as_str()].concat()
}

/// The prefix of an owner's token index, newest first: `owner/<owner>/<mirrored id>`.
#[must_use]
pub fn owner_prefix(owner: &Resource) -> String {
    format!("owner/{}/", part(owner.as_str()))
}

/// The prefixes of the index entries below an owner, and of its own. Below the root are all owners.
///
/// For `org:acme`: `owner/org:acme%2F` and `owner/org:acme/`.
#[must_use]
pub fn owner_ranges(owner: &Resource) -> [String; 2] {
    let part = part(owner.as_str());
    if part.is_empty() {
        return ["owner/".to_owned(), owner_prefix(owner)];
    }
    [format!("owner/{part}%2F"), format!("owner/{part}/")]
}

/// The index entry of a token under its owner.
#[must_use]
pub fn owner_entry(owner: &Resource, id: &TokenId) -> String {
    format!("{}{}", owner_prefix(owner), id.mirrored())
}

/// The token of an index entry of any owner. The id is in the key, so a damaged value hides no
/// token.
#[must_use]
pub fn entry_id(key: &str) -> Option<TokenId> {
    let (_, id) = key.strip_prefix(OWNERS)?.split_once('/')?;
    TokenId::from_mirrored(id)
}

/// The prefix of all index entries of all owners.
pub const OWNERS: &str = "owner/";

/// The owner of an index entry or of a bound of an owner's entries, as a part of keys.
#[must_use]
pub fn listed_owner(key: &str) -> Option<&str> {
    key.strip_prefix(OWNERS)?.split_once('/').map(|(owner, _)| owner)
}

/// The lower and upper bound of an owner's index entries. `owner` is a part of keys. All entries
/// are between them.
#[must_use]
pub fn owner_bounds(owner: &str) -> [String; 2] {
    [format!("{OWNERS}{owner}/"), format!("{OWNERS}{owner}/~")]
}

/// The prefix of the tokens that a token created: `made/<maker>/<id>`.
#[must_use]
pub fn made_prefix(maker: &TokenId) -> String {
    format!("made/{maker}/")
}

/// The entry of a token that another created, oldest first.
#[must_use]
pub fn made(maker: &TokenId, id: &TokenId) -> String {
    format!("{}{id}", made_prefix(maker))
}

/// The created token of such an entry.
#[must_use]
pub fn made_id(key: &str) -> Option<TokenId> {
    let (_, id) = key.strip_prefix("made/")?.split_once('/')?;
    TokenId::parse(id).ok()
}

/// A unique name in use: `name/<owner>/<kind>/<hash of the name>`. The record has the text.
#[must_use]
pub fn name(owner: &Resource, kind: &str, hash: &NameHash) -> String {
    format!("name/{}/{kind}/{}", part(owner.as_str()), hash.as_str())
}

/// An account: `account/<id>`.
#[must_use]
pub fn account(id: &Resource) -> String {
    ["account/", &part(id.as_str())].concat()
}

/// The live sessions of a token: `sessions/<id>`.
#[must_use]
pub fn sessions(parent: &TokenId) -> String {
    format!("sessions/{parent}")
}

/// The counters of a token's limits: `limit/<id>`.
#[must_use]
pub fn limit(id: &TokenId) -> String {
    ["limit/", id.as_str()].concat()
}

/// The token id of an imported key, by the digest of the key: `digest/<hex>`.
#[must_use]
pub fn digest(digest: &Digest) -> String {
    ["digest/", &digest.to_hex()].concat()
}

/// The idempotency record of an operation: `op/<id>`.
#[must_use]
pub fn operation(id: &[u8]) -> String {
    format!("op/{}", hex(id))
}

/// A job: `job/<id>`.
#[must_use]
pub fn job(id: &str) -> String {
    ["job/", id].concat()
}

/// The prefix of an owner's audit trail, oldest first: `audit/<owner>/<seq as 16 digits>`.
#[must_use]
pub fn audit_prefix(owner: &Resource) -> String {
    format!("audit/{}/", part(owner.as_str()))
}

/// An entry in the trail of an owner: `audit/org:acme/0000000000000007`.
#[must_use]
pub fn audit_entry(owner: &Resource, seq: u64) -> String {
    format!("{}{seq:016}", audit_prefix(owner))
}

/// The number of the entry with this key; `None` if the key is not one of the trail with this
/// prefix.
#[must_use]
pub fn audit_seq(prefix: &str, key: &str) -> Option<u64> {
    let digits = key.strip_prefix(prefix)?;
    let sound = digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_digit());
    digits
        .parse()
        .ok()
        .filter(|seq| sound && *seq <= MAX_SAFE_INTEGER)
}

/// The head of an owner's trail: `audit-head/<owner>`.
#[must_use]
pub fn audit_head(owner: &Resource) -> String {
    audit_head_of(&part(owner.as_str()))
}

/// The head of the trail of an owner that is given as a part of keys.
#[must_use]
pub fn audit_head_of(owner: &str) -> String {
    [AUDIT_HEADS, owner].concat()
}

/// The usage of a token, its time and count: `usage/<id>`.
#[must_use]
pub fn usage(id: &TokenId) -> String {
    ["usage/", id.as_str()].concat()
}

/// A vocabulary: `vocab/<name>`. It never changes and is never deleted.
#[must_use]
pub fn vocabulary(name: &str) -> String {
    ["vocab/", name].concat()
}

/// The name of the vocabulary with a key.
#[must_use]
pub fn vocabulary_name(key: &str) -> Option<&str> {
    key.strip_prefix("vocab/")
}

/// An owner as a part of keys: `org:acme/group:eng` is `org:acme%2Fgroup:eng`.
#[must_use]
pub fn owner_part(owner: &Resource) -> String {
    part(owner.as_str())
}

/// A resource as one part of a key. The alphabet of resources has no `%`, and `/` is its only
/// character that needs escaping.
fn part(resource: &str) -> String {
    resource.replace('/', "%2F")
}

#[cfg(test)]
mod tests {
    use super::super::shard_count::ShardCount;
    use super::*;
    use crate::value::name::Name;

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
                for prefix in [owner_prefix, audit_prefix] {
                    let nested = prefix(one).starts_with(&prefix(other));
                    assert_eq!(nested, one == other, "{one} under {other}");
                }
                assert_eq!(audit_head(one) == audit_head(other), one == other);
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
        let called = NameHash::of(&Name::parse(&"é".repeat(100)).unwrap()).unwrap();
        for owner in [&owner, &long] {
            for key in [
                owner_entry(owner, &id),
                name(owner, &"k".repeat(64), &called),
                token(&id),
                ShardCount::default().head_key_of(owner),
                audit_entry(owner, MAX_SAFE_INTEGER),
                audit_head(owner),
                usage(&id),
            ] {
                assert!(
                    key.len() <= crate::storage::bounds::KEY
                        && key.bytes().all(|byte| byte.is_ascii_graphic()),
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
        assert_eq!(entry_id(&owner_entry(&owner, &older)), Some(older));
        assert_eq!(entry_id("owner/org:acme/short"), None);
    }

    #[test]
    fn a_trail_lists_the_oldest_first_and_numbers_its_entries() {
        for owner in ["", "org:acme", "org:acme/group:eng"].map(resource) {
            let prefix = audit_prefix(&owner);
            let seqs = [1, 9, 10, 1_795_392_000_000, MAX_SAFE_INTEGER];
            let keys = seqs.map(|seq| audit_entry(&owner, seq));
            assert!(keys.is_sorted());
            assert_eq!(keys.map(|key| audit_seq(&prefix, &key)), seqs.map(Some));
        }
        let prefix = audit_prefix(&resource("org:acme"));
        for (tail, seq) in [
            ("0000000000000007", Some(7)),
            ("7", None),
            ("00000000000000007", None),
            ("+000000000000007", None),
            ("9007199254740992", None),
            ("000000000000000x", None),
            ("", None),
        ] {
            assert_eq!(audit_seq(&prefix, &format!("{prefix}{tail}")), seq, "{tail}");
        }
        assert_eq!(audit_seq(&prefix, &audit_entry(&resource("org:acme2"), 7)), None);
    }
}
