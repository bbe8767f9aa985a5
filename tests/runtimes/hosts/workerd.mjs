/** Cloudflare's workerd, run by miniflare. */

import { dirname } from 'node:path';
import { Miniflare } from 'miniflare';
import { bundleWorker } from './bundle.mjs';

/** Starts a worker from its source. `options` are miniflare's. */
export async function startWorker(entry, options = {}) {
  return new Miniflare(await workerOptions(entry, options));
}

/** What miniflare needs to know of a worker. */
export async function workerOptions(entry, options = {}) {
  const modules = await bundleWorker(entry);
  return {
    modules,
    modulesRoot: dirname(modules[0].path),
    compatibilityDate: '2026-04-01',
    // It would fetch a description of the data center over the network.
    cf: false,
    ...options,
  };
}
