import { writeAscii } from '#load/host';
import { MAX_BATCH_LOOKUPS } from './packed-lookup.js';

/** The size of the text buffer, in bytes. */
const TEXT_BYTES = 6_144;

/** The most UTF-8 bytes per UTF-16 code unit. */
export const MAX_BYTES_PER_UNIT = 3;

/** Where a second text begins in the text buffer. */
const SECOND_TEXT = 256;

/** The addresses of the buffers of a core. */
export interface BufferAddresses {
  memory: WebAssembly.Memory;
  text: number;
  numbers: number;
}

/** Fixed buffers in a core's memory: credentials and packed lookups cross without allocation. */
export class BatchBuffers {
  readonly #addresses: () => BufferAddresses;
  /** All are detached, so of length 0, once the memory has grown. */
  #text = new Uint8Array(0);
  #second = new Uint8Array(0);
  #numbers = new Int32Array(0);

  constructor(addresses: () => BufferAddresses) {
    this.#addresses = addresses;
  }

  /** The text buffer. The core wipes what a call has read of it. */
  get text(): Uint8Array {
    if (this.#text.length === 0) this.#attach();
    return this.#text;
  }

  /** Writes an ASCII text. `false` if it is not ASCII or does not fit. */
  write(text: string): boolean {
    if (writeAscii(text, this.text)) return true;
    // No call reads it, so no call wipes it.
    this.text.fill(0, 0, text.length * MAX_BYTES_PER_UNIT);
    return false;
  }

  /** As {@link BatchBuffers.write}, for one text and another behind it. */
  writeTwo(text: string, second: string): boolean {
    if (text.length > SECOND_TEXT || !this.write(text)) return false;
    if (writeAscii(second, this.#second)) return true;
    this.text.fill(0, 0, text.length);
    return false;
  }

  /**
   * {@link MAX_BATCH_LOOKUPS} integers: requirement ids on the way in, packed lookups on the way
   * out.
   */
  get numbers(): Int32Array {
    if (this.#numbers.length === 0) this.#attach();
    return this.#numbers;
  }

  #attach(): void {
    const { memory, text, numbers } = this.#addresses();
    this.#text = new Uint8Array(memory.buffer, text, TEXT_BYTES);
    this.#second = this.#text.subarray(SECOND_TEXT);
    this.#numbers = new Int32Array(memory.buffer, numbers, MAX_BATCH_LOOKUPS);
  }
}
