import { input } from './api.mjs';

/** Valid requests, which reach the store. */
export const right = {
  'POST /tokens': { body: input() },
  'GET /tokens': { query: '?owner=org:acme' },
  'GET /drift': { query: '?owner=org:acme' },
  'GET /audit': { query: '?owner=org:acme' },
  'GET /audit/export': { query: '?owner=org:acme' },
  'POST /revoke-all': { body: { owner: 'org:acme' } },
  'PATCH /tokens/{id}': { body: { name: 'Other' } },
  'PUT /accounts/{id}': { body: { roles: {} } },
  'GET /accounts': { query: '?id=org:acme' },
  'PUT /accounts': { query: '?id=org:acme', body: { roles: {} } },
  'DELETE /accounts': { query: '?id=org:acme' },
  'GET /deployment': { body: 'pure' },
  'GET /actor': { body: 'pure' },
  'POST /resolve': { body: 'pure' },
  'POST /suggest': { body: 'pure' },
};
