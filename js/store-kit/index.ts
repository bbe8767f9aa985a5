/**
 * Checks that a store keeps the promises of docs/storage.md. It needs no runtime and no test
 * runner.
 *
 * @packageDocumentation
 */

export type { Call } from './call.js';
export { firstUnexplained, type Operation, type Value } from './linearize.js';
export { PROMISES, type PromiseId, type StorePromise } from './promises.js';
export { type BrokenReport, formatReport, type StoreReport } from './report.js';
export { checkStore, type OpenStore, type StoreCheckOptions, storeTests, type TestFunction } from './run.js';
export { clearScratch, scratchStore } from './scratch.js';
export type { Fault, FaultyLink, StoreUnderTest } from './store-under-test.js';
