//! The uses of tokens that a verifier has seen, until they are flushed.

use std::collections::{HashMap, VecDeque};
use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value as Json;

use super::error::Error;
use super::options::Settings;
use super::token_use::Use;
use crate::catalog::Permissions;
use crate::deployment::Deployment;
use crate::model::question::Question;
use crate::value::credential::TokenId;
use crate::value::time::Instant;
use crate::verify::code::Code;
use crate::verify::verdict::VerifiedToken;

/// The most tokens whose uses are kept. Those of further ones are counted as dropped.
const MAX_TOKENS: usize = 100_000;

/// The most tokens of one flush of the core.
pub(super) const PAGE: usize = 20;

/// Collects uses until a flush, so that a verification never waits for a write.
#[derive(Debug)]
pub(super) struct UsageCollector {
    deployment: Arc<Deployment>,
    /// Whether the addresses that tokens are used from are noted.
    notes_addresses: bool,
    uses: Mutex<Uses>,
}

#[derive(Debug, Default)]
struct Uses {
    by_token: HashMap<TokenId, Use>,
    /// How many uses were dropped since this was last taken.
    dropped: u64,
}

impl UsageCollector {
    pub(super) fn new(settings: &Settings) -> UsageCollector {
        UsageCollector {
            deployment: Arc::clone(&settings.deployment),
            notes_addresses: settings.notes_addresses,
            uses: Mutex::default(),
        }
    }

    /// Notes what a verdict tells: a use with its requirement, or that of a rotated-out secret.
    pub(super) fn note(&self, code: Code, token: &VerifiedToken, question: &Question<'_>, at: Instant) {
        let mut uses = self.uses();
        let Some(used) = uses.of(&token.id, at, self.permissions()) else {
            uses.dropped += 1;
            return;
        };
        used.note(code, token, question, at);
        if self.notes_addresses
            && code == Code::Valid
            && let Some(address) = question.request.address()
        {
            used.note_address(address.to_string(), at.millis());
        }
    }

    /// Adds uses that another process has collected.
    ///
    /// # Errors
    /// `invalid_input` for uses of another form, of which none is added.
    pub(super) fn add(&self, uses: Vec<Json>) -> Result<(), Error> {
        let read = |(at, used)| {
            Use::read(used, self.permissions()).ok_or_else(|| {
                let expected = "expected a use as a verifier hands it on: { id, at, uses, … }";
                Error::invalid(&format!("uses[{at}]"), expected)
            })
        };
        let read: Result<Vec<Use>, Error> = uses.into_iter().enumerate().map(read).collect();
        self.keep(read?);
        Ok(())
    }

    fn keep(&self, more: impl IntoIterator<Item = Use>) {
        let mut uses = self.uses();
        for more in more {
            match uses.of(more.id(), more.first_at(), self.permissions()) {
                Some(used) => used.merge(more),
                None => uses.dropped += more.count(),
            }
        }
    }

    /// Takes the uses of at most [`PAGE`] tokens, the first ones, to hand them on.
    pub(super) fn take_page(&self) -> Vec<Json> {
        let mut uses = self.uses();
        let mut order: Vec<(Instant, TokenId)> = uses
            .by_token
            .values()
            .map(|used| (used.first_at(), *used.id()))
            .collect();
        if order.len() > PAGE {
            order.select_nth_unstable(PAGE);
            order.truncate(PAGE);
        }
        order.sort_unstable();
        let page = order.iter().filter_map(|(_, id)| uses.by_token.remove(id));
        page.filter_map(|used| used.to_json(self.permissions()).ok())
            .collect()
    }

    /// Takes all uses, in the order of their first one: a session's use keeps its parent alive for
    /// later sessions.
    pub(super) fn take_all(&self) -> Unflushed<'_> {
        let mut all: Vec<Use> = take(&mut self.uses().by_token).into_values().collect();
        all.sort_unstable_by_key(|used| (used.first_at(), *used.id()));
        Unflushed {
            uses: all.into(),
            collector: self,
        }
    }

    /// Takes the number of uses that were dropped.
    pub(super) fn take_dropped(&self) -> u64 {
        take(&mut self.uses().dropped)
    }

    /// How many tokens have uses.
    pub(super) fn len(&self) -> usize {
        self.uses().by_token.len()
    }

    fn permissions(&self) -> &Permissions {
        self.deployment.catalog()
    }

    fn uses(&self) -> MutexGuard<'_, Uses> {
        self.uses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Uses {
    /// The entry of a token; `None` if there is no room for it.
    fn of(&mut self, id: &TokenId, at: Instant, permissions: &Permissions) -> Option<&mut Use> {
        if !self.by_token.contains_key(id) && self.by_token.len() >= MAX_TOKENS {
            return None;
        }
        let entry = self.by_token.entry(*id);
        Some(entry.or_insert_with(|| Use::new(*id, at, permissions)))
    }
}

/// The uses that a flush has taken and not yet stored. Those that are left when it is dropped are
/// kept for the next flush, whether the store failed or the flush was cut off.
#[derive(Debug)]
pub(super) struct Unflushed<'c> {
    uses: VecDeque<Use>,
    collector: &'c UsageCollector,
}

impl Unflushed<'_> {
    /// The first uses, as the core takes them.
    pub(super) fn page(&self, most: usize) -> Result<Vec<Json>, Error> {
        let page = self.uses.iter().take(most);
        page.map(|used| used.to_json(self.collector.permissions()))
            .collect()
    }

    /// The first ones are stored.
    pub(super) fn stored(&mut self, count: usize) {
        self.uses.drain(..count.min(self.uses.len()));
    }

    /// The first one can never be stored, and is dropped. Returns its token.
    pub(super) fn refused(&mut self) -> Option<String> {
        let used = self.uses.pop_front()?;
        self.collector.uses().dropped += used.count();
        Some(used.id().to_string())
    }
}

impl Drop for Unflushed<'_> {
    fn drop(&mut self) {
        self.collector.keep(take(&mut self.uses));
    }
}
