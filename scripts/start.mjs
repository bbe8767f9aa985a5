/** `npm start`: set-up and build if needed, then the demo of examples/server. */

import { help, OptionError, readOptions } from '../examples/server/options.mjs';
import { addressOf, requireFreePort } from '../examples/server/port.mjs';
import { build } from './build.mjs';
import { report } from './shell/failure.mjs';

try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options.help) console.log(help);
  else await start(options);
} catch (error) {
  if (error instanceof OptionError) {
    console.error(error.message);
    process.exitCode = 2;
  } else {
    report(error);
  }
}

async function start(options) {
  if (options.port !== 0) {
    await requireFreePort(options.port);
    console.log(`The demo will be on ${addressOf(options.port)} as soon as it is built.`);
  }
  await build();
  const { serve, walkOnce } = await import('../examples/server/serve.mjs');
  if (!options.once) return serve(options);
  if (!(await walkOnce(options))) process.exitCode = 1;
}
