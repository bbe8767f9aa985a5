//! Reads and writes `meta/deployment`, the description of a store: the prefix of its deployment and
//! the shard count of its change feed. The commit of the first change writes it, and it never
//! changes. No later commit asserts it: every decision reads it together with the other keys.
//!
//! Unknown members are skipped, so that a release can read what the next one writes. A change that
//! older releases must not skip gets another `form`.

use serde::Serialize;

use super::keys;
use super::plan::Write;
use super::shard_count::ShardCount;
use crate::codec::canonical::Cursor;
use crate::codec::decode::{Decode, DecodeError, decode};
use crate::codec::json::json;
use crate::input::{ErrorCode, Refusal};
use crate::value::credential::Prefix;

/// The form that this version reads and writes.
const FORM: u64 = 1;

/// The mark of a store that is not in use: its content was copied to another store, or is being
/// copied into this one. It replaces `meta/deployment` and every head of the change feed. It is
/// never sealed: whoever can write it could also delete everything, and it only refuses.
pub const MOVED: &str = r#"{"moved":true}"#;

/// The stored description: `{"prefix":"acme_live","shards":16,"form":1}`.
#[derive(Debug, Serialize)]
struct StoreMeta {
    prefix: String,
    shards: u64,
    form: u64,
}

impl Decode for StoreMeta {
    fn decode(cursor: &mut Cursor) -> Result<StoreMeta, DecodeError> {
        let (mut prefix, mut shards, mut form) = (None, None, None);
        let read = cursor.members(&mut |cursor, name| {
            match &*name {
                "prefix" if prefix.is_none() => prefix = Some(cursor.text()?.into_owned()),
                "shards" if shards.is_none() => shards = Some(cursor.whole()?),
                "form" if form.is_none() => form = Some(cursor.whole()?),
                "prefix" | "shards" | "form" => return None,
                _ => drop(cursor.value()?),
            }
            Some(())
        });
        match (read, prefix, shards, form) {
            (Some(()), Some(prefix), Some(shards), Some(form)) => Ok(StoreMeta { prefix, shards, form }),
            _ => Err(DecodeError),
        }
    }
}

/// The reason why a deployment must not use a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotOurs {
    /// The store belongs to the deployment with this prefix.
    Foreign(Prefix),
    /// The store has tokens, but no description.
    Older,
    /// The description has a form that this version cannot read.
    Newer(u64),
    /// The description cannot be read.
    Unreadable,
    /// The store has the mark [`MOVED`].
    Moved,
    /// The change feed has the first number of shards, and the configuration asks for the second.
    Shards(ShardCount, ShardCount),
}

impl NotOurs {
    /// The refusal for the deployment with this prefix.
    #[must_use]
    pub fn refusal(&self, prefix: &Prefix) -> Refusal {
        let ours = prefix.as_str();
        let message = match self {
            NotOurs::Foreign(theirs) => {
                let theirs = theirs.as_str();
                format!(
                    "the store belongs to the deployment with the prefix \"{theirs}\", and this one has the prefix \"{ours}\": give the prefix \"{theirs}\", or another store"
                )
            }
            NotOurs::Older => format!(
                "the store was made by an older version of Leastkey: it has tokens but no {}, which names its deployment; begin with an empty store",
                keys::DEPLOYMENT
            ),
            NotOurs::Newer(form) => format!(
                "the store was made by a newer version of Leastkey: its {} has the form {form}, and this version reads form {FORM}; update Leastkey",
                keys::DEPLOYMENT
            ),
            NotOurs::Unreadable => format!(
                "the deployment of the store cannot be read: its {} is damaged, or sealed with another record key",
                keys::DEPLOYMENT
            ),
            NotOurs::Moved => "the store is not in use: its content was moved to another store, or a move into it is not finished; \
                 use the store that it was moved to"
                .to_owned(),
            NotOurs::Shards(theirs, configured) => format!(
                "the change feed of the store has {} shards, fixed when the store was first used, and the option shards says {}: leave the option out, or give {}",
                theirs.get(),
                configured.get(),
                theirs.get()
            ),
        };
        Refusal::new(ErrorCode::StoreUnavailable, message)
    }
}

/// Checks the description of a store for the deployment with this prefix. Returns the shard count;
/// `None` if the store was never used.
///
/// # Errors
/// When the store does not belong to this deployment.
pub fn read(stored: Option<&str>, prefix: &Prefix) -> Result<Option<ShardCount>, NotOurs> {
    let Some(text) = stored else { return Ok(None) };
    if text == MOVED {
        return Err(NotOurs::Moved);
    }
    let meta: StoreMeta = decode(text).map_err(|DecodeError| NotOurs::Unreadable)?;
    if meta.form != FORM {
        return Err(NotOurs::Newer(meta.form));
    }
    if meta.prefix != prefix.as_str() {
        let theirs = Prefix::parse(&meta.prefix).map_err(|_| NotOurs::Unreadable)?;
        return Err(NotOurs::Foreign(theirs));
    }
    let shards = ShardCount::new(meta.shards).ok_or(NotOurs::Unreadable)?;
    Ok(Some(shards))
}

/// The write that assigns an empty store to a deployment.
#[must_use]
pub fn first_write(prefix: &Prefix, shards: ShardCount) -> Write {
    let meta = StoreMeta {
        prefix: prefix.as_str().to_owned(),
        shards: shards.get().into(),
        form: FORM,
    };
    Write::create(keys::DEPLOYMENT.to_owned(), json(&meta))
}
