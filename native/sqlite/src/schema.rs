//! The tables of a file: the same as those of js/stores/sqlite-schema.ts.

use std::time::{Duration, Instant};

use leastkey::driver::StoreError;
use rusqlite::{Connection, ErrorCode};

use crate::refused;

/// Marks the file as Leastkey's ("LKey" in ASCII), so that another program's database is never
/// written to.
const APPLICATION_ID: i64 = 0x4c4b_6579;
const SCHEMA_VERSION: i64 = 1;

/// Of a new file. SQLite moves a row that takes more than a quarter of a page to a page of its own.
const PAGE_BYTES: u32 = 8_192;

const TABLES: &str = "
  CREATE TABLE entries (
    key TEXT NOT NULL PRIMARY KEY COLLATE BINARY,
    value TEXT NOT NULL,
    expires_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX entries_expiring ON entries (expires_at) WHERE expires_at IS NOT NULL;
";

/// Makes an opened file ready: durable, shared and of the schema that this version knows.
pub(crate) fn prepare(connection: &Connection, busy_timeout: Duration) -> Result<(), StoreError> {
    let unusable = |error: rusqlite::Error| refused("the database file cannot be used", error);
    connection.busy_timeout(busy_timeout).map_err(unusable)?;
    let fresh = is_fresh(connection)?;
    if fresh {
        // Has no effect on a file that has pages already.
        connection
            .execute_batch(&format!("PRAGMA page_size = {PAGE_BYTES}"))
            .map_err(unusable)?;
    }
    use_write_ahead_log(connection, busy_timeout)?;
    connection
        .execute_batch("PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;")
        .map_err(unusable)?;
    if !fresh {
        // A read-only file opens like any other: find out now, and not at the first revocation.
        return connection
            .execute_batch("BEGIN IMMEDIATE; ROLLBACK;")
            .map_err(unusable);
    }
    // Several processes may find the file empty at once: one creates the tables.
    connection.execute_batch("BEGIN IMMEDIATE").map_err(unusable)?;
    let created = is_fresh(connection).and_then(|fresh| {
        let marks =
            format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};");
        let tables = if fresh {
            format!("{TABLES}{marks}")
        } else {
            String::new()
        };
        connection
            .execute_batch(&format!("{tables}COMMIT;"))
            .map_err(unusable)
    });
    if created.is_err() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    created
}

/// Whether the file is new. Only reads, so that a foreign file stays as it is.
fn is_fresh(connection: &Connection) -> Result<bool, StoreError> {
    let marks = "SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema)
                 FROM pragma_user_version, pragma_application_id";
    let found = connection.query_row(marks, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let found: (i64, i64, i64) = found.map_err(|error| refused("the file is no database", error))?;
    match found {
        (SCHEMA_VERSION, APPLICATION_ID, _) => Ok(false),
        (_, APPLICATION_ID, _) => Err(StoreError::refused(
            "the database file was written by a newer Leastkey: update leastkey-sqlite",
        )),
        (0, 0, 0) => Ok(true),
        _ => Err(StoreError::refused(
            "the file is the database of another program; give Leastkey a file of its own",
        )),
    }
}

/// Changing the journal needs the file alone for a moment, and SQLite does not wait for that by
/// itself.
fn use_write_ahead_log(connection: &Connection, busy_timeout: Duration) -> Result<(), StoreError> {
    let deadline = Instant::now() + busy_timeout;
    loop {
        let mode = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
        match mode {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(_) => {
                return Err(StoreError::refused(
                    "this file system has no shared memory, which a write-ahead log needs; use a local disk",
                ));
            }
            Err(error) => {
                let code = error.sqlite_error_code();
                let is_busy = matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked));
                if !is_busy || Instant::now() >= deadline {
                    return Err(refused("the database file cannot be used", error));
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}
