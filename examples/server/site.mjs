/** The API for examples/catalogs/personal.json. Its data is in memory and belongs to a user. */

import { randomUUID } from 'node:crypto';
import { boundedMap } from './bounded-map.mjs';

/** Each route has the permission that it requires. `token` is the verified token of the request. */
export function siteRoutes() {
  const devices = boundedMap();
  const policies = [{ id: 'retention', owner: 'user:7', title: 'Keep measurements for 30 days' }];

  return [
    {
      route: 'GET /devices',
      permission: 'devices:read',
      answer: ({ token }) => ({ status: 200, body: { items: owned(devices.values(), token) } }),
    },
    {
      route: 'POST /devices',
      permission: 'devices:register',
      answer: ({ body, token }) => {
        if (typeof body?.name !== 'string') return { status: 400, detail: 'Send {"name": "…"}.' };
        const device = { id: randomUUID(), owner: token.owner, name: body.name };
        devices.set(device.id, device);
        return { status: 201, body: { id: device.id, name: device.name } };
      },
    },
    {
      route: 'GET /policies',
      permission: 'policies:read',
      answer: ({ token }) => ({ status: 200, body: { items: owned(policies, token) } }),
    },
  ];
}

const owned = (things, token) =>
  [...things].filter(({ owner }) => owner === token.owner).map(({ owner, ...rest }) => rest);
