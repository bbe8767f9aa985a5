//! Keeps names unique among the living tokens of one owner and kind.
//!
//! The key of a name holds the id of its token until another token takes the name, or the holder is
//! deleted or renamed. The name of a revoked or expired token is free: the taker reads the holder,
//! and the commit asserts that the holder is unchanged.

use super::context::Context;
use super::write_batch::WriteBatch;
use crate::codec::decode::decode;
use crate::codec::json::json;
use crate::input::{ErrorCode, Refusal};
use crate::model::record::{Record, Stored};
use crate::model::token::{Status, Token};
use crate::storage::keys;
use crate::storage::plan::{Suspend, Write};
use crate::value::credential::TokenId;
use crate::value::name::Name;
use crate::value::name_hash::NameHash;
use crate::value::resource::Resource;

/// The keys under which a name may be held.
///
/// # Errors
/// If the name cannot be compared.
pub(super) fn keys_of(owner: &Resource, kind: &str, name: &Name) -> Result<[String; 2], Refusal> {
    let hash = NameHash::of(name).map_err(|error| Refusal::argument("name", &error))?;
    Ok([hash, NameHash::as_typed(name)].map(|hash| keys::name(owner, kind, &hash)))
}

/// Takes the name of a token. Returns the hash to store in the record.
///
/// # Errors
/// `name_taken` if another living token holds the name.
pub(super) fn take_name(
    context: &Context,
    token: &Token,
    changes: &mut WriteBatch,
) -> Result<NameHash, Suspend> {
    let hash = NameHash::of(&token.name).map_err(|error| Refusal::argument("name", &error))?;
    let [key, typed] = keys_of(&token.owner, &token.kind, &token.name)?;
    let held = context.reads.get_all(&[key.clone(), typed.clone()])?;
    let [holder, typed_holder] = [0, 1].map(|at| held.get(at).copied().flatten());
    for (key, holder) in [(&key, holder), (&typed, typed_holder.filter(|_| typed != key))] {
        let Some(holder) = holder else { continue };
        if !is_free(context, token, key, holder, changes)? {
            let message = format!(
                "{} already has a token of this name; names that differ only in case or in invisible characters are equal; \
                 choose another name",
                token.owner
            );
            return Err(Refusal::at("name", ErrorCode::NameTaken, message).into());
        }
    }
    if typed != key && typed_holder.is_some() {
        changes.write(Write {
            expect: Some(typed_holder.map(str::to_owned)),
            ..Write::delete(typed)
        });
    }
    changes.write(Write::replace(key, holder, json(&token.id)));
    Ok(hash)
}

/// Frees the name of a token if this token holds it. It may not: the kind may not have required
/// unique names when the token was created, or another token may have taken the name since.
pub(super) fn free_name(context: &Context, record: &Record, changes: &mut WriteBatch) -> Result<(), Suspend> {
    let token = record.token();
    let key = key_of(token, &record.name_hash());
    let [holder] = context.reads.get([&key])?;
    if holder == Some(json(&token.id).as_str()) {
        changes.write_once(Write {
            expect: Some(holder.map(str::to_owned)),
            ..Write::delete(key)
        });
    }
    Ok(())
}

fn key_of(token: &Token, hash: &NameHash) -> String {
    keys::name(&token.owner, &token.kind, hash)
}

/// Whether a name can be taken from its holder. A holder that cannot be decoded keeps the name.
fn is_free(
    context: &Context,
    token: &Token,
    key: &str,
    holder: &str,
    changes: &mut WriteBatch,
) -> Result<bool, Suspend> {
    let Ok(id) = decode::<TokenId>(holder) else {
        return Ok(false);
    };
    if id == token.id {
        return Ok(true);
    }
    let token_key = keys::token(&id);
    let [stored] = context.reads.get([&token_key])?;
    let holds = match stored.map(|text| Stored::parse(&id, text, context.vocabularies)) {
        Some(Ok(Stored::Record(record))) => {
            let holder = record.token();
            // A clock that jumped ahead must not free the name of a living token.
            let living = holder.status != Status::Revoked
                && holder.expires_at.is_none_or(|end| context.time.earliest() < end);
            living && key_of(holder, &record.name_hash()) == key
        }
        Some(Ok(Stored::Tombstone)) | None => false,
        Some(Err(_)) => true,
    };
    if !holds {
        changes.write_once(Write::assert(token_key, stored));
    }
    Ok(!holds)
}
