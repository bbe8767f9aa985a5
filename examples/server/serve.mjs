/** The demo: the server, and a walk through it. */

import { createAdaptorServer } from '@hono/node-server';
import { createApi } from './api.mjs';
import { openDeployment } from './deployment.mjs';
import { addressOf, listen } from './port.mjs';
import { printWalk } from './print.mjs';
import { runWalk } from './run.mjs';
import { paint } from './screen.mjs';
import { begin, walks } from './walks.mjs';

const WARNING =
  'This is a demo: whoever reaches it is whoever they say they are. It answers this machine alone; put no proxy before it.';

/** Starts the demo on a port. Returns its address and origin, and `close` to stop it. */
export async function startDemo({ port, data }) {
  const deployment = await openDeployment(data);
  const fetch = createApi(deployment);
  const serverOptions = { requestTimeout: 10_000 };
  const server = createAdaptorServer({ fetch, serverOptions, overrideGlobalObjects: false });
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await deployment.close();
  };
  try {
    await listen(server, port);
  } catch (error) {
    await close();
    throw error;
  }
  const address = addressOf(server.address().port);
  return { address, origin: new URL(address).origin, deployment, close };
}

/** Prints the address and the walks for a person to try, and serves until it is stopped. */
export async function serve(options) {
  const demo = await startDemo(options);
  const stop = () => {
    console.log('\nStopping.');
    demo.close();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);

  const address = paint('bold', demo.address);
  console.log(`${address}  the portal, and the demo API beside it. Ctrl-C stops them.`);
  console.log(`${paint('yellow', WARNING)}\n`);
  for (const walk of walks) printWalk(await begin(walk, demo.deployment), demo.origin);
  // The walks have moved the address out of sight.
  console.log(`${address}  the portal. Ctrl-C stops it.`);
}

/**
 * Runs the walks against a running server, and stops it. True if every response was the expected
 * one.
 */
export async function walkOnce(options, taken = walks) {
  const demo = await startDemo(options);
  let steps = 0;
  let wrong = 0;
  try {
    console.log(`${paint('yellow', WARNING)}\n\nThe demo API listens on ${demo.origin}.\n`);
    for (const walk of taken) {
      const begun = await begin(walk, demo.deployment);
      steps += begun.steps.length;
      wrong += await runWalk(begun, demo.origin);
    }
  } finally {
    await demo.close();
  }
  if (wrong === 0) console.log(paint('green', `All ${steps} answers were the expected ones.`));
  else console.log(paint('red', `${wrong} of ${steps} answers were not the expected ones.`));
  return wrong === 0;
}
