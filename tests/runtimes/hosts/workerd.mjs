/** Cloudflare's workerd, run by miniflare. */

import { dirname } from 'node:path';
import { Miniflare } from 'miniflare';
import { bundleWorker } from './bundle.mjs';

/** Starts a worker from its source. `options` are miniflare's. */
export async function startWorker(entry, options = {}) {
  return new Miniflare(await workerOptions(entry, options));
}

/** The options of a worker for miniflare. `conditions` are those of its bundle. */
export async function workerOptions(entry, options = {}, conditions = undefined) {
  const modules = await bundleWorker(entry, conditions);
  return {
    modules,
    modulesRoot: dirname(modules[0].path),
    compatibilityDate: '2026-04-01',
    // Otherwise miniflare fetches a description of the data center over the network.
    cf: false,
    ...options,
  };
}
