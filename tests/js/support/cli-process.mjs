/** `leastkey` in a separate process, with its own database. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../../node_modules/.bin/leastkey', import.meta.url));
const catalogs = new URL('../../../examples/catalogs/', import.meta.url);

/** The arguments of `create` for a token that sends messages. */
export const sender = [
  '--name',
  'Sender',
  '--kind',
  'permission-set',
  '--owner',
  'org:acme',
  '--template',
  'all-channels',
];

/** A temporary deployment; `leastkey(args)` runs a command in it. */
export function deployment(catalog = 'permission-set') {
  const folder = mkdtempSync(join(tmpdir(), 'leastkey-cli-'));
  const environment = {
    LEASTKEY_DB: join(folder, 'tokens.db'),
    LEASTKEY_CATALOG: fileURLToPath(new URL(`${catalog}.json`, catalogs)),
    LEASTKEY_PREFIX: 'acme_test',
  };
  return {
    folder,
    environment,
    /**
     * `env` is added to, or with `undefined` taken from, the settings; `input` goes to standard
     * input.
     */
    leastkey: (args, { env = {}, input = '' } = {}) => run(args, { ...environment, ...env }, input),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function run(args, environment, input) {
  const { PATH } = process.env;
  const child = spawn(process.execPath, [bin, ...args], {
    env: {
      PATH,
      ...Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined)),
    },
    timeout: 30_000,
  });
  // A command that does not read its input has closed it.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (chunk) => {
        output[name] += chunk;
      });
    }
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ exit: code ?? signal, ...output, json: () => JSON.parse(output.stdout) });
    });
  });
}
