/**
 * The deployment of the examples of this folder: in memory, with one token, which may send but not
 * export. `answer` is the HTTP API that creates and revokes tokens.
 */

import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import process from 'node:process';
import { createTokens } from 'leastkey';
import { handler } from 'leastkey/http';
import { memoryStore } from 'leastkey/stores/memory';

/** The routes say which request needs which permission. A request without a route is refused. */
const catalog = {
  services: {
    messages: {
      title: 'Messages',
      permissions: {
        send: { title: 'Send', routes: ['POST /messages'] },
        export: { title: 'Export', routes: ['GET /messages'] },
      },
    },
  },
  templates: { sender: { title: 'Send', permissions: ['messages:send'] } },
};

export const tokens = await createTokens({ catalog, store: memoryStore(), prefix: 'acme_demo' });

/** Your own login. Here whoever has the key manages tokens; digests compare in constant time. */
const portalKey = process.env.PORTAL_KEY ?? randomUUID();
const digest = (text) => createHash('sha256').update(text).digest();
const knows = (request) =>
  timingSafeEqual(digest(request.headers.get('x-portal-key') ?? ''), digest(portalKey));

const admin = { id: 'user:demo', roles: { 'org:acme': 'admin' } };

export const answer = handler(tokens, {
  authenticate: (request) => (knows(request) ? admin : null),
  credentials: 'bearer',
});

const input = { kind: 'permission-set', name: 'Demo', owner: 'org:acme', templates: ['sender'] };

/** Creates a token, and prints how to try a server once it listens. */
export async function introduce(port) {
  const { token } = await tokens.create(input, admin);
  const origin = `http://127.0.0.1:${port}`;
  const bearer = `-H 'Authorization: Bearer ${token}'`;
  const portal = `-H 'X-Portal-Key: ${portalKey}'`;
  console.log(
    [
      `curl -i -X POST ${origin}/messages ${bearer}   # 200`,
      `curl -i ${origin}/messages ${bearer}           # 403`,
      `curl -i -X POST ${origin}/messages             # 401`,
      `curl -i '${origin}/leastkey/v1/tokens?owner=org%3Aacme' ${portal}   # 200`,
    ].join('\n'),
  );
}
