import { MAX_BATCH_LOOKUPS } from './verifying-core.js';

/** The longest text that the core reads from its buffer. */
const TEXT_BYTES = 6_144;

/** Where the buffers of a core stand. */
export interface BufferAddresses {
  memory: WebAssembly.Memory;
  text: number;
  numbers: number;
}

const encoder = /* @__PURE__ */ new TextEncoder();

/**
 * The buffers in a core's memory, through which credentials and verdicts cross without being made
 * into anything.
 */
export class BatchBuffers {
  readonly #find: () => BufferAddresses;
  /** Both are of no length once the core's memory has grown. */
  #text = new Uint8Array(0);
  #numbers = new Int32Array(0);

  constructor(find: () => BufferAddresses) {
    this.#find = find;
  }

  /** Writes a text of ASCII; answers whether it was one, and fits. */
  write(text: string): boolean {
    if (this.#text.length === 0) this.#look();
    return encoder.encodeInto(text, this.#text).written === text.length;
  }

  /** {@link MAX_BATCH_LOOKUPS} whole numbers. */
  get numbers(): Int32Array {
    if (this.#numbers.length === 0) this.#look();
    return this.#numbers;
  }

  #look(): void {
    const { memory, text, numbers } = this.#find();
    this.#text = new Uint8Array(memory.buffer, text, TEXT_BYTES);
    this.#numbers = new Int32Array(memory.buffer, numbers, MAX_BATCH_LOOKUPS);
  }
}
