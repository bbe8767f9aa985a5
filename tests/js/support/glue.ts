/**
 * The wasm-bindgen glue inside the installed package, past its exports: for traps on purpose, and
 * to look into its memory.
 */

interface Exports {
  memory: WebAssembly.Memory;
  __wbg_core_free(pointer: number, flags: number): void;
}

/** What verifications and operations call. */
export type Method = 'plan' | 'verify' | 'lookupPacked' | 'lookup' | 'applyFeed';

interface Glue {
  Core: { prototype: Record<Method, (...args: unknown[]) => unknown> };
  /** Answers the exports of the instance in use. */
  initSync(): Exports;
}

const glue: Glue = await import(
  new URL('../../../node_modules/leastkey/wasm/leastkey.js', import.meta.url).href
);

/**
 * Lets the next call of a method of the core trap for real: Rust is given a pointer beyond the end
 * of its memory.
 */
export function trapNext(method: Method): void {
  const { prototype } = glue.Core;
  const original = prototype[method];
  prototype[method] = () => {
    prototype[method] = original;
    glue.initSync().__wbg_core_free(0xfffffff0, 0);
  };
}

/** Which instance is in use: another one after a trap. */
export function instanceInUse(): unknown {
  return glue.initSync();
}

/** How many bytes the memory of the instance in use has. */
export function memoryInUse(): number {
  return glue.initSync().memory.buffer.byteLength;
}
