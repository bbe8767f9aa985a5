import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { memoryInUse } from './wasm-glue.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * The bytes of the core's linear memory, and of JavaScript's heap after all garbage is collected.
 */
export function memory(): { linear: number; heap: number } {
  // The second collection frees what the first one finalized.
  collect();
  collect();
  return { linear: memoryInUse(), heap: process.memoryUsage().heapUsed };
}
