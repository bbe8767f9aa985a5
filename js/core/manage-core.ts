import { loadModule } from '#load';
import { LeastkeyError } from '../api/errors.js';
import type { Moment } from '../runtime/clock.js';
import {
  type Call,
  type Config,
  type Question,
  type Reads,
  refusal,
  type Step,
} from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { bounded } from '../stores/response.js';
import { __wbg_reset_state, Core, fillEntropy, initSync } from '../wasm/leastkey.js';
import { type Addresses, Scratch } from './batch-buffers.js';
import { Instances, loadOnce } from './instances.js';
import { isPlain } from './plain-question.js';
import { Room } from './text-buffer.js';
import {
  type CodeRow,
  type CredentialForm,
  type Lacking,
  type Mark,
  MISS,
  type Verified,
  type VerifyingCore,
} from './verifying-core.js';

/** Bytes of entropy that one management call draws. */
const ENTROPY_BYTES = 64;

/** The time of a step, and the start of the call that it belongs to. */
export interface Time extends Moment {
  started: number;
}

/** What `configure` answers. */
interface Configured {
  /** The expression by which secret scanners find this deployment's credentials. */
  pattern: string;
  /** The catalog's version. */
  version: string;
  /** The verdict codes by their numbers. */
  codes: CodeRow[];
  /** The form of credentials; absent where another system's keys are verified too. */
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
 * The core with one configuration. All of a process share one wasm module and one instance. Nothing that a call needs
 * stays in it between two calls, so after a trap a fresh instance, configured from the same text, serves the next.
 */
export class ConfiguredCore implements VerifyingCore {
  /** What the core made of the configuration. */
  readonly configured: Configured;
  readonly #config: Config;
  readonly #catalog: Uint8Array;
  readonly #capacity: number;
  #core: Core | undefined;
  #generation = -1;
  #permissions: string[] | undefined;
  #scratch = new Scratch(() => this.#addresses());
  #reads = new Room(memory, (length) => (this.#core as Core).reads(length));

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
  }: Pick<Settings, 'config' | 'catalogText' | 'capacity'>): Promise<ConfiguredCore> {
    await load();
    return new ConfiguredCore(config, catalogText, capacity);
  }

  /** One step of a management operation. */
  plan(call: Call, reads: Reads, time: Time, entropy: Uint8Array): Step {
    const { now, started, highest } = time;
    return this.#step((core, out) => core.plan(call, bounded(reads), now, started, highest, entropy, out));
  }

  /** One step of an exchange. */
  exchange(credential: string, input: unknown, reads: Reads, time: Time, entropy: Uint8Array): Step {
    const { now, started, highest } = time;
    return this.#step((core, out) =>
      core.exchange(credential, input, bounded(reads), now, started, highest, entropy, out),
    );
  }

  /** A new credential, its id, its digest and the digest's scheme. */
  mint(now: number, id: string | undefined, entropy: Uint8Array): Step {
    return this.#step((core, out) => core.mint(now, id, entropy, out));
  }

  get epoch(): number {
    return this.#isAlive ? this.#generation : -1;
  }

  get codes(): readonly CodeRow[] {
    return this.configured.codes;
  }

  get form(): CredentialForm | undefined {
    return this.configured.form;
  }

  mark(): Mark {
    const round = this.#ask((core) => core.round());
    return { epoch: this.epoch, round };
  }

  verify(credential: string, question: Question, reads: Reads, now: number, mark?: Mark): Verified {
    const out: string[] = [];
    const slot = this.#ask((core) => {
      // A fresh instance counts its rounds anew.
      const round = mark?.epoch === this.epoch ? mark.round : undefined;
      const [text, more] = isPlain(question) ? [question.requirement, undefined] : [undefined, question];
      return core.verify(credential, text, more, this.#reads.write(textOf(reads)), now, round, out);
    });
    return { step: readStep(out), slot: slot === MISS ? undefined : slot };
  }

  number(question: Question): number {
    const out: string[] = [];
    const number = this.#ask((core) => core.number(question, out));
    if (out.length > 0) throw refusal(readStep(out));
    return number;
  }

  hit(credential: string, requirement: number, now: number): number {
    const core = this.#core;
    if (core === undefined || !this.#isAlive || !this.#scratch.write(credential)) return MISS;
    try {
      return core.hit(credential.length, requirement, now);
    } catch (cause) {
      throw instances.failure(cause);
    }
  }

  hits(credentials: string, requirements: readonly number[], now: number): Int32Array | undefined {
    const core = this.#core;
    if (core === undefined || !this.#isAlive || !this.#scratch.write(credentials)) return undefined;
    this.#scratch.numbers.set(requirements);
    const count = requirements.length;
    this.#ask((core) => core.hits(credentials.length / count, count, now));
    return this.#scratch.numbers;
  }

  recall(credential: string, question: Question, now: number): { hit: number; lacking?: Lacking } {
    const out: string[] = [];
    const hit = this.#ask((core) => core.recall(credential, question, now, out));
    if (out.length === 0) return { hit };
    const step = readStep(out);
    if ('answer' in step) return { hit, lacking: step.answer as Lacking };
    throw refusal(step);
  }

  /** Notes a use of a token, if it is remembered or was read lately: then whether it, or one that it came from, ends without use. */
  noteUse(id: string, at: number): boolean | undefined {
    const noted = this.#ask((core) => core.noteUse(id, at));
    return noted === MISS ? undefined : noted === 1;
  }

  takeIn(heads: Reads, order: number): number {
    const out: string[] = [];
    const shards = this.#ask((core) => core.takeIn(textOf(heads), order, out));
    if (out.length > 0) throw refusal(readStep(out));
    return shards;
  }

  /** One step of an explanation. */
  explain(credential: string, question: Question, reads: Reads, now: number): Step {
    return this.#step((core, out) => core.explain(credential, question, bounded(reads), now, out));
  }

  /** The preview of a selection. */
  resolve(selection: unknown, tree: boolean): Step {
    return this.#step((core, out) => core.resolve(selection, tree, out));
  }

  /** The permissions that a pattern means. They cross as runs in a list that crossed once: text is what costs. */
  expand(pattern: string): string[] {
    const out: string[] = [];
    const ends = this.#ask((core) => core.expand(pattern, out));
    if (out.length > 0) throw refusal(readStep(out));
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
    throw refusal(step);
  }

  /** The smallest selection for a list of permissions. */
  suggest(permissions: unknown): Step {
    return this.#step((core, out) => core.suggest(permissions, out));
  }

  match(method: string, path: string): Step {
    return this.#step((core, out) => core.match(method, path, out));
  }

  /** Whether this core stands in the instance that there is now. */
  get #isAlive(): boolean {
    return this.#generation === instances.generation;
  }

  #addresses(): Addresses {
    const core = this.#core as Core;
    return { memory: memory(), text: core.scratch(), numbers: core.numbers() };
  }

  #step(run: (core: Core, out: string[]) => void): Step {
    const out: string[] = [];
    this.#ask((core) => run(core, out));
    return readStep(out);
  }

  #ask<T>(run: (core: Core) => T): T {
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
      throw refusal(step);
    }
    core.remember(this.#capacity);
    this.#core = core;
    this.#generation = instances.generation;
    this.#scratch = new Scratch(() => this.#addresses());
    this.#reads = new Room(memory, (length) => core.reads(length));
    return step.answer as Configured;
  }
}

/**
 * Keys and values in one text, as `Reads::from_text` of src/step.rs takes them. What has a NUL in it is no JSON, so it is damaged, and so is
 * the empty text in its place.
 */
function textOf(reads: Reads): string {
  const { values } = bounded(reads);
  let text = '';
  for (const [key, value] of values) text += `${key}\0${value === null ? '\x01' : bare(value)}\0`;
  return text;
}

function bare(value: string): string {
  return value.includes('\0') || value === '\x01' ? '' : value;
}

/** The step in what the core handed over. A new credential comes apart from it, and takes its place in the answer here. */
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
    // A generator that failed leaves zeros, and one that did nothing too; a working one draws 64 of them once in 2^512.
    if (bytes.every((byte) => byte === 0)) failure = {};
  } catch (cause) {
    failure = { cause };
  }
  if (failure === undefined) return bytes;
  throw new LeastkeyError('rng_failed', 'the random number generator failed; nothing was made', failure);
}

/** The memory of the instance that there is now. */
function memory(): WebAssembly.Memory {
  return initSync({ module: module as WebAssembly.Module }).memory;
}
