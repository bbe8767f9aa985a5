//! Ids of earlier versions of a catalog: retired ones, and renamed permissions.
//!
//! A retired id is never defined or held again, so that no living grant takes on another meaning. A
//! renamed permission is held by the grants that have all of its old ids.

use std::error::Error;
use std::fmt;

use super::permission_index::Permissions;
use crate::codec::sort::{sorted_by, sorted_by_count};
use crate::input::{Detail, Members, Path, Problems};
use crate::value::permission::{Permission, parse_segment};

/// The most retired ids, and the most old ids of one permission.
const MAX_RETIRED: usize = 100_000;
const MAX_OLD_IDS: usize = 1_000;

/// The ids that a catalog had earlier.
#[derive(Debug, Default)]
pub(super) struct PastIds {
    /// The retired permissions, ascending.
    retired: Vec<Permission>,
    /// The retired kinds, as written.
    kinds: Vec<String>,
    /// The old ids of permissions, ascending, each with the index of its successor.
    renamed: Vec<(Permission, usize)>,
    /// The indices of the successors, ascending, each with the number of its old ids.
    old_counts: Vec<(usize, usize)>,
}

/// An old id of a permission, as the document has it.
pub(super) struct OldId<'d> {
    id: &'d str,
    at: Path,
    successor: Permission,
}

/// Reads `was`: the old ids of a permission.
pub(super) fn read_old_ids<'d>(
    permission: &Permission,
    members: &Members<'d>,
    problems: &mut Problems,
) -> Vec<OldId<'d>> {
    let ids = members.texts("was", MAX_OLD_IDS, problems).into_iter();
    ids.map(|(id, at)| OldId {
        id,
        at,
        successor: permission.clone(),
    })
    .collect()
}

impl PastIds {
    /// Reads `retired` of a document, and takes the old ids of its permissions, which are sorted.
    pub(super) fn compile(
        document: &Members,
        old_ids: Vec<OldId>,
        permissions: &[Permission],
        problems: &mut Problems,
    ) -> PastIds {
        let mut past = PastIds::default();
        for (id, at) in document.texts("retired", MAX_RETIRED, problems) {
            if !id.contains(':') {
                problems.keep(&at, parse_segment(id));
                past.kinds.push(id.to_owned());
            } else if let Some(permission) = past_id(id, &at, permissions, problems) {
                past.retired.push(permission);
            }
        }
        past.retired = sorted_by(past.retired, Permission::cmp);
        for OldId { id, at, successor } in old_ids {
            let successor = permissions.binary_search(&successor).ok();
            if let (Some(permission), Some(index)) = (past_id(id, &at, permissions, problems), successor) {
                past.renamed.push((permission, index));
            }
        }
        past.renamed = sorted_by(past.renamed, |(one, _), (other, _)| one.cmp(other));
        let pairs = past.renamed.iter().zip(past.renamed.iter().skip(1));
        for ((id, _), _) in pairs.filter(|((one, _), (other, _))| one == other) {
            let error = PastIdError::TwoSuccessors(Detail::quoted(id.as_str()));
            problems.keep::<()>(&document.path("services"), Err(error));
        }
        let successors = past.renamed.iter().map(|(_, index)| *index).collect();
        let successors = sorted_by_count(successors, |index| *index);
        let runs = successors.chunk_by(|one, other| one == other);
        past.old_counts = runs.filter_map(|run| Some((*run.first()?, run.len()))).collect();
        past
    }

    /// Whether the id is that of a retired kind.
    pub(super) fn has_kind(&self, id: &str) -> bool {
        self.kinds.iter().any(|kind| kind == id)
    }

    /// The rank of a retired permission.
    pub(super) fn retired(&self, id: &str) -> Option<usize> {
        self.retired.binary_search_by(|known| known.as_str().cmp(id)).ok()
    }

    /// A retired permission by its rank.
    pub(super) fn retired_at(&self, rank: usize) -> Option<&Permission> {
        self.retired.get(rank)
    }

    /// The index of the permission that was renamed from an id.
    pub(super) fn successor(&self, id: &str) -> Option<usize> {
        let at = self.renamed.binary_search_by(|(known, _)| known.as_str().cmp(id));
        Some(self.renamed.get(at.ok()?)?.1)
    }

    /// The successors of these permissions, each of which comes once for each of its old ids: only
    /// those that have all of their old ids.
    pub(super) fn complete(&self, successors: Vec<usize>) -> Vec<usize> {
        let successors = sorted_by_count(successors, |index| *index);
        let runs = successors.chunk_by(|one, other| one == other);
        let complete = runs.filter_map(|run| {
            let at = self
                .old_counts
                .binary_search_by_key(&run.first()?, |(index, _)| index);
            let (index, count) = self.old_counts.get(at.ok()?)?;
            (run.len() == *count).then_some(*index)
        });
        complete.collect()
    }
}

/// Parses an id that no permission may have now.
fn past_id(id: &str, at: &Path, permissions: &[Permission], problems: &mut Problems) -> Option<Permission> {
    let permission = problems.keep(at, Permission::parse(id))?;
    if permissions.binary_search(&permission).is_ok() {
        problems.keep::<()>(at, Err(PastIdError::Defined(Detail::quoted(id))));
        return None;
    }
    Some(permission)
}

/// Why an id cannot be one of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
enum PastIdError {
    /// A permission has it.
    Defined(Detail),
    /// Two permissions were it.
    TwoSuccessors(Detail),
}

impl fmt::Display for PastIdError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, says) = match self {
            PastIdError::Defined(id) => (
                id,
                " is a permission of this catalog; a retired or old id cannot be defined again",
            ),
            PastIdError::TwoSuccessors(id) => (id, " is in two \"was\"; an old id has one successor"),
        };
        id.fmt(formatter)?;
        formatter.write_str(says)
    }
}

impl Error for PastIdError {}

impl Permissions {
    /// The index of a permission that a requirement names, which must exist or have existed. No
    /// grant holds that of a retired permission.
    ///
    /// # Errors
    /// As [`Permissions::known`].
    pub fn required(&self, id: &str) -> Result<usize, super::NotInCatalog> {
        let past = self
            .successor(id)
            .or_else(|| Some(self.count() + self.past.retired(id)?));
        self.index(id).or(past).ok_or_else(|| {
            let named = super::not_in_catalog::Named::Permission;
            if id.contains('*') {
                let help = || "; name one permission exactly, patterns are for grants".to_owned();
                return super::NotInCatalog::with_help(named, id, help);
            }
            self.unknown(named, id)
        })
    }

    /// The index of the permission that was renamed from an id.
    #[must_use]
    pub fn successor(&self, id: &str) -> Option<usize> {
        self.past.successor(id)
    }
}
