/**
 * The suite for every runtime. It needs only the language and the package, which is an argument
 * because each runtime loads it differently.
 */

import { equal, ok, rejects } from './expect.mjs';

const catalog = {
  version: '2026-11-23',
  services: {
    messages: {
      title: 'Messages',
      permissions: {
        send: { title: 'Send', implies: ['messages:status'], routes: ['POST /messages'] },
        status: {
          title: 'Read delivery status',
          routes: [{ route: 'GET /orgs/{org}/messages/{id}', resource: 'org:{org}' }],
        },
        export: 'Export',
      },
    },
  },
  templates: { sender: { title: 'Send', permissions: ['messages:send'] } },
};
const prefix = 'acme_test';
const admin = { id: 'user:ada', roles: { 'org:acme': 'admin' } };

/** The names of all cases, which every runtime has to pass. */
export const caseNames = () => Object.keys(cases);

/** Runs every case. @returns {Promise<{ name: string, error?: string }[]>} */
export async function runSuite(leastkey) {
  const results = [];
  for (const [name, run] of Object.entries(cases)) {
    try {
      await run(leastkey);
      results.push({ name });
    } catch (error) {
      results.push({ name, error: String(error?.stack ?? error) });
    }
  }
  return results;
}

const cases = {
  async 'creates a token, shows it once and verifies it'(leastkey) {
    const { tokens, token, id } = await deployment(leastkey);
    ok(new RegExp(`^${tokens.pattern()}$`).test(token), 'the credential has the deployment’s form');
    const { valid, code, status, token: view } = await tokens.verify(token, 'messages:send');
    equal([valid, code, status], [true, 'valid', 200]);
    equal([view.id, view.permissions], [id, ['messages:send', 'messages:status']]);
    const listed = await tokens.list({ owner: 'org:acme' }, admin);
    equal(
      listed.items.map((record) => record.id),
      [id],
    );
    ok(!JSON.stringify(listed).includes(token.slice(-30)), 'no list has the secret');
  },

  async 'draws a different secret for every token'(leastkey) {
    const { tokens } = await deployment(leastkey);
    const made = await Promise.all(
      Array.from({ length: 50 }, (_, index) => tokens.create({ ...input, name: `T${index}` }, admin)),
    );
    equal(new Set(made.map(({ token }) => token.slice(-36, -6))).size, 50);
  },

  async 'refuses what the token may not do'(leastkey) {
    const { tokens, token } = await deployment(leastkey);
    const lacking = await tokens.verify(token, 'messages:send AND messages:export');
    equal(
      [lacking.code, lacking.status, lacking.missing, lacking.scope],
      ['insufficient_permission', 403, ['messages:export'], 'messages:export messages:send'],
    );
    const outside = await tokens.verify(token, { permission: 'messages:send', resource: 'org:acme2' });
    equal([outside.code, outside.status], ['outside_resource', 403]);
    await rejects(() => tokens.verify(token, 'messages:sned'), 'invalid_input');
  },

  async 'refuses a revoked token for ever'(leastkey) {
    const { tokens, token, id } = await deployment(leastkey);
    await tokens.revoke(id, { reason: 'laptop stolen' }, admin);
    equal((await tokens.verify(token)).code, 'revoked');
    await rejects(() => tokens.enable(id, admin), 'terminal');
    equal((await tokens.verify(token)).code, 'revoked');
  },

  async 'disables and enables'(leastkey) {
    const { tokens, token, id } = await deployment(leastkey);
    await tokens.disable(id, admin);
    equal((await tokens.verify(token)).code, 'disabled');
    await tokens.enable(id, admin);
    equal((await tokens.verify(token)).code, 'valid');
  },

  async 'refuses what is no credential, and never throws for it'(leastkey) {
    const { tokens, token } = await deployment(leastkey);
    const swapped = token.endsWith('A') ? `${token.slice(0, -1)}B` : `${token.slice(0, -1)}A`;
    const texts = [
      '',
      'x',
      prefix,
      `${prefix}_`,
      token.slice(1),
      token.slice(0, -1),
      `${token}0`,
      swapped,
      '\u0000',
      'é😀',
      'x'.repeat(1e6),
    ];
    for (const text of texts) equal((await tokens.verify(text)).valid, false, text.slice(0, 80));
  },

  async 'resolves a selection to what is enforced'(leastkey) {
    const { tokens } = await deployment(leastkey);
    const { permissions, tree } = tokens.resolve({ templates: ['sender'], remove: ['messages:status'] });
    equal(permissions, ['messages:send']);
    equal(
      tree.map(({ id, state }) => [id, state]),
      [['messages', 'partly']],
    );
    await rejects(() => tokens.resolve({ templates: ['sendr'] }), 'invalid_input');
  },

  async 'guards a request by its route'(leastkey) {
    const { tokens, token } = await deployment(leastkey);
    const guard = leastkey.createGuard(tokens, { realm: 'acme' });
    const passed = await guard(request('/messages', { method: 'POST', token }));
    equal([passed.response, passed.verdict.token.name], [undefined, input.name]);
    equal((await guard(request('/orgs/acme/messages/7', { token }))).response, undefined);
    const { response } = await guard(request('/orgs/other/messages/7', { token }));
    equal(await shown(response), {
      status: 403,
      challenge: 'Bearer realm="acme", error="insufficient_scope", scope="messages:status"',
      cache: 'no-store',
      type: 'application/problem+json',
      body: '{"type":"about:blank","status":403,"title":"Forbidden","detail":"The credential does not permit this."}',
    });
  },

  async 'lets nothing through that no route names'(leastkey) {
    const { tokens, token } = await deployment(leastkey);
    const guard = leastkey.createGuard(tokens);
    equal((await guard(request('/nowhere', { token }))).response.status, 403);
    equal((await guard(request('/nowhere'))).response.status, 401);
  },

  async 'answers a refused request as RFC 6750 says'(leastkey) {
    const { tokens, token } = await deployment(leastkey);
    const guard = leastkey.createGuard(tokens);
    const none = { status: 401, challenge: 'Bearer', cache: 'no-store', type: null, body: '' };
    const page = { accept: 'text/html' };
    equal(await shown((await guard(request('/messages', { method: 'POST', headers: page }))).response), none);
    const wrong = { ...none, challenge: 'Bearer error="invalid_token"' };
    const made = request('/messages', { method: 'POST', headers: page, token: `${token}x` });
    equal(await shown((await guard(made)).response), wrong);
    const head = request('/orgs/acme/messages/7', { method: 'HEAD' });
    equal(await shown((await guard(head)).response), none);
  },

  async 'tells nobody whether a credential is unknown, revoked, disabled or expired'(leastkey) {
    let now = 1_800_000_000_000;
    const store = leastkey.memoryStore({ now: () => now });
    const tokens = await leastkey.createTokens({ catalog, store, prefix, now: () => now });
    const guard = leastkey.createGuard(tokens);
    const make = async (name, more) => {
      const { token, record } = await tokens.create({ ...input, name, ...more }, admin);
      return { token, id: record.id };
    };
    const [revoked, disabled, deleted, expired] = await Promise.all([
      make('revoked'),
      make('disabled'),
      make('deleted'),
      make('expired', { expiresIn: '1s' }),
    ]);
    await tokens.revoke(revoked.id, {}, admin);
    await tokens.disable(disabled.id, admin);
    await tokens.delete(deleted.id, admin);
    now += 1_000;
    const answers = [];
    for (const { token } of [revoked, disabled, deleted, expired]) {
      const { response } = await guard(request('/messages', { method: 'POST', token }));
      answers.push(JSON.stringify([response.status, [...response.headers].sort(), await response.text()]));
    }
    equal(new Set(answers).size, 1, answers.join('\n'));
  },

  async 'verifies with a store that can only be read'(leastkey) {
    const { tokens, token, id, store } = await deployment(leastkey);
    const reads = [];
    const verifier = await leastkey.createVerifier({
      catalog,
      prefix,
      store: {
        get(keys) {
          reads.push(keys);
          return store.get(keys);
        },
      },
      header: 'X-API-Key',
    });
    equal((await verifier.verify(token, 'messages:send')).code, 'valid');
    equal((await verifier.guard(request('/messages', { method: 'POST', token }))).response, undefined);
    const bare = request('/messages', { method: 'POST', headers: { 'x-api-key': token } });
    equal((await verifier.guard(bare)).verdict.code, 'valid');
    equal(
      (await verifier.guard(request('/messages', { method: 'POST', headers: { 'x-api-key': token }, token })))
        .response.status,
      400,
    );
    const many = Array.from({ length: 20 }, () => ({ credential: token, requirement: 'messages:send' }));
    reads.length = 0;
    await verifier.verify(token, 'messages:send');
    const readsOfOne = reads.splice(0).length;
    const verdicts = await verifier.verifyMany([...many, { credential: 'x' }]);
    equal(
      verdicts.map(({ valid }) => valid),
      [...many.map(() => true), false],
    );
    equal(reads.length, readsOfOne);
    await tokens.revoke(id, {}, admin);
    equal((await verifier.verify(token)).code, 'revoked');
  },

  async 'says no when the store does not answer in time'(leastkey) {
    const { token } = await deployment(leastkey);
    const store = { get: () => new Promise(() => {}) };
    const verifier = await leastkey.createVerifier({ catalog, store, prefix, deadline: '20ms' });
    const { response, verdict } = await verifier.guard(request('/messages', { method: 'POST', token }));
    equal(
      [verdict.code, response.status, response.headers.get('retry-after')],
      ['store_unavailable', 503, '1'],
    );
  },

  async 'ends when its signal aborts'(leastkey) {
    const { token } = await deployment(leastkey);
    const store = { get: () => new Promise(() => {}) };
    const verifier = await leastkey.createVerifier({ catalog, store, prefix });
    const controller = new AbortController();
    const reason = new Error('the client has gone');
    const verdict = verifier.verify(token, undefined, { signal: controller.signal });
    controller.abort(reason);
    const ended = await verdict.then(
      () => 'answered',
      (error) => error,
    );
    ok(ended === reason, 'it rejects with the reason');
  },

  async 'serves the next call after the core stopped'(leastkey) {
    const { tokens, token } = await deployment(leastkey);
    // Creating calls the host to normalize such a name: an error thrown there unwinds through the
    // core.
    const { normalize } = String.prototype;
    String.prototype.normalize = () => {
      throw new Error('cut');
    };
    try {
      await rejects(() => tokens.create({ ...input, name: '夜間バッチ' }, admin), 'internal');
    } finally {
      String.prototype.normalize = normalize;
    }
    equal((await tokens.verify(token, 'messages:send')).code, 'valid');
    equal((await tokens.create({ ...input, name: 'Whole' }, admin)).record.name, 'Whole');
  },

  async 'tells every problem of a catalog'(leastkey) {
    const wrong = {
      services: { s: { title: 'S', permissions: { a: 'A' } } },
      templates: { t: { title: 'T', permissions: ['s:b'] } },
    };
    const start = (check) =>
      leastkey.createTokens({
        catalog: wrong,
        store: leastkey.memoryStore(),
        prefix,
        ...(check && { check }),
      });
    const early = await rejects(() => start('start'), 'invalid_input');
    const first = await start('first');
    equal((await first.verify('x')).code, 'malformed');
    // By a call without a promise too: whatever loads the module has to be there by then.
    const late = await rejects(() => first.pattern(), 'invalid_input');
    const either = await rejects(async () => (await start()).pattern(), 'invalid_input');
    for (const error of [early, late, either]) {
      equal(
        error.problems.map(({ path }) => path),
        ['$.templates.t.permissions[0]'],
      );
    }
  },
};

const input = { kind: 'permission-set', name: 'Nightly sender', owner: 'org:acme', templates: ['sender'] };

/** A deployment in memory with one token. */
async function deployment({ createTokens, memoryStore }) {
  const store = memoryStore();
  const tokens = await createTokens({ catalog, store, prefix });
  const { token, record } = await tokens.create(input, admin);
  return { tokens, token, id: record.id, store };
}

function request(path, { token, headers = {}, ...init } = {}) {
  const sent = new Headers(headers);
  if (token !== undefined) sent.set('authorization', `Bearer ${token}`);
  return new Request(`https://api.example${path}`, { ...init, headers: sent });
}

/** The parts of a response that a client sees. */
async function shown(response) {
  const { status, headers } = response;
  return {
    status,
    challenge: headers.get('www-authenticate'),
    cache: headers.get('cache-control'),
    type: headers.get('content-type'),
    body: await response.text(),
  };
}
