/**
 * In workerd no code of a request runs after its client has reset the connection. Other requests
 * must not wait for it.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, describe, test } from 'node:test';
import { Miniflare } from 'miniflare';
import { workerOptions } from './hosts/workerd.mjs';

const worker = await workerOptions(new URL('entries/cut-worker.mjs', import.meta.url).pathname);
const workerd = new Miniflare({
  ...worker,
  durableObjects: { TOKENS: { className: 'TokenStore', useSQLite: true } },
});
after(() => workerd.dispose());
const { hostname, port } = await workerd.ready;

const ask = async (path) => (await workerd.dispatchFetch(`http://worker/${path}`)).json();

/** Sends a request and returns a function that resets its connection. */
async function begin(path) {
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.on('error', () => {});
  socket.write(`GET /${path} HTTP/1.1\r\nHost: worker\r\n\r\n`);
  return () => socket.resetAndDestroy();
}

describe('after a client has reset its connection', () => {
  const answers = { revoke: 'revoked', edit: ['next'], use: 'valid', exchange: 'active', flush: true };
  for (const [work, answer] of Object.entries(answers)) {
    for (const method of ['get', 'commit']) {
      test(`in the middle of ${work}, during its ${method}, the next ${work} is done in time`, async () => {
        await ask(`make/${work}-${method}`);
        await ask(`hold/${method}`);
        const reset = await begin(`do/cut-${work}-${method}?work=${work}&index=0`);
        await ask('arrived');
        reset();
        const next = ask(`do/next?work=${work}&index=1`);
        await ask('go');
        assert.deepEqual(await next, { answer });
        assert.equal((await ask('ended')).includes(`cut-${work}-${method}`), false, 'it was cut off');
      });
    }
  }
});
