//! The world `verifier` of `wit/`: verification with the token cache, as a WebAssembly component.

#![allow(unsafe_code)] // The glue of the component model, which is generated.

mod convert;

use std::cell::RefCell;

use zeroize::Zeroizing;

use bindings::exports::leastkey::tokens::types as wit;
use bindings::exports::leastkey::tokens::verification::{
    AppliedFeed, Configured, Counting, FeedStep, Guest, VerifyStep,
};
use leastkey::catalog::Matched;
use leastkey::codec::json::parse_json;
use leastkey::deployment::VerifierConfig;
use leastkey::deployment::verifier::VerifierDeployment;
use leastkey::input::{ErrorCode, Refusal};
use leastkey::model::question::Question;
use leastkey::storage::plan::Plan;
use leastkey::storage::shard_count::ShardCount;
use leastkey::verify::cached_verifier::CachedVerifier;
use leastkey::verify::explain::explain_without_templates;

/// The glue of the component model.
#[allow(missing_docs, unreachable_pub, clippy::all)] // Generated.
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "verifier" });
}

thread_local! {
    static VERIFIER: RefCell<Option<CachedVerifier<VerifierDeployment>>> = const { RefCell::new(None) };
}

struct Component;

impl Guest for Component {
    fn configure(config: String, catalog: String, capacity: u32) -> Result<Configured, wit::Refusal> {
        let config = Zeroizing::new(config);
        let read = |text: &str, what| {
            let message = format!("the {what} is no JSON, or nested too deeply");
            parse_json(text).ok_or_else(|| Refusal::new(ErrorCode::InvalidInput, message))
        };
        let configured = read(&config, "configuration")
            .and_then(|config| VerifierDeployment::configure(&config, &read(&catalog, "catalog")?));
        let deployment = configured.map_err(|refusal| wit::Refusal::from(&refusal))?;
        let start = deployment.prefix().start();
        VERIFIER.set(Some(CachedVerifier::new(deployment, capacity)));
        Ok(Configured {
            start,
            feed_keys: ShardCount::default().feed_keys().collect(),
        })
    }

    fn match_route(method: String, path: String) -> Vec<wit::Needed> {
        let needs = with_verifier(|verifier| Ok(verifier.deployment().route(&method, &path)));
        let needed = |Matched { permission, resource }| wit::Needed {
            permission: permission.to_string(),
            resource: resource.map(|resource| resource.to_string()),
        };
        let needs = needs.ok().flatten().unwrap_or_default();
        needs.into_iter().map(needed).collect()
    }

    fn apply_feed(reads: Vec<wit::Read>, read_at: u64) -> FeedStep {
        let heads = convert::reads(reads);
        let applied = with_verifier(|verifier| Ok(verifier.apply_feed(&heads, convert::instant(read_at)?)));
        match applied {
            Ok(Plan::Need(request)) => FeedStep::Need(request.into()),
            Ok(Plan::Answer(shards)) => FeedStep::Answer(AppliedFeed {
                shards: shards.get(),
                feed_keys: shards.feed_keys().collect(),
            }),
            Ok(Plan::Refuse(refusal)) | Err(refusal) => FeedStep::Refuse((&refusal).into()),
            Ok(Plan::Prepare { .. } | Plan::Commit { .. }) => {
                FeedStep::Refuse((&convert::unexpected()).into())
            }
        }
    }

    fn generation() -> u32 {
        with_verifier(|verifier| Ok(verifier.generation())).unwrap_or_default()
    }

    fn lookup_verdict(
        credential: String,
        question: wit::Question,
        now: u64,
        freshness: u64,
    ) -> Option<wit::Verdict> {
        let credential = Zeroizing::new(credential);
        let found = with_verifier(|verifier| {
            let now = convert::instant(now)?;
            with_question(verifier, question, |verifier, question| {
                Ok(verifier.lookup_within(&credential, question, now, freshness))
            })
        });
        found.ok().flatten().map(Into::into)
    }

    fn verify(
        credential: String,
        question: wit::Question,
        reads: Vec<wit::Read>,
        generation: Option<u32>,
        now: u64,
    ) -> VerifyStep {
        let credential = Zeroizing::new(credential);
        let reads = convert::reads(reads);
        let plan = with_verifier(|verifier| {
            let now = convert::instant(now)?;
            with_question(verifier, question, |verifier, question| {
                Ok(verifier.verify(&credential, question, &reads, generation, now))
            })
        });
        match plan {
            Ok(Plan::Need(request)) => VerifyStep::Need(request.into()),
            Ok(Plan::Commit { writes, answer }) => VerifyStep::Commit(Counting {
                writes: convert::writes(writes),
                verdict: answer.into(),
            }),
            Ok(Plan::Answer(verdict)) => VerifyStep::Answer(verdict.into()),
            Ok(Plan::Prepare { .. }) => VerifyStep::Refuse((&convert::unexpected()).into()),
            Ok(Plan::Refuse(refusal)) | Err(refusal) => VerifyStep::Refuse((&refusal).into()),
        }
    }

    fn explain(
        credential: String,
        question: wit::Question,
        reads: Vec<wit::Read>,
        now: u64,
    ) -> wit::ExplainStep {
        let credential = Zeroizing::new(credential);
        let reads = convert::reads(reads);
        convert::explained(with_verifier(|verifier| {
            let now = convert::instant(now)?;
            with_question(verifier, question, |verifier, question| {
                let deployment = verifier.deployment();
                Ok(explain_without_templates(
                    deployment,
                    &credential,
                    question,
                    &reads,
                    now,
                ))
            })
        }))
    }
}

/// Reads a question, and calls `answer` with it and the verifier.
fn with_question<A>(
    verifier: &mut CachedVerifier<VerifierDeployment>,
    question: wit::Question,
    answer: impl FnOnce(&mut CachedVerifier<VerifierDeployment>, &Question) -> Result<A, Refusal>,
) -> Result<A, Refusal> {
    let question = convert::Asked::read(verifier.deployment().permissions(), question)?;
    answer(verifier, &question.question()?)
}

fn with_verifier<A>(
    call: impl FnOnce(&mut CachedVerifier<VerifierDeployment>) -> Result<A, Refusal>,
) -> Result<A, Refusal> {
    VERIFIER.with_borrow_mut(|verifier| call(verifier.as_mut().ok_or_else(convert::unconfigured)?))
}

bindings::export!(Component with_types_in bindings);
