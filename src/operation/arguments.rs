//! Reads the arguments that several operations share.

use std::error::Error;
use std::fmt;

use super::context::Context;
use crate::codec::json::Value;
use crate::input::{Members, Problems};
use crate::value::credential::{Digest, SCHEME, TokenId};
use crate::value::name::Identity;

/// Refuses a stored or displayed text that contains a credential, for example after a mispaste.
pub(super) fn refuse_credential(context: &Context, members: &Members, name: &str, problems: &mut Problems) {
    if let Some(Value::Text(text)) = members.value(name)
        && context.deployment.prefix().appears_in(text)
    {
        problems.add(
            &members.path(name),
            "has a credential in it, which must not be stored; write something else",
        );
    }
}

/// An argument that may be left out: absent and null are an object without members.
pub(super) fn or_empty(argument: Option<&Value>) -> &Value {
    static EMPTY: Value = Value::Map(Vec::new());
    argument.filter(|value| **value != Value::Null).unwrap_or(&EMPTY)
}

/// Reads the required member `id`: the token that the operation acts on.
pub(super) fn read_id(members: &Members, problems: &mut Problems) -> Option<TokenId> {
    members.required_text("id", problems);
    members.parsed("id", problems, TokenId::parse)
}

/// Reads `{ digest, scheme }` of a secret that a client minted.
///
/// `scheme` is required with `digest`: it names the input of the digest. A digest of any other
/// input would result in a secret that never verifies.
pub(super) fn read_digest(members: &Members, problems: &mut Problems) -> Option<Digest> {
    let digest = members.parsed("digest", problems, |text| {
        Digest::from_hex(text).ok_or(MintedError::NotHex)
    });
    match (members.value("digest"), members.value("scheme")) {
        (Some(_), None) => problems.add(
            &members.path("scheme"),
            format!(
                "is required with digest: \"{SCHEME}\", as mint returns it; update the client if it is older"
            ),
        ),
        (None, Some(_)) => problems.add(&members.path("digest"), "is required with scheme"),
        _ => {}
    }
    let scheme = members.parsed("scheme", problems, |text| {
        (text == SCHEME).then_some(()).ok_or(MintedError::OtherScheme)
    });
    digest.filter(|_| scheme.is_some())
}

/// Why the digest of a secret that a client minted cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MintedError {
    /// It is no digest.
    NotHex,
    /// Its scheme is another one.
    OtherScheme,
}

impl fmt::Display for MintedError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MintedError::NotHex => formatter.write_str("expected 64 hexadecimal digits in lower case"),
            MintedError::OtherScheme => write!(
                formatter,
                "expected \"{SCHEME}\", as mint returns it; another version of Leastkey minted this secret"
            ),
        }
    }
}

impl Error for MintedError {}

/// Reads the member `idempotencyKey`, by which a retry of a call is recognized.
pub(super) fn read_idempotency_key(
    context: &Context,
    members: &Members,
    problems: &mut Problems,
) -> Option<Identity> {
    refuse_credential(context, members, "idempotencyKey", problems);
    members.parsed("idempotencyKey", problems, Identity::parse)
}
