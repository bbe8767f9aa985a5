//! A blocking store as an asynchronous one.

use std::future::{Future, ready};
use std::time::{Duration, Instant};

use super::store::{AsyncStore, Entry, Store, StoreError};
use super::wait::Timer;
use crate::storage::plan::{Range, Write};

/// A [`Store`] as an [`AsyncStore`] whose answers are ready at once. Each call holds the thread
/// until it is answered: use it where that is short, as with SQLite on a local disk.
#[derive(Debug, Default)]
pub struct Blocking<S> {
    store: S,
    timer: Timer,
}

impl<S> Blocking<S> {
    /// Wraps a store.
    #[must_use]
    pub fn new(store: S) -> Blocking<S> {
        Blocking {
            store,
            timer: Timer::default(),
        }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }
}

impl<S: Store> AsyncStore for Blocking<S> {
    fn get(&self, keys: &[String]) -> impl Future<Output = Result<Vec<Option<String>>, StoreError>> + Send {
        ready(self.store.get(keys))
    }

    fn list(&self, range: &Range) -> impl Future<Output = Result<Vec<Entry>, StoreError>> + Send {
        ready(self.store.list(range))
    }

    fn commit(&self, writes: &[Write]) -> impl Future<Output = Result<bool, StoreError>> + Send {
        ready(self.store.commit(writes))
    }

    async fn sleep(&self, time: Duration) {
        self.timer.until(Instant::now() + time).await;
    }
}
