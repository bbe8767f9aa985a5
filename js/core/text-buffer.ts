const encoder = new TextEncoder();

/** The most UTF-8 bytes per UTF-16 code unit. */
export const MAX_BYTES_PER_UNIT = 3;

/** A buffer in a core's memory for texts of any length, written without an intermediate copy. */
export class TextBuffer {
  readonly #memory: () => WebAssembly.Memory;
  readonly #allocate: (length: number) => number;
  /** Detached, so of length 0, once the memory has grown. */
  #bytes = new Uint8Array(0);

  /**
   * `allocate` returns the address of a buffer of that many bytes; an earlier one may have moved.
   */
  constructor(memory: () => WebAssembly.Memory, allocate: (length: number) => number) {
    this.#memory = memory;
    this.#allocate = allocate;
  }

  /** Writes a text, and returns its length in bytes. */
  write(text: string): number {
    const capacity = text.length * MAX_BYTES_PER_UNIT;
    if (this.#bytes.length < capacity) {
      const at = this.#allocate(capacity);
      this.#bytes = new Uint8Array(this.#memory().buffer, at, capacity);
    }
    return encoder.encodeInto(text, this.#bytes).written;
  }
}
