/** Mistakes in `verify`, in guards, in the verifier of an edge and in the HTTP handler. */

import { createTokens } from 'leastkey';
import { createGuard, createVerifier } from 'leastkey/edge';
import { handler } from 'leastkey/http';
import { memoryStore } from 'leastkey/stores/memory';
import { catalog, options, world } from './world.mjs';

const code = 'invalid_input';

const on = (call, changes) => async () => call(await world(changes));

const request = (token, more) =>
  new Request('https://api.example/messages', { headers: { authorization: `Bearer ${token}` }, ...more });

/** What node:http hands to a listener. */
const nodeRequest = () => ({
  method: 'GET',
  url: '/messages',
  headers: { authorization: 'Bearer x' },
  rawHeaders: ['Authorization', 'Bearer x'],
});

const explained = async (tokens, text) => {
  const { code, hint } = await tokens.explain(text, 'messages:send');
  throw { code, message: `credential: ${hint}` };
};

/** What a handler answers or reports. */
async function handled(options, request) {
  const errors = [];
  const { tokens } = await world();
  const answer = handler(tokens, { ...options, onError: (error) => errors.push(error) });
  const response = await answer(request);
  if (errors.length > 0) throw errors[0];
  const { code, detail } = await response.json();
  throw { code, message: detail };
}

const createBody = (more) =>
  new Request('https://api.example/leastkey/v1/tokens', { method: 'POST', body: '{}', ...more });

export default [
  {
    mistake: 'the promise of a credential',
    call: on(({ tokens, token }) => tokens.verify(Promise.resolve(token), 'messages:send')),
    expect: { code, where: 'credential', what: /promise/, right: /await/ },
  },
  {
    mistake: 'the answer of create as the credential',
    call: on(({ tokens, token, record }) => tokens.verify({ token, record }, 'messages:send')),
    expect: { code, where: 'credential', what: /expected the credential/, right: /its "?token"?/ },
  },
  {
    mistake: 'an object with the key, as Unkey has it',
    call: on(({ tokens, token }) => tokens.verify({ key: token })),
    expect: {
      code,
      where: 'credential',
      what: /expected the credential as text/,
      right: /Headers or a Request/,
    },
  },
  {
    mistake: 'the request of node:http',
    call: on(({ tokens }) => tokens.verify(nodeRequest(), 'messages:send')),
    expect: { code, where: 'credential', what: /node:http/, right: /requestOf|new Headers/ },
  },
  {
    mistake: 'the header with its scheme',
    call: on(({ tokens, token }) => explained(tokens, `Bearer ${token}`)),
    expect: { code: 'malformed', where: 'credential', what: /"Bearer "/, right: /without|alone/ },
  },
  {
    mistake: 'a line feed at the end of the credential',
    call: on(({ tokens, token }) => explained(tokens, `${token}\n`)),
    expect: { code: 'malformed', where: 'credential', what: /blank|line/, right: /trim/ },
  },
  {
    mistake: 'quotes around the credential',
    call: on(({ tokens, token }) => explained(tokens, `"${token}"`)),
    expect: { code: 'malformed', where: 'credential', what: /quotes/, right: /without/ },
  },
  {
    mistake: 'the credential of another deployment',
    call: on(({ tokens, token }) => explained(tokens, token.replace('acme_live', 'acme_test'))),
    expect: { code: 'malformed', where: 'credential', what: /prefix|deployment/, right: /acme_live/ },
  },
  {
    mistake: 'a misspelt permission',
    call: on(({ tokens, token }) => tokens.verify(token, 'messages:sned')),
    expect: { code, where: 'requirement', what: /"messages:sned"/, right: /"messages:send"/ },
  },
  {
    mistake: 'a permission with a point',
    call: on(({ tokens, token }) => tokens.verify(token, 'messages.send')),
    expect: { code, where: 'requirement', what: /"messages\.send"/, right: /"messages:send"/ },
  },
  {
    mistake: 'a pattern as the requirement',
    call: on(({ tokens, token }) => tokens.verify(token, 'messages:*')),
    expect: { code, where: 'requirement', what: /"messages:\*"/, right: /one permission|exact|name/ },
  },
  {
    mistake: 'permissions in the requirement, as Better Auth has it',
    call: on(({ tokens, token }) => tokens.verify(token, { permissions: ['messages:send'] })),
    expect: { code, where: 'requirement.permissions', what: /unknown member "permissions"/, right: /"all"/ },
  },
  {
    mistake: 'scopes in the requirement',
    call: on(({ tokens, token }) => tokens.verify(token, { scopes: ['messages:send'] })),
    expect: { code, where: 'requirement.scopes', what: /unknown member "scopes"/, right: /"all"/ },
  },
  {
    mistake: 'the resource among the options',
    call: on(({ tokens, token }) => tokens.verify(token, 'messages:send', { resource: 'org:acme' })),
    expect: {
      code,
      where: 'resource',
      what: /unknown option "resource"/,
      right: /\{ permission: .*resource/,
    },
  },
  {
    mistake: 'a number for the freshness of one call',
    call: on(({ tokens, token }) => tokens.verify(token, 'messages:send', { freshness: 5 })),
    expect: { code, where: 'freshness', what: /5 has no unit/, right: /"5s"/ },
  },
  {
    mistake: 'true for the uses to count',
    call: on(({ tokens, token }) => tokens.verify(token, 'messages:send', { consume: true })),
    expect: { code, where: 'consume', what: /whole number/, right: /from 0|0 to|1/ },
  },
  {
    mistake: 'a guard of the promise of tokens',
    call: () => createGuard(createTokens(options())),
    expect: { code, where: 'tokens', what: /promise/, right: /await createTokens/ },
  },
  {
    mistake: 'a guard of nothing',
    call: () => createGuard(),
    expect: { code, where: 'tokens', what: /is required/, right: /createTokens/ },
  },
  {
    mistake: 'a guard of its options',
    call: () => createGuard(options()),
    expect: { code, where: 'tokens', what: /verify/, right: /createTokens/ },
  },
  {
    mistake: 'the options of a request as the requirement',
    call: on(({ tokens, token }) => createGuard(tokens)(request(token), { authenticateOnly: true })),
    expect: {
      code,
      where: 'authenticateOnly',
      what: /authenticateOnly/,
      right: /guard\(request, undefined, \{ authenticateOnly: true \}\)/,
    },
  },
  {
    mistake: 'the request of node:http in a guard',
    call: on(({ tokens }) => createGuard(tokens)(nodeRequest())),
    expect: { code, where: 'request', what: /expected a Request/, right: /requestOf of leastkey\/node/ },
  },
  {
    mistake: 'a relative URL in a guard',
    call: on(({ tokens, token }) =>
      createGuard(tokens)({ method: 'GET', url: '/messages', headers: request(token).headers }),
    ),
    expect: { code, where: 'request.url', what: /"?\/messages"?/, right: /absolute/ },
  },
  {
    mistake: 'the middleware of Express made of a guard',
    call: on(({ tokens }) => createGuard(tokens)(nodeRequest(), {}, () => {})),
    expect: { code, where: 'request', what: /expected a Request/, right: /requestOf/ },
  },
  {
    mistake: 'the permissions of every request among the options of a guard',
    call: on(({ tokens }) => createGuard(tokens, { permissions: ['messages:send'] })),
    expect: { code, where: 'permissions', what: /unknown option "permissions"/, right: /guard\(request, / },
  },
  {
    mistake: 'the promise of a client address',
    call: on(({ tokens, token }) =>
      createGuard(tokens, { clientIp: async () => '10.0.0.1' })(request(token), 'messages:send'),
    ),
    expect: { code, where: 'clientIp', what: /promise/, right: /text/ },
  },
  {
    mistake: 'a misspelt permission at an edge',
    call: async () => {
      const { token } = await world();
      const verifier = await createVerifier({ catalog, store: memoryStore(), prefix: 'acme_live' });
      return verifier.verify(token, 'messages:sned');
    },
    expect: { code, where: 'requirement', what: /"messages:sned"/, right: /"messages:send"/ },
  },
  {
    mistake: 'a misspelt member of the catalog of an edge',
    call: () =>
      createVerifier({
        catalog: { services: { s: { titel: 'S', permissions: { a: 'A' } } } },
        store: memoryStore(),
        prefix: 'acme_live',
      }),
    expect: { code, where: 'titel', what: /unknown member "titel"/, right: /"title"/ },
  },
  {
    mistake: 'a handler of the promise of tokens',
    call: () => handler(createTokens(options()), { authenticate: () => null }),
    expect: { code, where: 'tokens', what: /promise/, right: /await createTokens/ },
  },
  {
    mistake: 'a handler without a login',
    call: on(({ tokens }) => handler(tokens, {})),
    expect: { code, where: 'authenticate', what: /is required|expected a function/, right: /\(request\) =>/ },
  },
  {
    mistake: 'the request of node:http in a handler',
    call: () => handled({ authenticate: () => null }, nodeRequest()),
    expect: { code, where: 'request', what: /expected a Request/, right: /toNodeHandler of leastkey\/node/ },
  },
  {
    mistake: 'a login that answers the id of the user',
    call: () =>
      handled(
        { authenticate: () => 'user:1', credentials: 'bearer' },
        createBody({ headers: { 'content-type': 'application/json' } }),
      ),
    expect: { code, where: 'authenticate', what: /string/, right: /\{ id: / },
  },
  {
    mistake: 'a script at a handler for cookies',
    call: () => handled({ authenticate: () => ({ id: 'user:1' }) }, createBody()),
    expect: { code: 'cross_origin', where: 'Origin', what: /page/, right: /credentials: 'bearer'/ },
  },
  {
    mistake: 'a body without its type',
    call: () =>
      handled(
        { authenticate: () => ({ id: 'user:1' }), credentials: 'bearer' },
        createBody({ headers: { 'content-type': 'text/plain' } }),
      ),
    expect: { code: 'unsupported_media_type', where: 'body', what: /body/, right: /application\/json/ },
  },
  {
    mistake: 'an origin with a path',
    call: on(({ tokens }) =>
      handler(tokens, { authenticate: () => null, origins: ['https://portal.example/'] }),
    ),
    expect: { code, where: 'origins[0]', what: /origin/, right: /without a path/ },
  },
];
