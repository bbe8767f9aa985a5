import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LeastkeyError, type Tokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { circular } from '../support/circular.js';
import { admin, createToken, deployment, input } from '../support/deployment.js';
import { wrapped } from '../support/wrapped-store.js';

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
      /larger than a call/,
    ],
    [
      'a megabyte of text',
      (tokens) => tokens.create(input({ name: 'n'.repeat(2 ** 20) }), admin),
      'name',
      /larger than a call/,
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
    ['a day that does not exist', '2030-02-30'],
    ['a time without an offset', '2030-01-01T12:00'],
    ['in seconds', 1_900_000_000],
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
      await assert.rejects(tokens.verify(token), { code: 'clock_unreliable', path: 'now' });
      await assert.rejects(tokens.create(input(), admin), { code: 'clock_unreliable', path: 'now' });
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

  test('inherited and non-enumerable members are not read: an actor has only its own', async () => {
    const tokens = await deployment();
    const actor = Object.assign(Object.create({ roles: { 'org:acme': 'admin' } }), { id: 'user:eve' });
    await assert.rejects(tokens.create(input(), actor), { code: 'forbidden' });
  });

  test('names are stored in NFC', async () => {
    const tokens = await deployment();
    const { record } = await createToken(tokens, { name: 'Cafe\u0301' });
    assert.equal(record.name, 'Café');
  });
});
