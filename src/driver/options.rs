//! The options of a deployment's host.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::clock::{Clock, SystemClock, Times};
use super::entropy::{EntropySource, SystemEntropy};
use super::error::Error;
use crate::codec::json::Value;
use crate::deployment::Deployment;
use crate::verify::cache::CAPACITY;

/// The longest duration of one call, unless the options say another.
const DEADLINE: Duration = Duration::from_secs(10);

/// Called for each failure that no call returns: with the error, and the operation it was in.
type OnError = dyn Fn(&Error, &str) + Send + Sync;

/// The options of [`Tokens`](super::Tokens) and of [`Verifier`](super::Verifier).
///
/// Processes that share a store give the same prefix, catalog and record keys, whatever their
/// language.
///
/// ```
/// use std::time::Duration;
/// use leastkey::driver::Options;
/// use serde_json::json;
///
/// let mail = json!({ "title": "Mail", "permissions": { "send": "Send" } });
/// let catalog = json!({ "services": { "mail": mail } });
/// let options = Options::new("acme_live", catalog).freshness(Duration::from_secs(5));
/// # assert!(format!("{options:?}").contains("acme_live"));
/// ```
#[derive(Clone)]
pub struct Options {
    config: Json,
    catalog: Json,
    freshness: Duration,
    capacity: u32,
    deadline: Duration,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn EntropySource>,
    on_error: Option<Arc<OnError>>,
    counts_here: bool,
    notes_addresses: bool,
}

impl Options {
    /// The options of a deployment: the prefix of every credential, and the catalog of what can be
    /// granted, as in JavaScript (docs/catalog.md).
    #[must_use]
    pub fn new(prefix: &str, catalog: Json) -> Options {
        Options {
            config: json!({ "prefix": prefix }),
            catalog,
            freshness: Duration::ZERO,
            capacity: CAPACITY,
            deadline: DEADLINE,
            clock: Arc::new(SystemClock::default()),
            entropy: Arc::new(SystemEntropy),
            on_error: None,
            counts_here: false,
            notes_addresses: false,
        }
    }

    /// The longest time that a change, such as a revocation, may go unnoticed. Zero, the default:
    /// every verification reads the store. With a window, tokens are cached, and one small read of
    /// the change feed a window keeps the whole cache fresh.
    #[must_use]
    pub fn freshness(mut self, window: Duration) -> Options {
        self.freshness = window;
        self
    }

    /// The capacity of the token cache, in tokens. Default 10,000.
    #[must_use]
    pub fn capacity(mut self, tokens: u32) -> Options {
        self.capacity = tokens;
        self
    }

    /// The longest duration of one call with its retries. Default 10 seconds. A single call of the
    /// store gets half of it.
    #[must_use]
    pub fn deadline(mut self, longest: Duration) -> Options {
        self.deadline = longest;
        self
    }

    /// The keys that seal stored values, each 32 to 256 bytes as hexadecimal digits: the first
    /// seals, all open. Without the key all tokens are lost.
    #[must_use]
    pub fn record_keys(mut self, hex: &[&str]) -> Options {
        self.set("recordKeys", json!(hex));
        self
    }

    /// The prefixes of keys of other systems: `[{ "prefix": "old_", "digestOf": "whole" }]`.
    #[must_use]
    pub fn imported(mut self, prefixes: Json) -> Options {
        self.set("imported", prefixes);
        self
    }

    /// The number of shards of the change feed of an empty store: 16, 32 or 64.
    #[must_use]
    pub fn shards(mut self, count: u32) -> Options {
        self.set("shards", json!(count));
        self
    }

    /// Counts uses against limits in the memory of this process, starting from the value in the
    /// store: for a store that cannot commit, or is far away. With N processes a token can be used
    /// up to N times as often. Default: they are counted in the store, exactly.
    #[must_use]
    pub fn approximate_limits(mut self) -> Options {
        self.counts_here = true;
        self
    }

    /// Notes the last few addresses that each token is used from, where the question has one.
    /// Default: none is noted.
    #[must_use]
    pub fn addresses(mut self) -> Options {
        self.notes_addresses = true;
        self
    }

    /// The clock. Default: that of the operating system, checked against its monotonic clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Options {
        self.clock = Arc::new(clock);
        self
    }

    /// The random number generator. Default: that of the operating system. For tests only:
    /// predictable bytes make predictable credentials.
    #[must_use]
    pub fn entropy(mut self, source: impl EntropySource + 'static) -> Options {
        self.entropy = Arc::new(source);
        self
    }

    /// Called for each failure behind a verdict and of background work: with the error, and the
    /// name of the operation. Default: it is dropped, and the verdict says `store_unavailable`.
    #[must_use]
    pub fn on_error(mut self, report: impl Fn(&Error, &str) + Send + Sync + 'static) -> Options {
        self.on_error = Some(Arc::new(report));
        self
    }

    fn set(&mut self, name: &str, value: Json) {
        if let Json::Object(members) = &mut self.config {
            members.insert(name.to_owned(), value);
        }
    }

    /// Compiles the deployment.
    pub(super) fn compile(self) -> Result<Settings, Error> {
        if self.deadline.is_zero() {
            return Err(Error::invalid("deadline", "expected a duration above zero"));
        }
        let deployment = Deployment::configure(&to_value(self.config)?, &to_value(self.catalog)?)?;
        Ok(Settings {
            deployment: Arc::new(deployment),
            freshness: self.freshness,
            capacity: self.capacity,
            deadline: self.deadline,
            times: Times::new(self.clock),
            entropy: self.entropy,
            counts_here: self.counts_here,
            notes_addresses: self.notes_addresses,
            on_error: self.on_error,
        })
    }
}

impl fmt::Debug for Options {
    /// Without the record keys.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Options")
            .field("prefix", &self.config.get("prefix"))
            .field("freshness", &self.freshness)
            .field("capacity", &self.capacity)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// The options, compiled.
pub(super) struct Settings {
    pub(super) deployment: Arc<Deployment>,
    pub(super) freshness: Duration,
    pub(super) capacity: u32,
    pub(super) deadline: Duration,
    pub(super) times: Times,
    pub(super) entropy: Arc<dyn EntropySource>,
    /// Whether limits are counted in the memory of this process.
    pub(super) counts_here: bool,
    /// Whether the addresses that tokens are used from are noted.
    pub(super) notes_addresses: bool,
    on_error: Option<Arc<OnError>>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("prefix", &self.deployment.prefix().as_str())
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Reports a failure that no call returns.
    pub(super) fn report(&self, error: &Error, operation: &str) {
        if let Some(report) = &self.on_error {
            report(error, operation);
        }
    }
}

/// A value for the core.
pub(super) fn to_value(json: Json) -> Result<Value, Error> {
    serde_json::from_value(json).map_err(|error| Error::internal(format!("a value cannot be read: {error}")))
}
