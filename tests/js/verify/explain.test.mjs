/**
 * `explain`: why a credential is refused, for operators; and the part of it that a client may see.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { createTokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { permissionsOf } from '../support/naive-permissions.mjs';
import { Random, seed } from '../support/random.mjs';
import { randomCatalog, randomRequirement } from '../support/random-model.mjs';

const HOUR = 3_600_000;
const catalog = {
  services: {
    messages: { title: 'Messages', permissions: { send: 'Send', read: 'Read', export: 'Export' } },
    branch: { title: 'Branch', permissions: { run: 'Run' } },
  },
  templates: {
    sender: { title: 'Sender', permissions: ['messages:send'] },
    messages: { title: 'Messages', permissions: ['messages:*'] },
    all: { title: 'All', permissions: ['**'] },
  },
};
const root = { id: 'root', roles: { '': 'admin' } };

/** A deployment with a clock and a store that the test controls, and one token of each sort. */
async function deployment() {
  const clock = { now: Date.UTC(2026, 10, 23) };
  const inner = memoryStore({ now: () => clock.now });
  const down = { down: false };
  const store = {
    get: (keys) => {
      if (down.down) throw new Error('out of reach');
      return inner.get(keys);
    },
    list: (range) => inner.list(range),
    commit: (writes) => inner.commit(writes),
  };
  const tokens = await createTokens({ catalog, store, prefix: 'acme_test', now: () => clock.now });
  const make = async (name, more = {}) => {
    const input = { kind: 'permission-set', name, owner: 'org:acme', templates: ['sender'], ...more };
    const { token, record } = await tokens.create(input, root);
    return { token, id: record.id };
  };
  return { tokens, make, clock, down, inner };
}

/** A credential of the same token with another secret and a valid checksum. */
function withOtherSecret(token) {
  const body = token.slice('acme_test_'.length, -6);
  const forged = `${body.slice(0, -1)}${body.endsWith('A') ? 'B' : 'A'}`;
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  let [checksum, rest] = ['', crc32(forged)];
  for (let place = 0; place < 6; place += 1) {
    checksum = digits[rest % 62] + checksum;
    rest = Math.floor(rest / 62);
  }
  return `acme_test_${forged}${checksum}`;
}

const INVALID = { status: 401, challenge: 'Bearer error="invalid_token"', error: 'invalid_token' };
const UNREADABLE = { status: 400, challenge: 'Bearer error="invalid_request"', error: 'invalid_request' };

/** For each code: how to cause it, and the response that a client sees. */
const table = {
  valid: { of: ({ make }) => make('T').then(({ token }) => token), wire: { status: 200 } },
  missing: { of: () => undefined, wire: { status: 401, challenge: 'Bearer' } },
  'missing: another scheme': { of: () => bearer('Basic dTpw'), wire: { status: 401, challenge: 'Bearer' } },
  'malformed: the header': { of: () => bearer('Bearer'), wire: UNREADABLE },
  'malformed: the credential': { of: () => bearer('Bearer nonsense'), wire: INVALID },
  'malformed: far too long': { of: () => 'x'.repeat(100_000), wire: INVALID },
  ambiguous_credentials: { of: () => bearer('Bearer a, Bearer b'), wire: UNREADABLE },
  bad_checksum: {
    of: ({ make }) => make('T').then(({ token }) => `${token.slice(0, -1)}${token.endsWith('0') ? 1 : 0}`),
    wire: INVALID,
  },
  unknown: {
    of: async ({ make, tokens }) => {
      const { token, id } = await make('T');
      await tokens.delete(id, root);
      return token;
    },
    wire: INVALID,
  },
  bad_secret: { of: ({ make }) => make('T').then(({ token }) => withOtherSecret(token)), wire: INVALID },
  disabled: {
    of: async ({ make, tokens }) => {
      const { token, id } = await make('T');
      await tokens.disable(id, root);
      return token;
    },
    wire: INVALID,
  },
  revoked: {
    of: async ({ make, tokens }) => {
      const { token, id } = await make('T');
      await tokens.revoke(id, {}, root);
      return token;
    },
    wire: INVALID,
  },
  expired: {
    of: async ({ make, clock }) => {
      const { token } = await make('T', { expiresIn: `${HOUR}ms` });
      clock.now += HOUR;
      return token;
    },
    wire: INVALID,
  },
  not_yet_valid: {
    of: ({ make, clock }) => make('T', { notBefore: clock.now + HOUR }).then(({ token }) => token),
    wire: INVALID,
  },
  insufficient_permission: {
    of: ({ make }) => make('T', { templates: [], add: ['branch:run'] }).then(({ token }) => token),
    wire: {
      status: 403,
      challenge: 'Bearer error="insufficient_scope", scope="messages:send"',
      error: 'insufficient_scope',
      scope: 'messages:send',
    },
  },
  outside_resource: {
    of: ({ make }) => make('T', { resource: 'org:acme/group:eng' }).then(({ token }) => token),
    wire: {
      status: 403,
      challenge: 'Bearer error="insufficient_scope", scope="messages:send"',
      error: 'insufficient_scope',
      scope: 'messages:send',
    },
  },
  store_unavailable: {
    of: async ({ make, down }) => {
      const { token } = await make('T');
      down.down = true;
      return token;
    },
    wire: { status: 503 },
  },
  'store_unavailable: a damaged record': {
    of: async ({ make, inner }) => {
      const { token } = await make('T');
      const [entry] = await inner.list({ prefix: 'token/', limit: 1 });
      await inner.commit([{ key: entry.key, value: '{}' }]);
      return token;
    },
    wire: { status: 503 },
  },
};

const bearer = (authorization) => new Headers({ authorization });

describe('explain', () => {
  for (const [title, { of, wire }] of Object.entries(table)) {
    test(`${title}: the verdict of verify, and the response`, async () => {
      const made = await deployment();
      const credential = await of(made);
      const requirement = { permission: 'messages:send', resource: 'org:acme' };
      const verdict = await made.tokens.verify(credential, requirement);
      const {
        wire: response,
        add,
        templates,
        wrong,
        hint,
        ...explained
      } = await made.tokens.explain(credential, requirement);
      assert.equal(verdict.code, title.split(':')[0]);
      assert.deepEqual(explained, verdict);
      assert.deepEqual(response, wire);
      assert.equal(add !== undefined, verdict.code === 'insufficient_permission');
      assert.equal(templates !== undefined, verdict.code === 'insufficient_permission');
      const isText = wire !== UNREADABLE && ['malformed', 'bad_checksum'].includes(verdict.code);
      assert.equal(wrong !== undefined, isText);
      assert.equal(hint !== undefined, isText);
    });
  }

  test('names the wrong part of a malformed credential, and repeats nothing of it', async () => {
    const { tokens, make } = await deployment();
    const { token } = await make('T');
    const start = 'acme_test_2';
    const body = token.slice(start.length);
    for (const [text, wrong] of [
      ['nonsense', 'prefix'],
      [`acme_live_2${body}`, 'prefix'],
      [` ${token}`, 'prefix'],
      ['x'.repeat(100_000), 'prefix'],
      [start, 'length'],
      [`${token}0`, 'length'],
      [token.slice(0, -1), 'length'],
      [`${start}${'0'.repeat(100_000)}`, 'length'],
      [`${token.slice(0, -1)}-`, 'alphabet'],
      [`${token.slice(0, -1)}é`, 'alphabet'],
      [`${token.slice(0, -1)}\n`, 'alphabet'],
      [`acme_test_1${body}`, 'version'],
      [`${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`, 'checksum'],
    ]) {
      const answer = await tokens.explain(text, 'messages:send');
      assert.equal(answer.wrong, wrong, text.slice(0, 80));
      assert.equal(answer.code, wrong === 'checksum' ? 'bad_checksum' : 'malformed');
      assert.equal(JSON.stringify(answer).includes(body.slice(0, 30)), false);
    }
  });

  test('every malformed credential gets the same response, byte for byte', async () => {
    const seen = new Set();
    for (const { of, wire } of Object.values(table)) {
      if (wire !== INVALID) continue;
      const made = await deployment();
      const { wire: response } = await made.tokens.explain(await of(made), [
        'messages:send',
        'messages:read',
      ]);
      seen.add(JSON.stringify(response));
    }
    assert.equal(seen.size, 1);
  });

  test('the scope of the challenge is the requirement, whatever the token has', async () => {
    const { tokens, make } = await deployment();
    const requirement = ['messages:send', 'messages:read'];
    for (const add of [['branch:run'], ['messages:send'], ['messages:read']]) {
      const { token } = await make(add[0], { templates: [], add });
      const { wire } = await tokens.explain(token, requirement);
      assert.equal(wire.scope, 'messages:read messages:send');
    }
  });

  test('names the missing permissions, the fewest that would do, and templates that would, least excess first', async () => {
    const { tokens, make } = await deployment();
    const { token } = await make('T', { templates: [], add: ['branch:run'] });
    const { missing, add, templates } = await tokens.explain(
      token,
      'branch:run AND (messages:send OR (messages:read AND messages:export))',
    );
    assert.deepEqual(missing, ['messages:export', 'messages:read', 'messages:send']);
    assert.deepEqual(add, ['messages:send']);
    assert.deepEqual(templates, [
      { id: 'sender', excess: [] },
      { id: 'messages', excess: ['messages:export', 'messages:read'] },
      { id: 'all', excess: ['messages:export', 'messages:read'] },
    ]);
  });

  test('its suggestions satisfy the requirement, and smaller ones do not', async () => {
    const random = new Random(seed);
    for (let made = 0; made < 60; made += 1) {
      const model = randomCatalog(random);
      const ids = [...permissionsOf(model).keys()];
      const tokens = await createTokens({ catalog: model, store: memoryStore(), prefix: 'test' });
      const holding = async (add, templates = []) => {
        const input = { kind: 'permission-set', name: 'T', owner: 'org:a', resource: '', add, templates };
        return (await tokens.create(input, root)).token;
      };
      const held = [random.pick(ids)];
      const token = await holding(held);
      for (let asked = 0; asked < 20; asked += 1) {
        const requirement = randomRequirement(random, ids);
        const { code, add = [], templates = [] } = await tokens.explain(token, requirement);
        if (code !== 'insufficient_permission') continue;
        const about = `seed ${seed}: ${JSON.stringify({ model, held, requirement, add, templates })}`;
        assert.equal((await tokens.verify(await holding([...held, ...add]), requirement)).valid, true, about);
        for (const { id } of templates) {
          assert.equal((await tokens.verify(await holding(held, [id]), requirement)).valid, true, about);
        }
      }
    }
  });

  test('a requirement that cannot be read is an error of the program', async () => {
    const { tokens, make } = await deployment();
    const { token } = await make('T');
    for (const wrong of ['messages:snd', [], '', { permission: 'messages:*' }, 7, null]) {
      await assert.rejects(tokens.explain(token, wrong), { code: 'invalid_input' });
    }
    await assert.rejects(tokens.explain({}, 'messages:send'), { code: 'invalid_input' });
  });
});
