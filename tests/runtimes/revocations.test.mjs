/**
 * The workers of examples/guard/cloudflare: after one revokes a token, the other admits no request
 * that starts later.
 */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';
import { unstable_getMiniflareWorkerOptions as optionsOf, unstable_readConfig as readConfig } from 'wrangler';
import { skipped } from './hosts/suite-in.mjs';
import { workerOptions } from './hosts/workerd.mjs';

const inHere = (path) => fileURLToPath(new URL(path, import.meta.url));
/** A worker of the example, with its name and bindings from its configuration. */
async function configured(file) {
  const config = inHere(`../../examples/guard/cloudflare/${file}`);
  const { main, workerOptions: options } = optionsOf(config);
  return { ...options, ...(await workerOptions(main)), name: readConfig({ config }).name };
}

let workerd;
after(() => workerd?.dispose());

test('no stale accept at freshness 0, under load', {
  skip: skipped('workerd'),
  timeout: 120_000,
}, async (context) => {
  const [load, api, portal] = await Promise.all([
    workerOptions(inHere('entries/load.mjs')),
    configured('wrangler.jsonc'),
    configured('wrangler.portal.jsonc'),
  ]);
  workerd = new Miniflare({
    workers: [
      { ...load, name: 'load', serviceBindings: { API: 'api', PORTAL: 'portal' } },
      api,
      { ...portal, bindings: { ...portal.bindings, PORTAL_KEY: 'open sesame' } },
    ],
  });
  const { fetch } = await workerd.getWorker('portal');
  assert.equal((await fetch('http://portal/tokens', { method: 'POST' })).status, 401);

  const body = JSON.stringify({ tokens: 200, clients: 8, revokers: 8 });
  const response = await workerd.dispatchFetch('http://load/', { method: 'POST', body });
  assert.equal(response.status, 200, await response.clone().text());
  const { stale, statuses, milliseconds } = await response.json();
  const rate = Math.round(200_000 / milliseconds);
  context.diagnostic(`200 revocations, ${rate} a second, beside requests: ${JSON.stringify(statuses)}`);
  assert.deepEqual(stale, []);
  assert.deepEqual(Object.keys(statuses), ['200', '401'], 'both answers, and no other');
});
