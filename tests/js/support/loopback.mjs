/** A web-standard handler on a real port of this machine. */

import { createAdaptorServer } from '@hono/node-server';

/** @returns the server's `origin`, and `close` */
export async function listen(answer) {
  const server = createAdaptorServer({ fetch: answer, overrideGlobalObjects: false });
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    port: server.address().port,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
