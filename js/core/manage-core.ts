import { facts, loadModule } from '#load/manage';
import type { Problem } from '../api/codes.js';
import type { Moment } from '../runtime/clock.js';
import {
  type Call,
  type Config,
  type OperationStep,
  type Question,
  type Reads,
  type Step,
  stepError,
} from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { boundValues } from '../stores/response.js';
import { __wbg_reset_state, Core, fillEntropy, initSync } from '../wasm/leastkey.js';
import { fillRandom } from './fill-random.js';
import { type GivenLoader, Instances, loadError, loadOnce } from './instances.js';
import type { CatalogCheck } from './load/loader-facts.js';

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
  /** The warnings of the catalog. */
  warnings: Problem[];
}

/** The settings of this core. */
type ManageSettings = Pick<Settings, 'config' | 'catalogText'> & Partial<Pick<Settings, 'onWarning'>>;

/** The number of levels of the whole tree. */
export const WHOLE_TREE = 0xffff_ffff;

const encoder = new TextEncoder();

/** Whether the module is loaded, and has its first instance. */
let isLoaded = false;

/** Marked as pure, like the values below: a bundler drops them where nothing is managed. */
const load = /* @__PURE__ */ loadOnce(async (given: GivenLoader = loadModule) => {
  if (!isLoaded) instantiate(await given());
});

const instances = /* @__PURE__ */ new Instances(__wbg_reset_state);

/**
 * The core that manages, with one configuration. All cores of a process share one wasm module and
 * one instance. It keeps no state that a later call needs, so after a trap a fresh instance,
 * configured from the same text, serves the next call.
 */
export class ManageCore {
  readonly #config: Config;
  readonly #catalogText: string;
  readonly #onWarning: ((warning: Problem) => void) | undefined;
  #core: Core | undefined;
  #configured: Configured | undefined;
  /** The refusal of the configuration or the catalog, which never change. */
  #refusal: Step | undefined;
  #epoch = -1;
  #permissions: string[] | undefined;

  private constructor({ config, catalogText, onWarning }: ManageSettings) {
    this.#config = config;
    this.#catalogText = catalogText;
    this.#onWarning = onWarning;
  }

  /**
   * With `check: 'first'`, the module is loaded and the catalog compiled in the first call. Where
   * loading takes a promise, or the host gave the module, it is loaded here in either case.
   *
   * @throws {LeastkeyError} `invalid_input` with all problems of the catalog.
   */
  static async start(
    settings: ManageSettings,
    check: CatalogCheck = facts.check,
    given?: GivenLoader,
  ): Promise<ManageCore> {
    if (check === 'start' || given !== undefined || !facts.isSync) await load(given);
    const core = new ManageCore(settings);
    if (check === 'start') core.checkCatalog();
    return core;
  }

  /**
   * Compiles the catalog, if it is not yet.
   *
   * @throws {LeastkeyError} `invalid_input` with all problems of the catalog.
   */
  checkCatalog(): void {
    this.#call(() => {});
  }

  /** The regular expression with which secret scanners find credentials of this deployment. */
  pattern(): string {
    this.checkCatalog();
    return (this.#configured as Configured).pattern;
  }

  /** The warnings of the catalog. */
  warnings(): readonly Problem[] {
    this.checkCatalog();
    return (this.#configured as Configured).warnings;
  }

  /** One step of a management operation. */
  plan(call: Call, reads: Reads, time: Time, entropy: Uint8Array): OperationStep {
    const { now, started, highest } = time;
    return this.#step((core, out) =>
      core.plan(call, boundValues(reads), now, started, highest, entropy, out),
    );
  }

  /** One step of an exchange. */
  exchange(credential: string, input: unknown, reads: Reads, time: Time, entropy: Uint8Array): OperationStep {
    const { now, started, highest } = time;
    return this.#step((core, out) =>
      core.exchange(credential, input, boundValues(reads), now, started, highest, entropy, out),
    );
  }

  /** A new credential, with its id, its digest and the scheme of the digest. */
  mint(now: number, id: string | undefined, entropy: Uint8Array): Step {
    return this.#step((core, out) => core.mint(now, id, entropy, out));
  }

  /** Throws why a question is refused; nothing if it is not. */
  checkQuestion(question: Question, now: number): void {
    const out: string[] = [];
    this.#call((core) => core.checkQuestion(question, now, out));
    if (out.length > 0) throw stepError(readStep(out));
  }

  /** One step of an explanation. */
  explain(credential: string, question: Question, reads: Reads, now: number): Step {
    return this.#step((core, out) => core.explain(credential, question, boundValues(reads), now, out));
  }

  /** The preview of a selection. Its tree has `depth` levels below a node or the root; 0: none. */
  resolve(selection: unknown, depth: number, below?: string): Step {
    return this.#step((core, out) => core.resolve(selection, depth, below, out));
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

  #step(run: (core: Core, out: string[]) => void): Step {
    const out: string[] = [];
    this.#call((core) => run(core, out));
    return readStep(out);
  }

  #call<T>(run: (core: Core) => T): T {
    return callModule(() => {
      if (this.#core === undefined || this.#epoch !== instances.epoch) this.#core = this.#configure();
      return run(this.#core);
    });
  }

  #configure(): Core {
    // Compiled once: with a large catalog each refused question would cost a compilation.
    if (this.#refusal !== undefined) throw stepError(this.#refusal);
    const core = new Core();
    const out: string[] = [];
    core.configure(this.#config, encoder.encode(this.#catalogText), out);
    const step = readStep(out);
    if (!('answer' in step)) {
      core.free();
      this.#refusal = step;
      throw stepError(step);
    }
    const isFirst = this.#configured === undefined;
    this.#configured = step.answer as Configured;
    if (isFirst && this.#onWarning !== undefined) this.#configured.warnings.forEach(this.#onWarning);
    this.#epoch = instances.epoch;
    return core;
  }
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
  fillRandom(bytes, source ?? ((bytes) => callModule(() => fillEntropy(bytes))));
  return bytes;
}

/** Runs a call into the module, after loading it if it is not loaded yet. */
function callModule<T>(call: () => T): T {
  if (!isLoaded) {
    try {
      // Otherwise `start` has loaded it.
      instantiate(loadModule() as WebAssembly.Module);
    } catch (cause) {
      throw loadError(cause);
    }
  }
  return instances.run(call);
}

function instantiate(module: WebAssembly.Module): void {
  initSync({ module });
  isLoaded = true;
}
