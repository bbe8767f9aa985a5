import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTokens, type ErrorCode, LeastkeyError, type Tokens, type TokensOptions } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, catalog, createToken, deployment, input, PREFIX, stranger } from './support/deployment.js';
import { trapNext } from './support/glue.js';
import { wrapped } from './support/wrapped.js';

describe('every error code has a cause', () => {
  const cases: Record<ErrorCode, () => Promise<unknown>> = {
    not_found: async () => {
      const tokens = await deployment();
      const { id } = await createToken(tokens);
      return tokens.get(id, stranger);
    },
    forbidden: async () => (await deployment()).create(input(), stranger),
    conflict: async () => {
      const store = wrapped(memoryStore(), { commit: () => false });
      return (await deployment({ store, deadline: 50 })).create(input(), admin);
    },
    name_taken: async () => {
      const tokens = await deployment();
      const ada = { ...admin, roles: { 'user:ada': 'admin' } };
      await tokens.create(input({ kind: 'personal', owner: 'user:ada' }), ada);
      return tokens.create(input({ kind: 'personal', owner: 'user:ada' }), ada);
    },
    exceeds_ceiling: async () =>
      (await deployment()).create(input({ owner: 'user:bob' }), {
        id: 'user:bob',
        permissions: ['branch:read'],
      }),
    invalid_input: async () => (await deployment()).create(input({ name: '' }), admin),
    terminal: async () => {
      const tokens = await deployment();
      const { id } = await createToken(tokens);
      await tokens.revoke(id, {}, admin);
      return tokens.enable(id, admin);
    },
    outcome_unknown: async () => {
      const store = wrapped(memoryStore(), { commit: () => Promise.reject(new Error('connection lost')) });
      return (await deployment({ store, deadline: 50 })).create(input(), admin);
    },
    rng_failed: async () => (await deployment({ entropy: () => {} })).create(input(), admin),
    store_unavailable: async () => {
      const store = wrapped(memoryStore(), { get: () => Promise.reject(new Error('down')) });
      return (await deployment({ store })).create(input(), admin);
    },
    internal: async () => {
      const tokens = await deployment();
      trapNext('plan');
      return tokens.create(input(), admin);
    },
  };

  for (const [code, run] of Object.entries(cases)) {
    test(code, () =>
      assert.rejects(run, (error) => {
        assert.ok(error instanceof LeastkeyError && error instanceof Error);
        assert.equal(error.code, code, error.message);
        assert.equal(error.name, 'LeastkeyError');
        assert.ok(error.message.length > 10, error.message);
        return true;
      }),
    );
  }
});

describe('options of createTokens', () => {
  const right: TokensOptions = { catalog, store: memoryStore(), prefix: PREFIX };
  const cases: [title: string, options: unknown, path: string, message: RegExp][] = [
    [
      'a misspelt one',
      { ...right, prefx: PREFIX },
      'prefx',
      /unknown option "prefx" of createTokens; did you mean "prefix"\?/,
    ],
    ['one in other case', { ...right, Freshness: 0 }, 'Freshness', /did you mean "freshness"\?/],
    ['one like none', { ...right, colour: 'red' }, 'colour', /known are catalog, store, prefix/],
    ['no object', 'x', 'options', /expects an object with catalog/],
    ['nothing', undefined, 'options', /expects an object/],
    ['no store', { ...right, store: undefined }, 'store', /get, list and commit/],
    [
      'a store without commit',
      { ...right, store: { get() {}, list() {} } },
      'store',
      /commit is no function/,
    ],
    ['no catalog', { ...right, catalog: undefined }, 'catalog', /expected an object/],
    ['a catalog that is no JSON', { ...right, catalog: circular() }, 'catalog', /cannot be written as JSON/],
    ['no prefix', { ...right, prefix: undefined }, 'prefix', /prefix/],
    ['an empty prefix', { ...right, prefix: '' }, 'prefix', /prefix/],
    ['a prefix with a space', { ...right, prefix: 'a b' }, 'prefix', /prefix/],
    ['a freshness that cannot be read', { ...right, freshness: '5 apples' }, 'freshness', /"5s"/],
    ['a negative freshness', { ...right, freshness: -1 }, 'freshness', /whole milliseconds/],
    ['a freshness that is NaN', { ...right, freshness: Number.NaN }, 'freshness', /whole milliseconds/],
    [
      'a freshness beyond 2^53',
      { ...right, freshness: '9007199254740992ms' },
      'freshness',
      /whole milliseconds/,
    ],
    ['a clock that is none', { ...right, now: 5 }, 'now', /function/],
    ['entropy that is no function', { ...right, entropy: new Uint8Array(64) }, 'entropy', /function/],
    ['a deadline of 0', { ...right, deadline: 0 }, 'deadline', /from 1 to 600000/],
    ['a deadline that is NaN', { ...right, deadline: Number.NaN }, 'deadline', /from 1 to 600000/],
    ['a deadline that a timer cannot hold', { ...right, deadline: 2 ** 31 }, 'deadline', /from 1 to 600000/],
  ];
  for (const [title, options, path, message] of cases) {
    test(title, () =>
      assert.rejects(createTokens(options as TokensOptions), {
        name: 'LeastkeyError',
        code: 'invalid_input',
        path,
        message,
      }),
    );
  }

  test('freshness is taken in milliseconds and as text', async () => {
    for (const freshness of [0, 5_000, '0s', '500ms', '5s', '2m', '1h']) {
      const tokens = await deployment({ freshness });
      assert.equal(
        (await tokens.verify((await createToken(tokens)).token, undefined, { freshness })).valid,
        true,
      );
    }
  });

  test('an unknown option of verify is told with the nearest right name', async () => {
    const tokens = await deployment();
    await assert.rejects(tokens.verify('x', undefined, { fresness: 0 } as never), {
      code: 'invalid_input',
      message: /unknown option "fresness" of verify; did you mean "freshness"\?/,
    });
    await assert.rejects(tokens.verify('x', undefined, { freshness: 'soon' }), {
      code: 'invalid_input',
      path: 'freshness',
    });
  });
});

describe('a wrong catalog', () => {
  test('lists every problem with its JSON path in one error', async () => {
    const wrong = {
      versoin: '1',
      services: {
        messages: {
          title: 'Messages',
          permissions: { send: { title: 'Send', implies: ['messages:stats'] }, status: 'S' },
        },
        'no spaces': { title: 'X', permissions: { a: 'A' } },
        untitled: { permissions: { a: 'A' } },
      },
      templates: {
        sender: { title: 'Sender', permissions: ['message:*'] },
        loop: { title: 'Loop', extends: ['loop'], permissions: ['messages:send'] },
        other: { title: 'Other', extends: ['sendr'], permissions: ['messages:send'] },
      },
      kinds: { personal: { lifetime: { default: 'soon' } } },
    };
    await assert.rejects(
      createTokens({ catalog: wrong as never, store: memoryStore(), prefix: PREFIX }),
      (error) => {
        assert.ok(error instanceof LeastkeyError);
        assert.equal(error.code, 'invalid_input');
        const paths = error.problems?.map(({ path }) => path) ?? [];
        for (const path of [
          '$.versoin',
          '$.services.messages.permissions.send.implies[0]',
          '$.services["no spaces"]',
          '$.services.untitled.title',
          '$.templates.sender.permissions[0]',
          '$.templates.other.extends[0]',
          '$.kinds.personal.lifetime.default',
        ]) {
          assert.ok(paths.includes(path), `${path} is not among ${paths.join(' ')}`);
          assert.ok(error.message.includes(path), `${path} is not in the message`);
        }
        assert.ok(
          paths.some((path) => path.startsWith('$.templates.loop')),
          'the circle is told',
        );
        return true;
      },
    );
  });
});

describe('arguments', () => {
  const cases: [
    title: string,
    call: (tokens: Tokens) => Promise<unknown>,
    path: string | undefined,
    message: RegExp,
  ][] = [
    ['no input', (tokens) => tokens.create(undefined as never, admin), undefined, /./],
    [
      'a misspelt member',
      (tokens) => tokens.create(input({ templtes: ['sender'] }) as never, admin),
      'templtes',
      /"templates"/,
    ],
    [
      'null where text belongs',
      (tokens) => tokens.create(input({ subject: null }) as never, admin),
      'subject',
      /null/,
    ],
    ['no actor', (tokens) => tokens.create(input(), undefined as never), 'actor', /required/],
    ['an actor without id', (tokens) => tokens.create(input(), {} as never), 'actor.id', /required/],
    [
      'a misspelt member of the actor',
      (tokens) => tokens.create(input(), { id: 'a', role: {} } as never),
      'actor.role',
      /"roles"/,
    ],
    ['no name', (tokens) => tokens.create(input({ name: undefined }) as never, admin), 'name', /required/],
    ['an empty name', (tokens) => tokens.create(input({ name: '' }), admin), 'name', /./],
    ['a name of blanks', (tokens) => tokens.create(input({ name: '   ' }), admin), 'name', /./],
    [
      'a name of 101 characters',
      (tokens) => tokens.create(input({ name: 'n'.repeat(101) }), admin),
      'name',
      /100/,
    ],
    [
      'a name with a control character',
      (tokens) => tokens.create(input({ name: 'a\u0007b' }), admin),
      'name',
      /not allowed/,
    ],
    [
      'a name with a line break',
      (tokens) => tokens.create(input({ name: 'a\nb' }), admin),
      'name',
      /not allowed/,
    ],
    [
      'a name that turns the text round',
      (tokens) => tokens.create(input({ name: 'a\u202Eb' }), admin),
      'name',
      /./,
    ],
    ['no template', (tokens) => tokens.create(input({ templates: [] }), admin), 'templates', /no permission/],
    [
      'no selection at all',
      (tokens) => tokens.create(input({ templates: undefined }) as never, admin),
      'templates',
      /no permission/,
    ],
    [
      'an unknown template',
      (tokens) => tokens.create(input({ templates: ['sendr'] }), admin),
      'templates[0]',
      /sender/,
    ],
    [
      'a pattern that matches nothing',
      (tokens) => tokens.create(input({ add: ['messages:fly'] }), admin),
      'add[0]',
      /./,
    ],
    ['an unknown kind', (tokens) => tokens.create(input({ kind: 'persnal' }), admin), 'kind', /personal/],
    ['an id that is none', (tokens) => tokens.get('x', admin), 'id', /./],
    ['an id that is no text', (tokens) => tokens.get({} as never, admin), 'id', /./],
    ['a limit of 0', (tokens) => tokens.list({ owner: 'org:acme', limit: 0 }, admin), 'limit', /./],
    ['a misspelt query', (tokens) => tokens.list({ ownr: 'org:acme' } as never, admin), 'ownr', /"owner"/],
    [
      'a misspelt option of revoke',
      (tokens) => tokens.revoke('0'.repeat(16), { reson: 'x' } as never, admin),
      'options.reson',
      /"reason"/,
    ],
    [
      'a function',
      (tokens) => tokens.create(input({ subject: () => {} }) as never, admin),
      'subject',
      /function/,
    ],
    [
      'a symbol',
      (tokens) => tokens.create(input({ subject: Symbol('x') }) as never, admin),
      'subject',
      /symbol/,
    ],
    ['a bigint', (tokens) => tokens.create(input({ expiresAt: 1n }) as never, admin), 'expiresAt', /bigint/],
    [
      'a Map',
      (tokens) => tokens.create(input(), new Map([['id', 'user:ada']]) as never),
      'actor',
      /plain object, got a Map/,
    ],
    [
      'a circle',
      (tokens) => tokens.create(input({ add: circular() }) as never, admin),
      undefined,
      /nested deeper/,
    ],
    [
      'more than any call has',
      (tokens) => tokens.create(input({ add: Array(30_000).fill('x') }), admin),
      'add',
      /larger than any call/,
    ],
    [
      'a megabyte of text',
      (tokens) => tokens.create(input({ name: 'n'.repeat(2 ** 20) }), admin),
      'name',
      /larger than any call/,
    ],
    [
      'a requirement outside the catalog',
      (tokens) => tokens.verify('x', 'messages:sned'),
      'requirement',
      /messages:send/,
    ],
    ['an empty requirement', (tokens) => tokens.verify('x', []), 'requirement', /empty/],
    [
      'a credential of no known type',
      (tokens) => tokens.verify(5 as never),
      'credential',
      /Headers or a Request/,
    ],
    [
      'the headers of node:http',
      (tokens) => tokens.verify({ headers: { authorization: 'Bearer x' } } as never),
      'credential',
      /node:http/,
    ],
  ];
  const instants: [string, unknown][] = [
    ['NaN', Number.NaN],
    ['negative', -1],
    ['infinite', Number.POSITIVE_INFINITY],
    ['beyond 2^53', 2 ** 53],
    ['a fraction', 1.5],
    ['an invalid Date', new Date('soon')],
    ['a text', '2030-01-01'],
    ['null', null],
    ['past', 1],
  ];
  for (const [title, expiresAt] of instants) {
    cases.push([
      `an instant that is ${title}`,
      (tokens) => tokens.create(input({ expiresAt }) as never, admin),
      'expiresAt',
      /./,
    ]);
  }
  for (const expiresIn of [
    '',
    '0d',
    '-1d',
    '1.5h',
    'soon',
    'P1M',
    '9007199254740992ms',
    Number.NaN,
    -1,
    0,
    2 ** 53,
  ]) {
    const title = `a lifetime of ${JSON.stringify(expiresIn)} (${String(expiresIn)})`;
    cases.push([title, (tokens) => tokens.create(input({ expiresIn }) as never, admin), 'expiresIn', /./]);
  }

  for (const [title, call, path, message] of cases) {
    test(title, async () => {
      const commits: unknown[] = [];
      const store = wrapped(memoryStore(), { commit: (writes) => commits.push(writes) < 0 });
      const tokens = await deployment({ store });
      await assert.rejects(call(tokens), (error) => {
        assert.ok(error instanceof LeastkeyError, String(error));
        assert.equal(error.code, 'invalid_input');
        assert.match(error.message, message);
        if (path !== undefined) assert.equal(error.path, path);
        return true;
      });
      assert.deepEqual(commits, []);
    });
  }

  test('a clock that cannot be read stops every call', async () => {
    let now: number = Date.now();
    const tokens = await deployment({ now: () => now });
    const { token } = await createToken(tokens, { expiresIn: '1h' });
    for (now of [Number.NaN, -1, Number.POSITIVE_INFINITY, 2 ** 53]) {
      await assert.rejects(tokens.verify(token), { code: 'invalid_input', path: 'now' });
      await assert.rejects(tokens.create(input(), admin), { code: 'invalid_input', path: 'now' });
    }
  });

  test('members named __proto__ and constructor are ordinary text', async () => {
    const tokens = await deployment();
    const actor = JSON.parse('{"id":"user:eve","__proto__":{"roles":{"org:acme":"admin"}}}');
    await assert.rejects(tokens.create(input(), actor), { code: 'invalid_input', path: 'actor.__proto__' });
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const { id } = await createToken(tokens, { name });
      assert.equal((await tokens.get(id, admin)).name, name);
    }
  });

  test('what is inherited or not enumerable is not read: an actor has only what it is given', async () => {
    const tokens = await deployment();
    const actor = Object.assign(Object.create({ roles: { 'org:acme': 'admin' } }), { id: 'user:eve' });
    await assert.rejects(tokens.create(input(), actor), { code: 'forbidden' });
  });

  test('names are kept in the form NFC', async () => {
    const tokens = await deployment();
    const { record } = await createToken(tokens, { name: 'Cafe\u0301' });
    assert.equal(record.name, 'Café');
  });
});

function circular(): unknown {
  const circle: Record<string, unknown> = {};
  circle.circle = circle;
  return circle;
}
