//! Compiles a deployment once, for use by every operation: the prefix of its credentials and its
//! catalog.

pub mod verifier;

use serde::Serialize;

use crate::catalog::{Catalog, Permissions};
use crate::codec::json::Value;
use crate::codec::shared::Shared;
use crate::input::{Members, Path, Problem, Problems, Refusal, message};
use crate::storage::seal::{RecordKeys, Seal};
use crate::storage::shard_count::ShardCount;
use crate::value::credential::{CredentialForm, ImportedKeys, Prefix};

/// The configuration that all operations of a deployment share.
#[derive(Debug)]
pub struct Deployment {
    credentials: CredentialConfig,
    catalog: Catalog,
}

/// The description of a deployment for its host.
#[derive(Debug, Serialize)]
pub struct Description {
    /// A regular expression that matches its credentials, for secret scanners:
    /// `acme_live_2[0-9A-Za-z]{52}`.
    pub pattern: String,
    /// The version of the catalog.
    pub version: String,
    /// The warnings of the catalog.
    pub warnings: Vec<Problem>,
}

/// The configuration of the credentials and of the stored values.
#[derive(Debug)]
pub struct CredentialConfig {
    prefix: Prefix,
    imported: ImportedKeys,
    seal: Seal,
    shards: Option<ShardCount>,
}

impl CredentialConfig {
    /// Reads `{ prefix, imported?, recordKeys?, shards? }`.
    pub(crate) fn read(config: &Value, problems: &mut Problems) -> Option<CredentialConfig> {
        let known = ["prefix", "imported", "recordKeys", "shards"];
        let members = Members::open(config, &Path::call(), &known, problems)?;
        let imported = members
            .value("imported")
            .map(|value| ImportedKeys::read(value, &members.path("imported"), problems));
        let keys = members
            .value("recordKeys")
            .and_then(|value| RecordKeys::read(value, &members.path("recordKeys"), problems));
        let shards = members.count("shards", problems).and_then(|count| {
            let expected = || message!("expected {}", ShardCount::EXPECTED);
            problems.keep(
                &members.path("shards"),
                ShardCount::new(count).ok_or_else(expected),
            )
        });
        members.required_text("prefix", problems);
        let prefix = members.parsed("prefix", problems, Prefix::parse)?;
        if let Some(at) = imported.as_ref().and_then(|keys| keys.position_of_own(&prefix)) {
            let path = members.path("imported").item(at).member("prefix");
            problems.add(
                &path,
                "is the deployment's own prefix; give that of the other system",
            );
        }
        problems.is_empty().then(|| CredentialConfig {
            seal: Seal::new(keys, &prefix),
            prefix,
            imported: imported.unwrap_or_default(),
            shards,
        })
    }
}

/// The parts of a deployment that a verification uses.
pub trait VerifierConfig {
    /// The configuration of its credentials and stored values.
    fn credentials(&self) -> &CredentialConfig;

    /// The permissions of its catalog.
    fn permissions(&self) -> &Permissions;

    /// The prefix of its credentials.
    fn prefix(&self) -> &Prefix {
        &self.credentials().prefix
    }

    /// The keys of other systems that it accepts.
    fn imported(&self) -> &ImportedKeys {
        &self.credentials().imported
    }

    /// The common form of all credentials; `None` if keys of other systems are accepted too.
    fn form(&self) -> Option<CredentialForm> {
        self.imported().are_none().then(|| self.prefix().form())
    }

    /// The seal of its stored values.
    fn seal(&self) -> &Seal {
        &self.credentials().seal
    }
}

impl<D: VerifierConfig> VerifierConfig for Shared<D> {
    fn credentials(&self) -> &CredentialConfig {
        (**self).credentials()
    }

    fn permissions(&self) -> &Permissions {
        (**self).permissions()
    }
}

impl VerifierConfig for Deployment {
    fn credentials(&self) -> &CredentialConfig {
        &self.credentials
    }

    fn permissions(&self) -> &Permissions {
        &self.catalog
    }
}

impl Deployment {
    /// Compiles `{ prefix, imported?, recordKeys?, shards? }` and a catalog.
    ///
    /// # Errors
    /// Every problem of both: those of the catalog with their JSON path (`$.services…`).
    pub fn configure(config: &Value, catalog: &Value) -> Result<Deployment, Refusal> {
        let mut problems = Problems::default();
        let credentials = CredentialConfig::read(config, &mut problems);
        match (credentials, Catalog::compile(catalog)) {
            (Some(credentials), Ok(catalog)) => Ok(Deployment { credentials, catalog }),
            (_, compiled) => {
                let mut problems = problems.into_vec();
                problems.extend(compiled.err().into_iter().flatten());
                Err(Refusal::invalid(problems))
            }
        }
    }

    /// The prefix of the credentials.
    #[must_use]
    pub fn prefix(&self) -> &Prefix {
        &self.credentials.prefix
    }

    /// The keys of other systems that are accepted.
    #[must_use]
    pub fn imported(&self) -> &ImportedKeys {
        &self.credentials.imported
    }

    /// The catalog.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The seal of the stored values.
    #[must_use]
    pub fn seal(&self) -> &Seal {
        &self.credentials.seal
    }

    /// The configured shard count of the store's change feed. `None`: the count that the store has,
    /// or 16 if the store is empty.
    #[must_use]
    pub fn shards(&self) -> Option<ShardCount> {
        self.credentials.shards
    }

    /// The description for the host.
    #[must_use]
    pub fn describe(&self) -> Description {
        Description {
            pattern: self.credentials.prefix.pattern(),
            version: self.catalog.version().to_owned(),
            warnings: self.catalog.warnings().to_vec(),
        }
    }
}
