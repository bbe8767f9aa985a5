//! The storage contract on a SQLite file.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use leastkey::driver::{Store, StoreError};
use leastkey::storage::plan::{Range, Write};
use leastkey_sqlite::SqliteStore;

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "leastkey-sqlite-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::SeqCst)
        );
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        Folder(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("tokens.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn put(key: &str, value: &str) -> Write {
    Write {
        expect: None,
        ..Write::create(key.to_owned(), value.to_owned())
    }
}

fn get(store: &SqliteStore, key: &str) -> Option<String> {
    store.get(&[key.to_owned()]).unwrap().remove(0)
}

#[test]
fn a_commit_is_whole_or_nothing() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).unwrap();
    assert!(
        store
            .commit(&[Write::create("a".into(), "1".into()), put("b", "é \u{1f469}")])
            .unwrap()
    );
    assert!(
        !store
            .commit(&[put("b", "2"), Write::create("a".into(), "2".into())])
            .unwrap()
    );
    let keys = ["b", "c", "a", "b"].map(str::to_owned);
    let values = [
        "é \u{1f469}".to_owned().into(),
        None,
        "1".to_owned().into(),
        "é \u{1f469}".to_owned().into(),
    ];
    assert_eq!(store.get(&keys).unwrap(), values);
    assert!(
        store
            .commit(&[Write::assert("a".into(), Some("1")), Write::delete("b".into())])
            .unwrap()
    );
    assert!(
        !store
            .commit(&[Write::assert("a".into(), Some("")), put("c", "1")])
            .unwrap()
    );
    assert_eq!((get(&store, "b"), get(&store, "c")), (None, None));
    assert!(matches!(store.commit(&[]), Err(StoreError::Refused { .. })));
    assert!(matches!(
        store.commit(&[put("é", "1")]),
        Err(StoreError::Refused { .. })
    ));
}

#[test]
fn a_list_is_in_byte_order_after_a_key() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).unwrap();
    for key in ["p/a", "p/B", "p/a b", "p/~", "p0", "o"] {
        store.commit(&[put(key, key)]).unwrap();
    }
    let list = |after: Option<&str>, limit| {
        let range = Range {
            prefix: "p/".to_owned(),
            after: after.map(str::to_owned),
            limit,
        };
        let entries = store.list(&range).unwrap();
        entries.into_iter().map(|(key, _)| key).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 10), ["p/B", "p/a", "p/a b", "p/~"]);
    assert_eq!(list(Some("p/a"), 1), ["p/a b"]);
}

#[test]
fn writers_that_race_lose_no_change() {
    let folder = Folder::new();
    SqliteStore::open(folder.file()).unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let store = SqliteStore::open(folder.file()).unwrap();
                for _ in 0..50 {
                    loop {
                        let read = get(&store, "counter");
                        let next = read.as_deref().unwrap_or("0").parse::<u32>().unwrap() + 1;
                        let write = Write::replace("counter".into(), read.as_deref(), next.to_string());
                        if store.commit(&[write]).unwrap() {
                            break;
                        }
                    }
                }
            });
        }
    });
    let store = SqliteStore::open(folder.file()).unwrap();
    assert_eq!(get(&store, "counter").as_deref(), Some("200"));
}

#[test]
fn a_file_of_another_program_is_left_alone() {
    let folder = Folder::new();
    std::fs::write(folder.file(), "no database, but a text of some length").unwrap();
    assert!(SqliteStore::open(folder.file()).is_err());
    assert_eq!(std::fs::read(folder.file()).unwrap().len(), 38);
    assert!(SqliteStore::open(folder.0.join("missing/tokens.db")).is_err());
}

#[cfg(unix)]
#[test]
fn a_file_is_its_owners_and_a_moved_one_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).unwrap();
    let mode = std::fs::metadata(folder.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    store.commit(&[put("a", "1")]).unwrap();
    std::fs::rename(folder.file(), folder.0.join("moved.db")).unwrap();
    let refused = store.commit(&[put("a", "2")]).unwrap_err();
    assert!(refused.to_string().contains("deleted or replaced"), "{refused}");
}
