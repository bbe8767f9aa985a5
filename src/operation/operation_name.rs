//! Names the operations, as calls and the audit trail do.

use serde::Serialize;

use crate::codec::decode::{Placeholder, decode_by_parsing};
use crate::input::{quote, suggestion};

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

    pub(super) fn parse(text: &str) -> Result<Operation, String> {
        let names = Operation::NAMES.iter();
        names
            .clone()
            .find(|(name, _)| *name == text)
            .map(|(_, operation)| *operation)
            .ok_or_else(|| {
                let hint = suggestion(text, names.map(|(name, _)| *name));
                format!("there is no operation {}{hint}", quote(text))
            })
    }
}

decode_by_parsing!(Operation);

impl Placeholder for Operation {
    fn placeholder() -> Operation {
        Operation::Create
    }
}
