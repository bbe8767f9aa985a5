//! The world `manager` of `wit/`: every management operation, as a WebAssembly component.

#![allow(unsafe_code)] // The glue of the component model, which is generated.

#[path = "../../component-verify/src/convert.rs"]
mod convert;

use std::cell::RefCell;

use zeroize::Zeroizing;

use bindings::exports::leastkey::tokens::management::{CallTime, Change, Guest, Minted, Outcome, PlanStep};
use bindings::exports::leastkey::tokens::types as wit;
use leastkey::Deployment;
use leastkey::catalog::Selection;
use leastkey::codec::json::{Value, json, parse_json};
use leastkey::input::{ErrorCode, Members, Path, Problems, Refusal};
use leastkey::operation::{Answer, ENTROPY, Entropy, Time, plan, plan_exchange};
use leastkey::storage::plan::{ListRead, Plan, Range, Reads};
use leastkey::value::credential::{SCHEME, TokenId};
use leastkey::verify::explain::explain;

/// The glue of the component model.
#[allow(missing_docs, unreachable_pub, clippy::all)] // Generated.
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "manager" });
}

thread_local! {
    static DEPLOYMENT: RefCell<Option<Deployment>> = const { RefCell::new(None) };
}

struct Component;

impl Guest for Component {
    fn configure(config: String, catalog: String) -> Result<String, wit::Refusal> {
        let config = Zeroizing::new(config);
        let configured = read(&config, "the configuration")
            .and_then(|config| Deployment::configure(&config, &read(&catalog, "the catalog")?));
        let deployment = answered(configured)?;
        let description = json(&deployment.describe());
        DEPLOYMENT.set(Some(deployment));
        Ok(description)
    }

    fn plan(call: String, reads: wit::Reads, time: CallTime, entropy: Vec<u8>) -> PlanStep {
        let call = Zeroizing::new(call);
        planned(reads, time, entropy, |deployment, reads, time, entropy| {
            Ok(plan(deployment, &read(&call, "the call")?, reads, time, entropy))
        })
    }

    fn exchange(
        credential: String,
        input: String,
        reads: wit::Reads,
        time: CallTime,
        entropy: Vec<u8>,
    ) -> PlanStep {
        let credential = Zeroizing::new(credential);
        planned(reads, time, entropy, |deployment, reads, time, entropy| {
            let input = read(&input, "the input")?;
            Ok(plan_exchange(
                deployment,
                &credential,
                &input,
                reads,
                time,
                entropy,
            ))
        })
    }

    fn resolve(selection: String) -> Result<String, wit::Refusal> {
        answered(with_deployment(|deployment| {
            let selection = read(&selection, "the selection")?;
            let mut problems = Problems::default();
            let members = Members::open(&selection, &Path::call(), &Selection::MEMBERS, &mut problems);
            let preview = members.and_then(|members| {
                let selection = Selection::read(&members, &mut problems);
                deployment.catalog().preview(&selection, None, &mut problems)
            });
            let preview = preview.filter(|_| problems.is_empty());
            preview
                .map(|preview| json(&preview))
                .ok_or_else(|| problems.into())
        }))
    }

    fn suggest(permissions: Vec<String>) -> Result<String, wit::Refusal> {
        answered(with_deployment(|deployment| {
            let catalog = deployment.catalog();
            let permissions = Value::List(permissions.into_iter().map(Value::Text).collect());
            let mut problems = Problems::default();
            let path = Path::call().member("permissions");
            let wanted = catalog.read_set(&permissions, &path, &mut problems);
            wanted
                .map(|wanted| json(&catalog.suggest(&wanted)))
                .ok_or_else(|| problems.into())
        }))
    }

    fn mint(now: u64, id: Option<String>, entropy: Vec<u8>) -> Result<Minted, wit::Refusal> {
        answered(with_deployment(|deployment| {
            let (prefix, entropy) = (deployment.prefix(), read_entropy(entropy)?);
            let credential = match id {
                None => entropy.mint(prefix, convert::instant(now)?),
                Some(id) => {
                    let mut problems = Problems::default();
                    let id = problems.keep(&Path::call().member("id"), TokenId::parse(&id));
                    entropy.mint_for(prefix, id.ok_or_else(|| Refusal::from(problems))?)
                }
            };
            Ok(Minted {
                id: credential.id().to_string(),
                digest: credential.digest().to_hex().as_str().to_owned(),
                scheme: SCHEME.to_owned(),
                credential: credential.reveal().to_owned(),
            })
        }))
    }

    fn explain(
        credential: String,
        question: wit::Question,
        reads: Vec<wit::Read>,
        now: u64,
    ) -> wit::ExplainStep {
        let credential = Zeroizing::new(credential);
        let reads = convert::reads(reads);
        convert::explained(with_deployment(|deployment| {
            let now = convert::instant(now)?;
            let asked = convert::Asked::read(deployment.catalog(), question)?;
            Ok(explain(deployment, &credential, &asked.question()?, &reads, now))
        }))
    }
}

fn with_deployment<A>(call: impl FnOnce(&Deployment) -> Result<A, Refusal>) -> Result<A, Refusal> {
    DEPLOYMENT.with_borrow(|deployment| call(deployment.as_ref().ok_or_else(convert::unconfigured)?))
}

fn answered<A>(result: Result<A, Refusal>) -> Result<A, wit::Refusal> {
    result.map_err(|refusal| (&refusal).into())
}

/// Reads the arguments that all plans share, and plans.
fn planned(
    reads: wit::Reads,
    time: CallTime,
    entropy: Vec<u8>,
    plan: impl FnOnce(&Deployment, &Reads, Time, &Entropy) -> Result<Plan<Answer>, Refusal>,
) -> PlanStep {
    let planned = with_deployment(|deployment| {
        let entropy = read_entropy(entropy)?;
        let time = Time {
            started: convert::instant(time.started)?,
            now: convert::instant(time.now)?,
            highest: convert::instant(time.highest)?,
        };
        plan(deployment, &all_reads(reads), time, &entropy)
    });
    match planned {
        Ok(Plan::Need(request)) => PlanStep::Need(request.into()),
        Ok(Plan::Prepare { writes }) => PlanStep::Prepare(convert::writes(writes)),
        Ok(Plan::Commit { writes, answer }) => PlanStep::Commit(Change {
            writes: convert::writes(writes),
            outcome: outcome(&answer),
        }),
        Ok(Plan::Answer(answer)) => PlanStep::Answer(outcome(&answer)),
        Ok(Plan::Refuse(refusal)) | Err(refusal) => PlanStep::Refuse((&refusal).into()),
    }
}

fn outcome(answer: &Answer) -> Outcome {
    Outcome {
        answer: json(answer),
        credential: answer
            .credential()
            .map(|credential| credential.reveal().to_owned()),
    }
}

fn all_reads(wit::Reads { values, lists }: wit::Reads) -> Reads {
    let mut reads = convert::reads(values);
    for wit::Listing { range, entries } in lists {
        let entries = entries.into_iter().map(|wit::Entry { key, value }| (key, value));
        reads.insert_list(ListRead {
            range: Range {
                prefix: range.prefix,
                after: range.after,
                limit: range.limit,
            },
            entries: entries.collect(),
        });
    }
    reads
}

fn read_entropy(entropy: Vec<u8>) -> Result<Entropy, Refusal> {
    let entropy = Zeroizing::new(entropy);
    let bytes = <[u8; ENTROPY]>::try_from(entropy.as_slice());
    bytes
        .map(|bytes| Entropy::new(Zeroizing::new(bytes)))
        .map_err(|_| {
            let message = format!("entropy must have {ENTROPY} bytes, not {}", entropy.len());
            Refusal::new(ErrorCode::InvalidInput, message)
        })
}

fn read(text: &str, what: &str) -> Result<Value, Refusal> {
    let message = || format!("{what} is no JSON, or nested deeper than 32 levels");
    parse_json(text).ok_or_else(|| Refusal::new(ErrorCode::InvalidInput, message()))
}

bindings::export!(Component with_types_in bindings);
