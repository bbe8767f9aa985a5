/** The requests that every example of `examples/guard` has to answer alike. */

import assert from 'node:assert/strict';

export const PORTAL_KEY = 'open sesame';

const input = { kind: 'permission-set', name: 'Portal', owner: 'org:acme', templates: ['sender'] };

/**
 * A token that the HTTP API creates passes the guard where it may, and until it is revoked there.
 *
 * @param {(path: string, init: { method: string, headers: object, body?: string }) => Promise<Response>} ask
 */
export async function expectExchanges(ask) {
  const api = (path, body, key = PORTAL_KEY) =>
    ask(`/leastkey/v1/tokens${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-portal-key': key },
      body: JSON.stringify(body),
    });
  assert.equal((await api('', input, 'wrong')).status, 401);
  const made = await api('', input);
  assert.equal(made.status, 201, await made.clone().text());
  const { token, record } = await made.json();
  const authorization = `Bearer ${token}`;
  const use = async (method, path, headers = { authorization }) => {
    const response = await ask(path, { method, headers });
    return [response.status, response.headers.get('www-authenticate'), await response.text()];
  };
  assert.deepEqual(await use('POST', '/messages'), [200, null, 'sent by Portal']);
  const lacking = 'Bearer realm="acme", error="insufficient_scope", scope="messages:export"';
  assert.deepEqual((await use('GET', '/messages')).slice(0, 2), [403, lacking]);
  assert.deepEqual((await use('POST', '/messages', {})).slice(0, 2), [401, 'Bearer realm="acme"']);
  assert.equal((await api(`/${record.id}/revoke`, { reason: 'lost' })).status, 200);
  const ended = 'Bearer realm="acme", error="invalid_token"';
  assert.deepEqual((await use('POST', '/messages')).slice(0, 2), [401, ended]);
}
