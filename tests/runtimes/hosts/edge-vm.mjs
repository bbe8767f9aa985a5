/** Vercel's edge runtime, by `@edge-runtime/vm`. */

import { readFileSync } from 'node:fs';
import { EdgeVM } from '@edge-runtime/vm';
import { bundleEdgeFunction } from './bundle.mjs';

/** Loads an edge function. Returns its `fetch`, which is of the runtime's own realm. */
export async function startEdgeFunction(entry) {
  const { script, modules } = await bundleEdgeFunction(entry);
  const compiled = Object.entries(modules).map(([name, file]) => [
    name,
    new WebAssembly.Module(readFileSync(file)),
  ]);
  const vm = new EdgeVM({
    codeGeneration: { strings: false, wasm: false },
    extend: (context) => Object.assign(context, Object.fromEntries(compiled)),
  });
  vm.evaluate(script);
  return vm.evaluate('edgeFunction.default.fetch');
}
