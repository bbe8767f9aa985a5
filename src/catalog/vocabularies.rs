//! The permissions of a catalog, cut into vocabularies: a long list names those that it has
//! permissions of, and one bit for each of their ids.
//!
//! A cut is between two services, at a service whose name says so. So a change of one service
//! changes the vocabulary that it is in, and leaves the others as the store has them.

use std::sync::Arc;

use super::{Catalog, Permissions};
use crate::value::permission::{Permission, Vocabulary};

/// The most bytes of ids in a vocabulary: the value with them has less than 64 kB.
const MAX_BYTES: usize = 60_000;

/// The bytes after which a service may begin the next vocabulary.
const MIN_BYTES: usize = 32_000;

/// One of so many services may begin a vocabulary.
const CUTS: u8 = 4;

/// The bytes of an id in a text beside its own: the quotation marks and the comma.
const AROUND: usize = 3;

/// The permissions of a catalog from an index on.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) first: usize,
    pub(crate) vocabulary: Arc<Vocabulary>,
}

impl Catalog {
    /// The vocabularies, in the order of the permissions. They are made at the first call: only
    /// long lists need them.
    pub(crate) fn vocabularies(&self) -> &[Part] {
        self.vocabularies.get_or_init(|| cut(&self.permissions))
    }

    /// The vocabulary of this catalog with a name.
    pub(crate) fn vocabulary(&self, name: &str) -> Option<&Arc<Vocabulary>> {
        let parts = self.vocabularies().iter();
        let mut known = parts.map(|part| &part.vocabulary);
        known.find(|vocabulary| vocabulary.name() == name)
    }
}

fn cut(permissions: &Permissions) -> Vec<Part> {
    let (mut parts, mut begun, mut size) = (Vec::new(), Vec::new(), 0);
    let mut first = 0;
    let mut close = |begun: &mut Vec<Permission>, size: &mut usize| {
        let ids = std::mem::take(begun);
        let next = first + ids.len();
        if !ids.is_empty() {
            let vocabulary = Arc::new(Vocabulary::new(ids));
            parts.push(Part { first, vocabulary });
        }
        (first, *size) = (next, 0);
    };
    for service in permissions
        .all
        .chunk_by(|one, next| service_of(one) == service_of(next))
    {
        let bytes: usize = service.iter().map(bytes_of).sum();
        let is_cut = size >= MIN_BYTES && service.first().is_some_and(may_begin);
        if is_cut || size + bytes > MAX_BYTES {
            close(&mut begun, &mut size);
        }
        for id in service {
            if size + bytes_of(id) > MAX_BYTES {
                close(&mut begun, &mut size);
            }
            size += bytes_of(id);
            begun.push(id.clone());
        }
    }
    close(&mut begun, &mut size);
    parts
}

fn bytes_of(id: &Permission) -> usize {
    id.as_str().len() + AROUND
}

fn service_of(id: &Permission) -> &str {
    id.as_str().split(':').next().unwrap_or_default()
}

/// Whether the service of a permission may begin a vocabulary. Any hash of its name would do.
fn may_begin(id: &Permission) -> bool {
    let hash = service_of(id)
        .bytes()
        .fold(0_u8, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte));
    hash % CUTS == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::past_ids::PastIds;
    use super::*;

    /// Services by number, each with so many permissions.
    fn permissions(services: &[(u16, u16)]) -> Permissions {
        let ids = services.iter().flat_map(|(service, count)| {
            (0..*count).map(move |at| format!("service-{service:05}:resource-{at:05}:some-action"))
        });
        let mut ids: Vec<Permission> = ids.map(|id| Permission::parse(&id).unwrap()).collect();
        ids.sort();
        ids.dedup();
        Permissions::new(ids, PastIds::default())
    }

    fn names(permissions: &Permissions) -> Vec<String> {
        let parts = cut(permissions);
        parts
            .iter()
            .map(|part| part.vocabulary.name().to_owned())
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn the_parts_are_the_whole(services in proptest::collection::vec((any::<u16>(), 1..2_500_u16), 0..20)) {
            let permissions = permissions(&services);
            let mut next = 0;
            for Part { first, vocabulary } in cut(&permissions) {
                prop_assert_eq!(first, next);
                next += vocabulary.ids().len();
                prop_assert_eq!(Some(vocabulary.ids()), permissions.all.get(first..next));
                prop_assert!(vocabulary.to_text().len() < 64_000);
            }
            prop_assert_eq!(next, permissions.all.len());
        }
    }

    #[test]
    fn a_change_of_one_service_leaves_nearly_all_vocabularies() {
        let services: Vec<(u16, u16)> = (0..400).map(|service| (service, 40)).collect();
        let before = names(&permissions(&services));
        assert!(before.len() > 10, "{}", before.len());
        for at in [0, 100, 399] {
            let mut changed = services.clone();
            changed[at].1 += 1;
            let after = names(&permissions(&changed));
            let lost = before.iter().filter(|name| !after.contains(name)).count();
            assert!(lost <= 3, "{lost} of {} changed with service {at}", before.len());
        }
    }
}
