const encoder = new TextEncoder();

/** The most bytes of UTF-8 that one unit of a text takes. */
const MAX_BYTES_PER_UNIT = 3;

/**
 * Room in a core's memory for a text of any length, which is written there without a copy between.
 */
export class TextBuffer {
  readonly #memory: () => WebAssembly.Memory;
  readonly #allocate: (length: number) => number;
  /** Of no length once the core's memory has grown. */
  #bytes = new Uint8Array(0);

  /** `find` answers where there is room for so many bytes; what was found before may have moved. */
  constructor(memory: () => WebAssembly.Memory, find: (length: number) => number) {
    this.#memory = memory;
    this.#allocate = find;
  }

  /** Writes a text; answers how many bytes it has. */
  write(text: string): number {
    const most = text.length * MAX_BYTES_PER_UNIT;
    if (this.#bytes.length < most) {
      const at = this.#allocate(most);
      this.#bytes = new Uint8Array(this.#memory().buffer, at, most);
    }
    return encoder.encodeInto(text, this.#bytes).written;
  }
}
