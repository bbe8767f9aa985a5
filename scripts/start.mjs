/**
 * `npm start`: set-up and build where they are needed, then the demo of examples/server with the package just built.
 */

import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { help, OptionError, readOptions } from '../examples/server/options.mjs';
import { build } from './build.mjs';
import { inClone } from './paths.mjs';
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
  await build();
  await linkCommand();
  const { serve, walkOnce } = await import('../examples/server/serve.mjs');
  if (!options.once) return serve(options);
  if (!(await walkOnce(options))) process.exitCode = 1;
}

/** `npx leastkey` runs the command just built, as in a project that has the package installed. */
async function linkCommand() {
  const commands = inClone('node_modules/.bin');
  await mkdir(commands, { recursive: true });
  await symlink('../leastkey/cli/main.js', join(commands, 'leastkey')).catch((error) => {
    // It is the one of an earlier start.
    if (error.code !== 'EEXIST') throw error;
  });
}
