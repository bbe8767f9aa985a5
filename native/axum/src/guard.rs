//! Admits requests by a verifier.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};

use http::header::ORIGIN;
use http::request::Parts;
use leastkey::catalog::Matched;
use leastkey::driver::{AsyncStore, Error, Verdict, Verifier};
use leastkey::model::question::Question;
use leastkey::model::requirement::Requirement;
use leastkey::value::condition::RequestContext;
use leastkey::verify::code::Code;
use serde_json::{Map, Value as Json, json};

use crate::credential::presented;
use crate::extract::Token;
use crate::refusal::Refusal;

/// How many requirements are kept compiled. Those with the resource of a request are many.
const MAX_KEPT: usize = 1_000;

/// A verifier of any store.
trait Verify: Send + Sync {
    fn cached(&self, credential: &str, question: &Question<'_>) -> Option<Verdict>;
    fn verify<'v>(
        &'v self,
        credential: &'v str,
        question: &'v Question<'v>,
    ) -> Pin<Box<dyn Future<Output = Verdict> + Send + 'v>>;
    fn requirement(&self, requirement: Json) -> Result<Requirement, Error>;
    fn context(&self, context: Json) -> Result<RequestContext, Error>;
    fn route(&self, method: &str, path: &str) -> Option<Vec<Matched>>;
}

impl<S: AsyncStore + 'static> Verify for Verifier<S> {
    fn cached(&self, credential: &str, question: &Question<'_>) -> Option<Verdict> {
        self.verify_cached(credential, question)
    }

    fn verify<'v>(
        &'v self,
        credential: &'v str,
        question: &'v Question<'v>,
    ) -> Pin<Box<dyn Future<Output = Verdict> + Send + 'v>> {
        Box::pin(self.verify(credential, question))
    }

    fn requirement(&self, requirement: Json) -> Result<Requirement, Error> {
        self.requirement(requirement)
    }

    fn context(&self, context: Json) -> Result<RequestContext, Error> {
        self.context(context)
    }

    fn route(&self, method: &str, path: &str) -> Option<Vec<Matched>> {
        self.route(method, path)
    }
}

type ClientIp = dyn Fn(&Parts) -> Option<IpAddr> + Send + Sync;

/// Admits requests, or refuses them. Clones share the verifier and its cache.
#[derive(Clone)]
pub struct Guard {
    verifier: Arc<dyn Verify>,
    /// Compiled requirements, by their text.
    kept: Arc<RwLock<HashMap<String, Arc<Requirement>>>>,
    consume: Option<u32>,
    audience: Option<Arc<str>>,
    client_ip: Option<Arc<ClientIp>>,
}

impl fmt::Debug for Guard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Guard");
        shown
            .field("consume", &self.consume)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

impl Guard {
    /// A guard by a verifier.
    pub fn new<S: AsyncStore + 'static>(verifier: Verifier<S>) -> Guard {
        Guard {
            verifier: Arc::new(verifier),
            kept: Arc::default(),
            consume: Some(1),
            audience: None,
            client_ip: None,
        }
    }

    /// How many uses each request counts against the limits of its token. Default 1; `None`: limits
    /// are neither checked nor counted.
    #[must_use]
    pub fn consume(mut self, uses: Option<u32>) -> Guard {
        self.consume = uses;
        self
    }

    /// The name of this service, for tokens with a condition on the audience.
    #[must_use]
    pub fn audience(mut self, name: &str) -> Guard {
        self.audience = Some(name.into());
        self
    }

    /// The address of the client, for tokens with a condition on it. Default: unknown, which meets
    /// no such condition. A client can write any `X-Forwarded-For`, so trust it only if your own
    /// proxy sets it.
    #[must_use]
    pub fn client_ip(mut self, address: impl Fn(&Parts) -> Option<IpAddr> + Send + Sync + 'static) -> Guard {
        self.client_ip = Some(Arc::new(address));
        self
    }

    /// Compiles a requirement: `json!("mail:send")`, `json!({ "any": ["mail:send", "mail:read"]
    /// })`; `null` authenticates only.
    ///
    /// # Errors
    /// `invalid_input` for an unknown permission, with the most similar one.
    pub fn requirement(&self, requirement: Json) -> Result<Arc<Requirement>, Error> {
        let text = requirement.to_string();
        let kept = self
            .kept
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&text)
            .cloned();
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let compiled = Arc::new(self.verifier.requirement(requirement)?);
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(text, Arc::clone(&compiled));
        Ok(compiled)
    }

    /// Admits a request that meets a requirement: with the token, or refuses it.
    ///
    /// # Errors
    /// The refusal to send.
    pub async fn admit(&self, parts: &Parts, requirement: &Requirement) -> Result<Token, Refusal> {
        let credential = presented(&parts.headers)?;
        let mut question = Question {
            consume: self.consume,
            ..Question::of(requirement)
        };
        let mut verdict = self.ask(credential, &question).await;
        // An unknown context meets no condition on it. So any other code than this is the code with
        // every context.
        if verdict.code == Code::ConditionFailed
            && let Some(context) = self.context(parts)
        {
            question.request = context;
            verdict = self.ask(credential, &question).await;
        }
        match verdict.token.take() {
            Some(token) if verdict.valid => Ok(Token(token)),
            _ => Err(Refusal::of(&verdict)),
        }
    }

    /// Admits a request that has what the routes of the catalog need for it.
    ///
    /// # Errors
    /// The refusal to send; 403 for a request that matches no route: a forgotten route must not be
    /// open.
    pub async fn admit_by_route(&self, parts: &Parts) -> Result<Token, Refusal> {
        let matched = self.verifier.route(parts.method.as_str(), parts.uri.path());
        let needs = match matched {
            Some(needs) if !needs.is_empty() => needs,
            // First who it is: without a credential the answer is 401.
            _ => return presented(&parts.headers).and(Err(Refusal::no_route())),
        };
        let requirement = if needs.len() == 1 {
            needs.first().map(|one| json!(one)).unwrap_or_default()
        } else {
            json!({ "all": needs })
        };
        match self.requirement(requirement) {
            Ok(requirement) => self.admit(parts, &requirement).await,
            Err(_) => Err(Refusal::no_route()),
        }
    }

    async fn ask(&self, credential: &str, question: &Question<'_>) -> Verdict {
        match self.verifier.cached(credential, question) {
            Some(verdict) => verdict,
            None => self.verifier.verify(credential, question).await,
        }
    }

    fn context(&self, parts: &Parts) -> Option<RequestContext> {
        let mut context = Map::new();
        if let Some(ip) = self.client_ip.as_ref().and_then(|address| address(parts)) {
            context.insert("ip".to_owned(), json!(ip.to_string()));
        }
        if let Some(origin) = parts.headers.get(ORIGIN).and_then(|value| value.to_str().ok()) {
            context.insert("origin".to_owned(), json!(origin));
        }
        if let Some(audience) = &self.audience {
            context.insert("audience".to_owned(), json!(&**audience));
        }
        self.verifier.context(Json::Object(context)).ok()
    }
}
