import { loadModule } from '#load/verify';
import { LeastkeyError } from '../api/errors.js';
import type { Minted } from '../api/exchange.js';
import type { RouteRequirement } from '../api/verification.js';
import { invalidInput } from '../input/options.js';
import { type Question, type Reads, type Refusal, type Step, stepError } from '../runtime/protocol.js';
import type { Settings } from '../runtime/settings.js';
import { boundValues } from '../stores/response.js';
import { STORE_META } from '../stores/store-meta.js';
import { BatchBuffers, type BufferAddresses, MAX_BYTES_PER_UNIT } from './batch-buffers.js';
import { fillRandom } from './fill-random.js';
import { type GivenLoader, Instances, loadOnce } from './instances.js';
import type { RefusalDetails } from './interned-requirements.js';
import { LACKS_VOCABULARIES, MAX_BATCH_LOOKUPS, MISS } from './packed-lookup.js';
import {
  type CodeRow,
  StoreVerification,
  type VerificationCall,
  type VerificationExports,
  type VerificationStep,
} from './store-verification.js';

/** The prefix and the length of all credentials. */
export interface CredentialForm {
  start: string;
  length: number;
}

/**
 * The state of the cache when a read began. The core caches the token only if no read of the feed
 * was applied since.
 */
export interface ReadStamp {
  epoch: number;
  generation: number;
}

/** The exports of the module: bindings/verify/src/lib.rs. */
interface Exports {
  memory: WebAssembly.Memory;
  input(length: number): number;
  give(length: number): void;
  given_text(): number;
  give_text(length: number): void;
  output(): number;
  output_length(): number;
  text_buffer(): number;
  number_buffer(): number;
  configure(): void;
  reset_cache(capacity: number, revalidates: number): void;
  set_tag_key(): void;
  mint(hasId: number, now: number): number;
  classify(length: number, requirement: number): number;
  read_id(): void;
  begin(length: number, digest: number, now: number, generation: number): number;
  view(): number;
  learn(): number;
  forget(): void;
  decide(requirement: number, consume: number, countedAt: number, now: number, generation: number): number;
  count(requirement: number, consume: number, countedAt: number, now: number, generation: number): number;
  intern(): number;
  lookup_packed(length: number, requirement: number, now: number): number;
  lookup_on(length: number, resourceLength: number, requirement: number, now: number): number;
  lookup_batch(length: number, count: number, now: number): void;
  lookup(length: number, now: number): number;
  note_use(length: number, at: number): number;
  generation(): number;
  apply_feed(readAt: number): number;
  route(): void;
  route_number(method: number, length: number): number;
}

/** What `configure` answers. */
interface Configured {
  codes: CodeRow[];
  form?: CredentialForm;
  /** The scheme of the digests of new credentials. */
  scheme: string;
  /** The names of the parts of a record whose places are at `view`. */
  view: string[];
  /** What credentials begin with, up to their id. */
  start: string;
}

/** A generation of no read of the feed: what is read without a stamp is not cached. */
const NO_GENERATION = -1;

/** The size of the buffer in which nearly all texts of calls fit, in bytes. */
const GIVEN_BYTES = 8_192;

/** The length that stands for an absent text. */
const NO_TEXT = -1;

/** Passed as the requirement if it is not interned, and as the cost if no use is consumed. */
const NONE = -1;

/** The length of the key of the tags, which is written to the text buffer. */
const TAG_KEY_BYTES = 32;

/**
 * In the text buffer: the length of the random bytes of a new credential, after which comes its id,
 * if it has one already; then where its digest and its text begin. The id begins at 0.
 */
const MINTED = { random: 40, digest: 16, token: 80 } as const;

/** The methods of routes, by their numbers in the core. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** In place of the number of a route: no route matches. */
const NO_ROUTE = -1;

/** In place of the number of a route: several are needed. */
const OTHER_ROUTES = -2;

/** Beside the number of a route: it is about a resource. */
const ON_RESOURCE = 1 << 20;

/** How many requests have their requirement kept. Requests to paths with ids are many. */
const MAX_REQUESTS = 1_000;

const encoder = /* @__PURE__ */ new TextEncoder();

const decoder = /* @__PURE__ */ new TextDecoder();

let module: WebAssembly.Module | undefined;

/** Marked as pure, like the values above: a bundler drops them where no verifier is used. */
const load = /* @__PURE__ */ loadOnce(async (given = loadModule) => {
  module = await given();
});

/** The settings of a deployment that its core has. */
type CoreSettings = Pick<Settings, 'config' | 'catalogText' | 'capacity' | 'freshness'>;

/**
 * Why a question is refused: the module has no messages. `undefined` where nothing better is known.
 */
export type DescribeQuestion = (question: Question, now: number) => LeastkeyError | undefined;

/**
 * The core that verifies, with one configuration. Each has an instance of the module of its own,
 * with the token cache.
 */
export class VerifyCore {
  /** The verdict codes by their index. */
  readonly codes: readonly CodeRow[];
  /** The form of credentials; absent if imported keys are verified too. */
  readonly form: CredentialForm | undefined;
  readonly #scheme: string;
  readonly #store: StoreVerification;
  readonly #config: string;
  readonly #catalog: string;
  readonly #capacity: number;
  /** Whether each verification reads the store, so that cached tokens are only revalidated. */
  readonly revalidates: boolean;
  readonly #describeQuestion: DescribeQuestion;
  readonly #instances = new Instances(() => this.#instantiate());
  #exports!: Exports;
  #buffers = new BatchBuffers(() => this.#addresses());
  /** The buffer for the texts of calls. */
  #given = new Uint8Array(0);
  #hasTagKey = false;
  /** The permissions of routes, by their numbers. The catalog never changes. */
  readonly #ofRoutes = new Map<number, string>();
  /** The other requirements of the last requests, by method and path. */
  readonly #ofRequests = new Map<string, RouteRequirement | null>();

  private constructor(
    { config, catalogText, capacity, freshness }: CoreSettings,
    describeQuestion: DescribeQuestion,
  ) {
    this.revalidates = freshness === 0;
    this.#capacity = capacity;
    this.#config = JSON.stringify(config);
    this.#catalog = catalogText;
    this.#describeQuestion = describeQuestion;
    const { codes, form, scheme, view, start } = this.#instances.run(() => this.#instantiate());
    this.codes = codes;
    this.form = form;
    this.#scheme = scheme;
    const exports = this.#verificationExports(view.length);
    this.#store = new StoreVerification(exports, codes, view, start.length, this.revalidates);
  }

  /**
   * @throws {LeastkeyError} `invalid_input` for a configuration or a catalog that cannot be read,
   * without saying what is wrong with it.
   */
  static async start(
    settings: CoreSettings,
    given: GivenLoader | undefined,
    describeQuestion: DescribeQuestion = () => undefined,
  ): Promise<VerifyCore> {
    await load(given);
    return new VerifyCore(settings, describeQuestion);
  }

  /** Changes with every instance; a fresh one has an empty cache. */
  get epoch(): number {
    return this.#instances.epoch;
  }

  /** The stamp to take before the reads of a token that is to be cached. */
  readStamp(): ReadStamp {
    const generation = this.#call((core) => core.generation());
    return { epoch: this.epoch, generation };
  }

  /**
   * One step of a verification. With the stamp from before its reads, the token enters the cache;
   * without one, the core only evicts what has ended. `requirement` is the number of the question's
   * requirement, if that is all that is asked.
   */
  verify(
    credential: string,
    question: Question,
    requirement: number | undefined,
    reads: Reads,
    now: number,
    stamp?: ReadStamp,
  ): VerificationStep {
    const { slot, origin, step } = this.#call((core) => {
      // A fresh instance starts again at generation 0.
      const generation = stamp?.epoch === this.epoch ? stamp.generation : NO_GENERATION;
      const { epoch } = this;
      const next = this.#store.step({ credential, question, requirement, now, epoch, generation }, reads);
      // After a call: where a Worker starts, there is no random number generator yet. And not
      // before its verdict: in Node, loading the generator takes a quarter of the first one.
      if (next.slot !== undefined && !this.#hasTagKey) {
        this.#hasTagKey = true;
        queueMicrotask(() => this.#drawTagKey(core));
      }
      return next;
    });
    return { step: this.#described(step, question, now), slot, origin };
  }

  /** Interns the requirement of a question: its id for {@link VerifyCore.lookupPacked}. */
  intern(question: Question): number {
    const { id, step } = this.#call((core) => {
      this.#give(question);
      return { id: core.intern(), step: this.#output() };
    });
    this.#accepted(step, question);
    return id;
  }

  /**
   * A cache lookup as one number: slot, successor bit, code; {@link MISS} or less without a token.
   */
  lookupPacked(credential: string, requirement: number, now: number): number {
    if (this.epoch < 0 || !this.#buffers.write(credential)) return MISS;
    try {
      return this.#exports.lookup_packed(credential.length, requirement, now);
    } catch (cause) {
      throw this.#instances.failure(cause);
    }
  }

  /**
   * {@link VerifyCore.lookupPacked} for an interned requirement of one permission, on a resource.
   * Also {@link MISS} for a text that is no resource.
   */
  lookupOn(credential: string, requirement: number, resource: string, now: number): number {
    if (this.epoch < 0 || !this.#buffers.writeTwo(credential, resource)) return MISS;
    try {
      return this.#exports.lookup_on(credential.length, resource.length, requirement, now);
    } catch (cause) {
      throw this.#instances.failure(cause);
    }
  }

  /**
   * {@link VerifyCore.lookupPacked} for at most {@link MAX_BATCH_LOOKUPS} credentials of one
   * length, concatenated in `credentials`, and one requirement id for each. `undefined`: no lookup
   * was possible. The result is valid until the next call.
   */
  lookupBatch(credentials: string, requirements: readonly number[], now: number): Int32Array | undefined {
    if (this.epoch < 0 || !this.#buffers.write(credentials)) return undefined;
    const { numbers } = this.#buffers;
    const count = requirements.length;
    for (let at = 0; at < count; at++) numbers[at] = requirements[at] as number;
    try {
      this.#exports.lookup_batch(credentials.length / count, count, now);
    } catch (cause) {
      throw this.#instances.failure(cause);
    }
    return this.#buffers.numbers;
  }

  /** A cache lookup for any question; of a refusal also its details. */
  lookup(credential: string, question: Question, now: number): { packed: number; details?: RefusalDetails } {
    const { packed, step } = this.#call((core) => {
      this.#give(question);
      const packed = core.lookup(this.#present(credential), now);
      return { packed, step: this.#output() };
    });
    const accepted = this.#accepted(step, question, now);
    return accepted !== undefined && 'answer' in accepted
      ? { packed, details: accepted.answer as RefusalDetails }
      : { packed };
  }

  /**
   * Records a use of a token that is cached or was read lately. Whether the token or an ancestor
   * expires when idle; `undefined` on a miss.
   */
  noteUse(id: string, at: number): boolean | undefined {
    const noted = this.#call((core) => core.note_use(this.#present(id), at));
    return noted === MISS ? undefined : noted === 1;
  }

  /**
   * Applies the `order`-th read of the change feed and of `meta/deployment`: evicts what changed.
   * Returns the number of shards.
   *
   * @throws {LeastkeyError} `store_unavailable` when the store is not that of this deployment.
   */
  applyFeed(heads: Reads, order: number): number {
    const { shards, step } = this.#call((core) => {
      this.#give(...boundValues(heads).values.flat());
      return { shards: core.apply_feed(order), step: this.#output() };
    });
    if (step !== undefined && 'refuse' in step) throw refusalError(step.refuse, UNREADABLE_META);
    return shards;
  }

  /**
   * A new credential of the token `id`, or of a new one. `entropy` is the host's own random number
   * generator; by default it is that of the platform.
   *
   * @throws {LeastkeyError} `rng_failed`; `invalid_input` for an id that is none.
   */
  mint(now: number, id: string | undefined, entropy: ((bytes: Uint8Array) => void) | undefined): Minted {
    return this.#call((core) => {
      const { text } = this.#buffers;
      drawRandom(text.subarray(0, MINTED.random), entropy);
      if (id !== undefined) encoder.encodeInto(id, text.subarray(MINTED.random, MINTED.random + id.length));
      const end = core.mint(id === undefined ? 0 : 1, now);
      if (end === 0) throw invalidInput('id', 'expected a token id: 16 letters and digits');
      // Each is decoded by itself: slices of one text would keep the secret as long as the id.
      const minted = {
        id: decoder.decode(text.subarray(0, MINTED.digest)),
        digest: decoder.decode(text.subarray(MINTED.digest, MINTED.token)),
        scheme: this.#scheme,
        token: decoder.decode(text.subarray(MINTED.token, end)),
      };
      text.fill(0, MINTED.token, end);
      return minted;
    });
  }

  /** The requirement of a request, by the routes of the catalog; `null` if no route matches. */
  match(method: string, path: string): RouteRequirement | null {
    const number = this.#routeNumber(method, path);
    if (number === NO_ROUTE) return null;
    if (number === OTHER_ROUTES) {
      const known = this.#matchOther(method, path);
      // A copy: its caller may change it.
      return known && ('all' in known ? { all: known.all.map((one) => ({ ...one })) } : { ...known });
    }
    // Read at once: the next call of the core overwrites it.
    const resource = (number & ON_RESOURCE) === 0 ? undefined : (this.#outputText() ?? '');
    const permission = this.#permissionOf(number & ~ON_RESOURCE, method, path);
    if (permission === undefined) return null;
    return resource === undefined ? { permission } : { permission, resource };
  }

  /** The number of the one route of a request. */
  #routeNumber(method: string, path: string): number {
    const index = METHODS.indexOf(method);
    if (index < 0) return NO_ROUTE;
    // The first call of an instance gives it the catalog.
    if (this.epoch < 0 || !this.#buffers.write(path)) return OTHER_ROUTES;
    try {
      return this.#exports.route_number(index, path.length);
    } catch (cause) {
      throw this.#instances.failure(cause);
    }
  }

  /** The permission of a route is that of its first request. */
  #permissionOf(number: number, method: string, path: string): string | undefined {
    let permission = this.#ofRoutes.get(number);
    if (permission === undefined) {
      const found = this.#match(method, path);
      if (found === null || 'all' in found) return undefined;
      permission = found.permission;
      this.#ofRoutes.set(number, permission);
    }
    return permission;
  }

  /** Any other requirement depends on the path. Those of the last requests are kept. */
  #matchOther(method: string, path: string): RouteRequirement | null {
    const request = `${method} ${path}`;
    let known = this.#ofRequests.get(request);
    if (known === undefined) {
      known = this.#match(method, path);
      if (this.#ofRequests.size >= MAX_REQUESTS) this.#ofRequests.clear();
      this.#ofRequests.set(request, known);
    }
    return known;
  }

  #match(method: string, path: string): RouteRequirement | null {
    const step = this.#call((core) => {
      this.#give(method, path);
      core.route();
      return this.#output() as Step;
    });
    if ('answer' in step) return step.answer as RouteRequirement | null;
    throw stepError(step);
  }

  /** The calls of a verification, with their texts written and read. */
  #verificationExports(parts: number): VerificationExports {
    const settle = (
      step: 'decide' | 'count',
      { question, requirement, now, generation }: VerificationCall,
      values: (string | null)[],
    ) => {
      const { consume = NONE, countedAt = Number.NaN } = question;
      if (requirement === undefined) this.#give(question);
      this.#give(...values);
      const number = this.#exports[step](requirement ?? NONE, consume, countedAt, now, generation);
      return { number, text: this.#outputText() };
    };
    // A copy: the memory may grow before it is read.
    const places = new Uint32Array(2 * parts + 1);
    let view = new Uint32Array(0);
    return {
      classify: ({ credential, question, requirement = NONE }) => {
        if (requirement === NONE) this.#give(question);
        const number = this.#exports.classify(this.#present(credential), requirement);
        return { number, text: this.#outputText() };
      },
      readId: (key, value) => {
        this.#give(key, value);
        this.#exports.read_id();
        return this.#outputText();
      },
      begin: ({ credential, now, generation }, texts, digest) => {
        this.#give(...texts);
        const number = this.#exports.begin(this.#present(credential), digest, now, generation);
        const hasText = number === MISS || number >= LACKS_VOCABULARIES;
        return { number, text: hasText ? this.#outputText() : undefined };
      },
      places: () => {
        // Detached, so of length 0, once the memory has grown.
        if (view.length === 0 || view.buffer !== this.#exports.memory.buffer)
          view = new Uint32Array(this.#exports.memory.buffer, this.#exports.view(), places.length);
        places.set(view);
        return places;
      },
      learn: (key, value) => {
        this.#give(key, value);
        return this.#exports.learn() === 1;
      },
      forget: () => this.#exports.forget(),
      decide: (call, values) => settle('decide', call, values),
      count: (call, counters) => settle('count', call, counters),
    };
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
    this.#given = new Uint8Array(0);
    this.#hasTagKey = false;
    this.#give(this.#config, this.#catalog);
    this.#exports.configure();
    const step = this.#output() as Step;
    if (!('answer' in step)) throw refusalError((step as { refuse: Refusal }).refuse, UNREADABLE_CONFIG);
    this.#exports.reset_cache(this.#capacity, this.revalidates ? 1 : 0);
    return step.answer as Configured;
  }

  /**
   * Gives the cache a random key, by which it recognises a credential that it has verified before.
   * Without a generator it compares digests.
   */
  #drawTagKey(core: Exports): void {
    // Another instance has its own key.
    if (core !== this.#exports || this.epoch < 0) return;
    try {
      crypto.getRandomValues(this.#buffers.text.subarray(0, TAG_KEY_BYTES));
      this.#call(() => core.set_tag_key());
    } catch {
      // Without a generator, digests are compared. After a trap, the next call has a fresh
      // instance.
    }
  }

  /** Passes texts to the next call. */
  #give(...texts: (string | Question | null)[]): void {
    for (const text of texts) {
      if (text === null) this.#exports.give(NO_TEXT);
      else this.#giveText(typeof text === 'string' ? text : wellFormed(text));
    }
  }

  #giveText(text: string): void {
    if (this.#given.length === 0) {
      // Detached, so of length 0, once the memory has grown, which the first call may do.
      const at = this.#exports.given_text();
      this.#given = new Uint8Array(this.#exports.memory.buffer, at, GIVEN_BYTES);
    }
    const { read, written } = encoder.encodeInto(text, this.#given);
    if (read === text.length) this.#exports.give_text(written);
    else this.#exports.give(this.#put(text));
  }

  /** Writes a text without an intermediate copy, and returns its length in bytes. */
  #put(text: string): number {
    // Nearly all texts are ASCII: one byte for each character.
    const { read, written } = this.#encode(text, text.length);
    return read === text.length ? written : this.#encode(text, text.length * MAX_BYTES_PER_UNIT).written;
  }

  #encode(text: string, capacity: number): { read: number; written: number } {
    const at = this.#exports.input(capacity);
    return encoder.encodeInto(text, new Uint8Array(this.#exports.memory.buffer, at, capacity));
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
   * Writes a credential or an id to the buffer, and returns its length; 0, which is no token, if it
   * does not fit.
   */
  #present(credential: string): number {
    return this.#buffers.write(credential) ? credential.length : 0;
  }

  /** The step that the last call returned, if it returned one. */
  #output(): Step | undefined {
    const text = this.#outputText();
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** The text that the last call returned, if it returned one. */
  #outputText(): string | undefined {
    const length = this.#exports.output_length();
    return length === 0 ? undefined : this.#text(this.#exports.output(), length);
  }

  /** The step of a verification. A refusal to write, because of what the store holds, is a step. */
  #described(step: Step, question: Question, now: number): Step {
    // The only values that a verification writes are counters.
    if ('refuse' in step && step.refuse.code === 'store_unavailable')
      return { refuse: { ...step.refuse, message: UNSEALED } };
    return this.#accepted(step, question, now);
  }

  /** The step, unless it refuses the question: then it throws why. */
  #accepted<S extends Step | undefined>(step: S, question: Question, now = 0): S {
    if (step === undefined || !('refuse' in step)) return step;
    throw this.#describeQuestion(question, now) ?? refusalError(step.refuse, UNREADABLE_QUESTION);
  }
}

const SAYS_WHY = 'leastkey, given the same, says what is wrong and where';

const UNREADABLE_CONFIG = `the configuration or the catalog cannot be read; ${SAYS_WHY}`;

const UNREADABLE_QUESTION = `the requirement or the context cannot be read; ${SAYS_WHY}`;

const UNREADABLE_META = `the store does not say whose it is: its ${STORE_META} is damaged, or sealed with another record key`;

const UNSEALED =
  'the values of this store are sealed and this deployment has no record key, so it writes nothing: give it `recordKey`';

/** The error of a refusal, with the message that the module has not. */
function refusalError({ code }: Refusal, message: string): LeastkeyError {
  return new LeastkeyError(code, message);
}

/**
 * Fills bytes of the core's memory. A generator of the host gets bytes of its own, because it may
 * keep them.
 */
function drawRandom(bytes: Uint8Array, entropy: ((bytes: Uint8Array) => void) | undefined): void {
  if (entropy === undefined) {
    fillRandom(bytes, (bytes) => crypto.getRandomValues(bytes));
    return;
  }
  const drawn = new Uint8Array(bytes.length);
  fillRandom(drawn, entropy);
  bytes.set(drawn);
  drawn.fill(0);
}

/** JSON text with lone surrogates replaced, which UTF-8 cannot encode. */
function wellFormed(question: Question): string {
  const text = JSON.stringify(question);
  return text.replace(/\\(?:ud[89a-f]..|.)/g, (escaped) => (escaped.length > 2 ? '\ufffd' : escaped));
}
