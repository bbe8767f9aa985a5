/**
 * The memories of all modules that this process instantiates, full and edge, to search for secrets.
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

/** Whether one of the memories contains these bytes. */
export function isInMemory(bytes: string | Buffer): boolean {
  return memories.some(({ buffer }) => Buffer.from(buffer).includes(bytes));
}
