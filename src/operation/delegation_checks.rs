//! Lists the aspects of a power that each operation checks. A test drops each cell of the table and
//! expects a forbidden change to get through.

use super::operation_name::Operation;

/// One aspect of a power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// The permissions, and the places where each of them is held.
    Permissions,
    /// The role `admin`, which is authority over the tokens of others.
    Role,
    /// The subject as which a token acts.
    Subject,
    /// When the token expires.
    End,
    /// How long the token may go without use.
    Idle,
    /// The conditions that a request must meet.
    Conditions,
    /// How often the token may be used.
    Limits,
    /// Conditions, limits and an end that were set from a higher place: only an admin there may
    /// loosen them.
    HeldAbove,
}

/// The aspects that each operation checks.
const ASKED: &[(Operation, &[Aspect])] = {
    use Aspect::{Conditions, End, HeldAbove, Idle, Limits, Permissions, Role, Subject};
    &[
        (
            Operation::Create,
            &[Permissions, Role, Subject, End, Idle, Conditions, Limits],
        ),
        (
            Operation::ImportKey,
            &[Permissions, Role, Subject, End, Idle, Conditions, Limits],
        ),
        (
            Operation::Edit,
            &[
                Permissions,
                Role,
                Subject,
                End,
                Idle,
                Conditions,
                Limits,
                HeldAbove,
            ],
        ),
        (
            Operation::Rotate,
            &[
                Permissions,
                Role,
                Subject,
                End,
                Idle,
                Conditions,
                Limits,
                HeldAbove,
            ],
        ),
        (
            Operation::Enable,
            &[Permissions, Role, Subject, End, Idle, Conditions, Limits],
        ),
        // A session gets the end of its parents when it is made. Their conditions, limits and idle
        // time bind it at every verification.
        (Operation::Exchange, &[Permissions]),
        // An account hands out no secret and has no end. An actor with a bound that an account
        // cannot carry must not widen accounts.
        (
            Operation::PutAccount,
            &[Permissions, Role, Idle, Conditions, Limits],
        ),
        (
            Operation::EnableAccount,
            &[Permissions, Role, Idle, Conditions, Limits],
        ),
    ]
};

/// The table of checks: operation × aspect.
#[derive(Clone, Copy, Debug, Default)]
pub struct DelegationChecks {
    /// The cell that a test has dropped.
    without: Option<(Operation, Aspect)>,
}

impl DelegationChecks {
    /// All cells: the name of an operation, and an aspect that it checks.
    pub fn cells() -> impl Iterator<Item = (&'static str, Aspect)> {
        ASKED
            .iter()
            .flat_map(|(operation, aspects)| aspects.iter().map(|aspect| (operation.name(), *aspect)))
    }

    /// The table without one cell, for the test that each cell is needed.
    #[must_use]
    pub fn without(operation: &str, aspect: Aspect) -> DelegationChecks {
        let named = ASKED.iter().find(|(known, _)| known.name() == operation);
        DelegationChecks {
            without: named.map(|(known, _)| (*known, aspect)),
        }
    }

    /// The aspects that an operation checks.
    pub(super) fn of(self, operation: Operation) -> impl Iterator<Item = Aspect> {
        let row = ASKED.iter().find(|(known, _)| *known == operation);
        row.into_iter()
            .flat_map(|(_, aspects)| aspects.iter().copied())
            .filter(move |aspect| self.without != Some((operation, *aspect)))
    }
}
