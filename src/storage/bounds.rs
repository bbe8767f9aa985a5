//! Size limits of what is stored, in one table. A host can read, change and audit everything that
//! it was allowed to store.
//!
//! A record without its permissions, and an account, have smaller limits than a value, so that each
//! later change of them has room: a status, a rotation, and the audit entry with everything before
//! and after. All numbers are bytes of UTF-8.

use super::plan::Write;
use crate::input::{ErrorCode, Refusal};

/// A key.
pub const KEY: usize = 512;

/// The record of a token without its list of permissions, at creation and at each edit.
pub const RECORD: usize = 64_000;

/// The same with that list, which is stored in full.
pub const RECORD_WITH_GRANT: usize = 320_000;

/// An account.
pub const ACCOUNT: usize = 128_000;

/// Any other value.
pub const VALUE: usize = 256_000;

/// A commit: its keys, values and expectations.
pub const COMMIT: usize = 1 << 20;

/// The most that one token adds to a commit, with its audit entry.
pub(crate) const MAX_PER_TOKEN: usize = 2 * RECORD_WITH_GRANT + VALUE;

/// The bytes that a write adds to a commit.
pub(crate) fn weight(write: &Write) -> usize {
    let text = |text: &Option<Option<String>>| text.as_ref().and_then(Option::as_ref).map_or(0, String::len);
    write.key.len() + text(&write.expect) + text(&write.value)
}

/// Refuses a value that has grown beyond its limit. A value that was larger before may keep its
/// size or shrink, so that it can still be changed.
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
    let message = format!("{what} would have {size} bytes; at most {most} are allowed; {instead}");
    Err(Refusal::new(ErrorCode::InvalidInput, message))
}
