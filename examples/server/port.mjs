/** Ports of this machine, with modules of Node only: they are checked before packages are installed. */

import { createServer } from 'node:net';
import { OptionError } from './options.mjs';

const HOST = '127.0.0.1';

/** Listens on a port of this machine alone. @throws `OptionError` if that is not possible */
export function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(portError(error, port)));
    server.listen(port, HOST, resolve);
  });
}

/** The address of a port, with a slash at its end. */
export const addressOf = (port) => `http://${HOST}:${port}/`;

/** Reports a port that is taken before the demo is built. @throws `OptionError` */
export async function requireFreePort(port) {
  const server = createServer();
  await listen(server, port);
  await new Promise((resolve) => server.close(resolve));
}

function portError(error, port) {
  const choose = 'Choose another: npm start -- --port <number>';
  if (error.code === 'EADDRINUSE')
    return new OptionError(`Port ${port} is taken by another program. ${choose}`);
  if (error.code === 'EACCES')
    return new OptionError(`Port ${port} needs rights that you do not have. ${choose}`);
  return error;
}
