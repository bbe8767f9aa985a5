/**
 * One of several processes that change the tokens of one owner:
 * `node stores/contender.mjs <url> <clients> <milliseconds> <warm-up>`. It warms up on an owner of
 * its own, prints `ready`, begins when it reads a line, and prints the times of its edits in
 * milliseconds, how many commits they took, and its processor time in microseconds.
 */

import { once } from 'node:events';
import { openStore } from 'leastkey/stores/open';
import { actor, createToken } from '../contestants/leastkey.mjs';
import { counting, deploymentOn, load } from './operations.mjs';

const [url, clients, milliseconds, warmUp] = process.argv.slice(2);
const opened = await openStore(url);
const { store, take } = counting(opened);
const tokens = await deploymentOn(store);
const edits = (ids) => (client) => () =>
  tokens.edit(ids[client], { name: `Key ${process.pid} ${performance.now()}` }, actor);

/** An operation that edits one new token of each client. */
async function editsOf(owner) {
  const ids = [];
  for (let client = 0; client < Number(clients); client += 1) {
    const credential = await createToken(tokens, client, { owner });
    ids.push((await tokens.verify(credential)).token.id);
  }
  return edits(ids);
}

// Each process compiles its code for itself: that is not what is measured.
await load(await editsOf(`org:warm-${process.pid}`), Number(clients), Number(warmUp));
const hot = await editsOf('org:hot');
console.log('ready');
await once(process.stdin, 'data');
take();
const cpu = process.cpuUsage();
const { times } = await load(hot, Number(clients), Number(milliseconds));
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ times, commits: take().commits, cpu: user + system }));
await opened.close();
process.exit();
