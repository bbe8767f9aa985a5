import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTokens, LeastkeyError, type TokensOptions } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { circular } from '../support/circular.js';
import { catalog, createToken, deployment, PREFIX } from '../support/deployment.js';

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
    ['no store', { ...right, store: undefined }, 'store', /is required/],
    [
      'a store without commit',
      { ...right, store: { get() {}, list() {} } },
      'store',
      /commit is no function/,
    ],
    ['no catalog', { ...right, catalog: undefined }, 'catalog', /is required/],
    ['a catalog that is no JSON', { ...right, catalog: circular() }, 'catalog', /cannot be written as JSON/],
    ['no prefix', { ...right, prefix: undefined }, 'prefix', /prefix/],
    ['an empty prefix', { ...right, prefix: '' }, 'prefix', /prefix/],
    ['a prefix with a space', { ...right, prefix: 'a b' }, 'prefix', /prefix/],
    ['a freshness that cannot be read', { ...right, freshness: '5 apples' }, 'freshness', /"5s"/],
    ['a negative freshness', { ...right, freshness: -1 }, 'freshness', /has no unit/],
    ['a freshness that is NaN', { ...right, freshness: Number.NaN }, 'freshness', /has no unit/],
    [
      'a freshness beyond 2^53',
      { ...right, freshness: '9007199254740992ms' },
      'freshness',
      /a number and a unit/,
    ],
    ['a clock that is none', { ...right, now: 5 }, 'now', /function/],
    ['entropy that is no function', { ...right, entropy: new Uint8Array(64) }, 'entropy', /function/],
    ['a deadline of 0', { ...right, deadline: 0 }, 'deadline', /from "1ms" to "10m"/],
    ['a deadline that is NaN', { ...right, deadline: Number.NaN }, 'deadline', /has no unit/],
    [
      'a deadline that a timer cannot hold',
      { ...right, deadline: '2147483648ms' },
      'deadline',
      /from "1ms" to "10m"/,
    ],
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

  test('freshness is accepted with a unit, or as 0', async () => {
    for (const freshness of [0, '0s', '500ms', '5s', '2m', '1h'] as const) {
      const tokens = await deployment({ freshness });
      assert.equal(
        (await tokens.verify((await createToken(tokens)).token, undefined, { freshness })).valid,
        true,
      );
    }
  });

  test('an unknown option of verify is refused with the nearest right name', async () => {
    const tokens = await deployment();
    await assert.rejects(tokens.verify('x', undefined, { fresness: 0 } as never), {
      code: 'invalid_input',
      message: /unknown option "fresness" of verify; did you mean "freshness"\?/,
    });
    await assert.rejects(tokens.verify('x', undefined, { freshness: 'soon' } as never), {
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
          'the circle is reported',
        );
        return true;
      },
    );
  });
});
