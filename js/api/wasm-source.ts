/**
 * A WebAssembly module of this package: compiled, its bytes, a response with them, or a promise of
 * one of these.
 */
export type WasmSource = GivenModule | PromiseLike<GivenModule>;

type GivenModule = WebAssembly.Module | BufferSource | Response;

/**
 * The modules of `createTokens`: `leastkey/wasm/verify.wasm` and `leastkey/wasm/manage.wasm`. One
 * that is absent is loaded as usual.
 */
export interface WasmSources {
  /** Verifies: `leastkey/wasm/verify.wasm`. */
  verify?: WasmSource;
  /** Manages: `leastkey/wasm/manage.wasm`. */
  manage?: WasmSource;
}
