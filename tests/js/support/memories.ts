/**
 * The memories of all modules that this process instantiates, of the whole package and of its edge:
 * to look for what must not be there.
 */

const memories: WebAssembly.Memory[] = [];

WebAssembly.Instance = class extends WebAssembly.Instance {
  constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    super(module, imports);
    for (const value of Object.values(this.exports)) {
      if (value instanceof WebAssembly.Memory) memories.push(value);
    }
  }
};

/** Whether something stands anywhere in one of the memories. */
export function isInMemory(bytes: string | Buffer): boolean {
  return memories.some(({ buffer }) => Buffer.from(buffer).includes(bytes));
}
