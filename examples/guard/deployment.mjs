/**
 * The deployment of the examples of this folder: in memory, with one token, which may send but not
 * export.
 */

import { createTokens } from 'leastkey';
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

const admin = { id: 'user:demo', roles: { 'org:acme': 'admin' } };
const input = { kind: 'permission-set', name: 'Demo', owner: 'org:acme', templates: ['sender'] };
const { token } = await tokens.create(input, admin);

/** Prints how to try a server, once it listens. */
export function introduce(port) {
  const origin = `http://127.0.0.1:${port}`;
  const bearer = `-H 'Authorization: Bearer ${token}'`;
  console.log(
    [
      `curl -i -X POST ${origin}/messages ${bearer}   # 200`,
      `curl -i ${origin}/messages ${bearer}           # 403`,
      `curl -i -X POST ${origin}/messages             # 401`,
    ].join('\n'),
  );
}
