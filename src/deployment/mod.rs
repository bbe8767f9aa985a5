//! A deployment: the prefix of its credentials and its catalog, compiled once and used by every operation.

pub mod verifier;

use serde::Serialize;

use crate::catalog::{Catalog, Permissions};
use crate::codec::json::Value;
use crate::input::{Members, Path, Problems, Refusal, message};
use crate::storage::seal::{RecordKeys, Seal};
use crate::storage::shard_count::ShardCount;
use crate::value::credential::{CredentialForm, ImportedKeys, Prefix};

/// What every operation of a deployment shares.
#[derive(Debug)]
pub struct Deployment {
    credentials: CredentialConfig,
    catalog: Catalog,
}

/// What a host may know of a deployment.
#[derive(Debug, Serialize)]
pub struct Description {
    /// A regular expression for secret scanners.
    pub pattern: String,
    /// The catalog's version.
    pub version: String,
}

/// What the credentials and the stored values of a deployment look like.
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
        problems.is_empty().then(|| CredentialConfig {
            seal: Seal::new(keys, &prefix),
            prefix,
            imported: imported.unwrap_or_default(),
            shards,
        })
    }
}

/// A deployment, as far as a verification looks at it.
pub trait VerifierConfig {
    /// What its credentials and stored values look like.
    fn credentials(&self) -> &CredentialConfig;

    /// The permissions of its catalog.
    fn permissions(&self) -> &Permissions;

    /// The prefix of its credentials.
    fn prefix(&self) -> &Prefix {
        &self.credentials().prefix
    }

    /// The keys of other systems that it takes for its own.
    fn imported(&self) -> &ImportedKeys {
        &self.credentials().imported
    }

    /// The form of everything that can be verified; nothing where that has more than one.
    fn form(&self) -> Option<CredentialForm> {
        self.imported().are_none().then(|| self.prefix().form())
    }

    /// What its stored values are sealed with.
    fn seal(&self) -> &Seal {
        &self.credentials().seal
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

    /// The prefix.
    #[must_use]
    pub fn prefix(&self) -> &Prefix {
        &self.credentials.prefix
    }

    /// Which keys of other systems are looked up.
    #[must_use]
    pub fn imported(&self) -> &ImportedKeys {
        &self.credentials.imported
    }

    /// The catalog.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// How values are kept.
    #[must_use]
    pub fn seal(&self) -> &Seal {
        &self.credentials.seal
    }

    /// How many shards the change feed of its store is to have. Nothing: as many as the store has, and 16 if it is empty.
    #[must_use]
    pub fn shards(&self) -> Option<ShardCount> {
        self.credentials.shards
    }

    /// What a host may know.
    #[must_use]
    pub fn describe(&self) -> Description {
        Description {
            pattern: self.credentials.prefix.pattern(),
            version: self.catalog.version().to_owned(),
        }
    }
}
