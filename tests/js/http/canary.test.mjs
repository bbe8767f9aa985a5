/**
 * A secret in the wrong place of a request never appears in a response, an error or an argument of
 * the store.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LeastkeyError } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { api, base, input, people } from '../support/api.mjs';
import { right } from '../support/right-requests.mjs';

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
    test(`is not in the response of ${operation.method} ${operation.path}`, async () => {
      for (const { path, init, about } of requestsWith(token, operation, record.id, document)) {
        const response = await send(path, { method: operation.method, ...init });
        seen.push([about, JSON.stringify([...response.headers]), await response.text()]);
      }
      for (const error of errors.splice(0)) seen.push(['onError', `${error}`, JSON.stringify(error)]);
      for (const [about, ...texts] of seen.splice(0)) {
        for (const text of texts) {
          for (const piece of pieces) assert.ok(!text.includes(piece), `${about}: ${text.slice(0, 400)}`);
        }
      }
    });
  }
});

/** An error that a host's store may throw, with a path, an address and a password. */
const WORDS = ['/srv/canary/tokens.db', '10.0.0.7', 'hunter2', 'SQLITE_FULL', 'canary-cause'];
const words = `${WORDS.slice(0, 4).join(' ')}: disk I/O error`;
const thrown = {
  'an error of a driver': () =>
    Object.assign(new Error(words), { code: words, path: words, problems: [words] }),
  'an error with a cause': () => new Error(words, { cause: new Error('canary-cause') }),
  'a text': () => words,
  'an error of this package': () =>
    new LeastkeyError('store_unavailable', words, {
      path: words,
      problems: [{ path: words, message: words }],
      cause: new Error('canary-cause'),
    }),
  'an error of this package, of a client’s mistake': () =>
    new LeastkeyError('invalid_input', words, { path: words }),
};

describe('a failure of the host', () => {
  for (const [what, make] of Object.entries(thrown)) {
    for (const call of ['get', 'list', 'commit']) {
      test(`is passed to onError and in no response: ${what} of ${call}`, async () => {
        const inner = memoryStore();
        let broken = false;
        const fail = () => Promise.reject(make());
        const through = (name) => (argument) => (broken && name === call ? fail() : inner[name](argument));
        const store = { get: through('get'), list: through('list'), commit: through('commit') };
        const whole = await api({ store: inner });
        const { token, record } = await whole.tokens.create(input(), people.root);
        const { send, document, errors } = await api({ store, deployment: { deadline: '50ms' } });
        broken = true;
        let failed = 0;
        for (const { method, path, init } of everyRequest(document, record.id, token)) {
          const response = await send(path, { method, ...init });
          const sent = JSON.stringify([...response.headers]) + (await response.text());
          for (const word of WORDS) assert.ok(!sent.includes(word), `${method} ${path}: ${sent}`);
          const reported = errors.splice(0);
          assert.equal(
            reported.length,
            response.status < 500 ? 0 : 1,
            `${method} ${path} ${response.status}`,
          );
          // On a slow machine the deadline may pass before the store answers.
          for (const error of reported
            .map(deeply)
            .filter((text) => !/deadline of .* has passed|no answer within/.test(text)))
            assert.ok(error.includes(WORDS[0]), `${method} ${path}: ${error}`);
          failed += reported.length;
        }
        assert.ok(failed >= (call === 'list' ? 3 : 8), String(failed));
      });
    }
  }
});

/** An error with its causes, as a host logs it. */
function deeply(error) {
  return error instanceof Error ? `${error.message} ${deeply(error.cause)}` : String(error);
}

/** A valid request for every operation. */
function* everyRequest(document, id, token) {
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [lower, { security }] of Object.entries(item)) {
      const method = lower.toUpperCase();
      const { body, query = '' } = right[`${method} ${path.slice(base.length)}`] ?? {};
      const place = path.replace('{id}', path.includes('/accounts/') ? 'org:acme' : id) + query;
      if (security.some((scheme) => 'credential' in scheme)) {
        yield { method, path: place, init: { headers: { authorization: `Bearer ${token}` } } };
      } else if (security.some((scheme) => 'client' in scheme)) {
        const fields = { token, subject_token: token, subject_token_type: ACCESS_TOKEN, grant_type: GRANT };
        const who = path.endsWith('/revoke') ? 'acme' : 'gateway';
        const headers = { authorization: `Basic ${btoa(`${who}:${who}-secret`)}` };
        yield { method, path: place, init: { headers, body: new URLSearchParams(fields) } };
      } else if (method === 'GET' || method === 'DELETE') {
        yield { method, path: place, init: { headers: { ...own, 'if-match': '*' } } };
      } else {
        const sent = JSON.stringify(body === 'pure' || body === undefined ? {} : body);
        const headers = { ...own, 'if-match': '*', 'content-type': 'application/json' };
        yield { method, path: place, init: { headers, body: sent } };
      }
    }
  }
}

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** An operation, with a credential in each place of its request. */
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
