//! How large is what is stored. One table: what a host may be handed is what it can read, change and tell of later.
//!
//! A record and an account are held to less than a value, so that each later change of them has room: a status, a rotation, and the entry of
//! the audit with all that was before and after. All numbers are bytes of UTF-8.

use super::plan::Write;
use crate::input::{ErrorCode, Refusal};

/// A key.
pub const KEY: usize = 512;

/// The record of a token beside its list of permissions, when it is made and when it is edited.
pub const RECORD: usize = 64_000;

/// The same with that list, which stands in it as it is.
pub const RECORD_WITH_GRANT: usize = 320_000;

/// An account.
pub const ACCOUNT: usize = 128_000;

/// Any other value.
pub const VALUE: usize = 256_000;

/// A commit: keys, values and expectations.
pub const COMMIT: usize = 1 << 20;

/// The most that one token adds to a commit, with its audit.
pub(crate) const MAX_PER_TOKEN: usize = 2 * RECORD_WITH_GRANT + VALUE;

/// The bytes that a write brings into a commit.
pub(crate) fn weight(write: &Write) -> usize {
    let text = |text: &Option<Option<String>>| text.as_ref().and_then(Option::as_ref).map_or(0, String::len);
    write.key.len() + text(&write.expect) + text(&write.value)
}

/// Refuses what has grown beyond a bound. What was longer before may stay so or shrink: nothing gets stuck.
pub(crate) fn refuse_growth(
    what: &str,
    size: usize,
    before: Option<usize>,
    most: usize,
    instead: &str,
) -> Result<(), Refusal> {
    if size <= most.max(before.unwrap_or(0)) {
        return Ok(());
    }
    let message = format!("{what} would have {size} bytes, and at most {most} are stored; {instead}");
    Err(Refusal::new(ErrorCode::InvalidInput, message))
}
