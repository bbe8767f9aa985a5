/**
 * The wasm-bindgen glue inside the installed package, not through its exports: to cause traps, and
 * to inspect its memory.
 */

interface Exports {
  memory: WebAssembly.Memory;
  __wbg_core_free(pointer: number, flags: number): void;
}

/** The methods that verifications and operations call. */
export type Method = 'plan' | 'verify' | 'lookupPacked' | 'lookup' | 'applyFeed';

interface Glue {
  Core: { prototype: Record<Method, (...args: unknown[]) => unknown> };
  /** Returns the exports of the current instance. */
  initSync(): Exports;
}

const glue: Glue = await import(
  new URL('../../../node_modules/leastkey/wasm/leastkey.js', import.meta.url).href
);

/**
 * Makes the next call of a method of the core trap: Rust receives a pointer beyond the end of its
 * memory.
 */
export function trapNext(method: Method): void {
  const { prototype } = glue.Core;
  const original = prototype[method];
  prototype[method] = () => {
    prototype[method] = original;
    glue.initSync().__wbg_core_free(0xfffffff0, 0);
  };
}

/** The current instance: a different one after a trap. */
export function instanceInUse(): unknown {
  return glue.initSync();
}

/** The size of the current instance's memory in bytes. */
export function memoryInUse(): number {
  return glue.initSync().memory.buffer.byteLength;
}
