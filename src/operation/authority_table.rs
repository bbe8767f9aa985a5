//! Which aspects of a power each operation asks about. A test drops each cell of the table and sees that something gets through
//! that must not.

use super::operation_name::Operation;

/// One side of a power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// The permissions, and where each of them is held.
    Permissions,
    /// The role `admin`, which is authority over others' tokens.
    Role,
    /// As whom a token acts.
    Subject,
    /// When it ends.
    End,
    /// How long it may go without use.
    Idle,
    /// What must be true of a request.
    Conditions,
    /// How often it may be used.
    Limits,
    /// Conditions, limits and an end that were set from above are loosened from there.
    HeldAbove,
}

/// Which aspects each operation asks about.
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
        // A session is made with its parents' end, and bound by their conditions, limits and idle time
        // whenever it is verified.
        (Operation::Exchange, &[Permissions]),
        // An account hands out no secret and has no end. A bound that it cannot carry stops its widening.
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

/// The table of what is asked: operation × aspect.
#[derive(Clone, Copy, Debug, Default)]
pub struct Table {
    /// A cell that a test has dropped.
    without: Option<(Operation, Aspect)>,
}

impl Table {
    /// All its cells: the name of an operation, and an aspect that it asks about.
    pub fn cells() -> impl Iterator<Item = (&'static str, Aspect)> {
        ASKED
            .iter()
            .flat_map(|(operation, aspects)| aspects.iter().map(|aspect| (operation.name(), *aspect)))
    }

    /// The table without one of its cells. For the test that sees that each of them is needed.
    #[must_use]
    pub fn without(operation: &str, aspect: Aspect) -> Table {
        let named = ASKED.iter().find(|(known, _)| known.name() == operation);
        Table {
            without: named.map(|(known, _)| (*known, aspect)),
        }
    }

    pub(super) fn asks(self, operation: Operation) -> impl Iterator<Item = Aspect> {
        let row = ASKED.iter().find(|(known, _)| *known == operation);
        row.into_iter()
            .flat_map(|(_, aspects)| aspects.iter().copied())
            .filter(move |aspect| self.without != Some((operation, *aspect)))
    }
}
