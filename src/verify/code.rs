//! The codes of a verdict, with their status and error on the wire.

use serde::{Serialize, Serializer};

use crate::value::credential::Unreadable;

/// The codes of a verdict. They are stable: callers branch on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The credential is valid.
    Valid,
    /// The text is not a credential of this deployment. On the wire it equals an unknown one. The
    /// wrapper reports a malformed *header*, as 400 (RFC 6750 §3.1).
    Malformed,
    /// The checksum does not match: the text was mistyped, cut or invented.
    BadChecksum,
    /// There is no such token, or it was deleted.
    Unknown,
    /// The id is known, but the secret does not match.
    BadSecret,
    /// The token is disabled, and can be enabled again.
    Disabled,
    /// The token is revoked, which is final.
    Revoked,
    /// The token's expiry has passed.
    Expired,
    /// The token's start is in the future.
    NotYetValid,
    /// The token was not used within its idle time.
    IdleExpired,
    /// The secret was rotated out.
    RotatedOut,
    /// The owner, or another account that the token depends on, is disabled or deleted.
    OwnerInactive,
    /// A condition of the token is not met, or the request does not give the value that it tests.
    ConditionFailed,
    /// Too many requests in the current interval.
    RateLimited,
    /// The credits are used up.
    UsageExceeded,
    /// The grant lacks a permission.
    InsufficientPermission,
    /// The grant does not cover the resource.
    OutsideResource,
    /// The store returned a value that cannot be read.
    StoreUnavailable,
}

impl Code {
    /// All codes with their names. The index of a code is its number.
    const NAMES: &'static [(Code, &'static str)] = &[
        (Code::Valid, "valid"),
        (Code::Malformed, "malformed"),
        (Code::BadChecksum, "bad_checksum"),
        (Code::Unknown, "unknown"),
        (Code::BadSecret, "bad_secret"),
        (Code::Disabled, "disabled"),
        (Code::Revoked, "revoked"),
        (Code::Expired, "expired"),
        (Code::NotYetValid, "not_yet_valid"),
        (Code::IdleExpired, "idle_expired"),
        (Code::RotatedOut, "rotated_out"),
        (Code::OwnerInactive, "owner_inactive"),
        (Code::ConditionFailed, "condition_failed"),
        (Code::RateLimited, "rate_limited"),
        (Code::UsageExceeded, "usage_exceeded"),
        (Code::InsufficientPermission, "insufficient_permission"),
        (Code::OutsideResource, "outside_resource"),
        (Code::StoreUnavailable, "store_unavailable"),
    ];

    /// The name, as it is serialised.
    #[must_use]
    pub fn name(self) -> &'static str {
        let row = Code::NAMES.get(usize::from(self.number()));
        row.map_or("", |(_, name)| name)
    }

    /// The number of the code at the boundary to a host. It may change between versions.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// All codes, by their numbers.
    pub fn all() -> impl Iterator<Item = Code> {
        Code::NAMES.iter().map(|(code, _)| *code)
    }

    /// The HTTP status and the RFC 6750 §3.1 error of this code: the one table of them.
    #[must_use]
    pub fn on_the_wire(self) -> (u16, Option<&'static str>) {
        match self {
            Code::Valid => (200, None),
            Code::Malformed
            | Code::BadChecksum
            | Code::Unknown
            | Code::BadSecret
            | Code::Disabled
            | Code::Revoked
            | Code::Expired
            | Code::NotYetValid
            | Code::IdleExpired
            | Code::RotatedOut
            | Code::OwnerInactive => (401, Some("invalid_token")),
            Code::InsufficientPermission | Code::OutsideResource | Code::ConditionFailed => {
                (403, Some("insufficient_scope"))
            }
            Code::RateLimited | Code::UsageExceeded => (429, None),
            Code::StoreUnavailable => (503, None),
        }
    }
}

impl Code {
    /// Whether the code is a refusal for lack of permission, whose verdict names the required
    /// scope.
    #[must_use]
    pub fn is_of_scope(self) -> bool {
        self.on_the_wire().1 == Some("insufficient_scope")
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl From<Unreadable> for Code {
    fn from(unreadable: Unreadable) -> Code {
        match unreadable {
            Unreadable::Malformed => Code::Malformed,
            Unreadable::BadChecksum => Code::BadChecksum,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_at_its_number() {
        for (at, code) in Code::all().enumerate() {
            assert_eq!(usize::from(code.number()), at, "{}", code.name());
        }
        assert_eq!(Code::StoreUnavailable.name(), "store_unavailable");
    }
}
