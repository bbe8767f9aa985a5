//! The table and the function of the store, and what is checked of a database: the same as those of
//! js/stores/postgres-schema.ts.

use leastkey::driver::StoreError;
use tokio_postgres::Row;

/// Rises with a change of the table or the function.
const SCHEMA_VERSION: u32 = 1;

/// Marks the table as Leastkey's, with its version.
const MARK: &str = "leastkey store ";

/// The longest name, in characters.
const MAX_NAME: usize = 48;

pub(crate) const STANDBY: &str =
    "this server is a standby, where a revocation may not have arrived yet; connect to the primary";

const MIGRATE: &str = "call migrate() of the store once, as a role that may create tables";

/// The names of a store's objects, quoted.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) table: String,
    pub(crate) commit: String,
    /// The table without quotes, for messages.
    pub(crate) shown: String,
    /// The channel of its notifications.
    pub(crate) channel: String,
}

impl Default for Names {
    fn default() -> Names {
        Names::quoted("public", "leastkey_entries")
    }
}

impl Names {
    pub(crate) fn new(schema: &str, table: &str) -> Result<Names, StoreError> {
        let is_name = |name: &str| {
            let first = name
                .bytes()
                .next()
                .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
            first
                && name.len() <= MAX_NAME
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_$".contains(&byte))
        };
        if is_name(schema) && is_name(table) {
            return Ok(Names::quoted(schema, table));
        }
        Err(StoreError::refused(format!(
            "schema and table: expected names of 1 to {MAX_NAME} letters, digits and _, not beginning with a digit"
        )))
    }

    fn quoted(schema: &str, table: &str) -> Names {
        Names {
            table: format!("\"{schema}\".\"{table}\""),
            commit: format!("\"{schema}\".\"{table}_commit\""),
            shown: format!("{schema}.{table}"),
            channel: format!("{table}_changed"),
        }
    }

    /// One statement, so one transaction. A lock lets one process at a time do it, and what exists
    /// is left alone.
    pub(crate) fn migration(&self) -> String {
        let text = include_str!("migration.sql");
        text.replace("{table}", &self.table)
            .replace("{commit}", &self.commit)
            .replace("{shown}", &self.shown)
    }

    pub(crate) fn facts_query(&self) -> String {
        let text = include_str!("facts.sql");
        text.replace("{table}", &self.table)
            .replace("{commit}", &self.commit)
    }

    /// The reason of a refusal, by its SQLSTATE.
    pub(crate) fn reason(&self, state: &str) -> Option<String> {
        let shown = &self.shown;
        Some(match state {
            "LK001" => format!("{shown} is the table of another program; give another schema or table"),
            "LK002" => format!("{shown} was made by a newer version of Leastkey: update leastkey-postgres"),
            "LK003" => isolation_message("the role"),
            "25006" => STANDBY.to_owned(),
            "3F000" => format!("there is no schema for {shown}; create it first"),
            "42501" => format!(
                "the role may not do this with {shown}, or may not create a table in its schema; GRANT it the rights"
            ),
            "53100" => "the disk of the database is full".to_owned(),
            "42P01" | "42883" => format!("{shown} or its function is gone; call migrate() of the store"),
            _ => return None,
        })
    }
}

fn isolation_message(role: &str) -> String {
    format!(
        "default_transaction_isolation is not read committed, under which a commit compares with an old snapshot; ALTER ROLE {role} SET default_transaction_isolation = 'read committed'"
    )
}

/// What a database tells of itself.
#[derive(Debug)]
pub(crate) struct Facts {
    standby: bool,
    server_encoding: String,
    isolation: String,
    fsync: String,
    role: String,
    /// `p`: its changes are logged.
    persistence: Option<String>,
    mark: Option<String>,
    reads: bool,
    writes: bool,
    executes: Option<bool>,
}

impl Facts {
    pub(crate) fn of(row: &Row) -> Result<Facts, tokio_postgres::Error> {
        Ok(Facts {
            standby: row.try_get("standby")?,
            server_encoding: row.try_get("server_encoding")?,
            isolation: row.try_get("isolation")?,
            fsync: row.try_get("fsync")?,
            role: row.try_get("role")?,
            persistence: row.try_get("persistence")?,
            mark: row.try_get("mark")?,
            reads: row.try_get::<_, Option<bool>>("reads")?.unwrap_or_default(),
            writes: row.try_get::<_, Option<bool>>("writes")?.unwrap_or_default(),
            executes: row.try_get("executes")?,
        })
    }

    /// Refuses a database that would break a promise of the storage contract.
    pub(crate) fn check(&self, names: &Names, durable: bool) -> Result<(), StoreError> {
        let Names { shown, table, .. } = names;
        let version = self
            .mark
            .as_deref()
            .and_then(|mark| mark.strip_prefix(MARK)?.parse::<u32>().ok());
        let wrong = if self.standby {
            STANDBY.to_owned()
        } else if self.server_encoding != "UTF8" {
            let encoding = &self.server_encoding;
            format!(
                "the database has the encoding {encoding}, which cannot keep every text; create one with ENCODING 'UTF8' TEMPLATE template0"
            )
        } else if self.isolation != "read committed" {
            isolation_message(&self.role)
        } else if self.fsync != "on" && !durable {
            "fsync is off, so a power cut undoes acknowledged revocations; set fsync = on. If the service keeps its log elsewhere, call durable()".to_owned()
        } else if self.persistence.is_none() {
            format!("there is no table {shown} yet; {MIGRATE}")
        } else if version.is_none() {
            format!("{shown} is the table of another program; give another schema or table")
        } else if version > Some(SCHEMA_VERSION) {
            format!("{shown} was made by a newer version of Leastkey: update leastkey-postgres")
        } else if version < Some(SCHEMA_VERSION) || self.executes.is_none() {
            format!("{shown} was made by an older version of Leastkey; {MIGRATE}")
        } else if self.persistence.as_deref() != Some("p") {
            format!("{shown} is not logged, so a crash empties it; ALTER TABLE {table} SET LOGGED")
        } else if !self.reads {
            format!(
                "the role {} may not read {shown}; GRANT SELECT ON {table}",
                self.role
            )
        } else {
            return Ok(());
        };
        Err(StoreError::refused(format!("PostgreSQL: {wrong}")))
    }

    /// Refuses a role that may read only. Verification needs no more than that.
    pub(crate) fn check_writable(&self, names: &Names) -> Result<(), StoreError> {
        if self.writes && self.executes == Some(true) {
            return Ok(());
        }
        let Names {
            shown, table, commit, ..
        } = names;
        Err(StoreError::refused(format!(
            "PostgreSQL: the role {} may not write {shown}; GRANT SELECT, INSERT, UPDATE, DELETE ON {table}, GRANT EXECUTE ON FUNCTION {commit}; nothing was changed",
            self.role
        )))
    }
}
