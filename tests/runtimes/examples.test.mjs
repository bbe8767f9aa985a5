/** The examples of examples/guard, as a user runs them. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { request as send } from 'node:http';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { expectExchanges, PORTAL_KEY } from '../examples/exchanges.mjs';
import { skipped } from './hosts/suite-in.mjs';

const example = (path) => fileURLToPath(new URL(`../../examples/guard/${path}`, import.meta.url));
const program = (name) => fileURLToPath(new URL(`node_modules/.bin/${name}`, import.meta.url));

const started = [];
after(() => {
  for (const child of started) child.kill();
});

/** Starts an example on a free port, and reads its address from its output. */
async function start(command, args) {
  const env = { ...process.env, PORTAL_KEY };
  const child = spawn(command, [...args, '0'], { stdio: ['ignore', 'pipe', 'inherit'], env });
  started.push(child);
  let text = '';
  for await (const part of child.stdout.setEncoding('utf8')) {
    text += part;
    const [, origin] = /-X POST (http:\S+)\/messages +# 401/.exec(text) ?? [];
    const [, token] = /Bearer (\w+)/.exec(text) ?? [];
    if (origin !== undefined) return { origin, token };
  }
  throw new Error(`it ended without an introduction:\n${text}`);
}

const SERVERS = {
  'node:http': ['node', process.execPath, [example('node/server.mjs')]],
  Express: ['node', process.execPath, [example('express/server.mjs')]],
  Fastify: ['node', process.execPath, [example('fastify/server.mjs')]],
  Koa: ['node', process.execPath, [example('koa/server.mjs')]],
  Hono: ['node', process.execPath, [example('hono/server.mjs')]],
  'Deno.serve': ['deno', program('deno'), ['run', '--allow-net', '--allow-env', example('deno/server.mjs')]],
  'Bun.serve': ['bun', program('bun'), [example('bun/server.mjs')]],
};

describe('an example of a server', () => {
  for (const [title, [runtime, command, args]] of Object.entries(SERVERS)) {
    test(title, { skip: skipped(runtime) }, async () => {
      const { origin, token } = await start(command, args);
      await expectExchanges((path, init) => fetch(origin + path, init));
      const nowhere = await fetch(`${origin}/nowhere`, { headers: { authorization: `Bearer ${token}` } });
      assert.deepEqual([nowhere.status, (await nowhere.json()).status], [403, 403]);
    });
  }

  for (const title of ['node:http', 'Express', 'Fastify', 'Koa']) {
    test(`${title}: requests that node:http would hide or normalize are seen`, async () => {
      const [, command, args] = SERVERS[title];
      const { origin, token } = await start(command, args);
      const bearer = `Bearer ${token}`;
      assert.equal(await statusOf(origin, '/messages', { Authorization: bearer }), 200);
      assert.equal(await statusOf(origin, '/messages', { Authorization: [bearer, bearer] }), 400);
      for (const path of [
        '/x/../messages',
        '//messages',
        '/./messages',
        '/messages/',
        '/%6Dessages',
        '/messages\\',
      ]) {
        assert.equal(await statusOf(origin, path, { Authorization: bearer }), 403, path);
      }
    });
  }
});

/** The status of a POST whose path and headers are sent unchanged; `fetch` would normalize them. */
function statusOf(origin, path, headers) {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const outgoing = send({ hostname, port, path, method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    outgoing.once('error', reject).end();
  });
}
