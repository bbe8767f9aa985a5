import { loadModule } from '#load';
import { LeastkeyError } from '../api/errors.js';
import type { Moment } from '../runtime/clock.js';
import {
  type Call,
  type Config,
  type Question,
  type Reads,
  type Step,
  stepError,
} from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { boundValues } from '../stores/response.js';
import { __wbg_reset_state, Core, fillEntropy, initSync } from '../wasm/leastkey.js';
import { BatchBuffers, type BufferAddresses } from './batch-buffers.js';
import { Instances, loadOnce } from './instances.js';
import { isTextQuestion } from './plain-question.js';
import { TextBuffer } from './text-buffer.js';
import {
  type CodeRow,
  type CredentialForm,
  MISS,
  type ReadStamp,
  type RefusalDetails,
  type VerificationStep,
  type VerifyingCore,
} from './verifying-core.js';

/** How many bytes of entropy a management call draws. */
const ENTROPY_BYTES = 64;

/** The time of a step, and the start of its call. */
export interface Time extends Moment {
  started: number;
}

/** What `configure` answers. */
interface Configured {
  /** The regular expression with which secret scanners find credentials of this deployment. */
  pattern: string;
  /** The catalog's version. */
  version: string;
  /** The verdict codes by their index. */
  codes: CodeRow[];
  /** The form of credentials; absent if imported keys are verified too. */
  form?: CredentialForm;
}

const encoder = new TextEncoder();

let module: WebAssembly.Module | undefined;

const load = /* @__PURE__ */ loadOnce(async () => {
  module = await loadModule();
  initSync({ module });
});

const instances = /* @__PURE__ */ new Instances(__wbg_reset_state);

/**
 * The full core with one configuration. All cores of a process share one wasm module and one
 * instance. It keeps no state that a later call needs, so after a trap a fresh instance, configured
 * from the same text, serves the next call.
 */
export class ManageCore implements VerifyingCore {
  /** What `configure` returned. */
  readonly configured: Configured;
  readonly #config: Config;
  readonly #catalog: Uint8Array;
  readonly #capacity: number;
  #core: Core | undefined;
  #epoch = -1;
  #permissions: string[] | undefined;
  #buffers = new BatchBuffers(() => this.#addresses());
  #readsBuffer = new TextBuffer(memory, (length) => (this.#core as Core).readsBuffer(length));

  private constructor(config: Config, catalogText: string, capacity: number) {
    this.#config = config;
    this.#capacity = capacity;
    this.#catalog = encoder.encode(catalogText);
    this.configured = instances.run(() => this.#configure());
  }

  /** @throws {LeastkeyError} `invalid_input` with all problems of the catalog. */
  static async start({
    config,
    catalogText,
    capacity,
  }: Pick<Settings, 'config' | 'catalogText' | 'capacity'>): Promise<ManageCore> {
    await load();
    return new ManageCore(config, catalogText, capacity);
  }

  /** One step of a management operation. */
  plan(call: Call, reads: Reads, time: Time, entropy: Uint8Array): Step {
    const { now, started, highest } = time;
    return this.#step((core, out) =>
      core.plan(call, boundValues(reads), now, started, highest, entropy, out),
    );
  }

  /** One step of an exchange. */
  exchange(credential: string, input: unknown, reads: Reads, time: Time, entropy: Uint8Array): Step {
    const { now, started, highest } = time;
    return this.#step((core, out) =>
      core.exchange(credential, input, boundValues(reads), now, started, highest, entropy, out),
    );
  }

  /** A new credential, with its id, its digest and the scheme of the digest. */
  mint(now: number, id: string | undefined, entropy: Uint8Array): Step {
    return this.#step((core, out) => core.mint(now, id, entropy, out));
  }

  get epoch(): number {
    return this.#isAlive ? this.#epoch : -1;
  }

  get codes(): readonly CodeRow[] {
    return this.configured.codes;
  }

  get form(): CredentialForm | undefined {
    return this.configured.form;
  }

  readStamp(): ReadStamp {
    const generation = this.#call((core) => core.generation());
    return { epoch: this.epoch, generation };
  }

  verify(
    credential: string,
    question: Question,
    reads: Reads,
    now: number,
    stamp?: ReadStamp,
  ): VerificationStep {
    const out: string[] = [];
    const slot = this.#call((core) => {
      // A fresh instance starts again at generation 0.
      const generation = stamp?.epoch === this.epoch ? stamp.generation : undefined;
      const [text, more] = isTextQuestion(question)
        ? [question.requirement, undefined]
        : [undefined, question];
      return core.verify(
        credential,
        text,
        more,
        this.#readsBuffer.write(textOf(reads)),
        now,
        generation,
        out,
      );
    });
    return { step: readStep(out), slot: slot === MISS ? undefined : slot };
  }

  intern(question: Question): number {
    const out: string[] = [];
    const id = this.#call((core) => core.intern(question, out));
    if (out.length > 0) throw stepError(readStep(out));
    return id;
  }

  lookupPacked(credential: string, requirement: number, now: number): number {
    const core = this.#core;
    if (core === undefined || !this.#isAlive || !this.#buffers.write(credential)) return MISS;
    try {
      return core.lookupPacked(credential.length, requirement, now);
    } catch (cause) {
      throw instances.failure(cause);
    }
  }

  lookupBatch(credentials: string, requirements: readonly number[], now: number): Int32Array | undefined {
    const core = this.#core;
    if (core === undefined || !this.#isAlive || !this.#buffers.write(credentials)) return undefined;
    this.#buffers.numbers.set(requirements);
    const count = requirements.length;
    this.#call((core) => core.lookupBatch(credentials.length / count, count, now));
    return this.#buffers.numbers;
  }

  lookup(credential: string, question: Question, now: number): { packed: number; details?: RefusalDetails } {
    const out: string[] = [];
    const packed = this.#call((core) => core.lookup(credential, question, now, out));
    if (out.length === 0) return { packed };
    const step = readStep(out);
    if ('answer' in step) return { packed, details: step.answer as RefusalDetails };
    throw stepError(step);
  }

  /**
   * Records a use of a token that is cached or was read lately. Whether the token or an ancestor
   * expires when idle; `undefined` on a miss.
   */
  noteUse(id: string, at: number): boolean | undefined {
    const noted = this.#call((core) => core.noteUse(id, at));
    return noted === MISS ? undefined : noted === 1;
  }

  applyFeed(heads: Reads, order: number): number {
    const out: string[] = [];
    const shards = this.#call((core) => core.applyFeed(textOf(heads), order, out));
    if (out.length > 0) throw stepError(readStep(out));
    return shards;
  }

  /** One step of an explanation. */
  explain(credential: string, question: Question, reads: Reads, now: number): Step {
    return this.#step((core, out) => core.explain(credential, question, boundValues(reads), now, out));
  }

  /** The preview of a selection. */
  resolve(selection: unknown, tree: boolean): Step {
    return this.#step((core, out) => core.resolve(selection, tree, out));
  }

  /**
   * The permissions that a pattern matches. The core returns ranges of a list that is copied once,
   * because copying text is the cost.
   */
  expand(pattern: string): string[] {
    const out: string[] = [];
    const ends = this.#call((core) => core.expand(pattern, out));
    if (out.length > 0) throw stepError(readStep(out));
    this.#permissions ??= this.permissions();
    if (ends.length === 2) return this.#permissions.slice(ends[0], ends[1]);
    const found: string[] = [];
    for (let at = 0; at < ends.length; at += 2)
      found.push(...this.#permissions.slice(ends[at], ends[at + 1]));
    return found;
  }

  /** All permissions of the catalog, ascending. */
  permissions(): string[] {
    const step = this.#step((core, out) => core.permissions(out));
    if ('answer' in step) return step.answer as string[];
    throw stepError(step);
  }

  /** The smallest selection for a list of permissions. */
  suggest(permissions: unknown): Step {
    return this.#step((core, out) => core.suggest(permissions, out));
  }

  match(method: string, path: string): Step {
    return this.#step((core, out) => core.match(method, path, out));
  }

  /** Whether this core is configured in the current instance. */
  get #isAlive(): boolean {
    return this.#epoch === instances.epoch;
  }

  #addresses(): BufferAddresses {
    const core = this.#core as Core;
    return { memory: memory(), text: core.textBuffer(), numbers: core.numberBuffer() };
  }

  #step(run: (core: Core, out: string[]) => void): Step {
    const out: string[] = [];
    this.#call((core) => run(core, out));
    return readStep(out);
  }

  #call<T>(run: (core: Core) => T): T {
    return instances.run(() => {
      if (!this.#isAlive) this.#configure();
      return run(this.#core as Core);
    });
  }

  #configure(): Configured {
    const core = new Core();
    const out: string[] = [];
    core.configure(this.#config, this.#catalog, out);
    const step = readStep(out);
    if (!('answer' in step)) {
      core.free();
      throw stepError(step);
    }
    core.resetCache(this.#capacity);
    this.#core = core;
    this.#epoch = instances.epoch;
    this.#buffers = new BatchBuffers(() => this.#addresses());
    this.#readsBuffer = new TextBuffer(memory, (length) => core.readsBuffer(length));
    return step.answer as Configured;
  }
}

/**
 * Keys and values as one text, in the format of `Reads::from_text` of src/storage/plan.rs. A value
 * with a
 * NUL is not JSON, so it is damaged, and so is the empty text that replaces it.
 */
function textOf(reads: Reads): string {
  const { values } = boundValues(reads);
  let text = '';
  for (const [key, value] of values) text += `${key}\0${value === null ? '\x01' : bare(value)}\0`;
  return text;
}

function bare(value: string): string {
  return value.includes('\0') || value === '\x01' ? '' : value;
}

/** The step that the core returned. A new credential is returned apart, and inserted here. */
function readStep([text, credential]: string[]): Step {
  const step = JSON.parse(text as string) as Step;
  if (credential !== undefined) {
    const answer = 'commit' in step ? step.commit.answer : 'answer' in step ? step.answer : undefined;
    (answer as { token: string | null }).token = credential;
  }
  return step;
}

/** Entropy for one management call, from the host's cryptographic generator or from `source`. */
export function drawEntropy(source: ((bytes: Uint8Array) => void) | undefined): Uint8Array {
  const bytes = new Uint8Array(ENTROPY_BYTES);
  let failure: { cause?: unknown } | undefined;
  try {
    if (source === undefined) instances.run(() => fillEntropy(bytes));
    else source(bytes);
    // Only a broken generator leaves all bytes zero.
    if (bytes.every((byte) => byte === 0)) failure = {};
  } catch (cause) {
    failure = { cause };
  }
  if (failure === undefined) return bytes;
  throw new LeastkeyError('rng_failed', 'the random number generator failed; nothing was made', failure);
}

/** The memory of the current instance. */
function memory(): WebAssembly.Memory {
  return initSync({ module: module as WebAssembly.Module }).memory;
}
