import { loadModule } from '#load/edge';
import { type Config, type Question, type Reads, type Step, stepError } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { boundValues } from '../stores/response.js';
import { STORE_META } from '../stores/store-meta.js';
import { BatchBuffers, type BufferAddresses } from './batch-buffers.js';
import { Instances, loadOnce } from './instances.js';
import { MAX_BYTES_PER_UNIT } from './text-buffer.js';
import {
  type CodeRow,
  type CredentialForm,
  MISS,
  type ReadStamp,
  type RefusalDetails,
  type VerificationStep,
  type VerifyingCore,
} from './verifying-core.js';

/** The exports of the module: bindings/verify/src/lib.rs. */
interface Exports {
  memory: WebAssembly.Memory;
  input(length: number): number;
  give(length: number): void;
  output(): number;
  output_length(): number;
  text_buffer(): number;
  number_buffer(): number;
  configure(): void;
  reset_cache(capacity: number): void;
  verify(length: number, now: number, generation: number): number;
  intern(): number;
  lookup_packed(length: number, requirement: number, now: number): number;
  lookup_batch(length: number, count: number, now: number): void;
  lookup(length: number, now: number): number;
  generation(): number;
  apply_feed(readAt: number): number;
  route(): void;
}

/** What `configure` answers. */
interface Configured {
  codes: CodeRow[];
  form?: CredentialForm;
}

/** A generation of no read of the feed: what is read without a stamp is not cached. */
const NO_GENERATION = -1;

/** The length that stands for an absent text. */
const NO_TEXT = -1;

const encoder = /* @__PURE__ */ new TextEncoder();

const decoder = /* @__PURE__ */ new TextDecoder();

let module: WebAssembly.Module | undefined;

/** Marked as pure, like the values above: a bundler drops them where no verifier is used. */
const load = /* @__PURE__ */ loadOnce(async () => {
  module = await loadModule();
});

/** The verify-only core. Each has an instance of the module of its own. */
export class EdgeCore implements VerifyingCore {
  readonly codes: readonly CodeRow[];
  readonly form: CredentialForm | undefined;
  readonly #config: string;
  readonly #catalog: string;
  readonly #capacity: number;
  readonly #instances = new Instances(() => this.#instantiate());
  #exports!: Exports;
  #buffers = new BatchBuffers(() => this.#addresses());

  private constructor(config: Config, catalogText: string, capacity: number) {
    this.#capacity = capacity;
    this.#config = JSON.stringify(config);
    this.#catalog = catalogText;
    const { codes, form } = this.#instances.run(() => this.#instantiate());
    this.codes = codes;
    this.form = form;
  }

  /**
   * @throws {LeastkeyError} `invalid_input` for a configuration or a catalog that cannot be read.
   */
  static async start({
    config,
    catalogText,
    capacity,
  }: Pick<Settings, 'config' | 'catalogText' | 'capacity'>): Promise<EdgeCore> {
    await load();
    return new EdgeCore(config, catalogText, capacity);
  }

  get epoch(): number {
    return this.#instances.epoch;
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
    return this.#call((core) => {
      const generation = stamp?.epoch === this.epoch ? stamp.generation : NO_GENERATION;
      this.#give(question, ...boundValues(reads).values.flat());
      const slot = core.verify(this.#present(credential), now, generation);
      const step = this.#answer(QUESTION) as Step;
      return { step, slot: slot === MISS ? undefined : slot };
    });
  }

  intern(question: Question): number {
    return this.#call((core) => {
      this.#give(question);
      const id = core.intern();
      this.#answer(QUESTION);
      return id;
    });
  }

  lookupPacked(credential: string, requirement: number, now: number): number {
    if (this.epoch < 0 || !this.#buffers.write(credential)) return MISS;
    try {
      return this.#exports.lookup_packed(credential.length, requirement, now);
    } catch (cause) {
      throw this.#instances.failure(cause);
    }
  }

  lookupBatch(credentials: string, requirements: readonly number[], now: number): Int32Array | undefined {
    if (this.epoch < 0 || !this.#buffers.write(credentials)) return undefined;
    this.#buffers.numbers.set(requirements);
    const count = requirements.length;
    this.#call((core) => core.lookup_batch(credentials.length / count, count, now));
    return this.#buffers.numbers;
  }

  lookup(credential: string, question: Question, now: number): { packed: number; details?: RefusalDetails } {
    return this.#call((core) => {
      this.#give(question);
      const packed = core.lookup(this.#present(credential), now);
      const step = this.#answer(QUESTION);
      return step !== undefined && 'answer' in step
        ? { packed, details: step.answer as RefusalDetails }
        : { packed };
    });
  }

  applyFeed(heads: Reads, order: number): number {
    return this.#call((core) => {
      this.#give(...boundValues(heads).values.flat());
      const shards = core.apply_feed(order);
      this.#answer(`the heads of the change feed or ${STORE_META}`);
      return shards;
    });
  }

  match(method: string, path: string): Step {
    return this.#call((core) => {
      this.#give(method, path);
      core.route();
      return this.#answer('the request') as Step;
    });
  }

  #call<T>(run: (core: Exports) => T): T {
    return this.#instances.run(() => run(this.#exports));
  }

  #addresses(): BufferAddresses {
    const { memory, text_buffer, number_buffer } = this.#exports;
    return { memory, text: text_buffer(), numbers: number_buffer() };
  }

  #instantiate(): Configured {
    const host = {
      normalize: (at: number, length: number) => this.#write(this.#text(at, length).normalize()),
      parse_decimal: (at: number, length: number) => Number(this.#text(at, length)),
      write_decimal: (number: number) => this.#write(String(number)),
    };
    const instance = new WebAssembly.Instance(module as WebAssembly.Module, { host });
    this.#exports = instance.exports as unknown as Exports;
    this.#buffers = new BatchBuffers(() => this.#addresses());
    this.#give(this.#config, this.#catalog);
    this.#exports.configure();
    const { answer } = this.#answer('the configuration or the catalog') as { answer: Configured };
    this.#exports.reset_cache(this.#capacity);
    return answer;
  }

  /** Passes texts to the next call. */
  #give(...texts: (string | Question | null)[]): void {
    for (const text of texts) {
      if (text === null) this.#exports.give(NO_TEXT);
      else this.#exports.give(this.#put(typeof text === 'string' ? text : wellFormed(text)));
    }
  }

  /** Writes a text without an intermediate copy, and returns its length in bytes. */
  #put(text: string): number {
    const capacity = text.length * MAX_BYTES_PER_UNIT;
    const at = this.#exports.input(capacity);
    return encoder.encodeInto(text, new Uint8Array(this.#exports.memory.buffer, at, capacity)).written;
  }

  #write(text: string): void {
    const bytes = encoder.encode(text);
    const at = this.#exports.input(bytes.length);
    new Uint8Array(this.#exports.memory.buffer, at).set(bytes);
  }

  #text(at: number, length: number): string {
    return decoder.decode(new Uint8Array(this.#exports.memory.buffer, at, length));
  }

  /**
   * Writes a credential to the buffer, and returns its length; 0, which is no token, if it does not
   * fit.
   */
  #present(credential: string): number {
    return this.#buffers.write(credential) ? credential.length : 0;
  }

  /**
   * The text that the last call returned. `what`: its input, for the error if it could not be read,
   * because this core has no messages.
   */
  #answer(what: string): Step | undefined {
    const length = this.#exports.output_length();
    if (length === 0) return undefined;
    const step = JSON.parse(this.#text(this.#exports.output(), length)) as Step;
    if (!('refuse' in step)) return step;
    const message = `${what} cannot be read; leastkey, given the same, says what is wrong and where`;
    throw stepError({ refuse: { ...step.refuse, message } });
  }
}

const QUESTION = 'the requirement or the context';

/** JSON text with lone surrogates replaced, which UTF-8 cannot encode. */
function wellFormed(question: Question): string {
  const text = JSON.stringify(question);
  return text.replace(/\\(?:ud[89a-f]..|.)/g, (escaped) => (escaped.length > 2 ? '\ufffd' : escaped));
}
