//! The rate limit of rechecks: reads that confirm a cached refusal before it is given.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::value::credential::TokenId;
use crate::verify::code::Code;

/// The least time between two rechecks of one id.
const INTERVAL: Duration = Duration::from_secs(1);

/// How many unknown ids are rechecked in an interval. They have a budget of their own, so that
/// invented ids use up that of other invented ids only.
const MAX_ABSENT: u32 = 100;

/// When ids were rechecked within the last interval, by the steady clock.
#[derive(Debug, Default)]
pub(super) struct Rechecks {
    by_id: HashMap<TokenId, Duration>,
    /// The same, the oldest first.
    order: VecDeque<(Duration, TokenId)>,
    absent: (Duration, u32),
}

impl Rechecks {
    /// Whether the store is read before a cached refusal of a token is given. A final refusal never
    /// is; any other one once in an interval.
    pub(super) fn begin(&mut self, code: Code, id: &TokenId, steady: Duration) -> bool {
        if matches!(
            code,
            Code::Revoked | Code::Expired | Code::Malformed | Code::BadChecksum
        ) {
            return false;
        }
        self.forget_before(steady);
        if self.by_id.contains_key(id) {
            return false;
        }
        if code == Code::Unknown {
            let (since, count) = self.absent;
            let is_over = steady.saturating_sub(since) >= INTERVAL;
            self.absent = if is_over { (steady, 1) } else { (since, count + 1) };
            if self.absent.1 > MAX_ABSENT {
                return false;
            }
        }
        self.by_id.insert(*id, steady);
        self.order.push_back((steady, *id));
        true
    }

    /// Takes back the start of a recheck: the store was not read.
    pub(super) fn cancel(&mut self, id: &TokenId) {
        self.by_id.remove(id);
    }

    fn forget_before(&mut self, steady: Duration) {
        while let Some((began, id)) = self.order.front()
            && steady.saturating_sub(*began) >= INTERVAL
        {
            if self.by_id.get(id) == Some(began) {
                self.by_id.remove(id);
            }
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0VbkXrXsQjnW9xj4";

    #[test]
    fn a_refusal_is_rechecked_once_a_second() {
        let mut rechecks = Rechecks::default();
        let id = TokenId::parse(ID).unwrap();
        let at = Duration::from_millis;
        assert!(rechecks.begin(Code::Disabled, &id, at(0)));
        assert!(!rechecks.begin(Code::Disabled, &id, at(999)));
        assert!(rechecks.begin(Code::Disabled, &id, at(1_000)));
        assert!(!rechecks.begin(Code::Revoked, &id, at(9_000)), "it is final");
        rechecks.cancel(&id);
        assert!(rechecks.begin(Code::BadSecret, &id, at(1_001)));
    }

    #[test]
    fn invented_ids_have_a_budget() {
        let mut rechecks = Rechecks::default();
        let ids = (0..200).map(|at| TokenId::parse(&format!("0VbkXrXsQjnW9{at:03}")).unwrap());
        let read = ids.filter(|id| rechecks.begin(Code::Unknown, id, Duration::from_secs(5)));
        assert_eq!(read.count(), 100);
    }
}
