//! Concurrent loads: those of one token are one, and their number is bounded.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use leastkey::driver::{AsyncStore, Blocking, Entry, MemoryStore, StoreError, Tokens, Verdict};
use leastkey::model::question::Question;
use leastkey::storage::plan::{Range, Write};
use leastkey::verify::code::Code;
use serde_json::Value as Json;

use super::{admin, block_on, input, options};

/// A store whose reads wait until it is opened.
#[derive(Debug, Default)]
struct Gated {
    store: Blocking<MemoryStore>,
    is_shut: AtomicBool,
    fails: AtomicBool,
    gets: AtomicUsize,
}

impl AsyncStore for Gated {
    async fn get(&self, keys: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        self.gets.fetch_add(1, Ordering::SeqCst);
        std::future::poll_fn(|_| match self.is_shut.load(Ordering::SeqCst) {
            true => Poll::Pending,
            false => Poll::Ready(()),
        })
        .await;
        match self.fails.load(Ordering::SeqCst) {
            true => Err(StoreError::refused("the database is in recovery")),
            false => AsyncStore::get(&self.store, keys).await,
        }
    }

    async fn list(&self, range: &Range) -> Result<Vec<Entry>, StoreError> {
        AsyncStore::list(&self.store, range).await
    }

    async fn commit(&self, writes: &[Write]) -> Result<bool, StoreError> {
        AsyncStore::commit(&self.store, writes).await
    }

    async fn sleep(&self, time: Duration) {
        self.store.sleep(time).await;
    }
}

type Pending<'p> = Pin<Box<dyn Future<Output = Verdict> + 'p>>;

/// Polls each once. Returns the verdicts of those that are done, and keeps the others.
fn poll_all(pending: &mut Vec<Pending<'_>>) -> Vec<Verdict> {
    let mut done = Vec::new();
    let mut context = Context::from_waker(Waker::noop());
    pending.retain_mut(|verdict| match verdict.as_mut().poll(&mut context) {
        Poll::Ready(verdict) => {
            done.push(verdict);
            false
        }
        Poll::Pending => true,
    });
    done
}

/// Polls until all are done.
fn finish(mut pending: Vec<Pending<'_>>) -> Vec<Verdict> {
    let mut done = Vec::new();
    while !pending.is_empty() {
        done.extend(poll_all(&mut pending));
    }
    done
}

struct Server {
    tokens: Tokens<Gated>,
    reported: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// With a cache that is fresh, and no token in it.
    fn new() -> Server {
        let reported = Arc::new(Mutex::new(Vec::new()));
        let report = Arc::clone(&reported);
        let options = options()
            .freshness(Duration::from_secs(60))
            .deadline(Duration::from_secs(60))
            .on_error(move |error, _| report.lock().unwrap().push(error.to_string()));
        Server {
            tokens: Tokens::new(Gated::default(), options).unwrap(),
            reported,
        }
    }

    fn store(&self) -> &Gated {
        self.tokens.verifier().store()
    }

    fn create(&self) -> String {
        let created = block_on(self.tokens.create(input("One"), &admin())).unwrap();
        let any = self.tokens.verifier().requirement(Json::Null).unwrap();
        // The feed is read once for the change.
        block_on(self.tokens.verify("acme_test_2", &Question::of(&any)));
        self.store().gets.store(0, Ordering::SeqCst);
        created.credential.unwrap().reveal().to_owned()
    }

    fn verify<'s>(&'s self, credential: &'s str, question: &'s Question<'s>) -> Pending<'s> {
        Box::pin(self.tokens.verify(credential, question))
    }

    /// 200 verifications of one credential, begun while the store does not answer.
    fn waiting<'s>(&'s self, credential: &'s str, question: &'s Question<'s>) -> Vec<Pending<'s>> {
        let mut pending: Vec<Pending<'s>> = (0..200).map(|_| self.verify(credential, question)).collect();
        self.store().is_shut.store(true, Ordering::SeqCst);
        assert!(poll_all(&mut pending).is_empty());
        pending
    }
}

#[test]
fn concurrent_loads_of_one_token_are_one() {
    let server = Server::new();
    let credential = server.create();
    let any = server.tokens.verifier().requirement(Json::Null).unwrap();
    let question = Question::of(&any);
    let pending = server.waiting(&credential, &question);
    assert_eq!(server.store().gets.load(Ordering::SeqCst), 1);
    server.store().is_shut.store(false, Ordering::SeqCst);
    let verdicts = finish(pending);
    assert!(verdicts.iter().all(|verdict| verdict.valid));
    let gets = server.store().gets.load(Ordering::SeqCst);
    assert!(gets <= 2, "a record and what it rests on: {gets}");
}

#[test]
fn a_failed_load_is_that_of_all_who_wait_for_it() {
    let server = Server::new();
    let credential = server.create();
    let any = server.tokens.verifier().requirement(Json::Null).unwrap();
    let question = Question::of(&any);
    let pending = server.waiting(&credential, &question);
    server.store().fails.store(true, Ordering::SeqCst);
    server.store().is_shut.store(false, Ordering::SeqCst);
    let verdicts = finish(pending);
    assert!(
        verdicts
            .iter()
            .all(|verdict| verdict.code == Code::StoreUnavailable)
    );
    assert_eq!(server.store().gets.load(Ordering::SeqCst), 1, "the store rests");
    let reported = server.reported.lock().unwrap().clone();
    assert_eq!(reported, ["store_unavailable: the database is in recovery"]);
    server.store().fails.store(false, Ordering::SeqCst);
    assert!(
        finish(vec![server.verify(&credential, &question)])[0].valid,
        "the next one reads again"
    );
}

#[test]
fn a_load_that_is_cut_off_is_begun_by_another_call() {
    let server = Server::new();
    let credential = server.create();
    let any = server.tokens.verifier().requirement(Json::Null).unwrap();
    let question = Question::of(&any);
    let verify = || -> Pending<'_> { Box::pin(server.tokens.verify(&credential, &question)) };
    let mut pending: Vec<Pending<'_>> = (0..10).map(|_| verify()).collect();
    server.store().is_shut.store(true, Ordering::SeqCst);
    assert!(poll_all(&mut pending).is_empty());
    drop(pending.remove(0));
    server.store().is_shut.store(false, Ordering::SeqCst);
    assert!(finish(pending).iter().all(|verdict| verdict.valid));
}

#[test]
fn loads_of_different_tokens_are_bounded_and_refused_beyond() {
    const MAX: usize = 4_096;
    let server = Server::new();
    let known = server.create();
    let any = server.tokens.verifier().requirement(Json::Null).unwrap();
    let question = Question::of(&any);
    assert!(block_on(server.tokens.verify(&known, &question)).valid);
    let minted = || server.tokens.mint(None).unwrap().credential.reveal().to_owned();
    let invented: Vec<String> = (0..=MAX).map(|_| minted()).collect();
    server.store().is_shut.store(true, Ordering::SeqCst);
    let verify = |credential| -> Pending<'_> { Box::pin(server.tokens.verify(credential, &question)) };
    let mut pending: Vec<Pending<'_>> = invented.iter().map(|credential| verify(credential)).collect();
    let [refused] = poll_all(&mut pending).try_into().unwrap();
    assert_eq!((refused.code, refused.status), (Code::StoreUnavailable, 503));
    assert_eq!(
        *server.reported.lock().unwrap(),
        ["store_unavailable: 4096 tokens are being read from the store at once; try again in a second"]
    );
    assert!(block_on(verify(&known)).valid, "what is cached needs no load");
    server.store().is_shut.store(false, Ordering::SeqCst);
    let verdicts = finish(pending);
    assert!(verdicts.iter().all(|verdict| verdict.code == Code::Unknown));
    assert_eq!(block_on(verify(&invented[MAX])).code, Code::Unknown);
}
