/** One permission on a resource: the cached verdict is that of the store, in any order. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Requirement } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, createToken, deployment } from '../support/deployment.js';

const PERMISSIONS = ['messages:send', 'messages:status', 'messages:export', 'branch:read', 'branch:create'];

const RESOURCES = [
  'org:acme',
  'org:acme/group:eng',
  'org:acme/group:eng/device:7',
  'org:acme/group:engine',
  'org:acme/group:lab',
  'org:acme/group:lab/device:7',
  'org:acme2',
  'org:other/group:lab',
  '',
];

/** Tokens whose grants differ by permissions, boundary and narrowings. */
const TOKENS = [
  { templates: ['sender'] },
  { templates: ['sender'], resource: 'org:acme/group:eng' },
  { templates: ['sender', 'branches'], resources: { 'messages:send': ['org:acme/group:lab'] } },
  { add: ['messages:export'], resources: { 'messages:export': ['org:acme/group:eng/device:7'] } },
  { templates: ['branches'], conditions: { ips: ['192.0.2.0/24'] } },
];

const OPTIONS = [undefined, { ip: '192.0.2.7' }, { ip: '198.51.100.7' }, { consume: 1 }];

/** It has no divisor in common with the number of questions. */
const STRIDE = 577;

async function rig() {
  const store = memoryStore();
  const cached = await deployment({ store, freshness: '1h' });
  const fresh = await deployment({ store, freshness: '0s' });
  const credentials: string[] = [];
  for (const [at, changes] of TOKENS.entries())
    credentials.push((await createToken(cached, { name: `token ${at}`, templates: [], ...changes })).token);
  return { cached, fresh, credentials };
}

const plain = <V extends { asOf: number }>({ asOf: _, ...verdict }: V) => verdict;

describe('a permission on a resource', () => {
  test('is decided as without a cache, in any order', async () => {
    const { cached, fresh, credentials } = await rig();
    for (const credential of credentials) await cached.verify(credential);
    const codes = new Set<string>();
    const asked = credentials.flatMap((credential) =>
      PERMISSIONS.flatMap((permission) =>
        RESOURCES.flatMap((resource) =>
          OPTIONS.map((options) => ({ credential, requirement: { permission, resource }, options })),
        ),
      ),
    );
    for (let time = 0; time < 3 * asked.length; time++) {
      // In an order in which neighbours have little in common.
      const one = asked[(time * STRIDE) % asked.length];
      assert.ok(one);
      const { credential, requirement, options } = one;
      const expected = plain(await fresh.verify(credential, requirement, options));
      const where = JSON.stringify({ requirement, options });
      assert.deepEqual(plain(await cached.verify(credential, requirement, options)), expected, where);
      const sync = cached.verifySync(credential, requirement, options);
      assert.deepEqual(sync && plain(sync), expected, where);
      codes.add(expected.code);
      // The same permission without a resource keeps its own decision.
      if (time % 7 === 0)
        assert.deepEqual(
          plain(await cached.verify(credential, requirement.permission, options)),
          plain(await fresh.verify(credential, requirement.permission, options)),
        );
    }
    assert.deepEqual([...codes].sort(), [
      'condition_failed',
      'insufficient_permission',
      'outside_resource',
      'valid',
    ]);
  });

  test('is refused as without a cache where it cannot be read, and leaves nothing behind', async () => {
    const { cached, credentials } = await rig();
    const [credential = ''] = credentials;
    const good = { permission: 'messages:send', resource: 'org:acme' };
    for (let time = 0; time < 2; time++) {
      for (const [resource, message] of [
        ['org:acme//x', /empty segment|segment/],
        ['org:acme/ü', /"ü"|character/],
        [`org:${'x'.repeat(300)}`, /256/],
      ] as const) {
        const wrong: Requirement = { ...good, resource };
        await assert.rejects(cached.verify(credential, wrong), { code: 'invalid_input', message });
        assert.throws(() => cached.verifySync(credential, wrong), { code: 'invalid_input', message });
      }
      await assert.rejects(cached.verify(credential, { ...good, permission: 'messages:sned' }), {
        code: 'invalid_input',
        message: /messages:send/,
      });
      assert.equal((await cached.verify(credential, good)).code, 'valid');
    }
  });

  test('is refused as soon as the token is revoked', async () => {
    const { cached, credentials } = await rig();
    const [credential = ''] = credentials;
    const requirement = { permission: 'messages:send', resource: 'org:acme/group:eng' };
    for (let time = 0; time < 3; time++)
      assert.equal((await cached.verify(credential, requirement)).code, 'valid');
    const { token } = await cached.verify(credential);
    await cached.revoke(token?.id ?? '', {}, admin);
    assert.equal((await cached.verify(credential, requirement)).code, 'revoked');
  });
});
