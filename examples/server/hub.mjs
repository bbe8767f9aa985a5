/**
 * The API for examples/catalogs/permission-set.json. Its data is in memory and belongs to an owner.
 */

import { randomUUID } from 'node:crypto';
import { boundedMap } from './bounded-map.mjs';

/** Each route has the permission that it requires. `token` is the verified token of the request. */
export function hubRoutes() {
  const messages = boundedMap();
  const profiles = new Map([
    ['42', { id: '42', owner: 'org:acme', name: 'Nightly sender', channels: ['sms', 'email'] }],
  ]);

  return [
    {
      route: 'POST /messages',
      permission: 'messages:send',
      answer: ({ body, token }) => {
        if (typeof body?.to !== 'string' || typeof body?.text !== 'string') {
          return { status: 400, detail: 'Send {"to": "…", "text": "…"}.' };
        }
        const { to, text } = body;
        const message = {
          id: randomUUID(),
          owner: token.owner,
          from: token.subject,
          to,
          text,
          status: 'queued',
        };
        messages.set(message.id, message);
        return { status: 201, body: shown(message) };
      },
    },
    {
      route: 'GET /messages/{id}',
      permission: 'messages:status',
      answer: ({ params, token }) => found(messages.get(params.id), token),
    },
    {
      route: 'GET /profiles/{id}',
      permission: 'profiles:read',
      answer: ({ params, token }) => found(profiles.get(params.id), token),
    },
  ];
}

/** Messages of other owners are not found. */
function found(thing, token) {
  if (thing === undefined || thing.owner !== token.owner)
    return { status: 404, detail: 'There is nothing of this id.' };
  return { status: 200, body: shown(thing) };
}

const shown = ({ owner, ...rest }) => rest;
