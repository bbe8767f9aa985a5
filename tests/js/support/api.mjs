/** A deployment behind its HTTP handler. Every response is checked against the OpenAPI document. */

import { createTokens } from 'leastkey';
import { handler } from 'leastkey/http';
import { memoryStore } from 'leastkey/stores/memory';
import { Conformance } from './openapi-conformance.mjs';

export const origin = 'http://api.test';
export const base = '/leastkey/v1';

export const catalog = {
  version: '2026-11-23',
  services: {
    messages: {
      title: 'Messages',
      permissions: {
        send: { title: 'Send', implies: ['messages:status'] },
        status: 'Read delivery status',
        export: 'Export',
      },
    },
    branch: { title: 'Branch', permissions: { read: 'Read', create: 'Create' } },
  },
  templates: {
    sender: { title: 'Send on all channels', permissions: ['messages:send'], recommended: true },
    branches: { title: 'Branch', permissions: ['branch:*'], version: 3 },
  },
  roles: { user: { title: 'User', permissions: ['messages:send'] } },
};

/** The people of the test host, by the name in their cookie. */
export const people = {
  ada: { id: 'user:ada', roles: { 'org:acme': 'admin' } },
  root: { id: 'user:root', roles: { '': 'admin' } },
  eve: { id: 'user:eve', roles: { 'org:other': 'admin' } },
};

/** The OAuth clients of the test host, each with the secret `<id>-secret`. */
const clients = {
  gateway: { introspect: true },
  acme: { actor: { id: 'client:acme', roles: { 'org:acme': 'admin' } } },
  other: { actor: { id: 'client:other', roles: { 'org:other': 'admin' } } },
};

const personOf = (request) => /(?:^|; )session=(\w+)/.exec(request.headers.get('cookie') ?? '')?.[1];

export const hostOptions = {
  authenticate: (request) => people[personOf(request)] ?? null,
  authenticateClient: ({ id, secret }) =>
    Object.hasOwn(clients, id) && secret === `${id}-secret` ? clients[id] : null,
  issuer: origin,
};

/**
 * @returns `tokens`, `answer`: the handler with every answer checked, `as`: calls of a person's own
 * pages
 */
export async function api({ store = memoryStore(), options = {}, deployment = {} } = {}) {
  const tokens = await createTokens({ catalog, store, prefix: 'acme_test', ...deployment });
  const errors = [];
  const bare = handler(tokens, { ...hostOptions, onError: (error) => errors.push(error), ...options });
  const document = await (await bare(new Request(`${origin}${base}/openapi.json`))).json();
  const conformance = new Conformance(document);
  const answer = async (request) => {
    const question = request.clone();
    const response = await bare(request);
    await conformance.require(question, response);
    return response;
  };
  const send = (path, init) => answer(new Request(`${origin}${path}`, init));
  const as = (person) => (method, path, body, headers) =>
    send(`${base}${path}`, request(person, method, body, headers));
  return { tokens, answer, send, as, document, conformance, errors };
}

/** The headers of a same-origin page. */
function request(person, method, body, headers = {}) {
  const own = { cookie: `session=${person}`, 'sec-fetch-site': 'same-origin' };
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return { method, ...content, headers: { ...own, ...type, ...headers } };
}

/** A valid input of `createToken`, with `changes`. */
export const input = (changes = {}) => ({
  kind: 'permission-set',
  name: 'Nightly sender',
  owner: 'org:acme',
  templates: ['sender'],
  ...changes,
});
