/**
 * The workers of examples/guard/cloudflare: after one revokes a token, the other admits no request
 * that starts later.
 */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';
import { skipped } from './hosts/suite-in.mjs';
import { workerOptions } from './hosts/workerd.mjs';

const inHere = (path) => fileURLToPath(new URL(path, import.meta.url));
const example = (name) => inHere(`../../examples/guard/cloudflare/${name}`);

let workerd;
after(() => workerd?.dispose());

test('no stale accept at freshness 0, under load', {
  skip: skipped('workerd'),
  timeout: 120_000,
}, async (context) => {
  const [load, api, portal] = await Promise.all(
    [inHere('entries/load.mjs'), example('api.mjs'), example('portal.mjs')].map((file) =>
      workerOptions(file),
    ),
  );
  workerd = new Miniflare({
    workers: [
      { ...load, name: 'load', serviceBindings: { API: 'api', PORTAL: 'portal' } },
      {
        ...api,
        name: 'api',
        durableObjects: { TOKENS: { className: 'TokenStore', scriptName: 'portal' } },
      },
      {
        ...portal,
        name: 'portal',
        bindings: { PORTAL_KEY: 'open sesame' },
        durableObjects: { TOKENS: { className: 'TokenStore', useSQLite: true } },
      },
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
