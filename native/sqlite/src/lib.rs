#![doc = include_str!("../README.md")]

mod file;
mod schema;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use leastkey::driver::{
    Clock, Entry, Store, StoreError, SystemClock, check_keys, check_range, check_writes, range_bounds,
};
use leastkey::storage::plan::{Range, Write};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};

use file::FileId;

/// The most expired keys that one commit deletes.
const SWEEP: u32 = 64;

/// How long a call waits for another process that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How often reads check whether the file was moved.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

const MOVED: &str = "the database file was deleted or replaced while this process had it open";

/// A store in one SQLite file, for one process or several on the same machine.
///
/// What was acknowledged survives a killed process and a power cut: the journal is a write-ahead
/// log with `synchronous=FULL`. The file must lie on a local disk. The JavaScript package's
/// `sqliteStore` has the same file.
///
/// Calls of one `SqliteStore` take turns on one connection. While another process writes, a commit
/// holds its thread, at most five seconds.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Mutex<Connection>,
    file: PathBuf,
    id: Option<FileId>,
    /// When a read last found the file in its place.
    checked: Mutex<Option<Instant>>,
    clock: Arc<dyn Clock>,
}

impl SqliteStore {
    /// Opens a file. It is created if it is missing, for its owner alone; its folder must exist.
    ///
    /// # Errors
    /// When the file cannot be opened or written, is no database, or belongs to another program or
    /// to a newer Leastkey. A file that is refused is left as it was.
    pub fn open(path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        SqliteStore::open_with(path, SystemClock::default())
    }

    /// Opens a file, and drops expired keys by this clock. Give it the clock of the options.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn open_with(path: impl AsRef<Path>, clock: impl Clock + 'static) -> Result<SqliteStore, StoreError> {
        let file = path.as_ref().to_path_buf();
        let unusable = |error: rusqlite::Error| refused("the database file cannot be used", error);
        file::create_for_owner(&file)?;
        let connection = Connection::open(&file).map_err(unusable)?;
        schema::prepare(&connection, BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(16);
        Ok(SqliteStore {
            id: FileId::of(&file),
            connection: Mutex::new(connection),
            file,
            checked: Mutex::default(),
            clock: Arc::new(clock),
        })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A transaction that a panic cut off is rolled back when it is dropped.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_in_place(&self) -> bool {
        FileId::of(&self.file) == self.id
    }

    /// Refuses reads of a file that is no longer there: other processes would write another one.
    fn check_place(&self) -> Result<(), StoreError> {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if checked.is_some_and(|at| at.elapsed() < CHECK_INTERVAL) {
            return Ok(());
        }
        if !self.is_in_place() {
            return Err(StoreError::refused(format!("{MOVED}; open the store again")));
        }
        *checked = Some(Instant::now());
        Ok(())
    }

    /// Compares and writes, in a transaction that is kept only if it is answered with `true`.
    fn apply(&self, connection: &Connection, writes: &[Write]) -> rusqlite::Result<bool> {
        let mut one = connection.prepare_cached("SELECT value FROM entries WHERE key = ?")?;
        for Write { key, expect, .. } in writes {
            let Some(expect) = expect else { continue };
            let stored: Option<String> = one.query_row([key], |row| row.get(0)).optional()?;
            if stored != *expect {
                return Ok(false);
            }
        }
        let mut put = connection.prepare_cached(
            "INSERT INTO entries (key, value, expires_at) VALUES (?, ?, ?)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
        )?;
        let mut remove = connection.prepare_cached("DELETE FROM entries WHERE key = ?")?;
        for write in writes {
            match &write.value {
                None => {}
                Some(None) => drop(remove.execute([&write.key])?),
                Some(Some(value)) => {
                    let expires_at = write
                        .expires_at
                        .map(|at| i64::try_from(at.millis()).unwrap_or(i64::MAX));
                    put.execute(params![write.key, value, expires_at])?;
                }
            }
        }
        let mut sweep = connection.prepare_cached(
            "DELETE FROM entries WHERE key IN
             (SELECT key FROM entries WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)",
        )?;
        let now = i64::try_from(self.clock.now()).unwrap_or(i64::MAX);
        sweep.execute(params![now, SWEEP])?;
        Ok(true)
    }
}

impl Store for SqliteStore {
    fn get(&self, keys: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        check_keys(keys)?;
        self.check_place()?;
        let connection = self.connection();
        let read = || {
            // One statement, so that the values are of one moment.
            let mut several = connection.prepare_cached(
                "SELECT e.value FROM json_each(?) AS asked LEFT JOIN entries AS e ON e.key = asked.value ORDER BY asked.key",
            )?;
            let rows = several.query_map([serde_json::Value::from(keys).to_string()], |row| row.get(0))?;
            rows.collect::<rusqlite::Result<Vec<Option<String>>>>()
        };
        read().map_err(StoreError::failed)
    }

    fn list(&self, range: &Range) -> Result<Vec<Entry>, StoreError> {
        check_range(range)?;
        self.check_place()?;
        let connection = self.connection();
        let read = || {
            let mut listed = connection.prepare_cached(
                "SELECT key, value FROM entries WHERE key >= ? AND key < ? ORDER BY key LIMIT ?",
            )?;
            let (from, before) = range_bounds(range);
            let rows = listed.query_map(params![from, before, range.limit], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<Entry>>>()
        };
        read().map_err(StoreError::failed)
    }

    fn commit(&self, writes: &[Write]) -> Result<bool, StoreError> {
        check_writes(writes)?;
        let connection = self.connection();
        let unchanged = |error: rusqlite::Error| refused(reason(&error), error);
        connection.execute_batch("BEGIN IMMEDIATE").map_err(unchanged)?;
        if !self.is_in_place() {
            let _ = connection.execute_batch("ROLLBACK");
            return Err(StoreError::refused(format!(
                "{MOVED}; nothing was changed; open the store again"
            )));
        }
        match self.apply(&connection, writes) {
            Ok(true) => {}
            Ok(false) => {
                let _ = connection.execute_batch("ROLLBACK");
                return Ok(false);
            }
            Err(error) => {
                let _ = connection.execute_batch("ROLLBACK");
                return Err(unchanged(error));
            }
        }
        if let Err(error) = connection.execute_batch("COMMIT") {
            // If there is a transaction left to roll back, nothing was applied. Else it is unknown.
            return Err(match connection.execute_batch("ROLLBACK") {
                Ok(()) => unchanged(error),
                Err(_) => StoreError::failed(error),
            });
        }
        if self.is_in_place() {
            return Ok(true);
        }
        // Also unknown: the change is in a file that the next process does not open.
        Err(StoreError::failed(MOVED))
    }
}

impl Drop for SqliteStore {
    /// Moves the write-ahead log into the one file, as far as that is possible without waiting for
    /// other connections.
    fn drop(&mut self) {
        let connection = self.connection();
        let _ = connection.execute_batch("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE);");
    }
}

/// The message may reach a client; SQLite's own words are for the log of the host.
fn refused(message: &str, error: rusqlite::Error) -> StoreError {
    StoreError::Refused {
        message: format!("{message}; nothing was changed"),
        source: Some(error.into()),
    }
}

fn reason(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) => {
            "the disk of the database is full, or takes no more of this process"
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another process kept the database locked"
        }
        _ => "the database cannot be written",
    }
}
