/** The examples of examples/guard, as a user runs them. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { request as send } from 'node:http';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { skipped } from './hosts/suite-in.mjs';

const example = (path) => fileURLToPath(new URL(`../../examples/guard/${path}`, import.meta.url));
const program = (name) => fileURLToPath(new URL(`node_modules/.bin/${name}`, import.meta.url));

const started = [];
after(() => {
  for (const child of started) child.kill();
});

/** Starts an example on a free port, and reads its address from its output. */
async function start(command, args) {
  const child = spawn(command, [...args, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
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
  'node:http': ['node', process.execPath, [example('node.mjs')]],
  Express: ['node', process.execPath, [example('express.mjs')]],
  Hono: ['node', process.execPath, [example('hono.mjs')]],
  'Deno.serve': ['deno', program('deno'), ['run', '--allow-net', example('deno.mjs')]],
  'Bun.serve': ['bun', program('bun'), [example('bun.mjs')]],
};

/** Requests of a client, and their responses. */
const EXCHANGES = [
  { method: 'POST', path: '/messages', bearer: true, status: 200, body: 'sent by Demo' },
  { method: 'POST', path: '/messages', status: 401, challenge: 'Bearer realm="acme"' },
  {
    method: 'GET',
    path: '/messages',
    bearer: true,
    status: 403,
    challenge: 'Bearer realm="acme", error="insufficient_scope", scope="messages:export"',
  },
  { method: 'GET', path: '/nowhere', bearer: true, status: 403 },
];

describe('an example of a server', () => {
  for (const [title, [runtime, command, args]] of Object.entries(SERVERS)) {
    test(title, { skip: skipped(runtime) }, async () => {
      const { origin, token } = await start(command, args);
      for (const { method, path, bearer, status, challenge = null, body } of EXCHANGES) {
        const headers = bearer ? { authorization: `Bearer ${token}` } : {};
        const response = await fetch(origin + path, { method, headers });
        assert.equal(response.status, status, `${method} ${path}`);
        if (status !== 403 || challenge !== null)
          assert.equal(response.headers.get('www-authenticate'), challenge);
        const text = await response.text();
        if (body !== undefined) assert.equal(text, body);
        else assert.equal(JSON.parse(text).status, status);
      }
    });
  }

  for (const title of ['node:http', 'Express']) {
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

  test('a route handler of Next.js', async () => {
    const { GET, POST } = await import('../../examples/guard/nextjs/app/messages/route.mjs');
    const { tokens } = await import('../../examples/guard/deployment.mjs');
    const admin = { id: 'user:demo', roles: { 'org:acme': 'admin' } };
    const input = { kind: 'permission-set', name: 'Next', owner: 'org:acme', templates: ['sender'] };
    const { token } = await tokens.create(input, admin);
    const asked = (method, headers) => new Request('http://127.0.0.1/messages', { method, headers });
    const bearer = { authorization: `Bearer ${token}` };
    const passed = await POST(asked('POST', bearer));
    assert.deepEqual([passed.status, await passed.text()], [200, 'sent by Next']);
    assert.equal((await POST(asked('POST', {}))).status, 401);
    assert.equal((await GET(asked('GET', bearer))).status, 403);
  });
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
