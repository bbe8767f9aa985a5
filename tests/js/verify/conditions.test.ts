/** Conditions of a token: what a request must meet, in which order, before limits are counted. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, createToken, deployment, input } from '../support/deployment.js';
import { entriesOf } from '../support/store-entries.js';

/** Noon of a Monday, UTC. */
const MONDAY = Date.UTC(2026, 10, 23, 12);
const HOUR = 3_600_000;
const WEEK = 168 * HOUR;

describe('a condition', () => {
  const office = { days: ['mon', 'fri'], from: '08:00', to: '18:00', utcOffset: '+02:00' };
  const cases: [title: string, conditions: object, met: [object, number?][], unmet: [object, number?][]][] = [
    [
      'on networks, of both versions',
      { ips: ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'] },
      [[{ ip: '10.255.0.1' }], [{ ip: '192.0.2.7' }], [{ ip: '2001:db8:1::2' }], [{ ip: '::ffff:10.0.0.1' }]],
      [[{}], [{ ip: '11.0.0.1' }], [{ ip: '192.0.2.8' }], [{ ip: '2001:db9::1' }]],
    ],
    [
      'on origins',
      { origins: ['https://portal.example', 'http://localhost:3000'] },
      [[{ origin: 'https://portal.example' }], [{ origin: 'http://localhost:3000' }]],
      [
        [{}],
        [{ origin: 'null' }],
        [{ origin: '' }],
        [{ origin: 'http://portal.example' }],
        [{ origin: 'https://portal.example.evil.example' }],
        [{ origin: 'http://localhost' }],
      ],
    ],
    [
      'on audiences',
      { audiences: ['billing', 'api'] },
      [[{ audience: 'api' }], [{ audience: 'billing' }]],
      [[{}], [{ audience: 'API' }], [{ audience: 'api2' }]],
    ],
    [
      'on times, in a time zone',
      { times: office },
      [[{}], [{}, MONDAY - 6 * HOUR], [{}, MONDAY + 4 * HOUR - 1], [{}, MONDAY + 96 * HOUR]],
      [
        [{}, MONDAY - 6 * HOUR - 1],
        [{}, MONDAY + 4 * HOUR],
        [{}, MONDAY + 24 * HOUR],
      ],
    ],
    [
      'on all of them: each must be met',
      {
        ips: ['10.0.0.1'],
        origins: ['https://a.example'],
        audiences: ['api'],
        times: { from: '11:00', to: '13:00' },
      },
      [[{ ip: '10.0.0.1', origin: 'https://a.example', audience: 'api' }]],
      [
        [{ origin: 'https://a.example', audience: 'api' }],
        [{ ip: '10.0.0.1', audience: 'api' }],
        [{ ip: '10.0.0.1', origin: 'https://a.example' }],
        [{ ip: '10.0.0.1', origin: 'https://a.example', audience: 'api' }, MONDAY + HOUR],
      ],
    ],
  ];
  for (const [title, conditions, met, unmet] of cases) {
    test(title, async () => {
      const store = memoryStore();
      // One deployment for each instant, because the clock of a deployment never goes back.
      const at = (now: number) => deployment({ store, now: () => now });
      const { record, token } = await createToken(await at(MONDAY - WEEK), { conditions });
      // A stored condition has the same meaning when it is passed in again.
      const again = await createToken(await at(MONDAY - WEEK), { conditions: record.conditions });
      assert.deepEqual(again.record.conditions, record.conditions);
      for (const [requests, code, status] of [
        [met, 'valid', 200],
        [unmet, 'condition_failed', 403],
      ] as const) {
        for (const [context, now = MONDAY] of requests) {
          const tokens = await at(now);
          const verdict = await tokens.verify(token, 'messages:send', context);
          assert.deepEqual([verdict.code, verdict.status], [code, status], JSON.stringify([context, now]));
          assert.equal((await tokens.explain(token, 'messages:send', context)).code, code);
        }
      }
    });
  }
});

describe('conditions', () => {
  const wrong: [title: string, conditions: unknown, path: string][] = [
    ['of nothing', {}, 'conditions'],
    ['with an empty list', { ips: [] }, 'conditions.ips'],
    ['with an address of four numbers and more', { ips: ['10.0.0.0.1'] }, 'conditions.ips[0]'],
    ['with bits beyond the mask', { ips: ['10.0.0.1/8'] }, 'conditions.ips[0]'],
    ['with an origin that has a path', { origins: ['https://a.example/x'] }, 'conditions.origins[0]'],
    ['with every origin', { origins: ['*'] }, 'conditions.origins[0]'],
    ['with a day that is none', { times: { days: ['monday'] } }, 'conditions.times.days[0]'],
    ['with an hour that is none', { times: { from: '25:00', to: '26:00' } }, 'conditions.times.from'],
    ['of another name', { ip: ['10.0.0.1'] }, 'conditions.ip'],
  ];
  for (const [title, conditions, path] of wrong) {
    test(`${title} are refused`, async () => {
      const tokens = await deployment();
      await assert.rejects(tokens.create(input({ conditions }) as never, admin), {
        code: 'invalid_input',
        path,
      });
    });
  }

  test('are checked after status and time, before permissions and limits, and before anything is counted', async () => {
    let now = MONDAY;
    const store = memoryStore({ now: () => now });
    const tokens = await deployment({ store, now: () => now });
    const { token, id } = await createToken(tokens, {
      conditions: { ips: ['10.0.0.1'] },
      limits: { credits: { amount: 1 } },
      expiresAt: MONDAY + HOUR,
    });
    const verify = async (requirement: string, ip: string) =>
      (await tokens.verify(token, requirement, { ip, consume: 1 })).code;
    const before = entriesOf(store);
    assert.equal(await verify('branch:read', '10.0.0.2'), 'condition_failed');
    assert.equal(await verify('messages:send', '10.0.0.2'), 'condition_failed');
    assert.equal(await verify('branch:read', '10.0.0.1'), 'insufficient_permission');
    assert.deepEqual(entriesOf(store), before, 'a refused request counts for nothing');
    assert.equal(await verify('messages:send', '10.0.0.1'), 'valid');
    assert.equal(await verify('messages:send', '10.0.0.1'), 'usage_exceeded');
    await tokens.disable(id, admin);
    assert.equal(await verify('messages:send', '10.0.0.2'), 'disabled');
    await tokens.enable(id, admin);
    now += HOUR;
    assert.equal(await verify('messages:send', '10.0.0.2'), 'expired');
  });

  test('are not met by unknown values: an odd address or origin comes from a client or proxy, an odd audience is an error of the host', async () => {
    const tokens = await deployment();
    const { token } = await createToken(tokens, { conditions: { origins: ['https://a.example'] } });
    for (const [context, path] of [
      [{ audience: '' }, 'context.audience'],
      [{ ip: 7 as never }, 'context.ip'],
    ] as const) {
      await assert.rejects(tokens.verify(token, undefined, context), { code: 'invalid_input', path });
    }
    const { token: near } = await createToken(tokens, { name: 'Near', conditions: { ips: ['10.0.0.0/8'] } });
    const { token: free } = await createToken(tokens, { name: 'Free' });
    for (const ip of ['', 'not an address', '10.0.0.1, 192.0.2.1', '10.0.0.0/8', '10.0.0.1:x']) {
      assert.equal((await tokens.verify(near, undefined, { ip })).code, 'condition_failed', ip);
      assert.equal((await tokens.explain(near, undefined, { ip })).code, 'condition_failed', ip);
      assert.equal((await tokens.verify(free, undefined, { ip })).code, 'valid', ip);
      await assert.rejects(tokens.exchange(near, {}, { ip }), { code: 'invalid_token' });
    }
    assert.equal((await tokens.verify(near, undefined, { ip: '10.0.0.1:5678' })).code, 'valid');
    for (const origin of ['null', 'chrome-extension://abc', '🦊', 'https://a.example/x']) {
      assert.equal((await tokens.verify(token, undefined, { origin })).code, 'condition_failed', origin);
    }
  });
});
