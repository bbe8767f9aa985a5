//! The decision on a credential, and what it leaves in the cache.

use crate::codec::shared::Shared;

use super::cache::{Cache, Disclosed, ENDED, Entry, RestsOn};
use super::code::Code;
use super::dependencies::ResolvedToken;
use super::known_store::KnownStore;
use super::named_token::NamedToken;
use super::spend::{Spent, limited, spend};
use crate::catalog::Permissions;
use crate::codec::decode::DecodeError;
use crate::model::coded_list::Vocabularies;
use crate::model::grant::Grant;
use crate::model::question::Question;
use crate::model::record_text::{Part, RecordText};
use crate::model::secrets::{Secret, Secrets};
use crate::storage::seal::Seal;
use crate::value::credential::{Scheme, TokenId};
use crate::value::time::Instant;

/// The decision on a credential.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) code: Code,
    pub(crate) basis: Basis,
    /// Of a counted use: what is left, and the new counters.
    spent: Spent,
}

/// The basis of a decision.
#[derive(Debug)]
pub(crate) enum Basis {
    /// The token whose secret was presented, and whether it was the new one of a rotation.
    Token(Box<FoundToken>, bool),
    /// A token of which an old secret was presented, and how much of the token is disclosed.
    RotatedOut(Box<FoundToken>, Disclosed),
    /// A token of which no secret was presented; `Some` if it is to be cached.
    Wrong(Option<Box<FoundToken>>),
    /// The tombstone of a deleted token.
    Deleted(TokenId),
    /// No token.
    Nothing,
}

/// What the process knows besides what it reads.
#[derive(Clone, Copy)]
pub struct Process<'p> {
    /// Whether its cache takes what was read: then a token of which no secret was presented, too.
    pub caches: bool,
    /// When it last noted a use of a token.
    pub last_use: &'p dyn Fn(&TokenId) -> Option<Instant>,
}

/// A token with its dependencies.
#[derive(Debug)]
pub(crate) struct FoundToken {
    secrets: Secrets,
    record: RecordText,
    pub(crate) resolved: ResolvedToken,
}

impl Decision {
    pub(crate) fn new(code: Code, basis: Basis) -> Decision {
        Decision {
            code,
            basis,
            spent: Spent::default(),
        }
    }

    /// Lets the cache learn what the decision found. `native` is the id in the credential, unless
    /// that is a key that another system issued.
    pub(crate) fn settle(
        self,
        native: Option<&TokenId>,
        cache: &mut Cache,
        generation: Option<u32>,
    ) -> Settled {
        let mut settled = Settled {
            spent: self.spent,
            ..Settled::refused(self.code)
        };
        match self.basis {
            Basis::Token(found, successor) => {
                if self.code == Code::Valid {
                    cache.note_terms(&found.resolved.token.id, &found.resolved.rules);
                }
                let is_native = found.secrets.scheme() == Scheme::Native;
                // An imported key has no id by which a lookup could find it. Without reads of the
                // feed, nothing is cached that is not revalidated.
                let is_revalidated = self.code == Code::Valid && cache.is_revalidated(generation);
                if is_native && (cache.as_of().is_some() || is_revalidated) {
                    let rests_on = cache.rests_on(&found.resolved.token);
                    let (token, entry) = found.disclose(successor, Disclosed::All, rests_on);
                    settled.token = Some(token);
                    settled.slot = cache.insert(entry, generation);
                } else {
                    settled.token = Some(found.told(successor, Disclosed::All));
                }
            }
            Basis::RotatedOut(found, disclosed) => {
                let token = &found.resolved.token;
                cache.observe_revision(token.id.bytes(), token.revision);
                let rests_on = cache.rests_on(token);
                let (token, entry) = found.disclose(false, disclosed, rests_on);
                settled.token = Some(token);
                // No lookup finds an imported key.
                if native.is_some() {
                    settled.slot = cache.insert_unproven(entry, disclosed, generation);
                }
            }
            Basis::Wrong(Some(found)) if native.is_some() => {
                let rests_on = cache.rests_on(&found.resolved.token);
                let (_, entry) = found.disclose(false, Disclosed::Nothing, rests_on);
                settled.slot = cache.insert_unproven(entry, Disclosed::Nothing, generation);
            }
            Basis::Deleted(id) => {
                cache.observe_revision(id.bytes(), ENDED);
                cache.insert_absent(&id, generation);
            }
            Basis::Nothing if self.code == Code::Unknown => {
                native
                    .into_iter()
                    .for_each(|id| cache.insert_absent(id, generation));
            }
            Basis::Wrong(_) | Basis::Nothing => {}
        }
        settled
    }

    /// The answer to the caller, for a decision that no cache keeps.
    pub(crate) fn told(self) -> Settled {
        let token = match self.basis {
            Basis::Token(found, successor) => Some(found.told(successor, Disclosed::All)),
            Basis::RotatedOut(found, disclosed) => Some(found.told(false, disclosed)),
            Basis::Wrong(_) | Basis::Deleted(_) | Basis::Nothing => None,
        };
        Settled {
            token,
            spent: self.spent,
            ..Settled::refused(self.code)
        }
    }

    /// The ids of the tokens whose limits count the use; none if it is not to be counted.
    pub(crate) fn to_count(&self, question: &Question) -> Vec<TokenId> {
        match &self.basis {
            Basis::Token(found, _) if question.consume.is_some() && self.code == Code::Valid => {
                limited(&found.resolved)
            }
            _ => Vec::new(),
        }
    }

    /// The new counters, if a use was counted.
    pub(crate) fn counters(&self) -> &[String] {
        &self.spent.texts
    }

    /// Seals the new counters for their keys.
    pub(crate) fn seal_counters(&mut self, seal: &Seal, keys: &[String]) {
        for (text, key) in self.spent.texts.iter_mut().zip(keys) {
            *text = seal.seal(key, std::mem::take(text));
        }
    }

    /// Counts the use. `counters` are the stored counters of [`Decision::to_count`].
    pub(crate) fn counted(
        mut self,
        counters: &[Option<&str>],
        question: &Question,
        now: Instant,
    ) -> Decision {
        if let (Basis::Token(found, _), Some(cost)) = (&self.basis, question.consume) {
            let at = question.counted_at.unwrap_or(now);
            self.spent = spend(&found.resolved, counters, cost, at);
            self.code = self.spent.refused.unwrap_or(self.code);
        }
        self
    }
}

/// What a decision came to, after the cache has learned it.
#[derive(Debug)]
pub struct Settled {
    /// The code.
    pub code: Code,
    /// The token, if a secret of it was presented.
    pub token: Option<DisclosedToken>,
    /// The slot of the token, if it was inserted into the cache.
    pub slot: Option<u32>,
    /// Of a counted use: what is left, and the new counters.
    pub spent: Spent,
}

impl Settled {
    /// A refusal that names no token.
    pub(crate) fn refused(code: Code) -> Settled {
        Settled {
            code,
            token: None,
            slot: None,
            spent: Spent::default(),
        }
    }
}

/// What the bearer learns of a token.
///
/// The permissions to show are those of the record, unless [`DisclosedToken::is_reduced`].
#[derive(Debug)]
pub struct DisclosedToken {
    /// Its record.
    pub record: RecordText,
    /// Its effective grant.
    pub grant: Shared<Grant>,
    /// Whether the new secret of a rotation was presented.
    pub successor: bool,
    /// How much of it is disclosed.
    pub disclosed: Disclosed,
}

impl DisclosedToken {
    /// Whether the effective grant is shown in place of the lists of the record: an account or a
    /// parent bounds it. A long list is shown as it is, unless a bound takes something away: its
    /// ids are written out only if the caller asks for them.
    #[must_use]
    pub fn is_reduced(&self, catalog: &Permissions, known: &KnownStore) -> bool {
        if !self.grant.is_bounded() {
            return false;
        }
        let list = self.record.raw(Part::Permissions);
        if list.is_none_or(|list| !list.starts_with('{')) {
            return true;
        }
        let boundary = self.grant.boundary().clone();
        let own = Grant::of_record(&self.record, boundary, catalog, known.vocabularies());
        own.is_ok_and(|own| !own.decides_as(&self.grant))
    }
}

impl FoundToken {
    fn told(self, successor: bool, disclosed: Disclosed) -> DisclosedToken {
        DisclosedToken {
            grant: Shared::clone(self.resolved.rules.shared_grant()),
            record: self.record,
            successor,
            disclosed,
        }
    }

    /// Splits what the bearer learns from what the cache keeps.
    fn disclose(
        self,
        successor: bool,
        disclosed: Disclosed,
        rests_on: Shared<RestsOn>,
    ) -> (DisclosedToken, Entry) {
        let token = DisclosedToken {
            grant: Shared::clone(self.resolved.rules.shared_grant()),
            record: self.record,
            successor,
            disclosed,
        };
        let entry = Entry::of(self.secrets, token.record.size(), self.resolved, rests_on);
        (token, entry)
    }
}

impl NamedToken {
    /// Decides on the token, of which a `secret` was presented, except for limits. `values` are
    /// those of the token's dependencies, as [`ResolvedToken::of`] takes them; `over` is what the
    /// grants are over.
    pub(crate) fn decide(
        self: Box<NamedToken>,
        secret: Secret,
        values: &[Option<&str>],
        over: (&Permissions, &dyn Vocabularies),
        question: &Question,
        now: Instant,
        process: Process,
    ) -> Decision {
        if secret == Secret::Wrong && !process.caches {
            return Decision::new(Code::BadSecret, Basis::Wrong(None));
        }
        let is_rotating = self.is_rotating();
        let Ok(found) = self.resolve(values, over, process.last_use) else {
            return Decision::new(Code::StoreUnavailable, Basis::Nothing);
        };
        match secret {
            Secret::Current | Secret::Successor => {
                let code = found.resolved.rules.decide(question, now);
                Decision::new(code, Basis::Token(found, secret == Secret::Successor))
            }
            Secret::RotatedOut if is_rotating => Decision::new(
                Code::RotatedOut,
                Basis::RotatedOut(found, Disclosed::WithoutRotation),
            ),
            Secret::GraceOver | Secret::RotatedOut => {
                Decision::new(Code::RotatedOut, Basis::RotatedOut(found, Disclosed::All))
            }
            Secret::Wrong => Decision::new(Code::BadSecret, Basis::Wrong(Some(found))),
        }
    }

    /// Resolves the token with the values of its dependencies, and applies the uses noted in this
    /// process.
    fn resolve(
        self: Box<NamedToken>,
        values: &[Option<&str>],
        (catalog, vocabularies): (&Permissions, &dyn Vocabularies),
        last_use: &dyn Fn(&TokenId) -> Option<Instant>,
    ) -> Result<Box<FoundToken>, DecodeError> {
        let NamedToken {
            record,
            token,
            secrets,
        } = *self;
        let grant = Grant::of_record(&record, token.resource.clone(), catalog, vocabularies)?;
        let mut resolved = ResolvedToken::of(token, grant, catalog, vocabularies, values);
        resolved.rules.note_uses(last_use);
        Ok(Box::new(FoundToken {
            secrets,
            record,
            resolved,
        }))
    }
}
