//! The operations of a deployment on an asynchronous store.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::actor::Actor;
use super::calls::{CallError, Fetched};
use super::entropy::draw;
use super::error::Error;
use super::import_report::{ImportReport, RowOutcome, read_dry_run};
use super::options::{Options, to_value};
use super::run_operation::{Host, run};
use super::store::AsyncStore;
use super::usage_collector::PAGE;
use super::verifier::Verifier;
use super::wait::{Deadline, Turns};
use crate::catalog::Selection;
use crate::codec::json::Value;
use crate::deployment::{Deployment, VerifierConfig as _};
use crate::input::{ErrorCode, Members, Path, Problems, Refusal};
use crate::model::question::Question;
use crate::operation::{Answer, plan, plan_exchange};
use crate::storage::plan::Plan;
use crate::value::credential::{Credential, SCHEME, TokenId};
use crate::verify::explain::explain;
use crate::verify::verdict::Verdict;

/// The key of the turn that flushes take.
const FLUSH: &str = "flush";

/// The most reads of an explanation.
const MAX_READS: usize = 6;

/// The answer of a call that makes a secret.
#[derive(Debug)]
pub struct Created {
    /// The credential, returned only here; `None` if its client minted it, or on a retry with an
    /// idempotency key.
    pub credential: Option<Credential>,
    /// The record of the token.
    pub record: Json,
}

/// A credential created by its client. Only the id, the digest and the scheme go to the server.
#[derive(Debug)]
pub struct Minted {
    /// The credential.
    pub credential: Credential,
    /// `{ id, digest, scheme }`: members of the input of `create`, and of the options of `rotate`.
    pub input: Json,
}

/// What a call over many tokens has done.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkReport {
    /// The tokens that were changed.
    pub ids: Vec<String>,
    /// How many were in that state already.
    pub already: u64,
    /// How many were looked at.
    pub scanned: u64,
    /// Those that the actor may not change.
    pub not_allowed: Vec<String>,
    /// Those with a damaged record.
    pub unreadable: Vec<String>,
    /// Where the call goes on; `None` once it has looked at all of them. As `after` of the query,
    /// another call goes on here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What a flush has done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FlushReport {
    /// How many tokens had their uses stored.
    pub flushed: usize,
    /// How many uses were dropped since the last flush: too many tokens were in use, or the uses
    /// were refused.
    pub uncounted: u64,
    /// Tokens with unreadable stored values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
    /// Tokens whose uses were refused. They are not tried again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
}

/// The tokens of a deployment, on an asynchronous store.
///
/// The arguments and the records are JSON values with the members of the JavaScript package, which
/// docs/operations.md has; the core checks them, and an error names every problem with its path.
/// Processes of both languages can share one store: give them the same prefix, catalog and record
/// keys.
///
/// All calls are safe to make at once, from any number of processes: a commit expects exactly what
/// was read, and who loses a race plans again. [`blocking::Tokens`](super::blocking::Tokens) has
/// the same methods without futures.
///
/// ```
/// # use std::future::Future;
/// # use std::pin::pin;
/// # use std::task::{Context, Poll, Waker};
/// use leastkey::driver::{Actor, Blocking, MemoryStore, Options, Tokens};
/// use serde_json::json;
///
/// # async fn main_of_a_host() -> Result<(), leastkey::driver::Error> {
/// let mail = json!({ "title": "Mail", "permissions": { "send": "Send", "read": "Read" } });
/// let catalog = json!({ "services": { "mail": mail } });
/// let store = Blocking::new(MemoryStore::default());
/// let tokens = Tokens::new(store, Options::new("acme_test", catalog))?;
/// let admin = Actor::new("user:7").role("org:acme", "admin");
///
/// let kind = "permission-set";
/// let input = json!({ "kind": kind, "name": "One", "owner": "org:acme", "add": ["mail:send"] });
/// let created = tokens.create(input, &admin).await?;
/// let credential = created.credential.unwrap();
/// // Shown once, and never stored: wiped from memory when it is dropped.
/// assert!(credential.reveal().starts_with("acme_test_"));
///
/// let id = created.record["id"].as_str().unwrap();
/// tokens.revoke(id, json!({ "reason": "leaked" }), &admin).await?;
/// let refused = tokens.revoke("0VbkXrXsQjnW9xj4", json!({}), &admin).await.unwrap_err();
/// assert_eq!(refused.code(), "not_found");
/// # Ok(())
/// # }
/// # let mut example = pin!(main_of_a_host());
/// # let Poll::Ready(done) = example.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
/// #     panic!("a store in memory answers at once")
/// # };
/// # done.unwrap();
/// ```
#[derive(Debug)]
pub struct Tokens<S> {
    host: Arc<Host<S>>,
    verifier: Verifier<S>,
}

impl<S> Clone for Tokens<S> {
    fn clone(&self) -> Tokens<S> {
        Tokens {
            host: Arc::clone(&self.host),
            verifier: self.verifier.clone(),
        }
    }
}

impl<S: AsyncStore> Tokens<S> {
    /// Compiles the deployment.
    ///
    /// # Errors
    /// `invalid_input` with every problem of the options and the catalog.
    pub fn new(store: S, options: Options) -> Result<Tokens<S>, Error> {
        let host = Arc::new(Host {
            store,
            settings: options.compile()?,
            turns: Turns::default(),
        });
        Ok(Tokens {
            verifier: Verifier::of(Arc::clone(&host)),
            host,
        })
    }

    /// The verifier, which notices what these tokens change at once.
    #[must_use]
    pub fn verifier(&self) -> &Verifier<S> {
        &self.verifier
    }

    /// The deployment.
    #[must_use]
    pub fn deployment(&self) -> &Deployment {
        &self.host.settings.deployment
    }

    /// Verifies a credential: [`Verifier::verify`].
    pub async fn verify(&self, credential: &str, question: &Question<'_>) -> Verdict {
        self.verifier.verify(credential, question).await
    }

    /// Creates a token: `{ kind, name, owner?, templates?, add?, … }`.
    ///
    /// # Errors
    /// `invalid_input`, `forbidden`, `exceeds_ceiling`, `name_taken`, …: docs/operations.md.
    pub async fn create(&self, input: Json, actor: &Actor) -> Result<Created, Error> {
        self.make(json!({ "op": "create", "input": input, "actor": actor }))
            .await
    }

    /// The record of a token.
    ///
    /// # Errors
    /// `not_found` for a token that does not exist, or that the actor may not see.
    pub async fn get(&self, id: &str, actor: &Actor) -> Result<Json, Error> {
        self.read(json!({ "op": "get", "id": id, "actor": actor })).await
    }

    /// A page of tokens, newest first: `{ owner?, kind?, status?, search?, after?, limit?, … }`.
    /// The answer has `items` and, if there are more, `next` for `after`.
    ///
    /// # Errors
    /// `invalid_input`, `forbidden`.
    pub async fn list(&self, query: Json, actor: &Actor) -> Result<Json, Error> {
        self.read(json!({ "op": "list", "query": query, "actor": actor }))
            .await
    }

    /// Changes a token: `{ name?, templates?, conditions?, revision?, … }`. Absent members stay.
    ///
    /// # Errors
    /// `conflict` if `revision` is not that of the record; as [`Tokens::create`].
    pub async fn edit(&self, id: &str, change: Json, actor: &Actor) -> Result<Json, Error> {
        self.change(json!({ "op": "edit", "id": id, "change": change, "actor": actor }))
            .await
    }

    /// Disables a token until it is enabled.
    ///
    /// # Errors
    /// `not_found`, `forbidden`, `terminal`.
    pub async fn disable(&self, id: &str, actor: &Actor) -> Result<Json, Error> {
        self.one("disable", id, actor).await
    }

    /// Enables a disabled token.
    ///
    /// # Errors
    /// `forbidden` if an authority above disabled it; as [`Tokens::disable`].
    pub async fn enable(&self, id: &str, actor: &Actor) -> Result<Json, Error> {
        self.one("enable", id, actor).await
    }

    /// Revokes a token for good: `{ reason? }`.
    ///
    /// # Errors
    /// As [`Tokens::disable`].
    pub async fn revoke(&self, id: &str, options: Json, actor: &Actor) -> Result<Json, Error> {
        self.change(json!({ "op": "revoke", "id": id, "options": options, "actor": actor }))
            .await
    }

    /// Revokes all tokens of an owner and of owners below it, and what they have made: page after
    /// page. `query`: `{ owner, … }`, `options`: `{ reason?, dryRun? }`.
    ///
    /// # Errors
    /// That of the first page that failed. Pages before it stay done: call it again.
    pub async fn revoke_all(&self, query: Json, options: Json, actor: &Actor) -> Result<BulkReport, Error> {
        self.revoke_all_with_progress(query, options, actor, |_| {}).await
    }

    /// As [`Tokens::revoke_all`]. `on_page` gets the report so far after each page, so that it is
    /// known where a failed call has stopped.
    ///
    /// # Errors
    /// As [`Tokens::revoke_all`].
    pub async fn revoke_all_with_progress(
        &self,
        query: Json,
        options: Json,
        actor: &Actor,
        on_page: impl FnMut(&BulkReport),
    ) -> Result<BulkReport, Error> {
        let call = json!({ "op": "revokeAll", "query": query, "options": options, "actor": actor });
        self.pages(call, on_page).await
    }

    /// Deletes a token and everything that is stored for it. The audit trail stays.
    ///
    /// # Errors
    /// As [`Tokens::disable`].
    pub async fn delete(&self, id: &str, actor: &Actor) -> Result<Json, Error> {
        self.one("delete", id, actor).await
    }

    /// Deletes tokens that ended long ago, page after page: `{ owner?, overFor?, dryRun? }`.
    ///
    /// # Errors
    /// As [`Tokens::revoke_all`].
    pub async fn purge(&self, query: Json, actor: &Actor) -> Result<BulkReport, Error> {
        self.purge_with_progress(query, actor, |_| {}).await
    }

    /// As [`Tokens::purge`], with the report so far after each page.
    ///
    /// # Errors
    /// As [`Tokens::revoke_all`].
    pub async fn purge_with_progress(
        &self,
        query: Json,
        actor: &Actor,
        on_page: impl FnMut(&BulkReport),
    ) -> Result<BulkReport, Error> {
        let call = json!({ "op": "purge", "query": query, "actor": actor });
        self.pages(call, on_page).await
    }

    /// Gives a token a new secret. The old one works until its grace is over: `{ grace?,
    /// expiresIn?, … }`.
    ///
    /// # Errors
    /// As [`Tokens::edit`].
    pub async fn rotate(&self, id: &str, options: Json, actor: &Actor) -> Result<Created, Error> {
        self.make(json!({ "op": "rotate", "id": id, "options": options, "actor": actor }))
            .await
    }

    /// Ends the old secret of a pending rotation.
    ///
    /// # Errors
    /// As [`Tokens::disable`].
    pub async fn confirm_rotation(&self, id: &str, actor: &Actor) -> Result<Json, Error> {
        self.one("confirmRotation", id, actor).await
    }

    /// Ends the new secret of a pending rotation.
    ///
    /// # Errors
    /// As [`Tokens::disable`].
    pub async fn abort_rotation(&self, id: &str, actor: &Actor) -> Result<Json, Error> {
        self.one("abortRotation", id, actor).await
    }

    /// Exchanges a credential for that of a session: `{ permissions?, resource?, expiresIn?,
    /// context?, … }`. `context` is what the host knows of the request, for the conditions of the
    /// parent.
    ///
    /// # Errors
    /// `invalid_token` for a credential that may not be used; as [`Tokens::create`].
    pub async fn exchange(&self, credential: &str, input: Json) -> Result<Created, Error> {
        let input = to_value(input)?;
        let deployment = self.deployment();
        let invalidate = self.invalidate();
        let answer = run(&self.host, false, &invalidate, |reads, time, entropy| {
            plan_exchange(deployment, credential, &input, reads, time, entropy)
        });
        created(answer.await?)
    }

    /// Imports one key of another system by its digest: `{ kind, name, owner, digest, encoding, …
    /// }`.
    ///
    /// # Errors
    /// As [`Tokens::create`].
    pub async fn import_key(&self, input: Json, actor: &Actor) -> Result<Json, Error> {
        self.change(json!({ "op": "importKey", "input": input, "actor": actor }))
            .await
    }

    /// Imports keys of another system, one after the other: rows as [`Tokens::import_key`] takes
    /// them. A refused row is reported, and the others go on. With the option `{ dryRun: true }`
    /// nothing is changed, and the report says what would happen to each row by itself.
    ///
    /// `on_row` gets the outcome of each row. Keys that exist already are left as they are, so the
    /// same call may be made again.
    ///
    /// # Errors
    /// `invalid_input` if the deployment accepts no keys of other systems. That of the first row at
    /// which the store or this machine failed: rows before it stay imported.
    pub async fn import_keys(
        &self,
        rows: impl IntoIterator<Item = Json>,
        options: Json,
        actor: &Actor,
        mut on_row: impl FnMut(&RowOutcome),
    ) -> Result<ImportReport, Error> {
        let dry_run = read_dry_run(&options)?;
        if self.deployment().imported().are_none() {
            let message = "is needed, or no imported key would ever verify: give Options::imported";
            return Err(Error::invalid("imported", message));
        }
        let mut report = ImportReport::default();
        for (row, input) in rows.into_iter().enumerate() {
            let call = json!({ "op": "importKey", "input": input, "actor": actor });
            let imported = self.run(call, dry_run, &self.invalidate()).await;
            let outcome = RowOutcome::of(row, imported.and_then(|answer| answered(&answer)))?;
            report.count(&outcome);
            on_row(&outcome);
            report.outcomes.push(outcome);
        }
        Ok(report)
    }

    /// Registers an owner, or replaces its account: the most that its tokens can do.
    ///
    /// # Errors
    /// `conflict` if `revision` is not that of the account; `forbidden`.
    pub async fn put_account(&self, input: Json, actor: &Actor) -> Result<Json, Error> {
        self.change(json!({ "op": "putAccount", "input": input, "actor": actor }))
            .await
    }

    /// The account of an owner, or a technical user.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn get_account(&self, id: &str, actor: &Actor) -> Result<Json, Error> {
        self.read(json!({ "op": "getAccount", "id": id, "actor": actor }))
            .await
    }

    /// Disables an account: its tokens and those of owners below it are refused.
    ///
    /// # Errors
    /// `not_found`, `forbidden`.
    pub async fn disable_account(&self, id: &str, actor: &Actor) -> Result<Json, Error> {
        self.one("disableAccount", id, actor).await
    }

    /// Enables a disabled account.
    ///
    /// # Errors
    /// `not_found`, `forbidden`.
    pub async fn enable_account(&self, id: &str, actor: &Actor) -> Result<Json, Error> {
        self.one("enableAccount", id, actor).await
    }

    /// Deletes an account and ends all its tokens. Its id is never used again.
    ///
    /// # Errors
    /// `not_found`, `forbidden`.
    pub async fn delete_account(&self, id: &str, actor: &Actor) -> Result<Json, Error> {
        self.one("deleteAccount", id, actor).await
    }

    /// Starts a job that revokes many tokens, and that any process advances. Arguments as
    /// [`Tokens::revoke_all`].
    ///
    /// # Errors
    /// As [`Tokens::revoke_all`].
    pub async fn start_job(&self, query: Json, options: Json, actor: &Actor) -> Result<Json, Error> {
        self.change(json!({ "op": "startJob", "query": query, "options": options, "actor": actor }))
            .await
    }

    /// How far a job is.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn get_job(&self, id: &str, actor: &Actor) -> Result<Json, Error> {
        self.read(json!({ "op": "getJob", "id": id, "actor": actor }))
            .await
    }

    /// Runs one page of a job, unless another process is at it. `turn` is `job.pages` of this
    /// process's last page, as proof that the job is its own. The answer has the `job`, and whether
    /// this call `advanced` it.
    ///
    /// # Errors
    /// As [`Tokens::revoke_all`].
    pub async fn advance_job(&self, id: &str, turn: Option<u64>, actor: &Actor) -> Result<Json, Error> {
        let options = turn.map_or_else(|| json!({}), |turn| json!({ "turn": turn }));
        self.change(json!({ "op": "advanceJob", "id": id, "options": options, "actor": actor }))
            .await
    }

    /// What the actor can choose from for a new token of an owner: `{ owner? }`.
    ///
    /// # Errors
    /// `invalid_input`.
    pub async fn describe(&self, query: Json, actor: &Actor) -> Result<Json, Error> {
        self.read(json!({ "op": "describe", "query": query, "actor": actor }))
            .await
    }

    /// The tokens whose grants differ from what their templates have now: `{ owner?, … }`.
    ///
    /// # Errors
    /// `invalid_input`, `forbidden`.
    pub async fn drift(&self, query: Json, actor: &Actor) -> Result<Json, Error> {
        self.read(json!({ "op": "drift", "query": query, "actor": actor }))
            .await
    }

    /// A page of an owner's audit trail: `{ owner?, order?, after?, limit? }`.
    ///
    /// # Errors
    /// `invalid_input`, `forbidden`.
    pub async fn audit(&self, query: Json, actor: &Actor) -> Result<Json, Error> {
        self.read(json!({ "op": "audit", "query": query, "actor": actor }))
            .await
    }

    /// Checks the chain of an owner's audit trail, page after page. The answer has `intact`,
    /// `checked`, and the place of the first entry that breaks the chain.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn verify_audit(&self, owner: &str) -> Result<Json, Error> {
        let mut checked = 0;
        let mut after = Json::Null;
        loop {
            let mut query = json!({ "owner": owner });
            if let (Json::Object(members), false) = (&mut query, after.is_null()) {
                members.insert("after".to_owned(), after);
            }
            let mut page = self.read(json!({ "op": "verifyAudit", "query": query })).await?;
            checked += page.get("checked").and_then(Json::as_u64).unwrap_or_default();
            let next = page.get("next").cloned().unwrap_or_default();
            if next.is_null() || page.get("intact") != Some(&Json::Bool(true)) {
                if let Json::Object(members) = &mut page {
                    members.insert("checked".to_owned(), json!(checked));
                }
                return Ok(page);
            }
            after = next;
        }
    }

    /// Stores the uses that the verifier has noted, page after page. Call it every few seconds, and
    /// before the process ends. Without it a token with an idle time expires although it is used.
    ///
    /// Up to 100,000 tokens are kept until a flush; uses of further ones are dropped and counted.
    ///
    /// # Errors
    /// That of the first page that failed. Its uses and all later ones are kept for the next flush.
    /// If its outcome is unknown, they may be counted twice, never lost.
    pub async fn flush(&self) -> Result<FlushReport, Error> {
        let Host {
            store,
            turns,
            settings,
        } = &*self.host;
        let (_turn, _) = turns.take(store, FLUSH, &Deadline::new(settings.deadline)).await;
        let mut report = FlushReport::default();
        let mut unflushed = self.verifier.uses().take_all();
        let mut most = PAGE;
        loop {
            let page = unflushed.page(most)?;
            if page.is_empty() {
                break;
            }
            let is_single = page.len() == 1;
            match self.change(json!({ "op": "flush", "uses": page })).await {
                Ok(answer) => {
                    let stored = answer.get("flushed").and_then(Json::as_u64).unwrap_or_default();
                    // At least one, so that the loop makes progress.
                    let stored = usize::try_from(stored).unwrap_or(usize::MAX).max(1);
                    unflushed.stored(stored);
                    report.flushed += stored;
                    report.unreadable.extend(texts(&answer, "unreadable"));
                    most = PAGE;
                }
                // One use of the page can never be stored: find it, and drop it.
                Err(error) if error.code() == ErrorCode::InvalidInput.name() => {
                    most = 1;
                    if is_single {
                        report.refused.extend(unflushed.refused());
                        most = PAGE;
                    }
                }
                Err(error) => return Err(error),
            }
        }
        drop(unflushed);
        report.uncounted = self.verifier.uses().take_dropped();
        Ok(report)
    }

    /// Adds uses that another process has noted, those of [`Verifier::take_uses`] or of the
    /// JavaScript package, and flushes.
    ///
    /// # Errors
    /// `invalid_input` for uses of another form, of which none is added; as [`Tokens::flush`].
    pub async fn flush_uses(&self, uses: Vec<Json>) -> Result<FlushReport, Error> {
        self.verifier.uses().add(uses)?;
        self.flush().await
    }

    /// Creates a credential of which the server gets the digest only. `id` is the token to rotate;
    /// without it, the credential is that of a new token.
    ///
    /// # Errors
    /// `invalid_input` for an unreadable id; `internal` if the random number generator failed.
    pub fn mint(&self, id: Option<&str>) -> Result<Minted, Error> {
        let Host { settings, .. } = &*self.host;
        let entropy = draw(&*settings.entropy)?;
        let prefix = settings.deployment.prefix();
        let credential = match id {
            None => entropy.mint(prefix, settings.times.moment()?.now),
            Some(id) => {
                let mut problems = Problems::default();
                let id = problems.keep(&Path::call().member("id"), TokenId::parse(id));
                entropy.mint_for(prefix, id.ok_or_else(|| Refusal::from(problems))?)
            }
        };
        let input = json!({ "id": credential.id(), "digest": credential.digest(), "scheme": SCHEME });
        Ok(Minted { credential, input })
    }

    /// Explains the verdict on a credential, for the operator of the service: the answer has the
    /// verdict, what would satisfy the requirement, and as `wire` what may be sent to the client.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn explain(&self, credential: &str, question: &Question<'_>) -> Result<Json, Error> {
        let Host { store, settings, .. } = &*self.host;
        let deadline = Deadline::new(settings.deadline);
        let mut fetched = Fetched::default();
        for _ in 0..=MAX_READS {
            let now = settings.times.moment()?.latest();
            match explain(&settings.deployment, credential, question, &fetched.reads, now) {
                Plan::Answer(explanation) => return to_json(&explanation),
                Plan::Refuse(refusal) => return Err(refusal.into()),
                Plan::Need(need) => {
                    let read = fetched.fetch(store, need, false, &deadline).await;
                    read.map_err(CallError::into_store)?;
                }
                Plan::Commit { .. } | Plan::Prepare { .. } => {
                    return Err(Error::internal("an explanation writes nothing"));
                }
            }
        }
        Err(Error::new(
            "store_unavailable",
            "the token changed between the reads; try again",
        ))
    }

    /// Previews a selection: `{ templates?, add?, remove?, role?, resources? }`. The answer has the
    /// `permissions` and the `warnings`.
    ///
    /// # Errors
    /// `invalid_input` with every problem.
    pub fn resolve(&self, selection: Json) -> Result<Json, Error> {
        let selection = to_value(selection)?;
        let mut problems = Problems::default();
        let members = Members::open(&selection, &Path::call(), &Selection::MEMBERS, &mut problems);
        let preview = members.and_then(|members| {
            let selection = Selection::read(&members, &mut problems);
            let catalog = self.deployment().catalog();
            catalog.preview(&selection, None, &mut problems)
        });
        match preview.filter(|_| problems.is_empty()) {
            Some(preview) => to_json(&preview),
            None => Err(Refusal::from(problems).into()),
        }
    }

    /// The smallest selection for a list of permissions.
    ///
    /// # Errors
    /// `invalid_input` for unknown permissions.
    pub fn suggest(&self, permissions: &[&str]) -> Result<Json, Error> {
        let catalog = self.deployment().catalog();
        let mut problems = Problems::default();
        let wanted = Value::List(
            permissions
                .iter()
                .map(|text| Value::Text((*text).to_owned()))
                .collect(),
        );
        match catalog.read_set(&wanted, &Path::call().member("permissions"), &mut problems) {
            Some(wanted) => to_json(&catalog.suggest(&wanted)),
            None => Err(Refusal::from(problems).into()),
        }
    }

    /// Makes the next verification read the change feed of the store.
    fn invalidate(&self) -> impl Fn() + Sync {
        || self.verifier.invalidate_own()
    }

    async fn one(&self, op: &str, id: &str, actor: &Actor) -> Result<Json, Error> {
        self.change(json!({ "op": op, "id": id, "actor": actor })).await
    }

    async fn read(&self, call: Json) -> Result<Json, Error> {
        answered(&self.run(call, false, &|| {}).await?)
    }

    async fn change(&self, call: Json) -> Result<Json, Error> {
        answered(&self.run(call, false, &self.invalidate()).await?)
    }

    async fn make(&self, call: Json) -> Result<Created, Error> {
        created(self.run(call, false, &self.invalidate()).await?)
    }

    async fn run(&self, call: Json, dry_run: bool, invalidate: &(dyn Fn() + Sync)) -> Result<Answer, Error> {
        let call = to_value(call)?;
        let deployment = self.deployment();
        run(&self.host, dry_run, invalidate, |reads, time, entropy| {
            plan(deployment, &call, reads, time, entropy)
        })
        .await
    }

    /// Runs page after page until there is no next.
    async fn pages(&self, mut call: Json, mut on_page: impl FnMut(&BulkReport)) -> Result<BulkReport, Error> {
        let mut report = BulkReport::default();
        loop {
            let page = self.change(call.clone()).await?;
            let ids = |name: &str| texts(&page, name);
            let count = |name: &str| page.get(name).and_then(Json::as_u64).unwrap_or_default();
            report.ids.extend(ids("ids"));
            report.already += count("already");
            report.scanned += count("scanned");
            for (to, found) in [
                (&mut report.not_allowed, ids("notAllowed")),
                (&mut report.unreadable, ids("unreadable")),
            ] {
                // A later pass may find the same ids again.
                for id in found {
                    if !to.contains(&id) {
                        to.push(id);
                    }
                }
            }
            let next = page.get("next").filter(|next| !next.is_null());
            report.next = next.and_then(Json::as_str).map(str::to_owned);
            on_page(&report);
            let Some(next) = next else {
                return Ok(report);
            };
            match call.get_mut("query") {
                Some(Json::Object(query)) => drop(query.insert("after".to_owned(), next.clone())),
                _ => return Err(Error::invalid("query", "expected an object")),
            }
        }
    }
}

/// The texts of a list in an answer.
fn texts(answer: &Json, name: &str) -> Vec<String> {
    let items = answer.get(name).and_then(Json::as_array).into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

fn to_json(answer: &impl Serialize) -> Result<Json, Error> {
    serde_json::to_value(answer)
        .map_err(|error| Error::internal(format!("an answer cannot be written: {error}")))
}

fn answered(answer: &Answer) -> Result<Json, Error> {
    to_json(answer)
}

fn created(answer: Answer) -> Result<Created, Error> {
    match answer {
        Answer::Created { token, record } => {
            let mut whole = to_json(&Answer::Created { token: None, record })?;
            Ok(Created {
                credential: token,
                record: whole.get_mut("record").map(Json::take).unwrap_or_default(),
            })
        }
        _ => Err(Error::internal("the core answered another call")),
    }
}
