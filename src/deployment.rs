//! A deployment: the prefix of its credentials and its catalog, compiled once and used by every operation.

use serde::Serialize;

use crate::catalog::{Catalog, Permissions};
use crate::credential::{ImportedKeys, Prefix};
use crate::input::{Members, Path, Problems, Value};
use crate::refusal::Refusal;
use crate::seal::{RecordKeys, Seal};

/// What every operation of a deployment shares.
#[derive(Debug)]
pub struct Deployment {
    prefix: Prefix,
    imported: ImportedKeys,
    catalog: Catalog,
    seal: Seal,
}

/// What a host may know of a deployment.
#[derive(Debug, Serialize)]
pub struct Description {
    /// A regular expression for secret scanners.
    pub pattern: String,
    /// The catalog's version.
    pub version: String,
}

/// What a verification needs of a deployment.
pub trait Verifying {
    /// The prefix of its credentials.
    fn prefix(&self) -> &Prefix;

    /// The keys of other systems that it takes for its own.
    fn imported(&self) -> &ImportedKeys;

    /// The permissions of its catalog.
    fn permissions(&self) -> &Permissions;

    /// What its stored values are sealed with.
    fn seal(&self) -> &Seal;
}

impl Verifying for Deployment {
    fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    fn imported(&self) -> &ImportedKeys {
        &self.imported
    }

    fn permissions(&self) -> &Permissions {
        &self.catalog
    }

    fn seal(&self) -> &Seal {
        &self.seal
    }
}

impl Deployment {
    /// Compiles `{ prefix, imported?, recordKeys? }` and a catalog.
    ///
    /// # Errors
    /// Every problem of both: those of the catalog with their JSON path (`$.services…`).
    pub fn configure(config: &Value, catalog: &Value) -> Result<Deployment, Refusal> {
        let mut problems = Problems::default();
        let known = ["prefix", "imported", "recordKeys"];
        let members = Members::open(config, &Path::call(), &known, &mut problems);
        let (mut imported, mut keys) = (ImportedKeys::default(), None);
        let prefix = members.and_then(|members| {
            if let Some(value) = members.value("imported") {
                imported = ImportedKeys::read(value, &members.path("imported"), &mut problems);
            }
            if let Some(value) = members.value("recordKeys") {
                keys = RecordKeys::read(value, &members.path("recordKeys"), &mut problems);
            }
            members.required_text("prefix", &mut problems);
            members.parsed("prefix", &mut problems, Prefix::parse)
        });
        let mut problems = problems.into_vec();
        match (prefix, Catalog::compile(catalog)) {
            (Some(prefix), Ok(catalog)) if problems.is_empty() => Ok(Deployment {
                prefix,
                imported,
                catalog,
                seal: Seal::new(keys),
            }),
            (_, compiled) => {
                problems.extend(compiled.err().into_iter().flatten());
                Err(Refusal::invalid(problems))
            }
        }
    }

    /// The prefix.
    #[must_use]
    pub fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// Which keys of other systems are looked up.
    #[must_use]
    pub fn imported(&self) -> &ImportedKeys {
        &self.imported
    }

    /// The catalog.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// How values are kept.
    #[must_use]
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// What a host may know.
    #[must_use]
    pub fn describe(&self) -> Description {
        Description {
            pattern: self.prefix.pattern(),
            version: self.catalog.version().to_owned(),
        }
    }
}
