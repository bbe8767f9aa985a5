//! Bugs that other token systems have had, each planted at the place where it would be here.
//!
//! A check that cannot fail shows nothing. With the feature `planted-bugs` a test switches on one bug at a time and demands that the check
//! for it fails (`tests/field_failures.rs`). Without the feature `planted` is a constant `false`: the compiler leaves the branches out, and
//! nothing of them is in the module. A release build, or one for WebAssembly, with the feature does not compile.

#[cfg(all(feature = "planted-bugs", any(target_arch = "wasm32", not(debug_assertions))))]
compile_error!("planted-bugs is for the tests of the core: no build may have it");

macro_rules! bugs {
    ($($(#[$row:meta])* $bug:ident,)*) => {
        /// A bug, by the failure that it brings about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Bug {
            $($(#[$row])* $bug,)*
        }

        impl Bug {
            /// All of them.
            pub const ALL: &[Bug] = &[$(Bug::$bug),*];
        }
    };
}

bugs! {
    /// Un-revoke by lost update: a change is written over whatever is there.
    LostUpdate,
    /// The caller is named in the request body: create takes the actor that its input names.
    CallerInBody,
    /// Stale authority makes tokens: the account of an actor is not looked at.
    StaleAuthority,
    /// A deleted record is written back: delete leaves no tombstone.
    DeletedWrittenBack,
    /// Counters race: a limit is written over whatever was counted meanwhile.
    CountersRace,
    /// A verdict is cached: a token that is remembered is accepted, whatever is asked and whenever.
    CachedVerdict,
    /// Refill after revoke: what was read before the last read of the change feed is remembered.
    RefillAfterRevoke,
    /// Hit and miss decide differently: a token that is remembered is accepted whatever its status.
    HitIgnoresStatus,
    /// The owner is disabled and the key lives: the accounts behind a token are not looked at.
    OwnerIgnored,
    /// An expiry that cannot be read means never: what cannot be read is absent.
    UnreadableMeansNever,
    /// A lifetime rounds to for ever: one below a second is none.
    LifetimeRoundsToForEver,
    /// A scope is compared as a prefix: `org:acme` covers `org:acme2`.
    ScopeAsPrefix,
    /// A parent's scope makes more: a token that acts has no ceiling.
    ParentMintsMore,
    /// Empty means unlimited: nothing chosen is everything.
    EmptyMeansUnlimited,
    /// A scope is lost in an exchange: the permissions that were asked for are not looked at.
    ScopeLostInExchange,
    /// A write touches other rows: `||` where `&&` belongs.
    TouchesOtherRows,
    /// The id of another organization: nobody asks whose token it is.
    ForeignId,
    /// The separator is in the alphabet: a credential is split at its first separator.
    SplitAtSeparator,
    /// The prefix is taken for the identity: digests are compared by their first bytes.
    PrefixForIdentity,
    /// Names that look like others: they are kept as they were typed.
    NamesAsTyped,
}

/// Whether a bug is planted: never.
#[cfg(not(feature = "planted-bugs"))]
pub(crate) const fn planted(_: Bug) -> bool {
    false
}

#[cfg(feature = "planted-bugs")]
pub(crate) use switch::planted;
#[cfg(feature = "planted-bugs")]
pub use switch::with;

#[cfg(feature = "planted-bugs")]
mod switch {
    use std::cell::Cell;

    use super::Bug;

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// Whether a bug is planted in this thread.
    pub(crate) fn planted(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }

    /// Runs something with a bug planted in this thread.
    pub fn with<T>(bug: Bug, run: impl FnOnce() -> T) -> T {
        struct Uproot;
        impl Drop for Uproot {
            fn drop(&mut self) {
                PLANTED.set(None);
            }
        }
        PLANTED.set(Some(bug));
        let _uproot = Uproot;
        run()
    }
}
