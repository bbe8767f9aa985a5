/**
 * The benchmarks still measure what they claim: each of our contestants gives the right answers.
 * Nothing is timed, and no peer is needed.
 */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTokens } from 'leastkey';
import { sqliteStore } from 'leastkey/stores/sqlite';
import * as byHand from '../../benches/contestants/by-hand.mjs';
import * as edge from '../../benches/contestants/edge.mjs';
import * as leastkey from '../../benches/contestants/leastkey.mjs';
import { bitset, set } from '../../benches/contestants/permission.mjs';
import * as personal from '../../benches/contestants/personal.mjs';
import * as restricted from '../../benches/contestants/restricted.mjs';
import * as webCrypto from '../../benches/contestants/web-crypto.mjs';
import { modules } from '../../benches/modules.mjs';
import { ofCatalog } from '../../benches/parts/catalog.mjs';
import { contest } from '../../benches/parts/contention.mjs';
import { ofTokens } from '../../benches/parts/growth.mjs';
import { measureOn as millionOn } from '../../benches/parts/stored-million.mjs';
import { measureOn as operationsOn } from '../../benches/parts/stores.mjs';
import { seeRight } from '../../benches/race/right.mjs';
import { required } from '../../benches/scenario.mjs';
import { guardOf, ROUTE } from '../../benches/servers/guards.mjs';
import { application } from '../../benches/servers/hono.mjs';
import { sha256Block } from '../../benches/sha256-block.mjs';
import * as start from '../../benches/starts/leastkey.mjs';
import { bigStore } from '../../benches/store.mjs';
import { storedTokens } from '../../benches/stored-tokens.mjs';
import { databaseOf } from '../../benches/stores/servers.mjs';

/** The exports of a module that make contestants. */
const contestantsOf = (module, others) =>
  Object.entries(module).filter(([name, value]) => typeof value === 'function' && !others.includes(name));

test('each module of parts is one that can be measured', async () => {
  const files = readdirSync(new URL('../../benches/parts/', import.meta.url));
  assert.deepEqual(files.map((file) => file.replace('.mjs', '')).sort(), Object.keys(modules).sort());
});

describe('the contestants of the benches', () => {
  const all = Object.entries({
    'by hand': contestantsOf(byHand, ['isRight']),
    WebCrypto: contestantsOf(webCrypto, []),
    permission: Object.entries({ bitset, set }),
    leastkey: contestantsOf(leastkey, ['catalogOf', 'createToken', 'deployed', 'isRight', 'ownerOf']),
    'leastkey/edge': contestantsOf(edge, []),
    personal: contestantsOf(personal, []),
    restricted: contestantsOf(restricted, []),
  });
  for (const [group, contestants] of all) {
    for (const [name, contestant] of contestants) {
      test(`${group}: ${name} answers rightly`, async () => {
        await seeRight(await contestant({ count: 20 }), 40);
      });
    }
  }

  test('a wrong answer is detected', async () => {
    const wrong = { call: () => 'no', isRight: (answer) => answer === 'yes' };
    await assert.rejects(seeRight(wrong, 1), /"no"/);
  });
});

test('the store of the benches keeps order and expectations', () => {
  const store = bigStore();
  const write = (key, value, expect) => store.commit([{ key, value, expect }]);
  for (const key of ['b/2', 'a/1', 'b/1', 'c', 'b/3']) assert.equal(write(key, key, null), true);
  const found = (range) => store.list(range).map(({ key }) => key);
  assert.deepEqual(found({ prefix: 'b/', limit: 2 }), ['b/1', 'b/2']);
  assert.deepEqual(found({ prefix: 'b/', after: 'b/2', limit: 2 }), ['b/3']);
  assert.equal(write('b/1', 'new', null), false);
  assert.equal(write('b/1', null, 'b/1'), true);
  assert.deepEqual(found({ prefix: 'b/', limit: 9 }), ['b/2', 'b/3']);
  assert.deepEqual(store.get(['a/1', 'b/1']), ['a/1', null]);
});

describe('other measurements', () => {
  test('a start reaches a verdict', async () => {
    assert.equal(await start.first(await start.prepare(), required), true);
  });

  test('a file of stored tokens has each of them', async () => {
    const { file, credentialsFile, remove } = await storedTokens(30);
    try {
      const store = sqliteStore({ path: file });
      const { prefix, catalog, isRight } = leastkey;
      const tokens = await createTokens({ catalog, store, prefix });
      const credentials = readFileSync(credentialsFile, 'latin1').split('\n');
      assert.equal(new Set(credentials).size, 30);
      for (const credential of credentials) assert.ok(isRight(await tokens.verify(credential, required)));
      store.close();
    } finally {
      remove();
    }
  });

  test('growth with the catalog', async () => {
    for (const call of Object.values(await ofCatalog(100))) await call();
  });

  test('a block of SHA-256 in WebAssembly', () => {
    const { digest } = sha256Block();
    for (const text of ['', 'abc', 'x'.repeat(55)])
      assert.equal(digest(Buffer.from(text)), createHash('sha256').update(text).digest('hex'));
  });

  test('growth with the tokens', async () => {
    const grow = ofTokens();
    for (const size of [10, 250]) for (const call of Object.values(await grow(size))) await call();
  });
});

describe('the guards of the measured servers', () => {
  for (const name of ['byHand', 'leastkey']) {
    test(`${name} admits its credentials, and no others`, async () => {
      const guard = await guardOf(name, 3);
      const app = application(guard);
      const statusOf = async (headers) => (await app.request(ROUTE, { headers })).status;
      for (const credential of guard.credentials)
        assert.equal(await statusOf({ authorization: `Bearer ${credential}` }), 200);
      assert.equal(await statusOf({ authorization: `Bearer ${guard.credentials[0]}0` }), 401);
      assert.equal(await statusOf({}), 401);
    });
  }

  test('none admits everybody', async () => {
    assert.equal((await application(await guardOf('none', 3)).request(ROUTE)).status, 200);
  });
});

describe('the marks of the tables', () => {
  for (const path of ['README.md', 'docs/benchmarks.md']) {
    test(`are in ${path}`, () => {
      const text = readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
      assert.match(text, /<!-- benches: [^>]*-->[\s\S]*<!-- end of benches -->/);
    });
  }
});

describe('the benches of stores', () => {
  test('measure each operation with its calls of the store', async () => {
    const samples = [];
    const keep = (name, clients, sample) => samples.push({ name, clients, ...sample });
    await operationsOn(databaseOf('memory'), { keep, turn: 20, clients: [1, 2] });
    const names = [...new Set(samples.map(({ name }) => name))];
    assert.deepEqual(names, [
      'create',
      'verify, freshness 0',
      'list, a page of 50',
      'edit',
      'exchange',
      'rotate',
      'revoke',
    ]);
    for (const name of names) {
      const own = samples.filter((sample) => sample.name === name);
      assert.equal(own.filter(({ counts }) => counts?.gets > 0).length, 1, name);
      const loads = own.filter(({ times }) => times !== undefined);
      assert.deepEqual(
        loads.map(({ clients }) => clients),
        [1, 2],
      );
      assert.ok(
        loads.every(({ times, perSecond }) => times.length > 0 && perSecond > 0),
        name,
      );
    }
  });

  test('let processes compete for one owner', async () => {
    const { url, stop } = await databaseOf('SQLite').start();
    try {
      sqliteStore({ path: url.slice('sqlite:'.length) }).close();
      const { perSecond, commits, cpu } = await contest(url, 2, { clients: 2, turn: 100, warmUp: 50 });
      assert.ok(perSecond > 0 && commits >= 1 && cpu > 0);
    } finally {
      stop();
    }
  });

  test('compare a large file with a small one', async () => {
    const rows = await millionOn('SQLite', () => {}, { few: 200, many: 400, turns: 2, effort: 0.1 });
    assert.equal(rows.length, 5);
    for (const { median, note } of rows) assert.ok(median > 0, note);
  });
});
