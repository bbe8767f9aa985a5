//! The same without futures: each call blocks its thread until the store has answered.

use serde_json::Value as Json;

use super::actor::Actor;
use super::adapter::Blocking;
use super::error::Error;
use super::import_report::{ImportReport, RowOutcome};
use super::options::Options;
use super::store::Store;
use super::tokens::{BulkReport, Created, FlushReport, Minted, Tokens as AsyncTokens};
use super::verifier::Verifier as AsyncVerifier;
use super::wait::block_on;
use crate::catalog::Matched;
use crate::deployment::Deployment;
use crate::model::question::Question;
use crate::model::requirement::Requirement;
use crate::value::condition::RequestContext;
use crate::verify::verdict::Verdict;

/// The tokens of a deployment, on a store whose calls block. Its methods are those of
/// [`Tokens`](super::Tokens).
///
/// ```
/// use leastkey::driver::{Actor, MemoryStore, Options, blocking::Tokens};
/// use leastkey::model::question::Question;
/// use serde_json::json;
///
/// let mail = json!({ "title": "Mail", "permissions": { "send": "Send" } });
/// let catalog = json!({ "services": { "mail": mail } });
/// let tokens = Tokens::new(MemoryStore::default(), Options::new("acme_test", catalog))?;
/// let admin = Actor::new("user:7").role("org:acme", "admin");
/// let kind = "permission-set";
/// let input = json!({ "kind": kind, "name": "One", "owner": "org:acme", "add": ["mail:send"] });
/// let created = tokens.create(input, &admin)?;
///
/// let send = tokens.requirement(json!("mail:send"))?;
/// let credential = created.credential.as_ref().unwrap().reveal();
/// assert!(tokens.verify(credential, &Question::of(&send)).valid);
/// tokens.revoke(created.record["id"].as_str().unwrap(), json!({}), &admin)?;
/// assert_eq!(tokens.verify(credential, &Question::of(&send)).code.name(), "revoked");
/// # Ok::<(), leastkey::driver::Error>(())
/// ```
#[derive(Debug)]
pub struct Tokens<S>(AsyncTokens<Blocking<S>>, Verifier<S>);

/// A verifier on a store whose calls block. Its methods are those of
/// [`Verifier`](super::Verifier), which it shares its cache with.
#[derive(Debug)]
pub struct Verifier<S>(AsyncVerifier<Blocking<S>>);

impl<S> Clone for Tokens<S> {
    fn clone(&self) -> Tokens<S> {
        Tokens(self.0.clone(), self.1.clone())
    }
}

impl<S> Clone for Verifier<S> {
    fn clone(&self) -> Verifier<S> {
        Verifier(self.0.clone())
    }
}

/// Methods that block on the method of the same name.
macro_rules! blocking {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        impl<S: Store> Tokens<S> {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// As the asynchronous method of this name.
                pub fn $name(&self, $($argument: $type),*) -> Result<$answer, Error> {
                    block_on(self.0.$name($($argument),*))
                }
            )*
        }
    };
}

blocking! {
    /// [`create`](super::Tokens::create).
    create(input: Json, actor: &Actor) -> Created;
    /// [`get`](super::Tokens::get).
    get(id: &str, actor: &Actor) -> Json;
    /// [`list`](super::Tokens::list).
    list(query: Json, actor: &Actor) -> Json;
    /// [`edit`](super::Tokens::edit).
    edit(id: &str, change: Json, actor: &Actor) -> Json;
    /// [`disable`](super::Tokens::disable).
    disable(id: &str, actor: &Actor) -> Json;
    /// [`enable`](super::Tokens::enable).
    enable(id: &str, actor: &Actor) -> Json;
    /// [`revoke`](super::Tokens::revoke).
    revoke(id: &str, options: Json, actor: &Actor) -> Json;
    /// [`revoke_all`](super::Tokens::revoke_all).
    revoke_all(query: Json, options: Json, actor: &Actor) -> BulkReport;
    /// [`revoke_all_with_progress`](super::Tokens::revoke_all_with_progress).
    revoke_all_with_progress(
        query: Json, options: Json, actor: &Actor, on_page: impl FnMut(&BulkReport)
    ) -> BulkReport;
    /// [`delete`](super::Tokens::delete).
    delete(id: &str, actor: &Actor) -> Json;
    /// [`purge`](super::Tokens::purge).
    purge(query: Json, actor: &Actor) -> BulkReport;
    /// [`purge_with_progress`](super::Tokens::purge_with_progress).
    purge_with_progress(query: Json, actor: &Actor, on_page: impl FnMut(&BulkReport)) -> BulkReport;
    /// [`rotate`](super::Tokens::rotate).
    rotate(id: &str, options: Json, actor: &Actor) -> Created;
    /// [`confirm_rotation`](super::Tokens::confirm_rotation).
    confirm_rotation(id: &str, actor: &Actor) -> Json;
    /// [`abort_rotation`](super::Tokens::abort_rotation).
    abort_rotation(id: &str, actor: &Actor) -> Json;
    /// [`exchange`](super::Tokens::exchange).
    exchange(credential: &str, input: Json) -> Created;
    /// [`import_key`](super::Tokens::import_key).
    import_key(input: Json, actor: &Actor) -> Json;
    /// [`import_keys`](super::Tokens::import_keys).
    import_keys(
        rows: impl IntoIterator<Item = Json>,
        options: Json,
        actor: &Actor,
        on_row: impl FnMut(&RowOutcome)
    ) -> ImportReport;
    /// [`put_account`](super::Tokens::put_account).
    put_account(input: Json, actor: &Actor) -> Json;
    /// [`get_account`](super::Tokens::get_account).
    get_account(id: &str, actor: &Actor) -> Json;
    /// [`disable_account`](super::Tokens::disable_account).
    disable_account(id: &str, actor: &Actor) -> Json;
    /// [`enable_account`](super::Tokens::enable_account).
    enable_account(id: &str, actor: &Actor) -> Json;
    /// [`delete_account`](super::Tokens::delete_account).
    delete_account(id: &str, actor: &Actor) -> Json;
    /// [`start_job`](super::Tokens::start_job).
    start_job(query: Json, options: Json, actor: &Actor) -> Json;
    /// [`get_job`](super::Tokens::get_job).
    get_job(id: &str, actor: &Actor) -> Json;
    /// [`advance_job`](super::Tokens::advance_job).
    advance_job(id: &str, turn: Option<u64>, actor: &Actor) -> Json;
    /// [`describe`](super::Tokens::describe).
    describe(query: Json, actor: &Actor) -> Json;
    /// [`drift`](super::Tokens::drift).
    drift(query: Json, actor: &Actor) -> Json;
    /// [`audit`](super::Tokens::audit).
    audit(query: Json, actor: &Actor) -> Json;
    /// [`verify_audit`](super::Tokens::verify_audit).
    verify_audit(owner: &str) -> Json;
    /// [`flush`](super::Tokens::flush).
    flush() -> FlushReport;
    /// [`flush_uses`](super::Tokens::flush_uses).
    flush_uses(uses: Vec<Json>) -> FlushReport;
    /// [`explain`](super::Tokens::explain).
    explain(credential: &str, question: &Question<'_>) -> Json;
}

impl<S: Store> Tokens<S> {
    /// Compiles the deployment.
    ///
    /// # Errors
    /// `invalid_input` with every problem of the options and the catalog.
    pub fn new(store: S, options: Options) -> Result<Tokens<S>, Error> {
        let tokens = AsyncTokens::new(Blocking::new(store), options)?;
        let verifier = Verifier(tokens.verifier().clone());
        Ok(Tokens(tokens, verifier))
    }

    /// The verifier, which notices what these tokens change at once.
    #[must_use]
    pub fn verifier(&self) -> &Verifier<S> {
        &self.1
    }

    /// The deployment.
    #[must_use]
    pub fn deployment(&self) -> &Deployment {
        self.0.deployment()
    }

    /// Verifies a credential: [`Verifier::verify`].
    #[must_use]
    pub fn verify(&self, credential: &str, question: &Question<'_>) -> Verdict {
        self.1.verify(credential, question)
    }

    /// [`requirement`](super::Verifier::requirement).
    ///
    /// # Errors
    /// `invalid_input` for an unknown permission.
    pub fn requirement(&self, requirement: Json) -> Result<Requirement, Error> {
        self.1.requirement(requirement)
    }

    /// [`mint`](super::Tokens::mint).
    ///
    /// # Errors
    /// `invalid_input` for an unreadable id; `internal` if the random number generator failed.
    pub fn mint(&self, id: Option<&str>) -> Result<Minted, Error> {
        self.0.mint(id)
    }

    /// [`resolve`](super::Tokens::resolve).
    ///
    /// # Errors
    /// `invalid_input` with every problem.
    pub fn resolve(&self, selection: Json) -> Result<Json, Error> {
        self.0.resolve(selection)
    }

    /// [`suggest`](super::Tokens::suggest).
    ///
    /// # Errors
    /// `invalid_input` for unknown permissions.
    pub fn suggest(&self, permissions: &[&str]) -> Result<Json, Error> {
        self.0.suggest(permissions)
    }
}

impl<S: Store> Verifier<S> {
    /// Compiles the deployment.
    ///
    /// # Errors
    /// `invalid_input` with every problem of the options and the catalog.
    pub fn new(store: S, options: Options) -> Result<Verifier<S>, Error> {
        Ok(Verifier(AsyncVerifier::new(Blocking::new(store), options)?))
    }

    /// [`verify`](super::Verifier::verify).
    #[must_use]
    pub fn verify(&self, credential: &str, question: &Question<'_>) -> Verdict {
        block_on(self.0.verify(credential, question))
    }

    /// [`requirement`](super::Verifier::requirement).
    ///
    /// # Errors
    /// `invalid_input` for an unknown permission.
    pub fn requirement(&self, requirement: Json) -> Result<Requirement, Error> {
        self.0.requirement(requirement)
    }

    /// [`context`](super::Verifier::context).
    ///
    /// # Errors
    /// `invalid_input` for an audience that cannot be one.
    pub fn context(&self, context: Json) -> Result<RequestContext, Error> {
        self.0.context(context)
    }

    /// [`route`](super::Verifier::route).
    #[must_use]
    pub fn route(&self, method: &str, path: &str) -> Option<Vec<Matched>> {
        self.0.route(method, path)
    }

    /// [`invalidate`](super::Verifier::invalidate).
    pub fn invalidate(&self) {
        self.0.invalidate();
    }

    /// [`take_uses`](super::Verifier::take_uses).
    #[must_use]
    pub fn take_uses(&self) -> Vec<Json> {
        self.0.take_uses()
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &S {
        self.0.store().store()
    }
}
