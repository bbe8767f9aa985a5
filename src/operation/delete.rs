//! Plans `delete`.

use super::answer::Answer;
use super::authority::Authority;
use super::context::{Context, Outcome};
use super::idempotency::IdempotencyRecord;
use super::load::find_to_change;
use super::operation_name::Operation;
use super::sessions::leave;
use super::status::allows;
use super::technical_user::release;
use super::unique_name::free_name;
use super::write_batch::WriteBatch;
use crate::catalog::Action;
use crate::storage::plan::Suspend;
use crate::value::credential::TokenId;

/// `delete(id, actor)`: replaces the record by a tombstone. The tombstone keeps the id from being
/// reused, and a late write from restoring the record.
pub(super) fn plan(context: &Context, id: &TokenId, authority: &Authority) -> Result<Outcome, Suspend> {
    let mark = IdempotencyRecord::of_call(context, Operation::Delete);
    let found = find_to_change(context, id, authority)?;
    let token = found.record.token();
    allows(context, token, Action::Delete)?;
    let mut changes = WriteBatch::new(context, Operation::Delete, authority.id());
    free_name(context, &found.record, &mut changes)?;
    changes.delete_token(&found);
    release(context, token, &mut changes)?;
    leave(context, token, &mut changes)?;
    Ok(Outcome::Commit(
        changes.finish(mark, Some(authority))?,
        Answer::Deleted { id: *id },
    ))
}
