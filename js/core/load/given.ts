import type { WasmSource } from '../../api/wasm-source.js';
import { invalidInput } from '../../input/options.js';
import { compileResponse } from './compile.js';

/** The loader of a module that the host gave. `name`: its option, for errors. */
export function givenModule(
  source: WasmSource | undefined,
  name: string,
): (() => Promise<WebAssembly.Module>) | undefined {
  if (source === undefined) return undefined;
  return async () => {
    const given: unknown = await source;
    // By its tag: a runtime may compile in another realm, whose prototype the glue does not accept.
    if (tagOf(given) === '[object WebAssembly.Module]')
      return Object.setPrototypeOf(given, WebAssembly.Module.prototype);
    if (tagOf(given) === '[object ArrayBuffer]' || ArrayBuffer.isView(given))
      return WebAssembly.compile(given as BufferSource);
    if (typeof (given as Response | null)?.arrayBuffer === 'function')
      return compileResponse(given as Response);
    throw invalidInput(
      name,
      'expected a WebAssembly.Module, the bytes of one, a Response with them, or a promise of one of these',
    );
  };
}

const tagOf = (value: unknown): string => Object.prototype.toString.call(value);
