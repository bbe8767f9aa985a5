/** `check` of createTokens: when the manage module is compiled and the whole catalog checked. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTokens, LeastkeyError, type Store, type Tokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment, input, PREFIX } from '../support/deployment.js';

/** How many modules this process has compiled. */
let compiled = 0;

WebAssembly.Module = class extends WebAssembly.Module {
  constructor(bytes: BufferSource) {
    super(bytes);
    compiled += 1;
  }
};

/** A catalog whose permissions and routes are right: the verify module reads no templates. */
const wrongTemplate = {
  ...catalog,
  templates: { ...catalog.templates, broken: { title: 'Broken', permissions: ['messages:sned'] } },
};

const problem = {
  code: 'invalid_input',
  path: '$.templates.broken.permissions[0]',
  message: /^\$\.templates\.broken\.permissions\[0\]: .*did you mean "messages:send"\?/,
};

const start = (check: 'start' | 'first' | undefined, of: unknown, store: Store = memoryStore()) =>
  createTokens({ catalog: of as never, store, prefix: PREFIX, check } as never) as Promise<Tokens>;

describe("check: 'first'", () => {
  test('compiles the verify module to verify, and the other one in the first management call', async () => {
    const tokens = await start('first', catalog);
    assert.equal((await tokens.verify(`${PREFIX}_2${'0'.repeat(52)}`)).code, 'bad_checksum');
    assert.equal(tokens.match('GET', '/nowhere'), null);
    assert.ok(tokens.mint().token.startsWith(PREFIX));
    assert.equal(compiled, 1);
    assert.ok(tokens.resolve({ add: ['messages:send'] }).permissions.length > 0, 'a synchronous call');
    assert.equal(compiled, 2);
    const other = await start(undefined, catalog);
    assert.equal((await createToken(other)).token.startsWith(PREFIX), true);
    assert.equal(compiled, 2, 'each is compiled once');
  });

  const calls: Record<string, (tokens: Tokens) => unknown> = {
    pattern: (tokens) => tokens.pattern(),
    resolve: (tokens) => tokens.resolve({ add: ['messages:send'] }),
    expand: (tokens) => tokens.expand('messages:*'),
    suggest: (tokens) => tokens.suggest(['messages:send']),
    create: (tokens) => tokens.create(input(), admin),
    list: (tokens) => tokens.list({ owner: 'org:acme' }, admin),
    explain: (tokens) => tokens.explain(`${PREFIX}_2${'0'.repeat(52)}`),
    exchange: (tokens) => tokens.exchange(`${PREFIX}_2${'0'.repeat(52)}`, {}),
    accounts: (tokens) => tokens.accounts.get('org:acme', admin),
  };
  for (const [name, call] of Object.entries(calls)) {
    test(`throws each problem of the catalog in the first ${name}, and verifies on`, async () => {
      const store = memoryStore();
      const { token } = await createToken(await deployment({ store }));
      const tokens = await start('first', wrongTemplate, store);
      for (let turn = 0; turn < 2; turn++) {
        assert.equal((await tokens.verify(token, 'messages:send')).code, 'valid');
        await assert.rejects(async () => call(tokens), problem);
      }
    });
  }

  test('refuses at once what the verify module cannot read, in the same words', async () => {
    const wrong = [
      { services: { messages: { title: 'Messages', permissions: { 'no id': 'X' } } } },
      {},
      { ...catalog, services: 7, templates: { broken: 7 } },
    ];
    for (const of of wrong) {
      const refusals = await Promise.all(
        (['start', 'first'] as const).map((check) => start(check, of).catch((error: unknown) => error)),
      );
      const [one, other] = refusals as [LeastkeyError, LeastkeyError];
      assert.ok(one instanceof LeastkeyError && other instanceof LeastkeyError);
      assert.deepEqual([other.code, other.message, other.path], [one.code, one.message, one.path]);
      assert.ok((one.problems?.length ?? 0) > 0);
    }
  });

  test('says what is wrong with a requirement', async () => {
    const tokens = await start('first', catalog);
    const { token } = await createToken(tokens);
    await assert.rejects(tokens.verify(token, 'messages:sned' as never), {
      code: 'invalid_input',
      path: 'requirement',
      message: /did you mean "messages:send"\?/,
    });
  });

  test('says it of a requirement as well as it can with a catalog that is wrong', async () => {
    const store = memoryStore();
    const { token } = await createToken(await deployment({ store }));
    const tokens = await start('first', wrongTemplate, store);
    await assert.rejects(tokens.verify(token, 'messages:sned' as never), problem);
  });
});

describe("check: 'start'", () => {
  test('is the default in Node, and throws each problem of the catalog', async () => {
    for (const check of ['start', undefined] as const)
      await assert.rejects(start(check, wrongTemplate), problem);
  });
});

test('no other check', async () => {
  await assert.rejects(start('later' as never, catalog), {
    code: 'invalid_input',
    path: 'check',
    message: /"start" or "first"/,
  });
});
