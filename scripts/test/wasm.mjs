/**
 * The checks of code that only the WebAssembly build has: the boundary to JavaScript, run in Node.
 */

import { bindgenTool } from '../setup/bindgen.mjs';
import { toolchain } from '../setup/toolchain.mjs';
import { cargoCounts } from './counts.mjs';

/** The profile of the build, to reuse its compiled libraries. */
const boundary = ['--release', '-p', 'leastkey-manage', '--test', 'boundary'];

export const wasmChecks = [
  {
    key: 'wasm-clippy',
    label: 'WebAssembly boundary: lint (clippy)',
    estimate: 30_000,
    needs: 'setup',
    work: async () => (await toolchain()).cargo('clippy', [...boundary, '--lib', '--', '-D', 'warnings']),
  },
  {
    key: 'wasm-test',
    label: 'WebAssembly boundary: tests in Node',
    estimate: 60_000,
    needs: 'setup',
    counts: cargoCounts,
    work: async () =>
      (await toolchain()).cargo('test', ['--no-fail-fast', ...boundary], {
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: bindgenTool('test-runner'),
      }),
  },
];
