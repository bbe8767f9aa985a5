//! The table of decisions: what the validity rules have decided for a grant and a requirement.
//!
//! Tokens whose grants decide alike share a number, so the table has one column for all tokens of a
//! template. It holds only decisions that depend on nothing but the grant and the requirement.

use crate::codec::shared::Shared;

use crate::model::grant::Grant;
use crate::verify::code::Code;

/// The number of columns.
const MAX_GRANTS: usize = 256;

/// The decisions, by requirement and by the number of a grant.
#[derive(Debug, Default)]
pub(super) struct Decisions {
    /// By requirement. 0: not decided yet; else the number of the code plus 1.
    rows: Vec<[u8; MAX_GRANTS]>,
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    grant: Shared<Grant>,
    /// How many tokens have the number.
    users: u32,
}

impl Decisions {
    /// The number of the code that was decided.
    #[inline(always)]
    pub(super) fn get(&self, requirement: u32, grant: u8) -> Option<u8> {
        let row = self.rows.get(requirement as usize)?;
        row.get(usize::from(grant))?.checked_sub(1)
    }

    pub(super) fn set(&mut self, requirement: u32, grant: u8, code: Code) {
        let requirement = requirement as usize;
        if self.rows.len() <= requirement {
            self.rows.resize(requirement + 1, [0; MAX_GRANTS]);
        }
        let row = self.rows.get_mut(requirement);
        if let Some(decision) = row.and_then(|row| row.get_mut(usize::from(grant))) {
            *decision = code.number() + 1;
        }
    }

    /// The number of a grant, for one more token. `None` if all numbers are in use.
    pub(super) fn acquire(&mut self, grant: &Shared<Grant>) -> Option<u8> {
        let alike = |known: &Column| Shared::ptr_eq(&known.grant, grant) || known.grant.decides_as(grant);
        if let Some(at) = self.columns.iter().position(alike) {
            self.columns.get_mut(at)?.users += 1;
            return u8::try_from(at).ok();
        }
        let column = Column {
            grant: Shared::clone(grant),
            users: 1,
        };
        if self.columns.len() < MAX_GRANTS {
            self.columns.push(column);
            return u8::try_from(self.columns.len() - 1).ok();
        }
        let unused = self.columns.iter().position(|known| known.users == 0)?;
        *self.columns.get_mut(unused)? = column;
        for row in &mut self.rows {
            *row.get_mut(unused)? = 0;
        }
        u8::try_from(unused).ok()
    }

    /// Gives back the number of a token's grant. Its decisions stay until another grant needs the
    /// number.
    pub(super) fn release(&mut self, grant: u8) {
        if let Some(column) = self.columns.get_mut(usize::from(grant)) {
            column.users = column.users.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::permission::PermissionSet;
    use crate::value::resource::Resource;

    fn grant(permission: usize, boundary: &str) -> Shared<Grant> {
        let permissions = PermissionSet::of(vec![permission]);
        Shared::new(Grant::new(permissions, Resource::parse(boundary).unwrap()))
    }

    #[test]
    fn grants_that_decide_alike_share_a_number() {
        let mut decisions = Decisions::default();
        let one = decisions.acquire(&grant(7, "user:alice")).unwrap();
        assert_eq!(decisions.acquire(&grant(7, "user:bob")), Some(one));
        assert_ne!(decisions.acquire(&grant(8, "user:bob")), Some(one));
    }

    #[test]
    fn a_number_has_the_decisions_of_one_grant_only() {
        let mut decisions = Decisions::default();
        for permission in 0..MAX_GRANTS {
            let number = decisions.acquire(&grant(permission, "org:acme")).unwrap();
            decisions.set(3, number, Code::Valid);
        }
        assert_eq!(
            decisions.acquire(&grant(MAX_GRANTS, "org:acme")),
            None,
            "all are in use"
        );
        let number = decisions.acquire(&grant(9, "org:acme")).unwrap();
        decisions.release(number);
        assert_eq!(
            decisions.acquire(&grant(MAX_GRANTS, "org:acme")),
            None,
            "one user is left"
        );
        decisions.release(number);
        assert_eq!(
            decisions.get(3, number),
            Some(Code::Valid.number()),
            "kept while unused"
        );
        assert_eq!(decisions.acquire(&grant(MAX_GRANTS, "org:acme")), Some(number));
        assert_eq!(decisions.get(3, number), None);
        assert_eq!(decisions.get(2, number), None);
        assert_eq!(decisions.get(4, number), None);
    }
}
