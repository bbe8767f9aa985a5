/** A cache hit costs no read and one packed lookup, whatever form the arguments have. */

import assert from 'node:assert/strict';
import { before, beforeEach, describe, test } from 'node:test';
import type { Requirement, Store, Tokens, VerifyOptions } from 'leastkey';
import { createGuard, createVerifier, type Verifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { catalog, createToken, deployment, PREFIX } from '../support/deployment.js';

/** The number of calls of each export of a core. */
const calls = new Map<string, number>();

/** An instance whose functions count their calls. */
class Counted extends WebAssembly.Instance {
  readonly #exports = Object.fromEntries(
    Object.entries(super.exports).map(([name, value]) => [name, countedExport(name, value)]),
  );

  override get exports() {
    return this.#exports;
  }
}

function countedExport(name: string, value: WebAssembly.ExportValue): WebAssembly.ExportValue {
  if (typeof value !== 'function' || name.startsWith('__')) return value;
  return (...args: unknown[]) => {
    calls.set(name, (calls.get(name) ?? 0) + 1);
    return value(...args);
  };
}

/** The calls that look up, intern or verify, by their names without prefix and underscore. */
function lookups(): Record<string, number> {
  const named = [...calls].map(([name, count]) => [name.replace(/^core_/, '').toLowerCase(), count] as const);
  return Object.fromEntries(
    named
      .map(([name, count]) => [name.replace('_', ''), count] as const)
      .filter(([name]) => /^(lookup|lookuppacked|lookupon|lookupbatch|verify|intern)$/.test(name)),
  );
}

const HIT = { lookuppacked: 1 };

interface World {
  it: Pick<Tokens, 'verify' | 'verifySync' | 'match'> | Verifier;
  reads: string[][];
  token: string;
  /** A token with a condition on the address. */
  bound: string;
}

async function world(make: (store: Store) => Promise<World['it']>): Promise<World> {
  const inner = memoryStore();
  const there = await deployment({ store: inner });
  const { token } = await createToken(there);
  const { token: bound } = await createToken(there, { conditions: { ips: ['10.0.0.0/8'] } });
  const reads: string[][] = [];
  const get: Store['get'] = async (keys) => {
    reads.push(keys);
    return inner.get(keys);
  };
  const it = await make({ get, list: inner.list, commit: inner.commit });
  return { it, reads, token, bound };
}

const makers: Record<string, (store: Store) => Promise<World['it']>> = {
  tokens: (store) => deployment({ store, usage: false, freshness: '5s' }),
  verifier: (store) => createVerifier({ catalog, prefix: PREFIX, store, freshness: '5s' }),
};

before(() => {
  WebAssembly.Instance = Counted;
});

for (const [maker, make] of Object.entries(makers))
  describe(`a cache hit of ${maker}`, () => {
    let here: World;

    beforeEach(async () => {
      here = await world(make);
    });

    /** The cost of a call when its token and its requirement are cached. */
    async function costOf(call: () => unknown): Promise<unknown> {
      await call();
      await call();
      here.reads.length = 0;
      calls.clear();
      await call();
      return { ...lookups(), reads: here.reads.length };
    }

    test('is one packed lookup for each form of the credential', async () => {
      const { it, token } = here;
      const headers = new Headers({ authorization: `Bearer ${token}` });
      const sources = [
        token,
        headers,
        new Request('http://127.0.0.1/', { headers }),
        { get: (name: string) => headers.get(name) },
        { headers: { get: (name: string) => headers.get(name) } },
      ];
      for (const [at, source] of sources.entries()) {
        const ask = async () => assert.equal((await it.verify(source, 'messages:send')).code, 'valid');
        assert.deepEqual(await costOf(ask), { ...HIT, reads: 0 }, `source ${at}`);
        const askNow = () => assert.equal(it.verifySync(source, 'messages:send')?.code, 'valid');
        assert.deepEqual(await costOf(askNow), { ...HIT, reads: 0 }, `source ${at}, verifySync`);
      }
    });

    test('is one packed lookup for each form of the requirement', async () => {
      const { it, token } = here;
      const spelled: (() => Requirement | undefined)[] = [
        () => undefined,
        () => 'messages:send',
        () => ['messages:send', 'messages:status'],
        () => Object.freeze(['messages:send', 'messages:status']),
        () => ({ permission: 'messages:send' }),
        () => ({ all: ['messages:send', 'messages:status'] }),
        () => ({ any: ['branch:read', 'messages:status'] }),
        () => ({ expr: 'messages:send AND messages:status' }),
      ];
      for (const requirement of spelled) {
        const ask = async () => assert.equal((await it.verify(token, requirement())).code, 'valid');
        assert.deepEqual(await costOf(ask), { ...HIT, reads: 0 }, JSON.stringify(requirement()));
      }
    });

    test('is one lookup for a permission on a resource', async () => {
      const { it, token } = here;
      const at = { permission: 'messages:send', resource: 'org:acme/branch:7' };
      const cost = await costOf(async () => assert.equal((await it.verify(token, at)).code, 'valid'));
      assert.deepEqual(cost, { lookupon: 1, reads: 0 });
    });

    test('is one packed lookup for options without effect on it', async () => {
      const { it, token } = here;
      const { signal } = new AbortController();
      const options: (VerifyOptions | undefined)[] = [
        undefined,
        {},
        { freshness: '5s' },
        { freshness: '60s' },
        { signal },
        { use: false },
        { freshness: '5s', signal, use: true },
      ];
      for (const one of options) {
        const ask = async () => assert.equal((await it.verify(token, 'messages:send', one)).code, 'valid');
        assert.deepEqual(await costOf(ask), { ...HIT, reads: 0 }, JSON.stringify(one));
      }
    });

    test('asks the core once what a set of permissions lacks, and gives each caller its own list', async () => {
      const { it, token } = here;
      const ask = async () => {
        const verdict = await it.verify(token, 'branch:create');
        assert.equal(verdict.code, 'insufficient_permission');
        assert.deepEqual(verdict.missing, ['branch:create']);
        assert.equal(verdict.scope, 'branch:create');
        verdict.missing?.pop();
      };
      assert.deepEqual(await costOf(ask), { ...HIT, reads: 0 });
      const other = await it.verify(token, ['branch:read', 'branch:create', 'messages:send']);
      assert.deepEqual(other.missing, ['branch:create', 'branch:read']);
    });

    test('passes the context of the request only for a token with conditions', async () => {
      const { it, token, bound } = here;
      const ip = '10.1.2.3';
      const context = { ip, origin: 'https://portal.example', audience: 'api' };
      const free = async () => assert.equal((await it.verify(token, 'messages:send', context)).code, 'valid');
      assert.deepEqual(await costOf(free), { ...HIT, reads: 0 });
      const met = async () => assert.equal((await it.verify(bound, 'messages:send', context)).code, 'valid');
      assert.deepEqual(await costOf(met), { ...HIT, lookup: 1, reads: 0 });
      const codeOf = async (options?: VerifyOptions) =>
        (await it.verify(bound, 'messages:send', options)).code;
      assert.equal(await codeOf({ ip: '11.0.0.1' }), 'condition_failed');
      assert.equal(await codeOf({ origin: 'https://portal.example' }), 'condition_failed');
      assert.equal(await codeOf(), 'condition_failed');
      assert.equal(await codeOf({ ip }), 'valid');
      assert.equal((await it.verify(bound, 'messages:export', { ip })).code, 'insufficient_permission');
    });

    test('refuses an invalid context whether or not the token has conditions', async () => {
      const { it, token } = here;
      const wrong = [{ ip: 7 }, { origin: {} }, { audience: 'caf\u00e9' }, { audience: '' }];
      await it.verify(token, 'messages:send');
      for (const one of wrong)
        await assert.rejects(it.verify(token, 'messages:send', one as never), { code: 'invalid_input' });
      assert.equal(
        (await it.verify(token, 'messages:send', { ip: 'unknown', origin: 'null' })).code,
        'valid',
      );
    });

    test('through a guard is the same, and reads the header once', async () => {
      const { it, token } = here;
      const guard = createGuard(it, { audience: 'api', clientIp: () => '10.1.2.3' });
      let headerReads = 0;
      const request = {
        method: 'GET',
        url: 'http://127.0.0.1/',
        headers: {
          get(name: string) {
            if (name === 'authorization') headerReads += 1;
            return { authorization: `Bearer ${token}`, origin: 'https://portal.example' }[name] ?? null;
          },
        },
      };
      const cost = await costOf(async () => {
        headerReads = 0;
        assert.equal((await guard(request, 'messages:send')).response, undefined);
      });
      assert.deepEqual(cost, { ...HIT, reads: 0 });
      assert.equal(headerReads, 1);
    });
  });

test('a requirement that the caller changes later keeps its earlier value', async () => {
  const { it, token } = await world((store) =>
    createVerifier({ catalog, prefix: PREFIX, store, freshness: '5s' }),
  );
  const requirement = ['messages:send'];
  const asked = it.verify(token, requirement);
  requirement[0] = 'branch:read';
  assert.equal((await asked).code, 'valid');
  assert.equal((await it.verify(token, requirement)).code, 'insufficient_permission');
  assert.equal((await it.verify(token, ['messages:send'])).code, 'valid');
});
