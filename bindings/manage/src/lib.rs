//! The JavaScript boundary of the management module: values in, values out. It keeps no value of a
//! call.
//!
//! Results go through an `out` array, for two reasons. A wasm export that returns an `externref`
//! can abort V8 if its optimised caller is deoptimised during the call (Node 20 and 22). And a
//! value that is passed to an import can be wiped here afterwards.

mod host;

// Replaces the allocator.
use leastkey_heap as _;

use js_sys::{Array, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use leastkey::catalog::{Preview, Selection, TreePart};
use leastkey::codec::json::{Value, json};
use leastkey::input::{ErrorCode, Members, Path, Problems, Refusal};
use leastkey::model::question::{Question, read_requirement};
use leastkey::operation::{Entropy, Time};
use leastkey::storage::plan::{Plan, Reads};
use leastkey::value::credential::{Digest, SCHEME, TokenId};
use leastkey::value::time::Instant;
use leastkey::verify::explain::explain;
use leastkey::{Deployment, operation};

/// Fills `out` from the host's cryptographic generator, the only source of entropy. Returns `false`
/// if the generator failed, with `out` zeroed.
#[wasm_bindgen(js_name = fillEntropy)]
#[must_use]
pub fn fill_entropy(out: &Uint8Array) -> bool {
    let mut bytes = Zeroizing::new(vec![0; out.length() as usize]);
    let filled = getrandom::fill(&mut bytes).is_ok();
    if !filled {
        bytes.fill(0);
    }
    out.copy_from(&bytes);
    filled
}

/// The compiled configuration of a deployment. Every call is refused until it is configured.
#[wasm_bindgen]
#[derive(Default)]
pub struct Core {
    deployment: Option<Deployment>,
}

#[wasm_bindgen]
impl Core {
    /// A core without a configuration.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Core {
        Core::default()
    }

    /// Compiles `{ prefix, imported?, recordKeys?, shards? }` and the JSON text of a catalog in
    /// UTF-8. The catalog is passed as bytes, because it may be large and text crosses slowly.
    /// `out[0]` is a step whose answer describes the deployment.
    pub fn configure(&mut self, config: JsValue, catalog: &[u8], out: &Array) {
        let configured = value(config, "the configuration").and_then(|config| {
            let catalog = serde_json::from_slice(catalog).map_err(|problem| {
                Refusal::new(
                    ErrorCode::InvalidInput,
                    format!("the catalog is no JSON: {problem}"),
                )
            })?;
            Deployment::configure(&config, &catalog)
        });
        let step = match configured {
            Ok(deployment) => {
                let description = deployment.describe();
                self.deployment = Some(deployment);
                Plan::Answer(description)
            }
            Err(refusal) => Plan::Refuse(refusal),
        };
        push(out, &step);
    }

    /// Plans a management operation with everything read so far. `entropy` has 64 bytes, the same
    /// in every plan of a call. `out[1]` is the new credential, if there is one.
    #[allow(clippy::too_many_arguments)] // Numbers cross fastest one by one.
    pub fn plan(
        &self,
        call: JsValue,
        reads: JsValue,
        now: f64,
        started: f64,
        highest: f64,
        entropy: &Uint8Array,
        out: &Array,
    ) {
        let step = self
            .try_plan(call, reads, now, started, highest, entropy)
            .unwrap_or_else(Plan::Refuse);
        push_with_credential(out, &step);
    }

    /// Plans the exchange of a presented credential for that of a session; otherwise as
    /// [`Core::plan`].
    // Each argument crosses as a value of its own: the credential must not be in a text with
    // others.
    #[allow(clippy::too_many_arguments)]
    pub fn exchange(
        &self,
        credential: String,
        input: JsValue,
        reads: JsValue,
        now: f64,
        started: f64,
        highest: f64,
        entropy: &Uint8Array,
        out: &Array,
    ) {
        let credential = Zeroizing::new(credential);
        let step = planned(reads, now, started, highest, entropy).and_then(|(reads, time, entropy)| {
            let input = value(input, "the input")?;
            let deployment = self.deployment()?;
            Ok(operation::plan_exchange(
                deployment,
                &credential,
                &input,
                &reads,
                time,
                &entropy,
            ))
        });
        push_with_credential(out, &step.unwrap_or_else(Plan::Refuse));
    }

    /// Mints a credential for a host that stores only its digest. `out[0]` is a step whose answer
    /// is `{ id, digest, scheme }`, `out[1]` the credential. `id` is the token to rotate; without
    /// it, the credential is that of a new token.
    pub fn mint(&self, now: f64, id: Option<String>, entropy: &Uint8Array, out: &Array) {
        let minted = Time::read(now, now, now).and_then(|time| {
            let (prefix, entropy) = (self.deployment()?.prefix(), read_entropy(entropy)?);
            let Some(id) = id else {
                return Ok(entropy.mint(prefix, time.now));
            };
            let mut problems = Problems::default();
            let id = problems.keep(&Path::call().member("id"), TokenId::parse(&id));
            id.map(|id| entropy.mint_for(prefix, id))
                .ok_or_else(|| problems.into())
        });
        match minted {
            Ok(credential) => {
                let minted = Minted {
                    id: credential.id(),
                    digest: credential.digest(),
                    scheme: SCHEME,
                };
                push(out, &Plan::Answer(minted));
                out.push(&JsValue::from_str(credential.reveal()));
            }
            Err(refusal) => push(out, &Plan::<()>::Refuse(refusal)),
        }
    }

    /// Explains the verdict on a credential.
    pub fn explain(&self, credential: String, question: JsValue, reads: JsValue, now: f64, out: &Array) {
        let credential = Zeroizing::new(credential);
        let step = self.asked(question, now, |deployment, question, now| {
            let reads = Reads::from_value(value(reads, "the reads")?)?;
            Ok(explain(deployment, &credential, question, &reads, now))
        });
        push(out, &step.unwrap_or_else(Plan::Refuse));
    }

    /// Why a question is refused: the verify module, which answers questions, has no messages.
    /// `out[0]` is set only if the question is refused.
    #[wasm_bindgen(js_name = checkQuestion)]
    pub fn check_question(&self, question: JsValue, now: f64, out: &Array) {
        if let Err(refusal) = self.asked(question, now, |_, _, _| Ok(())) {
            push(out, &Plan::<()>::Refuse(refusal));
        }
    }

    /// Previews a selection. `out[0]` is a step whose answer has the permissions, the warnings and
    /// `depth` levels of the tree, if that is not 0, below a node or below the root.
    pub fn resolve(&self, selection: JsValue, depth: u32, below: Option<String>, out: &Array) {
        let part = TreePart {
            below: below.as_deref(),
            depth: usize::try_from(depth).unwrap_or(usize::MAX),
        };
        let tree = (depth > 0).then_some(part);
        push(
            out,
            &self
                .try_resolve(selection, tree)
                .map_or_else(Plan::Refuse, Plan::Answer),
        );
    }

    /// The permissions that a pattern matches, as runs (start, end, start, end, …) of indexes into
    /// the list of [`Core::permissions`]. If it matches none, `out[0]` is a step that refuses.
    pub fn expand(&self, pattern: &str, out: &Array) -> Vec<u32> {
        let runs = self.deployment().and_then(|deployment| {
            let mut problems = Problems::default();
            let runs = problems.keep(
                &Path::call().member("pattern"),
                deployment.catalog().runs(pattern),
            );
            runs.ok_or_else(|| problems.into())
        });
        match runs {
            // Never fails: a catalog has at most 100,000 permissions.
            Ok(runs) => {
                let ends = runs.into_iter().flat_map(|run| [run.start, run.end]);
                ends.filter_map(|end| u32::try_from(end).ok()).collect()
            }
            Err(refusal) => {
                push(out, &Plan::<()>::Refuse(refusal));
                Vec::new()
            }
        }
    }

    /// All permissions, ascending. `out[0]` is a step with the list.
    pub fn permissions(&self, out: &Array) {
        let all = self
            .deployment()
            .map(|deployment| deployment.catalog().permissions().collect::<Vec<_>>());
        push(out, &all.map_or_else(Plan::Refuse, Plan::Answer));
    }

    /// Suggests the smallest selection for a list of permissions. `out[0]` is a step with the
    /// suggestion.
    pub fn suggest(&self, permissions: JsValue, out: &Array) {
        push(
            out,
            &self
                .try_suggest(permissions)
                .map_or_else(Plan::Refuse, Plan::Answer),
        );
    }
}

impl Core {
    fn try_plan(
        &self,
        call: JsValue,
        reads: JsValue,
        now: f64,
        started: f64,
        highest: f64,
        entropy: &Uint8Array,
    ) -> Result<Plan<operation::Answer>, Refusal> {
        let call = value(call, "the call")?;
        let (reads, time, entropy) = planned(reads, now, started, highest, entropy)?;
        Ok(operation::plan(self.deployment()?, &call, &reads, time, &entropy))
    }

    /// Reads a question and calls `answer` with it.
    fn asked<A>(
        &self,
        question: JsValue,
        now: f64,
        answer: impl FnOnce(&Deployment, &Question, Instant) -> Result<A, Refusal>,
    ) -> Result<A, Refusal> {
        let now = Time::read(now, now, now)?.now;
        let question = value(question, "the question")?;
        let deployment = self.deployment()?;
        let requirement = read_requirement(deployment.catalog(), &question)?;
        let question = Question::read(&requirement, &question)?;
        answer(deployment, &question, now)
    }

    fn try_resolve(&self, selection: JsValue, tree: Option<TreePart>) -> Result<Preview<'_>, Refusal> {
        let selection = value(selection, "the selection")?;
        let mut problems = Problems::default();
        let members = Members::open(&selection, &Path::call(), &Selection::MEMBERS, &mut problems);
        let preview = match members {
            Some(members) => {
                let selection = Selection::read(&members, &mut problems);
                self.deployment()?
                    .catalog()
                    .preview(&selection, tree, &mut problems)
            }
            None => None,
        };
        preview
            .filter(|_| problems.is_empty())
            .ok_or_else(|| problems.into())
    }

    fn try_suggest(&self, permissions: JsValue) -> Result<leastkey::catalog::Suggestion, Refusal> {
        let permissions = value(permissions, "the permissions")?;
        let catalog = self.deployment()?.catalog();
        let mut problems = Problems::default();
        let wanted = catalog.read_set(&permissions, &Path::call().member("permissions"), &mut problems);
        wanted
            .map(|wanted| catalog.suggest(&wanted))
            .ok_or_else(|| problems.into())
    }

    fn deployment(&self) -> Result<&Deployment, Refusal> {
        let message = "the core has no configuration";
        self.deployment
            .as_ref()
            .ok_or_else(|| Refusal::new(ErrorCode::InvalidInput, message))
    }
}

/// The answer of `mint`, without the credential.
#[derive(Serialize)]
struct Minted<'c> {
    id: &'c TokenId,
    digest: &'c Digest,
    /// The scheme of the digest, which the host stores with it.
    scheme: &'static str,
}

/// The inputs that all plans share.
fn planned(
    reads: JsValue,
    now: f64,
    started: f64,
    highest: f64,
    entropy: &Uint8Array,
) -> Result<(Reads, Time, Entropy), Refusal> {
    let time = Time::read(now, started, highest)?;
    let entropy = read_entropy(entropy)?;
    Ok((Reads::from_value(value(reads, "the reads")?)?, time, entropy))
}

fn read_entropy(entropy: &Uint8Array) -> Result<Entropy, Refusal> {
    let mut bytes = Zeroizing::new([0; operation::ENTROPY]);
    if entropy.length() as usize != bytes.len() {
        let message = format!("entropy must have {} bytes", bytes.len());
        return Err(Refusal::new(ErrorCode::InvalidInput, message));
    }
    entropy.copy_to(bytes.as_mut_slice());
    Ok(Entropy::new(bytes))
}

/// Not inlined: otherwise the reader of JavaScript values would be compiled once for each argument
/// of each export.
#[inline(never)]
fn value(from: JsValue, what: &str) -> Result<Value, Refusal> {
    serde_wasm_bindgen::from_value(from).map_err(|problem| {
        Refusal::new(
            ErrorCode::InvalidInput,
            format!("{what} cannot be read: {problem}"),
        )
    })
}

/// Pushes a step as JSON text.
fn push<A: Serialize>(out: &Array, step: &Plan<A>) {
    out.push(&JsValue::from_str(&json(step)));
}

/// Pushes a step and, as a separate value, the new credential of its answer.
fn push_with_credential(out: &Array, step: &Plan<operation::Answer>) {
    push(out, step);
    if let Plan::Commit { answer, .. } | Plan::Answer(answer) = step
        && let Some(credential) = answer.credential()
    {
        out.push(&JsValue::from_str(credential.reveal()));
    }
}
