//! A host in Rust on a store: races, failures, freshness, counts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod loads;
mod operations;
mod uses;

use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use leastkey::driver::blocking::{Tokens, Verifier};
use leastkey::driver::{
    Actor, AsyncStore, Blocking, Clock, Entry, MemoryStore, Options, Store, StoreError, Tokens as AsyncTokens,
};
use leastkey::model::question::Question;
use leastkey::storage::plan::{Range, Write};
use leastkey::verify::code::Code;
use serde_json::{Value as Json, json};

/// 2026-11-23T00:00:00Z
const NOW: u64 = 1_795_392_000_000;

fn catalog() -> Json {
    json!({
        "services": { "mail": { "title": "Mail", "permissions": { "send": "Send", "read": "Read" } } },
        "kinds": { "key": { "title": "Key" } },
    })
}

fn options() -> Options {
    Options::new("acme_test", catalog())
}

fn admin() -> Actor {
    Actor::new("user:1").role("org:acme", "admin")
}

fn input(name: &str) -> Json {
    json!({ "kind": "key", "name": name, "owner": "org:acme", "add": ["mail:send"] })
}

/// A clock that is set by hand.
#[derive(Clone, Debug)]
struct SetClock(Arc<AtomicU64>);

impl SetClock {
    fn new() -> SetClock {
        SetClock(Arc::new(AtomicU64::new(NOW)))
    }

    fn advance(&self, millis: u64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn steady(&self) -> Option<Duration> {
        Some(Duration::from_millis(self.now() - NOW))
    }
}

/// What a store does to its next calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A read fails.
    Read,
    /// A commit is applied, and its answer is lost.
    Answer,
    /// A commit is lost, and so is its answer.
    Commit,
    /// A commit is refused with certainty.
    Refusal,
}

/// A store that several hosts share, which counts its calls and fails as it is told.
#[derive(Clone, Debug, Default)]
struct Shared(Arc<SharedState>);

#[derive(Debug, Default)]
struct SharedState {
    store: MemoryStore,
    gets: AtomicUsize,
    commits: AtomicUsize,
    conflicts: AtomicUsize,
    faults: Mutex<Vec<Fault>>,
}

impl Shared {
    fn fail(&self, faults: &[Fault]) {
        self.0.faults.lock().unwrap().extend(faults);
    }

    fn fault(&self, of: &[Fault]) -> Option<Fault> {
        let mut faults = self.0.faults.lock().unwrap();
        let at = faults.iter().position(|fault| of.contains(fault))?;
        Some(faults.remove(at))
    }

    fn gets(&self) -> usize {
        self.0.gets.load(Ordering::SeqCst)
    }
}

impl Store for Shared {
    fn get(&self, keys: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        self.0.gets.fetch_add(1, Ordering::SeqCst);
        match self.fault(&[Fault::Read]) {
            Some(_) => Err(StoreError::failed("connection to db.internal lost")),
            None => self.0.store.get(keys),
        }
    }

    fn list(&self, range: &Range) -> Result<Vec<Entry>, StoreError> {
        self.0.store.list(range)
    }

    fn commit(&self, writes: &[Write]) -> Result<bool, StoreError> {
        self.0.commits.fetch_add(1, Ordering::SeqCst);
        match self.fault(&[Fault::Answer, Fault::Commit, Fault::Refusal]) {
            Some(Fault::Answer) => {
                self.0.store.commit(writes)?;
                Err(StoreError::failed("connection lost"))
            }
            Some(Fault::Refusal) => Err(StoreError::refused("the disk is full; nothing was changed")),
            Some(_) => Err(StoreError::failed("connection lost")),
            None => {
                let applied = self.0.store.commit(writes)?;
                self.0
                    .conflicts
                    .fetch_add(usize::from(!applied), Ordering::SeqCst);
                Ok(applied)
            }
        }
    }
}

fn tokens(store: &Shared, options: Options) -> Tokens<Shared> {
    Tokens::new(store.clone(), options).unwrap()
}

/// Creates a token. Returns its credential and its id.
fn create(tokens: &Tokens<Shared>, input: Json) -> (String, String) {
    let created = tokens.create(input, &admin()).unwrap();
    let id = created.record["id"].as_str().unwrap().to_owned();
    (created.credential.unwrap().reveal().to_owned(), id)
}

fn code(verifier: &Verifier<Shared>, credential: &str) -> Code {
    let any = verifier.requirement(json!(null)).unwrap();
    verifier.verify(credential, &Question::of(&any)).code
}

#[test]
fn edits_that_race_lose_no_change() {
    let store = Shared::default();
    let (_, id) = create(&tokens(&store, options()), input("Race"));
    const EACH: usize = 20;
    thread::scope(|scope| {
        for host in 0..4 {
            let (store, id) = (&store, &id);
            scope.spawn(move || {
                // A host of its own: its turns are not those of the others.
                let tokens = tokens(store, options().deadline(Duration::from_secs(60)));
                for at in 0..EACH {
                    let change = json!({ "tags": [format!("{host}-{at}")] });
                    tokens.edit(id, change, &admin()).unwrap();
                }
            });
        }
    });
    let tokens = tokens(&store, options());
    let record = tokens.get(&id, &admin()).unwrap();
    assert_eq!(record["revision"], 1 + 4 * EACH, "each edit is one revision");
    let check = tokens.verify_audit("org:acme").unwrap();
    assert_eq!(
        (&check["intact"], &check["checked"]),
        (&json!(true), &json!(1 + 4 * EACH))
    );
    assert!(store.0.conflicts.load(Ordering::SeqCst) > 0, "they did race");
}

#[test]
fn threads_of_one_host_take_turns() {
    let store = Shared::default();
    let tokens = tokens(&store, options());
    thread::scope(|scope| {
        for host in 0..4 {
            let tokens = tokens.clone();
            scope.spawn(move || {
                for at in 0..25 {
                    create(&tokens, input(&format!("{host}-{at}")));
                }
            });
        }
    });
    let page = tokens
        .list(json!({ "owner": "org:acme", "limit": 200 }), &admin())
        .unwrap();
    assert_eq!(page["items"].as_array().unwrap().len(), 100);
    assert_eq!(tokens.verify_audit("org:acme").unwrap()["checked"], 100);
}

#[test]
fn a_lost_answer_of_a_commit_is_found_by_reading() {
    let store = Shared::default();
    let tokens = tokens(&store, options());
    store.fail(&[Fault::Answer]);
    let (credential, id) = create(&tokens, input("Once"));
    assert_eq!(code(tokens.verifier(), &credential), Code::Valid);
    let page = tokens.list(json!({ "owner": "org:acme" }), &admin()).unwrap();
    assert_eq!(page["items"].as_array().unwrap().len(), 1, "made once: {page}");
    store.fail(&[Fault::Commit, Fault::Answer]);
    tokens.revoke(&id, json!({}), &admin()).unwrap();
    assert_eq!(tokens.verify_audit("org:acme").unwrap()["checked"], 2);
}

#[test]
fn what_a_database_says_is_the_source_of_an_error_only() {
    let store = Shared::default();
    let tokens = tokens(&store, options().deadline(Duration::from_millis(200)));
    let (credential, id) = create(&tokens, input("One"));
    store.fail(&[Fault::Read; 40]);
    let error = tokens.get(&id, &admin()).unwrap_err();
    assert_eq!(error.code(), "store_unavailable");
    assert!(!error.to_string().contains("db.internal"), "{error}");
    let source = std::error::Error::source(&error)
        .and_then(std::error::Error::source)
        .unwrap();
    assert!(source.to_string().contains("db.internal"));
    assert_eq!(code(tokens.verifier(), &credential), Code::StoreUnavailable);

    store.0.faults.lock().unwrap().clear();
    store.fail(&[Fault::Refusal]);
    let error = tokens.revoke(&id, json!({}), &admin()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "store_unavailable: the disk is full; nothing was changed"
    );
    assert_eq!(code(tokens.verifier(), &credential), Code::Valid);

    store.fail(&[Fault::Commit; 400]);
    let error = tokens.revoke(&id, json!({}), &admin()).unwrap_err();
    assert_eq!(error.code(), "outcome_unknown");
}

#[test]
fn a_read_that_fails_is_repeated() {
    let store = Shared::default();
    let tokens = tokens(&store, options());
    store.fail(&[Fault::Read, Fault::Read]);
    let (credential, _) = create(&tokens, input("One"));
    store.fail(&[Fault::Read]);
    assert_eq!(code(tokens.verifier(), &credential), Code::Valid);
}

#[test]
fn a_verdict_from_the_cache_reads_nothing_and_a_change_is_noticed_within_the_window() {
    let (store, clock) = (Shared::default(), SetClock::new());
    let options = || options().clock(clock.clone()).freshness(Duration::from_secs(5));
    let manager = tokens(&store, options());
    let verifier = Verifier::new(store.clone(), options()).unwrap();
    let (credential, id) = create(&manager, input("Cached"));
    assert_eq!(code(&verifier, &credential), Code::Valid);
    assert_eq!(code(&verifier, &credential), Code::Valid);
    let before = store.gets();
    for _ in 0..100 {
        assert_eq!(code(&verifier, &credential), Code::Valid);
    }
    assert_eq!(store.gets(), before, "all of them are hits");

    manager.revoke(&id, json!({}), &admin()).unwrap();
    assert_eq!(
        code(manager.verifier(), &credential),
        Code::Revoked,
        "its own change"
    );
    clock.advance(4_999);
    assert_eq!(code(&verifier, &credential), Code::Valid, "within the window");
    clock.advance(1);
    assert_eq!(code(&verifier, &credential), Code::Revoked, "after it");

    let (credential, id) = create(&manager, input("Pushed"));
    assert_eq!(
        code(&verifier, &credential),
        Code::Valid,
        "a new token is read at once"
    );
    manager.disable(&id, &admin()).unwrap();
    clock.advance(1_000);
    assert_eq!(code(&verifier, &credential), Code::Valid);
    verifier.invalidate();
    assert_eq!(
        code(&verifier, &credential),
        Code::Disabled,
        "a push ends the window"
    );
    manager.enable(&id, &admin()).unwrap();
    clock.advance(1_000);
    assert_eq!(
        code(&verifier, &credential),
        Code::Valid,
        "a refusal is read again after a second"
    );
}

#[test]
fn the_cached_verdict_is_that_of_the_store() {
    let (store, clock) = (Shared::default(), SetClock::new());
    let cached = tokens(
        &store,
        options().clock(clock.clone()).freshness(Duration::from_secs(5)),
    );
    let fresh = tokens(&store, options().clock(clock.clone()));
    let (old, id) = create(&cached, input("Rotated"));
    let rotated = cached.rotate(&id, json!({ "grace": "1h" }), &admin()).unwrap();
    let new = rotated.credential.unwrap().reveal().to_owned();
    let wrong = format!("{}{}", &old[..27], &new[27..]);
    let send = || json!("mail:send");
    let both = || json!({ "all": ["mail:send", "mail:read"] });
    for advance in [0, 1_000, 2 * 3_600_000, 1_000] {
        clock.advance(advance);
        for _ in 0..3 {
            for credential in [&old, &new, &wrong, &"acme_test_2".to_owned()] {
                for requirement in [send(), both()] {
                    let requirement = cached.requirement(requirement).unwrap();
                    let question = Question::of(&requirement);
                    let verdicts = [&cached, &fresh].map(|tokens| {
                        let mut verdict = serde_json::to_value(tokens.verify(credential, &question)).unwrap();
                        verdict["asOf"] = json!(0);
                        verdict
                    });
                    assert_eq!(verdicts[0], verdicts[1]);
                }
            }
        }
    }
}

#[test]
fn a_limit_is_never_exceeded_by_threads_and_hosts() {
    let store = Shared::default();
    let mut limited = input("Limited");
    limited["limits"] = json!({ "credits": { "amount": 50 } });
    let (credential, _) = create(&tokens(&store, options()), limited);
    let admitted = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let tokens = tokens(&store, options().deadline(Duration::from_secs(60)));
                let send = tokens.requirement(json!("mail:send")).unwrap();
                for _ in 0..20 {
                    let question = Question {
                        consume: Some(1),
                        ..Question::of(&send)
                    };
                    let verdict = tokens.verify(&credential, &question);
                    assert!(
                        matches!(verdict.code, Code::Valid | Code::UsageExceeded),
                        "{verdict:?}"
                    );
                    admitted.fetch_add(usize::from(verdict.valid), Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(admitted.load(Ordering::SeqCst), 50);
}

#[test]
fn a_count_of_unknown_outcome_is_refused_and_not_repeated() {
    let store = Shared::default();
    let tokens = tokens(&store, options());
    let mut limited = input("Limited");
    limited["limits"] = json!({ "credits": { "amount": 3 } });
    let (credential, _) = create(&tokens, limited);
    let send = tokens.requirement(json!("mail:send")).unwrap();
    let count = |consume| Question {
        consume: Some(consume),
        ..Question::of(&send)
    };
    store.fail(&[Fault::Answer]);
    let commits = store.0.commits.load(Ordering::SeqCst);
    assert_eq!(tokens.verify(&credential, &count(1)).code, Code::StoreUnavailable);
    assert_eq!(store.0.commits.load(Ordering::SeqCst), commits + 1);
    assert_eq!(
        tokens.verify(&credential, &count(0)).remaining,
        Some(2),
        "it was counted once"
    );
}

#[test]
fn uses_are_flushed_and_keep_an_idle_token_alive() {
    let (store, clock) = (Shared::default(), SetClock::new());
    let day = 24 * 3_600_000;
    let tokens = tokens(
        &store,
        options().clock(clock.clone()).freshness(Duration::from_secs(5)),
    );
    let mut idle = input("Idle");
    idle["idleAfter"] = json!("2d");
    let (credential, id) = create(&tokens, idle);
    for _ in 0..3 {
        clock.advance(day);
        assert_eq!(code(tokens.verifier(), &credential), Code::Valid);
        assert_eq!(tokens.flush().unwrap().flushed, 1);
    }
    let record = tokens.get(&id, &admin()).unwrap();
    assert_eq!(
        (&record["uses"], &record["lastUsedAt"]),
        (&json!(3), &json!(NOW + 3 * day))
    );
    clock.advance(2 * day);
    assert_eq!(code(tokens.verifier(), &credential), Code::IdleExpired);
    assert_eq!(tokens.flush().unwrap().flushed, 0, "a refusal is no use");
}

#[test]
fn a_store_of_another_deployment_is_refused() {
    let store = Shared::default();
    let (credential, _) = create(&tokens(&store, options()), input("One"));
    let other = Options::new("acme_live", catalog());
    let error = tokens(&store, other.clone())
        .create(input("Two"), &admin())
        .unwrap_err();
    assert!(error.to_string().contains("\"acme_test\""), "{error}");
    let reported = Arc::new(Mutex::new(Vec::new()));
    let report = Arc::clone(&reported);
    let cached = other
        .freshness(Duration::from_secs(5))
        .on_error(move |error, operation| {
            report.lock().unwrap().push(format!("{operation}: {error}"));
        });
    let verdict = code(
        tokens(&store, cached).verifier(),
        &credential.replacen("test", "live", 1),
    );
    assert_eq!(verdict, Code::StoreUnavailable);
    assert!(reported.lock().unwrap()[0].starts_with("verify: store_unavailable: the store is another"));
}

#[test]
fn minted_and_bulk_calls() {
    let store = Shared::default();
    let tokens = tokens(&store, options());
    let minted = tokens.mint(None).unwrap();
    let mut with_digest = input("Minted");
    let members = minted.input.as_object().unwrap().clone();
    with_digest.as_object_mut().unwrap().extend(members);
    let created = tokens.create(with_digest, &admin()).unwrap();
    assert!(created.credential.is_none());
    assert_eq!(code(tokens.verifier(), minted.credential.reveal()), Code::Valid);
    let session = tokens
        .exchange(minted.credential.reveal(), json!({ "expiresIn": "10m" }))
        .unwrap();
    assert_eq!(session.record["kind"], "session");

    for at in 0..120 {
        create(&tokens, input(&format!("Bulk {at}")));
    }
    let report = tokens
        .revoke_all(
            json!({ "owner": "org:acme" }),
            json!({ "reason": "offboarded" }),
            &admin(),
        )
        .unwrap();
    assert_eq!(report.ids.len(), 121, "a session ends with its parent");
    let explained = tokens
        .explain(
            minted.credential.reveal(),
            &Question::of(&tokens.requirement(json!("mail:read")).unwrap()),
        )
        .unwrap();
    assert_eq!(explained["code"], "revoked");
    assert_eq!(
        tokens.resolve(json!({ "add": ["mail:*"] })).unwrap()["permissions"],
        json!(["mail:read", "mail:send"])
    );
    let suggested = tokens.suggest(&["mail:send", "mail:read"]).unwrap();
    assert_eq!(suggested["add"][0]["gives"], json!(["mail:read"]), "{suggested}");
    let error = tokens.create(json!({ "kind": "kee" }), &admin()).unwrap_err();
    assert!(
        error.problems().iter().any(|problem| problem.path == "name"),
        "{error}"
    );
}

/// A store whose calls may never be answered.
#[derive(Debug, Default)]
struct Hanging {
    store: Blocking<MemoryStore>,
    reads_hang: AtomicBool,
    commits_hang: AtomicBool,
}

impl AsyncStore for Hanging {
    async fn get(&self, keys: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        if self.reads_hang.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        AsyncStore::get(&self.store, keys).await
    }

    async fn list(&self, range: &Range) -> Result<Vec<Entry>, StoreError> {
        AsyncStore::list(&self.store, range).await
    }

    async fn commit(&self, writes: &[Write]) -> Result<bool, StoreError> {
        if self.commits_hang.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        AsyncStore::commit(&self.store, writes).await
    }

    async fn sleep(&self, time: Duration) {
        self.store.sleep(time).await;
    }
}

/// Runs a future on this thread.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return done;
        }
        thread::park();
    }
}

#[test]
fn a_store_that_never_answers_ends_with_the_deadline() {
    let deadline = Duration::from_millis(300);
    let tokens = AsyncTokens::new(Hanging::default(), options().deadline(deadline)).unwrap();
    let created = block_on(tokens.create(input("One"), &admin())).unwrap();
    let credential = created.credential.unwrap().reveal().to_owned();
    let id = created.record["id"].as_str().unwrap();
    let store = tokens.verifier().store();

    store.commits_hang.store(true, Ordering::SeqCst);
    let began = std::time::Instant::now();
    let error = block_on(tokens.revoke(id, json!({}), &admin())).unwrap_err();
    assert_eq!(error.code(), "outcome_unknown");
    assert!(
        began.elapsed() >= deadline,
        "it has tried to find out: {:?}",
        began.elapsed()
    );

    store.reads_hang.store(true, Ordering::SeqCst);
    let any = tokens.verifier().requirement(json!(null)).unwrap();
    let verdict = block_on(tokens.verify(&credential, &Question::of(&any)));
    assert_eq!(verdict.code, Code::StoreUnavailable);
    assert_eq!(
        block_on(tokens.get(id, &admin())).unwrap_err().code(),
        "store_unavailable"
    );

    store.reads_hang.store(false, Ordering::SeqCst);
    store.commits_hang.store(false, Ordering::SeqCst);
    let verdict = block_on(tokens.verify(&credential, &Question::of(&any)));
    assert_eq!(verdict.code, Code::Valid, "the commit was never applied");
}

/// A server shares one between its threads.
#[test]
fn hosts_are_shared_by_threads() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<Tokens<Shared>>();
    shared::<Verifier<Shared>>();
    shared::<leastkey::driver::Tokens<leastkey::driver::Blocking<Shared>>>();
    shared::<leastkey::driver::Verdict>();
}
