//! A verification whose host reads the store by itself: it knows from the credential and from the
//! record which keys to read. Only texts and numbers cross between the two.
//!
//! First the host gives the record, and learns from it on which tokens and accounts the token
//! depends. Then it gives their values, and gets the decision. A use that limits count takes one
//! more step, with the counters.

use super::cache::Cache;
use super::code::Code;
use super::decision::{Basis, Decision, Process, Settled};
use super::dependencies::keys_of;
use super::known_store::KnownStore;
use super::named_token::NamedToken;
use crate::codec::decode::decode;
use crate::deployment::VerifierConfig;
use crate::model::coded_list::Vocabularies;
use crate::model::question::Question;
use crate::model::record_text::{Part, RecordText};
use crate::model::secrets::Secret;
use crate::model::verifiable_token::VerifiableToken;
use crate::storage::keys;
use crate::storage::seal::Seal;
use crate::value::credential::{Presented, TokenId, WellFormed};
use crate::value::permission::vocabulary::named_in;
use crate::value::time::Instant;

/// The keys under which the id of a token may be, for a credential that another system issued; none
/// if it is one of this deployment.
///
/// # Errors
/// The code of a text that is neither.
pub fn digest_keys<D: VerifierConfig>(deployment: &D, credential: &str) -> Result<Vec<String>, Code> {
    match WellFormed::read(deployment.prefix(), credential.as_bytes()) {
        Ok(_) => Ok(Vec::new()),
        Err(unreadable) => {
            let digests = deployment.imported().digests(credential);
            let keys: Vec<String> = digests.iter().map(keys::digest).collect();
            if keys.is_empty() {
                return Err(unreadable.into());
            }
            Ok(keys)
        }
    }
}

/// The id that the value of a digest's key names; `None` if it is no id.
#[must_use]
pub fn id_of_digest(seal: &Seal, key: &str, value: &str) -> Option<TokenId> {
    decode(seal.open(key, value)).ok()
}

/// A credential whose record was read.
#[derive(Debug)]
pub struct Verification {
    presented: Presented,
    named: Box<NamedToken>,
    /// Whether the credential is of this deployment, not a key that another system issued.
    is_native: bool,
    shift: u32,
    /// The names of vocabularies that the store does not have, or not undamaged.
    absent: Vec<String>,
}

/// A decision. Either the cache learns it, or it is only told.
#[derive(Debug)]
pub struct Decided {
    decision: Decision,
    /// The id in the credential, unless that is a key that another system issued.
    native: Option<TokenId>,
    /// Whether a value was sealed.
    is_sealed: bool,
}

/// Counters would be written without a seal beside sealed values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LacksKey;

impl Verification {
    /// Begins with the record of the token that a credential names. `stored` is the value of its
    /// key, `meta` that of `meta/deployment`. `imported` is the id of the token, if the credential
    /// is a key that another system issued, and which of its digests named it. `seal` opens the
    /// values: that of the deployment, or none for values that are open.
    ///
    /// # Errors
    /// The decision, if no secret can be compared.
    pub fn begin<D: VerifierConfig>(
        deployment: &D,
        seal: &Seal,
        credential: &str,
        imported: Option<(usize, TokenId)>,
        [stored, meta]: [Option<&str>; 2],
        known: &mut KnownStore,
    ) -> Result<Verification, Box<Decided>> {
        let refused = |code, basis, native| {
            Box::new(Decided {
                decision: Decision::new(code, basis),
                native,
                is_sealed: false,
            })
        };
        let presented = match WellFormed::read(deployment.prefix(), credential.as_bytes()) {
            Ok(text) => text.hash(),
            Err(unreadable) => {
                let presented = imported.and_then(|(at, id)| {
                    let mut digests = deployment.imported().digests(credential).into_iter();
                    Some(Presented::imported(id, digests.nth(at)?))
                });
                presented.ok_or_else(|| refused(unreadable.into(), Basis::Nothing, None))?
            }
        };
        let id = *presented.id();
        let native = imported.is_none().then_some(id);
        let meta = meta.map(|text| seal.open(keys::DEPLOYMENT, text));
        let stored = match (known.is_ours(meta, deployment.prefix()), stored) {
            (Ok(true), Some(stored)) => stored,
            (Ok(_), None) => return Err(refused(Code::Unknown, Basis::Nothing, native)),
            (Ok(false), Some(_)) | (Err(_), _) => {
                return Err(refused(Code::StoreUnavailable, Basis::Nothing, native));
            }
        };
        let text = seal.open(&keys::token(&id), stored);
        // What is before the body is ASCII.
        let shift = text.as_ptr().addr().saturating_sub(stored.as_ptr().addr());
        match NamedToken::read(&id, text.to_owned(), known.lists()) {
            Ok(Some(named)) => Ok(Verification {
                presented,
                named,
                is_native: native.is_some(),
                shift: u32::try_from(shift).unwrap_or_default(),
                absent: Vec::new(),
            }),
            Ok(None) => Err(refused(Code::Unknown, Basis::Deleted(id), native)),
            Err(_) => Err(refused(Code::StoreUnavailable, Basis::Nothing, native)),
        }
    }

    /// The token.
    pub(super) fn token(&self) -> &VerifiableToken {
        &self.named.token
    }

    /// Which of the token's secrets was presented.
    #[must_use]
    pub fn secret(&self, now: Instant) -> Secret {
        let presented = &self.presented;
        self.named
            .secrets
            .which(presented.scheme(), presented.digest(), now)
    }

    /// The record of the token. Until the decision discloses it, it only tells on what the token
    /// depends.
    #[must_use]
    pub fn record(&self) -> &RecordText {
        &self.named.record
    }

    /// Where the record begins in the stored text, in UTF-16 code units: a sealed text has
    /// something before it.
    #[must_use]
    pub fn shift(&self) -> u32 {
        self.shift
    }

    /// Whether the account of the token's subject is one of its dependencies.
    #[must_use]
    pub fn has_subject_account(&self) -> bool {
        self.named.token.subject_account.is_some()
    }

    /// Whether the usage of the token is read, for its idle time.
    #[must_use]
    pub fn has_idle_time(&self) -> bool {
        self.named.token.idle_after.is_some()
    }

    /// Whether the token's dependencies are read. They are not for a wrong secret, unless the cache
    /// takes the token.
    #[must_use]
    pub fn needs_dependencies(&self, caches: bool, now: Instant) -> bool {
        caches || self.secret(now) != Secret::Wrong
    }

    /// The keys of the vocabularies that [`Verification::decide`] lacks for the grants of the token
    /// and of its dependencies, which have these values. A text that only looks like a reference
    /// may be among the grants, so the store may not have all of them.
    #[must_use]
    pub fn missing_vocabularies(&self, values: &[Option<&str>], known: &KnownStore) -> Vec<String> {
        let own = self.named.record.raw(Part::Permissions);
        let coded = own.filter(|list| list.starts_with('{') && !known.vocabularies().has_set(list));
        let mut missing: Vec<&str> = Vec::new();
        for name in coded
            .into_iter()
            .chain(values.iter().copied().flatten())
            .flat_map(named_in)
        {
            let is_absent = self.absent.iter().any(|absent| absent == name);
            if !is_absent && !known.vocabularies().has(name) && !missing.contains(&name) {
                missing.push(name);
            }
        }
        missing.into_iter().map(keys::vocabulary).collect()
    }

    /// Takes the value of a key of [`Verification::missing_vocabularies`]. Returns whether it is
    /// the vocabulary of the key.
    pub fn learn_vocabulary<D: VerifierConfig>(
        &mut self,
        deployment: &D,
        key: &str,
        value: Option<&str>,
        known: &mut KnownStore,
    ) -> bool {
        let Some(name) = keys::vocabulary_name(key) else {
            return false;
        };
        let text = value.map(|text| deployment.seal().open(key, text));
        let compiled = text.map(|text| {
            known
                .vocabularies_mut()
                .compile(name, text, deployment.permissions())
        });
        let is_sound = matches!(compiled, Some(Ok(())));
        if !is_sound {
            self.absent.push(name.to_owned());
        }
        is_sound
    }

    /// Decides, with the values of the token's dependencies: those of its parents, of its technical
    /// user, of its owner and the resources above it, of its subject's account, of its usage, and
    /// of the usage of its parents.
    pub fn decide<D: VerifierConfig>(
        self,
        deployment: &D,
        values: &[Option<&str>],
        question: &Question,
        now: Instant,
        process: Process,
        known: &KnownStore,
    ) -> Decided {
        let keys = keys_of(&self.named.token);
        let native = self.is_native.then_some(self.named.token.id);
        let opened = opened(deployment.seal(), &keys, values);
        let is_sealed = self.shift > 0 || are_sealed(&opened, values);
        let secret = self.secret(now);
        let is_unread = secret == Secret::Wrong && !process.caches;
        let decision = if opened.len() == keys.len() || is_unread {
            let over = (
                deployment.permissions(),
                known.vocabularies() as &dyn Vocabularies,
            );
            self.named.decide(secret, &opened, over, question, now, process)
        } else {
            Decision::new(Code::StoreUnavailable, Basis::Nothing)
        };
        Decided {
            decision,
            native,
            is_sealed,
        }
    }
}

impl Decided {
    /// The tokens whose counters are read before the use is counted; none if it is not.
    #[must_use]
    pub fn limited(&self, question: &Question) -> Vec<TokenId> {
        self.decision.to_count(question)
    }

    /// Counts the use. `counters` are the values of the keys of [`Decided::limited`]. The new ones
    /// are as the store gets them.
    ///
    /// # Errors
    /// If values are sealed and this deployment has no key.
    pub fn count<D: VerifierConfig>(
        self,
        deployment: &D,
        limited: &[TokenId],
        counters: &[Option<&str>],
        question: &Question,
        now: Instant,
    ) -> Result<Decided, LacksKey> {
        let seal = deployment.seal();
        let keys: Vec<String> = limited.iter().map(keys::limit).collect();
        let opened = opened(seal, &keys, counters);
        let is_sealed = self.is_sealed || are_sealed(&opened, counters);
        let mut decision = self.decision.counted(&opened, question, now);
        if is_sealed && !decision.counters().is_empty() && !seal.has_keys() {
            return Err(LacksKey);
        }
        decision.seal_counters(seal, &keys);
        Ok(Decided { decision, ..self })
    }

    /// The new counters.
    pub(super) fn counters(&self) -> &[String] {
        self.decision.counters()
    }

    /// The code.
    pub(crate) fn code(&self) -> Code {
        self.decision.code
    }

    /// Lets the cache learn the decision.
    pub fn learned(self, cache: &mut Cache, generation: Option<u32>) -> Settled {
        self.decision.settle(self.native.as_ref(), cache, generation)
    }

    /// The decision, without a cache.
    #[must_use]
    pub fn told(self) -> Settled {
        self.decision.told()
    }
}

/// The bodies of values.
fn opened<'v>(seal: &Seal, keys: &[String], values: &[Option<&'v str>]) -> Vec<Option<&'v str>> {
    let pairs = keys.iter().zip(values);
    pairs
        .map(|(key, value)| value.map(|text| seal.open(key, text)))
        .collect()
}

/// Whether one of the values was sealed.
fn are_sealed(opened: &[Option<&str>], values: &[Option<&str>]) -> bool {
    let length = |text: &Option<&str>| text.map(str::len);
    opened
        .iter()
        .zip(values)
        .any(|(body, value)| length(body) != length(value))
}
