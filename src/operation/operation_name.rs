//! Names the operations, as calls and the audit trail do.

use std::error::Error;
use std::fmt;

use serde::Serialize;

use crate::codec::decode::{Placeholder, decode_by_parsing};
use crate::input::{Detail, suggestion};

/// Defines [`Operation`] with the names used in calls and in the audit trail.
macro_rules! operations {
    ($($variant:ident $name:literal),* $(,)?) => {
        /// The `op` of a call `{ op, …, actor }`. The other members are the arguments of the public
        /// method of the same name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        pub(super) enum Operation {
            $(#[serde(rename = $name)] $variant),*
        }

        impl Operation {
            pub(super) const NAMES: &'static [(&'static str, Operation)] = &[$(($name, Operation::$variant)),*];

            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Operation::$variant => $name),*
                }
            }
        }
    };
}

operations! {
    Create "create",
    Get "get",
    List "list",
    Edit "edit",
    Disable "disable",
    Enable "enable",
    Revoke "revoke",
    RevokeAll "revokeAll",
    StartJob "startJob",
    GetJob "getJob",
    AdvanceJob "advanceJob",
    Delete "delete",
    Purge "purge",
    Rotate "rotate",
    ConfirmRotation "confirmRotation",
    AbortRotation "abortRotation",
    Exchange "exchange",
    ImportKey "importKey",
    PutAccount "putAccount",
    GetAccount "getAccount",
    DisableAccount "disableAccount",
    EnableAccount "enableAccount",
    DeleteAccount "deleteAccount",
    Describe "describe",
    Drift "drift",
    Audit "audit",
    VerifyAudit "verifyAudit",
    Flush "flush",
}

impl Operation {
    /// Whether the operation takes power away, whatever it finds. Such an operation is urgent: it
    /// overtakes those that give power in a queue.
    pub(super) fn ends(self) -> bool {
        use Operation as Op;
        matches!(
            self,
            Op::Disable
                | Op::Revoke
                | Op::RevokeAll
                | Op::Delete
                | Op::ConfirmRotation
                | Op::AbortRotation
                | Op::DisableAccount
                | Op::DeleteAccount
        )
    }

    /// Whether what the operation creates, revives or removes for good depends on the current time.
    /// Then an unreliable clock refuses it.
    pub(super) fn rests_on_time(self) -> bool {
        use Operation as Op;
        matches!(
            self,
            Op::Create | Op::ImportKey | Op::Exchange | Op::Rotate | Op::Enable | Op::Purge
        )
    }

    pub(super) fn parse(text: &str) -> Result<Operation, UnknownOperation> {
        let mut names = Operation::NAMES.iter();
        let found = names.find(|(name, _)| *name == text);
        found
            .map(|(_, operation)| *operation)
            .ok_or_else(|| UnknownOperation {
                name: Detail::quoted(text),
                help: Detail::of(|| suggestion(text, Operation::NAMES.iter().map(|(name, _)| *name))),
            })
    }
}

/// There is no operation with this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnknownOperation {
    name: Detail,
    /// The most similar name; empty if none is.
    help: Detail,
}

impl fmt::Display for UnknownOperation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "there is no operation {}{}", self.name, self.help)
    }
}

impl Error for UnknownOperation {}

decode_by_parsing!(Operation);

impl Placeholder for Operation {
    fn placeholder() -> Operation {
        Operation::Create
    }
}
