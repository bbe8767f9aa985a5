#![doc = include_str!("../README.md")]

mod connect;
mod schema;
mod watch;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use leastkey::driver::{
    AsyncStore, Clock, Entry, StoreError, SystemClock, check_keys, check_range, check_writes, range_bounds,
};
use leastkey::storage::plan::{Range, Write};
use serde_json::{Map, Value as Json};
use tokio::sync::{Mutex, OnceCell, Semaphore};
use tokio_postgres::error::{DbError, Severity};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, Row, Socket};

pub use watch::Watch;

use connect::{Connect, Connection, connector};
use schema::{Facts, Names, STANDBY};

/// How many connections a store opens at most.
const CONNECTIONS: usize = 8;

/// A store in PostgreSQL, for any number of processes and machines.
///
/// A commit is one call of a function, in one transaction: an acknowledged change is on the disk,
/// and on the synchronous standbys if there are any. The JavaScript package's `postgresStore` has
/// the same table. It opens at most eight connections, when they are needed, and another one where
/// one was lost. Calls have to be made in a Tokio runtime.
///
/// The first call checks the database, and refuses a standby, another encoding than UTF-8, another
/// isolation level, a table of another program or of a newer version.
pub struct PostgresStore {
    connect: Arc<Connect>,
    /// The connections that no call uses.
    idle: Mutex<Vec<Client>>,
    room: Semaphore,
    names: Names,
    facts: OnceCell<Facts>,
    durable: bool,
    /// Whether commits that change the feed notify those who listen.
    pushes: bool,
    clock: Arc<dyn Clock>,
    statements: Statements,
}

struct Statements {
    get: String,
    list: String,
    commit: String,
    commit_and_push: String,
}

impl fmt::Debug for PostgresStore {
    /// Without the settings of the connection, which may have a password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = &self.names.shown;
        formatter
            .debug_struct("PostgresStore")
            .field("table", table)
            .finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// A store in the table `public.leastkey_entries`. Nothing is connected before the first call.
    pub fn new<T>(config: Config, tls: T) -> PostgresStore
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let names = Names::default();
        PostgresStore {
            connect: connector(config, tls),
            idle: Mutex::default(),
            room: Semaphore::new(CONNECTIONS),
            statements: Statements::of(&names),
            names,
            facts: OnceCell::new(),
            durable: false,
            pushes: false,
            clock: Arc::new(SystemClock::default()),
        }
    }

    /// The same store in another table. The schema must exist.
    ///
    /// # Errors
    /// For a name that is not 1 to 48 letters, digits and `_`, not beginning with a digit.
    pub fn table(mut self, schema: &str, table: &str) -> Result<PostgresStore, StoreError> {
        self.names = Names::new(schema, table)?;
        self.statements = Statements::of(&self.names);
        Ok(self)
    }

    /// The service keeps acknowledged commits by a log of its own, although `fsync` is off.
    #[must_use]
    pub fn durable(mut self) -> PostgresStore {
        self.durable = true;
        self
    }

    /// Commits that verifiers have to notice notify those who listen: processes of this crate by
    /// [`PostgresStore::watch`], and of the JavaScript package. It is `push: true` of its
    /// `postgresStore`.
    #[must_use]
    pub fn push(mut self) -> PostgresStore {
        self.pushes = true;
        self
    }

    /// The clock by which expired keys are dropped. Give it the clock of the options.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> PostgresStore {
        self.clock = Arc::new(clock);
        self
    }

    /// Creates the table and its function, or brings them up to this version. It may run twice, and
    /// in several processes at once.
    ///
    /// # Errors
    /// When the role may not, or the table is of another program or a newer version.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let migration = self.names.migration();
        self.query(&migration, &[]).await.map(drop)
    }

    /// Calls `push` when another process, in any language, has changed something that verifiers have
    /// to notice; end it by dropping the answer. It keeps a connection of its own.
    ///
    /// A lost connection is opened again after a second, and then counts as a push. Until then the
    /// freshness window holds, as without pushes: they only end it early. A verifier reads the feed
    /// for them once in a tenth of its window at most.
    ///
    /// ```no_run
    /// # use leastkey::driver::Tokens;
    /// # use leastkey_postgres::{PostgresStore, Watch};
    /// # async fn of_a_host(tokens: &Tokens<PostgresStore>) -> Result<Watch, leastkey::driver::StoreError> {
    /// let verifier = tokens.verifier().clone();
    /// let store = tokens.verifier().store();
    /// let watch = store.watch(move || verifier.invalidate()).await?;
    /// # Ok(watch)
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it cannot begin to listen.
    pub async fn watch(&self, push: impl Fn() + Send + Sync + 'static) -> Result<Watch, StoreError> {
        let connect = Arc::clone(&self.connect);
        let begun = Watch::begin(connect, &self.names.channel, Arc::new(push)).await;
        begun.map_err(|error| self.error(error))
    }

    /// Reads the settings and rights of the database, as the first call does.
    async fn facts(&self) -> Result<&Facts, StoreError> {
        let read = || async {
            let rows = self.query(&self.names.facts_query(), &[]).await?;
            let row = rows
                .first()
                .ok_or_else(|| StoreError::failed("PostgreSQL answered no row"))?;
            let facts = Facts::of(row).map_err(StoreError::failed)?;
            facts.check(&self.names, self.durable)?;
            Ok(facts)
        };
        self.facts.get_or_try_init(read).await
    }

    async fn query(&self, text: &str, values: &[&str]) -> Result<Vec<Row>, StoreError> {
        let _room = self.room.acquire().await.map_err(StoreError::failed)?;
        let pooled = self.idle.lock().await.pop().filter(|client| !client.is_closed());
        let client = match pooled {
            Some(client) => client,
            None => {
                let connected = (self.connect)(None).await;
                let Connection { client, .. } = connected.map_err(|error| self.error(error))?;
                client
            }
        };
        // A call that is cut off drops its connection: the answer of another one must not be its.
        let typed: Vec<(&(dyn ToSql + Sync), Type)> = values
            .iter()
            .map(|value| (value as &(dyn ToSql + Sync), Type::TEXT))
            .collect();
        let answered = client.query_typed(text, &typed).await;
        if !client.is_closed() {
            self.idle.lock().await.push(client);
        }
        answered.map_err(|error| self.error(error))
    }

    /// Rows that tell whether the server is a standby: it can become one while a client is
    /// connected through a proxy.
    async fn read(&self, text: &str, values: &[&str]) -> Result<Vec<Row>, StoreError> {
        self.facts().await?;
        let rows = self.query(text, values).await?;
        for row in &rows {
            if row.try_get("standby").map_err(StoreError::failed)? {
                return Err(StoreError::refused(format!("PostgreSQL: {STANDBY}")));
            }
        }
        Ok(rows)
    }

    /// Says of a statement that the server refused that nothing was changed. The words of the
    /// server may quote values; they are for the log of the host.
    fn error(&self, error: tokio_postgres::Error) -> StoreError {
        let Some(answered) = error.as_db_error().filter(|answered| is_refusal(answered)) else {
            return StoreError::failed(error);
        };
        let reason = self.names.reason(answered.code().code());
        StoreError::Refused {
            message: format!(
                "PostgreSQL: {}; nothing was changed",
                reason.as_deref().unwrap_or("the database refused the statement")
            ),
            source: Some(error.into()),
        }
    }
}

/// Whether the server says with certainty that the transaction was not committed: not if the
/// connection ended, or the server shut down.
fn is_refusal(answered: &DbError) -> bool {
    let state = answered.code().code();
    let is_error = answered.parsed_severity() == Some(Severity::Error);
    is_error && !state.starts_with("08") && !state.starts_with("57P")
}

impl Statements {
    fn of(names: &Names) -> Statements {
        let Names {
            table,
            commit,
            channel,
            ..
        } = names;
        Statements {
            get: format!(
                "SELECT e.value, pg_is_in_recovery() AS standby
                 FROM jsonb_array_elements_text($1::text::jsonb) WITH ORDINALITY AS asked (key, at)
                 LEFT JOIN {table} AS e ON e.key = asked.key COLLATE \"C\" ORDER BY asked.at"
            ),
            list: format!(
                "SELECT e.key, e.value, one.standby
                 FROM (SELECT pg_is_in_recovery() AS standby) AS one LEFT JOIN LATERAL (
                   SELECT key, value FROM {table}
                   WHERE key >= $1::text AND key < $2::text ORDER BY key LIMIT $3::text::int
                 ) AS e ON true ORDER BY e.key"
            ),
            commit: format!("SELECT {commit}($1::text::jsonb, $2::text::bigint) AS applied"),
            // In the same transaction, so that it is delivered when the commit is visible.
            commit_and_push: format!(
                "SELECT applied, CASE WHEN applied THEN pg_notify('{channel}', '')::text END
                 FROM (SELECT {commit}($1::text::jsonb, $2::text::bigint) AS applied OFFSET 0) AS done"
            ),
        }
    }
}

impl AsyncStore for PostgresStore {
    async fn get(&self, keys: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        check_keys(keys)?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let asked = Json::from(keys).to_string();
        let rows = self.read(&self.statements.get, &[&asked]).await?;
        let values = rows.iter().map(|row| row.try_get("value"));
        values.collect::<Result<_, _>>().map_err(StoreError::failed)
    }

    async fn list(&self, range: &Range) -> Result<Vec<Entry>, StoreError> {
        check_range(range)?;
        let (from, before) = range_bounds(range);
        let rows = self
            .read(&self.statements.list, &[&from, &before, &range.limit.to_string()])
            .await?;
        let mut entries = Vec::new();
        for row in rows {
            let key: Option<String> = row.try_get("key").map_err(StoreError::failed)?;
            // A range without entries is one row without a key.
            if let Some(key) = key {
                entries.push((key, row.try_get("value").map_err(StoreError::failed)?));
            }
        }
        Ok(entries)
    }

    async fn commit(&self, writes: &[Write]) -> Result<bool, StoreError> {
        check_writes(writes)?;
        self.facts().await?.check_writable(&self.names)?;
        let Statements {
            commit,
            commit_and_push,
            ..
        } = &self.statements;
        // Verifiers have to notice a change of the feed.
        let changes_feed = |write: &Write| write.value.is_some() && write.key.starts_with("feed/");
        let statement = match self.pushes && writes.iter().any(changes_feed) {
            true => commit_and_push,
            false => commit,
        };
        let writes = Json::Array(writes.iter().map(item).collect()).to_string();
        let now = self.clock.now().to_string();
        let rows = self.query(statement, &[&writes, &now]).await?;
        let row = rows
            .first()
            .ok_or_else(|| StoreError::failed("PostgreSQL answered no row"))?;
        row.try_get("applied").map_err(StoreError::failed)
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// A write as the function takes it: what is absent has no member.
fn item(write: &Write) -> Json {
    let mut item = Map::new();
    item.insert("key".to_owned(), Json::from(write.key.as_str()));
    for (name, value) in [("expect", &write.expect), ("value", &write.value)] {
        if let Some(value) = value {
            item.insert(name.to_owned(), Json::from(value.as_deref()));
        }
    }
    if let Some(at) = write.expires_at {
        item.insert("expiresAt".to_owned(), Json::from(at.millis()));
    }
    Json::Object(item)
}
