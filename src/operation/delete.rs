use super::change::announced;
use super::lookup::find;
use super::marker::Mark;
use super::{Answer, Context, Operation, Outcome};
use crate::actor::Actor;
use crate::credential::TokenId;
use crate::feed::json;
use crate::keys;
use crate::step::{Halt, Write};

/// `delete(id, actor)`: the record goes, a tombstone stays, so that neither the id nor a late write of the record ever comes back.
pub(super) fn plan(context: &Context, id: &TokenId, actor: &Actor) -> Result<Outcome, Halt> {
    let mark = Mark::of_call(context, Operation::Delete);
    let [marked, _] = context.reads.get([mark.key(), &keys::token(id)])?;
    if mark.found_for(marked, id)? {
        return Ok(Outcome::Answer(Answer::Deleted { id: id.clone() }));
    }
    let found = find(context, id, actor)?;
    let token = found.record.token();
    let name_key = keys::name(&token.owner, &token.kind, &token.name);
    let [name_holder] = context.reads.get([&name_key])?;
    let tombstone = found.record.tombstone(context.time.now, actor.id().clone());
    let mut writes = announced(context, &found, tombstone)?;
    writes.push(Write::delete(keys::owner_entry(&token.owner, id)));
    // The name becomes free, if this token holds it: its kind may not have asked for unique names when it was made.
    if name_holder.is_some_and(|holder| holder == json(id)) {
        writes.push(Write {
            expect: Some(Some(json(id))),
            ..Write::delete(name_key)
        });
    }
    writes.push(mark.write(context, id));
    Ok(Outcome::Commit(writes, Answer::Deleted { id: id.clone() }))
}
