//! The database file: whose it is, and whether it is still the same.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;

use leastkey::driver::StoreError;

/// What tells a file from another one at the same path. Only Unix has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileId(u64, u64);

impl FileId {
    /// The file at a path; `None` if there is none.
    #[cfg(unix)]
    pub(crate) fn of(path: &Path) -> Option<FileId> {
        use std::os::unix::fs::MetadataExt as _;
        let found = std::fs::metadata(path).ok()?;
        Some(FileId(found.dev(), found.ino()))
    }

    /// Elsewhere all files are alike: an open file cannot be replaced.
    #[cfg(not(unix))]
    pub(crate) fn of(_: &Path) -> Option<FileId> {
        Some(FileId(0, 0))
    }
}

/// Creates a missing file, so that its owner alone can open it.
pub(crate) fn create_for_owner(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::Refused {
            message: "the database file cannot be created: its folder must exist, and be writable".to_owned(),
            source: Some(error.into()),
        }),
    }
}
