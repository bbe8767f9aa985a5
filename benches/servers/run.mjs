/**
 * A server in a process of its own: `node servers/run.mjs <framework> <guard>`. Over the channel
 * to its parent it says its port and the credentials that it admits, then answers each message with
 * the processor time that it has used, in microseconds.
 */

import { guardOf } from './guards.mjs';

const [framework, guardName] = process.argv.slice(2);
const guard = await guardOf(guardName);
const { listen } = await import(`./${framework}.mjs`);
const port = await listen(guard);
process.send({ port, credentials: guard.credentials });
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpu: user + system });
});
process.on('disconnect', () => process.exit());
