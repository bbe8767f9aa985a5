/** Two copies of the package in one process, as in a workspace with two versions. */

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const installed = dirname(fileURLToPath(import.meta.resolve('leastkey/package.json')));
const folder = mkdtempSync(join(tmpdir(), 'leastkey-copies-'));
after(() => rmSync(folder, { recursive: true, force: true }));

cpSync(installed, join(folder, 'node_modules/leastkey'), { recursive: true });
for (const name of ['hono', 'commander'])
  cpSync(join(installed, '..', name), join(folder, 'node_modules', name), { recursive: true });

const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));

/** An entry of the installed package, and the same of the copy. */
const bothOf = (entry) =>
  Promise.all(
    [installed, join(folder, 'node_modules/leastkey')].map(
      (copy) => import(pathToFileURL(join(copy, exports[entry].default)).href),
    ),
  );

const [main, edge, http, memory, imported] = await Promise.all(
  ['.', './edge', './http', './stores/memory', './import'].map(bothOf),
);

const catalog = {
  services: {
    messages: { title: 'Messages', permissions: { send: { title: 'Send', routes: ['POST /messages'] } } },
  },
};
const admin = { id: 'user:ada', roles: { 'org:acme': 'admin' } };
const input = { kind: 'permission-set', name: 'T', owner: 'org:acme', add: ['messages:send'] };

const thrownBy = async (run) => {
  try {
    await run();
  } catch (error) {
    return error;
  }
  throw new Error('it did not throw');
};

describe('an error of any entry of one copy is an error of the other', () => {
  const causes = {
    '.': (at) => main[at].createTokens({}),
    './edge': (at) => edge[at].createVerifier({}),
    './http': (at) => http[at].handler(undefined, {}),
    './stores/memory': (at) => memory[at].memoryStore().get('k'),
    './import': (at) => imported[at].fromBetterAuth(undefined, { no: 1 }),
  };
  for (const [entry, cause] of Object.entries(causes))
    test(entry, async () => {
      for (const at of [0, 1]) {
        const error = await thrownBy(() => cause(at));
        for (const { LeastkeyError } of [...main, ...edge])
          assert.ok(error instanceof LeastkeyError, `copy ${at}: ${error.stack}`);
      }
    });
});

test('tokens of one copy work with the store, guard and handler of the other', async () => {
  const store = memory[1].memoryStore();
  const tokens = await main[0].createTokens({ catalog, store, prefix: 'acme_test' });
  const { token } = await tokens.create(input, admin);
  const guard = edge[1].createGuard(tokens);
  const headers = { authorization: `Bearer ${token}` };
  const request = new Request('https://api.example/messages', { method: 'POST', headers });
  assert.equal((await guard(request)).response, undefined);

  const answer = http[1].handler(tokens, { authenticate: () => admin, credentials: 'bearer' });
  const post = (path, body) =>
    answer(
      new Request(`https://api.example/leastkey/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
  assert.equal((await post('/tokens', { ...input, name: 'U', add: ['messages:sned'] })).status, 400);
  assert.equal((await post('/tokens/0000000000000000/revoke', {})).status, 404);
  assert.equal((await post('/tokens', { ...input, name: 'U' })).status, 201);
});
