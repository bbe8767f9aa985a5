/** Requests that are admitted, and the responses to those that are refused (RFC 6750, RFC 9457). */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTokens, type Tokens, type Verdict } from 'leastkey';
import { createGuard, createVerifier, type Guardable, type GuardOptions } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { admin, createToken, PREFIX } from '../support/deployment.js';

const catalog = {
  services: {
    messages: {
      title: 'Messages',
      permissions: {
        send: { title: 'Send', routes: ['POST /messages'] },
        read: {
          title: 'Read',
          routes: [{ route: 'GET /orgs/{org}/messages/{id}', resource: 'org:{org}/message:{id}' }],
        },
        export: { title: 'Export', routes: ['GET /export'] },
      },
    },
  },
  templates: { sender: { title: 'Send', permissions: ['messages:send', 'messages:read'] } },
};

async function guarded(options: GuardOptions = {}) {
  const tokens = await createTokens({ catalog, store: memoryStore(), prefix: PREFIX });
  const { token, id } = await createToken(tokens);
  return { tokens, token, id, guard: createGuard(tokens, options) };
}

interface Sent {
  method?: string;
  token?: string;
  headers?: Record<string, string>;
}

function request(path: string, { token, headers = {}, ...init }: Sent = {}): Request {
  const sent = new Headers(headers);
  if (token !== undefined) sent.set('authorization', `Bearer ${token}`);
  return new Request(`http://127.0.0.1${path}`, { ...init, headers: sent });
}

/** A request with an `Authorization` header that a client can send, but `Headers` refuses. */
function raw(authorization: string): Request {
  const headers = { get: (name: string) => (name === 'authorization' ? authorization : null) };
  return { method: 'POST', url: 'http://127.0.0.1/messages', headers } as unknown as Request;
}

async function bytesOf(response: Response | undefined): Promise<string> {
  assert.ok(response, 'refused');
  return JSON.stringify([response.status, [...response.headers].sort(), await response.text()]);
}

describe('a guard', () => {
  test('takes the requirement from the routes, with their resource', async () => {
    const { guard, token } = await guarded();
    const cases: [Request, number | undefined][] = [
      [request('/messages', { method: 'POST', token }), undefined],
      [request('/messages?page=2', { method: 'POST', token }), undefined],
      [request('/orgs/acme/messages/7', { token }), undefined],
      [request('/orgs/acme/messages/7', { method: 'HEAD', token }), undefined],
      [request('/orgs/acme2/messages/7', { token }), 403],
      [request('/export', { token }), 403],
      [request('/messages', { token }), 403],
      [request('/messages/', { method: 'POST', token }), 403],
      [request('/%6Dessages', { method: 'POST', token }), 403],
      [request('/', { token }), 403],
    ];
    for (const [asked, status] of cases) {
      const { response } = await guard(asked);
      assert.equal(response?.status, status, `${asked.method} ${asked.url}`);
    }
  });

  test('uses an explicit requirement instead of the routes', async () => {
    const { guard, token } = await guarded();
    assert.equal((await guard(request('/anything', { token }), 'messages:send')).response, undefined);
    assert.equal((await guard(request('/messages', { token }), 'messages:export')).response?.status, 403);
    const at = { permission: 'messages:send', resource: 'org:other' };
    assert.equal((await guard(request('/', { token }), at)).response?.status, 403);
  });

  test('admits any valid token only with an explicit option', async () => {
    const { guard, token } = await guarded();
    const only = { authenticateOnly: true };
    assert.equal((await guard(request('/me', { token }), undefined, only)).verdict.code, 'valid');
    assert.equal((await guard(request('/me'), undefined, only)).response?.status, 401);
    await assert.rejects(guard(request('/me', { token }), 'messages:send', only), {
      path: 'authenticateOnly',
    });
  });

  test('refuses requests that match no route, after it checks the credential', async () => {
    const { guard, token, tokens } = await guarded();
    const { response, verdict } = await guard(request('/nowhere', { token }));
    assert.deepEqual([verdict.valid, verdict.code, verdict.status], [false, 'no_route', 403]);
    assert.equal(response?.headers.get('www-authenticate'), 'Bearer error="insufficient_scope"');
    assert.equal((await guard(request('/nowhere'))).response?.status, 401);
    assert.equal((await guard(request('/nowhere', { token: `${token}0` }))).response?.status, 401);
    // For such a request `match` returns no requirement.
    await assert.rejects(guard(request('/nowhere', { token }), tokens.match('GET', '/nowhere') as never), {
      code: 'invalid_input',
      path: 'requirement',
    });
  });

  test('answers each kind of refusal as the standards say', async () => {
    const { guard, token } = await guarded({ realm: 'acme' });
    const rows: [Request, number, string][] = [
      [request('/messages', { method: 'POST' }), 401, 'Bearer realm="acme"'],
      [
        request('/messages', { method: 'POST', headers: { authorization: 'Basic dTpw' } }),
        401,
        'Bearer realm="acme"',
      ],
      [
        request('/messages', { method: 'POST', token: 'x' }),
        401,
        'Bearer realm="acme", error="invalid_token"',
      ],
      [raw('Bearer'), 400, 'Bearer realm="acme", error="invalid_request"'],
      [
        request('/export', { token }),
        403,
        'Bearer realm="acme", error="insufficient_scope", scope="messages:export"',
      ],
    ];
    for (const [asked, status, challenge] of rows) {
      const { response } = await guard(asked);
      assert.equal(response?.status, status);
      assert.equal(response.headers.get('www-authenticate'), challenge);
      assert.equal(response.headers.get('cache-control'), 'no-store');
    }
  });

  test('does not reveal to clients that no route matches, and spends no credit', async () => {
    const { tokens, guard } = await guarded();
    const { token } = await createToken(tokens, { name: 'Once', limits: { credits: { amount: 1 } } });
    const asked = (path: string) => guard(request(path, { token }), undefined, { consume: 1 });
    const unrouted = await asked('/nowhere');
    const lacking = await createGuard(
      answering({ ...unrouted.verdict, code: 'insufficient_permission' } as Verdict),
    )(request('/export'));
    assert.equal(await bytesOf(unrouted.response), await bytesOf(lacking.response));
    assert.equal(
      (await guard(request('/messages', { method: 'POST', token }), undefined, { consume: 1 })).response,
      undefined,
    );
    const used = await guard(request('/messages', { method: 'POST', token }), undefined, { consume: 1 });
    assert.equal(used.verdict.code, 'usage_exceeded');
  });

  test('never throws for any address of a client or a proxy, and trusts none of it', async () => {
    const deployment = { catalog, store: memoryStore(), prefix: PREFIX };
    const [tokens, verifier] = await Promise.all([createTokens(deployment), createVerifier(deployment)]);
    const bound = { conditions: { ips: ['192.0.2.0/24', '2001:db8::/32'] } };
    const { token } = await createToken(tokens, { name: 'Bound', ...bound });
    const { token: free } = await createToken(tokens, { name: 'Free' });
    const rows: [ip: string | null | undefined, status: number | undefined][] = [
      ['192.0.2.7', undefined],
      ['192.0.2.7:5678', undefined],
      ['::ffff:192.0.2.7', undefined],
      ['[::ffff:192.0.2.7]:443', undefined],
      ['2001:db8::1', undefined],
      ['[2001:db8::1]', undefined],
      ['[2001:db8::1]:443', undefined],
      ['[2001:db8::1%eth0]:443', undefined],
      ['198.51.100.7:5678', 403],
      ['[2001:db9::1]:443', 403],
      ['192.0.2.7, 10.0.0.1', 403],
      ['192.0.2.7:99999', 403],
      ['192.0.2.7:', 403],
      ['[192.0.2.7]:443', 403],
      ['', 403],
      [' ', 403],
      ['unknown', 403],
      ['_hidden', 403],
      ['localhost', 403],
      ['\0', 403],
      ['1'.repeat(100_000), 403],
      [null, 403],
      [undefined, 403],
    ];
    for (const [ip, status] of rows) {
      for (const asked of [tokens, verifier]) {
        const guard = createGuard(asked, { clientIp: () => ip });
        const { response, verdict } = await guard(request('/messages', { method: 'POST', token }));
        assert.equal(response?.status, status, JSON.stringify(ip)?.slice(0, 80));
        if (status !== undefined) assert.equal(verdict.code, 'condition_failed');
        // Without a condition on it, the address does not matter.
        assert.equal(
          (await guard(request('/messages', { method: 'POST', token: free }))).response,
          undefined,
        );
      }
      const more = ip === null || ip === undefined ? {} : { ip };
      const given = await createGuard(tokens)(
        request('/messages', { method: 'POST', token }),
        undefined,
        more,
      );
      assert.equal(given.response?.status, status);
    }
    const mistaken = createGuard(tokens, { clientIp: (() => 7) as never });
    await assert.rejects(mistaken(request('/messages', { method: 'POST', token })), { path: 'clientIp' });
  });

  test('omits a scope from its challenge that is too long for a header', async () => {
    for (const [length, sent] of [
      [1_000, true],
      [1_001, false],
    ] as const) {
      const verdict = { status: 403, error: 'insufficient_scope', scope: 'x'.repeat(length) } as const;
      const { response } = await createGuard(answering(verdict))(request('/'));
      assert.equal(response?.headers.get('www-authenticate')?.includes('scope='), sent);
      assert.equal(response?.status, 403);
    }
    const ids = Array.from({ length: 40 }, (_, at) => `permission-${'x'.repeat(20)}-${at + 10}`);
    const wide = {
      services: { s: { title: 'S', permissions: Object.fromEntries(ids.map((id) => [id, id])) } },
      templates: { sender: { title: 'Send', permissions: [`s:${ids[0]}`] } },
    };
    const tokens = await createTokens({ catalog: wide, store: memoryStore(), prefix: PREFIX });
    const { token } = await createToken(tokens);
    const all = ids.map((id) => `s:${id}`);
    const verdict = await tokens.verify(token, all);
    assert.deepEqual([verdict.status, verdict.scope, verdict.missing?.length], [403, undefined, 39]);
    const { wire } = await tokens.explain(token, all);
    assert.equal(wire.challenge, 'Bearer error="insufficient_scope"');
    assert.equal((await tokens.verify(token, all.slice(0, 20))).scope, all.slice(0, 20).join(' '));
  });

  test('sends Retry-After, and a challenge only for reasons of the credential', async () => {
    const rows: [Partial<Verdict>, number, string | null][] = [
      [{ code: 'store_unavailable', status: 503 }, 503, '1'],
      [{ code: 'rate_limited', status: 429, retryAfter: 7 }, 429, '7'],
      [{ code: 'usage_exceeded', status: 429 }, 429, null],
    ];
    for (const [verdict, status, retryAfter] of rows) {
      const { response } = await createGuard(answering(verdict))(request('/'));
      assert.equal(response?.status, status);
      assert.equal(response.headers.get('retry-after'), retryAfter);
      assert.equal(response.headers.get('www-authenticate'), null);
    }
  });

  test('passes a single credential as text, and headers only otherwise', async () => {
    const given: unknown[] = [];
    const verifying = answering({});
    const guard = createGuard(
      {
        ...verifying,
        verify(credential) {
          given.push(typeof credential === 'string' ? credential : credential.get('Authorization'));
          return verifying.verify(credential);
        },
      },
      { header: 'X-API-Key' },
    );
    const both = { authorization: 'Bearer one', 'x-api-key': 'two' };
    await guard(request('/', { token: 'one' }));
    await guard(request('/', { headers: { 'x-api-key': 'two' } }));
    await guard(request('/', { headers: { ...both, authorization: 'Basic dTpw' } }));
    await guard(request('/', { headers: both }));
    await guard(request('/'));
    assert.deepEqual(given, ['one', 'two', 'two', 'Bearer one, Bearer two', null]);
  });

  test('admits a request only for a complete, valid verdict', async () => {
    const odd: unknown[] = [
      { valid: true, code: 'valid', status: 200 },
      { valid: 'true', code: 'valid', status: 200, token: {} },
      { valid: false, code: 'unknown', status: 200 },
      { valid: false, code: 'unknown', status: 'constructor' },
    ];
    for (const verdict of odd) {
      const { response } = await createGuard(answering(verdict as Partial<Verdict>))(request('/'));
      assert.equal(response?.status, 403, JSON.stringify(verdict));
    }
  });

  test('sends a problem to clients that accept JSON, and no body to others and for HEAD', async () => {
    const { guard } = await guarded();
    const takes: [string | undefined, boolean][] = [
      [undefined, true],
      ['*/*', true],
      ['application/json', true],
      ['APPLICATION/JSON; charset=utf-8', true],
      ['application/problem+json', true],
      ['text/html, application/*;q=0.5', true],
      ['text/html, */*;q=0.1', true],
      ['text/html', false],
      ['', false],
      ['application/json;q=0', false],
      ['application/json;q=0.000, */*', false],
      ['application/problem+json;q=0, application/json', false],
      ['application/jsonx', false],
      ['text/html,'.repeat(10_000), false],
    ];
    for (const [accept, json] of takes) {
      const { response } = await guard(request('/', { headers: accept === undefined ? {} : { accept } }));
      const type = response?.headers.get('content-type');
      assert.equal(type, json ? 'application/problem+json' : null, accept?.slice(0, 80));
      const text = await response?.text();
      if (!json) assert.equal(text, '');
      else {
        assert.deepEqual(JSON.parse(text as string), {
          type: 'about:blank',
          status: 401,
          title: 'Unauthorized',
          detail: 'This needs a valid credential.',
        });
      }
    }
    assert.equal(await (await guard(request('/', { method: 'HEAD' }))).response?.text(), '');
  });

  test('answers unknown, revoked, disabled, expired and made-up credentials with the same bytes', async () => {
    let now = 1_800_000_000_000;
    const clock = () => now;
    const tokens = await createTokens({
      catalog,
      store: memoryStore({ now: clock }),
      prefix: PREFIX,
      now: clock,
    });
    const guard = createGuard(tokens, { realm: 'acme' });
    const names = ['revoked', 'disabled', 'deleted', 'expired', 'early'] as const;
    const made = Object.fromEntries(
      await Promise.all(
        names.map(async (name) => {
          const more = { expired: { expiresIn: '1s' }, early: { notBefore: now + 60_000 } };
          return [name, await createToken(tokens, { name, ...more[name as keyof typeof more] })] as const;
        }),
      ),
    );
    await tokens.revoke(made.revoked?.id as string, {}, admin);
    await tokens.disable(made.disabled?.id as string, admin);
    await tokens.delete(made.deleted?.id as string, admin);
    now += 1_000;
    const swapped = (await createToken(tokens, { name: 'swapped' })).token;
    const credentials = [
      ...Object.values(made).map(({ token }) => token),
      `${PREFIX}_2nonsense`,
      'x',
      `${swapped.slice(0, -1)}${swapped.endsWith('0') ? '1' : '0'}`,
    ];
    const codes = new Set<string>();
    const answers = new Set<string>();
    for (const token of credentials) {
      const { response, verdict } = await guard(request('/messages', { method: 'POST', token }));
      codes.add(verdict.code);
      answers.add(await bytesOf(response));
    }
    assert.ok(codes.size >= 6, [...codes].join());
    assert.equal(answers.size, 1, [...answers].join('\n'));
  });

  test('answers 400 or 401 to malformed Authorization headers, and never throws', async () => {
    const { guard, token } = await guarded();
    const rows: [title: string, header: string, status: number | undefined][] = [
      ['a scheme in lower case', `bearer ${token}`, undefined],
      ['a scheme in upper case', `BEARER ${token}`, undefined],
      ['many spaces', `Bearer    ${token}`, undefined],
      ['spaces around', `  Bearer ${token}  `, undefined],
      ['a tab', `Bearer\t${token}`, 400],
      ['no space', `Bearer${token}`, 401],
      ['a colon', `Bearer: ${token}`, 401],
      ['nothing', '', 401],
      ['a space', ' ', 401],
      ['the scheme alone', 'Bearer', 400],
      ['the scheme and a space', 'Bearer ', 400],
      ['two values', `Bearer ${token} ${token}`, 400],
      ['two headers', `Bearer ${token}, Bearer ${token}`, 400],
      ['two headers, the second of another scheme', `Bearer ${token}, Basic dTpw`, 400],
      ['a comma at the end', `Bearer ${token},`, 400],
      ['quotes', `Bearer "${token}"`, 400],
      ['a parameter', `Bearer token="${token}"`, 400],
      ['a line break', `Bearer ${token}\r\nX: y`, 400],
      ['a null character', `Bearer ${token}\0`, 400],
      ['1 MiB', `Bearer ${'x'.repeat(2 ** 20)}`, 400],
      ['1 MiB of nothing', 'x'.repeat(2 ** 20), 400],
      ['non-ASCII', 'Bearer é😀', 400],
      ['a full-width look-alike', `Ｂearer ${token}`, 401],
      ['half a surrogate pair', 'Bearer \ud800', 400],
      ['the credential cut short', `Bearer ${token.slice(0, -1)}`, 401],
      ['the credential of another deployment', `Bearer x${token}`, 401],
    ];
    for (const [title, header, status] of rows) {
      const { response } = await guard(raw(header));
      assert.equal(response?.status, status, title);
    }
  });

  test('never reads a credential from the query or a cookie', async () => {
    const { guard, token } = await guarded();
    const asked = request(`/messages?access_token=${token}`, {
      method: 'POST',
      headers: { cookie: `access_token=${token}`, 'x-api-key': token },
    });
    assert.equal((await guard(asked)).verdict.code, 'missing');
  });

  test('reads one configured header beside Authorization, and refuses two credentials', async () => {
    const { guard, token } = await guarded({ header: 'X-API-Key' });
    const rows: [title: string, headers: Record<string, string>, status: number | undefined][] = [
      ['in the header', { 'x-api-key': token }, undefined],
      ['in Authorization', { authorization: `Bearer ${token}` }, undefined],
      ['beside another scheme', { 'x-api-key': token, authorization: 'Basic dTpw' }, undefined],
      [
        'an empty header beside Authorization',
        { 'x-api-key': '', authorization: `Bearer ${token}` },
        undefined,
      ],
      ['in neither', {}, 401],
      ['an empty header', { 'x-api-key': '' }, 401],
      ['in both, equal', { 'x-api-key': token, authorization: `Bearer ${token}` }, 400],
      ['in both, one of them wrong', { 'x-api-key': 'x', authorization: `Bearer ${token}` }, 400],
      ['twice', { 'x-api-key': `${token}, ${token}` }, 400],
      ['with a scheme', { 'x-api-key': `Bearer ${token}` }, 400],
      ['something else', { 'x-api-key': 'x' }, 401],
    ];
    for (const [title, headers, status] of rows) {
      const { response } = await guard(request('/messages', { method: 'POST', headers }));
      assert.equal(response?.status, status, title);
    }
  });

  test('passes the context of the request, and that of its caller', async () => {
    const asked: unknown[] = [];
    const tokens: Guardable = {
      async verify(_, requirement, options) {
        asked.push([requirement, options]);
        return { valid: false, code: 'unknown', status: 401, asOf: 0 };
      },
      match: () => ({ permission: 'messages:send' }),
    };
    const clientIp = (sent: Request) => sent.headers.get('cf-connecting-ip');
    const guard = createGuard(tokens, { audience: 'messages', clientIp });
    const headers = {
      origin: 'https://portal.example',
      'cf-connecting-ip': '192.0.2.7',
      'x-forwarded-for': '10.0.0.1',
    };
    await guard(request('/', { headers }), undefined, { consume: 1 });
    await guard(request('/', { headers }), 'messages:send', { ip: '192.0.2.8' });
    await createGuard(tokens)(request('/', { headers: { 'x-forwarded-for': '10.0.0.1' } }));
    await createGuard(tokens, { consume: false })(request('/'));
    assert.deepEqual(asked, [
      [
        { permission: 'messages:send' },
        { ip: '192.0.2.7', origin: 'https://portal.example', audience: 'messages', consume: 1 },
      ],
      [
        'messages:send',
        { consume: 1, ip: '192.0.2.8', origin: 'https://portal.example', audience: 'messages' },
      ],
      [{ permission: 'messages:send' }, { consume: 1 }],
      [{ permission: 'messages:send' }, undefined],
    ]);
  });

  test('refuses wrong options, and arguments that are no request', async () => {
    const { guard, tokens, token } = await guarded();
    const wrong: [GuardOptions, string][] = [
      [{ realm: 'a "b"' }, 'realm'],
      [{ realm: 'a\r\nX: y' }, 'realm'],
      [{ realm: '' }, 'realm'],
      [{ header: 'X API Key' }, 'header'],
      [{ header: 'Authorization' }, 'header'],
      [{ header: 'Cookie' }, 'header'],
      [{ clientIp: '10.0.0.1' as never }, 'clientIp'],
      [{ consume: -1 }, 'consume'],
      [{ consume: true as never }, 'consume'],
      [{ relm: 'acme' } as never, 'relm'],
    ];
    for (const [options, path] of wrong) {
      assert.throws(() => createGuard(tokens, options), { code: 'invalid_input', path });
    }
    for (const asked of [undefined, null, {}, 'http://127.0.0.1/', { url: '/', headers: {} }]) {
      await assert.rejects(guard(asked as never), { code: 'invalid_input', path: 'request' });
    }
    await assert.rejects(guard(request('/', { token }), 'messages:sned' as string), {
      code: 'invalid_input',
    });
  });

  test('has types in which an admitted request has a token', async () => {
    const { tokens, token } = await guarded();
    const guard = createGuard(tokens);
    const { response, verdict } = await guard(request('/messages', { method: 'POST', token }));
    if (response) assert.fail(response.statusText);
    const { name }: { name: string } = verdict.token;
    assert.equal(name, 'Nightly sender');
  });
});

/** An object that gives the same verdict for everything. */
function answering(verdict: Partial<Verdict>): Guardable & Pick<Tokens, 'match'> {
  return {
    verify: async () => ({ asOf: 0, valid: false, code: 'unknown', status: 401, ...verdict }) as Verdict,
    match: () => ({ permission: 'messages:send' }),
  };
}
