/** A secret that somebody puts where it does not belong comes back in no answer, no error and no argument of the store. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memoryStore } from 'leastkey/stores/memory';
import { api, input, people } from '../support/api.mjs';

const own = { cookie: 'session=root', 'sec-fetch-site': 'same-origin' };
const client = { authorization: `Basic ${btoa('gateway:gateway-secret')}` };

describe('the secret of a token', async () => {
  const seen = [];
  const inner = memoryStore();
  const keep = (name) => (argument) => {
    seen.push(['store', name, JSON.stringify(argument)]);
    return inner[name](argument);
  };
  const store = { get: keep('get'), list: keep('list'), commit: keep('commit') };
  const { tokens, send, document, errors } = await api({ store });
  const { token, record } = await tokens.create(input(), people.root);
  const secret = token.slice('acme_test_'.length + 17, -6);
  const pieces = [secret, secret.slice(0, 12), secret.slice(-12), encodeURIComponent(secret)];
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  );

  for (const operation of operations) {
    test(`is not told by ${operation.method} ${operation.path}`, async () => {
      for (const { path, init, about } of requestsWith(token, operation, record.id, document)) {
        const response = await send(path, { method: operation.method, ...init });
        seen.push([about, JSON.stringify([...response.headers]), await response.text()]);
      }
      for (const error of errors.splice(0)) seen.push(['onError', `${error.stack}`, JSON.stringify(error)]);
      for (const [about, ...texts] of seen.splice(0)) {
        for (const text of texts) {
          for (const piece of pieces) assert.ok(!text.includes(piece), `${about}: ${text.slice(0, 400)}`);
        }
      }
    });
  }
});

/** An operation with a credential in each place of its request. */
function* requestsWith(token, { path, method, parameters = [], requestBody, security }, id, { components }) {
  const bearer = security.some((scheme) => 'credential' in scheme);
  const headers = security.some((scheme) => 'client' in scheme) ? client : bearer ? {} : own;
  const place = path.replace('{id}', path.includes('/accounts/') ? 'org:acme' : id);
  const match = parameters.some(({ name }) => name === 'If-Match') ? { 'if-match': '*' } : {};
  const common = { ...headers, ...match };
  const [type] = Object.keys(requestBody?.content ?? {});
  const body = (value) =>
    type === 'application/json'
      ? { body: JSON.stringify(value), headers: { ...common, 'content-type': type } }
      : { body: new URLSearchParams(value), headers: common };
  const schema = type && components.schemas[requestBody.content[type].schema.$ref.split('/').at(-1)];
  const right = schema?.examples?.[0] ?? {};
  const plain = requestBody === undefined ? { headers: common } : body(right);

  if (path.includes('{id}')) yield { about: 'path', path: path.replace('{id}', token), init: plain };
  for (const name of [...parameters.filter((one) => one.in === 'query').map((one) => one.name), 'x', token]) {
    yield { about: `query ${name}`, path: `${place}?${name}=${token}`, init: plain };
  }
  for (const name of ['If-Match', 'If-None-Match', 'Idempotency-Key', 'Origin', 'Content-Type', 'X-Token']) {
    yield { about: name, path: place, init: { ...plain, headers: { ...plain.headers, [name]: token } } };
  }
  if (bearer) {
    for (const authorization of [`Bearer ${token}x`, `Basic ${token}`, `Bearer ${token}, Bearer ${token}`]) {
      yield { about: authorization.slice(0, 6), path: place, init: { headers: { authorization } } };
    }
    if (method === 'GET')
      yield { about: 'itself', path: place, init: { headers: { authorization: `Bearer ${token}` } } };
  }
  if (schema === undefined) return;
  const nested = type === 'application/json' ? [token, [token], { [token]: token }, { x: [token] }] : [token];
  for (const name of [...Object.keys(schema.properties), token]) {
    for (const value of nested)
      yield { about: `body ${name}`, path: place, init: body({ ...right, [name]: value }) };
  }
  yield { about: 'broken body', path: place, init: { ...body(right), body: `{"token":"${token}` } };
}
