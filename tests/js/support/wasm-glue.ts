/**
 * The two modules inside the installed package, not through its exports: to cause traps, and to
 * inspect their memory.
 */

interface Exports {
  memory: WebAssembly.Memory;
  __wbg_core_free(pointer: number, flags: number): void;
}

/** The methods of the verify module that verifications call, and of the manage module, `plan`. */
export type Method = 'begin' | 'decide' | 'lookup_packed' | 'lookup' | 'apply_feed' | 'note_use' | 'plan';

interface Glue {
  Core: { prototype: Record<string, (...args: unknown[]) => unknown> };
  /** Returns the exports of the current instance. */
  initSync(): Exports;
}

const glue: Glue = await import(
  new URL('../../../node_modules/leastkey/wasm/leastkey.js', import.meta.url).href
);

/** The exports of an instance of the verify module. */
interface VerifyExports {
  memory: WebAssembly.Memory;
  /** Room for a text of that many bytes. */
  input(length: number): number;
  [name: string]: unknown;
}

/** The last instance of the verify module that was made. */
let lastVerify: VerifyExports | undefined;

/** The exports of the verify module whose next call traps. */
const trapping = new Set<string>();

WebAssembly.Instance = class extends WebAssembly.Instance {
  constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    super(module, imports);
    if (!('lookup_packed' in this.exports)) return;
    const exports = { ...this.exports } as unknown as VerifyExports;
    for (const [name, run] of Object.entries(this.exports)) {
      if (typeof run === 'function') exports[name] = trappable(name, run as Run, exports);
    }
    Object.defineProperty(this, 'exports', { value: exports });
    lastVerify = exports;
  }
};

type Run = (...args: unknown[]) => unknown;

/** How often each export of the verify module was called, in all its instances. */
const calls = new Map<string, number>();

/** How often verifications have called a method of the verify module so far. */
export function callsOf(method: Method): number {
  return calls.get(method) ?? 0;
}

function trappable(name: string, run: Run, exports: VerifyExports): Run {
  return (...args) => {
    calls.set(name, (calls.get(name) ?? 0) + 1);
    // Rust is asked to allocate more memory than there is.
    if (trapping.delete(name)) exports.input(0xffffffff);
    return run(...args);
  };
}

/** Makes the next call of a method trap. */
export function trapNext(method: Method): void {
  if (method !== 'plan') {
    trapping.add(method);
    return;
  }
  const { prototype } = glue.Core;
  const original = prototype.plan as Run;
  prototype.plan = () => {
    prototype.plan = original;
    // Rust receives a pointer beyond the end of its memory.
    glue.initSync().__wbg_core_free(0xfffffff0, 0);
  };
}

/**
 * The current instance of a module: a different one after a trap. Of the verify module it is the
 * last one that was created.
 */
export function instanceInUse(module: 'verify' | 'manage'): unknown {
  return module === 'verify' ? lastVerify : glue.initSync();
}

/** The size of the current instances' memories in bytes. */
export function memoryInUse(): number {
  return glue.initSync().memory.buffer.byteLength + (lastVerify?.memory.buffer.byteLength ?? 0);
}
