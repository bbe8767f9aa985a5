/** Mistakes of programs that the types do not check, of servers, and of the HTTP API's clients. */

import { createTokens } from 'leastkey';
import { createClient } from 'leastkey/client';
import { createGuard } from 'leastkey/edge';
import { handler } from 'leastkey/http';
import { requestOf, sendResponse, toNodeHandler } from 'leastkey/node';
import { mysqlStore } from 'leastkey/stores/mysql';
import { openStore } from 'leastkey/stores/open';
import { postgresStore } from 'leastkey/stores/postgres';
import { redisStore } from 'leastkey/stores/redis';
import { admin, input, options, world } from './world.mjs';

const code = 'invalid_input';

const on = (call) => async () => call(await world());

const { expiresIn: _, ...endless } = input;

const create = (more) => on(({ tokens }) => tokens.create({ ...endless, ...more }, admin));

/** The refusal of the HTTP API to a body. */
const posted =
  (path, body, { method = 'POST', headers = {} } = {}) =>
  async () => {
    const { tokens, id } = await world();
    const answer = handler(tokens, { authenticate: () => admin, credentials: 'bearer' });
    const url = `https://api.example/leastkey/v1${path.replace('ID', id)}`;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const all = { 'content-type': 'application/json', ...headers };
    const response = await answer(new Request(url, { method, headers: all, body: text }));
    const { code, path: where, detail } = await response.json();
    throw { code, path: where, message: detail };
  };

export default [
  {
    mistake: 'a Set of templates',
    call: create({ templates: new Set(['sender']) }),
    expect: { code, where: 'templates', what: /got a Set/, right: /\[\.\.\.set\]/ },
  },
  {
    mistake: 'a Map as metadata',
    call: create({ metadata: new Map([['team', 'x']]) }),
    expect: { code, where: 'metadata', what: /got a Map/, right: /Object\.fromEntries\(map\)/ },
  },
  {
    mistake: 'the date of expiry as the lifetime',
    call: create({ expiresIn: new Date(Date.now() + 1e9) }),
    expect: { code, where: 'expiresIn', what: /got a Date/, right: /expiresAt/ },
  },
  {
    mistake: 'enabled, as Better Auth and Unkey have it',
    call: create({ enabled: true }),
    expect: { code, where: 'enabled', what: /unknown member/, right: /disable\(id, actor\)/ },
  },
  {
    mistake: 'the prefix of one token, as Unkey has it',
    call: create({ prefix: 'ci' }),
    expect: { code, where: 'prefix', what: /unknown member/, right: /createTokens/ },
  },
  {
    mistake: 'the signal in place of the options of a call',
    call: on(({ tokens }) => tokens.create(input, admin, new AbortController().signal)),
    expect: { code, where: 'signal', what: /got an AbortSignal/, right: /\{ signal \}/ },
  },
  {
    mistake: 'the controller in place of its signal',
    call: on(({ tokens }) => tokens.get('x', admin, { signal: new AbortController() })),
    expect: { code, where: 'signal', what: /AbortController/, right: /controller\.signal/ },
  },
  {
    mistake: 'revokeAll of an owner as text',
    call: on(({ tokens }) => tokens.revokeAll('org:acme', {}, admin)),
    expect: { code, where: 'query', what: /got a text/, right: /\{ owner: "…" \}/ },
  },
  {
    mistake: 'revokeAll without its options',
    call: on(({ tokens }) => tokens.revokeAll({ owner: 'org:acme' }, admin)),
    expect: { code, where: 'actor', what: /goes third/, right: /revokeAll\(query, \{\}, actor\)/ },
  },
  {
    mistake: 'list of an owner as text',
    call: on(({ tokens }) => tokens.list('org:acme', admin)),
    expect: { code, where: 'query', what: /got a text/, right: /\{ owner: "…" \}/ },
  },
  {
    mistake: 'verifyMany of the credentials alone',
    call: on(({ tokens, token }) => tokens.verifyMany([token])),
    expect: { code, where: 'verifications[0]', what: /got a text/, right: /\{ credential, requirement \}/ },
  },
  {
    mistake: 'verifyMany of one verification',
    call: on(({ tokens, token }) => tokens.verifyMany({ credential: token })),
    expect: {
      code,
      where: 'verifications',
      what: /got an object/,
      right: /\[\{ credential, requirement \}\]/,
    },
  },
  {
    mistake: 'match of a request',
    call: on(({ tokens }) => tokens.match(new Request('https://api.example/messages'))),
    expect: { code, where: 'method', what: /got an object/, right: /match\("GET", "\/path"\)/ },
  },
  {
    mistake: 'the requirement among the options of a guard',
    call: on(({ tokens }) => createGuard(tokens, 'messages:send')),
    expect: { code, where: 'options', what: /createGuard expects an object/, right: /guard\(request, "…"\)/ },
  },
  {
    mistake: 'ip in a guard',
    call: on(({ tokens }) => createGuard(tokens, { ip: () => '192.0.2.7' })),
    expect: { code, where: 'ip', what: /unknown option/, right: /clientIp/ },
  },
  {
    mistake: 'cors of a handler',
    call: on(({ tokens }) => handler(tokens, { authenticate: () => admin, cors: true })),
    expect: { code, where: 'cors', what: /unknown option/, right: /origins/ },
  },
  {
    mistake: 'toNodeHandler of tokens',
    call: on(({ tokens }) => toNodeHandler(tokens)),
    expect: { code, where: 'answer', what: /got an object/, right: /handler\(tokens, …\)/ },
  },
  {
    mistake: 'toNodeHandler of a promise',
    call: () => toNodeHandler(Promise.resolve(() => new Response())),
    expect: { code, where: 'answer', what: /got a promise/, right: /await/ },
  },
  {
    mistake: 'requestOf of a Request',
    call: () => requestOf(new Request('https://api.example/')),
    expect: { code, where: 'incoming', what: /rawHeaders/, right: /a Request needs no requestOf/ },
  },
  {
    mistake: 'the response before what it is sent by',
    call: () => sendResponse(new Response(), { statusCode: 200 }),
    expect: { code, where: 'outgoing', what: /ServerResponse/, right: /sendResponse\(outgoing, response\)/ },
  },
  {
    mistake: 'openStore of a path',
    call: () => openStore('./tokens.db'),
    expect: { code, where: 'url', what: /URL of a store/, right: /sqlite:\.\/tokens\.db/ },
  },
  {
    mistake: 'openStore of a variable that is not set',
    call: () => openStore(undefined),
    expect: { code, where: 'url', what: /is required/, right: /LEASTKEY_STORE/ },
  },
  {
    mistake: 'a URL as the client of PostgreSQL',
    call: () => postgresStore('postgres://db.example/tokens'),
    expect: { code, where: 'client', what: /got a text/, right: /openStore/ },
  },
  {
    mistake: 'a URL as the client of Redis',
    call: () => redisStore('redis://db.example'),
    expect: { code, where: 'client', what: /got a text/, right: /openStore/ },
  },
  {
    mistake: 'a URL as the pool of MySQL',
    call: () => mysqlStore('mysql://db.example/tokens'),
    expect: { code, where: 'pool', what: /got a text/, right: /openStore/ },
  },
  {
    mistake: 'the URL of the API as the options of its client',
    call: () => createClient('https://api.example'),
    expect: {
      code,
      where: 'options',
      what: /createClient expects an object/,
      right: /createClient\(\{ url: "…" \}\)/,
    },
  },
  {
    mistake: 'the scheme before the token of a client',
    call: () => createClient({ url: 'https://api.example', token: 'Bearer x' }),
    expect: { code, where: 'token', what: /scheme/, right: /without "Bearer "/ },
  },
  {
    mistake: 'apiKey in place of the token of a client',
    call: () => createClient({ url: 'https://api.example', apiKey: 'x' }),
    expect: { code, where: 'apiKey', what: /unknown option/, right: /token/ },
  },
  {
    mistake: 'a URL as the module',
    call: () => createTokens(options({ module: './leastkey.wasm' })),
    expect: { code, where: 'module', what: /expects an object/, right: /verify, manage/ },
  },
  {
    mistake: 'a body that is no JSON',
    call: posted('/tokens', '{"name":"x",}'),
    expect: { code: 'malformed_request', where: 'body', what: /is not JSON/, right: /\{ "name": … \}/ },
  },
  {
    mistake: 'an empty body',
    call: posted('/tokens', ''),
    expect: { code: 'malformed_request', where: 'body', what: /is empty/, right: /a JSON object/ },
  },
  {
    mistake: 'dry_run in the body of revoke-all',
    call: posted('/revoke-all', { owner: 'org:acme', dry_run: true }),
    expect: { code, where: 'dry_run', what: /unknown member/, right: /dryRun/ },
  },
  {
    mistake: 'the revision as a number in If-Match',
    call: posted('/tokens/ID', { name: 'y' }, { method: 'PATCH', headers: { 'if-match': '1' } }),
    expect: {
      code: 'malformed_request',
      where: 'If-Match',
      what: /must be an ETag/,
      right: /"1", with its quotes/,
    },
  },
  {
    mistake: 'a slash at the end of a path of the API',
    call: posted('/tokens/', input),
    expect: {
      code: 'no_such_resource',
      where: '/tokens',
      what: /No such resource/,
      right: /no slash at the end/,
    },
  },
];
