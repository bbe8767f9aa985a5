/**
 * One of two processes on one SQLite file: creates tokens, revokes every other one and all that
 * both processes share, verifies each before and after, and prints what it made. It fails at the
 * first wrong verdict.
 */

import assert from 'node:assert/strict';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { admin, createToken, deployment } from './deployment.js';

const [path = '', name = '', made = '', shared = ''] = process.argv.slice(2);
const store = sqliteStore({ path, busyTimeout: '30s' });
const tokens = await deployment({ store, deadline: '120s' });
let calls = 0;

async function isAccepted(token: string): Promise<boolean> {
  calls += 1;
  return (await tokens.verify(token, 'messages:send')).valid;
}

async function revoke(id: string, token: string): Promise<void> {
  calls += 1;
  assert.equal((await tokens.revoke(id, { reason: name }, admin)).status, 'revoked');
  assert.equal(await isAccepted(token), false, 'a revoked token was accepted');
}

async function own(index: number) {
  calls += 1;
  const { token, id } = await createToken(tokens, { name: `${name} ${index}` });
  assert.equal(await isAccepted(token), true, 'a new token was refused');
  const revoked = index % 2 === 0;
  if (revoked) await revoke(id, token);
  return { token, revoked };
}

const common: { id: string; token: string }[] = JSON.parse(shared);
const results = await Promise.all([
  ...Array.from({ length: Number(made) }, (_, index) => own(index)),
  ...common.map(({ id, token }) => revoke(id, token).then(() => ({ token, revoked: true }))),
]);
store.close();
console.log(JSON.stringify({ calls, results }));
