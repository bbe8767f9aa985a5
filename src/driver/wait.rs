//! Waiting without a runtime: deadlines, pauses before a retry, turns at a key.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use super::store::AsyncStore;

/// The longest pause before the first retry. It doubles with each retry.
const FIRST_BACKOFF: Duration = Duration::from_millis(2);
const MAX_BACKOFF: Duration = Duration::from_millis(250);

/// The time limit of a call, by the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    pub(super) total: Duration,
    ends: Instant,
}

impl Deadline {
    pub(super) fn new(total: Duration) -> Deadline {
        Deadline {
            total,
            ends: Instant::now() + total,
        }
    }

    /// The time left; zero when it has passed.
    pub(super) fn left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    /// How long one call of the store may take: at most half of it all, so that there is time left
    /// to find out its outcome.
    pub(super) fn of_a_call(&self) -> Duration {
        self.left().min(self.total / 2)
    }
}

/// The answer of a future, or `None` if it does not come in time.
pub(super) async fn within<S: AsyncStore, T>(
    store: &S,
    time: Duration,
    answer: impl Future<Output = T>,
) -> Option<T> {
    let (mut answer, mut timer) = (pin!(answer), pin!(store.sleep(time)));
    poll_fn(|context| {
        if let Poll::Ready(answered) = answer.as_mut().poll(context) {
            return Poll::Ready(Some(answered));
        }
        timer.as_mut().poll(context).map(|()| None)
    })
    .await
}

/// Waits before another attempt: exponentially longer, with jitter. `false`: the deadline has
/// passed.
pub(super) async fn back_off<S: AsyncStore>(store: &S, attempt: u32, deadline: &Deadline) -> bool {
    let longest = FIRST_BACKOFF
        .saturating_mul(1_u32.checked_shl(attempt).unwrap_or(u32::MAX))
        .min(MAX_BACKOFF);
    store.sleep(longest.mul_f64(jitter()).min(deadline.left())).await;
    !deadline.left().is_zero()
}

/// A number from 0 to 1 that differs from call to call. It decides nothing but pauses.
fn jitter() -> f64 {
    let random = RandomState::new().build_hasher().finish();
    // The low 32 bits, as a part of their range.
    f64::from(u32::try_from(random & u64::from(u32::MAX)).unwrap_or_default()) / f64::from(u32::MAX)
}

/// Runs a future to its end on this thread.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(done) => return done,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// Wakes futures at their times, by a thread of its own, which is there from the first one on.
#[derive(Debug, Default)]
pub(super) struct Timer(OnceLock<Arc<Alarms>>);

#[derive(Debug, Default)]
struct Alarms {
    list: Mutex<AlarmList>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct AlarmList {
    alarms: Vec<(Instant, Waker)>,
    /// Whether the timer was dropped, so that its thread ends.
    is_over: bool,
}

impl Timer {
    /// Is done at an instant.
    pub(super) async fn until(&self, at: Instant) {
        poll_fn(|context| {
            if Instant::now() >= at {
                return Poll::Ready(());
            }
            self.set(at, context.waker());
            Poll::Pending
        })
        .await;
    }

    fn set(&self, at: Instant, waker: &Waker) {
        let alarms = self.0.get_or_init(|| {
            let alarms = Arc::<Alarms>::default();
            let of_thread = Arc::clone(&alarms);
            std::thread::spawn(move || of_thread.run());
            alarms
        });
        let mut list = alarms.list.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = |(known, by): &(Instant, Waker)| *known == at && by.will_wake(waker);
        if !list.alarms.iter().any(is_known) {
            list.alarms.push((at, waker.clone()));
            alarms.changed.notify_one();
        }
    }
}

impl Alarms {
    fn run(&self) {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        while !list.is_over {
            let now = Instant::now();
            let due = |(at, _): &mut (Instant, Waker)| *at <= now;
            list.alarms
                .extract_if(.., due)
                .for_each(|(_, waker)| waker.wake());
            let next = list.alarms.iter().map(|(at, _)| *at).min();
            list = match next {
                Some(next) => {
                    let waited = self
                        .changed
                        .wait_timeout(list, next.saturating_duration_since(now));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(list).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(alarms) = self.0.get() {
            let mut list = alarms.list.lock().unwrap_or_else(PoisonError::into_inner);
            list.is_over = true;
            alarms.changed.notify_one();
        }
    }
}

/// Turns of the calls of this process at keys that many of them write or read.
///
/// A turn spares lost races, and nothing rests on it: who has waited for long goes on without one.
#[derive(Debug, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<String, Queue>>>);

/// Those who wait at a key. The key is held as long as its queue is there.
type Queue = Vec<Waker>;

/// A turn. It ends when it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    queues: Arc<Mutex<HashMap<String, Queue>>>,
    key: String,
}

impl Turn {
    /// Whether it is the turn at this key.
    pub(super) fn is_at(&self, key: &str) -> bool {
        self.key == key
    }
}

/// How long a call waits for its turn.
const MAX_WAIT: Duration = Duration::from_secs(1);

impl Turns {
    /// Waits for the turn at a key. Returns it, and whether the call had to wait; without a turn if
    /// that took too long.
    pub(super) async fn take<S: AsyncStore>(
        &self,
        store: &S,
        key: &str,
        deadline: &Deadline,
    ) -> (Option<Turn>, bool) {
        if let Some(turn) = self.try_take(key, None) {
            return (Some(turn), false);
        }
        let turn = poll_fn(|context| match self.try_take(key, Some(context.waker())) {
            Some(turn) => Poll::Ready(turn),
            None => Poll::Pending,
        });
        (within(store, MAX_WAIT.min(deadline.left()), turn).await, true)
    }

    fn try_take(&self, key: &str, waker: Option<&Waker>) -> Option<Turn> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get_mut(key) {
            if let Some(waker) = waker.filter(|waker| !queue.iter().any(|known| known.will_wake(waker))) {
                queue.push(waker.clone());
            }
            return None;
        }
        queues.insert(key.to_owned(), Vec::new());
        Some(Turn {
            queues: Arc::clone(&self.0),
            key: key.to_owned(),
        })
    }
}

impl Drop for Turn {
    /// Wakes all who wait, since any of them may have been dropped meanwhile.
    fn drop(&mut self) {
        let queue = {
            let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
            queues.remove(&self.key)
        };
        queue.into_iter().flatten().for_each(Waker::wake);
    }
}
