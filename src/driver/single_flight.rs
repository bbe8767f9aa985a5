//! Reads of the store that are in flight, so that concurrent calls share one (single flight), and
//! that their number is bounded.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// The most loads in flight.
pub(super) const MAX_IN_FLIGHT: usize = 4_096;

/// The loads of one verifier.
#[derive(Debug, Default)]
pub(super) struct SingleFlight(Arc<Mutex<Flights>>);

#[derive(Debug, Default)]
struct Flights {
    /// How many loads are in flight, shared or not.
    count: usize,
    /// Those that other calls may await, by what they load.
    shared: HashMap<String, Arc<Flight>>,
}

/// A load in flight that others await.
#[derive(Debug, Default)]
pub(super) struct Flight(Mutex<Progress>);

#[derive(Debug, Default)]
struct Progress {
    end: Option<End>,
    waiting: Vec<Waker>,
}

/// How a load ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The store has answered.
    Answered,
    /// The store has failed it.
    Failed,
    /// Its call was dropped.
    Cut,
}

/// What a call does that needs a load.
#[derive(Debug)]
pub(super) enum Begun {
    /// It loads.
    Load(Load),
    /// It awaits the load of another call.
    Join(Arc<Flight>),
    /// Nothing: too many loads are in flight.
    Overload,
}

/// A load of this call, in flight until it is dropped.
#[derive(Debug)]
pub(super) struct Load {
    flights: Arc<Mutex<Flights>>,
    /// With it, what is loaded; absent if it is not shared.
    shared: Option<(String, Arc<Flight>)>,
    end: End,
}

impl SingleFlight {
    /// Begins a load, or joins the one of the same `key` that is in flight. Without `joins`, it
    /// begins one that is not shared.
    pub(super) fn begin(&self, key: &str, joins: bool) -> Begun {
        let mut flights = lock(&self.0);
        if joins && let Some(flight) = flights.shared.get(key) {
            return Begun::Join(Arc::clone(flight));
        }
        if flights.count >= MAX_IN_FLIGHT {
            return Begun::Overload;
        }
        flights.count += 1;
        let shared = joins.then(|| {
            let flight = Arc::<Flight>::default();
            flights.shared.insert(key.to_owned(), Arc::clone(&flight));
            (key.to_owned(), flight)
        });
        Begun::Load(Load {
            flights: Arc::clone(&self.0),
            shared,
            end: End::Cut,
        })
    }
}

impl Flight {
    /// Waits for the end of the load.
    pub(super) async fn ended(&self) -> End {
        poll_fn(|context| {
            let mut progress = lock(&self.0);
            if let Some(end) = progress.end {
                return Poll::Ready(end);
            }
            let waker = context.waker();
            if !progress.waiting.iter().any(|known| known.will_wake(waker)) {
                progress.waiting.push(waker.clone());
            }
            Poll::Pending
        })
        .await
    }
}

impl Load {
    /// Ends the load, and tells it those who wait.
    pub(super) fn end(mut self, end: End) {
        self.end = end;
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        let mut flights = lock(&self.flights);
        flights.count = flights.count.saturating_sub(1);
        let Some((key, flight)) = self.shared.take() else {
            return;
        };
        if let Entry::Occupied(of_key) = flights.shared.entry(key)
            && Arc::ptr_eq(of_key.get(), &flight)
        {
            of_key.remove();
        }
        drop(flights);
        let waiting = {
            let mut progress = lock(&flight.0);
            progress.end = Some(self.end);
            std::mem::take(&mut progress.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::wait::block_on;

    #[test]
    fn a_load_is_shared_until_it_ends() {
        let flights = SingleFlight::default();
        let Begun::Load(load) = flights.begin("one", true) else {
            panic!("nothing is in flight")
        };
        let Begun::Join(joined) = flights.begin("one", true) else {
            panic!("it is in flight")
        };
        assert!(matches!(flights.begin("one", false), Begun::Load(_)));
        assert!(matches!(flights.begin("two", true), Begun::Load(_)));
        load.end(End::Failed);
        assert_eq!(block_on(joined.ended()), End::Failed);
        let Begun::Load(load) = flights.begin("one", true) else {
            panic!("it has ended")
        };
        let Begun::Join(joined) = flights.begin("one", true) else {
            panic!("it is in flight")
        };
        drop(load);
        assert_eq!(block_on(joined.ended()), End::Cut);
    }

    #[test]
    fn loads_in_flight_are_bounded() {
        let flights = SingleFlight::default();
        let mut loads: Vec<Begun> = (0..MAX_IN_FLIGHT)
            .map(|at| flights.begin(&at.to_string(), at % 2 == 0))
            .collect();
        assert!(loads.iter().all(|begun| matches!(begun, Begun::Load(_))));
        assert!(matches!(flights.begin("more", true), Begun::Overload));
        assert!(matches!(flights.begin("more", false), Begun::Overload));
        assert!(
            matches!(flights.begin("0", true), Begun::Join(_)),
            "it reads nothing"
        );
        loads.pop();
        assert!(matches!(flights.begin("more", true), Begun::Load(_)));
    }
}
